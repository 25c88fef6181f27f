#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "store/internal.h"

void store_events_clear(struct store_events *events)
{
	for (size_t i = 0; i < events->count; i++)
		alert_event_clear(&events->items[i]);
	free(events->items);
	*events = (struct store_events){0};
}

int store_event_head(struct store *store, uint64_t *ret_seq, char ret_head[static DIGEST_SHA256_HEX + 1],
		     struct error *e)
{
	struct chain chain;

	if (store_chain_load(store, &chain, e) < 0)
		return -1;
	*ret_seq = chain.seq;
	(void)stpcpy(ret_head, chain.head);
	return 0;
}

/* A UUID of version 8 (RFC 9562 §5.8) from the chain before and the record without its id: no
 * randomness is needed, and a store that was restored and went another way gives other ids. */
static int give_eid(struct alert_event *event, struct error *e)
{
	struct text record CLEANUP(text_clear) = {0};
	char hash[DIGEST_SHA256_HEX + 1];

	event->eid[0] = '\0';
	if (alert_event_write(&record, event, e) < 0 ||
	    store_chain_hash(hash, event->previous, record.data, record.length, e) < 0)
		return -1;
	static const char variants[] = "89ab";
	(void)snprintf(event->eid, sizeof event->eid, "%.8s-%.4s-8%.3s-%c%.3s-%.12s", hash, hash + 8,
		       hash + 12, variants[(unsigned char)hash[15] & 3], hash + 16, hash + 19);
	return 0;
}

int store_event_append(struct store *store, struct alert_event *event, struct error *e)
{
	struct change change CLEANUP(store_change_clear) = {0};
	struct text record CLEANUP(text_clear) = {0};
	struct chain chain;

	if (store_change_begin(&change, store, e) < 0 || store_chain_load(store, &chain, e) < 0)
		return -1;
	event->seq = chain.seq + 1;
	(void)stpcpy(event->previous, chain.head);
	if (give_eid(event, e) < 0 || alert_event_write(&record, event, e) < 0 ||
	    store_record_append(store, &chain, event->seq, NULL, &record, e) < 0)
		return -1;
	return store_change_commit(&change, e);
}

static int read_event(const struct store *store, struct statement *row, struct alert_event *ret_event,
		      struct error *e)
{
	char previous[DIGEST_SHA256_HEX + 1];

	uint64_t seq = store_read_count(row);
	char *record CLEANUP(cleanup_free) = store_read_text(row);
	store_read_word(row, previous, sizeof previous);
	if (store_row_end(row, e) < 0)
		return -1;
	if (!record || alert_event_parse(ret_event, record, strlen(record), e) < 0)
		return error_prefix(e, "the store %s: event %llu", store->path, (unsigned long long)seq);
	(void)stpcpy(ret_event->previous, previous[0] ? previous : store->genesis);
	return 0;
}

int store_events_list(struct store *store, uint64_t after, size_t most, struct store_events *ret_events,
		      struct error *e)
{
	struct store_events events CLEANUP(store_events_clear) = {0};
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT seq, text, (SELECT hash FROM record AS last WHERE last.number = record.number - 1)"
		       " FROM record WHERE seq > ? ORDER BY seq LIMIT ?");
	int row;

	store_bind_count(&statement, after);
	store_bind_count(&statement, most);
	while ((row = store_step(&statement, e)) > 0) {
		if (array_reserve(&events.items, events.count, sizeof *events.items) < 0)
			return error_memory(e);
		if (read_event(store, &statement, &events.items[events.count], e) < 0)
			break;
		events.count++;
	}
	if (row < 0 || (row > 0 && events.count == 0))
		return -1;
	*ret_events = events;
	events = (struct store_events){0};
	return 0;
}
