#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "baseline/baseline.h"
#include "overview/internal.h"

static const struct baseline_rejection *find_rejection(const struct baseline_rejections *rejections, const char *id)
{
	for (size_t i = 0; i < rejections->count; i++)
		if (strcmp(rejections->items[i].id, id) == 0)
			return &rejections->items[i];
	return NULL;
}

static int copy_scope(char **ret_scope, const struct manifest *manifest, struct error *e)
{
	if (!manifest->scope_name)
		return 0;
	if (asprintf(ret_scope, "%s %s", manifest_scope_name(manifest->scope), manifest->scope_name) >= 0)
		return 0;
	*ret_scope = NULL; /* asprintf leaves it undefined */
	return error_memory(e);
}

static int set_fault(struct report_baseline *baseline, const struct baseline_rejection *rejection, struct error *e)
{
	if (!rejection)
		return 0;
	baseline->kept = rejection->kept;
	return overview_copy(&baseline->fault, rejection->why, e);
}

static int fill(struct report_baseline *ret, const struct baseline_survey *survey, size_t place, int64_t now,
		struct error *e)
{
	const struct store_baseline *stored = &survey->stored.items[place];
	const struct baseline_check *check = &survey->checks[place];
	const struct manifest *manifest = &stored->manifest;
	enum baseline_stage stage = baseline_stage(stored, check, now);

	*ret = (struct report_baseline){
		.kind = manifest->kind, .serial = manifest->serial, .stage = baseline_stage_name(stage),
		.in_force = stage == BASELINE_CURRENT || stage == BASELINE_OLDER, .approvals = check->approvals,
		.approvers = baseline_approvers(check), .added_at = stored->added_at, .in_force_at = stored->in_force_at,
		.expires_at = manifest->expires_at,
		.accept_until = stored->state == STORE_OLDER ? stored->accept_until : 0,
	};
	if (overview_copy(&ret->id, stored->id, e) < 0 || copy_scope(&ret->scope, manifest, e) < 0 ||
	    overview_copy(&ret->release, manifest->release, e) < 0)
		return -1;
	return set_fault(ret, find_rejection(&survey->rejections, stored->id), e);
}

/* One that was believed and that the store has no more. */
static int fill_gone(struct report_baseline *ret, const struct baseline_rejection *rejection, struct error *e)
{
	*ret = (struct report_baseline){
		.kind = rejection->kind, .serial = rejection->serial, .stage = "gone", .in_force = rejection->kept,
		.expires_at = INT64_MAX,
	};
	if (overview_copy(&ret->id, rejection->id, e) < 0 || overview_copy(&ret->scope, rejection->scope, e) < 0 ||
	    overview_copy(&ret->release, rejection->release, e) < 0)
		return -1;
	return set_fault(ret, rejection, e);
}

static int list(struct report_fleet *fleet, const struct baseline_survey *survey, struct error *e)
{
	const struct baseline_rejections *rejections = &survey->rejections;

	fleet->baselines = calloc(survey->stored.count + rejections->count + 1, sizeof *fleet->baselines);
	if (!fleet->baselines)
		return error_memory(e);
	/* Counted before they are filled: half of one is cleared, too. */
	for (size_t i = 0; i < survey->stored.count; i++)
		if (survey->stored.items[i].state != STORE_WITHDRAWN &&
		    fill(&fleet->baselines[fleet->baseline_count++], survey, i, fleet->made_at, e) < 0)
			return -1;
	for (size_t i = 0; i < rejections->count; i++)
		if (rejections->items[i].fault == BASELINE_GONE &&
		    fill_gone(&fleet->baselines[fleet->baseline_count++], &rejections->items[i], e) < 0)
			return -1;
	return 0;
}

int overview_load_trust(struct overview *overview, struct error *e)
{
	CLEANUP(baseline_survey_clear) struct baseline_survey survey = {0};
	struct report_fleet *fleet = overview->fleet;

	if (baseline_survey(&survey, overview->memory, overview->store, &overview->setup->config, fleet->made_at, e) < 0)
		return -1;
	fleet->unchecked = survey.unchecked;
	fleet->rejected = survey.unchecked ? 0 : survey.rejections.count;
	if (survey.rejections.signers[0] && overview_copy(&fleet->signers_fault, survey.rejections.signers, e) < 0)
		return -1;
	if (list(fleet, &survey, e) < 0)
		return -1;
	return overview_load_rollouts(overview, &survey.stored, e);
}
