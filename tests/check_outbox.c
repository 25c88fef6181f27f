#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "file/file.h"
#include "outbox/outbox.h"
#include "store/store.h"

#include "suite.h"
#include "syslog_line.h"

#define NOW (20000 * TIME_DAY)

static const struct alert_frame frame = {.sd_id = "pumpwatch@32473", .host = "collector", .process = 1};

/* A store, a spool and a syslog socket in a folder of their own. */
struct place {
	char folder[64], state[96], spool[96], socket[96];
	struct config_sink sinks[2];
	struct config config;
	struct store *store;
	struct outbox *outbox;
};

static void place_open(struct place *place)
{
	struct error e = {0};

	ck_assert_msg(store_open(&place->store, place->state, STORE_WRITE, false, &e) == 0, "%s", e.text);
	ck_assert_msg(outbox_new(&place->outbox, place->store, &place->config, &frame, &e) == 0, "%s", e.text);
}

static void place_make(struct place *place)
{
	*place = (struct place){.folder = "/tmp/check_outbox.XXXXXX"};
	ck_assert_ptr_nonnull(mkdtemp(place->folder));
	(void)snprintf(place->state, sizeof place->state, "%s/state", place->folder);
	(void)snprintf(place->spool, sizeof place->spool, "%s/spool", place->folder);
	(void)snprintf(place->socket, sizeof place->socket, "%s/log", place->folder);
	ck_assert_int_eq(mkdir(place->state, 0700), 0);
	place->sinks[0] = (struct config_sink){.name = (char *)"local", .type = CONFIG_SINK_SYSLOG,
					       .path = place->socket, .facility = 16};
	place->sinks[1] = (struct config_sink){.name = (char *)"file", .type = CONFIG_SINK_SPOOL,
					       .path = place->spool, .facility = 17};
	place->config = (struct config){.sinks = place->sinks, .sink_count = 2};
	place_open(place);
}

static void place_close(struct place *place)
{
	outbox_free(place->outbox);
	store_close(place->store);
	place->outbox = NULL;
	place->store = NULL;
}

static void remove_all(const char *folder)
{
	char command[160];

	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void place_remove(struct place *place)
{
	place_close(place);
	remove_all(place->folder);
}

#define PLACE CLEANUP(place_remove) struct place place; place_make(&place)

static void append(struct place *place, int count)
{
	struct error e = {0};

	for (int i = 0; i < count; i++) {
		CLEANUP(alert_event_clear) struct alert_event event = {.type = ALERT_FILE_ADDED, .at = NOW};
		event.path = strdup("a\nb");
		ck_assert_msg(store_event_append(place->store, &event, &e) == 0, "%s", e.text);
	}
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)unlink(path);
	ck_assert_int_ge(fd, 0);
	(void)stpcpy(address.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static uint64_t seq_of(const struct syslog_line *line)
{
	const char *seq = syslog_line_get(line, "seq");

	ck_assert_ptr_nonnull(seq);
	return strtoull(seq, NULL, 10);
}

/* Read what waits at a socket: the messages follow last, in order. Returns the new last. */
static uint64_t receive(int fd, uint64_t last, int priority)
{
	char buffer[8192];
	ssize_t n;

	while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0) {
		CLEANUP(syslog_line_clear) struct syslog_line line;
		ck_assert_int_eq(syslog_line_parse(&line, buffer, (size_t)n), 0);
		ck_assert_int_eq(line.priority, priority);
		ck_assert_uint_eq(seq_of(&line), last + 1);
		last++;
	}
	return last;
}

/* The spool has each event from 1 to last at least once, in order, and a duplicate has the
 * same id. Returns how many duplicates there are. */
static size_t expect_spool(const char *path, uint64_t last)
{
	CLEANUP(text_clear) struct text text;
	char (*ids)[ALERT_EID_SIZE] = calloc(last + 1, sizeof *ids);
	uint64_t highest = 0;
	size_t duplicates = 0;

	ck_assert_ptr_nonnull(ids);
	text_init(&text);
	ck_assert_int_eq(file_read(&text, path, 64 << 20, ERROR_DATA, NULL), 0);
	ck_assert_int_eq(text.data[text.length - 1], '\n');
	for (char *at = text.data, *end; (end = strchr(at, '\n')); at = end + 1) {
		CLEANUP(syslog_line_clear) struct syslog_line line;
		ck_assert_int_eq(syslog_line_parse(&line, at, (size_t)(end - at)), 0);
		uint64_t seq = seq_of(&line);
		const char *eid = syslog_line_get(&line, "eid");
		ck_assert_uint_ge(seq, 1);
		ck_assert_uint_le(seq, highest + 1); /* nothing is left out */
		ck_assert_uint_eq(strlen(eid), ALERT_EID_SIZE - 1);
		if (seq <= highest) {
			duplicates++;
			ck_assert_str_eq(ids[seq], eid);
		} else {
			(void)stpcpy(ids[seq], eid);
			highest = seq;
		}
	}
	ck_assert_uint_eq(highest, last);
	free(ids);
	return duplicates;
}

static const struct outbox_state *state_of(struct place *place, size_t sink)
{
	const struct outbox_state *states = NULL;

	ck_assert_uint_eq(outbox_states(place->outbox, &states), 2);
	return &states[sink];
}

START_TEST(events_reach_each_sink_in_order)
{
	PLACE;
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);

	ck_assert_int_eq(outbox_run(place.outbox, NOW), TIME_NEVER);
	append(&place, 5);
	ck_assert_int_eq(outbox_run(place.outbox, NOW), TIME_NEVER);
	ck_assert_uint_eq(receive(fd, 0, 16 * 8 + 3), 5);
	ck_assert_uint_eq(expect_spool(place.spool, 5), 0);
	append(&place, 2);
	ck_assert_int_eq(outbox_run(place.outbox, NOW), TIME_NEVER);
	ck_assert_uint_eq(receive(fd, 5, 16 * 8 + 3), 7);
	ck_assert_uint_eq(expect_spool(place.spool, 7), 0);
	ck_assert_str_eq(state_of(&place, 0)->name, "local");
	ck_assert(!state_of(&place, 0)->away);
	ck_assert_ptr_null(state_of(&place, 0)->why);
	ck_assert_uint_eq(state_of(&place, 1)->waiting, 0);
}
END_TEST

START_TEST(spool_has_its_own_facility_and_the_format_of_rfc_5424)
{
	PLACE;
	CLEANUP(text_clear) struct text text;

	append(&place, 1);
	(void)outbox_run(place.outbox, NOW);
	text_init(&text);
	ck_assert_int_eq(file_read(&text, place.spool, 1 << 20, ERROR_DATA, NULL), 0);
	ck_assert_mem_eq(text.data, "<139>1 2024-10-04T", 18);
}
END_TEST

START_TEST(sink_that_is_away_holds_no_other_and_is_tried_again_later)
{
	static const int seconds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
	PLACE;
	int64_t now = NOW;

	append(&place, 3);
	for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
		int64_t next = outbox_run(place.outbox, now);
		ck_assert_int_eq(next, now + seconds[i] * TIME_SECOND);
		ck_assert_int_eq(outbox_run(place.outbox, next - 1), next); /* not before */
		now = next;
	}
	ck_assert_uint_eq(expect_spool(place.spool, 3), 0);
	ck_assert(state_of(&place, 0)->away);
	ck_assert_uint_eq(state_of(&place, 0)->waiting, 3);
	ck_assert_ptr_nonnull(strstr(state_of(&place, 0)->why, place.socket));
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);
	ck_assert_int_eq(outbox_run(place.outbox, now), TIME_NEVER);
	ck_assert_uint_eq(receive(fd, 0, 131), 3);
	ck_assert(!state_of(&place, 0)->away);
}
END_TEST

START_TEST(clock_that_was_set_back_holds_nothing)
{
	PLACE;
	append(&place, 1);
	(void)outbox_run(place.outbox, NOW);
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);
	(void)outbox_run(place.outbox, NOW - TIME_DAY);
	ck_assert_uint_eq(receive(fd, 0, 131), 1);
}
END_TEST

START_TEST(much_goes_in_bounded_batches)
{
	PLACE;
	place.config.sinks++; /* the spool alone */
	place.config.sink_count = 1;
	outbox_free(place.outbox);
	ck_assert_int_eq(outbox_new(&place.outbox, place.store, &place.config, &frame, NULL), 0);
	append(&place, 150);
	ck_assert_int_eq(outbox_run(place.outbox, NOW), NOW);
	ck_assert_uint_eq(expect_spool(place.spool, 64), 0);
	ck_assert_int_eq(outbox_run(place.outbox, NOW), NOW);
	ck_assert_int_eq(outbox_run(place.outbox, NOW), TIME_NEVER);
	ck_assert_uint_eq(expect_spool(place.spool, 150), 0);
}
END_TEST

START_TEST(receiver_that_is_slow_gets_all_in_order)
{
	PLACE;
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);
	int64_t now = NOW;
	uint64_t last = 0;

	append(&place, 200);
	for (int i = 0; i < 200 && last < 200; i++) {
		now += 10 * TIME_MINUTE;
		(void)outbox_run(place.outbox, now); /* as far as the socket's queue goes */
		last = receive(fd, last, 131);
	}
	ck_assert_uint_eq(last, 200);
}
END_TEST

START_TEST(place_of_a_sink_is_remembered_and_a_new_one_starts_now)
{
	PLACE;
	append(&place, 3);
	(void)outbox_run(place.outbox, NOW);
	place_close(&place);
	place.sinks[0].name = (char *)"new";
	place_open(&place);
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);
	append(&place, 1);
	ck_assert_int_eq(outbox_run(place.outbox, NOW), TIME_NEVER);
	ck_assert_uint_eq(receive(fd, 3, 131), 4);
	ck_assert_uint_eq(expect_spool(place.spool, 4), 0);
}
END_TEST

static void change_schema(const struct place *place, const char *sql)
{
	char path[128];
	sqlite3 *database = NULL;

	(void)snprintf(path, sizeof path, "%s/pumpwatch.db", place->state);
	ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
}

START_TEST(store_that_fails_is_said_and_tried_again)
{
	PLACE;
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);

	append(&place, 2);
	change_schema(&place, "ALTER TABLE record RENAME TO elsewhere");
	ck_assert_int_eq(outbox_run(place.outbox, NOW), NOW + TIME_SECOND);
	ck_assert(state_of(&place, 1)->away);
	ck_assert_ptr_nonnull(state_of(&place, 1)->why);
	change_schema(&place, "ALTER TABLE elsewhere RENAME TO record");
	ck_assert_int_eq(outbox_run(place.outbox, NOW + TIME_SECOND), TIME_NEVER);
	ck_assert_uint_eq(receive(fd, 0, 131), 2);
	ck_assert_uint_eq(expect_spool(place.spool, 2), 0);
}
END_TEST

START_TEST(place_that_cannot_be_kept_sends_again_with_the_same_ids)
{
	PLACE;
	append(&place, 2);
	change_schema(&place, "CREATE TRIGGER stuck BEFORE UPDATE ON sink BEGIN SELECT RAISE(FAIL, 'no'); END");
	(void)outbox_run(place.outbox, NOW);
	ck_assert(state_of(&place, 1)->away);
	change_schema(&place, "DROP TRIGGER stuck");
	(void)outbox_run(place.outbox, NOW + TIME_HOUR);
	ck_assert_uint_eq(expect_spool(place.spool, 2), 2);
}
END_TEST

START_TEST(sink_that_cannot_be_made_is_refused)
{
	PLACE;
	struct outbox *outbox = NULL;
	struct error e = {0};

	place.sinks[1].path = NULL;
	ck_assert_int_eq(outbox_new(&outbox, place.store, &place.config, &frame, &e), -1);
	ck_assert_int_eq(e.code, ERROR_CONFIG);
	ck_assert_ptr_null(outbox);
}
END_TEST

/* ---- killed in the middle ---- */

/* In a child: deliver until killed. */
static void deliver(struct place *place)
{
	place->store = NULL;
	place->outbox = NULL;
	place_open(place);
	for (;;)
		(void)outbox_run(place->outbox, NOW);
}

static off_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_size : 0;
}

/* Kill it once it has written so much more, which falls anywhere in a batch. */
static void kill_after(struct place *place, off_t more)
{
	off_t before = size_of(place->spool);
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0)
		deliver(place);
	for (int i = 0; i < 20000 && size_of(place->spool) < before + more; i++)
		usleep(100);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(killed_in_the_middle_loses_nothing)
{
	enum { EVENTS = 1500 };
	PLACE;

	place.config.sinks++;
	place.config.sink_count = 1;
	append(&place, EVENTS);
	place_close(&place);
	for (int i = 0; i < 12; i++)
		kill_after(&place, 100 + i * 3700);
	place_open(&place);
	for (int i = 0; i < EVENTS && outbox_run(place.outbox, NOW) != TIME_NEVER; i++)
		;
	(void)expect_spool(place.spool, EVENTS); /* duplicates are fine, and have their ids */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outbox");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, events_reach_each_sink_in_order);
	tcase_add_test(tcase, spool_has_its_own_facility_and_the_format_of_rfc_5424);
	tcase_add_test(tcase, sink_that_is_away_holds_no_other_and_is_tried_again_later);
	tcase_add_test(tcase, clock_that_was_set_back_holds_nothing);
	tcase_add_test(tcase, much_goes_in_bounded_batches);
	tcase_add_test(tcase, receiver_that_is_slow_gets_all_in_order);
	tcase_add_test(tcase, place_of_a_sink_is_remembered_and_a_new_one_starts_now);
	tcase_add_test(tcase, store_that_fails_is_said_and_tried_again);
	tcase_add_test(tcase, place_that_cannot_be_kept_sends_again_with_the_same_ids);
	tcase_add_test(tcase, sink_that_cannot_be_made_is_refused);
	tcase_add_test(tcase, killed_in_the_middle_loses_nothing);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
