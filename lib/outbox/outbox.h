#pragma once
/* Delivers the store's events to each sink in order, at least once, and keeps each sink's
 * place. A sink that is away is tried again with back-off and holds no other up. */
#include <stdbool.h>
#include <stdint.h>

#include "alert/alert.h"
#include "config/config.h"

struct error;
struct store;
struct outbox;

/* All lent until outbox_free(). Opens the sinks. Returns 0 or -1. */
int outbox_new(struct outbox **ret_outbox, struct store *store, const struct config *config,
	       const struct alert_frame *frame, struct error *e);
void outbox_free(struct outbox *outbox);

/* Send what waits and is due at now, up to a bounded batch for each sink. Returns the time of
 * the next thing to do: now when more waits, TIME_NEVER when all is sent, else the retry.
 * A store that fails is reported in the state and tried again. */
int64_t outbox_run(struct outbox *outbox, int64_t now);

/* How each sink stands, for status: lent until the next call. */
struct outbox_state {
	const char *name;
	uint64_t waiting;
	bool away;
	const char *why; /* the last failure's words, or NULL */
	int64_t retry_at;
};
size_t outbox_states(struct outbox *outbox, const struct outbox_state **ret_states);
