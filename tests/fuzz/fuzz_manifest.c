/* What manifest_parse() takes, manifest_write() gives back byte for byte. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	CLEANUP(manifest_clear) struct manifest manifest = {0};
	CLEANUP(text_clear) struct text again;

	text_init(&again);
	if (manifest_parse(&manifest, "fuzz", (const char *)bytes, length, NULL) < 0)
		return 0;
	for (size_t i = 0; i < manifest.file_count; i++) {
		expect(visit_path_is_safe(manifest.files[i].path));
		expect(manifest_find(&manifest, manifest.files[i].path) == &manifest.files[i]);
	}
	expect(manifest_write(&again, &manifest, NULL) == 0);
	expect(again.length == length && memcmp(again.data, bytes, length) == 0);
	return 0;
}
