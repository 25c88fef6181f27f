/* The facts of a fleet, gathered from a store of files. */
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"
#include "baseline/baseline.h"
#include "file/file.h"
#include "overview/overview.h"
#include "setup/setup.h"

#include "tests/store_fixture.h"
#include "tests/suite.h"

#define NOW (INT64_C(1795309200) * TIME_SECOND) /* Sunday, 2026-11-22T01:00:00Z */

static struct setup setup;
static struct report_fleet fleet;
static int64_t now_at;
static const struct store_actor person = {.by = "sample", .at = NOW};

static int64_t read_clock(void *userdata)
{
	(void)userdata;
	return now_at;
}

static void configure(const char *more)
{
	struct text text;

	text_init(&text);
	text_addf(&text, "[pumpwatch]\nsite = sample-site\napprovals = 0\nkeep-free = 0\nstate = %s\n%s", folder, more);
	config_clear(&setup.config);
	must(config_parse(&setup.config, "/nowhere/pumpwatch.conf", text.data, text.length, &e));
	text_clear(&text);
}

static void begin(void)
{
	(void)setenv("TZ", "UTC0", 1);
	tzset();
	set_up();
	now_at = NOW;
	setup = (struct setup){.clock = {.now = read_clock}, .host = "collector.example"};
	configure("");
}

static void finish(void)
{
	report_fleet_clear(&fleet);
	config_clear(&setup.config);
	tear_down();
}

static void load(void)
{
	report_fleet_clear(&fleet);
	must(overview_load(&fleet, &setup, store, NULL, &e));
}

static void visit(int number, int64_t at, enum drift_result result)
{
	struct store_standing standing = {
		.visited_at = at, .verified_at = result <= DRIFT_BEHIND ? at : 0, .has_result = true, .result = result,
	};
	struct sample_device device;
	struct sample_visit sample;
	uint64_t visited;

	sample_visit(&sample, at, false);
	sample.verdict.result = result;
	sample_device(&device, number);
	must(store_visit_add(store, 0, device.asset, &sample.report, &sample.verdict, &visited, &e));
	must(store_standing_save(store, device.asset, &standing, &e));
}

static void set_state(int number, enum inventory_state state)
{
	struct sample_device device;

	sample_device(&device, number);
	device.device.state = state;
	must(store_device_save(store, &device.device, &e));
}

START_TEST(an_empty_store_is_a_fleet_of_none)
{
	load();
	ck_assert_str_eq(fleet.site, "sample-site");
	ck_assert_str_eq(fleet.host, "collector.example");
	ck_assert_int_eq(fleet.made_at, NOW);
	ck_assert_uint_eq(fleet.device_count, 0);
	ck_assert(!fleet.has_last);
	ck_assert_int_eq(fleet.next_at, 0);
	ck_assert_int_eq(fleet.days[REPORT_DAYS - 1].at, NOW - TIME_HOUR);
	ck_assert_int_eq(fleet.days[0].at, NOW - TIME_HOUR - 89 * TIME_DAY);
}
END_TEST

START_TEST(devices_are_counted_by_result_and_age)
{
	enroll(6);
	visit(1, NOW - TIME_HOUR, DRIFT_VERIFIED);
	visit(2, NOW - 8 * TIME_DAY, DRIFT_VERIFIED);
	visit(3, NOW - TIME_HOUR, DRIFT_DRIFTED);
	visit(4, NOW - TIME_HOUR, DRIFT_BEHIND);
	visit(5, NOW - TIME_HOUR, DRIFT_VERIFIED);
	set_state(4, INVENTORY_STORED);
	set_state(5, INVENTORY_RETIRED);
	load();
	ck_assert_uint_eq(fleet.device_count, 5); /* the retired one is not among them */
	ck_assert_uint_eq(fleet.states[INVENTORY_ACTIVE], 4);
	ck_assert_uint_eq(fleet.states[INVENTORY_RETIRED], 1);
	ck_assert_uint_eq(fleet.results[DRIFT_VERIFIED], 2);
	ck_assert_uint_eq(fleet.results[DRIFT_BEHIND], 0); /* it is stored */
	ck_assert_uint_eq(fleet.never_visited, 1);
	ck_assert_uint_eq(fleet.overdue, 3); /* by enrollment in 1970 */
	ck_assert_uint_eq(fleet.ages[REPORT_AGE_DAY], 1);
	ck_assert_uint_eq(fleet.ages[REPORT_AGE_MONTH], 1);
	ck_assert_uint_eq(fleet.ages[REPORT_AGE_NEVER], 2);
	const struct report_device *late = report_device_find(&fleet, "SAMPLE-0002");
	ck_assert(late && late->overdue);
	ck_assert(!report_device_find(&fleet, "SAMPLE-0001")->overdue);
	ck_assert_ptr_null(report_device_find(&fleet, "SAMPLE-0005"));
}
END_TEST

/* Of each day the last result of each device, in local time. */
START_TEST(the_trend_has_the_last_result_of_each_day)
{
	(void)setenv("TZ", "XXX-2", 1); /* two hours ahead: 01:00Z is 03:00 */
	tzset();
	enroll(2);
	visit(1, NOW - 100 * TIME_DAY, DRIFT_DRIFTED); /* before the first day */
	visit(1, NOW - 2 * TIME_DAY - 2 * TIME_HOUR, DRIFT_VERIFIED); /* 01:00 of the day before yesterday */
	visit(1, NOW - TIME_DAY, DRIFT_UNREACHABLE);
	visit(2, NOW - TIME_DAY, DRIFT_VERIFIED);
	visit(1, NOW - TIME_DAY + TIME_HOUR, DRIFT_VERIFIED); /* again: this counts */
	visit(2, NOW - 2 * TIME_HOUR, DRIFT_DRIFTED); /* 01:00 of today */
	visit(1, NOW - 3 * TIME_HOUR - TIME_SECOND * 13, DRIFT_REFUSED); /* 23:59:47, and 12 s long */
	load();
	const struct report_day *today = &fleet.days[REPORT_DAYS - 1];
	ck_assert_int_eq(today->at, NOW - 3 * TIME_HOUR);
	ck_assert_uint_eq(today->results[DRIFT_DRIFTED], 1);
	ck_assert_uint_eq(today->results[DRIFT_VERIFIED], 0);
	ck_assert_uint_eq(today[-1].results[DRIFT_VERIFIED], 1);
	ck_assert_uint_eq(today[-1].results[DRIFT_REFUSED], 1);
	ck_assert_uint_eq(today[-1].results[DRIFT_UNREACHABLE], 0);
	ck_assert_uint_eq(today[-2].results[DRIFT_VERIFIED], 1);
	for (int i = 0; i < REPORT_DAYS - 3; i++)
		for (int result = 0; result < DRIFT_RESULT_COUNT; result++)
			ck_assert_uint_eq(fleet.days[i].results[result], 0);
}
END_TEST

static uint64_t save_alert(struct alert alert)
{
	must(store_alert_save(store, &alert, &e));
	return alert.number;
}

START_TEST(alerts_are_counted_as_people_see_them)
{
	static char model[] = "sample-pump", file[] = "HEAD_C~1";
	struct sample_device first, second, third;

	enroll(3);
	sample_device(&first, 1);
	sample_device(&second, 2);
	sample_device(&third, 3);
	struct alert group = sample_alert(NULL, file);
	group.type = ALERT_FLEET_DRIFT;
	group.members = ALERT_FILE_MODIFIED;
	group.group = model;
	group.asset_count = 7;
	struct alert member = sample_alert(first.asset, file);
	member.under = save_alert(group);
	save_alert(member);
	member.asset = second.asset;
	save_alert(member);
	struct alert own = sample_alert(third.asset, file);
	own.state = ALERT_STATE_ACKNOWLEDGED;
	own.acknowledged_at = 5;
	save_alert(own);
	load();
	ck_assert_uint_eq(fleet.alert_count, 4);
	ck_assert_uint_eq(fleet.open_alerts, 1);
	ck_assert_uint_eq(fleet.acknowledged_alerts, 1);
	ck_assert_uint_eq(fleet.severities[1], 1);
	ck_assert_uint_eq(fleet.severities[2], 0);
	ck_assert_uint_eq(alert_find(fleet.alerts, fleet.alert_count, member.under)->asset_count, 2);
}
END_TEST

static uint64_t begin_sweep(char *window, int64_t at, int64_t closes_at)
{
	struct store_sweep sweep = {.window = window, .started_at = at, .closes_at = closes_at};

	must(store_sweep_begin(store, &sweep, NULL, 0, &e));
	return sweep.number;
}

static void end_sweep(uint64_t number, int64_t at)
{
	const struct alert_counts counts = {.devices = 3, .bytes = 77, .results = {[DRIFT_VERIFIED] = 3}};

	must(store_sweep_end(store, number, at, &counts, &e));
}

static char night[] = "night";

START_TEST(sweeps_run_end_break_off_and_are_missed)
{
	configure("[window night]\nwhen = daily 23:00-05:00\n");
	enroll(1);
	load();
	ck_assert_int_eq(fleet.next_at, NOW + 22 * TIME_HOUR);
	ck_assert_int_eq(fleet.missed_at, NOW - 2 * TIME_HOUR);
	ck_assert_str_eq(fleet.missed_window, "night");
	uint64_t number = begin_sweep(night, NOW - TIME_HOUR, NOW + 4 * TIME_HOUR);
	load();
	ck_assert_int_eq(fleet.running_since, NOW - TIME_HOUR);
	ck_assert_int_eq(fleet.missed_at, 0);
	now_at = NOW + 6 * TIME_HOUR; /* its window has closed long ago */
	load();
	ck_assert_int_eq(fleet.running_since, 0);
	ck_assert_int_eq(fleet.broken_since, NOW - TIME_HOUR);
	end_sweep(number, NOW + TIME_HOUR);
	load();
	ck_assert_int_eq(fleet.broken_since, 0);
	ck_assert(fleet.has_last);
	ck_assert_uint_eq(fleet.last_number, number);
	ck_assert_str_eq(fleet.last_window, "night");
	ck_assert_uint_eq(fleet.last.bytes, 77);
	ck_assert_uint_eq(fleet.last.results[DRIFT_VERIFIED], 3);
}
END_TEST

START_TEST(a_killed_sweep_by_hand_does_not_run_for_ever)
{
	enroll(1);
	begin_sweep(NULL, NOW - TIME_HOUR, TIME_NEVER);
	load();
	ck_assert_int_eq(fleet.running_since, NOW - TIME_HOUR);
	now_at = NOW + TIME_DAY;
	load();
	ck_assert_int_eq(fleet.running_since, 0);
	ck_assert_int_eq(fleet.broken_since, NOW - TIME_HOUR);
	end_sweep(begin_sweep(NULL, NOW, TIME_NEVER), NOW);
	load();
	ck_assert_int_eq(fleet.broken_since, 0);
}
END_TEST

START_TEST(a_window_misses_nothing_where_nobody_was)
{
	struct sample_device sample;

	configure("[window night]\nwhen = daily 23:00-05:00\ndepartment = Ward 9\n");
	enroll(1); /* Ward 3 */
	load();
	ck_assert_int_eq(fleet.missed_at, 0);
	configure("[window night]\nwhen = every 6h\n");
	load();
	ck_assert_int_eq(fleet.missed_at, NOW - TIME_HOUR); /* midnight */
	sample_device(&sample, 1);
	sample.device.enrolled_at = NOW - TIME_MINUTE;
	must(store_device_save(store, &sample.device, &e));
	load();
	ck_assert_int_eq(fleet.missed_at, 0);
}
END_TEST

START_TEST(sinks_are_those_of_the_configuration)
{
	static char asset[] = "SAMPLE-0001";
	uint64_t seq;

	configure("[sink siem]\ntype = udp\naddress = 192.0.2.1\n[sink file]\ntype = spool\npath = /nowhere/file\n");
	must(store_sink_position(store, "siem", &seq, &e));
	must(store_sink_position(store, "gone", &seq, &e));
	struct alert_event event = sample_event(asset, NOW);
	must(store_event_append(store, &event, &e));
	must(store_sink_away(store, "siem", NOW - TIME_HOUR, "no route", &e));
	load();
	ck_assert_uint_eq(fleet.sink_count, 2);
	ck_assert_str_eq(fleet.sinks[0].name, "siem");
	ck_assert_str_eq(fleet.sinks[0].type, "udp");
	ck_assert_uint_eq(fleet.sinks[0].waiting, 1);
	ck_assert_uint_gt(fleet.sinks[0].waiting_bytes, 0);
	ck_assert_int_eq(fleet.sinks[0].away_since, NOW - TIME_HOUR);
	ck_assert_str_eq(fleet.sinks[0].why, "no route");
	ck_assert_uint_eq(fleet.sinks[1].waiting, 0);
	ck_assert_uint_eq(fleet.seq, 1);
	ck_assert_uint_eq(strlen(fleet.head), DIGEST_SHA256_HEX);
	ck_assert_ptr_null(fleet.full);
}
END_TEST

/* A baseline of the model in the store, in force; its id is for the caller to look up. */
static void put_in_force(uint64_t serial, const char *release, const char *previous, char ret_id[static MANIFEST_ID_SIZE])
{
	const struct digest_pair digest = sample_digest((int)serial);
	struct manifest manifest = {
		.site = strdup("sample-site"), .scope_name = strdup("sample-pump"), .kind = VISIT_DRUG_LIBRARY,
		.release = strdup(release), .serial = serial, .created_at = TIME_DAY, .expires_at = NOW + 400 * TIME_DAY,
	};
	struct text text;

	text_init(&text);
	(void)snprintf(manifest.previous, sizeof manifest.previous, "%s", previous);
	ck_assert_int_eq(manifest_add(&manifest, "doses.lib", 5, &digest), 0);
	must(manifest_write(&text, &manifest, &e));
	ck_assert_int_eq(manifest_id(ret_id, text.data, text.length), 0);
	must(store_baseline_add(store, text.data, &manifest, &person, &e));
	must(store_baseline_enforce(store, ret_id, NOW + 20 * TIME_DAY, &person, &e));
	manifest_clear(&manifest);
	text_clear(&text);
}

static void put_on(int number, const char *id, uint64_t serial, const char *department)
{
	struct store_standing standing = {.visited_at = NOW, .verified_at = NOW, .has_result = true};
	struct store_release *release = &standing.releases[VISIT_DRUG_LIBRARY];
	struct sample_device device;

	sample_device(&device, number);
	device.device.department = (char *)(uintptr_t)department;
	must(store_device_save(store, &device.device, &e));
	(void)snprintf(release->manifest, sizeof release->manifest, "%s", id);
	release->serial = serial;
	must(store_standing_save(store, device.asset, &standing, &e));
}

START_TEST(a_rollout_tells_who_is_behind_and_until_when)
{
	char first[MANIFEST_ID_SIZE], second[MANIFEST_ID_SIZE];

	put_in_force(1, "2026-10", "", first);
	put_in_force(2, "2026-11", first, second);
	enroll(5);
	put_on(1, second, 2, "Ward 1");
	put_on(2, first, 1, "ICU");
	put_on(3, first, 1, "Ward 1");
	put_on(4, first, 1, "Ward 1");
	load();
	ck_assert_uint_eq(fleet.baseline_count, 2);
	ck_assert_str_eq(fleet.baselines[0].scope, "model sample-pump");
	ck_assert_str_eq(fleet.baselines[0].stage, "older");
	ck_assert_int_eq(fleet.baselines[0].accept_until, NOW + 20 * TIME_DAY);
	ck_assert_str_eq(fleet.baselines[1].stage, "current");
	ck_assert(fleet.baselines[1].in_force);
	ck_assert_ptr_null(fleet.baselines[1].fault);
	ck_assert_uint_eq(fleet.rollout_count, 1);
	const struct report_rollout *rollout = &fleet.rollouts[0];
	ck_assert_str_eq(rollout->release, "2026-11");
	ck_assert_uint_eq(rollout->devices, 5);
	ck_assert_uint_eq(rollout->on_current, 1);
	ck_assert_uint_eq(rollout->on_older, 3);
	ck_assert_uint_eq(rollout->unknown, 1);
	ck_assert_int_eq(rollout->accept_until, NOW + 20 * TIME_DAY);
	ck_assert_uint_eq(rollout->department_count, 2);
	ck_assert_str_eq(rollout->departments[0].name, "Ward 1");
	ck_assert_uint_eq(rollout->departments[0].count, 2);
	ck_assert_str_eq(rollout->departments[1].name, "ICU");
}
END_TEST

START_TEST(a_damaged_baseline_is_told_as_the_process_sees_it)
{
	struct baseline_memory *memory = baseline_memory_new();
	struct baselines believed = {0};
	struct baseline_rejections rejections = {0};
	char id[MANIFEST_ID_SIZE];

	put_in_force(1, "2026-10", "", id);
	must(baseline_refresh(&believed, &rejections, memory, store, &setup.config, NOW, &e));
	baselines_clear(&believed);
	baseline_rejections_clear(&rejections);
	close_store();
	tamper("UPDATE baseline SET text = 'nothing'");
	open_store();
	for (int i = 0; i < 2; i++) { /* looking makes nothing forget */
		report_fleet_clear(&fleet);
		must(overview_load(&fleet, &setup, store, memory, &e));
		ck_assert_uint_eq(fleet.rejected, 1);
		ck_assert_ptr_nonnull(fleet.baselines[0].fault);
		ck_assert(fleet.baselines[0].kept);
	}
	load(); /* as a process that begins */
	ck_assert_uint_eq(fleet.rejected, 1);
	ck_assert(!fleet.baselines[0].kept);
	close_store();
	tamper("DELETE FROM baseline");
	open_store();
	report_fleet_clear(&fleet);
	must(overview_load(&fleet, &setup, store, memory, &e));
	ck_assert_uint_eq(fleet.baseline_count, 1);
	ck_assert_str_eq(fleet.baselines[0].stage, "gone");
	ck_assert_str_eq(fleet.baselines[0].scope, "model sample-pump");
	baseline_memory_free(memory);
}
END_TEST

START_TEST(without_signers_nothing_can_be_checked)
{
	char id[MANIFEST_ID_SIZE];

	put_in_force(1, "2026-10", "", id);
	setup.config.approvals = 2; /* and there is no such file */
	load();
	ck_assert(fleet.unchecked);
	ck_assert_uint_eq(fleet.rejected, 0);
	ck_assert_ptr_nonnull(strstr(fleet.signers_fault, "who may sign cannot be read"));
}
END_TEST

START_TEST(a_stop_and_a_full_outbox_are_told)
{
	must(sweep_stop_write(folder, "pumps\tare being moved", &e));
	setup.config.keep_free = UINT64_C(1) << 62;
	load();
	ck_assert_str_eq(fleet.stop, "pumps%09are being moved");
	ck_assert_ptr_nonnull(strstr(fleet.full, "keep-free"));
}
END_TEST

/* What cannot be read is a failure, and not a fleet that has none of it. */
START_TEST(what_cannot_be_read_fails)
{
	static const char *const damages[] = {
		"UPDATE device SET state = 'nonsense'", "UPDATE visit SET result = 'nonsense'",
		"UPDATE sweep_result SET result = 'nonsense'", "UPDATE alert SET type = 'NONSENSE'",
		"DROP TABLE sink_trail; DROP TABLE sink",
	};
	static char asset[] = "SAMPLE-0001", file[] = "HEAD_C~1";

	enroll(1);
	visit(1, NOW, DRIFT_VERIFIED);
	save_alert(sample_alert(asset, file));
	end_sweep(begin_sweep(NULL, NOW, TIME_NEVER), NOW);
	load();
	close_store();
	tamper(damages[_i]);
	open_store();
	report_fleet_clear(&fleet);
	ck_assert_int_eq(overview_load(&fleet, &setup, store, NULL, &e), -1);
	ck_assert_ptr_null(fleet.site);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("overview");
	TCase *group = tcase_create("facts");

	tcase_add_checked_fixture(group, begin, finish);
	suite_add_tcase(suite, group);
	tcase_add_test(group, an_empty_store_is_a_fleet_of_none);
	tcase_add_test(group, devices_are_counted_by_result_and_age);
	tcase_add_test(group, the_trend_has_the_last_result_of_each_day);
	tcase_add_test(group, alerts_are_counted_as_people_see_them);
	tcase_add_test(group, sweeps_run_end_break_off_and_are_missed);
	tcase_add_test(group, a_killed_sweep_by_hand_does_not_run_for_ever);
	tcase_add_test(group, a_window_misses_nothing_where_nobody_was);
	tcase_add_test(group, sinks_are_those_of_the_configuration);
	tcase_add_test(group, a_rollout_tells_who_is_behind_and_until_when);
	tcase_add_test(group, a_damaged_baseline_is_told_as_the_process_sees_it);
	tcase_add_test(group, without_signers_nothing_can_be_checked);
	tcase_add_test(group, a_stop_and_a_full_outbox_are_told);
	tcase_add_loop_test(group, what_cannot_be_read_fails, 0, 5);
	return suite_run(suite);
}
