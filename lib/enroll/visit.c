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
#define LEASE_LOOK_MICRO (UINT64_C(1) * 1000000)

struct waiting {
	const struct sweep_environment *environment;
	const char *lease;   /* whose is taken and renewed; NULL: none */
	const char *watched; /* whose is nobody else's to take meanwhile; NULL: none */
	bool taken;	     /* but it was */
	struct visit_report *report;
	void (*on_progress)(void *userdata, uint64_t bytes, uint32_t files);
	void *userdata;
	bool done;
};

static void on_done(void *userdata, struct visit_report *report)
{
	struct waiting *waiting = userdata;

	*waiting->report = *report;
	*report = (struct visit_report){0};
	waiting->done = true;
}

static void on_progress(void *userdata, uint64_t bytes, uint32_t files)
{
	const struct waiting *waiting = userdata;

	if (waiting->on_progress)
		waiting->on_progress(waiting->userdata, bytes, files);
}

static int refuse_visited(const char *asset, struct error *e)
{
	return error_set(e, ERROR_UNAVAILABLE, "%s is being visited by another run just now: try again in a minute",
			 asset);
}

/* A device that is not enrolled yet is nobody else's: it has no lease. */
static int take_lease(const struct sweep_environment *environment, const char *asset, struct error *e)
{
	CLEANUP(store_device_clear) struct store_device device = {0};
	int64_t now = environment->clock.now(environment->clock.userdata);
	int r = asset ? store_device_load(environment->store, asset, &device, e) : 0;

	if (r <= 0)
		return r;
	r = store_lease_take(environment->store, asset, environment->owner, now, now + LEASE_TIME, e);
	if (r == 0)
		return refuse_visited(asset, e);
	return r < 0 ? -1 : 0;
}

/* A store that is open to read gives no lease, but shows those of others. */
static int is_held(const struct sweep_environment *environment, const char *asset, struct error *e)
{
	int64_t now = environment->clock.now(environment->clock.userdata);

	return asset ? store_lease_is_held(environment->store, asset, now, e) : 0;
}

static uint64_t interval_of(const struct waiting *waiting)
{
	return waiting->watched ? LEASE_LOOK_MICRO : LEASE_RENEWAL_MICRO;
}

static int look_after_lease(sd_event_source *source, uint64_t monotonic, void *userdata)
{
	struct waiting *waiting = userdata;

	(void)monotonic;
	/* A lease that cannot be renewed shows at the next visit, which is refused; this one is
	 * under way and reads only. */
	if (waiting->lease)
		(void)take_lease(waiting->environment, waiting->lease, NULL);
	waiting->taken = is_held(waiting->environment, waiting->watched, NULL) > 0;
	(void)sd_event_source_set_time_relative(source, interval_of(waiting));
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static void cleanup_source(sd_event_source **source)
{
	sd_event_source_disable_unref(*source);
}

/* Returns 0 when the visit is done, 1 when the loop was ended before, or -1. */
static int wait_for(struct waiting *waiting, struct error *e)
{
	CLEANUP(cleanup_source) sd_event_source *renewal = NULL;
	sd_event *event = waiting->environment->event;

	if (sd_event_add_time_relative(event, &renewal, CLOCK_MONOTONIC, interval_of(waiting), 1,
				       look_after_lease, waiting) < 0)
		return error_set(e, ERROR_INTERNAL, "the event loop took no timer");
	while (!waiting->done) {
		if (waiting->taken)
			return refuse_visited(waiting->watched, e);
		int r = sd_event_run(event, UINT64_MAX);
		if (r < 0)
			return error_set(e, ERROR_INTERNAL, "the event loop failed: %s", strerror(-r));
		if (!waiting->done && sd_event_get_state(event) == SD_EVENT_FINISHED)
			return 1;
	}
	return 0;
}

static int run(struct waiting *waiting, const struct sweep_preparation *preparation, struct error *e)
{
	const struct pull_handlers handlers = {
		.on_progress = on_progress, .on_done = on_done, .userdata = waiting,
	};
	struct pull_visit *visit = NULL;

	/* A folder of this host is no device. */
	if (preparation->order.address.scheme != VISIT_FILE && sweep_refuse_stopped(waiting->environment, e) < 0)
		return -1;
	waiting->done = false;
	int r = pull_start(&visit, waiting->environment->pool, &preparation->order, &preparation->secret,
			   &handlers, e);
	if (r == 0)
		r = wait_for(waiting, e);
	if (visit && !waiting->done)
		pull_cancel(visit);
	return r;
}

static int run_leased(struct waiting *waiting, const struct sweep_preparation *preparation, struct error *e)
{
	if (take_lease(waiting->environment, waiting->lease, e) < 0)
		return -1;
	int r = run(waiting, preparation, e);
	/* A lease that cannot be dropped ends by itself. */
	(void)store_lease_drop(waiting->environment->store, waiting->lease, waiting->environment->owner, NULL);
	return r > 0 ? error_set(e, ERROR_UNAVAILABLE, "stopped before the visit had ended") : r;
}

static int prepare(struct sweep_preparation *preparation, const struct sweep_environment *environment,
		   const struct inventory_device *device, const struct enroll_visit *options, struct error *e)
{
	const struct drift_baseline names = {.manifest = options->names};
	int r = sweep_prepare(preparation, environment, device, &names, options->names ? 1 : 0, e);

	if (r > 0)
		return error_set(e, ERROR_CONFIG, "%s: %s", device->asset, preparation->detail);
	if (r < 0)
		return -1;
	preparation->order.learn_pin = options->learn_pin;
	preparation->order.list_only = options->list_only;
	if (options->only && visit_paths_add(&preparation->order.only, options->only) < 0)
		return error_memory(e);
	return 0;
}

int enroll_visit(const struct sweep_environment *environment, const struct inventory_device *device,
		 const struct enroll_visit *options, struct visit_report *ret_report, struct error *e)
{
	CLEANUP(sweep_preparation_clear) struct sweep_preparation preparation = {0};
	CLEANUP(visit_report_clear) struct visit_report report = {0};
	struct waiting waiting = {.environment = environment, .lease = device->asset, .report = &report};

	if (prepare(&preparation, environment, device, options, e) < 0 ||
	    run_leased(&waiting, &preparation, e) < 0)
		return -1;
	*ret_report = report;
	report = (struct visit_report){0};
	return 0;
}

int enroll_check(struct sweep_look *ret_look, struct drift_verdict *ret_verdict,
		 const struct sweep_environment *environment, const struct inventory_device *device,
		 const struct baselines *believed, const struct enroll_check *options, struct error *e)
{
	CLEANUP(visit_report_clear) struct visit_report report = {0};
	struct waiting waiting = {
		.environment = environment, .watched = options->lease, .report = &report,
		.on_progress = options->on_progress, .userdata = options->userdata,
	};

	int r = sweep_look_prepare(ret_look, environment, device, believed, e);
	if (r > 0)
		return sweep_look_judge(ret_look, environment, device, ret_verdict, e);
	if (r < 0)
		return -1;
	ret_look->preparation.order.learn_pin = options->learn_pin;
	do {
		r = is_held(environment, options->lease, e);
		if (r != 0)
			return r > 0 ? refuse_visited(options->lease, e) : -1;
		r = run(&waiting, &ret_look->preparation, e);
		if (r != 0)
			return r;
		drift_verdict_clear(ret_verdict);
		r = sweep_look_take(ret_look, environment, device, &report, ret_verdict, e);
	} while (r > 0);
	return r;
}
