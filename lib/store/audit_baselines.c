#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"
#include "trust/trust.h"

/* What the acts say of one baseline. */
struct replay {
	bool added;
	enum store_baseline_state state;
	int64_t added_at, in_force_at;
	char *added_by, *reason;
	char until[TIME_TEXT_SIZE]; /* empty: never was older */
	size_t signature_count;
	char signatures[TRUST_SIGNATURES_MAX][DIGEST_SHA256_HEX + 1]; /* their digests */
};

static void clear_replay(struct replay *replay)
{
	free(replay->added_by);
	free(replay->reason);
}

/* What follows the words in the detail; empty where it has others. */
static const char *after(const char *words, const struct store_act *act)
{
	size_t length = strlen(words);

	return act->detail && strncmp(act->detail, words, length) == 0 ? act->detail + length : "";
}

static char *take(char **string, char *old)
{
	free(old);
	return TAKE(*string);
}

static void replay_act(struct replay *replay, struct store_act *act)
{
	if (strcmp(act->verb, STORE_ACT_ADD) == 0) {
		replay->added = true;
		replay->state = STORE_CANDIDATE;
		replay->added_at = act->at;
		replay->added_by = take(&act->by, replay->added_by);
	} else if (strcmp(act->verb, STORE_ACT_APPROVE) == 0) {
		if (replay->signature_count < TRUST_SIGNATURES_MAX)
			text_copy(replay->signatures[replay->signature_count], sizeof replay->signatures[0],
				  after(STORE_DETAIL_SIGNATURE, act));
		replay->signature_count++;
	} else if (strcmp(act->verb, STORE_ACT_ENFORCE) == 0) {
		replay->state = STORE_CURRENT;
		replay->in_force_at = act->at;
	} else if (strcmp(act->verb, STORE_ACT_REPLACE) == 0) {
		replay->state = STORE_OLDER;
		text_copy(replay->until, sizeof replay->until, after(STORE_DETAIL_UNTIL, act));
	} else if (strcmp(act->verb, STORE_ACT_PROLONG) == 0) {
		text_copy(replay->until, sizeof replay->until, after(STORE_DETAIL_UNTIL, act));
	} else if (strcmp(act->verb, STORE_ACT_WITHDRAW) == 0) {
		replay->state = STORE_WITHDRAWN;
		replay->reason = take(&act->why, replay->reason);
	}
}

/* What of the records is no act has been noted with the chain. */
static int replay_acts(struct store *store, const char *id, struct replay *replay, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT text FROM record WHERE subject = ? ORDER BY number");
	int row;

	store_bind_text(&statement, id);
	while ((row = store_step(&statement, e)) > 0) {
		struct store_act act CLEANUP(store_act_clear) = {0};
		size_t length = 0;
		char *text CLEANUP(cleanup_free) = store_read_bytes(&statement, &length);
		if (store_row_end(&statement, e) < 0)
			return -1;
		if (text && store_act_parse(&act, text, length, NULL) == 0)
			replay_act(replay, &act);
	}
	return row;
}

/* ---- one baseline ---- */

static bool differ(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

static void compare(struct store_audit *audit, const struct store_baseline *baseline, const struct replay *replay)
{
	char until[TIME_TEXT_SIZE] = "";

	if (baseline->accept_until != 0 || replay->until[0])
		store_time_write(until, baseline->accept_until);
	if (baseline->state != replay->state)
		store_audit_note(audit, STORE_BASELINE_ALTERED, 0, baseline->id,
				 "it is %s, by the acts it is %s", store_baseline_state_name(baseline->state),
				 store_baseline_state_name(replay->state));
	if (strcmp(until, replay->until) != 0)
		store_audit_note(audit, STORE_BASELINE_ALTERED, 0, baseline->id,
				 "it is accepted until %s, by the acts until %s", until[0] ? until : "no time",
				 replay->until[0] ? replay->until : "no time");
	if (baseline->in_force_at != replay->in_force_at)
		store_audit_note(audit, STORE_BASELINE_ALTERED, 0, baseline->id,
				 "when it came in force is not what the acts say");
	if (baseline->added_at != replay->added_at || differ(baseline->added_by, replay->added_by))
		store_audit_note(audit, STORE_BASELINE_ALTERED, 0, baseline->id,
				 "when and by whom it was added is not what the acts say");
	if (differ(baseline->reason, replay->reason))
		store_audit_note(audit, STORE_BASELINE_ALTERED, 0, baseline->id,
				 "why it was withdrawn is not what the acts say");
}

static int check_signatures(struct store *store, struct store_audit *audit, const char *id,
			    const struct replay *replay, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT position, text FROM signature WHERE baseline = ? ORDER BY position");
	size_t count = 0;
	int row;

	store_bind_text(&statement, id);
	while ((row = store_step(&statement, e)) > 0) {
		char digest[DIGEST_SHA256_HEX + 1];
		size_t length = 0;
		uint64_t position = store_read_count(&statement);
		char *text CLEANUP(cleanup_free) = store_read_bytes(&statement, &length);
		if (store_row_end(&statement, e) < 0)
			return -1;
		if (digest_sha256_hex(digest, text ? text : "", length) < 0)
			return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
		if (count < replay->signature_count && count < TRUST_SIGNATURES_MAX &&
		    (position != count || strcmp(digest, replay->signatures[count]) != 0))
			store_audit_note(audit, STORE_SIGNATURE_ALTERED, 0, id,
					 "its signature %zu is not the one that was added", count + 1);
		count++;
		audit->signatures++;
	}
	if (row == 0 && count != replay->signature_count)
		store_audit_note(audit, STORE_SIGNATURE_ALTERED, 0, id, "it has %zu signatures, by the acts %zu",
				 count, replay->signature_count);
	return row;
}

static int check_baseline(struct store *store, struct store_audit *audit,
			  const struct store_baseline *baseline, struct error *e)
{
	struct replay replay CLEANUP(clear_replay) = {0};

	audit->baselines++;
	if (baseline->fault[0])
		store_audit_note(audit, STORE_BASELINE_ALTERED, 0, baseline->id, "%s", baseline->fault);
	if (replay_acts(store, baseline->id, &replay, e) < 0)
		return -1;
	if (!replay.added) {
		store_audit_note(audit, STORE_BASELINE_ADDED, 0, baseline->id, "no act has added it");
		return 0;
	}
	compare(audit, baseline, &replay);
	return check_signatures(store, audit, baseline->id, &replay, e);
}

/* ---- all of them ---- */

int store_audit_act(struct store *store, struct store_audit *audit, const struct store_act *act,
		    struct error *e)
{
	if (strcmp(act->verb, STORE_ACT_ADD) != 0)
		return 0;
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT 1 FROM baseline WHERE id = ?");
	store_bind_text(&statement, act->subject);
	int row = store_step(&statement, e);
	if (row == 0)
		store_audit_note(audit, STORE_BASELINE_REMOVED, act->number, act->subject,
				 "the baseline that it added is missing");
	return row < 0 ? -1 : 0;
}

static int check_strays(struct store *store, struct store_audit *audit, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT DISTINCT baseline FROM signature"
				     " WHERE baseline NOT IN (SELECT id FROM baseline) ORDER BY baseline");
	int row;

	while ((row = store_step(&statement, e)) > 0) {
		char id[MANIFEST_ID_SIZE];
		store_read_cut(&statement, id, sizeof id);
		store_audit_note(audit, STORE_SIGNATURE_ALTERED, 0, id,
				 "there are signatures, but no such baseline");
	}
	return row;
}

int store_audit_baselines(struct store *store, struct store_audit *audit, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT " STORE_BASELINE_COLUMNS " FROM baseline ORDER BY rowid");
	int row;

	while ((row = store_step(&statement, e)) > 0) {
		struct store_baseline baseline CLEANUP(store_baseline_clear) = {0};
		if (store_baseline_read(store, &statement, &baseline, e) < 0 ||
		    check_baseline(store, audit, &baseline, e) < 0)
			return -1;
	}
	return row < 0 ? -1 : check_strays(store, audit, e);
}
