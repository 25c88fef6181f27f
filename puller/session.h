#pragma once
/* The contact with one device throughout a visit: one connection at a time, to the device that
 * was enrolled, opened again at most twice when it breaks. Knows when nothing more may be asked;
 * refuses to know which files are wanted. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "link/link.h"

enum { SESSION_RECONNECTS = 2 };

struct session_environment {
	struct link_environment link; /* deadline_at must be set */
	struct time_source clock;     /* the one that deadline_at is of */
	unsigned pause_ms;	      /* before a connection is opened again: a small device needs
				       * a moment to see that the old one is gone */
};

struct session {
	struct session_environment environment;
	struct link *link; /* NULL before the first connection and after the last */
	struct link_seen seen;
	char serial[64]; /* that the device showed; or empty */
	unsigned reconnects;
	bool met;		  /* something at the address has answered as a device would */
	uint64_t bytes;		  /* read in all */
	struct link_result broken; /* why the last connection was dropped */
	struct link_result ended; /* other than VISIT_OK: nothing more may be asked, and why */
};

/* Connect and hold who answers against the order. Returns whether there is a visit; else
 * session->ended says why not. */
bool session_open(struct session *session, const struct session_environment *environment);

/* To be called before each call on session->link: connects again where that is needed and
 * allowed. Returns false when the visit is over: session->ended says why. */
bool session_is_ready(struct session *session);

/* To be called after each call on session->link: takes note of what came of it. Returns
 * whether the connection broke, so that the same call may do better on the next. */
bool session_settle(struct session *session, const struct link_result *result);

/* How the loss of a connection is told of the whole visit: a device that was met and then is
 * gone was lost, whatever the last attempt says. Other results stay. */
struct link_result session_as_lost(const struct session *session, const struct link_result *result);

/* End the visit for a reason of our own. */
void session_end(struct session *session, const struct link_result *why);

/* Take a last look at the grade and the pin, and hang up. */
void session_close(struct session *session);
