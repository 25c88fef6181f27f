#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "base/hex.h"
#include "base/time.h"
#include "alert/internal.h"

/* The version of this set of fields. */
enum { FIELDS_VERSION = 1 };

static void begin(struct alert_fields *fields, const char *name, enum alert_limit limit,
		  enum alert_value value)
{
	fields->items[fields->count] =
		(struct alert_field){name, fields->values.length, 0, limit, value};
}

static void end(struct alert_fields *fields)
{
	struct alert_field *field = &fields->items[fields->count];

	field->length = fields->values.length - field->start;
	if (field->length > 0)
		fields->count++;
}

static void add_string(struct alert_fields *fields, const char *name, const char *raw,
		       enum alert_limit limit)
{
	if (!raw)
		return;
	begin(fields, name, limit, ALERT_VALUE_STRING);
	escape_add(&fields->values, ESCAPE_DISPLAY, raw, strlen(raw));
	end(fields);
}

static void add_digits(struct alert_fields *fields, const char *name, uint64_t number,
		       enum alert_value value)
{
	begin(fields, name, ALERT_LIMIT_NONE, value);
	text_addf(&fields->values, "%" PRIu64, number);
	end(fields);
}

static void add_number(struct alert_fields *fields, const char *name, uint64_t number)
{
	add_digits(fields, name, number, ALERT_VALUE_NUMBER);
}

static void add_count(struct alert_fields *fields, const char *name, uint64_t count)
{
	add_digits(fields, name, count, ALERT_VALUE_COUNT);
}

static void add_flag(struct alert_fields *fields, const char *name)
{
	begin(fields, name, ALERT_LIMIT_NONE, ALERT_VALUE_FLAG);
	text_add(&fields->values, "yes");
	end(fields);
}

/* Numbers where 0 says that there is none. */
static void add_reference(struct alert_fields *fields, const char *name, uint64_t value)
{
	if (value != 0)
		add_number(fields, name, value);
}

static void add_hex(struct alert_fields *fields, const char *name, const uint8_t *bytes, size_t length)
{
	char digits[DIGEST_SHA256_HEX + 1];

	hex_write(digits, bytes, length);
	add_string(fields, name, digits, ALERT_LIMIT_NONE);
}

static void add_contents(struct alert_fields *fields, const struct alert_event *event)
{
	if (event->has_new) {
		add_hex(fields, "md5", event->new_digest.md5, sizeof event->new_digest.md5);
		add_hex(fields, "sha256", event->new_digest.sha256, sizeof event->new_digest.sha256);
		add_number(fields, "size", event->new_size);
	}
	if (event->has_old) {
		add_hex(fields, "md5Old", event->old_digest.md5, sizeof event->old_digest.md5);
		add_hex(fields, "sha256Old", event->old_digest.sha256, sizeof event->old_digest.sha256);
		add_number(fields, "sizeOld", event->old_size);
	}
}

static void add_results(struct alert_fields *fields, const struct alert_counts *counts)
{
	static const char *const results[DRIFT_RESULT_COUNT] = {
		[DRIFT_VERIFIED] = "verified",	 [DRIFT_BEHIND] = "behind",
		[DRIFT_SKIPPED] = "skipped",	 [DRIFT_UNTRUSTED] = "untrusted",
		[DRIFT_PARTIAL] = "partial",	 [DRIFT_UNREACHABLE] = "unreachable",
		[DRIFT_REFUSED] = "refused",	 [DRIFT_WRONG_DEVICE] = "wrongDevice",
		[DRIFT_DRIFTED] = "drifted",
	};

	add_count(fields, "devices", counts->devices);
	for (unsigned i = 0; i < DRIFT_RESULT_COUNT; i++)
		add_count(fields, results[i], counts->results[i]);
}

static void add_sweep_counts(struct alert_fields *fields, const struct alert_counts *counts)
{
	int64_t duration = counts->ended_at - counts->started_at;

	add_count(fields, "findings", counts->findings);
	add_count(fields, "files", counts->files);
	add_count(fields, "bytes", counts->bytes);
	add_count(fields, "duration", duration > 0 ? (uint64_t)(duration / TIME_SECOND) : 0);
	if (!counts->stopped)
		return;
	add_flag(fields, "stopped");
	add_string(fields, "why", counts->why_stopped, ALERT_LIMIT_WORD);
}

/* Zeros are told where they mean something: "drifted 0" is what a rule waits for, and a
 * heartbeat has read no file. */
static void add_counts(struct alert_fields *fields, const struct alert_event *event)
{
	const struct alert_counts *counts = &event->counts;
	bool beats = event->type == ALERT_HEARTBEAT;

	add_results(fields, counts);
	add_count(fields, "open", counts->open_alerts);
	add_count(fields, "overdue", counts->overdue);
	if (beats)
		add_count(fields, "waiting", counts->waiting);
	else
		add_sweep_counts(fields, counts);
	add_count(fields, "approvals", counts->approvals);
	if (counts->approvals == 0)
		add_flag(fields, "evaluation");
}

static void add_device(struct alert_fields *fields, const struct alert_event *event)
{
	add_string(fields, "site", event->site, ALERT_LIMIT_WORD);
	add_string(fields, "asset", event->asset, ALERT_LIMIT_WORD);
	add_string(fields, "serial", event->serial, ALERT_LIMIT_WORD);
	add_string(fields, "model", event->model, ALERT_LIMIT_WORD);
	add_string(fields, "name", event->name, ALERT_LIMIT_WORD);
	add_string(fields, "department", event->department, ALERT_LIMIT_WORD);
	add_string(fields, "ip", event->address, ALERT_LIMIT_WORD);
	add_string(fields, "link", event->grade, ALERT_LIMIT_WORD);
}

static void add_group(struct alert_fields *fields, const struct alert_event *event)
{
	add_string(fields, "group", event->group, ALERT_LIMIT_WORD);
	add_string(fields, "members", alert_type_name(event->members), ALERT_LIMIT_NONE);
	add_number(fields, "count", event->asset_count);
	if (event->parts > 1) {
		add_number(fields, "part", event->part);
		add_number(fields, "parts", event->parts);
	}
	add_string(fields, "assets", event->assets, ALERT_LIMIT_ASSETS);
}

void alert_fields_make(struct alert_fields *ret_fields, const struct alert_event *event)
{
	*ret_fields = (struct alert_fields){0};
	add_number(ret_fields, "v", FIELDS_VERSION);
	add_string(ret_fields, "eid", event->eid, ALERT_LIMIT_ID);
	add_reference(ret_fields, "seq", event->seq);
	add_string(ret_fields, "prev", event->previous, ALERT_LIMIT_DIGEST);
	add_string(ret_fields, "action", alert_action_name(event->action), ALERT_LIMIT_NONE);
	add_number(ret_fields, "sev", (uint64_t)alert_event_severity(event));
	if (event->type == ALERT_RESOLVED)
		add_string(ret_fields, "resolves", alert_type_name(event->resolves), ALERT_LIMIT_NONE);
	add_reference(ret_fields, "alert", event->alert);
	add_reference(ret_fields, "under", event->under);
	add_device(ret_fields, event);
	add_string(ret_fields, "path", event->path, ALERT_LIMIT_PATH);
	if (event->has_kind)
		add_string(ret_fields, "kind", visit_kind_name(event->kind), ALERT_LIMIT_NONE);
	add_contents(ret_fields, event);
	add_string(ret_fields, "release", event->release, ALERT_LIMIT_WORD);
	add_string(ret_fields, "manifest", event->manifest, ALERT_LIMIT_DIGEST);
	add_string(ret_fields, "releaseOld", event->release_old, ALERT_LIMIT_WORD);
	add_string(ret_fields, "manifestOld", event->manifest_old, ALERT_LIMIT_DIGEST);
	add_string(ret_fields, "outcome", event->outcome, ALERT_LIMIT_WORD);
	if (event->group)
		add_group(ret_fields, event);
	if (event->type == ALERT_SINK_TEST)
		add_string(ret_fields, "by", event->detail, ALERT_LIMIT_WORD);
	add_reference(ret_fields, "sweep", event->sweep);
	if (event->has_counts)
		add_counts(ret_fields, event);
	add_reference(ret_fields, "interval", event->interval);
	add_string(ret_fields, "serials", event->serials, ALERT_LIMIT_LIST);
	add_string(ret_fields, "serialsSha256", event->serials_sha256, ALERT_LIMIT_DIGEST);
}

void alert_fields_clear(struct alert_fields *fields)
{
	text_clear(&fields->values);
}

void alert_list_cut(struct text *text, size_t start, size_t most)
{
	static const char rest[] = ALERT_LIST_BETWEEN ALERT_LIST_REST;
	const size_t between = sizeof ALERT_LIST_BETWEEN - 1;

	if (text->failed || text->length - start <= most)
		return;
	size_t end = most < sizeof rest - 1 ? 0 : most - (sizeof rest - 1);
	while (end > 0 && memcmp(text->data + start + end, ALERT_LIST_BETWEEN, between) != 0)
		end--;
	text_cut(text, start + end);
	text_add(text, end > 0 ? rest : ALERT_LIST_REST);
}

const char *alert_field_bytes(const struct alert_fields *fields, const struct alert_field *field)
{
	return fields->values.data + field->start;
}

int64_t alert_field_number(const struct alert_fields *fields, const struct alert_field *field)
{
	const char *digits = alert_field_bytes(fields, field);
	int64_t number = 0;

	for (size_t i = 0; i < field->length; i++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, digits[i] - '0', &number))
			return INT64_MAX;
	return number;
}
