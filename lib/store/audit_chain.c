#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"

/* How many hashes may be computed to find out where records belong that were moved. */
enum { SEARCHES_MAX = 2000000 };

/* A record as it stands in its row. */
struct row {
	int64_t number;
	bool is_event, is_act; /* by its columns */
	uint64_t seq;
	char *subject;
	char *text;
	size_t length;
	char hash[2 * DIGEST_SHA256_HEX]; /* room to see that it is too long */
	uint64_t event_bytes;
};

/* Where the walk through the records stands: what is known of the last one. */
struct walk {
	struct store *store;
	struct store_audit *audit;
	uint64_t number;
	char stored[2 * DIGEST_SHA256_HEX];   /* its hash as it stands there; empty: not known */
	char computed[DIGEST_SHA256_HEX + 1]; /* from its text, when that is another; else empty */
	struct store_fault *altered;	      /* its fault, to which the next record may add; or NULL */
	uint64_t seq;
	uint64_t event_bytes;
	bool seq_known; /* no gap and nothing altered since the last event */
	bool bytes_known; /* the same since the last record */
};

#define ROW "SELECT number, seq, subject, text, hash, event_bytes FROM record"

static void clear_row(struct row *row)
{
	free(row->subject);
	free(row->text);
}

static int read_row(struct statement *statement, struct row *row, struct error *e)
{
	row->number = store_read_integer(statement);
	row->is_event = !store_next_is_null(statement);
	row->seq = store_read_count(statement);
	row->is_act = !store_next_is_null(statement);
	row->subject = store_read_bytes(statement, NULL);
	row->text = store_read_bytes(statement, &row->length);
	store_read_cut(statement, row->hash, sizeof row->hash);
	row->event_bytes = store_read_count(statement);
	if (store_row_end(statement, e) < 0)
		return -1;
	return row->text ? 0 : error_memory(e);
}

/* The hash stands that the next record continues: what it is of does not. */
static const char text_altered[] = "its text was altered, or the record before it with its hash";

/* Put what became known of a fault in words. */
static void say(struct store_fault *fault, const char *words)
{
	if (fault)
		text_copy(fault->words, sizeof fault->words, words);
}

/* ---- one record after the other ---- */

static void note_missing(struct store_audit *audit, uint64_t first, uint64_t last, const char *where)
{
	if (first == last)
		store_audit_note(audit, STORE_RECORD_REMOVED, first, NULL, "record %llu is missing%s",
				 (unsigned long long)first, where);
	else
		store_audit_note(audit, STORE_RECORD_REMOVED, first, NULL, "records %llu to %llu are missing%s",
				 (unsigned long long)first, (unsigned long long)last, where);
}

/* Whether the record continues the one before, as far as that is known. One that was altered
 * gives one fault: the chain goes on from what stands there, or from what should. */
static int check_link(struct walk *walk, const struct row *row, bool *ret_holds, struct error *e)
{
	char after_stored[DIGEST_SHA256_HEX + 1] = "", after_computed[DIGEST_SHA256_HEX + 1] = "";

	*ret_holds = true;
	if (walk->stored[0] &&
	    store_chain_hash(after_stored, walk->stored, row->text, row->length, e) < 0)
		return -1;
	if (walk->computed[0] &&
	    store_chain_hash(after_computed, walk->computed, row->text, row->length, e) < 0)
		return -1;
	bool continues_stored = after_stored[0] && strcmp(after_stored, row->hash) == 0;
	bool continues_computed = after_computed[0] && strcmp(after_computed, row->hash) == 0;
	if (continues_stored)
		say(walk->altered, text_altered);
	else if (continues_computed)
		say(walk->altered, "its hash was altered");
	walk->altered = NULL;
	walk->computed[0] = '\0';
	if (walk->stored[0] && !continues_stored && !continues_computed) {
		walk->altered = store_audit_note(walk->audit, STORE_RECORD_ALTERED, (uint64_t)row->number,
						 NULL, "%s", "");
		memcpy(walk->computed, after_stored, sizeof walk->computed);
		*ret_holds = false;
	}
	return 0;
}

static void check_event(struct walk *walk, const struct row *row)
{
	struct alert_event event CLEANUP(alert_event_clear) = {0};
	struct error fault = {0};
	uint64_t number = (uint64_t)row->number;

	if (alert_event_parse(&event, row->text, row->length, &fault) < 0) {
		store_audit_note(walk->audit, STORE_RECORD_COLUMN, number, NULL,
				 "its columns call it event %llu, which its text is not: %s",
				 (unsigned long long)row->seq, fault.text);
		return;
	}
	if (event.seq != row->seq)
		store_audit_note(walk->audit, STORE_RECORD_COLUMN, number, NULL,
				 "its columns call it event %llu, its text %llu", (unsigned long long)row->seq,
				 (unsigned long long)event.seq);
	else if (walk->seq_known && row->seq != walk->seq + 1)
		store_audit_note(walk->audit, STORE_RECORD_COLUMN, number, NULL,
				 "it is event %llu, where %llu comes next", (unsigned long long)row->seq,
				 (unsigned long long)walk->seq + 1);
	walk->seq = event.seq;
	walk->seq_known = true;
}

static int check_act(struct walk *walk, const struct row *row, struct error *e)
{
	struct store_act act CLEANUP(store_act_clear) = {0};
	struct error fault = {0};
	uint64_t number = (uint64_t)row->number;

	if (store_act_parse(&act, row->text, row->length, &fault) < 0) {
		store_audit_note(walk->audit, STORE_RECORD_COLUMN, number, NULL,
				 "its columns call it an act, which its text is not: %s", fault.text);
		return 0;
	}
	if (!row->subject || strcmp(act.subject, row->subject) != 0)
		store_audit_note(walk->audit, STORE_RECORD_COLUMN, number, NULL,
				 "its subject is \"%s\" in the column, \"%s\" in its text",
				 row->subject ? row->subject : "", act.subject);
	act.number = number;
	return store_audit_act(walk->store, walk->audit, &act, e);
}

/* The sum goes on from what stands there where it is not known, and else from the texts, so that
 * one that was altered is one fault. */
static void check_bytes(struct walk *walk, const struct row *row)
{
	uint64_t due = walk->event_bytes + (row->is_event ? row->length : 0);

	if (walk->bytes_known && row->event_bytes != due)
		store_audit_note(walk->audit, STORE_RECORD_COLUMN, (uint64_t)row->number, NULL,
				 "%llu bytes of events are counted up to it, where there are %llu",
				 (unsigned long long)row->event_bytes, (unsigned long long)due);
	walk->event_bytes = walk->bytes_known ? due : row->event_bytes;
	walk->bytes_known = true;
}

static int check_type(struct walk *walk, const struct row *row, struct error *e)
{
	walk->audit->events += row->is_event;
	walk->audit->acts += row->is_act && !row->is_event;
	if (row->is_act && !row->is_event)
		return check_act(walk, row, e);
	if (row->is_event && !row->is_act)
		check_event(walk, row);
	else
		store_audit_note(walk->audit, STORE_RECORD_COLUMN, (uint64_t)row->number, NULL,
				 "its columns do not say whether it is an event or an act");
	return 0;
}

static int check_columns(struct walk *walk, const struct row *row, struct error *e)
{
	uint64_t found = walk->audit->found;

	if (check_type(walk, row, e) < 0)
		return -1;
	if (walk->audit->found != found)
		walk->bytes_known = false; /* it may have been counted as what it is not */
	else
		check_bytes(walk, row);
	return 0;
}

static int check_row(struct walk *walk, const struct row *row, struct error *e)
{
	uint64_t number = (uint64_t)row->number;
	bool holds;

	walk->audit->records++;
	if (row->number <= 0) {
		store_audit_note(walk->audit, STORE_RECORD_OUT_OF_ORDER, 0, NULL, "there is a record %lld",
				 (long long)row->number);
		return 0;
	}
	if (number != walk->number + 1) {
		note_missing(walk->audit, walk->number + 1, number - 1, "");
		walk->stored[0] = walk->computed[0] = '\0';
		walk->altered = NULL;
		walk->seq_known = walk->bytes_known = false;
	}
	if (check_link(walk, row, &holds, e) < 0)
		return -1;
	if (holds && check_columns(walk, row, e) < 0)
		return -1;
	if (!holds)
		walk->seq_known = walk->bytes_known = false;
	walk->number = number;
	memcpy(walk->stored, row->hash, sizeof walk->stored);
	return 0;
}

/* ---- the end ---- */

/* What is kept beside the records must be what the last of them says. */
static void check_head(struct walk *walk, const struct chain *chain)
{
	struct store_audit *audit = walk->audit;

	if (chain->count > walk->number) {
		note_missing(audit, walk->number + 1, chain->count, ": the end was cut off");
	} else if (chain->count < walk->number) {
		store_audit_note(audit, STORE_CHAIN_ALTERED, 0, NULL,
				 "%llu records are counted beside the chain, which has %llu",
				 (unsigned long long)chain->count, (unsigned long long)walk->number);
	} else if (walk->altered) {
		if (strcmp(chain->head, walk->stored) == 0)
			say(walk->altered, text_altered);
		else if (strcmp(chain->head, walk->computed) == 0)
			say(walk->altered, "its hash was altered");
	} else if (strcmp(chain->head, walk->stored) != 0) {
		store_audit_note(audit, STORE_CHAIN_ALTERED, 0, NULL,
				 "the head beside the chain is not that of its last record, %llu",
				 (unsigned long long)walk->number);
	}
	if (walk->seq_known && chain->count == walk->number && chain->seq != walk->seq)
		store_audit_note(audit, STORE_CHAIN_ALTERED, 0, NULL,
				 "the last event beside the chain is %llu, in the chain it is %llu",
				 (unsigned long long)chain->seq, (unsigned long long)walk->seq);
	if (walk->bytes_known && chain->count == walk->number && chain->event_bytes != walk->event_bytes)
		store_audit_note(audit, STORE_CHAIN_ALTERED, 0, NULL,
				 "%llu bytes of events are counted beside the chain, which has %llu",
				 (unsigned long long)chain->event_bytes, (unsigned long long)walk->event_bytes);
}

static int walk_records(struct walk *walk, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(walk->store, ROW " ORDER BY number");
	struct chain chain;
	int found;

	if (store_chain_load(walk->store, &chain, e) < 0)
		return -1;
	walk->audit->seq = chain.seq;
	memcpy(walk->audit->head, chain.head, sizeof walk->audit->head);
	while ((found = store_step(&statement, e)) > 0) {
		struct row row CLEANUP(clear_row) = {0};
		if (read_row(&statement, &row, e) < 0 || check_row(walk, &row, e) < 0)
			return -1;
	}
	if (found == 0)
		check_head(walk, &chain);
	return found;
}

/* ---- records of which nothing is known yet: those that were moved continue another ---- */

static int load_row(struct store *store, uint64_t number, struct row *row, struct error *e)
{
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, ROW " WHERE number = ?");

	store_bind_count(&statement, number);
	int found = store_step(&statement, e);
	return found > 0 && read_row(&statement, row, e) < 0 ? -1 : found;
}

/* Find the record that row continues: 1 and its number (0: the chain's beginning), 0, or -1. */
static int find_previous(struct store *store, const struct row *row, unsigned *searches,
			 uint64_t *ret_number, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT 0, ?1 UNION ALL SELECT number, hash FROM record WHERE number <> ?2");
	char previous[DIGEST_SHA256_HEX + 1], hash[DIGEST_SHA256_HEX + 1];
	int found;

	store_bind_text(&statement, store->genesis);
	store_bind_integer(&statement, row->number);
	while ((found = store_step(&statement, e)) > 0 && *searches < SEARCHES_MAX) {
		*ret_number = store_read_count(&statement);
		store_read_cut(&statement, previous, sizeof previous);
		if (store_chain_hash(hash, previous, row->text, row->length, e) < 0)
			return -1;
		if (strcmp(hash, row->hash) == 0)
			return 1;
		++*searches;
	}
	return found < 0 ? -1 : 0;
}

static int find_moved(struct store *store, struct store_audit *audit, struct error *e)
{
	unsigned searches = 0;

	for (size_t i = 0; i < audit->fault_count; i++) {
		struct store_fault *fault = &audit->faults[i];
		struct row row CLEANUP(clear_row) = {0};
		uint64_t previous = 0;
		if (fault->words[0])
			continue;
		say(fault, "it was altered, or the one before it");
		int found = load_row(store, fault->record, &row, e);
		if (found > 0)
			found = find_previous(store, &row, &searches, &previous, e);
		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		fault->type = STORE_RECORD_OUT_OF_ORDER;
		(void)snprintf(fault->words, sizeof fault->words,
			       "it is out of order: it continues record %llu, not %llu",
			       (unsigned long long)previous, (unsigned long long)fault->record - 1); /* fits */
	}
	return 0;
}

int store_audit_chain(struct store *store, struct store_audit *audit, struct error *e)
{
	struct walk walk = { .store = store, .audit = audit, .seq_known = true, .bytes_known = true };

	(void)stpcpy(walk.stored, store->genesis);
	return walk_records(&walk, e) < 0 ? -1 : find_moved(store, audit, e);
}
