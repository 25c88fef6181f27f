#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

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

/* The clock that back-off goes by. */
static _Atomic int64_t clock_now = NOW;
static int64_t test_now(void *userdata)
{
	(void)userdata;
	return clock_now;
}

/* A store, a spool and a syslog socket in a folder of their own. */
struct place {
	char folder[64], state[96], spool[96], socket[96];
	struct config_sink sinks[2];
	struct config config;
	struct store *store;
	struct outbox *outbox;
};

static void place_deliver(struct place *place)
{
	const struct outbox_options options = {
		.config = &place->config, .frame = &frame, .clock = {.now = test_now},
	};
	struct error e = {0};

	ck_assert_msg(outbox_new(&place->outbox, &options, &e) == 0, "%s", e.text);
}

static void place_open(struct place *place)
{
	struct error e = {0};

	ck_assert_msg(store_open(&place->store, place->state, STORE_WRITE, false, &e) == 0, "%s", e.text);
	place_deliver(place);
}

#define ALL .severity = 7, .events = UINT64_MAX, .timeout = TIME_SECOND / 100
static void place_make(struct place *place)
{
	*place = (struct place){.folder = "/tmp/check_outbox.XXXXXX"};
	ck_assert_ptr_nonnull(mkdtemp(place->folder));
	(void)snprintf(place->state, sizeof place->state, "%s/state", place->folder);
	(void)snprintf(place->spool, sizeof place->spool, "%s/spool", place->folder);
	(void)snprintf(place->socket, sizeof place->socket, "%s/log", place->folder);
	ck_assert_int_eq(mkdir(place->state, 0700), 0);
	place->sinks[0] = (struct config_sink){.name = (char *)"local", .type = CONFIG_SINK_SYSLOG,
					       .path = place->socket, .facility = 16, ALL};
	place->sinks[1] = (struct config_sink){.name = (char *)"file", .type = CONFIG_SINK_SPOOL,
					       .path = place->spool, .facility = 17, ALL};
	place->config = (struct config){.state = place->state, .sinks = place->sinks, .sink_count = 2};
	place_open(place);
}

static void place_close(struct place *place)
{
	outbox_free(place->outbox);
	store_close(place->store);
	clock_now = NOW;
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

	ck_assert_int_eq(store_begin(place->store, &e), 0);
	for (int i = 0; i < count; i++) {
		CLEANUP(alert_event_clear) struct alert_event event = {.type = ALERT_FILE_ADDED, .at = NOW};
		event.path = strdup("a\nb");
		ck_assert_msg(store_event_append(place->store, &event, &e) == 0, "%s", e.text);
	}
	ck_assert_int_eq(store_commit(place->store, &e), 0);
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

	ck_assert_uint_gt(outbox_states(place->outbox, &states), sink);
	return &states[sink];
}

/* Let every sink look; whether all is delivered. */
static bool look(struct place *place)
{
	return outbox_wait(place->outbox, TIME_MINUTE);
}

/* With the spool alone. */
static void spool_alone(struct place *place)
{
	place_close(place);
	place->config.sinks = &place->sinks[1];
	place->config.sink_count = 1;
	place_open(place);
}

START_TEST(events_reach_each_sink_in_order)
{
	PLACE;
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);

	ck_assert(look(&place));
	append(&place, 5);
	ck_assert(look(&place));
	ck_assert_uint_eq(receive(fd, 0, 16 * 8 + 3), 5);
	ck_assert_uint_eq(expect_spool(place.spool, 5), 0);
	append(&place, 2);
	ck_assert(look(&place));
	ck_assert_uint_eq(receive(fd, 5, 16 * 8 + 3), 7);
	ck_assert_uint_eq(expect_spool(place.spool, 7), 0);
	ck_assert_str_eq(state_of(&place, 0)->name, "local");
	ck_assert(!state_of(&place, 0)->away);
	ck_assert_ptr_null(state_of(&place, 0)->why);
	ck_assert_uint_eq(state_of(&place, 1)->waiting, 0);
}
END_TEST

START_TEST(events_are_found_without_a_call)
{
	PLACE;
	append(&place, 3);
	for (int i = 0; i < 2000 && access(place.spool, F_OK) < 0; i++)
		usleep(10000);
	ck_assert_int_eq(access(place.spool, F_OK), 0);
}
END_TEST

START_TEST(spool_has_its_own_facility_and_format)
{
	CLEANUP(store_events_clear) struct store_events events = {0};
	CLEANUP(text_clear) struct text text;
	CLEANUP(text_clear) struct text expected;
	PLACE;

	append(&place, 1);
	(void)look(&place);
	text_init(&text);
	ck_assert_int_eq(file_read(&text, place.spool, 1 << 20, ERROR_DATA, NULL), 0);
	ck_assert_mem_eq(text.data, "<139>1 2024-10-04T", 18);
	place_close(&place);
	place.sinks[1].format = ALERT_CEF;
	place_open(&place);
	append(&place, 1);
	(void)look(&place);
	size_t before = text.length;
	text_clear(&text);
	text_init(&text);
	ck_assert_int_eq(file_read(&text, place.spool, 1 << 20, ERROR_DATA, NULL), 0);
	ck_assert_int_eq(store_events_list(place.store, 1, 1, &events, NULL), 0);
	text_init(&expected);
	ck_assert_int_eq(alert_render(&expected, events.items, ALERT_CEF, ALERT_LINE,
				      &(struct alert_frame){.sd_id = frame.sd_id, .host = frame.host,
							    .process = 1, .facility = 17}), 0);
	text_add_char(&expected, '\n');
	ck_assert_str_eq(text.data + before, expected.data);
}
END_TEST

START_TEST(filter_leaves_out_and_lets_heartbeats_pass)
{
	CLEANUP(alert_event_clear) struct alert_event heartbeat = {0};
	CLEANUP(text_clear) struct text text;
	PLACE;

	place_close(&place);
	place.sinks[1].severity = 2; /* FILE_ADDED has 3 */
	place_open(&place);
	append(&place, 600);
	(void)look(&place);
	ck_assert_uint_eq(state_of(&place, 1)->waiting, 0);
	ck_assert_int_lt(access(place.spool, F_OK), 0);
	ck_assert_int_eq(alert_event_heartbeat(&heartbeat, "sample-site", &(struct alert_counts){0}, 60, NOW), 0);
	ck_assert_int_eq(store_event_append(place.store, &heartbeat, NULL), 0);
	(void)look(&place);
	text_init(&text);
	ck_assert_int_eq(file_read(&text, place.spool, 1 << 20, ERROR_DATA, NULL), 0);
	ck_assert_ptr_nonnull(strstr(text.data, " HEARTBEAT "));
	ck_assert_ptr_eq(strchr(text.data, '\n'), text.data + text.length - 1);
}
END_TEST

START_TEST(sink_that_is_away_holds_no_other_and_is_tried_again_later)
{
	static const int seconds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
	PLACE;

	append(&place, 3);
	for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
		ck_assert(!look(&place));
		int64_t next = state_of(&place, 0)->retry_at;
		ck_assert_int_eq(next, clock_now + seconds[i] * TIME_SECOND);
		clock_now = next - 1;
		(void)look(&place);
		ck_assert_int_eq(state_of(&place, 0)->retry_at, next); /* not before */
		clock_now = next;
	}
	ck_assert_uint_eq(expect_spool(place.spool, 3), 0);
	ck_assert(state_of(&place, 0)->away);
	ck_assert_uint_eq(state_of(&place, 0)->waiting, 3);
	ck_assert_ptr_nonnull(strstr(state_of(&place, 0)->why, place.socket));
	append(&place, 1);
	clock_now -= 1;
	(void)look(&place);
	ck_assert_uint_eq(state_of(&place, 0)->waiting, 4);
	ck_assert_uint_eq(state_of(&place, 1)->waiting, 0);
	clock_now += 301 * TIME_SECOND;
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);
	ck_assert(look(&place));
	ck_assert_uint_eq(receive(fd, 0, 131), 4);
	ck_assert(!state_of(&place, 0)->away);
}
END_TEST

START_TEST(store_tells_since_when_and_why_one_is_away)
{
	CLEANUP(store_sinks_clear) struct store_sinks sinks = {0};
	PLACE;

	append(&place, 1);
	(void)look(&place);
	clock_now += TIME_SECOND;
	(void)look(&place);
	place_close(&place); /* another process goes on */
	clock_now = NOW + TIME_DAY;
	place_open(&place);
	(void)look(&place);
	ck_assert_int_eq(store_sinks_list(place.store, &sinks, NULL), 0);
	ck_assert_str_eq(sinks.items[1].name, "local");
	ck_assert_int_eq(sinks.items[1].away_since, NOW);
	ck_assert_ptr_nonnull(strstr(sinks.items[1].why, place.socket));
	ck_assert_int_eq(sinks.items[0].away_since, 0);
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);
	ck_assert_int_ge(fd, 0);
	clock_now += TIME_SECOND;
	ck_assert(look(&place));
	store_sinks_clear(&sinks);
	ck_assert_int_eq(store_sinks_list(place.store, &sinks, NULL), 0);
	ck_assert_int_eq(sinks.items[1].away_since, 0);
	ck_assert_ptr_null(sinks.items[1].why);
}
END_TEST

START_TEST(clock_that_was_set_back_holds_nothing)
{
	PLACE;
	append(&place, 1);
	(void)look(&place);
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);
	clock_now = NOW - TIME_DAY;
	ck_assert(look(&place));
	ck_assert_uint_eq(receive(fd, 0, 131), 1);
}
END_TEST

START_TEST(receiver_that_is_slow_gets_all_in_order)
{
	PLACE;
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);
	uint64_t last = 0;

	append(&place, 200);
	for (int i = 0; i < 200 && last < 200; i++) {
		clock_now += 10 * TIME_MINUTE;
		(void)look(&place); /* as far as the socket's queue goes */
		last = receive(fd, last, 131);
	}
	ck_assert_uint_eq(last, 200);
}
END_TEST

START_TEST(place_of_a_sink_is_remembered_and_a_new_one_starts_now)
{
	PLACE;
	append(&place, 3);
	(void)look(&place);
	place_close(&place);
	place.sinks[0].name = (char *)"new";
	place_open(&place);
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);
	append(&place, 1);
	clock_now += TIME_HOUR;
	ck_assert(look(&place));
	ck_assert_uint_eq(receive(fd, 3, 131), 4);
	ck_assert_uint_eq(expect_spool(place.spool, 4), 0);
}
END_TEST

static void change_store(const struct place *place, const char *sql)
{
	char path[128];
	sqlite3 *database = NULL;
	char *fault = NULL;

	(void)snprintf(path, sizeof path, "%s/pumpwatch.db", place->state);
	ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
	ck_assert_int_eq(sqlite3_busy_timeout(database, 5000), SQLITE_OK);
	(void)sqlite3_exec(database, sql, NULL, NULL, &fault);
	ck_assert_msg(!fault, "%s", fault);
	sqlite3_close(database);
}

START_TEST(store_that_fails_is_said_and_tried_again)
{
	PLACE;
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);

	append(&place, 2);
	change_store(&place, "ALTER TABLE chain RENAME TO elsewhere");
	clock_now += TIME_HOUR;
	ck_assert(!look(&place));
	ck_assert(state_of(&place, 1)->away);
	ck_assert_ptr_nonnull(strstr(state_of(&place, 1)->why, "pumpwatch.db"));
	change_store(&place, "ALTER TABLE elsewhere RENAME TO chain");
	clock_now += TIME_HOUR;
	ck_assert(look(&place));
	ck_assert_uint_eq(receive(fd, 0, 131), 2);
	ck_assert_uint_eq(expect_spool(place.spool, 2), 0);
}
END_TEST

#define STUCK "CREATE TRIGGER stuck BEFORE UPDATE ON sink WHEN NEW.seq <> OLD.seq BEGIN SELECT RAISE(FAIL, 'no'); END"

START_TEST(place_that_cannot_be_kept_is_owed_and_nothing_is_sent_twice)
{
	PLACE;
	spool_alone(&place);
	change_store(&place, STUCK);
	append(&place, 2);
	ck_assert(!look(&place));
	ck_assert(state_of(&place, 0)->away);
	ck_assert_uint_eq(state_of(&place, 0)->waiting, 2);
	change_store(&place, "DROP TRIGGER stuck");
	clock_now += TIME_HOUR;
	ck_assert(look(&place));
	ck_assert_uint_eq(expect_spool(place.spool, 2), 0);
}
END_TEST

START_TEST(place_that_was_not_kept_at_the_end_sends_again_with_the_same_ids)
{
	PLACE;
	spool_alone(&place);
	change_store(&place, STUCK);
	append(&place, 2);
	(void)look(&place);
	place_close(&place);
	change_store(&place, "DROP TRIGGER stuck");
	place_open(&place);
	ck_assert(look(&place));
	ck_assert_uint_eq(expect_spool(place.spool, 2), 2);
}
END_TEST

START_TEST(damaged_event_holds_what_follows_and_says_so)
{
	PLACE;
	spool_alone(&place);
	outbox_free(place.outbox);
	append(&place, 4);
	change_store(&place, "DROP TRIGGER record_unchanged; CREATE TABLE good AS SELECT text FROM record WHERE seq = 3;"
			     "UPDATE record SET text = '{}' WHERE seq = 3");
	place_deliver(&place);
	ck_assert(!look(&place));
	(void)expect_spool(place.spool, 2); /* those before it went */
	ck_assert(state_of(&place, 0)->away);
	ck_assert_uint_eq(state_of(&place, 0)->waiting, 2);
	ck_assert_ptr_nonnull(strstr(state_of(&place, 0)->why, "event 3"));
	ck_assert_ptr_nonnull(strstr(state_of(&place, 0)->why, "pumpwatch audit verify"));
	change_store(&place, "UPDATE record SET text = (SELECT text FROM good) WHERE seq = 3");
	clock_now += TIME_HOUR;
	ck_assert(look(&place));
	ck_assert_uint_eq(expect_spool(place.spool, 4), 0);
}
END_TEST

START_TEST(sink_that_cannot_be_made_is_refused)
{
	PLACE;
	struct outbox *outbox = NULL;
	struct error e = {0};
	const struct outbox_options options = {
		.config = &place.config, .frame = &frame, .clock = {.now = test_now},
	};

	outbox_free(place.outbox);
	place.outbox = NULL;
	place.sinks[1].path = NULL;
	ck_assert_int_eq(outbox_new(&outbox, &options, &e), -1);
	ck_assert_int_eq(e.code, ERROR_CONFIG);
	ck_assert_ptr_null(outbox);
}
END_TEST

START_TEST(backlog_beyond_its_bound_is_full_until_it_is_taken)
{
	struct error why = {0};
	PLACE;

	place.config.backlog = 4000;
	ck_assert_int_eq(outbox_is_full(place.store, &place.config, &why), 0);
	append(&place, 40); /* more than 100 bytes each */
	(void)look(&place);
	ck_assert_int_eq(outbox_is_full(place.store, &place.config, &why), 1);
	ck_assert_ptr_eq(strstr(why.text, OUTBOX_FULL), why.text);
	ck_assert_ptr_nonnull(strstr(why.text, "sink local"));
	ck_assert_ptr_nonnull(strstr(why.text, "pumpwatch sinks"));
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);
	for (uint64_t last = 0; last < 40; last = receive(fd, last, 131)) {
		clock_now += TIME_HOUR;
		(void)look(&place);
	}
	clock_now += TIME_HOUR;
	(void)look(&place);
	ck_assert_int_eq(outbox_is_full(place.store, &place.config, &why), 0);
	/* A sink that is not configured any more holds nothing up. */
	place.config.sinks++;
	place.config.sink_count = 1;
	place.config.backlog = 0;
	ck_assert_int_eq(outbox_is_full(place.store, &place.config, &why), 0);
}
END_TEST

START_TEST(disk_with_too_little_room_is_full)
{
	struct error why = {0};
	PLACE;

	place.config.backlog = UINT64_MAX;
	place.config.keep_free = UINT64_C(1) << 60;
	ck_assert_int_eq(outbox_is_full(place.store, &place.config, &why), 1);
	ck_assert_ptr_nonnull(strstr(why.text, place.state));
	place.config.keep_free = 1;
	ck_assert_int_eq(outbox_is_full(place.store, &place.config, &why), 0);
	place.config.state = (char *)"/nonexistent";
	ck_assert_int_eq(outbox_is_full(place.store, &place.config, &why), -1);
}
END_TEST

START_TEST(test_of_a_sink_says_what_became_of_it)
{
	CLEANUP(text_clear) struct text text;
	struct outbox_test test, again;
	struct error e = {0};
	PLACE;

	ck_assert_int_eq(outbox_test(&test, &place.sinks[1], &place.config, &frame, "person", NOW, &e), 0);
	ck_assert(test.taken && test.acknowledged);
	ck_assert_uint_eq(strlen(test.eid), ALERT_EID_SIZE - 1);
	ck_assert_int_eq(outbox_test(&again, &place.sinks[1], &place.config, &frame, "person", NOW + 1, &e), 0);
	ck_assert_str_ne(test.eid, again.eid);
	text_init(&text);
	ck_assert_int_eq(file_read(&text, place.spool, 1 << 20, ERROR_DATA, NULL), 0);
	ck_assert_ptr_nonnull(strstr(text.data, " SINK_TEST "));
	ck_assert_ptr_nonnull(strstr(text.data, test.eid));
	ck_assert_int_eq(outbox_test(&test, &place.sinks[0], &place.config, &frame, "person", NOW, &e), 0);
	ck_assert(!test.taken && !test.acknowledged);
	ck_assert_ptr_nonnull(strstr(e.text, place.socket));
	CLEANUP(cleanup_close) int fd = listen_at(place.socket);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(outbox_test(&test, &place.sinks[0], &place.config, &frame, "person", NOW, &e), 0);
	ck_assert(test.taken && !test.acknowledged);
}
END_TEST

/* ---- over a connection ---- */

/* Takes messages with octet counting (RFC 6587 §3.4.1), or by RELP, one connection after the other.
 * Real receivers are in other tests: this one fails where it is told to. */
struct receiver {
	int listener;
	bool relp;
	size_t hangs_up_after; /* so many acknowledgements, once; 0: never */
	uint16_t port;
	_Atomic int connection; /* -1: none */
	_Atomic size_t count;
	uint64_t seqs[1000];
	pthread_t thread;
};

static void take_frames(struct receiver *receiver, FILE *stream)
{
	static _Thread_local char message[ALERT_MESSAGE_MAX];
	size_t length;

	while (fscanf(stream, "%zu", &length) == 1 && length < sizeof message && fgetc(stream) == ' ' &&
	       fread(message, 1, length, stream) == length && receiver->count < 1000) {
		CLEANUP(syslog_line_clear) struct syslog_line line;
		ck_assert_int_eq(syslog_line_parse(&line, message, length), 0);
		receiver->seqs[receiver->count] = seq_of(&line);
		receiver->count++;
	}
}

static void answer(int fd, unsigned number, const char *data)
{
	dprintf(fd, "%u rsp %zu %s\n", number, strlen(data), data);
}

/* What is not acknowledged does not count. */
static void take_relp(struct receiver *receiver, FILE *stream)
{
	char command[16], message[ALERT_MESSAGE_MAX + 1];
	size_t length;
	unsigned number;

	while (fscanf(stream, "%u %15s %zu", &number, command, &length) == 3 && length < sizeof message &&
	       (length == 0 || fgetc(stream) == ' ') && fread(message, 1, length, stream) == length) {
		CLEANUP(syslog_line_clear) struct syslog_line line = {0};
		if (strcmp(command, "open") == 0)
			answer(receiver->connection, number, "200 OK\nrelp_version=0\nrelp_software=test\ncommands=syslog");
		if (strcmp(command, "syslog") != 0)
			continue;
		if (receiver->hangs_up_after > 0 && receiver->count == receiver->hangs_up_after) {
			receiver->hangs_up_after = 0;
			/* With what is unread it would be a reset, which takes the answers along. */
			(void)shutdown(receiver->connection, SHUT_WR);
			while (fread(message, 1, sizeof message, stream) > 0)
				;
			return;
		}
		ck_assert_int_eq(syslog_line_parse(&line, message, length), 0);
		receiver->seqs[receiver->count] = seq_of(&line);
		receiver->count++;
		answer(receiver->connection, number, "200 OK");
	}
}

static void *receive_all(void *userdata)
{
	struct receiver *receiver = userdata;
	int fd;

	while ((fd = accept(receiver->listener, NULL, NULL)) >= 0) {
		FILE *stream = fdopen(fd, "r+");
		ck_assert_ptr_nonnull(stream);
		receiver->connection = fd;
		if (receiver->relp)
			take_relp(receiver, stream);
		else
			take_frames(receiver, stream);
		receiver->connection = -1;
		(void)fclose(stream);
	}
	return NULL;
}

static void listen_on_port(struct receiver *receiver)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;

	*receiver = (struct receiver){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .connection = -1};
	ck_assert_int_eq(bind(receiver->listener, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(receiver->listener, 8), 0);
	ck_assert_int_eq(getsockname(receiver->listener, (struct sockaddr *)&address, &size), 0);
	receiver->port = ntohs(address.sin_port);
}

static void hang_up(struct receiver *receiver)
{
	for (int i = 0; i < 2000 && receiver->connection < 0; i++)
		usleep(1000);
	ck_assert_int_eq(shutdown(receiver->connection, SHUT_RDWR), 0);
	for (int i = 0; i < 20000 && receiver->connection >= 0; i++)
		usleep(1000);
}

/* The first sink goes over TCP. */
static void use_port(struct place *place, uint16_t port)
{
	place_close(place);
	place->sinks[0] = (struct config_sink){.name = (char *)"tcp", .type = CONFIG_SINK_TCP, .host = (char *)"127.0.0.1",
					       .port = port, .replay = 5 * TIME_MINUTE, ALL};
	place->sinks[0].timeout = TIME_MINUTE;
	place_open(place);
}

/* What came from a place on. */
static void expect_received(struct receiver *receiver, size_t from, const uint64_t *seqs, size_t count)
{
	for (int i = 0; i < 2000 && receiver->count < from + count; i++)
		usleep(10000);
	ck_assert_uint_eq(receiver->count, from + count);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(receiver->seqs[from + i], seqs[i]);
}

START_TEST(what_was_taken_last_goes_again_after_a_reconnect_and_once)
{
	struct receiver receiver;
	PLACE;

	listen_on_port(&receiver);
	ck_assert_int_eq(pthread_create(&receiver.thread, NULL, receive_all, &receiver), 0);
	use_port(&place, receiver.port);
	append(&place, 3);
	ck_assert(look(&place));
	clock_now += TIME_HOUR;
	append(&place, 2);
	ck_assert(look(&place));
	expect_received(&receiver, 0, (uint64_t[]){1, 2, 3, 4, 5}, 5);
	/* An hour later the connection is lost, without anything under way. */
	clock_now += TIME_HOUR;
	hang_up(&receiver);
	for (int i = 0; i < 20 && receiver.count < 7; i++) {
		clock_now += TIME_SECOND;
		(void)look(&place);
	}
	expect_received(&receiver, 5, (uint64_t[]){4, 5}, 2);
	ck_assert(look(&place));
	/* Again: these were sent twice, which is enough. */
	hang_up(&receiver);
	append(&place, 1);
	for (int i = 0; i < 20 && receiver.count < 8; i++) {
		clock_now += TIME_SECOND;
		(void)look(&place);
	}
	expect_received(&receiver, 7, (uint64_t[]){6}, 1);
	ck_assert_uint_eq(expect_spool(place.spool, 6), 0);
	place_close(&place);
	(void)shutdown(receiver.listener, SHUT_RDWR); /* accept() fails then */
	ck_assert_int_eq(pthread_join(receiver.thread, NULL), 0);
	close(receiver.listener);
}
END_TEST

START_TEST(what_was_acknowledged_before_the_connection_was_lost_is_kept)
{
	CLEANUP(store_sinks_clear) struct store_sinks sinks = {0};
	struct receiver receiver;
	PLACE;

	listen_on_port(&receiver);
	receiver.relp = true;
	receiver.hangs_up_after = 10;
	ck_assert_int_eq(pthread_create(&receiver.thread, NULL, receive_all, &receiver), 0);
	use_port(&place, receiver.port);
	place_close(&place);
	place.sinks[0].type = CONFIG_SINK_RELP_PLAIN;
	place.sinks[0].window = 64;
	place.sinks[0].replay = 0;
	place_open(&place);
	append(&place, 100);
	ck_assert(!look(&place));
	ck_assert(state_of(&place, 0)->away);
	ck_assert_uint_eq(state_of(&place, 0)->waiting, 90);
	ck_assert_int_eq(store_sinks_list(place.store, &sinks, NULL), 0);
	ck_assert_str_eq(sinks.items[2].name, "tcp");
	ck_assert_uint_eq(sinks.items[2].seq, 10);
	clock_now += TIME_SECOND;
	ck_assert(look(&place));
	ck_assert_uint_eq(receiver.count, 100);
	for (size_t i = 0; i < 100; i++)
		ck_assert_uint_eq(receiver.seqs[i], i + 1);
	place_close(&place);
	(void)shutdown(receiver.listener, SHUT_RDWR); /* accept() fails then */
	ck_assert_int_eq(pthread_join(receiver.thread, NULL), 0);
	close(receiver.listener);
}
END_TEST

static int64_t real_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

START_TEST(receiver_that_stalls_holds_neither_another_sink_nor_the_end)
{
	struct receiver receiver;
	int64_t began;
	PLACE;

	listen_on_port(&receiver); /* the kernel connects and takes some; nobody reads */
	ck_assert_int_eq(setsockopt(receiver.listener, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int)), 0);
	use_port(&place, receiver.port);
	append(&place, 2000);
	for (int i = 0; i < 3000 && (access(place.spool, F_OK) < 0 || state_of(&place, 1)->waiting > 0); i++)
		usleep(10000);
	ck_assert_uint_eq(expect_spool(place.spool, 2000), 0);
	ck_assert_uint_gt(state_of(&place, 0)->waiting, 0);
	ck_assert(!outbox_wait(place.outbox, TIME_SECOND / 10));
	began = real_now();
	outbox_free(place.outbox);
	place.outbox = NULL;
	ck_assert_int_lt(real_now() - began, 30 * TIME_SECOND); /* its timeout is a minute */
	close(receiver.listener);
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
		(void)look(place);
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
	enum { EVENTS = 6000 };
	PLACE;

	spool_alone(&place);
	outbox_free(place.outbox);
	place.outbox = NULL;
	append(&place, EVENTS);
	place_close(&place);
	for (int i = 0; i < 12; i++)
		kill_after(&place, 100 + i * 37000);
	place_open(&place);
	ck_assert(look(&place));
	(void)expect_spool(place.spool, EVENTS); /* duplicates are fine, and have their ids */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outbox");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, events_reach_each_sink_in_order);
	tcase_add_test(tcase, events_are_found_without_a_call);
	tcase_add_test(tcase, spool_has_its_own_facility_and_format);
	tcase_add_test(tcase, filter_leaves_out_and_lets_heartbeats_pass);
	tcase_add_test(tcase, sink_that_is_away_holds_no_other_and_is_tried_again_later);
	tcase_add_test(tcase, store_tells_since_when_and_why_one_is_away);
	tcase_add_test(tcase, clock_that_was_set_back_holds_nothing);
	tcase_add_test(tcase, receiver_that_is_slow_gets_all_in_order);
	tcase_add_test(tcase, place_of_a_sink_is_remembered_and_a_new_one_starts_now);
	tcase_add_test(tcase, store_that_fails_is_said_and_tried_again);
	tcase_add_test(tcase, place_that_cannot_be_kept_is_owed_and_nothing_is_sent_twice);
	tcase_add_test(tcase, place_that_was_not_kept_at_the_end_sends_again_with_the_same_ids);
	tcase_add_test(tcase, damaged_event_holds_what_follows_and_says_so);
	tcase_add_test(tcase, sink_that_cannot_be_made_is_refused);
	tcase_add_test(tcase, backlog_beyond_its_bound_is_full_until_it_is_taken);
	tcase_add_test(tcase, disk_with_too_little_room_is_full);
	tcase_add_test(tcase, test_of_a_sink_says_what_became_of_it);
	tcase_add_test(tcase, what_was_taken_last_goes_again_after_a_reconnect_and_once);
	tcase_add_test(tcase, what_was_acknowledged_before_the_connection_was_lost_is_kept);
	tcase_add_test(tcase, receiver_that_stalls_holds_neither_another_sink_nor_the_end);
	tcase_add_test(tcase, killed_in_the_middle_loses_nothing);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
