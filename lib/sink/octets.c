/* Octet counting: each message behind its length (RFC 5425 §4.3 over TLS, RFC 6587 §3.4.1 over
 * TCP). The receiver says nothing; that its kernel has the bytes is all that can be known. */
#include <stdio.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/time.h"

#include "sink/internal.h"

enum {
	WRITE_AT = 8 * 1024,	   /* bytes of frames that are worth a write */
	WORDS_SHOWN = 80,
};

/* A receiver that does not want us (no or another certificate, too many connections) takes the
 * connection first and closes it then. The first flush waits for that. */
#define SETTLE (TIME_SECOND / 2)

/* Returns 0, or -1 when the peer has closed, or speaks, which no receiver does. */
static int listen_until(struct sink *sink, int64_t until)
{
	CLEANUP(text_clear) struct text shown = {0};
	char bytes[WORDS_SHOWN];
	ssize_t n = sink_stream_read(&sink->stream, bytes, sizeof bytes, until, &sink->why);

	if (n <= 0)
		return (int)n;
	text_init(&shown);
	escape_add(&shown, ESCAPE_DISPLAY, bytes, (size_t)n);
	return error_set(&sink->why, ERROR_UNAVAILABLE, "it says \"%s\": is this a receiver of syslog?",
			 shown.data ? shown.data : "");
}

static int write_out(struct sink *sink)
{
	int r = listen_until(sink, 0);

	if (r == 0 && sink->out.failed)
		r = error_memory(&sink->why);
	if (r == 0 && sink->out.length > 0)
		r = sink_stream_write(&sink->stream, sink->out.data, sink->out.length, &sink->why);
	text_cut(&sink->out, 0);
	return r;
}

static enum sink_answer give_up(struct sink *sink, struct error *e)
{
	sink_stream_drop(&sink->stream);
	return sink_lost(sink, e);
}

static int octets_open(struct sink *sink, struct error *e)
{
	if (sink_stream_is_open(&sink->stream) && listen_until(sink, 0) == 0)
		return 0;
	text_clear(&sink->out);
	sink->taken = 0;
	if (sink_stream_open(&sink->stream, &sink->why) == 0)
		return 1;
	(void)sink_lost(sink, e);
	return -1;
}

static enum sink_answer octets_send(struct sink *sink, const struct iovec *part, size_t count, struct error *e)
{
	(void)count; /* one message */
	if (!sink_stream_is_open(&sink->stream))
		return sink_lost(sink, e);
	text_addf(&sink->out, "%zu ", part->iov_len);
	text_add_bytes(&sink->out, part->iov_base, part->iov_len);
	if (sink->out.length >= WRITE_AT && write_out(sink) < 0)
		return give_up(sink, e);
	return SINK_TAKEN;
}

static enum sink_answer octets_flush(struct sink *sink, size_t *ret_delivered, struct error *e)
{
	*ret_delivered = 0;
	if (sink->taken == 0)
		return SINK_TAKEN;
	if (!sink_stream_is_open(&sink->stream))
		return sink_lost(sink, e);
	if (write_out(sink) < 0 || sink_stream_drain(&sink->stream, &sink->why) < 0 ||
	    listen_until(sink, sink->stream.opened_at + SETTLE) < 0) {
		if (sink_now() < sink->stream.opened_at + 2 * SETTLE)
			sink_tls_suspect(&sink->stream, &sink->why);
		return give_up(sink, e);
	}
	*ret_delivered = sink->taken;
	return SINK_TAKEN;
}

static void octets_close(struct sink *sink)
{
	sink_stream_finish(&sink->stream);
	text_clear(&sink->out);
}

const struct sink_transport sink_octets = {
	.proof = SINK_HANDED_OVER,
	.open = octets_open,
	.send = octets_send,
	.flush = octets_flush,
	.close = octets_close,
};
