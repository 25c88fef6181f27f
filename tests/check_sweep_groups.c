/* The same change on many devices and a subnet that falls silent, over sweeps of a real store:
 * what is told, in which order, and what is left when a process dies on the way. The visits are the
 * test's own; tests/fleet/test_groups.sh has real ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "store/store.h"
#include "sweep/internal.h"
#include "sweep/sweep.h"

#include "suite.h"

enum { MOST = 60, GROUP = 5, ASSET_SIZE = 64 };
#define START (INT64_C(1795309200) * TIME_SECOND)

static char folder[64];
static int64_t clock_now;
static struct config config;
static struct sweep_environment environment;
static struct store *store;
static const char *suffix = ""; /* of the assets */
static uint64_t heard; /* the seq of the last event that was looked at */
static struct error e;

#define MUST(call) ck_assert_msg((call) >= 0, "%s", e.text)

static int64_t read_clock(void *userdata)
{
	(void)userdata;
	return clock_now;
}

/* ---- the set-up ---- */

static void open_store(void)
{
	MUST(store_open(&store, folder, STORE_WRITE, false, &e));
	environment.store = store;
}

/* Without a word to the sweep, as when the process is killed. */
static void die_and_come_back(void)
{
	store_close(store);
	open_store();
}

static const char *asset_of(unsigned device)
{
	static char asset[ASSET_SIZE];

	snprintf(asset, sizeof asset, "PUMP-%03u%s", device, suffix);
	return asset;
}

static void enroll(unsigned device, const char *model, const char *link)
{
	const struct inventory_device enrolled = {
		.asset = (char *)asset_of(device), .model = (char *)model, .link = (char *)link,
		.enrolled_at = START,
	};

	MUST(store_device_save(store, &enrolled, &e));
}

static void enroll_file(unsigned device, const char *model)
{
	char link[64];

	snprintf(link, sizeof link, "file:///srv/%u", device);
	enroll(device, model, link);
}

/* All of one model; every tenth lies in a subnet of its own. */
static void enroll_all(void)
{
	char link[64];

	MUST(store_begin(store, &e));
	for (unsigned device = 1; device <= MOST; device++) {
		snprintf(link, sizeof link, "ftp://192.0.2.%u/", device);
		if (device % 10 == 0)
			snprintf(link, sizeof link, "ftp://198.51.100.%u/", device);
		enroll(device, "sample", link);
	}
	MUST(store_commit(store, &e));
}

static void begin(void)
{
	static const char text[] = "[pumpwatch]\nsite = sample\nstate = state\napprovals = 0\noverdue-after = 90d\n"
				   "[alerts]\ngroup = 5\nremind-after = 1d\nremind-most = 4d\n";

	strcpy(folder, "/tmp/check_sweep_groups.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	clock_now = START;
	heard = 0;
	suffix = "";
	MUST(config_parse(&config, "/test.conf", text, sizeof text - 1, &e));
	environment = (struct sweep_environment){
		.config = &config, .owner = "test/1/1", .clock = {.now = read_clock},
	};
	open_store();
	enroll_all();
}

static void end(void)
{
	char command[128];

	store_close(store);
	config_clear(&config);
	snprintf(command, sizeof command, "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* ---- sweeps ---- */

static uint64_t begin_sweep(unsigned first, unsigned last)
{
	struct store_sweep sweep = {.started_at = ++clock_now, .closes_at = TIME_NEVER};
	char assets[MOST][ASSET_SIZE];
	const char *names[MOST];

	for (unsigned device = first; device <= last; device++) {
		snprintf(assets[device - first], sizeof assets[0], "%s", asset_of(device));
		names[device - first] = assets[device - first];
	}
	MUST(store_sweep_begin(store, &sweep, names, last - first + 1, &e));
	return sweep.number;
}

static void end_sweep(uint64_t sweep)
{
	struct alert_counts counts;

	clock_now++;
	MUST(sweep_record_end(&environment, sweep, false, NULL, &counts, &e));
}

static void record(uint64_t sweep, unsigned device, struct visit_report *report, struct drift_verdict *verdict)
{
	CLEANUP(store_device_clear) struct store_device known = {0};
	uint64_t visit;

	ck_assert_int_eq(store_device_load(store, asset_of(device), &known, &e), 1);
	report->started_at = report->ended_at = ++clock_now;
	const struct sweep_outcome outcome = {
		.sweep = sweep, .device = &known, .report = report, .verdict = verdict, .lists = true,
	};
	MUST(sweep_record(&environment, &outcome, &visit, &e));
}

/* What a visit finds of one file; content 0: it is as approved. */
static void find(uint64_t sweep, unsigned device, enum drift_type type, const char *path, uint8_t content)
{
	struct visit_observation seen = {.path = (char *)"a.bin", .kind = VISIT_FIRMWARE, .outcome = VISIT_OK};
	struct visit_report report = {.outcome = VISIT_OK, .observations = &seen, .observation_count = 1};
	struct drift_finding finding = {.type = type, .kind = VISIT_FIRMWARE, .path = (char *)path,
					.release = (char *)"7.0"};
	struct drift_verdict verdict = {.result = content ? DRIFT_DRIFTED : DRIFT_VERIFIED,
					.findings = &finding, .finding_count = content != 0};

	finding.has_new = type != DRIFT_STALE && type != DRIFT_MISSING;
	memset(&finding.new_digest, content, sizeof finding.new_digest);
	snprintf(finding.manifest, sizeof finding.manifest, "manifest-%u", content);
	verdict.kinds[VISIT_FIRMWARE] = (struct drift_kind){.covered = true, .result = verdict.result};
	record(sweep, device, &report, &verdict);
}

static void altered(uint64_t sweep, unsigned device, uint8_t content)
{
	find(sweep, device, DRIFT_MODIFIED, "a.bin", content);
}

static void fine(uint64_t sweep, unsigned device)
{
	altered(sweep, device, 0);
}

static void silent(uint64_t sweep, unsigned device)
{
	struct visit_report report = {.outcome = VISIT_TIMED_OUT};
	struct drift_verdict verdict = {.result = DRIFT_UNREACHABLE};

	record(sweep, device, &report, &verdict);
}

/* A sweep whose devices from first to last all show the same. */
static uint64_t sweep_altered(unsigned first, unsigned last, uint8_t content)
{
	uint64_t sweep = begin_sweep(first, last);

	for (unsigned device = first; device <= last; device++)
		altered(sweep, device, content);
	end_sweep(sweep);
	return sweep;
}

static uint64_t sweep_silent(unsigned first, unsigned last)
{
	uint64_t sweep = begin_sweep(first, last);

	for (unsigned device = first; device <= last; device++)
		silent(sweep, device);
	end_sweep(sweep);
	return sweep;
}

/* ---- what was told ---- */

/* The events since but for summaries, each in a line: "3 FILE_MODIFIED opened PUMP-001 under 6", of a
 * group its count and devices; the first number is the severity. Each fits a message. */
static char *hear(void)
{
	struct store_events events = {0};
	const struct alert_frame frame = {.sd_id = "pumpwatch@32473", .host = "collector.example.org", .facility = 16};
	struct text lines;

	text_init(&lines);
	MUST(store_events_list(store, heard, 10000, &events, &e));
	for (size_t i = 0; i < events.count; i++) {
		const struct alert_event *event = &events.items[i];
		CLEANUP(text_clear) struct text message;
		ck_assert_uint_eq(event->seq, ++heard);
		text_init(&message);
		ck_assert_int_eq(alert_render(&message, event, ALERT_RFC5424, ALERT_SYSLOG, &frame), 0);
		ck_assert_uint_le(message.length, ALERT_MESSAGE_MAX);
		if (event->type == ALERT_SWEEP_SUMMARY)
			continue;
		text_addf(&lines, "%d %s %s", alert_event_severity(event),
			  alert_type_name(event->type == ALERT_RESOLVED ? event->resolves : event->type),
			  alert_action_name(event->action));
		if (event->asset)
			text_addf(&lines, " %s", event->asset);
		if (event->under)
			text_addf(&lines, " under %d", (int)event->under);
		if (event->group)
			text_addf(&lines, " %s %d", event->group, (int)event->asset_count);
		if (event->parts > 1)
			text_addf(&lines, " part %d of %d", (int)event->part, (int)event->parts);
		if (event->assets)
			text_addf(&lines, ": %s", event->assets);
		if (event->detail && event->group)
			text_addf(&lines, " (%s)", event->detail);
		text_add(&lines, "\n");
	}
	store_events_clear(&events);
	return text_take(&lines);
}

#define EXPECT_TOLD(expected)                                            \
	do {                                                             \
		CLEANUP(cleanup_free) char *told_ = hear();              \
		ck_assert_str_eq(told_ ? told_ : "", expected);          \
	} while (0)

/* How many lines have these words; what is heard is given. */
static size_t lines_with(const char *told, const char *words)
{
	size_t count = 0;

	for (const char *at = told; at && (at = strstr(at, words)) != NULL; count++) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return count;
}

static struct alert load(uint64_t number)
{
	struct alert alert;

	ck_assert_msg(store_alert_load(store, number, &alert, &e) == 1, "no alert %d", (int)number);
	return alert;
}

/* The group that is open, of which there must be just one; 0: none. */
static uint64_t open_group(void)
{
	CLEANUP(store_alerts_clear) struct store_alerts groups = {0};

	MUST(store_alerts_groups(store, &groups, &e));
	ck_assert_uint_le(groups.count, 1);
	return groups.count ? groups.items[0].number : 0;
}

static uint64_t count_under(uint64_t group)
{
	uint64_t count;

	MUST(store_alerts_count_under(store, group, &count, &e));
	return count;
}

static size_t count_open(void)
{
	CLEANUP(store_alerts_clear) struct store_alerts alerts = {0};

	MUST(store_alerts_list(store, NULL, false, &alerts, &e));
	return alerts.count;
}

/* ---- the same change on many devices ---- */

START_TEST(fewer_than_the_threshold_are_told_one_by_one)
{
	sweep_altered(1, 4, 1);
	EXPECT_TOLD("2 FILE_MODIFIED opened PUMP-001\n2 FILE_MODIFIED opened PUMP-002\n"
		    "2 FILE_MODIFIED opened PUMP-003\n2 FILE_MODIFIED opened PUMP-004\n");
	ck_assert_uint_eq(open_group(), 0);
}
END_TEST

START_TEST(threshold_is_one_group_and_those_who_come_are_told_at_the_end)
{
	sweep_altered(1, 7, 1);
	EXPECT_TOLD("2 FILE_MODIFIED opened PUMP-001\n2 FILE_MODIFIED opened PUMP-002\n"
		    "2 FILE_MODIFIED opened PUMP-003\n2 FILE_MODIFIED opened PUMP-004\n"
		    "1 FLEET_DRIFT opened sample 5: PUMP-001, PUMP-002, PUMP-003, PUMP-004, PUMP-005\n"
		    "5 FILE_MODIFIED opened PUMP-005 under 6\n5 FILE_MODIFIED opened PUMP-006 under 6\n"
		    "5 FILE_MODIFIED opened PUMP-007 under 6\n"
		    "1 FLEET_DRIFT changed sample 7: PUMP-001, PUMP-002, PUMP-003, PUMP-004, PUMP-005, PUMP-006, PUMP-007"
		    " (5 devices when it was last told)\n");
	ck_assert_uint_eq(count_under(6), 7);
	sweep_altered(1, 7, 1);
	EXPECT_TOLD("");
	sweep_altered(8, 8, 1);
	EXPECT_TOLD("5 FILE_MODIFIED opened PUMP-008 under 6\n"
		    "1 FLEET_DRIFT changed sample 8: PUMP-001, PUMP-002, PUMP-003, PUMP-004, PUMP-005, PUMP-006, PUMP-007,"
		    " PUMP-008 (7 devices when it was last told)\n");
}
END_TEST

START_TEST(exactly_the_threshold_is_told_once)
{
	sweep_altered(1, GROUP, 1);
	CLEANUP(cleanup_free) char *told = hear();
	ck_assert_uint_eq(lines_with(told, "FLEET_DRIFT"), 1);
	ck_assert_uint_eq(count_under(open_group()), GROUP);
}
END_TEST

START_TEST(those_of_other_sweeps_do_not_count_but_stand_under_it)
{
	sweep_altered(1, 3, 1);
	sweep_altered(4, 7, 1);
	ck_assert_uint_eq(open_group(), 0);
	free(hear());
	sweep_altered(11, 15, 1);
	CLEANUP(cleanup_free) char *told = hear();
	ck_assert_uint_eq(lines_with(told, "FLEET_DRIFT"), 1);
	ck_assert_uint_eq(lines_with(told, "FLEET_DRIFT opened sample 12"), 1);
	ck_assert_uint_eq(count_under(open_group()), 12);
}
END_TEST

START_TEST(long_list_names_each_of_forty_in_one_of_its_parts)
{
	suffix = "-of-the-intensive-care-unit-on-the-second-floor";
	for (unsigned device = 1; device <= 40; device++)
		enroll_file(device, "sample");
	sweep_altered(1, 40, 1);
	CLEANUP(cleanup_free) char *told = hear();
	const char *last = strstr(told, "FLEET_DRIFT changed sample 40 part 1 of 2");
	ck_assert_ptr_nonnull(last);
	ck_assert_uint_eq(lines_with(last, "FLEET_DRIFT changed sample 40 part 2 of 2"), 1);
	for (unsigned device = 1; device <= 40; device++)
		ck_assert_uint_eq(lines_with(last, asset_of(device)), 1);
	ck_assert_uint_eq(lines_with(told, "FLEET_DRIFT opened"), 1);
}
END_TEST

/* What is the same, and what is not. */
static const struct {
	enum drift_type type;
	const char *path;
	const char *fleet; /* NULL: told one by one */
} kinds_of_change[] = {
	{DRIFT_MODIFIED, "a.bin", "FILE_MODIFIED"}, {DRIFT_ADDED, "a.bin", "FILE_ADDED"},
	{DRIFT_MISSING, "b.bin", "FILE_MISSING"},   {DRIFT_FORGED, "a.bin", "FILE_FORGED"},
	{DRIFT_STALE, NULL, "FILE_STALE"},	    {DRIFT_MIXED, "a.bin", "FILE_MIXED"},
	{DRIFT_UNREADABLE, "a.bin", NULL},
};

START_TEST(each_kind_of_change_has_a_group_of_its_own)
{
	uint64_t sweep = begin_sweep(1, 6);

	for (unsigned device = 1; device <= 6; device++)
		find(sweep, device, kinds_of_change[_i].type, kinds_of_change[_i].path, 1);
	end_sweep(sweep);
	uint64_t group = open_group();
	ck_assert_int_eq(group != 0, kinds_of_change[_i].fleet != NULL);
	if (group == 0)
		return;
	CLEANUP(alert_clear) struct alert alert = load(group);
	ck_assert_str_eq(alert_type_name(alert.members), kinds_of_change[_i].fleet);
	ck_assert_uint_eq(alert.asset_count, 6);
}
END_TEST

START_TEST(other_contents_paths_models_and_releases_are_other_changes)
{
	uint64_t sweep = begin_sweep(1, 40);

	for (unsigned device = 31; device <= 40; device++)
		enroll_file(device, device % 2 ? "sample-two" : "sample-three");
	for (unsigned device = 1; device <= 8; device++)
		altered(sweep, device, (uint8_t)(1 + device % 2));
	for (unsigned device = 9; device <= 16; device++)
		find(sweep, device, DRIFT_MISSING, device % 2 ? "b.bin" : "c.bin", 1);
	for (unsigned device = 17; device <= 24; device++)
		find(sweep, device, DRIFT_STALE, NULL, (uint8_t)(1 + device % 2));
	for (unsigned device = 33; device <= 40; device++)
		altered(sweep, device, 3);
	end_sweep(sweep);
	ck_assert_uint_eq(open_group(), 0);
	CLEANUP(cleanup_free) char *told = hear();
	ck_assert_uint_eq(lines_with(told, " opened "), 32);
}
END_TEST

START_TEST(zero_never_groups_and_tells_silence_at_once)
{
	config.group = 0;
	uint64_t sweep = begin_sweep(1, 30);
	for (unsigned device = 1; device <= 20; device++)
		altered(sweep, device, 1);
	for (unsigned device = 21; device <= 30; device++)
		silent(sweep, device);
	CLEANUP(cleanup_free) char *told = hear();
	ck_assert_uint_eq(lines_with(told, "2 FILE_MODIFIED opened"), 20);
	ck_assert_uint_eq(lines_with(told, "4 DEVICE_UNREACHABLE opened"), 10);
	end_sweep(sweep);
	EXPECT_TOLD("");
}
END_TEST

/* ---- the life of a group ---- */

START_TEST(member_with_another_content_leaves_and_may_join_another_group)
{
	sweep_altered(1, 6, 1);
	free(hear());
	uint64_t first = open_group();
	sweep_altered(6, 6, 2);
	EXPECT_TOLD("2 FILE_MODIFIED changed PUMP-006\n");
	ck_assert_uint_eq(count_under(first), 5);
	uint64_t sweep = begin_sweep(11, 17);
	for (unsigned device = 11; device <= 15; device++)
		altered(sweep, device, 3);
	end_sweep(sweep);
	free(hear());
	sweep_altered(6, 6, 3);
	CLEANUP(cleanup_free) char *told = hear();
	ck_assert_uint_eq(lines_with(told, "5 FILE_MODIFIED changed PUMP-006 under"), 1);
	ck_assert_uint_eq(lines_with(told, "1 FLEET_DRIFT changed sample 6"), 1);
}
END_TEST

START_TEST(all_that_move_on_make_a_new_group_and_end_the_old)
{
	sweep_altered(1, 5, 1);
	free(hear());
	sweep_altered(1, 5, 2);
	EXPECT_TOLD("2 FILE_MODIFIED changed PUMP-001\n2 FILE_MODIFIED changed PUMP-002\n"
		    "2 FILE_MODIFIED changed PUMP-003\n2 FILE_MODIFIED changed PUMP-004\n"
		    "1 FLEET_DRIFT opened sample 5: PUMP-001, PUMP-002, PUMP-003, PUMP-004, PUMP-005\n"
		    "5 FILE_MODIFIED changed PUMP-005 under 7\n"
		    "5 FLEET_DRIFT resolved sample 5 (its last device, PUMP-005, has another content now)\n");
	ck_assert_uint_eq(open_group(), 7);
}
END_TEST

START_TEST(last_device_that_is_fine_resolves_the_group)
{
	sweep_altered(1, 5, 1);
	free(hear());
	uint64_t sweep = begin_sweep(1, 5);
	for (unsigned device = 1; device <= 4; device++)
		fine(sweep, device);
	EXPECT_TOLD("5 FILE_MODIFIED resolved PUMP-001 under 6\n5 FILE_MODIFIED resolved PUMP-002 under 6\n"
		    "5 FILE_MODIFIED resolved PUMP-003 under 6\n5 FILE_MODIFIED resolved PUMP-004 under 6\n");
	fine(sweep, 5);
	EXPECT_TOLD("5 FILE_MODIFIED resolved PUMP-005 under 6\n5 FLEET_DRIFT resolved sample 5 (its last device, PUMP-005:"
		    " it was read again, and nothing was found against it (visit 10))\n");
	end_sweep(sweep);
	EXPECT_TOLD("");
	ck_assert_uint_eq(count_open(), 0);
	sweep_altered(1, 5, 1); /* the same again is a group again */
	ck_assert_uint_gt(open_group(), 6);
}
END_TEST

START_TEST(group_is_reminded_of_and_its_devices_are_not)
{
	sweep_altered(1, 6, 1);
	free(hear());
	clock_now += TIME_DAY;
	sweep_altered(1, 6, 1);
	EXPECT_TOLD("1 FLEET_DRIFT reminded sample 6: PUMP-001, PUMP-002, PUMP-003, PUMP-004, PUMP-005, PUMP-006\n");
	clock_now += 2 * TIME_DAY;
	sweep_altered(40, 40, 0); /* none of its devices was looked at */
	EXPECT_TOLD("");
	sweep_altered(3, 3, 1);
	CLEANUP(cleanup_free) char *told = hear();
	ck_assert_uint_eq(lines_with(told, "FLEET_DRIFT reminded"), 1);
	clock_now += 3 * TIME_DAY;
	sweep_altered(1, 6, 1);
	EXPECT_TOLD("");
}
END_TEST

static void acknowledge(uint64_t number)
{
	CLEANUP(alert_clear) struct alert alert = load(number);

	alert.state = ALERT_STATE_ACKNOWLEDGED;
	alert.acknowledged_at = clock_now;
	free(alert.acknowledged_by);
	alert.acknowledged_by = strdup("A. Sample");
	MUST(store_alert_save(store, &alert, &e));
}

START_TEST(acknowledged_group_is_quiet_until_a_device_joins)
{
	sweep_altered(1, 5, 1);
	for (uint64_t number = 1; number <= 6; number++)
		acknowledge(number);
	free(hear());
	clock_now += 50 * TIME_DAY;
	sweep_altered(1, 5, 1);
	EXPECT_TOLD("");
	sweep_altered(6, 6, 1);
	EXPECT_TOLD("5 FILE_MODIFIED opened PUMP-006 under 6\n"
		    "1 FLEET_DRIFT changed sample 6: PUMP-001, PUMP-002, PUMP-003, PUMP-004, PUMP-005, PUMP-006"
		    " (it had been acknowledged by A. Sample; 5 devices when it was last told)\n");
	CLEANUP(alert_clear) struct alert group = load(6);
	ck_assert_int_eq(group.state, ALERT_STATE_OPEN);
	CLEANUP(alert_clear) struct alert member = load(1);
	ck_assert_int_eq(member.state, ALERT_STATE_ACKNOWLEDGED);
}
END_TEST

START_TEST(retired_device_leaves_without_an_open_alert)
{
	CLEANUP(store_device_clear) struct store_device device = {0};

	sweep_altered(1, 5, 1);
	free(hear());
	ck_assert_int_eq(store_device_load(store, asset_of(2), &device, &e), 1);
	MUST(store_begin(store, &e));
	ck_assert_int_eq(sweep_resolve_alerts(&environment, &device.device, "the device was retired by A. Sample", &e), 1);
	MUST(store_commit(store, &e));
	EXPECT_TOLD("5 FILE_MODIFIED resolved PUMP-002 under 6\n");
	CLEANUP(alert_clear) struct alert member = load(2);
	ck_assert_str_eq(member.detail, "the device was retired by A. Sample");
	ck_assert_uint_eq(count_under(6), 4);
}
END_TEST

/* ---- a process that dies ---- */

START_TEST(sweep_that_was_cut_short_goes_on_where_it_was)
{
	uint64_t sweep = begin_sweep(1, 10);

	for (unsigned device = 1; device <= 6; device++) {
		altered(sweep, device, 1);
		die_and_come_back();
	}
	CLEANUP(cleanup_free) char *before = hear();
	ck_assert_uint_eq(lines_with(before, "FLEET_DRIFT opened"), 1);
	ck_assert_uint_eq(lines_with(before, "FLEET_DRIFT changed"), 0);
	for (unsigned device = 7; device <= 10; device++)
		altered(sweep, device, 1);
	end_sweep(sweep);
	CLEANUP(cleanup_free) char *after = hear();
	ck_assert_uint_eq(lines_with(after, "FLEET_DRIFT changed sample 10"), 1);
	ck_assert_uint_eq(lines_with(after, "5 FILE_MODIFIED opened"), 4);
}
END_TEST

START_TEST(next_sweep_of_any_kind_tells_what_a_dead_one_left_untold)
{
	uint64_t sweep = begin_sweep(1, 30);

	sweep_altered(31, 35, 1);
	free(hear());
	altered(sweep, 1, 1); /* a joiner */
	for (unsigned device = 11; device <= 18; device++)
		silent(sweep, device);
	silent(sweep, 30); /* alone in its subnet */
	EXPECT_TOLD("5 FILE_MODIFIED opened PUMP-001 under 6\n");
	die_and_come_back();
	sweep_altered(40, 40, 0);
	CLEANUP(cleanup_free) char *told = hear();
	ck_assert_uint_eq(lines_with(told, "1 FLEET_DRIFT changed sample 6"), 1);
	ck_assert_uint_eq(lines_with(told, "3 FLEET_UNREACHABLE opened 192.0.2.0/24 8"), 1);
	ck_assert_uint_eq(lines_with(told, "4 DEVICE_UNREACHABLE opened PUMP-030\n"), 1);
	ck_assert_uint_eq(lines_with(told, "\n"), 3);
	end_sweep(sweep);
	EXPECT_TOLD("");
}
END_TEST

/* ---- silent subnets ---- */

START_TEST(switch_that_is_down_is_one_event_and_one_when_it_is_back)
{
	uint64_t sweep = begin_sweep(1, 50);

	for (unsigned device = 1; device <= 50; device++)
		if (device % 10 != 0 && device <= 33)
			silent(sweep, device);
		else
			fine(sweep, device);
	EXPECT_TOLD("");
	end_sweep(sweep);
	CLEANUP(cleanup_free) char *down = hear();
	ck_assert_uint_eq(lines_with(down, "\n"), 1);
	ck_assert_uint_eq(lines_with(down, "3 FLEET_UNREACHABLE opened 192.0.2.0/24 30: PUMP-001, PUMP-002"), 1);
	ck_assert_uint_eq(count_under(open_group()), 30);
	sweep_silent(1, 9);
	EXPECT_TOLD("");
	sweep = begin_sweep(1, 50);
	for (unsigned device = 1; device <= 50; device++)
		fine(sweep, device);
	end_sweep(sweep);
	CLEANUP(cleanup_free) char *up = hear();
	ck_assert_uint_eq(lines_with(up, "\n"), 1);
	ck_assert_uint_eq(lines_with(up, "5 FLEET_UNREACHABLE resolved 192.0.2.0/24 30 (its last device, PUMP-033"), 1);
	ck_assert_uint_eq(count_open(), 0);
}
END_TEST

START_TEST(few_silent_devices_are_told_one_by_one_with_their_subnet_apart)
{
	uint64_t sweep = begin_sweep(1, 50);

	for (unsigned device = 1; device <= 4; device++)
		silent(sweep, device);
	silent(sweep, 10);
	silent(sweep, 20);
	end_sweep(sweep);
	EXPECT_TOLD("4 DEVICE_UNREACHABLE opened PUMP-001\n4 DEVICE_UNREACHABLE opened PUMP-002\n"
		    "4 DEVICE_UNREACHABLE opened PUMP-003\n4 DEVICE_UNREACHABLE opened PUMP-004\n"
		    "4 DEVICE_UNREACHABLE opened PUMP-010\n4 DEVICE_UNREACHABLE opened PUMP-020\n");
	ck_assert_uint_eq(open_group(), 0);
	sweep = begin_sweep(1, 1);
	fine(sweep, 1);
	EXPECT_TOLD("5 DEVICE_UNREACHABLE resolved PUMP-001\n");
}
END_TEST

START_TEST(part_of_a_subnet_that_is_back_is_told_once_at_the_end)
{
	sweep_silent(1, 9);
	free(hear());
	uint64_t sweep = begin_sweep(1, 9);
	for (unsigned device = 1; device <= 6; device++)
		fine(sweep, device);
	EXPECT_TOLD("");
	end_sweep(sweep);
	EXPECT_TOLD("3 FLEET_UNREACHABLE changed 192.0.2.0/24 3: PUMP-007, PUMP-008, PUMP-009"
		    " (9 devices when it was last told)\n");
	sweep_silent(11, 12); /* more of the subnet join it */
	EXPECT_TOLD("3 FLEET_UNREACHABLE changed 192.0.2.0/24 5: PUMP-007, PUMP-008, PUMP-009, PUMP-011, PUMP-012"
		    " (3 devices when it was last told)\n");
}
END_TEST

START_TEST(device_that_is_back_before_the_end_was_never_missed)
{
	uint64_t sweep = begin_sweep(1, 9);

	for (unsigned device = 1; device <= 5; device++)
		silent(sweep, device);
	uint64_t other = begin_sweep(1, 5);
	fine(other, 1);
	EXPECT_TOLD("");
	end_sweep(sweep);
	CLEANUP(cleanup_free) char *told = hear();
	ck_assert_uint_eq(lines_with(told, "DEVICE_UNREACHABLE opened"), 4);
}
END_TEST

static const struct {
	const char *link, *subnet;
} links[] = {
	{"ftp://192.0.2.77/", "192.0.2.0/24"},
	{"sftp://[2001:db8:1:2:3:4:5:6]:22/", "2001:db8:1:2::/64"},
	{"ftp://pump-1.ICU.example.org/", "icu.example.org"},
	{"ftp://pump-1/", ""},
	{"file:///srv/pump", ""},
	{"no link", ""},
	{NULL, ""},
};

START_TEST(subnet_of_a_link_is_what_a_switch_may_carry)
{
	char subnet[SWEEP_SUBNET_SIZE];

	sweep_subnet_write(subnet, links[_i].link);
	ck_assert_str_eq(subnet, links[_i].subnet);
}
END_TEST

START_TEST(devices_without_a_subnet_are_told_one_by_one)
{
	char link[64];

	for (unsigned device = 1; device <= 8; device++) {
		snprintf(link, sizeof link, "ftp://pump-%u/", device);
		enroll(device, "sample", link);
	}
	sweep_silent(1, 8);
	CLEANUP(cleanup_free) char *told = hear();
	ck_assert_uint_eq(lines_with(told, "DEVICE_UNREACHABLE opened"), 8);
	ck_assert_uint_eq(open_group(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sweep_groups");
	TCase *drift = tcase_create("drift");
	TCase *subnets = tcase_create("subnets");
	TCase *links_case = tcase_create("links");

	tcase_add_checked_fixture(drift, begin, end);
	tcase_add_test(drift, fewer_than_the_threshold_are_told_one_by_one);
	tcase_add_test(drift, threshold_is_one_group_and_those_who_come_are_told_at_the_end);
	tcase_add_test(drift, exactly_the_threshold_is_told_once);
	tcase_add_test(drift, those_of_other_sweeps_do_not_count_but_stand_under_it);
	tcase_add_test(drift, long_list_names_each_of_forty_in_one_of_its_parts);
	tcase_add_loop_test(drift, each_kind_of_change_has_a_group_of_its_own, 0,
			    sizeof kinds_of_change / sizeof kinds_of_change[0]);
	tcase_add_test(drift, other_contents_paths_models_and_releases_are_other_changes);
	tcase_add_test(drift, zero_never_groups_and_tells_silence_at_once);
	tcase_add_test(drift, member_with_another_content_leaves_and_may_join_another_group);
	tcase_add_test(drift, all_that_move_on_make_a_new_group_and_end_the_old);
	tcase_add_test(drift, last_device_that_is_fine_resolves_the_group);
	tcase_add_test(drift, group_is_reminded_of_and_its_devices_are_not);
	tcase_add_test(drift, acknowledged_group_is_quiet_until_a_device_joins);
	tcase_add_test(drift, retired_device_leaves_without_an_open_alert);
	tcase_add_test(drift, sweep_that_was_cut_short_goes_on_where_it_was);
	suite_add_tcase(suite, drift);
	tcase_add_checked_fixture(subnets, begin, end);
	tcase_add_test(subnets, next_sweep_of_any_kind_tells_what_a_dead_one_left_untold);
	tcase_add_test(subnets, switch_that_is_down_is_one_event_and_one_when_it_is_back);
	tcase_add_test(subnets, few_silent_devices_are_told_one_by_one_with_their_subnet_apart);
	tcase_add_test(subnets, part_of_a_subnet_that_is_back_is_told_once_at_the_end);
	tcase_add_test(subnets, device_that_is_back_before_the_end_was_never_missed);
	tcase_add_test(subnets, devices_without_a_subnet_are_told_one_by_one);
	suite_add_tcase(suite, subnets);
	tcase_add_loop_test(links_case, subnet_of_a_link_is_what_a_switch_may_carry, 0, sizeof links / sizeof links[0]);
	suite_add_tcase(suite, links_case);
	return suite_run(suite);
}
