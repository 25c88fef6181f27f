#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "outbox/outbox.h"
#include "sweep/run.h"

/* A lease outlives a crash by so long at most; it is renewed while the visit runs. */
#define LEASE_TIME (3 * TIME_MINUTE)
#define LEASE_RENEWAL TIME_MINUTE
#define TICK TIME_SECOND
/* Within a window the first tries are spread over an eighth of it, ten minutes at most. */
#define SPREAD_MOST (10 * TIME_MINUTE)

CLEANUP_DEFINE(struct sweep, sweep_free);

void sweep_kick(struct sweep *sweep)
{
	/* Enabling a source that exists cannot fail. */
	(void)sd_event_source_set_enabled(sweep->kick, SD_EVENT_ONESHOT);
}

/* The store, or memory, failed: nothing more can be trusted to be remembered. */
void sweep_fail(struct sweep *sweep, const struct error *e)
{
	if (sweep->failed.code == ERROR_NONE)
		sweep->failed = *e;
	sweep_begin_end(sweep, "the store could not be written");
}

/* ---- choosing what to start ---- */

/* Load the device as it is now; returns whether it is to be visited. */
static bool is_wanted(struct sweep *sweep, struct sweep_job *job)
{
	struct error e;
	int r;

	store_device_clear(&job->device);
	r = store_device_load(sweep->environment.store, job->asset, &job->device, &e);
	if (r < 0) {
		sweep_fail(sweep, &e);
		return false;
	}
	if (r == 0 || job->device.device.state != INVENTORY_ACTIVE ||
	    (!sweep->ignore_back_off && job->attempts == 0 &&
	     job->device.standing.not_before > sweep_now(&sweep->environment))) {
		sweep_job_skip(sweep, job);
		return false;
	}
	return true;
}

static bool subnet_is_full(const struct sweep *sweep, const struct sweep_job *job)
{
	unsigned most = sweep->environment.config->subnet_visits;
	unsigned running = 0;

	if (most == 0 || job->subnet[0] == '\0')
		return false;
	for (size_t i = 0; i < sweep->job_count; i++)
		running += sweep->jobs[i].state == SWEEP_JOB_RUNNING &&
			   strcmp(sweep->jobs[i].subnet, job->subnet) == 0;
	return running >= most;
}

/* Take leases for as many jobs as can run, in one transaction; they are RUNNING then. */
static int take_leases(struct sweep *sweep, struct error *e)
{
	struct store *store = sweep->environment.store;
	unsigned capacity = pull_pool_capacity(sweep->environment.pool);
	int64_t now = sweep_now(&sweep->environment);

	for (size_t i = 0; i < sweep->job_count && sweep->running < capacity && !sweep->stopping; i++) {
		struct sweep_job *job = &sweep->jobs[i];
		if (job->state != SWEEP_JOB_WAITING || job->not_before > now)
			continue;
		if (!is_wanted(sweep, job))
			continue;
		sweep_job_note_subnet(job);
		if (subnet_is_full(sweep, job))
			continue;
		int r = store_lease_take(store, job->asset, sweep->environment.owner, now, now + LEASE_TIME, e);
		if (r < 0)
			return -1;
		if (r == 0) {
			job->not_before = now + LEASE_RENEWAL; /* another sweeper is there now */
			continue;
		}
		job->state = SWEEP_JOB_RUNNING;
		job->fresh = true;
		sweep->running++;
	}
	return 0;
}

static void start_jobs(struct sweep *sweep)
{
	struct error e;

	if (store_begin(sweep->environment.store, &e) < 0) {
		sweep_fail(sweep, &e);
		return;
	}
	if (take_leases(sweep, &e) < 0 || store_commit(sweep->environment.store, &e) < 0) {
		store_rollback(sweep->environment.store);
		sweep_fail(sweep, &e);
		return;
	}
	for (size_t i = 0; i < sweep->job_count; i++) {
		struct sweep_job *job = &sweep->jobs[i];
		if (!job->fresh)
			continue;
		job->fresh = false;
		if (!sweep->stopping)
			sweep_job_start(sweep, job);
	}
}

/* A lease that another sweeper could take while we were held up ends our visit. */
static void renew_leases(struct sweep *sweep, int64_t now)
{
	struct error e;

	sweep->renew_at = now + LEASE_RENEWAL;
	for (size_t i = 0; i < sweep->job_count && !sweep->stopping; i++) {
		struct sweep_job *job = &sweep->jobs[i];
		if (job->state != SWEEP_JOB_RUNNING)
			continue;
		int r = store_lease_take(sweep->environment.store, job->asset, sweep->environment.owner, now,
					 now + LEASE_TIME, &e);
		if (r < 0)
			sweep_fail(sweep, &e);
		else if (r == 0)
			sweep_job_settle(sweep, job, SWEEP_JOB_WAITING);
	}
}

/* ---- the end of the sweep ---- */

/* Stop all visits; the end itself comes from the loop. */
void sweep_begin_end(struct sweep *sweep, const char *why)
{
	if (sweep->stopping)
		return;
	sweep->stopping = true;
	text_copy(sweep->why, sizeof sweep->why, why);
	sweep_kick(sweep);
}

static void cancel_running(struct sweep *sweep)
{
	for (size_t i = 0; i < sweep->job_count; i++) {
		struct sweep_job *job = &sweep->jobs[i];
		if (job->state != SWEEP_JOB_RUNNING)
			continue;
		/* A lease that cannot be dropped now ends by itself. */
		(void)store_lease_drop(sweep->environment.store, job->asset, sweep->environment.owner, NULL);
		sweep_job_settle(sweep, job, SWEEP_JOB_WAITING);
	}
}

static void finish(struct sweep *sweep)
{
	struct alert_counts counts = {0};
	struct error e;

	sweep->finished = true;
	(void)sd_event_source_set_enabled(sweep->tick, SD_EVENT_OFF); /* it exists */
	if (sweep->failed.code == ERROR_NONE &&
	    sweep_record_end(&sweep->environment, sweep->record.number, sweep->stopping,
			     sweep->stopping ? sweep->why : NULL, &counts, &e) < 0)
		sweep->failed = e;
	sweep->handlers.on_done(sweep->handlers.userdata, &counts,
				sweep->failed.code == ERROR_NONE ? NULL : &sweep->failed);
}

static bool has_work(const struct sweep *sweep)
{
	for (size_t i = 0; i < sweep->job_count; i++)
		if (sweep->jobs[i].state != SWEEP_JOB_DONE)
			return true;
	return false;
}

static void heed_stop(struct sweep *sweep)
{
	CLEANUP(cleanup_free) char *reason = NULL;
	struct error words;
	struct error e;
	int r = sweep_stop_read(sweep->environment.config->state, &reason, &e);

	/* When it cannot be told whether a stop is in force, the devices come first. */
	if (r == 0)
		return;
	(void)error_set(&words, ERROR_UNAVAILABLE, "stop in force: %s", r > 0 ? reason : e.text); /* for its words */
	sweep_begin_end(sweep, words.text);
}

/* Once a tick: the store is asked, and the disk. */
static void heed_outbox(struct sweep *sweep, int64_t now)
{
	struct error why;

	if (now < sweep->full_at && sweep->full_at - now <= TICK)
		return;
	sweep->full_at = now + TICK;
	int r = outbox_is_full(sweep->environment.store, sweep->environment.config, &why);
	if (r < 0)
		sweep_fail(sweep, &why);
	else if (r > 0)
		sweep_begin_end(sweep, why.text);
}

static void go_on(struct sweep *sweep)
{
	int64_t now = sweep_now(&sweep->environment);

	if (sweep->finished)
		return;
	if (!sweep->stopping)
		heed_stop(sweep);
	if (!sweep->stopping && has_work(sweep))
		heed_outbox(sweep, now);
	if (now >= sweep->record.closes_at)
		sweep_begin_end(sweep, "the window closed");
	if (!sweep->stopping && now >= sweep->renew_at)
		renew_leases(sweep, now);
	if (!sweep->stopping)
		start_jobs(sweep);
	if (sweep->stopping)
		cancel_running(sweep);
	if (sweep->handlers.on_progress)
		sweep->handlers.on_progress(sweep->handlers.userdata);
	if (sweep->stopping || !has_work(sweep))
		finish(sweep);
}

static int on_kick(sd_event_source *source, void *userdata)
{
	(void)source;
	go_on(userdata);
	return 0;
}

static int on_tick(sd_event_source *source, uint64_t monotonic, void *userdata)
{
	struct sweep *sweep = userdata;

	(void)monotonic;
	/* Both act on a source that exists. */
	(void)sd_event_source_set_time_relative(source, TICK);
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	go_on(sweep);
	return 0;
}

/* ---- the beginning ---- */

static int add_sources(struct sweep *sweep, struct error *e)
{
	sd_event *event = sweep->environment.event;
	int r = sd_event_add_defer(event, &sweep->kick, on_kick, sweep);

	if (r >= 0)
		r = sd_event_add_time_relative(event, &sweep->tick, CLOCK_MONOTONIC, TICK, 1, on_tick, sweep);
	if (r < 0)
		return error_set(e, ERROR_INTERNAL, "the event loop took no timer: %s", strerror(-r));
	return 0;
}

static int load_jobs(struct sweep *sweep, const struct config_window *window, int64_t opened_at,
		     struct error *e)
{
	CLEANUP(store_jobs_clear) struct store_jobs jobs = {0};
	int64_t width = (sweep->record.closes_at - opened_at) / 8;

	if (store_jobs_list(sweep->environment.store, sweep->record.number, &jobs, e) < 0)
		return -1;
	sweep->jobs = calloc(jobs.count ? jobs.count : 1, sizeof *sweep->jobs);
	if (!sweep->jobs)
		return error_memory(e);
	for (size_t i = 0; i < jobs.count; i++) {
		struct sweep_job *job = &sweep->jobs[sweep->job_count++];
		job->sweep = sweep;
		job->asset = TAKE(jobs.items[i].asset);
		job->attempts = jobs.items[i].attempts;
		job->not_before = jobs.items[i].not_before;
		if (window && job->attempts == 0)
			job->not_before = opened_at +
				schedule_jitter(job->asset, opened_at, width < SPREAD_MOST ? width : SPREAD_MOST);
	}
	sweep->progress.number = sweep->record.number;
	sweep->progress.total = sweep->job_count;
	return 0;
}

static int begin_record(struct sweep *sweep, const struct sweep_request *request,
			const struct store_devices *devices, struct error *e)
{
	const char **assets = NULL;
	size_t count = 0;

	if (sweep_choose(&assets, &count, devices, request, e) < 0)
		return -1;
	sweep->record = (struct store_sweep){
		.started_at = sweep_now(&sweep->environment),
		.closes_at = request->closes_at,
	};
	sweep->record.window = request->window ? strdup(request->window->name) : NULL;
	sweep->record.by = request->by ? strdup(request->by) : NULL;
	int r = store_sweep_begin(sweep->environment.store, &sweep->record, assets, count, e);
	free(assets);
	return r;
}

/* An unfinished sweep of this window is taken up again; else a new one begins. */
static int open_record(struct sweep *sweep, const struct sweep_request *request, struct error *e)
{
	CLEANUP(store_devices_clear) struct store_devices devices = {0};
	struct store *store = sweep->environment.store;
	int r = request->window ? store_sweep_unfinished(store, request->window->name, &sweep->record, e) : 0;

	if (r != 0)
		return r < 0 ? -1 : 0;
	if (store_devices_list(store, &(struct store_device_filter){0}, &devices, e) < 0)
		return -1;
	return begin_record(sweep, request, &devices, e);
}

int sweep_refuse_stopped(const struct sweep_environment *environment, struct error *e)
{
	CLEANUP(cleanup_free) char *reason = NULL;
	int r = sweep_stop_read(environment->config->state, &reason, e);

	if (r > 0)
		return error_set(e, ERROR_UNAVAILABLE,
				 "a stop is in force (%s): nothing is visited until \"pumpwatch resume\"", reason);
	return r;
}

static int refuse_while_full(const struct sweep_environment *environment, struct error *e)
{
	return outbox_is_full(environment->store, environment->config, e) == 0 ? 0 : -1;
}

static bool is_gone(const char *owner, const void *ours)
{
	return sweep_owner_is_gone(owner, ours);
}

int sweep_start(struct sweep **ret_sweep, const struct sweep_environment *environment,
		const struct sweep_request *request, const struct sweep_handlers *handlers, struct error *e)
{
	if (sweep_refuse_stopped(environment, e) < 0 || refuse_while_full(environment, e) < 0 ||
	    store_lease_drop_gone(environment->store, is_gone, environment->owner, e) < 0)
		return -1;
	CLEANUP(cleanup_sweep_free) struct sweep *sweep = calloc(1, sizeof *sweep);
	if (!sweep)
		return error_memory(e);
	sweep->environment = *environment;
	sweep->handlers = *handlers;
	sweep->ignore_back_off = request->ignore_back_off;
	sweep->attempts = request->window ? environment->config->attempts : 1;
	sweep->renew_at = sweep_now(environment) + LEASE_RENEWAL;
	int rejected = sweep_check_baselines(&sweep->baselines, environment, e);
	if (rejected < 0 || open_record(sweep, request, e) < 0 ||
	    load_jobs(sweep, request->window, sweep->record.started_at, e) < 0 || add_sources(sweep, e) < 0)
		return -1;
	sweep->progress.rejected = (uint64_t)rejected;
	*ret_sweep = TAKE(sweep);
	return 0;
}

void sweep_stop(struct sweep *sweep, const char *why)
{
	sweep_begin_end(sweep, why);
}

void sweep_progress(const struct sweep *sweep, struct sweep_progress *ret_progress)
{
	*ret_progress = sweep->progress;
	ret_progress->running = sweep->running;
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	if (!sweep->finished && sweep->kick)
		cancel_running(sweep);
	for (size_t i = 0; i < sweep->job_count; i++)
		sweep_job_clear(&sweep->jobs[i]);
	free(sweep->jobs);
	sd_event_source_disable_unref(sweep->kick);
	sd_event_source_disable_unref(sweep->tick);
	baselines_clear(&sweep->baselines);
	store_sweep_clear(&sweep->record);
	free(sweep);
}
