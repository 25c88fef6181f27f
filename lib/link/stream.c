#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/cleanup.h"

#include "link/stream.h"

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

static bool is_unexpected_end(unsigned long number)
{
	return ERR_GET_LIB(number) == ERR_LIB_SSL &&
	       ERR_GET_REASON(number) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

static bool is_name(const char *host)
{
	unsigned char ignored[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, ignored) != 1 && inet_pton(AF_INET6, host, ignored) != 1;
}

struct link_result link_stream_secure(struct link_stream *stream, SSL_CTX *context,
				      const struct link_tls *tls, SSL_SESSION *session,
				      int64_t until)
{
	const char *host = tls->link->environment.order->address.host;

	stream->ssl = SSL_new(context);
	if (!stream->ssl || SSL_set_fd(stream->ssl, stream->fd) != 1 ||
	    (is_name(host) && SSL_set_tlsext_host_name(stream->ssl, host) != 1) ||
	    (session && SSL_set_session(stream->ssl, session) != 1))
		return link_failed_memory();
	for (;;) {
		ERR_clear_error();
		errno = 0;
		int returned = SSL_connect(stream->ssl);
		if (returned == 1)
			return link_ok();
		short events = events_wanted(stream->ssl, returned);
		if (events == 0) {
			unsigned long last = ERR_peek_last_error();
			bool lost = tls->verdict.outcome == VISIT_OK &&
				    (last == 0 || is_unexpected_end(last));
			SSL_free(TAKE(stream->ssl)); /* nothing more may be said on it */
			return lost ? link_failed(VISIT_CONNECTION_LOST,
						  "the connection ended during the TLS handshake")
				    : link_tls_failed(tls);
		}
		enum visit_outcome waited = link_wait(tls->link, stream->fd, events, until);
		if (waited != VISIT_OK)
			return link_stopped(waited);
	}
}

/* A read under TLS that gave nothing and waits for nothing: the end, or a failure. */
static struct link_result secure_end(struct link_stream *stream, int returned)
{
	int number = errno;
	int kind = SSL_get_error(stream->ssl, returned);

	if (kind == SSL_ERROR_ZERO_RETURN)
		return link_ok();
	unsigned long last = ERR_peek_last_error();
	bool silent = (kind == SSL_ERROR_SYSCALL && last == 0 && number == 0) ||
		      (kind == SSL_ERROR_SSL && is_unexpected_end(last));
	ERR_clear_error();
	stream->torn = true;
	if (silent)
		return link_ok();
	if (kind == SSL_ERROR_SYSCALL && number != 0)
		return link_failed_errno(number);
	const char *reason = last != 0 ? ERR_reason_error_string(last) : NULL;
	return link_failed(VISIT_CONNECTION_LOST, "TLS: %s", reason ? reason : "the connection broke");
}

/* One attempt. ret_events: what to wait for when neither bytes nor an end came. */
static struct link_result read_once(struct link_stream *stream, void *bytes, size_t size,
				    size_t *ret_length, short *ret_events)
{
	*ret_events = 0;
	if (!stream->ssl) {
		ssize_t length = recv(stream->fd, bytes, size, 0);
		if (length >= 0)
			*ret_length = (size_t)length;
		else if (errno == EAGAIN || errno == EINTR)
			*ret_events = POLLIN;
		else
			return link_failed_errno(errno);
		return link_ok();
	}
	ERR_clear_error();
	errno = 0;
	int returned = SSL_read_ex(stream->ssl, bytes, size, ret_length);
	if (returned == 1)
		return link_ok();
	*ret_events = events_wanted(stream->ssl, returned);
	return *ret_events != 0 ? link_ok() : secure_end(stream, returned);
}

struct link_result link_stream_read(struct link_stream *stream, const struct link *link,
				    void *bytes, size_t size, int64_t until, size_t *ret_length)
{
	*ret_length = 0;
	for (;;) {
		short events;
		struct link_result result = read_once(stream, bytes, size, ret_length, &events);
		if (result.outcome != VISIT_OK || events == 0)
			return result;
		enum visit_outcome waited = link_wait(link, stream->fd, events, until);
		if (waited != VISIT_OK)
			return link_stopped(waited);
	}
}

struct link_result link_stream_write(struct link_stream *stream, const struct link *link,
				     const void *bytes, size_t length, int64_t until)
{
	const char *at = bytes;

	while (length > 0) {
		short events = POLLOUT;
		size_t written = 0;
		if (stream->ssl) {
			ERR_clear_error();
			int returned = SSL_write_ex(stream->ssl, at, length, &written);
			events = returned == 1 ? POLLOUT : events_wanted(stream->ssl, returned);
			if (events == 0)
				return link_failed(VISIT_CONNECTION_LOST,
						   "the connection broke while writing");
		} else {
			ssize_t sent = send(stream->fd, at, length, MSG_NOSIGNAL);
			if (sent < 0 && errno != EAGAIN && errno != EINTR)
				return link_failed_errno(errno);
			written = sent > 0 ? (size_t)sent : 0;
		}
		at += written;
		length -= written;
		if (written > 0)
			continue;
		enum visit_outcome waited = link_wait(link, stream->fd, events, until);
		if (waited != VISIT_OK)
			return link_stopped(waited);
	}
	return link_ok();
}

void link_stream_close(struct link_stream *stream)
{
	if (stream->ssl) {
		(void)SSL_shutdown(stream->ssl); /* says so when it can; nobody is waited for */
		SSL_free(TAKE(stream->ssl));
		ERR_clear_error();
	}
	if (stream->fd >= 0)
		(void)close(stream->fd); /* nothing was written that could be lost */
	stream->fd = -1;
}
