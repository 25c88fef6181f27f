/* Sweeps with their jobs and sums, and alerts. */
#include "base/time.h"
#include "tests/store_fixture.h"
#include "tests/suite.h"

/* ---- sweeps ---- */

static uint64_t begin_sweep(char *window, int count)
{
	const char *assets[16];
	char names[16][32];
	struct store_sweep sweep = { .window = window, .by = "a person", .started_at = 50, .closes_at = 900 };

	for (int i = 0; i < count; i++) {
		(void)snprintf(names[i], sizeof names[i], "SAMPLE-%04d", i + 1);
		assets[i] = names[i];
	}
	must(store_sweep_begin(store, &sweep, assets, (size_t)count, &e));
	ck_assert_uint_gt(sweep.number, 0);
	return sweep.number;
}

static void jobs_are(uint64_t sweep, const char *expected)
{
	struct store_jobs jobs;
	char seen[256] = "";

	must(store_jobs_list(store, sweep, &jobs, &e));
	for (size_t i = 0; i < jobs.count; i++)
		(void)sprintf(seen + strlen(seen), " %d", atoi(jobs.items[i].asset + 7));
	store_jobs_clear(&jobs);
	ck_assert_str_eq(seen, expected);
}

START_TEST(jobs_come_longest_unverified_first)
{
	enroll(4);
	must(store_standing_save(store, "SAMPLE-0001", &(struct store_standing){ .verified_at = 30 }, &e));
	must(store_standing_save(store, "SAMPLE-0002", &(struct store_standing){ .verified_at = 10 }, &e));
	must(store_standing_save(store, "SAMPLE-0003", &(struct store_standing){ .verified_at = 20 }, &e));
	uint64_t sweep = begin_sweep("nightly", 4);
	jobs_are(sweep, " 4 2 3 1");
	must(store_job_done(store, sweep, "SAMPLE-0002", DRIFT_VERIFIED, &e));
	jobs_are(sweep, " 4 3 1");
	must_refuse(store_job_done(store, sweep, "SAMPLE-0002", DRIFT_VERIFIED, &e), ERROR_DATA, "no job left");
	must_refuse(store_job_done(store, sweep + 1, "SAMPLE-0001", DRIFT_VERIFIED, &e), ERROR_DATA, "no job left");
}
END_TEST

START_TEST(a_retry_is_remembered)
{
	struct store_jobs jobs;

	enroll(1);
	uint64_t sweep = begin_sweep(NULL, 1);
	must(store_job_retry(store, sweep, "SAMPLE-0001", 2, 12345, &e));
	must(store_jobs_list(store, sweep, &jobs, &e));
	ck_assert_uint_eq(jobs.count, 1);
	ck_assert_uint_eq(jobs.items[0].attempts, 2);
	ck_assert_int_eq(jobs.items[0].not_before, 12345);
	store_jobs_clear(&jobs);
	must_refuse(store_job_retry(store, sweep, "NOBODY", 1, 1, &e), ERROR_DATA, "NOBODY");
}
END_TEST

START_TEST(a_sweep_with_an_unknown_device_does_not_begin)
{
	const char *const assets[] = { "SAMPLE-0001", "NOBODY" };
	struct store_sweep sweep = { .started_at = 1, .closes_at = TIME_NEVER };

	enroll(1);
	must_refuse(store_sweep_begin(store, &sweep, assets, 2, &e), ERROR_DATA, "NOBODY");
	ck_assert_uint_eq(sweep.number, 0);
	ck_assert_int_eq(store_sweep_unfinished(store, NULL, &sweep, &e), 0);
	ck_assert_int_eq(ask("SELECT count(*) FROM job"), 0);
}
END_TEST

START_TEST(an_unfinished_sweep_is_found_by_its_window)
{
	struct store_sweep found;

	enroll(2);
	uint64_t nightly = begin_sweep("nightly", 2);
	uint64_t by_hand = begin_sweep(NULL, 1);
	ck_assert_int_eq(must(store_sweep_unfinished(store, "nightly", &found, &e)), 1);
	ck_assert_uint_eq(found.number, nightly);
	ck_assert_str_eq(found.window, "nightly");
	ck_assert_str_eq(found.by, "a person");
	ck_assert_int_eq(found.started_at, 50);
	ck_assert_int_eq(found.closes_at, 900);
	ck_assert_int_eq(found.ended_at, 0);
	store_sweep_clear(&found);
	ck_assert_int_eq(must(store_sweep_unfinished(store, NULL, &found, &e)), 1);
	ck_assert_uint_eq(found.number, by_hand);
	store_sweep_clear(&found);
	ck_assert_int_eq(must(store_sweep_unfinished(store, "weekly", &found, &e)), 0);
	ck_assert_int_eq(must(store_sweep_last(store, NULL, &found, &e)), 0);
}
END_TEST

START_TEST(an_ended_sweep_keeps_its_counts)
{
	struct alert_counts counts = { .devices = 3, .files = 12, .bytes = 99, .findings = 1, .overdue = 4,
				       .open_alerts = 5, .started_at = 50, .ended_at = 800, .approvals = 2,
				       .stopped = true, .why_stopped = "a person said so" };
	struct store_sweep found;

	counts.results[DRIFT_VERIFIED] = 2;
	counts.results[DRIFT_SKIPPED] = 1;
	enroll(3);
	uint64_t sweep = begin_sweep("nightly", 3);
	must(store_sweep_end(store, sweep, 800, &counts, &e));
	ck_assert_int_eq(must(store_sweep_last(store, "nightly", &found, &e)), 1);
	ck_assert_uint_eq(found.number, sweep);
	ck_assert_int_eq(found.ended_at, 800);
	ck_assert_mem_eq(&found.counts, &counts, sizeof counts);
	store_sweep_clear(&found);
	ck_assert_int_eq(must(store_sweep_unfinished(store, NULL, &found, &e)), 0);
	must_refuse(store_sweep_end(store, sweep, 900, &counts, &e), ERROR_DATA, "is not running");
	jobs_are(sweep, "");
}
END_TEST

START_TEST(counts_are_of_the_last_visit_of_each_done_job)
{
	struct sample_visit clean, drifted;
	struct alert_counts counts;
	struct alert alert = sample_alert("SAMPLE-0002", "HEAD_C~1");
	uint64_t visit;

	enroll(4);
	uint64_t sweep = begin_sweep("nightly", 4);
	sample_visit(&clean, 60, false);
	sample_visit(&drifted, 70, true);
	must(store_visit_add(store, sweep, "SAMPLE-0001", &clean.report, &clean.verdict, &visit, &e));
	must(store_job_done(store, sweep, "SAMPLE-0001", DRIFT_VERIFIED, &e));
	must(store_visit_add(store, sweep, "SAMPLE-0002", &drifted.report, &drifted.verdict, &visit, &e));
	must(store_visit_add(store, sweep, "SAMPLE-0002", &drifted.report, &drifted.verdict, &visit, &e));
	must(store_job_done(store, sweep, "SAMPLE-0002", DRIFT_DRIFTED, &e));
	must(store_job_done(store, sweep, "SAMPLE-0003", DRIFT_SKIPPED, &e));
	must(store_visit_add(store, sweep, "SAMPLE-0004", &drifted.report, &drifted.verdict, &visit, &e));
	must(store_alert_save(store, &alert, &e));

	must(store_sweep_counts(store, sweep, &counts, &e));
	ck_assert_uint_eq(counts.devices, 3);
	ck_assert_uint_eq(counts.results[DRIFT_VERIFIED], 1);
	ck_assert_uint_eq(counts.results[DRIFT_DRIFTED], 1);
	ck_assert_uint_eq(counts.results[DRIFT_SKIPPED], 1);
	ck_assert_uint_eq(counts.files, 8);
	ck_assert_uint_eq(counts.bytes, 2 * 501775);
	ck_assert_uint_eq(counts.findings, 1);
	ck_assert_uint_eq(counts.open_alerts, 1);
	ck_assert_int_eq(counts.started_at, 50);
}
END_TEST

START_TEST(counts_survive_a_device_that_lies_about_its_bytes)
{
	struct sample_visit sample;
	struct alert_counts counts;
	uint64_t visit;

	enroll(2);
	uint64_t sweep = begin_sweep(NULL, 2);
	sample_visit(&sample, 60, false);
	sample.report.bytes = UINT64_MAX - 1;
	for (int i = 1; i <= 2; i++) {
		const char *asset = i == 1 ? "SAMPLE-0001" : "SAMPLE-0002";
		must(store_visit_add(store, sweep, asset, &sample.report, &sample.verdict, &visit, &e));
		must(store_job_done(store, sweep, asset, DRIFT_VERIFIED, &e));
	}
	must(store_sweep_counts(store, sweep, &counts, &e));
	ck_assert_uint_eq(counts.bytes, UINT64_MAX);
	ck_assert_uint_eq(counts.devices, 2);
}
END_TEST

/* ---- alerts ---- */

START_TEST(an_alert_comes_back_whole)
{
	struct alert alert = sample_alert("SAMPLE-0001", "dir/\xff" "file"), found;

	enroll(1);
	alert.has_old = true;
	alert.old_size = UINT64_MAX;
	alert.old_digest = sample_digest(7);
	alert.manifest = "abc";
	alert.outcome = "truncated";
	alert.detail = "some words";
	alert.state = ALERT_STATE_ACKNOWLEDGED;
	alert.acknowledged_at = 30;
	alert.acknowledged_by = "a person";
	alert.note = "seen";
	alert.resolved_at = 40;
	alert.reminders = 3;
	alert.sweep = 12;
	alert.under = 99;
	must(store_alert_save(store, &alert, &e));
	ck_assert_uint_eq(alert.number, 1);
	ck_assert_int_eq(must(store_alert_load(store, 1, &found, &e)), 1);
	ck_assert_uint_eq(found.number, 1);
	ck_assert_str_eq(found.asset, alert.asset);
	ck_assert_int_eq(found.type, alert.type);
	ck_assert(found.has_kind && found.kind == alert.kind);
	ck_assert_str_eq(found.path, alert.path);
	ck_assert_int_eq(found.state, alert.state);
	ck_assert(found.has_new && found.new_size == alert.new_size);
	ck_assert(digest_equal(&found.new_digest, &alert.new_digest));
	ck_assert(found.has_old && found.old_size == UINT64_MAX);
	ck_assert(digest_equal(&found.old_digest, &alert.old_digest));
	ck_assert_str_eq(found.release, alert.release);
	ck_assert_str_eq(found.manifest, alert.manifest);
	ck_assert_str_eq(found.outcome, alert.outcome);
	ck_assert_str_eq(found.detail, alert.detail);
	ck_assert_int_eq(found.opened_at, 10);
	ck_assert_int_eq(found.seen_at, 20);
	ck_assert_int_eq(found.told_at, 10);
	ck_assert_int_eq(found.acknowledged_at, 30);
	ck_assert_str_eq(found.acknowledged_by, "a person");
	ck_assert_str_eq(found.note, "seen");
	ck_assert_int_eq(found.resolved_at, 40);
	ck_assert_uint_eq(found.reminders, 3);
	ck_assert_uint_eq(found.sweep, 12);
	ck_assert_uint_eq(found.under, 99);
	ck_assert_ptr_null(found.group);
	alert_clear(&found);
	ck_assert_int_eq(must(store_alert_load(store, 2, &found, &e)), 0);
}
END_TEST

START_TEST(a_devices_own_alert_has_no_kind_and_no_path)
{
	struct alert alert = { .asset = "SAMPLE-0001", .type = ALERT_DEVICE_OVERDUE }, found;
	struct alert rejected = { .type = ALERT_BASELINE_REJECTED };

	enroll(1);
	must(store_alert_save(store, &alert, &e));
	must(store_alert_save(store, &rejected, &e));
	ck_assert_int_eq(must(store_alert_load(store, alert.number, &found, &e)), 1);
	ck_assert(!found.has_kind && !found.path && !found.has_new && !found.has_old);
	alert_clear(&found);
	ck_assert_int_eq(must(store_alert_load(store, rejected.number, &found, &e)), 1);
	ck_assert_ptr_null(found.asset);
	alert_clear(&found);
}
END_TEST

START_TEST(one_cause_has_one_alert_that_is_not_resolved)
{
	struct alert first = sample_alert("SAMPLE-0001", "A"), second = sample_alert("SAMPLE-0001", "A");
	struct alert own = { .asset = "SAMPLE-0001", .type = ALERT_DEVICE_REFUSED }, own_again = own;

	enroll(1);
	must(store_alert_save(store, &first, &e));
	must_refuse(store_alert_save(store, &second, &e), ERROR_INTERNAL, "UNIQUE");
	must(store_alert_save(store, &own, &e));
	must_refuse(store_alert_save(store, &own_again, &e), ERROR_INTERNAL, "UNIQUE");
	first.state = ALERT_STATE_RESOLVED;
	must(store_alert_save(store, &first, &e));
	must(store_alert_save(store, &second, &e));
	ck_assert_uint_gt(second.number, own.number);
	first.number = 4711;
	must_refuse(store_alert_save(store, &first, &e), ERROR_DATA, "4711");
}
END_TEST

START_TEST(each_rejected_baseline_is_a_cause_of_its_own)
{
	struct alert first = { .type = ALERT_BASELINE_REJECTED, .manifest = "aa" };
	struct alert other = { .type = ALERT_BASELINE_REJECTED, .manifest = "bb" };
	struct alert signers = { .type = ALERT_BASELINE_REJECTED }, again = first, signers_again = signers;

	must(store_alert_save(store, &first, &e));
	must(store_alert_save(store, &other, &e));
	must(store_alert_save(store, &signers, &e));
	must_refuse(store_alert_save(store, &again, &e), ERROR_INTERNAL, "UNIQUE");
	must_refuse(store_alert_save(store, &signers_again, &e), ERROR_INTERNAL, "UNIQUE");
}
END_TEST

/* The alert of a group that sample_alert() of "A" can stand under. */
static struct alert sample_group(void)
{
	struct alert group = sample_alert(NULL, "A");

	group.type = ALERT_FLEET_DRIFT;
	group.members = ALERT_FILE_MODIFIED;
	group.group = "sample-pump";
	group.asset_count = 40;
	return group;
}

START_TEST(a_group_is_found_by_what_its_devices_have_in_common)
{
	struct alert group = sample_group(), subnet = { .type = ALERT_FLEET_UNREACHABLE, .group = "192.0.2.0/24",
							.members = ALERT_DEVICE_UNREACHABLE };
	struct alert alike = sample_alert("SAMPLE-0001", "A"), silent = { .type = ALERT_DEVICE_UNREACHABLE }, found;

	must(store_alert_save(store, &group, &e));
	must(store_alert_save(store, &subnet, &e));
	ck_assert_int_eq(must(store_alert_group(store, "sample-pump", &alike, &found, &e)), 1);
	ck_assert_uint_eq(found.number, group.number);
	ck_assert_str_eq(found.group, "sample-pump");
	ck_assert_int_eq(found.members, ALERT_FILE_MODIFIED);
	ck_assert_uint_eq(found.asset_count, 40);
	alert_clear(&found);
	ck_assert_int_eq(must(store_alert_group(store, "192.0.2.0/24", &silent, &found, &e)), 1);
	ck_assert_uint_eq(found.number, subnet.number);
	alert_clear(&found);
	ck_assert_int_eq(must(store_alert_group(store, "other-pump", &alike, &found, &e)), 0);
	alike.new_digest = sample_digest(2);
	ck_assert_int_eq(must(store_alert_group(store, "sample-pump", &alike, &found, &e)), 0);
	alike = sample_alert("SAMPLE-0001", "B");
	ck_assert_int_eq(must(store_alert_group(store, "sample-pump", &alike, &found, &e)), 0);
	alike = sample_alert("SAMPLE-0001", "A");
	alike.kind = VISIT_CONFIG;
	ck_assert_int_eq(must(store_alert_group(store, "sample-pump", &alike, &found, &e)), 0);
	group.state = ALERT_STATE_RESOLVED;
	must(store_alert_save(store, &group, &e));
	alike.kind = VISIT_DRUG_LIBRARY;
	ck_assert_int_eq(must(store_alert_group(store, "sample-pump", &alike, &found, &e)), 0);
}
END_TEST

START_TEST(one_change_has_one_group_that_is_not_resolved)
{
	struct alert group = sample_group(), again = sample_group(), other = sample_group(), model = sample_group();
	struct alert stale = { .type = ALERT_FLEET_DRIFT, .members = ALERT_FILE_STALE, .group = "sample-pump",
			       .manifest = "aa" };
	struct alert later = stale, stale_again = stale;

	must(store_alert_save(store, &group, &e));
	must_refuse(store_alert_save(store, &again, &e), ERROR_INTERNAL, "UNIQUE");
	other.new_digest = sample_digest(2);
	must(store_alert_save(store, &other, &e));
	model.group = "other-pump";
	must(store_alert_save(store, &model, &e));
	must(store_alert_save(store, &stale, &e));
	must_refuse(store_alert_save(store, &stale_again, &e), ERROR_INTERNAL, "UNIQUE");
	later.manifest = "bb";
	must(store_alert_save(store, &later, &e));
	group.state = ALERT_STATE_RESOLVED;
	must(store_alert_save(store, &group, &e));
	must(store_alert_save(store, &again, &e));
}
END_TEST

START_TEST(alerts_under_a_group_and_untold_ones_are_listed)
{
	struct alert group = sample_group();
	struct store_alerts alerts;
	struct store_summary summary;
	uint64_t count;

	enroll(3);
	must(store_alert_save(store, &group, &e));
	for (int i = 0; i < 3; i++) {
		static char *const assets[] = { "SAMPLE-0003", "SAMPLE-0002", "SAMPLE-0001" };
		struct alert alert = sample_alert(assets[i], "A");
		alert.under = i < 2 ? group.number : 0;
		alert.told_at = i;
		alert.sweep = (uint64_t)i;
		must(store_alert_save(store, &alert, &e));
	}
	must(store_alerts_under(store, group.number, &alerts, &e));
	ck_assert_uint_eq(alerts.count, 2);
	ck_assert_str_eq(alerts.items[0].asset, "SAMPLE-0002");
	store_alerts_clear(&alerts);
	must(store_alerts_count_under(store, group.number, &count, &e));
	ck_assert_uint_eq(count, 2);
	must(store_alerts_count_under(store, 0, &count, &e));
	ck_assert_uint_eq(count, 0);
	must(store_alerts_untold(store, &alerts, &e));
	ck_assert_uint_eq(alerts.count, 1);
	ck_assert_str_eq(alerts.items[0].asset, "SAMPLE-0003");
	struct alert like = sample_alert("SAMPLE-0001", "A");
	store_alerts_clear(&alerts);
	must(store_alerts_alike(store, "sample-pump", &like, 0, &alerts, &e));
	ck_assert_uint_eq(alerts.count, 3);
	store_alerts_clear(&alerts);
	must(store_alerts_alike(store, "sample-pump", &like, 2, &alerts, &e));
	ck_assert_uint_eq(alerts.count, 1);
	ck_assert_str_eq(alerts.items[0].asset, "SAMPLE-0001");
	store_alerts_clear(&alerts);
	must(store_summarise(store, 100, 0, &summary, &e));
	ck_assert_uint_eq(summary.open_alerts, 3); /* those of devices */
}
END_TEST

START_TEST(alerts_are_listed_by_device_and_state)
{
	struct store_alerts alerts;

	enroll(2);
	for (int i = 0; i < 4; i++) {
		struct alert alert = sample_alert(i < 3 ? "SAMPLE-0001" : "SAMPLE-0002", "A");
		alert.state = i < 2 ? ALERT_STATE_RESOLVED : ALERT_STATE_OPEN;
		must(store_alert_save(store, &alert, &e));
	}
	static const struct {
		char *asset;
		bool all;
		size_t count;
		uint64_t first;
	} cases[] = { { NULL, true, 4, 1 }, { NULL, false, 2, 3 }, { "SAMPLE-0001", true, 3, 1 },
		      { "SAMPLE-0001", false, 1, 3 }, { "SAMPLE-0002", false, 1, 4 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		must(store_alerts_list(store, cases[i].asset, cases[i].all, &alerts, &e));
		ck_assert_uint_eq(alerts.count, cases[i].count);
		ck_assert_uint_eq(alerts.items[0].number, cases[i].first);
		store_alerts_clear(&alerts);
	}
	must(store_alerts_list(store, "NOBODY", true, &alerts, &e));
	ck_assert_uint_eq(alerts.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store, sweeps");
	TCase *sweeps = cases(suite, "sweeps");
	tcase_add_test(sweeps, jobs_come_longest_unverified_first);
	tcase_add_test(sweeps, a_retry_is_remembered);
	tcase_add_test(sweeps, a_sweep_with_an_unknown_device_does_not_begin);
	tcase_add_test(sweeps, an_unfinished_sweep_is_found_by_its_window);
	tcase_add_test(sweeps, an_ended_sweep_keeps_its_counts);
	tcase_add_test(sweeps, counts_are_of_the_last_visit_of_each_done_job);
	tcase_add_test(sweeps, counts_survive_a_device_that_lies_about_its_bytes);

	TCase *alerts = cases(suite, "alerts");
	tcase_add_test(alerts, an_alert_comes_back_whole);
	tcase_add_test(alerts, a_devices_own_alert_has_no_kind_and_no_path);
	tcase_add_test(alerts, one_cause_has_one_alert_that_is_not_resolved);
	tcase_add_test(alerts, each_rejected_baseline_is_a_cause_of_its_own);
	tcase_add_test(alerts, a_group_is_found_by_what_its_devices_have_in_common);
	tcase_add_test(alerts, one_change_has_one_group_that_is_not_resolved);
	tcase_add_test(alerts, alerts_under_a_group_and_untold_ones_are_listed);
	tcase_add_test(alerts, alerts_are_listed_by_device_and_state);
	return suite_run(suite);
}
