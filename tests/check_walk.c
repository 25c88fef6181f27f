/* The walk through a device in memory (tests/fake_link.c): what is there, and who answers. */
#include <string.h>

#include "base/time.h"
#include "tests/suite.h"
#include "tests/walk_fixture.h"

/* ---- what is there ---- */

START_TEST(every_file_that_a_selector_wants_is_hashed)
{
	be_small_tree();
	fake_device.entries[4] = an_entry("readme", LISTING_FILE, "?");
	fake_device.entries[5] = an_entry("link.bin", LISTING_LINK, NULL);
	fake_device.entries[6] = an_entry("null.bin", LISTING_OTHER, NULL);
	fake_device.entries[7] = an_entry("fw/c.log", LISTING_FILE, "noise");
	fake_device.entries[8] = an_entry("empty", LISTING_FOLDER, NULL);
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(report.observation_count, 3);
	expect_content("a.bin", "aaaa");
	expect_content("fw/b", "bbbbbbbb");
	expect_content("fw/x.lib", "");
	ck_assert_int_eq(expect("a.bin", VISIT_OK)->kind, VISIT_FIRMWARE);
	ck_assert_int_eq(expect("fw/x.lib", VISIT_OK)->kind, VISIT_DRUG_LIBRARY);
	ck_assert_uint_eq(report.left_out, 1);
	ck_assert_uint_eq(report.not_covered, 3);
	ck_assert_uint_eq(report.bytes, 12);
	ck_assert_uint_eq(progress_bytes, 12);
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 1);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 3);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 3);
	ck_assert_str_eq(report.seen_address, "192.0.2.1");
	ck_assert_str_eq(report.seen_pin, "sha256//later");
}
END_TEST

START_TEST(an_empty_device_is_visited_too)
{
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(report.observation_count, 0);
}
END_TEST

START_TEST(a_folder_that_cannot_be_listed_makes_the_visit_incomplete)
{
	static const enum visit_outcome outcomes[] = {
		VISIT_PERMISSION_DENIED, VISIT_FILE_NOT_FOUND, VISIT_LISTING_NOT_UNDERSTOOD,
		VISIT_LISTING_UNSUPPORTED,
	};

	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		fake_device = (struct fake_device){0};
		be_small_tree();
		fake_device.faults[0] =
			(struct fake_fault){FAKE_LIST, "fw", 1, 99, outcomes[i], false};
		visit();
		expect_outcome(outcomes[i]);
		ck_assert_str_eq(report.detail, "folder /fw: fault");
		ck_assert_uint_eq(report.observation_count, 1);
		expect_content("a.bin", "aaaa");
		ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 2);
	}
}
END_TEST

START_TEST(more_entries_than_allowed_make_the_visit_incomplete)
{
	be_small_tree();
	order.limits.entries = 3;
	visit();
	expect_outcome(VISIT_TOO_MANY_FILES);
	ck_assert_ptr_nonnull(strstr(report.detail, "more than 3"));
	ck_assert_uint_eq(report.observation_count, 2);
	order.limits.entries = 4;
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(report.observation_count, 3);
}
END_TEST

START_TEST(a_folder_too_deep_makes_the_visit_incomplete_unless_left_out)
{
	be_small_tree();
	order.limits.depth = 1;
	visit();
	expect_outcome(VISIT_TOO_MANY_FILES);
	ck_assert_uint_eq(report.observation_count, 1);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 1);
	order.limits.depth = 2;
	fake_device.entries[4] = an_entry("logs", LISTING_FOLDER, NULL);
	fake_device.entries[5] = an_entry("logs/old", LISTING_FOLDER, NULL);
	fake_device.entries[6] = an_entry("logs/old/x", LISTING_FILE, "x");
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(report.observation_count, 3);
	ck_assert_uint_eq(report.left_out, 1);
}
END_TEST

START_TEST(a_path_too_long_to_ask_for_makes_the_visit_incomplete)
{
	static char folders[5][1200];

	for (size_t i = 0; i < 5; i++) {
		size_t length = (i + 1) * 220 + i;
		memset(folders[i], 'd', length);
		for (size_t k = 1; k <= i; k++)
			folders[i][k * 221 - 1] = '/';
		fake_device.entries[i] = an_entry(folders[i], LISTING_FOLDER, NULL);
	}
	visit();
	expect_outcome(VISIT_LISTING_NOT_UNDERSTOOD);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 5);
}
END_TEST

START_TEST(a_file_listed_twice_is_read_once_and_makes_the_visit_incomplete)
{
	be_small_tree();
	fake_device.entries[4] = fake_device.entries[0];
	visit();
	expect_outcome(VISIT_LISTING_NOT_UNDERSTOOD);
	ck_assert_uint_eq(report.observation_count, 3);
}
END_TEST

START_TEST(without_a_listing_the_names_are_read)
{
	static char *names[] = {"fw/b", "a.bin", "gone.bin", "fw/b", "noise.log", "unmatched"};

	be_small_tree();
	order.address = (struct visit_address){VISIT_HTTPS, "192.0.2.1", 443, "/"};
	order.names = (struct visit_paths){names, sizeof names / sizeof *names};
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 0);
	ck_assert_uint_eq(report.observation_count, 3);
	expect_content("a.bin", "aaaa");
	expect_content("fw/b", "bbbbbbbb");
	expect("gone.bin", VISIT_FILE_NOT_FOUND);
	ck_assert_uint_eq(report.left_out, 1);
	ck_assert_uint_eq(report.not_covered, 1);
}
END_TEST

START_TEST(a_second_look_reads_only_what_it_names)
{
	static char *only[] = {"fw/b", "gone", "noise.log"};

	be_small_tree();
	fake_device.entries[4] = an_entry("noise.log", LISTING_FILE, "n");
	order.only = (struct visit_paths){only, sizeof only / sizeof *only};
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 0);
	ck_assert_uint_eq(report.observation_count, 3);
	expect_content("fw/b", "bbbbbbbb");
	ck_assert_int_eq(expect("fw/b", VISIT_OK)->kind, VISIT_FIRMWARE);
	expect("gone", VISIT_FILE_NOT_FOUND);
	expect_content("noise.log", "n");
}
END_TEST

START_TEST(a_look_at_the_listing_reads_nothing)
{
	static const struct digest_pair none;

	be_small_tree();
	fake_device.entries[2].no_size = true;
	order.list_only = true;
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(report.observation_count, 3);
	ck_assert_uint_eq(expect("a.bin", VISIT_OK)->size, 4);
	ck_assert_uint_eq(expect("fw/b", VISIT_OK)->size, 8);
	ck_assert_mem_eq(&expect("a.bin", VISIT_OK)->digest, &none, sizeof none);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 0);
	ck_assert_uint_eq(fake_device.calls[FAKE_STAT], 1);
}
END_TEST

START_TEST(a_look_at_files_that_are_only_named_reads_them)
{
	static const struct digest_pair none;
	static char *names[] = {"a.bin", "gone.bin"};

	be_small_tree();
	fake_device.lacks_stat = true;
	order.address = (struct visit_address){VISIT_HTTPS, "192.0.2.1", 443, "/"};
	order.names = (struct visit_paths){names, 2};
	order.list_only = true;
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(expect("a.bin", VISIT_OK)->size, 4);
	ck_assert_mem_eq(&expect("a.bin", VISIT_OK)->digest, &none, sizeof none);
	expect("gone.bin", VISIT_FILE_NOT_FOUND);
	ck_assert_str_eq(report.seen_pin, "sha256//later");
}
END_TEST

/* Opening such a link asks nothing: without a name the device would pass for visited. */
START_TEST(a_visit_that_asks_nothing_is_none)
{
	static char *names[] = {"noise.log"};

	be_small_tree();
	order.address = (struct visit_address){VISIT_HTTP, "192.0.2.1", 80, "/"};
	visit();
	expect_outcome(VISIT_LISTING_UNSUPPORTED);
	order.names = (struct visit_paths){names, 1};
	visit();
	expect_outcome(VISIT_LISTING_UNSUPPORTED);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 0);
}
END_TEST

/* ---- who answers ---- */

static void expect_serial(const char *serial, bool identified)
{
	ck_assert_str_eq(report.seen_serial, serial);
	ck_assert(report.grade.identified == identified);
}

START_TEST(nothing_is_pulled_from_a_device_with_another_serial)
{
	be_small_tree();
	order.identity = (struct visit_identity){VISIT_IDENTITY_GREETING, NULL, "SN=%s;", "A-1"};
	fake_device.greeting = "220 pump SN=A-2; ready";
	visit();
	expect_outcome(VISIT_SERIAL_CHANGED);
	expect_serial("A-2", false);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST] + fake_device.calls[FAKE_READ], 0);
	ck_assert_uint_eq(report.observation_count, 0);
}
END_TEST

START_TEST(nothing_is_pulled_from_a_device_that_shows_no_serial)
{
	be_small_tree();
	order.identity = (struct visit_identity){VISIT_IDENTITY_GREETING, NULL, "SN=%s;", "A-1"};
	fake_device.greeting = "220 pump ready";
	visit();
	expect_outcome(VISIT_IDENTITY_UNKNOWN);
	expect_serial("", false);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST] + fake_device.calls[FAKE_READ], 0);
}
END_TEST

START_TEST(a_device_is_identified_by_its_greeting)
{
	be_small_tree();
	order.identity = (struct visit_identity){VISIT_IDENTITY_GREETING, NULL, "SN=%s;", "A-1"};
	fake_device.greeting = "220 pump SN=A-1; ready";
	visit();
	expect_outcome(VISIT_OK);
	expect_serial("A-1", true);
	ck_assert_uint_eq(report.observation_count, 3);
}
END_TEST

START_TEST(where_no_serial_is_expected_the_one_shown_is_reported)
{
	be_small_tree();
	order.identity = (struct visit_identity){VISIT_IDENTITY_GREETING, NULL, "SN=%s;", NULL};
	fake_device.greeting = "220 pump SN=A-3; ready";
	visit();
	expect_outcome(VISIT_OK);
	expect_serial("A-3", false);
	fake_device.greeting = "220 pump";
	visit();
	expect_outcome(VISIT_OK);
	expect_serial("", false);
}
END_TEST

START_TEST(a_device_is_identified_by_a_small_file)
{
	be_small_tree();
	fake_device.entries[4] = an_entry("ID.TXT", LISTING_FILE, "name=x\nserial=A-1\n");
	order.identity = (struct visit_identity){VISIT_IDENTITY_FILE, "ID.TXT", "serial=%s\n", "A-1"};
	visit();
	expect_outcome(VISIT_OK);
	expect_serial("A-1", true);
	ck_assert_uint_eq(report.bytes, 12 + 18);
	fake_device.entries[4].content = "serial=A-9\n";
	visit();
	expect_outcome(VISIT_SERIAL_CHANGED);
	fake_device.entries[4].content = "";
	visit();
	expect_outcome(VISIT_IDENTITY_UNKNOWN);
	fake_device.entries[4].path = NULL;
	visit();
	expect_outcome(VISIT_IDENTITY_UNKNOWN);
	ck_assert_str_eq(report.detail, "ID.TXT: the device has no such file");
}
END_TEST

START_TEST(a_serial_is_not_sought_in_a_large_file)
{
	static char large[VISIT_IDENTITY_MAX + 2];

	memset(large, ' ', sizeof large - 1);
	memcpy(large, "serial=A-1\n", 11);
	fake_device.entries[0] = an_entry("ID.TXT", LISTING_FILE, large);
	order.identity = (struct visit_identity){VISIT_IDENTITY_FILE, "ID.TXT", "serial=%s\n", "A-1"};
	visit();
	ck_assert_int_ne(report.outcome, VISIT_OK);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 0);
	large[VISIT_IDENTITY_MAX] = '\0';
	visit();
	expect_outcome(VISIT_OK);
}
END_TEST

/* Another device may have the address by the time that the connection is opened again. */
START_TEST(who_answers_is_asked_again_on_a_new_connection)
{
	be_small_tree();
	order.identity = (struct visit_identity){VISIT_IDENTITY_GREETING, NULL, "SN=%s;", "A-1"};
	fake_device.greeting = "SN=A-1;";
	fake_device.greeting_later = "SN=B-7;";
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, "fw/b", 1, 1, VISIT_CONNECTION_LOST, true};
	visit();
	expect_outcome(VISIT_SERIAL_CHANGED);
	expect_serial("B-7", true);
	expect_content("a.bin", "aaaa");
	ck_assert_ptr_null(visit_report_find(&report, "fw/x.lib"));
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 2);
}
END_TEST

#define ADD(tests, name) tcase_add_test(tests, name)

int main(void)
{
	Suite *suite = suite_create("walk");
	TCase *there = tcase_create("what is there");
	TCase *who = tcase_create("who answers");

	ADD(there, every_file_that_a_selector_wants_is_hashed);
	ADD(there, an_empty_device_is_visited_too);
	ADD(there, a_folder_that_cannot_be_listed_makes_the_visit_incomplete);
	ADD(there, more_entries_than_allowed_make_the_visit_incomplete);
	ADD(there, a_folder_too_deep_makes_the_visit_incomplete_unless_left_out);
	ADD(there, a_path_too_long_to_ask_for_makes_the_visit_incomplete);
	ADD(there, a_file_listed_twice_is_read_once_and_makes_the_visit_incomplete);
	ADD(there, without_a_listing_the_names_are_read);
	ADD(there, a_second_look_reads_only_what_it_names);
	ADD(there, a_look_at_the_listing_reads_nothing);
	ADD(there, a_look_at_files_that_are_only_named_reads_them);
	ADD(there, a_visit_that_asks_nothing_is_none);
	ADD(who, nothing_is_pulled_from_a_device_with_another_serial);
	ADD(who, nothing_is_pulled_from_a_device_that_shows_no_serial);
	ADD(who, a_device_is_identified_by_its_greeting);
	ADD(who, where_no_serial_is_expected_the_one_shown_is_reported);
	ADD(who, a_device_is_identified_by_a_small_file);
	ADD(who, a_serial_is_not_sought_in_a_large_file);
	ADD(who, who_answers_is_asked_again_on_a_new_connection);
	add_walk_case(suite, there);
	add_walk_case(suite, who);
	return suite_run(suite);
}
