#pragma once
/* Takes finished messages to a receiver and says whether they were taken. Knows sockets and
 * framing; refuses to know what the messages say. Programs that use it ignore SIGPIPE and
 * SIGXFSZ, so that a full disk and a closed pipe are answers and not ends. */
#include <stddef.h>
#include <sys/uio.h>

#include "config/config.h"

struct error;
struct sink;

enum sink_answer {
	SINK_TAKEN, /* handed over: in the file (spool), or to the local receiver's socket, which
		     * cannot acknowledge: a journal or syslog daemon may still drop it, by its
		     * rate limit or its end. Only a spool is a delivery. */
	SINK_AWAY,  /* nothing was handed over: try the same message again later */
};

/* Does not connect: a receiver that is away is no error. A journal without a path is the
 * host's. Returns 0 or -1 (ERROR_CONFIG). */
int sink_new(struct sink **ret_sink, const struct config_sink *config, struct error *e);
void sink_free(struct sink *sink);

const char *sink_name(const struct sink *sink);
enum config_sink_type sink_type(const struct sink *sink);

/* Hand over one message: parts are the fields of a journal entry ("NAME=value"), or for every
 * other type one part, the message without framing and without line feeds. Never blocks for
 * more than a second. On SINK_AWAY e says why.
 *
 * A spool is appended to under a lock (flock), one message a line; a line that could not be
 * written whole is taken back, and half a line that a writer left when it died is taken off
 * first. The file is made with mode 0640 where it is missing, and followed by its name when
 * it was moved away; only a regular file is written to, and no symbolic link. */
enum sink_answer sink_send(struct sink *sink, const struct iovec *parts, size_t count, struct error *e);

/* Make what was taken durable (spool: fdatasync). SINK_AWAY: what was taken since the last
 * flush must be sent again. */
enum sink_answer sink_flush(struct sink *sink, struct error *e);
