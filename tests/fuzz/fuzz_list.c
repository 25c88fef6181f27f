/* The files of any list that is read are sorted, unique and safe; with what a manifest needs
 * they make one, which reads back the same as a manifest and as a list. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"
#include "manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void on_change(void *userdata, enum manifest_change change, const struct manifest_file *before,
		      const struct manifest_file *after)
{
	(void)userdata;
	(void)change;
	(void)before;
	(void)after;
	abort();
}

static void try_round(struct manifest *list)
{
	CLEANUP(manifest_clear) struct manifest manifest = {0}, as_list = {0};
	CLEANUP(text_clear) struct text text;

	list->site = strdup("site");
	list->scope_name = strdup("model");
	list->release = strdup("1");
	list->serial = 1;
	list->expires_at = TIME_NEVER;
	for (size_t i = 0; i < list->file_count; i++)
		list->files[i].has_size = list->files[i].has_md5 = list->files[i].has_sha256 = true;
	text_init(&text);
	expect(manifest_write(&text, list, NULL) == 0);
	expect(manifest_parse(&manifest, "again", text.data, text.length, NULL) == 0);
	manifest_diff(list, &manifest, on_change, NULL);
	expect(manifest_list_parse(&as_list, MANIFEST_LIST_GUESS, "again", text.data, text.length,
				   NULL) == 0);
	manifest_diff(list, &as_list, on_change, NULL);
}

static void try_format(enum manifest_list_format format, const uint8_t *bytes, size_t length)
{
	CLEANUP(manifest_clear) struct manifest list = {0};

	if (manifest_list_parse(&list, format, "fuzz", (const char *)bytes, length, NULL) < 0)
		return;
	expect(list.file_count > 0);
	for (size_t i = 0; i < list.file_count; i++) {
		const struct manifest_file *file = &list.files[i];
		expect(visit_path_is_safe(file->path));
		expect(file->has_md5 || file->has_sha256);
		expect(i == 0 || strcmp(list.files[i - 1].path, file->path) < 0);
	}
	try_round(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	for (int format = MANIFEST_LIST_GUESS; format <= MANIFEST_LIST_BSD; format++)
		try_format((enum manifest_list_format)format, bytes, length);
	return 0;
}
