/* The outbox alone, without sweeps: fills a store with events, and delivers them to the sink
 * "bench" of a configuration as the daemon does. Usage:
 *   deliver fill CONFIG COUNT    append them, the sink having its place before them
 *   deliver drain CONFIG         deliver what waits
 *   deliver append CONFIG COUNT  append them in a transaction for each
 *   deliver live CONFIG COUNT    the same while they are delivered
 * The last three say how many seconds it took, without the start of the program. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "file/file.h"
#include "outbox/outbox.h"
#include "store/store.h"

enum { TOGETHER = 500, CONFIG_MOST = 65536 };

#define PATIENCE TIME_HOUR

CLEANUP_DEFINE(struct outbox, outbox_free);
CLEANUP_DEFINE(struct store, store_close);

static int64_t clock_now(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now); /* cannot fail for these clocks */
	return (int64_t)now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

static int64_t real_now(void *userdata)
{
	(void)userdata;
	return clock_now(CLOCK_REALTIME);
}

static const struct alert_frame frame = {.sd_id = "pumpwatch@32473", .host = "collector.example.org", .process = 1};

static struct digest_pair digest_of(int number)
{
	struct digest_pair pair;

	memset(&pair, number, sizeof pair);
	return pair;
}

/* As long as what a modified file makes, with every field that is usual. */
static int append(struct store *store, int number, struct error *e)
{
	CLEANUP(alert_event_clear) struct alert_event event = {
		.type = ALERT_FILE_MODIFIED, .action = ALERT_OPENED, .at = real_now(NULL), .has_kind = true,
		.kind = VISIT_DRUG_LIBRARY, .has_new = true, .has_old = true, .new_size = 491648, .old_size = 491640,
		.new_digest = digest_of(number), .old_digest = digest_of(number + 1), .sweep = 1,
		.alert = (uint64_t)number,
	};

	if (asprintf(&event.asset, "SAMPLE-%06d", number) < 0)
		return error_memory(e);
	event.site = strdup("sample-site");
	event.serial = strdup("SAMPLE-0001");
	event.model = strdup("medfusion-4000");
	event.department = strdup("ICU");
	event.address = strdup("192.0.2.17");
	event.path = strdup("STORED~1");
	event.release = strdup("2026-10");
	event.grade = strdup("plain, not identified");
	return store_event_append(store, &event, e);
}

static int open_store(struct store **ret_store, const struct config *config, struct error *e)
{
	uint64_t position;

	if (store_open(ret_store, config->state, STORE_WRITE, false, e) < 0)
		return -1;
	return store_sink_position(*ret_store, config->sinks[0].name, &position, e);
}

static int fill(const struct config *config, int count, struct error *e)
{
	CLEANUP(cleanup_store_close) struct store *store = NULL;

	if (open_store(&store, config, e) < 0)
		return -1;
	for (int number = 1; number <= count; number++) {
		bool first = number % TOGETHER == 1;
		bool last = number % TOGETHER == 0 || number == count;
		if ((first && store_begin(store, e) < 0) || append(store, number, e) < 0 ||
		    (last && store_commit(store, e) < 0))
			return -1;
	}
	return 0;
}

static struct outbox_options options_for(const struct config *config)
{
	return (struct outbox_options){.config = config, .frame = &frame, .clock = {.now = real_now}};
}

static void say_seconds(int64_t began)
{
	printf("%.3f\n", (double)(clock_now(CLOCK_MONOTONIC) - began) / (double)TIME_SECOND);
}

/* Say how long it took, or why it did not come to an end. */
static int finish(struct outbox *outbox, int64_t began, struct error *e)
{
	const struct outbox_state *states;

	if (!outbox_wait(outbox, PATIENCE)) {
		(void)outbox_states(outbox, &states);
		return error_set(e, ERROR_UNAVAILABLE, "not delivered: %s", states[0].why ? states[0].why : "it is too slow");
	}
	say_seconds(began);
	return 0;
}

static int drain(const struct config *config, struct error *e)
{
	const struct outbox_options options = options_for(config);
	CLEANUP(cleanup_outbox_free) struct outbox *outbox = NULL;
	int64_t began = clock_now(CLOCK_MONOTONIC);

	return outbox_new(&outbox, &options, e) < 0 ? -1 : finish(outbox, began, e);
}

static int append_each(struct store *store, struct outbox *outbox, int count, struct error *e)
{
	for (int number = 1; number <= count; number++) {
		if (append(store, number, e) < 0)
			return -1;
		if (outbox)
			outbox_wake(outbox);
	}
	return 0;
}

static int append_alone(const struct config *config, int count, struct error *e)
{
	CLEANUP(cleanup_store_close) struct store *store = NULL;

	if (open_store(&store, config, e) < 0)
		return -1;
	int64_t began = clock_now(CLOCK_MONOTONIC);
	if (append_each(store, NULL, count, e) < 0)
		return -1;
	say_seconds(began);
	return 0;
}

static int live(const struct config *config, int count, struct error *e)
{
	const struct outbox_options options = options_for(config);
	CLEANUP(cleanup_store_close) struct store *store = NULL;
	CLEANUP(cleanup_outbox_free) struct outbox *outbox = NULL;

	if (open_store(&store, config, e) < 0 || outbox_new(&outbox, &options, e) < 0)
		return -1;
	int64_t began = clock_now(CLOCK_MONOTONIC);
	return append_each(store, outbox, count, e) < 0 ? -1 : finish(outbox, began, e);
}

static int load(struct config *ret_config, const char *path, struct error *e)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	if (file_read(&text, path, CONFIG_MOST, ERROR_CONFIG, e) < 0 ||
	    config_parse(ret_config, path, text.data, text.length, e) < 0)
		return -1;
	return ret_config->sink_count == 1 ? 0 : error_set(e, ERROR_CONFIG, "%s: one sink is needed", path);
}

static int run(int argc, char **argv, struct error *e)
{
	CLEANUP(config_clear) struct config config = {0};
	int count = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;

	if (argc < 3)
		return error_set(e, ERROR_USAGE, "Usage: deliver fill|drain|append|live CONFIG [COUNT]");
	if (load(&config, argv[2], e) < 0)
		return -1;
	if (strcmp(argv[1], "fill") == 0)
		return fill(&config, count, e);
	if (strcmp(argv[1], "append") == 0)
		return append_alone(&config, count, e);
	return strcmp(argv[1], "live") == 0 ? live(&config, count, e) : drain(&config, e);
}

int main(int argc, char **argv)
{
	struct error e = {0};

	(void)signal(SIGPIPE, SIG_IGN);
	if (run(argc, argv, &e) == 0)
		return 0;
	(void)fprintf(stderr, "deliver: %s\n", e.text);
	return (int)e.code;
}
