#include <string.h>

#include "cli/status.h"

json_t *cli_json_tasks(const struct report_fleet *fleet)
{
	json_t *tasks = json_array();

	for (size_t i = 0; i < fleet->task_count; i++) {
		const struct report_task *task = &fleet->tasks[i];
		/* Their words are escaped already. */
		json_array_append_new(tasks, json_pack("{ss ss ss so sI}", "urgency", report_urgency_words(task->urgency),
						       "what", task->what, "next", task->next, "alert",
						       task->alert ? json_integer((json_int_t)task->alert) : json_null(),
						       "devices", (json_int_t)task->devices));
	}
	return tasks;
}

/* As in events: the alerts of devices, those of groups aside. */
static void count_alerts(const struct report_fleet *fleet, struct store_summary *summary)
{
	for (size_t i = 0; i < fleet->alert_count; i++) {
		if (fleet->alerts[i].group)
			continue;
		if (fleet->alerts[i].state == ALERT_STATE_OPEN)
			summary->open_alerts++;
		else
			summary->acknowledged_alerts++;
	}
}

static json_t *json_summary(const struct report_fleet *fleet)
{
	struct store_summary summary = {.never_visited = fleet->never_visited, .overdue = fleet->overdue};

	memcpy(summary.states, fleet->states, sizeof summary.states);
	memcpy(summary.results, fleet->results, sizeof summary.results);
	count_alerts(fleet, &summary);
	for (size_t i = 0; i < fleet->baseline_count; i++)
		summary.baselines_current += fleet->baselines[i].in_force_at > 0 && fleet->baselines[i].accept_until == 0;
	return cli_json_summary(&summary);
}

static json_t *json_ages(const struct report_fleet *fleet)
{
	json_t *ages = json_object();

	for (int i = 0; i < REPORT_AGE_COUNT; i++)
		json_object_set_new(ages, report_age_name((enum report_age)i), json_integer((json_int_t)fleet->ages[i]));
	return ages;
}

static json_t *json_last(const struct report_fleet *fleet)
{
	const struct alert_counts *last = &fleet->last;
	json_t *results = json_object();

	for (int i = 0; i < DRIFT_RESULT_COUNT; i++)
		json_object_set_new(results, drift_result_name((enum drift_result)i),
				    json_integer((json_int_t)last->results[i]));
	return json_pack("{sI so so so sI sI sI sI sb so so}", "number", (json_int_t)fleet->last_number, "window",
			 cli_json_string(fleet->last_window), "started", cli_json_time(last->started_at), "ended",
			 cli_json_time(last->ended_at), "devices", (json_int_t)last->devices, "files",
			 (json_int_t)last->files, "bytes", (json_int_t)last->bytes, "findings",
			 (json_int_t)last->findings, "stopped", last->stopped, "why_stopped",
			 cli_json_string(last->stopped ? last->why_stopped : NULL), "results", results);
}

static json_t *json_sinks(const struct report_fleet *fleet)
{
	json_t *sinks = json_array();

	for (size_t i = 0; i < fleet->sink_count; i++) {
		const struct report_sink *sink = &fleet->sinks[i];
		json_array_append_new(sinks, json_pack("{ss ss sI sI so so}", "name", sink->name, "type", sink->type,
						       "waiting", (json_int_t)sink->waiting, "waiting_bytes",
						       (json_int_t)sink->waiting_bytes, "away_since",
						       cli_json_time(sink->away_since), "why", cli_json_string(sink->why)));
	}
	return sinks;
}

static json_t *json_waiting(const struct report_fleet *fleet)
{
	json_t *sinks = json_object();

	for (size_t i = 0; i < fleet->sink_count; i++)
		json_object_set_new(sinks, fleet->sinks[i].name, json_integer((json_int_t)fleet->sinks[i].waiting));
	return sinks;
}

static void add_trust(json_t *object, const struct report_fleet *fleet)
{
	json_object_set_new(object, "approvals", json_integer((json_int_t)fleet->approvals));
	json_object_set_new(object, "evaluation", json_boolean(fleet->approvals == 0));
	json_object_set_new(object, "baselines_rejected",
			    fleet->unchecked ? json_null() : json_integer((json_int_t)fleet->rejected));
	json_object_set_new(object, "signers_error", cli_json_string(fleet->signers_fault));
	json_object_set_new(object, "seq", json_integer((json_int_t)fleet->seq));
	json_object_set_new(object, "chain_head", json_string(fleet->head));
}

static void add_sweeps(json_t *object, const struct report_fleet *fleet)
{
	json_object_set_new(object, "stop", fleet->stop ? json_string(fleet->stop) : json_null());
	json_object_set_new(object, "last_sweep", fleet->has_last ? cli_json_time(fleet->last.ended_at) : json_null());
	json_object_set_new(object, "last", fleet->has_last ? json_last(fleet) : json_null());
	json_object_set_new(object, "running_sweep", cli_json_time(fleet->running_since));
	json_object_set_new(object, "broken_sweep", cli_json_time(fleet->broken_since));
	json_object_set_new(object, "missed_sweep", cli_json_time(fleet->missed_at));
	json_object_set_new(object, "next_sweep", cli_json_time(fleet->next_at));
}

json_t *cli_json_fleet(const struct report_fleet *fleet, const struct cli_rollouts *rollouts)
{
	json_t *object = json_summary(fleet);

	json_object_set_new(object, "site", cli_json_string(fleet->site));
	json_object_set_new(object, "made", cli_json_time(fleet->made_at));
	json_object_set_new(object, "need_a_person", json_integer((json_int_t)report_devices_in_need(fleet)));
	json_object_set_new(object, "tasks", cli_json_tasks(fleet));
	json_object_set_new(object, "ages", json_ages(fleet));
	add_trust(object, fleet);
	add_sweeps(object, fleet);
	json_object_set_new(object, "waiting", json_waiting(fleet));
	json_object_set_new(object, "sinks", json_sinks(fleet));
	json_object_set_new(object, "outbox_full", cli_json_string(fleet->full));
	json_object_set_new(object, "rollouts", cli_json_rollouts(rollouts));
	return object;
}
