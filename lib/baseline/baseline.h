#pragma once
/* The life of a baseline: candidate, approved, current, older, expired or withdrawn; and which
 * are believed. Nothing is believed because it is in the store: its bytes, its signatures and
 * its place in the succession are checked on every use. Refuses to know sweeps and devices. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manifest/manifest.h"
#include "store/store.h"
#include "trust/trust.h"

struct config;
struct error;

/* Whether one baseline of the store can be believed now. */
enum baseline_fault {
	BASELINE_FINE,
	BASELINE_SHORT,	  /* too few approvals that are good now */
	BASELINE_DAMAGED, /* its text is not what its id says */
	BASELINE_MISPLACED, /* called current, but a later one was in force */
	BASELINE_GONE,	  /* was in force, and the store has it no more */
	BASELINE_FAULT_COUNT,
};
const char *baseline_fault_name(enum baseline_fault fault); /* "short"; "fine" */

struct baseline_check {
	enum baseline_fault fault;
	char why[256]; /* in words; empty when fine */
	unsigned approvals; /* good ones that count */
	size_t vote_count;
	struct trust_vote votes[TRUST_SIGNATURES_MAX]; /* of the baseline's signatures, in order */
};

/* Check text and signatures of one baseline. With a threshold of 0 (evaluation) the text alone
 * is checked. Returns 0, or -1 without memory. */
int baseline_check(struct baseline_check *ret_check, const struct store_baseline *baseline,
		   const struct trust_policy *policy, int64_t now, struct error *e);

/* Read the file of signers that the configuration names; with approvals = 0 a missing one is
 * none. Returns 0 or -1 (ERROR_CONFIG). */
int baseline_signers_load(struct trust_signers *ret_signers, const struct config *config, struct error *e);

/* What config asks of signatures, with these signers (lent). */
struct trust_policy baseline_policy(const struct config *config, const struct trust_signers *signers);

/* Where a baseline stands in its life: what the store remembers, and what follows from that now. */
enum baseline_stage {
	BASELINE_CANDIDATE,
	BASELINE_APPROVED, /* enough approvals, and not in force yet */
	BASELINE_CURRENT,
	BASELINE_OLDER,
	BASELINE_EXPIRED, /* past its manifest's end, or past its time as an older one */
	BASELINE_WITHDRAWN,
	BASELINE_STAGE_COUNT,
};
enum baseline_stage baseline_stage(const struct store_baseline *baseline, const struct baseline_check *check,
				   int64_t now);
const char *baseline_stage_name(enum baseline_stage stage);

/* Whom the good approvals are of, in the order of arrival: "a@example.org, b@example.org"; NULL where
 * there are none, or without memory. The caller frees. */
char *baseline_approvers(const struct baseline_check *check);

/* What a person must know of a set-up that asks for so few approvals: a sentence; NULL from two on. */
const char *baseline_caution(unsigned approvals);

/* ---- those in force ---- */

/* One that is believed. Shared and never changed; ends with its last user. */
struct baseline {
	unsigned users;
	struct store_baseline stored;
};

/* What was believed at one moment: current, and older whether accepted or past its date. */
struct baselines {
	struct baseline **items;
	size_t count;
};
void baselines_clear(struct baselines *baselines);

/* One that the store calls current or older and that is not believed. */
struct baseline_rejection {
	char id[MANIFEST_ID_SIZE];
	char *scope; /* "model medfusion-4000"; NULL where not even that is known */
	bool has_kind;
	enum visit_kind kind;
	char *release; /* or NULL */
	uint64_t serial;
	enum baseline_fault fault;
	char why[256];
	bool kept; /* the copy in memory stays in force */
};
struct baseline_rejections {
	struct baseline_rejection *items;
	size_t count;
	char signers[512]; /* why the file of signers was refused, the last good one in use; or empty */
};
void baseline_rejections_clear(struct baseline_rejections *rejections);

/* The memory of a process: the last good copies. A copy is as good as its signatures: it is
 * checked again by today's signers each time, so that a revoked key ends it, and damage to the
 * store does not. */
struct baseline_memory;
struct baseline_memory *baseline_memory_new(void); /* NULL without memory */
void baseline_memory_free(struct baseline_memory *memory);

/* Read the signers and the store anew and say what is believed now, and what is not and why.
 * Returns 0, or -1 when the store cannot be read, or the signers cannot and never could. */
int baseline_refresh(struct baselines *ret_baselines, struct baseline_rejections *ret_rejections,
		     struct baseline_memory *memory, struct store *store, const struct config *config,
		     int64_t now, struct error *e);

/* All baselines of the store as they stand now, for whoever looks at them. */
struct baseline_survey {
	struct store_baselines stored; /* all, withdrawn ones too */
	struct baseline_check *checks; /* of each of these; zeros for withdrawn ones */
	struct baseline_rejections rejections;
	bool unchecked; /* the signers cannot be read and never could (rejections.signers has why): what
			 * checks and rejections say follows from that alone */
	struct trust_signers signers; /* whom the checks' votes are lent from, or from memory's */
};
void baseline_survey_clear(struct baseline_survey *survey);

/* Look as baseline_refresh() would, and remember nothing. memory NULL: as a process that begins.
 * It must outlive the survey. Returns 0, or -1 when the store cannot be read. */
int baseline_survey(struct baseline_survey *ret_survey, const struct baseline_memory *memory, struct store *store,
		    const struct config *config, int64_t now, struct error *e);
