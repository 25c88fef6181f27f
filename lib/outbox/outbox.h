#pragma once
/* Delivers the store's events to each sink in order, at least once, and keeps each sink's place.
 * A thread for each sink, with a connection of its own to the store, so that one that is away or
 * slow holds no other up, nor the sweeps. Refuses to know formats and transports. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/alert.h"
#include "base/time.h"
#include "config/config.h"

struct error;
struct store;
struct outbox;

/* All lent until outbox_free(). */
struct outbox_options {
	const struct config *config; /* its state folder has the store, which exists */
	const struct alert_frame *frame;
	struct time_source clock; /* its now() is called by several threads at once */
};

/* Make the sinks and let them deliver from now on. Until outbox_free() the process changes no time
 * zone and forks only to exec. Signals that are blocked now are blocked in the threads. Returns 0
 * or -1.
 *
 * What a sink took last before its connection was lost is sent again as its replay has it. A sink
 * that is away, or whose store cannot be read or written, is tried again after a second, then after
 * twice as long, up to five minutes; when it has taken something, after a second again. An event
 * that cannot be read (ERROR_DATA) holds those behind it back, and why says so: nothing is left
 * out. */
int outbox_new(struct outbox **ret_outbox, const struct outbox_options *options, struct error *e);
void outbox_free(struct outbox *outbox); /* ends every wait; what was not delivered stays in the store */

/* Something was appended, or the clock has moved: look now, and not within a second. */
void outbox_wake(struct outbox *outbox);

/* Wait until every sink has all events or is away; at most for patience (of real time). Returns
 * whether all is delivered. */
bool outbox_wait(struct outbox *outbox, int64_t patience);

/* How each sink stands, for status: a copy, lent until the next call. */
struct outbox_state {
	const char *name;
	uint64_t waiting;
	bool away;
	const char *why; /* the last failure's words, or NULL */
	int64_t retry_at; /* of one that is away */
	int64_t seen_at; /* when its thread last showed that it goes on */
	int64_t silence_most; /* a thread that shows nothing for longer hangs */
};
size_t outbox_states(struct outbox *outbox, const struct outbox_state **ret_states);

/* With what the words begin of an outbox that is full. */
#define OUTBOX_FULL "the outbox is full"

/* Whether so much waits for a sink, or so little is free where the store is, that no sweep may
 * find more (backlog and keep-free of the configuration). Returns 1 with the words in why, 0, or
 * -1 when that cannot be told. */
int outbox_is_full(struct store *store, const struct config *config, struct error *why);

/* A test event for one sink, sent now on a connection of its own and past the store. */
struct outbox_test {
	bool taken;		/* else e says why not */
	bool acknowledged;	/* by the receiver, or on disk */
	int64_t took;
	char eid[ALERT_EID_SIZE];
};
/* by: on whose behalf. Returns 0, or -1 where it could not even be tried. */
int outbox_test(struct outbox_test *ret_test, const struct config_sink *sink, const struct config *config,
		const struct alert_frame *frame, const char *by, int64_t now, struct error *e);
