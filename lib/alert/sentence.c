#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/time.h"
#include "alert/internal.h"

/* A sentence that is being written. */
struct sentence {
	struct text *text;
	const struct alert_event *event;
	const struct alert_limits *limits;
};

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

static void say(const struct sentence *sentence, const char *words)
{
	text_add(sentence->text, words);
}

static void say_word(const struct sentence *sentence, const char *raw)
{
	add_cut(sentence->text, raw, sentence->limits->word, false);
}

static void add_device(const struct sentence *sentence)
{
	const struct alert_event *event = sentence->event;

	if (event->asset)
		say_word(sentence, event->asset);
	else
		say(sentence, "a device");
	if (!event->name && !event->department)
		return;
	say(sentence, " (");
	if (event->name)
		say_word(sentence, event->name);
	if (event->name && event->department)
		say(sentence, ", ");
	if (event->department)
		say_word(sentence, event->department);
	say(sentence, ")");
}

static void add_file(const struct sentence *sentence)
{
	if (sentence->event->has_kind)
		text_addf(sentence->text, "%s ", visit_kind_name(sentence->event->kind));
	if (sentence->event->path) {
		say(sentence, "file ");
		add_cut(sentence->text, sentence->event->path, sentence->limits->sentence_path, true);
	} else {
		say(sentence, "files");
	}
}

static void add_release_or(const struct sentence *sentence, const char *release, const char *otherwise)
{
	if (release) {
		say(sentence, "release ");
		say_word(sentence, release);
	} else {
		say(sentence, otherwise);
	}
}

static void add_release(const struct sentence *sentence)
{
	add_release_or(sentence, sentence->event->release, "the approved release");
}

/* " of its drug-library files" */
static void add_kind(const struct sentence *sentence)
{
	say(sentence, " of its ");
	if (sentence->event->has_kind)
		text_addf(sentence->text, "%s ", visit_kind_name(sentence->event->kind));
	say(sentence, "files");
}

static void add_detail(const struct sentence *sentence, const char *before, const char *after)
{
	if (!sentence->event->detail || sentence->event->detail[0] == '\0')
		return;
	say(sentence, before);
	add_cut(sentence->text, sentence->event->detail, sentence->limits->detail, false);
	say(sentence, after);
}

/* Why something could not be checked; returns what to do about it. */
static const char *add_outcome(const struct sentence *sentence)
{
	enum visit_outcome outcome;
	const char *advice = what_to_do;

	if (sentence->event->outcome && visit_outcome_parse(&outcome, sentence->event->outcome) == 0) {
		say(sentence, visit_outcome_text(outcome));
		advice = visit_outcome_advice(outcome);
	} else if (sentence->event->outcome) {
		say_word(sentence, sentence->event->outcome);
	} else {
		say(sentence, "no reason is known");
	}
	add_detail(sentence, " (", ")");
	return advice;
}

/* ---- each type; each returns what to do ---- */

static const char *add_file_event(const struct sentence *sentence)
{
	say(sentence, "on ");
	add_device(sentence);
	say(sentence, " the ");
	add_file(sentence);
	say(sentence, " ");
	switch (sentence->event->type) {
	case ALERT_FILE_ADDED:
		say(sentence, "is in no approved release");
		return what_to_do;
	case ALERT_FILE_MISSING:
		say(sentence, "is missing: ");
		add_release(sentence);
		say(sentence, " has it");
		return what_to_do;
	case ALERT_FILE_FORGED:
		say(sentence, "is forged: its MD5 is that of ");
		add_release(sentence);
		say(sentence, " while its SHA-256 is not, which does not happen by accident");
		return what_to_do;
	case ALERT_FILE_MIXED:
		say(sentence, "belongs to another approved release than others of its kind: "
			      "an update may have stopped half-way");
		return what_to_do;
	case ALERT_FILE_UNREADABLE:
		say(sentence, "could not be checked: ");
		return add_outcome(sentence);
	default:
		say(sentence, "has another content than in ");
		add_release(sentence);
		return what_to_do;
	}
}

static const char *add_stale_event(const struct sentence *sentence)
{
	add_device(sentence);
	say(sentence, " is still on ");
	add_release_or(sentence, sentence->event->release, "an older release");
	add_kind(sentence);
	if (sentence->event->detail)
		add_detail(sentence, ", which was ", "");
	else
		say(sentence, ", which is no longer accepted");
	return "update the device by your policy, or decide about the older release";
}

static const char *add_rollback_event(const struct sentence *sentence)
{
	add_device(sentence);
	say(sentence, " went back from ");
	add_release_or(sentence, sentence->event->release_old, "a newer release");
	say(sentence, " to ");
	add_release_or(sentence, sentence->event->release, "an older release");
	add_kind(sentence);
	say(sentence, ", which is still accepted");
	return "find out who put the older release back, and why";
}

static const char *add_device_event(const struct sentence *sentence)
{
	bool changed = sentence->event->type == ALERT_DEVICE_CHANGED;

	if (sentence->event->type == ALERT_DEVICE_OVERDUE) {
		add_device(sentence);
		say(sentence, " has not been verified for too long");
		add_detail(sentence, " (", ")");
		return "find the device, bring it into reach and sweep it";
	}
	if (changed)
		say(sentence, "what answers for ");
	add_device(sentence);
	say(sentence, changed ? " may not be the device that was enrolled: "
			      : " could not be checked: ");
	return add_outcome(sentence);
}

static const char *add_baseline_event(const struct sentence *sentence)
{
	if (!sentence->event->manifest) {
		say(sentence, "the file of signers was refused");
		add_detail(sentence, ": ", "");
		return "find out who changed it and how, and mend it";
	}
	say(sentence, "a baseline was rejected");
	add_detail(sentence, ": ", "");
	return "find out who changed it and how; then restore it, approve it again, or withdraw it";
}

/* " of the drug-library baseline of release 2026-10" */
static void add_baseline(const struct sentence *sentence)
{
	if (!sentence->event->manifest) {
		say(sentence, " of the file of signers");
		return;
	}
	say(sentence, " of the ");
	if (sentence->event->has_kind)
		text_addf(sentence->text, "%s ", visit_kind_name(sentence->event->kind));
	say(sentence, "baseline");
	if (!sentence->event->release)
		return;
	say(sentence, " of ");
	add_release(sentence);
}

static const char *add_fleet_event(const struct sentence *sentence)
{
	say(sentence, "the same new content of the ");
	add_file(sentence);
	say(sentence, " was found on several devices");
	if (sentence->event->model) {
		say(sentence, " of model ");
		say_word(sentence, sentence->event->model);
	}
	add_detail(sentence, ": ", "");
	return "verify the devices and quarantine them by your policy";
}

static void add_resolved(const struct sentence *sentence)
{
	text_addf(sentence->text, "%s", alert_type_name(sentence->event->resolves));
	if (sentence->event->resolves == ALERT_BASELINE_REJECTED) {
		add_baseline(sentence);
		add_detail(sentence, ": ", "");
		return;
	}
	if (sentence->event->path || sentence->event->has_kind) {
		say(sentence, " of the ");
		add_file(sentence);
		say(sentence, " on ");
	} else {
		say(sentence, " of ");
	}
	add_device(sentence);
	add_detail(sentence, ": ", "");
}

/* " (2 verified, 1 drifted)", without the zeros. */
static void add_results(const struct sentence *sentence, const struct alert_counts *counts)
{
	const char *separator = " (";

	for (unsigned i = 0; i < DRIFT_RESULT_COUNT; i++) {
		if (counts->results[i] == 0)
			continue;
		text_addf(sentence->text, "%s%" PRIu64 " %s", separator, counts->results[i],
			  drift_result_name((enum drift_result)i));
		separator = ", ";
	}
	if (strcmp(separator, ", ") == 0)
		say(sentence, ")");
}

static void add_summary(const struct sentence *sentence)
{
	const struct alert_counts *counts = &sentence->event->counts;
	int64_t duration = counts->ended_at - counts->started_at;

	text_addf(sentence->text, "sweep %" PRIu64 " %s", sentence->event->sweep,
		  counts->stopped ? "was stopped before its end" : "has ended");
	if (counts->stopped && counts->why_stopped[0] != '\0') {
		say(sentence, " (");
		say_word(sentence, counts->why_stopped);
		say(sentence, ")");
	}
	text_addf(sentence->text, " after %" PRId64 " s; devices: %" PRIu64,
		  duration > 0 ? duration / TIME_SECOND : 0, counts->devices);
	add_results(sentence, counts);
	text_addf(sentence->text,
		  "; files: %" PRIu64 ", bytes: %" PRIu64 "; findings: %" PRIu64
		  ", open alerts: %" PRIu64 ", overdue devices: %" PRIu64,
		  counts->files, counts->bytes, counts->findings, counts->open_alerts,
		  counts->overdue);
	if (counts->approvals == 0)
		say(sentence, ". Evaluation: baselines are in force without signatures");
}

static const char *add_body(const struct sentence *sentence)
{
	switch (sentence->event->type) {
	case ALERT_DEVICE_UNREACHABLE:
	case ALERT_DEVICE_REFUSED:
	case ALERT_DEVICE_CHANGED:
	case ALERT_DEVICE_OVERDUE:
		return add_device_event(sentence);
	case ALERT_FILE_STALE:
		return add_stale_event(sentence);
	case ALERT_DEVICE_ROLLED_BACK:
		return add_rollback_event(sentence);
	case ALERT_BASELINE_REJECTED:
		return add_baseline_event(sentence);
	case ALERT_FLEET_DRIFT:
		return add_fleet_event(sentence);
	case ALERT_SWEEP_SUMMARY:
		add_summary(sentence);
		return NULL;
	case ALERT_RESOLVED:
		add_resolved(sentence);
		return NULL;
	default:
		return add_file_event(sentence);
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

	const struct sentence sentence = {text, event, limits};

	say(&sentence, before[event->action]);
	const char *advice = add_body(&sentence);
	say(&sentence, ".");
	if (advice)
		text_addf(text, " What to do: %s.", advice);
}

void alert_sentence(struct text *text, const struct alert_event *event)
{
	alert_sentence_within(text, event, &alert_limits_widest);
}
