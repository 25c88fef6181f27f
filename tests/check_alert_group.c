/* Decisions about groups and reminders, and the events that name many devices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"

#include "suite.h"

#define START (1000 * TIME_DAY)

static const struct alert_pace pace = {.after = TIME_DAY, .most = 5 * TIME_DAY};

/* ---- one device with one altered file, or silent ---- */

static struct alert_change visit_by(const struct alert *open, const struct alert_causes *causes)
{
	struct alert_change *changes = NULL;
	struct alert_change change = {0};
	size_t count = 0;

	ck_assert_int_eq(alert_update(&changes, &count, open, open ? 1 : 0, causes, NULL), 0);
	ck_assert_uint_le(count, 1);
	if (count > 0) {
		ck_assert_ptr_nonnull(changes);
		change = changes[0];
		free(changes);
	}
	if (change.alert.number == 0)
		change.alert.number = 7;
	return change;
}

/* content 0: the file is as approved. */
static struct alert_change find(const struct alert *open, uint8_t content, int64_t now)
{
	struct visit_observation seen = {.path = (char *)"a.bin", .kind = VISIT_FIRMWARE, .outcome = VISIT_OK};
	struct visit_report report = {.outcome = VISIT_OK, .observations = &seen, .observation_count = 1};
	struct drift_finding finding = {.type = DRIFT_MODIFIED, .kind = VISIT_FIRMWARE, .path = (char *)"a.bin",
					.has_new = true, .release = (char *)"7.0"};
	struct drift_verdict verdict = {.findings = &finding, .finding_count = content != 0};

	memset(&finding.new_digest, content, sizeof finding.new_digest);
	verdict.kinds[VISIT_FIRMWARE] = (struct drift_kind){
		.covered = true, .result = content ? DRIFT_DRIFTED : DRIFT_VERIFIED, .release = (char *)"7.1", .manifest = "id"};
	const struct alert_causes causes = {
		.asset = "A-1", .verdict = &verdict, .outcome = VISIT_OK, .report = &report, .lists = true, .now = now,
		.pace = pace, .visit = 12, .sweep = 3, .waits = true,
	};
	return visit_by(open, &causes);
}

static struct alert_change be_silent(const struct alert *open, bool waits, int64_t now)
{
	const struct alert_causes causes = {
		.asset = "A-1", .outcome = VISIT_TIMED_OUT, .now = now, .pace = pace, .sweep = 3, .waits = waits,
	};
	return visit_by(open, &causes);
}

static struct alert_change be_back(const struct alert *open, int64_t now)
{
	const struct alert_causes causes = {
		.asset = "A-1", .outcome = VISIT_OK, .now = now, .pace = pace, .visit = 12, .sweep = 4,
	};
	return visit_by(open, &causes);
}

/* The next visit's view of it replaces the one before. */
static void go_on(struct alert_change *change, struct alert_change next)
{
	alert_change_clear(change);
	*change = next;
}

static void expect_told(const struct alert_change *change, enum alert_action action)
{
	ck_assert(change->tell);
	ck_assert_str_eq(alert_action_name(change->action), alert_action_name(action));
}

/* ---- reminders ---- */

START_TEST(reminders_grow_to_the_longest_and_begin_anew_with_news)
{
	static const int waits[] = {1, 2, 4, 5, 5};
	CLEANUP(alert_change_clear) struct alert_change change = find(NULL, 1, START);
	int64_t now = START;

	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		ck_assert_uint_eq(change.alert.reminders, i);
		now += waits[i] * TIME_DAY;
		go_on(&change, find(&change.alert, 1, now - 1));
		ck_assert_msg(!change.tell, "reminder %zu comes too soon", i);
		go_on(&change, find(&change.alert, 1, now));
		expect_told(&change, ALERT_REMINDED);
	}
	go_on(&change, find(&change.alert, 2, ++now));
	expect_told(&change, ALERT_CHANGED);
	ck_assert_uint_eq(change.alert.reminders, 0);
	go_on(&change, find(&change.alert, 2, now + TIME_DAY));
	expect_told(&change, ALERT_REMINDED);
}
END_TEST

START_TEST(acknowledged_alert_stays_quiet_until_it_changes)
{
	CLEANUP(alert_change_clear) struct alert_change change = find(NULL, 1, START);

	change.alert.state = ALERT_STATE_ACKNOWLEDGED;
	go_on(&change, find(&change.alert, 1, START + 900 * TIME_DAY));
	ck_assert(!change.tell);
	go_on(&change, find(&change.alert, 2, START + 901 * TIME_DAY));
	expect_told(&change, ALERT_CHANGED);
	ck_assert_int_eq(change.alert.state, ALERT_STATE_OPEN);
}
END_TEST

/* The wait overflows nowhere, whatever a configuration and a long life make of it. */
START_TEST(longest_pace_and_many_reminders_are_taken)
{
	const struct alert_pace slow = {.after = INT64_MAX / 2, .most = INT64_MAX};
	struct inventory_device late = {.asset = (char *)"A-1", .enrolled_at = 1};
	struct alert open = {.number = 1, .asset = (char *)"A-1", .type = ALERT_DEVICE_OVERDUE, .told_at = 1,
			     .reminders = UINT32_MAX};
	struct alert_change change;

	ck_assert(!alert_overdue(&change, &late, 0, TIME_DAY, &open, &slow, START));
}
END_TEST

/* ---- what waits for the end of the sweep ---- */

START_TEST(silence_waits_and_goes_without_a_word_when_it_was_not_told)
{
	CLEANUP(alert_change_clear) struct alert_change change = be_silent(NULL, true, START);

	ck_assert(!change.tell);
	ck_assert(change.news);
	ck_assert_int_eq(change.alert.told_at, 0);
	ck_assert_uint_eq(change.alert.sweep, 3);
	go_on(&change, be_silent(&change.alert, true, START + 99 * TIME_DAY));
	ck_assert(!change.tell && !change.news);
	go_on(&change, be_back(&change.alert, START + 100 * TIME_DAY));
	ck_assert(!change.tell);
	ck_assert_int_eq(change.alert.state, ALERT_STATE_RESOLVED);
}
END_TEST

START_TEST(silence_is_told_at_once_where_it_need_not_wait)
{
	CLEANUP(alert_change_clear) struct alert_change change = be_silent(NULL, false, START);

	expect_told(&change, ALERT_OPENED);
	go_on(&change, be_back(&change.alert, START + 1));
	expect_told(&change, ALERT_ENDED);
	ck_assert_str_eq(change.alert.detail, "it was reached and let us in (visit 12)");
}
END_TEST

START_TEST(device_of_a_silent_subnet_comes_back_without_a_word)
{
	CLEANUP(alert_change_clear) struct alert_change change = be_silent(NULL, false, START);

	change.alert.under = 5;
	go_on(&change, be_silent(&change.alert, true, START + 99 * TIME_DAY));
	ck_assert(!change.tell);
	go_on(&change, be_back(&change.alert, START + 100 * TIME_DAY));
	ck_assert(!change.tell);
	ck_assert_uint_eq(change.left, 5);
	ck_assert_uint_eq(change.alert.under, 5);
}
END_TEST

/* ---- members ---- */

START_TEST(member_is_not_reminded_of_and_is_resolved_under_its_group)
{
	CLEANUP(alert_change_clear) struct alert_change change = find(NULL, 1, START);
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	change.alert.under = 5;
	go_on(&change, find(&change.alert, 1, START + 99 * TIME_DAY));
	ck_assert(!change.tell);
	ck_assert_uint_eq(change.left, 0);
	go_on(&change, find(&change.alert, 0, START + 100 * TIME_DAY));
	expect_told(&change, ALERT_ENDED);
	ck_assert_uint_eq(change.left, 5);
	ck_assert_uint_eq(change.alert.under, 5);
	ck_assert_str_eq(change.alert.detail, "it was read again, and the device is on release 7.1 (visit 12)");
	ck_assert_int_eq(alert_event_from_change(&event, &change, NULL, "site", NULL, 3, START), 0);
	ck_assert_uint_eq(event.under, 5);
	ck_assert_int_eq(alert_event_severity(&event), ALERT_SEVERITY_UNDER);
}
END_TEST

START_TEST(member_with_another_content_leaves_at_full_severity)
{
	CLEANUP(alert_change_clear) struct alert_change change = find(NULL, 1, START);
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	change.alert.under = 5;
	change.alert.state = ALERT_STATE_ACKNOWLEDGED;
	go_on(&change, find(&change.alert, 2, START + 1));
	expect_told(&change, ALERT_CHANGED);
	ck_assert(change.news);
	ck_assert_uint_eq(change.left, 5);
	ck_assert_uint_eq(change.alert.under, 0);
	ck_assert_int_eq(change.alert.state, ALERT_STATE_OPEN);
	ck_assert_int_eq(alert_event_from_change(&event, &change, NULL, "site", NULL, 3, START), 0);
	ck_assert_int_eq(alert_event_severity(&event), alert_type_severity(ALERT_FILE_MODIFIED));
}
END_TEST

START_TEST(what_people_ended_is_told_with_their_reason)
{
	CLEANUP(alert_change_clear) struct alert_change change = find(NULL, 1, START);
	struct alert_change ended;

	ck_assert_int_eq(alert_resolve(&ended, &change.alert, "the device was retired by A. Sample", START + 5), 0);
	go_on(&change, ended);
	expect_told(&change, ALERT_ENDED);
	ck_assert_int_eq(change.alert.state, ALERT_STATE_RESOLVED);
	ck_assert_int_eq(change.alert.resolved_at, START + 5);
	ck_assert_str_eq(change.alert.detail, "the device was retired by A. Sample");
}
END_TEST

START_TEST(only_files_that_differ_stand_under_fleet_drift)
{
	for (unsigned type = 0; type < ALERT_TYPE_COUNT; type++)
		ck_assert_int_eq(alert_is_groupable((enum alert_type)type), type <= ALERT_FILE_MIXED);
}
END_TEST

/* ---- the group's own life ---- */

static struct alert_change group_of(const struct alert *member, const char *name, uint64_t count)
{
	struct alert_change change;

	ck_assert_int_eq(alert_group_open(&change, member, name, count, 3, START), 0);
	change.alert.number = 5;
	return change;
}

START_TEST(group_has_what_its_devices_have_in_common)
{
	CLEANUP(alert_change_clear) struct alert_change member = find(NULL, 1, START);
	CLEANUP(alert_change_clear) struct alert_change group = group_of(&member.alert, "sample", 6);

	expect_told(&group, ALERT_OPENED);
	ck_assert_int_eq(group.alert.type, ALERT_FLEET_DRIFT);
	ck_assert_int_eq(group.alert.members, ALERT_FILE_MODIFIED);
	ck_assert_str_eq(group.alert.group, "sample");
	ck_assert_str_eq(group.alert.path, "a.bin");
	ck_assert(group.alert.has_kind && group.alert.kind == VISIT_FIRMWARE);
	ck_assert(group.alert.has_new && digest_equal(&group.alert.new_digest, &member.alert.new_digest));
	ck_assert_str_eq(group.alert.release, "7.0");
	ck_assert_ptr_null(group.alert.asset);
	ck_assert_uint_eq(group.alert.asset_count, 6);
	ck_assert_uint_eq(group.alert.sweep, 3);
}
END_TEST

START_TEST(silent_subnet_has_no_file_and_no_reason_of_one_device)
{
	CLEANUP(alert_change_clear) struct alert_change member = be_silent(NULL, true, START);
	CLEANUP(alert_change_clear) struct alert_change group = group_of(&member.alert, "192.0.2.0/24", 30);

	ck_assert_int_eq(group.alert.type, ALERT_FLEET_UNREACHABLE);
	ck_assert_int_eq(group.alert.members, ALERT_DEVICE_UNREACHABLE);
	ck_assert_ptr_null(group.alert.path);
	ck_assert_ptr_null(group.alert.outcome);
	ck_assert(!group.alert.has_kind && !group.alert.has_new);
}
END_TEST

static bool review(struct alert_change *group, uint64_t count, int64_t seen_at, int64_t now)
{
	struct alert_change next;

	if (!alert_group_review(&next, &group->alert, count, seen_at, &pace, 4, now))
		return false;
	go_on(group, next);
	return true;
}

START_TEST(group_that_grew_is_told_once_with_both_counts)
{
	CLEANUP(alert_change_clear) struct alert_change member = find(NULL, 1, START);
	CLEANUP(alert_change_clear) struct alert_change group = group_of(&member.alert, "sample", 6);

	ck_assert(!review(&group, 6, START, START));
	ck_assert_int_eq(alert_group_join(&group.alert, 4, START + 1), 0);
	ck_assert_int_eq(alert_group_join(&group.alert, 4, START + 2), 0);
	ck_assert(alert_group_is_due(&group.alert, &pace, START + 3));
	ck_assert(review(&group, 8, START + 2, START + 3));
	expect_told(&group, ALERT_CHANGED);
	ck_assert_str_eq(group.alert.detail, "6 devices when it was last told");
	ck_assert_uint_eq(group.alert.asset_count, 8);
	ck_assert_uint_eq(group.alert.sweep, 4);
	ck_assert(!review(&group, 8, START + 3, START + 4));
}
END_TEST

START_TEST(group_is_reminded_of_while_one_of_its_devices_is_still_so)
{
	CLEANUP(alert_change_clear) struct alert_change member = find(NULL, 1, START);
	CLEANUP(alert_change_clear) struct alert_change group = group_of(&member.alert, "sample", 6);

	ck_assert(!review(&group, 6, START + TIME_DAY - 1, START + TIME_DAY - 1));
	ck_assert_msg(!review(&group, 6, START, START + TIME_DAY), "nobody has looked since");
	ck_assert(review(&group, 6, START + TIME_DAY, START + TIME_DAY));
	expect_told(&group, ALERT_REMINDED);
	ck_assert_uint_eq(group.alert.reminders, 1);
	ck_assert(!review(&group, 6, START + 3 * TIME_DAY - 1, START + 3 * TIME_DAY - 1));
	ck_assert(review(&group, 6, START + 3 * TIME_DAY, START + 3 * TIME_DAY));
	group.alert.state = ALERT_STATE_ACKNOWLEDGED;
	ck_assert(!review(&group, 6, START + 99 * TIME_DAY, START + 99 * TIME_DAY));
}
END_TEST

START_TEST(acknowledged_group_that_grows_is_open_again_and_says_so)
{
	CLEANUP(alert_change_clear) struct alert_change member = find(NULL, 1, START);
	CLEANUP(alert_change_clear) struct alert_change group = group_of(&member.alert, "sample", 1);

	group.alert.state = ALERT_STATE_ACKNOWLEDGED;
	group.alert.acknowledged_by = strdup("A. Sample");
	group.alert.reminders = 9;
	ck_assert_int_eq(alert_group_join(&group.alert, 4, START + 1), 0);
	ck_assert_int_eq(group.alert.state, ALERT_STATE_OPEN);
	ck_assert_ptr_null(group.alert.acknowledged_by);
	ck_assert_uint_eq(group.alert.reminders, 0);
	ck_assert_int_eq(alert_group_join(&group.alert, 4, START + 2), 0);
	ck_assert(review(&group, 3, START + 2, START + 3));
	ck_assert_str_eq(group.alert.detail, "it had been acknowledged by A. Sample; 1 device when it was last told");
	ck_assert_int_eq(alert_group_join(&group.alert, 5, START + 4), 0);
	ck_assert(review(&group, 4, START + 4, START + 5));
	ck_assert_str_eq(group.alert.detail, "3 devices when it was last told");
}
END_TEST

START_TEST(only_a_silent_subnet_tells_of_those_who_left)
{
	CLEANUP(alert_change_clear) struct alert_change altered = find(NULL, 1, START);
	CLEANUP(alert_change_clear) struct alert_change silent = be_silent(NULL, true, START);
	CLEANUP(alert_change_clear) struct alert_change drift = group_of(&altered.alert, "sample", 6);
	CLEANUP(alert_change_clear) struct alert_change subnet = group_of(&silent.alert, "192.0.2.0/24", 30);

	ck_assert(!alert_group_leave(&drift.alert));
	ck_assert(!review(&drift, 5, START, START + 1));
	subnet.alert.state = ALERT_STATE_ACKNOWLEDGED;
	ck_assert(!alert_group_leave(&subnet.alert));
	ck_assert(!review(&subnet, 29, START, START + 1));
	subnet.alert.state = ALERT_STATE_OPEN;
	ck_assert(alert_group_leave(&subnet.alert));
	ck_assert(!alert_group_leave(&subnet.alert));
	ck_assert(review(&subnet, 10, START, START + 1));
	expect_told(&subnet, ALERT_CHANGED);
	ck_assert_str_eq(subnet.alert.detail, "30 devices when it was last told");
}
END_TEST

START_TEST(last_device_says_why_the_group_ends)
{
	CLEANUP(alert_change_clear) struct alert_change member = find(NULL, 1, START);
	CLEANUP(alert_change_clear) struct alert_change group = group_of(&member.alert, "sample", 6);
	CLEANUP(alert_change_clear) struct alert_change ended = {0};
	CLEANUP(alert_change_clear) struct alert_change again = {0};

	go_on(&member, find(&member.alert, 0, START + 1));
	ck_assert_int_eq(alert_group_end(&ended, &group.alert, &member.alert, START + 1), 0);
	expect_told(&ended, ALERT_ENDED);
	ck_assert_int_eq(ended.alert.state, ALERT_STATE_RESOLVED);
	ck_assert_str_eq(ended.alert.detail,
			 "its last device, A-1: it was read again, and the device is on release 7.1 (visit 12)");
	go_on(&member, find(NULL, 2, START + 1));
	group.alert.told_at = 0; /* its news waits: it ends with a word all the same */
	ck_assert_int_eq(alert_group_end(&again, &group.alert, &member.alert, START + 1), 0);
	expect_told(&again, ALERT_ENDED);
	ck_assert_str_eq(again.alert.detail, "its last device, A-1, has another content now");
}
END_TEST

/* ---- events ---- */

enum { MOST_NAMES = 600 };

struct names {
	char *items[MOST_NAMES];
	size_t count;
};

static void names_clear(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
}

static void make_names(struct names *names, size_t count, char filler, size_t length)
{
	for (names->count = 0; names->count < count; names->count++) {
		char name[80];
		int n = snprintf(name, sizeof name, "A-%04zu", names->count);
		memset(name + n, filler, sizeof name - (size_t)n);
		name[length] = '\0';
		names->items[names->count] = strdup(name);
	}
}

/* Each name once, in order, over all events. */
static void expect_names(const struct alert_event *events, size_t count, const struct names *names)
{
	size_t next = 0;

	for (size_t i = 0; i < count; i++) {
		CLEANUP(cleanup_free) char *list = strdup(events[i].assets);
		char *rest = list;
		ck_assert_uint_eq(events[i].part, i + 1);
		ck_assert_uint_eq(events[i].parts, count);
		ck_assert_uint_eq(events[i].asset_count, names->count);
		ck_assert_uint_le(strlen(list), ALERT_ASSETS_MAX);
		while (rest) {
			char *end = strstr(rest, ", ");
			if (end)
				*end = '\0';
			ck_assert_uint_lt(next, names->count);
			ck_assert_str_eq(rest, names->items[next++]);
			rest = end ? end + 2 : NULL;
		}
	}
	ck_assert_uint_eq(next, names->count);
}

/* Whether all names of a list stand in a message; formats write the list in their own way. */
static bool has_names(const char *message, const char *assets)
{
	CLEANUP(cleanup_free) char *list = strdup(assets);
	char *rest = list;

	for (char *name; (name = strsep(&rest, ", ")) != NULL;)
		if (!strstr(message, name))
			return false;
	return true;
}

/* Whatever the format, a message is within its bounds and has the whole list. */
static void expect_rendered(const struct alert_event *event)
{
	const struct alert_frame frame = {.sd_id = "pumpwatch@32473", .host = "collector.example.org", .facility = 16};

	for (int i = 0; i < ALERT_FORMAT_COUNT * (ALERT_LINE + 1); i++) {
		enum alert_format format = (enum alert_format)(i / (ALERT_LINE + 1));
		CLEANUP(text_clear) struct text text;
		text_init(&text);
		ck_assert_int_eq(alert_render(&text, event, format, (enum alert_carrier)(i % (ALERT_LINE + 1)), &frame), 0);
		ck_assert_uint_le(text.length, ALERT_MESSAGE_MAX);
		ck_assert_msg(strchr(event->assets, ']') || has_names(text.data, event->assets), "%s", text.data);
	}
}

static const struct {
	size_t count;
	char filler;
	size_t length;
	size_t parts;
} lists[] = {
	{1, 'x', 6, 1}, {40, 'x', 6, 1}, {40, 'x', 64, 2}, {600, 'x', 6, 4}, {100, ']', 64, 9}, {600, ']', 64, 50},
};

START_TEST(long_list_goes_out_in_parts_that_name_each_device_once)
{
	CLEANUP(alert_change_clear) struct alert_change member = find(NULL, 1, START);
	CLEANUP(names_clear) struct names names;
	struct alert_event *events = NULL;
	size_t count = 0;

	make_names(&names, lists[_i].count, lists[_i].filler, lists[_i].length);
	CLEANUP(alert_change_clear) struct alert_change group = group_of(&member.alert, "sample", names.count);
	ck_assert_int_eq(alert_events_from_group(&events, &count, &group, (const char *const *)names.items, names.count,
						 "sample-site", 3, START), 0);
	ck_assert_uint_eq(count, lists[_i].parts);
	expect_names(events, count, &names);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_eq(events[i].alert, 5);
		ck_assert_str_eq(events[i].model, "sample");
		ck_assert_str_eq(events[i].group, "sample");
		ck_assert_int_eq(events[i].members, ALERT_FILE_MODIFIED);
		ck_assert_str_eq(events[i].path, "a.bin");
		ck_assert_int_eq(alert_event_severity(&events[i]), alert_type_severity(ALERT_FLEET_DRIFT));
		expect_rendered(&events[i]);
	}
	alert_events_free(events, count);
}
END_TEST

START_TEST(group_that_ended_is_one_event_with_the_count)
{
	CLEANUP(alert_change_clear) struct alert_change member = be_silent(NULL, true, START);
	CLEANUP(alert_change_clear) struct alert_change group = group_of(&member.alert, "192.0.2.0/24", 30);
	CLEANUP(alert_change_clear) struct alert_change ended = {0};
	struct alert_event *events = NULL;
	size_t count = 0;

	ck_assert_int_eq(alert_group_end(&ended, &group.alert, &member.alert, START + 1), 0);
	ck_assert_int_eq(alert_events_from_group(&events, &count, &ended, NULL, 0, "sample-site", 3, START), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(events[0].type, ALERT_RESOLVED);
	ck_assert_int_eq(events[0].resolves, ALERT_FLEET_UNREACHABLE);
	ck_assert_uint_eq(events[0].asset_count, 30);
	ck_assert_uint_eq(events[0].parts, 0);
	ck_assert_ptr_null(events[0].assets);
	ck_assert_ptr_null(events[0].model);
	alert_events_free(events, count);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alert_group");
	TCase *reminders = tcase_create("reminders");
	TCase *members = tcase_create("members");
	TCase *groups = tcase_create("groups");
	TCase *events = tcase_create("events");

	tcase_add_test(reminders, reminders_grow_to_the_longest_and_begin_anew_with_news);
	tcase_add_test(reminders, acknowledged_alert_stays_quiet_until_it_changes);
	tcase_add_test(reminders, longest_pace_and_many_reminders_are_taken);
	suite_add_tcase(suite, reminders);
	tcase_add_test(members, silence_waits_and_goes_without_a_word_when_it_was_not_told);
	tcase_add_test(members, silence_is_told_at_once_where_it_need_not_wait);
	tcase_add_test(members, device_of_a_silent_subnet_comes_back_without_a_word);
	tcase_add_test(members, member_is_not_reminded_of_and_is_resolved_under_its_group);
	tcase_add_test(members, member_with_another_content_leaves_at_full_severity);
	tcase_add_test(members, what_people_ended_is_told_with_their_reason);
	tcase_add_test(members, only_files_that_differ_stand_under_fleet_drift);
	suite_add_tcase(suite, members);
	tcase_add_test(groups, group_has_what_its_devices_have_in_common);
	tcase_add_test(groups, silent_subnet_has_no_file_and_no_reason_of_one_device);
	tcase_add_test(groups, group_that_grew_is_told_once_with_both_counts);
	tcase_add_test(groups, group_is_reminded_of_while_one_of_its_devices_is_still_so);
	tcase_add_test(groups, acknowledged_group_that_grows_is_open_again_and_says_so);
	tcase_add_test(groups, only_a_silent_subnet_tells_of_those_who_left);
	tcase_add_test(groups, last_device_says_why_the_group_ends);
	suite_add_tcase(suite, groups);
	tcase_add_loop_test(events, long_list_goes_out_in_parts_that_name_each_device_once, 0,
			    sizeof lists / sizeof lists[0]);
	tcase_add_test(events, group_that_ended_is_one_event_with_the_count);
	suite_add_tcase(suite, events);
	return suite_run(suite);
}
