/* The rotation of a spool: by size, by several writers, through kills, and under a shipper. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sink_fixture.h"
#include "suite.h"

enum { LINE = 13 }; /* "event 000001" and its end */

static void configure(struct fixture_sink *fixture, const struct server *server, uint64_t rotate, unsigned keep)
{
	fixture_configure(fixture, CONFIG_SINK_SPOOL, server);
	(void)snprintf(fixture->ca_file, SERVER_PATH_MAX, "%s/spool", server->folder);
	fixture->config.path = fixture->ca_file; /* its place is free here */
	fixture->config.rotate = rotate;
	fixture->config.keep = keep;
	fixture_make(fixture);
}

#define PLACE CLEANUP(server_stop) struct server server; server_prepare(&server)
#define SPOOL(name, rotate, keep) \
	CLEANUP(fixture_clear) struct fixture_sink name; \
	configure(&(name), &server, rotate, keep)

static enum sink_answer put(struct sink *sink, unsigned number, struct error *e)
{
	char line[32];
	struct iovec part = {line, 0};

	part.iov_len = (size_t)snprintf(line, sizeof line, "event %06u", number);
	return sink_send(sink, &part, 1, e);
}

static void put_all(struct sink *sink, unsigned from, unsigned to)
{
	for (unsigned number = from; number <= to; number++) {
		struct error e = {0};
		ck_assert_msg(put(sink, number, &e) == SINK_TAKEN, "%u: %s", number, e.text);
	}
	fixture_flush(sink, to - from + 1);
}

static void expect(const struct server *server, const char *name, const char *content)
{
	CLEANUP(cleanup_free) char *found = server_read(server, name);

	if (content)
		ck_assert_str_eq(found ? found : "(none)", content);
	else
		ck_assert_ptr_null(found);
}

START_TEST(full_spool_is_moved_on_and_the_last_one_deleted)
{
	PLACE;
	SPOOL(spool, 2 * LINE, 2);

	put_all(spool.sink, 1, 2);
	expect(&server, "spool", "event 000001\nevent 000002\n");
	expect(&server, "spool.1", NULL);
	put_all(spool.sink, 3, 5);
	expect(&server, "spool", "event 000005\n");
	expect(&server, "spool.1", "event 000003\nevent 000004\n");
	expect(&server, "spool.2", "event 000001\nevent 000002\n");
	put_all(spool.sink, 6, 7);
	expect(&server, "spool", "event 000007\n");
	expect(&server, "spool.1", "event 000005\nevent 000006\n");
	expect(&server, "spool.2", "event 000003\nevent 000004\n");
	expect(&server, "spool.3", NULL);
}
END_TEST

START_TEST(spool_without_a_size_is_never_moved)
{
	PLACE;
	SPOOL(spool, 0, 2);

	put_all(spool.sink, 1, 100);
	expect(&server, "spool.1", NULL);
	ck_assert_uint_eq(fixture_expect_events(&server, "spool", 100), 0);
}
END_TEST

/* A size below a line's: then each line has a file. */
START_TEST(line_longer_than_the_size_is_written_all_the_same)
{
	PLACE;
	SPOOL(spool, 1, 3);

	put_all(spool.sink, 1, 3);
	expect(&server, "spool", "event 000003\n");
	expect(&server, "spool.2", "event 000001\n");
}
END_TEST

START_TEST(gap_that_a_kill_has_left_is_filled_before_anything_is_deleted)
{
	PLACE;
	SPOOL(spool, LINE, 4);

	put_all(spool.sink, 1, 5);
	server_shell(&server, "mv spool.3 spool.4"); /* here it was killed */
	put_all(spool.sink, 6, 6);
	expect(&server, "spool", "event 000006\n");
	expect(&server, "spool.1", "event 000005\n");
	expect(&server, "spool.2", "event 000004\n");
	expect(&server, "spool.3", "event 000003\n");
	expect(&server, "spool.4", "event 000002\n");
	server_shell(&server, "mv spool spool.5"); /* and here after the last move */
	put_all(spool.sink, 7, 7);
	expect(&server, "spool", "event 000007\n");
	expect(&server, "spool.1", "event 000005\n");
}
END_TEST

START_TEST(spool_that_cannot_be_moved_is_away_and_loses_nothing)
{
	PLACE;
	SPOOL(spool, LINE, 1);
	struct error e = {0};

	put_all(spool.sink, 1, 1);
	server_shell(&server, "mkdir spool.1 && touch spool.1/in-the-way");
	ck_assert_int_eq(put(spool.sink, 2, &e), SINK_AWAY);
	ck_assert_msg(strstr(e.text, "spool: Is a directory") != NULL, "%s", e.text);
	expect(&server, "spool", "event 000001\n");
	server_shell(&server, "rm -r spool.1");
	put_all(spool.sink, 2, 2);
	expect(&server, "spool", "event 000002\n");
	expect(&server, "spool.1", "event 000001\n");
}
END_TEST

/* ---- all files together ---- */

/* How often each number up to most stands in the spool and what was moved; lines must be whole. */
static void count_all(const struct server *server, unsigned *counts, unsigned most)
{
	DIR *folder = opendir(server->folder);
	struct dirent *entry;

	ck_assert_ptr_nonnull(folder);
	while ((entry = readdir(folder))) {
		if (strncmp(entry->d_name, "spool", 5) != 0)
			continue;
		CLEANUP(cleanup_free) char *content = server_read(server, entry->d_name);
		for (const char *at = content; *at; at += LINE) {
			ck_assert_msg(strncmp(at, "event ", 6) == 0 && strlen(at) >= LINE && at[LINE - 1] == '\n',
				      "%s has half a line: %.20s", entry->d_name, at);
			unsigned number = (unsigned)strtoul(at + 6, NULL, 10);
			ck_assert_uint_le(number, most);
			counts[number]++;
		}
	}
	(void)closedir(folder);
}

START_TEST(two_writers_lose_nothing_and_double_nothing)
{
	enum { EACH = 3000, WRITERS = 3, ALL = EACH * WRITERS };
	static unsigned counts[ALL + 1];
	PLACE;
	pid_t writers[WRITERS];

	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		if (writers[i] != 0)
			continue;
		SPOOL(spool, 100 * LINE, 200);
		for (unsigned number = i * EACH + 1; number <= (i + 1) * EACH; number++)
			for (int tries = 0; put(spool.sink, number, NULL) == SINK_AWAY; tries++)
				if (tries > 100)
					_exit(1);
		_exit(sink_flush(spool.sink, &(size_t){0}, NULL) == SINK_TAKEN ? 0 : 2);
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		int status;
		ck_assert_int_eq(waitpid(writers[i], &status, 0), writers[i]);
		ck_assert_int_eq(status, 0);
	}
	count_all(&server, counts, ALL);
	for (unsigned number = 1; number <= ALL; number++)
		ck_assert_msg(counts[number] == 1, "%u: %u times", number, counts[number]);
	/* So many full files, and no more: each was moved once. */
	CLEANUP(cleanup_free) char *oldest = server_read(&server, "spool.89");
	ck_assert_ptr_nonnull(oldest);
	expect(&server, "spool.90", NULL);
}
END_TEST

/* Writes on from the number after the one given, and says how far it is flushed, until killed. */
static void write_on(const struct server *server, unsigned from, int progress)
{
	CLEANUP(fixture_clear) struct fixture_sink spool;

	configure(&spool, server, 5 * LINE, 900);
	for (unsigned number = from;; number++) {
		if (put(spool.sink, number, NULL) == SINK_AWAY || sink_flush(spool.sink, &(size_t){0}, NULL) == SINK_AWAY)
			_exit(1);
		if (write(progress, &number, sizeof number) != sizeof number)
			_exit(2);
	}
}

START_TEST(kills_lose_nothing_that_was_flushed)
{
	enum { KILLS = 60, MOST = 4000 };
	static unsigned counts[MOST + 2];
	PLACE;
	unsigned flushed = 0;
	size_t again = 0;

	for (int i = 0; i < KILLS && flushed < MOST; i++) {
		int ends[2];
		ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
		pid_t writer = fork();
		if (writer == 0)
			write_on(&server, flushed + 1, ends[1]);
		close(ends[1]);
		poll(NULL, 0, 5 + i % 30);
		ck_assert_int_eq(kill(writer, SIGKILL), 0);
		int status;
		ck_assert_int_eq(waitpid(writer, &status, 0), writer);
		ck_assert(WIFSIGNALED(status));
		while (read(ends[0], &flushed, sizeof flushed) == sizeof flushed)
			;
		close(ends[0]);
	}
	ck_assert_uint_gt(flushed, 100);
	count_all(&server, counts, MOST + 1);
	for (unsigned number = 1; number <= flushed; number++) {
		ck_assert_msg(counts[number] >= 1, "%u is lost", number);
		again += counts[number] - 1;
	}
	ck_assert_uint_le(again, KILLS); /* at each kill one was under way */
}
END_TEST

/* ---- a shipper ---- */

START_TEST(shipper_that_follows_the_name_gets_all)
{
	PLACE;
	char configuration[4 * SERVER_PATH_MAX];
	SPOOL(spool, 50 * LINE, 20);

	(void)snprintf(configuration, sizeof configuration,
		       "global(workDirectory=\"%1$s\")\nmodule(load=\"imfile\")\nmodule(load=\"imtcp\")\n"
		       "template(name=\"raw\" type=\"string\" string=\"%%msg%%\\n\")\n"
		       "ruleset(name=\"copy\") { action(type=\"omfile\" file=\"%1$s/copy\" template=\"raw\") }\n"
		       "input(type=\"imfile\" file=\"%1$s/spool\" tag=\"pumpwatch\" ruleset=\"copy\")\n"
		       "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"%2$u\")\n",
		       server.folder, server.port);
	server_start_rsyslogd(&server, configuration);
	for (unsigned i = 0; i < 10; i++) {
		put_all(spool.sink, 40 * i + 1, 40 * i + 40);
		fixture_await_lines(&server, "copy", (size_t)40 * i + 40);
	}
	ck_assert_uint_eq(fixture_expect_events(&server, "copy", 400), 0);
	CLEANUP(cleanup_free) char *moved = server_read(&server, "spool.7");
	ck_assert_ptr_nonnull(moved);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, full_spool_is_moved_on_and_the_last_one_deleted);
	tcase_add_test(tcase, spool_without_a_size_is_never_moved);
	tcase_add_test(tcase, line_longer_than_the_size_is_written_all_the_same);
	tcase_add_test(tcase, gap_that_a_kill_has_left_is_filled_before_anything_is_deleted);
	tcase_add_test(tcase, spool_that_cannot_be_moved_is_away_and_loses_nothing);
	tcase_add_test(tcase, two_writers_lose_nothing_and_double_nothing);
	tcase_add_test(tcase, kills_lose_nothing_that_was_flushed);
	tcase_add_test(tcase, shipper_that_follows_the_name_gets_all);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
