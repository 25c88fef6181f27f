#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "outbox/internal.h"

#define LOOK_EVERY TIME_SECOND
/* Beside what a receiver may take: a busy store, a slow disk, a name to resolve. */
#define SILENCE_MARGIN (2 * TIME_MINUTE)

CLEANUP_DEFINE(struct outbox, outbox_free);

int64_t outbox_now(const struct outbox *outbox)
{
	return outbox->options.clock.now(outbox->options.clock.userdata);
}

bool outbox_is_stopping(struct outbox *outbox)
{
	pthread_mutex_lock(&outbox->mutex);
	bool stopping = outbox->stopping;
	pthread_mutex_unlock(&outbox->mutex);
	return stopping;
}

/* ---- waiting, in real time ---- */

static struct timespec in_time(int64_t span)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at); /* cannot fail for this clock */
	span += at.tv_nsec / 1000;
	at.tv_sec += span / TIME_SECOND;
	at.tv_nsec = span % TIME_SECOND * 1000;
	return at;
}

/* Until it is called, or a second has passed. Returns whether there is more to do. */
static bool await_call(struct lane *lane)
{
	struct outbox *outbox = lane->outbox;
	const struct timespec at = in_time(LOOK_EVERY);
	int r = 0;

	pthread_mutex_lock(&outbox->mutex);
	lane->looked = lane->heard;
	pthread_cond_broadcast(&outbox->looked);
	while (!outbox->stopping && lane->heard == outbox->calls && r == 0)
		r = pthread_cond_timedwait(&outbox->called, &outbox->mutex, &at);
	lane->heard = outbox->calls;
	bool goes_on = !outbox->stopping;
	pthread_mutex_unlock(&outbox->mutex);
	return goes_on;
}

static void *run_lane(void *userdata)
{
	struct lane *lane = userdata;

	while (await_call(lane))
		lane_look(lane);
	return NULL;
}

void outbox_wake(struct outbox *outbox)
{
	pthread_mutex_lock(&outbox->mutex);
	outbox->calls++;
	pthread_cond_broadcast(&outbox->called);
	pthread_mutex_unlock(&outbox->mutex);
}

static bool all_looked(const struct outbox *outbox, uint64_t call)
{
	for (size_t i = 0; i < outbox->count; i++)
		if (outbox->lanes[i].looked < call)
			return false;
	return true;
}

static bool all_delivered(const struct outbox *outbox)
{
	for (size_t i = 0; i < outbox->count; i++)
		if (outbox->lanes[i].waiting > 0 || outbox->lanes[i].away)
			return false;
	return true;
}

bool outbox_wait(struct outbox *outbox, int64_t patience)
{
	const struct timespec until = in_time(patience);
	int r = 0;

	pthread_mutex_lock(&outbox->mutex);
	uint64_t call = ++outbox->calls;
	pthread_cond_broadcast(&outbox->called);
	while (!all_looked(outbox, call) && r == 0)
		r = pthread_cond_timedwait(&outbox->looked, &outbox->mutex, &until);
	bool delivered = all_looked(outbox, call) && all_delivered(outbox);
	pthread_mutex_unlock(&outbox->mutex);
	return delivered;
}

/* ---- making ---- */

/* The store learns of a sink here, before the first event that it is to have. */
static int open_lane(struct lane *lane, struct outbox *outbox, const struct config_sink *config, struct error *e)
{
	uint64_t position;

	lane->outbox = outbox;
	lane->config = config;
	lane->seen_at = outbox_now(outbox);
	lane->noted = true; /* by a process before, perhaps */
	if (sink_new(&lane->sink, config, outbox->cancel, e) < 0 ||
	    store_open(&lane->store, outbox->options.config->state, STORE_WRITE, false, e) < 0)
		return -1;
	return store_sink_position(lane->store, config->name, &position, e);
}

static void close_lane(struct lane *lane)
{
	sink_free(lane->sink);
	store_close(lane->store);
}

/* Signals are for the thread that has always had them. */
static int start_lanes(struct outbox *outbox, struct error *e)
{
	sigset_t all, before;
	int r = 0;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* cannot fail with these arguments */
	for (size_t i = 0; i < outbox->count && r == 0; i++) {
		struct lane *lane = &outbox->lanes[i];
		r = pthread_create(&lane->thread, NULL, run_lane, lane);
		lane->started = r == 0;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		return error_set(e, ERROR_UNAVAILABLE, "no thread can be started for a sink: %s", strerror(r));
	return 0;
}

static struct outbox *make(const struct outbox_options *options)
{
	struct outbox *outbox = calloc(1, sizeof *outbox);
	pthread_condattr_t monotonic;

	if (!outbox)
		return NULL;
	outbox->options = *options;
	outbox->calls = 1; /* for a first look */
	outbox->cancel = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	/* With these arguments they cannot fail. */
	(void)pthread_mutex_init(&outbox->mutex, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&outbox->called, &monotonic);
	(void)pthread_cond_init(&outbox->looked, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return outbox;
}

int outbox_new(struct outbox **ret_outbox, const struct outbox_options *options, struct error *e)
{
	CLEANUP(cleanup_outbox_free) struct outbox *outbox = make(options);
	const struct config *config = options->config;

	if (!outbox)
		return error_memory(e);
	if (outbox->cancel < 0)
		return error_set(e, ERROR_UNAVAILABLE, "no descriptor to end the sinks with: %s", strerror(errno));
	outbox->lanes = calloc(config->sink_count + 1, sizeof *outbox->lanes);
	outbox->states = calloc(config->sink_count + 1, sizeof *outbox->states);
	outbox->words = calloc(config->sink_count + 1, sizeof *outbox->words);
	if (!outbox->lanes || !outbox->states || !outbox->words)
		return error_memory(e);
	for (; outbox->count < config->sink_count; outbox->count++) {
		struct lane *lane = &outbox->lanes[outbox->count];
		if (open_lane(lane, outbox, &config->sinks[outbox->count], e) < 0) {
			close_lane(lane);
			return -1;
		}
	}
	if (start_lanes(outbox, e) < 0)
		return -1;
	*ret_outbox = TAKE(outbox);
	return 0;
}

static void stop_lanes(struct outbox *outbox)
{
	pthread_mutex_lock(&outbox->mutex);
	outbox->stopping = true;
	(void)eventfd_write(outbox->cancel, 1); /* it never was written before */
	pthread_cond_broadcast(&outbox->called);
	pthread_mutex_unlock(&outbox->mutex);
	for (size_t i = 0; i < outbox->count; i++)
		if (outbox->lanes[i].started)
			(void)pthread_join(outbox->lanes[i].thread, NULL); /* it runs, and ends */
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	stop_lanes(outbox);
	for (size_t i = 0; i < outbox->count; i++)
		close_lane(&outbox->lanes[i]);
	cleanup_close(&outbox->cancel);
	pthread_cond_destroy(&outbox->called);
	pthread_cond_destroy(&outbox->looked);
	pthread_mutex_destroy(&outbox->mutex);
	free(outbox->lanes);
	free(outbox->states);
	free(outbox->words);
	free(outbox);
}

/* ---- how it stands ---- */

size_t outbox_states(struct outbox *outbox, const struct outbox_state **ret_states)
{
	pthread_mutex_lock(&outbox->mutex);
	for (size_t i = 0; i < outbox->count; i++) {
		const struct lane *lane = &outbox->lanes[i];
		text_copy(outbox->words[i], sizeof outbox->words[i], lane->words);
		outbox->states[i] = (struct outbox_state){
			.name = lane->config->name,
			.waiting = lane->waiting,
			.away = lane->away,
			.why = lane->away ? outbox->words[i] : NULL,
			.retry_at = lane->retry_at,
			.seen_at = lane->seen_at,
			.silence_most = 2 * lane->config->timeout + SILENCE_MARGIN,
		};
	}
	pthread_mutex_unlock(&outbox->mutex);
	*ret_states = outbox->states;
	return outbox->count;
}
