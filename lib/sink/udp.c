/* One message a datagram (RFC 5426). That a host or a port refuses is known later if at all, and
 * of what is lost on the way nothing. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "sink/internal.h"

static enum sink_answer give_up(struct sink *sink, struct error *e)
{
	sink_stream_drop(&sink->stream);
	return sink_lost(sink, e);
}

static int udp_open(struct sink *sink, struct error *e)
{
	if (sink_stream_is_open(&sink->stream))
		return 0;
	sink->taken = 0;
	if (sink_stream_open(&sink->stream, &sink->why) == 0)
		return 1;
	(void)sink_lost(sink, e);
	return -1;
}

/* A refusal of an earlier datagram comes with the next one. */
static enum sink_answer udp_send(struct sink *sink, const struct iovec *part, size_t count, struct error *e)
{
	(void)count; /* one message */
	if (!sink_stream_is_open(&sink->stream))
		return sink_lost(sink, e);
	if (sink_stream_write(&sink->stream, part->iov_base, part->iov_len, &sink->why) < 0)
		return give_up(sink, e);
	return SINK_TAKEN;
}

static enum sink_answer udp_flush(struct sink *sink, size_t *ret_delivered, struct error *e)
{
	int number = 0;
	socklen_t length = sizeof number;

	*ret_delivered = 0;
	if (sink->taken == 0)
		return SINK_TAKEN;
	if (!sink_stream_is_open(&sink->stream))
		return sink_lost(sink, e);
	if (getsockopt(sink->stream.fd, SOL_SOCKET, SO_ERROR, &number, &length) == 0 && number != 0) {
		(void)error_set(&sink->why, ERROR_UNAVAILABLE, "%s",
				number == ECONNREFUSED ? "nobody listens on this port there" : strerrordesc_np(number));
		return give_up(sink, e);
	}
	*ret_delivered = sink->taken;
	return SINK_TAKEN;
}

static void udp_close(struct sink *sink)
{
	sink_stream_drop(&sink->stream);
}

const struct sink_transport sink_udp = {
	.proof = SINK_HANDED_OVER,
	.open = udp_open,
	.send = udp_send,
	.flush = udp_flush,
	.close = udp_close,
};
