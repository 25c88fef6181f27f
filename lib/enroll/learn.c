#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "enroll/enroll.h"

static int refuse_file(const struct visit_observation *seen, struct error *e)
{
	CLEANUP(cleanup_free) char *path = escape_string(ESCAPE_DISPLAY, seen->path);

	return error_set(e, ERROR_DATA, "%s: %s: %s", path ? path : "a file", visit_outcome_text(seen->outcome),
			 visit_outcome_advice(seen->outcome));
}

int enroll_manifest(struct manifest *ret_manifest, const struct visit_report *report,
		    enum visit_kind kind, struct error *e)
{
	CLEANUP(manifest_clear) struct manifest manifest = {.kind = kind};

	if (report->outcome != VISIT_OK)
		return error_set(e, ERROR_UNAVAILABLE, "%s%s%s: %s", visit_outcome_text(report->outcome),
				 report->detail[0] ? ": " : "", report->detail,
				 visit_outcome_advice(report->outcome));
	for (size_t i = 0; i < report->observation_count; i++) {
		const struct visit_observation *seen = &report->observations[i];
		if (seen->kind != kind)
			continue;
		if (seen->outcome != VISIT_OK)
			return refuse_file(seen, e);
		if (manifest_add(&manifest, seen->path, seen->size, &seen->digest) < 0)
			return error_memory(e);
	}
	if (manifest.file_count == 0)
		return error_set(e, ERROR_DATA, "the device has no file of the kind \"%s\"", visit_kind_name(kind));
	*ret_manifest = manifest;
	manifest = (struct manifest){0};
	return 0;
}

struct comparison {
	enroll_on_difference *on_difference;
	void *userdata;
	size_t count;
};

static void on_change(void *userdata, enum manifest_change change, const struct manifest_file *listed,
		      const struct manifest_file *learnt)
{
	struct comparison *comparison = userdata;

	comparison->count++;
	if (change == MANIFEST_ADDED)
		comparison->on_difference(comparison->userdata, ENROLL_NOT_IN_LIST, learnt->path);
	else
		comparison->on_difference(comparison->userdata,
					  change == MANIFEST_REMOVED ? ENROLL_NOT_ON_DEVICE : ENROLL_DIFFERS,
					  listed->path);
}

size_t enroll_compare(const struct manifest *learnt, const struct manifest *list,
		      enroll_on_difference *on_difference, void *userdata)
{
	struct comparison comparison = {.on_difference = on_difference, .userdata = userdata};

	manifest_diff(list, learnt, on_change, &comparison);
	return comparison.count;
}
