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
	DRIFT_STALE,	  /* the kind is on an older approved release past its date: no path */
	DRIFT_MIXED,	  /* the files of a kind are of several approved releases */
	DRIFT_UNREADABLE, /* could not be read or held still: not drift, and not fine */
	DRIFT_TYPE_COUNT,
};

const char *drift_type_name(enum drift_type type); /* "modified" */
int drift_type_parse(enum drift_type *ret_type, const char *name);

/* The bit of the exit mask: 1 added, 2 missing, 4 modified, forged, stale or mixed, 8 could
 * not check. Verified and behind have none; nor has drifted, whose findings tell. */
unsigned drift_type_mask(enum drift_type type);
unsigned drift_result_mask(enum drift_result result);

/* One approved manifest as the store holds it, its files sorted. Lent for the call. */
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
	char *path; /* NULL for stale, which is of all files of the kind */
	bool has_new, has_old; /* whether the fields below are filled */
	uint64_t new_size, old_size;
	struct digest_pair new_digest, old_digest;
	char *release;			 /* the release it was compared with, or is of; NULL: none */
	char manifest[MANIFEST_ID_SIZE]; /* that manifest's id, or empty */
};

/* How one kind stands. */
struct drift_kind {
	bool covered; /* a valid baseline names it, or a file of it was seen, or the model pulls it
		       * and the visit was not whole */
	enum drift_result result; /* verified, behind, untrusted, partial, drifted */
	char *release; /* which release the device is on; NULL where none, several or not known */
	char manifest[MANIFEST_ID_SIZE]; /* that release's id; empty likewise */
	uint64_t serial;
	int64_t accept_until; /* how long it is accepted, of an older one; else 0 */
};

struct drift_verdict {
	enum drift_result result;
	struct drift_kind kinds[VISIT_KIND_COUNT];
	struct drift_finding *findings; /* by kind, then path; stale comes first in its kind */
	size_t finding_count;
	uint64_t files;	    /* compared with a baseline */
	uint64_t unchecked; /* files that could not be read, or have no baseline */
};

void drift_verdict_clear(struct drift_verdict *verdict);
void drift_finding_clear(struct drift_finding *finding);

/* All bits of a verdict and its findings. */
unsigned drift_verdict_mask(const struct drift_verdict *verdict);

/* What a visit looks for. */
struct drift_scope {
	bool pulls[VISIT_KIND_COUNT]; /* the kinds that the model's profile pulls */
	bool lists;		      /* visit_scheme_lists() of the link */
	const struct visit_selector *selectors; /* the profile's, lent; NULL: every path of a
						 * kind that is pulled is looked for */
	size_t selector_count;
};

/* Judge a report, whose observations are sorted. baselines are all those that apply: for a
 * kind of which a device-scoped one is current or accepted, the model's are ignored. Expired
 * manifests (expires_at ≤ now) do not count; accept_until ≤ now is past.
 *
 * Each kind is judged by itself. SHA-256 decides whether a file is the approved one. Of the
 * releases that have every approved content that was seen, the one that differs least is what
 * the device is on (of equals the current one, then the newest), and findings are relative to
 * it: one altered file on a device that is behind is one modified file. Where no release has
 * them all, what is not of the current release is mixed. Being on a release past its date is one
 * finding of its own, stale, beside those.
 *
 * What was not seen is never a finding but "unreadable": the kind is then partial at best. A
 * path is missing when a complete listing lacks it, or by the device's own "not found"; on a
 * link that cannot list (where nothing added can be seen) by the latter alone. A path that the
 * profile leaves out, or has under another kind, is unchecked. A kind of which
 * files were seen but no release is in force is untrusted; but of the kind "other", which is
 * what nobody expected, files beside approved kinds are added.
 *
 * A report whose outcome is not VISIT_OK is compared as far as it goes, but the result is never
 * better than its contact says. Where the device was not tried (cancelled, or our own fault) it
 * is skipped or partial, in this order. Returns 0 or -ENOMEM. */
int drift_compare(struct drift_verdict *ret_verdict, const struct visit_report *report,
		  const struct drift_scope *scope, const struct drift_baseline *baselines,
		  size_t baseline_count, int64_t now);

/* The paths that must be read a second time before anything is said: all that the verdict
 * calls modified, forged, mixed or missing. What makes a kind stale are files read as they were
 * approved, so nothing of it is doubtful. Returns 0 or -ENOMEM. */
int drift_second_look(struct visit_paths *ret_paths, const struct drift_verdict *verdict);

/* Put the second reading into the first report. order is the second's: only has the paths,
 * and its selectors tell their kinds. The same twice stays; two different contents become
 * VISIT_UNSTABLE; one that could not be read again takes the second outcome; present once and
 * absent once is VISIT_UNSTABLE. When second's own outcome is not VISIT_OK, each of the paths
 * that it does not answer takes that outcome; the whole first report does when another device
 * answered (VISIT_CONTACT_WRONG). Returns 0 or -ENOMEM, first then being half merged. */
int drift_merge_second(struct visit_report *first, const struct visit_report *second,
		       const struct visit_order *order);
