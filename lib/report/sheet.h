#pragma once
/* The sheet of one check of one pump, for the work order: PASS, FAIL or INCOMPLETE with the reason,
 * what was compared with which approved release, every file, and room for a signature; as text of
 * 80 columns, HTML or JSON. Pure: refuses to know the store and the time of day. Local times are
 * by the process's time zone. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest/digest.h"
#include "drift/drift.h"
#include "inventory/inventory.h"
#include "manifest/manifest.h"
#include "visit/visit.h"

struct error;
struct text;

enum report_sheet_result { REPORT_SHEET_PASS, REPORT_SHEET_FAIL, REPORT_SHEET_INCOMPLETE };
const char *report_sheet_result_name(enum report_sheet_result result); /* "PASS" … */

/* A release that is believed and applies to the pump. */
struct report_sheet_release {
	const struct manifest *manifest;
	const char *id;
	bool current;
	int64_t accept_until;  /* of an older one */
	int64_t in_force_at;
	const char *approvers; /* "a@example.org, b@example.org"; NULL: none */
};

/* All of it lent. Strings may be NULL where nothing is known. */
struct report_sheet {
	const char *site, *host, *version, *by;
	const char *work_order, *note;
	int64_t started_at, ended_at;
	const char *asset;
	bool enrolled; /* and this asset is that of the enrolled device */
	const char *serial; /* given, or enrolled */
	const char *link;   /* URL without user and password */
	enum visit_scheme scheme;
	const struct inventory_model *model;
	const struct visit_report *report;
	const struct drift_verdict *verdict;
	const struct report_sheet_release *releases;
	size_t release_count;
	const char *const *meant; /* older releases that the pump is meant to be on */
	size_t meant_count;
	unsigned approvals; /* that the configuration asks for */
	uint64_t rejected;  /* releases in force that are not believed */
	bool interrupted;
	const char *digest; /* SHA-256 of the same sheet as JSON, in hexadecimal */
	/* by report_sheet_judge() */
	enum report_sheet_result result;
	char reason[512]; /* one sentence, escaped for display */
};

/* PASS only when each kind that the profile pulls was read and is of the release in force, or of an
 * older one that is accepted and meant; FAIL for whatever differs, a release past its date, and
 * another device; else INCOMPLETE. Sets result and reason. */
void report_sheet_judge(struct report_sheet *sheet);

/* Append the sheet. JSON has no digest of itself; the others show sheet->digest. Return 0 or -1
 * without memory. */
int report_sheet_write_text(struct text *text, const struct report_sheet *sheet, struct error *e);
int report_sheet_write_html(struct text *text, const struct report_sheet *sheet, struct error *e);
int report_sheet_write_json(struct text *text, const struct report_sheet *sheet, struct error *e);
