#pragma once
/* What the files of this room share: a sink, and how each type of it works. */
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "base/error.h"
#include "base/text.h"
#include "sink/relp_frame.h"
#include "sink/sink.h"
#include "sink/stream.h"

/* How a type works; each function keeps the contract of the call of its name in sink.h. */
struct sink_transport {
	enum sink_proof proof;
	int (*open)(struct sink *sink, struct error *e); /* NULL: there is nothing to open */
	enum sink_answer (*send)(struct sink *sink, const struct iovec *parts, size_t count, struct error *e);
	/* NULL: what was taken is delivered */
	enum sink_answer (*flush)(struct sink *sink, size_t *ret_delivered, struct error *e);
	void (*close)(struct sink *sink);
};
extern const struct sink_transport sink_relp, sink_octets, sink_udp; /* over the network */
extern const struct sink_transport sink_syslog, sink_journal, sink_spool, sink_stdout;

struct sink {
	const struct sink_transport *transport;
	char *name;
	char *where; /* for people: the socket, the file, or host:port */
	enum config_sink_type type;
	int cancel;
	size_t taken; /* since the last flush */

	/* of the local types */
	char *path; /* of the socket or the file; NULL for stdout */
	int fd;	    /* -1: not open */
	int64_t timeout; /* that is waited for a socket whose queue is full */
	struct {
		uint64_t rotate; /* bytes, or 0 */
		unsigned keep;
		bool unflushed; /* lines were written that are not known to be on disk */
		bool lost;	/* some of these can no longer be flushed */
		bool made;	/* the file is new: its folder is not on disk yet */
	} spool;

	/* of those over the network */
	struct sink_stream stream;
	struct text out; /* frames that are not written yet */
	struct error why; /* the last failure, for a flush that comes after it */
	struct {
		unsigned size; /* of the window */
		struct relp_window window;
		size_t delivered; /* since the last flush */
		struct text in;	  /* what was read … */
		size_t used;	  /* … and how much of it has been looked at */
	} relp;
};

/* Fill e with "where: words" and return SINK_AWAY. */
enum sink_answer sink_away(const struct sink *sink, struct error *e, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with the words in sink->why, which stay there. */
enum sink_answer sink_lost(struct sink *sink, struct error *e);

/* Move PATH to PATH.1, PATH.1 to PATH.2 and so on, the file being locked. Returns 0 or a
 * negative errno. A run that was cut short anywhere is made good by the next. */
int sink_spool_rotate(const char *path, unsigned keep);
int sink_spool_sync_folder(const char *path);

/* For tests: go on with this transaction number, nothing being under way. */
void sink_relp_skip_to(struct sink *sink, uint32_t number);
