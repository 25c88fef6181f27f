#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"
#include "trust/trust.h"

static const char *const state_names[] = {
	[STORE_CANDIDATE] = "candidate",
	[STORE_CURRENT] = "current",
	[STORE_OLDER] = "older",
	[STORE_WITHDRAWN] = "withdrawn",
};
enum { STATE_COUNT = sizeof state_names / sizeof *state_names };

const char *store_baseline_state_name(enum store_baseline_state state)
{
	return state_names[state];
}

void store_baseline_clear(struct store_baseline *baseline)
{
	free(baseline->added_by);
	free(baseline->reason);
	free(baseline->text);
	for (size_t i = 0; i < baseline->signature_count; i++)
		free(baseline->signatures[i]);
	free(baseline->signatures);
	manifest_clear(&baseline->manifest);
	*baseline = (struct store_baseline){0};
}

void store_baselines_clear(struct store_baselines *baselines)
{
	for (size_t i = 0; i < baselines->count; i++)
		store_baseline_clear(&baselines->items[i]);
	free(baselines->items);
	*baselines = (struct store_baselines){0};
}

/* ---- one row: believe nothing of it but its text, and that only by its digest ---- */

/* Note a fault, unless there is one already. */
static void note(struct store_baseline *baseline, const struct error *fault)
{
	if (!baseline->fault[0])
		text_copy(baseline->fault, sizeof baseline->fault, fault->text);
}

static void read_state(struct statement *row, struct store_baseline *baseline)
{
	struct error fault;
	char word[16];

	store_read_cut(row, word, sizeof word);
	for (int state = 0; state < STATE_COUNT; state++) {
		if (strcmp(word, state_names[state]) == 0) {
			baseline->state = (enum store_baseline_state)state;
			return;
		}
	}
	baseline->state = STORE_WITHDRAWN;
	(void)error_set(&fault, ERROR_DATA, "its state in the store is none (\"%s\")", word);
	note(baseline, &fault);
}

/* Scope, kind and serial; a scope_name only where all words are known. */
static int read_place(struct statement *row, struct manifest *manifest, struct error *e)
{
	char scope[16], kind[32];

	store_read_cut(row, scope, sizeof scope);
	manifest->scope_name = store_read_bytes(row, NULL);
	store_read_cut(row, kind, sizeof kind);
	manifest->serial = store_read_count(row);
	if (store_row_end(row, e) < 0)
		return -1;
	manifest->scope = strcmp(scope, manifest_scope_name(MANIFEST_DEVICE)) == 0 ? MANIFEST_DEVICE
										 : MANIFEST_MODEL;
	if (visit_kind_parse(&manifest->kind, kind) < 0 ||
	    strcmp(scope, manifest_scope_name(manifest->scope)) != 0) {
		free(manifest->scope_name);
		manifest->scope_name = NULL;
	}
	return 0;
}

static bool same_place(const struct manifest *a, const struct manifest *b)
{
	return a->scope == b->scope && a->kind == b->kind && a->serial == b->serial && a->scope_name &&
	       strcmp(a->scope_name, b->scope_name) == 0;
}

/* Where the text is what id (as it stands there) and row say, what it says takes the row's place. */
static int judge_text(struct store_baseline *baseline, const char *stored_id, size_t length, struct error *e)
{
	struct manifest manifest CLEANUP(manifest_clear) = {0};
	struct error fault = {0};
	char id[MANIFEST_ID_SIZE];

	if (manifest_id(id, baseline->text, length) < 0)
		return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
	if (strcmp(id, stored_id) != 0) {
		(void)error_set(&fault, ERROR_DATA,
				"the text in the store has another digest (%s): it was altered or damaged; "
				"restore the store from a backup", id);
	} else if (manifest_parse(&manifest, "its text", baseline->text, length, &fault) < 0) {
		if (fault.code != ERROR_DATA) {
			(void)error_set(e, fault.code, "%s", fault.text);
			return -1;
		}
	} else if (!same_place(&baseline->manifest, &manifest)) {
		(void)error_set(&fault, ERROR_DATA,
				"scope, kind or serial beside the text are not those in it: the store was altered "
				"or damaged; restore it from a backup");
	} else if (!baseline->fault[0]) {
		manifest_clear(&baseline->manifest);
		baseline->manifest = manifest;
		manifest = (struct manifest){0};
	}
	if (fault.code != ERROR_NONE)
		note(baseline, &fault);
	return 0;
}

static int load_signatures(struct store *store, struct store_baseline *baseline, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT text FROM signature WHERE baseline = ? ORDER BY position LIMIT ?");
	int row;

	store_bind_text(&statement, baseline->id);
	store_bind_integer(&statement, TRUST_SIGNATURES_MAX);
	while ((row = store_step(&statement, e)) > 0) {
		char *text CLEANUP(cleanup_free) = store_read_bytes(&statement, NULL);
		if (store_row_end(&statement, e) < 0)
			return -1;
		if (!text || ARRAY_APPEND(baseline->signatures, baseline->signature_count, text) < 0)
			return error_memory(e);
		text = NULL;
	}
	return row;
}

int store_baseline_read(struct store *store, struct statement *row, struct store_baseline *ret_baseline,
			struct error *e)
{
	struct store_baseline baseline CLEANUP(store_baseline_clear) = {0};
	char id[2 * MANIFEST_ID_SIZE]; /* room to see that it is too long */
	size_t length = 0;

	store_read_cut(row, id, sizeof id);
	text_copy(baseline.id, sizeof baseline.id, id);
	read_state(row, &baseline);
	if (read_place(row, &baseline.manifest, e) < 0)
		return -1;
	baseline.accept_until = store_read_integer(row);
	baseline.added_at = store_read_integer(row);
	baseline.in_force_at = store_read_integer(row);
	baseline.added_by = store_read_bytes(row, NULL);
	baseline.reason = store_read_bytes(row, NULL);
	baseline.text = store_read_bytes(row, &length);
	if (store_row_end(row, e) < 0)
		return -1;
	if (!baseline.text)
		return store_fail(store, SQLITE_CORRUPT, e);
	if (judge_text(&baseline, id, length, e) < 0 || load_signatures(store, &baseline, e) < 0)
		return -1;
	*ret_baseline = baseline;
	baseline = (struct store_baseline){0};
	return 0;
}

/* ---- lists ---- */

int store_baselines_list(struct store *store, const char *model, const char *asset,
			 struct store_baselines *ret_baselines, struct error *e)
{
	struct store_baselines baselines CLEANUP(store_baselines_clear) = {0};
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT " STORE_BASELINE_COLUMNS " FROM baseline"
		       " WHERE (?1 IS NULL AND ?2 IS NULL)"
		       " OR (scope = 'model' AND scope_name = ?1) OR (scope = 'device' AND scope_name = ?2)"
		       " ORDER BY scope, scope_name, kind, serial, added_at, id");
	int row;

	store_bind_text(&statement, model);
	store_bind_text(&statement, asset);
	while ((row = store_step(&statement, e)) > 0) {
		if (array_reserve(&baselines.items, baselines.count, sizeof *baselines.items) < 0)
			return error_memory(e);
		if (store_baseline_read(store, &statement, &baselines.items[baselines.count], e) < 0)
			return -1;
		baselines.count++;
	}
	if (row < 0)
		return -1;
	*ret_baselines = baselines;
	baselines = (struct store_baselines){0};
	return 0;
}

int store_baseline_load(struct store *store, const char *id_prefix, struct store_baseline *ret_baseline,
			struct error *e)
{
	struct store_baseline baseline CLEANUP(store_baseline_clear) = {0};
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT " STORE_BASELINE_COLUMNS " FROM baseline"
				     " WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2");

	store_bind_text(&statement, id_prefix);
	int row = store_step(&statement, e);
	if (row <= 0)
		return row;
	if (store_baseline_read(store, &statement, &baseline, e) < 0)
		return -1;
	row = store_step(&statement, e);
	if (row > 0)
		return error_set(e, ERROR_DATA, "more than one baseline has an id that begins with \"%s\"",
				 id_prefix);
	if (row < 0)
		return -1;
	*ret_baseline = baseline;
	baseline = (struct store_baseline){0};
	return 1;
}

/* ---- serials ---- */

void store_serials_clear(struct store_serials *serials)
{
	for (size_t i = 0; i < serials->count; i++)
		free(serials->items[i].name);
	free(serials->items);
	*serials = (struct store_serials){0};
}

int store_serials_list(struct store *store, struct store_serials *ret_serials, struct error *e)
{
	struct store_serials serials CLEANUP(store_serials_clear) = {0};
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT scope, scope_name, kind, max(serial) FROM baseline"
				     " WHERE in_force_at > 0 GROUP BY scope, scope_name, kind"
				     " ORDER BY scope, scope_name, kind");
	int row;

	while ((row = store_step(&statement, e)) > 0) {
		struct manifest place CLEANUP(manifest_clear) = {0};
		if (read_place(&statement, &place, e) < 0)
			return -1;
		if (!place.scope_name)
			continue;
		const struct store_serial serial = { place.scope, place.scope_name, place.kind, place.serial };
		if (ARRAY_APPEND(serials.items, serials.count, serial) < 0)
			return error_memory(e);
		place.scope_name = NULL;
	}
	if (row < 0)
		return -1;
	*ret_serials = serials;
	serials = (struct store_serials){0};
	return 0;
}
