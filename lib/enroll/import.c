#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "enroll/import_internal.h"

enum { TELL_EVERY = 256 }; /* rows */

const char *enroll_what_name(enum enroll_what what)
{
	static const char *const names[ENROLL_WHAT_COUNT] = {
		[ENROLL_NEW] = "new", [ENROLL_CHANGED] = "changed", [ENROLL_SAME] = "same",
		[ENROLL_STAYS_RETIRED] = "stays-retired", [ENROLL_PASSED_OVER] = "passed-over", [ENROLL_BAD] = "bad",
	};

	return (unsigned)what < ENROLL_WHAT_COUNT ? names[what] : "?";
}

void enroll_import_clear(struct enroll_import *import)
{
	for (size_t i = 0; i < import->count; i++) {
		inventory_device_clear(&import->steps[i].after);
		free(import->steps[i].place);
	}
	for (size_t i = 0; import->places && i < import->devices.count; i++)
		free(import->places[i]);
	free(import->places);
	free(import->steps);
	store_devices_clear(&import->devices);
	*import = (struct enroll_import){0};
}

static bool has(unsigned bits, enum sheet_field field)
{
	return bits >> field & 1;
}

/* ---- one row and its device ---- */

static int by_asset(const void *key, const void *item)
{
	const struct store_device *device = item;

	return strcmp(key, device->device.asset);
}

/* The fields that are strings, which is all but the state. */
static char **string_of(struct inventory_device *device, enum sheet_field field)
{
	switch (field) {
	case SHEET_SERIAL: return &device->serial;
	case SHEET_MAC: return &device->mac;
	case SHEET_MODEL: return &device->model;
	case SHEET_NAME: return &device->name;
	case SHEET_DEPARTMENT: return &device->department;
	case SHEET_LINK: return &device->link;
	case SHEET_CREDENTIAL: return &device->credential;
	case SHEET_PIN: return &device->pins;
	default: return &device->asset;
	}
}

const char *enroll_value(const struct inventory_device *device, enum sheet_field field)
{
	if (field == SHEET_STATE)
		return inventory_state_name(device->state);
	return *string_of((struct inventory_device *)device, field);
}

static int replace(char **to, const char *from)
{
	char *copy = from ? strdup(from) : NULL;

	if (from && !copy)
		return -1;
	free(*to);
	*to = copy;
	return 0;
}

/* What was known, with what the row says on top. */
static int merge(struct enroll_step *step, int64_t now)
{
	struct sheet_row *row = step->row;
	const struct inventory_device *before = step->before ? &step->before->device : NULL;
	bool retired = before && before->state == INVENTORY_RETIRED && !has(row->given, SHEET_STATE);

	step->after.state = before ? before->state : INVENTORY_ACTIVE;
	step->after.enrolled_at = before ? before->enrolled_at : now;
	if (has(row->given, SHEET_STATE))
		step->after.state = row->device.state;
	for (int field = 0; field < SHEET_STORED; field++) {
		if (field == SHEET_STATE)
			continue;
		char **place = string_of(&step->after, (enum sheet_field)field);
		const char *said = *string_of(&row->device, (enum sheet_field)field);
		const char *known = before ? enroll_value(before, (enum sheet_field)field) : NULL;
		const char *value = has(row->cleared, (enum sheet_field)field) ? NULL : said ? said : known;
		if (replace(place, retired ? known : value) < 0)
			return -1;
	}
	if (step->after.link && !(step->place = visit_link_place(step->after.link)))
		return -1;
	return 0;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Which fields are not as before. A link that leads to the same place stays as it is written. */
static int compare(struct enroll_import *import, struct enroll_step *step)
{
	if (!step->before)
		return 0;
	const char *place = import->places[step->before - import->devices.items];
	const struct inventory_device *before = &step->before->device;
	if (is_same(place, step->place) && replace(&step->after.link, before->link) < 0)
		return -1;
	for (int field = 0; field < SHEET_STORED; field++)
		if (!is_same(enroll_value(before, (enum sheet_field)field), enroll_value(&step->after, (enum sheet_field)field)))
			step->changed |= 1u << field;
	return 0;
}

static bool has_fault(const struct sheet_row *row, enum sheet_fault_code code)
{
	for (size_t i = 0; i < row->fault_count; i++)
		if (row->faults[i].code == code)
			return true;
	return false;
}

/* A new device needs a model and a link. */
static int check_new(struct enroll_step *step, const struct sheet *sheet)
{
	struct sheet_row *row = step->row;

	if (!step->after.model && !has_fault(row, SHEET_UNKNOWN_MODEL) &&
	    sheet_add_fault(row, sheet, SHEET_MISSING_MODEL, SHEET_MODEL,
			    "a new device needs a model: fill it in (\"pumpwatch models\" lists them)") < 0)
		return -1;
	if (step->after.link || has_fault(row, SHEET_BAD_LINK) || has_fault(row, SHEET_BAD_ADDRESS))
		return 0;
	return sheet_add_fault(row, sheet, SHEET_MISSING_LINK, sheet->columns[SHEET_LINK] ? SHEET_LINK : SHEET_ADDRESS,
			       "a new device needs %s: fill it in", sheet->columns[SHEET_LINK] ? "a link" : "an address");
}

static int check_row(struct enroll_step *step, const struct sheet *sheet)
{
	const struct sheet_row *row = step->row;
	const struct store_device *before = step->before;

	if (before && before->device.state == INVENTORY_RETIRED && has(row->given, SHEET_STATE) &&
	    row->device.state != INVENTORY_RETIRED && !has_fault(row, SHEET_UNKNOWN_STATE))
		return sheet_add_fault(step->row, sheet, SHEET_WAS_RETIRED, SHEET_STATE,
				       "%s was retired here, and an import brings nothing back: if it is in use, say "
				       "\"pumpwatch edit %s state=active\" first", before->device.asset, before->device.asset);
	return before ? 0 : check_new(step, sheet);
}

static enum enroll_what judge(const struct enroll_step *step)
{
	const struct sheet_row *row = step->row;
	const struct store_device *before = step->before;

	if (!before && has(row->given, SHEET_STATE) && row->device.state == INVENTORY_RETIRED &&
	    !has_fault(row, SHEET_UNKNOWN_STATE) && (!step->after.model || !step->after.link))
		return ENROLL_PASSED_OVER;
	if (row->fault_count > 0)
		return ENROLL_BAD;
	if (before && before->device.state == INVENTORY_RETIRED && !has(row->given, SHEET_STATE))
		return ENROLL_STAYS_RETIRED;
	return !before ? ENROLL_NEW : step->changed ? ENROLL_CHANGED : ENROLL_SAME;
}

/* ---- the whole ---- */

static int list_devices(struct enroll_import *import, struct store *store, struct error *e)
{
	struct store_devices *devices = &import->devices;

	if (store && store_devices_list(store, NULL, devices, e) < 0)
		return -1;
	import->places = calloc(devices->count + 1, sizeof *import->places);
	if (!import->places)
		return error_memory(e);
	for (size_t i = 0; i < devices->count; i++)
		if (devices->items[i].device.link &&
		    !(import->places[i] = visit_link_place(devices->items[i].device.link)))
			return error_memory(e);
	return 0;
}

static bool go_on(const struct enroll_import_options *options, size_t done, size_t total)
{
	if (!options->on_progress || (done % TELL_EVERY != 0 && done != total))
		return true;
	return options->on_progress(options->userdata, done, total);
}

static int stop(struct error *e)
{
	return error_set(e, ERROR_UNAVAILABLE, "interrupted: nothing was changed");
}

static int plan_steps(struct enroll_import *import, struct sheet *sheet, bool *seen,
		      const struct enroll_import_options *options, struct error *e)
{
	struct store_devices *devices = &import->devices;

	import->steps = calloc(sheet->count + 1, sizeof *import->steps);
	if (!import->steps)
		return error_memory(e);
	for (size_t i = 0; i < sheet->count; i++) {
		struct enroll_step *step = &import->steps[import->count++];
		step->row = &sheet->rows[i];
		if (step->row->device.asset && devices->count > 0)
			step->before = bsearch(step->row->device.asset, devices->items, devices->count,
					       sizeof *devices->items, by_asset);
		if (step->before)
			seen[step->before - devices->items] = true;
		if (merge(step, options->now) < 0 || compare(import, step) < 0 || check_row(step, sheet) < 0)
			return error_memory(e);
		step->what = judge(step);
		if (!go_on(options, i + 1, sheet->count))
			return stop(e);
	}
	return 0;
}

/* What is wrong with every new row alike is said once, with the option that mends it. */
static int check_columns(const struct enroll_import *import, const struct sheet *sheet, struct error *e)
{
	size_t models = 0, links = 0;

	for (size_t i = 0; i < import->count; i++) {
		const struct enroll_step *step = &import->steps[i];
		bool fresh = step->what != ENROLL_PASSED_OVER && !step->before;
		models += fresh && !step->after.model && !sheet->columns[SHEET_MODEL];
		links += fresh && !step->after.link && !sheet->columns[SHEET_LINK] && !sheet->columns[SHEET_ADDRESS] && !sheet->linked;
	}
	if (models > 0)
		return error_set(e, ERROR_DATA,
				 "no column is known to hold the model, which %zu new device%s: say --model MODEL for all of "
				 "them, or --map model=COLUMN", models, models == 1 ? " needs" : "s need");
	if (links > 0)
		return error_set(e, ERROR_DATA,
				 "no column is known to hold a link or an address, which %zu new device%s: say --map "
				 "address=COLUMN --link 'ftp://{address}/', or --map link=COLUMN", links,
				 links == 1 ? " needs" : "s need");
	return 0;
}

static bool needs_credential(const struct enroll_step *step, const struct sweep_models *models)
{
	const struct inventory_device *device = &step->after;
	const struct inventory_model *model = device->model ? sweep_models_find(models, device->model) : NULL;

	if (device->credential || device->state == INVENTORY_RETIRED || !device->link || strncmp(device->link, "file:", 5) == 0)
		return false;
	return (model && model->login == VISIT_LOGIN_CREDENTIAL) || strncmp(device->link, "sftp:", 5) == 0;
}

static void count(struct enroll_import *import, const bool *seen, const struct sweep_models *models)
{
	for (size_t i = 0; i < import->count; i++) {
		struct enroll_step *step = &import->steps[i];
		step->what = judge(step);
		import->counts[step->what]++;
		if ((step->what == ENROLL_NEW || step->what == ENROLL_CHANGED) && needs_credential(step, models))
			import->without_credential++;
	}
	for (size_t i = 0; i < import->devices.count; i++)
		import->absent += !seen[i] && import->devices.items[i].device.state != INVENTORY_RETIRED;
}

int enroll_import_plan(struct enroll_import *ret_import, struct sheet *sheet, struct store *store,
		       const struct enroll_import_options *options, struct error *e)
{
	CLEANUP(enroll_import_clear) struct enroll_import import = {0};

	if (list_devices(&import, store, e) < 0)
		return -1;
	CLEANUP(cleanup_free) bool *seen = calloc(import.devices.count + 1, sizeof *seen);
	if (!seen)
		return error_memory(e);
	if (plan_steps(&import, sheet, seen, options, e) < 0 || check_columns(&import, sheet, e) < 0 ||
	    enroll_find_twins(&import, sheet, seen, options->skip_bad, e) < 0)
		return -1;
	count(&import, seen, options->models);
	*ret_import = import;
	import = (struct enroll_import){0};
	return 0;
}

/* ---- doing it ---- */

#define KEYS (1u << SHEET_SERIAL | 1u << SHEET_MAC | 1u << SHEET_MODEL | 1u << SHEET_LINK | 1u << SHEET_STATE)

/* What one device gives up, another may take in the same file: first all give, then all take. */
static int vacate(const struct enroll_step *step, struct store *store, struct error *e)
{
	struct inventory_device bare = step->before->device; /* nothing of it is freed */

	bare.serial = bare.mac = bare.link = NULL;
	return store_device_save(store, &bare, e);
}

static void write_change(struct text *text, const struct enroll_step *step, enum sheet_field field)
{
	const char *before = enroll_value(&step->before->device, field);
	const char *after = enroll_value(&step->after, field);

	text_addf(text, ", %s %s -> %s", sheet_field_name(field), before ? before : "(none)", after ? after : "(none)");
}

static int record(const struct enroll_step *step, struct store *store, const struct store_actor *actor, const char *verb,
		  const char *name, struct error *e)
{
	const struct inventory_device *after = &step->after;
	CLEANUP(text_clear) struct text detail = {0};

	text_addf(&detail, "%s, line %zu", name, step->row->line);
	if (!step->before)
		text_addf(&detail, ", model %s, link %s%s%s", after->model, after->link, after->pins ? ", pin " : "",
			  after->pins ? after->pins : "");
	for (int field = 0; step->before && field < SHEET_STORED; field++)
		if (has(step->changed, (enum sheet_field)field))
			write_change(&detail, step, (enum sheet_field)field);
	if (detail.failed)
		return error_memory(e);
	return store_act_add(store, actor, verb, after->asset, detail.data, e);
}

/* What changed may open the door again: the next sweep need not wait. */
static int forget_back_off(const struct enroll_step *step, struct store *store, struct error *e)
{
	struct store_standing standing;

	if (!step->before || (step->before->standing.failures == 0 && step->before->standing.not_before == 0))
		return 0;
	standing = step->before->standing; /* nothing of it is freed */
	standing.failures = 0;
	standing.not_before = 0;
	return store_standing_save(store, step->after.asset, &standing, e);
}

/* Nobody will look at it again, so nothing else would end its alerts. Returns how many, or -1. */
static int resolve_if_retired(const struct enroll_step *step, const struct sweep_environment *environment,
			      const struct store_actor *actor, struct error *e)
{
	CLEANUP(text_clear) struct text why = {0};

	if (!step->before || !has(step->changed, SHEET_STATE) || step->after.state != INVENTORY_RETIRED)
		return 0;
	text_addf(&why, "the device was retired by %s", actor->by);
	return why.failed ? error_memory(e) : sweep_resolve_alerts(environment, &step->after, why.data, e);
}

static int apply_step(const struct enroll_step *step, const struct sweep_environment *environment,
		      const struct store_actor *actor, const char *verb, const char *name, struct error *e)
{
	struct store *store = environment->store;

	if (inventory_device_check(&step->after, e) < 0 || store_device_save(store, &step->after, e) < 0)
		return error_prefix(e, "line %zu", step->row->line);
	if (record(step, store, actor, verb, name, e) < 0 || forget_back_off(step, store, e) < 0)
		return -1;
	return resolve_if_retired(step, environment, actor, e);
}

int enroll_import_apply(const struct enroll_import *import, const struct sweep_environment *environment,
			const struct store_actor *actor, const char *verb, const char *name,
			const struct enroll_import_options *options, struct error *e)
{
	int resolved = 0;

	if (import->counts[ENROLL_BAD] > 0 && !options->skip_bad)
		return error_set(e, ERROR_DATA, "%zu rows are bad: nothing was changed", import->counts[ENROLL_BAD]);
	for (size_t i = 0; i < import->count; i++)
		if (import->steps[i].what == ENROLL_CHANGED && (import->steps[i].changed & KEYS) &&
		    vacate(&import->steps[i], environment->store, e) < 0)
			return -1;
	for (size_t i = 0; i < import->count; i++) {
		const struct enroll_step *step = &import->steps[i];
		int r = step->what == ENROLL_NEW || step->what == ENROLL_CHANGED
			? apply_step(step, environment, actor, verb, name, e) : 0;
		if (r < 0)
			return -1;
		resolved += r;
		if (!go_on(options, i + 1, import->count))
			return stop(e);
	}
	return resolved;
}
