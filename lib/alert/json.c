#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "digest/digest.h"
#include "alert/internal.h"

/* Places are short, and all of them are ours. */
enum { PLACE_MAX = 128 };

/* ---- places ---- */

/* The object or array below parent; made where it is not there. */
static json_t *below(json_t *parent, const char *name, json_t *(*make)(void))
{
	json_t *child = json_object_get(parent, name);

	if (child)
		return child;
	child = make();
	return child && json_object_set_new(parent, name, child) == 0 ? child : NULL;
}

static int put_last(json_t *parent, char *name, json_t *value)
{
	char *array = strstr(name, "[]");

	if (!array)
		return json_object_set(parent, name, value);
	*array = '\0';
	return json_array_append(below(parent, name, json_array), value);
}

/* Takes the value. */
static void put(struct alert_json *json, const char *place, json_t *value)
{
	char names[PLACE_MAX];
	char *name = names;

	if (!json->root)
		json->root = json_object();
	json_t *parent = json->root;
	(void)snprintf(names, sizeof names, "%s", place);
	for (char *dot; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
		*dot = '\0';
		parent = below(parent, name, json_object);
	}
	json->failed |= !parent || !value || put_last(parent, name, value) != 0;
	json_decref(value);
}

/* ---- values ---- */

void alert_json_bytes(struct alert_json *json, const char *place, const char *bytes, size_t length)
{
	put(json, place, json_stringn(bytes, length));
}

void alert_json_string(struct alert_json *json, const char *place, const char *string)
{
	alert_json_bytes(json, place, string, strlen(string));
}

void alert_json_number(struct alert_json *json, const char *place, int64_t number)
{
	put(json, place, json_integer(number));
}

void alert_json_flag(struct alert_json *json, const char *place, bool flag)
{
	put(json, place, json_boolean(flag));
}

void alert_json_object(struct alert_json *json, const char *place, struct alert_json *object)
{
	json->failed |= object->failed;
	put(json, place, TAKE(object->root));
}

/* ---- fields ---- */

/* Of an entry of an array: quotes, a comma, and two bytes for what JSON escapes. */
static size_t entry_cost(const char *entry, size_t length)
{
	size_t cost = length + 3;

	for (size_t i = 0; i < length; i++)
		cost += strchr(alert_marks_json.special, entry[i]) != NULL;
	return cost;
}

/* A list as an array of no more than most bytes. */
static void put_list(struct alert_json *json, const char *place, const char *list, size_t length, size_t most)
{
	const size_t between = strlen(ALERT_LIST_BETWEEN);
	size_t taken = entry_cost(ALERT_LIST_REST, strlen(ALERT_LIST_REST));
	char array[PLACE_MAX];

	(void)snprintf(array, sizeof array, "%s[]", place);
	for (const char *end = list; end; length -= (size_t)(end - list) + between, list = end + between) {
		end = memmem(list, length, ALERT_LIST_BETWEEN, between);
		size_t entry = end ? (size_t)(end - list) : length;
		taken += entry_cost(list, entry);
		if (taken > most) {
			alert_json_string(json, array, ALERT_LIST_REST);
			return;
		}
		alert_json_bytes(json, array, list, entry);
		if (!end)
			return;
	}
}

static bool put_string(struct alert_json *json, const char *place, const struct alert_body *body,
		       const struct alert_field *field)
{
	CLEANUP(text_clear) struct text value;

	text_init(&value);
	bool whole = alert_add_field(&value, &alert_marks_json, body->fields, field, body->limits);
	json->failed |= value.failed;
	alert_json_bytes(json, place, value.data ? value.data : "", value.length);
	return whole;
}

bool alert_json_field(struct alert_json *json, const char *place, const struct alert_body *body,
		      const struct alert_field *field)
{
	switch (field->value) {
	case ALERT_VALUE_NUMBER:
	case ALERT_VALUE_COUNT:
		alert_json_number(json, place, alert_field_number(body->fields, field));
		return true;
	case ALERT_VALUE_FLAG:
		alert_json_flag(json, place, true);
		return true;
	case ALERT_VALUE_STRING:
		break;
	}
	size_t most = alert_field_limit(field, body->limits);
	if (field->limit != ALERT_LIMIT_LIST && field->limit != ALERT_LIMIT_ASSETS)
		return put_string(json, place, body, field);
	/* What fits elsewhere fits here with its quotes. */
	put_list(json, place, alert_field_bytes(body->fields, field), field->length, most + most / 2);
	return true;
}

/* "wrongDevice" is "root.counts.wrong_device". */
void alert_json_other(struct alert_json *json, const char *root, const struct alert_body *body,
		      const struct alert_field *field)
{
	char place[PLACE_MAX];
	size_t length = (size_t)snprintf(place, sizeof place, "%s.%s", root,
					 field->value == ALERT_VALUE_COUNT ? "counts." : "");

	for (const char *c = field->name; *c != '\0' && length + 3 < sizeof place; c++) {
		if (isupper((unsigned char)*c))
			place[length++] = '_';
		place[length++] = (char)tolower((unsigned char)*c);
	}
	place[length] = '\0';
	(void)alert_json_field(json, place, body, field);
}

void alert_json_shortened(struct alert_json *json, const char *root, const struct alert_body *body)
{
	char digest[DIGEST_SHA256_HEX + 1];
	char place[PLACE_MAX];

	if (digest_sha256_hex(digest, body->event->path, strlen(body->event->path)) < 0) {
		json->failed = true;
		return;
	}
	(void)snprintf(place, sizeof place, "%s.path_trunc", root);
	alert_json_flag(json, place, true);
	(void)snprintf(place, sizeof place, "%s.path_sha256", root);
	alert_json_string(json, place, digest);
}

void alert_json_sentence(struct alert_json *json, const char *place, const struct alert_body *body)
{
	CLEANUP(text_clear) struct text sentence;

	text_init(&sentence);
	alert_sentence_within(&sentence, body->event, body->limits);
	json->failed |= sentence.failed;
	alert_json_bytes(json, place, sentence.data ? sentence.data : "", sentence.length);
}

/* ---- the whole ---- */

static int add_bytes(const char *bytes, size_t length, void *text)
{
	text_add_bytes(text, bytes, length);
	return 0;
}

int alert_json_write(struct text *text, const struct alert_json *json)
{
	if (json->failed || json_dump_callback(json->root, add_bytes, text, JSON_COMPACT) != 0)
		return -1;
	return text->failed ? -1 : 0;
}

void alert_json_clear(struct alert_json *json)
{
	json_decref(json->root);
	*json = (struct alert_json){0};
}
