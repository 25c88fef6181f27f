#pragma once
/* The pool of puller processes, and the messages to and from them. Knows processes and
 * packets; refuses to know what the bytes mean. A puller that crashes, lies or stops answering
 * costs its own visits the outcome "puller failed" and is started again. */
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "visit/visit.h"

struct error;
struct sd_event;

struct pull_options {
	const char *program; /* the pumpwatch-puller */
	const char *ca_file; /* or NULL */
	unsigned pullers;    /* processes; 0: one a core */
	unsigned visits;     /* threads each, 1 to 256 */
	struct time_source clock; /* stamps started_at and ended_at of reports */
	int64_t patience; /* a puller that does not answer for so long is stuck; 0: 30 s */
};

struct pull_pool;

/* Start the pullers and wait until each is in its sandbox; event is the caller's loop and
 * outlives the pool. Their environment has only what OpenSSL, the digests and the sanitizers
 * read. A puller that ends is started again, more slowly each time. Returns 0 or -1
 * (ERROR_UNAVAILABLE; what the puller itself had to say went to stderr). */
int pull_pool_new(struct pull_pool **ret_pool, struct sd_event *event,
		  const struct pull_options *options, struct error *e);

/* Cancels what runs (their callbacks never come), ends every puller and waits for it, at most
 * two seconds, then kills it. */
void pull_pool_free(struct pull_pool *pool);

/* How many visits can run at once. Each file: link takes a process of its own, and not more
 * of these run than there are pullers. */
unsigned pull_pool_capacity(const struct pull_pool *pool);

/* For each visit: any number of progress calls, then on_done exactly once, never before
 * pull_start() returns, never after pull_cancel() or pull_pool_free(). Every call of this
 * header may be made from a callback, pull_pool_free() too. The report is given: the callback
 * clears it. */
struct pull_handlers {
	void (*on_progress)(void *userdata, uint64_t bytes, uint32_t files); /* may be NULL */
	void (*on_done)(void *userdata, struct visit_report *report);
	void *userdata;
};

struct pull_visit;

/* Start a visit, or queue it when all threads are busy. order and secret (which may be NULL)
 * are copied. Returns 0 and a handle that is valid until on_done or pull_cancel(), or -1
 * (ERROR_DATA for an order that makes no sense). */
int pull_start(struct pull_visit **ret_visit, struct pull_pool *pool,
	       const struct visit_order *order, const struct visit_secret *secret,
	       const struct pull_handlers *handlers, struct error *e);

/* Stop a visit: the connection is closed within a second or so. */
void pull_cancel(struct pull_visit *visit);

/* What the pullers say of their sandbox, for status: e.g. "seccomp, Landlock 4". */
const char *pull_pool_sandbox(const struct pull_pool *pool);
