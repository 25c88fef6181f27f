/* How a store is made, opened, refused and brought up to date. */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "tests/store_fixture.h"
#include "tests/suite.h"

static void *read_file(const char *name, size_t *ret_length)
{
	FILE *file = fopen(name, "rb");

	if (!file)
		return NULL;
	ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
	*ret_length = (size_t)ftell(file);
	rewind(file);
	char *bytes = malloc(*ret_length + 1);
	ck_assert_uint_eq(fread(bytes, 1, *ret_length, file), *ret_length);
	(void)fclose(file);
	return bytes;
}

static void write_file(const char *name, const void *bytes, size_t length)
{
	FILE *file = fopen(name, "wb");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

/* Opening in each way is refused with these words, and the file is as it was, alone. */
static void refused_untouched(enum error_code code, const char *words)
{
	size_t before_length, after_length;
	char *before = read_file(path, &before_length);

	must_refuse(store_open(&store, folder, STORE_WRITE, true, &e), code, words);
	must_refuse(store_open(&store, folder, STORE_WRITE, false, &e), code, words);
	must_refuse(store_open(&store, folder, STORE_READ, false, &e), code, words);
	ck_assert_ptr_null(store);
	char *after = read_file(path, &after_length);
	ck_assert_uint_eq(before_length, after_length);
	ck_assert_mem_eq(before, after, after_length);
	ck_assert_int_eq(count_files(), 1);
	free(before);
	free(after);
}

static void make_store(void)
{
	open_store();
	close_store();
}

/* Close so that only the database is left, as in a backup. */
static void make_lone_store(void)
{
	char name[400];

	make_store();
	tamper("PRAGMA wal_checkpoint(TRUNCATE)");
	(void)snprintf(name, sizeof name, "%s-wal", path);
	(void)unlink(name);
	(void)snprintf(name, sizeof name, "%s-shm", path);
	(void)unlink(name);
	ck_assert_int_eq(count_files(), 1);
}

START_TEST(a_store_is_made_once_and_kept)
{
	char first[DIGEST_SHA256_HEX + 1];

	open_store();
	enroll(1);
	(void)strcpy(first, store->genesis);
	close_store();
	open_store();
	ck_assert_str_eq(store->genesis, first);
	ck_assert_int_eq(ask("SELECT count(*) FROM device"), 1);
	close_store();
}
END_TEST

START_TEST(a_store_is_durable_and_distrusts_its_file)
{
	open_store();
	ck_assert_int_eq(ask("PRAGMA synchronous"), 2);
	ck_assert_int_eq(ask("PRAGMA foreign_keys"), 1);
	ck_assert_int_eq(ask("PRAGMA trusted_schema"), 0);
	ck_assert_int_eq(ask("PRAGMA busy_timeout"), 5000);
	ck_assert_int_eq(ask("SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	ck_assert_int_eq(ask("PRAGMA user_version"), store_schema.count);
	ck_assert_int_eq(ask("PRAGMA application_id"), STORE_APPLICATION_ID);
	must_refuse(store_execute(store, "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema", &e),
		    ERROR_INTERNAL, "sqlite_master may not be modified");
	ck_assert_int_eq(ask("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%STRICT%'"
			     " AND name NOT LIKE 'sqlite_%'"), 0);
	close_store();
}
END_TEST

static const struct {
	mode_t mask, mode;
} masks[] = { { 0077, 0600 }, { 0027, 0640 }, { 0022, 0640 }, { 0007, 0660 } };

START_TEST(the_umask_decides_who_else_may_use_the_files)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	struct stat status;
	char name[400];

	mode_t before = umask(masks[_i].mask);
	open_store();
	enroll(1);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		ck_assert_int_eq(stat(name, &status), 0);
		ck_assert_int_eq(status.st_mode & 0777, masks[_i].mode);
	}
	close_store();
	(void)umask(before);
}
END_TEST

START_TEST(a_reader_does_not_make_a_store)
{
	must_refuse(store_open(&store, folder, STORE_READ, false, &e), ERROR_UNAVAILABLE, "no store");
	ck_assert_int_eq(count_files(), 0);
	(void)strcat(folder, "/nowhere");
	must_refuse(store_open(&store, folder, STORE_READ, false, &e), ERROR_UNAVAILABLE, "no store");
	must_refuse(store_open(&store, folder, STORE_WRITE, false, &e), ERROR_UNAVAILABLE, "nowhere");
	*strrchr(folder, '/') = '\0';
}
END_TEST

/* ---- what is refused, untouched ---- */

START_TEST(a_newer_schema_is_refused_untouched)
{
	char sql[64];

	make_lone_store();
	(void)snprintf(sql, sizeof sql, "PRAGMA user_version = %d", store_schema.count + 1);
	tamper(sql);
	refused_untouched(ERROR_DATA, "newer pumpwatch (schema");
}
END_TEST

START_TEST(a_newer_schema_that_is_still_in_the_wal_is_refused)
{
	sqlite3 *newer;
	char sql[64], wal[400];
	size_t before_length, after_length;

	make_lone_store();
	ck_assert_int_eq(sqlite3_open(path, &newer), SQLITE_OK);
	(void)snprintf(sql, sizeof sql, "PRAGMA user_version = %d", store_schema.count + 1);
	ck_assert_int_eq(sqlite3_exec(newer, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)snprintf(wal, sizeof wal, "%s-wal", path);
	char *before = read_file(wal, &before_length);
	ck_assert_uint_gt(before_length, 0);
	must_refuse(store_open(&store, folder, STORE_WRITE, true, &e), ERROR_DATA, "newer pumpwatch");
	must_refuse(store_open(&store, folder, STORE_READ, false, &e), ERROR_DATA, "newer pumpwatch");
	char *after = read_file(wal, &after_length);
	ck_assert_uint_eq(before_length, after_length);
	ck_assert_mem_eq(before, after, after_length);
	free(before);
	free(after);
	sqlite3_close(newer);
}
END_TEST

START_TEST(another_programs_database_is_refused_untouched)
{
	tamper("CREATE TABLE things (x); INSERT INTO things VALUES (1)");
	refused_untouched(ERROR_DATA, "another program");
}
END_TEST

static const char not_databases[][200] = {
	"", "x", "SQLite format 3",
	[3] = { [0] = 'T', [1 ... 150] = 'x' },
};

START_TEST(what_is_no_database_is_refused_untouched)
{
	write_file(path, not_databases[_i], strlen(not_databases[_i]));
	refused_untouched(ERROR_DATA, "is no store");
}
END_TEST

/* Damage that the head does not show. */
static void zero_pages(size_t length, char *bytes)
{
	memset(bytes + 4096, 0, length - 4096);
}
static void cut_short(size_t length, char *bytes)
{
	bytes[28] = (char)0x7f; /* more pages than there are */
	(void)length;
}
static void scramble_schema(size_t length, char *bytes)
{
	memset(bytes + 100, 0x55, 3000);
	(void)length;
}
static void (*const damages[])(size_t, char *) = { zero_pages, cut_short, scramble_schema };

START_TEST(a_damaged_store_is_refused_with_the_way_out)
{
	size_t length, after_length;

	make_lone_store();
	char *bytes = read_file(path, &length);
	damages[_i](length, bytes);
	write_file(path, bytes, length);
	must_refuse(store_open(&store, folder, STORE_WRITE, true, &e), ERROR_DATA, "restore it from a backup");
	char *after = read_file(path, &after_length);
	ck_assert_uint_eq(length, after_length);
	ck_assert_mem_eq(bytes, after, length);
	free(bytes);
	free(after);
}
END_TEST

START_TEST(a_row_without_what_it_points_to_is_found_by_the_check)
{
	make_store();
	tamper("PRAGMA foreign_keys = OFF; INSERT INTO lease VALUES (99, 'x', 1)");
	must_refuse(store_open(&store, folder, STORE_WRITE, true, &e), ERROR_DATA, "damaged");
}
END_TEST

/* ---- migration ---- */

START_TEST(a_migration_happens_whole_or_not_at_all)
{
	open_store();
	const int version = store_schema.count;
	const char *steps[8];
	ck_assert_int_lt(version, 6);
	for (int i = 0; i < version; i++)
		steps[i] = "SELECT * FROM a_step_that_was_done_must_not_be_done_again";
	char good[128], bad[128];
	(void)snprintf(good, sizeof good, "CREATE TABLE b (x INTEGER) STRICT; PRAGMA user_version = %d", version + 1);
	(void)snprintf(bad, sizeof bad, "INSERT INTO nowhere VALUES (1); PRAGMA user_version = %d", version + 2);
	steps[version] = good;
	steps[version + 1] = bad;

	must_refuse(store_migrate(store, &(struct store_schema){ steps, version + 2 }, &e), ERROR_INTERNAL,
		    "migrating to schema");
	ck_assert_int_eq(ask("PRAGMA user_version"), version);
	ck_assert_int_eq(ask("SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
	must(store_migrate(store, &(struct store_schema){ steps, version + 1 }, &e));
	ck_assert_int_eq(ask("PRAGMA user_version"), version + 1);
	ck_assert_int_eq(ask("SELECT count(*) FROM b"), 0);
	must(store_migrate(store, &(struct store_schema){ steps, version + 1 }, &e));
	must_refuse(store_migrate(store, &store_schema, &e), ERROR_DATA, "newer pumpwatch");
	close_store();
}
END_TEST

START_TEST(a_reader_does_not_migrate)
{
	make_store();
	tamper("PRAGMA user_version = 0");
	must_refuse(store_open(&store, folder, STORE_READ, false, &e), ERROR_DATA, "older schema");
}
END_TEST

START_TEST(what_a_killed_maker_left_is_no_hindrance)
{
	char name[400];

	(void)snprintf(name, sizeof name, "%s.new.%ld", path, (long)getpid());
	write_file(name, "half", 4);
	open_store();
	ck_assert_int_ne(access(name, F_OK), 0);
	close_store();
}
END_TEST

/* ---- several at once ---- */

/* Wait for a child; its exit code, or -1 when it was killed. */
static int wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In a child: wait for the others at the gate, then open and leave a device. */
static void make_with_others(int gate, int number)
{
	struct sample_device sample;
	char byte;

	while (read(gate, &byte, 1) > 0) /* ends when the parent closes the other end */
		;
	if (store_open(&store, folder, STORE_WRITE, true, &e) < 0 ||
	    store_device_save(store, sample_device(&sample, number), &e) < 0) {
		(void)fprintf(stderr, "%s\n", e.text);
		_exit(1);
	}
	store_close(store);
	_exit(0);
}

START_TEST(eight_processes_make_one_store)
{
	enum { PROCESSES = 8 };
	pid_t children[PROCESSES];
	int gate[2];

	ck_assert_int_eq(pipe(gate), 0);
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		ck_assert_int_ge(children[i], 0);
		if (children[i] == 0) {
			(void)close(gate[1]);
			make_with_others(gate[0], i);
		}
	}
	ck_assert_int_eq(close(gate[1]), 0);
	for (int i = 0; i < PROCESSES; i++)
		ck_assert_int_eq(wait_for(children[i]), 0);
	open_store();
	ck_assert_int_eq(ask("SELECT count(*) FROM device"), PROCESSES);
	close_store();
	ck_assert_int_eq(count_files(), 3);
}
END_TEST

START_TEST(a_reader_sees_what_a_writer_commits_and_nothing_before)
{
	struct store *reader;
	struct store_devices devices;
	struct sample_device sample;

	open_store();
	must(store_open(&reader, folder, STORE_READ, true, &e));
	must(store_begin(store, &e));
	must(store_device_save(store, sample_device(&sample, 1), &e));
	must(store_devices_list(reader, NULL, &devices, &e));
	ck_assert_uint_eq(devices.count, 0);
	must(store_commit(store, &e));
	must(store_devices_list(reader, NULL, &devices, &e));
	ck_assert_uint_eq(devices.count, 1);
	store_devices_clear(&devices);
	must_refuse(store_device_save(reader, &sample.device, &e), ERROR_UNAVAILABLE, "reading only");
	store_close(reader);
	close_store();
}
END_TEST

START_TEST(a_second_writer_is_told_after_five_seconds_that_the_store_is_busy)
{
	struct store *second;

	open_store();
	must(store_open(&second, folder, STORE_WRITE, false, &e));
	must(store_begin(store, &e));
	must_refuse(store_begin(second, &e), ERROR_UNAVAILABLE, "busy");
	store_rollback(store);
	must(store_begin(second, &e));
	store_close(second);
	close_store();
}
END_TEST

/* ---- users who may not write ---- */

/* Run as a user without rights in the folder: root drops them, others have the folder's taken. */
static int as_stranger(int (*act)(void), mode_t file_mode)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[400];

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		(void)chmod(name, file_mode); /* not each is there in each test */
	}
	ck_assert_int_eq(chmod(folder, 0555), 0);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (geteuid() == 0 && (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
			_exit(99);
		_exit(act());
	}
	int code = wait_for(child);
	ck_assert_int_eq(chmod(folder, 0755), 0);
	return code;
}

/* 0: read; else the error's code. */
static int read_one_device(void)
{
	struct store_device device;
	struct store *reader;

	if (store_open(&reader, folder, STORE_READ, true, &e) < 0)
		return (int)e.code;
	int found = store_device_load(reader, "SAMPLE-0001", &device, &e);
	store_close(reader);
	if (found == 1)
		store_device_clear(&device);
	return found == 1 ? 0 : 1;
}

static int open_to_write(void)
{
	struct store *writer;

	if (store_open(&writer, folder, STORE_WRITE, false, &e) == 0)
		return 0;
	return strstr(e.text, "may not be written") || strstr(e.text, "cannot make a store") ? (int)e.code : 1;
}

static int words_for_the_reader(void)
{
	struct store *reader;

	if (store_open(&reader, folder, STORE_READ, true, &e) == 0)
		return 0;
	return strstr(e.text, "run as one who may write to the folder") ? (int)e.code : 1;
}

START_TEST(a_reader_without_rights_reads_while_a_writer_runs)
{
	open_store();
	enroll(1);
	ck_assert_int_eq(as_stranger(read_one_device, 0644), 0);
	close_store();
}
END_TEST

START_TEST(a_reader_without_rights_reads_when_nobody_else_does)
{
	open_store();
	enroll(1);
	close_store();
	ck_assert_int_eq(as_stranger(read_one_device, 0644), 0);
	ck_assert_int_eq(as_stranger(read_one_device, 0444), 0);
}
END_TEST

START_TEST(a_lone_copy_in_a_read_only_folder_is_told_of_clearly)
{
	make_lone_store();
	ck_assert_int_eq(as_stranger(words_for_the_reader, 0444), ERROR_UNAVAILABLE);
}
END_TEST

START_TEST(who_may_not_write_is_told_so)
{
	make_store();
	ck_assert_int_eq(as_stranger(open_to_write, 0444), ERROR_PERMISSION);
	ck_assert_int_eq(as_stranger(read_one_device, 0), ERROR_PERMISSION);
}
END_TEST

START_TEST(who_may_not_make_a_store_is_told_so)
{
	ck_assert_int_eq(as_stranger(open_to_write, 0), ERROR_PERMISSION);
	ck_assert_int_eq(count_files(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store, opened");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, make_folder, remove_folder);
	tcase_set_timeout(all, 60);
	tcase_add_test(all, a_store_is_made_once_and_kept);
	tcase_add_test(all, a_store_is_durable_and_distrusts_its_file);
	tcase_add_loop_test(all, the_umask_decides_who_else_may_use_the_files, 0, sizeof masks / sizeof *masks);
	tcase_add_test(all, a_reader_does_not_make_a_store);
	tcase_add_test(all, a_newer_schema_is_refused_untouched);
	tcase_add_test(all, a_newer_schema_that_is_still_in_the_wal_is_refused);
	tcase_add_test(all, another_programs_database_is_refused_untouched);
	tcase_add_loop_test(all, what_is_no_database_is_refused_untouched, 0,
			    sizeof not_databases / sizeof *not_databases);
	tcase_add_loop_test(all, a_damaged_store_is_refused_with_the_way_out, 0, sizeof damages / sizeof *damages);
	tcase_add_test(all, a_row_without_what_it_points_to_is_found_by_the_check);
	tcase_add_test(all, a_migration_happens_whole_or_not_at_all);
	tcase_add_test(all, a_reader_does_not_migrate);
	tcase_add_test(all, what_a_killed_maker_left_is_no_hindrance);
	tcase_add_loop_test(all, eight_processes_make_one_store, 0, 4);
	tcase_add_test(all, a_reader_sees_what_a_writer_commits_and_nothing_before);
	tcase_add_test(all, a_second_writer_is_told_after_five_seconds_that_the_store_is_busy);
	tcase_add_test(all, a_reader_without_rights_reads_while_a_writer_runs);
	tcase_add_test(all, a_reader_without_rights_reads_when_nobody_else_does);
	tcase_add_test(all, a_lone_copy_in_a_read_only_folder_is_told_of_clearly);
	tcase_add_test(all, who_may_not_write_is_told_so);
	tcase_add_test(all, who_may_not_make_a_store_is_told_so);
	suite_add_tcase(suite, all);
	return suite_run(suite);
}
