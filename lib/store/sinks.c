#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"

/* The trail has at most so many places: each stands for a part of the time to be replayed. */
enum { TRAIL_PARTS = 128 };

/* ---- where a sink stands ---- */

static int load_position(struct store *store, const char *sink, uint64_t *ret_seq, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT seq FROM sink WHERE name = ?");

	store_bind_text(&statement, sink);
	int row = store_step(&statement, e);
	if (row > 0)
		*ret_seq = store_read_count(&statement);
	return row;
}

static int insert_sink(struct store *store, const char *sink, uint64_t seq, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "INSERT INTO sink (name, seq) VALUES (?, ?)");

	store_bind_text(&statement, sink);
	store_bind_count(&statement, seq);
	return store_run(&statement, e);
}

/* Remember a sink at the head, unless another process has done so just now. */
static int place_sink(struct store *store, const char *sink, uint64_t *ret_seq, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	char head[DIGEST_SHA256_HEX + 1];

	if (store_change_begin(&change, store, e) < 0)
		return -1;
	int known = load_position(store, sink, ret_seq, e);
	if (known != 0)
		return known;
	if (store_event_head(store, ret_seq, head, e) < 0 || insert_sink(store, sink, *ret_seq, e) < 0)
		return -1;
	return store_change_commit(&change, e);
}

int store_sink_position(struct store *store, const char *sink, uint64_t *ret_seq, struct error *e)
{
	bool reads_only = sqlite3_db_readonly(store->database, "main") == 1;
	char head[DIGEST_SHA256_HEX + 1];
	uint64_t seq = 0;

	int known = load_position(store, sink, &seq, e);
	if (known == 0)
		known = reads_only ? store_event_head(store, &seq, head, e) : place_sink(store, sink, &seq, e);
	if (known < 0)
		return -1;
	*ret_seq = seq;
	return 0;
}

/* ---- moving on ---- */

static int load_first_of_trail(struct store *store, const char *sink, int64_t after, uint64_t *ret_seq,
			       struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT seq FROM sink_trail WHERE sink = ? AND until > ? ORDER BY seq LIMIT 1");

	store_bind_text(&statement, sink);
	store_bind_integer(&statement, after);
	int row = store_step(&statement, e);
	if (row > 0)
		*ret_seq = store_read_count(&statement);
	return row;
}

static int cut_trail(struct store *store, const char *sink, int64_t from, int64_t until, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "DELETE FROM sink_trail WHERE sink = ? AND (until <= ? OR until >= ?)");

	store_bind_text(&statement, sink);
	store_bind_integer(&statement, from);
	store_bind_integer(&statement, until);
	return store_run(&statement, e);
}

/* The first place in a part of the time is the one that is kept. What lies beyond this part, since
 * the clock was set back, becomes one with it. */
static int add_to_trail(struct store *store, const char *sink, uint64_t place, int64_t now, int64_t replay,
			struct error *e)
{
	const int64_t part = replay / TRAIL_PARTS > 0 ? replay / TRAIL_PARTS : 1;
	const int64_t until = (now / part + 1) * part;
	uint64_t first = place;

	if (load_first_of_trail(store, sink, until - 1, &first, e) < 0 ||
	    cut_trail(store, sink, now - replay, until, e) < 0)
		return -1;
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "INSERT INTO sink_trail (sink, until, seq) VALUES (?, ?, ?)");
	store_bind_text(&statement, sink);
	store_bind_integer(&statement, until);
	store_bind_count(&statement, first < place ? first : place);
	return store_run(&statement, e);
}

static int move(struct store *store, const char *sink, uint64_t seq, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "UPDATE sink SET seq = ?2 WHERE name = ?1");

	store_bind_text(&statement, sink);
	store_bind_count(&statement, seq);
	return store_run(&statement, e);
}

static int refuse_beyond_end(const char *sink, uint64_t seq, uint64_t last, struct error *e)
{
	return error_set(e, ERROR_INTERNAL, "sink %s took event %llu, but there are only %llu", sink,
			 (unsigned long long)seq, (unsigned long long)last);
}

int store_sink_advance(struct store *store, const char *sink, uint64_t seq, int64_t now, int64_t replay,
		       struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	char head[DIGEST_SHA256_HEX + 1];
	uint64_t last, place = 0;

	if (store_change_begin(&change, store, e) < 0 || store_event_head(store, &last, head, e) < 0)
		return -1;
	if (seq > last)
		return refuse_beyond_end(sink, seq, last, e);
	int known = load_position(store, sink, &place, e);
	if (known < 0 || (known == 0 && insert_sink(store, sink, place, e) < 0))
		return -1;
	/* Another process may have delivered to it meanwhile. */
	if (seq > place && move(store, sink, seq, e) < 0)
		return -1;
	if (seq > place && replay > 0)
		known = add_to_trail(store, sink, place, now, replay, e);
	else
		known = cut_trail(store, sink, replay > 0 ? now - replay : INT64_MAX, INT64_MAX, e);
	if (known < 0)
		return -1;
	return store_change_commit(&change, e);
}

int store_sink_replay(struct store *store, const char *sink, uint64_t *ret_seq, struct error *e)
{
	uint64_t place, first;

	if (store_sink_position(store, sink, &place, e) < 0)
		return -1;
	first = place;
	if (load_first_of_trail(store, sink, INT64_MIN, &first, e) < 0)
		return -1;
	*ret_seq = first < place ? first : place;
	return 0;
}

int store_sink_away(struct store *store, const char *sink, int64_t since, const char *why, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};

	if (store_change_begin(&change, store, e) < 0)
		return -1;
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "UPDATE sink SET why = ?3,"
				     " away_since = iif(?2 = 0 OR away_since = 0, ?2, away_since)"
				     " WHERE name = ?1 AND (why IS NOT ?3 OR (away_since = 0) <> (?2 = 0))");
	store_bind_text(&statement, sink);
	store_bind_integer(&statement, since);
	store_bind_text(&statement, since != 0 ? why : NULL);
	return store_run(&statement, e) < 0 ? -1 : store_change_commit(&change, e);
}

/* ---- how all of them stand ---- */

void store_sinks_clear(struct store_sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++) {
		free(sinks->items[i].name);
		free(sinks->items[i].why);
	}
	free(sinks->items);
	*sinks = (struct store_sinks){0};
}

static void read_sink(struct statement *row, struct store_sink *sink)
{
	*sink = (struct store_sink){ .name = store_read_text(row) };
	sink->seq = store_read_count(row);
	sink->away_since = store_read_integer(row);
	sink->why = store_read_text(row);
	sink->waiting = store_read_count(row);
	sink->waiting_bytes = store_read_count(row);
}

int store_sinks_list(struct store *store, struct store_sinks *ret_sinks, struct error *e)
{
	struct store_sinks sinks CLEANUP(store_sinks_clear) = {0};
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT name, sink.seq, away_since, why, max(chain.seq - sink.seq, 0),"
		       " max(chain.event_bytes - ifnull((SELECT event_bytes FROM record"
		       " WHERE record.seq <= sink.seq ORDER BY record.seq DESC LIMIT 1), 0), 0)"
		       " FROM sink, chain ORDER BY name");
	int row;

	while ((row = store_step(&statement, e)) > 0) {
		if (array_reserve(&sinks.items, sinks.count, sizeof *sinks.items) < 0)
			return error_memory(e);
		read_sink(&statement, &sinks.items[sinks.count++]);
		if (store_row_end(&statement, e) < 0)
			return -1;
	}
	if (row < 0)
		return -1;
	*ret_sinks = sinks;
	sinks = (struct store_sinks){0};
	return 0;
}

const struct store_sink *store_sinks_find(const struct store_sinks *sinks, const char *name)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (strcmp(sinks->items[i].name, name) == 0)
			return &sinks->items[i];
	return NULL;
}
