#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "sweep/internal.h"

int64_t sweep_now(const struct sweep_environment *environment)
{
	return environment->clock.now(environment->clock.userdata);
}

static bool applies(const struct manifest *manifest, const struct inventory_device *device)
{
	if (manifest->scope == MANIFEST_DEVICE)
		return strcmp(manifest->scope_name, device->asset) == 0;
	return inventory_model_same(manifest->scope_name, device->model);
}

int sweep_baselines_select(struct drift_baseline **ret_selected, size_t *ret_count,
			   const struct baselines *all, const struct inventory_device *device)
{
	CLEANUP(cleanup_free) struct drift_baseline *selected = NULL;
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct store_baseline *baseline = &all->items[i]->stored;
		if (!applies(&baseline->manifest, device))
			continue;
		struct drift_baseline one = {
			.manifest = &baseline->manifest,
			.id = baseline->id,
			.current = baseline->state == STORE_CURRENT,
			.accept_until = baseline->accept_until,
		};
		if (ARRAY_APPEND(selected, count, one) < 0)
			return -ENOMEM;
	}
	*ret_selected = TAKE(selected);
	*ret_count = count;
	return 0;
}

void sweep_preparation_clear(struct sweep_preparation *preparation)
{
	visit_order_clear(&preparation->order);
	visit_secret_clear(&preparation->secret);
}

/* Whether the order names path already: by the profile (the first literals names), or by one
 * of the earlier baselines. */
static bool has_name(const struct visit_paths *names, size_t literals,
		     const struct drift_baseline *earlier, size_t earlier_count, const char *path)
{
	for (size_t i = 0; i < literals; i++)
		if (strcmp(names->items[i], path) == 0)
			return true;
	for (size_t i = 0; i < earlier_count; i++)
		if (manifest_find(earlier[i].manifest, path))
			return true;
	return false;
}

/* A link that cannot list is asked for every file that a baseline vouches for. */
static int add_names(struct visit_order *order, const struct drift_baseline *baselines, size_t count)
{
	size_t literals = order->names.count;

	for (size_t i = 0; i < count; i++) {
		const struct manifest *manifest = baselines[i].manifest;
		for (size_t k = 0; k < manifest->file_count; k++) {
			const char *path = manifest->files[k].path;
			if (has_name(&order->names, literals, baselines, i, path))
				continue;
			if (visit_paths_add(&order->names, path) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* Note a fault that a person must mend. */
static int unusable(struct sweep_preparation *preparation, enum visit_outcome outcome, const char *words)
{
	preparation->outcome = outcome;
	text_copy(preparation->detail, sizeof preparation->detail, words);
	return 1;
}

int sweep_prepare(struct sweep_preparation *ret_preparation, const struct sweep_environment *environment,
		  const struct inventory_device *device, const struct drift_baseline *baselines,
		  size_t baseline_count, struct error *e)
{
	struct error fault = {0};
	CLEANUP(cleanup_free) char *user = NULL;
	const struct inventory_model *model = sweep_models_find(environment->models, device->model);

	*ret_preparation = (struct sweep_preparation){0};
	if (!model) {
		error_set(&fault, ERROR_CONFIG, "there is no profile for the model \"%s\"", device->model);
		return unusable(ret_preparation, VISIT_PROFILE_UNUSABLE, fault.text);
	}
	if (device->credential &&
	    credential_load(&environment->credentials, device->credential, &user, &ret_preparation->secret,
			    &fault) < 0)
		return unusable(ret_preparation, VISIT_CREDENTIAL_UNUSABLE, fault.text);
	if (inventory_order(&ret_preparation->order, device, model, user, &fault) < 0)
		return unusable(ret_preparation, VISIT_PROFILE_UNUSABLE, fault.text);
	if (!visit_scheme_lists(ret_preparation->order.address.scheme) &&
	    add_names(&ret_preparation->order, baselines, baseline_count) < 0)
		return error_memory(e);
	return 0;
}
