#pragma once
/* What the files of this room share: outbox.c has the threads and what they tell, lane.c what one
 * of them does. */
#include <pthread.h>

#include "base/error.h"
#include "outbox/outbox.h"
#include "sink/sink.h"
#include "store/store.h"

/* A sink on its way. What its thread alone uses, once that has started, comes first; then what is
 * shared, under the outbox's mutex. */
struct lane {
	struct outbox *outbox;
	const struct config_sink *config;
	pthread_t thread;
	struct sink *sink;
	struct store *store;
	uint64_t place;	  /* taken up to here, as the store has it */
	uint64_t cursor;  /* the same on this connection: before place while it is replayed, beyond it
			   * while the store cannot be written */
	int64_t back_off; /* 0: the last try went well */
	struct error why;
	bool started;
	bool placed; /* place and cursor are known */
	bool noted;  /* the store may say that it is away */
	/* shared */
	bool away;
	char words[sizeof((struct error *)NULL)->text];
	uint64_t heard, looked; /* of the outbox's calls: at the last look's beginning, and end */
	uint64_t waiting;
	int64_t retry_at;
	int64_t seen_at;
};

struct outbox {
	struct outbox_options options;
	struct lane *lanes;
	size_t count;
	int cancel; /* an eventfd */
	pthread_mutex_t mutex;
	pthread_cond_t called; /* calls or stopping changed */
	pthread_cond_t looked;
	uint64_t calls;
	bool stopping;
	/* what outbox_states() gives */
	struct outbox_state *states;
	char (*words)[sizeof((struct error *)NULL)->text];
};

int64_t outbox_now(const struct outbox *outbox);
bool outbox_is_stopping(struct outbox *outbox);

/* Send what waits and is due. */
void lane_look(struct lane *lane);

/* Hand one event to an open sink, in its format. Returns 0 or -1. */
int outbox_send(struct sink *sink, const struct config_sink *config, const struct alert_event *event,
		const struct alert_frame *frame, struct error *e);
