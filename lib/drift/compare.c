#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"

#include "drift/internal.h"

static bool is_valid(const struct drift_baseline *baseline, enum visit_kind kind, int64_t now)
{
	return baseline->manifest->kind == kind && baseline->manifest->expires_at > now;
}

static enum drift_standing standing_of(const struct drift_baseline *baseline, int64_t now)
{
	if (baseline->current)
		return DRIFT_CURRENT;
	return baseline->accept_until > now ? DRIFT_ACCEPTED : DRIFT_PAST;
}

static int by_standing(const void *a, const void *b)
{
	const struct drift_candidate *left = a;
	const struct drift_candidate *right = b;
	uint64_t left_serial = left->baseline->manifest->serial;
	uint64_t right_serial = right->baseline->manifest->serial;

	if (left->standing != right->standing)
		return left->standing < right->standing ? -1 : 1;
	return (left_serial < right_serial) - (left_serial > right_serial);
}

/* Gather the releases of one scope for the kind of one. Returns 0 or -ENOMEM. */
static int gather(struct drift_case *one, enum manifest_scope scope,
		  const struct drift_baseline *baselines, size_t count, int64_t now)
{
	free(TAKE(one->candidates));
	one->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct drift_candidate candidate = {
			.baseline = &baselines[i],
			.standing = standing_of(&baselines[i], now),
		};
		if (baselines[i].manifest->scope != scope || !is_valid(&baselines[i], one->kind, now))
			continue;
		if (ARRAY_APPEND(one->candidates, one->count, candidate) < 0)
			return -ENOMEM;
	}
	if (one->count > 1)
		qsort(one->candidates, one->count, sizeof *one->candidates, by_standing);
	return 0;
}

static bool is_in_force(const struct drift_case *one)
{
	return one->count > 0 && one->candidates[0].standing != DRIFT_PAST;
}

/* Whether people approved anything of the device that still holds. */
static bool any_in_force(const struct drift_baseline *baselines, size_t count, int64_t now)
{
	for (size_t i = 0; i < count; i++)
		if (baselines[i].manifest->expires_at > now &&
		    standing_of(&baselines[i], now) != DRIFT_PAST)
			return true;
	return false;
}

/* How many files of this kind were seen. */
static uint64_t count_seen(const struct drift_case *one)
{
	uint64_t count = 0;

	for (size_t i = 0; i < one->report->observation_count; i++) {
		const struct visit_observation *seen = &one->report->observations[i];
		count += seen->kind == one->kind && seen->outcome != VISIT_FILE_NOT_FOUND;
	}
	return count;
}

static void cleanup_case(struct drift_case *one)
{
	free(one->candidates);
}

static int compare_kind(struct drift_verdict *verdict, const struct visit_report *report,
			const struct drift_scope *scope, enum visit_kind kind,
			const struct drift_baseline *baselines, size_t count, int64_t now)
{
	static const struct manifest nothing = {.kind = VISIT_OTHER};
	static const struct drift_baseline none = {.manifest = &nothing, .id = "", .current = true};
	CLEANUP(cleanup_case) struct drift_case one = {.report = report, .scope = scope, .kind = kind};
	struct drift_candidate empty = {.baseline = &none, .standing = DRIFT_CURRENT};
	struct drift_kind *standing = &verdict->kinds[kind];

	if (gather(&one, MANIFEST_DEVICE, baselines, count, now) < 0 ||
	    (!is_in_force(&one) && gather(&one, MANIFEST_MODEL, baselines, count, now) < 0))
		return -ENOMEM;
	uint64_t seen = count_seen(&one);
	/* Where a whole visit saw nothing of a kind, and nobody approved any, there is none. */
	standing->covered = one.count > 0 || seen > 0 ||
			    (scope->pulls[kind] && report->outcome != VISIT_OK);
	if (!standing->covered)
		return 0;
	if (is_in_force(&one))
		return drift_judge_kind(verdict, &one);
	/* "Other" is what nobody expected: beside approved kinds its files are added. */
	if (kind == VISIT_OTHER && any_in_force(baselines, count, now)) {
		one.count = 0;
		if (ARRAY_APPEND(one.candidates, one.count, empty) < 0)
			return -ENOMEM;
		return drift_judge_kind(verdict, &one);
	}
	standing->result = DRIFT_UNTRUSTED;
	verdict->unchecked += seen;
	return 0;
}

static enum drift_result worse(enum drift_result a, enum drift_result b)
{
	return a > b ? a : b;
}

/* The best that can be said after a visit with this outcome. */
static enum drift_result best_result(enum visit_outcome outcome)
{
	switch (visit_outcome_contact(outcome)) {
	case VISIT_CONTACT_MADE:
		return outcome == VISIT_OK ? DRIFT_VERIFIED : DRIFT_PARTIAL;
	case VISIT_CONTACT_NONE:
		return DRIFT_UNREACHABLE;
	case VISIT_CONTACT_REFUSED:
		return DRIFT_REFUSED;
	case VISIT_CONTACT_WRONG:
		return DRIFT_WRONG_DEVICE;
	case VISIT_CONTACT_NOT_TRIED:
		break;
	}
	return DRIFT_PARTIAL;
}

static enum drift_result overall(const struct drift_verdict *verdict, const struct visit_report *report)
{
	enum drift_result result = best_result(report->outcome);
	bool covered = false;

	if (report->outcome == VISIT_CANCELLED && report->observation_count == 0)
		return DRIFT_SKIPPED;
	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++) {
		if (!verdict->kinds[kind].covered)
			continue;
		covered = true;
		result = worse(result, verdict->kinds[kind].result);
	}
	return covered ? result : worse(result, DRIFT_UNTRUSTED);
}

int drift_compare(struct drift_verdict *ret_verdict, const struct visit_report *report,
		  const struct drift_scope *scope, const struct drift_baseline *baselines,
		  size_t baseline_count, int64_t now)
{
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = {0};

	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++)
		if (compare_kind(&verdict, report, scope, (enum visit_kind)kind, baselines,
				 baseline_count, now) < 0)
			return -ENOMEM;
	verdict.result = overall(&verdict, report);
	*ret_verdict = verdict;
	verdict = (struct drift_verdict){0};
	return 0;
}
