#pragma once
/* The threads of a puller, each with one visit at a time: gathers orders from the parent's
 * messages, starts and cancels them, and sends what the threads see. */
#include "base/error.h"
#include "base/time.h"
#include "puller/resolver.h"
#include "wire/wire.h"

struct digest_engine;
struct visits;

struct visits_options {
	unsigned threads;
	const struct digest_engine *engine;
	struct resolver *resolver; /* or NULL */
	struct time_source clock;  /* monotonic, as link.h's deadline_at */
};

/* Start the threads. options is copied, what it points to is lent. They end with the process,
 * so that there is no free. Returns 0 or -1. */
int visits_new(struct visits **ret_visits, const struct visits_options *options, struct error *e);

/* Act on a message, which is taken, as is the secret of an order. Returns 0, or -1 for one that
 * has no place: the parent does not keep to the protocol. */
int visits_take(struct visits *visits, struct wire_message *message, struct visit_secret *secret);
