#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "store/internal.h"

int store_chain_hash(char ret_hash[static DIGEST_SHA256_HEX + 1], const char *previous,
		     const char *text, size_t length, struct error *e)
{
	struct text chained CLEANUP(text_clear) = {0};

	text_add(&chained, previous);
	text_add_bytes(&chained, text, length);
	if (chained.failed)
		return error_memory(e);
	if (digest_sha256_hex(ret_hash, chained.data, chained.length) < 0)
		return error_set(e, ERROR_INTERNAL, "SHA-256 cannot be computed");
	return 0;
}

int store_chain_load(struct store *store, struct chain *ret_chain, struct error *e)
{
	struct chain chain = {0};
	struct statement statement CLEANUP(store_finish) =
		store_prepare(store, "SELECT count, seq, event_bytes, head FROM chain");

	int row = store_step(&statement, e);
	if (row == 0)
		return store_fail(store, SQLITE_CORRUPT, e);
	if (row > 0) {
		chain.count = store_read_count(&statement);
		chain.seq = store_read_count(&statement);
		chain.event_bytes = store_read_count(&statement);
		store_read_word(&statement, chain.head, sizeof chain.head);
		row = store_row_end(&statement, e);
	}
	if (row < 0)
		return -1;
	if (!chain.head[0])
		(void)stpcpy(chain.head, store->genesis);
	*ret_chain = chain;
	return 0;
}

int store_record_append(struct store *store, const struct chain *chain, uint64_t seq,
			const char *subject, const struct text *text, struct error *e)
{
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "INSERT INTO record (number, seq, subject, text, hash, event_bytes)"
		       " VALUES (?, ?, ?, ?, ?, ?)");
	char hash[DIGEST_SHA256_HEX + 1];

	if (store_chain_hash(hash, chain->head, text->data, text->length, e) < 0)
		return -1;
	store_bind_count(&statement, chain->count + 1);
	if (subject)
		store_bind_null(&statement);
	else
		store_bind_count(&statement, seq);
	store_bind_text(&statement, subject);
	store_bind_text(&statement, text->data);
	store_bind_text(&statement, hash);
	store_bind_count(&statement, chain->event_bytes + (subject ? 0 : text->length));
	return store_run(&statement, e);
}

void store_records_clear(struct store_records *records)
{
	for (size_t i = 0; i < records->count; i++)
		free(records->items[i].text);
	free(records->items);
	*records = (struct store_records){0};
}

static int read_record(const struct store *store, struct statement *row, struct store_record *ret_record,
		       struct error *e)
{
	ret_record->number = store_read_count(row);
	ret_record->text = store_read_bytes(row, &ret_record->length);
	store_read_cut(row, ret_record->hash, sizeof ret_record->hash);
	store_read_cut(row, ret_record->previous, sizeof ret_record->previous);
	if (ret_record->number == 1)
		(void)stpcpy(ret_record->previous, store->genesis);
	return store_row_end(row, e);
}

int store_records_list(struct store *store, uint64_t after, size_t most,
		       struct store_records *ret_records, struct error *e)
{
	struct store_records records CLEANUP(store_records_clear) = {0};
	struct statement statement CLEANUP(store_finish) = store_prepare(
		store, "SELECT number, text, hash,"
		       " (SELECT hash FROM record AS last WHERE last.number = record.number - 1)"
		       " FROM record WHERE number > ? ORDER BY number LIMIT ?");
	int row;

	store_bind_count(&statement, after);
	store_bind_count(&statement, most);
	while ((row = store_step(&statement, e)) > 0) {
		if (array_reserve(&records.items, records.count, sizeof *records.items) < 0)
			return error_memory(e);
		if (read_record(store, &statement, &records.items[records.count++], e) < 0)
			return -1;
	}
	if (row < 0)
		return -1;
	*ret_records = records;
	records = (struct store_records){0};
	return 0;
}
