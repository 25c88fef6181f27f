#include <string.h>

#include "manifest/manifest.h"

/* By what both sides have; with no digest in common there is nothing to call it the same by. */
static bool is_same(const struct manifest_file *a, const struct manifest_file *b)
{
	bool md5 = a->has_md5 && b->has_md5;
	bool sha256 = a->has_sha256 && b->has_sha256;

	if (a->has_size && b->has_size && a->size != b->size)
		return false;
	if (md5 && memcmp(a->digest.md5, b->digest.md5, sizeof a->digest.md5) != 0)
		return false;
	if (sha256 && memcmp(a->digest.sha256, b->digest.sha256, sizeof a->digest.sha256) != 0)
		return false;
	return md5 || sha256;
}

void manifest_diff(const struct manifest *before, const struct manifest *after,
		   void (*on_change)(void *userdata, enum manifest_change change,
				     const struct manifest_file *before,
				     const struct manifest_file *after),
		   void *userdata)
{
	size_t b = 0, a = 0;

	while (b < before->file_count || a < after->file_count) {
		const struct manifest_file *old = b < before->file_count ? &before->files[b] : NULL;
		const struct manifest_file *new = a < after->file_count ? &after->files[a] : NULL;
		int order = !old ? 1 : !new ? -1 : strcmp(old->path, new->path);
		if (order < 0)
			on_change(userdata, MANIFEST_REMOVED, old, NULL);
		else if (order > 0)
			on_change(userdata, MANIFEST_ADDED, NULL, new);
		else if (!is_same(old, new))
			on_change(userdata, MANIFEST_CHANGED, old, new);
		b += order <= 0;
		a += order >= 0;
	}
}
