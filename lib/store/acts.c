#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "store/internal.h"

enum { ACT_VERSION = 1, ACT_BYTES_MAX = 64 * 1024 };

/* Written and read by one table, so that neither side can forget one. */
static const struct {
	const char *key;
	size_t offset;
	bool optional;
} strings[] = {
	{ "by", offsetof(struct store_act, by), false },
	{ "verb", offsetof(struct store_act, verb), false },
	{ "subject", offsetof(struct store_act, subject), false },
	{ "detail", offsetof(struct store_act, detail), true },
	{ "why", offsetof(struct store_act, why), true },
};
enum { STRING_COUNT = sizeof strings / sizeof *strings };

static char **string_at(struct store_act *act, size_t index)
{
	return (char **)(void *)((char *)act + strings[index].offset);
}

void store_act_clear(struct store_act *act)
{
	for (size_t i = 0; i < STRING_COUNT; i++)
		free(*string_at(act, i));
	*act = (struct store_act){0};
}

void store_acts_clear(struct store_acts *acts)
{
	for (size_t i = 0; i < acts->count; i++)
		store_act_clear(&acts->items[i]);
	free(acts->items);
	*acts = (struct store_acts){0};
}

/* ---- the text ---- */

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}

static int add_string(json_t *object, const char *key, const char *raw)
{
	char *escaped CLEANUP(cleanup_free) = escape_string(ESCAPE_DISPLAY, raw);

	return escaped ? json_object_set_new(object, key, json_string(escaped)) : -1;
}

int store_act_write(struct text *text, const struct store_act *act, struct error *e)
{
	json_t *object CLEANUP(cleanup_json) = json_pack("{sI si}", "at", (json_int_t)act->at, "v", ACT_VERSION);
	int failed = object ? 0 : -1;

	for (size_t i = 0; i < STRING_COUNT; i++) {
		const void *place = (const char *)act + strings[i].offset;
		const char *raw = *(char *const *)place;
		if (raw)
			failed |= add_string(object, strings[i].key, raw);
	}
	char *json CLEANUP(cleanup_free) = failed ? NULL : json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	if (!json)
		return error_memory(e);
	if (strlen(json) > ACT_BYTES_MAX)
		return error_set(e, ERROR_DATA, "the record of \"%s\" would have more than %d bytes", act->verb,
				 ACT_BYTES_MAX);
	text_add(text, json);
	return text->failed ? error_memory(e) : 0;
}

static int read_fields(const json_t *object, struct store_act *act)
{
	const json_t *at = json_object_get(object, "at");

	if (!json_is_integer(at))
		return -1;
	act->at = json_integer_value(at);
	for (size_t i = 0; i < STRING_COUNT; i++) {
		const json_t *value = json_object_get(object, strings[i].key);
		if (!value && strings[i].optional)
			continue;
		if (!json_is_string(value) ||
		    escape_parse(string_at(act, i), json_string_value(value), json_string_length(value)) < 0)
			return -1;
	}
	return 0;
}

int store_act_parse(struct store_act *ret_act, const char *json, size_t length, struct error *e)
{
	struct store_act act CLEANUP(store_act_clear) = {0};
	struct text again CLEANUP(text_clear) = {0};
	json_error_t where;

	if (length > ACT_BYTES_MAX)
		return error_set(e, ERROR_DATA, "an act has more than %d bytes", ACT_BYTES_MAX);
	json_t *object CLEANUP(cleanup_json) = json_loadb(json, length, JSON_REJECT_DUPLICATES, &where);
	if (!object || read_fields(object, &act) < 0)
		return error_set(e, ERROR_DATA, "it is no act");
	/* One act has one text: this refuses unknown keys and every other spelling. */
	if (store_act_write(&again, &act, e) < 0)
		return -1;
	if (again.length != length || memcmp(again.data, json, length) != 0)
		return error_set(e, ERROR_DATA, "it is not in its canonical form");
	*ret_act = act;
	act = (struct store_act){0};
	return 0;
}

/* ---- the records ---- */

int store_act_add(struct store *store, const struct store_actor *actor, const char *verb,
		  const char *subject, const char *detail, struct error *e)
{
	/* Nothing of it is changed or freed. */
	const struct store_act act = {
		.at = actor->at,
		.by = (char *)actor->by,
		.verb = (char *)verb,
		.subject = (char *)subject,
		.detail = (char *)detail,
		.why = (char *)actor->why,
	};
	struct change change CLEANUP(store_change_clear) = {0};
	struct text text CLEANUP(text_clear) = {0};
	struct chain chain;

	if (store_act_write(&text, &act, e) < 0 || store_change_begin(&change, store, e) < 0 ||
	    store_chain_load(store, &chain, e) < 0 ||
	    store_record_append(store, &chain, 0, subject, &text, e) < 0)
		return -1;
	return store_change_commit(&change, e);
}

static int read_act(const struct store *store, struct statement *row, struct store_act *ret_act,
		    struct error *e)
{
	uint64_t number = store_read_count(row);
	char *text CLEANUP(cleanup_free) = store_read_text(row);

	if (store_row_end(row, e) < 0)
		return -1;
	if (store_act_parse(ret_act, text ? text : "", text ? strlen(text) : 0, e) < 0)
		return error_prefix(e, "the store %s: record %llu", store->path, (unsigned long long)number);
	ret_act->number = number;
	return 0;
}

int store_acts_list(struct store *store, const char *subject, size_t most, struct store_acts *ret_acts,
		    struct error *e)
{
	struct store_acts acts CLEANUP(store_acts_clear) = {0};
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, subject ? "SELECT number, text FROM record WHERE subject = ?1"
				 " ORDER BY number DESC LIMIT ?2"
			       : "SELECT number, text FROM record WHERE ?1 IS NULL AND subject IS NOT NULL"
				 " ORDER BY number DESC LIMIT ?2");
	int row;

	store_bind_text(&statement, subject);
	store_bind_count(&statement, most);
	while ((row = store_step(&statement, e)) > 0) {
		if (array_reserve(&acts.items, acts.count, sizeof *acts.items) < 0)
			return error_memory(e);
		if (read_act(store, &statement, &acts.items[acts.count], e) < 0)
			return -1;
		acts.count++;
	}
	if (row < 0)
		return -1;
	*ret_acts = acts;
	acts = (struct store_acts){0};
	return 0;
}
