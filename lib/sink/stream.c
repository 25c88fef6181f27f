#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"
#include "config/config.h"

#include "sink/stream.h"

/* How often the kernel's queue is looked at: nothing tells when it is empty. */
enum { DRAIN_STEP_US = 200, DRAIN_STEP_MOST_US = 20000 };

#define PARTING (TIME_SECOND / 2)

/* ---- made and ended ---- */

static bool copy(char **ret_copy, const char *string)
{
	*ret_copy = string ? strdup(string) : NULL;
	return !string || *ret_copy;
}

static enum sink_carrier carrier_of(enum config_sink_type type)
{
	switch (type) {
	case CONFIG_SINK_RELP:
	case CONFIG_SINK_TLS:
		return SINK_TLS;
	case CONFIG_SINK_UDP:
		return SINK_UDP;
	default:
		return SINK_TCP;
	}
}

int sink_stream_init(struct sink_stream *stream, const struct config_sink *config, int cancel,
		     struct error *e)
{
	struct sink_peer *peer = &stream->peer;

	*stream = (struct sink_stream){.cancel = cancel, .fd = -1};
	peer->carrier = carrier_of(config->type);
	peer->port = config->port;
	peer->timeout = config->timeout > 0 ? config->timeout : 30 * TIME_SECOND;
	if (!copy(&peer->host, config->host) || !copy(&peer->ca_file, config->ca_file) ||
	    !copy(&peer->cert_file, config->cert_file) || !copy(&peer->key_file, config->key_file) ||
	    !copy(&peer->name, config->peer_name ? config->peer_name : config->host))
		return error_memory(e);
	return 0;
}

void sink_stream_clear(struct sink_stream *stream)
{
	struct sink_peer *peer = &stream->peer;

	sink_stream_drop(stream);
	sink_lookup_abandon(TAKE(stream->lookup));
	free(peer->host);
	free(peer->ca_file);
	free(peer->cert_file);
	free(peer->key_file);
	free(peer->name);
	*peer = (struct sink_peer){0};
}

bool sink_stream_is_open(const struct sink_stream *stream)
{
	return stream->fd >= 0;
}

void sink_stream_drop(struct sink_stream *stream)
{
	SSL_free(TAKE(stream->ssl));
	ERR_clear_error();
	cleanup_close(&stream->fd);
	stream->fd = -1;
	stream->ended = stream->parting = false;
}

void sink_stream_part(struct sink_stream *stream)
{
	stream->parting = true;
}

/* With something unread in it a socket is not closed but reset, and what is under way to the
 * peer is lost: so read to the end. */
void sink_stream_finish(struct sink_stream *stream)
{
	const int64_t until = sink_now() + PARTING;
	char ignored[1024];

	if (stream->fd < 0)
		return;
	sink_stream_part(stream);
	ERR_clear_error();
	if (stream->ssl)
		(void)SSL_shutdown(stream->ssl); /* says so when it can */
	(void)shutdown(stream->fd, SHUT_WR);	 /* fails when the peer has gone: so will the read */
	while (sink_now() < until && sink_stream_read(stream, ignored, sizeof ignored, until, NULL) > 0)
		;
	sink_stream_drop(stream);
}

/* ---- waiting ---- */

static int64_t patience(const struct sink_stream *stream)
{
	return stream->parting ? PARTING : stream->peer.timeout;
}

static enum sink_wait wait_on(const struct sink_stream *stream, int fd, short events, int64_t until)
{
	return sink_wait(fd, events, stream->parting ? -1 : stream->cancel, until);
}

/* Wait for what a call on the stream has asked for. Returns 0 or -1. */
static int await(struct sink_stream *stream, short events, int64_t until, const char *what, struct error *e)
{
	enum sink_wait waited = wait_on(stream, stream->fd, events, until);

	return waited == SINK_READY ? 0 : sink_wait_failed(waited, what, patience(stream), e);
}

/* What an OpenSSL call that did not succeed waits for, or 0: it failed. */
static short events_wanted(SSL *ssl, int returned)
{
	switch (SSL_get_error(ssl, returned)) {
	case SSL_ERROR_WANT_READ:
		return POLLIN;
	case SSL_ERROR_WANT_WRITE:
		return POLLOUT;
	default:
		return 0;
	}
}

static void clear_errors(void)
{
	ERR_clear_error();
	errno = 0;
}

static int say_errno(struct sink_stream *stream, int number, struct error *e)
{
	switch (number) {
	case ECONNRESET:
	case EPIPE:
		stream->ended = true;
		return error_set(e, ERROR_UNAVAILABLE, "the receiver closed the connection");
	case ECONNREFUSED:
		return error_set(e, ERROR_UNAVAILABLE, "nobody listens on this port there");
	case ETIMEDOUT:
		return error_set(e, ERROR_UNAVAILABLE, "the receiver's host does not answer any more");
	case EMSGSIZE:
		return error_set(e, ERROR_UNAVAILABLE, "a message is longer than a datagram can be");
	default:
		return error_set(e, ERROR_UNAVAILABLE, "%s", strerrordesc_np(number));
	}
}

/* ---- opening ---- */

static int shake_hands(struct sink_stream *stream, int64_t until, struct error *e)
{
	if (sink_tls_start(stream, e) < 0)
		return -1;
	for (;;) {
		clear_errors();
		int returned = SSL_connect(stream->ssl);
		if (returned == 1)
			return 0;
		short events = events_wanted(stream->ssl, returned);
		if (events == 0)
			return sink_tls_failed(stream, "the TLS handshake", e);
		if (await(stream, events, until, "the TLS handshake", e) < 0)
			return -1;
	}
}

int sink_stream_open(struct sink_stream *stream, struct error *e)
{
	int64_t until = sink_now() + stream->peer.timeout;

	sink_stream_drop(stream);
	if (sink_connect(stream, until, e) < 0)
		return -1;
	if (stream->peer.carrier == SINK_TLS && shake_hands(stream, until, e) < 0) {
		sink_stream_drop(stream);
		return -1;
	}
	stream->opened_at = sink_now();
	return 0;
}

/* ---- bytes ---- */

/* One attempt each. Returns how many bytes; 0 with ret_events to wait for; or -1. */
static ssize_t write_some(struct sink_stream *stream, const void *bytes, size_t length, short *ret_events,
			  struct error *e)
{
	size_t written = 0;

	*ret_events = POLLOUT;
	if (stream->ssl) {
		clear_errors();
		int returned = SSL_write_ex(stream->ssl, bytes, length, &written);
		if (returned == 1)
			return (ssize_t)written;
		*ret_events = events_wanted(stream->ssl, returned);
		return *ret_events != 0 ? 0 : sink_tls_failed(stream, "writing", e);
	}
	ssize_t n = send(stream->fd, bytes, length, MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR ? 0 : say_errno(stream, errno, e);
}

static ssize_t read_some(struct sink_stream *stream, void *bytes, size_t size, short *ret_events,
			 struct error *e)
{
	size_t length = 0;

	*ret_events = POLLIN;
	if (stream->ssl) {
		clear_errors();
		int returned = SSL_read_ex(stream->ssl, bytes, size, &length);
		if (returned == 1)
			return (ssize_t)length;
		*ret_events = events_wanted(stream->ssl, returned);
		return *ret_events != 0 ? 0 : sink_tls_failed(stream, "reading", e);
	}
	ssize_t n = recv(stream->fd, bytes, size, 0);
	if (n > 0)
		return n;
	if (n == 0)
		return say_errno(stream, ECONNRESET, e);
	return errno == EAGAIN || errno == EINTR ? 0 : say_errno(stream, errno, e);
}

int sink_stream_write(struct sink_stream *stream, const void *bytes, size_t length, struct error *e)
{
	const char *at = bytes;
	const int64_t until = sink_now() + patience(stream);
	short events;

	while (length > 0) {
		ssize_t n = write_some(stream, at, length, &events, e);
		if (n < 0)
			return -1;
		at += n;
		length -= (size_t)n;
		if (n == 0 && await(stream, events, until, "writing", e) < 0)
			return -1;
	}
	return 0;
}

/* A peer that sends many small answers holds each back until the one before is acknowledged by our
 * kernel, which waits 40 ms with that unless told each time: measured to be twenty times slower. */
static void acknowledge_quickly(const struct sink_stream *stream)
{
	int one = 1;

	if (stream->peer.carrier != SINK_UDP)
		(void)setsockopt(stream->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one); /* slower without */
}

ssize_t sink_stream_read(struct sink_stream *stream, void *bytes, size_t size, int64_t until, struct error *e)
{
	short events;

	for (;;) {
		ssize_t n = read_some(stream, bytes, size, &events, e);
		if (n != 0)
			return n;
		acknowledge_quickly(stream);
		enum sink_wait waited = wait_on(stream, stream->fd, events, until);
		if (waited == SINK_TIMED_OUT)
			return 0;
		if (waited == SINK_CANCELLED)
			return sink_wait_failed(waited, "waiting for the receiver", 0, e);
	}
}

int sink_stream_drain(struct sink_stream *stream, struct error *e)
{
	const int64_t until = sink_now() + patience(stream);
	int64_t step = DRAIN_STEP_US;

	for (;;) {
		int queued = 0;
		if (ioctl(stream->fd, SIOCOUTQ, &queued) < 0)
			return say_errno(stream, errno, e);
		if (queued == 0)
			return 0;
		int64_t now = sink_now();
		if (now >= until)
			return sink_wait_failed(SINK_TIMED_OUT, "waiting until all has arrived", patience(stream), e);
		/* The queue of a connection that was reset never becomes empty: the caller's next read
		 * says why. */
		enum sink_wait waited = wait_on(stream, stream->fd, POLLRDHUP, now + step);
		if (waited == SINK_READY)
			return 0;
		if (waited == SINK_CANCELLED)
			return sink_wait_failed(waited, "waiting until all has arrived", 0, e);
		step = step * 2 < DRAIN_STEP_MOST_US ? step * 2 : DRAIN_STEP_MOST_US;
	}
}
