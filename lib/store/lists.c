#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"

static int check_digest(const char *sha256_hex, const char *text, size_t length, struct error *e)
{
	char digest[DIGEST_SHA256_HEX + 1];

	if (digest_sha256_hex(digest, text, length) < 0)
		return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
	if (strcmp(digest, sha256_hex) != 0)
		return error_set(e, ERROR_DATA, "the list %s has another digest (%s)", sha256_hex, digest);
	return 0;
}

int store_list_save(struct store *store, const char *sha256_hex, const char *name, const char *text,
		    struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};

	if (check_digest(sha256_hex, text, strlen(text), e) < 0 || store_change_begin(&change, store, e) < 0)
		return -1;
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "INSERT INTO list (sha256, name, text) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
	store_bind_text(&statement, sha256_hex);
	store_bind_text(&statement, name);
	store_bind_path(&statement, text);
	return store_run(&statement, e) < 0 ? -1 : store_change_commit(&change, e);
}

int store_list_load(struct store *store, const char *sha256_hex, char **ret_name, char **ret_text,
		    struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT name, text FROM list WHERE sha256 = ?");
	size_t length = 0;

	store_bind_text(&statement, sha256_hex);
	int row = store_step(&statement, e);
	if (row <= 0)
		return row;
	char *name CLEANUP(cleanup_free) = store_read_bytes(&statement, NULL);
	char *text CLEANUP(cleanup_free) = store_read_bytes(&statement, &length);
	if (store_row_end(&statement, e) < 0)
		return -1;
	if (!name || !text)
		return store_fail(store, SQLITE_CORRUPT, e);
	if (check_digest(sha256_hex, text, length, e) < 0)
		return error_prefix(e, "the store %s", store->path);
	*ret_name = TAKE(name);
	*ret_text = TAKE(text);
	return 1;
}
