#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "outbox/outbox.h"
#include "sweep/sweep.h"
#include "overview/internal.h"

enum { DAYS_BACK = 15 }; /* in which a window without a weekday opens at least once */
#define GRACE TIME_HOUR /* for a sweep to begin, or to end when its window has closed */

int overview_copy(char **ret_copy, const char *string, struct error *e)
{
	if (!string) {
		*ret_copy = NULL;
		return 0;
	}
	*ret_copy = strdup(string);
	return *ret_copy ? 0 : error_memory(e);
}

/* ---- the set-up ---- */

static int load_setup(struct overview *overview, struct error *e)
{
	struct report_fleet *fleet = overview->fleet;
	const struct setup *setup = overview->setup;

	fleet->version = PACKAGE_VERSION;
	fleet->made_at = setup->clock.now(setup->clock.userdata);
	fleet->approvals = setup->config.approvals;
	fleet->overdue_after = setup->config.overdue_after;
	if (overview_copy(&fleet->site, setup->config.site, e) < 0 || overview_copy(&fleet->host, setup->host, e) < 0)
		return -1;
	return sweep_stop_read(setup->config.state, &fleet->stop, e) < 0 ? -1 : 0;
}

/* ---- devices ---- */

static void fill_device(struct report_device *ret, struct store_device *from, const struct report_fleet *fleet)
{
	const struct store_standing *standing = &from->standing;
	int64_t since = standing->verified_at ? standing->verified_at : from->device.enrolled_at;

	*ret = (struct report_device){
		.has_result = standing->has_result, .result = standing->result, .outcome = standing->outcome,
		.grade = standing->grade, .visited_at = standing->visited_at, .verified_at = standing->verified_at,
		.failures = standing->failures,
	};
	ret->overdue = from->device.state == INVENTORY_ACTIVE && fleet->overdue_after > 0 &&
		       since <= fleet->made_at - fleet->overdue_after;
	ret->device = from->device;
	from->device = (struct inventory_device){0};
}

/* The last: what the store lists moves out of there. */
static int take_devices(struct overview *overview, struct error *e)
{
	struct report_fleet *fleet = overview->fleet;

	fleet->devices = calloc(overview->devices.count + 1, sizeof *fleet->devices);
	if (!fleet->devices)
		return error_memory(e);
	for (size_t i = 0; i < overview->devices.count; i++) {
		struct store_device *one = &overview->devices.items[i];
		if (one->device.state == INVENTORY_RETIRED)
			continue;
		if (one->device.state == INVENTORY_ACTIVE)
			fleet->ages[report_age_of(one->standing.verified_at, fleet->made_at)]++;
		fill_device(&fleet->devices[fleet->device_count++], one, fleet);
	}
	return 0;
}

static int count_devices(struct overview *overview, struct error *e)
{
	struct report_fleet *fleet = overview->fleet;
	struct store_summary summary;

	if (store_summarise(overview->store, fleet->made_at, fleet->overdue_after, &summary, e) < 0 ||
	    store_devices_list(overview->store, NULL, &overview->devices, e) < 0)
		return -1;
	memcpy(fleet->states, summary.states, sizeof fleet->states);
	memcpy(fleet->results, summary.results, sizeof fleet->results);
	fleet->never_visited = summary.never_visited;
	fleet->overdue = summary.overdue;
	return 0;
}

/* ---- alerts ---- */

static void count_alerts(struct report_fleet *fleet)
{
	for (size_t i = 0; i < fleet->alert_count; i++) {
		const struct alert *alert = &fleet->alerts[i];
		if (alert->under != 0)
			continue;
		if (alert->state == ALERT_STATE_ACKNOWLEDGED) {
			fleet->acknowledged_alerts++;
			continue;
		}
		fleet->open_alerts++;
		fleet->severities[alert_type_severity(alert->type)]++;
	}
}

static int load_alerts(struct overview *overview, struct error *e)
{
	struct report_fleet *fleet = overview->fleet;
	struct store_alerts alerts = {0};

	if (store_alerts_list(overview->store, NULL, false, &alerts, e) < 0)
		return -1;
	fleet->alerts = alerts.items;
	fleet->alert_count = alerts.count;
	alert_count_members(fleet->alerts, fleet->alert_count);
	count_alerts(fleet);
	return 0;
}

/* ---- sweeps ---- */

static int load_last(struct overview *overview, struct error *e)
{
	CLEANUP(store_sweep_clear) struct store_sweep last = {0};
	struct report_fleet *fleet = overview->fleet;
	int r = store_sweep_last(overview->store, NULL, &last, e);

	if (r <= 0)
		return r;
	fleet->has_last = true;
	fleet->last_number = last.number;
	fleet->last = last.counts;
	fleet->last_window = TAKE(last.window);
	return 0;
}

/* One by hand that was killed stays without an end for ever: after a day, or when a later one
 * has ended, it does not run. */
static bool runs(const struct store_sweep *sweep, const struct report_fleet *fleet)
{
	if (sweep->window)
		return fleet->made_at <= sweep->closes_at + GRACE;
	return sweep->number > fleet->last_number && fleet->made_at < sweep->started_at + TIME_DAY;
}

static int look_unfinished(struct overview *overview, const char *window, struct error *e)
{
	CLEANUP(store_sweep_clear) struct store_sweep sweep = {0};
	struct report_fleet *fleet = overview->fleet;
	int r = store_sweep_unfinished(overview->store, window, &sweep, e);

	if (r <= 0)
		return r;
	if (runs(&sweep, fleet)) {
		if (sweep.started_at > fleet->running_since)
			fleet->running_since = sweep.started_at;
	} else if (sweep.number > fleet->last_number && sweep.started_at > fleet->broken_since) {
		fleet->broken_since = sweep.started_at;
	}
	return 0;
}

/* The last opening that lies at least the grace behind; 0: there is none. */
static int64_t last_opening(const struct schedule_window *window, int64_t now)
{
	int64_t opened_at = 0, closes_at;

	if (window->type == SCHEDULE_EVERY)
		return schedule_window_open(window, now - GRACE, &opened_at, &closes_at) ? opened_at : 0;
	for (int64_t at = schedule_window_next(window, now - DAYS_BACK * TIME_DAY); at <= now - GRACE;
	     at = schedule_window_next(window, at))
		opened_at = at;
	return opened_at;
}

/* Whether a device of this window was there to be visited at that time. */
static bool had_work(const struct overview *overview, const struct config_window *window, int64_t at)
{
	for (size_t i = 0; i < overview->devices.count; i++) {
		const struct inventory_device *device = &overview->devices.items[i].device;
		if (device->state == INVENTORY_ACTIVE && device->enrolled_at <= at &&
		    (!window->model || inventory_model_same(window->model, device->model)) &&
		    (!window->department || (device->department && strcmp(window->department, device->department) == 0)))
			return true;
	}
	return false;
}

static int look_for_missed(struct overview *overview, const struct config_window *window, struct error *e)
{
	CLEANUP(store_sweep_clear) struct store_sweep ended = {0}, begun = {0};
	struct report_fleet *fleet = overview->fleet;
	int64_t opened_at = last_opening(&window->when, fleet->made_at);

	if (opened_at <= fleet->missed_at || !had_work(overview, window, opened_at))
		return 0;
	if (store_sweep_last(overview->store, window->name, &ended, e) < 0 ||
	    store_sweep_unfinished(overview->store, window->name, &begun, e) < 0)
		return -1;
	if (ended.started_at >= opened_at || begun.started_at >= opened_at)
		return 0;
	fleet->missed_at = opened_at;
	free(fleet->missed_window);
	return overview_copy(&fleet->missed_window, window->name, e);
}

static int load_sweeps(struct overview *overview, struct error *e)
{
	const struct config *config = &overview->setup->config;
	struct report_fleet *fleet = overview->fleet;

	if (load_last(overview, e) < 0 || look_unfinished(overview, NULL, e) < 0)
		return -1;
	for (size_t i = 0; i < config->window_count; i++) {
		int64_t at = schedule_window_next(&config->windows[i].when, fleet->made_at);
		if (fleet->next_at == 0 || at < fleet->next_at)
			fleet->next_at = at;
		if (look_unfinished(overview, config->windows[i].name, e) < 0 ||
		    look_for_missed(overview, &config->windows[i], e) < 0)
			return -1;
	}
	return 0;
}

static int load_days(struct overview *overview, struct error *e)
{
	struct report_fleet *fleet = overview->fleet;
	struct store_day days[REPORT_DAYS];

	for (int64_t i = 0; i < REPORT_DAYS; i++) {
		days[i].from = schedule_day_begin(fleet->made_at, i - REPORT_DAYS + 1);
		days[i].until = schedule_day_begin(fleet->made_at, i - REPORT_DAYS + 2);
	}
	if (store_days_count(overview->store, days, REPORT_DAYS, e) < 0)
		return -1;
	for (size_t i = 0; i < REPORT_DAYS; i++) {
		fleet->days[i].at = days[i].from;
		memcpy(fleet->days[i].results, days[i].results, sizeof days[i].results);
	}
	return 0;
}

/* ---- sinks and records ---- */

static int fill_sink(struct report_sink *ret, const struct config_sink *config, const struct store_sink *stored,
		     struct error *e)
{
	ret->type = config_sink_type_name(config->type);
	if (overview_copy(&ret->name, config->name, e) < 0)
		return -1;
	if (!stored)
		return 0;
	ret->waiting = stored->waiting;
	ret->waiting_bytes = stored->waiting_bytes;
	ret->away_since = stored->away_since;
	return overview_copy(&ret->why, stored->why, e);
}

static int load_sinks(struct overview *overview, struct error *e)
{
	CLEANUP(store_sinks_clear) struct store_sinks stored = {0};
	const struct config *config = &overview->setup->config;
	struct report_fleet *fleet = overview->fleet;
	struct error why;

	if (store_sinks_list(overview->store, &stored, e) < 0)
		return -1;
	fleet->sinks = calloc(config->sink_count + 1, sizeof *fleet->sinks);
	if (!fleet->sinks)
		return error_memory(e);
	fleet->sink_count = config->sink_count; /* cleared also when half filled */
	for (size_t i = 0; i < config->sink_count; i++)
		if (fill_sink(&fleet->sinks[i], &config->sinks[i], store_sinks_find(&stored, config->sinks[i].name), e) < 0)
			return -1;
	/* Where it cannot be told, that is why. */
	if (outbox_is_full(overview->store, config, &why) != 0)
		return overview_copy(&fleet->full, why.text, e);
	return 0;
}

/* ---- all of it ---- */

static int gather(struct overview *overview, struct error *e)
{
	struct report_fleet *fleet = overview->fleet;

	if (load_setup(overview, e) < 0 || count_devices(overview, e) < 0 || load_alerts(overview, e) < 0 ||
	    load_sweeps(overview, e) < 0 || load_days(overview, e) < 0 || load_sinks(overview, e) < 0 ||
	    overview_load_trust(overview, e) < 0 || take_devices(overview, e) < 0 ||
	    store_event_head(overview->store, &fleet->seq, fleet->head, e) < 0)
		return -1;
	return report_tasks_find(fleet, e);
}

int overview_load(struct report_fleet *ret_fleet, const struct setup *setup, struct store *store,
		  const struct baseline_memory *memory, struct error *e)
{
	CLEANUP(report_fleet_clear) struct report_fleet fleet = {0};
	struct overview overview = {.fleet = &fleet, .setup = setup, .store = store, .memory = memory};

	if (store_begin(store, e) < 0)
		return -1;
	int r = gather(&overview, e);
	store_rollback(store); /* nothing was written */
	store_devices_clear(&overview.devices);
	if (r < 0)
		return -1;
	*ret_fleet = fleet;
	fleet = (struct report_fleet){0};
	return 0;
}
