#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "file/file.h"
#include "sweep/sweep.h"

enum { MODEL_BYTES_MAX = 256 * 1024 };

struct loading {
	struct sweep_models models;
	struct text sums; /* a line a file, as sha256sum writes it */
};

static void clear_loading(struct loading *loading)
{
	sweep_models_clear(&loading->models);
	text_clear(&loading->sums);
}

static int add_sum(struct text *sums, const char *path, const struct text *text, struct error *e)
{
	const char *slash = strrchr(path, '/');
	char digest[DIGEST_SHA256_HEX + 1];

	if (digest_sha256_hex(digest, text->data ? text->data : "", text->length) < 0)
		return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
	text_addf(sums, "%s  %s\n", digest, slash ? slash + 1 : path);
	return sums->failed ? error_memory(e) : 0;
}

static int add_model(void *userdata, const char *path, struct error *e)
{
	struct loading *loading = userdata;
	struct sweep_models *models = &loading->models;
	CLEANUP(text_clear) struct text text;
	CLEANUP(inventory_model_clear) struct inventory_model model = {0};

	text_init(&text);
	if (file_read(&text, path, MODEL_BYTES_MAX, ERROR_CONFIG, e) < 0 ||
	    add_sum(&loading->sums, path, &text, e) < 0)
		return -1;
	if (inventory_model_parse(&model, path, text.data ? text.data : "", text.length, e) < 0)
		return -1;
	const struct inventory_model *twin = sweep_models_find(models, model.name);
	if (twin)
		return error_set(e, ERROR_CONFIG,
				 "%s: the name \"%s\" is too like \"%s\": rename one of the two files",
				 path, model.name, twin->name);
	if (ARRAY_APPEND(models->items, models->count, model) < 0)
		return error_memory(e);
	model = (struct inventory_model){0};
	return 0;
}

int sweep_models_load(struct sweep_models *ret_models, const char *folder, struct error *e)
{
	CLEANUP(clear_loading) struct loading loading = {0};

	if (file_each(folder, ".ini", add_model, &loading, e) < 0)
		return -1;
	if (loading.models.count == 0)
		return error_set(e, ERROR_CONFIG, "%s: there is no profile (*.ini) in this folder", folder);
	if (digest_sha256_hex(loading.models.sha256, loading.sums.data, loading.sums.length) < 0)
		return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
	*ret_models = loading.models;
	loading.models = (struct sweep_models){0};
	return 0;
}

void sweep_models_clear(struct sweep_models *models)
{
	for (size_t i = 0; i < models->count; i++)
		inventory_model_clear(&models->items[i]);
	free(models->items);
	*models = (struct sweep_models){0};
}

const struct inventory_model *sweep_models_find(const struct sweep_models *models, const char *name)
{
	for (size_t i = 0; i < models->count; i++)
		if (inventory_model_same(models->items[i].name, name))
			return &models->items[i];
	return NULL;
}
