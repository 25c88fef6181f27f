#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/time.h"

#include "sink/internal.h"

enum {
	WRITE_AT = 16 * 1024, /* bytes of frames that are worth a write */
	READ_MOST = 4096,
	WORDS_SHOWN = 160, /* of what the peer says */
};

#define PARTING (TIME_SECOND / 2)
#define GRACE_MOST TIME_MINUTE /* beyond the timeout, while answers still come */

static const char offers[] = "relp_version=0\nrelp_software=pumpwatch\ncommands=syslog";

/* ---- frames out ---- */

/* A write that fails leaves half a frame: nothing more can be said on that connection. */
static int write_out(struct sink *sink)
{
	int r = 0;

	if (sink->out.failed)
		r = error_memory(&sink->why);
	else if (sink->out.length > 0)
		r = sink_stream_write(&sink->stream, sink->out.data, sink->out.length, &sink->why);
	text_cut(&sink->out, 0);
	return r;
}

/* ---- frames in ---- */

/* Fill why with words and the peer's own, which may be anything. */
static int say_with(struct sink *sink, const char *words, const char *theirs, size_t length)
{
	CLEANUP(text_clear) struct text shown;

	text_init(&shown);
	escape_add(&shown, ESCAPE_DISPLAY, theirs, length < WORDS_SHOWN ? length : WORDS_SHOWN);
	return error_set(&sink->why, ERROR_UNAVAILABLE, "%s \"%s\"", words, shown.data ? shown.data : "");
}

static size_t unused(const struct sink *sink)
{
	return sink->relp.in.length - sink->relp.used;
}

/* Drop what has been looked at, which happens only between frames. */
static void compact(struct sink *sink)
{
	size_t rest = unused(sink);

	if (rest > 0 && sink->relp.used > 0)
		memmove(sink->relp.in.data, sink->relp.in.data + sink->relp.used, rest);
	text_cut(&sink->relp.in, rest);
	sink->relp.used = 0;
}

/* Read on until a moment. Returns 1, 0 when nothing came until then, or -1. */
static int read_more(struct sink *sink, int64_t until)
{
	char bytes[READ_MOST];

	compact(sink);
	ssize_t n = sink_stream_read(&sink->stream, bytes, sizeof bytes, until, &sink->why);
	if (n <= 0)
		return (int)n;
	text_add_bytes(&sink->relp.in, bytes, (size_t)n);
	return sink->relp.in.failed ? error_memory(&sink->why) : 1;
}

/* The next frame, whose data is lent until the next call. Returns 1, 0 when none was complete
 * until a moment, or -1. */
static int next_frame(struct sink *sink, int64_t until, struct relp_frame *ret_frame)
{
	for (;;) {
		const char *at = sink->relp.in.data + sink->relp.used;
		int length = unused(sink) > 0 ? relp_frame_parse(ret_frame, at, unused(sink)) : 0;
		if (length < 0)
			return say_with(sink, "the receiver does not speak RELP: it says", at, unused(sink));
		sink->relp.used += (size_t)length;
		if (length > 0)
			return 1;
		int r = read_more(sink, until);
		if (r <= 0)
			return r;
	}
}

/* The answer in a frame; only 200 is fine. */
static int read_answer(struct sink *sink, const struct relp_frame *frame, struct relp_answer *ret_answer)
{
	if (strcmp(frame->command, "serverclose") == 0) {
		sink->stream.ended = true;
		return error_set(&sink->why, ERROR_UNAVAILABLE, "the receiver closed the session");
	}
	if (strcmp(frame->command, "rsp") != 0)
		return say_with(sink, "the receiver says what has no place here:", frame->command,
				strlen(frame->command));
	if (relp_answer_parse(ret_answer, frame->data, frame->length) < 0)
		return say_with(sink, "the receiver's answer is no RELP:", frame->data, frame->length);
	if (ret_answer->code != 200)
		return say_with(sink, "the receiver refuses:", frame->data,
				(size_t)(ret_answer->words - frame->data) + ret_answer->words_length);
	return 0;
}

static int take_answer(struct sink *sink, const struct relp_frame *frame)
{
	struct relp_answer answer;

	if (read_answer(sink, frame, &answer) < 0)
		return -1;
	int done = relp_window_answer(&sink->relp.window, frame->number);
	if (done < 0)
		return error_set(&sink->why, ERROR_UNAVAILABLE,
				 "the receiver acknowledges %u, which does not wait for that", frame->number);
	sink->relp.delivered += (size_t)done;
	return 0;
}

/* Take what answers there are, without waiting. */
static int take_answers(struct sink *sink)
{
	struct relp_frame frame;
	int r;

	while ((r = next_frame(sink, 0, &frame)) == 1)
		if (take_answer(sink, &frame) < 0)
			return -1;
	return r;
}

static int say_slow(struct sink *sink, int64_t waited)
{
	return error_set(&sink->why, ERROR_UNAVAILABLE,
			 "no acknowledgement within %.4g s of %u records: does the receiver keep up?",
			 (double)waited / (double)TIME_SECOND, sink->relp.window.count);
}

/* Wait until at most so many records are not acknowledged. Each answer counts as progress, a byte
 * alone does not; but a receiver that is always just in time holds nobody for ever. */
static int await_room(struct sink *sink, unsigned most)
{
	const int64_t timeout = sink->stream.peer.timeout;
	const int64_t last = sink_now() + timeout + (timeout < GRACE_MOST ? timeout : GRACE_MOST);
	int64_t since = sink_now();
	struct relp_frame frame;

	while (sink->relp.window.count > most) {
		int64_t until = since + timeout < last ? since + timeout : last;
		int r = next_frame(sink, until, &frame);
		if (r == 0)
			return say_slow(sink, until - since);
		if (r < 0 || take_answer(sink, &frame) < 0)
			return -1;
		since = sink_now();
	}
	return 0;
}

/* ---- the session ---- */

/* The receiver notes a session that just breaks off as an error in its log. */
static void say_goodbye(struct sink *sink)
{
	const uint32_t number = relp_window_next(&sink->relp.window);
	const int64_t until = sink_now() + PARTING;
	struct relp_frame frame;

	sink_stream_part(&sink->stream);
	relp_frame_write(&sink->out, number, "close", NULL, 0);
	if (write_out(sink) < 0)
		return;
	while (next_frame(sink, until, &frame) == 1 && frame.number != number && take_answer(sink, &frame) == 0)
		;
	sink_stream_finish(&sink->stream);
}

static bool is_cancelled(const struct sink *sink)
{
	return sink->cancel >= 0 && sink_wait(-1, 0, sink->cancel, 0) == SINK_CANCELLED;
}

/* What was acknowledged until now counts: before a write that failed (torn), and until the
 * goodbye where a wait was cancelled. */
static enum sink_answer give_up(struct sink *sink, bool torn, struct error *e)
{
	const struct error why = sink->why;

	if (torn)
		(void)take_answers(sink); /* it has failed already */
	else if (is_cancelled(sink))
		say_goodbye(sink);
	sink_stream_drop(&sink->stream);
	sink->why = why;
	return sink_lost(sink, e);
}

static int open_session(struct sink *sink)
{
	const uint32_t number = 1;
	const int64_t until = sink_now() + sink->stream.peer.timeout;
	struct relp_frame frame;
	struct relp_answer answer;

	if (sink_stream_open(&sink->stream, &sink->why) < 0)
		return -1;
	relp_frame_write(&sink->out, number, "open", offers, sizeof offers - 1);
	if (write_out(sink) < 0)
		return -1;
	int r = next_frame(sink, until, &frame);
	if (r == 0)
		return error_set(&sink->why, ERROR_UNAVAILABLE, "no answer to the opening of a session: does it speak RELP?");
	if (r < 0 || read_answer(sink, &frame, &answer) < 0)
		return -1;
	const char *refused = frame.number == number ? relp_offers_refused(answer.rest, answer.rest_length)
						     : "it answers what was not asked";
	if (refused)
		return error_set(&sink->why, ERROR_UNAVAILABLE, "the receiver does not fit: %s", refused);
	sink->relp.window = (struct relp_window){.first = relp_next(number)};
	return 0;
}

static void forget(struct sink *sink)
{
	sink_stream_drop(&sink->stream);
	text_clear(&sink->out);
	text_clear(&sink->relp.in);
	sink->relp.used = 0;
	sink->relp.delivered = 0;
	sink->relp.window = (struct relp_window){0};
	sink->taken = 0;
}

static int relp_open(struct sink *sink, struct error *e)
{
	if (sink_stream_is_open(&sink->stream) && take_answers(sink) == 0)
		return 0;
	forget(sink);
	if (open_session(sink) == 0)
		return 1;
	sink_tls_suspect(&sink->stream, &sink->why);
	sink_stream_drop(&sink->stream);
	(void)sink_lost(sink, e);
	return -1;
}

/* Half a window at a time goes out and is waited for: so the receiver always has work, and many
 * frames share a write. */
static enum sink_answer relp_send(struct sink *sink, const struct iovec *part, size_t count, struct error *e)
{
	struct relp_window *window = &sink->relp.window;

	(void)count; /* one message */
	if (!sink_stream_is_open(&sink->stream))
		return sink_lost(sink, e);
	if (window->count == sink->relp.size || sink->out.length >= WRITE_AT)
		if (write_out(sink) < 0)
			return give_up(sink, true, e);
	if (window->count == sink->relp.size && await_room(sink, sink->relp.size / 2) < 0)
		return give_up(sink, false, e);
	relp_frame_write(&sink->out, relp_window_take(window), "syslog", part->iov_base, part->iov_len);
	return SINK_TAKEN;
}

static enum sink_answer flush_session(struct sink *sink, struct error *e)
{
	if (!sink_stream_is_open(&sink->stream))
		return sink->taken == sink->relp.delivered ? SINK_TAKEN : sink_lost(sink, e);
	if (write_out(sink) < 0)
		return give_up(sink, true, e);
	if (await_room(sink, 0) < 0)
		return give_up(sink, false, e);
	return SINK_TAKEN;
}

static enum sink_answer relp_flush(struct sink *sink, size_t *ret_delivered, struct error *e)
{
	enum sink_answer answer = flush_session(sink, e);

	*ret_delivered = sink->relp.delivered;
	sink->relp.delivered = 0;
	return answer;
}

static void relp_close(struct sink *sink)
{
	if (sink_stream_is_open(&sink->stream)) {
		text_cut(&sink->out, 0); /* what nobody has flushed is sent again another time */
		say_goodbye(sink);
	}
	forget(sink);
}

void sink_relp_skip_to(struct sink *sink, uint32_t number)
{
	sink->relp.window = (struct relp_window){.first = number};
}

const struct sink_transport sink_relp = {
	.proof = SINK_ACKNOWLEDGED,
	.open = relp_open,
	.send = relp_send,
	.flush = relp_flush,
	.close = relp_close,
};
