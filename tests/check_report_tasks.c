/* What needs a person, from facts that are made by hand: a table of what each kind of trouble says. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/time.h"
#include "report/report.h"

#include "tests/suite.h"

#define NOW (INT64_C(1795309200) * TIME_SECOND) /* 2026-11-22T01:00:00Z */

enum { MOST = 8 };

/* Nothing in it is owned but the tasks. */
static struct report_device devices[MOST];
static struct alert *alerts;
static struct report_baseline baselines[MOST];
static struct report_rollout rollouts[2];
static struct report_sink sinks[2];
static struct report_fleet fleet;

/* Everything fine: three devices of ICU that were verified tonight, a sink, a window, signatures. */
static void set_up(void)
{
	static char *const assets[] = {"PUMP-0001", "PUMP-0002", "PUMP-0003"};

	(void)setenv("TZ", "UTC0", 1);
	tzset();
	memset(devices, 0, sizeof devices);
	alerts = calloc(MOST, sizeof *alerts);
	ck_assert_ptr_nonnull(alerts);
	memset(baselines, 0, sizeof baselines);
	memset(rollouts, 0, sizeof rollouts);
	memset(sinks, 0, sizeof sinks);
	for (int i = 0; i < 3; i++)
		devices[i] = (struct report_device){
			.device = {.asset = assets[i], .model = "sample-pump", .department = "ICU"},
			.has_result = true, .verified_at = NOW - TIME_HOUR, .visited_at = NOW - TIME_HOUR,
		};
	sinks[0] = (struct report_sink){.name = "siem", .type = "relp"};
	fleet = (struct report_fleet){
		.made_at = NOW, .approvals = 2, .overdue_after = 7 * TIME_DAY, .devices = devices, .device_count = 3,
		.states = {3}, .alerts = alerts, .has_last = true, .last_number = 1, .next_at = NOW + TIME_HOUR,
		.baselines = baselines, .rollouts = rollouts, .sinks = sinks, .sink_count = 1,
	};
}

static void drop_tasks(void)
{
	for (size_t i = 0; i < fleet.task_count; i++) {
		free(fleet.tasks[i].what);
		free(fleet.tasks[i].next);
	}
	free(fleet.tasks);
	fleet.tasks = NULL;
	fleet.task_count = 0;
	free(alerts);
}

static void find(void)
{
	struct error e;

	ck_assert_msg(report_tasks_find(&fleet, &e) == 0, "%s", e.text);
}

static struct alert *add_alert(enum alert_type type, char *asset, char *path)
{
	struct alert *alert = &alerts[fleet.alert_count++];

	*alert = (struct alert){
		.number = 10 + fleet.alert_count, .type = type, .asset = asset, .path = path, .has_kind = path != NULL,
		.kind = VISIT_DRUG_LIBRARY,
	};
	return alert;
}

static struct alert *add_group(enum alert_type type, enum alert_type members, char *group)
{
	struct alert *alert = add_alert(type, NULL, NULL);

	alert->members = members;
	alert->group = group;
	alert->asset_count = 7;
	return alert;
}

static struct report_baseline *add_baseline(const char *stage)
{
	struct report_baseline *baseline = &baselines[fleet.baseline_count++];

	*baseline = (struct report_baseline){
		.id = "0123456789abcdef", .scope = "model sample-pump", .kind = VISIT_DRUG_LIBRARY, .release = "2026-10",
		.serial = fleet.baseline_count, .stage = stage, .expires_at = TIME_NEVER,
	};
	return baseline;
}

/* ---- troubles ---- */

static void no_trouble(void) {}
static void stop(void) { fleet.stop = "pumps are being moved"; }
static void full(void) { fleet.full = "the outbox is full: 9.0 MiB wait for sink siem"; }
static void forged(void) { add_alert(ALERT_FILE_FORGED, "PUMP-0002", "doses.lib"); }
static void wrong_device(void) { add_alert(ALERT_DEVICE_CHANGED, "PUMP-0002", NULL); }
static void modified(void) { add_alert(ALERT_FILE_MODIFIED, "PUMP-0002", "doses.lib"); }
static void missing(void) { add_alert(ALERT_FILE_MISSING, "PUMP-0002", "doses.lib"); }
static void mixed(void) { add_alert(ALERT_FILE_MIXED, "PUMP-0002", "doses.lib"); }
static void added(void) { add_alert(ALERT_FILE_ADDED, "PUMP-0002", "NEW.BIN")->kind = VISIT_OTHER; }
static void stale(void) { add_alert(ALERT_FILE_STALE, "PUMP-0002", NULL)->has_kind = true; }
static void many_refused(void)
{
	for (int i = 0; i < 5; i++)
		add_alert(ALERT_DEVICE_REFUSED, i == 1 ? "PUMP-0002" : i == 0 ? "PUMP-0001" : "PUMP-0009", NULL);
}

static void refused(void) { add_alert(ALERT_DEVICE_REFUSED, "PUMP-0002", NULL); }
static void unreadable(void) { add_alert(ALERT_FILE_UNREADABLE, "PUMP-0002", "doses.lib")->outcome = "timed-out"; }

static void several_files(void)
{
	add_alert(ALERT_FILE_MODIFIED, "PUMP-0002", "a.lib");
	add_alert(ALERT_FILE_MODIFIED, "PUMP-0001", "other.lib");
	add_alert(ALERT_FILE_MODIFIED, "PUMP-0002", "b.lib");
	add_alert(ALERT_FILE_MODIFIED, "PUMP-0002", "c.lib");
}

static void named_device(void)
{
	devices[1].device.name = "bed 3";
	add_alert(ALERT_FILE_MODIFIED, "PUMP-0002", "doses.lib")->kind = VISIT_FIRMWARE;
}

static void hostile_names(void)
{
	devices[1].device.department = "\033[31mICU\n";
	add_alert(ALERT_FILE_MODIFIED, "PUMP-0002", "a\033]0;b%c");
}

static void group_of_model(void)
{
	struct alert *group = add_group(ALERT_FLEET_DRIFT, ALERT_FILE_MODIFIED, "sample-pump");

	group->has_kind = true;
	group->kind = VISIT_DRUG_LIBRARY;
	group->path = "doses.lib";
	add_alert(ALERT_FILE_MODIFIED, "PUMP-0001", "doses.lib")->under = group->number;
}

static void group_of_subnet(void)
{
	add_group(ALERT_FLEET_UNREACHABLE, ALERT_DEVICE_UNREACHABLE, "192.0.2.0/24");
}

static void silent_alone(void) { add_alert(ALERT_DEVICE_UNREACHABLE, "PUMP-0002", NULL); }

static void silent_two(void)
{
	add_alert(ALERT_DEVICE_UNREACHABLE, "PUMP-0002", NULL);
	add_alert(ALERT_DEVICE_UNREACHABLE, "PUMP-0001", NULL);
}

static void overdue_alone(void)
{
	devices[0].overdue = true;
	add_alert(ALERT_DEVICE_OVERDUE, "PUMP-0001", NULL);
	add_alert(ALERT_DEVICE_UNREACHABLE, "PUMP-0001", NULL); /* is told once */
}

static void overdue_two(void)
{
	devices[0].overdue = devices[2].overdue = true;
	devices[0].device.department = devices[2].device.department = "Ward 3";
}

static void hostile_department(void)
{
	devices[0].overdue = devices[2].overdue = true;
	devices[0].device.department = devices[2].device.department = "$(reboot)";
}

static void untrusted(void) { devices[0].result = devices[1].result = DRIFT_UNTRUSTED; }

static void signers(void)
{
	fleet.signers_fault = "allowed_signers:3: no key";
	fleet.unchecked = true;
	add_baseline("current")->fault = "0 of 2 approvals are good"; /* follows from that */
}

static void signers_once_good(void) { fleet.signers_fault = "allowed_signers:3: no key"; }
static void rejected(void) { add_baseline("current")->fault = "its text has another digest"; }

static void rejected_and_kept(void)
{
	rejected();
	baselines[0].kept = true;
}

static void rejected_and_seen(void)
{
	struct alert *alert = add_alert(ALERT_BASELINE_REJECTED, NULL, NULL);

	rejected();
	alert->manifest = baselines[0].id;
	alert->state = ALERT_STATE_ACKNOWLEDGED;
	alert->acknowledged_at = NOW;
}

static void sink_away(void)
{
	sinks[0].away_since = NOW - TIME_HOUR;
	sinks[0].waiting = 12;
}

static void one_of_two_sinks_away(void)
{
	sink_away();
	sinks[1] = (struct report_sink){.name = "file", .type = "spool"};
	fleet.sink_count = 2;
}

static void no_sink(void) { fleet.sink_count = 0; }
static void no_window(void) { fleet.next_at = 0; }
static void no_device(void) { fleet.device_count = fleet.states[0] = 0; }
static void no_sweep(void) { fleet.has_last = false; }
static void broken(void) { fleet.broken_since = NOW - TIME_DAY; }

static void missed(void)
{
	fleet.missed_at = NOW - 2 * TIME_HOUR;
	fleet.missed_window = "night";
}

static void stopped(void)
{
	fleet.last.stopped = true;
	strcpy(fleet.last.why_stopped, "5 devices were lost after contact");
}

static void candidate(void) { add_baseline("candidate")->approvals = 1; }
static void approved(void) { add_baseline("approved")->approvals = 2; }

static void expires(void)
{
	struct report_baseline *baseline = add_baseline("current");

	baseline->in_force_at = NOW - 100 * TIME_DAY;
	baseline->expires_at = NOW + 10 * TIME_DAY;
}

static void expired(void)
{
	expires();
	baselines[0].stage = "expired";
	baselines[0].expires_at = NOW - TIME_DAY;
}

static void older_ends(void)
{
	struct report_baseline *baseline = add_baseline("older");

	baseline->in_force_at = NOW - 100 * TIME_DAY;
	baseline->accept_until = NOW + 10 * TIME_DAY;
	rollouts[0] = (struct report_rollout){
		.scope = "model sample-pump", .kind = VISIT_DRUG_LIBRARY, .release = "2026-11", .devices = 3, .on_older = 2,
		.accept_until = NOW + 10 * TIME_DAY,
	};
	fleet.rollout_count = 1;
}

static void evaluation(void) { fleet.approvals = 0; }

static void long_acknowledged(void)
{
	struct alert *alert = add_alert(ALERT_FILE_MODIFIED, "PUMP-0002", "doses.lib");

	alert->state = ALERT_STATE_ACKNOWLEDGED;
	alert->acknowledged_at = NOW - 15 * TIME_DAY;
}

/* ---- troubles that say nothing ---- */

static void acknowledged(void)
{
	long_acknowledged();
	alerts[0].acknowledged_at = NOW - TIME_DAY;
}

static void acknowledged_overdue(void)
{
	devices[0].overdue = true;
	add_alert(ALERT_DEVICE_OVERDUE, "PUMP-0001", NULL)->state = ALERT_STATE_ACKNOWLEDGED;
	alerts[0].acknowledged_at = NOW;
}

static void candidate_of_before(void)
{
	candidate();
	add_baseline("current")->in_force_at = NOW;
}

static void older_that_nobody_is_on(void)
{
	older_ends();
	rollouts[0].on_older = 0;
}

static void stored_and_untrusted(void)
{
	devices[0].result = DRIFT_UNTRUSTED;
	devices[0].device.state = INVENTORY_STORED;
}

static const struct row {
	void (*trouble)(void);
	enum report_urgency urgency;
	const char *what; /* the whole sentence; NULL: nothing is said */
	const char *next; /* a part of it */
	uint64_t alert, devices;
} rows[] = {
	{no_trouble, 0, NULL, NULL, 0, 0},
	{acknowledged, 0, NULL, NULL, 0, 0},
	{acknowledged_overdue, 0, NULL, NULL, 0, 0},
	{candidate_of_before, 0, NULL, NULL, 0, 0},
	{older_that_nobody_is_on, 0, NULL, NULL, 0, 0},
	{stored_and_untrusted, 0, NULL, NULL, 0, 0},
	{stop, REPORT_NOW, "Nothing is checked, for a stop is in force: pumps are being moved", "\"pumpwatch resume\"", 0, 0},
	{full, REPORT_NOW, "Nothing is checked, for no more alerts can be kept: the outbox is full: 9.0 MiB wait for sink siem",
	 "\"pumpwatch sinks\"", 0, 0},
	{forged, REPORT_NOW, "The drug library of PUMP-0002 (ICU) was forged: doses.lib has the approved MD5 and another SHA-256",
	 "quarantine it by your policy; \"pumpwatch alert show 11\"", 11, 1},
	{wrong_device, REPORT_NOW, "PUMP-0002 (ICU) is not the device that was enrolled: another one answers",
	 "\"pumpwatch alert show 11\"", 11, 1},
	{modified, REPORT_NOW, "The drug library of PUMP-0002 (ICU) is not the approved one: doses.lib differs",
	 "quarantine it by your policy; \"pumpwatch alert show 11\"", 11, 1},
	{missing, REPORT_NOW, "The drug library of PUMP-0002 (ICU) is not complete: doses.lib is missing", "alert show 11", 11, 1},
	{mixed, REPORT_NOW,
	 "The drug library of PUMP-0002 (ICU) is a mixture of several approved releases: doses.lib is of another release",
	 "alert show 11", 11, 1},
	{added, REPORT_TODAY, "PUMP-0002 (ICU) has a file that nobody approved: NEW.BIN", "alert show 11", 11, 1},
	{stale, REPORT_TODAY, "The drug library of PUMP-0002 (ICU) is of an older release, which is not accepted any more",
	 "alert show 11", 11, 1},
	{refused, REPORT_TODAY, "PUMP-0002 (ICU) refuses the login", "Check the credential", 11, 1},
	{many_refused, REPORT_TODAY,
	 "5 devices refuse the login: PUMP-0001 (ICU), PUMP-0002 (ICU), PUMP-0009 and 2 more",
	 "\"pumpwatch alerts --type DEVICE_REFUSED\" lists them", 0, 5},
	{unreadable, REPORT_TODAY,
	 "The drug library of PUMP-0002 (ICU) could not be checked as a whole: doses.lib could not be read (did not answer in "
	 "time)", "Nothing is known of these files", 11, 1},
	{named_device, REPORT_NOW, "The firmware of PUMP-0002 (bed 3, ICU) is not the approved one: doses.lib differs",
	 "alert show 11", 11, 1},
	{hostile_names, REPORT_NOW,
	 "The drug library of PUMP-0002 (%1B[31mICU%0A) is not the approved one: a%1B]0;b%25c differs", "alert show 11", 11, 1},
	{group_of_model, REPORT_NOW,
	 "7 devices of model sample-pump have the same change: the drug library is not the approved one: doses.lib differs",
	 "\"pumpwatch alert show 11\" tells which devices they are", 11, 7},
	{group_of_subnet, REPORT_TODAY, "7 devices of the subnet 192.0.2.0/24 do not answer", "switch", 11, 7},
	{silent_alone, REPORT_SOON, "PUMP-0002 (ICU) does not answer", "\"pumpwatch show PUMP-0002\"", 11, 1},
	{silent_two, REPORT_SOON, "2 devices of ICU do not answer",
	 "\"pumpwatch devices --result unreachable --department ICU\"", 0, 2},
	{overdue_alone, REPORT_TODAY, "PUMP-0001 (ICU) has not been verified for 7 days", "\"pumpwatch show PUMP-0001\"", 12 - 1, 1},
	{overdue_two, REPORT_TODAY, "2 devices of Ward 3 have not been verified for 7 days",
	 "\"pumpwatch devices --state active --age 7d --department 'Ward 3'\"", 0, 2},
	{hostile_department, REPORT_TODAY, "2 devices of $(reboot) have not been verified for 7 days",
	 "\"pumpwatch devices --state active --age 7d\"", 0, 2},
	{untrusted, REPORT_TODAY, "2 devices of model sample-pump have nothing approved to be compared with",
	 "\"pumpwatch devices --result untrusted --model sample-pump\"", 0, 2},
	{signers, REPORT_NOW,
	 "Nothing approved can be believed, for who may sign is not known: allowed_signers:3: no key", "file of signers", 0, 0},
	{signers_once_good, REPORT_NOW,
	 "The list of those who may sign was refused, and the last good one stays in use: allowed_signers:3: no key",
	 "file of signers", 0, 0},
	{rejected, REPORT_NOW,
	 "An approved baseline is not believed (model sample-pump, drug library 2026-10): its text has another digest",
	 "\"pumpwatch baseline show 0123456789ab\"", 0, 0},
	{rejected_and_kept, REPORT_NOW,
	 "An approved baseline is not believed (model sample-pump, drug library 2026-10): its text has another digest; the "
	 "good copy in memory stays in use until the service ends", "audit verify", 0, 0},
	{rejected_and_seen, REPORT_TODAY,
	 "An approved baseline is not believed (model sample-pump, drug library 2026-10): its text has another digest",
	 "audit verify", 11, 0},
	{sink_away, REPORT_NOW,
	 "Alerts do not arrive: the receiver \"siem\" has been away since 2026-11-22 00:00, and 12 events wait",
	 "\"pumpwatch sink test siem\"", 0, 0},
	{one_of_two_sinks_away, REPORT_TODAY,
	 "Alerts do not arrive: the receiver \"siem\" has been away since 2026-11-22 00:00, and 12 events wait",
	 "\"pumpwatch sinks\"", 0, 0},
	{no_sink, REPORT_TODAY, "No alert leaves this computer, for no receiver is configured", "[sink NAME]", 0, 0},
	{no_window, REPORT_TODAY, "Devices are checked by hand alone, for no window is configured", "[window NAME]", 0, 0},
	{no_device, REPORT_TODAY, "No device is enrolled", "\"pumpwatch enroll --help\"", 0, 0},
	{no_sweep, REPORT_TODAY, "No device was ever checked", "\"pumpwatch sweep --all\"", 0, 0},
	{broken, REPORT_TODAY, "The sweep that began at 2026-11-21 01:00 did not come to its end", "systemctl status", 0, 0},
	{missed, REPORT_NOW, "The sweep that was due at 2026-11-21 23:00 (window \"night\") did not begin", "systemctl status", 0, 0},
	{stopped, REPORT_TODAY, "The last sweep was stopped before its end: 5 devices were lost after contact", "sweep --all", 0, 0},
	{candidate, REPORT_SOON, "A new release waits for approval (model sample-pump, drug library 2026-10): it has 1 of 2",
	 "\"pumpwatch baseline show 0123456789ab\"", 0, 0},
	{approved, REPORT_SOON,
	 "A new release has its approvals and is not in force (model sample-pump, drug library 2026-10)", "baseline approve", 0, 0},
	{expires, REPORT_SOON, "The release in force expires soon (model sample-pump, drug library 2026-10): at 2026-12-02 01:00",
	 "baseline learn", 0, 0},
	{expired, REPORT_TODAY, "The release in force has expired (model sample-pump, drug library 2026-10), at 2026-11-21 01:00",
	 "baseline learn", 0, 0},
	{older_ends, REPORT_SOON,
	 "2 devices are still on an older release, and the time of model sample-pump, drug library 2026-10 ends at 2026-12-02 "
	 "01:00", "\"pumpwatch baseline accept-until 0123456789ab TIME\"", 0, 2},
	{evaluation, REPORT_SOON, "Baselines carry no signatures: this is evaluation mode (approvals = 0)", "approvals = 2", 0, 0},
	{long_acknowledged, REPORT_SOON, "An alert was acknowledged more than 14 days ago and is still so", "alert show 11", 11, 0},
};

START_TEST(each_trouble_is_one_task)
{
	const struct row *row = &rows[_i];

	row->trouble();
	find();
	if (!row->what) {
		ck_assert_msg(fleet.task_count == 0, "%s", fleet.task_count ? fleet.tasks[0].what : "");
		return;
	}
	ck_assert_uint_ge(fleet.task_count, 1);
	const struct report_task *task = &fleet.tasks[0];
	ck_assert_str_eq(task->what, row->what);
	ck_assert_msg(strstr(task->next, row->next) != NULL, "%s", task->next);
	ck_assert_int_eq(task->urgency, row->urgency);
	ck_assert_uint_eq(task->alert, row->alert);
	ck_assert_uint_eq(task->devices, row->devices);
	ck_assert_msg(fleet.task_count == 1, "%s", fleet.task_count > 1 ? fleet.tasks[1].what : "");
	ck_assert_int_eq(task->next[strlen(task->next) - 1], '.');
	ck_assert_int_ne(task->what[strlen(task->what) - 1], '.');
}
END_TEST

START_TEST(files_of_one_device_are_one_task)
{
	several_files();
	find();
	ck_assert_uint_eq(fleet.task_count, 2);
	ck_assert_str_eq(fleet.tasks[0].what,
			 "The drug library of PUMP-0001 (ICU) is not the approved one: other.lib differs");
	ck_assert_str_eq(fleet.tasks[1].what, "The drug library of PUMP-0002 (ICU) is not the approved one: 3 files, the first of "
					      "them a.lib");
	ck_assert_uint_eq(fleet.tasks[1].alert, 11);
}
END_TEST

/* Whatever order the facts come in, and however often it is asked. */
START_TEST(the_most_urgent_comes_first)
{
	static const char *const order[] = {
		"Nothing is checked", "was forged", "another one answers", "is not the approved one: doses.lib", "do not arrive",
		"refuses the login", "no window is configured", "evaluation mode",
	};

	evaluation();
	no_window();
	sink_away();
	refused();
	add_alert(ALERT_FILE_MODIFIED, "PUMP-0002", "doses.lib");
	add_alert(ALERT_DEVICE_CHANGED, "PUMP-0003", NULL);
	add_alert(ALERT_FILE_FORGED, "PUMP-0003", "doses.lib");
	stop();
	for (int again = 0; again < 2; again++) {
		find();
		ck_assert_uint_eq(fleet.task_count, sizeof order / sizeof *order);
		for (size_t i = 0; i < fleet.task_count; i++)
			ck_assert_msg(strstr(fleet.tasks[i].what, order[i]) != NULL, "%zu: %s", i, fleet.tasks[i].what);
	}
}
END_TEST

START_TEST(a_long_path_is_cut_between_characters)
{
	static char path[] = "ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää";

	add_alert(ALERT_FILE_MODIFIED, "PUMP-0002", path);
	find();
	ck_assert_ptr_nonnull(strstr(fleet.tasks[0].what, "ääää... differs"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report_tasks");
	TCase *group = tcase_create("tasks");

	tcase_add_checked_fixture(group, set_up, drop_tasks);
	suite_add_tcase(suite, group);
	tcase_add_loop_test(group, each_trouble_is_one_task, 0, sizeof rows / sizeof *rows);
	tcase_add_test(group, files_of_one_device_are_one_task);
	tcase_add_test(group, the_most_urgent_comes_first);
	tcase_add_test(group, a_long_path_is_cut_between_characters);
	return suite_run(suite);
}
