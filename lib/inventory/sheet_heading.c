#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/number.h"
#include "inventory/sheet_internal.h"

enum { SHOWN_COLUMNS = 24 };

/* How asset systems name the columns, compared without case and punctuation; the first that a
 * file has counts. A field's own name stands first, so that what we write reads back. */
static const char *const aliases[SHEET_FIELD_COUNT][40] = {
	[SHEET_ASSET] = {"asset", "asset tag", "asset no", "asset number", "asset id", "asset code", "tag", "tag no",
			 "tag number", "equipment id", "equipment no", "equipment number", "equipment tag", "equip id",
			 "equip no", "control no", "control number", "cn", "ecn", "ce number", "cenum", "biomed tag",
			 "biomed id", "biomed number", "device id", "device tag", "inventory no", "inventory number",
			 "property tag", "unit id"},
	[SHEET_SERIAL] = {"serial", "serial no", "serial number", "serial num", "serial nr", "sn", "ser no",
			  "device serial", "device serial number", "equipment serial number", "manufacturer serial number",
			  "mfr serial number", "mfg serial number"},
	[SHEET_MAC] = {"mac", "mac address", "mac addr", "mac id", "wifi mac", "wi fi mac address", "wlan mac",
		       "wlan mac address", "wireless mac", "wireless mac address", "network mac address",
		       "ethernet mac address", "ethernet address", "hardware address", "physical address"},
	[SHEET_MODEL] = {"model", "model name", "model no", "model number", "model nr", "model num", "device model",
			 "equipment model", "product", "product name"},
	[SHEET_NAME] = {"name", "device name", "asset name", "equipment name", "description", "asset description",
			"equipment description", "device description", "desc"},
	[SHEET_DEPARTMENT] = {"department", "dept", "department name", "dept name", "care area", "nursing unit", "ward",
			      "unit", "location", "current location", "using department", "owning department",
			      "owner department", "cost center", "cost centre"},
	[SHEET_LINK] = {"link", "url"},
	[SHEET_CREDENTIAL] = {"credential", "credential name"},
	[SHEET_PIN] = {"pin", "key fingerprint", "host key fingerprint"},
	[SHEET_STATE] = {"state", "status", "asset status", "equipment status", "device status", "asset state",
			 "lifecycle status", "service status"},
	[SHEET_MANUFACTURER] = {"manufacturer", "manufacturer name", "mfr", "mfr name", "mfg", "make", "maker", "oem",
				"vendor", "brand"},
	[SHEET_ADDRESS] = {"address", "ip", "ip address", "ip addr", "ip no", "ipv4", "ipv4 address", "static ip",
			   "static ip address", "host name", "host", "dns name", "fqdn", "network name",
			   "network address"},
};

/* A row as the heading that it may be. */
struct heading {
	size_t line; /* 0: none */
	size_t columns[SHEET_FIELD_COUNT];
	size_t found;	   /* fields that it names */
	bool twice;	   /* a column is named twice … */
	struct error twin; /* … and which */
};

struct search {
	const struct sheet_options *options;
	size_t rows; /* seen */
	struct heading best;
	char *headings[SHEET_FIELD_COUNT]; /* of the best */
	size_t width;		     /* of the widest row so far */
	size_t widest;		     /* its line */
	struct text shown;	     /* its cells, for a message */
};

static void clear_headings(char *headings[SHEET_FIELD_COUNT])
{
	for (int i = 0; i < SHEET_FIELD_COUNT; i++) {
		free(headings[i]);
		headings[i] = NULL;
	}
}

static void clear_search(struct search *search)
{
	clear_headings(search->headings);
	text_clear(&search->shown);
}

/* "#7" is the seventh column, whatever it is called. */
static size_t number_of(const char *name)
{
	uint64_t number;

	return name[0] == '#' && number_parse(&number, name + 1, 1, SHEET_COLUMNS_MAX) == 0 ? (size_t)number : 0;
}

/* The column of a name, from 1; 0: none. *ret_twin is a second one of that name, or 0. */
static size_t column_named(const struct sheet_cells *row, const char *name, size_t *ret_twin)
{
	size_t found = number_of(name);

	*ret_twin = 0;
	if (found)
		return found <= row->count ? found : 0;
	for (size_t i = 0; i < row->count; i++) {
		if (row->cells[i][0] == '\0' || !inventory_model_same(row->cells[i], name))
			continue;
		if (found) {
			*ret_twin = i + 1;
			return found;
		}
		found = i + 1;
	}
	return found;
}

static void tell_twin(struct heading *heading, enum sheet_field field, const char *name, size_t column, size_t twin)
{
	CLEANUP(cleanup_free) char *shown = escape_string(ESCAPE_DISPLAY, name);

	if (heading->twice)
		return;
	heading->twice = true;
	(void)error_set(&heading->twin, ERROR_DATA,
			"line %zu: the columns %zu and %zu are both named \"%s\": say which one is meant with --map %s=#%zu",
			heading->line, column, twin, shown ? shown : "", sheet_field_name(field), column);
}

/* The column of a field by one of its names; 0: none. */
static size_t try_name(struct heading *heading, const struct sheet_cells *row, enum sheet_field field, const char *name)
{
	size_t twin;
	size_t column = column_named(row, name, &twin);

	if (column && twin)
		tell_twin(heading, field, row->cells[column - 1], column, twin);
	return column;
}

static size_t column_of(struct heading *heading, const struct sheet_cells *row, enum sheet_field field,
			const struct sheet_options *options)
{
	const char *map = options->map[field];
	size_t column = 0;

	if (map)
		return *map ? try_name(heading, row, field, map) : 0;
	if (options->habit[field])
		column = try_name(heading, row, field, options->habit[field]);
	for (size_t i = 0; !column && aliases[field][i]; i++)
		column = try_name(heading, row, field, aliases[field][i]);
	return column;
}

static void keep_widest(struct search *search, const struct sheet_cells *row)
{
	size_t width = 0;

	for (size_t i = 0; i < row->count; i++)
		width += row->cells[i][0] != '\0';
	if (width <= search->width)
		return;
	search->width = width;
	search->widest = row->line;
	text_cut(&search->shown, 0);
	for (size_t i = 0, shown = 0; i < row->count && shown < SHOWN_COLUMNS; i++) {
		if (row->cells[i][0] == '\0')
			continue;
		const struct sheet_shown name = sheet_show(row->cells[i]);
		text_add(&search->shown, shown++ ? ", \"" : "\"");
		escape_add(&search->shown, ESCAPE_DISPLAY, name.text, strlen(name.text));
		text_add(&search->shown, "\"");
	}
	if (width > SHOWN_COLUMNS)
		text_add(&search->shown, ", …");
}

static int take_heading(struct search *search, const struct sheet_cells *row, const struct heading *heading,
			struct error *e)
{
	clear_headings(search->headings);
	search->best = *heading;
	for (int field = 0; field < SHEET_FIELD_COUNT; field++) {
		size_t column = heading->columns[field];
		if (column && !(search->headings[field] = strdup(row->cells[column - 1])))
			return error_memory(e);
	}
	return 0;
}

static int on_cells(void *userdata, const struct sheet_cells *row, struct error *e)
{
	struct search *search = userdata;
	struct heading heading = {.line = row->line};

	keep_widest(search, row);
	search->rows++;
	heading.columns[SHEET_ASSET] = column_of(&heading, row, SHEET_ASSET, search->options);
	if (!heading.columns[SHEET_ASSET])
		return search->rows == SHEET_HEADING_MAX;
	for (int field = 0; field < SHEET_FIELD_COUNT; field++) {
		if (field != SHEET_ASSET)
			heading.columns[field] = column_of(&heading, row, (enum sheet_field)field, search->options);
		heading.found += heading.columns[field] != 0;
	}
	if (heading.found > search->best.found && take_heading(search, row, &heading, e) < 0)
		return -1;
	return search->rows == SHEET_HEADING_MAX;
}

static int refuse(const struct search *search, struct error *e)
{
	if (search->rows == 0)
		return error_set(e, ERROR_DATA, "there is nothing in it but blank lines");
	return error_set(e, ERROR_DATA,
			 "no line has a column that is known to hold the asset tag: say which one does with --map asset=COLUMN. "
			 "The columns of line %zu are %s", search->widest, search->shown.data ? search->shown.data : "");
}

/* What --map names must be there. */
static int check_map(const struct search *search, const struct sheet_options *options, struct error *e)
{
	for (int field = 0; field < SHEET_FIELD_COUNT; field++) {
		if (!options->map[field] || !*options->map[field] || search->best.columns[field])
			continue;
		CLEANUP(cleanup_free) char *name = escape_string(ESCAPE_DISPLAY, options->map[field]);
		return error_set(e, ERROR_DATA, "line %zu has no column \"%.100s\" for %s. Its columns are %s",
				 search->best.line, name ? name : "", sheet_field_name((enum sheet_field)field),
				 search->shown.data ? search->shown.data : "");
	}
	return 0;
}

/* Two fields cannot come from one column, unless both were told so. */
static int check_shared(const struct search *search, const struct sheet_options *options, struct error *e)
{
	for (int a = 0; a < SHEET_FIELD_COUNT; a++)
		for (int b = 0; b < a; b++)
			if (search->best.columns[a] && search->best.columns[a] == search->best.columns[b] &&
			    !(options->map[a] && options->map[b]))
				return error_set(e, ERROR_DATA, "column %zu would be both %s and %s: say which with --map",
						 search->best.columns[a], sheet_field_name((enum sheet_field)b),
						 sheet_field_name((enum sheet_field)a));
	return 0;
}

static void keep(struct sheet *sheet, struct search *search, char delimiter)
{
	clear_headings(sheet->headings);
	memcpy(sheet->columns, search->best.columns, sizeof sheet->columns);
	for (int field = 0; field < SHEET_FIELD_COUNT; field++)
		sheet->headings[field] = TAKE(search->headings[field]);
	sheet->delimiter = delimiter;
	sheet->heading_line = search->best.line;
}

/* Whether one reading of the first rows makes more sense than another. */
static bool is_better(const struct search *search, const struct search *than)
{
	if (search->best.found != than->best.found)
		return search->best.found > than->best.found;
	return than->best.found == 0 && search->width > than->width;
}

int sheet_find_heading(struct sheet *sheet, const char *text, size_t length, size_t first_line, char told,
		       const struct sheet_options *options, struct error *e)
{
	const char one[] = {told, '\0'};
	CLEANUP(clear_search) struct search best = {.options = options};
	char delimiter = ',';
	bool failed = false;

	for (const char *c = told ? one : ",;\t|"; *c; c++) {
		CLEANUP(clear_search) struct search search = {.options = options};
		/* What is wrong further down is told when the rows are read. */
		failed |= sheet_cells_read(text, length, first_line, *c, on_cells, &search, e) < 0;
		if (!is_better(&search, &best))
			continue;
		struct search before = best;
		best = search;
		search = before; /* which is cleared */
		delimiter = *c;
	}
	if (best.best.line == 0)
		return best.rows == 0 && failed ? -1 : refuse(&best, e);
	if (best.best.twice)
		return error_set(e, best.best.twin.code, "%s", best.best.twin.text);
	if (check_map(&best, options, e) < 0 || check_shared(&best, options, e) < 0)
		return -1;
	keep(sheet, &best, delimiter);
	return 0;
}
