/* A receiver that is away while very many events are told: nothing is dropped, memory stays flat,
 * and all of them arrive when it is back. Against the real rsyslogd over RELP. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "outbox/outbox.h"
#include "store/store.h"

#include "servers/servers.h"
#include "suite.h"

/* The sanitizers make all of it some ten times slower, and keep what was freed: there what is
 * allocated is counted, of fewer events. */
#ifdef __has_feature
#define CLANG_SANITIZES __has_feature(address_sanitizer)
#else
#define CLANG_SANITIZES 0
#endif
#if defined __SANITIZE_ADDRESS__ || CLANG_SANITIZES
size_t __sanitizer_get_current_allocated_bytes(void); /* of the sanitizer; gcc ships no header */
enum { EVENTS = 20000 };
static size_t memory(void)
{
	return __sanitizer_get_current_allocated_bytes();
}
#else
enum { EVENTS = 100000 };
static size_t memory(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[128];
	size_t kib = 0;

	while (file && fgets(line, sizeof line, file) && sscanf(line, "VmRSS: %zu", &kib) != 1)
		;
	ck_assert_ptr_nonnull(file);
	(void)fclose(file);
	return kib * 1024;
}
#endif
enum { TOGETHER = 1000, FLAT = 16 * 1024 * 1024 };

static const struct alert_frame frame = {.sd_id = "pumpwatch@32473", .host = "collector", .process = 1};

/* The clock goes on, and is put forward to end a back-off. */
static _Atomic int64_t forward;
static int64_t now(void *userdata)
{
	struct timespec at;

	(void)userdata;
	(void)clock_gettime(CLOCK_REALTIME, &at);
	return (int64_t)at.tv_sec * TIME_SECOND + at.tv_nsec / 1000 + forward;
}

static void append(struct store *store, int count)
{
	struct error e = {0};

	ck_assert_int_eq(store_begin(store, &e), 0);
	for (int i = 0; i < count; i++) {
		CLEANUP(alert_event_clear) struct alert_event event = {
			.type = ALERT_FILE_MODIFIED, .at = now(NULL), .has_new = true, .has_old = true,
			.asset = strdup("SAMPLE-0001"), .path = strdup("STORED~1/HEAD_F~1"),
		};
		ck_assert_msg(store_event_append(store, &event, &e) == 0, "%s", e.text);
	}
	ck_assert_msg(store_commit(store, &e) == 0, "%s", e.text);
}

static uint64_t waiting(struct outbox *outbox)
{
	const struct outbox_state *states = NULL;

	ck_assert_uint_eq(outbox_states(outbox, &states), 1);
	return states[0].waiting;
}

static void start_receiver(struct server *server)
{
	char configuration[1024];

	(void)snprintf(configuration, sizeof configuration,
		       "module(load=\"imrelp\")\n"
		       "template(name=\"line\" type=\"string\" string=\"%%rawmsg%%\\n\")\n"
		       "action(type=\"omfile\" file=\"%s/received\" template=\"line\")\n"
		       "input(type=\"imrelp\" address=\"127.0.0.1\" port=\"%u\")\n",
		       server->folder, server->port);
	server_start_rsyslogd(server, configuration);
}

/* Each from 1 to EVENTS came at least once, and for the first time in order. */
static void expect_all(const struct server *server)
{
	char path[SERVER_PATH_MAX];
	char *line CLEANUP(cleanup_free) = NULL;
	size_t size = 0;
	unsigned long long next = 1;

	(void)snprintf(path, sizeof path, "%s/received", server->folder);
	for (int i = 0; i < 3000 && next <= EVENTS; i++) { /* the last lines may not be written yet */
		CLEANUP(cleanup_fclose) FILE *file = fopen(path, "re");
		next = 1;
		while (file && getline(&line, &size, file) > 0) {
			const char *at = strstr(line, " seq=\"");
			unsigned long long seq = at ? strtoull(at + 6, NULL, 10) : 0;
			ck_assert_uint_le(seq, next);
			next += seq == next;
		}
		if (next <= EVENTS)
			(void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	ck_assert_uint_eq(next, EVENTS + 1);
}

START_TEST(outage_of_the_receiver_costs_no_event_and_no_memory)
{
	CLEANUP(server_stop) struct server server = {0};
	struct config_sink sink = {
		.name = (char *)"relp", .type = CONFIG_SINK_RELP_PLAIN, .host = (char *)"127.0.0.1", .severity = 7,
		.events = UINT64_MAX, .window = 64, .timeout = 10 * TIME_SECOND,
	};
	struct config config = {.sinks = &sink, .sink_count = 1};
	const struct outbox_options options = {.config = &config, .frame = &frame, .clock = {.now = now}};
	char state[SERVER_PATH_MAX];
	struct outbox *outbox = NULL;
	struct store *store = NULL;
	struct error e = {0};

	server_prepare(&server);
	sink.port = server.port;
	(void)snprintf(state, sizeof state, "%s/state", server.folder);
	ck_assert_int_eq(mkdir(state, 0700), 0);
	config.state = state;
	ck_assert_msg(store_open(&store, state, STORE_WRITE, false, &e) == 0, "%s", e.text);
	ck_assert_msg(outbox_new(&outbox, &options, &e) == 0, "%s", e.text);
	append(store, TOGETHER); /* so that what is made once is made */
	ck_assert(!outbox_wait(outbox, TIME_MINUTE));
	size_t before = memory();
	for (int i = TOGETHER; i < EVENTS; i += TOGETHER)
		append(store, TOGETHER);
	ck_assert(!outbox_wait(outbox, TIME_MINUTE));
	ck_assert_uint_eq(waiting(outbox), EVENTS);
	size_t during = memory();
	ck_assert_uint_lt(during, before + FLAT);

	start_receiver(&server);
	forward = TIME_HOUR;
	int64_t began = now(NULL);
	for (int i = 0; i < 1000 && waiting(outbox) > 0; i++)
		(void)outbox_wait(outbox, TIME_SECOND / 10);
	int64_t took = now(NULL) - began;
	ck_assert_uint_eq(waiting(outbox), 0);
	size_t after = memory();
	printf("%d events: memory %zu KiB before, %zu with all waiting, %zu after; drained in %.1f s\n", EVENTS,
	       before / 1024, during / 1024, after / 1024, (double)took / TIME_SECOND);
	ck_assert_uint_lt(after, before + FLAT);
	outbox_free(outbox);
	store_close(store);
	expect_all(&server);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outbox, outage");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, outage_of_the_receiver_costs_no_event_and_no_memory);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
