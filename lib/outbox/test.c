#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "outbox/internal.h"

CLEANUP_DEFINE(struct sink, sink_free);

static int64_t monotonic_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

/* Returns whether it was taken. */
static bool deliver(struct sink *sink, const struct config_sink *config, const struct alert_event *event,
		    const struct alert_frame *frame, struct error *e)
{
	size_t delivered = 0;

	return sink_open(sink, e) >= 0 && outbox_send(sink, config, event, frame, e) == 0 &&
	       sink_flush(sink, &delivered, e) == SINK_TAKEN;
}

int outbox_test(struct outbox_test *ret_test, const struct config_sink *config_sink, const struct config *config,
		const struct alert_frame *frame, const char *by, int64_t now, struct error *e)
{
	CLEANUP(alert_event_clear) struct alert_event event = {0};
	CLEANUP(cleanup_sink_free) struct sink *sink = NULL;

	if (alert_event_test(&event, config->site, by, now) < 0)
		return error_memory(e);
	if (sink_new(&sink, config_sink, -1, e) < 0)
		return -1;
	*ret_test = (struct outbox_test){0};
	memcpy(ret_test->eid, event.eid, sizeof ret_test->eid);
	int64_t began = monotonic_now();
	ret_test->taken = deliver(sink, config_sink, &event, frame, e);
	ret_test->took = monotonic_now() - began;
	ret_test->acknowledged = ret_test->taken && sink_proof(sink) == SINK_ACKNOWLEDGED;
	return 0;
}
