#include <string.h>

#include "drift/internal.h"

void drift_rows_start(struct drift_case *one)
{
	one->next = 0;
	for (size_t i = 0; i < one->count; i++)
		one->candidates[i].next = 0;
}

/* The next observation of this kind, or NULL. */
static const struct visit_observation *peek_seen(struct drift_case *one)
{
	const struct visit_report *report = one->report;

	while (one->next < report->observation_count &&
	       report->observations[one->next].kind != one->kind)
		one->next++;
	return one->next < report->observation_count ? &report->observations[one->next] : NULL;
}

static const struct manifest_file *peek_file(const struct drift_candidate *candidate)
{
	const struct manifest *manifest = candidate->baseline->manifest;

	return candidate->next < manifest->file_count ? &manifest->files[candidate->next] : NULL;
}

static const char *lesser(const char *a, const char *b)
{
	return !a || (b && strcmp(b, a) < 0) ? b : a;
}

/* Whether the visit looks for this path as one of this kind. */
static bool is_looked_for(const struct drift_case *one, const char *path)
{
	const struct drift_scope *scope = one->scope;

	if (!scope->pulls[one->kind])
		return false;
	if (!scope->selectors)
		return true;
	const struct visit_selector *selector =
		visit_select(scope->selectors, scope->selector_count, path);
	return selector && !selector->leave_out && selector->kind == one->kind;
}

static enum drift_sight sight_of(const struct drift_case *one, const struct drift_row *row)
{
	const struct visit_observation *seen =
		row->seen ? row->seen : visit_report_find(one->report, row->path);

	if (seen && seen->outcome == VISIT_FILE_NOT_FOUND)
		return DRIFT_ABSENT;
	if (seen)
		return row->seen && seen->outcome == VISIT_OK ? DRIFT_PRESENT : DRIFT_UNSEEN;
	return one->report->outcome == VISIT_OK && one->scope->lists && is_looked_for(one, row->path)
		? DRIFT_ABSENT : DRIFT_UNSEEN;
}

bool drift_rows_next(struct drift_case *one, struct drift_row *ret_row)
{
	const struct visit_observation *seen = peek_seen(one);
	struct drift_row row = {.path = seen ? seen->path : NULL};

	for (size_t i = 0; i < one->count; i++) {
		const struct manifest_file *file = peek_file(&one->candidates[i]);
		row.path = lesser(row.path, file ? file->path : NULL);
	}
	if (!row.path)
		return false;
	if (seen && strcmp(seen->path, row.path) == 0) {
		row.seen = seen;
		one->next++;
	}
	for (size_t i = 0; i < one->count; i++) {
		struct drift_candidate *candidate = &one->candidates[i];
		const struct manifest_file *file = peek_file(candidate);
		bool here = file && strcmp(file->path, row.path) == 0;
		candidate->file = here ? file : NULL;
		candidate->next += here;
	}
	row.sight = sight_of(one, &row);
	*ret_row = row;
	return true;
}

bool drift_row_agrees(const struct drift_row *row, const struct drift_candidate *candidate)
{
	const struct manifest_file *file = candidate->file;

	if (row->sight == DRIFT_ABSENT)
		return !file;
	return row->sight == DRIFT_PRESENT && file &&
	       memcmp(file->digest.sha256, row->seen->digest.sha256, sizeof file->digest.sha256) == 0;
}

bool drift_row_differs(const struct drift_row *row, const struct drift_candidate *candidate)
{
	return row->sight != DRIFT_UNSEEN && !drift_row_agrees(row, candidate);
}
