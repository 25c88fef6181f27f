#pragma once
/* What the files of this room share: a sink, and the ways to hand a message over. */
#include <stdbool.h>

#include "sink/sink.h"

struct text;

struct sink {
	char *name;
	char *path; /* of the socket or the file; NULL for stdout */
	enum config_sink_type type;
	int fd; /* -1: not open */
	int cancel;
	size_t taken; /* since the last flush */
	/* spool only */
	bool unflushed; /* lines were written that are not known to be on disk */
	bool lost;	/* some of these can no longer be flushed */
	bool made;	/* the file is new: its folder is not on disk yet */
};

/* Each has the contract of sink_send(). */
enum sink_answer sink_syslog_send(struct sink *sink, const struct iovec *part, struct error *e);
enum sink_answer sink_journal_send(struct sink *sink, const struct iovec *parts, size_t count,
				   struct error *e);
enum sink_answer sink_spool_send(struct sink *sink, const struct iovec *part, struct error *e);
enum sink_answer sink_stdout_send(struct sink *sink, const struct iovec *part, struct error *e);

enum sink_answer sink_spool_flush(struct sink *sink, struct error *e);
void sink_spool_close(struct sink *sink);

/* Fill e with "path: words" and return SINK_AWAY. */
enum sink_answer sink_away(const struct sink *sink, struct error *e, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
