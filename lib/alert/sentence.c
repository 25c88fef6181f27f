#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/time.h"
#include "alert/internal.h"

static const char what_to_do[] = "verify the device and quarantine it by your policy";

/* Add a string with the first pass of escaping, in quotes or bare; one that is longer than
 * most bytes ends in dots. Within quotes a quote is escaped too, so that nobody can write the
 * end of the sentence. */
static void add_cut(struct text *text, const char *raw, size_t most, bool quoted)
{
	CLEANUP(text_clear) struct text escaped;
	size_t taken = 0;

	text_init(&escaped);
	escape_add(&escaped, ESCAPE_DISPLAY, raw, strlen(raw));
	if (quoted)
		text_add_char(text, '"');
	for (size_t i = 0, unit; i < escaped.length; i += unit) {
		unit = alert_unit(escaped.data + i, escaped.length - i);
		bool quote = quoted && escaped.data[i] == '"';
		taken += quote ? 3 : unit;
		if (taken > most) {
			text_add(text, "...");
			break;
		}
		if (quote)
			text_add(text, "%22");
		else
			text_add_bytes(text, escaped.data + i, unit);
	}
	if (quoted)
		text_add_char(text, '"');
	text->failed |= escaped.failed;
}

static void add_device(struct text *text, const struct alert_event *event, const struct alert_limits *limits)
{
	if (event->asset)
		add_cut(text, event->asset, limits->word, false);
	else
		text_add(text, "a device");
	if (!event->name && !event->department)
		return;
	text_add(text, " (");
	if (event->name)
		add_cut(text, event->name, limits->word, false);
	if (event->name && event->department)
		text_add(text, ", ");
	if (event->department)
		add_cut(text, event->department, limits->word, false);
	text_add_char(text, ')');
}

static void add_file(struct text *text, const struct alert_event *event, const struct alert_limits *limits)
{
	if (event->has_kind)
		text_addf(text, "%s ", visit_kind_name(event->kind));
	if (event->path) {
		text_add(text, "file ");
		add_cut(text, event->path, limits->sentence_path, true);
	} else {
		text_add(text, "files");
	}
}

static void add_release(struct text *text, const struct alert_event *event,
			const struct alert_limits *limits)
{
	if (event->release) {
		text_add(text, "release ");
		add_cut(text, event->release, limits->word, false);
	} else {
		text_add(text, "the approved release");
	}
}

static void add_detail(struct text *text, const struct alert_event *event, const struct alert_limits *limits,
		       const char *before, const char *after)
{
	if (!event->detail || event->detail[0] == '\0')
		return;
	text_add(text, before);
	add_cut(text, event->detail, limits->detail, false);
	text_add(text, after);
}

/* Why something could not be checked; returns what to do about it. */
static const char *add_outcome(struct text *text, const struct alert_event *event,
			       const struct alert_limits *limits)
{
	enum visit_outcome outcome;
	const char *advice = what_to_do;

	if (event->outcome && visit_outcome_parse(&outcome, event->outcome) == 0) {
		text_add(text, visit_outcome_text(outcome));
		advice = visit_outcome_advice(outcome);
	} else if (event->outcome) {
		add_cut(text, event->outcome, limits->word, false);
	} else {
		text_add(text, "no reason is known");
	}
	add_detail(text, event, limits, " (", ")");
	return advice;
}

/* ---- each type; each returns what to do ---- */

static const char *add_file_event(struct text *text, const struct alert_event *event,
				  const struct alert_limits *limits)
{
	text_add(text, "on ");
	add_device(text, event, limits);
	text_add(text, " the ");
	add_file(text, event, limits);
	text_add_char(text, ' ');
	switch (event->type) {
	case ALERT_FILE_ADDED:
		text_add(text, "is in no approved release");
		return what_to_do;
	case ALERT_FILE_MISSING:
		text_add(text, "is missing: ");
		add_release(text, event, limits);
		text_add(text, " has it");
		return what_to_do;
	case ALERT_FILE_FORGED:
		text_add(text, "is forged: its MD5 is that of ");
		add_release(text, event, limits);
		text_add(text, " while its SHA-256 is not, which does not happen by accident");
		return what_to_do;
	case ALERT_FILE_STALE:
		text_add(text, "is of ");
		add_release(text, event, limits);
		text_add(text, ", which is no longer accepted");
		return "update the device by your policy, or decide about the older release";
	case ALERT_FILE_MIXED:
		text_add(text, "belongs to another approved release than others of its kind: an "
			       "update may have stopped half-way");
		return what_to_do;
	case ALERT_FILE_UNREADABLE:
		text_add(text, "could not be checked: ");
		return add_outcome(text, event, limits);
	default:
		text_add(text, "has another content than in ");
		add_release(text, event, limits);
		return what_to_do;
	}
}

static const char *add_device_event(struct text *text, const struct alert_event *event,
				    const struct alert_limits *limits)
{
	if (event->type == ALERT_DEVICE_OVERDUE) {
		add_device(text, event, limits);
		text_add(text, " has not been verified for too long");
		add_detail(text, event, limits, " (", ")");
		return "find the device, bring it into reach and sweep it";
	}
	if (event->type == ALERT_DEVICE_CHANGED)
		text_add(text, "what answers for ");
	add_device(text, event, limits);
	text_add(text, event->type == ALERT_DEVICE_CHANGED ? " may not be the device that was enrolled: "
							   : " could not be checked: ");
	return add_outcome(text, event, limits);
}

static const char *add_baseline_event(struct text *text, const struct alert_event *event,
				      const struct alert_limits *limits)
{
	text_add(text, "a baseline was rejected");
	add_detail(text, event, limits, ": ", "");
	text_add(text, "; the last good one stays in force");
	return "find out who changed it and how";
}

static const char *add_fleet_event(struct text *text, const struct alert_event *event,
				   const struct alert_limits *limits)
{
	text_add(text, "the same new content of the ");
	add_file(text, event, limits);
	text_add(text, " was found on several devices");
	if (event->model) {
		text_add(text, " of model ");
		add_cut(text, event->model, limits->word, false);
	}
	add_detail(text, event, limits, ": ", "");
	return "verify the devices and quarantine them by your policy";
}

static void add_resolved(struct text *text, const struct alert_event *event, const struct alert_limits *limits)
{
	text_addf(text, "%s", alert_type_name(event->resolves));
	if (event->path || event->has_kind) {
		text_add(text, " of the ");
		add_file(text, event, limits);
		text_add(text, " on ");
	} else {
		text_add(text, " of ");
	}
	add_device(text, event, limits);
	add_detail(text, event, limits, ": ", "");
}

static void add_summary(struct text *text, const struct alert_event *event, const struct alert_limits *limits)
{
	const struct alert_counts *counts = &event->counts;
	int64_t duration = counts->ended_at - counts->started_at;
	const char *separator = ": ";

	text_addf(text, "sweep %" PRIu64 " %s", event->sweep,
		  counts->stopped ? "was stopped before its end" : "has ended");
	if (counts->stopped && counts->why_stopped[0] != '\0') {
		text_add(text, " (");
		add_cut(text, counts->why_stopped, limits->word, false);
		text_add_char(text, ')');
	}
	text_addf(text, " after %" PRId64 " s; %" PRIu64 " devices",
		  duration > 0 ? duration / TIME_SECOND : 0, counts->devices);
	for (unsigned i = 0; i < DRIFT_RESULT_COUNT; i++) {
		if (counts->results[i] == 0)
			continue;
		text_addf(text, "%s%" PRIu64 " %s", separator, counts->results[i],
			  drift_result_name((enum drift_result)i));
		separator = ", ";
	}
	text_addf(text, "; %" PRIu64 " files, %" PRIu64 " bytes; findings: %" PRIu64
			", open alerts: %" PRIu64 ", overdue devices: %" PRIu64,
		  counts->files, counts->bytes, counts->findings, counts->open_alerts, counts->overdue);
	if (counts->approvals == 0)
		text_add(text, ". Evaluation: baselines are in force without signatures");
}

static const char *add_body(struct text *text, const struct alert_event *event,
			    const struct alert_limits *limits)
{
	switch (event->type) {
	case ALERT_DEVICE_UNREACHABLE:
	case ALERT_DEVICE_REFUSED:
	case ALERT_DEVICE_CHANGED:
	case ALERT_DEVICE_OVERDUE:
		return add_device_event(text, event, limits);
	case ALERT_BASELINE_REJECTED:
		return add_baseline_event(text, event, limits);
	case ALERT_FLEET_DRIFT:
		return add_fleet_event(text, event, limits);
	case ALERT_SWEEP_SUMMARY:
		add_summary(text, event, limits);
		return NULL;
	case ALERT_RESOLVED:
		add_resolved(text, event, limits);
		return NULL;
	default:
		return add_file_event(text, event, limits);
	}
}

void alert_sentence_within(struct text *text, const struct alert_event *event,
			   const struct alert_limits *limits)
{
	static const char *const before[] = {
		[ALERT_OPENED] = "New: ",	[ALERT_CHANGED] = "Changed again: ",
		[ALERT_REMINDED] = "Still so: ", [ALERT_ENDED] = "Resolved: ",
		[ALERT_TOLD] = "Report: ",
	};

	text_add(text, before[event->action]);
	const char *advice = add_body(text, event, limits);
	text_add_char(text, '.');
	if (advice)
		text_addf(text, " What to do: %s.", advice);
}

void alert_sentence(struct text *text, const struct alert_event *event)
{
	alert_sentence_within(text, event, &alert_limits_widest);
}
