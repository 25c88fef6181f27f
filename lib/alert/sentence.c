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

enum { UTF8_MAX = 4 };

static const char what_to_do[] = "verify the device and quarantine it by your policy";

/* Add a string with the first pass of escaping, in quotes or bare; one that is longer than
 * most bytes ends in dots. Within quotes a quote is escaped too, so that nobody can write the
 * end of the sentence. */
static void add_cut(struct text *text, const char *raw, size_t most, bool quoted)
{
	CLEANUP(text_clear) struct text escaped;
	size_t taken = 0;

	text_init(&escaped);
	/* What lies beyond is cut off anyway, and so is a character that this cuts in two. */
	escape_add(&escaped, ESCAPE_DISPLAY, raw, strnlen(raw, most + UTF8_MAX));
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

/* "12 devices of model medfusion-4000" of a group's event, else the device. */
static void add_subject(const struct sentence *sentence)
{
	const struct alert_event *event = sentence->event;
	enum alert_type type = event->type == ALERT_RESOLVED ? event->resolves : event->type;

	if (!event->group) {
		add_device(sentence);
		return;
	}
	if (event->asset_count > 0)
		text_addf(sentence->text, "%" PRIu64 " ", event->asset_count);
	say(sentence, type == ALERT_FLEET_DRIFT ? "devices of model " : "devices of ");
	say_word(sentence, event->group);
}

/* "A-1, A-2 (part 2 of 3)" */
static void add_assets(const struct sentence *sentence, const char *before)
{
	const struct alert_event *event = sentence->event;

	if (event->assets) {
		say(sentence, before);
		size_t start = sentence->text->length;
		size_t most = sentence->limits->sentence_assets;
		escape_add(sentence->text, ESCAPE_DISPLAY, event->assets,
			   strnlen(event->assets, most + UTF8_MAX));
		alert_list_cut(sentence->text, start, most);
	}
	if (event->parts > 1)
		text_addf(sentence->text, " (part %" PRIu64 " of %" PRIu64 ")", event->part, event->parts);
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
	say(sentence, sentence->event->group ? " of their " : " of its ");
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

static const char *add_file_event(const struct sentence *sentence, enum alert_type type)
{
	say(sentence, sentence->event->group ? "the same on " : "on ");
	add_subject(sentence);
	say(sentence, sentence->event->group ? ": the " : " the ");
	add_file(sentence);
	say(sentence, " ");
	switch (type) {
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
	add_subject(sentence);
	say(sentence, sentence->event->group ? " are still on " : " is still on ");
	add_release_or(sentence, sentence->event->release, "an older release");
	add_kind(sentence);
	if (sentence->event->detail && !sentence->event->group)
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
	/* What to do is the group's own. */
	if (sentence->event->members == ALERT_FILE_STALE)
		(void)add_stale_event(sentence);
	else
		(void)add_file_event(sentence, sentence->event->members);
	add_detail(sentence, " (", ")");
	add_assets(sentence, "; devices: ");
	return "verify the devices and quarantine them by your policy";
}

static const char *add_fleet_silence(const struct sentence *sentence)
{
	add_subject(sentence);
	say(sentence, " could not be reached");
	add_detail(sentence, " (", ")");
	add_assets(sentence, ": ");
	return "look at the switch or the line first";
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
	add_subject(sentence);
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

static void add_evaluation(const struct sentence *sentence, const struct alert_counts *counts)
{
	if (counts->approvals == 0)
		say(sentence, ". Evaluation: baselines are in force without signatures");
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
	add_evaluation(sentence, counts);
}

/* When the next is due is a promise to be held against the clock of who reads it. */
static void add_next(const struct sentence *sentence)
{
	const struct alert_event *event = sentence->event;
	char time[TIME_TEXT_SIZE];
	int64_t due;

	if (event->interval == 0 || __builtin_mul_overflow(event->interval, TIME_SECOND, &due) ||
	    __builtin_add_overflow(event->at, due, &due))
		return;
	time_write(time, due);
	text_addf(sentence->text, "; the next heartbeat is due at %s", time);
}

static void add_heartbeat(const struct sentence *sentence)
{
	const struct alert_counts *counts = &sentence->event->counts;

	text_addf(sentence->text, "pumpwatch is alive; devices: %" PRIu64, counts->devices);
	add_results(sentence, counts);
	text_addf(sentence->text,
		  "; open alerts: %" PRIu64 ", overdue devices: %" PRIu64 ", events waiting: %" PRIu64,
		  counts->open_alerts, counts->overdue, counts->waiting);
	add_next(sentence);
	add_evaluation(sentence, counts);
}

static const char *add_test(const struct sentence *sentence)
{
	say(sentence, "this message is only a test, sent by ");
	if (sentence->event->detail)
		say_word(sentence, sentence->event->detail);
	else
		say(sentence, "somebody");
	say(sentence, " to see whether it arrives: no device is concerned");
	return "nothing";
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
	case ALERT_FLEET_UNREACHABLE:
		return add_fleet_silence(sentence);
	case ALERT_HEARTBEAT:
		add_heartbeat(sentence);
		return NULL;
	case ALERT_SINK_TEST:
		return add_test(sentence);
	case ALERT_SWEEP_SUMMARY:
		add_summary(sentence);
		return NULL;
	case ALERT_RESOLVED:
		add_resolved(sentence);
		return NULL;
	default:
		return add_file_event(sentence, sentence->event->type);
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

	say(&sentence, event->type == ALERT_SINK_TEST ? "Test: " : before[event->action]);
	const char *advice = add_body(&sentence);
	say(&sentence, ".");
	if (event->under)
		text_addf(text, " It belongs to group alert %" PRIu64 ".", event->under);
	if (advice)
		text_addf(text, " What to do: %s.", advice);
}

void alert_sentence(struct text *text, const struct alert_event *event)
{
	alert_sentence_within(text, event, &alert_limits_widest);
}
