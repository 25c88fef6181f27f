#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "file/file.h"

#include "suite.h"

static char folder[64];

static void enter_folder(void)
{
	strcpy(folder, "/tmp/pumpwatch-file-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(what_was_written_is_read_whole)
{
	struct text text;
	struct error e = {0};

	text_init(&text);
	ck_assert_int_eq(file_write("a", "one", 3, 0600, &e), 0);
	ck_assert_int_eq(file_write("a", "two\n", 4, 0640, &e), 0);
	ck_assert_int_eq(file_read(&text, "a", 4, ERROR_CONFIG, &e), 0);
	ck_assert_str_eq(text.data, "two\n");
	struct stat status;
	ck_assert_int_eq(stat("a", &status), 0);
	ck_assert_int_eq(status.st_mode & 0777, 0640);
	text_cut(&text, 0);
	ck_assert_int_eq(file_read(&text, "a", 3, ERROR_CONFIG, &e), -1);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_int_eq(file_read(&text, "none", 3, ERROR_CONFIG, &e), -1);
	ck_assert_int_eq(e.code, ERROR_CONFIG);
	text_clear(&text);
}
END_TEST

START_TEST(what_was_written_in_pieces_is_there_when_it_is_kept)
{
	struct file_new file = {0};
	struct error e = {0};
	struct text text;

	text_init(&text);
	file_new_clear(&file);
	ck_assert_int_eq(file_new_open(&file, "none/a", &e), -1);
	ck_assert_int_eq(e.code, ERROR_UNAVAILABLE);
	ck_assert_int_eq(file_new_open(&file, "a", &e), 0);
	ck_assert_int_eq(file_new_write(&file, "one ", 4, &e), 0);
	ck_assert_int_eq(file_new_write(&file, "two", 3, &e), 0);
	ck_assert_int_eq(access("a", F_OK), -1);
	ck_assert_int_eq(file_new_keep(&file, 0640, &e), 0);
	file_new_clear(&file);
	ck_assert_int_eq(file_read(&text, "a", 99, ERROR_CONFIG, &e), 0);
	ck_assert_str_eq(text.data, "one two");
	text_clear(&text);
	ck_assert_int_eq(file_new_open(&file, "b", &e), 0);
	ck_assert_int_eq(file_new_write(&file, "one", 3, &e), 0);
	file_new_clear(&file);
	ck_assert_int_eq(system("test \"$(ls)\" = a"), 0);
}
END_TEST

START_TEST(a_failed_write_leaves_the_old_file_and_no_other)
{
	static const char big[8192];
	struct rlimit limit = {4096, 4096};
	struct error e = {0};
	struct text text;

	text_init(&text);
	ck_assert_int_eq(file_write("a", "old", 3, 0600, &e), 0);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0); /* this test is a process of its own */
	ck_assert_int_eq(file_write("a", big, sizeof big, 0600, &e), -1);
	ck_assert_int_eq(e.code, ERROR_UNAVAILABLE);
	ck_assert_int_eq(file_read(&text, "a", 100, ERROR_DATA, &e), 0);
	ck_assert_str_eq(text.data, "old");
	text_clear(&text);
	ck_assert_int_eq(system("test \"$(ls | wc -l)\" = 1"), 0);
}
END_TEST

static int note_name(void *userdata, const char *path, struct error *e)
{
	(void)e;
	text_addf(userdata, "%s ", path);
	return strstr(path, "stop") ? -7 : 0;
}

START_TEST(files_come_in_order_of_name)
{
	struct text seen;
	struct error e = {0};

	text_init(&seen);
	ck_assert_int_eq(file_make_folder("x/y/z", 0700, &e), 0);
	ck_assert_int_eq(file_make_folder("x/y/z", 0700, &e), 0);
	ck_assert_int_eq(file_write("x/b.ini", "", 0, 0600, &e), 0);
	ck_assert_int_eq(file_write("x/a.ini", "", 0, 0600, &e), 0);
	ck_assert_int_eq(file_write("x/a.txt", "", 0, 0600, &e), 0);
	ck_assert_int_eq(file_write("x/.ini", "", 0, 0600, &e), 0);
	ck_assert_int_eq(mkdir("x/c.ini", 0700), 0);
	ck_assert_int_eq(file_each("x", ".ini", note_name, &seen, &e), 0);
	ck_assert_str_eq(seen.data, "x/a.ini x/b.ini ");
	ck_assert_int_eq(file_write("x/a-stop.ini", "", 0, 0600, &e), 0);
	ck_assert_int_eq(file_each("x", ".ini", note_name, &seen, &e), -7);
	ck_assert_int_eq(file_each("nowhere", ".ini", note_name, &seen, &e), -1);
	ck_assert_int_eq(file_make_folder("x/a.txt", 0700, &e), -1);
	text_clear(&seen);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("file");
	TCase *cases = tcase_create("file");

	tcase_add_checked_fixture(cases, enter_folder, leave_folder);
	tcase_add_test(cases, what_was_written_is_read_whole);
	tcase_add_test(cases, what_was_written_in_pieces_is_there_when_it_is_kept);
	tcase_add_test(cases, a_failed_write_leaves_the_old_file_and_no_other);
	tcase_add_test(cases, files_come_in_order_of_name);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
