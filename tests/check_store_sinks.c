/* How far each sink has taken the events, and what is remembered of it. */
#include "base/cleanup.h"
#include "base/time.h"
#include "store_fixture.h"
#include "suite.h"

#define START (1000 * TIME_DAY)

static void append(int count)
{
	for (int i = 0; i < count; i++) {
		struct alert_event event = sample_event("SAMPLE-0001", START + i);
		must(store_event_append(store, &event, &e));
	}
}

START_TEST(a_sink_starts_at_the_head_and_never_goes_back)
{
	uint64_t seq;

	append(2);
	must(store_sink_position(store, "syslog", &seq, &e));
	ck_assert_uint_eq(seq, 2);
	append(1);
	must(store_sink_position(store, "syslog", &seq, &e));
	ck_assert_uint_eq(seq, 2);
	must(store_sink_advance(store, "syslog", 3, 1, 0, &e));
	must(store_sink_advance(store, "syslog", 1, 1, 0, &e));
	must(store_sink_position(store, "syslog", &seq, &e));
	ck_assert_uint_eq(seq, 3);
	must(store_sink_advance(store, "spool", 1, 1, 0, &e));
	must(store_sink_position(store, "spool", &seq, &e));
	ck_assert_uint_eq(seq, 1);
	must_refuse(store_sink_advance(store, "spool", 4, 1, 0, &e), ERROR_INTERNAL, "only 3");
}
END_TEST

START_TEST(a_reader_finds_an_unknown_sink_at_the_head)
{
	struct store *reader;
	uint64_t seq;

	append(1);
	must(store_open(&reader, folder, STORE_READ, false, &e));
	must(store_sink_position(reader, "syslog", &seq, &e));
	ck_assert_uint_eq(seq, 1);
	ck_assert_int_eq(ask("SELECT count(*) FROM sink"), 0);
	store_close(reader);
}
END_TEST

/* ---- replay ---- */

#define REPLAY (128 * TIME_SECOND) /* so that a part of it is a second */

static uint64_t replay_from(void)
{
	uint64_t seq = UINT64_MAX;

	must(store_sink_replay(store, "tls", &seq, &e));
	return seq;
}

static void advance(uint64_t seq, int64_t at)
{
	must(store_sink_advance(store, "tls", seq, START + at, REPLAY, &e));
}

START_TEST(what_was_taken_last_is_replayed_and_no_more)
{
	uint64_t place;

	must(store_sink_position(store, "tls", &place, &e));
	append(300);
	ck_assert_uint_eq(replay_from(), 0);
	for (uint64_t i = 1; i <= 300; i++)
		advance(i, (int64_t)i * 2 * TIME_SECOND);
	/* Events 237 to 300 were taken at 474 to 600 s; one more goes, for the parts are whole. */
	uint64_t from = replay_from();
	ck_assert_uint_le(from, 236);
	ck_assert_uint_ge(from, 234);
	ck_assert_int_le(ask("SELECT count(*) FROM sink_trail"), 130);
	must(store_sink_position(store, "tls", &place, &e));
	ck_assert_uint_eq(place, 300);
}
END_TEST

START_TEST(however_long_ago_the_last_was_taken)
{
	append(5);
	advance(2, 0);
	advance(3, TIME_HOUR);
	advance(5, TIME_HOUR + TIME_SECOND);
	ck_assert_uint_eq(replay_from(), 2);
	/* It was sent again, long after: once is enough. */
	advance(5, 3 * TIME_HOUR);
	ck_assert_uint_eq(replay_from(), 5);
	advance(5, TIME_HOUR);
	ck_assert_uint_eq(replay_from(), 5);
}
END_TEST

START_TEST(a_clock_that_was_set_back_forgets_nothing)
{
	append(9);
	advance(1, 0);
	advance(4, TIME_DAY);
	advance(6, TIME_DAY + 5 * TIME_SECOND);
	advance(8, TIME_HOUR);
	ck_assert_uint_eq(replay_from(), 1);
	advance(9, 2 * TIME_HOUR); /* and does not keep it longer than the clock that is in force */
	ck_assert_uint_eq(replay_from(), 8);
	ck_assert_int_eq(ask("SELECT count(*) FROM sink_trail"), 1);
}
END_TEST

START_TEST(without_replay_nothing_is_remembered)
{
	append(3);
	advance(1, 0);
	must(store_sink_advance(store, "tls", 2, START, 0, &e));
	ck_assert_uint_eq(replay_from(), 2);
	ck_assert_int_eq(ask("SELECT count(*) FROM sink_trail"), 0);
}
END_TEST

START_TEST(much_at_one_moment_is_one_place)
{
	append(100);
	for (uint64_t i = 1; i <= 100; i++)
		advance(i, (int64_t)i);
	ck_assert_int_eq(ask("SELECT count(*) FROM sink_trail"), 1);
	ck_assert_uint_eq(replay_from(), 0);
}
END_TEST

/* ---- how they stand ---- */

START_TEST(what_waits_is_counted_in_events_and_bytes)
{
	struct store_sinks sinks;

	append(3);
	must(store_sink_advance(store, "b", 0, START, 0, &e));
	must(store_sink_advance(store, "a", 2, START, 0, &e));
	must(store_act_add(store, &(struct store_actor){.by = "x", .at = START}, "ack", "7", NULL, &e));
	append(4);
	must(store_sinks_list(store, &sinks, &e));
	ck_assert_uint_eq(sinks.count, 2);
	ck_assert_str_eq(sinks.items[0].name, "a");
	ck_assert_uint_eq(sinks.items[0].seq, 2);
	ck_assert_uint_eq(sinks.items[0].waiting, 5);
	ck_assert_int_eq((int64_t)sinks.items[0].waiting_bytes,
			 ask("SELECT sum(length(CAST(text AS BLOB))) FROM record WHERE seq > 2"));
	ck_assert_uint_eq(sinks.items[1].waiting, 7);
	ck_assert_int_eq((int64_t)sinks.items[1].waiting_bytes,
			 ask("SELECT sum(length(CAST(text AS BLOB))) FROM record WHERE seq > 0"));
	store_sinks_clear(&sinks);
	must(store_sink_advance(store, "a", 7, START, 0, &e));
	must(store_sinks_list(store, &sinks, &e));
	ck_assert_uint_eq(sinks.items[0].waiting + sinks.items[0].waiting_bytes, 0);
	store_sinks_clear(&sinks);
}
END_TEST

/* Since when, and why; NULL: it is not away. */
static void expect_away(int64_t since, const char *why)
{
	struct store_sinks sinks;

	must(store_sinks_list(store, &sinks, &e));
	ck_assert_int_eq(sinks.items[0].away_since, since);
	ck_assert_pstr_eq(sinks.items[0].why, why);
	store_sinks_clear(&sinks);
}

START_TEST(one_that_is_away_is_so_since_the_first_time)
{
	must(store_sink_advance(store, "relp", 0, START, 0, &e));
	expect_away(0, NULL);
	must(store_sink_away(store, "relp", START, "no route", &e));
	must(store_sink_away(store, "relp", START + 7, "refused", &e));
	expect_away(START, "refused");
	must(store_sink_away(store, "relp", 0, NULL, &e));
	expect_away(0, NULL);
	must(store_sink_away(store, "relp", START + 9, "refused", &e));
	expect_away(START + 9, "refused");
	must(store_sink_away(store, "unknown", START, "x", &e));
}
END_TEST

/* ---- leases of the dead ---- */

static bool is_named(const char *owner, const void *userdata)
{
	return strcmp(owner, userdata) == 0;
}

START_TEST(leases_of_an_owner_that_is_gone_are_dropped)
{
	static const char *const assets[] = {"SAMPLE-0001", "SAMPLE-0002", "SAMPLE-0003"};

	for (size_t i = 0; i < 3; i++) {
		struct inventory_device device = {.asset = (char *)assets[i], .model = "m", .link = NULL};
		must(store_device_save(store, &device, &e));
		must(store_lease_take(store, assets[i], i < 2 ? "dead" : "alive", 1, 1000, &e));
	}
	ck_assert_int_eq(must(store_lease_take(store, assets[0], "alive", 2, 1000, &e)), 0);
	must(store_lease_drop_gone(store, is_named, "dead", &e));
	ck_assert_int_eq(ask("SELECT count(*) FROM lease"), 1);
	ck_assert_int_eq(must(store_lease_take(store, assets[0], "new", 2, 1000, &e)), 1);
	ck_assert_int_eq(must(store_lease_take(store, assets[2], "new", 2, 1000, &e)), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store, sinks");
	TCase *sinks = cases(suite, "sinks");
	tcase_add_test(sinks, a_sink_starts_at_the_head_and_never_goes_back);
	tcase_add_test(sinks, a_reader_finds_an_unknown_sink_at_the_head);
	tcase_add_test(sinks, what_was_taken_last_is_replayed_and_no_more);
	tcase_add_test(sinks, however_long_ago_the_last_was_taken);
	tcase_add_test(sinks, a_clock_that_was_set_back_forgets_nothing);
	tcase_add_test(sinks, without_replay_nothing_is_remembered);
	tcase_add_test(sinks, much_at_one_moment_is_one_place);
	tcase_add_test(sinks, what_waits_is_counted_in_events_and_bytes);
	tcase_add_test(sinks, one_that_is_away_is_so_since_the_first_time);
	tcase_add_test(sinks, leases_of_an_owner_that_is_gone_are_dropped);
	return suite_run(suite);
}
