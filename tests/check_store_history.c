/* Visits and events: what is only ever added, how small it is, and that it cannot be altered
 * unseen. */
#include "base/text.h"
#include "base/time.h"
#include "tests/store_fixture.h"
#include "tests/suite.h"

static uint64_t add_visit(const char *asset, const struct sample_visit *sample)
{
	uint64_t visit;

	must(store_visit_add(store, 0, asset, &sample->report, &sample->verdict, &visit, &e));
	return visit;
}

/* ---- visits ---- */

static void same_observation(const struct visit_observation *a, const struct visit_observation *b)
{
	ck_assert_str_eq(a->path, b->path);
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_int_eq(a->outcome, b->outcome);
	ck_assert_uint_eq(a->size, b->size);
	ck_assert_int_eq(a->length_verified, b->length_verified);
	ck_assert(digest_equal(&a->digest, &b->digest));
}

static void same_finding(const struct drift_finding *a, const struct drift_finding *b)
{
	ck_assert_int_eq(a->type, b->type);
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_int_eq(a->outcome, b->outcome);
	ck_assert_str_eq(a->path, b->path);
	ck_assert_int_eq(a->has_new, b->has_new);
	ck_assert_uint_eq(a->new_size, b->new_size);
	ck_assert(digest_equal(&a->new_digest, &b->new_digest));
	ck_assert_int_eq(a->has_old, b->has_old);
	ck_assert_uint_eq(a->old_size, b->old_size);
	ck_assert(digest_equal(&a->old_digest, &b->old_digest));
	ck_assert_pstr_eq(a->release, b->release);
	ck_assert_str_eq(a->manifest, b->manifest);
}

static void same_report(const struct visit_report *a, const struct visit_report *b)
{
	ck_assert_int_eq(a->outcome, b->outcome);
	ck_assert_str_eq(a->detail, b->detail);
	ck_assert_mem_eq(&a->grade, &b->grade, sizeof a->grade);
	ck_assert_str_eq(a->seen_pin, b->seen_pin);
	ck_assert_str_eq(a->seen_serial, b->seen_serial);
	ck_assert_str_eq(a->seen_address, b->seen_address);
	ck_assert_uint_eq(a->left_out, b->left_out);
	ck_assert_uint_eq(a->not_covered, b->not_covered);
	ck_assert_uint_eq(a->bytes, b->bytes);
	ck_assert_int_eq(a->started_at, b->started_at);
	ck_assert_int_eq(a->ended_at, b->ended_at);
	ck_assert_uint_eq(a->observation_count, b->observation_count);
	for (size_t i = 0; i < a->observation_count; i++)
		same_observation(&a->observations[i], &b->observations[i]);
}

START_TEST(a_visit_comes_back_whole)
{
	struct sample_visit sample;
	struct store_visits visits;

	enroll(1);
	sample_visit(&sample, TIME_DAY, true);
	sample.observations[2].outcome = VISIT_TRUNCATED;
	sample.observations[2].digest = (struct digest_pair){0};
	sample.observations[3].path = "dir/\xff\x01 %";
	sample.observations[3].size = UINT64_MAX;
	sample.report.bytes = UINT64_MAX;
	sample.report.outcome = VISIT_CONNECTION_LOST;
	(void)strcpy(sample.report.detail, "lost after 3 files");
	uint64_t number = add_visit("SAMPLE-0001", &sample);
	must(store_visits_list(store, "SAMPLE-0001", 5, &visits, &e));
	ck_assert_uint_eq(visits.count, 1);
	ck_assert_uint_eq(visits.items[0].number, number);
	ck_assert_uint_eq(visits.items[0].sweep, 0);
	ck_assert_int_eq(visits.items[0].result, DRIFT_DRIFTED);
	same_report(&visits.items[0].report, &sample.report);
	ck_assert_uint_eq(visits.items[0].finding_count, 1);
	same_finding(&visits.items[0].findings[0], &sample.finding);
	store_visits_clear(&visits);
}
END_TEST

START_TEST(findings_keep_their_order_and_what_they_lack)
{
	struct drift_finding findings[] = {
		{ .type = DRIFT_UNREADABLE, .kind = VISIT_CONFIG, .outcome = VISIT_UNSTABLE, .path = "b" },
		{ .type = DRIFT_MISSING, .kind = VISIT_FIRMWARE, .path = "a", .has_old = true, .old_size = 7,
		  .old_digest = sample_digest(3) },
		{ .type = DRIFT_ADDED, .kind = VISIT_FIRMWARE, .path = "c", .has_new = true,
		  .new_size = UINT64_MAX, .new_digest = sample_digest(4) },
	};
	struct sample_visit sample;
	struct store_visits visits;

	enroll(1);
	sample_visit(&sample, TIME_DAY, true);
	sample.verdict.findings = findings;
	sample.verdict.finding_count = 3;
	(void)add_visit("SAMPLE-0001", &sample);
	must(store_visits_list(store, "SAMPLE-0001", 1, &visits, &e));
	ck_assert_uint_eq(visits.items[0].finding_count, 3);
	for (size_t i = 0; i < 3; i++)
		same_finding(&visits.items[0].findings[i], &findings[i]);
	store_visits_clear(&visits);
}
END_TEST

START_TEST(visits_are_listed_newest_first_and_the_first_in_full)
{
	struct sample_visit sample;
	struct store_visits visits;

	enroll(2);
	for (int i = 1; i <= 4; i++) {
		sample_visit(&sample, i * TIME_DAY, true);
		(void)add_visit("SAMPLE-0001", &sample);
		(void)add_visit("SAMPLE-0002", &sample);
	}
	must(store_visits_list(store, "SAMPLE-0001", 3, &visits, &e));
	ck_assert_uint_eq(visits.count, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(visits.items[i].report.started_at, (4 - (int64_t)i) * TIME_DAY);
		ck_assert_uint_eq(visits.items[i].report.observation_count, i == 0 ? SAMPLE_FILES : 0);
		ck_assert_uint_eq(visits.items[i].finding_count, i == 0 ? 1 : 0);
	}
	store_visits_clear(&visits);
	must(store_visits_list(store, "NOBODY", 3, &visits, &e));
	ck_assert_uint_eq(visits.count, 0);
}
END_TEST

START_TEST(what_is_seen_again_is_kept_once)
{
	struct sample_visit sample;

	enroll(3);
	sample_visit(&sample, TIME_DAY, true);
	for (int i = 0; i < 3; i++) {
		(void)add_visit("SAMPLE-0001", &sample);
		(void)add_visit("SAMPLE-0002", &sample);
	}
	ck_assert_int_eq(ask("SELECT count(*) FROM visit"), 6);
	ck_assert_int_eq(ask("SELECT count(*) FROM observation"), SAMPLE_FILES);
	ck_assert_int_eq(ask("SELECT count(*) FROM finding"), 1);
	ck_assert_int_eq(ask("SELECT count(*) FROM shown"), 1);
}
END_TEST

/* Each makes a visit whose observations differ in one thing from the sample's. */
static void change_digest(struct visit_observation *observation)
{
	observation->digest.sha256[31] ^= 1;
}
static void change_md5(struct visit_observation *observation)
{
	observation->digest.md5[0] ^= 1;
}
static void change_size(struct visit_observation *observation)
{
	observation->size++;
}
static void change_path(struct visit_observation *observation)
{
	observation->path = "CONFIG.XMM";
}
static void change_kind(struct visit_observation *observation)
{
	observation->kind = VISIT_OTHER;
}
static void change_outcome(struct visit_observation *observation)
{
	observation->outcome = VISIT_TRUNCATED;
}
static void change_length(struct visit_observation *observation)
{
	observation->length_verified = !observation->length_verified;
}
static void (*const changes[])(struct visit_observation *) = {
	change_digest, change_md5, change_size, change_path, change_kind, change_outcome, change_length,
};

START_TEST(whatever_differs_is_another_set)
{
	struct sample_visit sample;

	enroll(1);
	sample_visit(&sample, TIME_DAY, false);
	(void)add_visit("SAMPLE-0001", &sample);
	changes[_i](&sample.observations[0]);
	(void)add_visit("SAMPLE-0001", &sample);
	ck_assert_int_eq(ask("SELECT count(*) FROM observation_set"), 2);
}
END_TEST

START_TEST(a_visit_without_contact_has_no_set)
{
	struct sample_visit sample;
	struct store_visits visits;

	enroll(1);
	sample_visit(&sample, TIME_DAY, false);
	sample.report = (struct visit_report){ .outcome = VISIT_TIMED_OUT, .started_at = 5, .ended_at = 9 };
	sample.verdict.result = DRIFT_UNREACHABLE;
	(void)add_visit("SAMPLE-0001", &sample);
	ck_assert_int_eq(ask("SELECT count(*) FROM observation_set"), 0);
	ck_assert_int_eq(ask("SELECT count(*) FROM shown"), 0);
	must(store_visits_list(store, "SAMPLE-0001", 1, &visits, &e));
	same_report(&visits.items[0].report, &sample.report);
	store_visits_clear(&visits);
}
END_TEST

/* What may happen to a set on a disk or at somebody's hands. */
static const char *const alterations[] = {
	"UPDATE observation SET size = size + 1 WHERE path = CAST('HEAD_C~1' AS BLOB)",
	"UPDATE observation SET sha256 = zeroblob(32) WHERE path = CAST('HEAD_C~1' AS BLOB)",
	"UPDATE observation SET md5 = zeroblob(15) WHERE path = CAST('HEAD_C~1' AS BLOB)",
	"UPDATE observation SET md5 = NULL WHERE path = CAST('HEAD_C~1' AS BLOB)",
	"UPDATE observation SET path = x'4100' WHERE path = CAST('HEAD_C~1' AS BLOB)",
	"UPDATE observation SET path = x'' WHERE path = CAST('HEAD_C~1' AS BLOB)",
	"UPDATE observation SET kind = 'nonsense'",
	"UPDATE observation SET outcome = 'nonsense'",
	"DELETE FROM observation WHERE path = CAST('HEAD_C~1' AS BLOB)",
	"UPDATE observation SET path = CAST('Z' AS BLOB) WHERE path = CAST('HEAD_C~1' AS BLOB)",
	"UPDATE observation_set SET sha256 = 'no digest'",
	"UPDATE finding SET type = 'added'",
	"UPDATE finding SET type = 'nonsense'",
	"UPDATE finding SET new_sha256 = x'00'",
	"UPDATE finding SET manifest = manifest || manifest",
	"DELETE FROM finding",
	"UPDATE visit SET detail = replace(hex(zeroblob(300)), '0', 'x')",
	"UPDATE visit SET result = 'nonsense'",
	"UPDATE shown SET pin = replace(hex(zeroblob(300)), '0', 'x')",
};

START_TEST(an_altered_visit_is_refused)
{
	struct sample_visit sample;
	struct store_visits visits;

	enroll(1);
	sample_visit(&sample, TIME_DAY, true);
	(void)add_visit("SAMPLE-0001", &sample);
	tamper(alterations[_i]);
	must_refuse(store_visits_list(store, "SAMPLE-0001", 1, &visits, &e), ERROR_DATA, path);
}
END_TEST

START_TEST(a_visit_belongs_to_a_device_and_a_sweep_that_are_there)
{
	struct sample_visit sample;
	uint64_t visit;

	enroll(1);
	sample_visit(&sample, TIME_DAY, true);
	must_refuse(store_visit_add(store, 0, "NOBODY", &sample.report, &sample.verdict, &visit, &e), ERROR_DATA,
		    "NOBODY");
	must_refuse(store_visit_add(store, 4711, "SAMPLE-0001", &sample.report, &sample.verdict, &visit, &e),
		    ERROR_INTERNAL, "FOREIGN KEY");
	ck_assert_int_eq(ask("SELECT count(*) FROM observation_set"), 0);
	ck_assert_int_eq(ask("SELECT count(*) FROM visit"), 0);
}
END_TEST

static int64_t file_bytes(void)
{
	struct stat status;

	must(store_execute(store, "PRAGMA wal_checkpoint(TRUNCATE)", &e));
	ck_assert_int_eq(stat(path, &status), 0);
	return status.st_size;
}

/* As a sweep does it, a night's visits with their jobs; every tenth device has drifted and is
 * found so again each night. */
static void spend_a_night(const char *const *assets, int count, int64_t night)
{
	struct store_sweep sweep = { .window = "nightly", .started_at = night, .closes_at = night + TIME_HOUR };
	struct alert_counts counts = {0};
	struct sample_visit sample;
	uint64_t visit;

	must(store_begin(store, &e));
	must(store_sweep_begin(store, &sweep, assets, (size_t)count, &e));
	for (int i = 0; i < count; i++) {
		sample_visit(&sample, night + i, i % 10 == 0);
		(void)snprintf(sample.report.seen_address, sizeof sample.report.seen_address, "192.0.2.%d", i);
		must(store_visit_add(store, sweep.number, assets[i], &sample.report, &sample.verdict, &visit, &e));
		must(store_job_done(store, sweep.number, assets[i], sample.verdict.result, &e));
	}
	must(store_sweep_end(store, sweep.number, night + TIME_HOUR, &counts, &e));
	must(store_commit(store, &e));
}

START_TEST(an_unchanged_visit_costs_less_than_200_bytes)
{
	enum { DEVICES = 100, NIGHTS = 100 };
	static char names[DEVICES][32];
	const char *assets[DEVICES];

	enroll(DEVICES);
	for (int i = 0; i < DEVICES; i++) {
		(void)snprintf(names[i], sizeof names[i], "SAMPLE-%04d", i + 1);
		assets[i] = names[i];
	}
	spend_a_night(assets, DEVICES, TIME_DAY);
	int64_t before = file_bytes();
	for (int night = 1; night <= NIGHTS; night++)
		spend_a_night(assets, DEVICES, TIME_DAY * 20000 + night * TIME_DAY);
	int64_t each = (file_bytes() - before) / (DEVICES * NIGHTS);
	ck_assert_int_eq(ask("SELECT count(*) FROM visit"), DEVICES * (NIGHTS + 1));
	ck_assert_int_gt(each, 20);
	ck_assert_msg(each < 200, "%lld bytes a visit", (long long)each);
	if (getenv("PUMPWATCH_MEASURE"))
		(void)printf("bytes per unchanged visit: %lld\n", (long long)each);
}
END_TEST

/* ---- events ---- */

static uint64_t append(char *asset, int64_t at)
{
	struct alert_event event = sample_event(asset, at);

	must(store_event_append(store, &event, &e));
	return event.seq;
}

START_TEST(events_come_back_in_order_with_their_chain)
{
	struct store_events events;
	char expected[DIGEST_SHA256_HEX + 1], head[DIGEST_SHA256_HEX + 1];
	uint64_t seq;

	must(store_event_head(store, &seq, expected, &e));
	ck_assert_uint_eq(seq, 0);
	for (int i = 1; i <= 5; i++)
		ck_assert_uint_eq(append("SAMPLE-0001", i), (uint64_t)i);
	must(store_events_list(store, 0, 10, &events, &e));
	ck_assert_uint_eq(events.count, 5);
	for (size_t i = 0; i < 5; i++) {
		struct text chained = {0};

		ck_assert_uint_eq(events.items[i].seq, i + 1);
		ck_assert_int_eq(events.items[i].at, (int64_t)i + 1);
		ck_assert_str_eq(events.items[i].asset, "SAMPLE-0001");
		ck_assert_str_eq(events.items[i].previous, expected);
		text_add(&chained, events.items[i].previous);
		must(alert_event_write(&chained, &events.items[i], &e));
		ck_assert_int_eq(digest_sha256_hex(expected, chained.data, chained.length), 0);
		text_clear(&chained);
	}
	must(store_event_head(store, &seq, head, &e));
	ck_assert_uint_eq(seq, 5);
	ck_assert_str_eq(head, expected);
	store_events_clear(&events);
	must_verify();
}
END_TEST

START_TEST(a_page_of_events_follows_the_last_one_seen)
{
	struct store_events events, all;

	for (int i = 1; i <= 5; i++)
		(void)append("SAMPLE-0001", i);
	must(store_events_list(store, 0, SIZE_MAX, &all, &e));
	must(store_events_list(store, 2, 2, &events, &e));
	ck_assert_uint_eq(events.count, 2);
	ck_assert_uint_eq(events.items[0].seq, 3);
	ck_assert_uint_eq(events.items[1].seq, 4);
	ck_assert_str_eq(events.items[0].previous, all.items[2].previous);
	store_events_clear(&events);
	store_events_clear(&all);
	must(store_events_list(store, 5, 2, &events, &e));
	ck_assert_uint_eq(events.count, 0);
}
END_TEST

START_TEST(an_eid_is_a_uuid_of_its_own_and_is_kept)
{
	struct alert_event first = sample_event("SAMPLE-0001", 1), second = sample_event("SAMPLE-0001", 1);
	struct store_events events;

	must(store_event_append(store, &first, &e));
	must(store_event_append(store, &second, &e));
	ck_assert_uint_eq(strlen(first.eid), 36);
	ck_assert_uint_eq(strspn(first.eid, "0123456789abcdef-"), 36);
	ck_assert(first.eid[8] == '-' && first.eid[13] == '-' && first.eid[18] == '-' && first.eid[23] == '-');
	ck_assert_int_eq(first.eid[14], '8');
	ck_assert_ptr_nonnull(strchr("89ab", first.eid[19]));
	ck_assert_str_ne(first.eid, second.eid);
	must(store_events_list(store, 0, 2, &events, &e));
	ck_assert_str_eq(events.items[0].eid, first.eid);
	ck_assert_str_eq(events.items[1].eid, second.eid);
	store_events_clear(&events);
}
END_TEST

static void copy_file(const char *from, const char *to)
{
	char bytes[4096];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");

	ck_assert(in && out);
	for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
		ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
	ck_assert_int_eq(fclose(in) | fclose(out), 0);
}

START_TEST(a_restored_store_gives_no_eid_again)
{
	struct alert_event lost = sample_event("SAMPLE-0001", 2), anew = sample_event("SAMPLE-0001", 3);
	char backup[400];

	(void)snprintf(backup, sizeof backup, "%s/backup", folder);
	(void)append("SAMPLE-0001", 1);
	(void)file_bytes();
	close_store();
	copy_file(path, backup);
	open_store();
	must(store_event_append(store, &lost, &e));
	(void)file_bytes();
	close_store();
	copy_file(backup, path);
	open_store();
	must(store_event_append(store, &anew, &e));
	ck_assert_uint_eq(lost.seq, anew.seq);
	ck_assert_str_ne(lost.eid, anew.eid);
	must_verify();
}
END_TEST

START_TEST(two_stores_have_two_chains)
{
	char first[DIGEST_SHA256_HEX + 1], second[DIGEST_SHA256_HEX + 1];
	uint64_t seq;

	must(store_event_head(store, &seq, first, &e));
	close_store();
	remove_folder();
	make_folder();
	open_store();
	must(store_event_head(store, &seq, second, &e));
	ck_assert_str_ne(first, second);
}
END_TEST

START_TEST(an_event_rolled_back_leaves_no_gap)
{
	(void)append("SAMPLE-0001", 1);
	must(store_begin(store, &e));
	ck_assert_uint_eq(append("SAMPLE-0001", 2), 2);
	ck_assert_uint_eq(append("SAMPLE-0001", 3), 3);
	store_rollback(store);
	ck_assert_uint_eq(append("SAMPLE-0001", 4), 2);
	must_verify();
}
END_TEST

static const struct {
	const char *sql, *words;
} forbidden[] = {
	{ "UPDATE record SET text = '{}' WHERE seq = 1", "records do not change" },
	{ "UPDATE OR REPLACE record SET number = 2 WHERE number = 3", "records do not change" },
	{ "DELETE FROM record WHERE seq = 2", "records are kept" },
	{ "DELETE FROM record", "records are kept" },
	{ "INSERT INTO record VALUES (9, 3, NULL, '{}', 'x', 0)", "records have no gaps" },
	{ "INSERT INTO record VALUES (4, 4, NULL, '{}', 'x', 0)", "records have no gaps" },
	{ "INSERT INTO record VALUES (4, NULL, 'x', '{}', 'x', 0)", "records have no gaps" }, /* nor bytes */
	{ "UPDATE chain SET event_bytes = 0", "the chain grows with its records" },
	{ "REPLACE INTO record VALUES (1, 3, NULL, '{}', 'x', 0)", "records have no gaps" },
	{ "REPLACE INTO record VALUES (4, 1, NULL, '{}', 'x', 0)", "records have no gaps" },
	{ "UPDATE chain SET count = 2", "the chain grows with its records" },
	{ "UPDATE chain SET count = 4, head = 'x'", "the chain grows with its records" },
	{ "UPDATE chain SET seq = 7", "the chain grows with its records" },
	{ "DELETE FROM chain", "the chain is kept" },
	{ "REPLACE INTO chain VALUES (1, 0, 0, '', 0)", "there is one chain" },
};

START_TEST(records_are_only_appended)
{
	const struct store_actor actor = { .by = "a person", .at = 5 };

	(void)append("SAMPLE-0001", 1);
	must(store_act_add(store, &actor, "edit", "SAMPLE-0001", NULL, &e));
	(void)append("SAMPLE-0001", 2);
	must_refuse(store_execute(store, forbidden[_i].sql, &e), ERROR_INTERNAL, forbidden[_i].words);
	ck_assert_int_eq(ask("SELECT count(*) FROM record"), 3);
	must_verify();
}
END_TEST

START_TEST(events_and_acts_are_one_chain)
{
	const struct store_actor actor = { .by = "a person", .at = 5 };
	struct store_events events;
	struct store_records records;
	char expected[DIGEST_SHA256_HEX + 1], head[DIGEST_SHA256_HEX + 1];
	uint64_t seq;

	must(store_event_head(store, &seq, expected, &e));
	(void)append("SAMPLE-0001", 1);
	must(store_act_add(store, &actor, "edit", "SAMPLE-0001", "name=x", &e));
	(void)append("SAMPLE-0001", 2);
	must(store_records_list(store, 0, 10, &records, &e));
	ck_assert_uint_eq(records.count, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(records.items[i].number, i + 1);
		ck_assert_str_eq(records.items[i].previous, expected);
		must(store_chain_hash(expected, records.items[i].previous, records.items[i].text,
				      records.items[i].length, &e));
		ck_assert_str_eq(records.items[i].hash, expected);
	}
	ck_assert_str_eq(records.items[1].text, "{\"at\":5,\"by\":\"a person\",\"detail\":\"name=x\","
						"\"subject\":\"SAMPLE-0001\",\"v\":1,\"verb\":\"edit\"}");
	must(store_events_list(store, 1, 10, &events, &e));
	ck_assert_uint_eq(events.count, 1);
	ck_assert_uint_eq(events.items[0].seq, 2);
	ck_assert_str_eq(events.items[0].previous, records.items[1].hash);
	must(store_event_head(store, &seq, head, &e));
	ck_assert_uint_eq(seq, 2);
	ck_assert_str_eq(head, expected);
	store_events_clear(&events);
	store_records_clear(&records);
	must(store_records_list(store, 1, 1, &records, &e));
	ck_assert_uint_eq(records.count, 1);
	ck_assert_uint_eq(records.items[0].number, 2);
	store_records_clear(&records);
}
END_TEST

START_TEST(a_record_that_was_cut_off_leaves_a_gap_for_ever)
{
	struct store_events events;

	for (int i = 1; i <= 3; i++)
		(void)append("SAMPLE-0001", i);
	tamper("DROP TRIGGER record_kept; DELETE FROM record WHERE number = 3");
	ck_assert_uint_eq(append("SAMPLE-0001", 4), 4);
	ck_assert_int_eq(ask("SELECT max(number) FROM record"), 4);
	must(store_events_list(store, 0, 9, &events, &e));
	ck_assert_uint_eq(events.count, 3);
	ck_assert_uint_eq(events.items[2].seq, 4);
	store_events_clear(&events);
}
END_TEST

START_TEST(a_record_that_cannot_be_read_fails_by_its_number)
{
	struct store_events events;

	(void)append("SAMPLE-0001", 1);
	tamper("DROP TRIGGER record_unchanged; UPDATE record SET text = '{'");
	must_refuse(store_events_list(store, 0, 9, &events, &e), ERROR_DATA, "event 1");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store, history");
	TCase *visits = cases(suite, "visits");
	tcase_add_test(visits, a_visit_comes_back_whole);
	tcase_add_test(visits, findings_keep_their_order_and_what_they_lack);
	tcase_add_test(visits, visits_are_listed_newest_first_and_the_first_in_full);
	tcase_add_test(visits, what_is_seen_again_is_kept_once);
	tcase_add_loop_test(visits, whatever_differs_is_another_set, 0, sizeof changes / sizeof *changes);
	tcase_add_test(visits, a_visit_without_contact_has_no_set);
	tcase_add_loop_test(visits, an_altered_visit_is_refused, 0, sizeof alterations / sizeof *alterations);
	tcase_add_test(visits, a_visit_belongs_to_a_device_and_a_sweep_that_are_there);
	tcase_add_test(visits, an_unchanged_visit_costs_less_than_200_bytes);

	TCase *events = cases(suite, "events");
	tcase_add_test(events, events_come_back_in_order_with_their_chain);
	tcase_add_test(events, a_page_of_events_follows_the_last_one_seen);
	tcase_add_test(events, an_eid_is_a_uuid_of_its_own_and_is_kept);
	tcase_add_test(events, a_restored_store_gives_no_eid_again);
	tcase_add_test(events, two_stores_have_two_chains);
	tcase_add_test(events, an_event_rolled_back_leaves_no_gap);
	tcase_add_loop_test(events, records_are_only_appended, 0, sizeof forbidden / sizeof *forbidden);
	tcase_add_test(events, events_and_acts_are_one_chain);
	tcase_add_test(events, a_record_that_was_cut_off_leaves_a_gap_for_ever);
	tcase_add_test(events, a_record_that_cannot_be_read_fails_by_its_number);
	return suite_run(suite);
}
