#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "file/file.h"
#include "sink/sink.h"

#include "suite.h"

/* ---- a folder for each test, removed at its end ---- */

struct place {
	char folder[64];
	char path[128];
};

static void place_make(struct place *place, const char *name)
{
	(void)stpcpy(place->folder, "/tmp/check_sink.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place->folder));
	(void)snprintf(place->path, sizeof place->path, "%s/%s", place->folder, name);
}

static void place_remove(struct place *place)
{
	char old[160];

	(void)snprintf(old, sizeof old, "%s.1", place->path);
	(void)unlink(old);
	(void)unlink(place->path);
	(void)rmdir(place->folder);
}

#define PLACE(name) CLEANUP(place_remove) struct place place; place_make(&place, name)

static void cleanup_sink(struct sink **sink)
{
	sink_free(*sink);
}

static struct sink *make(enum config_sink_type type, const char *path)
{
	const struct config_sink config = {.name = (char *)"test", .type = type, .path = (char *)path};
	struct sink *sink = NULL;
	struct error e = {0};

	ck_assert_msg(sink_new(&sink, &config, -1, &e) == 0, "%s", e.text);
	return sink;
}

static enum sink_answer give(struct sink *sink, const char *message, struct error *e)
{
	struct iovec part = {(void *)message, strlen(message)};

	return sink_send(sink, &part, 1, e);
}

#define TAKEN(sink, message)                                                                           \
	do {                                                                                           \
		struct error e_ = {0};                                                                 \
		ck_assert_msg(give(sink, message, &e_) == SINK_TAKEN, "%s", e_.text);                  \
	} while (0)

static void expect_away(struct sink *sink, const char *words)
{
	struct error e = {0};

	ck_assert_int_eq(give(sink, "x", &e), SINK_AWAY);
	ck_assert_msg(strstr(e.text, words) != NULL, "%s", e.text);
}

static void expect_file(const char *path, const char *content)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	ck_assert_int_eq(file_read(&text, path, 1 << 20, ERROR_DATA, NULL), 0);
	ck_assert_str_eq(text.data ? text.data : "", content);
}

/* ---- sockets ---- */

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	(void)stpcpy(address.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void expect_datagram(int fd, const char *bytes, size_t length)
{
	char buffer[65536];
	ssize_t n = recv(fd, buffer, sizeof buffer, 0);

	ck_assert_int_eq(n, (ssize_t)length);
	ck_assert_mem_eq(buffer, bytes, length);
}

START_TEST(datagram_arrives_as_it_is)
{
	PLACE("log");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SYSLOG, place.path);
	CLEANUP(cleanup_close) int fd = listen_at(place.path);
	char longest[4001];

	TAKEN(sink, "<129>one");
	memset(longest, 'x', 4000);
	longest[4000] = '\0';
	TAKEN(sink, longest);
	expect_datagram(fd, "<129>one", 8);
	expect_datagram(fd, longest, 4000);
	ck_assert_str_eq(sink_name(sink), "test");
	ck_assert_int_eq(sink_type(sink), CONFIG_SINK_SYSLOG);
	ck_assert_int_eq(sink_flush(sink, &(size_t){0}, NULL), SINK_TAKEN);
}
END_TEST

START_TEST(missing_socket_is_away_and_found_when_it_comes)
{
	PLACE("log");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SYSLOG, place.path);

	expect_away(sink, "no such socket");
	CLEANUP(cleanup_close) int fd = listen_at(place.path);
	TAKEN(sink, "a");
	expect_datagram(fd, "a", 1);
}
END_TEST

START_TEST(receiver_that_was_started_again_is_found)
{
	PLACE("log");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SYSLOG, place.path);

	int first = listen_at(place.path);
	TAKEN(sink, "a");
	close(first); /* its socket stays in the folder, and nobody listens */
	expect_away(sink, "nobody listens");
	unlink(place.path);
	CLEANUP(cleanup_close) int second = listen_at(place.path);
	TAKEN(sink, "b");
	expect_datagram(second, "b", 1);
}
END_TEST

START_TEST(receiver_that_does_not_read_is_away_and_loses_nothing)
{
	PLACE("log");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SYSLOG, place.path);
	CLEANUP(cleanup_close) int fd = listen_at(place.path);
	struct error e = {0};
	size_t sent = 0;
	char word[16];

	while (sent < 100000 && give(sink, "queued", &e) == SINK_TAKEN)
		sent++;
	ck_assert_msg(strstr(e.text, "queue is full") != NULL, "%s", e.text);
	size_t received = 0;
	while (recv(fd, word, sizeof word, 0) == 6)
		received++;
	ck_assert_uint_eq(received, sent);
	TAKEN(sink, "again");
}
END_TEST

/* A child that reads so many, one in a while. */
static pid_t read_slowly(int fd, int count)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child != 0)
		return child;
	for (char word[64]; count > 0; usleep(200))
		count -= recv(fd, word, sizeof word, 0) > 0;
	_exit(0);
}

START_TEST(receiver_that_reads_slowly_is_waited_for)
{
	PLACE("log");
	const struct config_sink config = {
		.name = (char *)"local", .type = CONFIG_SINK_SYSLOG, .path = place.path, .timeout = TIME_MINUTE,
	};
	CLEANUP(cleanup_sink) struct sink *sink = NULL;
	CLEANUP(cleanup_close) int fd = listen_at(place.path);
	int status;

	ck_assert_int_eq(sink_new(&sink, &config, -1, NULL), 0);
	pid_t child = read_slowly(fd, 2000);
	for (int i = 0; i < 2000; i++)
		TAKEN(sink, "a message");
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(message_longer_than_the_socket_takes_is_away_with_words)
{
	PLACE("log");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SYSLOG, place.path);
	CLEANUP(cleanup_close) int fd = listen_at(place.path);
	enum { GIANT = 64 * 1024 * 1024 };
	CLEANUP(cleanup_free) char *giant = calloc(1, GIANT);
	struct iovec part = {giant, GIANT};
	struct error e = {0};

	ck_assert_ptr_nonnull(giant);
	ck_assert_int_eq(sink_send(sink, &part, 1, &e), SINK_AWAY);
	ck_assert_msg(strstr(e.text, "longer than") != NULL, "%s", e.text);
	TAKEN(sink, "a");
	expect_datagram(fd, "a", 1);
}
END_TEST

START_TEST(stream_socket_is_refused_with_words)
{
	PLACE("log");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SYSLOG, place.path);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP(cleanup_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)stpcpy(address.sun_path, place.path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	expect_away(sink, "not a datagram socket");
}
END_TEST

START_TEST(journal_entry_is_in_the_native_protocol)
{
	static const char expected[] = "MESSAGE=one line\n"
				       "PUMPWATCH_TWO\n\x09\0\0\0\0\0\0\0two\nlines\n"
				       "PRIORITY=2\n";
	PLACE("journal");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_JOURNAL, place.path);
	CLEANUP(cleanup_close) int fd = listen_at(place.path);
	struct iovec parts[] = {
		{(void *)"MESSAGE=one line", 16},
		{(void *)"PUMPWATCH_TWO=two\nlines", 23},
		{(void *)"PRIORITY=2", 10},
	};

	ck_assert_int_eq(sink_send(sink, parts, 3, NULL), SINK_TAKEN);
	expect_datagram(fd, expected, sizeof expected - 1);
}
END_TEST

START_TEST(paths_are_checked)
{
	static const struct config_sink configs[] = {
		{.name = (char *)"a", .type = CONFIG_SINK_SYSLOG},
		{.name = (char *)"a", .type = CONFIG_SINK_SPOOL},
		{.name = (char *)"a", .type = CONFIG_SINK_SPOOL, .path = (char *)"spool"},
		{.name = (char *)"a", .type = CONFIG_SINK_SYSLOG,
		 .path = (char *)"/0123456789012345678901234567890123456789012345678901234567890123456789"
				 "0123456789012345678901234567890123456789"},
	};
	struct sink *sink = NULL;

	for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
		struct error e = {0};
		ck_assert_int_eq(sink_new(&sink, &configs[i], -1, &e), -1);
		ck_assert_int_eq(e.code, ERROR_CONFIG);
	}
	sink_free(make(CONFIG_SINK_JOURNAL, NULL)); /* the host's */
	sink_free(NULL);
}
END_TEST

/* ---- spool ---- */

START_TEST(spool_has_one_line_a_message)
{
	PLACE("spool");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SPOOL, place.path);
	struct stat status;
	mode_t before = umask(0077);

	TAKEN(sink, "one");
	(void)umask(before);
	TAKEN(sink, "two");
	ck_assert_int_eq(sink_flush(sink, &(size_t){0}, NULL), SINK_TAKEN);
	expect_file(place.path, "one\ntwo\n");
	ck_assert_int_eq(stat(place.path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0640);
}
END_TEST

START_TEST(spool_that_was_moved_away_is_begun_again)
{
	PLACE("spool");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SPOOL, place.path);
	char old[160];

	(void)snprintf(old, sizeof old, "%s.1", place.path);
	TAKEN(sink, "one");
	ck_assert_int_eq(rename(place.path, old), 0);
	TAKEN(sink, "two");
	ck_assert_int_eq(sink_flush(sink, &(size_t){0}, NULL), SINK_TAKEN);
	expect_file(old, "one\n");
	expect_file(place.path, "two\n");
	ck_assert_int_eq(truncate(place.path, 0), 0); /* logrotate's copytruncate */
	TAKEN(sink, "three");
	expect_file(place.path, "three\n");
	ck_assert_int_eq(unlink(place.path), 0);
	TAKEN(sink, "four");
	expect_file(place.path, "four\n");
}
END_TEST

START_TEST(spool_that_is_no_regular_file_is_not_written_to)
{
	PLACE("spool");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SPOOL, place.path);

	ck_assert_int_eq(symlink("/dev/null", place.path), 0);
	expect_away(sink, "symbolic link");
	ck_assert_int_eq(unlink(place.path), 0);
	ck_assert_int_eq(mkfifo(place.path, 0600), 0);
	expect_away(sink, "not a regular file");
	ck_assert_int_eq(unlink(place.path), 0);
	TAKEN(sink, "x");
}
END_TEST

START_TEST(spool_in_a_missing_folder_is_away)
{
	PLACE("spool");
	char path[256];

	(void)snprintf(path, sizeof path, "%s/missing/spool", place.folder);
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SPOOL, path);
	expect_away(sink, "No such file");
}
END_TEST

static void put(const char *path, const char *content, size_t length)
{
	CLEANUP(cleanup_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	ck_assert_int_eq(write(fd, content, length), (ssize_t)length);
}

START_TEST(half_a_line_of_a_writer_that_died_is_taken_off)
{
	PLACE("spool");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SPOOL, place.path);

	put(place.path, "one\ntw", 6);
	TAKEN(sink, "two");
	expect_file(place.path, "one\ntwo\n");
	put(place.path, "on", 2);
	TAKEN(sink, "one");
	expect_file(place.path, "one\n");
}
END_TEST

START_TEST(file_that_is_no_spool_is_left_as_it_is)
{
	PLACE("spool");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SPOOL, place.path);
	char other[20000];
	struct stat status;

	memset(other, 'x', sizeof other);
	put(place.path, other, sizeof other);
	expect_away(sink, "does not end in a line");
	ck_assert_int_eq(stat(place.path, &status), 0);
	ck_assert_int_eq(status.st_size, sizeof other);
}
END_TEST

START_TEST(spool_that_another_process_holds_is_away)
{
	PLACE("spool");
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_SPOOL, place.path);

	put(place.path, "", 0);
	CLEANUP(cleanup_close) int fd = open(place.path, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	expect_away(sink, "another process");
	ck_assert_int_eq(flock(fd, LOCK_UN), 0);
	TAKEN(sink, "x");
}
END_TEST

/* In a child, since the limit and the ignored signal are the process's. */
static int fill_and_go_on(const char *path)
{
	struct rlimit limit = {10, 1 << 20};
	struct sink *sink = make(CONFIG_SINK_SPOOL, path);
	struct error e = {0};

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0 || give(sink, "12345", &e) != SINK_TAKEN)
		return 1;
	for (int i = 0; i < 3; i++)
		if (give(sink, "67890", &e) != SINK_AWAY || !strstr(e.text, "full"))
			return 2;
	if (sink_flush(sink, &(size_t){0}, &e) != SINK_TAKEN)
		return 3;
	limit.rlim_cur = 1 << 20;
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0 || give(sink, "67890", &e) != SINK_TAKEN ||
	    sink_flush(sink, &(size_t){0}, &e) != SINK_TAKEN)
		return 4;
	sink_free(sink);
	return 0;
}

START_TEST(full_disk_leaves_no_half_line_and_the_message_goes_later_once)
{
	PLACE("spool");
	int status;

	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(fill_and_go_on(place.path));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	expect_file(place.path, "12345\n67890\n");
}
END_TEST

/* ---- standard output ---- */

static void redirect(int to, int *ret_saved)
{
	fflush(stdout);
	*ret_saved = dup(STDOUT_FILENO);
	ck_assert_int_ge(dup2(to, STDOUT_FILENO), 0);
}

static void restore(int saved)
{
	ck_assert_int_ge(dup2(saved, STDOUT_FILENO), 0);
	close(saved);
}

START_TEST(standard_output_gets_a_line_and_a_closed_one_is_away)
{
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_STDOUT, NULL);
	struct error e = {0};
	char line[16] = "";
	int ends[2];
	int saved;

	ck_assert_int_eq(pipe(ends), 0);
	redirect(ends[1], &saved);
	enum sink_answer taken = give(sink, "line", &e);
	ssize_t n = read(ends[0], line, sizeof line);
	close(ends[0]);
	enum sink_answer away = give(sink, "line", &e);
	restore(saved);
	close(ends[1]);
	ck_assert_int_eq(taken, SINK_TAKEN);
	ck_assert_int_eq(n, 5);
	ck_assert_mem_eq(line, "line\n", 5);
	ck_assert_int_eq(away, SINK_AWAY);
	ck_assert_msg(strstr(e.text, "closed") != NULL, "%s", e.text);
}
END_TEST

START_TEST(standard_output_that_nobody_reads_does_not_block)
{
	CLEANUP(cleanup_sink) struct sink *sink = make(CONFIG_SINK_STDOUT, NULL);
	static char message[4001];
	struct error e = {0};
	int ends[2];
	int saved;
	size_t sent = 0;

	memset(message, 'x', sizeof message - 1);
	ck_assert_int_eq(pipe(ends), 0);
	redirect(ends[1], &saved);
	while (sent < 1000 && give(sink, message, &e) == SINK_TAKEN)
		sent++;
	restore(saved);
	close(ends[0]);
	close(ends[1]);
	ck_assert_uint_gt(sent, 0);
	ck_assert_uint_lt(sent, 1000);
	ck_assert_msg(strstr(e.text, "nobody reads") != NULL, "%s", e.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, datagram_arrives_as_it_is);
	tcase_add_test(tcase, missing_socket_is_away_and_found_when_it_comes);
	tcase_add_test(tcase, receiver_that_was_started_again_is_found);
	tcase_add_test(tcase, receiver_that_does_not_read_is_away_and_loses_nothing);
	tcase_add_test(tcase, receiver_that_reads_slowly_is_waited_for);
	tcase_add_test(tcase, message_longer_than_the_socket_takes_is_away_with_words);
	tcase_add_test(tcase, stream_socket_is_refused_with_words);
	tcase_add_test(tcase, journal_entry_is_in_the_native_protocol);
	tcase_add_test(tcase, paths_are_checked);
	tcase_add_test(tcase, spool_has_one_line_a_message);
	tcase_add_test(tcase, spool_that_was_moved_away_is_begun_again);
	tcase_add_test(tcase, spool_that_is_no_regular_file_is_not_written_to);
	tcase_add_test(tcase, spool_in_a_missing_folder_is_away);
	tcase_add_test(tcase, half_a_line_of_a_writer_that_died_is_taken_off);
	tcase_add_test(tcase, file_that_is_no_spool_is_left_as_it_is);
	tcase_add_test(tcase, spool_that_another_process_holds_is_away);
	tcase_add_test(tcase, full_disk_leaves_no_half_line_and_the_message_goes_later_once);
	tcase_add_test(tcase, standard_output_gets_a_line_and_a_closed_one_is_away);
	tcase_add_test(tcase, standard_output_that_nobody_reads_does_not_block);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
