#pragma once
/* Takes finished messages to a receiver and says how many of them it has. Knows sockets and
 * framing; refuses to know what the messages say. In plain blocking style: a sink belongs to one
 * thread, every wait ends when cancel becomes readable, and no call lasts longer than twice the
 * sink's timeout and a minute and a half, however slowly a peer goes on. Programs that use it
 * ignore SIGPIPE and SIGXFSZ, so that a full disk and a closed pipe are answers and not ends. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "config/config.h"

struct error;
struct sink;

/* Where the words of a failure say why, they name the place: "siem.example.org:2514: …". */
enum sink_answer {
	SINK_TAKEN, /* in order after what was taken before; sink_flush() says what became of it */
	SINK_AWAY,  /* not handed over: open it anew and try again, later */
};

/* Does not connect: a receiver that is away is no error. Keys and certificates are read anew at
 * each connection. A journal without a path is the host's. cancel: a descriptor that ends every
 * wait when it becomes readable (lent), or -1. Returns 0 or -1 (ERROR_CONFIG). */
int sink_new(struct sink **ret_sink, const struct config_sink *config, int cancel, struct error *e);
/* Take leave of the receiver, which takes half a second at most; what was not flushed is dropped. */
void sink_free(struct sink *sink);

const char *sink_name(const struct sink *sink);
enum config_sink_type sink_type(const struct sink *sink);

/* What SINK_TAKEN by sink_flush() is worth. */
enum sink_proof {
	SINK_ACKNOWLEDGED, /* relp: the receiver said so of each; spool: on disk */
	/* It may still be lost. tls, tcp: it is in the kernel of the receiver's host, and the receiver
	 * has not closed; syslog, journal, stdout: in a local queue. udp: it was sent, and nobody had
	 * said by then that this port or host refuses; not whether there is a receiver, whether it
	 * read it, or whether it arrived at all. */
	SINK_HANDED_OVER,
};
enum sink_proof sink_proof(const struct sink *sink);

/* Have a connection: 1 when it was made now, 0 when it was there (and when the type has none), -1
 * when the receiver is away (e says why). What was taken on one that is gone must be sent again. */
int sink_open(struct sink *sink, struct error *e);

/* Hand over one message on an open sink; it may lie here until the flush. parts are the fields of a
 * journal entry ("NAME=value"), or for every other type one part, the message without framing and
 * without line feeds. Waits where the receiver's window, or the queue of a local socket, is full. On
 * SINK_AWAY the connection is closed; sink_flush() still says how much of what was taken is
 * delivered.
 *
 * A spool is appended to under a lock (flock), one message a line; a line that could not be
 * written whole is taken back, and half a line that a writer left when it died is taken off
 * first. The file is made with mode 0640 where it is missing, and followed by its name when
 * it was moved away; only a regular file is written to, and no symbolic link. One that has
 * reached its size is moved to PATH.1 first, PATH.1 to PATH.2, and the last is deleted; where that
 * was cut short, the next move fills the gap and deletes nothing. */
enum sink_answer sink_send(struct sink *sink, const struct iovec *parts, size_t count, struct error *e);

/* Wait until the receiver has all that was taken since the last flush, as far as the transport can
 * tell (relp: a 200 for each; tls, tcp: the peer's TCP has it, and on a new connection half a
 * second has passed without its being closed, as receivers do with peers they do not want; spool:
 * fdatasync). ret_delivered: how many of these, the first ones in order, it has, in any case. On
 * SINK_AWAY the rest must be sent again, and the connection is closed. */
enum sink_answer sink_flush(struct sink *sink, size_t *ret_delivered, struct error *e);
