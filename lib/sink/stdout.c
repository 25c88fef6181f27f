#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "sink/internal.h"

enum { WAIT_MS = 1000 };

/* A pipe that can be written to takes at least PIPE_BUF bytes at once, which is more than a
 * message: so a line is written whole, and never blocks. */
static enum sink_answer stdout_send(struct sink *sink, const struct iovec *part, size_t count, struct error *e)
{
	struct pollfd ready = {.fd = sink->fd, .events = POLLOUT};
	CLEANUP(text_clear) struct text line;
	ssize_t n;

	(void)count; /* one message */
	text_init(&line);
	text_add_bytes(&line, part->iov_base, part->iov_len);
	text_add_char(&line, '\n');
	if (line.failed)
		return sink_away(sink, e, "out of memory");
	if (poll(&ready, 1, WAIT_MS) <= 0)
		return sink_away(sink, e, "nobody reads it");
	if (ready.revents & (POLLERR | POLLHUP | POLLNVAL)) /* before SIGPIPE can come */
		return sink_away(sink, e, "it is closed");
	do {
		n = write(sink->fd, line.data, line.length);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)line.length)
		return SINK_TAKEN;
	return sink_away(sink, e, "%s", n < 0 ? strerrordesc_np(errno) : "a line was cut short");
}

const struct sink_transport sink_stdout = {
	.proof = SINK_HANDED_OVER,
	.send = stdout_send,
};
