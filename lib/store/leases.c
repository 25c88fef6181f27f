#include "base/cleanup.h"
#include "store/internal.h"

static int take(struct store *store, int64_t device, const char *owner, int64_t now, int64_t until,
		struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "INSERT INTO lease (device, owner, until) VALUES (?1, ?2, ?3)"
		       " ON CONFLICT (device) DO UPDATE SET owner = ?2, until = ?3"
		       " WHERE owner = ?2 OR until <= ?4 RETURNING 1");

	store_bind_integer(&statement, device);
	store_bind_text(&statement, owner);
	store_bind_integer(&statement, until);
	store_bind_integer(&statement, now);
	int taken = store_step(&statement, e);
	return taken > 0 && store_run(&statement, e) < 0 ? -1 : taken;
}

int store_lease_take(struct store *store, const char *asset, const char *owner, int64_t now,
		     int64_t until, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	int64_t device;

	if (store_change_begin(&change, store, e) < 0 || store_device_number(store, asset, &device, e) < 0)
		return -1;
	int taken = take(store, device, owner, now, until, e);
	if (taken <= 0)
		return taken;
	return store_change_commit(&change, e) < 0 ? -1 : 1;
}

int store_lease_drop(struct store *store, const char *asset, const char *owner, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	int64_t device;

	if (store_change_begin(&change, store, e) < 0 || store_device_number(store, asset, &device, e) < 0)
		return -1;
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "DELETE FROM lease WHERE device = ? AND owner = ?");
	store_bind_integer(&statement, device);
	store_bind_text(&statement, owner);
	return store_run(&statement, e) < 0 ? -1 : store_change_commit(&change, e);
}

int store_lease_is_held(struct store *store, const char *asset, int64_t now, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT 1 FROM lease JOIN device ON device.number = lease.device"
		       " WHERE device.asset = ? AND lease.until > ?");

	store_bind_text(&statement, asset);
	store_bind_integer(&statement, now);
	return store_step(&statement, e);
}

/* Owners are few; each has many leases. */
static int drop_owner(struct store *store, const char *owner, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "DELETE FROM lease WHERE owner = ?");

	store_bind_text(&statement, owner);
	return store_run(&statement, e);
}

int store_lease_drop_gone(struct store *store, bool (*is_gone)(const char *owner, const void *userdata),
			  const void *userdata, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	int row;

	if (store_change_begin(&change, store, e) < 0)
		return -1;
	struct statement owners CLEANUP(store_finish) =
		store_prepare(store, "SELECT owner FROM lease GROUP BY owner");
	while ((row = store_step(&owners, e)) > 0) {
		char *owner CLEANUP(cleanup_free) = store_read_text(&owners);
		if (store_row_end(&owners, e) < 0)
			return -1;
		if (owner && is_gone(owner, userdata) && drop_owner(store, owner, e) < 0)
			return -1;
	}
	store_finish(&owners);
	return row < 0 ? -1 : store_change_commit(&change, e);
}
