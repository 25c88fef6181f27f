#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drift/drift.h"

static const char *const results[DRIFT_RESULT_COUNT] = {
	[DRIFT_VERIFIED] = "verified",	   [DRIFT_BEHIND] = "behind",
	[DRIFT_SKIPPED] = "skipped",	   [DRIFT_UNTRUSTED] = "untrusted",
	[DRIFT_PARTIAL] = "partial",	   [DRIFT_UNREACHABLE] = "unreachable",
	[DRIFT_REFUSED] = "refused",	   [DRIFT_WRONG_DEVICE] = "wrong-device",
	[DRIFT_DRIFTED] = "drifted",
};

static const char *const types[DRIFT_TYPE_COUNT] = {
	[DRIFT_MODIFIED] = "modified", [DRIFT_ADDED] = "added", [DRIFT_MISSING] = "missing",
	[DRIFT_FORGED] = "forged",     [DRIFT_STALE] = "stale", [DRIFT_MIXED] = "mixed",
	[DRIFT_UNREADABLE] = "unreadable",
};

/* The bits of the exit mask. */
enum { BIT_ADDED = 1, BIT_MISSING = 2, BIT_MODIFIED = 4, BIT_UNCHECKED = 8 };

static int find_name(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -EINVAL;
}

const char *drift_result_name(enum drift_result result)
{
	return results[result];
}

int drift_result_parse(enum drift_result *ret_result, const char *name)
{
	int i = find_name(results, DRIFT_RESULT_COUNT, name);

	if (i < 0)
		return i;
	*ret_result = (enum drift_result)i;
	return 0;
}

const char *drift_type_name(enum drift_type type)
{
	return types[type];
}

int drift_type_parse(enum drift_type *ret_type, const char *name)
{
	int i = find_name(types, DRIFT_TYPE_COUNT, name);

	if (i < 0)
		return i;
	*ret_type = (enum drift_type)i;
	return 0;
}

unsigned drift_type_mask(enum drift_type type)
{
	switch (type) {
	case DRIFT_ADDED:
		return BIT_ADDED;
	case DRIFT_MISSING:
		return BIT_MISSING;
	case DRIFT_UNREADABLE:
		return BIT_UNCHECKED;
	default:
		return BIT_MODIFIED;
	}
}

unsigned drift_result_mask(enum drift_result result)
{
	switch (result) {
	case DRIFT_VERIFIED:
	case DRIFT_BEHIND:
	case DRIFT_DRIFTED:
		return 0;
	default:
		return BIT_UNCHECKED;
	}
}

unsigned drift_verdict_mask(const struct drift_verdict *verdict)
{
	unsigned mask = drift_result_mask(verdict->result);

	for (size_t i = 0; i < verdict->finding_count; i++)
		mask |= drift_type_mask(verdict->findings[i].type);
	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++)
		if (verdict->kinds[kind].covered)
			mask |= drift_result_mask(verdict->kinds[kind].result);
	return verdict->unchecked > 0 ? mask | BIT_UNCHECKED : mask;
}

void drift_finding_clear(struct drift_finding *finding)
{
	free(finding->path);
	free(finding->release);
	*finding = (struct drift_finding){0};
}

void drift_verdict_clear(struct drift_verdict *verdict)
{
	for (size_t i = 0; i < verdict->finding_count; i++)
		drift_finding_clear(&verdict->findings[i]);
	free(verdict->findings);
	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++)
		free(verdict->kinds[kind].release);
	*verdict = (struct drift_verdict){0};
}
