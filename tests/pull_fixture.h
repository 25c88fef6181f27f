#pragma once
/* What the tests of the pool share: a pool with its loop, visits and what came of them, a folder
 * as a device, devices that are not there or say nothing, and the processes of the pool. */
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/error.h"
#include "pull/pull.h"

enum { WAIT_SECONDS = 60 }; /* the longest that anything may take */

extern sd_event *event;
extern struct pull_pool *pool;

int64_t wall_clock(void *userdata);

/* For the real puller of the build folder. */
struct pull_options options_for(unsigned pullers, unsigned visits);
void make_pool(const struct pull_options *options);
void free_pool(void);

/* What came of a visit. */
struct outcome {
	unsigned done; /* calls of on_done */
	uint64_t progress_bytes;
	struct visit_report report;
};
struct pull_handlers handlers_for(struct outcome *outcome);
struct pull_visit *start(const struct visit_order *order, struct outcome *outcome);

/* Let the loop run until count reaches least; for some time. */
void run_until(const unsigned *count, unsigned least);
void run_for(unsigned ms);

/* The visit ends with PULLER_FAILED and these words. */
void expect_failed(struct outcome *outcome, const char *words);

/* The pool, however it was treated, still makes a visit. */
void expect_pool_works(void);

/* ---- devices ---- */

#define PULL_FOLDER "/tmp/check_pull.XXXXXX"
extern char folder[sizeof PULL_FOLDER];
void make_folder(void);
void remove_folder(void);
void put(const char *path, const char *content);

/* The folder; a port that nobody listens on; one that takes connections and says nothing. */
struct visit_order file_order(void);
struct visit_order network_order(void);
struct visit_order silent_order(void);
extern int silent_listener;
void await_connection(void);

/* ---- processes ---- */

unsigned count_children(void);
pid_t only_child(void);
void expect_no_children(void);
