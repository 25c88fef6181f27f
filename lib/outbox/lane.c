#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "outbox/internal.h"

enum { BATCH = 512 }; /* events read at once, and taken by the sink before its place is written */

#define BACK_OFF_FIRST TIME_SECOND
#define BACK_OFF_MOST (5 * TIME_MINUTE)

/* ---- what others see of it ---- */

static void show_life(struct lane *lane)
{
	int64_t now = outbox_now(lane->outbox);

	pthread_mutex_lock(&lane->outbox->mutex);
	lane->seen_at = now;
	pthread_mutex_unlock(&lane->outbox->mutex);
}

static void show_waiting(struct lane *lane, uint64_t last)
{
	pthread_mutex_lock(&lane->outbox->mutex);
	lane->waiting = last > lane->place ? last - lane->place : 0;
	pthread_mutex_unlock(&lane->outbox->mutex);
}

static void show_result(struct lane *lane, int64_t retry_at)
{
	pthread_mutex_lock(&lane->outbox->mutex);
	lane->away = lane->back_off > 0;
	lane->retry_at = retry_at;
	text_copy(lane->words, sizeof lane->words, lane->away ? lane->why.text : "");
	pthread_mutex_unlock(&lane->outbox->mutex);
}

/* ---- its place ---- */

/* Where to begin: on a new connection what the one before took last is sent again. */
static int begin(struct lane *lane)
{
	const char *name = lane->config->name;

	if (store_sink_position(lane->store, name, &lane->place, &lane->why) < 0)
		return -1;
	lane->cursor = lane->place;
	if (lane->config->replay > 0 && store_sink_replay(lane->store, name, &lane->cursor, &lane->why) < 0)
		return -1;
	lane->placed = true;
	return 0;
}

/* Also when a replay has caught up: the store forgets what need not be replayed twice. */
static int keep_place(struct lane *lane, bool was_behind)
{
	if (lane->cursor < lane->place || (lane->cursor == lane->place && !was_behind))
		return 0;
	if (store_sink_advance(lane->store, lane->config->name, lane->cursor, outbox_now(lane->outbox),
			       lane->config->replay, &lane->why) < 0)
		return -1;
	lane->place = lane->cursor;
	return 0;
}

/* ---- sending ---- */

/* What was sent since the last flush, in order, and how far that goes. */
struct batch {
	uint64_t sent[BATCH];
	size_t count;
	uint64_t reached; /* up to here all was sent, or is not for this sink */
};

static int send_events(struct lane *lane, const struct store_events *events, struct batch *batch)
{
	const struct config_sink *config = lane->config;

	for (size_t i = 0; i < events->count; i++) {
		const struct alert_event *event = &events->items[i];
		if (outbox_is_stopping(lane->outbox))
			return -1;
		show_life(lane);
		if (alert_event_passes(event, config->severity, config->events)) {
			if (outbox_send(lane->sink, config, event, lane->outbox->options.frame, &lane->why) < 0)
				return -1;
			batch->sent[batch->count++] = event->seq;
		}
		batch->reached = event->seq;
	}
	return 0;
}

/* Returns 0 when the receiver has all of it. */
static int flush(struct lane *lane, struct batch *batch, struct error *e)
{
	size_t delivered = 0;

	if (batch->count == 0)
		return 0;
	show_life(lane);
	enum sink_answer answer = sink_flush(lane->sink, &delivered, e);
	show_life(lane);
	if (delivered < batch->count)
		batch->reached = batch->sent[delivered] - 1;
	return answer == SINK_TAKEN && delivered >= batch->count ? 0 : -1;
}

/* A failure after some were delivered still keeps these. */
static int send_batch(struct lane *lane)
{
	CLEANUP(store_events_clear) struct store_events events = {0};
	struct batch batch = {.reached = lane->cursor};
	bool was_behind = lane->cursor < lane->place;
	struct error unsaid;

	if (store_events_list(lane->store, lane->cursor, BATCH, &events, &lane->why) < 0)
		return -1;
	int sent = send_events(lane, &events, &batch);
	int flushed = flush(lane, &batch, sent == 0 ? &lane->why : &unsaid);
	if (batch.reached > lane->cursor)
		lane->back_off = 0; /* it is not dead: the next try comes soon */
	lane->cursor = batch.reached;
	if (sent < 0 || flushed < 0)
		lane->placed = false; /* it begins anew with the next connection */
	int kept = keep_place(lane, was_behind);
	return sent < 0 || flushed < 0 ? -1 : kept;
}

/* Until nothing waits; new events meanwhile, too. */
static int send_all(struct lane *lane)
{
	char head[DIGEST_SHA256_HEX + 1];
	uint64_t last;

	for (;;) {
		if (store_event_head(lane->store, &last, head, &lane->why) < 0)
			return -1;
		show_waiting(lane, last);
		if (lane->cursor >= last)
			return 0;
		if (outbox_is_stopping(lane->outbox) || send_batch(lane) < 0)
			return -1;
	}
}

static int try(struct lane *lane)
{
	int opened = sink_open(lane->sink, &lane->why);

	show_life(lane);
	if (opened < 0)
		return -1;
	if ((opened > 0 || !lane->placed) && begin(lane) < 0)
		return -1;
	/* What the store could not keep at the last try is owed first. */
	return keep_place(lane, false) < 0 ? -1 : send_all(lane);
}

/* ---- failure and back-off ---- */

/* A clock that was set back must not hold a sink longer than its back-off. */
static bool is_due(const struct lane *lane)
{
	int64_t now = outbox_now(lane->outbox);

	return lane->back_off == 0 || lane->retry_at <= now || lane->retry_at - now > lane->back_off;
}

static void explain(struct lane *lane)
{
	if (lane->why.code == ERROR_DATA)
		error_prefix(&lane->why, "nothing more is sent until the store is mended or restored (see \"pumpwatch "
					 "audit verify\"), for nothing is left out");
}

/* That the store cannot note it changes nothing: it is in the state all the same. */
static void note(struct lane *lane, int64_t since)
{
	if (since == 0 && !lane->noted)
		return;
	int r = store_sink_away(lane->store, lane->config->name, since, lane->why.text, NULL);
	lane->noted = since != 0 || r < 0;
}

static void settle(struct lane *lane, int failed)
{
	int64_t now = outbox_now(lane->outbox);

	if (outbox_is_stopping(lane->outbox))
		return;
	if (failed == 0) {
		lane->back_off = 0;
	} else {
		explain(lane);
		lane->back_off = lane->back_off == 0 ? BACK_OFF_FIRST
			: lane->back_off * 2 > BACK_OFF_MOST ? BACK_OFF_MOST : lane->back_off * 2;
	}
	show_result(lane, now + lane->back_off);
	note(lane, failed == 0 ? 0 : now);
}

/* How much waits is told while it is away, too. */
static void count_waiting(struct lane *lane)
{
	char head[DIGEST_SHA256_HEX + 1];
	uint64_t last;

	if (store_event_head(lane->store, &last, head, NULL) == 0)
		show_waiting(lane, last);
}

void lane_look(struct lane *lane)
{
	show_life(lane);
	if (is_due(lane))
		settle(lane, try(lane));
	count_waiting(lane);
}
