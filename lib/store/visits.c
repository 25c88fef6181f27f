#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"

/* A row of the table visit, as far as it points elsewhere. */
struct places {
	int64_t device, shown, observation_set, finding_set; /* 0: none */
};

static void bind_number(struct statement *statement, int64_t number)
{
	if (number == 0)
		store_bind_null(statement);
	else
		store_bind_integer(statement, number);
}

static void bind_shown(struct statement *statement, const struct visit_report *report)
{
	store_bind_text(statement, report->seen_pin);
	store_bind_text(statement, report->seen_serial);
	store_bind_text(statement, report->seen_address);
}

static int save_shown(struct store *store, const struct visit_report *report, int64_t *ret_shown,
		      struct error *e)
{
	struct statement found CLEANUP(store_finish) =
		store_prepare(store, "SELECT number FROM shown WHERE pin = ? AND serial = ? AND address = ?");

	bind_shown(&found, report);
	int row = store_step(&found, e);
	if (row > 0)
		*ret_shown = store_read_integer(&found);
	if (row != 0)
		return row;
	struct statement made CLEANUP(store_finish) =
		store_prepare(store, "INSERT INTO shown (pin, serial, address) VALUES (?, ?, ?)");
	bind_shown(&made, report);
	if (store_run(&made, e) < 0)
		return -1;
	*ret_shown = sqlite3_last_insert_rowid(store->database);
	return 0;
}

static int save_places(struct store *store, const char *asset, const struct visit_report *report,
		       const struct drift_verdict *verdict, struct places *ret_places, struct error *e)
{
	bool shows = report->seen_pin[0] || report->seen_serial[0] || report->seen_address[0];

	if (store_device_number(store, asset, &ret_places->device, e) < 0)
		return -1;
	if (shows && save_shown(store, report, &ret_places->shown, e) < 0)
		return -1;
	if (report->observation_count > 0 &&
	    store_observations_save(store, report, &ret_places->observation_set, e) < 0)
		return -1;
	if (verdict->finding_count > 0 &&
	    store_findings_save(store, verdict->findings, verdict->finding_count, &ret_places->finding_set,
				e) < 0)
		return -1;
	return 0;
}

static int insert_visit(struct store *store, uint64_t sweep, const struct visit_report *report,
			const struct drift_verdict *verdict, const struct places *places,
			uint64_t *ret_visit, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "INSERT INTO visit (device, sweep, shown, observation_set, finding_set, result, outcome,"
		       " detail, grade, findings, files, left_out, not_covered, bytes, started_at, duration)"
		       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

	store_bind_integer(&statement, places->device);
	bind_number(&statement, (int64_t)sweep);
	bind_number(&statement, places->shown);
	bind_number(&statement, places->observation_set);
	bind_number(&statement, places->finding_set);
	store_bind_text(&statement, drift_result_name(verdict->result));
	store_bind_outcome(&statement, report->outcome);
	store_bind_word(&statement, report->detail);
	store_bind_grade(&statement, &report->grade);
	store_bind_count(&statement, verdict->finding_count);
	store_bind_count(&statement, verdict->files);
	store_bind_count(&statement, report->left_out);
	store_bind_count(&statement, report->not_covered);
	store_bind_count(&statement, report->bytes);
	store_bind_integer(&statement, report->started_at);
	store_bind_integer(&statement, report->ended_at - report->started_at);
	if (store_run(&statement, e) < 0)
		return -1;
	*ret_visit = (uint64_t)sqlite3_last_insert_rowid(store->database);
	return 0;
}

static int note_in_job(struct store *store, uint64_t sweep, int64_t device, uint64_t visit, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "UPDATE job SET visit = ? WHERE sweep = ? AND device = ?");

	store_bind_count(&statement, visit);
	store_bind_count(&statement, sweep);
	store_bind_integer(&statement, device);
	return store_run(&statement, e);
}

int store_visit_add(struct store *store, uint64_t sweep, const char *asset,
		    const struct visit_report *report, const struct drift_verdict *verdict,
		    uint64_t *ret_visit, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	struct places places = {0};
	uint64_t visit;

	if (store_change_begin(&change, store, e) < 0 ||
	    save_places(store, asset, report, verdict, &places, e) < 0 ||
	    insert_visit(store, sweep, report, verdict, &places, &visit, e) < 0 ||
	    (sweep > 0 && note_in_job(store, sweep, places.device, visit, e) < 0) ||
	    store_change_commit(&change, e) < 0)
		return -1;
	*ret_visit = visit;
	return 0;
}

static void clear(struct store_visit *visit)
{
	visit_report_clear(&visit->report);
	for (size_t i = 0; i < visit->finding_count; i++)
		drift_finding_clear(&visit->findings[i]);
	free(visit->findings);
}

void store_visits_clear(struct store_visits *visits)
{
	for (size_t i = 0; i < visits->count; i++)
		clear(&visits->items[i]);
	free(visits->items);
	*visits = (struct store_visits){0};
}

static void read_visit(struct statement *row, struct store_visit *visit, struct places *places)
{
	*visit = (struct store_visit){0};
	visit->number = store_read_count(row);
	visit->sweep = store_read_count(row);
	places->observation_set = store_read_integer(row);
	places->finding_set = store_read_integer(row);
	visit->result = store_read_result(row);
	struct visit_report *report = &visit->report;
	report->outcome = store_read_outcome(row);
	store_read_word(row, report->detail, sizeof report->detail);
	store_read_grade(row, &report->grade);
	report->left_out = store_read_count(row);
	report->not_covered = store_read_count(row);
	report->bytes = store_read_count(row);
	report->started_at = store_read_integer(row);
	report->ended_at = report->started_at + store_read_integer(row);
	store_read_word(row, report->seen_pin, sizeof report->seen_pin);
	store_read_word(row, report->seen_serial, sizeof report->seen_serial);
	store_read_word(row, report->seen_address, sizeof report->seen_address);
}

/* Sets never change, so reading them after the visit needs no transaction. */
static int load_sets(struct store *store, const struct places *places, struct store_visit *visit,
		     struct error *e)
{
	if (places->observation_set > 0 &&
	    store_observations_load(store, places->observation_set, &visit->report, e) < 0)
		return -1;
	if (places->finding_set == 0)
		return 0;
	return store_findings_load(store, places->finding_set, &visit->findings, &visit->finding_count, e);
}

int store_visits_list(struct store *store, const char *asset, size_t most, struct store_visits *ret_visits,
		      struct error *e)
{
	struct store_visits visits CLEANUP(store_visits_clear) = {0};
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT visit.number, sweep, observation_set, finding_set, result, outcome, detail, grade,"
		       " left_out, not_covered, bytes, started_at, duration, pin, serial, address"
		       " FROM visit LEFT JOIN shown ON shown.number = visit.shown"
		       " WHERE device = (SELECT number FROM device WHERE asset = ?)"
		       " ORDER BY visit.number DESC LIMIT ?");
	int row;

	store_bind_text(&statement, asset);
	store_bind_count(&statement, most);
	while ((row = store_step(&statement, e)) > 0) {
		struct places places;

		if (array_reserve(&visits.items, visits.count, sizeof *visits.items) < 0)
			return error_memory(e);
		struct store_visit *visit = &visits.items[visits.count++];
		read_visit(&statement, visit, &places);
		if (store_row_end(&statement, e) < 0 ||
		    (visits.count == 1 && load_sets(store, &places, visit, e) < 0))
			return -1;
	}
	if (row < 0)
		return -1;
	*ret_visits = visits;
	visits = (struct store_visits){0};
	return 0;
}
