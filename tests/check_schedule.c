#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/time.h"
#include "schedule/schedule.h"

#include "suite.h"

static void set_zone(const char *zone)
{
	ck_assert_int_eq(setenv("TZ", zone, 1), 0);
	tzset();
}

static int64_t at(const char *string)
{
	int64_t instant = 0;

	ck_assert_msg(time_parse(&instant, string) == 0, "%s", string);
	return instant;
}

static struct schedule_window window_of(const char *string)
{
	struct schedule_window window = {0};
	struct error e = {0};

	ck_assert_msg(schedule_window_parse(&window, string, &e) == 0, "%s: %s", string, e.text);
	return window;
}

static const struct {
	const char *string;
	unsigned days;
	int from, to;
} windows[] = {
	{"daily 01:00-05:00", 0x7F, 60, 300},
	{"Daily  1:00-5:30", 0x7F, 60, 330},
	{"mon-fri 22:00-05:00", 0x1F, 1320, 300},
	{"sat,sun 00:00-24:00", 0x60, 0, 0},
	{"fri-mon 00:00-00:00", 0x71, 0, 0},
	{"SUN 23:59-24:00", 0x40, 1439, 0},
	{"mon,wed-thu,sat 06:00-06:00", 0x2D, 360, 360},
	{"wed-wed 06:00-07:00", 0x04, 360, 420},
};

START_TEST(windows_are_read)
{
	struct schedule_window window = window_of(windows[_i].string);

	ck_assert_int_eq(window.type, SCHEDULE_DAILY);
	ck_assert_uint_eq(window.days, windows[_i].days);
	ck_assert_int_eq(window.from_minute, windows[_i].from);
	ck_assert_int_eq(window.to_minute, windows[_i].to);
}
END_TEST

START_TEST(periods_are_read)
{
	struct schedule_window window = window_of("every 6h");

	ck_assert_int_eq(window.type, SCHEDULE_EVERY);
	ck_assert_int_eq(window.period, 6 * TIME_HOUR);
}
END_TEST

static const struct {
	const char *string, *message;
} bad[] = {
	{"", "a window is such as"},
	{"daily", "a window is such as"},
	{"daily ", "a window is such as"},
	{"daily 01:00 - 05:00", "a window is such as"},
	{"daily 01:00-05:00 02:00-03:00", "a window is such as"},
	{"01:00-05:00", "a window is such as"},
	{"daily 01:00", "the hours must be"},
	{"daily 25:00-05:00", "the hours must be"},
	{"daily 24:00-05:00", "the hours must be"},
	{"daily 01:60-05:00", "the hours must be"},
	{"daily 01:00-24:01", "the hours must be"},
	{"daily 1:0-5:0", "the hours must be"},
	{"daily 01:00-05:00-06:00", "the hours must be"},
	{"daily -1:00-05:00", "the hours must be"},
	{"daily +1:00-05:00", "the hours must be"},
	{"daily 001:00-05:00", "the hours must be"},
	{"monday 01:00-05:00", "the days must be"},
	{"mon- 01:00-05:00", "the days must be"},
	{"mon-wed-fri 01:00-05:00", "the days must be"},
	{"mon,,tue 01:00-05:00", "the days must be"},
	{"daily,mon 01:00-05:00", "the days must be"},
	{"every 0s", "the period must be"},
	{"every 6", "the period must be"},
	{"every 200w", "the period must be"},
	{"every day", "the period must be"},
	{"mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,mon,"
	 "mon,mon,mon,mon,mon 01:00-02:00", "a window is such as"},
};

START_TEST(bad_windows_are_refused)
{
	struct schedule_window window = {.period = 42};
	struct error e = {0};

	ck_assert_int_eq(schedule_window_parse(&window, bad[_i].string, &e), -1);
	ck_assert_msg(strncmp(e.text, bad[_i].message, strlen(bad[_i].message)) == 0, "%s", e.text);
	ck_assert_int_eq(e.code, ERROR_CONFIG);
	ck_assert_int_eq(window.period, 42);
}
END_TEST

/* At now the window is open (opened, closes), or not (NULL), and opens next. */
static const struct {
	const char *zone, *window, *now, *opened, *closes, *next;
} moments[] = {
	/* plain days */
	{"UTC", "daily 01:00-05:00", "2026-06-10T00:59:59Z", NULL, NULL, "2026-06-10T01:00:00Z"},
	{"UTC", "daily 01:00-05:00", "2026-06-10T01:00:00Z", "2026-06-10T01:00:00Z", "2026-06-10T05:00:00Z", "2026-06-11T01:00:00Z"},
	{"UTC", "daily 01:00-05:00", "2026-06-10T04:59:59.999999Z", "2026-06-10T01:00:00Z", "2026-06-10T05:00:00Z", "2026-06-11T01:00:00Z"},
	{"UTC", "daily 01:00-05:00", "2026-06-10T05:00:00Z", NULL, NULL, "2026-06-11T01:00:00Z"},
	/* over midnight: 2026-06-12 is a Friday */
	{"UTC", "mon-fri 22:00-05:00", "2026-06-13T04:00:00Z", "2026-06-12T22:00:00Z", "2026-06-13T05:00:00Z", "2026-06-15T22:00:00Z"},
	{"UTC", "mon-fri 22:00-05:00", "2026-06-13T23:00:00Z", NULL, NULL, "2026-06-15T22:00:00Z"},
	{"UTC", "mon-fri 22:00-05:00", "2026-06-15T04:00:00Z", NULL, NULL, "2026-06-15T22:00:00Z"},
	{"UTC", "sat,sun 00:00-24:00", "2026-06-13T12:00:00Z", "2026-06-13T00:00:00Z", "2026-06-14T00:00:00Z", "2026-06-14T00:00:00Z"},
	{"UTC", "sat,sun 00:00-24:00", "2026-06-14T00:00:00Z", "2026-06-14T00:00:00Z", "2026-06-15T00:00:00Z", "2026-06-20T00:00:00Z"},
	{"UTC", "wed 10:00-11:00", "2026-06-10T10:00:00Z", "2026-06-10T10:00:00Z", "2026-06-10T11:00:00Z", "2026-06-17T10:00:00Z"},
	{"UTC", "daily 06:00-06:00", "2026-06-10T05:59:00Z", "2026-06-09T06:00:00Z", "2026-06-10T06:00:00Z", "2026-06-10T06:00:00Z"},
	/* far from Greenwich the local day is another one */
	{"Pacific/Kiritimati", "mon 01:00-05:00", "2026-06-14T12:00:00Z", "2026-06-14T11:00:00Z", "2026-06-14T15:00:00Z", "2026-06-21T11:00:00Z"},
	{"Pacific/Pago_Pago", "sun 20:00-23:00", "2026-06-15T08:00:00Z", "2026-06-15T07:00:00Z", "2026-06-15T10:00:00Z", "2026-06-22T07:00:00Z"},
	/* Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00Z */
	{"Europe/Berlin", "daily 01:00-05:00", "2026-03-29T01:30:00Z", "2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z", "2026-03-29T23:00:00Z"},
	{"Europe/Berlin", "daily 02:30-05:00", "2026-03-29T00:59:59Z", NULL, NULL, "2026-03-29T01:00:00Z"},
	{"Europe/Berlin", "daily 02:30-05:00", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z", "2026-03-30T00:30:00Z"},
	{"Europe/Berlin", "daily 02:30-05:00", "2026-03-28T02:00:00Z", "2026-03-28T01:30:00Z", "2026-03-28T04:00:00Z", "2026-03-29T01:00:00Z"},
	{"Europe/Berlin", "daily 02:30-03:15", "2026-03-29T01:10:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z", "2026-03-30T00:30:00Z"},
	/* leapt over as a whole: keeps its quarter of an hour */
	{"Europe/Berlin", "daily 02:30-02:45", "2026-03-29T01:14:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z", "2026-03-30T00:30:00Z"},
	{"Europe/Berlin", "daily 02:30-02:45", "2026-03-29T01:15:00Z", NULL, NULL, "2026-03-30T00:30:00Z"},
	{"Europe/Berlin", "daily 22:00-02:30", "2026-03-29T00:30:00Z", "2026-03-28T21:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T20:00:00Z"},
	{"Europe/Berlin", "sat 00:00-24:00", "2026-03-28T22:59:00Z", "2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-04-03T22:00:00Z"},
	{"Europe/Berlin", "sun 00:00-24:00", "2026-03-29T21:59:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-04-04T22:00:00Z"},
	/* Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00Z; what comes twice is taken once */
	{"Europe/Berlin", "daily 02:30-05:00", "2026-10-25T00:29:59Z", NULL, NULL, "2026-10-25T00:30:00Z"},
	{"Europe/Berlin", "daily 02:30-05:00", "2026-10-25T01:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T04:00:00Z", "2026-10-26T01:30:00Z"},
	{"Europe/Berlin", "daily 02:15-02:45", "2026-10-25T00:30:00Z", "2026-10-25T00:15:00Z", "2026-10-25T00:45:00Z", "2026-10-26T01:15:00Z"},
	{"Europe/Berlin", "daily 02:15-02:45", "2026-10-25T01:30:00Z", NULL, NULL, "2026-10-26T01:15:00Z"},
	{"Europe/Berlin", "daily 22:00-05:00", "2026-10-25T03:59:00Z", "2026-10-24T20:00:00Z", "2026-10-25T04:00:00Z", "2026-10-25T21:00:00Z"},
	{"Europe/Berlin", "sun 00:00-24:00", "2026-10-25T22:59:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-31T23:00:00Z"},
	/* New York, 8 March 2026: 02:00 becomes 03:00 at 07:00Z */
	{"America/New_York", "sun 02:30-04:00", "2026-03-08T06:59:00Z", NULL, NULL, "2026-03-08T07:00:00Z"},
	{"America/New_York", "sun 02:30-04:00", "2026-03-08T07:00:00Z", "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z", "2026-03-15T06:30:00Z"},
	{"America/New_York", "sat 22:00-02:30", "2026-03-08T06:30:00Z", "2026-03-08T03:00:00Z", "2026-03-08T07:00:00Z", "2026-03-15T02:00:00Z"},
	/* New York, 1 November 2026: 02:00 becomes 01:00 at 06:00Z */
	{"America/New_York", "daily 01:30-03:00", "2026-11-01T06:30:00Z", "2026-11-01T05:30:00Z", "2026-11-01T08:00:00Z", "2026-11-02T06:30:00Z"},
	{"America/New_York", "daily 01:30-01:45", "2026-11-01T06:30:00Z", NULL, NULL, "2026-11-02T06:30:00Z"},
	{"America/New_York", "mon-fri 23:00-05:00", "2026-11-01T04:00:00Z", NULL, NULL, "2026-11-03T04:00:00Z"},
	/* half an hour, and a day that never was (30 December 2011 in Samoa) */
	{"Australia/Lord_Howe", "daily 02:15-02:20", "2026-10-03T15:00:00Z", NULL, NULL, "2026-10-03T15:30:00Z"},
	{"Pacific/Apia", "daily 12:00-13:00", "2011-12-30T00:00:00Z", NULL, NULL, "2011-12-30T22:00:00Z"},
	/* every */
	{"Europe/Berlin", "every 6h", "2026-03-29T01:30:00Z", "2026-03-29T00:00:00Z", "2026-03-29T06:00:00Z", "2026-03-29T06:00:00Z"},
	{"UTC", "every 6h", "2026-03-29T06:00:00Z", "2026-03-29T06:00:00Z", "2026-03-29T12:00:00Z", "2026-03-29T12:00:00Z"},
};

static void assert_time(int64_t seen, const char *expected, const char *what)
{
	char text[TIME_TEXT_SIZE];

	time_write(text, seen);
	ck_assert_msg(strcmp(text, expected) == 0, "case %s: %s, not %s", what, text, expected);
}

START_TEST(windows_open_and_close_by_the_local_clock)
{
	int64_t opened_at = 0, closes_at = 0;

	set_zone(moments[_i].zone);
	struct schedule_window window = window_of(moments[_i].window);
	bool is_open = schedule_window_open(&window, at(moments[_i].now), &opened_at, &closes_at);
	ck_assert_int_eq(is_open, moments[_i].opened != NULL);
	if (is_open) {
		assert_time(opened_at, moments[_i].opened, "opened");
		assert_time(closes_at, moments[_i].closes, "closes");
	}
	assert_time(schedule_window_next(&window, at(moments[_i].now)), moments[_i].next, "next");
}
END_TEST

static const struct {
	const char *zone, *day;
} changes[] = {
	{"Europe/Berlin", "2026-03-28"},      {"Europe/Berlin", "2026-10-24"},
	{"America/New_York", "2026-03-07"},   {"America/New_York", "2026-10-31"},
	{"Australia/Lord_Howe", "2026-04-03"}, {"Australia/Lord_Howe", "2026-10-02"},
	{"America/Sao_Paulo", "2018-11-03"},  {"America/Sao_Paulo", "2018-02-17"},
	{"Pacific/Apia", "2011-12-29"},	      {"Asia/Kathmandu", "2026-01-01"},
};
static const char *const shapes[] = {"daily 01:00-05:00", "daily 02:30-02:45", "daily 22:00-02:30",
	"daily 00:00-24:00", "sun 00:30-03:30", "mon,sat 01:30-01:30", "daily 23:30-00:15"};

/* For each moment around a change of the clock: what is open was next before, a window that is
 * open stays the same until it closes, and the next one is open when it comes. */
static void walk(const struct schedule_window *window, int64_t from, const char *what)
{
	int64_t last_opened_at = 0, last_closes_at = 0;

	for (int64_t now = from; now < from + 3 * TIME_DAY; now += 5 * TIME_MINUTE) {
		int64_t opened_at = 0, closes_at = 0, next_opened_at = 0, next_closes_at = 0;
		bool is_open = schedule_window_open(window, now, &opened_at, &closes_at);
		int64_t next_at = schedule_window_next(window, now);
		ck_assert_msg(next_at > now, "%s", what);
		ck_assert_msg(schedule_window_open(window, next_at, &next_opened_at, &next_closes_at), "%s", what);
		ck_assert_msg(next_opened_at == next_at && next_closes_at > next_at, "%s", what);
		ck_assert_msg(next_closes_at - next_at <= 25 * TIME_HOUR, "%s", what);
		if (now < last_closes_at)
			ck_assert_msg(is_open && opened_at == last_opened_at, "%s", what);
		if (!is_open)
			continue;
		ck_assert_msg(opened_at <= now && now < closes_at && closes_at <= next_at, "%s", what);
		ck_assert_msg(schedule_window_next(window, opened_at - 1) == opened_at, "%s", what);
		last_opened_at = opened_at;
		last_closes_at = closes_at;
	}
}

START_TEST(nothing_around_a_change_of_the_clock_is_lost_or_doubled)
{
	set_zone(changes[_i].zone);
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		struct schedule_window window = window_of(shapes[i]);
		walk(&window, at(changes[_i].day), shapes[i]);
	}
}
END_TEST

START_TEST(the_end_of_time_is_no_opening)
{
	struct schedule_window daily = window_of("daily 01:00-05:00");
	struct schedule_window every = window_of("every 6h");
	struct schedule_window none = {.type = SCHEDULE_DAILY, .days = 0};
	int64_t opened_at, closes_at;

	set_zone("UTC");
	ck_assert(!schedule_window_open(&daily, TIME_NEVER, &opened_at, &closes_at));
	ck_assert(!schedule_window_open(&every, TIME_NEVER, &opened_at, &closes_at));
	ck_assert_int_eq(schedule_window_next(&daily, TIME_NEVER), TIME_NEVER);
	ck_assert_int_eq(schedule_window_next(&every, TIME_NEVER), TIME_NEVER);
	ck_assert_int_eq(schedule_window_next(&none, 0), TIME_NEVER);
	ck_assert_int_eq(schedule_window_next(&daily, 0), TIME_HOUR);
}
END_TEST

START_TEST(back_off_doubles_up_to_its_most)
{
	static const struct {
		unsigned failures;
		int64_t middle;
	} waits[] = {
		{1, TIME_MINUTE}, {2, 2 * TIME_MINUTE}, {3, 4 * TIME_MINUTE}, {6, 32 * TIME_MINUTE},
		{7, TIME_HOUR},	  {8, TIME_HOUR},	{4000000000u, TIME_HOUR}, {0, TIME_MINUTE},
	};

	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		int64_t wait = schedule_back_off(TIME_MINUTE, TIME_HOUR, waits[i].failures, "PUMP-1");
		ck_assert_int_ge(wait, waits[i].middle * 3 / 4);
		ck_assert_int_le(wait, waits[i].middle * 5 / 4);
		ck_assert_int_eq(wait, schedule_back_off(TIME_MINUTE, TIME_HOUR, waits[i].failures, "PUMP-1"));
	}
	ck_assert_int_eq(schedule_back_off(0, TIME_HOUR, 5, "PUMP-1"), 0);
	ck_assert_int_gt(schedule_back_off(36525 * TIME_DAY, 36525 * TIME_DAY, 9, "PUMP-1"), 0);
}
END_TEST

/* Of a ward of pumps numbered in a row no tenth of the span is empty, or holds a fifth. */
static void assert_spread(const int *tenths, int total)
{
	for (int i = 0; i < 10; i++) {
		ck_assert_int_gt(tenths[i], total / 20);
		ck_assert_int_lt(tenths[i], total / 5);
	}
}

START_TEST(a_wards_pumps_do_not_come_back_in_step)
{
	int waits[10] = {0}, starts[10] = {0};

	for (int i = 0; i < 1000; i++) {
		char asset[32];
		snprintf(asset, sizeof asset, "PUMP-%04d", i);
		int64_t wait = schedule_back_off(TIME_HOUR, TIME_DAY, 1, asset) - TIME_HOUR * 3 / 4;
		int64_t start = schedule_jitter(asset, 1795309200 * TIME_SECOND, TIME_HOUR);
		ck_assert(start >= 0 && start < TIME_HOUR);
		waits[wait * 10 / (TIME_HOUR / 2 + 1)]++;
		starts[start * 10 / TIME_HOUR]++;
	}
	assert_spread(waits, 1000);
	assert_spread(starts, 1000);
}
END_TEST

START_TEST(jitter_is_the_same_after_a_restart_and_new_in_each_opening)
{
	int64_t one = schedule_jitter("PUMP-1", TIME_DAY, TIME_HOUR);

	ck_assert_int_eq(schedule_jitter("PUMP-1", TIME_DAY, TIME_HOUR), one);
	ck_assert_int_ne(schedule_jitter("PUMP-1", 2 * TIME_DAY, TIME_HOUR), one);
	ck_assert_int_ne(schedule_jitter("PUMP-2", TIME_DAY, TIME_HOUR), one);
	ck_assert_int_eq(schedule_jitter("PUMP-1", TIME_DAY, 0), 0);
	ck_assert_int_eq(schedule_jitter("PUMP-1", TIME_DAY, -5), 0);
	ck_assert_int_eq(schedule_jitter("PUMP-1", TIME_DAY, 1), 0);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

/* A day begins at local midnight, however long the one before was; where midnight does not exist, at
 * the moment of the leap (Santiago, 6 September 2026: 00:00 becomes 01:00). */
START_TEST(days_begin_at_local_midnight)
{
	static const struct {
		const char *zone, *at, *begins;
		int64_t days;
	} rows[] = {
		{"UTC", "2026-11-22T01:00:00Z", "2026-11-22T00:00:00Z", 0},
		{"UTC", "2026-11-22T00:00:00Z", "2026-11-21T00:00:00Z", -1},
		{"Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-24T22:00:00Z", 0}, /* 25 hours long */
		{"Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z", 1},
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-29T22:00:00Z", 1}, /* 23 hours long */
		{"America/Santiago", "2026-09-06T12:00:00Z", "2026-09-06T04:00:00Z", 0},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		set_zone(rows[i].zone);
		ck_assert_msg(schedule_day_begin(at(rows[i].at), rows[i].days) == at(rows[i].begins), "row %zu", i);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("schedule");
	TCase *cases = tcase_create("schedule");

	tcase_add_loop_test(cases, windows_are_read, 0, COUNT(windows));
	tcase_add_test(cases, periods_are_read);
	tcase_add_loop_test(cases, bad_windows_are_refused, 0, COUNT(bad));
	tcase_add_loop_test(cases, windows_open_and_close_by_the_local_clock, 0, COUNT(moments));
	tcase_add_loop_test(cases, nothing_around_a_change_of_the_clock_is_lost_or_doubled, 0, COUNT(changes));
	tcase_add_test(cases, the_end_of_time_is_no_opening);
	tcase_add_test(cases, back_off_doubles_up_to_its_most);
	tcase_add_test(cases, a_wards_pumps_do_not_come_back_in_step);
	tcase_add_test(cases, days_begin_at_local_midnight);
	tcase_add_test(cases, jitter_is_the_same_after_a_restart_and_new_in_each_opening);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
