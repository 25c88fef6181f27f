#pragma once
/* Looks up host names in a process of its own, since the sandbox of the puller can open none of
 * the files that this takes. That process is forked first of all, holds no secret, and has a
 * sandbox of its own. Its answers are checked like any foreign bytes. */
#include <stdatomic.h>
#include <stdbool.h>

struct error;
struct resolver;

/* Fork it. To be called while the process has one thread, no file open but the standard three
 * and close_in_child, and nothing secret. Returns 0 or -1. */
int resolver_start(struct resolver **ret_resolver, int close_in_child, struct error *e);

/* To poll for reading. */
int resolver_fd(const struct resolver *resolver);

/* Take what answers have come and hand them to the threads that wait for them. Returns false
 * when the process has ended. */
bool resolver_take(struct resolver *resolver);

/* What a thread gives link_resolve as userdata. */
struct resolver_asker {
	struct resolver *resolver; /* NULL: no name is known */
	const atomic_bool *cancelled;
};

/* A link_resolve: waits for the answer, half a minute at most. For any thread but the one that
 * calls resolver_take(). */
int resolver_ask(void *asker, const char *host, char ret_address[static 64]);
