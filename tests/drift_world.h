#pragma once
/* Small worlds for the tests of drift, written in words. */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"
#include "drift/drift.h"

#include "suite.h"

enum { WORLD_BASELINES = 8 };

static const int64_t world_now = 1000 * TIME_DAY;

struct world {
	struct manifest manifests[WORLD_BASELINES];
	struct drift_baseline baselines[WORLD_BASELINES];
	size_t count;
	struct visit_report report;
	struct drift_scope scope;
};

/* The digests of a content: its first character makes the MD5, all of it the SHA-256. So "1"
 * and "1!" are a file and its forgery. */
static inline struct digest_pair world_digest(const char *content)
{
	struct digest_pair pair = {0};

	pair.md5[0] = (uint8_t)content[0];
	for (size_t i = 0; content[i]; i++)
		pair.sha256[i % sizeof pair.sha256] ^= (uint8_t)(content[i] + (char)i);
	return pair;
}

/* "l/…" is drug library, "x/…" what nobody expected, the rest firmware. */
static inline enum visit_kind world_kind(const char *path)
{
	if (strncmp(path, "x/", 2) == 0)
		return VISIT_OTHER;
	return strncmp(path, "l/", 2) == 0 ? VISIT_DRUG_LIBRARY : VISIT_FIRMWARE;
}

/* "path=content" makes a file read, "path-" one that is not there, "path!outcome" another
 * outcome. */
static inline void world_see(struct visit_report *report, const char *word)
{
	struct visit_observation seen = {.outcome = VISIT_OK};
	size_t length = strcspn(word, "=-!");

	seen.path = strndup(word, length);
	seen.kind = world_kind(seen.path);
	if (word[length] == '=') {
		seen.size = strlen(word + length + 1);
		seen.digest = world_digest(word + length + 1);
	} else if (word[length] == '-') {
		seen.outcome = VISIT_FILE_NOT_FOUND;
	} else {
		ck_assert_int_eq(visit_outcome_parse(&seen.outcome, word + length + 1), 0);
	}
	ck_assert_int_eq(ARRAY_APPEND(report->observations, report->observation_count, seen), 0);
}

static inline void world_see_all(struct visit_report *report, const char *words)
{
	CLEANUP(cleanup_free) char *copy = strdup(words);
	char *rest = NULL;

	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		world_see(report, word);
	visit_report_sort(report);
}

/* "name:flags path=content …" with the flags c current, o older and accepted, t accepted for
 * a day more, s past its date, e expired, d for the device, l drug library. */
static inline void world_approve(struct world *world, const char *words)
{
	CLEANUP(cleanup_free) char *copy = strdup(words);
	char *rest = NULL;
	char *name = strtok_r(copy, " ", &rest);
	struct manifest *manifest = &world->manifests[world->count];
	struct drift_baseline *baseline = &world->baselines[world->count];

	ck_assert_ptr_nonnull(name);
	ck_assert_uint_lt(world->count, WORLD_BASELINES);
	char *flags = strchr(name, ':');
	*flags++ = '\0';
	*manifest = (struct manifest){
		.scope = strchr(flags, 'd') ? MANIFEST_DEVICE : MANIFEST_MODEL,
		.kind = strchr(flags, 'l') ? VISIT_DRUG_LIBRARY : VISIT_FIRMWARE,
		.release = strdup(name),
		.serial = 10 + world->count,
		.expires_at = strchr(flags, 'e') ? world_now : TIME_NEVER,
	};
	*baseline = (struct drift_baseline){
		.manifest = manifest,
		.id = manifest->release,
		.current = strchr(flags, 'c') != NULL,
		.accept_until = strchr(flags, 'o')   ? TIME_NEVER
				: strchr(flags, 't') ? world_now + 1
						     : world_now,
	};
	for (char *word = strtok_r(NULL, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		char *content = strchr(word, '=');
		*content++ = '\0';
		struct digest_pair digest = world_digest(content);
		ck_assert_int_eq(manifest_add(manifest, word, strlen(content), &digest), 0);
	}
	manifest_sort(manifest);
	world->count++;
}

/* Baselines are separated by "; ". pulls has "f", "l" and "x" for the kinds. */
static inline void world_make(struct world *world, const char *pulls, const char *baselines,
			      const char *seen)
{
	CLEANUP(cleanup_free) char *copy = strdup(baselines);
	char *rest = NULL;

	*world = (struct world){.scope.lists = true};
	world->scope.pulls[VISIT_FIRMWARE] = strchr(pulls, 'f') != NULL;
	world->scope.pulls[VISIT_DRUG_LIBRARY] = strchr(pulls, 'l') != NULL;
	world->scope.pulls[VISIT_OTHER] = strchr(pulls, 'x') != NULL;
	for (char *one = strtok_r(copy, ";", &rest); one; one = strtok_r(NULL, ";", &rest))
		world_approve(world, one + strspn(one, " "));
	world_see_all(&world->report, seen);
}

static inline void world_clear(struct world *world)
{
	for (size_t i = 0; i < world->count; i++)
		manifest_clear(&world->manifests[i]);
	visit_report_clear(&world->report);
}

static inline struct drift_verdict world_judge(const struct world *world)
{
	struct drift_verdict verdict = {0};

	ck_assert_int_eq(drift_compare(&verdict, &world->report, &world->scope, world->baselines,
				       world->count, world_now), 0);
	return verdict;
}

/* "modified a r1, stale r1, missing l/b r2": the findings in words. The caller frees. */
static inline char *world_findings(const struct drift_verdict *verdict)
{
	struct text text;

	text_init(&text);
	for (size_t i = 0; i < verdict->finding_count; i++) {
		const struct drift_finding *finding = &verdict->findings[i];
		text_addf(&text, "%s%s%s%s %s", i > 0 ? ", " : "", drift_type_name(finding->type),
			  finding->path ? " " : "", finding->path ? finding->path : "",
			  finding->release ? finding->release : "none");
	}
	return text_take(&text);
}
