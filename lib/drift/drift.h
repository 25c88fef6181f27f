#pragma once
/* Compares what was seen on a device with what people approved, and says how it stands.
 * Pure: the time is passed in, nothing is read or written. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manifest/manifest.h"
#include "visit/visit.h"

/* How one visit ended, worst last where results are ranked for a person. */
enum drift_result {
	DRIFT_VERIFIED,	    /* every file is that of the current releases */
	DRIFT_BEHIND,	    /* every file is approved, some by an older release still accepted */
	DRIFT_SKIPPED,	    /* not tried: state, window, stop */
	DRIFT_UNTRUSTED,    /* no valid baseline covers it */
	DRIFT_PARTIAL,	    /* nothing differs, but not all could be read */
	DRIFT_UNREACHABLE,
	DRIFT_REFUSED,	    /* login refused */
	DRIFT_WRONG_DEVICE, /* another key, certificate or serial */
	DRIFT_DRIFTED,
	DRIFT_RESULT_COUNT,
};

const char *drift_result_name(enum drift_result result); /* "wrong-device" */
int drift_result_parse(enum drift_result *ret_result, const char *name);

/* How one file differs. */
enum drift_type {
	DRIFT_MODIFIED,
	DRIFT_ADDED,
	DRIFT_MISSING,
	DRIFT_FORGED,	  /* MD5 equal to the approved one, SHA-256 not */
	DRIFT_STALE,	  /* an older approved release past its date */
	DRIFT_MIXED,	  /* the files of a kind are of several approved releases */
	DRIFT_UNREADABLE, /* could not be read or held still: not drift, and not fine */
	DRIFT_TYPE_COUNT,
};

const char *drift_type_name(enum drift_type type); /* "modified" */
int drift_type_parse(enum drift_type *ret_type, const char *name);

/* The bit of the exit mask: 1 added, 2 missing, 4 modified, forged, stale or mixed, 8 could
 * not check. */
unsigned drift_type_mask(enum drift_type type);
unsigned drift_result_mask(enum drift_result result);

/* One approved manifest as the store holds it. Lent for the call. */
struct drift_baseline {
	const struct manifest *manifest;
	const char *id;	      /* MANIFEST_ID_SIZE */
	bool current;	      /* the release in force for its scope and kind */
	int64_t accept_until; /* of an older one; TIME_NEVER: without end */
};

struct drift_finding {
	enum drift_type type;
	enum visit_kind kind;
	enum visit_outcome outcome; /* why it was unreadable; else VISIT_OK */
	char *path;
	bool has_new, has_old; /* whether the fields below are filled */
	uint64_t new_size, old_size;
	struct digest_pair new_digest, old_digest;
	char *release;			 /* the release it was compared with, or is of (stale) */
	char manifest[MANIFEST_ID_SIZE]; /* that manifest's id, or empty */
};

/* How one kind stands. */
struct drift_kind {
	bool covered; /* the device's model pulls this kind, or a baseline names it */
	enum drift_result result; /* verified, behind, untrusted, partial, drifted */
	char *release; /* which release the device is on; NULL where none or several */
};

struct drift_verdict {
	enum drift_result result;
	struct drift_kind kinds[VISIT_KIND_COUNT];
	struct drift_finding *findings; /* by kind, then path */
	size_t finding_count;
	uint64_t files;	    /* compared with a baseline */
	uint64_t unchecked; /* files that could not be read, or have no baseline */
};

void drift_verdict_clear(struct drift_verdict *verdict);
void drift_finding_clear(struct drift_finding *finding);

/* Judge a report. kinds_pulled tells which kinds the model's profile pulls. baselines are all
 * those that apply: for a kind that a device-scoped baseline covers, the model's are ignored.
 * Expired manifests (expires_at ≤ now) do not count. A report whose outcome is not VISIT_OK
 * still has its observations compared, but the result is never better than what its contact
 * says, and missing is only concluded from a complete listing (or, on a link that cannot
 * list, from the device's own "not found"). Returns 0 or -ENOMEM. */
int drift_compare(struct drift_verdict *ret_verdict, const struct visit_report *report,
		  const bool kinds_pulled[static VISIT_KIND_COUNT],
		  const struct drift_baseline *baselines, size_t baseline_count, int64_t now);

/* The paths that must be read a second time before anything is said: all that the verdict
 * calls modified, forged, stale, mixed or missing. Returns 0 or -ENOMEM. */
int drift_second_look(struct visit_paths *ret_paths, const struct drift_verdict *verdict);

/* Put the second reading of some paths into the first report: the same twice stays; two
 * different contents become VISIT_UNSTABLE; one that could not be read again takes the
 * second outcome; present once and absent once is VISIT_UNSTABLE. When second's own outcome
 * is not VISIT_OK, each of the paths that it does not answer takes that outcome. Returns 0 or
 * -ENOMEM. */
int drift_merge_second(struct visit_report *first, const struct visit_report *second,
		       const struct visit_paths *paths);
