/* The audit: whatever is altered, removed or moved by hand is found and located. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/text.h"
#include "base/time.h"
#include "tests/store_fixture.h"
#include "tests/suite.h"

static const struct store_actor person = { .by = "a person", .why = "work order 4711", .at = TIME_DAY };

static char first[MANIFEST_ID_SIZE], second[MANIFEST_ID_SIZE], vendor[DIGEST_SHA256_HEX + 1];

/* A baseline of that serial with two signatures, as a candidate. */
static void add_baseline(char ret_id[static MANIFEST_ID_SIZE], uint64_t serial, const char *previous)
{
	const struct digest_pair digest = sample_digest((int)serial);
	struct text text = {0};
	struct manifest manifest = {
		.site = strdup("sample-site"),
		.scope = MANIFEST_MODEL,
		.scope_name = strdup("sample-pump"),
		.kind = VISIT_DRUG_LIBRARY,
		.release = strdup("2026-10"),
		.serial = serial,
		.created_at = TIME_DAY,
		.expires_at = TIME_NEVER,
	};

	(void)snprintf(manifest.previous, MANIFEST_ID_SIZE, "%s", previous);
	ck_assert_int_eq(manifest_add(&manifest, "HEAD_C~1", 6224, &digest), 0);
	must(manifest_write(&text, &manifest, &e));
	ck_assert_int_eq(manifest_id(ret_id, text.data, text.length), 0);
	must(store_baseline_add(store, text.data, &manifest, &person, &e));
	must(store_baseline_approve(store, ret_id, "one signature\n", &person, &e));
	must(store_baseline_approve(store, ret_id, "another signature\n", &person, &e));
	text_clear(&text);
	manifest_clear(&manifest);
}

static void append_event(int64_t at)
{
	struct alert_event event = sample_event("SAMPLE-0001", at);

	must(store_event_append(store, &event, &e));
}

/* Records 1 to 20, in which everything happens; event 4 is record 20. */
static void fill(void)
{
	add_baseline(first, 1, "");						/* 1 to 3 */
	append_event(1);							/* 4 */
	must(store_baseline_enforce(store, first, 0, &person, &e));		/* 5 */
	must(store_act_add(store, &person, "edit", "SAMPLE-0001", "name=x", &e)); /* 6 */
	append_event(2);							/* 7 */
	add_baseline(second, 2, first);						/* 8 to 10 */
	must(store_baseline_enforce(store, second, 500, &person, &e));		/* 11, 12 */
	must(store_baseline_accept_until(store, first, TIME_NEVER, &person, &e)); /* 13 */
	append_event(3);							/* 14 */
	must(store_baseline_withdraw(store, second, &person, &e));		/* 15 */
	for (int i = 16; i < 20; i++)
		must(store_act_add(store, &person, "ack", "7", NULL, &e));
	append_event(4); /* 20 */
	ck_assert_int_eq(digest_sha256_hex(vendor, "a list", 6), 0);
	must(store_list_save(store, vendor, "vendor.md5", "a list", &e));
	must(store_sink_advance(store, "syslog", 4, 1, 0, &e));
}

/* With the guards put aside, as a hand would do it. */
static void tamper_unguarded(const char *sql)
{
	char all[1024];

	(void)snprintf(all, sizeof all,
		       "PRAGMA foreign_keys = 0;"
		       "DROP TRIGGER record_gapless; DROP TRIGGER record_counted; DROP TRIGGER record_kept;"
		       "DROP TRIGGER record_unchanged; DROP TRIGGER chain_alone; DROP TRIGGER chain_kept;"
		       "DROP TRIGGER chain_grows; %s", sql);
	tamper(all);
}

static struct store_audit verified(void)
{
	struct store_audit audit;

	must(store_audit_verify(store, &audit, &e));
	ck_assert_uint_eq(audit.fault_count, audit.found < STORE_FAULTS_MAX ? audit.found : STORE_FAULTS_MAX);
	return audit;
}

static void show_faults(const struct store_audit *audit)
{
	for (size_t i = 0; i < audit->fault_count; i++)
		(void)fprintf(stderr, "%s, record %llu, %s: %s\n", store_fault_name(audit->faults[i].type),
			      (unsigned long long)audit->faults[i].record, audit->faults[i].subject,
			      audit->faults[i].words);
}

START_TEST(a_store_that_nobody_touched_verifies)
{
	char head[DIGEST_SHA256_HEX + 1];
	uint64_t seq;

	struct store_audit audit = verified();
	ck_assert_uint_eq(audit.records + audit.found, 0);
	store_audit_clear(&audit);
	fill();
	audit = verified();
	show_faults(&audit);
	ck_assert_uint_eq(audit.found, 0);
	ck_assert_uint_eq(audit.records, 20);
	ck_assert_uint_eq(audit.events, 4);
	ck_assert_uint_eq(audit.acts, 16);
	ck_assert_uint_eq(audit.baselines, 2);
	ck_assert_uint_eq(audit.signatures, 4);
	ck_assert_uint_eq(audit.lists, 1);
	must(store_event_head(store, &seq, head, &e));
	ck_assert_uint_eq(audit.seq, seq);
	ck_assert_str_eq(audit.head, head);
	store_audit_clear(&audit);
}
END_TEST

/* ---- the chain ---- */

enum { ANY = 0 };
#define SWAP(a, b) "UPDATE record SET number = -1 WHERE number = " #a ";"                         \
		   "UPDATE record SET number = " #a " WHERE number = " #b ";"                     \
		   "UPDATE record SET number = " #b " WHERE number = -1"

/* One fault each, beside those of the guards that were put aside. */
static const struct {
	const char *sql;
	enum store_fault_type type;
	uint64_t record;
	const char *words;
} faults[] = {
	{ "UPDATE record SET text = replace(text, 'HEAD_C~1', 'HEAD_C~2') WHERE number = 7", STORE_RECORD_ALTERED,
	  7, "its text was altered" },
	{ "UPDATE record SET text = text || ' ' WHERE number = 1", STORE_RECORD_ALTERED, 1, "its text was altered" },
	{ "UPDATE record SET text = replace(text, 'work order 4711', 'work order 4712') WHERE number = 16",
	  STORE_RECORD_ALTERED, 16, "its text was altered" },
	{ "UPDATE record SET text = text || char(0) WHERE number = 17", STORE_RECORD_ALTERED, 17,
	  "its text was altered" },
	{ "UPDATE record SET text = '' WHERE number = 17", STORE_RECORD_ALTERED, 17, "its text was altered" },
	{ "UPDATE record SET text = text || ' ' WHERE number = 20", STORE_RECORD_ALTERED, 20, "its text was altered" },
	{ "UPDATE record SET hash = upper(hash) WHERE number = 7", STORE_RECORD_ALTERED, 7, "its hash was altered" },
	{ "UPDATE record SET hash = '' WHERE number = 7", STORE_RECORD_ALTERED, 7, "its hash was altered" },
	{ "UPDATE record SET hash = hash || hash WHERE number = 20", STORE_RECORD_ALTERED, 20, "" },
	{ "UPDATE record SET hash = 'x' WHERE number = 20", STORE_RECORD_ALTERED, 20, "its hash was altered" },
	{ "DELETE FROM record WHERE number = 16", STORE_RECORD_REMOVED, 16, "record 16 is missing" },
	{ "DELETE FROM record WHERE number = 14", STORE_RECORD_REMOVED, 14, "record 14 is missing" },
	{ "DELETE FROM record WHERE number IN (16, 17, 18)", STORE_RECORD_REMOVED, 16,
	  "records 16 to 18 are missing" },
	{ "DELETE FROM record WHERE number = 20", STORE_RECORD_REMOVED, 20, "record 20 is missing: the end was cut off" },
	{ "DELETE FROM record WHERE number > 15", STORE_RECORD_REMOVED, 16,
	  "records 16 to 20 are missing: the end was cut off" },
	{ SWAP(16, 17), STORE_RECORD_OUT_OF_ORDER, 16, "it continues record 17, not 15" },
	{ SWAP(16, 17), STORE_RECORD_OUT_OF_ORDER, 17, "it continues record 15, not 16" },
	{ SWAP(4, 14), STORE_RECORD_OUT_OF_ORDER, 4, "it continues record 13, not 3" },
	{ SWAP(4, 14), STORE_RECORD_OUT_OF_ORDER, 14, "it continues record 3, not 13" },
	{ "UPDATE record SET number = number + 1 WHERE number = 20", STORE_RECORD_REMOVED, 20, "record 20 is missing" },
	{ "UPDATE record SET number = 0 WHERE number = 18", STORE_RECORD_OUT_OF_ORDER, 0, "there is a record 0" },
	{ "UPDATE record SET seq = 9 WHERE number = 7", STORE_RECORD_COLUMN, 7, "call it event 9, its text 2" },
	{ "UPDATE record SET subject = 'SAMPLE-0002' WHERE number = 6", STORE_RECORD_COLUMN, 6,
	  "its subject is \"SAMPLE-0002\" in the column, \"SAMPLE-0001\" in its text" },
	{ "UPDATE record SET seq = NULL, subject = 'x' WHERE number = 7", STORE_RECORD_COLUMN, 7,
	  "call it an act, which its text is not" },
	{ "UPDATE record SET seq = 9, subject = NULL WHERE number = 6", STORE_RECORD_COLUMN, 6,
	  "call it event 9, which its text is not" },
	{ "PRAGMA ignore_check_constraints = 1; UPDATE record SET subject = 'x' WHERE number = 7",
	  STORE_RECORD_COLUMN, 7, "do not say whether" },
	{ "UPDATE record SET event_bytes = event_bytes - 1 WHERE number = 7", STORE_RECORD_COLUMN, 7,
	  "bytes of events are counted up to it, where" },
	{ "UPDATE record SET event_bytes = 0 WHERE number = 6", STORE_RECORD_COLUMN, 6, "0 bytes of events" },
	{ "UPDATE chain SET event_bytes = 7", STORE_CHAIN_ALTERED, ANY, "7 bytes of events are counted beside" },
	{ "UPDATE chain SET count = 19", STORE_CHAIN_ALTERED, ANY, "19 records are counted" },
	{ "UPDATE chain SET seq = 5", STORE_CHAIN_ALTERED, ANY, "is 5, in the chain it is 4" },
	{ "UPDATE chain SET head = replace(head, substr(head, 1, 1), 'g')", STORE_CHAIN_ALTERED, ANY,
	  "is not that of its last record, 20" },
	{ "UPDATE sink SET seq = 5", STORE_SINK_AHEAD, ANY, "has taken event 5, but the last one is 4" },
	{ "CREATE TRIGGER mine AFTER INSERT ON record BEGIN DELETE FROM alert; END", STORE_SCHEMA_ALTERED, ANY,
	  "the trigger mine is not one of a store" },
	{ "SELECT 1", STORE_SCHEMA_ALTERED, ANY, "the trigger record_kept is missing" },
	{ "CREATE TRIGGER record_kept BEFORE DELETE ON record BEGIN SELECT 1; END", STORE_SCHEMA_ALTERED, ANY,
	  "the trigger record_kept is not as it was made" },
	{ "DROP TABLE sink; CREATE TABLE sink (name TEXT)", STORE_SCHEMA_ALTERED, ANY,
	  "the rest cannot be looked at" },
	{ "UPDATE list SET text = x'62'", STORE_LIST_ALTERED, ANY, "another digest" },
};

static bool has_fault(const struct store_audit *audit, enum store_fault_type type, uint64_t record,
		      const char *subject, const char *words)
{
	for (size_t i = 0; i < audit->fault_count; i++)
		if (audit->faults[i].type == type && audit->faults[i].record == record &&
		    (!subject || strcmp(audit->faults[i].subject, subject) == 0) &&
		    strstr(audit->faults[i].words, words))
			return true;
	return false;
}

/* Faults other than those of the guards. */
static uint64_t count_others(const struct store_audit *audit)
{
	uint64_t count = 0;

	for (size_t i = 0; i < audit->fault_count; i++)
		count += audit->faults[i].type != STORE_SCHEMA_ALTERED;
	return count;
}

START_TEST(what_was_done_to_the_chain_is_found_and_located)
{
	fill();
	tamper_unguarded(faults[_i].sql);
	struct store_audit audit = verified();
	show_faults(&audit);
	ck_assert(has_fault(&audit, faults[_i].type, faults[_i].record, NULL, faults[_i].words));
	store_audit_clear(&audit);
}
END_TEST

START_TEST(one_altered_record_is_one_fault)
{
	fill();
	tamper_unguarded("UPDATE record SET text = replace(text, '4711', '4712') WHERE number = 17");
	struct store_audit audit = verified();
	ck_assert_uint_eq(count_others(&audit), 1);
	store_audit_clear(&audit);
	tamper("UPDATE record SET hash = 'x' WHERE number = 7; DELETE FROM record WHERE number = 19");
	audit = verified();
	show_faults(&audit);
	ck_assert_uint_eq(count_others(&audit), 3);
	store_audit_clear(&audit);
}
END_TEST

START_TEST(a_record_that_was_cut_off_is_missed_after_others_came)
{
	fill();
	tamper("DROP TRIGGER record_kept; DELETE FROM record WHERE number >= 19");
	append_event(9);
	must(store_act_add(store, &person, "edit", "SAMPLE-0001", NULL, &e));
	struct store_audit audit = verified();
	show_faults(&audit);
	ck_assert(has_fault(&audit, STORE_RECORD_REMOVED, 19, NULL, "records 19 to 20 are missing"));
	ck_assert_uint_eq(count_others(&audit), 1);
	ck_assert_uint_eq(audit.seq, 5);
	store_audit_clear(&audit);
}
END_TEST

START_TEST(every_record_altered_is_counted_and_the_first_hundred_are_named)
{
	for (int i = 0; i < 150; i++)
		append_event(i);
	tamper_unguarded("UPDATE record SET text = text || ' '");
	struct store_audit audit = verified();
	ck_assert_uint_eq(audit.fault_count, STORE_FAULTS_MAX);
	ck_assert_uint_eq(audit.found, 150 + 7); /* and the guards */
	ck_assert(has_fault(&audit, STORE_RECORD_ALTERED, 93, NULL, "it was altered"));
	store_audit_clear(&audit);
}
END_TEST

/* Compute the hashes anew from a record on, as one does who knows how; to which record. */
static void compute_anew(uint64_t from, uint64_t to)
{
	struct store_records records;
	char hash[DIGEST_SHA256_HEX + 1], sql[256];

	must(store_records_list(store, from - 1, to - from + 1, &records, &e));
	(void)strcpy(hash, records.items[0].previous);
	for (size_t i = 0; i < records.count; i++) {
		must(store_chain_hash(hash, hash, records.items[i].text, records.items[i].length, &e));
		(void)snprintf(sql, sizeof sql, "UPDATE record SET hash = '%s' WHERE number = %llu", hash,
			       (unsigned long long)records.items[i].number);
		tamper(sql);
	}
	store_records_clear(&records);
}

START_TEST(a_hash_computed_anew_breaks_the_chain_behind_it)
{
	fill();
	tamper_unguarded("UPDATE record SET text = replace(text, '4711', '4712') WHERE number = 17");
	compute_anew(17, 17);
	struct store_audit audit = verified();
	show_faults(&audit);
	ck_assert(has_fault(&audit, STORE_RECORD_ALTERED, 18, NULL, "or the record before it with its hash"));
	ck_assert_uint_eq(count_others(&audit), 1);
	store_audit_clear(&audit);
}
END_TEST

START_TEST(a_chain_computed_anew_to_its_end_has_another_head)
{
	char before[DIGEST_SHA256_HEX + 1];
	uint64_t seq;

	fill();
	must(store_event_head(store, &seq, before, &e));
	tamper_unguarded("UPDATE record SET text = replace(text, '4711', '4712') WHERE number = 17");
	compute_anew(17, 20);
	struct store_audit audit = verified();
	ck_assert(has_fault(&audit, STORE_CHAIN_ALTERED, 0, NULL, "is not that of its last record, 20"));
	store_audit_clear(&audit);
	/* With the head as well, nothing in the store tells; the summaries that were sent do. */
	tamper("UPDATE chain SET head = (SELECT hash FROM record WHERE number = 20)");
	audit = verified();
	ck_assert_uint_eq(count_others(&audit), 0);
	ck_assert_str_ne(audit.head, before);
	store_audit_clear(&audit);
}
END_TEST

START_TEST(a_store_without_its_chain_says_so)
{
	struct store_audit audit;

	fill();
	tamper_unguarded("DELETE FROM chain");
	must_refuse(store_audit_verify(store, &audit, &e), ERROR_DATA, "backup");
}
END_TEST

/* ---- baselines ---- */

static const struct {
	const char *sql;
	enum store_fault_type type;
	uint64_t record;
	const char *words;
	bool of_second;
} changes[] = {
	{ "UPDATE baseline SET state = 'current' WHERE serial = 1", STORE_BASELINE_ALTERED, 0,
	  "it is current, by the acts it is older", false },
	{ "UPDATE baseline SET state = 'current' WHERE serial = 2", STORE_BASELINE_ALTERED, 0,
	  "it is current, by the acts it is withdrawn", true },
	{ "UPDATE baseline SET accept_until = 500 WHERE serial = 1", STORE_BASELINE_ALTERED, 0,
	  "it is accepted until 1970-01-01T00:00:00.000500Z, by the acts until never", false },
	{ "UPDATE baseline SET accept_until = 500 WHERE serial = 2", STORE_BASELINE_ALTERED, 0,
	  "by the acts until no time", true },
	{ "UPDATE baseline SET in_force_at = in_force_at + 1 WHERE serial = 1", STORE_BASELINE_ALTERED, 0,
	  "when it came in force", false },
	{ "UPDATE baseline SET in_force_at = 0 WHERE serial = 2", STORE_BASELINE_ALTERED, 0, "when it came in force",
	  true },
	{ "UPDATE baseline SET added_by = 'another' WHERE serial = 1", STORE_BASELINE_ALTERED, 0, "by whom", false },
	{ "UPDATE baseline SET added_by = NULL WHERE serial = 1", STORE_BASELINE_ALTERED, 0, "by whom", false },
	{ "UPDATE baseline SET added_at = 1 WHERE serial = 1", STORE_BASELINE_ALTERED, 0, "by whom", false },
	{ "UPDATE baseline SET reason = 'none' WHERE serial = 2", STORE_BASELINE_ALTERED, 0, "withdrawn", true },
	{ "UPDATE baseline SET text = replace(text, '6224', '6225') WHERE serial = 1", STORE_BASELINE_ALTERED, 0,
	  "another digest", false },
	{ "UPDATE baseline SET serial = 7 WHERE serial = 1", STORE_BASELINE_ALTERED, 0, "beside the text", false },
	{ "DELETE FROM baseline WHERE serial = 1", STORE_BASELINE_REMOVED, 1, "that it added is missing", false },
	{ "DELETE FROM baseline WHERE serial = 1", STORE_SIGNATURE_ALTERED, 0, "no such baseline", false },
	{ "UPDATE signature SET text = text || ' ' WHERE position = 1", STORE_SIGNATURE_ALTERED, 0,
	  "its signature 2 is not the one that was added", false },
	{ "UPDATE signature SET text = text || char(0) WHERE position = 1", STORE_SIGNATURE_ALTERED, 0,
	  "its signature 2 is not the one that was added", false },
	{ "UPDATE signature SET position = 2 WHERE position = 0", STORE_SIGNATURE_ALTERED, 0,
	  "its signature 1 is not the one that was added", true },
	{ "DELETE FROM signature WHERE position = 1", STORE_SIGNATURE_ALTERED, 0,
	  "it has 1 signatures, by the acts 2", true },
	{ "INSERT INTO signature SELECT baseline, 2, 'forged' FROM signature WHERE position = 0",
	  STORE_SIGNATURE_ALTERED, 0, "it has 3 signatures, by the acts 2", true },
};

START_TEST(what_was_done_to_a_baseline_is_found_by_its_id)
{
	fill();
	tamper("PRAGMA foreign_keys = 0");
	tamper(changes[_i].sql);
	struct store_audit audit = verified();
	show_faults(&audit);
	ck_assert(has_fault(&audit, changes[_i].type, changes[_i].record, changes[_i].of_second ? second : first,
			    changes[_i].words));
	store_audit_clear(&audit);
}
END_TEST

START_TEST(a_baseline_that_no_act_added_is_found)
{
	fill();
	tamper("UPDATE baseline SET id = '00112233' WHERE serial = 1");
	struct store_audit audit = verified();
	ck_assert(has_fault(&audit, STORE_BASELINE_ADDED, 0, "00112233", "no act has added it"));
	ck_assert(has_fault(&audit, STORE_BASELINE_ALTERED, 0, "00112233", "another digest"));
	ck_assert(has_fault(&audit, STORE_BASELINE_REMOVED, 1, first, "missing"));
	store_audit_clear(&audit);
}
END_TEST

START_TEST(what_a_forger_wrote_is_shown_escaped)
{
	fill();
	tamper_unguarded("UPDATE record SET subject = char(27) || '[31m' || char(8238) WHERE number = 6;"
			 "UPDATE sink SET name = char(27) || 'sink', seq = 9");
	struct store_audit audit = verified();
	for (size_t i = 0; i < audit.fault_count; i++) {
		ck_assert_ptr_null(strchr(audit.faults[i].words, '\033'));
		ck_assert_ptr_null(strchr(audit.faults[i].subject, '\033'));
	}
	ck_assert(has_fault(&audit, STORE_RECORD_COLUMN, 6, NULL, "\"%1B[31m%E2%80%AE\" in the column"));
	ck_assert(has_fault(&audit, STORE_SINK_AHEAD, 0, "%1Bsink", "event 9"));
	store_audit_clear(&audit);
}
END_TEST

/* ---- while others write, and without the right to ---- */

START_TEST(an_audit_sees_one_moment_and_writes_nothing)
{
	struct store *reader;
	struct store_audit audit;

	fill();
	must(store_open(&reader, folder, STORE_READ, false, &e));
	must(store_begin(store, &e));
	append_event(9);
	must(store_audit_verify(reader, &audit, &e));
	ck_assert_uint_eq(audit.found, 0);
	ck_assert_uint_eq(audit.records, 20);
	store_audit_clear(&audit);
	must(store_audit_verify(store, &audit, &e));
	ck_assert_uint_eq(audit.found, 0);
	ck_assert_uint_eq(audit.records, 21);
	store_audit_clear(&audit);
	must(store_commit(store, &e));
	must(store_audit_verify(reader, &audit, &e));
	ck_assert_uint_eq(audit.records, 21);
	store_audit_clear(&audit);
	store_close(reader);
}
END_TEST

/* Baselines come and go until the process is killed. */
static void work_until_killed(int report)
{
	char previous[MANIFEST_ID_SIZE] = "", id[MANIFEST_ID_SIZE];

	if (store_open(&store, folder, STORE_WRITE, false, &e) < 0)
		_exit(1);
	for (uint64_t serial = 1;; serial++) {
		add_baseline(id, serial, previous);
		if (store_baseline_enforce(store, id, TIME_NEVER, &person, &e) < 0)
			_exit(1);
		memcpy(previous, id, sizeof previous);
		if (write(report, "x", 1) != 1)
			_exit(1);
	}
}

START_TEST(a_killed_writer_leaves_a_store_that_verifies)
{
	close_store();
	for (int round = 0; round < 8; round++) {
		int ends[2], status;
		char byte;

		remove_folder();
		make_folder();
		open_store();
		close_store();
		ck_assert_int_eq(pipe(ends), 0);
		pid_t child = fork();
		ck_assert_int_ge(child, 0);
		if (child == 0)
			work_until_killed(ends[1]);
		for (int i = 0; i <= round; i++)
			ck_assert_int_eq(read(ends[0], &byte, 1), 1);
		(void)nanosleep(&(struct timespec){ .tv_nsec = (round * 7919 % 4001) * 1000L }, NULL);
		ck_assert_int_eq(kill(child, SIGKILL), 0);
		while (waitpid(child, &status, 0) < 0)
			ck_assert_int_eq(errno, EINTR);
		(void)close(ends[0]);
		(void)close(ends[1]);
		open_store();
		struct store_audit audit = verified();
		show_faults(&audit);
		ck_assert_uint_eq(audit.found, 0);
		ck_assert_uint_gt(audit.baselines, (uint64_t)round);
		store_audit_clear(&audit);
		close_store();
	}
	open_store();
}
END_TEST

START_TEST(a_full_disk_leaves_no_change_without_its_act)
{
	char previous[MANIFEST_ID_SIZE] = "", id[MANIFEST_ID_SIZE], sql[64];

	add_baseline(previous, 1, "");
	must(store_baseline_enforce(store, previous, 0, &person, &e));
	add_baseline(id, 2, previous);
	/* In each round one page more may be had, so that each statement is the one that fails. */
	for (int pages = 0; pages < 12; pages++) {
		(void)snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)ask("PRAGMA page_count") + pages);
		must(store_execute(store, sql, &e));
		static char words[60000];
		memset(words, 'x', sizeof words - 1);
		const struct store_actor wordy = { .by = "a person", .why = words, .at = 5 };
		int64_t records = ask("SELECT count(*) FROM record");
		bool done = store_baseline_withdraw(store, pages % 2 ? id : previous, &wordy, &e) == 0;
		if (!done)
			ck_assert_msg(e.code == ERROR_UNAVAILABLE, "%s", e.text);
		ck_assert_int_eq(ask("SELECT count(*) FROM record"), records + done);
		struct store_audit audit = verified();
		show_faults(&audit);
		ck_assert_uint_eq(audit.found, 0);
		store_audit_clear(&audit);
		if (done)
			return;
	}
	must(store_execute(store, "PRAGMA max_page_count = 1000000", &e));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store, audit");
	TCase *chain = cases(suite, "chain");
	tcase_add_test(chain, a_store_that_nobody_touched_verifies);
	tcase_add_loop_test(chain, what_was_done_to_the_chain_is_found_and_located, 0,
			    sizeof faults / sizeof *faults);
	tcase_add_test(chain, one_altered_record_is_one_fault);
	tcase_add_test(chain, a_record_that_was_cut_off_is_missed_after_others_came);
	tcase_add_test(chain, every_record_altered_is_counted_and_the_first_hundred_are_named);
	tcase_add_test(chain, a_hash_computed_anew_breaks_the_chain_behind_it);
	tcase_add_test(chain, a_chain_computed_anew_to_its_end_has_another_head);
	tcase_add_test(chain, a_store_without_its_chain_says_so);

	TCase *baselines = cases(suite, "baselines");
	tcase_add_loop_test(baselines, what_was_done_to_a_baseline_is_found_by_its_id, 0,
			    sizeof changes / sizeof *changes);
	tcase_add_test(baselines, a_baseline_that_no_act_added_is_found);
	tcase_add_test(baselines, what_a_forger_wrote_is_shown_escaped);

	TCase *trouble = cases(suite, "trouble");
	tcase_add_test(trouble, an_audit_sees_one_moment_and_writes_nothing);
	tcase_add_test(trouble, a_killed_writer_leaves_a_store_that_verifies);
	tcase_add_test(trouble, a_full_disk_leaves_no_change_without_its_act);
	return suite_run(suite);
}
