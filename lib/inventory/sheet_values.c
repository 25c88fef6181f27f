#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "inventory/sheet_internal.h"

static enum sheet_fault_code bad_code(enum sheet_field field)
{
	static const enum sheet_fault_code codes[SHEET_FIELD_COUNT] = {
		[SHEET_ASSET] = SHEET_BAD_ASSET, [SHEET_SERIAL] = SHEET_BAD_SERIAL, [SHEET_MAC] = SHEET_BAD_MAC,
		[SHEET_MODEL] = SHEET_UNKNOWN_MODEL, [SHEET_NAME] = SHEET_BAD_NAME,
		[SHEET_DEPARTMENT] = SHEET_BAD_DEPARTMENT, [SHEET_LINK] = SHEET_BAD_LINK,
		[SHEET_CREDENTIAL] = SHEET_BAD_CREDENTIAL, [SHEET_PIN] = SHEET_BAD_PIN,
		[SHEET_STATE] = SHEET_UNKNOWN_STATE, [SHEET_MANUFACTURER] = SHEET_UNKNOWN_MODEL,
		[SHEET_ADDRESS] = SHEET_BAD_ADDRESS,
	};

	return codes[field];
}

/* ---- rows ---- */

static int refuse_address(struct sheet_row *row, const struct sheet *sheet)
{
	return sheet_add_fault(row, sheet, SHEET_BAD_ADDRESS, SHEET_ADDRESS,
			       "\"%s\" is no address: a host name or an IP address such as 192.0.2.10",
			       sheet_show(row->address).text);
}

/* A link that the row does not have comes from the template. */
static int fill_link(struct sheet_row *row, const struct sheet *sheet, const char *template_)
{
	const struct inventory_device *device = &row->device;
	CLEANUP(text_clear) struct text link = {0};
	struct error e;

	if ((row->given & 1u << SHEET_LINK) || !template_)
		return 0;
	enum sheet_made made = sheet_make_link(&link, template_, row->address, device->asset, device->serial);
	if (made != SHEET_MADE)
		return made == SHEET_UNFIT ? refuse_address(row, sheet) : 0;
	if (link.failed)
		return -1;
	row->given |= 1u << SHEET_LINK;
	if (inventory_device_set(&row->device, "link", link.data ? link.data : "", &e) == 0)
		return 0;
	if (row->address)
		return refuse_address(row, sheet);
	return sheet_add_fault(row, sheet, SHEET_BAD_LINK, SHEET_LINK, "\"%.100s\" is no link: %s", link.data, e.text);
}

static int set_state(struct sheet_row *row, const struct sheet *sheet, const char *value)
{
	static const struct {
		const char *words;
		enum inventory_state state;
	} known[] = {
		{"active", INVENTORY_ACTIVE}, {"in service", INVENTORY_ACTIVE}, {"in use", INVENTORY_ACTIVE},
		{"operational", INVENTORY_ACTIVE}, {"deployed", INVENTORY_ACTIVE}, {"installed", INVENTORY_ACTIVE},
		{"stored", INVENTORY_STORED}, {"in storage", INVENTORY_STORED}, {"storage", INVENTORY_STORED},
		{"spare", INVENTORY_STORED}, {"in stock", INVENTORY_STORED},
		{"maintenance", INVENTORY_MAINTENANCE}, {"in maintenance", INVENTORY_MAINTENANCE},
		{"in repair", INVENTORY_MAINTENANCE}, {"repair", INVENTORY_MAINTENANCE},
		{"under repair", INVENTORY_MAINTENANCE}, {"out for repair", INVENTORY_MAINTENANCE},
		{"out of service", INVENTORY_MAINTENANCE},
		{"retired", INVENTORY_RETIRED}, {"disposed", INVENTORY_RETIRED}, {"scrapped", INVENTORY_RETIRED},
		{"decommissioned", INVENTORY_RETIRED}, {"sold", INVENTORY_RETIRED},
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (inventory_model_same(known[i].words, value)) {
			row->device.state = known[i].state;
			return 0;
		}
	return sheet_add_fault(row, sheet, SHEET_UNKNOWN_STATE, SHEET_STATE,
			       "\"%s\" could mean several things: write active, stored, maintenance or retired (--map "
			       "state= passes the column over)", sheet_show(value).text);
}

/* The field's own rules, in words that show the value. */
static int set_field(struct sheet_row *row, const struct sheet *sheet, enum sheet_field field, const char *value)
{
	struct inventory_device *device = &row->device;
	struct error e = {0};

	if (field == SHEET_STATE)
		return set_state(row, sheet, value);
	if (field == SHEET_MODEL || field == SHEET_MANUFACTURER)
		return 0; /* together, later */
	if (field == SHEET_ASSET || field == SHEET_ADDRESS) {
		char **place = field == SHEET_ASSET ? &device->asset : &row->address;
		free(*place);
		*place = strdup(value);
		if (!*place)
			return -1;
		if (field == SHEET_ADDRESS || inventory_asset_check(value, &e) == 0)
			return 0;
	} else if (inventory_device_set(device, sheet_field_name(field), value, &e) == 0) {
		return 0;
	}
	const char *words = strncmp(e.text, sheet_field_name(field), strlen(sheet_field_name(field))) == 0 &&
		strstr(e.text, ": ") ? strstr(e.text, ": ") + 2 : e.text;
	if (e.code == ERROR_INTERNAL)
		return -1;
	return sheet_add_fault(row, sheet, bad_code(field), field, "\"%s\": %s", sheet_show(value).text, words);
}

static bool is_clearable(enum sheet_field field)
{
	return field == SHEET_SERIAL || field == SHEET_MAC || field == SHEET_NAME || field == SHEET_DEPARTMENT ||
	       field == SHEET_CREDENTIAL;
}

/* The cell of a field, cleaned; NULL: it says nothing, or a fault was noted. Returns 0, or -1 without
 * memory. */
static int take_cell(struct sheet_row *row, const struct sheet *sheet, enum sheet_field field,
		     const struct sheet_cells *cells, char **ret_value)
{
	size_t column = sheet->columns[field];
	bool words = field == SHEET_NAME || field == SHEET_DEPARTMENT;

	*ret_value = NULL;
	if (column == 0 || column > cells->count || cells->lengths[column - 1] == 0)
		return 0;
	CLEANUP(cleanup_free) char *value = strdup(cells->cells[column - 1]);
	if (!value)
		return -1;
	bool nul = strlen(value) != cells->lengths[column - 1];
	sheet_trim(value);
	if (words)
		sheet_join_lines(value);
	sheet_unwrap(value);
	sheet_trim(value);
	if (nul || sheet_has_controls(value)) {
		row->given |= 1u << field;
		return sheet_add_fault(row, sheet, SHEET_CONTROL_CHARACTER, field,
				       "a control character or a line break stands in the cell: take it out");
	}
	bool plain = sheet_drop_apostrophe(value);
	if (*value == '\0' || (!plain && sheet_is_filler(value)))
		return 0;
	row->given |= 1u << field;
	if (!plain && strcmp(value, SHEET_CLEAR) == 0) {
		if (!is_clearable(field))
			return sheet_add_fault(row, sheet, SHEET_NEVER_CLEARED, field,
					       "an import never clears this field: see \"pumpwatch edit --help\"");
		row->cleared |= 1u << field;
		return 0;
	}
	if (!plain && (field == SHEET_ASSET || field == SHEET_SERIAL || field == SHEET_MAC) && sheet_is_rounded(value))
		return sheet_add_fault(row, sheet, SHEET_ROUNDED_NUMBER, field,
				       "\"%s\" is a number that a spreadsheet program has rounded: format the column as text and "
				       "export it again", sheet_show(value).text);
	*ret_value = TAKE(value);
	return 0;
}

static int refuse_model(struct sheet_row *row, const struct sheet *sheet, const struct sheet_options *options,
			const char *maker, const char *model)
{
	const struct inventory_model *near = inventory_model_near(options->models, options->model_count, model);
	const struct sheet_shown of = sheet_show(maker ? maker : "");
	const struct sheet_shown name = sheet_show(model);

	if (near)
		return sheet_add_fault(row, sheet, SHEET_UNKNOWN_MODEL, SHEET_MODEL,
				       "there is no profile for \"%s%s%s\": did you mean \"%s\"?", of.text, maker ? " " : "",
				       name.text, near->name);
	return sheet_add_fault(row, sheet, SHEET_UNKNOWN_MODEL, SHEET_MODEL,
			       "there is no profile for \"%s%s%s\": \"pumpwatch models\" lists them", of.text,
			       maker ? " " : "", name.text);
}

static int fill_model(struct sheet_row *row, const struct sheet *sheet, const struct sheet_options *options,
		      const char *maker, const char *words)
{
	const struct inventory_model *model =
		inventory_model_find(options->models, options->model_count, maker, words);

	if (!model)
		return refuse_model(row, sheet, options, maker, words);
	row->device.model = strdup(model->name);
	return row->device.model ? 0 : -1;
}

/* A footer or a cell that a comma has cut in two would shift what follows. */
static int check_width(struct sheet_row *row, const struct sheet *sheet, const struct sheet_cells *cells)
{
	for (size_t i = sheet->width; i < cells->count; i++)
		if (cells->lengths[i] > 0)
			return sheet_add_fault(row, sheet, SHEET_TOO_MANY_CELLS, SHEET_FIELD_COUNT,
					       "%zu cells, and the heading has %zu: is a %s part of a text that has no quotation marks?",
					       cells->count, sheet->width,
					       sheet->delimiter == '\t' ? "tab" : sheet->delimiter == ';' ? "semicolon" :
					       sheet->delimiter == '|' ? "bar" : "comma");
	return 0;
}

static int fill_constants(struct sheet_row *row, const struct sheet *sheet, const struct sheet_options *options,
			  char *values[SHEET_FIELD_COUNT])
{
	for (int field = 0; field < SHEET_FIELD_COUNT; field++) {
		if ((row->given & 1u << field) || !options->constants[field] || field == SHEET_LINK)
			continue;
		row->given |= 1u << field;
		values[field] = strdup(options->constants[field]);
		if (!values[field] || set_field(row, sheet, (enum sheet_field)field, values[field]) < 0)
			return -1;
	}
	return 0;
}

static void clear_values(char *(*values)[SHEET_FIELD_COUNT])
{
	for (int field = 0; field < SHEET_FIELD_COUNT; field++)
		free((*values)[field]);
}

int sheet_fill_row(struct sheet_row *row, const struct sheet *sheet, const struct sheet_cells *cells,
		   const struct sheet_options *options)
{
	CLEANUP(clear_values) char *values[SHEET_FIELD_COUNT] = {NULL};

	if (check_width(row, sheet, cells) < 0)
		return -1;
	for (int field = 0; field < SHEET_FIELD_COUNT; field++) {
		if (take_cell(row, sheet, (enum sheet_field)field, cells, &values[field]) < 0 ||
		    (values[field] && set_field(row, sheet, (enum sheet_field)field, values[field]) < 0))
			return -1;
	}
	if (fill_constants(row, sheet, options, values) < 0 ||
	    (values[SHEET_MODEL] && fill_model(row, sheet, options, values[SHEET_MANUFACTURER], values[SHEET_MODEL]) < 0))
		return -1;
	if (!(row->given & 1u << SHEET_ASSET))
		return sheet_add_fault(row, sheet, SHEET_MISSING_ASSET, SHEET_ASSET,
				       "the row has no asset tag: give it one, or take the row out");
	return fill_link(row, sheet, options->constants[SHEET_LINK]);
}
