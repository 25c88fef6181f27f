#pragma once
/* Takes finished messages to a receiver and says whether they were taken. Knows sockets and
 * framing; refuses to know what the messages say. */
#include <stddef.h>
#include <sys/uio.h>

#include "config/config.h"

struct error;
struct sink;

enum sink_answer {
	SINK_TAKEN, /* handed over: on disk (spool), or with the local receiver's socket, which
		     * cannot acknowledge */
	SINK_AWAY,  /* nothing was handed over: try the same message again later */
};

/* Does not connect: a receiver that is away is no error. Returns 0 or -1. */
int sink_new(struct sink **ret_sink, const struct config_sink *config, struct error *e);
void sink_free(struct sink *sink);

const char *sink_name(const struct sink *sink);
enum config_sink_type sink_type(const struct sink *sink);

/* Hand over one message: parts are the fields of a journal entry ("NAME=value"), or for every
 * other type one part, the message without framing. Never blocks for more than a second. On
 * SINK_AWAY e says why. A spool line that could not be written whole is taken back. */
enum sink_answer sink_send(struct sink *sink, const struct iovec *parts, size_t count, struct error *e);

/* Make what was taken durable (spool: fdatasync). SINK_AWAY: what was taken since the last
 * flush must be sent again. */
enum sink_answer sink_flush(struct sink *sink, struct error *e);
