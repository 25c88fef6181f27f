#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

#include "drift/internal.h"

/* ---- which release the device is on ---------------------------------------------------- */

struct choice {
	struct drift_candidate *reference; /* what the findings are relative to */
	bool mixed;			   /* no release has all that was approved and seen */
	bool unsure;			   /* another release fits as well */
};

/* Count for each candidate what agrees and what differs. Returns how many files were seen
 * whose content any of them has. */
static uint64_t count_rows(struct drift_case *one)
{
	struct drift_row row;
	uint64_t approved = 0;

	drift_rows_start(one);
	while (drift_rows_next(one, &row)) {
		bool present = row.sight == DRIFT_PRESENT;
		bool first_agrees = drift_row_agrees(&row, &one->candidates[0]);
		bool any = false;
		for (size_t i = 0; i < one->count; i++) {
			struct drift_candidate *candidate = &one->candidates[i];
			bool matches = present && drift_row_agrees(&row, candidate);
			candidate->matched += matches;
			candidate->differing += drift_row_differs(&row, candidate);
			candidate->mixed_in |= matches && !first_agrees;
			any |= matches;
		}
		approved += any;
	}
	return approved;
}

static struct choice choose(struct drift_case *one)
{
	struct choice choice = {0};
	uint64_t approved = count_rows(one);

	for (size_t i = 0; i < one->count; i++) {
		struct drift_candidate *candidate = &one->candidates[i];
		if (candidate->matched < approved)
			continue;
		if (!choice.reference || candidate->differing < choice.reference->differing)
			choice = (struct choice){.reference = candidate};
		else if (candidate->differing == choice.reference->differing)
			choice.unsure = true;
	}
	if (!choice.reference)
		choice = (struct choice){.reference = &one->candidates[0], .mixed = true};
	return choice;
}

/* ---- what each path is ------------------------------------------------------------------ */

/* Append a finding relative to a release. What was filled in of it is the verdict's, or freed. */
static int append_finding(struct drift_verdict *verdict, const struct drift_finding *filled,
			  const struct drift_candidate *with)
{
	CLEANUP(drift_finding_clear) struct drift_finding finding = *filled;
	const char *release = with->baseline->manifest->release;

	if (release && !(finding.release = strdup(release)))
		return -ENOMEM;
	(void)snprintf(finding.manifest, sizeof finding.manifest, "%s", with->baseline->id);
	if (ARRAY_APPEND(verdict->findings, verdict->finding_count, finding) < 0)
		return -ENOMEM;
	finding = (struct drift_finding){0}; /* the verdict's now */
	return 0;
}

static int add_finding(struct drift_verdict *verdict, const struct drift_case *one,
		       const struct drift_row *row, enum drift_type type,
		       const struct drift_candidate *with, const struct manifest_file *old)
{
	struct drift_finding finding = {
		.type = type,
		.kind = one->kind,
		.path = strdup(row->path),
	};

	if (!finding.path)
		return -ENOMEM;
	if (type == DRIFT_UNREADABLE)
		finding.outcome = row->seen->outcome;
	if (row->sight == DRIFT_PRESENT) {
		finding.has_new = true;
		finding.new_size = row->seen->size;
		finding.new_digest = row->seen->digest;
	}
	if (old) {
		finding.has_old = true;
		finding.old_size = old->size;
		finding.old_digest = old->digest;
	}
	return append_finding(verdict, &finding, with);
}

/* Every release in force fits worse, else it were the reference: the device is certainly not on
 * any of them. */
static int add_stale(struct drift_verdict *verdict, const struct drift_case *one,
		     const struct drift_candidate *on)
{
	return append_finding(verdict, &(struct drift_finding){.type = DRIFT_STALE, .kind = one->kind}, on);
}

/* The candidate whose file here has the MD5 that was seen, and another SHA-256, or NULL. */
static const struct drift_candidate *find_forged(const struct drift_case *one,
						 const struct drift_row *row)
{
	for (size_t i = 0; i < one->count; i++) {
		const struct manifest_file *file = one->candidates[i].file;
		if (file && memcmp(file->digest.md5, row->seen->digest.md5, sizeof file->digest.md5) == 0)
			return &one->candidates[i];
	}
	return NULL;
}

static bool is_approved(const struct drift_case *one, const struct drift_row *row)
{
	for (size_t i = 0; i < one->count; i++)
		if (drift_row_agrees(row, &one->candidates[i]))
			return true;
	return false;
}

/* Whether a release of which files were seen has nothing here. */
static bool is_mixed_absence(const struct drift_case *one)
{
	for (size_t i = 0; i < one->count; i++)
		if (one->candidates[i].mixed_in && !one->candidates[i].file)
			return true;
	return false;
}

/* A path at which the device is certainly not as the reference has it. */
static int judge_difference(struct drift_verdict *verdict, const struct drift_case *one,
			    const struct drift_row *row, const struct choice *choice)
{
	const struct drift_candidate *with = choice->reference;
	bool absent = row->sight == DRIFT_ABSENT;
	enum drift_type type = absent ? DRIFT_MISSING : with->file ? DRIFT_MODIFIED : DRIFT_ADDED;

	if (absent ? choice->mixed && is_mixed_absence(one) : is_approved(one, row)) {
		type = DRIFT_MIXED;
	} else if (!absent) {
		const struct drift_candidate *forged = find_forged(one, row);
		type = forged ? DRIFT_FORGED : type;
		with = forged ? forged : with;
	}
	return add_finding(verdict, one, row, type, with, with->file);
}

static int judge_row(struct drift_verdict *verdict, const struct drift_case *one,
		     const struct drift_row *row, const struct choice *choice)
{
	const struct drift_candidate *reference = choice->reference;

	verdict->files += row->sight == DRIFT_PRESENT;
	if (row->sight == DRIFT_UNSEEN) {
		verdict->unchecked += row->seen || reference->file;
		return row->seen ? add_finding(verdict, one, row, DRIFT_UNREADABLE, reference,
					       reference->file) : 0;
	}
	if (drift_row_differs(row, reference))
		return judge_difference(verdict, one, row, choice);
	return 0;
}

/* ---- the standing of the kind ----------------------------------------------------------- */

static bool has_drift(const struct drift_verdict *verdict, size_t first)
{
	for (size_t i = first; i < verdict->finding_count; i++)
		if (verdict->findings[i].type != DRIFT_UNREADABLE)
			return true;
	return false;
}

/* Say which release the device is on. */
static int name_release(struct drift_kind *standing, const struct drift_candidate *on)
{
	const struct drift_baseline *baseline = on->baseline;

	(void)snprintf(standing->manifest, sizeof standing->manifest, "%s", baseline->id);
	standing->serial = baseline->manifest->serial;
	standing->accept_until = on->standing == DRIFT_CURRENT ? 0 : baseline->accept_until;
	if (!baseline->manifest->release)
		return 0;
	standing->release = strdup(baseline->manifest->release);
	return standing->release ? 0 : -ENOMEM;
}

int drift_judge_kind(struct drift_verdict *verdict, struct drift_case *one)
{
	struct drift_kind *standing = &verdict->kinds[one->kind];
	struct choice choice = choose(one);
	const struct drift_candidate *reference = choice.reference;
	bool stale = reference->standing == DRIFT_PAST;
	uint64_t unchecked_before = verdict->unchecked;
	struct drift_row row;

	if (stale && add_stale(verdict, one, reference) < 0)
		return -ENOMEM;
	size_t first_of_files = verdict->finding_count;
	drift_rows_start(one);
	while (drift_rows_next(one, &row))
		if (judge_row(verdict, one, &row, &choice) < 0)
			return -ENOMEM;

	bool whole = one->report->outcome == VISIT_OK && one->scope->pulls[one->kind] &&
		     verdict->unchecked == unchecked_before;
	bool differs = has_drift(verdict, first_of_files);
	standing->result = stale || differs ? DRIFT_DRIFTED : !whole ? DRIFT_PARTIAL
			 : reference->standing == DRIFT_CURRENT ? DRIFT_VERIFIED : DRIFT_BEHIND;
	bool known = (whole && !differs) || (reference->matched > 0 && !choice.unsure);
	return choice.mixed || !known ? 0 : name_release(standing, reference);
}
