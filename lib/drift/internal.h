#pragma once
/* How one kind of files is judged: rows of paths against candidate releases. */
#include "drift/drift.h"

/* How far a release is approved, best first. */
enum drift_standing {
	DRIFT_CURRENT,
	DRIFT_ACCEPTED, /* an older one, still accepted */
	DRIFT_PAST,	/* an older one past its date */
};

/* A release that the device may be on. */
struct drift_candidate {
	const struct drift_baseline *baseline;
	enum drift_standing standing;
	const struct manifest_file *file; /* at the path of the row, or NULL */
	size_t next;			  /* the file that comes after */
	uint64_t matched;		  /* files that were seen as they are in it */
	uint64_t differing;		  /* paths at which it is certain that they are not */
	bool mixed_in;			  /* a file was seen that it has and the first has not */
};

/* What is known of a path. */
enum drift_sight {
	DRIFT_UNSEEN,
	DRIFT_PRESENT, /* and read */
	DRIFT_ABSENT,
};

/* One path that was seen or that a candidate has. */
struct drift_row {
	const char *path;
	const struct visit_observation *seen; /* of this kind, or NULL */
	enum drift_sight sight;
};

/* The judging of one kind. */
struct drift_case {
	const struct visit_report *report;
	const struct drift_scope *scope;
	enum visit_kind kind;
	struct drift_candidate *candidates; /* by standing, then newest first */
	size_t count;
	size_t next; /* observation */
};

/* Start a walk through the rows in order of path, and take the next; false at the end. The
 * candidates' files are set for each row. */
void drift_rows_start(struct drift_case *one);
bool drift_rows_next(struct drift_case *one, struct drift_row *ret_row);

/* Whether a candidate has just what was seen in the row, and whether it certainly has not. */
bool drift_row_agrees(const struct drift_row *row, const struct drift_candidate *candidate);
bool drift_row_differs(const struct drift_row *row, const struct drift_candidate *candidate);

/* Judge a kind that has a candidate in force: fill its standing in verdict and append its
 * findings and counts. Returns 0 or -ENOMEM. */
int drift_judge_kind(struct drift_verdict *verdict, struct drift_case *one);
