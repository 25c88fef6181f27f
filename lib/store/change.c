#include "base/error.h"
#include "store/internal.h"

/* Of a store that is in a transaction. */
static bool was_undone(const struct store *store)
{
	return sqlite3_get_autocommit(store->database) != 0;
}

static int refuse_undone(const struct store *store, struct error *e)
{
	return error_set(e, ERROR_UNAVAILABLE,
			 "the store %s: an earlier failure undid this transaction; nothing of it was kept",
			 store->path);
}

int store_begin(struct store *store, struct error *e)
{
	if (store->in_transaction)
		return error_set(e, ERROR_INTERNAL, "the store %s: transactions do not nest", store->path);
	if (store_execute(store, "BEGIN IMMEDIATE", e) < 0)
		return -1;
	store->in_transaction = true;
	store->spoiled = false;
	return 0;
}

int store_commit(struct store *store, struct error *e)
{
	if (!store->in_transaction)
		return error_set(e, ERROR_INTERNAL, "the store %s: no transaction to commit", store->path);
	int result = store->spoiled || was_undone(store) ? refuse_undone(store, e)
							 : store_execute(store, "COMMIT", e);
	store_rollback(store);
	return result;
}

/* Best effort: where SQLite cannot undo now, it does so when the file is opened next. */
static void undo(struct store *store, const char *sql)
{
	if (sqlite3_get_autocommit(store->database) == 0 && store_execute(store, sql, NULL) < 0)
		store->spoiled = true;
}

void store_rollback(struct store *store)
{
	if (!store->in_transaction)
		return;
	undo(store, "ROLLBACK");
	store->in_transaction = false;
}

int store_change_begin(struct change *change, struct store *store, struct error *e)
{
	*change = (struct change){ .store = store, .own = !store->in_transaction && store->changes == 0 };
	if (!change->own && (store->spoiled || was_undone(store)))
		return refuse_undone(store, e);
	if (store_execute(store, change->own ? "BEGIN IMMEDIATE" : "SAVEPOINT change", e) < 0)
		return -1;
	if (change->own)
		store->spoiled = false;
	change->open = true;
	store->changes++;
	return 0;
}

int store_change_commit(struct change *change, struct error *e)
{
	if (store_execute(change->store, change->own ? "COMMIT" : "RELEASE change", e) < 0)
		return -1;
	change->open = false;
	change->store->changes--;
	return 0;
}

void store_change_clear(struct change *change)
{
	if (!change->open)
		return;
	undo(change->store, change->own ? "ROLLBACK" : "ROLLBACK TO change; RELEASE change");
	change->open = false;
	change->store->changes--;
}
