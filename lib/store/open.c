#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"

enum { BUSY_MILLISECONDS = 5000, WAL_BYTES_KEPT = 4 * 1024 * 1024 };

/* Where SQLite's file format has what (https://www.sqlite.org/fileformat.html, 1.3). */
enum { HEADER_SIZE = 100, VERSION_AT = 60, APPLICATION_AT = 68 };
static const char magic[16] = "SQLite format 3";

CLEANUP_DEFINE(struct store, store_close);

void store_close(struct store *store)
{
	if (!store)
		return;
	store_rollback(store);
	store_forget_statements(store);
	(void)sqlite3_close(store->database); /* no statement is in use outside of its call */
	free(store->path);
	free(store);
}

static int refuse_newer(const struct store *store, int64_t version, int known, struct error *e)
{
	return error_set(e, ERROR_DATA,
			 "the store %s was written by a newer pumpwatch (schema %lld, this one knows %d): use "
			 "that version, or restore a backup from before; nothing was changed",
			 store->path, (long long)version, known);
}

/* Read the head of the file through SQLite's own file layer: closing a descriptor of ours would
 * drop the locks of a store that this process has open. Returns 0 or an SQLite code. */
static int read_header(const char *path, uint8_t ret_header[static HEADER_SIZE])
{
	int code = sqlite3_initialize();
	if (code != SQLITE_OK)
		return code;
	sqlite3_vfs *layer = sqlite3_vfs_find(NULL);
	const char *name = sqlite3_create_filename(path, "", "", 0, NULL);
	sqlite3_file *file = calloc(1, (size_t)layer->szOsFile);
	code = SQLITE_NOMEM;
	if (name && file)
		code = layer->xOpen(layer, name, file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, NULL);
	if (code == SQLITE_OK)
		code = file->pMethods->xRead(file, ret_header, HEADER_SIZE, 0);
	if (file && file->pMethods)
		(void)file->pMethods->xClose(file); /* was only read */
	free(file);
	sqlite3_free_filename(name);
	return code;
}

static uint32_t header_number(const uint8_t *header, size_t at)
{
	return (uint32_t)header[at] << 24 | (uint32_t)header[at + 1] << 16 |
	       (uint32_t)header[at + 2] << 8 | header[at + 3];
}

/* Say what the file is before SQLite makes -wal and -shm files beside it. */
static int check_header(const struct store *store, struct error *e)
{
	uint8_t header[HEADER_SIZE] = {0};

	int code = read_header(store->path, header);
	if (code == SQLITE_IOERR_SHORT_READ || (code == SQLITE_OK && memcmp(header, magic, sizeof magic) != 0))
		return error_set(e, ERROR_DATA,
				 "%s is no store (%s): restore it from a backup, or move it aside and enroll again",
				 store->path, header[0] ? "not an SQLite file" : "empty or cut off");
	if (code != SQLITE_OK)
		return store_fail(store, code, e);
	if (header_number(header, APPLICATION_AT) != STORE_APPLICATION_ID)
		return error_set(e, ERROR_DATA, "%s is a database of another program: move it aside",
				 store->path);
	uint32_t version = header_number(header, VERSION_AT);
	if (version > (uint32_t)store_schema.count)
		return refuse_newer(store, version, store_schema.count, e);
	return 0;
}

static int connect(struct store *store, int flags, struct error *e)
{
	int code = sqlite3_open_v2(store->path, &store->database,
				   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (code != SQLITE_OK)
		return store_fail(store, code, e);
	/* The file may have been written by someone else: none of its schema is trusted. */
	const int off[] = { SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_DQS_DDL, SQLITE_DBCONFIG_DQS_DML,
			    SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, SQLITE_DBCONFIG_ENABLE_VIEW };
	code = sqlite3_db_config(store->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	for (size_t i = 0; code == SQLITE_OK && i < sizeof off / sizeof *off; i++)
		code = sqlite3_db_config(store->database, off[i], 0, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_busy_timeout(store->database, BUSY_MILLISECONDS);
	if (code != SQLITE_OK)
		return store_fail(store, code, e);
	/* Temporary tables in memory: /tmp may be full when the disk is. */
	return store_execute(store,
			     "PRAGMA synchronous = FULL;"
			     "PRAGMA foreign_keys = ON;"
			     "PRAGMA cell_size_check = ON;"
			     "PRAGMA temp_store = MEMORY;",
			     e);
}

static int read_number(struct store *store, const char *sql, int64_t *ret_number, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(store, sql);

	if (store_step(&statement, e) < 0)
		return -1;
	*ret_number = store_read_integer(&statement);
	return 0;
}

int store_migrate(struct store *store, const struct store_schema *schema, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	int64_t version = 0;

	if (read_number(store, "PRAGMA user_version", &version, e) < 0)
		return -1;
	if (version == schema->count)
		return 0;
	if (store_change_begin(&change, store, e) < 0 ||
	    read_number(store, "PRAGMA user_version", &version, e) < 0)
		return -1;
	if (version > schema->count || version < 0)
		return refuse_newer(store, version, schema->count, e);
	for (int64_t step = version; step < schema->count; step++)
		if (store_execute(store, schema->steps[step], e) < 0)
			return error_prefix(e, "migrating to schema %lld", (long long)step + 1);
	return store_change_commit(&change, e);
}

static void remove_unfinished(char **path)
{
	if (*path)
		(void)unlink(*path); /* gone already when it was put in place */
	free(*path);
}

static int sync_folder(const char *folder)
{
	int fd CLEANUP(cleanup_close) = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

/* Make a whole store under another name and put it in place at once, so that no other process,
 * and no restart, ever sees half of one. */
static int make(const char *folder, const char *path, struct error *e)
{
	char *name CLEANUP(remove_unfinished) = NULL;
	struct store *store CLEANUP(cleanup_store_close) = calloc(1, sizeof *store);

	if (!store || asprintf(&name, "%s.new.%ld", path, (long)getpid()) < 0)
		return error_memory(e);
	store->path = strdup(name);
	if (!store->path)
		return error_memory(e);
	(void)unlink(name); /* left by a process of the same number that was killed */
	/* SQLite would give it 0644: the group may write where the umask lets it. */
	int fd CLEANUP(cleanup_close) = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0660);
	if (fd < 0)
		return error_set(e, errno == EACCES ? ERROR_PERMISSION : ERROR_UNAVAILABLE,
				 "cannot make a store in %s: %s", folder, strerror(errno));
	/* What fails is thrown away, so the journal may be lost with the process. */
	if (connect(store, SQLITE_OPEN_READWRITE, e) < 0 ||
	    store_execute(store, "PRAGMA journal_mode = MEMORY", e) < 0 ||
	    store_migrate(store, &store_schema, e) < 0 ||
	    store_execute(store, "PRAGMA journal_mode = WAL", e) < 0)
		return -1;
	store_forget_statements(store);
	int closed = sqlite3_close(TAKE(store->database));
	if (closed != SQLITE_OK)
		return store_fail(store, closed, e);
	/* EEXIST: another process was faster, and its store is as good. */
	if ((renameat2(AT_FDCWD, name, AT_FDCWD, path, RENAME_NOREPLACE) < 0 && errno != EEXIST) ||
	    sync_folder(folder) < 0)
		return error_set(e, ERROR_UNAVAILABLE, "cannot put the new store %s in place: %s", path,
				 strerror(errno));
	return 0;
}

bool store_exists(const char *folder)
{
	char *path CLEANUP(cleanup_free) = NULL;
	struct stat status;

	return asprintf(&path, "%s/pumpwatch.db", folder) < 0 || stat(path, &status) == 0 || errno != ENOENT;
}

static int make_if_missing(const char *folder, const char *path, enum store_mode mode, struct error *e)
{
	struct stat status;

	if (stat(path, &status) == 0)
		return 0;
	if (errno == EACCES)
		return error_set(e, ERROR_PERMISSION, "the store %s may not be read by this user", path);
	if (errno != ENOENT)
		return error_set(e, ERROR_UNAVAILABLE, "the store %s: %s", path, strerror(errno));
	if (mode == STORE_READ)
		return error_set(e, ERROR_UNAVAILABLE,
				 "there is no store in %s yet: enroll a device, or start pumpwatchd", folder);
	return make(folder, path, e);
}

static int check_access(const char *path, enum store_mode mode, struct error *e)
{
	if (access(path, mode == STORE_WRITE ? R_OK | W_OK : R_OK) == 0)
		return 0;
	return error_set(e, errno == EACCES ? ERROR_PERMISSION : ERROR_UNAVAILABLE,
			 "the store %s may not be %s: %s", path, mode == STORE_WRITE ? "written" : "read",
			 strerror(errno));
}

static int check_integrity(struct store *store, struct error *e)
{
	struct statement pages CLEANUP(store_finish) = store_prepare(store, "PRAGMA integrity_check(1)");
	struct statement keys CLEANUP(store_finish) = store_prepare(store, "PRAGMA foreign_key_check");

	int row = store_step(&pages, e);
	if (row < 0)
		return -1;
	char *verdict CLEANUP(cleanup_free) = store_read_text(&pages);
	if (!verdict || strcmp(verdict, "ok") != 0)
		return store_fail(store, SQLITE_CORRUPT, e);
	row = store_step(&keys, e);
	return row > 0 ? store_fail(store, SQLITE_CORRUPT, e) : row;
}

/* The newest schema that we know must be there for a reader; a writer brings it there. */
static int check_version(struct store *store, enum store_mode mode, struct error *e)
{
	int64_t version = 0;

	if (mode == STORE_WRITE)
		return store_migrate(store, &store_schema, e);
	if (read_number(store, "PRAGMA user_version", &version, e) < 0)
		return -1;
	if (version > store_schema.count)
		return refuse_newer(store, version, store_schema.count, e);
	if (version < store_schema.count)
		return error_set(e, ERROR_DATA,
				 "the store %s has an older schema: start pumpwatchd once to bring it up to date",
				 store->path);
	return 0;
}

static int load_genesis(struct store *store, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(store, "SELECT identity FROM store");

	if (store_step(&statement, e) < 0)
		return -1;
	char *identity CLEANUP(cleanup_free) = store_read_text(&statement);
	if (!identity)
		return store_fail(store, SQLITE_CORRUPT, e);
	if (digest_sha256_hex(store->genesis, identity, strlen(identity)) < 0)
		return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
	return 0;
}

/* The -wal and -shm files stay, so that a reader who may not write to the folder can open the
 * store when nobody else has it open. */
static int keep_companions(struct store *store, struct error *e)
{
	char sql[64];
	int on = 1;

	int code = sqlite3_file_control(store->database, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	if (code != SQLITE_OK)
		return store_fail(store, code, e);
	(void)snprintf(sql, sizeof sql, "PRAGMA journal_size_limit = %d", WAL_BYTES_KEPT);
	return store_execute(store, sql, e);
}

int store_open(struct store **ret_store, const char *folder, enum store_mode mode, bool check,
	       struct error *e)
{
	struct store *store CLEANUP(cleanup_store_close) = calloc(1, sizeof *store);

	if (!store || asprintf(&store->path, "%s/pumpwatch.db", folder) < 0)
		return error_memory(e);
	if (make_if_missing(folder, store->path, mode, e) < 0 || check_access(store->path, mode, e) < 0 ||
	    check_header(store, e) < 0)
		return -1;
	int flags = mode == STORE_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	if (connect(store, flags, e) < 0 || (mode == STORE_WRITE && keep_companions(store, e) < 0) ||
	    (check && check_integrity(store, e) < 0) || check_version(store, mode, e) < 0 ||
	    load_genesis(store, e) < 0)
		return -1;
	*ret_store = TAKE(store);
	return 0;
}
