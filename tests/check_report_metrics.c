/* The metrics of facts that are made by hand: their form, and that hostile names cannot break it.
 * With a name as its argument this program writes them there, for promtool. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "report/report.h"

#include "tests/suite.h"

#define NOW (INT64_C(1795309200) * TIME_SECOND)

static struct report_baseline baselines[] = {
	{.scope = "model sample-pump", .kind = VISIT_DRUG_LIBRARY, .release = "2026-10", .serial = 3, .stage = "older",
	 .approvals = 2, .in_force_at = 1, .expires_at = TIME_NEVER, .accept_until = NOW + TIME_DAY},
	{.scope = "model sample-pump", .kind = VISIT_DRUG_LIBRARY, .release = "2026-11", .serial = 4, .stage = "current",
	 .approvals = 2, .in_force_at = 1, .expires_at = NOW + TIME_DAY},
	{.scope = "model sample-pump", .kind = VISIT_DRUG_LIBRARY, .release = "2026-12", .serial = 5, .stage = "candidate",
	 .expires_at = TIME_NEVER},
};
static struct report_rollout rollout = {
	.scope = "model sample-pump", .kind = VISIT_DRUG_LIBRARY, .release = "2026-11", .devices = 9, .on_current = 5,
	.on_older = 3, .unknown = 1,
};
static struct report_sink sink = {.name = "siem", .type = "relp", .waiting = 12, .waiting_bytes = 3456, .away_since = 1};
static struct report_task task = {.urgency = REPORT_TODAY};

static struct report_fleet sample(void)
{
	return (struct report_fleet){
		.site = "sample-site", .version = "0.1.0", .made_at = NOW, .approvals = 2, .states = {998, 3, 2, 1},
		.results = {[DRIFT_VERIFIED] = 900, [DRIFT_DRIFTED] = 12}, .never_visited = 86, .overdue = 4,
		.ages = {[REPORT_AGE_DAY] = 900}, .open_alerts = 3, .acknowledged_alerts = 2, .severities = {[2] = 3},
		.has_last = true,
		.last = {.started_at = NOW - 90500 * (TIME_SECOND / 1000), .ended_at = NOW, .devices = 998, .files = 4990,
			 .bytes = UINT64_MAX, .findings = 20, .results = {[DRIFT_VERIFIED] = 900}},
		.next_at = NOW + TIME_DAY, .baselines = baselines, .baseline_count = 3, .rollouts = &rollout,
		.rollout_count = 1, .sinks = &sink, .sink_count = 1, .tasks = &task, .task_count = 1, .seq = 1234,
	};
}

static char *write_metrics(const struct report_fleet *fleet)
{
	struct text text;
	struct error e;

	text_init(&text);
	ck_assert_int_eq(report_metrics_write(&text, fleet, &e), 0);
	return text_take(&text);
}

static const char *const lines[] = {
	"pumpwatch_build_info{version=\"0.1.0\",site=\"sample-site\"} 1",
	"pumpwatch_report_timestamp_seconds 1795309200.000",
	"pumpwatch_devices{state=\"active\"} 998",
	"pumpwatch_device_results{result=\"drifted\"} 12",
	"pumpwatch_device_results{result=\"never-visited\"} 86",
	"pumpwatch_device_ages{age=\"36h\"} 900",
	"pumpwatch_devices_overdue 4",
	"pumpwatch_alerts_open{severity=\"critical\"} 3",
	"pumpwatch_alerts_acknowledged 2",
	"pumpwatch_tasks{urgency=\"today\"} 1",
	"pumpwatch_last_sweep_duration_seconds 90.500",
	"pumpwatch_last_sweep_bytes 18446744073709551615",
	"pumpwatch_last_sweep_results{result=\"verified\"} 900",
	"pumpwatch_sweep_running 0",
	"pumpwatch_next_window_timestamp_seconds 1795395600.000",
	"pumpwatch_stop_in_force 0",
	"pumpwatch_outbox_events{sink=\"siem\",type=\"relp\"} 12",
	"pumpwatch_outbox_bytes{sink=\"siem\",type=\"relp\"} 3456",
	"pumpwatch_sink_away{sink=\"siem\",type=\"relp\"} 1",
	"pumpwatch_event_sequence 1234",
	("pumpwatch_baseline_expiry_timestamp_seconds{scope=\"model sample-pump\",kind=\"drug-library\",release=\"2026-10\","
	 "serial=\"3\"} +Inf"),
	("pumpwatch_baseline_expiry_timestamp_seconds{scope=\"model sample-pump\",kind=\"drug-library\",release=\"2026-11\","
	 "serial=\"4\"} 1795395600.000"),
	("pumpwatch_baseline_accepted_until_timestamp_seconds{scope=\"model sample-pump\",kind=\"drug-library\","
	 "release=\"2026-10\",serial=\"3\"} 1795395600.000"),
	("pumpwatch_rollout_devices{scope=\"model sample-pump\",kind=\"drug-library\",release=\"2026-11\","
	 "devices_on=\"older\"} 3"),
};

START_TEST(each_fact_has_its_sample)
{
	const struct report_fleet fleet = sample();
	char *metrics = write_metrics(&fleet);
	char whole[512];

	(void)snprintf(whole, sizeof whole, "\n%s\n", lines[_i]);
	ck_assert_msg(strstr(metrics, whole) != NULL, "%s is not in\n%s", lines[_i], metrics);
	ck_assert_ptr_null(strstr(metrics, "2026-12")); /* a candidate is not in force */
	free(metrics);
}
END_TEST

/* What a fleet does not have has no sample, rather than one that says 0. */
START_TEST(what_is_not_known_is_not_there)
{
	const struct report_fleet fleet = {.made_at = NOW};
	char *metrics = write_metrics(&fleet);

	ck_assert_ptr_null(strstr(metrics, "last_sweep"));
	ck_assert_ptr_null(strstr(metrics, "next_window"));
	ck_assert_ptr_nonnull(strstr(metrics, "pumpwatch_devices{state=\"active\"} 0\n"));
	free(metrics);
}
END_TEST

/* The grammar of a sample, in what both formats have in common. Returns what follows the name. */
static const char *skip_name(const char *at)
{
	const char *start = at;

	while (islower((unsigned char)*at) || isdigit((unsigned char)*at) || *at == '_')
		at++;
	ck_assert_msg(at > start && strncmp(start, "pumpwatch_", 10) == 0, "%s", start);
	return at;
}

static const char *skip_labels(const char *at)
{
	if (*at != '{')
		return at;
	do {
		for (at++; islower((unsigned char)*at) || *at == '_'; at++)
			;
		ck_assert_msg(at[0] == '=' && at[1] == '"', "%s", at);
		for (at += 2; *at != '"'; at++) {
			ck_assert_msg((unsigned char)*at >= ' ', "%s", at);
			if (*at == '\\') {
				at++;
				ck_assert_msg(*at == '\\' || *at == '"' || *at == 'n', "%s", at);
			}
		}
		at++;
	} while (*at == ',');
	ck_assert_msg(*at == '}', "%s", at);
	return at + 1;
}

static void check_line(const char *line)
{
	char *end;

	if (strncmp(line, "# HELP pumpwatch_", 17) == 0)
		return;
	if (strncmp(line, "# TYPE pumpwatch_", 17) == 0) {
		ck_assert_str_eq(strrchr(line, ' '), " gauge");
		return;
	}
	const char *at = skip_labels(skip_name(line));
	ck_assert_msg(*at == ' ', "%s", line);
	(void)strtod(at + 1, &end);
	ck_assert_msg(end != at + 1 && *end == '\0', "%s", line);
}

START_TEST(hostile_names_cannot_break_a_line)
{
	struct report_fleet fleet = sample();
	size_t count = 0;

	fleet.site = "a\"b\\c\nd} 1\npumpwatch_stop_in_force 1\n\x80\033[31m";
	baselines[0].release = "\\";
	baselines[1].scope = NULL;
	char *metrics = write_metrics(&fleet), *rest = NULL;
	for (char *line = strtok_r(metrics, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), count++)
		if (strcmp(line, "# EOF") == 0)
			ck_assert_ptr_null(strtok_r(NULL, "\n", &rest));
		else
			check_line(line);
	ck_assert_uint_gt(count, 60);
	free(metrics);
}
END_TEST

START_TEST(the_site_is_escaped)
{
	struct report_fleet fleet = sample();

	fleet.site = "a\"b\\c\n%";
	char *metrics = write_metrics(&fleet);
	ck_assert_msg(strstr(metrics, "site=\"a\\\"b\\\\c%0A%25\"} 1\n") != NULL, "%s", metrics);
	free(metrics);
}
END_TEST

static int write_file(const char *name)
{
	const struct report_fleet fleet = sample();
	struct text text;
	struct error e;
	FILE *file = fopen(name, "w");

	text_init(&text);
	if (!file || report_metrics_write(&text, &fleet, &e) < 0 || fputs(text.data, file) < 0 || fclose(file) != 0)
		return EXIT_FAILURE;
	text_clear(&text);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return write_file(argv[1]);
	Suite *suite = suite_create("report_metrics");
	TCase *group = tcase_create("metrics");
	suite_add_tcase(suite, group);
	tcase_add_loop_test(group, each_fact_has_its_sample, 0, sizeof lines / sizeof *lines);
	tcase_add_test(group, what_is_not_known_is_not_there);
	tcase_add_test(group, hostile_names_cannot_break_a_line);
	tcase_add_test(group, the_site_is_escaped);
	return suite_run(suite);
}
