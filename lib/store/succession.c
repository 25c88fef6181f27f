#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"
#include "trust/trust.h"

void store_time_write(char ret_text[static TIME_TEXT_SIZE], int64_t at)
{
	if (at == TIME_NEVER)
		time_write(ret_text, at);
	else
		time_write_micro(ret_text, at);
}

static void bind_scope(struct statement *statement, const struct manifest *manifest)
{
	store_bind_text(statement, manifest_scope_name(manifest->scope));
	store_bind_text(statement, manifest->scope_name);
	store_bind_text(statement, visit_kind_name(manifest->kind));
}

/* The highest serial that ever was in force in this scope and kind holds, withdrawn or not. */
static int check_succession(struct store *store, const struct manifest *manifest, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT id, serial FROM baseline"
		       " WHERE scope = ? AND scope_name = ? AND kind = ? AND in_force_at > 0"
		       " ORDER BY serial DESC LIMIT 1");
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
	if (manifest->serial <= serial)
		return error_set(e, ERROR_DATA, "serial %llu does not rise: the last one of %s %s, %s, is %llu",
				 (unsigned long long)manifest->serial, manifest_scope_name(manifest->scope),
				 manifest->scope_name, visit_kind_name(manifest->kind),
				 (unsigned long long)serial);
	if (strcmp(manifest->previous, latest) != 0)
		return error_set(e, ERROR_DATA,
				 "previous is %s, but the last baseline of %s %s, %s, is %s; make the manifest "
				 "again from what is in force now", manifest->previous[0] ? manifest->previous : "none",
				 manifest_scope_name(manifest->scope), manifest->scope_name,
				 visit_kind_name(manifest->kind), latest[0] ? latest : "none");
	return 0;
}

/* ---- add ---- */

static int refuse_known(struct store *store, const char *id, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT 1 FROM baseline WHERE id = ?");

	store_bind_text(&statement, id);
	int row = store_step(&statement, e);
	return row > 0 ? error_set(e, ERROR_DATA, "baseline %s is in the store already", id) : row;
}

static int insert(struct store *store, const char *id, const char *text, const struct manifest *manifest,
		  const struct store_actor *actor, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "INSERT INTO baseline (scope, scope_name, kind, id, serial, state, added_at, added_by,"
		       " text) VALUES (?, ?, ?, ?, ?, 'candidate', ?, ?, ?)");

	bind_scope(&statement, manifest);
	store_bind_text(&statement, id);
	store_bind_count(&statement, manifest->serial);
	store_bind_integer(&statement, actor->at);
	store_bind_text(&statement, actor->by);
	store_bind_text(&statement, text);
	return store_run(&statement, e);
}

static int record_addition(struct store *store, const char *id, const struct manifest *manifest,
			   const struct store_actor *actor, struct error *e)
{
	struct text detail CLEANUP(text_clear) = {0};

	text_addf(&detail, "%s %s of %s %s, serial %llu", visit_kind_name(manifest->kind), manifest->release,
		  manifest_scope_name(manifest->scope), manifest->scope_name, (unsigned long long)manifest->serial);
	if (detail.failed)
		return error_memory(e);
	return store_act_add(store, actor, STORE_ACT_ADD, id, detail.data, e);
}

int store_baseline_add(struct store *store, const char *text, const struct manifest *manifest,
		       const struct store_actor *actor, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	char id[MANIFEST_ID_SIZE];

	if (manifest_id(id, text, strlen(text)) < 0)
		return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
	if (store_change_begin(&change, store, e) < 0 || refuse_known(store, id, e) < 0 ||
	    check_succession(store, manifest, e) < 0 || insert(store, id, text, manifest, actor, e) < 0 ||
	    record_addition(store, id, manifest, actor, e) < 0)
		return -1;
	return store_change_commit(&change, e);
}

/* ---- approve ---- */

/* Whether there is one that is not withdrawn. */
static int check_open(struct store *store, const char *id, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT 1 FROM baseline WHERE id = ? AND state <> 'withdrawn'");

	store_bind_text(&statement, id);
	int row = store_step(&statement, e);
	return row == 0 ? error_set(e, ERROR_DATA, "there is no baseline %s that is not withdrawn", id) : row;
}

/* How many signatures there are, and whether this is one of them. */
static int count_signatures(struct store *store, const char *id, const char *signature,
			    uint64_t *ret_count, bool *ret_known, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT count(*), ifnull(sum(text = ?2), 0) FROM signature WHERE baseline = ?1");

	store_bind_text(&statement, id);
	store_bind_text(&statement, signature);
	if (store_step(&statement, e) < 0)
		return -1;
	*ret_count = store_read_count(&statement);
	*ret_known = store_read_count(&statement) > 0;
	return 0;
}

static int insert_signature(struct store *store, const char *id, uint64_t position, const char *signature,
			    struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "INSERT INTO signature (baseline, position, text) VALUES (?, ?, ?)");

	store_bind_text(&statement, id);
	store_bind_count(&statement, position);
	store_bind_text(&statement, signature);
	return store_run(&statement, e);
}

static int record_signature(struct store *store, const char *id, const char *signature,
			    const struct store_actor *actor, struct error *e)
{
	char detail[sizeof STORE_DETAIL_SIGNATURE + DIGEST_SHA256_HEX] = STORE_DETAIL_SIGNATURE;

	if (digest_sha256_hex(detail + strlen(detail), signature, strlen(signature)) < 0)
		return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
	return store_act_add(store, actor, STORE_ACT_APPROVE, id, detail, e);
}

int store_baseline_approve(struct store *store, const char *id, const char *signature,
			   const struct store_actor *actor, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	uint64_t count;
	bool known;

	if (strlen(signature) > TRUST_SIGNATURE_BYTES_MAX)
		return error_set(e, ERROR_DATA, "a signature has at most %d bytes", TRUST_SIGNATURE_BYTES_MAX);
	if (store_change_begin(&change, store, e) < 0 || check_open(store, id, e) < 0 ||
	    count_signatures(store, id, signature, &count, &known, e) < 0)
		return -1;
	if (known)
		return 0;
	if (count >= TRUST_SIGNATURES_MAX)
		return error_set(e, ERROR_DATA, "baseline %s has %d signatures, which is the most", id,
				 TRUST_SIGNATURES_MAX);
	if (insert_signature(store, id, count, signature, e) < 0 ||
	    record_signature(store, id, signature, actor, e) < 0 || store_change_commit(&change, e) < 0)
		return -1;
	return 1;
}

/* ---- enforce ---- */

/* Make the current one older; its id, or an empty one where there was none. */
static int retire_current(struct store *store, const struct manifest *manifest, int64_t older_until,
			  char ret_id[static MANIFEST_ID_SIZE], struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "UPDATE baseline SET state = 'older', accept_until = ?4"
		       " WHERE scope = ?1 AND scope_name = ?2 AND kind = ?3 AND state = 'current' RETURNING id");

	ret_id[0] = '\0';
	bind_scope(&statement, manifest);
	store_bind_integer(&statement, older_until);
	int row = store_step(&statement, e);
	if (row <= 0)
		return row;
	store_read_word(&statement, ret_id, MANIFEST_ID_SIZE);
	return store_row_end(&statement, e) < 0 ? -1 : store_run(&statement, e);
}

static int make_current(struct store *store, const char *id, int64_t at, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "UPDATE baseline SET state = 'current', in_force_at = ? WHERE id = ?");

	store_bind_integer(&statement, at);
	store_bind_text(&statement, id);
	return store_run(&statement, e);
}

static int record_until(struct store *store, const char *verb, const char *id, int64_t until,
			const struct store_actor *actor, struct error *e)
{
	char detail[sizeof STORE_DETAIL_UNTIL + TIME_TEXT_SIZE] = STORE_DETAIL_UNTIL;

	store_time_write(detail + strlen(detail), until);
	return store_act_add(store, actor, verb, id, detail, e);
}

static int record_enforcement(struct store *store, const char *id, const char *older, int64_t older_until,
			      const struct store_actor *actor, struct error *e)
{
	char detail[sizeof "replaces " + MANIFEST_ID_SIZE] = "replaces ";

	(void)stpcpy(detail + strlen(detail), older[0] ? older : "none");
	if (store_act_add(store, actor, STORE_ACT_ENFORCE, id, detail, e) < 0)
		return -1;
	return older[0] ? record_until(store, STORE_ACT_REPLACE, older, older_until, actor, e) : 0;
}

static int load_candidate(struct store *store, const char *id, struct store_baseline *ret_candidate,
			  struct error *e)
{
	struct store_baseline found CLEANUP(store_baseline_clear) = {0};
	int known = store_baseline_load(store, id, &found, e);

	if (known < 0)
		return -1;
	if (known == 0 || strcmp(found.id, id) != 0 || found.state != STORE_CANDIDATE)
		return error_set(e, ERROR_DATA, "there is no baseline %s that is a candidate", id);
	if (found.fault[0])
		return error_set(e, ERROR_DATA, "baseline %s: %s", id, found.fault);
	*ret_candidate = found;
	found = (struct store_baseline){0};
	return 0;
}

int store_baseline_enforce(struct store *store, const char *id, int64_t older_until,
			   const struct store_actor *actor, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	struct store_baseline candidate CLEANUP(store_baseline_clear) = {0};
	char older[MANIFEST_ID_SIZE];

	if (store_change_begin(&change, store, e) < 0 || load_candidate(store, id, &candidate, e) < 0 ||
	    check_succession(store, &candidate.manifest, e) < 0 ||
	    retire_current(store, &candidate.manifest, older_until, older, e) < 0 ||
	    make_current(store, id, actor->at, e) < 0 ||
	    record_enforcement(store, id, older, older_until, actor, e) < 0)
		return -1;
	return store_change_commit(&change, e);
}

/* ---- accept until, withdraw ---- */

/* Run an update of the baseline that RETURNs a row when it was one that may change. */
static int update(struct statement *statement, const char *id, const char *wanted, struct error *e)
{
	int row = store_step(statement, e);

	if (row == 0)
		return error_set(e, ERROR_DATA, "there is no baseline %s that is %s", id, wanted);
	return row < 0 ? -1 : store_run(statement, e);
}

int store_baseline_accept_until(struct store *store, const char *id, int64_t until,
				const struct store_actor *actor, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};

	if (store_change_begin(&change, store, e) < 0)
		return -1;
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "UPDATE baseline SET accept_until = ? WHERE id = ? AND state = 'older' RETURNING 1");
	store_bind_integer(&statement, until);
	store_bind_text(&statement, id);
	if (update(&statement, id, "an older release", e) < 0 ||
	    record_until(store, STORE_ACT_PROLONG, id, until, actor, e) < 0)
		return -1;
	return store_change_commit(&change, e);
}

int store_baseline_withdraw(struct store *store, const char *id, const struct store_actor *actor,
			    struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};

	if (!actor->why || !actor->why[0])
		return error_set(e, ERROR_USAGE, "a withdrawal wants a reason");
	if (store_change_begin(&change, store, e) < 0)
		return -1;
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "UPDATE baseline SET state = 'withdrawn', reason = ?"
				     " WHERE id = ? AND state <> 'withdrawn' RETURNING 1");
	store_bind_text(&statement, actor->why);
	store_bind_text(&statement, id);
	if (update(&statement, id, "not withdrawn", e) < 0 ||
	    store_act_add(store, actor, STORE_ACT_WITHDRAW, id, NULL, e) < 0)
		return -1;
	return store_change_commit(&change, e);
}
