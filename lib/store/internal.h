#pragma once
/* What the files of this room share: the open store, statements, changes, and the columns that
 * several tables have alike. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "base/time.h"
#include "store/store.h"

enum { STORE_KEPT = 48 };

struct store {
	sqlite3 *database;
	sqlite3_stmt *kept[STORE_KEPT]; /* statements that are not in use, for another run */
	unsigned oldest;		/* of them, more or less */
	char *path;
	char genesis[DIGEST_SHA256_HEX + 1]; /* h[0] of the chain */
	bool in_transaction;		     /* the caller's, by store_begin() */
	unsigned changes;		     /* that are open, one in the other */
	bool spoiled; /* the transaction lost or kept half of something: it must not commit */
};

/* ---- schema ---- */

enum { STORE_APPLICATION_ID = 0x70756d70 }; /* "pump" */

/* The steps that make and migrate a store: steps[n] takes schema n to n + 1. */
struct store_schema {
	const char *const *steps;
	int count;
};
extern const struct store_schema store_schema;

/* Bring the database from its version to the last of schema, all in one transaction. Returns 0
 * or -1; a newer version is refused. */
int store_migrate(struct store *store, const struct store_schema *schema, struct error *e);

/* ---- failures ---- */

/* Put SQLite's code in words: what happened to which store, and what to do. Returns -1. */
int store_fail(const struct store *store, int code, struct error *e);

/* ---- statements: each binding takes the next parameter, each reading the next column. What
 * fails on the way is remembered and comes out of the next store_step(). ---- */

struct statement {
	struct store *store;
	sqlite3_stmt *handle;
	int bound;
	int column;
	int failed; /* SQLite's code; SQLITE_MISMATCH: a value that we do not know */
	char mismatch[64]; /* the column that holds it */
};

struct statement store_prepare(struct store *store, const char *sql);
void store_finish(struct statement *statement);
/* Before the database is closed: no statement may be kept then. */
void store_forget_statements(struct store *store);

/* To the next row: 1, 0 at the end, or -1. A statement that ended starts again. */
int store_step(struct statement *statement, struct error *e);
/* Run to the end without looking at rows. Returns 0 or -1. */
int store_run(struct statement *statement, struct error *e);
/* After the only row was read: 0 or -1. */
int store_row_end(struct statement *statement, struct error *e);
/* Make ready for another run with new bindings. */
void store_again(struct statement *statement);
/* Run SQL without parameters or rows. */
int store_execute(struct store *store, const char *sql, struct error *e);

void store_bind_null(struct statement *statement);
void store_bind_integer(struct statement *statement, int64_t value);
/* Sizes beyond INT64_MAX, which only a lying device has, come back as they were. */
void store_bind_count(struct statement *statement, uint64_t value);
void store_bind_text(struct statement *statement, const char *text); /* NULL: null */
void store_bind_word(struct statement *statement, const char *word); /* NULL or empty: null */
void store_bind_path(struct statement *statement, const char *path); /* raw bytes; NULL: null */
void store_bind_outcome(struct statement *statement, enum visit_outcome outcome); /* VISIT_OK: null */
void store_bind_grade(struct statement *statement, const struct visit_grade *grade);
/* Two columns, MD5 and SHA-256; null when not has. */
void store_bind_digest(struct statement *statement, bool has, const struct digest_pair *digest);
/* One column; null when not has. */
void store_bind_sha256(struct statement *statement, bool has, const struct digest_pair *digest);
/* Three columns: size and digest. */
void store_bind_content(struct statement *statement, bool has, uint64_t size,
			const struct digest_pair *digest);

bool store_next_is_null(const struct statement *statement);
void store_skip(struct statement *statement);
int64_t store_read_integer(struct statement *statement); /* null: 0 */
uint64_t store_read_count(struct statement *statement);
char *store_read_text(struct statement *statement); /* the caller's; NULL: null */
void store_read_word(struct statement *statement, char *ret_word, size_t size);
/* These take whatever somebody may have put there. The bytes with a NUL behind them, the caller's;
 * NULL: null, or without memory, which is remembered. ret_length may be NULL. */
char *store_read_bytes(struct statement *statement, size_t *ret_length);
void store_read_cut(struct statement *statement, char *ret_word, size_t size); /* what fits of it */
void store_read_grade(struct statement *statement, struct visit_grade *ret_grade);
void store_read_digest(struct statement *statement, struct digest_pair *ret_digest); /* null: zeros */
void store_read_content(struct statement *statement, bool *ret_has, uint64_t *ret_size,
			struct digest_pair *ret_digest);
enum visit_kind store_read_kind(struct statement *statement);
enum visit_outcome store_read_outcome(struct statement *statement); /* null: VISIT_OK */
enum drift_result store_read_result(struct statement *statement);
/* Remember that the column just read holds what we do not know. */
void store_mismatch(struct statement *statement);

/* ---- changes: whole or not at all. Outside of the caller's transaction and of another change a
 * change is a transaction of its own, inside a savepoint. ---- */

struct change {
	struct store *store;
	bool open;
	bool own;
};
int store_change_begin(struct change *change, struct store *store, struct error *e);
int store_change_commit(struct change *change, struct error *e);
void store_change_clear(struct change *change); /* undoes what was not committed */

/* ---- records ---- */

/* Where the chain goes on. */
struct chain {
	uint64_t count; /* of records */
	uint64_t seq;	/* of the last event */
	uint64_t event_bytes; /* of the texts of all events */
	char head[DIGEST_SHA256_HEX + 1];
};
int store_chain_load(struct store *store, struct chain *ret_chain, struct error *e);

/* SHA-256(previous ‖ text), previous in hexadecimal: what
 * `printf %s%s "$previous" "$text" | sha256sum` says. */
int store_chain_hash(char ret_hash[static DIGEST_SHA256_HEX + 1], const char *previous,
		     const char *text, size_t length, struct error *e);

/* Append the record of an event (seq, subject NULL) or of an act (seq 0, a subject), within a
 * change of the caller's that has loaded chain. */
int store_record_append(struct store *store, const struct chain *chain, uint64_t seq,
			const char *subject, const struct text *text, struct error *e);

/* An act's text, and nothing else; the number is no part of it. */
int store_act_write(struct text *text, const struct store_act *act, struct error *e);
int store_act_parse(struct store_act *ret_act, const char *json, size_t length, struct error *e);

/* ---- baselines ---- */

/* The verbs of their acts, and the words before what a replay needs of a detail. */
#define STORE_ACT_ADD "baseline add"
#define STORE_ACT_APPROVE "baseline approve"
#define STORE_ACT_ENFORCE "baseline enforce"
#define STORE_ACT_REPLACE "baseline older"
#define STORE_ACT_PROLONG "baseline accept-until"
#define STORE_ACT_WITHDRAW "baseline withdraw"
#define STORE_DETAIL_SIGNATURE "signature "
#define STORE_DETAIL_UNTIL "until "

/* "2026-12-31T00:00:00.000000Z" or "never": exact, unlike what people read. */
void store_time_write(char ret_text[static TIME_TEXT_SIZE], int64_t at);

/* The columns that store_baseline_read() reads, from a statement that stands on a row. */
#define STORE_BASELINE_COLUMNS                                                                    \
	"id, state, scope, scope_name, kind, serial, accept_until, added_at, in_force_at, added_by," \
	" reason, text"
int store_baseline_read(struct store *store, struct statement *row, struct store_baseline *ret_baseline,
			struct error *e);

/* ---- the audit: audit.c runs it and looks at what is small ---- */

/* Note a fault. Whatever the words hold is escaped. */
struct store_fault *store_audit_note(struct store_audit *audit, enum store_fault_type type,
				     uint64_t record, const char *subject, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
int store_audit_chain(struct store *store, struct store_audit *audit, struct error *e);
/* That the baseline which an act has added is there. */
int store_audit_act(struct store *store, struct store_audit *audit, const struct store_act *act,
		    struct error *e);
int store_audit_baselines(struct store *store, struct store_audit *audit, struct error *e);

/* ---- between tables ---- */

/* The device's number; -1 (ERROR_DATA) when there is none of this asset. */
int store_device_number(struct store *store, const char *asset, int64_t *ret_number, struct error *e);

/* The number of the set with these contents, which is made when it is not there yet. Sets are
 * kept once, by the SHA-256 of what is in them. */
int store_observations_save(struct store *store, const struct visit_report *report,
			    int64_t *ret_set, struct error *e);
int store_findings_save(struct store *store, const struct drift_finding *findings, size_t count,
			int64_t *ret_set, struct error *e);
/* These append to arrays of the caller, who clears them on failure too. */
int store_observations_load(struct store *store, int64_t set, struct visit_report *report,
			    struct error *e);
int store_findings_load(struct store *store, int64_t set, struct drift_finding **findings, size_t *count,
			struct error *e);
