#pragma once
/* Which files of a device are to be read: by its listing and the order's selectors, or by
 * name. Knows the caps on what a device may list; refuses to know how files are read. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "listing/listing.h"
#include "puller/session.h"

struct target {
	char *path;
	enum visit_kind kind;
	bool has_size; /* size and modified as struct listing_entry has them */
	uint64_t size;
	char modified[32];
};

struct targets {
	struct target *items; /* sorted bytewise by path, unique */
	size_t count;
	uint64_t left_out, not_covered; /* as in struct visit_report */
	uint32_t entries;		/* listed in all */
	struct link_result incomplete;	/* other than VISIT_OK: the first reason why not all is
					 * listed */
};

/* Find out what to read. Ends early when the session does: session->ended. */
void targets_collect(struct targets *ret_targets, struct session *session);
void targets_clear(struct targets *targets);
