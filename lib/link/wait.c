#include <errno.h>
#include <poll.h>
#include <time.h>

#include "base/time.h"

#include "link/internal.h"

/* How long a cancel or a deadline may go unseen. */
#define STEP (250 * (TIME_SECOND / 1000))

int64_t link_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

enum visit_outcome link_may_go_on(const struct link *link)
{
	if (link->environment.cancelled && atomic_load(link->environment.cancelled))
		return VISIT_CANCELLED;
	return link_now() < link->deadline_at ? VISIT_OK : VISIT_TOO_SLOW;
}

/* Milliseconds to the nearer of until and the next look at the cancel, rounded up. */
static int next_step(int64_t until)
{
	int64_t left = until - link_now();

	if (left <= 0)
		return 0;
	return (int)(((left < STEP ? left : STEP) + 999) / 1000);
}

enum visit_outcome link_wait(const struct link *link, int fd, short events, int64_t until)
{
	struct pollfd watched = {.fd = fd, .events = events};

	for (;;) {
		enum visit_outcome outcome = link_may_go_on(link);
		if (outcome != VISIT_OK)
			return outcome;
		int ready = poll(&watched, 1, next_step(until));
		if (ready > 0)
			return VISIT_OK;
		if (ready < 0 && errno != EINTR)
			return VISIT_PULLER_FAILED;
		if (link_now() >= until)
			return VISIT_TIMED_OUT;
	}
}

enum visit_outcome link_sleep(const struct link *link, int64_t until)
{
	while (link_now() < until) {
		enum visit_outcome outcome = link_may_go_on(link);
		if (outcome != VISIT_OK)
			return outcome;
		(void)poll(NULL, 0, next_step(until)); /* cut short: the loop looks again */
	}
	return VISIT_OK;
}

struct link_result link_stopped(enum visit_outcome outcome)
{
	switch (outcome) {
	case VISIT_OK:
		return link_ok();
	case VISIT_CANCELLED:
		return link_failed(outcome, "the visit was cancelled");
	case VISIT_TIMED_OUT:
		return link_failed(outcome, "no answer in time");
	case VISIT_TOO_SLOW:
		return link_failed(outcome, "the time for the whole visit is over");
	case VISIT_TOO_LARGE:
		return link_failed(outcome, "more bytes came than the limits allow");
	default:
		return link_failed(outcome, "%s", "");
	}
}
