#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/text.h"
#include "store/internal.h"

/* What is put into a set's SHA-256: each field followed by a NUL, which none can hold. */

static void add_field(struct text *text, const char *field)
{
	text_add_bytes(text, field ? field : "", field ? strlen(field) + 1 : 1);
}

static void add_count(struct text *text, uint64_t count)
{
	text_addf(text, "%llu", (unsigned long long)count);
	add_field(text, "");
}

static void add_digest(struct text *text, const struct digest_pair *digest)
{
	char hex[DIGEST_SHA256_HEX + 1];

	hex_write(hex, digest->md5, sizeof digest->md5);
	add_field(text, hex);
	hex_write(hex, digest->sha256, sizeof digest->sha256);
	add_field(text, hex);
}

static void add_content(struct text *text, bool has, uint64_t size, const struct digest_pair *digest)
{
	add_field(text, has ? "has" : "");
	if (!has)
		return;
	add_count(text, size);
	add_digest(text, digest);
}

static void add_observation(struct text *text, const struct visit_observation *observation)
{
	add_field(text, observation->path);
	add_field(text, visit_kind_name(observation->kind));
	add_field(text, visit_outcome_name(observation->outcome));
	add_count(text, observation->size);
	add_field(text, observation->length_verified ? "length verified" : "");
	if (observation->outcome == VISIT_OK)
		add_digest(text, &observation->digest);
}

static void add_finding(struct text *text, const struct drift_finding *finding)
{
	add_field(text, drift_type_name(finding->type));
	add_field(text, visit_kind_name(finding->kind));
	add_field(text, visit_outcome_name(finding->outcome));
	add_field(text, finding->path);
	add_content(text, finding->has_new, finding->new_size, &finding->new_digest);
	add_content(text, finding->has_old, finding->old_size, &finding->old_digest);
	add_field(text, finding->release);
	add_field(text, finding->manifest);
}

static int name_of(struct text *content, char ret_sha256[static DIGEST_SHA256_HEX + 1], struct error *e)
{
	if (content->failed)
		return error_memory(e);
	if (digest_sha256_hex(ret_sha256, content->data, content->length) < 0)
		return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
	return 0;
}

static int name_observations(const struct visit_report *report,
			     char ret_sha256[static DIGEST_SHA256_HEX + 1], struct error *e)
{
	struct text content CLEANUP(text_clear) = {0};

	for (size_t i = 0; i < report->observation_count; i++)
		add_observation(&content, &report->observations[i]);
	return name_of(&content, ret_sha256, e);
}

static int name_findings(const struct drift_finding *findings, size_t count,
			 char ret_sha256[static DIGEST_SHA256_HEX + 1], struct error *e)
{
	struct text content CLEANUP(text_clear) = {0};

	for (size_t i = 0; i < count; i++)
		add_finding(&content, &findings[i]);
	return name_of(&content, ret_sha256, e);
}

/* Returns 1 and the set of this name, 0 and a new one, or -1. */
static int find_or_make(struct store *store, const char *find, const char *make, const char *sha256,
			int64_t *ret_set, struct error *e)
{
	struct statement found CLEANUP(store_finish) = store_prepare(store, find);

	store_bind_text(&found, sha256);
	int row = store_step(&found, e);
	if (row > 0)
		*ret_set = store_read_integer(&found);
	if (row != 0)
		return row;
	struct statement made CLEANUP(store_finish) = store_prepare(store, make);
	store_bind_text(&made, sha256);
	if (store_run(&made, e) < 0)
		return -1;
	*ret_set = sqlite3_last_insert_rowid(store->database);
	return 0;
}

static int insert_observations(struct store *store, int64_t set, const struct visit_report *report,
			       struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "INSERT INTO observation (observation_set, path, kind, outcome,"
				     " length_verified, size, md5, sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

	for (size_t i = 0; i < report->observation_count; i++) {
		const struct visit_observation *observation = &report->observations[i];
		store_again(&statement);
		store_bind_integer(&statement, set);
		store_bind_path(&statement, observation->path);
		store_bind_text(&statement, visit_kind_name(observation->kind));
		store_bind_outcome(&statement, observation->outcome);
		store_bind_integer(&statement, observation->length_verified);
		store_bind_count(&statement, observation->size);
		store_bind_digest(&statement, observation->outcome == VISIT_OK, &observation->digest);
		if (store_run(&statement, e) < 0)
			return -1;
	}
	return 0;
}

int store_observations_save(struct store *store, const struct visit_report *report,
			    int64_t *ret_set, struct error *e)
{
	char sha256[DIGEST_SHA256_HEX + 1];

	if (name_observations(report, sha256, e) < 0)
		return -1;
	int found = find_or_make(store, "SELECT number FROM observation_set WHERE sha256 = ?",
				 "INSERT INTO observation_set (sha256) VALUES (?)", sha256, ret_set, e);
	return found != 0 ? found : insert_observations(store, *ret_set, report, e);
}

static void bind_finding(struct statement *statement, const struct drift_finding *finding)
{
	store_bind_text(statement, drift_type_name(finding->type));
	store_bind_text(statement, visit_kind_name(finding->kind));
	store_bind_outcome(statement, finding->outcome);
	store_bind_path(statement, finding->path);
	store_bind_content(statement, finding->has_new, finding->new_size, &finding->new_digest);
	store_bind_content(statement, finding->has_old, finding->old_size, &finding->old_digest);
	store_bind_text(statement, finding->release);
	store_bind_word(statement, finding->manifest);
}

static int insert_findings(struct store *store, int64_t set, const struct drift_finding *findings,
			   size_t count, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "INSERT INTO finding (finding_set, position, type, kind, outcome, path,"
		       " new_size, new_md5, new_sha256, old_size, old_md5, old_sha256, release, manifest)"
		       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

	for (size_t i = 0; i < count; i++) {
		store_again(&statement);
		store_bind_integer(&statement, set);
		store_bind_count(&statement, i);
		bind_finding(&statement, &findings[i]);
		if (store_run(&statement, e) < 0)
			return -1;
	}
	return 0;
}

int store_findings_save(struct store *store, const struct drift_finding *findings, size_t count,
			int64_t *ret_set, struct error *e)
{
	char sha256[DIGEST_SHA256_HEX + 1];

	if (name_findings(findings, count, sha256, e) < 0)
		return -1;
	int found = find_or_make(store, "SELECT number FROM finding_set WHERE sha256 = ?",
				 "INSERT INTO finding_set (sha256) VALUES (?)", sha256, ret_set, e);
	return found != 0 ? found : insert_findings(store, *ret_set, findings, count, e);
}

/* Whether what was read is what was once written. */
static int check_name(struct store *store, const char *find, int64_t set, const char *sha256, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(store, find);
	char stored[DIGEST_SHA256_HEX + 1] = "";

	store_bind_integer(&statement, set);
	int row = store_step(&statement, e);
	if (row > 0) {
		store_read_word(&statement, stored, sizeof stored);
		row = store_row_end(&statement, e);
	}
	if (row < 0)
		return -1;
	if (strcmp(stored, sha256) != 0)
		return error_set(e, ERROR_DATA,
				 "the store %s: a set of observations or findings was altered or damaged: restore "
				 "the store from a backup", store->path);
	return 0;
}

int store_observations_load(struct store *store, int64_t set, struct visit_report *report, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT path, kind, outcome, length_verified, size, md5, sha256"
				     " FROM observation WHERE observation_set = ? ORDER BY path");
	char sha256[DIGEST_SHA256_HEX + 1];
	int row;

	store_bind_integer(&statement, set);
	while ((row = store_step(&statement, e)) > 0) {
		if (array_reserve(&report->observations, report->observation_count,
				  sizeof *report->observations) < 0)
			return error_memory(e);
		struct visit_observation *observation = &report->observations[report->observation_count++];
		observation->path = store_read_text(&statement);
		observation->kind = store_read_kind(&statement);
		observation->outcome = store_read_outcome(&statement);
		observation->length_verified = store_read_integer(&statement) != 0;
		observation->size = store_read_count(&statement);
		store_read_digest(&statement, &observation->digest);
	}
	if (row < 0 || name_observations(report, sha256, e) < 0)
		return -1;
	return check_name(store, "SELECT sha256 FROM observation_set WHERE number = ?", set, sha256, e);
}

static enum drift_type read_type(struct statement *row)
{
	enum drift_type type = DRIFT_UNREADABLE;
	char word[32];

	store_read_word(row, word, sizeof word);
	if (drift_type_parse(&type, word) < 0)
		store_mismatch(row);
	return type;
}

static void read_finding(struct statement *row, struct drift_finding *finding)
{
	finding->type = read_type(row);
	finding->kind = store_read_kind(row);
	finding->outcome = store_read_outcome(row);
	finding->path = store_read_text(row);
	store_read_content(row, &finding->has_new, &finding->new_size, &finding->new_digest);
	store_read_content(row, &finding->has_old, &finding->old_size, &finding->old_digest);
	finding->release = store_read_text(row);
	store_read_word(row, finding->manifest, sizeof finding->manifest);
}

int store_findings_load(struct store *store, int64_t set, struct drift_finding **findings, size_t *count,
			struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT type, kind, outcome, path, new_size, new_md5, new_sha256,"
				     " old_size, old_md5, old_sha256, release, manifest"
				     " FROM finding WHERE finding_set = ? ORDER BY position");
	char sha256[DIGEST_SHA256_HEX + 1];
	int row;

	store_bind_integer(&statement, set);
	while ((row = store_step(&statement, e)) > 0) {
		if (array_reserve(findings, *count, sizeof **findings) < 0)
			return error_memory(e);
		read_finding(&statement, &(*findings)[(*count)++]);
	}
	if (row < 0 || name_findings(*findings, *count, sha256, e) < 0)
		return -1;
	return check_name(store, "SELECT sha256 FROM finding_set WHERE number = ?", set, sha256, e);
}
