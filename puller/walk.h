#pragma once
/* One visit from connecting to the last file: who answers, what is there, what it hashes to.
 * Blocks in the thread of its caller. Refuses to know baselines, processes and packets. */
#include <stdbool.h>
#include <stdint.h>

#include "digest/digest.h"
#include "puller/session.h"

struct walk_environment {
	struct session_environment session;
	struct digest *digest; /* the thread's own */
	/* What was seen at one path, lent for the call; in the order of reading. */
	void (*on_observation)(void *userdata, const struct visit_observation *observation);
	/* Called often. */
	void (*on_progress)(void *userdata, uint64_t bytes, uint32_t files);
	void *userdata;
};

/* Make the visit. ret_report gets everything but the observations and the times. */
void walk_run(struct visit_report *ret_report, const struct walk_environment *environment);
