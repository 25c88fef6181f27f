#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"

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

static const char *scope_name(enum manifest_scope scope)
{
	return scope == MANIFEST_DEVICE ? "device" : "model";
}

void store_baseline_clear(struct store_baseline *baseline)
{
	free(baseline->added_by);
	free(baseline->reason);
	free(baseline->text);
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

#define SELECT_BASELINE "SELECT id, state, accept_until, added_at, added_by, reason, text FROM baseline"

static enum store_baseline_state read_state(struct statement *row)
{
	char word[16];

	store_read_word(row, word, sizeof word);
	for (int state = 0; state < STATE_COUNT; state++)
		if (strcmp(word, state_names[state]) == 0)
			return (enum store_baseline_state)state;
	store_mismatch(row);
	return STORE_WITHDRAWN;
}

/* Believe nothing of the row but its text, and that only by its digest. */
static int parse_text(struct store_baseline *baseline, struct error *e)
{
	char id[MANIFEST_ID_SIZE], name[MANIFEST_ID_SIZE + 16] = "baseline ";
	size_t length = strlen(baseline->text);

	if (manifest_id(id, baseline->text, length) < 0)
		return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
	if (strcmp(id, baseline->id) != 0)
		return error_set(e, ERROR_DATA,
				 "baseline %s: the text in the store has another digest (%s): it was altered or "
				 "damaged; restore the store from a backup", baseline->id, id);
	(void)stpcpy(name + strlen(name), baseline->id);
	return manifest_parse(&baseline->manifest, name, baseline->text, length, e);
}

static int read_baseline(struct statement *row, struct store_baseline *baseline, struct error *e)
{
	*baseline = (struct store_baseline){0};
	store_read_word(row, baseline->id, sizeof baseline->id);
	baseline->state = read_state(row);
	baseline->accept_until = store_read_integer(row);
	baseline->added_at = store_read_integer(row);
	baseline->added_by = store_read_text(row);
	baseline->reason = store_read_text(row);
	baseline->text = store_read_text(row);
	if (store_row_end(row, e) < 0)
		return -1;
	return parse_text(baseline, e);
}

int store_baselines_list(struct store *store, const char *model, const char *asset,
			 struct store_baselines *ret_baselines, struct error *e)
{
	struct store_baselines baselines CLEANUP(store_baselines_clear) = {0};
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, SELECT_BASELINE " WHERE (?1 IS NULL AND ?2 IS NULL)"
						     " OR (scope = 'model' AND scope_name = ?1)"
						     " OR (scope = 'device' AND scope_name = ?2)"
						     " ORDER BY scope, scope_name, kind, serial");
	int row;

	store_bind_text(&statement, model);
	store_bind_text(&statement, asset);
	while ((row = store_step(&statement, e)) > 0) {
		if (array_reserve(&baselines.items, baselines.count, sizeof *baselines.items) < 0)
			return error_memory(e);
		if (read_baseline(&statement, &baselines.items[baselines.count++], e) < 0)
			return -1;
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
		store_prepare(store, SELECT_BASELINE " WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2");

	store_bind_text(&statement, id_prefix);
	int row = store_step(&statement, e);
	if (row <= 0)
		return row;
	if (read_baseline(&statement, &baseline, e) < 0)
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

static void bind_scope(struct statement *statement, const struct manifest *manifest)
{
	store_bind_text(statement, scope_name(manifest->scope));
	store_bind_text(statement, manifest->scope_name);
	store_bind_text(statement, visit_kind_name(manifest->kind));
}

/* The highest serial ever seen in this scope and kind holds, withdrawn or not. */
static int check_succession(struct store *store, const struct manifest *manifest, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT id, serial FROM baseline"
				     " WHERE scope = ? AND scope_name = ? AND kind = ? ORDER BY serial DESC LIMIT 1");
	char latest[MANIFEST_ID_SIZE] = "";
	uint64_t serial = 0;

	bind_scope(&statement, manifest);
	int row = store_step(&statement, e);
	if (row > 0) {
		store_read_word(&statement, latest, sizeof latest);
		serial = store_read_count(&statement);
		row = store_row_end(&statement, e);
	}
	if (row < 0)
		return -1;
	if (manifest->serial <= serial || manifest->serial > INT64_MAX)
		return error_set(e, ERROR_DATA,
				 "serial %llu does not rise: the last one of %s %s, %s, is %llu; make the manifest "
				 "again from what is in force now", (unsigned long long)manifest->serial,
				 scope_name(manifest->scope), manifest->scope_name,
				 visit_kind_name(manifest->kind), (unsigned long long)serial);
	if (strcmp(manifest->previous, latest) != 0)
		return error_set(e, ERROR_DATA,
				 "previous is %s, but the last baseline of %s %s, %s, is %s; make the manifest "
				 "again from what is in force now", manifest->previous[0] ? manifest->previous : "none",
				 scope_name(manifest->scope), manifest->scope_name,
				 visit_kind_name(manifest->kind), latest[0] ? latest : "none");
	return 0;
}

static int refuse_known(struct store *store, const char *id, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT 1 FROM baseline WHERE id = ?");

	store_bind_text(&statement, id);
	int row = store_step(&statement, e);
	return row > 0 ? error_set(e, ERROR_DATA, "baseline %s is in the store already", id) : row;
}

static int retire_current(struct store *store, const struct manifest *manifest, int64_t older_until,
			  struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "UPDATE baseline SET state = 'older', accept_until = ?4"
				     " WHERE scope = ?1 AND scope_name = ?2 AND kind = ?3 AND state = 'current'");

	bind_scope(&statement, manifest);
	store_bind_integer(&statement, older_until);
	return store_run(&statement, e);
}

static int insert(struct store *store, const char *id, const char *text, const struct manifest *manifest,
		  const char *by, int64_t now, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "INSERT INTO baseline (scope, scope_name, kind, id, serial, state, accept_until, added_at,"
		       " added_by, text) VALUES (?, ?, ?, ?, ?, 'current', 0, ?, ?, ?)");

	bind_scope(&statement, manifest);
	store_bind_text(&statement, id);
	store_bind_count(&statement, manifest->serial);
	store_bind_integer(&statement, now);
	store_bind_text(&statement, by);
	store_bind_text(&statement, text);
	return store_run(&statement, e);
}

int store_baseline_add(struct store *store, const char *text, const struct manifest *manifest,
		       const char *by, int64_t older_until, int64_t now, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	char id[MANIFEST_ID_SIZE];

	if (manifest_id(id, text, strlen(text)) < 0)
		return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
	if (store_change_begin(&change, store, e) < 0 || refuse_known(store, id, e) < 0 ||
	    check_succession(store, manifest, e) < 0 || retire_current(store, manifest, older_until, e) < 0 ||
	    insert(store, id, text, manifest, by, now, e) < 0)
		return -1;
	return store_change_commit(&change, e);
}

/* Run an update of the baseline that RETURNs a row when it was one that may change. */
static int update(struct statement *statement, const char *id, const char *wanted, struct error *e)
{
	int row = store_step(statement, e);

	if (row == 0)
		return error_set(e, ERROR_DATA, "there is no baseline %s that is %s", id, wanted);
	return row < 0 ? -1 : store_run(statement, e);
}

int store_baseline_accept_until(struct store *store, const char *id, int64_t until, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};

	if (store_change_begin(&change, store, e) < 0)
		return -1;
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "UPDATE baseline SET accept_until = ? WHERE id = ? AND state = 'older' RETURNING 1");
	store_bind_integer(&statement, until);
	store_bind_text(&statement, id);
	return update(&statement, id, "an older release", e) < 0 ? -1 : store_change_commit(&change, e);
}

int store_baseline_withdraw(struct store *store, const char *id, const char *reason, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};

	if (store_change_begin(&change, store, e) < 0)
		return -1;
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "UPDATE baseline SET state = 'withdrawn', reason = ?"
				     " WHERE id = ? AND state <> 'withdrawn' RETURNING 1");
	store_bind_text(&statement, reason);
	store_bind_text(&statement, id);
	return update(&statement, id, "not withdrawn", e) < 0 ? -1 : store_change_commit(&change, e);
}
