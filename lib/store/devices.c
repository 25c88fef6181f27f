#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "store/internal.h"

static const char *or_null(bool has, const char *name)
{
	return has ? name : NULL;
}

void store_device_clear(struct store_device *device)
{
	inventory_device_clear(&device->device);
	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++)
		free(device->standing.releases[kind].release);
	*device = (struct store_device){0};
}

void store_devices_clear(struct store_devices *devices)
{
	for (size_t i = 0; i < devices->count; i++)
		store_device_clear(&devices->items[i]);
	free(devices->items);
	*devices = (struct store_devices){0};
}

#define SELECT_DEVICE                                                                               \
	"SELECT number, asset, serial, mac, model, name, department, link, credential, pins, state," \
	" enrolled_at, visited_at, verified_at, result, outcome, grade, failures, not_before,"       \
	" visit FROM device LEFT JOIN standing ON standing.device = device.number"

static enum inventory_state read_state(struct statement *statement)
{
	enum inventory_state state = INVENTORY_STORED;
	char word[32];

	store_read_word(statement, word, sizeof word);
	if (inventory_state_parse(&state, word) < 0)
		store_mismatch(statement);
	return state;
}

static void read_standing(struct statement *row, struct store_standing *standing)
{
	standing->visited_at = store_read_integer(row);
	standing->verified_at = store_read_integer(row);
	standing->has_result = !store_next_is_null(row);
	if (standing->has_result)
		standing->result = store_read_result(row);
	else
		store_skip(row);
	standing->outcome = store_read_outcome(row);
	store_read_grade(row, &standing->grade);
	standing->failures = (unsigned)store_read_integer(row);
	standing->not_before = store_read_integer(row);
	standing->visit = store_read_count(row);
}

/* For each device, while the rows of the devices are read: one moment's view. */
static struct statement prepare_releases(struct store *store)
{
	return store_prepare(store, "SELECT kind, manifest, serial, release, doubtful"
				    " FROM standing_release WHERE device = ?");
}

static int read_releases(struct statement *rows, int64_t device, struct store_standing *standing,
			 struct error *e)
{
	int row;

	store_again(rows);
	store_bind_integer(rows, device);
	while ((row = store_step(rows, e)) > 0) {
		struct store_release *release = &standing->releases[store_read_kind(rows)];
		store_read_word(rows, release->manifest, sizeof release->manifest);
		release->serial = store_read_count(rows);
		free(release->release); /* of a row whose kind is not known, which fails the next step */
		release->release = store_read_text(rows);
		release->doubtful = store_read_integer(rows) != 0;
	}
	return row;
}

/* Fill a device, which the caller clears on failure, too. */
static int read_device(struct statement *row, struct statement *releases, struct store_device *ret_device,
		       struct error *e)
{
	*ret_device = (struct store_device){0};
	struct inventory_device *device = &ret_device->device;
	int64_t number = store_read_integer(row);
	device->asset = store_read_text(row);
	device->serial = store_read_text(row);
	device->mac = store_read_text(row);
	device->model = store_read_text(row);
	device->name = store_read_text(row);
	device->department = store_read_text(row);
	device->link = store_read_text(row);
	device->credential = store_read_text(row);
	device->pins = store_read_text(row);
	device->state = read_state(row);
	device->enrolled_at = store_read_integer(row);
	read_standing(row, &ret_device->standing);
	return read_releases(releases, number, &ret_device->standing, e);
}

int store_devices_list(struct store *store, const struct store_device_filter *filter,
		       struct store_devices *ret_devices, struct error *e)
{
	static const struct store_device_filter everything;
	struct store_devices devices CLEANUP(store_devices_clear) = {0};
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, SELECT_DEVICE " WHERE (?1 IS NULL OR model = ?1)"
						   " AND (?2 IS NULL OR department = ?2)"
						   " AND (?3 IS NULL OR state = ?3)"
						   " AND (?4 IS NULL OR result = ?4) ORDER BY asset");
	struct statement releases CLEANUP(store_finish) = prepare_releases(store);
	int row;

	if (!filter)
		filter = &everything;
	store_bind_text(&statement, filter->model);
	store_bind_text(&statement, filter->department);
	store_bind_text(&statement, or_null(filter->has_state, inventory_state_name(filter->state)));
	store_bind_text(&statement, or_null(filter->has_result, drift_result_name(filter->result)));
	while ((row = store_step(&statement, e)) > 0) {
		if (array_reserve(&devices.items, devices.count, sizeof *devices.items) < 0)
			return error_memory(e);
		if (read_device(&statement, &releases, &devices.items[devices.count++], e) < 0)
			return -1;
	}
	if (row < 0)
		return -1;
	*ret_devices = devices;
	devices = (struct store_devices){0};
	return 0;
}

int store_device_load(struct store *store, const char *asset, struct store_device *ret_device,
		      struct error *e)
{
	struct store_device device CLEANUP(store_device_clear) = {0};
	struct statement statement CLEANUP(store_finish) = store_prepare(store, SELECT_DEVICE " WHERE asset = ?");
	struct statement releases CLEANUP(store_finish) = prepare_releases(store);

	store_bind_text(&statement, asset);
	int row = store_step(&statement, e);
	if (row <= 0)
		return row;
	if (read_device(&statement, &releases, &device, e) < 0 || store_row_end(&statement, e) < 0)
		return -1;
	*ret_device = device;
	device = (struct store_device){0};
	return 1;
}

int store_device_number(struct store *store, const char *asset, int64_t *ret_number, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT number FROM device WHERE asset = ?");

	store_bind_text(&statement, asset);
	int row = store_step(&statement, e);
	if (row == 0)
		return error_set(e, ERROR_DATA, "no device \"%s\" is enrolled", asset);
	if (row < 0)
		return -1;
	*ret_number = store_read_integer(&statement);
	return 0;
}

static const char twin_sql[] =
	"SELECT 'serial', asset FROM device"
	" WHERE serial = ?2 AND model IS ?3 AND asset <> ?1 AND state <> 'retired'"
	" UNION ALL SELECT 'MAC', asset FROM device WHERE mac = ?4 AND asset <> ?1 AND state <> 'retired'"
	" UNION ALL SELECT 'link', asset FROM device WHERE place = ?5 AND asset <> ?1 AND state <> 'retired'";

/* Refuse when another device that is not retired has what must be this one's alone. */
static int refuse_twin(struct store *store, const struct inventory_device *device, const char *place,
		       struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(store, twin_sql);
	char field[16];

	if (device->state == INVENTORY_RETIRED)
		return 0;
	store_bind_text(&statement, device->asset);
	store_bind_text(&statement, device->serial);
	store_bind_text(&statement, device->model);
	store_bind_text(&statement, device->mac);
	store_bind_text(&statement, place);
	int row = store_step(&statement, e);
	if (row <= 0)
		return row;
	store_read_word(&statement, field, sizeof field);
	char *other CLEANUP(cleanup_free) = store_read_text(&statement);
	if (store_row_end(&statement, e) < 0)
		return -1;
	const char *value = field[0] == 's' ? device->serial : field[0] == 'M' ? device->mac : device->link;
	return error_set(e, ERROR_DATA, "%s: the %s %s is that of %s already: correct it, or retire %s",
			 device->asset, field, value, other, other);
}

static int write_device(struct store *store, const struct inventory_device *device, const char *place,
			struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store,
		"INSERT INTO device (asset, serial, mac, model, name, department, link, place, credential,"
		" pins, state, enrolled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (asset) DO UPDATE SET serial = excluded.serial, mac = excluded.mac,"
		" model = excluded.model, name = excluded.name, department = excluded.department,"
		" link = excluded.link, place = excluded.place, credential = excluded.credential,"
		" pins = excluded.pins, state = excluded.state, enrolled_at = excluded.enrolled_at");

	store_bind_text(&statement, device->asset);
	store_bind_text(&statement, device->serial);
	store_bind_text(&statement, device->mac);
	store_bind_text(&statement, device->model);
	store_bind_text(&statement, device->name);
	store_bind_text(&statement, device->department);
	store_bind_text(&statement, device->link);
	store_bind_text(&statement, place);
	store_bind_text(&statement, device->credential);
	store_bind_text(&statement, device->pins);
	store_bind_text(&statement, inventory_state_name(device->state));
	store_bind_integer(&statement, device->enrolled_at);
	return store_run(&statement, e);
}

int store_device_save(struct store *store, const struct inventory_device *device, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	char *place CLEANUP(cleanup_free) = device->link ? visit_link_place(device->link) : NULL;

	if (device->link && !place)
		return error_memory(e);
	if (store_change_begin(&change, store, e) < 0 || refuse_twin(store, device, place, e) < 0 ||
	    write_device(store, device, place, e) < 0)
		return -1;
	return store_change_commit(&change, e);
}

static int write_standing(struct store *store, int64_t device, const struct store_standing *standing,
			  struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "REPLACE INTO standing (device, visited_at, verified_at, result, outcome,"
				     " grade, failures, not_before, visit)"
				     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");

	store_bind_integer(&statement, device);
	store_bind_integer(&statement, standing->visited_at);
	store_bind_integer(&statement, standing->verified_at);
	store_bind_text(&statement, or_null(standing->has_result, drift_result_name(standing->result)));
	store_bind_outcome(&statement, standing->outcome);
	store_bind_grade(&statement, &standing->grade);
	store_bind_integer(&statement, standing->failures);
	store_bind_integer(&statement, standing->not_before);
	store_bind_count(&statement, standing->visit);
	return store_run(&statement, e);
}

/* Most nights nothing of this changes, and then nothing is written. */
static const char release_sql[] =
	"INSERT INTO standing_release (device, kind, manifest, serial, release, doubtful)"
	" VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (device, kind) DO UPDATE SET manifest = excluded.manifest,"
	" serial = excluded.serial, release = excluded.release, doubtful = excluded.doubtful"
	" WHERE manifest <> excluded.manifest OR serial <> excluded.serial"
	" OR release IS NOT excluded.release OR doubtful <> excluded.doubtful";

static int write_releases(struct store *store, int64_t device, const struct store_standing *standing,
			  struct error *e)
{
	struct statement known CLEANUP(store_finish) = store_prepare(store, release_sql);
	struct statement none CLEANUP(store_finish) =
		store_prepare(store, "DELETE FROM standing_release WHERE device = ? AND kind = ?");

	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++) {
		const struct store_release *release = &standing->releases[kind];
		struct statement *statement = release->manifest[0] ? &known : &none;
		store_again(statement);
		store_bind_integer(statement, device);
		store_bind_text(statement, visit_kind_name((enum visit_kind)kind));
		if (release->manifest[0]) {
			store_bind_text(statement, release->manifest);
			store_bind_count(statement, release->serial);
			store_bind_text(statement, release->release);
			store_bind_integer(statement, release->doubtful);
		}
		if (store_run(statement, e) < 0)
			return -1;
	}
	return 0;
}

int store_standing_save(struct store *store, const char *asset, const struct store_standing *standing,
			struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	int64_t device;

	if (store_change_begin(&change, store, e) < 0 || store_device_number(store, asset, &device, e) < 0 ||
	    write_standing(store, device, standing, e) < 0 || write_releases(store, device, standing, e) < 0)
		return -1;
	return store_change_commit(&change, e);
}

/* In one statement: one moment's view. The columns are what is counted, its name, how many. */
static const char summary_sql[] =
	"SELECT 'state', state, count(*) FROM device GROUP BY state"
	" UNION ALL SELECT 'result', result, count(*) FROM device"
	" JOIN standing ON standing.device = number"
	" WHERE state = 'active' AND result IS NOT NULL GROUP BY result"
	" UNION ALL SELECT 'never', NULL, count(*) FROM device"
	" LEFT JOIN standing ON standing.device = number"
	" WHERE state = 'active' AND ifnull(visited_at, 0) = 0"
	" UNION ALL SELECT 'overdue', NULL, count(*) FROM device"
	" LEFT JOIN standing ON standing.device = number"
	" WHERE state = 'active' AND ifnull(nullif(verified_at, 0), enrolled_at) <= ?"
	" UNION ALL SELECT 'alerts', state, count(*) FROM alert WHERE state <> 'resolved' AND group_name IS NULL"
	" GROUP BY state"
	" UNION ALL SELECT 'baselines', NULL, count(*) FROM baseline WHERE state = 'current'";

static void read_summary(struct statement *row, struct store_summary *summary)
{
	char what[16], name[32];

	store_read_word(row, what, sizeof what);
	if (strcmp(what, "state") == 0) {
		enum inventory_state state = read_state(row);
		summary->states[state] = store_read_count(row);
	} else if (strcmp(what, "result") == 0) {
		enum drift_result result = store_read_result(row);
		summary->results[result] = store_read_count(row);
	} else {
		store_read_word(row, name, sizeof name);
		uint64_t count = store_read_count(row);
		if (strcmp(what, "never") == 0)
			summary->never_visited = count;
		else if (strcmp(what, "overdue") == 0)
			summary->overdue = count;
		else if (strcmp(what, "baselines") == 0)
			summary->baselines_current = count;
		else if (strcmp(name, alert_state_name(ALERT_STATE_OPEN)) == 0)
			summary->open_alerts = count;
		else
			summary->acknowledged_alerts = count;
	}
}

int store_summarise(struct store *store, int64_t now, int64_t overdue_after, struct store_summary *ret_summary,
		    struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(store, summary_sql);
	struct store_summary summary = {0};
	int row;

	store_bind_integer(&statement, overdue_after > 0 ? now - overdue_after : INT64_MIN);
	while ((row = store_step(&statement, e)) > 0)
		read_summary(&statement, &summary);
	if (row < 0)
		return -1;
	*ret_summary = summary;
	return 0;
}
