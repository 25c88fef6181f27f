#pragma once
/* What the files of the spreadsheet share. */
#include "inventory/sheet.h"

/* ---- sheet_text.c: bytes of any encoding to UTF-8 ---- */

/* Append the text to ret_text, without byte order mark, and set encoding and converted of
 * sheet. What is no text at all is refused with what it is. Returns 0 or -1. */
int sheet_decode(struct text *ret_text, struct sheet *sheet, const char *bytes, size_t length, struct error *e);

/* ---- sheet_cells.c: text to rows of cells ---- */

struct sheet_cells {
	size_t line; /* where the row begins */
	const char *cells[SHEET_COLUMNS_MAX];
	size_t lengths[SHEET_COLUMNS_MAX]; /* a cell may hold a NUL */
	size_t count;
};
/* Take a row; lent for the call. Return 0 to go on, 1 to end, -1 with e filled. Rows without any
 * content are not given. */
typedef int sheet_on_cells(void *userdata, const struct sheet_cells *row, struct error *e);
int sheet_cells_read(const char *text, size_t length, size_t first_line, char delimiter, sheet_on_cells *on_cells,
		     void *userdata, struct error *e);

/* ---- sheet_heading.c: which column is which field ---- */

/* Find the delimiter and the heading, and set delimiter, heading_line, columns and headings.
 * first_line is the number of the text's first line, beyond which "sep=" may have told the
 * delimiter (0: not told). Returns 0 or -1. */
int sheet_find_heading(struct sheet *sheet, const char *text, size_t length, size_t first_line, char told,
		       const struct sheet_options *options, struct error *e);

/* ---- sheet_values.c: cells to a device ---- */

/* Fill row, whose line is set, from cells. Returns 0, or -1 without memory. */
int sheet_fill_row(struct sheet_row *row, const struct sheet *sheet, const struct sheet_cells *cells,
		   const struct sheet_options *options);

/* ---- sheet_clean.c: what exports do to a value ---- */

#define SHEET_CLEAR "(clear)"

/* Whether the words, without regard to case and punctuation, stand for "nothing is known". */
bool sheet_is_filler(const char *words);
/* "1.23457E+11": the number that it was is lost. */
bool sheet_is_rounded(const char *value);
bool sheet_has_controls(const char *value);

/* These shorten the value in place: spaces of every kind around it; line breaks in it; Excel's way
 * to keep the zeros of ="00123". */
void sheet_trim(char *value);
void sheet_join_lines(char *value);
void sheet_unwrap(char *value);

/* Drop the apostrophe that keeps the rest from being anything but text; "'s-Hertogenbosch" keeps
 * its own. Returns whether there was one. */
bool sheet_drop_apostrophe(char *value);

/* As much of a value as a message shows, cut between characters. */
struct sheet_shown {
	char text[64];
};
struct sheet_shown sheet_show(const char *value);

/* ---- sheet_link.c: links from a template ---- */

enum sheet_made {
	SHEET_MADE,
	SHEET_LACKING, /* a value that the template takes is NULL */
	SHEET_UNFIT,   /* the address is none */
};
enum sheet_made sheet_make_link(struct text *text, const char *template_, const char *address, const char *asset,
				const char *serial);
