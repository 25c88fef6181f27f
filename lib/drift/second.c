#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

#include "drift/drift.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Two kinds may have a finding at the same path. */
static void sort_and_drop_twins(struct visit_paths *paths)
{
	size_t kept = 0;

	if (paths->count > 1)
		qsort(paths->items, paths->count, sizeof *paths->items, by_text);
	for (size_t i = 0; i < paths->count; i++) {
		if (kept > 0 && strcmp(paths->items[kept - 1], paths->items[i]) == 0)
			free(paths->items[i]);
		else
			paths->items[kept++] = paths->items[i];
	}
	paths->count = kept;
}

int drift_second_look(struct visit_paths *ret_paths, const struct drift_verdict *verdict)
{
	CLEANUP(visit_paths_clear) struct visit_paths paths = {0};

	for (size_t i = 0; i < verdict->finding_count; i++) {
		const struct drift_finding *finding = &verdict->findings[i];
		if (!finding->path || finding->type == DRIFT_ADDED || finding->type == DRIFT_UNREADABLE)
			continue;
		if (visit_paths_add(&paths, finding->path) < 0)
			return -ENOMEM;
	}
	sort_and_drop_twins(&paths);
	*ret_paths = paths;
	paths = (struct visit_paths){0};
	return 0;
}

/* What one reading says of a path. */
enum reading { CONTENT, ABSENCE, FAILURE };

static enum reading reading_of(enum visit_outcome outcome)
{
	return outcome == VISIT_OK ? CONTENT : outcome == VISIT_FILE_NOT_FOUND ? ABSENCE : FAILURE;
}

/* The outcome of a path after two readings, first and again: NULL stands for a path that was
 * not among those listed, unanswered for one that the second visit did not get to. */
static enum visit_outcome merge_outcomes(const struct visit_observation *first,
					 const struct visit_observation *again,
					 enum visit_outcome unanswered)
{
	enum visit_outcome before = first ? first->outcome : VISIT_FILE_NOT_FOUND;
	enum visit_outcome after = again ? again->outcome : unanswered;

	if (reading_of(before) == FAILURE)
		return before;
	if (reading_of(after) == FAILURE)
		return after;
	if (reading_of(before) != reading_of(after))
		return VISIT_UNSTABLE;
	if (before == VISIT_OK && memcmp(first->digest.sha256, again->digest.sha256,
					 sizeof first->digest.sha256) != 0)
		return VISIT_UNSTABLE;
	return before;
}

static int add_observation(struct visit_report *report, const struct visit_order *order,
			   const char *path, enum visit_outcome outcome)
{
	const struct visit_selector *selector =
		visit_select(order->selectors, order->selector_count, path);
	CLEANUP(visit_observation_clear) struct visit_observation observation = {
		.path = strdup(path),
		.kind = selector ? selector->kind : VISIT_OTHER,
		.outcome = outcome,
	};

	if (!observation.path ||
	    ARRAY_APPEND(report->observations, report->observation_count, observation) < 0)
		return -ENOMEM;
	observation.path = NULL; /* the report's now */
	return 0;
}

static int merge_path(struct visit_report *first, size_t count, const struct visit_report *second,
		      const struct visit_order *order, const char *path)
{
	/* Those added on the way stand behind, unsorted: look among the first count only. */
	const struct visit_report before = {.observations = first->observations, .observation_count = count};
	const struct visit_observation *seen = visit_report_find(&before, path);
	const struct visit_observation *again = visit_report_find(second, path);
	enum visit_outcome unanswered =
		second->outcome == VISIT_OK ? VISIT_PULLER_FAILED : second->outcome;
	enum visit_outcome outcome = merge_outcomes(seen, again, unanswered);

	if (!seen)
		return outcome == VISIT_FILE_NOT_FOUND ? 0 : add_observation(first, order, path, outcome);
	struct visit_observation *kept = &first->observations[seen - first->observations];
	kept->outcome = outcome;
	if (outcome != VISIT_OK)
		kept->digest = (struct digest_pair){0};
	return 0;
}

int drift_merge_second(struct visit_report *first, const struct visit_report *second,
		       const struct visit_order *order)
{
	size_t count = first->observation_count;

	for (size_t i = 0; i < order->only.count; i++)
		if (merge_path(first, count, second, order, order->only.items[i]) < 0)
			return -ENOMEM;
	visit_report_sort(first);
	if (visit_outcome_contact(second->outcome) == VISIT_CONTACT_WRONG) {
		first->outcome = second->outcome;
		memcpy(first->detail, second->detail, sizeof first->detail);
		memcpy(first->seen_pin, second->seen_pin, sizeof first->seen_pin);
		memcpy(first->seen_key, second->seen_key, sizeof first->seen_key);
		memcpy(first->seen_serial, second->seen_serial, sizeof first->seen_serial);
		memcpy(first->seen_address, second->seen_address, sizeof first->seen_address);
	}
	return 0;
}
