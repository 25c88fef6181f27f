#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"
#include "rollout/rollout.h"
#include "overview/internal.h"

static bool same_department(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int add_department(struct report_rollout *rollout, const char *name, struct error *e)
{
	struct report_department department = {.count = 1};
	size_t count = rollout->department_count;

	/* They come by department. */
	if (count > 0 && same_department(rollout->departments[count - 1].name, name)) {
		rollout->departments[count - 1].count++;
		return 0;
	}
	if (overview_copy(&department.name, name, e) < 0)
		return -1;
	if (ARRAY_APPEND(rollout->departments, rollout->department_count, department) == 0)
		return 0;
	free(department.name);
	return error_memory(e);
}

/* Most first, then by name, none last. */
static int compare_departments(const void *a, const void *b)
{
	const struct report_department *left = a;
	const struct report_department *right = b;

	if (left->count != right->count)
		return left->count < right->count ? 1 : -1;
	if (!left->name || !right->name)
		return !left->name - !right->name;
	return strcmp(left->name, right->name);
}

/* Until when the first of the older releases counts that devices are on. */
static int64_t first_end(const struct rollout *rollout)
{
	int64_t first = 0;

	for (size_t i = 1; i < rollout->release_count; i++) {
		const struct store_baseline *baseline = rollout->releases[i].baseline;
		int64_t end = baseline->accept_until < baseline->manifest.expires_at ? baseline->accept_until
										     : baseline->manifest.expires_at;
		if (rollout->releases[i].devices.count > 0 && (first == 0 || end < first))
			first = end;
	}
	return first;
}

static int fill(struct report_rollout *ret, const struct rollout *rollout, struct error *e)
{
	const struct manifest *manifest = &rollout->releases[0].baseline->manifest;

	*ret = (struct report_rollout){
		.kind = manifest->kind, .devices = rollout->device_count,
		.on_current = rollout->releases[0].devices.count, .on_older = rollout->stragglers.count,
		.unknown = rollout->unknown.count, .accept_until = first_end(rollout),
	};
	if (asprintf(&ret->scope, "%s %s", manifest_scope_name(manifest->scope), manifest->scope_name) < 0) {
		ret->scope = NULL; /* asprintf leaves it undefined */
		return error_memory(e);
	}
	if (overview_copy(&ret->release, manifest->release, e) < 0)
		return -1;
	for (size_t i = 0; i < rollout->stragglers.count; i++)
		if (add_department(ret, rollout->stragglers.items[i]->device.department, e) < 0)
			return -1;
	if (ret->department_count > 1)
		qsort(ret->departments, ret->department_count, sizeof *ret->departments, compare_departments);
	return 0;
}

int overview_load_rollouts(struct overview *overview, const struct store_baselines *baselines, struct error *e)
{
	struct report_fleet *fleet = overview->fleet;
	CLEANUP(rollouts_clear) struct rollouts rollouts = {0};

	if (rollouts_find(&rollouts, baselines, &overview->devices, fleet->made_at) < 0)
		return error_memory(e);
	fleet->rollouts = calloc(rollouts.count + 1, sizeof *fleet->rollouts);
	if (!fleet->rollouts)
		return error_memory(e);
	for (size_t i = 0; i < rollouts.count; i++) {
		fleet->rollout_count++; /* cleared also when half filled */
		if (fill(&fleet->rollouts[i], &rollouts.items[i], e) < 0)
			return -1;
	}
	return 0;
}
