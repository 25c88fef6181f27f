#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"

#include "sink/stream.h"

enum {
	KEEPALIVE_PROBES = 3,
	KEEPALIVE_IDLE_S = 60, /* a firewall that forgets a connection is noticed before the next alert */
};

CLEANUP_DEFINE(struct addrinfo, freeaddrinfo);

static void set(int fd, int level, int option, int value)
{
	/* Each of them only makes a fault known sooner. */
	(void)setsockopt(fd, level, option, &value, sizeof value);
}

/* The options must be there before the connection is. */
static void prepare(const struct sink_stream *stream, int fd)
{
	int seconds = (int)(stream->peer.timeout / TIME_SECOND);

	if (stream->send_buffer > 0)
		set(fd, SOL_SOCKET, SO_SNDBUF, stream->send_buffer);
	if (stream->peer.carrier == SINK_UDP)
		return;
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)(stream->peer.timeout / 1000));
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds / KEEPALIVE_PROBES + 1);
}

static int say_failure(const struct sink_stream *stream, const struct addrinfo *to, int number, struct error *e)
{
	char address[NI_MAXHOST] = "it";

	/* Without an address the words are still good. */
	(void)getnameinfo(to->ai_addr, to->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST);
	switch (number) {
	case ECONNREFUSED:
		return error_set(e, ERROR_UNAVAILABLE,
				 "%s refuses the connection: does the receiver run, and listen on port %u?", address,
				 stream->peer.port);
	case ETIMEDOUT:
		return error_set(e, ERROR_UNAVAILABLE,
				 "no answer from %s: is the receiver up, and does a firewall let port %u through?",
				 address, stream->peer.port);
	default:
		return error_set(e, ERROR_UNAVAILABLE, "no connection to %s: %s", address, strerrordesc_np(number));
	}
}

/* Wait for a connect that was begun. */
static int await_connected(const struct sink_stream *stream, int fd, int64_t until)
{
	int number = 0;
	socklen_t length = sizeof number;

	switch (sink_wait(fd, POLLOUT, stream->cancel, until)) {
	case SINK_CANCELLED:
		return -ECANCELED;
	case SINK_TIMED_OUT:
		return -ETIMEDOUT;
	default:
		return getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &length) < 0 ? -errno : -number;
	}
}

static int connect_to(struct sink_stream *stream, const struct addrinfo *to, int64_t until)
{
	CLEANUP(cleanup_close) int fd =
		socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->ai_protocol);

	if (fd < 0)
		return -errno;
	prepare(stream, fd);
	if (connect(fd, to->ai_addr, to->ai_addrlen) < 0) {
		int r = errno == EINPROGRESS ? await_connected(stream, fd, until) : -errno;
		if (r < 0)
			return r;
	}
	stream->fd = fd;
	fd = -1;
	return 0;
}

int sink_connect(struct sink_stream *stream, int64_t until, struct error *e)
{
	CLEANUP(cleanup_freeaddrinfo) struct addrinfo *found = NULL;
	int left = 0;

	if (sink_lookup(stream, until, &found, e) < 0)
		return -1;
	for (const struct addrinfo *to = found; to; to = to->ai_next)
		left++;
	/* Each gets its share of the time, so that one that is silent does not hide the next. */
	for (const struct addrinfo *to = found; to; to = to->ai_next, left--) {
		int64_t now = sink_now();
		int r = connect_to(stream, to, now + (until - now) / left);
		if (r == 0)
			return 0;
		if (r == -ECANCELED)
			return sink_wait_failed(SINK_CANCELLED, "connecting", 0, e);
		(void)say_failure(stream, to, -r, e); /* the last one's words stay */
	}
	return -1;
}
