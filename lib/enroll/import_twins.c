#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "enroll/import_internal.h"

/* What must be one device's alone. */
enum key { KEY_SERIAL, KEY_MAC, KEY_LINK, KEY_COUNT };

static const struct {
	const char *word;
	enum sheet_fault_code code;
	enum sheet_field field;
} keys[KEY_COUNT] = {
	[KEY_SERIAL] = {"serial", SHEET_DUPLICATE_SERIAL, SHEET_SERIAL},
	[KEY_MAC] = {"MAC", SHEET_DUPLICATE_MAC, SHEET_MAC},
	[KEY_LINK] = {"link", SHEET_DUPLICATE_LINK, SHEET_LINK},
};

/* Somebody has, or wants, a value. */
struct claim {
	const char *value;
	const char *within; /* the model of a serial; else "" */
	struct enroll_step *step;	    /* NULL: a device that the file does not have */
	const struct inventory_device *device;
};

struct claims {
	struct claim *items;
	size_t count;
};

static void clear_claims(struct claims *claims)
{
	free(claims->items);
}

/* The value of a device; place is of its link. */
static const char *value_of(const struct inventory_device *device, const char *place, enum key key)
{
	if (device->state == INVENTORY_RETIRED)
		return NULL;
	return key == KEY_SERIAL ? device->serial : key == KEY_MAC ? device->mac : place;
}

static int add_claim(struct claims *claims, enum key key, const struct inventory_device *device, const char *place,
		     struct enroll_step *step)
{
	const char *value = value_of(device, place, key);
	const struct claim claim = {
		.value = value,
		.within = key == KEY_SERIAL && device->model ? device->model : "",
		.step = step,
		.device = device,
	};

	return value ? ARRAY_APPEND(claims->items, claims->count, claim) : 0;
}

static int compare_values(const void *a, const void *b)
{
	const struct claim *one = a;
	const struct claim *two = b;
	int order = strcmp(one->value, two->value);

	return order ? order : strcmp(one->within, two->within);
}

/* In the order of the file, the others last. */
static int compare_claims(const void *a, const void *b)
{
	const struct claim *one = a;
	const struct claim *two = b;
	int order = compare_values(a, b);

	if (order)
		return order;
	size_t first = one->step ? one->step->row->line : SIZE_MAX;
	size_t second = two->step ? two->step->row->line : SIZE_MAX;
	return (first > second) - (first < second);
}

static int gather(struct claims *claims, const struct enroll_import *import, const bool *seen, enum key key)
{
	for (size_t i = 0; i < import->count; i++)
		if (import->steps[i].what != ENROLL_PASSED_OVER &&
		    add_claim(claims, key, &import->steps[i].after, import->steps[i].place, &import->steps[i]) < 0)
			return -1;
	for (size_t i = 0; i < import->devices.count; i++)
		if (!seen[i] && add_claim(claims, key, &import->devices.items[i].device, import->places[i], NULL) < 0)
			return -1;
	if (claims->count > 0)
		qsort(claims->items, claims->count, sizeof *claims->items, compare_claims);
	return 0;
}

/* The column to blame: addresses are where links come from. */
static enum sheet_field field_of(const struct sheet *sheet, enum key key)
{
	return key == KEY_LINK && !sheet->columns[SHEET_LINK] ? SHEET_ADDRESS : keys[key].field;
}

static const char *shown_value(const struct claim *claim, enum key key)
{
	return key == KEY_LINK ? claim->device->link : claim->value;
}

static int blame(const struct claim *claim, const struct claim *other, const struct sheet *sheet, enum key key)
{
	struct sheet_row *row = claim->step->row;

	if (other->step)
		return sheet_add_fault(row, sheet, keys[key].code, field_of(sheet, key),
				       "the %s %.100s stands on line %zu (%.64s), too: correct one of the two", keys[key].word,
				       shown_value(claim, key), other->step->row->line,
				       other->device->asset ? other->device->asset : "no asset");
	return sheet_add_fault(row, sheet, keys[key].code, field_of(sheet, key),
			       "the %s %.100s is that of %s, which is enrolled and not in this file: correct it, or retire %s",
			       keys[key].word, shown_value(claim, key), other->device->asset, other->device->asset);
}

/* Whether it had the value before, so that the newcomer is to blame. */
static bool is_settled(const struct claim *claim, const struct enroll_import *import, enum key key)
{
	const struct store_device *before = claim->step ? claim->step->before : NULL;

	if (!before)
		return claim->step == NULL;
	const char *value = value_of(&before->device, import->places[before - import->devices.items], key);
	return value && strcmp(value, claim->value) == 0 &&
	       (key != KEY_SERIAL || strcmp(before->device.model ? before->device.model : "", claim->within) == 0);
}

static bool is_other(const struct claim *a, const struct claim *b)
{
	return !a->device->asset || !b->device->asset || strcmp(a->device->asset, b->device->asset) != 0;
}

/* In a group that wants one value, every row but the one that had it already is to blame. */
static int blame_group(const struct claim *group, size_t count, const struct enroll_import *import,
		       const struct sheet *sheet, enum key key)
{
	for (size_t i = 0; i < count; i++) {
		const struct claim *other = NULL;
		if (is_settled(&group[i], import, key))
			continue;
		for (size_t k = 0; k < count && k < 64; k++)
			if (k != i && is_other(&group[i], &group[k]) &&
			    (!other || is_settled(&group[k], import, key)))
				other = &group[k];
		if (other && blame(&group[i], other, sheet, key) < 0)
			return -1;
	}
	return 0;
}

static int find_in(const struct claims *claims, const struct enroll_import *import, const struct sheet *sheet, enum key key)
{
	for (size_t i = 0, n; i < claims->count; i += n) {
		for (n = 1; i + n < claims->count && compare_values(&claims->items[i], &claims->items[i + n]) == 0; n++)
			;
		if (n > 1 && blame_group(&claims->items[i], n, import, sheet, key) < 0)
			return -1;
	}
	return 0;
}

/* ---- assets ---- */

static int compare_assets(const void *a, const void *b)
{
	const struct sheet_row *one = (*(struct enroll_step *const *)a)->row;
	const struct sheet_row *two = (*(struct enroll_step *const *)b)->row;
	int order = strcmp(one->device.asset, two->device.asset);

	return order ? order : (one->line > two->line) - (one->line < two->line);
}

static int find_assets(struct enroll_import *import, const struct sheet *sheet)
{
	CLEANUP(cleanup_free) struct enroll_step **steps = calloc(import->count + 1, sizeof *steps);
	size_t count = 0;

	if (!steps)
		return -1;
	for (size_t i = 0; i < import->count; i++)
		if (import->steps[i].row->device.asset && import->steps[i].what != ENROLL_PASSED_OVER)
			steps[count++] = &import->steps[i];
	qsort(steps, count, sizeof *steps, compare_assets);
	for (size_t i = 0; i < count; i++) {
		const struct enroll_step *twin = NULL;
		if (i + 1 < count && strcmp(steps[i]->row->device.asset, steps[i + 1]->row->device.asset) == 0)
			twin = steps[i + 1];
		if (i > 0 && strcmp(steps[i]->row->device.asset, steps[i - 1]->row->device.asset) == 0)
			twin = steps[i - 1];
		if (twin && sheet_add_fault(steps[i]->row, sheet, SHEET_DUPLICATE_ASSET, SHEET_ASSET,
					    "%.64s stands on line %zu, too: take one of the two out", steps[i]->row->device.asset,
					    twin->row->line) < 0)
			return -1;
	}
	return 0;
}

/* ---- rows that cannot go in without a row that is left out ---- */

/* A device whose row is left out keeps what it had; who wanted that is left out, too. */
static int follow(struct enroll_import *import, const struct sheet *sheet, const struct claims claims[KEY_COUNT],
		  struct enroll_step **bad, size_t *count, const struct enroll_step *left_out)
{
	const struct inventory_device *before = &left_out->before->device;
	const char *place = import->places[left_out->before - import->devices.items];

	for (int key = 0; key < KEY_COUNT; key++) {
		const struct claim kept = {
			.value = value_of(before, place, (enum key)key),
			.within = key == KEY_SERIAL && before->model ? before->model : "",
		};
		if (!kept.value || claims[key].count == 0)
			continue;
		const struct claim *wants = bsearch(&kept, claims[key].items, claims[key].count, sizeof kept, compare_values);
		while (wants > claims[key].items && wants && compare_values(wants - 1, &kept) == 0)
			wants--;
		for (; wants && wants < claims[key].items + claims[key].count && compare_values(wants, &kept) == 0; wants++) {
			if (!wants->step || wants->step == left_out || wants->step->row->fault_count > 0)
				continue;
			if (sheet_add_fault(wants->step->row, sheet, keys[key].code, field_of(sheet, (enum key)key),
					    "the %s %.100s is still that of %s, whose row on line %zu is left out", keys[key].word,
					    shown_value(wants, (enum key)key), before->asset, left_out->row->line) < 0)
				return -1;
			bad[(*count)++] = wants->step;
		}
	}
	return 0;
}

static int find_followers(struct enroll_import *import, const struct sheet *sheet, const struct claims claims[KEY_COUNT])
{
	CLEANUP(cleanup_free) struct enroll_step **bad = calloc(import->count + 1, sizeof *bad);
	size_t count = 0;

	if (!bad)
		return -1;
	for (size_t i = 0; i < import->count; i++)
		if (import->steps[i].row->fault_count > 0)
			bad[count++] = &import->steps[i];
	for (size_t i = 0; i < count; i++)
		if (bad[i]->before && follow(import, sheet, claims, bad, &count, bad[i]) < 0)
			return -1;
	return 0;
}

static void clear_all_claims(struct claims (*claims)[KEY_COUNT])
{
	for (int key = 0; key < KEY_COUNT; key++)
		clear_claims(&(*claims)[key]);
}

int enroll_find_twins(struct enroll_import *import, const struct sheet *sheet, const bool *seen, bool skip_bad,
		      struct error *e)
{
	CLEANUP(clear_all_claims) struct claims claims[KEY_COUNT] = {{0}};

	if (find_assets(import, sheet) < 0)
		return error_memory(e);
	for (int key = 0; key < KEY_COUNT; key++)
		if (gather(&claims[key], import, seen, (enum key)key) < 0 ||
		    find_in(&claims[key], import, sheet, (enum key)key) < 0)
			return error_memory(e);
	return skip_bad && find_followers(import, sheet, claims) < 0 ? error_memory(e) : 0;
}
