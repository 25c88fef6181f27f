#pragma once
/* A connection of a sink to its receiver, over TCP or UDP, with or without TLS. Every wait ends
 * when cancel becomes readable, and each call within the peer's timeout. Failures are told
 * in words alone, without the place: the caller adds it. */
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/ssl.h>

struct addrinfo;
struct config_sink;
struct error;
struct sink_lookup;

enum sink_carrier { SINK_TCP, SINK_TLS, SINK_UDP };

/* To whom, and how it proves who it is; a copy of the configuration. */
struct sink_peer {
	enum sink_carrier carrier;
	char *host;
	uint16_t port;
	char *ca_file, *cert_file, *key_file; /* NULL as in the configuration */
	char *name;			      /* that its certificate must have */
	int64_t timeout;
};

struct sink_stream {
	struct sink_peer peer;
	int cancel;
	int send_buffer; /* bytes in the kernel's queue, or 0: as it likes */
	int fd;		 /* -1: not connected */
	SSL *ssl;
	int64_t opened_at;
	bool ended;   /* by the peer, without a reason */
	bool parting; /* see sink_stream_part() */
	struct sink_lookup *lookup; /* that a former try gave up waiting for, or NULL */
	char refused[640];	    /* why the peer's certificate was; else empty */
};

/* Take the peer from the configuration. Returns 0 or -1 (out of memory). */
int sink_stream_init(struct sink_stream *stream, const struct config_sink *config, int cancel,
		     struct error *e);
void sink_stream_clear(struct sink_stream *stream);

/* Look the name up, connect to each address in turn, and shake hands. Returns 0 or -1. */
int sink_stream_open(struct sink_stream *stream, struct error *e);
bool sink_stream_is_open(const struct sink_stream *stream);

/* Write all of it, which is little: a peer must have taken it within the timeout. Returns 0, or -1 after which the stream can only be closed. */
int sink_stream_write(struct sink_stream *stream, const void *bytes, size_t length, struct error *e);

/* Read what there is until a moment of sink_now(). Returns how many bytes, 0 when none came until
 * then, -1 on a failure and at the end. */
ssize_t sink_stream_read(struct sink_stream *stream, void *bytes, size_t size, int64_t until, struct error *e);

/* Wait until the kernel of the peer's host has acknowledged all that was written, or the peer has
 * closed, which the next read tells. Returns 0 or -1. */
int sink_stream_drain(struct sink_stream *stream, struct error *e);

/* From now on until it is closed no wait is ended by cancel, and each after half a second: for the
 * last words. */
void sink_stream_part(struct sink_stream *stream);
/* Close at once. */
void sink_stream_drop(struct sink_stream *stream);
/* Part, and close so that what was written last is not lost on its way. */
void sink_stream_finish(struct sink_stream *stream);

/* ---- what streams are made of ---- */

int64_t sink_now(void); /* of the monotonic clock */

enum sink_wait { SINK_READY, SINK_TIMED_OUT, SINK_CANCELLED };
/* fd may be -1: then only for the time or the cancel. */
enum sink_wait sink_wait(int fd, short events, int cancel, int64_t until);
/* Fill e with the words for a wait that ended otherwise; return -1. */
int sink_wait_failed(enum sink_wait wait, const char *what, int64_t timeout, struct error *e);

/* Resolve a name in a thread of its own, since the system's resolver knows no deadline. A lookup
 * that was given up goes on, and the next call with the same one waits for it. ret_found is
 * given: freeaddrinfo(). */
int sink_lookup(struct sink_stream *stream, int64_t until, struct addrinfo **ret_found, struct error *e);
void sink_lookup_abandon(struct sink_lookup *lookup);

/* Connect stream->fd. */
int sink_connect(struct sink_stream *stream, int64_t until, struct error *e);

/* Make stream->ssl for its fd. All files are read now. */
int sink_tls_start(struct sink_stream *stream, struct error *e);
/* Fill e with why a call on stream->ssl failed that was for what ("the TLS handshake"). */
int sink_tls_failed(struct sink_stream *stream, const char *what, struct error *e);
/* A peer that ends a new connection over TLS without a reason may have one with our certificate:
 * add that to e. */
void sink_tls_suspect(const struct sink_stream *stream, struct error *e);
