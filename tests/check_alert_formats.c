/* Every format over every carrier: the same event, whatever its strings hold, comes back as it was
 * from strict parsers of each, within the limits of a message. */
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/time.h"

#include "alert_seen.h"
#include "hostile.h"
#include "suite.h"

enum { CARRIERS = ALERT_LINE + 1, WAYS = ALERT_FORMAT_COUNT * CARRIERS };

static const struct alert_frame frame = {
	.sd_id = "pumpwatch@32473", .host = "collector", .facility = 16, .process = 4321,
	.clock_synced = true,
};

#define MD5_11 "11111111111111111111111111111111"
#define SHA_11 MD5_11 MD5_11
#define SHA_22 "2222222222222222222222222222222222222222222222222222222222222222"

/* A file's event with nothing left out. Its strings are lent. */
static struct alert_event file_event(enum alert_type type)
{
	struct alert_event event = {
		.type = type, .action = ALERT_OPENED, .eid = "01020304-0506-8708-890a-0b0c0d0e0f10",
		.seq = 7, .previous = SHA_11, .at = INT64_C(1795309200123456),
		.site = (char *)"sample-site", .asset = (char *)"A-1", .serial = (char *)"SAMPLE-1",
		.model = (char *)"medfusion-4000", .name = (char *)"pump 3", .department = (char *)"ward 2",
		.address = (char *)"192.0.2.7", .path = (char *)"dir/HEAD_F~1", .has_kind = true,
		.kind = VISIT_FIRMWARE, .has_new = true, .new_size = 491648, .has_old = true,
		.old_size = 491649, .release = (char *)"7.0", .manifest = (char *)SHA_22,
		.grade = (char *)"plain, not identified", .sweep = 12, .alert = 3,
	};

	memset(&event.new_digest, 0x11, sizeof event.new_digest);
	memset(&event.old_digest, 0x22, sizeof event.old_digest);
	return event;
}

static char *repeat(const char *unit, size_t count)
{
	struct text text;

	text_init(&text);
	while (count-- > 0)
		text_add(&text, unit);
	return text_take(&text);
}

static void render(struct text *text, const struct alert_event *event, unsigned way)
{
	text_init(text);
	ck_assert_int_eq(alert_render(text, event, (enum alert_format)(way / CARRIERS),
				      (enum alert_carrier)(way % CARRIERS), &frame), 0);
}

/* Render and read again, as a receiver does. */
static void see(struct alert_seen *seen, const struct alert_event *event, unsigned way)
{
	CLEANUP(text_clear) struct text text;

	render(&text, event, way);
	ck_assert_uint_le(text.length, ALERT_MESSAGE_MAX);
	ck_assert_msg(alert_seen_parse(seen, (enum alert_format)(way / CARRIERS),
				       (enum alert_carrier)(way % CARRIERS), text.data, text.length) == 0,
		      "%s", text.data);
}

#define SEEN(event, way) CLEANUP(alert_seen_clear) struct alert_seen seen = {0}; see(&seen, event, way)

static void expect(struct alert_seen *seen, const char *field, const char *value)
{
	const char *is = alert_seen_get(seen, field);

	ck_assert_msg(is && strcmp(is, value) == 0, "%s: %s is %s instead of %s",
		      alert_format_name(seen->format), field, is ? is : "not there", value);
}

static void expect_none(struct alert_seen *seen, const char *field)
{
	const char *is = alert_seen_get(seen, field);

	ck_assert_msg(!is, "%s: %s is %s", alert_format_name(seen->format), field, is);
}

static void expect_raw(struct alert_seen *seen, const char *field, const char *raw)
{
	const char *is = alert_seen_get(seen, field);
	CLEANUP(cleanup_free) char *back = NULL;

	ck_assert_msg(is != NULL, "%s: %s is not there", alert_format_name(seen->format), field);
	ck_assert_int_eq(escape_parse(&back, is, strlen(is)), 0);
	ck_assert_msg(strcmp(back, raw) == 0, "%s: %s is %s", alert_format_name(seen->format), field, is);
}

/* ---- the fields ---- */

START_TEST(every_format_has_every_field_of_a_file)
{
	static const char *const fields[][2] = {
		{"v", "1"}, {"eid", "01020304-0506-8708-890a-0b0c0d0e0f10"}, {"seq", "7"}, {"prev", SHA_11},
		{"action", "opened"}, {"sev", "5"}, {"alert", "3"}, {"under", "2"}, {"site", "sample-site"},
		{"asset", "A-1"}, {"serial", "SAMPLE-1"}, {"model", "medfusion-4000"}, {"name", "pump 3"},
		{"department", "ward 2"}, {"ip", "192.0.2.7"}, {"link", "plain, not identified"},
		{"path", "dir/HEAD_F~1"}, {"kind", "firmware"}, {"md5", MD5_11}, {"sha256", SHA_11},
		{"size", "491648"}, {"md5Old", "22222222222222222222222222222222"}, {"sha256Old", SHA_22},
		{"sizeOld", "491649"}, {"release", "7.0"}, {"manifest", SHA_22}, {"sweep", "12"},
	};
	struct alert_event event = file_event(ALERT_FILE_FORGED);

	event.under = 2;
	SEEN(&event, (unsigned)_i);
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		expect(&seen, fields[i][0], fields[i][1]);
	expect_none(&seen, "pathTrunc");
	expect_none(&seen, "group");
	expect_none(&seen, "devices");
}
END_TEST

START_TEST(every_format_has_every_field_of_a_group)
{
	static const char *const fields[][2] = {
		{"group", "192.0.2.0/24"}, {"members", "DEVICE_UNREACHABLE"}, {"count", "12"}, {"part", "2"},
		{"parts", "3"}, {"assets", "A-1, A-2"}, {"seq", "7"}, {"alert", "3"}, {"sev", "3"},
		{"outcome", "timed-out"},
	};
	struct alert_event event = {
		.type = ALERT_FLEET_UNREACHABLE, .seq = 7, .alert = 3, .group = (char *)"192.0.2.0/24",
		.members = ALERT_DEVICE_UNREACHABLE, .asset_count = 12, .part = 2, .parts = 3,
		.assets = (char *)"A-1, A-2", .outcome = (char *)"timed-out",
	};

	SEEN(&event, (unsigned)_i);
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		expect(&seen, fields[i][0], fields[i][1]);
	expect_none(&seen, "asset");
}
END_TEST

START_TEST(heartbeat_tells_no_zero_that_means_nothing)
{
	static const char *const told[][2] = {
		{"seq", "8"}, {"prev", SHA_22}, {"devices", "3"}, {"verified", "2"}, {"behind", "0"},
		{"skipped", "0"}, {"untrusted", "0"}, {"partial", "0"}, {"unreachable", "0"},
		{"refused", "0"}, {"wrongDevice", "1"}, {"drifted", "0"}, {"open", "0"}, {"overdue", "0"},
		{"waiting", "5"}, {"approvals", "0"}, {"evaluation", "yes"}, {"interval", "900"},
		{"serials", "model generic firmware 7, device A-1 config 2"}, {"serialsSha256", SHA_11},
	};
	static const char *const untold[] = {"files", "bytes", "findings", "duration", "stopped", "why", "sweep",
					     "alert"};
	const struct alert_counts counts = {.devices = 3, .waiting = 5, .stopped = true,
					    .results = {[DRIFT_VERIFIED] = 2, [DRIFT_WRONG_DEVICE] = 1}};
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	ck_assert_int_eq(alert_event_heartbeat(&event, "sample-site", &counts, 900, TIME_SECOND), 0);
	event.seq = 8;
	event.serials = strdup("model generic firmware 7, device A-1 config 2");
	event.serials_sha256 = strdup(SHA_11);
	strcpy(event.previous, SHA_22);
	SEEN(&event, (unsigned)_i);
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
		expect(&seen, told[i][0], told[i][1]);
	for (size_t i = 0; i < sizeof untold / sizeof untold[0]; i++)
		expect_none(&seen, untold[i]);
}
END_TEST

START_TEST(summary_tells_its_counts_in_every_format)
{
	static const char *const told[][2] = {
		{"sweep", "12"}, {"devices", "3"}, {"drifted", "0"}, {"open", "4"}, {"overdue", "0"},
		{"findings", "1"}, {"files", "15"}, {"bytes", "9223372036854775807"}, {"duration", "90"},
		{"approvals", "2"}, {"stopped", "yes"}, {"why", "a stop"},
	};
	const struct alert_counts counts = {.devices = 3, .open_alerts = 4, .findings = 1, .files = 15,
					    .bytes = INT64_MAX, .ended_at = 90 * TIME_SECOND, .approvals = 2,
					    .stopped = true, .why_stopped = "a stop"};
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	ck_assert_int_eq(alert_event_summary(&event, "sample-site", 12, &counts, TIME_SECOND), 0);
	SEEN(&event, (unsigned)_i);
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
		expect(&seen, told[i][0], told[i][1]);
	expect_none(&seen, "evaluation");
	expect_none(&seen, "waiting");
	expect_none(&seen, "interval");
}
END_TEST

START_TEST(test_event_says_by_whom)
{
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	ck_assert_int_eq(alert_event_test(&event, "sample-site", "alice", TIME_SECOND), 0);
	SEEN(&event, (unsigned)_i);
	expect(&seen, "by", "alice");
	expect(&seen, "eid", event.eid);
	expect_none(&seen, "seq");
}
END_TEST

START_TEST(rollback_and_resolution_have_their_fields)
{
	struct alert_event event = file_event(ALERT_RESOLVED);

	event.resolves = ALERT_FILE_MODIFIED;
	event.action = ALERT_ENDED;
	event.release_old = (char *)"8.0";
	event.manifest_old = (char *)SHA_11;
	SEEN(&event, (unsigned)_i);
	expect(&seen, "resolves", "FILE_MODIFIED");
	expect(&seen, "action", "resolved");
	expect(&seen, "releaseOld", "8.0");
	expect(&seen, "manifestOld", SHA_11);
}
END_TEST

/* ---- hostile strings ---- */

START_TEST(hostile_strings_come_back_as_they_were)
{
	static const char *const fields[] = {"asset", "serial", "model", "name", "department", "link", "path",
					     "release", "releaseOld", "outcome", "site"};
	char *raw = (char *)hostile[_i];
	struct alert_event event = file_event(ALERT_FILE_FORGED);

	event.site = event.asset = event.serial = event.model = event.name = event.department = raw;
	event.grade = event.path = event.release = event.release_old = event.outcome = event.detail = raw;
	for (unsigned way = 0; way < WAYS; way++) {
		SEEN(&event, way);
		for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
			expect_raw(&seen, fields[i], raw);
		expect(&seen, "sha256", SHA_11);
		expect(&seen, "eid", event.eid);
		expect(&seen, "seq", "7");
		expect_none(&seen, "pathTrunc");
	}
}
END_TEST

START_TEST(hostile_words_of_other_events_come_back_as_they_were)
{
	char *raw = (char *)hostile[_i];
	struct alert_event test = {.type = ALERT_SINK_TEST, .action = ALERT_TOLD, .detail = raw};
	struct alert_event group = {.type = ALERT_FLEET_DRIFT, .group = raw, .asset_count = 2};
	struct alert_event summary = {.type = ALERT_SWEEP_SUMMARY, .has_counts = true,
				      .counts = {.stopped = true}};

	text_copy(summary.counts.why_stopped, sizeof summary.counts.why_stopped, raw);
	for (unsigned way = 0; way < WAYS; way++) {
		SEEN(&test, way);
		expect_raw(&seen, "by", raw);
		alert_seen_clear(&seen);
		see(&seen, &group, way);
		expect_raw(&seen, "group", raw);
		alert_seen_clear(&seen);
		see(&seen, &summary, way);
		expect_raw(&seen, "why", summary.counts.why_stopped);
	}
}
END_TEST

START_TEST(address_that_is_none_stands_where_any_string_may)
{
	static const struct {
		const char *address, *cef, *leef, *ecs, *ocsf;
	} cases[] = {
		{"192.0.2.7", "dst", "src", "host.ip.0", "device.ip"},
		{"2001:db8::7", "ip", "src", "host.ip.0", "device.ip"},
		{"fe80::1%eth0", "pumpwatchIp", "ip", "pumpwatch.ip", "unmapped.ip"},
		{"pump.example.org", "pumpwatchIp", "ip", "pumpwatch.ip", "unmapped.ip"},
		{"\n192.0.2.7", "pumpwatchIp", "ip", "pumpwatch.ip", "unmapped.ip"},
	};
	const char *escaped[] = {"192.0.2.7", "2001:db8::7", "fe80::1%25eth0", "pump.example.org",
				 "%0A192.0.2.7"};
	struct alert_event event = file_event(ALERT_FILE_MODIFIED);

	event.address = (char *)cases[_i].address;
	for (unsigned format = ALERT_CEF; format < ALERT_FORMAT_COUNT; format++) {
		SEEN(&event, format * CARRIERS);
		const char *value = format == ALERT_CEF ? cef_line_get(&seen.cef, cases[_i].cef)
			: format == ALERT_LEEF ? leef_line_get(&seen.leef, cases[_i].leef)
			: json_string_value(alert_seen_at(seen.json, format == ALERT_ECS ? cases[_i].ecs
										      : cases[_i].ocsf));
		ck_assert_msg(value && strcmp(value, escaped[_i]) == 0, "%s", alert_format_name(seen.format));
	}
}
END_TEST

/* ---- length ---- */

START_TEST(long_path_is_shortened_and_says_so)
{
	static const char *const units[] = {"x", "\xC3\xA4", "\n", "]", "=", "^", "\"", "\\", "%", " ", "|",
					    "\xF0\x9F\x92\x89"};
	CLEANUP(cleanup_free) char *path = repeat(units[_i], 4096 / strlen(units[_i]));
	struct alert_event event = file_event(ALERT_FILE_FORGED);
	char digest[DIGEST_SHA256_HEX + 1];

	event.path = path;
	ck_assert_int_eq(digest_sha256_hex(digest, path, strlen(path)), 0);
	for (unsigned way = 0; way < WAYS; way++) {
		CLEANUP(cleanup_free) char *back = NULL;
		SEEN(&event, way);
		const char *value = alert_seen_get(&seen, "path");
		ck_assert_int_eq(escape_parse(&back, value, strlen(value)), 0);
		/* Of spaces alone only the first is told: at the end they would be lost. */
		ck_assert_uint_ge(strlen(back), path[0] == ' ' ? 1 : 20);
		ck_assert_mem_eq(back, path, strlen(back));
		ck_assert_uint_eq(strlen(back) % strlen(units[_i]), 0);
		ck_assert_ptr_nonnull(alert_seen_get(&seen, "pathTrunc"));
		expect(&seen, "pathSha256", digest);
		expect(&seen, "md5", MD5_11);
		expect(&seen, "sha256", SHA_11);
		expect(&seen, "sha256Old", SHA_22);
	}
}
END_TEST

/* Every string is 4 KB of one unit, and every number the largest. */
static void make_giant(struct alert_event *event, char *giant)
{
	*event = file_event(ALERT_FILE_FORGED);
	event->site = event->asset = event->serial = event->model = event->name = event->department = giant;
	event->path = event->release = event->outcome = event->detail = event->grade = giant;
	event->address = event->manifest = event->release_old = event->manifest_old = giant;
	event->group = event->assets = event->serials = event->serials_sha256 = giant;
	event->members = ALERT_FILE_UNREADABLE;
	event->seq = event->sweep = event->alert = event->new_size = event->old_size = UINT64_MAX;
	event->asset_count = event->part = event->parts = event->under = event->interval = UINT64_MAX;
	event->at = INT64_C(253402300799999999); /* the end of the year 9999: the formats have no more */
	event->has_counts = true;
	memset(&event->counts, 0xFF, offsetof(struct alert_counts, started_at));
	event->counts.ended_at = INT64_MAX;
	event->counts.stopped = true;
	text_copy(event->counts.why_stopped, sizeof event->counts.why_stopped, giant);
}

/* One after the other in the places of one string: what is worst for one format is not for all. */
static const char *const worst[] = {"\xFF", "\"", "\\", "]", "=", "^", "|", "%", " ", "x", "x, ",
				    "\", ", "\xFF\"]\\=^|, ", "\xF0\x9F\x92\x89", ", ", "\xC2\x85"};

START_TEST(worst_event_keeps_its_limit_and_its_digests)
{
	const struct alert_frame longest = {.sd_id = "a-name-that-is-longer-than-32-bytes@32473",
					    .host = "", .facility = 23, .process = 2147483647};
	CLEANUP(cleanup_free) char *host = repeat("h\\", 200);
	CLEANUP(cleanup_free) char *giant = repeat(worst[_i], 4096 / strlen(worst[_i]));
	struct alert_frame widest = longest;
	struct alert_event event;

	widest.host = host;
	make_giant(&event, giant);
	for (unsigned type = 0; type < ALERT_TYPE_COUNT; type++)
		for (unsigned action = 0; action <= ALERT_TOLD; action++)
			for (unsigned way = 0; way < WAYS; way++) {
				enum alert_format format = (enum alert_format)(way / CARRIERS);
				enum alert_carrier carrier = (enum alert_carrier)(way % CARRIERS);
				if ((action > 0 || carrier != ALERT_SYSLOG) && type != ALERT_FILE_FORGED)
					continue; /* its header is the longest, and the words differ little */
				CLEANUP(text_clear) struct text text;
				CLEANUP(alert_seen_clear) struct alert_seen seen = {0};
				event.type = (enum alert_type)type;
				event.action = (enum alert_action)action;
				text_init(&text);
				ck_assert_int_eq(alert_render(&text, &event, format, carrier, &widest), 0);
				ck_assert_msg(text.length <= ALERT_MESSAGE_MAX, "%s %s: %zu",
					      alert_format_name(format), alert_type_name(event.type),
					      text.length);
				ck_assert_msg(alert_seen_parse(&seen, format, carrier, text.data,
							       text.length) == 0, "%s", text.data);
				expect(&seen, "eid", event.eid);
				expect(&seen, "prev", SHA_11);
				if (format == ALERT_OCSF && (type == ALERT_SWEEP_SUMMARY ||
							     type == ALERT_HEARTBEAT || type == ALERT_SINK_TEST))
					continue; /* no finding: no evidence */
				expect(&seen, "md5", MD5_11);
				expect(&seen, "sha256", SHA_11);
				expect(&seen, "sha256Old", SHA_22);
			}
}
END_TEST

START_TEST(ordinary_event_is_whole_in_every_format)
{
	CLEANUP(cleanup_free) char *name = repeat("pump ", 20);
	CLEANUP(cleanup_free) char *path = repeat("directory/", 40);
	struct alert_event event = file_event(ALERT_FILE_FORGED);
	CLEANUP(text_clear) struct text text;

	name[99] = '3';
	event.name = name;
	event.path = path;
	SEEN(&event, (unsigned)_i);
	expect(&seen, "path", path);
	expect(&seen, "name", name);
	event = file_event(ALERT_FILE_FORGED);
	render(&text, &event, (unsigned)_i);
	ck_assert_uint_le(text.length, ALERT_MESSAGE_AIM + 512 * (seen.format == ALERT_OCSF));
}
END_TEST

START_TEST(group_names_all_its_devices_in_every_format)
{
	CLEANUP(cleanup_free) char *assets = repeat("A-1000, ", ALERT_ASSETS_MAX / 8);
	struct alert_event event = file_event(ALERT_FLEET_DRIFT);

	assets[strlen(assets) - 2] = '\0';
	event.asset = event.serial = event.name = event.department = event.address = event.grade = NULL;
	event.group = event.model;
	event.members = ALERT_FILE_MODIFIED;
	event.assets = assets;
	event.asset_count = event.part = event.parts = 9999;
	SEEN(&event, (unsigned)_i);
	expect(&seen, "assets", assets);
	expect(&seen, "path", event.path);
	expect(&seen, "manifest", SHA_22);
}
END_TEST

/* ---- carriers ---- */

START_TEST(carriers_have_their_headers)
{
	static const char *const bodies[ALERT_FORMAT_COUNT] = {
		"", /* check_alert_render has RFC 5424 letter by letter */
		"CEF:0|pumpwatch|pumpwatch|",
		"LEEF:2.0|pumpwatch|pumpwatch|", "{\"@timestamp\":\"2026-11-22T01:00:00.123456Z\",",
		"{\"class_uid\":2004,",
	};
	static const char *const headers[CARRIERS] = {
		"<129>1 2026-11-22T01:00:00.123456Z collector pumpwatch 4321 FILE_FORGED - ",
		"<129>Nov 22 01:00:00 pumpwatch[4321]: ", "",
	};
	struct alert_event event = file_event(ALERT_FILE_FORGED);
	const char *header = headers[_i % CARRIERS];
	const char *body = bodies[_i / CARRIERS];
	CLEANUP(text_clear) struct text text;

	setenv("TZ", "UTC", 1);
	render(&text, &event, (unsigned)_i);
	ck_assert_mem_eq(text.data, header, strlen(header));
	ck_assert_mem_eq(text.data + strlen(header), body, strlen(body));
}
END_TEST

START_TEST(cef_has_its_header_and_its_labels)
{
	struct alert_event event = file_event(ALERT_FILE_FORGED);

	SEEN(&event, ALERT_CEF * CARRIERS);
	ck_assert_str_eq(seen.cef.vendor, "pumpwatch");
	ck_assert_str_eq(seen.cef.product, "pumpwatch");
	ck_assert_str_eq(seen.cef.version, PACKAGE_VERSION);
	ck_assert_str_eq(seen.cef.id, "FILE_FORGED");
	ck_assert_str_eq(seen.cef.name, "File forged");
	ck_assert_uint_eq(seen.cef.severity, 10);
	ck_assert_str_eq(cef_line_get(&seen.cef, "rt"), "1795309200123");
	ck_assert_str_eq(cef_line_get(&seen.cef, "dvchost"), "collector");
	ck_assert_str_eq(cef_line_get(&seen.cef, "cs1"), MD5_11);
	ck_assert_str_eq(cef_line_get(&seen.cef, "fileHash"), SHA_11);
	ck_assert_str_eq(cef_line_get(&seen.cef, "cn1"), "7");
	ck_assert_ptr_nonnull(strstr(cef_line_get(&seen.cef, "msg"), "\"dir/HEAD_F~1\" is forged"));
	ck_assert_ptr_null(cef_line_get(&seen.cef, "outcome"));
}
END_TEST

START_TEST(leef_has_its_header_and_its_time)
{
	struct alert_event event = file_event(ALERT_DEVICE_UNREACHABLE);

	SEEN(&event, ALERT_LEEF * CARRIERS);
	ck_assert_str_eq(seen.leef.vendor, "pumpwatch");
	ck_assert_str_eq(seen.leef.version, PACKAGE_VERSION);
	ck_assert_str_eq(seen.leef.id, "DEVICE_UNREACHABLE");
	ck_assert_str_eq(leef_line_get(&seen.leef, "devTime"), "Nov 22 2026 01:00:00.123 UTC");
	ck_assert_str_eq(leef_line_get(&seen.leef, "sev"), "4");
	ck_assert_str_eq(leef_line_get(&seen.leef, "cat"), "host");
	ck_assert_ptr_nonnull(strstr(leef_line_get(&seen.leef, "msg"), "could not be checked"));
}
END_TEST

START_TEST(clock_that_is_not_synced_is_said)
{
	struct alert_event event = file_event(ALERT_FILE_ADDED);
	struct alert_frame other = frame;

	other.clock_synced = false;
	for (unsigned format = ALERT_CEF; format < ALERT_FORMAT_COUNT; format++) {
		CLEANUP(text_clear) struct text text;
		CLEANUP(alert_seen_clear) struct alert_seen seen = {0};
		text_init(&text);
		ck_assert_int_eq(alert_render(&text, &event, format, ALERT_LINE, &other), 0);
		ck_assert_int_eq(alert_seen_parse(&seen, format, ALERT_LINE, text.data, text.length), 0);
		if (format == ALERT_CEF)
			ck_assert_str_eq(cef_line_get(&seen.cef, "pumpwatchClock"), "unsynced");
		else if (format == ALERT_LEEF)
			ck_assert_str_eq(leef_line_get(&seen.leef, "clock"), "unsynced");
		else
			ck_assert(json_is_false(alert_seen_at(seen.json, format == ALERT_ECS
				? "pumpwatch.clock_synced" : "unmapped.clock_synced")));
	}
}
END_TEST

/* ---- the tables of the formats ---- */

static const struct {
	enum alert_type type;
	unsigned of_ten; /* of CEF and LEEF */
	const char *kind, *categories, *change, *action, *outcome;
	int class_uid, activity_id, severity_id;
} types[] = {
	{ALERT_FILE_MODIFIED, 8, "alert", "file", "change", "file-modified", NULL, 2004, 1, 4},
	{ALERT_FILE_ADDED, 6, "alert", "file", "creation", "file-added", NULL, 2004, 1, 3},
	{ALERT_FILE_MISSING, 8, "alert", "file", "deletion", "file-missing", NULL, 2004, 1, 4},
	{ALERT_FILE_FORGED, 10, "alert", "file, intrusion_detection", "change", "file-forged", NULL, 2004, 1, 5},
	{ALERT_FILE_STALE, 4, "alert", "file", "change", "file-stale", NULL, 2004, 1, 2},
	{ALERT_FILE_MIXED, 8, "alert", "file", "change", "file-mixed", NULL, 2004, 1, 4},
	{ALERT_FILE_UNREADABLE, 6, "event", "file", "access", "file-unreadable", "failure", 2004, 1, 3},
	{ALERT_DEVICE_UNREACHABLE, 4, "event", "host", "info", "device-unreachable", "failure", 2004, 1, 2},
	{ALERT_DEVICE_REFUSED, 4, "event", "host", "info", "device-refused", "failure", 2004, 1, 2},
	{ALERT_DEVICE_CHANGED, 10, "alert", "host, intrusion_detection", "change", "device-changed", NULL,
	 2004, 1, 5},
	{ALERT_DEVICE_OVERDUE, 6, "alert", "host", "info", "device-overdue", NULL, 2004, 1, 3},
	{ALERT_DEVICE_ROLLED_BACK, 4, "event", "host", "change", "device-rolled-back", NULL, 2004, 1, 2},
	{ALERT_BASELINE_REJECTED, 10, "alert", "configuration, intrusion_detection", "change",
	 "baseline-rejected", NULL, 2004, 1, 5},
	{ALERT_FLEET_DRIFT, 10, "alert", "file", "change", "fleet-drift", NULL, 2004, 1, 5},
	{ALERT_FLEET_UNREACHABLE, 6, "event", "host", "info", "fleet-unreachable", "failure", 2004, 1, 3},
	{ALERT_SWEEP_SUMMARY, 1, "metric", "host", "info", "sweep-summary", NULL, 6007, 2, 1},
	{ALERT_HEARTBEAT, 1, "metric", "host", "info", "heartbeat", NULL, 0, 99, 1},
	{ALERT_SINK_TEST, 3, "event", "host", "info", "sink-test", NULL, 0, 99, 1},
	{ALERT_RESOLVED, 3, "event", "file", "info", "alert-resolved", NULL, 2004, 3, 1},
};
enum { TYPES = sizeof types / sizeof types[0] };

static const json_t *at(const struct alert_seen *seen, const char *place)
{
	const json_t *value = alert_seen_at(seen->json, place);

	ck_assert_msg(value != NULL, "%s: %s is not there", alert_format_name(seen->format), place);
	return value;
}

static void expect_at(const struct alert_seen *seen, const char *place, const char *value)
{
	ck_assert_str_eq(json_string_value(at(seen, place)), value);
}

static void expect_number(const struct alert_seen *seen, const char *place, long long value)
{
	ck_assert(json_is_integer(at(seen, place)));
	ck_assert_int_eq(json_integer_value(at(seen, place)), value);
}

static struct alert_event event_of(enum alert_type type)
{
	struct alert_event event = file_event(type);

	event.has_counts = type == ALERT_SWEEP_SUMMARY || type == ALERT_HEARTBEAT;
	event.resolves = ALERT_FILE_MODIFIED;
	return event;
}

START_TEST(ecs_event_has_what_the_schema_asks_for)
{
	static const char *const places[] = {"event.dataset", "event.provider", "ecs.version", "log.level",
					     "message", "observer.product", "observer.vendor",
					     "observer.version", "device.id", "related.hosts.0", "host.id",
					     "host.name"};
	struct alert_event event = event_of(types[_i].type);
	SEEN(&event, ALERT_ECS * CARRIERS);

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		ck_assert(json_is_string(at(&seen, places[i])));
	expect_at(&seen, "@timestamp", "2026-11-22T01:00:00.123456Z");
	expect_at(&seen, "observer.hostname", "collector");
	expect_at(&seen, "event.kind", types[_i].kind);
	expect_at(&seen, "event.action", types[_i].action);
	expect_at(&seen, "event.code", alert_type_name(types[_i].type));
	expect_number(&seen, "event.sequence", 7);
	expect_number(&seen, "event.severity", alert_type_severity(types[_i].type));
	const json_t *outcome = alert_seen_at(seen.json, "event.outcome");
	ck_assert(types[_i].outcome ? strcmp(json_string_value(outcome), types[_i].outcome) == 0 : !outcome);
	const char *second = strstr(types[_i].categories, ", ");
	ck_assert_uint_eq(json_array_size(at(&seen, "event.category")), second ? 2 : 1);
	ck_assert(strncmp(types[_i].categories, json_string_value(at(&seen, "event.category.0")), 4) == 0);
	if (second)
		expect_at(&seen, "event.category.1", second + 2);
	ck_assert_uint_eq(json_array_size(at(&seen, "event.type")), 1);
	expect_at(&seen, "event.type.0", types[_i].change);
}
END_TEST

START_TEST(ecs_relates_every_digest)
{
	struct alert_event event = file_event(ALERT_FILE_FORGED);
	SEEN(&event, ALERT_ECS * CARRIERS);

	ck_assert_uint_eq(json_array_size(at(&seen, "related.hash")), 4);
	expect_at(&seen, "related.hash.0", MD5_11);
	expect_at(&seen, "related.hash.1", SHA_11);
	expect_at(&seen, "related.hash.2", "22222222222222222222222222222222");
	expect_at(&seen, "related.hash.3", SHA_22);
	expect_at(&seen, "related.ip.0", "192.0.2.7");
	event.name = NULL;
	alert_seen_clear(&seen);
	see(&seen, &event, ALERT_ECS * CARRIERS);
	expect_at(&seen, "host.name", "A-1");
}
END_TEST

START_TEST(ocsf_event_has_what_the_schema_asks_for)
{
	struct alert_event event = event_of(types[_i].type);
	SEEN(&event, ALERT_OCSF * CARRIERS);
	int class_uid = types[_i].class_uid;

	expect_number(&seen, "class_uid", class_uid);
	expect_number(&seen, "category_uid", class_uid / 1000);
	expect_number(&seen, "activity_id", types[_i].activity_id);
	expect_number(&seen, "type_uid", class_uid * 100LL + types[_i].activity_id);
	expect_number(&seen, "severity_id", types[_i].severity_id);
	expect_number(&seen, "time", INT64_C(1795309200123));
	expect_number(&seen, "metadata.sequence", 7);
	expect_at(&seen, "metadata.version", "1.4.0");
	expect_at(&seen, "metadata.product.name", "pumpwatch");
	expect_at(&seen, "metadata.product.vendor_name", "pumpwatch");
	expect_at(&seen, "metadata.uid", event.eid);
	expect_at(&seen, "metadata.event_code", alert_type_name(event.type));
	expect_number(&seen, "device.type_id", 99);
	ck_assert(json_is_string(at(&seen, "message")));
	ck_assert(json_is_object(at(&seen, "unmapped")));
	if (class_uid == 2004) {
		expect_at(&seen, "finding_info.uid", "sample-site/alert/3");
		ck_assert(json_is_string(at(&seen, "finding_info.title")));
		expect_number(&seen, "status_id", event.type == ALERT_RESOLVED ? 4 : 1);
		ck_assert(json_is_true(at(&seen, "is_alert")) == (strcmp(types[_i].kind, "alert") == 0));
		expect_at(&seen, "evidences.0.file.name", "HEAD_F~1");
		expect_number(&seen, "evidences.0.file.type_id", 1);
		expect_number(&seen, "evidences.0.file.hashes.0.algorithm_id", 1);
		expect_number(&seen, "evidences.0.file.hashes.1.algorithm_id", 3);
	}
	if (class_uid == 6007) {
		expect_at(&seen, "scan.uid", "12");
		expect_number(&seen, "scan.type_id", 99);
		expect_number(&seen, "status_id", 1);
		expect_number(&seen, "num_files", 0);
		expect_number(&seen, "num_detections", 0);
		expect_number(&seen, "num_skipped_items", 0);
	}
}
END_TEST

START_TEST(ocsf_finding_is_the_same_from_its_beginning_to_its_end)
{
	static const struct {
		enum alert_action action;
		int activity_id;
	} cases[] = {{ALERT_OPENED, 1}, {ALERT_CHANGED, 2}, {ALERT_REMINDED, 2}, {ALERT_TOLD, 1}};
	CLEANUP(cleanup_free) char *site = repeat("sites of a long name ", 6);
	CLEANUP(cleanup_free) char *path = repeat("x", 4096);
	struct alert_event event = file_event(ALERT_FILE_MODIFIED);
	char uid[256];

	event.site = site;
	SEEN(&event, ALERT_OCSF * CARRIERS);
	text_copy(uid, sizeof uid, json_string_value(at(&seen, "finding_info.uid")));
	ck_assert_mem_eq(uid, site, strlen(site));
	event.path = path; /* what is shortened now must not be the uid */
	event.release = event.name = event.department = event.detail = path;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		event.action = cases[i].action;
		alert_seen_clear(&seen);
		see(&seen, &event, ALERT_OCSF * CARRIERS);
		expect_at(&seen, "finding_info.uid", uid);
		expect_number(&seen, "activity_id", cases[i].activity_id);
	}
	event.type = ALERT_RESOLVED;
	event.resolves = ALERT_FILE_MODIFIED;
	alert_seen_clear(&seen);
	see(&seen, &event, ALERT_OCSF * CARRIERS);
	expect_at(&seen, "finding_info.uid", uid);
	expect_at(&seen, "finding_info.title", "File modified");
	event.alert = 0;
	alert_seen_clear(&seen);
	see(&seen, &event, ALERT_OCSF * CARRIERS);
	expect_at(&seen, "finding_info.uid", event.eid);
}
END_TEST

START_TEST(ocsf_scan_that_was_stopped_is_cancelled)
{
	struct alert_event event = event_of(ALERT_SWEEP_SUMMARY);

	event.counts = (struct alert_counts){.files = 15, .findings = 2, .results = {[DRIFT_SKIPPED] = 3},
					     .started_at = TIME_SECOND, .ended_at = 2 * TIME_SECOND,
					     .stopped = true};
	SEEN(&event, ALERT_OCSF * CARRIERS);
	expect_number(&seen, "type_uid", 600703);
	expect_number(&seen, "status_id", 2);
	expect_number(&seen, "num_files", 15);
	expect_number(&seen, "num_detections", 2);
	expect_number(&seen, "num_skipped_items", 3);
	expect_number(&seen, "start_time", 1000);
	expect_number(&seen, "end_time", 2000);
}
END_TEST

START_TEST(severity_of_ten_follows_that_of_the_type)
{
	struct alert_event event = event_of(types[_i].type);
	SEEN(&event, ALERT_CEF * CARRIERS);

	ck_assert_uint_eq(TYPES, ALERT_TYPE_COUNT);
	ck_assert_uint_eq(seen.cef.severity, types[_i].of_ten);
	alert_seen_clear(&seen);
	see(&seen, &event, ALERT_LEEF * CARRIERS);
	ck_assert_uint_eq(strtoul(leef_line_get(&seen.leef, "sev"), NULL, 10), types[_i].of_ten);
	event.under = 9;
	alert_seen_clear(&seen);
	see(&seen, &event, ALERT_CEF * CARRIERS);
	ck_assert_uint_eq(seen.cef.severity, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alert formats");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, every_format_has_every_field_of_a_file, 0, WAYS);
	tcase_add_loop_test(tcase, every_format_has_every_field_of_a_group, 0, WAYS);
	tcase_add_loop_test(tcase, heartbeat_tells_no_zero_that_means_nothing, 0, WAYS);
	tcase_add_loop_test(tcase, summary_tells_its_counts_in_every_format, 0, WAYS);
	tcase_add_loop_test(tcase, test_event_says_by_whom, 0, WAYS);
	tcase_add_loop_test(tcase, rollback_and_resolution_have_their_fields, 0, WAYS);
	tcase_add_loop_test(tcase, hostile_strings_come_back_as_they_were, 0, HOSTILE);
	tcase_add_loop_test(tcase, hostile_words_of_other_events_come_back_as_they_were, 0, HOSTILE);
	tcase_add_loop_test(tcase, address_that_is_none_stands_where_any_string_may, 0, 5);
	tcase_add_loop_test(tcase, long_path_is_shortened_and_says_so, 0, 12);
	tcase_add_loop_test(tcase, worst_event_keeps_its_limit_and_its_digests, 0,
			    sizeof worst / sizeof worst[0]);
	tcase_add_loop_test(tcase, ordinary_event_is_whole_in_every_format, 0, WAYS);
	tcase_add_loop_test(tcase, group_names_all_its_devices_in_every_format, 0, WAYS);
	tcase_add_loop_test(tcase, carriers_have_their_headers, CARRIERS, WAYS);
	tcase_add_test(tcase, cef_has_its_header_and_its_labels);
	tcase_add_test(tcase, leef_has_its_header_and_its_time);
	tcase_add_test(tcase, clock_that_is_not_synced_is_said);
	tcase_add_loop_test(tcase, ecs_event_has_what_the_schema_asks_for, 0, TYPES);
	tcase_add_test(tcase, ecs_relates_every_digest);
	tcase_add_loop_test(tcase, ocsf_event_has_what_the_schema_asks_for, 0, TYPES);
	tcase_add_test(tcase, ocsf_finding_is_the_same_from_its_beginning_to_its_end);
	tcase_add_test(tcase, ocsf_scan_that_was_stopped_is_cancelled);
	tcase_add_loop_test(tcase, severity_of_ten_follows_that_of_the_type, 0, TYPES);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
