#pragma once
/* A TCP connection of our own to a device, with or without TLS. Every wait ends at until, at
 * the visit's deadline, or when it is cancelled. */
#include "link/tls.h"

struct link_stream {
	int fd; /* -1: none */
	SSL *ssl;
	bool torn; /* under TLS: it ended without saying so */
};

/* Start TLS on it. session of an earlier connection may be NULL. On failure tls->verdict and
 * the result say why. */
struct link_result link_stream_secure(struct link_stream *stream, SSL_CTX *context,
				      const struct link_tls *tls, SSL_SESSION *session,
				      int64_t until);

/* Read what there is, at least one byte; ret_length 0 is the end. */
struct link_result link_stream_read(struct link_stream *stream, const struct link *link,
				    void *bytes, size_t size, int64_t until, size_t *ret_length);

/* Write all of it. */
struct link_result link_stream_write(struct link_stream *stream, const struct link *link,
				     const void *bytes, size_t length, int64_t until);

/* Say the end without waiting for anyone, and close. */
void link_stream_close(struct link_stream *stream);
