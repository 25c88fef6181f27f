#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"

void store_sweep_clear(struct store_sweep *sweep)
{
	free(sweep->window);
	free(sweep->by);
	*sweep = (struct store_sweep){0};
}

/* ---- what a sweep has come to ---- */

/* Devices by result, of a sweep that has ended. */
static int load_results(struct store *store, uint64_t sweep, struct alert_counts *counts, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT result, devices FROM sweep_result WHERE sweep = ?");
	int row;

	store_bind_count(&statement, sweep);
	while ((row = store_step(&statement, e)) > 0) {
		enum drift_result result = store_read_result(&statement);
		counts->results[result] = store_read_count(&statement);
	}
	return row;
}

static int save_results(struct store *store, uint64_t sweep, const struct alert_counts *counts,
			struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "INSERT INTO sweep_result (sweep, result, devices) VALUES (?, ?, ?)");

	for (int result = 0; result < DRIFT_RESULT_COUNT; result++) {
		if (counts->results[result] == 0)
			continue;
		store_again(&statement);
		store_bind_count(&statement, sweep);
		store_bind_text(&statement, drift_result_name((enum drift_result)result));
		store_bind_count(&statement, counts->results[result]);
		if (store_run(&statement, e) < 0)
			return -1;
	}
	return 0;
}

static void add(uint64_t *sum, uint64_t value)
{
	if (__builtin_add_overflow(*sum, value, sum))
		*sum = UINT64_MAX;
}

int store_sweep_counts(struct store *store, uint64_t sweep, struct alert_counts *ret_counts, struct error *e)
{
	/* Summed here: SQLite's sum() fails when a lying device makes it overflow. */
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT job.result, visit.files, visit.bytes, visit.findings, sweep.started_at,"
		       " (SELECT count(*) FROM alert WHERE state = 'open' AND group_name IS NULL)"
		       " FROM sweep LEFT JOIN job ON job.sweep = sweep.number AND job.result IS NOT NULL"
		       " LEFT JOIN visit ON visit.number = job.visit WHERE sweep.number = ?");
	struct alert_counts counts = {0};
	int row;

	store_bind_count(&statement, sweep);
	while ((row = store_step(&statement, e)) > 0) {
		if (store_next_is_null(&statement)) {
			store_skip(&statement);
		} else {
			add(&counts.results[store_read_result(&statement)], 1);
			add(&counts.devices, 1);
		}
		add(&counts.files, store_read_count(&statement));
		add(&counts.bytes, store_read_count(&statement));
		add(&counts.findings, store_read_count(&statement));
		counts.started_at = store_read_integer(&statement);
		counts.open_alerts = store_read_count(&statement);
	}
	if (row < 0)
		return -1;
	*ret_counts = counts;
	return 0;
}

/* ---- sweeps ---- */

#define SELECT_SWEEP                                                                               \
	"SELECT number, window_name, started_by, started_at, closes_at, ended_at, devices, files," \
	" bytes, findings, overdue, open_alerts, approvals, stopped, why_stopped FROM sweep"

static void read_sweep(struct statement *row, struct store_sweep *sweep)
{
	sweep->number = store_read_count(row);
	sweep->window = store_read_text(row);
	sweep->by = store_read_text(row);
	sweep->started_at = store_read_integer(row);
	sweep->closes_at = store_read_integer(row);
	sweep->ended_at = store_read_integer(row);
	sweep->counts.devices = store_read_count(row);
	sweep->counts.files = store_read_count(row);
	sweep->counts.bytes = store_read_count(row);
	sweep->counts.findings = store_read_count(row);
	sweep->counts.overdue = store_read_count(row);
	sweep->counts.open_alerts = store_read_count(row);
	sweep->counts.approvals = (unsigned)store_read_integer(row);
	sweep->counts.stopped = store_read_integer(row) != 0;
	store_read_word(row, sweep->counts.why_stopped, sizeof sweep->counts.why_stopped);
	sweep->counts.started_at = sweep->started_at;
	sweep->counts.ended_at = sweep->ended_at;
}

static int load_sweep(struct store *store, const char *sql, const char *window,
		      struct store_sweep *ret_sweep, struct error *e)
{
	struct store_sweep sweep CLEANUP(store_sweep_clear) = {0};
	struct statement statement CLEANUP(store_finish) = store_prepare(store, sql);

	store_bind_text(&statement, window);
	int row = store_step(&statement, e);
	if (row <= 0)
		return row;
	read_sweep(&statement, &sweep);
	if (store_row_end(&statement, e) < 0 || load_results(store, sweep.number, &sweep.counts, e) < 0)
		return -1;
	*ret_sweep = sweep;
	sweep = (struct store_sweep){0};
	return 1;
}

int store_sweep_unfinished(struct store *store, const char *window, struct store_sweep *ret_sweep,
			   struct error *e)
{
	return load_sweep(store, SELECT_SWEEP " WHERE ended_at = 0 AND (?1 IS NULL OR window_name = ?1)"
					      " ORDER BY number DESC LIMIT 1", window, ret_sweep, e);
}

int store_sweep_last(struct store *store, const char *window, struct store_sweep *ret_sweep, struct error *e)
{
	return load_sweep(store, SELECT_SWEEP " WHERE ended_at <> 0 AND (?1 IS NULL OR window_name = ?1)"
					      " ORDER BY number DESC LIMIT 1", window, ret_sweep, e);
}

static int insert_sweep(struct store *store, struct store_sweep *sweep, uint64_t *ret_number, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "INSERT INTO sweep (window_name, started_by, started_at, closes_at)"
				     " VALUES (?, ?, ?, ?)");

	store_bind_text(&statement, sweep->window);
	store_bind_text(&statement, sweep->by);
	store_bind_integer(&statement, sweep->started_at);
	store_bind_integer(&statement, sweep->closes_at);
	if (store_run(&statement, e) < 0)
		return -1;
	*ret_number = (uint64_t)sqlite3_last_insert_rowid(store->database);
	return 0;
}

static int insert_jobs(struct store *store, uint64_t sweep, const char *const *assets, size_t asset_count,
		       struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "INSERT INTO job (sweep, device)"
				     " SELECT ?, number FROM device WHERE asset = ? RETURNING 1");

	for (size_t i = 0; i < asset_count; i++) {
		store_again(&statement);
		store_bind_count(&statement, sweep);
		store_bind_text(&statement, assets[i]);
		int row = store_step(&statement, e);
		if (row == 0)
			return error_set(e, ERROR_DATA, "no device \"%s\" is enrolled", assets[i]);
		if (row < 0 || store_run(&statement, e) < 0)
			return -1;
	}
	return 0;
}

int store_sweep_begin(struct store *store, struct store_sweep *sweep, const char *const *assets,
		      size_t asset_count, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	uint64_t number;

	if (store_change_begin(&change, store, e) < 0 || insert_sweep(store, sweep, &number, e) < 0 ||
	    insert_jobs(store, number, assets, asset_count, e) < 0 || store_change_commit(&change, e) < 0)
		return -1;
	sweep->number = number;
	return 0;
}

static int end_sweep(struct store *store, uint64_t sweep, int64_t ended_at,
		     const struct alert_counts *counts, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "UPDATE sweep SET ended_at = ?, devices = ?, files = ?, bytes = ?, findings = ?,"
		       " overdue = ?, open_alerts = ?, approvals = ?, stopped = ?, why_stopped = ?"
		       " WHERE number = ? AND ended_at = 0 RETURNING 1");

	store_bind_integer(&statement, ended_at);
	store_bind_count(&statement, counts->devices);
	store_bind_count(&statement, counts->files);
	store_bind_count(&statement, counts->bytes);
	store_bind_count(&statement, counts->findings);
	store_bind_count(&statement, counts->overdue);
	store_bind_count(&statement, counts->open_alerts);
	store_bind_integer(&statement, counts->approvals);
	store_bind_integer(&statement, counts->stopped);
	store_bind_word(&statement, counts->why_stopped);
	store_bind_count(&statement, sweep);
	int row = store_step(&statement, e);
	if (row == 0)
		return error_set(e, ERROR_DATA, "sweep %llu is not running", (unsigned long long)sweep);
	return row < 0 ? -1 : store_run(&statement, e);
}

static int delete_jobs(struct store *store, uint64_t sweep, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "DELETE FROM job WHERE sweep = ?");

	store_bind_count(&statement, sweep);
	return store_run(&statement, e);
}

int store_sweep_end(struct store *store, uint64_t sweep, int64_t ended_at,
		    const struct alert_counts *counts, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};

	if (store_change_begin(&change, store, e) < 0 || end_sweep(store, sweep, ended_at, counts, e) < 0 ||
	    save_results(store, sweep, counts, e) < 0 || delete_jobs(store, sweep, e) < 0)
		return -1;
	return store_change_commit(&change, e);
}

/* ---- jobs ---- */

void store_jobs_clear(struct store_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++)
		free(jobs->items[i].asset);
	free(jobs->items);
	*jobs = (struct store_jobs){0};
}

int store_jobs_list(struct store *store, uint64_t sweep, struct store_jobs *ret_jobs, struct error *e)
{
	struct store_jobs jobs CLEANUP(store_jobs_clear) = {0};
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT asset, attempts, job.not_before FROM job"
		       " JOIN device ON device.number = job.device"
		       " LEFT JOIN standing ON standing.device = job.device"
		       " WHERE sweep = ? AND job.result IS NULL ORDER BY ifnull(verified_at, 0), asset");
	int row;

	store_bind_count(&statement, sweep);
	while ((row = store_step(&statement, e)) > 0) {
		if (array_reserve(&jobs.items, jobs.count, sizeof *jobs.items) < 0)
			return error_memory(e);
		struct store_job *job = &jobs.items[jobs.count++];
		job->asset = store_read_text(&statement);
		job->attempts = (unsigned)store_read_integer(&statement);
		job->not_before = store_read_integer(&statement);
	}
	if (row < 0)
		return -1;
	*ret_jobs = jobs;
	jobs = (struct store_jobs){0};
	return 0;
}

/* Run an update of a job that RETURNs a row when there is one. */
static int update_job(struct statement *statement, uint64_t sweep, const char *asset, struct error *e)
{
	store_bind_count(statement, sweep);
	store_bind_text(statement, asset);
	int row = store_step(statement, e);
	if (row == 0)
		return error_set(e, ERROR_DATA, "sweep %llu has no job left for device \"%s\"",
				 (unsigned long long)sweep, asset);
	return row < 0 ? -1 : store_run(statement, e);
}

#define UNDONE_JOB                                                                                    \
	" WHERE sweep = ? AND device = (SELECT number FROM device WHERE asset = ?) AND result IS NULL" \
	" RETURNING 1"

int store_job_retry(struct store *store, uint64_t sweep, const char *asset, unsigned attempts,
		    int64_t not_before, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};

	if (store_change_begin(&change, store, e) < 0)
		return -1;
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "UPDATE job SET attempts = ?, not_before = ?" UNDONE_JOB);
	store_bind_integer(&statement, attempts);
	store_bind_integer(&statement, not_before);
	return update_job(&statement, sweep, asset, e) < 0 ? -1 : store_change_commit(&change, e);
}

int store_job_done(struct store *store, uint64_t sweep, const char *asset, enum drift_result result,
		   struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};

	if (store_change_begin(&change, store, e) < 0)
		return -1;
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "UPDATE job SET result = ?" UNDONE_JOB);
	store_bind_text(&statement, drift_result_name(result));
	return update_job(&statement, sweep, asset, e) < 0 ? -1 : store_change_commit(&change, e);
}
