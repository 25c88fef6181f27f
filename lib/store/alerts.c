#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"

void store_alerts_clear(struct store_alerts *alerts)
{
	for (size_t i = 0; i < alerts->count; i++)
		alert_clear(&alerts->items[i]);
	free(alerts->items);
	*alerts = (struct store_alerts){0};
}

#define SELECT_ALERT                                                                                     \
	"SELECT alert.number, asset, type, kind, path, alert.state, new_size, new_md5, new_sha256,"      \
	" old_size, old_md5, old_sha256, release, manifest, outcome, detail, opened_at, seen_at,"        \
	" told_at, acknowledged_at, acknowledged_by, note, resolved_at, reminders, sweep, under,"        \
	" members, group_name, asset_count"                                                              \
	" FROM alert LEFT JOIN device ON device.number = alert.device"

static enum alert_type read_type(struct statement *row)
{
	enum alert_type type = ALERT_FILE_UNREADABLE;
	char word[32];

	store_read_word(row, word, sizeof word);
	if (alert_type_parse(&type, word) < 0)
		store_mismatch(row);
	return type;
}

static enum alert_state read_state(struct statement *row)
{
	char word[32];

	store_read_word(row, word, sizeof word);
	for (int state = 0; state < ALERT_STATE_COUNT; state++)
		if (strcmp(word, alert_state_name((enum alert_state)state)) == 0)
			return (enum alert_state)state;
	store_mismatch(row);
	return ALERT_STATE_OPEN;
}

static void read_alert(struct statement *row, struct alert *alert)
{
	*alert = (struct alert){0};
	alert->number = store_read_count(row);
	alert->asset = store_read_text(row);
	alert->type = read_type(row);
	alert->has_kind = !store_next_is_null(row);
	if (alert->has_kind)
		alert->kind = store_read_kind(row);
	else
		store_skip(row);
	alert->path = store_read_text(row);
	alert->state = read_state(row);
	store_read_content(row, &alert->has_new, &alert->new_size, &alert->new_digest);
	store_read_content(row, &alert->has_old, &alert->old_size, &alert->old_digest);
	alert->release = store_read_text(row);
	alert->manifest = store_read_text(row);
	alert->outcome = store_read_text(row);
	alert->detail = store_read_text(row);
	alert->opened_at = store_read_integer(row);
	alert->seen_at = store_read_integer(row);
	alert->told_at = store_read_integer(row);
	alert->acknowledged_at = store_read_integer(row);
	alert->acknowledged_by = store_read_text(row);
	alert->note = store_read_text(row);
	alert->resolved_at = store_read_integer(row);
	alert->reminders = (unsigned)store_read_integer(row);
	alert->sweep = store_read_count(row);
	alert->under = store_read_count(row);
	if (!store_next_is_null(row))
		alert->members = read_type(row);
	else
		store_skip(row);
	alert->group = store_read_text(row);
	alert->asset_count = store_read_count(row);
}

/* Run a statement with its parameters bound to the end; the rows are alerts. */
static int read_alerts(struct statement *statement, struct store_alerts *ret_alerts, struct error *e)
{
	struct store_alerts alerts CLEANUP(store_alerts_clear) = {0};
	int row;

	while ((row = store_step(statement, e)) > 0) {
		if (array_reserve(&alerts.items, alerts.count, sizeof *alerts.items) < 0)
			return error_memory(e);
		read_alert(statement, &alerts.items[alerts.count++]);
	}
	if (row < 0)
		return -1;
	*ret_alerts = alerts;
	alerts = (struct store_alerts){0};
	return 0;
}

/* The only alert, if any: 1, 0 or -1. */
static int read_one(struct statement *statement, struct alert *ret_alert, struct error *e)
{
	struct alert alert CLEANUP(alert_clear) = {0};
	int row = store_step(statement, e);

	if (row <= 0)
		return row;
	read_alert(statement, &alert);
	if (store_row_end(statement, e) < 0)
		return -1;
	*ret_alert = alert;
	alert = (struct alert){0};
	return 1;
}

int store_alerts_list(struct store *store, const char *asset, bool all, struct store_alerts *ret_alerts,
		      struct error *e)
{
	/* Two shapes, so that the index of the device is used where one is named. */
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, asset ? SELECT_ALERT " WHERE (?1 OR alert.state <> 'resolved') AND"
					    " alert.device = (SELECT number FROM device WHERE asset = ?2)"
					    " ORDER BY alert.number"
			     : SELECT_ALERT " WHERE ?1 OR alert.state <> 'resolved' ORDER BY alert.number");

	store_bind_integer(&statement, all);
	if (asset)
		store_bind_text(&statement, asset);
	return read_alerts(&statement, ret_alerts, e);
}

int store_alert_load(struct store *store, uint64_t number, struct alert *ret_alert, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, SELECT_ALERT " WHERE alert.number = ?");

	store_bind_count(&statement, number);
	return read_one(&statement, ret_alert, e);
}

/* ---- groups ---- */

/* The same change: ?1 type, ?2 path, ?3 content, ?4 kind, ?5 manifest, which counts for a stale
 * release alone. */
#define ALIKE                                                                                      \
	" path IS ?2 AND new_sha256 IS ?3 AND kind IS ?4 AND (?1 <> 'FILE_STALE' OR manifest IS ?5)" \
	" AND alert.state <> 'resolved'"

static void bind_alike(struct statement *statement, const struct alert *like)
{
	store_bind_text(statement, alert_type_name(like->type));
	store_bind_path(statement, like->path);
	store_bind_sha256(statement, like->has_new, &like->new_digest);
	store_bind_text(statement, like->has_kind ? visit_kind_name(like->kind) : NULL);
	store_bind_text(statement, like->manifest);
}

int store_alerts_alike(struct store *store, const char *model, const struct alert *like, uint64_t sweep,
		       struct store_alerts *ret_alerts, struct error *e)
{
	/* Two shapes, so that the whole index is used where a sweep is named. */
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, sweep ? SELECT_ALERT " WHERE type = ?1 AND" ALIKE
				" AND device.model = ?6 AND alert.sweep = ?7 ORDER BY asset"
			     : SELECT_ALERT " WHERE type = ?1 AND" ALIKE " AND device.model = ?6 ORDER BY asset");

	bind_alike(&statement, like);
	store_bind_text(&statement, model);
	if (sweep)
		store_bind_count(&statement, sweep);
	return read_alerts(&statement, ret_alerts, e);
}

int store_alert_group(struct store *store, const char *group, const struct alert *like, struct alert *ret_alert,
		      struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, SELECT_ALERT " WHERE members = ?1 AND" ALIKE " AND group_name = ?6");

	bind_alike(&statement, like);
	store_bind_text(&statement, group);
	return read_one(&statement, ret_alert, e);
}

int store_alerts_groups(struct store *store, struct store_alerts *ret_alerts, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, SELECT_ALERT " WHERE group_name IS NOT NULL AND alert.state <> 'resolved'"
				    " ORDER BY +alert.number"); /* +: few of many rows, by the index */

	return read_alerts(&statement, ret_alerts, e);
}

int store_alerts_under(struct store *store, uint64_t group, struct store_alerts *ret_alerts, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, SELECT_ALERT " WHERE under = ?1 AND under > 0 AND alert.state <> 'resolved' ORDER BY asset");

	store_bind_count(&statement, group);
	return read_alerts(&statement, ret_alerts, e);
}

int store_alerts_count_under(struct store *store, uint64_t group, uint64_t *ret_count, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT count(*) FROM alert WHERE under = ?1 AND under > 0 AND state <> 'resolved'");

	store_bind_count(&statement, group);
	if (store_step(&statement, e) < 0)
		return -1;
	*ret_count = store_read_count(&statement);
	return store_row_end(&statement, e);
}

int store_alerts_untold(struct store *store, struct store_alerts *ret_alerts, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, SELECT_ALERT " WHERE told_at = 0 AND alert.state <> 'resolved' AND group_name IS NULL"
				    " ORDER BY asset");

	return read_alerts(&statement, ret_alerts, e);
}

#define ALERT_COLUMNS                                                                           \
	"device, type, kind, path, state, new_size, new_md5, new_sha256, old_size, old_md5,"    \
	" old_sha256, release, manifest, outcome, detail, opened_at, seen_at, told_at,"         \
	" acknowledged_at, acknowledged_by, note, resolved_at, reminders, sweep, under,"        \
	" members, group_name, asset_count"
#define ALERT_VALUES \
	"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

static void bind_alert(struct statement *statement, int64_t device, const struct alert *alert)
{
	if (alert->asset)
		store_bind_integer(statement, device);
	else
		store_bind_null(statement);
	store_bind_text(statement, alert_type_name(alert->type));
	store_bind_text(statement, alert->has_kind ? visit_kind_name(alert->kind) : NULL);
	store_bind_path(statement, alert->path);
	store_bind_text(statement, alert_state_name(alert->state));
	store_bind_content(statement, alert->has_new, alert->new_size, &alert->new_digest);
	store_bind_content(statement, alert->has_old, alert->old_size, &alert->old_digest);
	store_bind_text(statement, alert->release);
	store_bind_text(statement, alert->manifest);
	store_bind_text(statement, alert->outcome);
	store_bind_text(statement, alert->detail);
	store_bind_integer(statement, alert->opened_at);
	store_bind_integer(statement, alert->seen_at);
	store_bind_integer(statement, alert->told_at);
	store_bind_integer(statement, alert->acknowledged_at);
	store_bind_text(statement, alert->acknowledged_by);
	store_bind_text(statement, alert->note);
	store_bind_integer(statement, alert->resolved_at);
	store_bind_integer(statement, alert->reminders);
	store_bind_count(statement, alert->sweep);
	store_bind_count(statement, alert->under);
	store_bind_text(statement, alert->group ? alert_type_name(alert->members) : NULL);
	store_bind_text(statement, alert->group);
	store_bind_count(statement, alert->asset_count);
}

static int write_alert(struct store *store, const struct alert *alert, uint64_t *ret_number, struct error *e)
{
	int64_t device = 0;
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, alert->number == 0
			       ? "INSERT INTO alert (" ALERT_COLUMNS ") VALUES (" ALERT_VALUES ") RETURNING number"
			       : "UPDATE alert SET (" ALERT_COLUMNS ") = (" ALERT_VALUES
				 ") WHERE number = ? RETURNING number");

	if (alert->asset && store_device_number(store, alert->asset, &device, e) < 0)
		return -1;
	bind_alert(&statement, device, alert);
	if (alert->number != 0)
		store_bind_count(&statement, alert->number);
	int row = store_step(&statement, e);
	if (row == 0)
		return error_set(e, ERROR_DATA, "there is no alert %llu", (unsigned long long)alert->number);
	if (row < 0)
		return -1;
	*ret_number = store_read_count(&statement);
	return store_run(&statement, e);
}

int store_alert_save(struct store *store, struct alert *alert, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	uint64_t number;

	if (store_change_begin(&change, store, e) < 0 || write_alert(store, alert, &number, e) < 0 ||
	    store_change_commit(&change, e) < 0)
		return -1;
	alert->number = number;
	return 0;
}
