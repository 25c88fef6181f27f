#pragma once
/* A sheet as headings, lines and rows, which text and HTML show alike. */
#include "report/sheet.h"

/* A label and what stands behind it, escaped for display. */
struct sheet_line {
	const char *label; /* static */
	char *value;
};

struct sheet_part {
	const char *title; /* static */
	struct sheet_line *lines;
	size_t count;
};

/* What became of one file. */
enum sheet_mark { SHEET_DIFFERS, SHEET_NOT_CHECKED, SHEET_APPROVED, SHEET_MARK_COUNT };
struct sheet_row {
	enum sheet_mark mark;
	enum visit_kind kind;
	const char *path; /* raw; NULL: all files of the kind */
	const char *word; /* "modified", "as approved", "not compared" */
	const struct visit_observation *seen; /* NULL: not seen */
	const struct drift_finding *finding;  /* NULL: none */
	const struct report_sheet_release *release; /* that has the file as it was seen; NULL: none */
};

enum { SHEET_PARTS = 4 };
struct sheet_view {
	struct sheet_part parts[SHEET_PARTS]; /* pump, check, compared with, not covered */
	struct sheet_row *rows; /* what differs first, then by kind and path */
	size_t row_count;
	size_t marks[SHEET_MARK_COUNT];
};

/* Returns 0 or -ENOMEM. */
int sheet_view_make(struct sheet_view *ret_view, const struct report_sheet *sheet);
void sheet_view_clear(struct sheet_view *view);

/* "EVALUATION: …", or a remark on who approves; NULL. Static. */
const char *sheet_caution(const struct report_sheet *sheet);

/* Local time with its zone: "2026-11-22 14:05:00 CET (+0100)"; "not known" for 0. */
enum { SHEET_TIME_SIZE = 64 };
const char *sheet_time(char buffer[static SHEET_TIME_SIZE], int64_t at);

/* "1 file", "12 files"; words in two forms. */
#define SHEET_COUNT(count, one, many) (unsigned long long)(count), (count) == 1 ? one : many

/* Numbers of bytes with commas: "491,648". */
enum { SHEET_NUMBER_SIZE = 32 };
const char *sheet_number(char buffer[static SHEET_NUMBER_SIZE], uint64_t number);

extern const char *const sheet_statement[2]; /* what a sheet says, and what it does not */
