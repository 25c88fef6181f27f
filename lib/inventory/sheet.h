#pragma once
/* Spreadsheets of devices as other systems export them: bytes of CSV in, rows of partly filled
 * devices out, with every fault named by line and column; and the same devices written as CSV.
 * Knows encodings, delimiters and what columns are called; refuses to know files, the store, and
 * what is enrolled. pumpwatch(1), "Importing a spreadsheet", is its manual. */
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "inventory/inventory.h"

struct error;

enum {
	SHEET_BYTES_MAX = 64 * 1024 * 1024,
	SHEET_COLUMNS_MAX = 512,
	SHEET_CELL_MAX = 64 * 1024,   /* bytes; a spreadsheet program keeps 32,767 characters */
	SHEET_ROWS_MAX = 250 * 1000,
	SHEET_HEADING_MAX = 30,	      /* rows in which the heading is looked for */
	SHEET_FAULTS_MAX = 32,	      /* of one row: every field may have one or two */
};

/* ---- fields: those of inventory_device_set() with three that only a spreadsheet has ---- */

enum sheet_field {
	SHEET_ASSET,
	SHEET_SERIAL,
	SHEET_MAC,
	SHEET_MODEL,
	SHEET_NAME,
	SHEET_DEPARTMENT,
	SHEET_LINK,
	SHEET_CREDENTIAL,
	SHEET_PIN,
	SHEET_STATE,
	SHEET_MANUFACTURER, /* helps to find the model */
	SHEET_ADDRESS,	    /* a host, which the template of the link takes */
	SHEET_FIELD_COUNT,
	SHEET_STORED = SHEET_MANUFACTURER, /* the fields before it are the device's own */
};
const char *sheet_field_name(enum sheet_field field); /* "asset" … */
int sheet_field_parse(enum sheet_field *ret_field, const char *name);

/* ---- what can be wrong with a row ---- */

enum sheet_fault_code {
	SHEET_MISSING_ASSET,
	SHEET_BAD_ASSET,
	SHEET_DUPLICATE_ASSET,
	SHEET_BAD_SERIAL,
	SHEET_DUPLICATE_SERIAL,
	SHEET_BAD_MAC,
	SHEET_DUPLICATE_MAC,
	SHEET_MISSING_MODEL,
	SHEET_UNKNOWN_MODEL,
	SHEET_BAD_NAME,
	SHEET_BAD_DEPARTMENT,
	SHEET_MISSING_LINK,
	SHEET_BAD_LINK,
	SHEET_BAD_ADDRESS,
	SHEET_DUPLICATE_LINK,
	SHEET_BAD_CREDENTIAL,
	SHEET_BAD_PIN,
	SHEET_UNKNOWN_STATE,
	SHEET_WAS_RETIRED,
	SHEET_ROUNDED_NUMBER,
	SHEET_CONTROL_CHARACTER,
	SHEET_TOO_MANY_CELLS,
	SHEET_NEVER_CLEARED,
	SHEET_FAULT_COUNT,
};
/* "duplicate-serial": what `pumpwatch explain` takes. Every code below SHEET_FAULT_COUNT has one. */
const char *sheet_fault_name(enum sheet_fault_code code);

struct sheet_fault {
	enum sheet_fault_code code;
	size_t column; /* its number, from 1; 0: the row as a whole */
	char *heading; /* the column's name as the file has it; NULL: none */
	char *words;   /* what is wrong and what would be right; raw: escape it */
};

struct sheet_row {
	size_t line; /* where it begins, from 1 */
	struct inventory_device device; /* what the row says; the rest is NULL */
	char *address;	  /* of SHEET_ADDRESS */
	unsigned given;	  /* bit of a field: the row says something; its fault may have refused it */
	unsigned cleared; /* bit of a field: to be made empty */
	struct sheet_fault *faults;
	size_t fault_count;
};

struct sheet {
	char delimiter;
	const char *encoding;	/* "UTF-8", "UTF-16" or "Windows-1252"; static */
	size_t converted;	/* lines that were read as Windows-1252 */
	size_t heading_line;
	size_t width; /* its columns */
	size_t columns[SHEET_FIELD_COUNT];  /* a field's column, from 1; 0: none */
	char *headings[SHEET_FIELD_COUNT];  /* its name in the file; NULL: none */
	bool linked; /* links come from a template */
	struct sheet_row *rows;
	size_t count;
};

/* What a caller knows of the file. All is lent. */
struct sheet_options {
	const struct inventory_model *models;
	size_t model_count;
	/* A field's column by name or "#number", which must be there; "": none; NULL: not said. */
	const char *map[SHEET_FIELD_COUNT];
	/* The same by habit: passed over where a file has no such column. */
	const char *habit[SHEET_FIELD_COUNT];
	/* For rows that say nothing of a field. The link is a template, in which {address}, {asset}
	 * and {serial} stand for the row's own. */
	const char *constants[SHEET_FIELD_COUNT];
};

/* Read a spreadsheet. Faults of rows are in the rows; what makes the whole unreadable (no
 * heading, a workbook instead of CSV, a quotation mark that never closes, a cap) is -1
 * (ERROR_DATA), with the line where there is one and what to do. Returns 0 or -1; ret_sheet is
 * then untouched. */
int sheet_parse(struct sheet *ret_sheet, const char *bytes, size_t length, const struct sheet_options *options,
		struct error *e);
void sheet_clear(struct sheet *sheet);

/* Note a fault of a row in the column of a field (SHEET_FIELD_COUNT: of the row as a whole).
 * Returns 0, or -1 without memory; beyond SHEET_FAULTS_MAX it is dropped. */
int sheet_add_fault(struct sheet_row *row, const struct sheet *sheet, enum sheet_fault_code code,
		    enum sheet_field field, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Check the form of the template of a link: its braces and, with a sample in them, the link.
 * Returns 0 or -1 (ERROR_USAGE). */
int sheet_link_check(const char *template_, struct error *e);

/* Read "field=column,field=column" into map, whose strings are then the caller's to free. A
 * comma that no field follows is part of the column's name. Returns 0 or -1 (ERROR_USAGE). */
int sheet_map_parse(char *map[SHEET_FIELD_COUNT], const char *words, struct error *e);

/* ---- writing ---- */

/* Append the heading, or a device, as a line of CSV that sheet_parse() reads back as it was. A
 * cell that a spreadsheet program would run as a formula, or that sheet_parse() would take for a
 * filler, has an apostrophe before it, which sheet_parse() drops. */
void sheet_write_heading(struct text *text);
void sheet_write_device(struct text *text, const struct inventory_device *device);
