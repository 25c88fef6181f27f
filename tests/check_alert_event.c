#include <string.h>

#include "alert/alert.h"
#include "base/cleanup.h"
#include "base/time.h"

#include "suite.h"

static const struct alert_pace daily = {.after = TIME_DAY, .most = 30 * TIME_DAY};

/* ---- overdue ---- */

START_TEST(overdue_is_opened_reminded_of_and_resolved)
{
	struct inventory_device late = {.asset = (char *)"A-1", .enrolled_at = 10 * TIME_DAY};
	struct alert_change first;
	struct alert_change next;

	ck_assert(!alert_overdue(&first, &late, 0, 7 * TIME_DAY, NULL, &daily, 17 * TIME_DAY - 1));
	ck_assert(!alert_overdue(&first, &late, 0, 0, NULL, &daily, 1000 * TIME_DAY));
	ck_assert(alert_overdue(&first, &late, 0, 7 * TIME_DAY, NULL, &daily, 17 * TIME_DAY));
	ck_assert(first.tell);
	ck_assert_int_eq(first.action, ALERT_OPENED);
	ck_assert_int_eq(first.alert.type, ALERT_DEVICE_OVERDUE);
	ck_assert_str_eq(first.alert.detail, "never verified, enrolled 1970-01-11T00:00:00Z");
	ck_assert(!alert_overdue(&next, &late, 0, 7 * TIME_DAY, &first.alert, &daily, 18 * TIME_DAY - 1));
	ck_assert(alert_overdue(&next, &late, 0, 7 * TIME_DAY, &first.alert, &daily, 18 * TIME_DAY));
	ck_assert_int_eq(next.action, ALERT_REMINDED);
	ck_assert_int_eq(next.alert.told_at, 18 * TIME_DAY);
	alert_clear(&next.alert);
	first.alert.state = ALERT_STATE_ACKNOWLEDGED;
	ck_assert(!alert_overdue(&next, &late, 0, 7 * TIME_DAY, &first.alert, &daily, 99 * TIME_DAY));
	ck_assert(alert_overdue(&next, &late, 98 * TIME_DAY, 7 * TIME_DAY, &first.alert, &daily,
				99 * TIME_DAY));
	ck_assert_int_eq(next.action, ALERT_ENDED);
	ck_assert_int_eq(next.alert.state, ALERT_STATE_RESOLVED);
	ck_assert_str_eq(next.alert.detail, "it was verified 1970-04-09T00:00:00Z");
	alert_clear(&next.alert);
	alert_clear(&first.alert);
}
END_TEST

START_TEST(clock_that_was_set_back_resolves_nothing)
{
	struct inventory_device late = {.asset = (char *)"A-1"};
	struct alert open = {.number = 1, .type = ALERT_DEVICE_OVERDUE, .asset = (char *)"A-1"};
	struct alert_change change;

	ck_assert(!alert_overdue(&change, &late, 99 * TIME_DAY, TIME_DAY, &open, &daily, 98 * TIME_DAY));
}
END_TEST

START_TEST(device_that_is_not_active_is_not_overdue)
{
	struct inventory_device late = {.asset = (char *)"A-1", .state = INVENTORY_STORED};
	struct alert open = {.number = 1, .type = ALERT_DEVICE_OVERDUE, .asset = (char *)"A-1"};
	struct alert_change change;

	ck_assert(!alert_overdue(&change, &late, 1, TIME_DAY, NULL, &daily, 99 * TIME_DAY));
	ck_assert(alert_overdue(&change, &late, 1, TIME_DAY, &open, &daily, 99 * TIME_DAY));
	ck_assert_int_eq(change.action, ALERT_ENDED);
	alert_clear(&change.alert);
}
END_TEST

/* ---- rejected baselines ---- */

static const struct alert_rejection damaged = {
	.manifest = "aa", .scope = "model generic", .has_kind = true, .kind = VISIT_FIRMWARE,
	.release = "7.0%", .why = "its text is not what its id says: a%0Ab", .kept = true,
};

START_TEST(rejection_is_opened_reminded_of_and_resolved)
{
	struct alert_change first;
	struct alert_change next;

	ck_assert(alert_rejected(&first, &damaged, NULL, &daily, 5));
	ck_assert(first.tell);
	ck_assert_int_eq(first.action, ALERT_OPENED);
	ck_assert_int_eq(first.alert.type, ALERT_BASELINE_REJECTED);
	ck_assert_int_eq(first.alert.state, ALERT_STATE_OPEN);
	ck_assert_ptr_null(first.alert.asset);
	ck_assert_ptr_null(first.alert.path);
	ck_assert_str_eq(first.alert.manifest, "aa");
	ck_assert_str_eq(first.alert.release, "7.0%");
	ck_assert(first.alert.has_kind && first.alert.kind == VISIT_FIRMWARE);
	ck_assert_int_eq(first.alert.opened_at, 5);
	ck_assert_str_eq(first.alert.detail, "model generic, firmware 7.0%: its text is not what its id"
					     " says: a\nb; the last good one stays in force");
	ck_assert(!alert_rejected(&next, &damaged, &first.alert, &daily, 4 + TIME_DAY));
	ck_assert(alert_rejected(&next, &damaged, &first.alert, &daily, 5 + TIME_DAY));
	ck_assert_int_eq(next.action, ALERT_REMINDED);
	ck_assert_int_eq(next.alert.opened_at, 5);
	ck_assert_int_eq(next.alert.seen_at, 5 + TIME_DAY);
	alert_clear(&next.alert);
	ck_assert_int_eq(alert_resolve(&next, &first.alert, "it was withdrawn by A. Sample", 6), 0);
	ck_assert_int_eq(next.action, ALERT_ENDED);
	ck_assert_int_eq(next.alert.state, ALERT_STATE_RESOLVED);
	ck_assert_int_eq(next.alert.resolved_at, 6);
	ck_assert_str_eq(next.alert.manifest, "aa");
	alert_clear(&next.alert);
	alert_clear(&first.alert);
}
END_TEST

START_TEST(other_reason_for_a_rejection_is_told_and_open_again)
{
	struct alert_rejection other = damaged;
	struct alert_change first;
	struct alert_change next;

	ck_assert(alert_rejected(&first, &damaged, NULL, &daily, 5));
	first.alert.state = ALERT_STATE_ACKNOWLEDGED;
	first.alert.acknowledged_at = 6;
	first.alert.acknowledged_by = strdup("somebody");
	ck_assert(!alert_rejected(&next, &damaged, &first.alert, &daily, 99 * TIME_DAY));
	other.kept = false; /* the program was started again: there is no good copy any more */
	ck_assert(alert_rejected(&next, &other, &first.alert, &daily, 7));
	ck_assert_int_eq(next.action, ALERT_CHANGED);
	ck_assert_int_eq(next.alert.state, ALERT_STATE_OPEN);
	ck_assert_ptr_null(next.alert.acknowledged_by);
	ck_assert_ptr_nonnull(strstr(next.alert.detail, "; what it covers is untrusted"));
	alert_clear(&next.alert);
	alert_clear(&first.alert);
}
END_TEST

START_TEST(refused_signers_are_a_cause_of_their_own)
{
	const struct alert_rejection signers = {.why = "line 3: 100% wrong", .kept = true};
	struct alert_change change;
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	ck_assert(alert_rejected(&change, &signers, NULL, &daily, 5));
	ck_assert_ptr_null(change.alert.manifest);
	ck_assert(!change.alert.has_kind);
	ck_assert_str_eq(change.alert.detail, "line 3: 100% wrong; the last good one stays in use");
	ck_assert_int_eq(alert_event_from_change(&event, &change, NULL, "site", NULL, 3, 5), 0);
	ck_assert_int_eq(event.type, ALERT_BASELINE_REJECTED);
	ck_assert_ptr_null(event.asset);
	ck_assert_str_eq(event.site, "site");
	alert_clear(&change.alert);
}
END_TEST

/* ---- events ---- */

static const struct inventory_device device = {
	.asset = (char *)"A-1", .serial = (char *)"S-1", .model = (char *)"generic",
	.name = (char *)"pump", .department = (char *)"ward",
};

/* Its strings are lent. */
static struct alert_change change_of(enum alert_type type)
{
	struct alert_change change = {
		.tell = true, .action = ALERT_OPENED,
		.alert = {.number = 1, .asset = (char *)"A-1", .type = type},
	};

	if (type != ALERT_FILE_FORGED) {
		change.alert.outcome = (char *)"timed-out";
		return change;
	}
	change.alert.path = (char *)"a";
	change.alert.has_kind = change.alert.has_new = true;
	change.alert.kind = VISIT_CONFIG;
	change.alert.new_size = 3;
	return change;
}

START_TEST(event_of_a_change_carries_the_device_and_the_contents)
{
	struct visit_report report = {.seen_address = "192.0.2.7"};
	struct alert_change change = change_of(ALERT_FILE_FORGED);
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	ck_assert_int_eq(alert_event_from_change(&event, &change, &device, "site", &report, 12, 99), 0);
	ck_assert_int_eq(event.type, ALERT_FILE_FORGED);
	ck_assert_int_eq(event.action, ALERT_OPENED);
	ck_assert_int_eq(event.at, 99);
	ck_assert_str_eq(event.site, "site");
	ck_assert_str_eq(event.asset, "A-1");
	ck_assert_str_eq(event.serial, "S-1");
	ck_assert_str_eq(event.model, "generic");
	ck_assert_str_eq(event.name, "pump");
	ck_assert_str_eq(event.department, "ward");
	ck_assert_str_eq(event.address, "192.0.2.7");
	ck_assert_str_eq(event.grade, "plain, not identified");
	ck_assert_str_eq(event.path, "a");
	ck_assert_int_eq(event.kind, VISIT_CONFIG);
	ck_assert_uint_eq(event.alert, 1);
	ck_assert_uint_eq(event.sweep, 12);
	ck_assert(event.has_new);
	ck_assert_uint_eq(event.new_size, 3);
}
END_TEST

START_TEST(event_of_an_end_has_no_content_that_is_no_longer_there)
{
	struct alert_change change = change_of(ALERT_FILE_FORGED);
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	change.action = ALERT_ENDED;
	ck_assert_int_eq(alert_event_from_change(&event, &change, &device, NULL, NULL, 13, 99), 0);
	ck_assert_int_eq(event.type, ALERT_RESOLVED);
	ck_assert_int_eq(event.resolves, ALERT_FILE_FORGED);
	ck_assert(!event.has_new);
	ck_assert_ptr_null(event.outcome);
	ck_assert_ptr_null(event.grade);
	ck_assert_ptr_null(event.site);
	ck_assert_str_eq(event.path, "a");
}
END_TEST

START_TEST(link_that_was_not_reached_is_not_graded)
{
	struct visit_report report = {.outcome = VISIT_TIMED_OUT};
	struct alert_change change = change_of(ALERT_DEVICE_UNREACHABLE);
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	ck_assert_int_eq(alert_event_from_change(&event, &change, &device, "site", &report, 12, 99), 0);
	ck_assert_ptr_null(event.grade);
	ck_assert_ptr_null(event.address);
	ck_assert_str_eq(event.outcome, "timed-out");
}
END_TEST

START_TEST(rollback_carries_both_releases_and_the_device)
{
	const struct alert_rollback rollback = {.kind = VISIT_DRUG_LIBRARY, .release = "2026-10",
						.manifest = "aa", .release_old = "2026-11",
						.manifest_old = "bb"};
	struct visit_report report = {.seen_address = "192.0.2.7"};
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	ck_assert_int_eq(alert_event_rollback(&event, &rollback, &device, "site", &report, 12, 99), 0);
	ck_assert_int_eq(event.type, ALERT_DEVICE_ROLLED_BACK);
	ck_assert_int_eq(event.action, ALERT_TOLD);
	ck_assert_int_eq(event.kind, VISIT_DRUG_LIBRARY);
	ck_assert_str_eq(event.asset, "A-1");
	ck_assert_str_eq(event.department, "ward");
	ck_assert_str_eq(event.address, "192.0.2.7");
	ck_assert_str_eq(event.grade, "plain, not identified");
	ck_assert_str_eq(event.release, "2026-10");
	ck_assert_str_eq(event.manifest, "aa");
	ck_assert_str_eq(event.release_old, "2026-11");
	ck_assert_str_eq(event.manifest_old, "bb");
	ck_assert_uint_eq(event.sweep, 12);
	ck_assert_uint_eq(event.alert, 0);
}
END_TEST

START_TEST(summary_carries_the_counts)
{
	struct alert_counts counts = {.devices = 3, .approvals = 0};
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	ck_assert_int_eq(alert_event_summary(&event, "site", 4, &counts, 9), 0);
	ck_assert_int_eq(event.type, ALERT_SWEEP_SUMMARY);
	ck_assert_int_eq(event.action, ALERT_TOLD);
	ck_assert(event.has_counts);
	ck_assert_uint_eq(event.counts.devices, 3);
	ck_assert_uint_eq(event.sweep, 4);
}
END_TEST

START_TEST(heartbeat_carries_the_counts_and_the_interval)
{
	const struct alert_counts counts = {.devices = 3, .open_alerts = 2, .waiting = 7};
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	ck_assert_int_eq(alert_event_heartbeat(&event, "sample-site", &counts, 900, 5 * TIME_SECOND), 0);
	ck_assert_int_eq(event.type, ALERT_HEARTBEAT);
	ck_assert_int_eq(event.action, ALERT_TOLD);
	ck_assert_int_eq(event.at, 5 * TIME_SECOND);
	ck_assert_str_eq(event.site, "sample-site");
	ck_assert_uint_eq(event.interval, 900);
	ck_assert(event.has_counts);
	ck_assert_uint_eq(event.counts.waiting, 7);
	ck_assert_uint_eq(event.seq, 0);
}
END_TEST

START_TEST(test_event_has_an_id_of_its_own_and_no_number)
{
	static const char form[] = "xxxxxxxx-xxxx-8xxx-axxx-xxxxxxxxxxxx";
	CLEANUP(alert_event_clear) struct alert_event event = {0};
	CLEANUP(alert_event_clear) struct alert_event same = {0};
	CLEANUP(alert_event_clear) struct alert_event later = {0};

	ck_assert_int_eq(alert_event_test(&event, "sample-site", "alice", 5), 0);
	ck_assert_int_eq(alert_event_test(&same, "sample-site", "alice", 5), 0);
	ck_assert_int_eq(alert_event_test(&later, "sample-site", "alice", 6), 0);
	ck_assert_int_eq(event.type, ALERT_SINK_TEST);
	ck_assert_uint_eq(event.seq, 0);
	ck_assert_str_eq(event.detail, "alice");
	ck_assert_uint_eq(strlen(event.eid), ALERT_EID_SIZE - 1);
	for (size_t i = 0; form[i] != '\0'; i++)
		ck_assert(form[i] == 'x' ? strchr("0123456789abcdef", event.eid[i]) != NULL
					 : event.eid[i] == form[i]);
	ck_assert_str_eq(event.eid, same.eid);
	ck_assert_str_ne(event.eid, later.eid);
}
END_TEST

START_TEST(filter_lets_the_graver_of_the_chosen_types_pass)
{
	const uint64_t all = ~UINT64_C(0);
	const uint64_t forged = UINT64_C(1) << ALERT_FILE_FORGED;
	struct alert_event event = {.type = ALERT_FILE_FORGED};
	struct alert_event stale = {.type = ALERT_FILE_STALE};
	struct alert_event heartbeat = {.type = ALERT_HEARTBEAT};

	ck_assert(alert_event_passes(&event, 7, all));
	ck_assert(alert_event_passes(&event, 1, forged));
	ck_assert(!alert_event_passes(&event, 0, all));
	ck_assert(!alert_event_passes(&event, 7, all & ~forged));
	ck_assert(!alert_event_passes(&stale, 7, forged));
	ck_assert(alert_event_passes(&stale, 4, all));
	event.under = 9; /* it has the severity of what stands under a group */
	ck_assert(!alert_event_passes(&event, ALERT_SEVERITY_UNDER - 1, all));
	ck_assert(alert_event_passes(&event, ALERT_SEVERITY_UNDER, all));
	ck_assert(alert_event_passes(&heartbeat, 0, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alert events");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, overdue_is_opened_reminded_of_and_resolved);
	tcase_add_test(tcase, clock_that_was_set_back_resolves_nothing);
	tcase_add_test(tcase, device_that_is_not_active_is_not_overdue);
	tcase_add_test(tcase, event_of_a_change_carries_the_device_and_the_contents);
	tcase_add_test(tcase, event_of_an_end_has_no_content_that_is_no_longer_there);
	tcase_add_test(tcase, link_that_was_not_reached_is_not_graded);
	tcase_add_test(tcase, rejection_is_opened_reminded_of_and_resolved);
	tcase_add_test(tcase, other_reason_for_a_rejection_is_told_and_open_again);
	tcase_add_test(tcase, refused_signers_are_a_cause_of_their_own);
	tcase_add_test(tcase, rollback_carries_both_releases_and_the_device);
	tcase_add_test(tcase, summary_carries_the_counts);
	tcase_add_test(tcase, heartbeat_carries_the_counts_and_the_interval);
	tcase_add_test(tcase, test_event_has_an_id_of_its_own_and_no_number);
	tcase_add_test(tcase, filter_lets_the_graver_of_the_chosen_types_pass);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
