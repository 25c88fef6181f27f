#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#include "pull/internal.h"

enum {
	PULLERS_MAX = 64,
	VISITS_MAX = 256,
	HOPELESS = 3, /* failures in a row of every puller: what waits is told */
	END_MS = 2000,
};
#define PATIENCE (30 * TIME_SECOND)

CLEANUP_DEFINE(struct pull_pool, pull_pool_free);
CLEANUP_DEFINE(struct pull_visit, pull_visit_free);

/* ---- visits ---- */

void pull_visit_free(struct pull_visit *visit)
{
	if (!visit)
		return;
	pull_packets_clear(&visit->packets);
	visit_report_clear(&visit->report);
	free(visit->root);
	free(visit);
}

static int64_t now(const struct pull_pool *pool)
{
	return pool->options.clock.now(pool->options.clock.userdata);
}

int64_t pull_pool_monotonic(const struct pull_pool *pool)
{
	uint64_t at = 0;

	(void)sd_event_now(pool->event, CLOCK_MONOTONIC, &at); /* cannot fail for this clock */
	return (int64_t)at;
}

void pull_pool_finish(struct pull_pool *pool, struct pull_visit *visit)
{
	visit->state = PULL_DONE;
	visit->report.ended_at = now(pool);
	if (visit->report.started_at == 0)
		visit->report.started_at = visit->report.ended_at;
	TAILQ_INSERT_TAIL(&pool->done, visit, entry);
	(void)sd_event_source_set_enabled(pool->deliver, SD_EVENT_ON); /* cannot fail for these */
}

void pull_pool_finish_failed(struct pull_pool *pool, struct pull_visit *visit, const char *why)
{
	int64_t started_at = visit->report.started_at;

	visit_report_clear(&visit->report);
	visit->report.outcome = VISIT_PULLER_FAILED;
	visit->report.started_at = started_at;
	(void)snprintf(visit->report.detail, sizeof visit->report.detail, "%s", why);
	pull_pool_finish(pool, visit);
}

/* Tell of one visit and leave at once: the callback may free the pool. */
static int on_deliver(sd_event_source *source, void *userdata)
{
	struct pull_pool *pool = userdata;
	struct pull_visit *visit = TAILQ_FIRST(&pool->done);

	if (!visit) {
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
		return 0;
	}
	struct pull_handlers handlers = visit->handlers;
	struct visit_report report = visit->report;
	visit->report = (struct visit_report){0};
	TAILQ_REMOVE(&pool->done, visit, entry);
	pull_visit_free(visit);
	handlers.on_done(handlers.userdata, &report);
	return 0;
}

/* ---- handing out ---- */

void pull_pool_wake(struct pull_pool *pool)
{
	(void)sd_event_source_set_enabled(pool->dispatch, SD_EVENT_ONESHOT);
}

/* The puller with the most free threads, or NULL. */
static struct pull_process *find_free(const struct pull_pool *pool)
{
	struct pull_process *process;
	struct pull_process *best = NULL;

	for (process = TAILQ_FIRST(&pool->network); process; process = TAILQ_NEXT(process, entry))
		if (process->state == PULL_PROCESS_READY &&
		    process->visit_count < (best ? best->visit_count : pool->options.visits))
			best = process;
	return best;
}

static bool is_hopeless(const struct pull_pool *pool)
{
	const struct pull_process *process;

	for (process = TAILQ_FIRST(&pool->network); process; process = TAILQ_NEXT(process, entry))
		if (process->state == PULL_PROCESS_READY || process->failures < HOPELESS)
			return false;
	return true;
}

/* Take the first visit out of a queue. */
static struct pull_visit *unqueue(struct pull_visits *queue)
{
	struct pull_visit *visit = TAILQ_FIRST(queue);

	TAILQ_REMOVE(queue, visit, entry);
	visit->report.started_at = now(visit->pool);
	return visit;
}

static void dispatch_network(struct pull_pool *pool)
{
	struct pull_process *process;

	while (!TAILQ_EMPTY(&pool->queued_network) && (process = find_free(pool)))
		pull_process_give(process, unqueue(&pool->queued_network));
	while (!TAILQ_EMPTY(&pool->queued_network) && is_hopeless(pool))
		pull_pool_finish_failed(pool, unqueue(&pool->queued_network),
					"no puller can be kept running");
}

static void start_file_visit(struct pull_pool *pool, struct pull_visit *visit)
{
	struct pull_process *process = pull_process_new(pool, visit->root);
	struct error e;

	if (!process) {
		pull_pool_finish_failed(pool, visit, "out of memory");
		return;
	}
	if (pull_process_start(process, &e) < 0) {
		pull_process_free(process);
		pull_pool_finish_failed(pool, visit, "the puller could not be started");
		return;
	}
	TAILQ_INSERT_TAIL(&pool->file, process, entry);
	pool->file_count++;
	pull_process_give(process, visit);
}

static int on_dispatch(sd_event_source *source, void *userdata)
{
	struct pull_pool *pool = userdata;

	(void)source;
	dispatch_network(pool);
	while (!TAILQ_EMPTY(&pool->queued_file) && pool->file_count < pool->options.pullers)
		start_file_visit(pool, unqueue(&pool->queued_file));
	return 0;
}

/* The most files of which a visit can tell. */
static size_t most_observations(const struct visit_order *order)
{
	size_t most = order->limits.entries;

	if (order->only.count > 0)
		most = order->only.count;
	else if (!visit_scheme_lists(order->address.scheme))
		most = order->names.count;
	return most < WIRE_OBSERVATIONS_MAX ? most : WIRE_OBSERVATIONS_MAX;
}

static int say_bad_order(struct error *e, const struct visit_order *order, int r)
{
	const char *asset = order->asset ? order->asset : "a device";

	if (r == -ENOMEM)
		return error_memory(e);
	if (r == -EMSGSIZE)
		return error_set(e, ERROR_DATA, "%s: the credential or the list of files is too long",
				 asset);
	return error_set(e, ERROR_DATA,
			 "%s: the order makes no sense (an address, path, limit or identity is not "
			 "what it must be)",
			 asset);
}

int pull_start(struct pull_visit **ret_visit, struct pull_pool *pool,
	       const struct visit_order *order, const struct visit_secret *secret,
	       const struct pull_handlers *handlers, struct error *e)
{
	CLEANUP(cleanup_pull_visit_free) struct pull_visit *visit = calloc(1, sizeof *visit);

	if (!visit)
		return error_memory(e);
	STAILQ_INIT(&visit->packets);
	visit->pool = pool;
	visit->number = pool->last_number + 1;
	visit->handlers = *handlers;
	visit->most_observations = most_observations(order);
	visit->time_limit = order->limits.total_seconds * TIME_SECOND;
	int r = pull_packets_add_visit(&visit->packets, visit->number, order, secret);
	if (r < 0)
		return say_bad_order(e, order, r);
	if (order->address.scheme == VISIT_FILE) {
		visit->root = strdup(order->address.root);
		if (!visit->root)
			return error_memory(e);
	}
	pool->last_number++;
	TAILQ_INSERT_TAIL(visit->root ? &pool->queued_file : &pool->queued_network, visit, entry);
	pull_pool_wake(pool);
	*ret_visit = TAKE(visit);
	return 0;
}

void pull_cancel(struct pull_visit *visit)
{
	struct pull_pool *pool = visit->pool;

	switch (visit->state) {
	case PULL_QUEUED:
		TAILQ_REMOVE(visit->root ? &pool->queued_file : &pool->queued_network, visit, entry);
		pull_visit_free(visit);
		break;
	case PULL_DONE:
		TAILQ_REMOVE(&pool->done, visit, entry);
		pull_visit_free(visit);
		break;
	case PULL_RUNNING:
		pull_process_cancel(visit->process, visit);
		break;
	case PULL_CANCELLED: /* its handle was good for one call */
		break;
	}
}

/* ---- the pool ---- */

static unsigned count_cores(void)
{
	cpu_set_t set;

	/* It fails with more than a thousand cores: then a few pullers will do. */
	return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 4;
}

static int copy_options(struct pull_options *copy, const struct pull_options *options)
{
	*copy = *options;
	copy->program = strdup(options->program);
	copy->ca_file = options->ca_file ? strdup(options->ca_file) : NULL;
	if (copy->pullers == 0)
		copy->pullers = count_cores();
	if (copy->pullers > PULLERS_MAX)
		copy->pullers = PULLERS_MAX;
	if (copy->visits == 0)
		copy->visits = 1;
	if (copy->visits > VISITS_MAX)
		copy->visits = VISITS_MAX;
	if (copy->patience <= 0)
		copy->patience = PATIENCE;
	return copy->program && (!options->ca_file || copy->ca_file) ? 0 : -ENOMEM;
}

static int add_sources(struct pull_pool *pool)
{
	int r = sd_event_add_defer(pool->event, &pool->dispatch, on_dispatch, pool);

	if (r >= 0)
		r = sd_event_add_defer(pool->event, &pool->deliver, on_deliver, pool);
	return r;
}

static int start_processes(struct pull_pool *pool, struct error *e)
{
	struct pull_process *process;

	for (unsigned i = 0; i < pool->options.pullers; i++) {
		process = pull_process_new(pool, NULL);
		if (!process)
			return error_memory(e);
		TAILQ_INSERT_TAIL(&pool->network, process, entry);
		if (pull_process_start(process, e) < 0)
			return -1;
	}
	for (process = TAILQ_FIRST(&pool->network); process; process = TAILQ_NEXT(process, entry))
		if (pull_process_wait_ready(process, e) < 0)
			return -1;
	return 0;
}

int pull_pool_new(struct pull_pool **ret_pool, struct sd_event *event,
		  const struct pull_options *options, struct error *e)
{
	CLEANUP(cleanup_pull_pool_free) struct pull_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return error_memory(e);
	pool->event = sd_event_ref(event);
	TAILQ_INIT(&pool->network);
	TAILQ_INIT(&pool->file);
	TAILQ_INIT(&pool->queued_network);
	TAILQ_INIT(&pool->queued_file);
	TAILQ_INIT(&pool->done);
	if (copy_options(&pool->options, options) < 0 || add_sources(pool) < 0)
		return error_memory(e);
	if (start_processes(pool, e) < 0)
		return -1;
	*ret_pool = TAKE(pool);
	return 0;
}

static void free_visits(struct pull_visits *visits)
{
	struct pull_visit *visit;

	while ((visit = TAILQ_FIRST(visits))) {
		TAILQ_REMOVE(visits, visit, entry);
		pull_visit_free(visit);
	}
}

void pull_pool_free(struct pull_pool *pool)
{
	struct pull_process *process;

	if (!pool)
		return;
	for (process = TAILQ_FIRST(&pool->network); process; process = TAILQ_NEXT(process, entry))
		free_visits(&process->visits);
	for (process = TAILQ_FIRST(&pool->file); process; process = TAILQ_NEXT(process, entry))
		free_visits(&process->visits);
	free_visits(&pool->queued_network);
	free_visits(&pool->queued_file);
	free_visits(&pool->done);
	TAILQ_CONCAT(&pool->network, &pool->file, entry);
	pull_processes_end(&pool->network, END_MS);
	sd_event_source_disable_unref(pool->dispatch);
	sd_event_source_disable_unref(pool->deliver);
	sd_event_unref(pool->event);
	free((char *)(uintptr_t)pool->options.program); /* our own copies */
	free((char *)(uintptr_t)pool->options.ca_file);
	free(pool);
}

unsigned pull_pool_capacity(const struct pull_pool *pool)
{
	return pool->options.pullers * pool->options.visits;
}

const char *pull_pool_sandbox(const struct pull_pool *pool)
{
	return pool->sandbox;
}
