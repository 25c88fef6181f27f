#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "inventory/sheet_internal.h"

/* ---- names ---- */

static const char *const field_names[SHEET_FIELD_COUNT] = {
	[SHEET_ASSET] = "asset", [SHEET_SERIAL] = "serial", [SHEET_MAC] = "mac", [SHEET_MODEL] = "model",
	[SHEET_NAME] = "name", [SHEET_DEPARTMENT] = "department", [SHEET_LINK] = "link",
	[SHEET_CREDENTIAL] = "credential", [SHEET_PIN] = "pin", [SHEET_STATE] = "state",
	[SHEET_MANUFACTURER] = "manufacturer", [SHEET_ADDRESS] = "address",
};

const char *sheet_field_name(enum sheet_field field)
{
	return (unsigned)field < SHEET_FIELD_COUNT ? field_names[field] : "row";
}

int sheet_field_parse(enum sheet_field *ret_field, const char *name)
{
	for (int i = 0; i < SHEET_FIELD_COUNT; i++)
		if (strcmp(name, field_names[i]) == 0) {
			*ret_field = (enum sheet_field)i;
			return 0;
		}
	return -EINVAL;
}

const char *sheet_fault_name(enum sheet_fault_code code)
{
	static const char *const names[SHEET_FAULT_COUNT] = {
		[SHEET_MISSING_ASSET] = "missing-asset", [SHEET_BAD_ASSET] = "bad-asset",
		[SHEET_DUPLICATE_ASSET] = "duplicate-asset", [SHEET_BAD_SERIAL] = "bad-serial",
		[SHEET_DUPLICATE_SERIAL] = "duplicate-serial", [SHEET_BAD_MAC] = "bad-mac",
		[SHEET_DUPLICATE_MAC] = "duplicate-mac", [SHEET_MISSING_MODEL] = "missing-model",
		[SHEET_UNKNOWN_MODEL] = "unknown-model", [SHEET_BAD_NAME] = "bad-name",
		[SHEET_BAD_DEPARTMENT] = "bad-department", [SHEET_MISSING_LINK] = "missing-link",
		[SHEET_BAD_LINK] = "bad-link", [SHEET_BAD_ADDRESS] = "bad-address",
		[SHEET_DUPLICATE_LINK] = "duplicate-link", [SHEET_BAD_CREDENTIAL] = "bad-credential",
		[SHEET_BAD_PIN] = "bad-pin", [SHEET_UNKNOWN_STATE] = "unknown-state",
		[SHEET_WAS_RETIRED] = "was-retired", [SHEET_ROUNDED_NUMBER] = "rounded-number",
		[SHEET_CONTROL_CHARACTER] = "control-character", [SHEET_TOO_MANY_CELLS] = "too-many-cells",
		[SHEET_NEVER_CLEARED] = "never-cleared",
	};

	return (unsigned)code < SHEET_FAULT_COUNT ? names[code] : "unknown";
}

/* ---- memory ---- */

static void clear_fault(struct sheet_fault *fault)
{
	free(fault->heading);
	free(fault->words);
}

static void clear_row(struct sheet_row *row)
{
	inventory_device_clear(&row->device);
	free(row->address);
	for (size_t i = 0; i < row->fault_count; i++)
		clear_fault(&row->faults[i]);
	free(row->faults);
	*row = (struct sheet_row){0};
}

void sheet_clear(struct sheet *sheet)
{
	for (int field = 0; field < SHEET_FIELD_COUNT; field++)
		free(sheet->headings[field]);
	for (size_t i = 0; i < sheet->count; i++)
		clear_row(&sheet->rows[i]);
	free(sheet->rows);
	*sheet = (struct sheet){0};
}

int sheet_add_fault(struct sheet_row *row, const struct sheet *sheet, enum sheet_fault_code code,
		    enum sheet_field field, const char *format, ...)
{
	bool column = field < SHEET_FIELD_COUNT && sheet->columns[field] > 0;
	CLEANUP(clear_fault) struct sheet_fault fault = {.code = code, .column = column ? sheet->columns[field] : 0};
	CLEANUP(text_clear) struct text words = {0};
	va_list arguments;

	if (row->fault_count == SHEET_FAULTS_MAX)
		return 0;
	va_start(arguments, format);
	text_addv(&words, format, arguments);
	va_end(arguments);
	fault.words = text_take(&words);
	if (column)
		fault.heading = strdup(sheet->headings[field]);
	if (!fault.words || (column && !fault.heading) || ARRAY_APPEND(row->faults, row->fault_count, fault) < 0)
		return -1;
	fault = (struct sheet_fault){0};
	return 0;
}

/* ---- --map ---- */

/* Where the next "field=" begins after a comma, or the end. */
static const char *next_entry(const char *at)
{
	for (const char *comma = strchr(at, ','); comma; comma = strchr(comma + 1, ',')) {
		const char *name = comma + 1 + strspn(comma + 1, " ");
		for (int i = 0; i < SHEET_FIELD_COUNT; i++) {
			size_t n = strlen(field_names[i]);
			if (strncmp(name, field_names[i], n) == 0 && name[n] == '=')
				return comma;
		}
	}
	return at + strlen(at);
}

static int take_entry(char *map[SHEET_FIELD_COUNT], const char *entry, size_t length, struct error *e)
{
	CLEANUP(cleanup_free) char *copy = strndup(entry, length);
	enum sheet_field field;

	if (!copy)
		return error_memory(e);
	char *equals = strchr(copy, '=');
	if (!equals)
		return error_set(e, ERROR_USAGE, "--map \"%.60s\": write field=column, as in asset=\"Asset Tag\"", copy);
	*equals = '\0';
	if (sheet_field_parse(&field, copy) < 0)
		return error_set(e, ERROR_USAGE,
				 "--map: \"%.60s\" is no field: the fields are asset, serial, mac, model, name, department, link, "
				 "credential, pin, state, manufacturer and address", copy);
	char *column = strdup(equals + 1);
	if (!column)
		return error_memory(e);
	free(map[field]);
	map[field] = column;
	return 0;
}

int sheet_map_parse(char *map[SHEET_FIELD_COUNT], const char *words, struct error *e)
{
	for (const char *at = words; *at;) {
		at += strspn(at, " ");
		const char *end = next_entry(at);
		if (take_entry(map, at, (size_t)(end - at), e) < 0)
			return -1;
		at = *end ? end + 1 : end;
	}
	return 0;
}

/* ---- parsing ---- */

struct filling {
	struct sheet *sheet;
	const struct sheet_options *options;
};

/* A page of a printed list begins with the heading again. */
static bool is_heading(const struct sheet *sheet, const struct sheet_cells *cells)
{
	bool same = false;

	for (int field = 0; field < SHEET_FIELD_COUNT; field++) {
		size_t column = sheet->columns[field];
		if (!column)
			continue;
		if (column > cells->count || strcmp(cells->cells[column - 1], sheet->headings[field]) != 0)
			return false;
		same = true;
	}
	return same;
}

static int on_cells(void *userdata, const struct sheet_cells *cells, struct error *e)
{
	const struct filling *filling = userdata;
	struct sheet *sheet = filling->sheet;

	if (cells->line < sheet->heading_line)
		return 0;
	if (cells->line == sheet->heading_line) {
		sheet->width = cells->count;
		return 0;
	}
	if (is_heading(sheet, cells))
		return 0;
	if (sheet->count == SHEET_ROWS_MAX)
		return error_set(e, ERROR_DATA, "line %zu: there are more than %d rows: split the file", cells->line,
				 SHEET_ROWS_MAX);
	if (array_reserve(&sheet->rows, sheet->count, sizeof *sheet->rows) < 0)
		return error_memory(e);
	struct sheet_row *row = &sheet->rows[sheet->count++];
	*row = (struct sheet_row){.line = cells->line};
	return sheet_fill_row(row, sheet, cells, filling->options) < 0 ? error_memory(e) : 0;
}

/* Excel's first line "sep=;" tells the delimiter. Returns how many bytes of it to pass over. */
static size_t take_separator(const struct text *text, char *ret_told)
{
	const char *at = text->data;

	*ret_told = '\0';
	if (text->length < 5 || strncmp(at, "sep=", 4) != 0 || (at[5] != '\r' && at[5] != '\n' && at[5] != '\0') ||
	    !strchr(",;\t|", at[4]) || at[4] == '\0')
		return 0;
	*ret_told = at[4];
	return at[5] == '\0' ? 5 : at[5] == '\r' && at[6] == '\n' ? 7 : 6;
}

/* Addresses that nothing is made of would be lost without a word. */
static int check_addresses(const struct sheet *sheet, struct error *e)
{
	CLEANUP(cleanup_free) char *shown = NULL;

	if (!sheet->columns[SHEET_ADDRESS] || sheet->columns[SHEET_LINK] || sheet->linked)
		return 0;
	shown = escape_string(ESCAPE_DISPLAY, sheet->headings[SHEET_ADDRESS]);
	return error_set(e, ERROR_DATA,
			 "column \"%.100s\" holds addresses: say how they are reached, such as --link 'ftp://{address}/' (or "
			 "pass the column over with --map address=)", shown ? shown : "");
}

int sheet_parse(struct sheet *ret_sheet, const char *bytes, size_t length, const struct sheet_options *options,
		struct error *e)
{
	CLEANUP(sheet_clear) struct sheet sheet = {.linked = options->constants[SHEET_LINK] != NULL};
	CLEANUP(text_clear) struct text text = {0};
	const struct filling filling = {&sheet, options};
	char told;

	if (sheet_decode(&text, &sheet, bytes, length, e) < 0)
		return -1;
	if (text.length == 0)
		return error_set(e, ERROR_DATA, "the file is empty");
	size_t skip = take_separator(&text, &told);
	size_t first_line = skip ? 2 : 1;
	const char *rest = text.data + skip;
	if (sheet_find_heading(&sheet, rest, text.length - skip, first_line, told, options, e) < 0 ||
	    check_addresses(&sheet, e) < 0 ||
	    sheet_cells_read(rest, text.length - skip, first_line, sheet.delimiter, on_cells, (void *)&filling, e) < 0)
		return -1;
	*ret_sheet = sheet;
	sheet = (struct sheet){0};
	return 0;
}
