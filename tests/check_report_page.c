/* The words of the page; how it looks is tests/page's to see. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "report/report.h"

#include "tests/suite.h"

#define NOW (INT64_C(1795309200) * TIME_SECOND) /* 2026-11-22T01:00:00Z */

static struct report_fleet fleet;
static struct text page;
static struct error e;

static void begin(void)
{
	(void)setenv("TZ", "UTC0", 1);
	tzset();
	text_init(&page);
	fleet = (struct report_fleet){.site = strdup("sample-site"), .version = "0", .made_at = NOW, .approvals = 2,
				      .overdue_after = 7 * TIME_DAY};
}

static void finish(void)
{
	report_fleet_clear(&fleet);
	text_clear(&page);
}

static void write_page(void)
{
	text_clear(&page);
	ck_assert_msg(report_page_write(&page, &fleet, &e) == 0, "%s", e.text);
}

static size_t count(const char *words)
{
	const char *at = page.data, *end = page.data + page.length;
	size_t found = 0;

	while ((at = memmem(at, (size_t)(end - at), words, strlen(words)))) {
		at += strlen(words);
		found++;
	}
	return found;
}

#define must_say(words) ck_assert_msg(count(words) > 0, "not there: %s", words)
#define must_not_say(words) ck_assert_msg(count(words) == 0, "there: %s", words)

/* What the first words say, and how they look, for one fleet each. */
static const struct verdict {
	uint64_t active, verified, behind, unreachable, drifted, wrong, never, overdue, rejected;
	bool stop, full, task;
	enum report_urgency urgency; /* of the task */
	const char *look, *words;
} verdicts[] = {
	{.look = "verdict none", .words = "No device is enrolled yet, so nothing is checked.<"},
	{.active = 3, .never = 3, .look = "verdict none", .words = "No device has been visited yet.<"},
	{.active = 1, .verified = 1, .look = "verdict good",
	 .words = "The device in use had the files that were approved when it was last visited. Nothing needs"},
	{.active = 1000, .verified = 999, .behind = 1, .look = "verdict good",
	 .words = "All 1,000 devices in use had the files that were approved when they were last visited. Nothing"},
	{.active = 3, .verified = 3, .task = true, .urgency = REPORT_TODAY, .look = "verdict unknown",
	 .words = "All 3 devices in use had the files that were approved when they were last visited.<"},
	{.active = 3, .verified = 3, .task = true, .urgency = REPORT_SOON, .look = "verdict good",
	 .words = "approved when they were last visited. Nothing needs a person today.<"},
	{.active = 3, .verified = 3, .task = true, .urgency = REPORT_NOW, .look = "verdict bad",
	 .words = "All 3 devices in use had the files that were approved when they were last visited.<"},
	{.active = 3, .verified = 3, .full = true, .look = "verdict bad", .words = "too much waits for the SIEM. All 3"},
	{.active = 3, .verified = 2, .unreachable = 1, .look = "verdict unknown",
	 .words = "No device in use shows changed files. 1 could not be checked at the last visit."},
	{.active = 3, .verified = 2, .never = 1, .look = "verdict unknown",
	 .words = "No device in use shows changed files. 1 could not be checked at the last visit."},
	{.active = 3, .verified = 3, .overdue = 1, .look = "verdict unknown", .words = "shows changed files."},
	{.active = 3, .verified = 2, .drifted = 1, .look = "verdict bad",
	 .words = "Files differ from what was approved on 1 of 3 devices in use."},
	{.active = 3, .verified = 2, .wrong = 1, .look = "verdict bad",
	 .words = "Another device than the enrolled one answered for 1 of 3 devices in use."},
	{.active = 3, .verified = 1, .drifted = 1, .wrong = 1, .look = "verdict bad",
	 .words = "1 of 3 devices in use. Another device than the enrolled one answered for 1."},
	{.active = 3, .verified = 3, .rejected = 1, .look = "verdict bad", .words = "1 approved baseline is not believed."},
	{.active = 3, .verified = 3, .stop = true, .look = "verdict bad",
	 .words = "Visits are stopped: nothing is checked until the stop is lifted. All 3"},
};

START_TEST(the_first_words_say_how_it_stands)
{
	const struct verdict *verdict = &verdicts[_i];

	fleet.states[INVENTORY_ACTIVE] = fleet.device_count = verdict->active;
	fleet.devices = calloc(verdict->active + 1, sizeof *fleet.devices);
	fleet.results[DRIFT_VERIFIED] = verdict->verified;
	fleet.results[DRIFT_BEHIND] = verdict->behind;
	fleet.results[DRIFT_UNREACHABLE] = verdict->unreachable;
	fleet.results[DRIFT_DRIFTED] = verdict->drifted;
	fleet.results[DRIFT_WRONG_DEVICE] = verdict->wrong;
	fleet.never_visited = verdict->never;
	fleet.overdue = verdict->overdue;
	fleet.rejected = verdict->rejected;
	fleet.stop = verdict->stop ? strdup("network maintenance") : NULL;
	fleet.full = verdict->full ? strdup("1 GiB waits") : NULL;
	if (verdict->task) {
		fleet.tasks = calloc(1, sizeof *fleet.tasks);
		fleet.tasks[0] = (struct report_task){.urgency = verdict->urgency, .what = strdup("it"), .next = strdup("that.")};
		fleet.task_count = 1;
	}
	write_page();
	ck_assert_msg(count(verdict->words) == 1, "%d: not there: %s", _i, verdict->words);
	ck_assert_msg(count(verdict->look) >= 1 && strstr(page.data, "<div class=\"verdict"), "%d: not so: %s", _i,
		      verdict->look);
	char look[64];
	(void)snprintf(look, sizeof look, "<div class=\"%s\">", verdict->look);
	ck_assert_msg(count(look) == 1, "%d: not so: %s", _i, look);
}
END_TEST

START_TEST(tasks_stand_by_urgency_with_commands_to_type)
{
	fleet.tasks = calloc(2, sizeof *fleet.tasks);
	fleet.task_count = 2;
	fleet.tasks[0] = (struct report_task){.urgency = REPORT_NOW, .what = strdup("A <b> was forged"), .alert = 7,
					      .next = strdup("\"pumpwatch alert show 7\" tells \"more\".")};
	fleet.tasks[1] = (struct report_task){.urgency = REPORT_SOON, .what = strdup("It ends"),
					      .next = strdup("Type \"pumpwatch, and do not close it.")};
	write_page();
	must_say("<h3>Now <span class=\"soft\">(1)</span></h3>");
	must_say("A &lt;b&gt; was forged.</b> <a class=\"tag\" href=\"#alert-7\">Alert 7</a>");
	must_say("Next: <code>pumpwatch alert show 7</code> tells &quot;more&quot;.</p>");
	must_say("<h3>Soon <span");
	must_not_say("<h3>Today <span");
	must_say("Next: Type &quot;pumpwatch, and do not close it.");
}
END_TEST

static struct alert *add_alerts(size_t number)
{
	fleet.alerts = calloc(number, sizeof *fleet.alerts);
	fleet.alert_count = number;
	for (size_t i = 0; i < number; i++)
		fleet.alerts[i] = (struct alert){.number = i + 1, .asset = strdup("PUMP-1"), .type = ALERT_FILE_MODIFIED,
						 .path = strdup("HEAD_C~1"), .opened_at = NOW};
	return fleet.alerts;
}

START_TEST(the_gravest_alert_comes_first_and_an_acknowledged_one_later)
{
	struct alert *alerts = add_alerts(3);

	alerts[0].state = ALERT_STATE_ACKNOWLEDGED;
	alerts[0].acknowledged_by = strdup("sample.person");
	alerts[0].note = strdup("work order 4711");
	alerts[2].type = ALERT_FILE_FORGED;
	write_page();
	const char *first = strstr(page.data, "id=\"alert-3\""), *second = strstr(page.data, "id=\"alert-2\"");
	const char *third = strstr(page.data, "id=\"alert-1\"");
	ck_assert(first && second && third && first < second && second < third);
	must_say("by sample.person: work order 4711</p>");
}
END_TEST

START_TEST(an_alert_under_a_group_stands_there_alone)
{
	struct alert *alerts = add_alerts(3);

	free(alerts[0].asset);
	alerts[0].asset = NULL;
	alerts[0].type = ALERT_FLEET_DRIFT;
	alerts[0].members = ALERT_FILE_MODIFIED;
	alerts[0].group = strdup("sample-pump");
	alerts[0].asset_count = 1;
	alerts[1].under = 1;
	alerts[2].under = 99; /* no such group */
	write_page();
	ck_assert_uint_eq(count("id=\"alert-2\""), 1);
	must_say("<summary>The 1 device of alert 1</summary>");
	must_say("<tr id=\"alert-2\">");
	must_say("<li id=\"alert-3\">");
}
END_TEST

START_TEST(too_many_alerts_are_counted)
{
	add_alerts(REPORT_ALERTS_MAX + 12);
	write_page();
	ck_assert_uint_eq(count("<li id=\"alert-"), REPORT_ALERTS_MAX);
	must_say("<b>12 more alerts are not shown here.</b>");
}
END_TEST

START_TEST(digests_are_whole_and_what_is_missing_is_said)
{
	struct alert *alert = add_alerts(1);

	alert->type = ALERT_FILE_MISSING;
	alert->has_old = true;
	alert->old_size = 1234567;
	memset(&alert->old_digest, 0xab, sizeof alert->old_digest);
	write_page();
	must_say("1,234,567 bytes");
	must_say(">abababababababababababababababababababababababababababababababab<");
	must_say(">abababababababababababababababab<");
	must_say("<dt>On the device</dt><dd>no such file</dd>");
}
END_TEST

START_TEST(words_that_are_escaped_are_not_escaped_twice)
{
	struct alert *alert = add_alerts(1);

	free(alert->path);
	alert->path = strdup("100%\n<");
	fleet.sinks = calloc(1, sizeof *fleet.sinks);
	fleet.sink_count = 1;
	fleet.sinks[0] = (struct report_sink){.name = strdup("siem"), .type = "relp", .away_since = NOW,
					      .why = strdup("it said %0A and \x1b")};
	write_page();
	must_say("<code>100%25%0A&lt;</code>");
	must_say("it said %0A and %1B");
}
END_TEST

START_TEST(a_day_without_visits_is_no_day_of_zeros)
{
	for (int i = 0; i < REPORT_DAYS; i++)
		fleet.days[i].at = NOW - (REPORT_DAYS - 1 - i) * TIME_DAY;
	fleet.days[REPORT_DAYS - 1].results[DRIFT_VERIFIED] = 41;
	fleet.days[REPORT_DAYS - 1].results[DRIFT_DRIFTED] = 1;
	write_page();
	must_say("Devices were visited on 1 of 90 days, at most 42 on one day.");
	ck_assert_uint_eq(count(">no visits<"), 89);
	/* One of 42 is seen, though it is little. */
	must_say("fill=\"url(#p-bad)\"");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report_page");
	TCase *group = tcase_create("page");

	tcase_add_checked_fixture(group, begin, finish);
	tcase_add_loop_test(group, the_first_words_say_how_it_stands, 0, sizeof verdicts / sizeof *verdicts);
	tcase_add_test(group, tasks_stand_by_urgency_with_commands_to_type);
	tcase_add_test(group, the_gravest_alert_comes_first_and_an_acknowledged_one_later);
	tcase_add_test(group, an_alert_under_a_group_stands_there_alone);
	tcase_add_test(group, too_many_alerts_are_counted);
	tcase_add_test(group, digests_are_whole_and_what_is_missing_is_said);
	tcase_add_test(group, words_that_are_escaped_are_not_escaped_twice);
	tcase_add_test(group, a_day_without_visits_is_no_day_of_zeros);
	suite_add_tcase(suite, group);
	return suite_run(suite);
}
