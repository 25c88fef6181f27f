#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "sink/sink.h"
#include "store/store.h"
#include "outbox/outbox.h"

enum { BATCH = 64 };

#define BACK_OFF_FIRST TIME_SECOND
#define BACK_OFF_MOST (5 * TIME_MINUTE)

struct lane {
	struct sink *sink;
	int facility;
	int64_t back_off; /* 0: the last try went well */
	int64_t retry_at;
	uint64_t waiting;
	struct error why;
};

struct outbox {
	struct store *store;
	const struct alert_frame *frame;
	struct lane *lanes;
	struct outbox_state *states;
	size_t count;
};

CLEANUP_DEFINE(struct outbox, outbox_free);

/* ---- making ---- */

/* The store learns of a sink here, before the first event that it is to have. */
static int open_lane(struct lane *lane, struct store *store, const struct config_sink *config,
		     struct error *e)
{
	uint64_t position;

	lane->facility = config->facility;
	if (sink_new(&lane->sink, config, -1, e) < 0)
		return -1;
	return store_sink_position(store, config->name, &position, e);
}

int outbox_new(struct outbox **ret_outbox, struct store *store, const struct config *config,
	       const struct alert_frame *frame, struct error *e)
{
	CLEANUP(cleanup_outbox_free) struct outbox *outbox = calloc(1, sizeof *outbox);

	if (!outbox)
		return error_memory(e);
	outbox->store = store;
	outbox->frame = frame;
	outbox->lanes = calloc(config->sink_count + 1, sizeof *outbox->lanes);
	outbox->states = calloc(config->sink_count + 1, sizeof *outbox->states);
	if (!outbox->lanes || !outbox->states)
		return error_memory(e);
	for (; outbox->count < config->sink_count; outbox->count++) {
		struct lane *lane = &outbox->lanes[outbox->count];
		if (open_lane(lane, store, &config->sinks[outbox->count], e) < 0) {
			sink_free(lane->sink);
			return -1;
		}
	}
	*ret_outbox = TAKE(outbox);
	return 0;
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	for (size_t i = 0; i < outbox->count; i++)
		sink_free(outbox->lanes[i].sink);
	free(outbox->lanes);
	free(outbox->states);
	free(outbox);
}

/* ---- sending ---- */

static int send_entry(struct lane *lane, const struct alert_event *event,
		      const struct alert_frame *frame)
{
	CLEANUP(text_clear) struct text fields;
	CLEANUP(cleanup_free) struct iovec *parts = NULL;
	size_t count = 0;

	text_init(&fields);
	if (alert_render_journal(&fields, &parts, &count, event, frame) < 0)
		return error_memory(&lane->why);
	return sink_send(lane->sink, parts, count, &lane->why) == SINK_TAKEN ? 0 : -1;
}

static int send_message(struct lane *lane, const struct alert_event *event,
			const struct alert_frame *frame)
{
	CLEANUP(text_clear) struct text message;
	bool local = sink_type(lane->sink) == CONFIG_SINK_SYSLOG;

	text_init(&message);
	int failed = alert_render(&message, event, ALERT_RFC5424, local ? ALERT_LOCAL : ALERT_SYSLOG, frame);
	if (failed < 0)
		return error_memory(&lane->why);
	struct iovec part = {message.data, message.length};
	return sink_send(lane->sink, &part, 1, &lane->why) == SINK_TAKEN ? 0 : -1;
}

static int send_event(const struct outbox *outbox, struct lane *lane, const struct alert_event *event)
{
	struct alert_frame frame = *outbox->frame;

	frame.facility = lane->facility;
	return sink_type(lane->sink) == CONFIG_SINK_JOURNAL ? send_entry(lane, event, &frame)
							    : send_message(lane, event, &frame);
}

/* Send up to a batch after position, in order, and move the lane's place past what is flushed.
 * A failure after some were sent still keeps these. Returns 0 or -1 with lane->why. */
static int send_batch(struct outbox *outbox, struct lane *lane, uint64_t position,
		      uint64_t *ret_position)
{
	CLEANUP(store_events_clear) struct store_events events = {0};
	uint64_t sent = position;
	struct error flush = {0};
	int failed = 0;

	if (store_events_list(outbox->store, position, BATCH, &events, &lane->why) < 0)
		return -1;
	for (size_t i = 0; i < events.count && failed == 0; i++) {
		failed = send_event(outbox, lane, &events.items[i]);
		if (failed == 0)
			sent = events.items[i].seq;
	}
	if (sent == position)
		return failed;
	size_t delivered;
	if (sink_flush(lane->sink, &delivered, &flush) != SINK_TAKEN) {
		lane->why = flush;
		return -1;
	}
	if (store_sink_advance(outbox->store, sink_name(lane->sink), sent, &flush) < 0) {
		lane->why = flush;
		return -1;
	}
	*ret_position = sent;
	return failed;
}

static int run_lane(struct outbox *outbox, struct lane *lane)
{
	char head[DIGEST_SHA256_HEX + 1];
	uint64_t last;
	uint64_t position;

	if (store_sink_position(outbox->store, sink_name(lane->sink), &position, &lane->why) < 0 ||
	    store_event_head(outbox->store, &last, head, &lane->why) < 0)
		return -1;
	int failed = position < last ? send_batch(outbox, lane, position, &position) : 0;
	lane->waiting = last > position ? last - position : 0;
	return failed;
}

static void settle(struct lane *lane, int failed, int64_t now)
{
	if (failed == 0) {
		lane->back_off = 0;
		lane->retry_at = lane->waiting > 0 ? now : TIME_NEVER;
		return;
	}
	lane->back_off = lane->back_off == 0 ? BACK_OFF_FIRST
		: lane->back_off * 2 > BACK_OFF_MOST ? BACK_OFF_MOST : lane->back_off * 2;
	lane->retry_at = now + lane->back_off;
}

/* A clock that was set back must not hold a sink longer than its back-off. */
static bool is_due(const struct lane *lane, int64_t now)
{
	return lane->back_off == 0 || lane->retry_at <= now || lane->retry_at - now > lane->back_off;
}

int64_t outbox_run(struct outbox *outbox, int64_t now)
{
	int64_t next = TIME_NEVER;

	for (size_t i = 0; i < outbox->count; i++) {
		struct lane *lane = &outbox->lanes[i];
		if (is_due(lane, now))
			settle(lane, run_lane(outbox, lane), now);
		if (lane->retry_at < next)
			next = lane->retry_at;
	}
	return next;
}

size_t outbox_states(struct outbox *outbox, const struct outbox_state **ret_states)
{
	for (size_t i = 0; i < outbox->count; i++) {
		const struct lane *lane = &outbox->lanes[i];
		bool away = lane->back_off != 0;
		outbox->states[i] = (struct outbox_state){
			.name = sink_name(lane->sink),
			.waiting = lane->waiting,
			.away = away,
			.why = away ? lane->why.text : NULL,
			.retry_at = lane->retry_at,
		};
	}
	*ret_states = outbox->states;
	return outbox->count;
}
