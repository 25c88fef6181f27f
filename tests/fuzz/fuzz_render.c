/* Any event, whatever its strings hold, is rendered in every format and for every carrier as one
 * clean line that a strict parser reads back to the same values, and its record comes back as it
 * was. The input is flags and numbers, then strings ended by NUL, then what groups and
 * heartbeats have. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "tests/alert_seen.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* The year 9999: the formats have no digits for more. */
static const uint64_t latest = UINT64_C(253402300799999999);

struct input {
	const uint8_t *bytes;
	size_t length;
};

static void fail(int line)
{
	(void)fprintf(stderr, "fuzz_render.c:%d does not hold\n", line);
	abort();
}

#define expect(holds) ((holds) ? (void)0 : fail(__LINE__))

static uint8_t next_byte(struct input *input)
{
	if (input->length == 0)
		return 0;
	input->length--;
	return *input->bytes++;
}

static uint64_t next_number(struct input *input)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | next_byte(input);
	return value;
}

/* Every other string is absent when it is empty. */
static char *next_string(struct input *input)
{
	size_t length = 0;

	while (length < input->length && input->bytes[length] != 0)
		length++;
	char *string = length > 0 ? strndup((const char *)input->bytes, length) : NULL;
	input->bytes += length;
	input->length -= length;
	(void)next_byte(input); /* the NUL, where there is one */
	return string;
}

static void next_digest(struct input *input, struct digest_pair *digest)
{
	memset(digest->md5, next_byte(input), sizeof digest->md5);
	memset(digest->sha256, next_byte(input), sizeof digest->sha256);
}

static void make_group(struct input *input, struct alert_event *event)
{
	event->group = next_string(input);
	event->assets = next_string(input);
	if (event->group)
		event->members = next_byte(input) % ALERT_TYPE_COUNT;
	event->asset_count = next_number(input) & INT64_MAX;
	event->part = next_byte(input);
	event->parts = next_byte(input);
	event->under = next_number(input) & INT64_MAX;
	event->interval = next_number(input) & INT64_MAX;
	event->counts.waiting = event->has_counts ? next_number(input) & INT64_MAX : 0;
	event->action = event->type == ALERT_SINK_TEST ? ALERT_TOLD : event->action;
}

static void make_event(struct input *input, struct alert_event *event)
{
	uint8_t flags = next_byte(input);

	event->type = next_byte(input) % ALERT_TYPE_COUNT;
	event->action = next_byte(input) % (ALERT_TOLD + 1);
	if (event->type == ALERT_RESOLVED)
		event->resolves = next_byte(input) % ALERT_TYPE_COUNT;
	event->has_kind = flags & 1;
	if (event->has_kind)
		event->kind = next_byte(input) % VISIT_KIND_COUNT;
	event->at = (int64_t)(next_number(input) % latest);
	event->seq = next_number(input) & INT64_MAX;
	event->sweep = next_byte(input);
	event->alert = next_byte(input);
	event->has_new = flags & 2;
	if (event->has_new) {
		event->new_size = next_number(input) & INT64_MAX;
		next_digest(input, &event->new_digest);
	}
	event->has_old = flags & 4;
	if (event->has_old) {
		event->old_size = next_number(input) & INT64_MAX;
		next_digest(input, &event->old_digest);
	}
	event->has_counts = flags & 8;
	if (event->has_counts) {
		for (unsigned i = 0; i < DRIFT_RESULT_COUNT; i++)
			event->counts.results[i] = next_byte(input);
		event->counts.bytes = next_number(input) & INT64_MAX;
		event->counts.ended_at = (int64_t)(next_number(input) & INT64_MAX);
		event->counts.approvals = next_byte(input);
		event->counts.stopped = flags & 16;
		CLEANUP(cleanup_free) char *why = next_string(input);
		if (why)
			(void)strncat(event->counts.why_stopped, why, sizeof event->counts.why_stopped - 1);
	}
	CLEANUP(cleanup_free) char *eid = next_string(input);
	if (eid)
		(void)strncat(event->eid, eid, sizeof event->eid - 1);
	char **strings[] = {&event->site, &event->asset, &event->serial, &event->model, &event->name,
			    &event->department, &event->address, &event->path, &event->release,
			    &event->manifest, &event->outcome, &event->detail, &event->grade,
			    &event->release_old, &event->manifest_old, &event->serials,
			    &event->serials_sha256};
	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
		*strings[i] = next_string(input);
	make_group(input, event);
}

/* The value is the string, or the beginning of it; a path says which. */
static void expect_value(struct alert_seen *seen, const char *name, const char *raw)
{
	const char *value = alert_seen_get(seen, name);
	CLEANUP(cleanup_free) char *back = NULL;

	if (!raw) {
		expect(!value);
		return;
	}
	if (!value) /* nothing of it fits, or it is empty */
		return;
	expect(escape_parse(&back, value, strlen(value)) == 0);
	expect(strncmp(back, raw, strlen(back)) == 0);
	if (strcmp(name, "path") == 0)
		expect((strcmp(back, raw) != 0) == (alert_seen_get(seen, "pathTrunc") != NULL));
}

/* Whole entries of a list, and then dots where some were left out. */
static void expect_list(struct alert_seen *seen, const char *name, const char *raw)
{
	const char *value = alert_seen_get(seen, name);
	CLEANUP(cleanup_free) char *escaped = raw ? escape_string(ESCAPE_DISPLAY, raw) : NULL;

	if (seen->format == ALERT_CEF || seen->format == ALERT_LEEF)
		return; /* spaces at its ends are written otherwise */
	if (!value || !escaped) {
		expect(!value && (!escaped || escaped[0] == '\0'));
		return;
	}
	size_t length = strlen(value);
	if (strcmp(value, escaped) == 0)
		return;
	expect(length >= 3 && strcmp(value + length - 3, "...") == 0);
	expect(length == 3 || (length > 4 && memcmp(value + length - 5, ", ", 2) == 0));
	expect(length == 3 || strncmp(escaped, value, length - 3) == 0);
}

static void check_numbers(struct alert_seen *seen, const struct alert_event *event)
{
	const char *seq = alert_seen_get(seen, "seq");

	expect(event->seq > 0 ? seq && strtoull(seq, NULL, 10) == event->seq : !seq);
	const char *under = alert_seen_get(seen, "under");
	expect(event->under > 0 ? under && strtoull(under, NULL, 10) == event->under : !under);
}

static void check_message(const struct alert_event *event, enum alert_format format,
			  enum alert_carrier carrier, const struct alert_frame *frame)
{
	CLEANUP(text_clear) struct text text;
	CLEANUP(alert_seen_clear) struct alert_seen seen = {0};

	text_init(&text);
	expect(alert_render(&text, event, format, carrier, frame) == 0);
	expect(text.length <= ALERT_MESSAGE_MAX);
	expect(alert_seen_parse(&seen, format, carrier, text.data, text.length) == 0);
	if (format == ALERT_RFC5424)
		expect(strcmp(seen.header.message_id, alert_type_name(event->type)) == 0);
	expect_value(&seen, "asset", event->asset);
	expect_value(&seen, "department", event->department);
	expect_value(&seen, "link", event->grade);
	expect_value(&seen, "releaseOld", event->release_old);
	expect_value(&seen, "group", event->group);
	expect_list(&seen, "serials", event->serials);
	check_numbers(&seen, event);
	if (format == ALERT_OCSF && json_integer_value(alert_seen_at(seen.json, "class_uid")) != 2004)
		return; /* no finding has no evidence */
	expect_value(&seen, "path", event->path);
	const char *digest = event->path || format != ALERT_OCSF ? alert_seen_get(&seen, "sha256") : NULL;
	if (event->path)
		expect(event->has_new ? digest && strlen(digest) == DIGEST_SHA256_HEX : !digest);
}

static void check_journal(const struct alert_event *event, const struct alert_frame *frame)
{
	CLEANUP(text_clear) struct text text;
	CLEANUP(cleanup_free) struct iovec *parts = NULL;
	size_t count = 0;

	text_init(&text);
	expect(alert_render_journal(&text, &parts, &count, event, frame) == 0);
	for (size_t i = 0; i < count; i++) {
		expect(memchr(parts[i].iov_base, '=', parts[i].iov_len) != NULL);
		expect(memchr(parts[i].iov_base, '\n', parts[i].iov_len) == NULL);
		expect(memchr(parts[i].iov_base, '\0', parts[i].iov_len) == NULL);
	}
}

static void check_record(const struct alert_event *event)
{
	CLEANUP(text_clear) struct text record;
	CLEANUP(text_clear) struct text again;
	CLEANUP(alert_event_clear) struct alert_event back = {0};

	text_init(&record);
	text_init(&again);
	if (alert_event_write(&record, event, NULL) < 0)
		return; /* longer than a record may be */
	expect(alert_event_parse(&back, record.data, record.length, NULL) == 0);
	expect(alert_event_write(&again, &back, NULL) == 0);
	expect(strcmp(record.data, again.data) == 0);
	expect(!event->path == !back.path && (!back.path || strcmp(back.path, event->path) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const struct alert_frame frame = {.sd_id = "pumpwatch@32473", .host = "collector",
						 .facility = 16, .process = 1};
	CLEANUP(alert_event_clear) struct alert_event event = {0};
	struct input input = {bytes, length};

	make_event(&input, &event);
	for (unsigned format = 0; format < ALERT_FORMAT_COUNT; format++)
		for (unsigned carrier = 0; carrier <= ALERT_LINE; carrier++)
			check_message(&event, (enum alert_format)format, (enum alert_carrier)carrier, &frame);
	check_journal(&event, &frame);
	check_record(&event);
	return 0;
}
