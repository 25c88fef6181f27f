#pragma once
/* Reads and hashes one file of a device in one pass, and holds it against what the link says
 * of it before and after: a file that changes while it is read is read once more. */
#include <stdbool.h>

#include "digest/digest.h"
#include "puller/session.h"
#include "puller/targets.h"

/* Whether the words of the listing for a time are those that a question about one file is
 * answered with; where they are not, each file is asked about before it is read too. */
enum reading_words { READING_WORDS_UNKNOWN, READING_WORDS_DIFFER, READING_WORDS_AGREE };

struct reading_environment {
	struct session *session;
	struct digest *digest;
	void (*on_bytes)(void *userdata); /* some have come: session->bytes */
	void *userdata;
	enum reading_words words; /* begins unknown and is learnt from file to file */
};

/* Read target, or with the order's list_only only look at it (a link that can neither list nor
 * tell is read all the same, or nobody would be asked). Returns true with the observation
 * (its path is lent by target), or false when the session ended before one could be made. */
bool reading_run(struct reading_environment *environment, const struct target *target,
		 struct visit_observation *ret_observation);
