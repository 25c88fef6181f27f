#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "sink/internal.h"

/* A journal entry may be larger than a host's default allows. */
enum { SEND_BUFFER = 512 * 1024 };

static const char *words_for(int number)
{
	switch (number) {
	case ENOENT:
		return "there is no such socket; is the service that makes it running?";
	case ECONNREFUSED:
		return "nobody listens on this socket";
	case EAGAIN:
	case ENOBUFS:
		return "the receiver does not keep up: its queue is full";
	case EMSGSIZE:
		return "the message is longer than the socket takes";
	case EPROTOTYPE:
		return "this is not a datagram socket";
	default:
		return strerrordesc_np(number);
	}
}

static int open_socket(struct sink *sink)
{
	int size = SEND_BUFFER;

	if (sink->fd >= 0)
		return 0;
	sink->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sink->fd < 0)
		return -errno;
	/* What the host allows is good for all but giant entries; those say EMSGSIZE. */
	(void)setsockopt(sink->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	return 0;
}

/* Until the queue of whoever listens there now has room: a burst must not make a receiver that keeps
 * up look as if it were away. Only a connected socket can be waited for. */
static bool await_room(struct sink *sink, const struct sockaddr_un *address, int64_t until)
{
	if (connect(sink->fd, (const struct sockaddr *)address, sizeof *address) < 0)
		return false;
	return sink_wait(sink->fd, POLLOUT, sink->cancel, until) == SINK_READY;
}

/* Send by name, not by connection: a receiver that was started again is found at once. */
static enum sink_answer send_datagram(struct sink *sink, const void *bytes, size_t length,
				      struct error *e)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int64_t until = sink_now() + sink->timeout;
	ssize_t n;
	int why;

	int failed = open_socket(sink);
	if (failed < 0)
		return sink_away(sink, e, "%s", words_for(-failed));
	(void)stpcpy(address.sun_path, sink->path); /* sink_new() has seen that it fits */
	do {
		n = sendto(sink->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT,
			   (const struct sockaddr *)&address, sizeof address);
		why = errno;
	} while (n < 0 && (why == EINTR || (why == EAGAIN && await_room(sink, &address, until))));
	return n < 0 ? sink_away(sink, e, "%s", words_for(why)) : SINK_TAKEN;
}

static enum sink_answer syslog_send(struct sink *sink, const struct iovec *part, size_t count, struct error *e)
{
	(void)count; /* one message */
	return send_datagram(sink, part->iov_base, part->iov_len, e);
}

/* "NAME=value" and a line feed; a value with line feeds has its length before it instead
 * (systemd's "Native Journal Protocol"). */
static void add_field(struct text *text, const struct iovec *part)
{
	const char *equals = memchr(part->iov_base, '=', part->iov_len);

	if (!equals || !memchr(part->iov_base, '\n', part->iov_len)) {
		text_add_bytes(text, part->iov_base, part->iov_len);
	} else {
		size_t name = (size_t)(equals - (const char *)part->iov_base);
		uint64_t length = htole64(part->iov_len - name - 1);
		text_add_bytes(text, part->iov_base, name);
		text_add_char(text, '\n');
		text_add_bytes(text, &length, sizeof length);
		text_add_bytes(text, equals + 1, part->iov_len - name - 1);
	}
	text_add_char(text, '\n');
}

static enum sink_answer journal_send(struct sink *sink, const struct iovec *parts, size_t count, struct error *e)
{
	CLEANUP(text_clear) struct text entry;

	text_init(&entry);
	for (size_t i = 0; i < count; i++)
		add_field(&entry, &parts[i]);
	if (entry.failed)
		return sink_away(sink, e, "out of memory");
	return send_datagram(sink, entry.data, entry.length, e);
}

static void close_socket(struct sink *sink)
{
	cleanup_close(&sink->fd);
}

const struct sink_transport sink_syslog = {
	.proof = SINK_HANDED_OVER,
	.send = syslog_send,
	.close = close_socket,
};

const struct sink_transport sink_journal = {
	.proof = SINK_HANDED_OVER,
	.send = journal_send,
	.close = close_socket,
};
