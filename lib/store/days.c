#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"

enum {
	DEVICES_MAX = 10 * 1000 * 1000, /* that are numbered: more is damage */
	NONE = DRIFT_RESULT_COUNT,	/* in the grid: no visit */
};

static int read_number(struct store *store, const char *sql, int64_t *ret_number, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(store, sql);

	if (store_step(&statement, e) < 0)
		return -1;
	*ret_number = store_read_integer(&statement);
	return store_row_end(&statement, e);
}

/* Of the first visit from number on: 1 and when it ended, or 0 when there is none. */
static int load_end(struct statement *statement, int64_t number, int64_t *ret_number, int64_t *ret_ended_at,
		    struct error *e)
{
	store_again(statement);
	store_bind_integer(statement, number);
	int row = store_step(statement, e);
	if (row <= 0)
		return row;
	*ret_number = store_read_integer(statement);
	*ret_ended_at = store_read_integer(statement);
	return store_row_end(statement, e) < 0 ? -1 : 1;
}

/* The number of the first visit that ended at from or later: numbers grow with the time at which
 * a visit is stored, and it is stored when it ends. */
static int find_first(struct store *store, int64_t from, int64_t *ret_number, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT number, started_at + duration FROM visit WHERE number >= ? ORDER BY number LIMIT 1");
	int64_t low = 1, high;

	if (read_number(store, "SELECT ifnull(max(number), 0) + 1 FROM visit", &high, e) < 0)
		return -1;
	while (low < high) {
		int64_t middle = low + (high - low) / 2, number, ended_at;
		int r = load_end(&statement, middle, &number, &ended_at, e);
		if (r < 0)
			return -1;
		if (r > 0 && ended_at < from)
			low = number + 1;
		else
			high = middle;
	}
	*ret_number = low;
	return 0;
}

/* The place of the stretch that has the moment, or -1. guess is where the one before lay. */
static ptrdiff_t find_day(const struct store_day *days, size_t count, int64_t at, size_t guess)
{
	if (guess < count && at >= days[guess].from && at < days[guess].until)
		return (ptrdiff_t)guess;
	for (size_t i = 0; i < count; i++)
		if (at >= days[i].from && at < days[i].until)
			return (ptrdiff_t)i;
	return -1;
}

/* Put the last result of each device and day into the grid, a row a day. */
static int fill(struct store *store, uint8_t *grid, size_t width, const struct store_day *days, size_t count,
		struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT device, started_at + duration, result FROM visit WHERE number >= ? ORDER BY number");
	int64_t first;
	size_t day = 0;
	int row;

	if (find_first(store, days[0].from, &first, e) < 0)
		return -1;
	store_bind_integer(&statement, first);
	while ((row = store_step(&statement, e)) > 0) {
		int64_t device = store_read_integer(&statement);
		ptrdiff_t found = find_day(days, count, store_read_integer(&statement), day);
		enum drift_result result = store_read_result(&statement);
		if (store_row_end(&statement, e) < 0)
			return -1;
		if (found < 0 || device < 0 || (size_t)device >= width)
			continue;
		day = (size_t)found;
		grid[day * width + (size_t)device] = (uint8_t)result;
	}
	return row;
}

int store_days_count(struct store *store, struct store_day *days, size_t count, struct error *e)
{
	int64_t devices;

	if (count == 0)
		return 0;
	if (read_number(store, "SELECT ifnull(max(number), 0) FROM device", &devices, e) < 0)
		return -1;
	if (devices < 0 || devices > DEVICES_MAX)
		return store_fail(store, SQLITE_CORRUPT, e);
	size_t width = (size_t)devices + 1;
	uint8_t *grid CLEANUP(cleanup_free) = malloc(width * count);
	if (!grid)
		return error_memory(e);
	memset(grid, NONE, width * count);
	if (fill(store, grid, width, days, count, e) < 0)
		return -1;
	for (size_t day = 0; day < count; day++) {
		memset(days[day].results, 0, sizeof days[day].results);
		for (size_t device = 0; device < width; device++)
			if (grid[day * width + device] < NONE)
				days[day].results[grid[day * width + device]]++;
	}
	return 0;
}
