#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alert/alert.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/time.h"

#include "hostile.h"
#include "suite.h"
#include "syslog_line.h"

static const struct alert_frame frame = {
	.sd_id = "pumpwatch@32473", .host = "collector", .facility = 16, .process = 4321,
	.clock_synced = true,
};

/* A forged file, with nothing left out. Its strings are lent. */
static struct alert_event forged_event(void)
{
	struct alert_event event = {
		.type = ALERT_FILE_FORGED, .action = ALERT_OPENED,
		.eid = "01020304-0506-8708-890a-0b0c0d0e0f10", .seq = 7,
		.previous = "aa", .at = INT64_C(1795309200123456),
		.site = (char *)"sample-site", .asset = (char *)"A-1", .serial = (char *)"S-1",
		.model = (char *)"medfusion-4000", .name = (char *)"pump 3", .department = (char *)"ward 2",
		.address = (char *)"192.0.2.7", .path = (char *)"HEAD_F~1", .has_kind = true,
		.kind = VISIT_FIRMWARE, .has_new = true, .new_size = 491648, .has_old = true,
		.old_size = 491648, .release = (char *)"7.0", .manifest = (char *)"bb",
		.grade = (char *)"plain, not identified", .sweep = 12, .alert = 3,
	};

	memset(&event.new_digest, 0x11, sizeof event.new_digest);
	memset(&event.old_digest, 0x22, sizeof event.old_digest);
	memcpy(event.old_digest.md5, event.new_digest.md5, sizeof event.old_digest.md5);
	return event;
}

#define MD5_11 "11111111111111111111111111111111"
#define SHA_11 MD5_11 MD5_11
#define SHA_22 "2222222222222222222222222222222222222222222222222222222222222222"
#define FORGED_SENTENCE                                                                          \
	"New: on A-1 (pump 3, ward 2) the firmware file \"HEAD_F~1\" is forged: its MD5 is that" \
	" of release 7.0 while its SHA-256 is not, which does not happen by accident. What to"   \
	" do: verify the device and quarantine it by your policy."
#define FORGED_FIELDS                                                                              \
	" v=\"1\" eid=\"01020304-0506-8708-890a-0b0c0d0e0f10\" seq=\"7\" prev=\"aa\""              \
	" action=\"opened\" sev=\"1\" alert=\"3\" site=\"sample-site\" asset=\"A-1\""              \
	" serial=\"S-1\" model=\"medfusion-4000\" name=\"pump 3\" department=\"ward 2\""           \
	" ip=\"192.0.2.7\" link=\"plain, not identified\" path=\"HEAD_F~1\" kind=\"firmware\""     \
	" md5=\"" MD5_11 "\" sha256=\"" SHA_11 "\" size=\"491648\" md5Old=\"" MD5_11 "\""          \
	" sha256Old=\"" SHA_22 "\" sizeOld=\"491648\" release=\"7.0\" manifest=\"bb\" sweep=\"12\"] "

START_TEST(forged_file_in_rfc_5424)
{
	struct alert_event event = forged_event();
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_SYSLOG, &frame), 0);
	ck_assert_str_eq(text.data,
			 "<129>1 2026-11-22T01:00:00.123456Z collector pumpwatch 4321 FILE_FORGED "
			 "[timeQuality tzKnown=\"1\" isSynced=\"1\"][pumpwatch@32473" FORGED_FIELDS
			 FORGED_SENTENCE);
}
END_TEST

/* A child of Check's: the zone is its own. */
START_TEST(forged_file_in_rfc_3164_has_local_time_and_its_own)
{
	struct alert_event event = forged_event();
	CLEANUP(text_clear) struct text text;

	setenv("TZ", "EST5", 1);
	tzset();
	text_init(&text);
	ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_LOCAL, &frame), 0);
	ck_assert_str_eq(text.data, "<129>Nov 21 20:00:00 pumpwatch[4321]: FILE_FORGED "
				    "[timeQuality tzKnown=\"1\" isSynced=\"1\"][pumpwatch@32473"
				    " time=\"2026-11-22T01:00:00.123456Z\"" FORGED_FIELDS FORGED_SENTENCE);
	event.at = INT64_C(1793494800000000); /* a day of one digit is padded with a space */
	text_cut(&text, 0);
	ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_LOCAL, &frame), 0);
	ck_assert_mem_eq(text.data, "<129>Oct 31 20:00:00 p", 22);
	event.at += TIME_DAY;
	text_cut(&text, 0);
	ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_LOCAL, &frame), 0);
	ck_assert_mem_eq(text.data, "<129>Nov  1 20:00:00 p", 22);
}
END_TEST

START_TEST(clock_that_is_not_synced_is_said)
{
	struct alert_event event = {.type = ALERT_FILE_ADDED};
	struct alert_frame other = frame;
	CLEANUP(text_clear) struct text text;

	other.clock_synced = false;
	other.facility = 99; /* none: falls back to a valid priority */
	other.host = "";
	text_init(&text);
	ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_SYSLOG, &other), 0);
	ck_assert_ptr_nonnull(strstr(text.data, "[timeQuality tzKnown=\"1\" isSynced=\"0\"]"));
	ck_assert_mem_eq(text.data, "<3>1 1970-01-01T00:00:00.000000Z - pumpwatch", 43);
}
END_TEST

START_TEST(names_of_the_header_stay_in_printable_ascii)
{
	struct alert_event event = {.type = ALERT_FILE_ADDED};
	const struct alert_frame other = {.sd_id = "a b]=\"\n", .host = "h\xC3\xB6st name"};
	CLEANUP(text_clear) struct text text;
	CLEANUP(syslog_line_clear) struct syslog_line line = {0};

	text_init(&text);
	ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_SYSLOG, &other), 0);
	ck_assert_int_eq(syslog_line_parse(&line, text.data, text.length), 0);
	ck_assert_str_eq(line.host, "h__st_name");
	ck_assert_str_eq(line.params[2].id, "a_b____");
}
END_TEST

/* ---- sentences ---- */

static const struct {
	struct alert_event event;
	const char *sentence;
} sentences[] = {
	{{.type = ALERT_FILE_MODIFIED, .path = (char *)"a", .has_kind = true, .kind = VISIT_DRUG_LIBRARY,
	  .asset = (char *)"A-1", .release = (char *)"2026-10"},
	 "New: on A-1 the drug-library file \"a\" has another content than in release 2026-10."
	 " What to do: verify the device and quarantine it by your policy."},
	{{.type = ALERT_FILE_MODIFIED, .action = ALERT_CHANGED, .path = (char *)"a", .asset = (char *)"A-1",
	  .department = (char *)"ward"},
	 "Changed again: on A-1 (ward) the file \"a\" has another content than in the approved release."
	 " What to do: verify the device and quarantine it by your policy."},
	{{.type = ALERT_FILE_ADDED, .action = ALERT_REMINDED, .path = (char *)"a\"b", .asset = (char *)"A-1"},
	 "Still so: on A-1 the file \"a%22b\" is in no approved release."
	 " What to do: verify the device and quarantine it by your policy."},
	{{.type = ALERT_FILE_MISSING, .path = (char *)"a", .release = (char *)"R"},
	 "New: on a device the file \"a\" is missing: release R has it."
	 " What to do: verify the device and quarantine it by your policy."},
	{{.type = ALERT_FILE_STALE, .asset = (char *)"A-1", .release = (char *)"R", .has_kind = true,
	  .kind = VISIT_DRUG_LIBRARY, .detail = (char *)"accepted until 2026-12-01T00:00:00Z"},
	 "New: A-1 is still on release R of its drug-library files, which was accepted until"
	 " 2026-12-01T00:00:00Z."
	 " What to do: update the device by your policy, or decide about the older release."},
	{{.type = ALERT_FILE_STALE, .action = ALERT_REMINDED},
	 "Still so: a device is still on an older release of its files, which is no longer accepted."
	 " What to do: update the device by your policy, or decide about the older release."},
	{{.type = ALERT_DEVICE_ROLLED_BACK, .action = ALERT_TOLD, .asset = (char *)"A-1",
	  .department = (char *)"ward", .release = (char *)"R", .release_old = (char *)"S",
	  .has_kind = true, .kind = VISIT_FIRMWARE},
	 "Report: A-1 (ward) went back from release S to release R of its firmware files, which is still"
	 " accepted. What to do: find out who put the older release back, and why."},
	{{.type = ALERT_FILE_MIXED, .path = (char *)"a", .asset = (char *)"A-1"},
	 "New: on A-1 the file \"a\" belongs to another approved release than others of its kind: an"
	 " update may have stopped half-way. What to do: verify the device and quarantine it by your"
	 " policy."},
	{{.type = ALERT_FILE_UNREADABLE, .path = (char *)"a", .asset = (char *)"A-1",
	  .outcome = (char *)"timed-out"},
	 "New: on A-1 the file \"a\" could not be checked: did not answer in time."
	 " What to do: check that the device is switched on and connected."},
	{{.type = ALERT_DEVICE_UNREACHABLE, .asset = (char *)"A-1", .outcome = (char *)"timed-out",
	  .detail = (char *)"10 s\nno SYN"},
	 "New: A-1 could not be checked: did not answer in time (10 s%0Ano SYN)."
	 " What to do: check that the device is switched on and connected."},
	{{.type = ALERT_DEVICE_REFUSED, .asset = (char *)"A-1", .outcome = (char *)"eaten"},
	 "New: A-1 could not be checked: eaten."
	 " What to do: verify the device and quarantine it by your policy."},
	{{.type = ALERT_DEVICE_OVERDUE, .asset = (char *)"A-1", .detail = (char *)"last verified X"},
	 "New: A-1 has not been verified for too long (last verified X)."
	 " What to do: find the device, bring it into reach and sweep it."},
	{{.type = ALERT_BASELINE_REJECTED, .manifest = (char *)"bb", .detail = (char *)"too few"},
	 "New: a baseline was rejected: too few."
	 " What to do: find out who changed it and how; then restore it, approve it again, or withdraw it."},
	{{.type = ALERT_BASELINE_REJECTED, .detail = (char *)"line 3"},
	 "New: the file of signers was refused: line 3."
	 " What to do: find out who changed it and how, and mend it."},
	{{.type = ALERT_RESOLVED, .action = ALERT_ENDED, .resolves = ALERT_BASELINE_REJECTED,
	  .manifest = (char *)"bb", .has_kind = true, .kind = VISIT_CONFIG, .release = (char *)"R",
	  .detail = (char *)"it is believed again"},
	 "Resolved: BASELINE_REJECTED of the config baseline of release R: it is believed again."},
	{{.type = ALERT_RESOLVED, .action = ALERT_ENDED, .resolves = ALERT_BASELINE_REJECTED,
	  .detail = (char *)"it was read again"},
	 "Resolved: BASELINE_REJECTED of the file of signers: it was read again."},
	{{.type = ALERT_RESOLVED, .action = ALERT_ENDED, .resolves = ALERT_FILE_STALE, .has_kind = true,
	  .kind = VISIT_CONFIG, .asset = (char *)"A-1", .detail = (char *)"it is on another release now"},
	 "Resolved: FILE_STALE of the config files on A-1: it is on another release now."},
	{{.type = ALERT_FLEET_DRIFT, .path = (char *)"a", .group = (char *)"M", .assets = (char *)"A-1, A-2",
	  .asset_count = 2, .members = ALERT_FILE_MODIFIED, .release = (char *)"R"},
	 "New: the same on 2 devices of model M: the file \"a\" has another content than in release R;"
	 " devices: A-1, A-2. What to do: verify the devices and quarantine them by your policy."},
	{{.type = ALERT_FLEET_DRIFT, .action = ALERT_REMINDED, .path = (char *)"a", .group = (char *)"M",
	  .assets = (char *)"A-3", .asset_count = 12, .part = 2, .parts = 3, .members = ALERT_FILE_FORGED,
	  .has_kind = true, .kind = VISIT_FIRMWARE, .release = (char *)"R"},
	 "Still so: the same on 12 devices of model M: the firmware file \"a\" is forged: its MD5 is that"
	 " of release R while its SHA-256 is not, which does not happen by accident; devices: A-3 (part 2"
	 " of 3). What to do: verify the devices and quarantine them by your policy."},
	{{.type = ALERT_FLEET_DRIFT, .group = (char *)"M", .asset_count = 12, .members = ALERT_FILE_STALE,
	  .release = (char *)"R", .action = ALERT_CHANGED, .detail = (char *)"6 devices when it was last told"},
	 "Changed again: 12 devices of model M are still on release R of their files, which is no longer"
	 " accepted (6 devices when it was last told)."
	 " What to do: verify the devices and quarantine them by your policy."},
	{{.type = ALERT_FLEET_UNREACHABLE, .group = (char *)"192.0.2.0/24", .assets = (char *)"A-1, A-2",
	  .asset_count = 12, .part = 1, .parts = 2, .members = ALERT_DEVICE_UNREACHABLE,
	  .detail = (char *)"30 devices when it was last told"},
	 "New: 12 devices of 192.0.2.0/24 could not be reached (30 devices when it was last told): A-1, A-2"
	 " (part 1 of 2)."
	 " What to do: look at the switch or the line first."},
	{{.type = ALERT_RESOLVED, .action = ALERT_ENDED, .resolves = ALERT_FLEET_UNREACHABLE,
	  .group = (char *)"192.0.2.0/24", .asset_count = 12, .detail = (char *)"10 were reached again"},
	 "Resolved: FLEET_UNREACHABLE of 12 devices of 192.0.2.0/24: 10 were reached again."},
	{{.type = ALERT_RESOLVED, .action = ALERT_ENDED, .resolves = ALERT_FLEET_DRIFT, .path = (char *)"a",
	  .group = (char *)"M", .asset_count = 12},
	 "Resolved: FLEET_DRIFT of the file \"a\" on 12 devices of model M."},
	{{.type = ALERT_FILE_MISSING, .asset = (char *)"A-1", .path = (char *)"a", .under = 7},
	 "New: on A-1 the file \"a\" is missing: the approved release has it. It belongs to group alert 7."
	 " What to do: verify the device and quarantine it by your policy."},
	{{.type = ALERT_HEARTBEAT, .action = ALERT_TOLD, .interval = 900, .has_counts = true,
	  .counts = {.devices = 3, .results = {[DRIFT_VERIFIED] = 2, [DRIFT_DRIFTED] = 1}, .open_alerts = 4,
		     .overdue = 1, .waiting = 5, .approvals = 2}},
	 "Report: pumpwatch is alive; devices: 3 (2 verified, 1 drifted); open alerts: 4, overdue"
	 " devices: 1, events waiting: 5; the next heartbeat is due at 1970-01-01T00:15:00Z."},
	{{.type = ALERT_HEARTBEAT, .action = ALERT_TOLD, .interval = UINT64_MAX, .has_counts = true},
	 "Report: pumpwatch is alive; devices: 0; open alerts: 0, overdue devices: 0, events waiting: 0."
	 " Evaluation: baselines are in force without signatures."},
	{{.type = ALERT_SINK_TEST, .action = ALERT_TOLD, .detail = (char *)"alice\n"},
	 "Test: this message is only a test, sent by alice%0A to see whether it arrives: no device is"
	 " concerned. What to do: nothing."},
	{{.type = ALERT_RESOLVED, .action = ALERT_ENDED, .resolves = ALERT_FILE_MODIFIED, .path = (char *)"a",
	  .has_kind = true, .kind = VISIT_CONFIG, .asset = (char *)"A-1",
	  .detail = (char *)"it was read and checked again"},
	 "Resolved: FILE_MODIFIED of the config file \"a\" on A-1: it was read and checked again."},
	{{.type = ALERT_RESOLVED, .action = ALERT_ENDED, .resolves = ALERT_DEVICE_OVERDUE,
	  .asset = (char *)"A-1", .detail = (char *)"it was verified"},
	 "Resolved: DEVICE_OVERDUE of A-1: it was verified."},
	{{.type = ALERT_SWEEP_SUMMARY, .action = ALERT_TOLD, .sweep = 12, .has_counts = true,
	  .counts = {.devices = 3, .results = {[DRIFT_VERIFIED] = 2, [DRIFT_DRIFTED] = 1}, .files = 15,
		     .bytes = 99, .findings = 1, .open_alerts = 4, .started_at = 5 * TIME_SECOND,
		     .ended_at = 7 * TIME_SECOND, .approvals = 2}},
	 "Report: sweep 12 has ended after 2 s; devices: 3 (2 verified, 1 drifted); files: 15, bytes: 99;"
	 " findings: 1, open alerts: 4, overdue devices: 0."},
	{{.type = ALERT_SWEEP_SUMMARY, .action = ALERT_TOLD, .sweep = 12, .has_counts = true,
	  .counts = {.stopped = true, .why_stopped = "a stop"}},
	 "Report: sweep 12 was stopped before its end (a stop) after 0 s; devices: 0; files: 0, bytes: 0;"
	 " findings: 0, open alerts: 0, overdue devices: 0. Evaluation: baselines are in force without"
	 " signatures."},
};

START_TEST(sentences_say_what_where_and_what_to_do)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	alert_sentence(&text, &sentences[_i].event);
	ck_assert_str_eq(text.data, sentences[_i].sentence);
}
END_TEST

START_TEST(no_sentence_vouches_for_safety)
{
	for (unsigned type = 0; type < ALERT_TYPE_COUNT; type++)
		for (unsigned outcome = 0; outcome < VISIT_OUTCOME_COUNT; outcome++) {
			const char *name = visit_outcome_name((enum visit_outcome)outcome);
			struct alert_event event = {.type = (enum alert_type)type, .outcome = (char *)name};
			CLEANUP(text_clear) struct text text;
			text_init(&text);
			alert_sentence(&text, &event);
			ck_assert_ptr_null(strcasestr(text.data, "safe"));
		}
}
END_TEST

START_TEST(changed_device_says_what_it_shows)
{
	struct alert_event event = {.type = ALERT_DEVICE_CHANGED, .asset = (char *)"A-1",
				    .outcome = (char *)"host-key-changed", .detail = (char *)"it shows X"};
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	alert_sentence(&text, &event);
	ck_assert_ptr_nonnull(strstr(text.data, "what answers for A-1 may not be the device that was enrolled"));
	ck_assert_ptr_nonnull(strstr(text.data, "(it shows X)"));
}
END_TEST

/* ---- hostile strings ---- */

static void expect_value(const struct syslog_line *line, const char *name, const char *raw)
{
	const char *value = syslog_line_get(line, name);
	char *back = NULL;

	ck_assert_msg(value != NULL, "%s is missing", name);
	ck_assert_int_eq(escape_parse(&back, value, strlen(value)), 0);
	ck_assert_str_eq(back, raw);
	free(back);
}

START_TEST(hostile_strings_come_back_as_they_were)
{
	char *raw = (char *)hostile[_i];
	struct alert_event event = forged_event();

	event.path = event.asset = event.serial = event.name = event.department = event.release = raw;
	for (int old = 0; old < 2; old++) {
		CLEANUP(text_clear) struct text text;
		CLEANUP(syslog_line_clear) struct syslog_line line = {0};
		text_init(&text);
		ck_assert_int_eq(old ? alert_render(&text, &event, ALERT_RFC5424, ALERT_LOCAL, &frame)
				     : alert_render(&text, &event, ALERT_RFC5424, ALERT_SYSLOG, &frame), 0);
		ck_assert_msg(syslog_line_parse(&line, text.data, text.length) == 0, "%s", text.data);
		ck_assert_int_eq(line.priority, 129);
		ck_assert_str_eq(line.message_id, "FILE_FORGED");
		ck_assert_str_eq(syslog_line_get(&line, "v"), "1");
		expect_value(&line, "path", raw);
		expect_value(&line, "asset", raw);
		expect_value(&line, "serial", raw);
		expect_value(&line, "department", raw);
		ck_assert_str_eq(syslog_line_get(&line, "sha256"), SHA_11);
		ck_assert_ptr_null(syslog_line_get(&line, "pathTrunc"));
	}
}
END_TEST

/* ---- length ---- */

static char *repeat(const char *unit, size_t count)
{
	struct text text;

	text_init(&text);
	while (count-- > 0)
		text_add(&text, unit);
	return text_take(&text);
}

START_TEST(long_path_is_cut_between_characters_and_says_so)
{
	static const char *const units[] = {"x", "\xC3\xA4", "\n", "]", "\xF0\x9F\x92\x89", "%"};
	CLEANUP(cleanup_free) char *path = repeat(units[_i], 1024 / strlen(units[_i]));
	struct alert_event event = forged_event();
	CLEANUP(text_clear) struct text text;
	CLEANUP(syslog_line_clear) struct syslog_line line = {0};
	char digest[DIGEST_SHA256_HEX + 1];
	char *back = NULL;

	event.path = path;
	text_init(&text);
	ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_SYSLOG, &frame), 0);
	ck_assert_uint_le(text.length, ALERT_MESSAGE_AIM);
	ck_assert_int_eq(syslog_line_parse(&line, text.data, text.length), 0);
	const char *value = syslog_line_get(&line, "path");
	ck_assert_int_eq(escape_parse(&back, value, strlen(value)), 0);
	ck_assert_uint_ge(strlen(back), 100);
	ck_assert_mem_eq(back, path, strlen(back));
	ck_assert_uint_eq(strlen(back) % strlen(units[_i]), 0);
	free(back);
	ck_assert_int_eq(digest_sha256_hex(digest, path, strlen(path)), 0);
	ck_assert_str_eq(syslog_line_get(&line, "pathTrunc"), "1");
	ck_assert_str_eq(syslog_line_get(&line, "pathSha256"), digest);
	ck_assert_str_eq(syslog_line_get(&line, "sha256"), SHA_11);
	ck_assert_str_eq(syslog_line_get(&line, "sha256Old"), SHA_22);
}
END_TEST

START_TEST(path_of_an_ordinary_length_is_whole)
{
	CLEANUP(cleanup_free) char *path = repeat("directory/", 60);
	struct alert_event event = forged_event();
	CLEANUP(text_clear) struct text text;
	CLEANUP(syslog_line_clear) struct syslog_line line = {0};

	event.path = path;
	text_init(&text);
	ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_SYSLOG, &frame), 0);
	ck_assert_uint_le(text.length, ALERT_MESSAGE_AIM);
	ck_assert_int_eq(syslog_line_parse(&line, text.data, text.length), 0);
	ck_assert_str_eq(syslog_line_get(&line, "path"), path);
	ck_assert_ptr_null(syslog_line_get(&line, "pathTrunc"));
}
END_TEST

START_TEST(the_longest_event_keeps_its_digests_and_its_limit)
{
	CLEANUP(cleanup_free) char *giant = repeat("\xFF\"]", 1000);
	CLEANUP(cleanup_free) char *serials = repeat("\xFF\"], ", 200);
	struct alert_event event = forged_event();

	event.site = event.asset = event.serial = event.model = event.name = event.department = giant;
	event.address = event.path = event.release = event.manifest = event.outcome = giant;
	event.detail = event.grade = event.release_old = event.manifest_old = giant;
	event.serials = event.serials_sha256 = giant;
	event.seq = event.sweep = event.alert = event.new_size = event.old_size = UINT64_MAX;
	event.has_counts = true;
	memset(&event.counts, 0xFF, offsetof(struct alert_counts, started_at));
	event.counts.stopped = true;
	memset(event.counts.why_stopped, 0xFE, sizeof event.counts.why_stopped - 1);
	for (unsigned type = 0; type < 2 * ALERT_TYPE_COUNT; type++) {
		CLEANUP(text_clear) struct text text;
		CLEANUP(syslog_line_clear) struct syslog_line line = {0};
		event.type = (enum alert_type)(type % ALERT_TYPE_COUNT);
		if (type == ALERT_TYPE_COUNT) /* a list that could be told */
			event.serials = serials;
		text_init(&text);
		ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_SYSLOG, &frame), 0);
		ck_assert_uint_le(text.length, ALERT_MESSAGE_MAX);
		ck_assert_int_eq(syslog_line_parse(&line, text.data, text.length), 0);
		ck_assert_str_eq(syslog_line_get(&line, "md5"), MD5_11);
		ck_assert_str_eq(syslog_line_get(&line, "sha256"), SHA_11);
		ck_assert_str_eq(syslog_line_get(&line, "sha256Old"), SHA_22);
	}
}
END_TEST

START_TEST(list_of_devices_uses_the_whole_message)
{
	CLEANUP(cleanup_free) char *devices = repeat("A-1000, ", ALERT_ASSETS_MAX / 8);
	struct alert_event event = {.type = ALERT_FLEET_DRIFT, .assets = devices, .path = (char *)"a",
				    .group = (char *)"M", .asset_count = ALERT_ASSETS_MAX / 8};
	CLEANUP(text_clear) struct text text;
	CLEANUP(syslog_line_clear) struct syslog_line line = {0};

	text_init(&text);
	ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_SYSLOG, &frame), 0);
	ck_assert_int_eq(syslog_line_parse(&line, text.data, text.length), 0);
	ck_assert_str_eq(syslog_line_get(&line, "assets"), devices);
	ck_assert_ptr_nonnull(strstr(line.sentence, devices));
	ck_assert_uint_le(text.length, ALERT_MESSAGE_MAX);
}
END_TEST

/* A summary of as many scopes, each with a serial of its own. */
static struct alert_event summary_of(size_t scopes)
{
	struct alert_event event = {.type = ALERT_SWEEP_SUMMARY, .action = ALERT_TOLD, .has_counts = true,
				    .eid = "01020304-0506-8708-890a-0b0c0d0e0f10", .seq = INT64_MAX,
				    .previous = SHA_11, .sweep = INT64_MAX, .site = strdup("sample-site")};
	struct alert_serial *serials = calloc(scopes + 1, sizeof *serials);
	char (*names)[24] = calloc(scopes + 1, sizeof *names);

	ck_assert(serials && names);
	memset(&event.counts, 0x7F, offsetof(struct alert_counts, started_at));
	for (size_t i = 0; i < scopes; i++) {
		snprintf(names[i], sizeof names[i], "model sample-%zu", i);
		serials[i] = (struct alert_serial){names[i], VISIT_DRUG_LIBRARY, 100 + i};
	}
	ck_assert_int_eq(alert_event_add_serials(&event, serials, scopes), 0);
	free(serials);
	free(names);
	return event;
}

START_TEST(summary_of_a_thousand_scopes_keeps_whole_entries_and_its_limit)
{
	CLEANUP(alert_event_clear) struct alert_event event = summary_of(1000);
	CLEANUP(alert_event_clear) struct alert_event other = summary_of(1001);
	CLEANUP(text_clear) struct text text;
	CLEANUP(syslog_line_clear) struct syslog_line line = {0};

	text_init(&text);
	ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_SYSLOG, &frame), 0);
	ck_assert_uint_le(text.length, ALERT_MESSAGE_MAX);
	ck_assert_int_eq(syslog_line_parse(&line, text.data, text.length), 0);
	const char *serials = syslog_line_get(&line, "serials");
	ck_assert_str_eq(serials, event.serials);
	ck_assert_uint_le(strlen(serials), ALERT_SERIALS_MAX);
	ck_assert_uint_gt(strlen(serials), ALERT_SERIALS_MAX - 50);
	ck_assert_mem_eq(serials, "model sample-0 drug-library 100, model sample-1 drug-library 101, ", 66);
	const char *last = strrchr(serials, 'm'); /* of "sample" */
	size_t entry = strtoul(last + strlen("mple-"), NULL, 10);
	ck_assert_str_eq(strstr(last, ", "), ", ...");
	ck_assert_uint_eq(strtoul(strstr(last, "library ") + 8, NULL, 10), 100 + entry);
	ck_assert_uint_eq(strlen(syslog_line_get(&line, "serialsSha256")), DIGEST_SHA256_HEX);
	/* What was cut off still counts. */
	ck_assert_str_eq(event.serials, other.serials);
	ck_assert_str_ne(event.serials_sha256, other.serials_sha256);
}
END_TEST

START_TEST(summary_of_few_scopes_has_them_all)
{
	CLEANUP(alert_event_clear) struct alert_event event = summary_of(2);
	char digest[DIGEST_SHA256_HEX + 1];
	static const char list[] = "model sample-0 drug-library 100, model sample-1 drug-library 101";

	ck_assert_str_eq(event.serials, list);
	ck_assert_int_eq(digest_sha256_hex(digest, list, strlen(list)), 0);
	ck_assert_str_eq(event.serials_sha256, digest);
	CLEANUP(alert_event_clear) struct alert_event none = summary_of(0);
	ck_assert_ptr_null(none.serials);
	ck_assert_ptr_null(none.serials_sha256);
}
END_TEST

START_TEST(message_is_added_to_what_is_there)
{
	struct alert_event event = forged_event();
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	text_add(&text, "before ");
	ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_SYSLOG, &frame), 0);
	ck_assert_mem_eq(text.data, "before <129>1 ", 14);
}
END_TEST

/* ---- summary and journal ---- */

START_TEST(summary_has_its_counts_as_fields)
{
	struct alert_event event = {.type = ALERT_SWEEP_SUMMARY, .action = ALERT_TOLD, .seq = 9, .sweep = 12,
				    .previous = "cc", .has_counts = true,
				    .counts = {.devices = 3, .results = {[DRIFT_VERIFIED] = 2,
									 [DRIFT_WRONG_DEVICE] = 1},
					       .started_at = 0, .ended_at = 90 * TIME_SECOND,
					       .stopped = true, .why_stopped = "a stop"}};
	static const char *const fields[][2] = {
		{"devices", "3"}, {"verified", "2"}, {"behind", "0"}, {"drifted", "0"},
		{"wrongDevice", "1"}, {"unreachable", "0"}, {"overdue", "0"}, {"open", "0"},
		{"files", "0"}, {"bytes", "0"}, {"duration", "90"}, {"approvals", "0"},
		{"evaluation", "yes"}, {"stopped", "yes"}, {"why", "a stop"}, {"prev", "cc"},
		{"seq", "9"}, {"sweep", "12"}, {"action", "told"},
	};
	CLEANUP(text_clear) struct text text;
	CLEANUP(syslog_line_clear) struct syslog_line line = {0};

	text_init(&text);
	ck_assert_int_eq(alert_render(&text, &event, ALERT_RFC5424, ALERT_SYSLOG, &frame), 0);
	ck_assert_int_eq(syslog_line_parse(&line, text.data, text.length), 0);
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		const char *value = syslog_line_get(&line, fields[i][0]);
		ck_assert_msg(value && strcmp(value, fields[i][1]) == 0, "%s=%s", fields[i][0],
			      value ? value : "(none)");
	}
	ck_assert_ptr_null(syslog_line_get(&line, "asset"));
}
END_TEST

static const char *part_of(const struct iovec *parts, size_t count, const char *name, size_t *ret_length)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < count; i++) {
		const char *part = parts[i].iov_base;
		if (parts[i].iov_len > length && memcmp(part, name, length) == 0 && part[length] == '=') {
			*ret_length = parts[i].iov_len - length - 1;
			return part + length + 1;
		}
	}
	return NULL;
}

START_TEST(journal_has_native_fields)
{
	static const char *const fields[][2] = {
		{"MESSAGE", FORGED_SENTENCE}, {"PRIORITY", "1"}, {"SYSLOG_FACILITY", "16"},
		{"SYSLOG_IDENTIFIER", "pumpwatch"}, {"PUMPWATCH_EVENT", "FILE_FORGED"},
		{"PUMPWATCH_TIME", "2026-11-22T01:00:00.123456Z"}, {"PUMPWATCH_ASSET", "A-1"},
		{"PUMPWATCH_SHA256_OLD", SHA_22}, {"PUMPWATCH_MD5_OLD", MD5_11}, {"PUMPWATCH_SEQ", "7"},
		{"PUMPWATCH_PATH", "HEAD_F~1"}, {"PUMPWATCH_SIZE_OLD", "491648"},
	};
	struct alert_event event = forged_event();
	CLEANUP(text_clear) struct text text;
	CLEANUP(cleanup_free) struct iovec *parts = NULL;
	size_t count = 0;

	text_init(&text);
	ck_assert_int_eq(alert_render_journal(&text, &parts, &count, &event, &frame), 0);
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		size_t length = 0;
		const char *value = part_of(parts, count, fields[i][0], &length);
		ck_assert_msg(value != NULL, "%s", fields[i][0]);
		ck_assert_uint_eq(length, strlen(fields[i][1]));
		ck_assert_mem_eq(value, fields[i][1], length);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alert rendering");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, forged_file_in_rfc_5424);
	tcase_add_test(tcase, forged_file_in_rfc_3164_has_local_time_and_its_own);
	tcase_add_test(tcase, clock_that_is_not_synced_is_said);
	tcase_add_test(tcase, names_of_the_header_stay_in_printable_ascii);
	tcase_add_loop_test(tcase, sentences_say_what_where_and_what_to_do, 0,
			    sizeof sentences / sizeof sentences[0]);
	tcase_add_test(tcase, no_sentence_vouches_for_safety);
	tcase_add_test(tcase, changed_device_says_what_it_shows);
	tcase_add_loop_test(tcase, hostile_strings_come_back_as_they_were, 0,
			    HOSTILE);
	tcase_add_loop_test(tcase, long_path_is_cut_between_characters_and_says_so, 0, 6);
	tcase_add_test(tcase, path_of_an_ordinary_length_is_whole);
	tcase_add_test(tcase, the_longest_event_keeps_its_digests_and_its_limit);
	tcase_add_test(tcase, list_of_devices_uses_the_whole_message);
	tcase_add_test(tcase, summary_of_a_thousand_scopes_keeps_whole_entries_and_its_limit);
	tcase_add_test(tcase, summary_of_few_scopes_has_them_all);
	tcase_add_test(tcase, message_is_added_to_what_is_there);
	tcase_add_test(tcase, summary_has_its_counts_as_fields);
	tcase_add_test(tcase, journal_has_native_fields);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
