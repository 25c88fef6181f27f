/* The walk through a device in memory that changes and fails at will (tests/fake_link.c). */
#include <string.h>

#include "base/time.h"
#include "tests/suite.h"
#include "tests/walk_fixture.h"

/* ---- changes and limits ---- */

START_TEST(a_file_that_changes_while_it_is_read_is_read_once_more)
{
	be_small_tree();
	fake_device.changes[0] = (struct fake_change){"fw/b", 1, "new", "20260202000000"};
	visit();
	expect_outcome(VISIT_OK);
	expect_content("fw/b", "new");
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 2);
	ck_assert_uint_eq(fake_device.entries[0].calls[FAKE_READ], 1);
}
END_TEST

START_TEST(a_file_that_changes_each_time_is_not_vouched_for)
{
	be_small_tree();
	fake_device.changes[0] = (struct fake_change){"fw/b", 1, "new", "20260202000000"};
	fake_device.changes[1] = (struct fake_change){"fw/b", 2, "newer", "20260202000001"};
	visit();
	expect_outcome(VISIT_OK);
	expect("fw/b", VISIT_CHANGED_WHILE_READ);
	expect_content("fw/x.lib", "");
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 2);
}
END_TEST

START_TEST(a_file_written_in_place_is_seen_by_its_time)
{
	be_small_tree();
	fake_device.changes[0] = (struct fake_change){"fw/b", 1, "cccccccc", "20260101000001"};
	visit();
	expect_content("fw/b", "cccccccc");
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 2);
}
END_TEST

/* LIST says "Jan  1 00:00", MDTM "20260101000000": each file is then asked about before, too. */
START_TEST(a_time_in_other_words_than_the_listing_is_no_change_and_hides_none)
{
	be_small_tree();
	for (size_t i = 0; i < 4; i++) {
		fake_device.entries[i].modified = "Jan  1 00:00";
		fake_device.entries[i].asked = "20260101000000";
	}
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 3);
	ck_assert_uint_eq(fake_device.calls[FAKE_STAT], 6);
	fake_device.changes[0] = (struct fake_change){"fw/b", 1, "cccccccc", "20260101000001"};
	fake_device.entries[2].calls[FAKE_READ] = 0;
	visit();
	expect_content("fw/b", "cccccccc");
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 2);
}
END_TEST

START_TEST(where_the_listing_tells_the_time_each_file_is_asked_about_once)
{
	be_small_tree();
	visit();
	ck_assert_uint_eq(fake_device.calls[FAKE_STAT], 4);
}
END_TEST

START_TEST(a_link_that_tells_nothing_of_a_file_is_believed)
{
	be_small_tree();
	fake_device.lacks_stat = true;
	visit();
	expect_outcome(VISIT_OK);
	expect_content("fw/b", "bbbbbbbb");
}
END_TEST

START_TEST(a_truncated_file_is_read_once_more_and_then_reported)
{
	be_small_tree();
	fake_device.faults[0] = (struct fake_fault){FAKE_READ, "fw/b", 1, 1, VISIT_TRUNCATED, false};
	visit();
	expect_content("fw/b", "bbbbbbbb");
	fake_device.entries[2].calls[FAKE_READ] = 0;
	fake_device.faults[0].times = 99;
	visit();
	expect_outcome(VISIT_OK);
	expect("fw/b", VISIT_TRUNCATED);
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 2);
}
END_TEST

START_TEST(a_file_too_large_is_not_begun)
{
	be_small_tree();
	order.limits.file_bytes = 7;
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(expect("fw/b", VISIT_TOO_LARGE)->size, 8);
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 0);
	ck_assert_uint_eq(report.bytes, 4);
}
END_TEST

START_TEST(a_file_that_turns_out_too_large_is_stopped)
{
	be_small_tree();
	for (size_t i = 0; i < 4; i++)
		fake_device.entries[i].no_size = true;
	fake_device.lacks_stat = true;
	order.limits.file_bytes = 7;
	visit();
	expect_outcome(VISIT_OK);
	expect("fw/b", VISIT_TOO_LARGE);
	expect_content("fw/x.lib", "");
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 1);
}
END_TEST

START_TEST(a_visit_that_would_be_too_large_ends)
{
	be_small_tree();
	order.limits.visit_bytes = 11;
	visit();
	expect_outcome(VISIT_TOO_LARGE);
	expect_content("a.bin", "aaaa");
	expect("fw/b", VISIT_TOO_LARGE);
	ck_assert_uint_eq(report.bytes, 4);
	for (size_t i = 0; i < 4; i++)
		fake_device.entries[i].no_size = true;
	fake_device.lacks_stat = true;
	visit();
	expect_outcome(VISIT_TOO_LARGE);
	expect("fw/b", VISIT_TOO_LARGE);
	ck_assert_ptr_null(visit_report_find(&report, "fw/x.lib"));
}
END_TEST

/* ---- losses ---- */

START_TEST(a_device_that_cannot_be_reached_is_tried_once)
{
	static const enum visit_outcome outcomes[] = {
		VISIT_NAME_NOT_FOUND, VISIT_CONNECTION_REFUSED, VISIT_TIMED_OUT,
		VISIT_HOST_UNREACHABLE, VISIT_BUSY, VISIT_PROTOCOL_ERROR, VISIT_LOGIN_REFUSED,
		VISIT_HOST_KEY_CHANGED, VISIT_CERTIFICATE_CHANGED,
	};

	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		fake_device = (struct fake_device){0};
		fake_device.faults[0] = (struct fake_fault){FAKE_OPEN, NULL, 1, 99, outcomes[i], true};
		visit();
		expect_outcome(outcomes[i]);
		ck_assert_str_eq(report.detail, "fault");
		ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 1);
		ck_assert_str_eq(report.seen_address, "192.0.2.1");
	}
}
END_TEST

/* Where opening asks nothing, the first file finds out. */
START_TEST(a_device_that_cannot_be_reached_for_its_first_name_is_tried_once)
{
	static char *names[] = {"a.bin", "fw/b"};

	order.address = (struct visit_address){VISIT_HTTP, "192.0.2.1", 80, "/"};
	order.names = (struct visit_paths){names, 2};
	be_small_tree();
	fake_device.lacks_stat = true;
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, NULL, 1, 99, VISIT_CONNECTION_REFUSED, true};
	visit();
	expect_outcome(VISIT_CONNECTION_REFUSED);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 1);
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 1);
}
END_TEST

START_TEST(a_lost_connection_is_opened_again_and_the_file_read_again)
{
	be_small_tree();
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, "fw/b", 1, 1, VISIT_CONNECTION_LOST, true};
	fake_device.faults[1] = (struct fake_fault){FAKE_LIST, "fw", 1, 1, VISIT_TIMED_OUT, true};
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(report.observation_count, 3);
	expect_content("fw/b", "bbbbbbbb");
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 3);
}
END_TEST

START_TEST(a_file_that_breaks_the_connection_twice_keeps_its_outcome)
{
	be_small_tree();
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, "fw/b", 1, 99, VISIT_CONNECTION_LOST, true};
	visit();
	expect_outcome(VISIT_OK);
	expect("fw/b", VISIT_CONNECTION_LOST);
	expect_content("fw/x.lib", "");
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 2);
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 3);
}
END_TEST

START_TEST(after_two_new_connections_the_visit_ends)
{
	be_small_tree();
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, "a.bin", 1, 99, VISIT_TIMED_OUT, true};
	fake_device.faults[1] = (struct fake_fault){FAKE_READ, "fw/b", 1, 99, VISIT_TIMED_OUT, true};
	visit();
	expect_outcome(VISIT_CONNECTION_LOST);
	expect("a.bin", VISIT_TIMED_OUT);
	expect("fw/b", VISIT_TIMED_OUT);
	ck_assert_ptr_null(visit_report_find(&report, "fw/x.lib"));
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 3);
}
END_TEST

START_TEST(a_folder_that_breaks_the_connection_twice_makes_the_device_lost)
{
	be_small_tree();
	fake_device.faults[0] = (struct fake_fault){FAKE_LIST, "fw", 1, 99, VISIT_TIMED_OUT, true};
	visit();
	expect_outcome(VISIT_CONNECTION_LOST);
	expect_content("a.bin", "aaaa");
	ck_assert_uint_eq(fake_device.entries[1].calls[FAKE_LIST], 2);
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 3);
}
END_TEST

START_TEST(no_connection_is_opened_after_the_last_file)
{
	be_small_tree();
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, "fw/x.lib", 1, 99, VISIT_CONNECTION_LOST, true};
	visit();
	expect("fw/x.lib", VISIT_CONNECTION_LOST);
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 2);
}
END_TEST

START_TEST(a_device_that_is_gone_in_the_middle_was_lost)
{
	be_small_tree();
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, "fw/b", 1, 1, VISIT_CONNECTION_LOST, true};
	fake_device.faults[1] =
		(struct fake_fault){FAKE_OPEN, NULL, 2, 99, VISIT_CONNECTION_REFUSED, true};
	visit();
	expect_outcome(VISIT_CONNECTION_LOST);
	expect_content("a.bin", "aaaa");
	expect("fw/b", VISIT_CONNECTION_LOST);
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 2);
}
END_TEST

/* Devices lock out, and a changed key is not a matter of trying again. */
START_TEST(a_refusal_in_the_middle_ends_the_visit)
{
	static const enum visit_outcome outcomes[] = {VISIT_LOGIN_REFUSED, VISIT_HOST_KEY_CHANGED};

	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		fake_device = (struct fake_device){0};
		be_small_tree();
		fake_device.faults[0] =
			(struct fake_fault){FAKE_READ, "fw/b", 1, 99, outcomes[i], false};
		visit();
		expect_outcome(outcomes[i]);
		ck_assert_uint_eq(report.observation_count, 1);
		ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 1);
		ck_assert_uint_eq(fake_device.calls[FAKE_READ], 2);
	}
}
END_TEST

START_TEST(what_is_wrong_with_one_file_stays_with_it)
{
	static const enum visit_outcome outcomes[] = {VISIT_PERMISSION_DENIED, VISIT_BUSY,
						      VISIT_FILE_NOT_FOUND, VISIT_PROTOCOL_ERROR};

	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		fake_device = (struct fake_device){0};
		be_small_tree();
		fake_device.faults[0] =
			(struct fake_fault){FAKE_READ, "fw/b", 1, 99, outcomes[i], false};
		visit();
		expect_outcome(VISIT_OK);
		expect("fw/b", outcomes[i]);
		expect_content("fw/x.lib", "");
		ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 1);
	}
}
END_TEST

static void cancel(void)
{
	cancelled = true;
}

START_TEST(a_cancelled_visit_ends_at_once)
{
	be_small_tree();
	fake_device.on_read = cancel;
	visit();
	expect_outcome(VISIT_CANCELLED);
	ck_assert_uint_eq(report.observation_count, 0);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 1);
}
END_TEST

static void take_a_minute(void)
{
	now += 60 * TIME_SECOND;
}

START_TEST(a_visit_that_takes_too_long_ends)
{
	be_small_tree();
	fake_device.on_read = take_a_minute;
	visit();
	expect_outcome(VISIT_TOO_SLOW);
	expect_content("a.bin", "aaaa");
	ck_assert_uint_eq(report.observation_count, 1);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 1);
}
END_TEST

#define ADD(tests, name) tcase_add_test(tests, name)

int main(void)
{
	Suite *suite = suite_create("walk, with faults");
	TCase *changes = tcase_create("changes and limits");
	TCase *losses = tcase_create("losses");

	ADD(changes, a_file_that_changes_while_it_is_read_is_read_once_more);
	ADD(changes, a_file_that_changes_each_time_is_not_vouched_for);
	ADD(changes, a_file_written_in_place_is_seen_by_its_time);
	ADD(changes, a_time_in_other_words_than_the_listing_is_no_change_and_hides_none);
	ADD(changes, where_the_listing_tells_the_time_each_file_is_asked_about_once);
	ADD(changes, a_link_that_tells_nothing_of_a_file_is_believed);
	ADD(changes, a_truncated_file_is_read_once_more_and_then_reported);
	ADD(changes, a_file_too_large_is_not_begun);
	ADD(changes, a_file_that_turns_out_too_large_is_stopped);
	ADD(changes, a_visit_that_would_be_too_large_ends);
	ADD(losses, a_device_that_cannot_be_reached_is_tried_once);
	ADD(losses, a_device_that_cannot_be_reached_for_its_first_name_is_tried_once);
	ADD(losses, a_lost_connection_is_opened_again_and_the_file_read_again);
	ADD(losses, a_file_that_breaks_the_connection_twice_keeps_its_outcome);
	ADD(losses, after_two_new_connections_the_visit_ends);
	ADD(losses, a_folder_that_breaks_the_connection_twice_makes_the_device_lost);
	ADD(losses, no_connection_is_opened_after_the_last_file);
	ADD(losses, a_device_that_is_gone_in_the_middle_was_lost);
	ADD(losses, a_refusal_in_the_middle_ends_the_visit);
	ADD(losses, what_is_wrong_with_one_file_stays_with_it);
	ADD(losses, a_cancelled_visit_ends_at_once);
	ADD(losses, a_visit_that_takes_too_long_ends);
	add_walk_case(suite, changes);
	add_walk_case(suite, losses);
	return suite_run(suite);
}
