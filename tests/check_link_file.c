/* The link to a local folder: a bench copy, or a server's folder that is mounted. */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/link_fixture.h"
#include "tests/servers/servers.h"

#include "suite.h"

enum { NOBODY = 65534 };

static struct server place;
static struct link_fixture fixture;

static void start(void)
{
	server_prepare(&place);
	link_fixture_init(&fixture, VISIT_FILE, 0, place.root);
}

static void start_open(void)
{
	start();
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
}

/* As before Linux 5.6; for this test's process only. */
static void forbid_openat2(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	ck_assert_ptr_nonnull(filter);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0), 0);
	ck_assert_int_eq(seccomp_load(filter), 0);
	seccomp_release(filter);
}

static void start_on_kernel(bool old)
{
	start_open();
	if (old)
		forbid_openat2();
}

static void finish(void)
{
	link_fixture_clear(&fixture);
	server_stop(&place);
}

START_TEST(a_folder_is_listed_with_what_is_in_it)
{
	struct listing listing;

	start_on_kernel(_i == 1);
	server_put(&place, "A/drugs.db", "sample\n", 7);
	server_shell(&place, "cd root/A && touch -d 2026-01-02T03:04:05.25Z drugs.db && "
			     "ln -s drugs.db link && mkfifo pipe && mkdir folder");
	ck_assert_outcome(link_fixture_list(&fixture, "A", &listing), VISIT_OK);
	ck_assert_uint_eq(listing.count, 4);
	const struct listing_entry *entry = link_fixture_entry(&listing, "drugs.db");
	ck_assert_int_eq(entry->type, LISTING_FILE);
	ck_assert(entry->has_size && entry->size == 7);
	ck_assert_str_eq(entry->modified, "2026-01-02T03:04:05.250000Z");
	ck_assert_int_eq(link_fixture_entry(&listing, "link")->type, LISTING_LINK);
	ck_assert_int_eq(link_fixture_entry(&listing, "pipe")->type, LISTING_OTHER);
	ck_assert_int_eq(link_fixture_entry(&listing, "folder")->type, LISTING_FOLDER);
	ck_assert(!link_fixture_entry(&listing, "folder")->has_size);
	listing_clear(&listing);
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_OK);
	ck_assert_uint_eq(listing.count, 1);
	listing_clear(&listing);
	finish();
}
END_TEST

START_TEST(a_file_is_read_whole)
{
	struct listing_entry entry;

	start_on_kernel(_i == 1);
	server_put_pattern(&place, "A/B/firmware", 1234567, 9);
	ck_assert_outcome(link_fixture_stat(&fixture, "A/B/firmware", &entry), VISIT_OK);
	ck_assert_str_eq(entry.name, "firmware");
	ck_assert_uint_eq(entry.size, 1234567);
	free(entry.name);
	ck_assert_outcome(link_fixture_read(&fixture, "A/B/firmware", 1234567), VISIT_OK);
	ck_assert(fixture.read.length_verified);
	server_put(&place, "got", fixture.bytes.data, fixture.bytes.length);
	server_shell(&place, "cmp root/got root/A/B/firmware");
	ck_assert(link_is_usable(fixture.link));
	ck_assert(!fixture.seen.grade.encrypted && !fixture.seen.grade.authenticated);
	finish();
}
END_TEST

START_TEST(only_files_below_the_root_are_opened)
{
	static const char *const commands[] = {
		"mkdir root/x",
		"mkfifo root/x",
		"ln -s /etc/passwd root/x",
		"echo sample >outside && ln -s ../outside root/x",
		"ln -s nowhere root/x",
		"true",
	};

	start_on_kernel(_i >= 6);
	server_shell(&place, "%s", commands[_i % 6]);
	ck_assert_outcome(link_fixture_read(&fixture, "x", -1), VISIT_FILE_NOT_FOUND);
	finish();
}
END_TEST

START_TEST(no_link_on_the_way_is_followed)
{
	struct listing listing;
	struct listing_entry entry;

	start_on_kernel(_i == 1);
	server_shell(&place, "mkdir other root/A && echo sample >other/x && ln -s ../../other root/A/B");
	ck_assert_outcome(link_fixture_read(&fixture, "A/B/x", -1), VISIT_FILE_NOT_FOUND);
	ck_assert_outcome(link_fixture_list(&fixture, "A/B", &listing), VISIT_FILE_NOT_FOUND);
	ck_assert_outcome(link_fixture_stat(&fixture, "A/B/x", &entry), VISIT_FILE_NOT_FOUND);
	ck_assert_outcome(link_fixture_stat(&fixture, "A/B", &entry), VISIT_OK);
	ck_assert_int_eq(entry.type, LISTING_LINK);
	free(entry.name);
	finish();
}
END_TEST

START_TEST(what_may_not_be_read_is_denied)
{
	struct listing listing;

	start_open();
	server_put(&place, "file", "x", 1);
	server_shell(&place, "mkdir root/folder && chmod 0 root/folder root/file");
	/* root may read everything, so the test goes on as nobody. */
	ck_assert(geteuid() != 0 || seteuid(NOBODY) == 0);
	ck_assert_outcome(link_fixture_read(&fixture, "file", 1), VISIT_PERMISSION_DENIED);
	ck_assert_outcome(link_fixture_list(&fixture, "folder", &listing), VISIT_PERMISSION_DENIED);
	ck_assert(getuid() != 0 || seteuid(0) == 0);
	finish();
}
END_TEST

START_TEST(a_file_of_someone_else_is_read_without_its_owners_rights)
{
	start_open();
	server_put(&place, "file", "sample", 6);
	ck_assert(geteuid() != 0 || seteuid(NOBODY) == 0);
	ck_assert_outcome(link_fixture_read(&fixture, "file", 6), VISIT_OK);
	ck_assert(getuid() != 0 || seteuid(0) == 0);
	finish();
}
END_TEST

START_TEST(reading_leaves_the_time_of_access)
{
	char path[2 * SERVER_PATH_MAX];
	struct stat before;
	struct stat after;

	start_open();
	server_put(&place, "file", "sample", 6);
	server_shell(&place, "touch -a -d 2020-01-01 root/file");
	snprintf(path, sizeof path, "%s/file", place.root);
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_outcome(link_fixture_read(&fixture, "file", 6), VISIT_OK);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(before.st_atim.tv_sec, after.st_atim.tv_sec);
	finish();
}
END_TEST

START_TEST(a_root_that_is_not_there_is_a_device_that_is_not_there)
{
	start();
	server_shell(&place, "rmdir root");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_HOST_UNREACHABLE);
	server_shell(&place, "echo sample >root");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_HOST_UNREACHABLE);
	finish();
}
END_TEST

START_TEST(too_large_and_too_many_are_left)
{
	struct listing listing;

	start_open();
	server_put_pattern(&place, "A/large", 200000, 1);
	fixture.order.limits.file_bytes = 199999;
	ck_assert_outcome(link_fixture_read(&fixture, "A/large", 200000), VISIT_TOO_LARGE);
	ck_assert_uint_eq(fixture.bytes.length, 0);
	fixture.order.limits.file_bytes = 200000;
	fixture.stop_at = 199999;
	ck_assert_outcome(link_fixture_read(&fixture, "A/large", 200000), VISIT_TOO_LARGE);
	server_shell(&place, "mkdir root/B && cd root/B && seq 300 | xargs touch");
	fixture.order.limits.entries = 299;
	ck_assert_outcome(link_fixture_list(&fixture, "B", &listing), VISIT_TOO_MANY_FILES);
	fixture.order.limits.entries = 300;
	ck_assert_outcome(link_fixture_list(&fixture, "B", &listing), VISIT_OK);
	ck_assert_uint_eq(listing.count, 300);
	listing_clear(&listing);
	finish();
}
END_TEST

static void on_first_piece(struct link_fixture *seen, void *userdata)
{
	seen->on_piece = NULL;
	server_shell(&place, "%s", (const char *)userdata);
}

START_TEST(a_change_while_reading_is_seen)
{
	static struct {
		char command[128];
		enum visit_outcome outcome;
	} cases[] = {
		{"echo more >>root/file", VISIT_CHANGED_WHILE_READ},
		{"truncate -s 100000 root/file", VISIT_CHANGED_WHILE_READ},
		{"touch -d 2020-01-01 root/file", VISIT_CHANGED_WHILE_READ},
		/* rewritten in place, and its time set back: the inode's own time tells */
		{"cp -p root/file k && dd if=/dev/zero of=root/file conv=notrunc bs=9 count=1 && "
		 "touch -r k root/file", VISIT_CHANGED_WHILE_READ},
		{"true", VISIT_OK},
	};

	start_open();
	server_put_pattern(&place, "file", 500000, 3);
	fixture.on_piece = on_first_piece;
	fixture.userdata = cases[_i].command;
	ck_assert_outcome(link_fixture_read(&fixture, "file", 500000), cases[_i].outcome);
	finish();
}
END_TEST

START_TEST(a_file_of_another_size_than_listed_has_changed)
{
	start_open();
	server_put(&place, "file", "12345", 5);
	ck_assert_outcome(link_fixture_read(&fixture, "file", 6), VISIT_CHANGED_WHILE_READ);
	ck_assert_outcome(link_fixture_read(&fixture, "file", 4), VISIT_CHANGED_WHILE_READ);
	finish();
}
END_TEST

static void cancel(struct link_fixture *seen, void *userdata)
{
	(void)userdata;
	atomic_store(&seen->cancelled, true);
}

START_TEST(a_cancel_ends_it)
{
	struct listing listing;

	start_open();
	server_put_pattern(&place, "A/file", 500000, 3);
	server_shell(&place, "cd root/A && seq 300 | xargs touch");
	fixture.on_piece = cancel;
	ck_assert_outcome(link_fixture_read(&fixture, "A/file", 500000), VISIT_CANCELLED);
	ck_assert_outcome(link_fixture_list(&fixture, "A", &listing), VISIT_CANCELLED);
	finish();
}
END_TEST

START_TEST(an_unsafe_name_makes_the_listing_useless)
{
	struct listing listing;

	start_open();
	server_shell(&place, "touch \"$(printf 'root/a\\nb')\"");
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_LISTING_NOT_UNDERSTOOD);
	ck_assert_ptr_nonnull(strstr(link_fixture_detail(), "a%0Ab"));
	finish();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("link file");
	TCase *cases = tcase_create("a local folder");

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, a_folder_is_listed_with_what_is_in_it, 0, 2);
	tcase_add_loop_test(cases, a_file_is_read_whole, 0, 2);
	tcase_add_loop_test(cases, only_files_below_the_root_are_opened, 0, 12);
	tcase_add_loop_test(cases, no_link_on_the_way_is_followed, 0, 2);
	tcase_add_test(cases, what_may_not_be_read_is_denied);
	tcase_add_test(cases, a_file_of_someone_else_is_read_without_its_owners_rights);
	tcase_add_test(cases, reading_leaves_the_time_of_access);
	tcase_add_test(cases, a_root_that_is_not_there_is_a_device_that_is_not_there);
	tcase_add_test(cases, too_large_and_too_many_are_left);
	tcase_add_loop_test(cases, a_change_while_reading_is_seen, 0, 5);
	tcase_add_test(cases, a_file_of_another_size_than_listed_has_changed);
	tcase_add_test(cases, a_cancel_ends_it);
	tcase_add_test(cases, an_unsafe_name_makes_the_listing_useless);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
