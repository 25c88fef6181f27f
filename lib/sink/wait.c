#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "base/error.h"
#include "base/time.h"

#include "sink/stream.h"

int64_t sink_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

/* Milliseconds until then, rounded up, so that nobody wakes a moment too early and spins. */
static int milliseconds_until(int64_t until)
{
	int64_t left = until - sink_now();

	if (left <= 0)
		return 0;
	left = (left + 999) / 1000;
	return left < INT_MAX ? (int)left : INT_MAX;
}

enum sink_wait sink_wait(int fd, short events, int cancel, int64_t until)
{
	struct pollfd watched[] = {{.fd = fd, .events = events}, {.fd = cancel, .events = POLLIN}};

	for (;;) {
		int left = milliseconds_until(until);
		int ready = poll(watched, 2, left);
		if (ready > 0)
			return watched[1].revents != 0 ? SINK_CANCELLED : SINK_READY;
		if (ready == 0 && sink_now() >= until)
			return SINK_TIMED_OUT;
		if (ready < 0 && errno != EINTR)
			return SINK_CANCELLED; /* no memory for it: the caller gives up and comes again */
	}
}

int sink_wait_failed(enum sink_wait wait, const char *what, int64_t timeout, struct error *e)
{
	if (wait == SINK_CANCELLED)
		return error_set(e, ERROR_UNAVAILABLE, "%s was stopped", what);
	return error_set(e, ERROR_UNAVAILABLE, "%s took longer than %g s: does the receiver keep up?", what,
			 (double)timeout / (double)TIME_SECOND);
}
