#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

#include "rollout/rollout.h"

static void release_clear(struct rollout_release *release)
{
	free(release->devices.items);
}

static void rollout_clear(struct rollout *rollout)
{
	for (size_t i = 0; i < rollout->release_count; i++)
		release_clear(&rollout->releases[i]);
	free(rollout->releases);
	free(rollout->stragglers.items);
	free(rollout->unknown.items);
}

void rollouts_clear(struct rollouts *rollouts)
{
	for (size_t i = 0; i < rollouts->count; i++)
		rollout_clear(&rollouts->items[i]);
	free(rollouts->items);
	*rollouts = (struct rollouts){0};
}

/* ---- releases ---- */

static bool is_of_same_scope(const struct manifest *a, const struct manifest *b)
{
	if (a->scope != b->scope || a->kind != b->kind)
		return false;
	return a->scope == MANIFEST_DEVICE ? strcmp(a->scope_name, b->scope_name) == 0
					   : inventory_model_same(a->scope_name, b->scope_name);
}

static bool is_accepted(const struct store_baseline *baseline, int64_t now)
{
	return baseline->fault[0] == '\0' && baseline->manifest.expires_at > now &&
	       (baseline->state == STORE_CURRENT ||
		(baseline->state == STORE_OLDER && baseline->accept_until > now));
}

static int add_release(struct rollout *rollout, const struct store_baseline *baseline, int64_t now)
{
	const struct rollout_release release = {.baseline = baseline, .accepted = is_accepted(baseline, now)};

	return ARRAY_APPEND(rollout->releases, rollout->release_count, release);
}

static int newest_first(const void *a, const void *b)
{
	const struct rollout_release *left = a;
	const struct rollout_release *right = b;
	uint64_t left_serial = left->baseline->manifest.serial;
	uint64_t right_serial = right->baseline->manifest.serial;

	return (left_serial < right_serial) - (left_serial > right_serial);
}

/* The one in force has the highest serial of all that ever were. */
static int gather(struct rollout *rollout, const struct store_baseline *current,
		  const struct store_baselines *baselines, int64_t now)
{
	if (add_release(rollout, current, now) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < baselines->count; i++) {
		const struct store_baseline *one = &baselines->items[i];
		if (one->state == STORE_OLDER && one->fault[0] == '\0' &&
		    is_of_same_scope(&one->manifest, &current->manifest) && add_release(rollout, one, now) < 0)
			return -ENOMEM;
	}
	qsort(rollout->releases + 1, rollout->release_count - 1, sizeof *rollout->releases, newest_first);
	return 0;
}

/* ---- devices ---- */

static bool has_own_release(const struct store_baselines *baselines, const char *asset, enum visit_kind kind,
			    int64_t now)
{
	for (size_t i = 0; i < baselines->count; i++) {
		const struct store_baseline *one = &baselines->items[i];
		if (is_accepted(one, now) && one->manifest.scope == MANIFEST_DEVICE &&
		    one->manifest.kind == kind && strcmp(one->manifest.scope_name, asset) == 0)
			return true;
	}
	return false;
}

static bool applies(const struct manifest *manifest, const struct inventory_device *device,
		    const struct store_baselines *baselines, int64_t now)
{
	if (device->state == INVENTORY_RETIRED)
		return false;
	if (manifest->scope == MANIFEST_DEVICE)
		return strcmp(manifest->scope_name, device->asset) == 0;
	return inventory_model_same(manifest->scope_name, device->model) &&
	       !has_own_release(baselines, device->asset, manifest->kind, now);
}

static int add_device(struct rollout_devices *devices, const struct store_device *device)
{
	return ARRAY_APPEND(devices->items, devices->count, device);
}

static int place(struct rollout *rollout, const struct store_device *device, enum visit_kind kind)
{
	const struct store_release *on = &device->standing.releases[kind];

	rollout->device_count++;
	for (size_t i = 0; i < rollout->release_count && !on->doubtful; i++) {
		struct rollout_release *release = &rollout->releases[i];
		if (strcmp(release->baseline->id, on->manifest) != 0)
			continue;
		if (i > 0 && add_device(&rollout->stragglers, device) < 0)
			return -ENOMEM;
		return add_device(&release->devices, device);
	}
	return add_device(&rollout->unknown, device);
}

static int by_department(const void *a, const void *b)
{
	const struct inventory_device *left = &(*(const struct store_device *const *)a)->device;
	const struct inventory_device *right = &(*(const struct store_device *const *)b)->device;

	if (!left->department != !right->department)
		return left->department ? -1 : 1;
	int order = left->department ? strcmp(left->department, right->department) : 0;
	return order != 0 ? order : strcmp(left->asset, right->asset);
}

static void sort(struct rollout_devices *devices)
{
	if (devices->count > 1)
		qsort(devices->items, devices->count, sizeof(const struct store_device *), by_department);
}

static void sort_all(struct rollout *rollout)
{
	for (size_t i = 0; i < rollout->release_count; i++)
		sort(&rollout->releases[i].devices);
	sort(&rollout->stragglers);
	sort(&rollout->unknown);
}

/* ---- rollouts ---- */

/* What is past its date and has no device left is over. */
static void drop_ended(struct rollout *rollout)
{
	size_t kept = 1;

	for (size_t i = 1; i < rollout->release_count; i++) {
		if (rollout->releases[i].accepted || rollout->releases[i].devices.count > 0)
			rollout->releases[kept++] = rollout->releases[i];
		else
			release_clear(&rollout->releases[i]);
	}
	rollout->release_count = kept;
}

static int fill(struct rollout *rollout, const struct store_baseline *current,
		const struct store_baselines *baselines, const struct store_devices *devices, int64_t now)
{
	if (gather(rollout, current, baselines, now) < 0)
		return -ENOMEM;
	if (rollout->release_count == 1)
		return 0;
	for (size_t i = 0; i < devices->count; i++)
		if (applies(&current->manifest, &devices->items[i].device, baselines, now) &&
		    place(rollout, &devices->items[i], current->manifest.kind) < 0)
			return -ENOMEM;
	drop_ended(rollout);
	sort_all(rollout);
	return 0;
}

int rollouts_find(struct rollouts *ret_rollouts, const struct store_baselines *baselines,
		  const struct store_devices *devices, int64_t now)
{
	CLEANUP(rollouts_clear) struct rollouts rollouts = {0};

	for (size_t i = 0; i < baselines->count; i++) {
		const struct store_baseline *current = &baselines->items[i];
		CLEANUP(rollout_clear) struct rollout rollout = {0};
		if (current->state != STORE_CURRENT || current->fault[0] != '\0')
			continue;
		if (fill(&rollout, current, baselines, devices, now) < 0)
			return -ENOMEM;
		if (rollout.release_count == 1)
			continue;
		if (ARRAY_APPEND(rollouts.items, rollouts.count, rollout) < 0)
			return -ENOMEM;
		rollout = (struct rollout){0}; /* the list's now */
	}
	*ret_rollouts = rollouts;
	rollouts = (struct rollouts){0};
	return 0;
}
