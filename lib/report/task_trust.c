#include <string.h>

#include "base/time.h"
#include "report/tasks.h"

#define SOON (30 * TIME_DAY)

/* ---- not believed ---- */

static const struct alert *find_alert(const struct report_fleet *fleet, const char *manifest)
{
	for (size_t i = 0; i < fleet->alert_count; i++) {
		const struct alert *alert = &fleet->alerts[i];
		if (alert->type == ALERT_BASELINE_REJECTED &&
		    (manifest ? alert->manifest && strcmp(alert->manifest, manifest) == 0 : !alert->manifest))
			return alert;
	}
	return NULL;
}

/* Somebody has seen it: it stays to be done, but not at once. */
static enum report_urgency urgency_of(const struct alert *alert)
{
	return alert && alert->state == ALERT_STATE_ACKNOWLEDGED ? REPORT_TODAY : REPORT_NOW;
}

static void tell_signers(struct tasks *tasks)
{
	const struct report_fleet *fleet = tasks->fleet;
	const struct alert *alert = find_alert(fleet, NULL);
	struct task_draft draft = task_begin(urgency_of(alert));

	text_add(&draft.what, fleet->unchecked ? "Nothing approved can be believed, for who may sign is not known: "
					       : "The list of those who may sign was refused, and the last good one stays "
						 "in use: ");
	task_add_words(&draft.what, fleet->signers_fault);
	text_add(&draft.next, "Put the file of signers right; \"pumpwatch baseline list\" then shows what is believed.");
	draft.alert = alert ? alert->number : 0;
	task_end(tasks, &draft);
}

static void tell_rejected(struct tasks *tasks, const struct report_baseline *baseline)
{
	const struct alert *alert = find_alert(tasks->fleet, baseline->id);
	struct task_draft draft = task_begin(urgency_of(alert));

	text_add(&draft.what, "An approved baseline is not believed (");
	task_add_release(&draft.what, baseline->scope, baseline->kind, baseline->release);
	text_add(&draft.what, "): ");
	task_add_words(&draft.what, baseline->fault);
	if (baseline->kept)
		text_add(&draft.what, "; the good copy in memory stays in use until the service ends");
	text_addf(&draft.next, "Find out who changed it: \"pumpwatch audit verify\" checks the records, \"pumpwatch "
			       "baseline show %.12s\" tells more.", baseline->id);
	draft.alert = alert ? alert->number : 0;
	task_end(tasks, &draft);
}

void task_find_rejected(struct tasks *tasks)
{
	const struct report_fleet *fleet = tasks->fleet;

	if (fleet->signers_fault)
		tell_signers(tasks);
	if (fleet->unchecked) /* what is said of each follows from that */
		return;
	for (size_t i = 0; i < fleet->baseline_count; i++)
		if (fleet->baselines[i].fault)
			tell_rejected(tasks, &fleet->baselines[i]);
}

/* ---- that wait, or end ---- */

static bool has_stage(const struct report_baseline *baseline, const char *stage)
{
	return strcmp(baseline->stage, stage) == 0;
}

/* A candidate that something else came in force instead of will never be: nobody needs it. */
static bool is_passed(const struct report_fleet *fleet, const struct report_baseline *candidate)
{
	for (size_t i = 0; i < fleet->baseline_count; i++) {
		const struct report_baseline *other = &fleet->baselines[i];
		if (other->in_force_at > 0 && other->kind == candidate->kind && other->scope && candidate->scope &&
		    strcmp(other->scope, candidate->scope) == 0 && other->serial >= candidate->serial)
			return true;
	}
	return false;
}

static void tell_candidate(struct tasks *tasks, const struct report_baseline *baseline)
{
	struct task_draft draft = task_begin(REPORT_SOON);
	bool short_of = has_stage(baseline, "candidate");

	text_add(&draft.what, short_of ? "A new release waits for approval (" : "A new release has its approvals and is not in force (");
	task_add_release(&draft.what, baseline->scope, baseline->kind, baseline->release);
	if (short_of)
		text_addf(&draft.what, "): it has %u of %u", baseline->approvals, tasks->fleet->approvals);
	else
		text_add(&draft.what, ")");
	text_addf(&draft.next, "\"pumpwatch baseline show %.12s\" shows what it holds; \"pumpwatch baseline approve --help\" "
			       "how it comes in force.", baseline->id);
	task_end(tasks, &draft);
}

static void tell_end(struct tasks *tasks, const struct report_baseline *baseline)
{
	int64_t now = tasks->fleet->made_at;
	bool over = baseline->expires_at <= now;
	struct task_draft draft = task_begin(over ? REPORT_TODAY : REPORT_SOON);

	text_add(&draft.what, over ? "The release in force has expired (" : "The release in force expires soon (");
	task_add_release(&draft.what, baseline->scope, baseline->kind, baseline->release);
	text_add(&draft.what, over ? "), at " : "): at ");
	task_add_time(&draft.what, baseline->expires_at);
	text_add(&draft.next, "Without it devices cannot be checked: have a new one approved (\"pumpwatch baseline learn "
			      "--help\").");
	task_end(tasks, &draft);
}

/* How many devices would be stale, as far as the rollouts tell. */
static const struct report_rollout *find_rollout(const struct report_fleet *fleet, const struct report_baseline *older)
{
	for (size_t i = 0; i < fleet->rollout_count; i++) {
		const struct report_rollout *rollout = &fleet->rollouts[i];
		if (rollout->kind == older->kind && older->scope && strcmp(rollout->scope, older->scope) == 0)
			return rollout;
	}
	return NULL;
}

static void tell_older(struct tasks *tasks, const struct report_baseline *older)
{
	const struct report_rollout *rollout = find_rollout(tasks->fleet, older);
	int64_t end = older->accept_until < older->expires_at ? older->accept_until : older->expires_at;

	if (!rollout || rollout->on_older == 0 || rollout->accept_until != end)
		return; /* nobody is on it any more */
	struct task_draft draft = task_begin(REPORT_SOON);
	draft.devices = rollout->on_older;
	text_addf(&draft.what, "%llu %s still on an older release, and the time of ", (unsigned long long)rollout->on_older,
		  rollout->on_older == 1 ? "device is" : "devices are");
	task_add_release(&draft.what, older->scope, older->kind, older->release);
	text_add(&draft.what, " ends at ");
	task_add_time(&draft.what, end);
	text_addf(&draft.next, "Update them before that, or give them more time (\"pumpwatch baseline accept-until %.12s "
			       "TIME\"); \"pumpwatch status --rollouts\" names them.", older->id);
	task_end(tasks, &draft);
}

void task_find_baselines(struct tasks *tasks)
{
	const struct report_fleet *fleet = tasks->fleet;

	for (size_t i = 0; i < fleet->baseline_count && !fleet->unchecked; i++) {
		const struct report_baseline *baseline = &fleet->baselines[i];
		if (baseline->fault)
			continue;
		if ((has_stage(baseline, "candidate") || has_stage(baseline, "approved")) && !is_passed(fleet, baseline))
			tell_candidate(tasks, baseline);
		else if (baseline->in_force_at > 0 && baseline->accept_until == 0 &&
			 baseline->expires_at <= fleet->made_at + SOON)
			tell_end(tasks, baseline);
		else if (has_stage(baseline, "older") && baseline->accept_until <= fleet->made_at + SOON)
			tell_older(tasks, baseline);
	}
	if (fleet->approvals == 0) {
		struct task_draft draft = task_begin(REPORT_SOON);
		text_add(&draft.what, "Baselines carry no signatures: this is evaluation mode (approvals = 0)");
		text_add(&draft.next, "Before relying on it, set approvals = 2 in pumpwatch.conf and name who may sign "
				      "(guide-baselines).");
		task_end(tasks, &draft);
	}
}
