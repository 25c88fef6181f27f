#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "sweep/run.h"

void sweep_job_clear_visit(struct sweep_job *job)
{
	if (job->visit)
		pull_cancel(TAKE(job->visit));
	sweep_look_clear(&job->look);
}

void sweep_job_clear(struct sweep_job *job)
{
	sweep_job_clear_visit(job);
	store_device_clear(&job->device);
	free(TAKE(job->asset));
}

/* ---- the end of one job ---- */

void sweep_job_settle(struct sweep *sweep, struct sweep_job *job, enum sweep_job_state state)
{
	if (job->state == SWEEP_JOB_RUNNING)
		sweep->running--;
	job->state = state;
	sweep_job_clear_visit(job);
	if (state == SWEEP_JOB_DONE)
		sweep->progress.done++;
	sweep_kick(sweep);
}

static void tell(struct sweep *sweep, const struct sweep_job *job, const struct visit_report *report,
		 const struct drift_verdict *verdict, uint64_t number, bool will_retry)
{
	const struct sweep_visit visit = {
		.device = &job->device.device,
		.report = report,
		.verdict = verdict,
		.number = number,
		.will_retry = will_retry,
	};

	if (sweep->handlers.on_visit)
		sweep->handlers.on_visit(sweep->handlers.userdata, &visit);
}

void sweep_job_skip(struct sweep *sweep, struct sweep_job *job)
{
	const struct drift_verdict verdict = {.result = DRIFT_SKIPPED};
	struct error e;

	if (store_job_done(sweep->environment.store, sweep->record.number, job->asset, DRIFT_SKIPPED, &e) < 0) {
		sweep_fail(sweep, &e);
		return;
	}
	sweep->progress.results[DRIFT_SKIPPED]++;
	tell(sweep, job, NULL, &verdict, 0, false);
	sweep_job_settle(sweep, job, SWEEP_JOB_DONE);
}

/* Whether another try in this sweep may help. Never after a refused login or a changed
 * identity: devices lock out. */
static bool is_transient(enum visit_outcome outcome)
{
	switch (outcome) {
	case VISIT_CONNECTION_REFUSED:
	case VISIT_TIMED_OUT:
	case VISIT_HOST_UNREACHABLE:
	case VISIT_BUSY:
	case VISIT_PROTOCOL_ERROR:
	case VISIT_TRUNCATED:
	case VISIT_CONNECTION_LOST:
	case VISIT_PULLER_FAILED:
		return true;
	default:
		return false;
	}
}

/* Put the job off; returns whether it was. */
static bool put_off(struct sweep *sweep, struct sweep_job *job, const struct visit_report *report)
{
	const struct config *config = sweep->environment.config;
	struct drift_verdict verdict = {.result = DRIFT_PARTIAL};
	struct error e;

	if (!is_transient(report->outcome) || job->attempts + 1 >= sweep->attempts)
		return false;
	int64_t at = sweep_now(&sweep->environment) +
		     schedule_back_off(config->retry_base, config->retry_most, job->attempts + 1, job->asset);
	if (at >= sweep->record.closes_at)
		return false;
	if (store_job_retry(sweep->environment.store, sweep->record.number, job->asset, job->attempts + 1, at,
			    &e) < 0 ||
	    store_lease_drop(sweep->environment.store, job->asset, sweep->environment.owner, &e) < 0) {
		sweep_fail(sweep, &e);
		return true;
	}
	job->attempts++;
	job->not_before = at;
	tell(sweep, job, report, &verdict, 0, true);
	sweep_job_settle(sweep, job, SWEEP_JOB_WAITING);
	return true;
}

/* Several devices lost after contact, one after the other, may be our doing. */
static void watch_breaker(struct sweep *sweep, const struct visit_report *report)
{
	bool lost = report->outcome == VISIT_CONNECTION_LOST ||
		    (report->outcome == VISIT_TIMED_OUT && report->bytes > 0);

	if (visit_outcome_contact(report->outcome) == VISIT_CONTACT_NOT_TRIED)
		return;
	sweep->lost_in_a_row = lost ? sweep->lost_in_a_row + 1 : 0;
	if (sweep->environment.config->breaker > 0 &&
	    sweep->lost_in_a_row >= sweep->environment.config->breaker)
		sweep_begin_end(sweep, "several devices in a row were lost after contact");
}

static void conclude(struct sweep *sweep, struct sweep_job *job, const struct visit_report *report,
		     const struct drift_verdict *verdict)
{
	const struct sweep_outcome outcome = {
		.sweep = sweep->record.number,
		.device = &job->device,
		.report = report,
		.verdict = verdict,
		.lists = visit_scheme_lists(job->look.preparation.order.address.scheme),
		.baselines = job->look.baselines,
		.baseline_count = job->look.baseline_count,
	};
	uint64_t number = 0;
	struct error e;

	watch_breaker(sweep, report);
	if (put_off(sweep, job, report))
		return;
	if (sweep_record(&sweep->environment, &outcome, &number, &e) < 0) {
		sweep_fail(sweep, &e);
		return;
	}
	sweep->progress.results[verdict->result]++;
	sweep->progress.files += report->observation_count;
	tell(sweep, job, report, verdict, number, false);
	sweep_job_settle(sweep, job, SWEEP_JOB_DONE);
}

/* ---- the visits of one job ---- */

static void on_done(void *userdata, struct visit_report *report);

static void count_bytes(struct sweep_job *job, uint64_t bytes)
{
	if (bytes <= job->counted)
		return;
	job->sweep->progress.bytes += bytes - job->counted;
	job->counted = bytes;
}

static void on_progress(void *userdata, uint64_t bytes, uint32_t files)
{
	(void)files; /* counted when the visit ends */
	count_bytes(userdata, bytes);
}

static int start_visit(struct sweep *sweep, struct sweep_job *job, struct error *e)
{
	const struct pull_handlers handlers = {
		.on_progress = on_progress, .on_done = on_done, .userdata = job,
	};

	job->counted = 0;
	return pull_start(&job->visit, sweep->environment.pool, &job->look.preparation.order,
			  &job->look.preparation.secret, &handlers, e);
}

static void on_done(void *userdata, struct visit_report *report)
{
	struct sweep_job *job = userdata;
	struct sweep *sweep = job->sweep;
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = {0};
	struct error e;

	job->visit = NULL;
	count_bytes(job, report->bytes);
	int r = sweep_look_take(&job->look, &sweep->environment, &job->device.device, report, &verdict, &e);
	if (r > 0)
		r = start_visit(sweep, job, &e) < 0 ? -1 : 1;
	if (r < 0)
		sweep_fail(sweep, &e);
	else if (r == 0)
		conclude(sweep, job, &job->look.report, &verdict);
}

/* A visit that could not be tried is a result like any other. */
static void conclude_untried(struct sweep *sweep, struct sweep_job *job)
{
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = {0};
	struct error e;

	if (sweep_look_judge(&job->look, &sweep->environment, &job->device.device, &verdict, &e) < 0)
		sweep_fail(sweep, &e);
	else
		conclude(sweep, job, &job->look.report, &verdict);
}

void sweep_job_start(struct sweep *sweep, struct sweep_job *job)
{
	struct error e;
	int r = sweep_look_prepare(&job->look, &sweep->environment, &job->device.device, &sweep->baselines, &e);

	if (r > 0)
		conclude_untried(sweep, job);
	else if (r < 0 || start_visit(sweep, job, &e) < 0)
		sweep_fail(sweep, &e);
}
