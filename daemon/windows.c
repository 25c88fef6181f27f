#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/daemon.h"

#define RETRY_AFTER (10 * TIME_SECOND)

int daemon_windows_open(struct daemon *daemon, struct error *e)
{
	const struct config *config = &daemon->setup.config;

	daemon->windows = calloc(config->window_count ? config->window_count : 1, sizeof *daemon->windows);
	if (!daemon->windows)
		return error_memory(e);
	daemon->window_count = config->window_count;
	for (size_t i = 0; i < config->window_count; i++) {
		daemon->windows[i].daemon = daemon;
		daemon->windows[i].config = &config->windows[i];
	}
	if (config->window_count == 0)
		daemon_log(DAEMON_WARNING, "%s has no [window NAME]: no device is visited by itself",
			   daemon->setup.path);
	return 0;
}

void daemon_windows_close(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->window_count; i++)
		sweep_free(daemon->windows[i].sweep);
	free(daemon->windows);
	daemon->windows = NULL;
	daemon->window_count = 0;
}

static void on_visit(void *userdata, const struct sweep_visit *visit)
{
	const struct daemon_window *window = userdata;
	enum drift_result result = visit->verdict->result;
	bool loud = result == DRIFT_DRIFTED || result == DRIFT_WRONG_DEVICE;

	if (visit->number > 0) /* the store took it */
		daemon_mend(window->daemon);
	if (visit->will_retry || result == DRIFT_VERIFIED || result == DRIFT_SKIPPED)
		return;
	daemon_log(loud ? DAEMON_WARNING : DAEMON_NOTICE, "sweep %s: %s: %s%s%s", window->config->name,
		   visit->device->asset, drift_result_name(result),
		   visit->report->outcome == VISIT_OK ? "" : ": ",
		   visit->report->outcome == VISIT_OK ? "" : visit_outcome_text(visit->report->outcome));
}

/* What a full outbox left over is visited when there is room again, while the window is open. */
static void note_cut(struct daemon_window *window, const struct alert_counts *counts)
{
	window->cut_short = counts->stopped &&
			    strncmp(counts->why_stopped, OUTBOX_FULL, strlen(OUTBOX_FULL)) == 0;
	if (window->cut_short)
		window->done_until = 0;
}

static void on_done(void *userdata, const struct alert_counts *counts, const struct error *failed)
{
	struct daemon_window *window = userdata;

	window->ended = true;
	if (failed) {
		daemon_trouble(window->daemon, failed);
		window->retry_at = daemon_now(window->daemon) + RETRY_AFTER;
		window->done_until = 0;
		window->looked_back = false; /* the sweep stands unfinished in the store */
		return;
	}
	daemon_mend(window->daemon);
	note_cut(window, counts);
	daemon_log(DAEMON_INFO, "sweep %s ended: %llu devices, %llu verified, %llu behind, %llu drifted, %llu unreachable%s%s",
		   window->config->name, (unsigned long long)counts->devices,
		   (unsigned long long)counts->results[DRIFT_VERIFIED],
		   (unsigned long long)counts->results[DRIFT_BEHIND],
		   (unsigned long long)counts->results[DRIFT_DRIFTED],
		   (unsigned long long)counts->results[DRIFT_UNREACHABLE], counts->stopped ? "; stopped: " : "",
		   counts->why_stopped);
}

static void start(struct daemon_window *window, int64_t opened_at, int64_t closes_at)
{
	struct daemon *daemon = window->daemon;
	const struct sweep_environment environment = daemon_environment(daemon);
	const struct sweep_handlers handlers = {.on_visit = on_visit, .on_done = on_done, .userdata = window};
	const struct sweep_request request = {
		.window = window->config,
		.closes_at = closes_at,
		.since = window->cut_short && window->opened_at == opened_at ? opened_at : 0,
		.by = "pumpwatchd",
	};
	struct error e;

	window->opened_at = opened_at;
	window->done_until = closes_at;
	if (sweep_start(&window->sweep, &environment, &request, &handlers, &e) < 0) {
		daemon_trouble(daemon, &e);
		window->done_until = 0;
		window->retry_at = daemon_now(daemon) + RETRY_AFTER;
		return;
	}
	window->changed_at = daemon_now(daemon);
	daemon_log(DAEMON_INFO, "sweep %s begins", window->config->name);
	sweep_progress(window->sweep, &window->seen);
	if (window->seen.rejected > 0)
		daemon_log(DAEMON_ERROR, "%llu of the baselines in force are not believed: see \"pumpwatch alerts\"",
			   (unsigned long long)window->seen.rejected);
}

/* After a start: a sweep that did not end goes on (or ends, when its window has closed), and an
 * opening whose sweep ended already gets no second one. Returns whether the store answered. */
static bool look_back(struct daemon_window *window, int64_t now)
{
	struct daemon *daemon = window->daemon;
	CLEANUP(store_sweep_clear) struct store_sweep before = {0};
	struct error e;
	int64_t opened_at, closes_at;
	int r = store_sweep_unfinished(daemon->store, window->config->name, &before, &e);

	if (r > 0) {
		window->looked_back = true;
		if (!schedule_window_open(&window->config->when, now, &opened_at, &closes_at) ||
		    before.started_at < opened_at)
			opened_at = before.started_at;
		start(window, opened_at, before.closes_at);
		return true;
	}
	if (r == 0)
		r = store_sweep_last(daemon->store, window->config->name, &before, &e);
	if (r < 0) {
		daemon_trouble(daemon, &e);
		window->retry_at = now + RETRY_AFTER;
		return false;
	}
	window->looked_back = true;
	if (r > 0 && schedule_window_open(&window->config->when, now, &opened_at, &closes_at) &&
	    before.started_at >= opened_at) {
		window->opened_at = opened_at;
		window->done_until = closes_at;
		note_cut(window, &before.counts);
	}
	return true;
}

void daemon_windows_stop(struct daemon *daemon, const char *why)
{
	struct error e;

	daemon->stop_owed = sweep_stop_write(daemon->setup.config.state, why, &e) < 0;
	if (daemon->stop_owed)
		daemon_trouble(daemon, &e);
	for (size_t i = 0; i < daemon->window_count; i++)
		if (daemon->windows[i].sweep)
			sweep_stop(daemon->windows[i].sweep, why);
}

static bool read_stop(struct daemon *daemon)
{
	CLEANUP(cleanup_free) char *reason = NULL;
	struct error e;
	int r = sweep_stop_read(daemon->setup.config.state, &reason, &e);

	if (r < 0)
		daemon_trouble(daemon, &e);
	if (r > 0 && !daemon->stop_told)
		daemon_log(DAEMON_NOTICE, "a stop is in force: %s", reason);
	if (r == 0 && daemon->stop_told)
		daemon_log(DAEMON_NOTICE, "the stop is lifted");
	daemon->publish_due |= daemon->stop_told != (r != 0);
	daemon->stop_told = r != 0;
	return r != 0;
}

/* A stop that could not be written yet is in force all the same. */
static bool stop_in_force(struct daemon *daemon)
{
	if (!daemon->stop_owed)
		return read_stop(daemon);
	daemon_windows_stop(daemon, "stopped by SIGUSR1");
	daemon->stop_told = true;
	return true;
}

static void tick(struct daemon_window *window, int64_t now, bool stopped)
{
	int64_t opened_at, closes_at;

	if (window->ended) {
		sweep_free(window->sweep);
		window->sweep = NULL;
		window->ended = false;
		window->daemon->publish_due = true;
	}
	if (window->sweep || stopped || window->daemon->full[0] != '\0' || now < window->retry_at)
		return;
	if (!window->looked_back && !look_back(window, now))
		return;
	if (!window->sweep && now >= window->done_until &&
	    schedule_window_open(&window->config->when, now, &opened_at, &closes_at))
		start(window, opened_at, closes_at);
}

void daemon_windows_tick(struct daemon *daemon)
{
	bool stopped = stop_in_force(daemon);
	int64_t now = daemon_now(daemon);

	for (size_t i = 0; i < daemon->window_count; i++)
		tick(&daemon->windows[i], now, stopped);
}
