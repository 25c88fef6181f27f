#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

#include "manifest/internal.h"

void manifest_file_clear(struct manifest_file *file)
{
	free(file->path);
	*file = (struct manifest_file){0};
}

void manifest_clear(struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->file_count; i++)
		manifest_file_clear(&manifest->files[i]);
	free(manifest->files);
	free(manifest->site);
	free(manifest->scope_name);
	free(manifest->release);
	free(manifest->list_name);
	*manifest = (struct manifest){0};
}

static int by_path(const void *a, const void *b)
{
	const struct manifest_file *left = a;
	const struct manifest_file *right = b;

	return strcmp(left->path, right->path);
}

void manifest_sort(struct manifest *manifest)
{
	if (manifest->file_count > 1)
		qsort(manifest->files, manifest->file_count, sizeof *manifest->files, by_path);
}

const struct manifest_file *manifest_find(const struct manifest *manifest, const char *path)
{
	struct manifest_file key = {.path = (char *)(uintptr_t)path}; /* only read */

	if (manifest->file_count == 0)
		return NULL;
	return bsearch(&key, manifest->files, manifest->file_count, sizeof *manifest->files, by_path);
}

int manifest_add(struct manifest *manifest, const char *path, uint64_t size,
		 const struct digest_pair *digest)
{
	CLEANUP(manifest_file_clear) struct manifest_file file = {
		.has_size = true,
		.has_md5 = true,
		.has_sha256 = true,
		.size = size,
		.digest = *digest,
	};

	if (!visit_path_is_safe(path))
		return -EINVAL;
	file.path = strdup(path);
	if (!file.path || ARRAY_APPEND(manifest->files, manifest->file_count, file) < 0)
		return -ENOMEM;
	file.path = NULL; /* the manifest's now */
	return 0;
}

int manifest_id(char ret_id[static MANIFEST_ID_SIZE], const char *bytes, size_t length)
{
	return digest_sha256_hex(ret_id, bytes, length);
}
