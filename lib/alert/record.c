#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/text.h"
#include "digest/digest.h"
#include "alert/internal.h"

/* The keys of the owned strings and of the plain counts: written and read by one table each,
 * so that neither side can forget one. A zero and a NULL are left out, so that a later
 * version may add keys and still find old records canonical. */
static const struct {
	const char *key;
	size_t offset;
} strings[] = {
	{"site", offsetof(struct alert_event, site)},
	{"asset", offsetof(struct alert_event, asset)},
	{"serial", offsetof(struct alert_event, serial)},
	{"model", offsetof(struct alert_event, model)},
	{"name", offsetof(struct alert_event, name)},
	{"department", offsetof(struct alert_event, department)},
	{"address", offsetof(struct alert_event, address)},
	{"path", offsetof(struct alert_event, path)},
	{"release", offsetof(struct alert_event, release)},
	{"manifest", offsetof(struct alert_event, manifest)},
	{"outcome", offsetof(struct alert_event, outcome)},
	{"detail", offsetof(struct alert_event, detail)},
	{"grade", offsetof(struct alert_event, grade)},
	{"releaseOld", offsetof(struct alert_event, release_old)},
	{"manifestOld", offsetof(struct alert_event, manifest_old)},
	{"serials", offsetof(struct alert_event, serials)},
	{"serialsSha256", offsetof(struct alert_event, serials_sha256)},
	{"group", offsetof(struct alert_event, group)},
	{"assets", offsetof(struct alert_event, assets)},
};

static const struct {
	const char *key;
	size_t offset;
} numbers[] = {
	{"seq", offsetof(struct alert_event, seq)},
	{"sweep", offsetof(struct alert_event, sweep)},
	{"alert", offsetof(struct alert_event, alert)},
	{"assetCount", offsetof(struct alert_event, asset_count)},
	{"part", offsetof(struct alert_event, part)},
	{"parts", offsetof(struct alert_event, parts)},
	{"under", offsetof(struct alert_event, under)},
	{"interval", offsetof(struct alert_event, interval)},
};

static const struct {
	const char *key;
	size_t offset;
} counts[] = {
	{"devices", offsetof(struct alert_counts, devices)},
	{"files", offsetof(struct alert_counts, files)},
	{"bytes", offsetof(struct alert_counts, bytes)},
	{"findings", offsetof(struct alert_counts, findings)},
	{"overdue", offsetof(struct alert_counts, overdue)},
	{"openAlerts", offsetof(struct alert_counts, open_alerts)},
	{"waiting", offsetof(struct alert_counts, waiting)},
};

enum { RECORD_VERSION = 1 };

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}

/* ---- writing ---- */

/* JSON's whole numbers are jansson's: up to INT64_MAX. No file is that large, so a size that a
 * device invents above it is as well told by the largest. */
static int set_number(json_t *object, const char *key, uint64_t value)
{
	if (value == 0)
		return 0;
	if (value > INT64_MAX)
		value = INT64_MAX;
	return json_object_set_new(object, key, json_integer((json_int_t)value));
}

static int set_string(json_t *object, const char *key, const char *raw)
{
	if (!raw)
		return 0;
	CLEANUP(cleanup_free) char *escaped = escape_string(ESCAPE_DISPLAY, raw);
	return escaped ? json_object_set_new(object, key, json_string(escaped)) : -1;
}

static int set_digests(json_t *object, bool old, uint64_t size, const struct digest_pair *digest)
{
	char md5[2 * DIGEST_MD5_SIZE + 1];
	char sha256[DIGEST_SHA256_HEX + 1];

	hex_write(md5, digest->md5, sizeof digest->md5);
	hex_write(sha256, digest->sha256, sizeof digest->sha256);
	return set_number(object, old ? "sizeOld" : "size", size) |
	       json_object_set_new(object, old ? "md5Old" : "md5", json_string(md5)) |
	       json_object_set_new(object, old ? "sha256Old" : "sha256", json_string(sha256));
}

static int set_counts(json_t *object, const struct alert_counts *from)
{
	CLEANUP(cleanup_json) json_t *all = json_object();
	CLEANUP(cleanup_json) json_t *results = json_object();
	int failed = 0;

	for (unsigned i = 0; i < DRIFT_RESULT_COUNT; i++)
		failed |= set_number(results, drift_result_name((enum drift_result)i),
				     from->results[i]);
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		uint64_t value;
		memcpy(&value, (const char *)from + counts[i].offset, sizeof value);
		failed |= set_number(all, counts[i].key, value);
	}
	failed |= set_number(all, "startedAt", (uint64_t)from->started_at);
	failed |= set_number(all, "endedAt", (uint64_t)from->ended_at);
	failed |= set_number(all, "approvals", from->approvals);
	if (from->stopped)
		failed |= json_object_set_new(all, "stopped", json_true());
	if (from->why_stopped[0] != '\0')
		failed |= set_string(all, "whyStopped", from->why_stopped);
	failed |= json_object_set(all, "results", results);
	return failed | json_object_set(object, "counts", all);
}

static int set_event(json_t *root, const struct alert_event *event)
{
	int failed = json_object_set_new(root, "v", json_integer(RECORD_VERSION)) |
		     json_object_set_new(root, "type", json_string(alert_type_name(event->type))) |
		     json_object_set_new(root, "action", json_string(alert_action_name(event->action)));

	if (event->type == ALERT_RESOLVED)
		failed |= json_object_set_new(root, "resolves",
					      json_string(alert_type_name(event->resolves)));
	if (event->eid[0] != '\0')
		failed |= set_string(root, "eid", event->eid);
	if (event->group)
		failed |= json_object_set_new(root, "members", json_string(alert_type_name(event->members)));
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		uint64_t value;
		memcpy(&value, (const char *)event + numbers[i].offset, sizeof value);
		failed |= set_number(root, numbers[i].key, value);
	}
	failed |= set_number(root, "at", (uint64_t)event->at);
	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
		const void *string = (const char *)event + strings[i].offset;
		failed |= set_string(root, strings[i].key, *(char *const *)string);
	}
	if (event->has_kind)
		failed |= json_object_set_new(root, "kind", json_string(visit_kind_name(event->kind)));
	if (event->has_new)
		failed |= set_digests(root, false, event->new_size, &event->new_digest);
	if (event->has_old)
		failed |= set_digests(root, true, event->old_size, &event->old_digest);
	if (event->has_counts)
		failed |= set_counts(root, &event->counts);
	return failed;
}

int alert_event_write(struct text *text, const struct alert_event *event, struct error *e)
{
	CLEANUP(cleanup_json) json_t *root = json_object();

	if (!root || set_event(root, event) != 0)
		return error_memory(e);
	CLEANUP(cleanup_free) char *json = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
	if (!json)
		return error_memory(e);
	if (strlen(json) > ALERT_RECORD_MAX)
		return error_set(e, ERROR_DATA, "an event has more than %d bytes", ALERT_RECORD_MAX);
	text_add(text, json);
	return text->failed ? error_memory(e) : 0;
}

/* ---- reading: each returns 0 where the key is missing ---- */

static int get_number(const json_t *object, const char *key, uint64_t *ret_value)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return -1;
	*ret_value = (uint64_t)json_integer_value(value);
	return 0;
}

static int get_time(const json_t *object, const char *key, int64_t *ret_at)
{
	uint64_t value = 0;

	if (get_number(object, key, &value) < 0)
		return -1;
	*ret_at = (int64_t)value;
	return 0;
}

static int get_string(const json_t *object, const char *key, char **ret_raw)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_string(value))
		return -1;
	return escape_parse(ret_raw, json_string_value(value), json_string_length(value));
}

static int get_text(const json_t *object, const char *key, char *ret_text, size_t size)
{
	CLEANUP(cleanup_free) char *raw = NULL;

	if (get_string(object, key, &raw) < 0 || (raw && strlen(raw) >= size))
		return -1;
	if (raw)
		memcpy(ret_text, raw, strlen(raw) + 1);
	return 0;
}

static int get_hex(const json_t *object, const char *key, uint8_t *ret_bytes, size_t length)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_string(value))
		return -1;
	return hex_parse(ret_bytes, length, json_string_value(value), json_string_length(value));
}

static int get_digests(const json_t *object, bool old, bool *ret_has, uint64_t *ret_size,
		       struct digest_pair *ret_digest)
{
	const char *md5 = old ? "md5Old" : "md5";
	const char *sha256 = old ? "sha256Old" : "sha256";

	if (!json_object_get(object, sha256))
		return 0;
	*ret_has = true;
	return get_number(object, old ? "sizeOld" : "size", ret_size) < 0 ||
	       get_hex(object, md5, ret_digest->md5, sizeof ret_digest->md5) < 0 ||
	       get_hex(object, sha256, ret_digest->sha256, sizeof ret_digest->sha256) < 0 ? -1 : 0;
}

static int get_counts(const json_t *object, struct alert_event *event)
{
	const json_t *all = json_object_get(object, "counts");
	struct alert_counts *to = &event->counts;
	uint64_t approvals = 0;
	int failed = 0;

	if (!all)
		return 0;
	event->has_counts = true;
	const json_t *results = json_object_get(all, "results");
	for (unsigned i = 0; i < DRIFT_RESULT_COUNT; i++)
		failed |= get_number(results, drift_result_name((enum drift_result)i), &to->results[i]);
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		uint64_t value = 0;
		failed |= get_number(all, counts[i].key, &value);
		memcpy((char *)to + counts[i].offset, &value, sizeof value);
	}
	failed |= get_time(all, "startedAt", &to->started_at);
	failed |= get_time(all, "endedAt", &to->ended_at);
	failed |= get_number(all, "approvals", &approvals);
	if (approvals > UINT32_MAX)
		return -1;
	to->approvals = (unsigned)approvals;
	to->stopped = json_is_true(json_object_get(all, "stopped"));
	return failed | get_text(all, "whyStopped", to->why_stopped, sizeof to->why_stopped);
}

static int get_names(const json_t *root, struct alert_event *event)
{
	const char *type = json_string_value(json_object_get(root, "type"));
	const char *action = json_string_value(json_object_get(root, "action"));
	const char *resolves = json_string_value(json_object_get(root, "resolves"));
	const char *members = json_string_value(json_object_get(root, "members"));
	const char *kind = json_string_value(json_object_get(root, "kind"));

	if (!type || !action || alert_type_parse(&event->type, type) < 0 ||
	    alert_action_parse(&event->action, action) < 0)
		return -1;
	if (resolves && alert_type_parse(&event->resolves, resolves) < 0)
		return -1;
	if (members && alert_type_parse(&event->members, members) < 0)
		return -1;
	event->has_kind = kind != NULL;
	return kind ? visit_kind_parse(&event->kind, kind) : 0;
}

static int get_event(const json_t *root, struct alert_event *event)
{
	int failed = get_names(root, event) | get_text(root, "eid", event->eid, sizeof event->eid) |
		     get_time(root, "at", &event->at);

	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
		char **string = (char **)(void *)((char *)event + strings[i].offset);
		failed |= get_string(root, strings[i].key, string);
	}
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		uint64_t value = 0;
		failed |= get_number(root, numbers[i].key, &value);
		memcpy((char *)event + numbers[i].offset, &value, sizeof value);
	}
	return failed |
	       get_digests(root, false, &event->has_new, &event->new_size, &event->new_digest) |
	       get_digests(root, true, &event->has_old, &event->old_size, &event->old_digest) |
	       get_counts(root, event);
}

int alert_event_parse(struct alert_event *ret_event, const char *json, size_t length, struct error *e)
{
	CLEANUP(alert_event_clear) struct alert_event event = {0};
	CLEANUP(text_clear) struct text again;
	json_error_t where;

	text_init(&again);
	if (length > ALERT_RECORD_MAX)
		return error_set(e, ERROR_DATA, "an event has more than %d bytes", ALERT_RECORD_MAX);
	CLEANUP(cleanup_json) json_t *root = json_loadb(json, length, JSON_REJECT_DUPLICATES, &where);
	if (!root)
		return error_set(e, ERROR_DATA, "an event is not JSON at byte %d", where.position);
	if (get_event(root, &event) != 0)
		return error_set(e, ERROR_DATA, "an event has a field of the wrong form");
	/* One event has one record: this refuses unknown keys and every other spelling. */
	if (alert_event_write(&again, &event, e) < 0)
		return -1;
	if (again.length != length || memcmp(again.data, json, length) != 0)
		return error_set(e, ERROR_DATA, "an event is not in its canonical form");
	*ret_event = event;
	event = (struct alert_event){0};
	return 0;
}
