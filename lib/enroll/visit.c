#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "enroll/enroll.h"
#include "pull/pull.h"
#include "store/store.h"

/* Renewed while the visit runs; so much at most after a crash. */
#define LEASE_TIME (3 * TIME_MINUTE)
#define LEASE_RENEWAL_MICRO (UINT64_C(60) * 1000000)

struct waiting {
	const struct sweep_environment *environment;
	const char *asset;
	struct visit_report *report;
	bool done;
};

static void on_done(void *userdata, struct visit_report *report)
{
	struct waiting *waiting = userdata;

	*waiting->report = *report;
	*report = (struct visit_report){0};
	waiting->done = true;
}

/* A device that is not enrolled yet is nobody else's: it has no lease. */
static int take_lease(const struct sweep_environment *environment, const char *asset, struct error *e)
{
	CLEANUP(store_device_clear) struct store_device device = {0};
	int64_t now = environment->clock.now(environment->clock.userdata);
	int r = store_device_load(environment->store, asset, &device, e);

	if (r <= 0)
		return r;
	r = store_lease_take(environment->store, asset, environment->owner, now, now + LEASE_TIME, e);

	if (r == 0)
		return error_set(e, ERROR_UNAVAILABLE,
				 "%s is being visited by another run just now: try again in a minute", asset);
	return r < 0 ? -1 : 0;
}

static int renew_lease(sd_event_source *source, uint64_t monotonic, void *userdata)
{
	struct waiting *waiting = userdata;

	(void)monotonic;
	/* A lease that cannot be renewed shows at the next visit, which is refused; this one is
	 * under way and reads only. */
	(void)take_lease(waiting->environment, waiting->asset, NULL);
	(void)sd_event_source_set_time_relative(source, LEASE_RENEWAL_MICRO);
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static void cleanup_source(sd_event_source **source)
{
	sd_event_source_disable_unref(*source);
}

static int wait_for(struct waiting *waiting, struct error *e)
{
	CLEANUP(cleanup_source) sd_event_source *renewal = NULL;
	sd_event *event = waiting->environment->event;

	if (sd_event_add_time_relative(event, &renewal, CLOCK_MONOTONIC, LEASE_RENEWAL_MICRO, 1, renew_lease,
				       waiting) < 0)
		return error_set(e, ERROR_INTERNAL, "the event loop took no timer");
	while (!waiting->done) {
		int r = sd_event_run(event, UINT64_MAX);
		if (r < 0)
			return error_set(e, ERROR_INTERNAL, "the event loop failed: %s", strerror(-r));
		if (!waiting->done && sd_event_get_state(event) == SD_EVENT_FINISHED)
			return error_set(e, ERROR_UNAVAILABLE, "stopped before the visit had ended");
	}
	return 0;
}

static int run(struct waiting *waiting, const struct sweep_preparation *preparation, struct error *e)
{
	const struct pull_handlers handlers = {.on_done = on_done, .userdata = waiting};
	struct pull_visit *visit = NULL;

	if (take_lease(waiting->environment, waiting->asset, e) < 0)
		return -1;
	int r = pull_start(&visit, waiting->environment->pool, &preparation->order, &preparation->secret,
			   &handlers, e);
	if (r == 0)
		r = wait_for(waiting, e);
	if (r < 0 && visit && !waiting->done)
		pull_cancel(visit);
	/* A lease that cannot be dropped ends by itself. */
	(void)store_lease_drop(waiting->environment->store, waiting->asset, waiting->environment->owner, NULL);
	return r;
}

int enroll_visit(const struct sweep_environment *environment, const struct inventory_device *device,
		 const struct enroll_visit *options, struct visit_report *ret_report, struct error *e)
{
	CLEANUP(sweep_preparation_clear) struct sweep_preparation preparation = {0};
	CLEANUP(visit_report_clear) struct visit_report report = {0};
	struct waiting waiting = {.environment = environment, .asset = device->asset, .report = &report};
	const struct drift_baseline names = {.manifest = options->names};

	int r = sweep_prepare(&preparation, environment, device, &names, options->names ? 1 : 0, e);
	if (r > 0)
		return error_set(e, ERROR_CONFIG, "%s: %s", device->asset, preparation.detail);
	if (r < 0)
		return -1;
	preparation.order.learn_pin = options->learn_pin;
	preparation.order.list_only = options->list_only;
	if (run(&waiting, &preparation, e) < 0)
		return -1;
	*ret_report = report;
	report = (struct visit_report){0};
	return 0;
}
