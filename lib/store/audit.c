#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "store/internal.h"

static const char *const names[] = {
	[STORE_RECORD_ALTERED] = "record-altered",
	[STORE_RECORD_REMOVED] = "record-removed",
	[STORE_RECORD_OUT_OF_ORDER] = "record-out-of-order",
	[STORE_RECORD_COLUMN] = "record-column",
	[STORE_CHAIN_ALTERED] = "chain-altered",
	[STORE_SINK_AHEAD] = "sink-ahead",
	[STORE_BASELINE_ALTERED] = "baseline-altered",
	[STORE_BASELINE_REMOVED] = "baseline-removed",
	[STORE_BASELINE_ADDED] = "baseline-added",
	[STORE_SIGNATURE_ALTERED] = "signature-altered",
	[STORE_LIST_ALTERED] = "list-altered",
	[STORE_SCHEMA_ALTERED] = "schema-altered",
	[STORE_FILE_DAMAGED] = "file-damaged",
};

const char *store_fault_name(enum store_fault_type type)
{
	return names[type];
}

void store_audit_clear(struct store_audit *audit)
{
	free(audit->faults);
	*audit = (struct store_audit){0};
}

/* What cannot be escaped for want of memory is left out: the fault itself stands. */
static void copy_escaped(char *ret_copy, size_t size, const char *words)
{
	char *escaped CLEANUP(cleanup_free) = escape_string(ESCAPE_DISPLAY, words);

	text_copy(ret_copy, size, escaped ? escaped : "");
}

struct store_fault *store_audit_note(struct store_audit *audit, enum store_fault_type type,
				     uint64_t record, const char *subject, const char *format, ...)
{
	char words[sizeof audit->faults->words];
	va_list arguments;

	audit->found++;
	if (audit->fault_count == STORE_FAULTS_MAX)
		return NULL;
	struct store_fault *fault = &audit->faults[audit->fault_count++];
	va_start(arguments, format);
	(void)vsnprintf(words, sizeof words, format, arguments); /* what is cut is not what matters */
	va_end(arguments);
	*fault = (struct store_fault){ .type = type, .record = record };
	copy_escaped(fault->subject, sizeof fault->subject, subject ? subject : "");
	copy_escaped(fault->words, sizeof fault->words, words);
	return fault;
}

static int check_sinks(struct store *store, struct store_audit *audit, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT name, seq FROM sink ORDER BY name");
	int row;

	while ((row = store_step(&statement, e)) > 0) {
		char name[MANIFEST_ID_SIZE];
		store_read_cut(&statement, name, sizeof name);
		uint64_t seq = store_read_count(&statement);
		if (seq > audit->seq)
			store_audit_note(audit, STORE_SINK_AHEAD, 0, name,
					 "the sink has taken event %llu, but the last one is %llu",
					 (unsigned long long)seq, (unsigned long long)audit->seq);
	}
	return row;
}

static int check_lists(struct store *store, struct store_audit *audit, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT sha256, text FROM list ORDER BY sha256");
	int row;

	while ((row = store_step(&statement, e)) > 0) {
		char key[2 * MANIFEST_ID_SIZE], digest[DIGEST_SHA256_HEX + 1];
		size_t length = 0;
		store_read_cut(&statement, key, sizeof key);
		char *text CLEANUP(cleanup_free) = store_read_bytes(&statement, &length);
		if (store_row_end(&statement, e) < 0)
			return -1;
		if (digest_sha256_hex(digest, text ? text : "", length) < 0)
			return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
		if (strcmp(key, digest) != 0)
			store_audit_note(audit, STORE_LIST_ALTERED, 0, key,
					 "the vendor's list has another digest (%s)", digest);
		audit->lists++;
	}
	return row;
}

/* ---- the schema, against that of a store made now ---- */

/* What one has and the other has not, or not so. */
static int compare_schemas(struct store *from, struct store *in, struct store_audit *audit,
			   const char *missing, const char *different, struct error *e)
{
	struct statement each CLEANUP(store_finish) =
		store_prepare(from, "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%'"
				    " ESCAPE '\\' ORDER BY type, name");
	struct statement twin CLEANUP(store_finish) =
		store_prepare(in, "SELECT sql = ?3 FROM sqlite_schema WHERE type = ?1 AND name = ?2");
	int row;

	while ((row = store_step(&each, e)) > 0) {
		char type[16], name[64];
		store_read_cut(&each, type, sizeof type);
		store_read_cut(&each, name, sizeof name);
		char *sql CLEANUP(cleanup_free) = store_read_bytes(&each, NULL);
		if (store_row_end(&each, e) < 0)
			return -1;
		store_again(&twin);
		store_bind_text(&twin, type);
		store_bind_text(&twin, name);
		store_bind_text(&twin, sql);
		int known = store_step(&twin, e);
		if (known < 0)
			return -1;
		if (known == 0)
			store_audit_note(audit, STORE_SCHEMA_ALTERED, 0, name, "the %s %s %s", type, name,
					 missing);
		else if (different && store_read_integer(&twin) == 0)
			store_audit_note(audit, STORE_SCHEMA_ALTERED, 0, name, "the %s %s %s", type, name,
					 different);
	}
	return row;
}

static void close_model(struct store *model)
{
	store_forget_statements(model);
	(void)sqlite3_close(model->database); /* nothing is open in it */
}

static int check_schema(struct store *store, struct store_audit *audit, struct error *e)
{
	struct store model CLEANUP(close_model) = { .path = store->path };

	int code = sqlite3_open(":memory:", &model.database);
	if (code != SQLITE_OK)
		return store_fail(&model, code, e);
	for (int step = 0; step < store_schema.count; step++)
		if (store_execute(&model, store_schema.steps[step], e) < 0)
			return -1;
	if (compare_schemas(&model, store, audit, "is missing", "is not as it was made", e) < 0)
		return -1;
	return compare_schemas(store, &model, audit, "is not one of a store", NULL, e);
}

static int check_file(struct store *store, struct store_audit *audit, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(store, "PRAGMA integrity_check(10)");
	int row;

	while ((row = store_step(&statement, e)) > 0) {
		char words[sizeof audit->faults->words];
		store_read_cut(&statement, words, sizeof words);
		if (strcmp(words, "ok") != 0)
			store_audit_note(audit, STORE_FILE_DAMAGED, 0, NULL, "the file is damaged: %s", words);
	}
	return row;
}

/* ---- all of it, as of one moment ---- */

struct view {
	struct store *store;
	bool own;
};

static void end_view(struct view *view)
{
	if (view->own)
		(void)store_execute(view->store, "ROLLBACK", NULL); /* nothing was written */
}

static int begin_view(struct view *view, struct store *store, struct error *e)
{
	if (store->in_transaction)
		return 0;
	if (store_execute(store, "BEGIN", e) < 0)
		return -1;
	*view = (struct view){ .store = store, .own = true };
	return 0;
}

static bool is_schema_altered(const struct store_audit *audit)
{
	for (size_t i = 0; i < audit->fault_count; i++)
		if (audit->faults[i].type == STORE_SCHEMA_ALTERED)
			return true;
	return false;
}

static int check_contents(struct store *store, struct store_audit *audit, struct error *e)
{
	return store_audit_chain(store, audit, e) < 0 || check_sinks(store, audit, e) < 0 ||
			       store_audit_baselines(store, audit, e) < 0 || check_lists(store, audit, e) < 0
		       ? -1 : 0;
}

/* Where a table is another than ours, asking it what ours knows is no failure but the fault. */
static int check_all(struct store *store, struct store_audit *audit, struct error *e)
{
	struct error why = {0};

	if (check_file(store, audit, e) < 0 || check_schema(store, audit, e) < 0)
		return -1;
	if (check_contents(store, audit, &why) == 0)
		return 0;
	if (why.code != ERROR_INTERNAL || !is_schema_altered(audit))
		return error_set(e, why.code, "%s", why.text);
	store_audit_note(audit, STORE_SCHEMA_ALTERED, 0, NULL, "the rest cannot be looked at: %s", why.text);
	return 0;
}

int store_audit_verify(struct store *store, struct store_audit *ret_audit, struct error *e)
{
	struct store_audit audit CLEANUP(store_audit_clear) = {
		.faults = calloc(STORE_FAULTS_MAX, sizeof *audit.faults),
	};
	struct view view CLEANUP(end_view) = {0};

	if (!audit.faults)
		return error_memory(e);
	if (begin_view(&view, store, e) < 0 || check_all(store, &audit, e) < 0)
		return -1;
	*ret_audit = audit;
	audit = (struct store_audit){0};
	return 0;
}
