#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "baseline/baseline.h"
#include "config/config.h"

struct baseline_memory {
	struct trust_signers signers; /* the last good ones */
	bool has_signers;
	struct baselines believed; /* at the last refresh */
};

/* ---- one that is believed ---- */

static struct baseline *use(struct baseline *baseline)
{
	baseline->users++;
	return baseline;
}

static void end_use(struct baseline *baseline)
{
	if (!baseline || --baseline->users > 0)
		return;
	store_baseline_clear(&baseline->stored);
	free(baseline);
}

void baselines_clear(struct baselines *baselines)
{
	for (size_t i = 0; i < baselines->count; i++)
		end_use(baselines->items[i]);
	free(baselines->items);
	*baselines = (struct baselines){0};
}

/* Give a use of baseline to the list, or end it. */
static int add_use(struct baselines *baselines, struct baseline *baseline, struct error *e)
{
	if (ARRAY_APPEND(baselines->items, baselines->count, baseline) == 0)
		return 0;
	end_use(baseline);
	return error_memory(e);
}

static int copy_uses(struct baselines *ret_copy, const struct baselines *baselines, struct error *e)
{
	CLEANUP(baselines_clear) struct baselines copy = {0};

	for (size_t i = 0; i < baselines->count; i++)
		if (add_use(&copy, use(baselines->items[i]), e) < 0)
			return -1;
	*ret_copy = copy;
	copy = (struct baselines){0};
	return 0;
}

static struct baseline *find(const struct baselines *baselines, const char *id)
{
	for (size_t i = 0; i < baselines->count; i++)
		if (strcmp(baselines->items[i]->stored.id, id) == 0)
			return baselines->items[i];
	return NULL;
}

static bool same_succession(const struct manifest *a, const struct manifest *b)
{
	return a->scope == b->scope && a->kind == b->kind && a->scope_name && b->scope_name &&
	       strcmp(a->scope_name, b->scope_name) == 0;
}

/* ---- one that is not ---- */

static void clear_rejection(struct baseline_rejection *rejection)
{
	free(rejection->scope);
	free(rejection->release);
}

void baseline_rejections_clear(struct baseline_rejections *rejections)
{
	for (size_t i = 0; i < rejections->count; i++)
		clear_rejection(&rejections->items[i]);
	free(rejections->items);
	*rejections = (struct baseline_rejections){0};
}

static int reject(struct baseline_rejections *rejections, const struct store_baseline *stored,
		  enum baseline_fault fault, const char *why, bool kept, struct error *e)
{
	const struct manifest *manifest = &stored->manifest;
	struct baseline_rejection rejection = {.fault = fault, .serial = manifest->serial, .kept = kept};

	text_copy(rejection.id, sizeof rejection.id, stored->id);
	text_copy(rejection.why, sizeof rejection.why, why);
	if (manifest->scope_name) {
		rejection.has_kind = true;
		rejection.kind = manifest->kind;
		if (asprintf(&rejection.scope, "%s %s", manifest_scope_name(manifest->scope),
			     manifest->scope_name) < 0) {
			rejection.scope = NULL; /* asprintf leaves it undefined */
			return error_memory(e);
		}
	}
	if ((manifest->release && !(rejection.release = strdup(manifest->release))) ||
	    ARRAY_APPEND(rejections->items, rejections->count, rejection) < 0) {
		clear_rejection(&rejection);
		return error_memory(e);
	}
	return 0;
}

/* ---- what is believed now ---- */

struct refresh {
	const struct baseline_memory *memory; /* as it was before */
	struct trust_signers signers; /* as read anew */
	bool has_signers;
	struct store_baselines stored; /* what is believed of it has moved out */
	struct baseline_check *checks; /* of each of these */
	struct trust_policy policy;
	int64_t now;
	struct baselines believed;
	struct baseline_rejections rejections;
};

static void clear_refresh(struct refresh *refresh)
{
	trust_signers_clear(&refresh->signers);
	store_baselines_clear(&refresh->stored);
	free(refresh->checks);
	baselines_clear(&refresh->believed);
	baseline_rejections_clear(&refresh->rejections);
}

/* Whether a later one of its scope and kind was ever in force, by the store or by memory. */
static bool has_successor(const struct refresh *refresh, const struct store_baseline *stored)
{
	const struct baselines *known = &refresh->memory->believed;

	for (size_t i = 0; i < refresh->stored.count; i++) {
		const struct store_baseline *other = &refresh->stored.items[i];
		if (other->in_force_at > 0 && same_succession(&other->manifest, &stored->manifest) &&
		    other->manifest.serial > stored->manifest.serial)
			return true;
	}
	for (size_t i = 0; i < known->count; i++)
		if (same_succession(&known->items[i]->stored.manifest, &stored->manifest) &&
		    known->items[i]->stored.manifest.serial > stored->manifest.serial)
			return true;
	return false;
}

/* The copy of before stays in force when it is good by today's signers. Returns 1 when it does,
 * 0 when there is none that does, or -1. */
static int keep_copy(struct refresh *refresh, const char *id, struct error *e)
{
	struct baseline *copy = find(&refresh->memory->believed, id);
	struct baseline_check check;

	if (!copy)
		return 0;
	if (baseline_check(&check, &copy->stored, &refresh->policy, refresh->now, e) < 0)
		return -1;
	if (check.fault != BASELINE_FINE)
		return 0;
	return add_use(&refresh->believed, use(copy), e) < 0 ? -1 : 1;
}

static int refuse(struct refresh *refresh, const struct store_baseline *stored, enum baseline_fault fault,
		  const char *why, struct error *e)
{
	int kept = keep_copy(refresh, stored->id, e);

	return kept < 0 ? -1 : reject(&refresh->rejections, stored, fault, why, kept > 0, e);
}

static int believe(struct refresh *refresh, struct store_baseline *stored, struct error *e)
{
	struct baseline *baseline = calloc(1, sizeof *baseline);

	if (!baseline)
		return error_memory(e);
	*baseline = (struct baseline){.users = 1, .stored = *stored};
	*stored = (struct store_baseline){0};
	return add_use(&refresh->believed, baseline, e);
}

static bool in_force(const struct store_baseline *stored)
{
	return stored->state == STORE_CURRENT || stored->state == STORE_OLDER;
}

static int judge(struct refresh *refresh, size_t place, struct error *e)
{
	const struct store_baseline *stored = &refresh->stored.items[place];
	struct baseline_check *check = &refresh->checks[place];

	if (baseline_check(check, stored, &refresh->policy, refresh->now, e) < 0)
		return -1;
	if (check->fault != BASELINE_FINE || stored->state != STORE_CURRENT || !has_successor(refresh, stored))
		return 0;
	check->fault = BASELINE_MISPLACED;
	text_copy(check->why, sizeof check->why,
		  "the store calls it current, but a later serial was in force: the store was altered, or an older "
		  "copy of it restored");
	return 0;
}

static int judge_all(struct refresh *refresh, struct error *e)
{
	size_t count = refresh->stored.count;

	refresh->checks = calloc(count ? count : 1, sizeof *refresh->checks);
	if (!refresh->checks)
		return error_memory(e);
	for (size_t i = 0; i < count; i++)
		if (refresh->stored.items[i].state != STORE_WITHDRAWN && judge(refresh, i, e) < 0)
			return -1;
	return 0;
}

static int refuse_bad(struct refresh *refresh, struct error *e)
{
	for (size_t i = 0; i < refresh->stored.count; i++) {
		const struct store_baseline *stored = &refresh->stored.items[i];
		const struct baseline_check *check = &refresh->checks[i];
		if (in_force(stored) && check->fault != BASELINE_FINE &&
		    refuse(refresh, stored, check->fault, check->why, e) < 0)
			return -1;
	}
	return 0;
}

/* What was believed before and of which the store speaks no more. One that was withdrawn is
 * let go: that can only lead to less trust. */
static int miss_gone(struct refresh *refresh, struct error *e)
{
	const struct baselines *before = &refresh->memory->believed;

	for (size_t i = 0; i < before->count; i++) {
		const struct store_baseline *copy = &before->items[i]->stored;
		bool told = false;
		for (size_t k = 0; k < refresh->stored.count && !told; k++)
			told = refresh->stored.items[k].state != STORE_CANDIDATE &&
			       strcmp(refresh->stored.items[k].id, copy->id) == 0;
		if (!told && refuse(refresh, copy, BASELINE_GONE,
				    "it was in force, and the store does not have it so any more: the store was altered, "
				    "or an older copy of it restored", e) < 0)
			return -1;
	}
	return 0;
}

/* The last: what is believed moves out of what is stored. */
static int believe_good(struct refresh *refresh, struct error *e)
{
	for (size_t i = 0; i < refresh->stored.count; i++)
		if (in_force(&refresh->stored.items[i]) && refresh->checks[i].fault == BASELINE_FINE &&
		    believe(refresh, &refresh->stored.items[i], e) < 0)
			return -1;
	return 0;
}

/* Where the file is refused, the last good signers stay in use, if there are any. */
static int load_signers(struct refresh *refresh, const struct config *config, struct error *e)
{
	const struct baseline_memory *memory = refresh->memory;
	struct error why;

	refresh->has_signers = baseline_signers_load(&refresh->signers, config, &why) == 0;
	refresh->policy = baseline_policy(config, refresh->has_signers ? &refresh->signers : &memory->signers);
	if (refresh->has_signers)
		return 0;
	text_copy(refresh->rejections.signers, sizeof refresh->rejections.signers, why.text);
	return memory->has_signers ? 0 : error_set(e, why.code, "%s", why.text);
}

static int look(struct refresh *refresh, struct store *store, struct error *e)
{
	if (store_baselines_list(store, NULL, NULL, &refresh->stored, e) < 0 || judge_all(refresh, e) < 0 ||
	    refuse_bad(refresh, e) < 0)
		return -1;
	return miss_gone(refresh, e);
}

int baseline_refresh(struct baselines *ret_baselines, struct baseline_rejections *ret_rejections,
		     struct baseline_memory *memory, struct store *store, const struct config *config,
		     int64_t now, struct error *e)
{
	CLEANUP(clear_refresh) struct refresh refresh = {.memory = memory, .now = now};
	struct baselines copy;

	if (load_signers(&refresh, config, e) < 0 || look(&refresh, store, e) < 0 ||
	    believe_good(&refresh, e) < 0 || copy_uses(&copy, &refresh.believed, e) < 0)
		return -1;
	baselines_clear(&memory->believed);
	memory->believed = copy;
	if (refresh.has_signers) {
		trust_signers_clear(&memory->signers);
		memory->signers = refresh.signers;
		memory->has_signers = config->approvals > 0;
		refresh.signers = (struct trust_signers){0};
	}
	*ret_baselines = refresh.believed;
	*ret_rejections = refresh.rejections;
	refresh.believed = (struct baselines){0};
	refresh.rejections = (struct baseline_rejections){0};
	return 0;
}

void baseline_survey_clear(struct baseline_survey *survey)
{
	store_baselines_clear(&survey->stored);
	free(survey->checks);
	baseline_rejections_clear(&survey->rejections);
	trust_signers_clear(&survey->signers);
	*survey = (struct baseline_survey){0};
}

int baseline_survey(struct baseline_survey *ret_survey, const struct baseline_memory *memory, struct store *store,
		    const struct config *config, int64_t now, struct error *e)
{
	static const struct baseline_memory none;
	CLEANUP(clear_refresh) struct refresh refresh = {.memory = memory ? memory : &none, .now = now};
	struct error why;
	bool can_check = load_signers(&refresh, config, &why) == 0;

	if (look(&refresh, store, e) < 0)
		return -1;
	*ret_survey = (struct baseline_survey){
		.stored = refresh.stored, .checks = refresh.checks, .rejections = refresh.rejections,
		.unchecked = !can_check, .signers = refresh.signers,
	};
	refresh.stored = (struct store_baselines){0};
	refresh.checks = NULL;
	refresh.rejections = (struct baseline_rejections){0};
	refresh.signers = (struct trust_signers){0};
	return 0;
}

struct baseline_memory *baseline_memory_new(void)
{
	return calloc(1, sizeof(struct baseline_memory));
}

void baseline_memory_free(struct baseline_memory *memory)
{
	if (!memory)
		return;
	trust_signers_clear(&memory->signers);
	baselines_clear(&memory->believed);
	free(memory);
}
