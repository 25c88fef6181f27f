#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"

/* Reading needs the files beside the database, which a reader can only make with the right to. */
static int fail_companions(const char *path, struct error *e)
{
	return error_set(e, ERROR_UNAVAILABLE,
			 "the store %s needs its -wal and -shm files, which this user may not make: run as one "
			 "who may write to the folder, or while pumpwatchd runs, or on a copy", path);
}

/* SQLite has one text for all of them, and the system's error is not always kept. */
static const char *io_words(int code)
{
	switch (code) {
	case SQLITE_IOERR_READ:
	case SQLITE_IOERR_SHORT_READ:
		return "reading failed";
	case SQLITE_IOERR_WRITE:
		return "writing failed";
	case SQLITE_IOERR_FSYNC:
	case SQLITE_IOERR_DIR_FSYNC:
		return "syncing to the disk failed";
	case SQLITE_IOERR_SHMSIZE:
	case SQLITE_IOERR_SHMMAP:
	case SQLITE_IOERR_SHMOPEN:
		return "the -shm file cannot grow";
	default:
		return "disk I/O error";
	}
}

int store_fail(const struct store *store, int code, struct error *e)
{
	const char *path = store->path;

	switch (code & 0xff) {
	case SQLITE_FULL:
		return error_set(e, ERROR_UNAVAILABLE,
				 "the store %s is full (no space on the disk): nothing was changed; make room and "
				 "try again", path);
	case SQLITE_IOERR:
		return error_set(e, ERROR_UNAVAILABLE,
				 "the store %s cannot be read or written (%s): nothing was changed; look for a full "
				 "disk, a quota, a file size limit or a failing disk", path,
				 io_words(code));
	case SQLITE_NOMEM:
		return error_memory(e);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(e, ERROR_UNAVAILABLE,
				 "the store %s is busy: another process has been writing for more than five "
				 "seconds; try again", path);
	case SQLITE_READONLY:
		if (code != SQLITE_READONLY && code != SQLITE_READONLY_DBMOVED)
			return fail_companions(path, e);
		return error_set(e, ERROR_UNAVAILABLE,
				 "the store %s is open for reading only, or on a file system that is", path);
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return error_set(e, ERROR_PERMISSION, "the store %s may not be used by this user", path);
	case SQLITE_CANTOPEN:
		return fail_companions(path, e);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_set(e, ERROR_DATA,
				 "the store %s is damaged (%s): restore it from a backup, or move it and the "
				 "-wal and -shm files beside it aside and enroll again", path,
				 sqlite3_errstr(code));
	case SQLITE_MISMATCH:
		return error_set(e, ERROR_DATA, "the store %s holds a value that is not understood", path);
	default:
		return error_set(e, ERROR_INTERNAL, "the store %s: %s (%d)", path,
				 sqlite3_errmsg(store->database), code);
	}
}

/* ---- statements are kept: to parse them anew was nearly half the work of appending an event ---- */

static sqlite3_stmt *take_kept(struct store *store, const char *sql)
{
	for (size_t i = 0; i < STORE_KEPT; i++)
		if (store->kept[i] && strcmp(sqlite3_sql(store->kept[i]), sql) == 0)
			return TAKE(store->kept[i]);
	return NULL;
}

static void keep(struct store *store, sqlite3_stmt *handle)
{
	sqlite3_stmt **place = &store->kept[store->oldest];

	for (size_t i = 0; i < STORE_KEPT && *place; i++)
		if (!store->kept[i])
			place = &store->kept[i];
	if (*place) {
		(void)sqlite3_finalize(*place); /* it has been reset: nothing to say */
		store->oldest = (store->oldest + 1) % STORE_KEPT;
	}
	*place = handle;
}

/* Some pragmas do their work while they are parsed. */
static bool is_kept(const char *sql)
{
	return sqlite3_strnicmp(sql, "PRAGMA", 6) != 0;
}

struct statement store_prepare(struct store *store, const char *sql)
{
	struct statement statement = { .store = store, .handle = take_kept(store, sql) };

	if (!statement.handle)
		statement.failed = sqlite3_prepare_v3(store->database, sql, -1, SQLITE_PREPARE_PERSISTENT,
						      &statement.handle, NULL);
	return statement;
}

void store_finish(struct statement *statement)
{
	sqlite3_stmt *handle = TAKE(statement->handle);

	if (!handle)
		return;
	if (sqlite3_reset(handle) == SQLITE_OK && is_kept(sqlite3_sql(handle))) {
		(void)sqlite3_clear_bindings(handle); /* cannot fail */
		keep(statement->store, handle);
	} else {
		(void)sqlite3_finalize(handle); /* says again what the last step said */
	}
}

void store_forget_statements(struct store *store)
{
	for (size_t i = 0; i < STORE_KEPT; i++)
		(void)sqlite3_finalize(TAKE(store->kept[i])); /* nothing to say, or NULL */
}

static int fail(const struct statement *statement, struct error *e)
{
	if (statement->failed == SQLITE_MISMATCH && statement->mismatch[0])
		return error_set(e, ERROR_DATA,
				 "the store %s holds a value in \"%s\" that is not understood: it is damaged, or "
				 "a newer pumpwatch wrote it", statement->store->path, statement->mismatch);
	return store_fail(statement->store, statement->failed, e);
}

int store_step(struct statement *statement, struct error *e)
{
	if (statement->failed != SQLITE_OK)
		return fail(statement, e);
	int code = sqlite3_step(statement->handle);
	statement->column = 0;
	if (code == SQLITE_ROW)
		return 1;
	if (code == SQLITE_DONE)
		return 0;
	statement->failed = code;
	return fail(statement, e);
}

int store_run(struct statement *statement, struct error *e)
{
	int row;

	while ((row = store_step(statement, e)) > 0)
		;
	return row;
}

int store_row_end(struct statement *statement, struct error *e)
{
	return statement->failed == SQLITE_OK ? 0 : fail(statement, e);
}

void store_again(struct statement *statement)
{
	if (statement->failed != SQLITE_OK)
		return;
	(void)sqlite3_reset(statement->handle); /* says again what the last step said */
	statement->bound = 0;
}

int store_execute(struct store *store, const char *sql, struct error *e)
{
	int code = sqlite3_exec(store->database, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : store_fail(store, code, e);
}

static void remember(struct statement *statement, int code)
{
	if (statement->failed == SQLITE_OK)
		statement->failed = code;
}

void store_bind_null(struct statement *statement)
{
	statement->bound++;
	if (statement->failed == SQLITE_OK)
		remember(statement, sqlite3_bind_null(statement->handle, statement->bound));
}

void store_bind_integer(struct statement *statement, int64_t value)
{
	statement->bound++;
	if (statement->failed == SQLITE_OK)
		remember(statement, sqlite3_bind_int64(statement->handle, statement->bound, value));
}

void store_bind_count(struct statement *statement, uint64_t value)
{
	store_bind_integer(statement, (int64_t)value);
}

void store_bind_text(struct statement *statement, const char *text)
{
	statement->bound++;
	if (statement->failed == SQLITE_OK)
		remember(statement, sqlite3_bind_text(statement->handle, statement->bound, text, -1,
						      SQLITE_TRANSIENT));
}

void store_bind_word(struct statement *statement, const char *word)
{
	store_bind_text(statement, word && word[0] ? word : NULL);
}

static void bind_bytes(struct statement *statement, const void *bytes, size_t length)
{
	statement->bound++;
	if (statement->failed == SQLITE_OK)
		remember(statement, sqlite3_bind_blob64(statement->handle, statement->bound, bytes, length,
							SQLITE_TRANSIENT));
}

void store_bind_path(struct statement *statement, const char *path)
{
	if (path)
		bind_bytes(statement, path, strlen(path));
	else
		store_bind_null(statement);
}

enum { ENCRYPTED = 1, AUTHENTICATED = 2, IDENTIFIED = 4, WEAK = 8 };

void store_bind_grade(struct statement *statement, const struct visit_grade *grade)
{
	store_bind_integer(statement, (grade->encrypted ? ENCRYPTED : 0) |
					      (grade->authenticated ? AUTHENTICATED : 0) |
					      (grade->identified ? IDENTIFIED : 0) | (grade->weak ? WEAK : 0));
}

void store_bind_outcome(struct statement *statement, enum visit_outcome outcome)
{
	store_bind_text(statement, outcome == VISIT_OK ? NULL : visit_outcome_name(outcome));
}

void store_bind_digest(struct statement *statement, bool has, const struct digest_pair *digest)
{
	if (has) {
		bind_bytes(statement, digest->md5, sizeof digest->md5);
		bind_bytes(statement, digest->sha256, sizeof digest->sha256);
	} else {
		store_bind_null(statement);
		store_bind_null(statement);
	}
}

void store_bind_sha256(struct statement *statement, bool has, const struct digest_pair *digest)
{
	if (has)
		bind_bytes(statement, digest->sha256, sizeof digest->sha256);
	else
		store_bind_null(statement);
}

void store_bind_content(struct statement *statement, bool has, uint64_t size,
			const struct digest_pair *digest)
{
	if (has)
		store_bind_count(statement, size);
	else
		store_bind_null(statement);
	store_bind_digest(statement, has, digest);
}

bool store_next_is_null(const struct statement *statement)
{
	return sqlite3_column_type(statement->handle, statement->column) == SQLITE_NULL;
}

void store_skip(struct statement *statement)
{
	statement->column++;
}

int64_t store_read_integer(struct statement *statement)
{
	return sqlite3_column_int64(statement->handle, statement->column++);
}

uint64_t store_read_count(struct statement *statement)
{
	return (uint64_t)store_read_integer(statement);
}

char *store_read_bytes(struct statement *statement, size_t *ret_length)
{
	int column = statement->column++;
	const void *bytes = sqlite3_column_blob(statement->handle, column);
	size_t length = (size_t)sqlite3_column_bytes(statement->handle, column);

	if (ret_length)
		*ret_length = length;
	if (sqlite3_column_type(statement->handle, column) == SQLITE_NULL)
		return NULL;
	char *string = malloc(length + 1);
	if (!string || (length > 0 && !bytes)) {
		free(string);
		remember(statement, SQLITE_NOMEM);
		return NULL;
	}
	if (length > 0)
		memcpy(string, bytes, length);
	string[length] = '\0';
	return string;
}

char *store_read_text(struct statement *statement)
{
	size_t length;
	char *string = store_read_bytes(statement, &length);

	/* Nothing that we wrote holds a NUL. */
	if (string && strlen(string) != length)
		store_mismatch(statement);
	return string;
}

void store_read_cut(struct statement *statement, char *ret_word, size_t size)
{
	const char *word = (const char *)sqlite3_column_text(statement->handle, statement->column++);

	text_copy(ret_word, size, word ? word : "");
}

void store_read_word(struct statement *statement, char *ret_word, size_t size)
{
	const char *word = (const char *)sqlite3_column_text(statement->handle, statement->column++);
	size_t length = word ? strlen(word) : 0;

	if (length >= size) {
		store_mismatch(statement);
		length = 0;
	}
	if (length > 0)
		memcpy(ret_word, word, length);
	ret_word[length] = '\0';
}

void store_read_grade(struct statement *statement, struct visit_grade *ret_grade)
{
	int64_t bits = store_read_integer(statement);

	*ret_grade = (struct visit_grade){
		.encrypted = bits & ENCRYPTED,
		.authenticated = bits & AUTHENTICATED,
		.identified = bits & IDENTIFIED,
		.weak = bits & WEAK,
	};
}

static void read_bytes(struct statement *statement, void *ret_bytes, size_t length)
{
	int column = statement->column++;
	const void *bytes = sqlite3_column_blob(statement->handle, column);

	if (!bytes || (size_t)sqlite3_column_bytes(statement->handle, column) != length)
		store_mismatch(statement);
	else
		memcpy(ret_bytes, bytes, length);
}

void store_read_digest(struct statement *statement, struct digest_pair *ret_digest)
{
	*ret_digest = (struct digest_pair){0};
	if (store_next_is_null(statement)) {
		store_skip(statement);
		store_skip(statement);
	} else {
		read_bytes(statement, ret_digest->md5, sizeof ret_digest->md5);
		read_bytes(statement, ret_digest->sha256, sizeof ret_digest->sha256);
	}
}

void store_read_content(struct statement *statement, bool *ret_has, uint64_t *ret_size,
			struct digest_pair *ret_digest)
{
	*ret_has = !store_next_is_null(statement);
	*ret_size = store_read_count(statement);
	store_read_digest(statement, ret_digest);
}

void store_mismatch(struct statement *statement)
{
	if (statement->failed != SQLITE_OK)
		return;
	const char *name = sqlite3_column_name(statement->handle, statement->column - 1);
	size_t length = name ? strnlen(name, sizeof statement->mismatch - 1) : 0;
	if (length > 0)
		memcpy(statement->mismatch, name, length);
	statement->mismatch[length] = '\0';
	statement->failed = SQLITE_MISMATCH;
}

enum visit_kind store_read_kind(struct statement *statement)
{
	enum visit_kind kind = VISIT_OTHER;
	char word[32];

	store_read_word(statement, word, sizeof word);
	if (visit_kind_parse(&kind, word) < 0)
		store_mismatch(statement);
	return kind;
}

enum visit_outcome store_read_outcome(struct statement *statement)
{
	enum visit_outcome outcome = VISIT_OK;
	char word[64];

	store_read_word(statement, word, sizeof word);
	if (word[0] && visit_outcome_parse(&outcome, word) < 0)
		store_mismatch(statement);
	return outcome;
}

enum drift_result store_read_result(struct statement *statement)
{
	enum drift_result result = DRIFT_UNTRUSTED;
	char word[32];

	store_read_word(statement, word, sizeof word);
	if (drift_result_parse(&result, word) < 0)
		store_mismatch(statement);
	return result;
}
