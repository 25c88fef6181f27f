#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/time.h"
#include "report/tasks.h"

struct task_draft task_begin(enum report_urgency urgency)
{
	struct task_draft draft = {.urgency = urgency};

	text_init(&draft.what);
	text_init(&draft.next);
	return draft;
}

void task_end(struct tasks *tasks, struct task_draft *draft)
{
	struct report_task task = {
		.urgency = draft->urgency, .what = text_take(&draft->what), .next = text_take(&draft->next),
		.alert = draft->alert, .devices = draft->devices,
	};

	if (task.what && task.next && ARRAY_APPEND(tasks->items, tasks->count, task) == 0)
		return;
	free(task.what);
	free(task.next);
	tasks->failed = true;
}

static void add(struct tasks *tasks, enum report_urgency urgency, const char *what, const char *next)
{
	struct task_draft draft = task_begin(urgency);

	text_add(&draft.what, what);
	text_add(&draft.next, next);
	task_end(tasks, &draft);
}

/* ---- nothing is visited ---- */

static void find_halts(struct tasks *tasks)
{
	const struct report_fleet *fleet = tasks->fleet;

	if (fleet->stop) {
		struct task_draft draft = task_begin(REPORT_NOW);
		text_add(&draft.what, "Nothing is checked, for a stop is in force: ");
		task_add_words(&draft.what, fleet->stop);
		text_add(&draft.next, "When the reason is gone, \"pumpwatch resume\" lifts it.");
		task_end(tasks, &draft);
	}
	if (fleet->full) {
		struct task_draft draft = task_begin(REPORT_NOW);
		text_add(&draft.what, "Nothing is checked, for no more alerts can be kept: ");
		task_add_words(&draft.what, fleet->full);
		text_add(&draft.next, "Nothing is lost, and checks go on by themselves when there is room: "
				      "\"pumpwatch sinks\" shows what waits and why.");
		task_end(tasks, &draft);
	}
}

/* ---- sinks ---- */

static bool all_are_away(const struct report_fleet *fleet)
{
	for (size_t i = 0; i < fleet->sink_count; i++)
		if (fleet->sinks[i].away_since == 0)
			return false;
	return true;
}

static void find_sinks(struct tasks *tasks)
{
	const struct report_fleet *fleet = tasks->fleet;

	if (fleet->sink_count == 0)
		add(tasks, REPORT_TODAY, "No alert leaves this computer, for no receiver is configured",
		    "Add a [sink NAME] to pumpwatch.conf; \"pumpwatch sink test NAME\" then tries it.");
	for (size_t i = 0; i < fleet->sink_count; i++) {
		const struct report_sink *sink = &fleet->sinks[i];
		if (sink->away_since == 0)
			continue;
		struct task_draft draft = task_begin(all_are_away(fleet) ? REPORT_NOW : REPORT_TODAY);
		text_addf(&draft.what, "Alerts do not arrive: the receiver \"%s\" has been away since ", sink->name);
		task_add_time(&draft.what, sink->away_since);
		text_addf(&draft.what, ", and %llu %s", (unsigned long long)sink->waiting,
			  sink->waiting == 1 ? "event waits" : "events wait");
		text_addf(&draft.next, "Nothing is lost: \"pumpwatch sinks\" tells why; when it is mended, \"pumpwatch "
				       "sink test %s\" tries it.", sink->name);
		task_end(tasks, &draft);
	}
}

/* ---- sweeps ---- */

static void find_missed_sweep(struct tasks *tasks)
{
	const struct report_fleet *fleet = tasks->fleet;

	/* Why nothing is visited was said. */
	if (fleet->missed_at == 0 || fleet->stop || fleet->full)
		return;
	struct task_draft draft = task_begin(REPORT_NOW);
	text_add(&draft.what, "The sweep that was due at ");
	task_add_time(&draft.what, fleet->missed_at);
	text_addf(&draft.what, " (window \"%s\") did not begin", fleet->missed_window ? fleet->missed_window : "");
	text_add(&draft.next, "See whether the service runs: \"systemctl status pumpwatchd\"; \"pumpwatch sweep --all\" "
			      "checks all devices by hand.");
	task_end(tasks, &draft);
}

static void find_broken_sweep(struct tasks *tasks)
{
	const struct report_fleet *fleet = tasks->fleet;

	if (fleet->broken_since == 0)
		return;
	struct task_draft draft = task_begin(REPORT_TODAY);
	text_add(&draft.what, "The sweep that began at ");
	task_add_time(&draft.what, fleet->broken_since);
	text_add(&draft.what, " did not come to its end");
	text_add(&draft.next, "See whether the service runs: \"systemctl status pumpwatchd\"; \"pumpwatch sweep --all\" "
			      "checks all devices by hand.");
	task_end(tasks, &draft);
}

static void find_stopped_sweep(struct tasks *tasks)
{
	const struct report_fleet *fleet = tasks->fleet;

	if (!fleet->has_last || !fleet->last.stopped || fleet->stop || fleet->full)
		return;
	struct task_draft draft = task_begin(REPORT_TODAY);
	text_add(&draft.what, "The last sweep was stopped before its end: ");
	task_add_words(&draft.what, fleet->last.why_stopped);
	draft.devices = fleet->last.results[DRIFT_SKIPPED];
	text_add(&draft.next, "Find out whether the reason is gone; \"pumpwatch sweep --all\" then checks what was left "
			      "out.");
	task_end(tasks, &draft);
}

static void find_sweeps(struct tasks *tasks)
{
	const struct report_fleet *fleet = tasks->fleet;

	find_missed_sweep(tasks);
	find_broken_sweep(tasks);
	find_stopped_sweep(tasks);
	if (fleet->device_count == 0)
		add(tasks, REPORT_TODAY, "No device is enrolled",
		    "\"pumpwatch enroll --help\" shows how to enroll one, and many from a spreadsheet.");
	if (fleet->next_at == 0)
		add(tasks, REPORT_TODAY, "Devices are checked by hand alone, for no window is configured",
		    "Add a [window NAME] to pumpwatch.conf: the service then checks them at these hours.");
	if (fleet->states[INVENTORY_ACTIVE] > 0 && !fleet->has_last && fleet->running_since == 0 &&
	    fleet->missed_at == 0 && fleet->broken_since == 0)
		add(tasks, REPORT_TODAY, "No device was ever checked", "\"pumpwatch sweep --all\" checks all of them now.");
}

/* ---- in order ---- */

struct place {
	struct report_task task;
	size_t order;
};

static int most_urgent_first(const void *a, const void *b)
{
	const struct place *left = a;
	const struct place *right = b;

	if (left->task.urgency != right->task.urgency)
		return left->task.urgency < right->task.urgency ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

static int sort(struct tasks *tasks)
{
	struct place *places = calloc(tasks->count + 1, sizeof *places);

	if (!places)
		return -1;
	for (size_t i = 0; i < tasks->count; i++)
		places[i] = (struct place){.task = tasks->items[i], .order = i};
	qsort(places, tasks->count, sizeof *places, most_urgent_first);
	for (size_t i = 0; i < tasks->count; i++)
		tasks->items[i] = places[i].task;
	free(places);
	return 0;
}

static void drop(struct report_task *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(items[i].what);
		free(items[i].next);
	}
	free(items);
}

int report_tasks_find(struct report_fleet *fleet, struct error *e)
{
	struct tasks tasks = {.fleet = fleet};

	find_halts(&tasks);
	task_find_rejected(&tasks);
	task_find_alerts(&tasks);
	find_sinks(&tasks);
	find_sweeps(&tasks);
	task_find_devices(&tasks);
	task_find_baselines(&tasks);
	if (tasks.failed || sort(&tasks) < 0) {
		drop(tasks.items, tasks.count);
		return error_memory(e);
	}
	drop(fleet->tasks, fleet->task_count);
	fleet->tasks = tasks.items;
	fleet->task_count = tasks.count;
	return 0;
}
