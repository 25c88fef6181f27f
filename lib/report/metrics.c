#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/time.h"
#include "report/report.h"

/* Valid as OpenMetrics 1.0 and as Prometheus's text format 0.0.4, which node_exporter's textfile
 * collector reads: every family is a gauge (a counter's TYPE line is written differently in the
 * two), no sample has a time, and "# EOF" is a comment to the older one. */

static void begin(struct text *text, const char *name, const char *help)
{
	text_addf(text, "# HELP pumpwatch_%s %s\n# TYPE pumpwatch_%s gauge\n", name, help, name);
}

/* A label's value: what a terminal must not get is gone, then backslash and quote are escaped (a
 * line feed is a %0A by then). */
static void add_value(struct text *text, const char *raw)
{
	CLEANUP(cleanup_free) char *escaped = escape_string(ESCAPE_DISPLAY, raw ? raw : "");

	if (!escaped) {
		text->failed = true;
		return;
	}
	for (const char *c = escaped; *c; c++) {
		if (*c == '\\' || *c == '"')
			text_add_char(text, '\\');
		text_add_char(text, *c);
	}
}

/* A label of a sample whose labels are being written: "{", or "," before all but the first. */
static void add_label(struct text *text, const char *name, const char *raw)
{
	bool first = text->length > 0 && text->data[text->length - 1] != '"';

	text_addf(text, "%c%s=\"", first ? '{' : ',', name);
	add_value(text, raw);
	text_add_char(text, '"');
}

static void end_count(struct text *text, uint64_t value)
{
	bool labels = text->length > 0 && text->data[text->length - 1] == '"';

	text_addf(text, "%s %" PRIu64 "\n", labels ? "}" : "", value);
}

/* Seconds, also of a time; TIME_NEVER is infinite. */
static void end_seconds(struct text *text, int64_t span)
{
	bool labels = text->length > 0 && text->data[text->length - 1] == '"';

	text_add(text, labels ? "} " : " ");
	if (span == TIME_NEVER)
		text_add(text, "+Inf\n");
	else
		text_addf(text, "%.3f\n", (double)span / (double)TIME_SECOND);
}

static void one_count(struct text *text, const char *name, const char *help, uint64_t value)
{
	begin(text, name, help);
	text_addf(text, "pumpwatch_%s", name);
	end_count(text, value);
}

static void one_seconds(struct text *text, const char *name, const char *help, int64_t span)
{
	begin(text, name, help);
	text_addf(text, "pumpwatch_%s", name);
	end_seconds(text, span);
}

static void labelled(struct text *text, const char *name, const char *label, const char *value, uint64_t count)
{
	text_addf(text, "pumpwatch_%s", name);
	add_label(text, label, value);
	end_count(text, count);
}

/* ---- devices ---- */

static void add_results(struct text *text, const char *name, const uint64_t results[DRIFT_RESULT_COUNT])
{
	for (int i = 0; i < DRIFT_RESULT_COUNT; i++)
		labelled(text, name, "result", drift_result_name((enum drift_result)i), results[i]);
}

static void add_devices(struct text *text, const struct report_fleet *fleet)
{
	begin(text, "devices", "Enrolled devices by state.");
	for (int i = 0; i < INVENTORY_STATE_COUNT; i++)
		labelled(text, "devices", "state", inventory_state_name((enum inventory_state)i), fleet->states[i]);
	begin(text, "device_results", "Active devices by the result of their last visit.");
	add_results(text, "device_results", fleet->results);
	labelled(text, "device_results", "result", "never-visited", fleet->never_visited);
	begin(text, "device_ages", "Active devices by how long ago they were last verified.");
	for (int i = 0; i < REPORT_AGE_COUNT; i++)
		labelled(text, "device_ages", "age", report_age_name((enum report_age)i), fleet->ages[i]);
	one_count(text, "devices_overdue", "Active devices that were not verified for longer than is allowed.",
		  fleet->overdue);
}

/* ---- alerts ---- */

static void add_alerts(struct text *text, const struct report_fleet *fleet)
{
	static const char *const severities[8] = {
		"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug",
	};
	static const char *const urgencies[] = {"now", "today", "soon"};
	uint64_t tasks[sizeof urgencies / sizeof *urgencies] = {0};

	begin(text, "alerts_open", "Open alerts by syslog severity; those under a group's are counted with it.");
	for (int i = 0; i < 8; i++)
		labelled(text, "alerts_open", "severity", severities[i], fleet->severities[i]);
	one_count(text, "alerts_acknowledged", "Alerts that were acknowledged and are not resolved.",
		  fleet->acknowledged_alerts);
	for (size_t i = 0; i < fleet->task_count; i++)
		tasks[fleet->tasks[i].urgency]++;
	begin(text, "tasks", "What needs a person, by urgency.");
	for (size_t i = 0; i < sizeof urgencies / sizeof *urgencies; i++)
		labelled(text, "tasks", "urgency", urgencies[i], tasks[i]);
}

/* ---- sweeps ---- */

static void add_last_sweep(struct text *text, const struct report_fleet *fleet)
{
	const struct alert_counts *last = &fleet->last;

	one_seconds(text, "last_sweep_end_timestamp_seconds", "When the last sweep ended.", last->ended_at);
	one_seconds(text, "last_sweep_duration_seconds", "How long the last sweep took.",
		    last->ended_at - last->started_at);
	one_count(text, "last_sweep_devices", "Devices of the last sweep.", last->devices);
	one_count(text, "last_sweep_files", "Files that the last sweep compared.", last->files);
	one_count(text, "last_sweep_bytes", "Bytes that the last sweep read.", last->bytes);
	one_count(text, "last_sweep_findings", "Findings of the last sweep.", last->findings);
	one_count(text, "last_sweep_stopped", "Whether the last sweep was stopped before its end.", last->stopped);
	begin(text, "last_sweep_results", "Devices of the last sweep by result.");
	add_results(text, "last_sweep_results", last->results);
}

static void add_sweeps(struct text *text, const struct report_fleet *fleet)
{
	if (fleet->has_last)
		add_last_sweep(text, fleet);
	one_count(text, "sweep_running", "Whether a sweep runs.", fleet->running_since != 0);
	one_count(text, "sweep_missed", "Whether a window opened and no sweep followed, or one did not come to its end.",
		  fleet->missed_at != 0 || fleet->broken_since != 0);
	if (fleet->next_at != 0)
		one_seconds(text, "next_window_timestamp_seconds", "When the next window opens.", fleet->next_at);
	one_count(text, "stop_in_force", "Whether a stop is in force and nothing is visited.", fleet->stop != NULL);
}

/* ---- delivery ---- */

static void add_sink_metric(struct text *text, const struct report_sink *sink, const char *name, uint64_t value)
{
	text_addf(text, "pumpwatch_%s", name);
	add_label(text, "sink", sink->name);
	add_label(text, "type", sink->type);
	end_count(text, value);
}

static void add_sinks(struct text *text, const struct report_fleet *fleet)
{
	begin(text, "outbox_events", "Events that wait for a sink.");
	for (size_t i = 0; i < fleet->sink_count; i++)
		add_sink_metric(text, &fleet->sinks[i], "outbox_events", fleet->sinks[i].waiting);
	begin(text, "outbox_bytes", "Bytes of the events that wait for a sink.");
	for (size_t i = 0; i < fleet->sink_count; i++)
		add_sink_metric(text, &fleet->sinks[i], "outbox_bytes", fleet->sinks[i].waiting_bytes);
	begin(text, "sink_away", "Whether a sink is away.");
	for (size_t i = 0; i < fleet->sink_count; i++)
		add_sink_metric(text, &fleet->sinks[i], "sink_away", fleet->sinks[i].away_since != 0);
	one_count(text, "outbox_full", "Whether so much waits, or so little is free, that nothing is visited.",
		  fleet->full != NULL);
	one_count(text, "event_sequence", "The sequence number of the last event.", fleet->seq);
}

/* ---- trust ---- */

static void begin_baseline(struct text *text, const char *name, const struct report_baseline *baseline)
{
	char serial[24];

	(void)snprintf(serial, sizeof serial, "%" PRIu64, baseline->serial); /* fits */
	text_addf(text, "pumpwatch_%s", name);
	add_label(text, "scope", baseline->scope);
	add_label(text, "kind", visit_kind_name(baseline->kind));
	add_label(text, "release", baseline->release);
	add_label(text, "serial", serial);
}

/* Those that were put in force and have not been replaced for good: also those that are over, or
 * not believed, for these are what somebody watches for. */
static bool counts(const struct report_baseline *baseline)
{
	return baseline->in_force_at != 0 && strcmp(baseline->stage, "gone") != 0;
}

static void add_baselines(struct text *text, const struct report_fleet *fleet)
{
	begin(text, "baseline_expiry_timestamp_seconds", "When a baseline that was put in force expires.");
	for (size_t i = 0; i < fleet->baseline_count; i++)
		if (counts(&fleet->baselines[i])) {
			begin_baseline(text, "baseline_expiry_timestamp_seconds", &fleet->baselines[i]);
			end_seconds(text, fleet->baselines[i].expires_at);
		}
	begin(text, "baseline_accepted_until_timestamp_seconds", "Until when an older release is accepted.");
	for (size_t i = 0; i < fleet->baseline_count; i++)
		if (counts(&fleet->baselines[i]) && fleet->baselines[i].accept_until != 0) {
			begin_baseline(text, "baseline_accepted_until_timestamp_seconds", &fleet->baselines[i]);
			end_seconds(text, fleet->baselines[i].accept_until);
		}
	begin(text, "baseline_approvals", "Good approvals of a baseline that was put in force.");
	for (size_t i = 0; i < fleet->baseline_count; i++)
		if (counts(&fleet->baselines[i])) {
			begin_baseline(text, "baseline_approvals", &fleet->baselines[i]);
			end_count(text, fleet->baselines[i].approvals);
		}
	one_count(text, "approvals_required", "Approvals that a baseline needs; 0: evaluation mode.", fleet->approvals);
	one_count(text, "baselines_rejected", "Baselines in force that are not believed.", fleet->rejected);
	one_count(text, "signers_refused", "Whether the file of those who may sign was refused.",
		  fleet->signers_fault != NULL);
}

static void add_rollout(struct text *text, const struct report_rollout *rollout, const char *release, uint64_t value)
{
	text_add(text, "pumpwatch_rollout_devices");
	add_label(text, "scope", rollout->scope);
	add_label(text, "kind", visit_kind_name(rollout->kind));
	add_label(text, "release", rollout->release);
	add_label(text, "devices_on", release);
	end_count(text, value);
}

static void add_rollouts(struct text *text, const struct report_fleet *fleet)
{
	begin(text, "rollout_devices", "Devices of a rollout by where they are: on the current release, an older one, or not known.");
	for (size_t i = 0; i < fleet->rollout_count; i++) {
		const struct report_rollout *rollout = &fleet->rollouts[i];
		add_rollout(text, rollout, "current", rollout->on_current);
		add_rollout(text, rollout, "older", rollout->on_older);
		add_rollout(text, rollout, "unknown", rollout->unknown);
	}
}

int report_metrics_write(struct text *text, const struct report_fleet *fleet, struct error *e)
{
	begin(text, "build_info", "The version that wrote this, and for which site.");
	text_add(text, "pumpwatch_build_info");
	add_label(text, "version", fleet->version);
	add_label(text, "site", fleet->site);
	end_count(text, 1);
	one_seconds(text, "report_timestamp_seconds", "The moment that all of this is of.", fleet->made_at);
	add_devices(text, fleet);
	add_alerts(text, fleet);
	add_sweeps(text, fleet);
	add_sinks(text, fleet);
	add_baselines(text, fleet);
	add_rollouts(text, fleet);
	text_add(text, "# EOF\n");
	return text->failed ? error_memory(e) : 0;
}
