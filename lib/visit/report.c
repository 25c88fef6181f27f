#include <stdlib.h>
#include <string.h>

#include "visit/visit.h"

void visit_observation_clear(struct visit_observation *observation)
{
	free(observation->path);
	*observation = (struct visit_observation){0};
}

void visit_report_clear(struct visit_report *report)
{
	for (size_t i = 0; i < report->observation_count; i++)
		visit_observation_clear(&report->observations[i]);
	free(report->observations);
	*report = (struct visit_report){0};
}

static int by_path(const void *a, const void *b)
{
	const struct visit_observation *left = a;
	const struct visit_observation *right = b;

	return strcmp(left->path, right->path);
}

void visit_report_sort(struct visit_report *report)
{
	if (report->observation_count > 1)
		qsort(report->observations, report->observation_count, sizeof *report->observations,
		      by_path);
}

const struct visit_observation *visit_report_find(const struct visit_report *report, const char *path)
{
	struct visit_observation key = {.path = (char *)(uintptr_t)path}; /* only read */

	if (report->observation_count == 0)
		return NULL;
	return bsearch(&key, report->observations, report->observation_count,
		       sizeof *report->observations, by_path);
}
