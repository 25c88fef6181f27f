#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "cli/alerts.h"
#include "cli/filter.h"
#include "cli/table.h"
#include "explain/explain.h"
#include "sweep/sweep.h"

enum { VISITS_MOST = 10, VISITS_SHOWN = 5 };

struct shown {
	struct store_device device;
	struct store_visits visits;
	struct store_alerts alerts;
};

static void clear_shown(struct shown *shown)
{
	store_device_clear(&shown->device);
	store_visits_clear(&shown->visits);
	store_alerts_clear(&shown->alerts);
}

/* ---- how it stands ---- */

/* What a person has to know of how it stands: that the result says less than why it is so. */
static void print_meaning(const struct cli *cli, const struct store_standing *standing)
{
	const struct explain_entry *result = explain_find_in(EXPLAIN_RESULT, drift_result_name(standing->result));
	const struct explain_entry *outcome = standing->outcome == VISIT_OK
		? NULL : explain_find_in(EXPLAIN_OUTCOME, visit_outcome_name(standing->outcome));

	if (!result)
		return;
	cli_line(cli, "What happened", result->meaning);
	if (standing->outcome != VISIT_OK)
		cli_line(cli, "Why", visit_outcome_text(standing->outcome));
	cli_line(cli, "How sure", result->sure);
	cli_line(cli, "What to do", outcome ? outcome->next : result->next);
}

/* Since when every visit that is known ended so; *ret_known when the one before ended otherwise. */
static int64_t standing_since(const struct shown *shown, bool *ret_known)
{
	int64_t since = 0;
	size_t i = 0;

	for (; i < shown->visits.count && shown->visits.items[i].result == shown->device.standing.result; i++)
		since = shown->visits.items[i].report.ended_at;
	*ret_known = i < shown->visits.count || shown->visits.count < VISITS_MOST;
	return since;
}

static void print_standing(const struct cli *cli, const struct shown *shown)
{
	const struct store_standing *standing = &shown->device.standing;
	enum inventory_state state = shown->device.device.state;
	char time[CLI_TIME_SIZE];
	bool known;

	if (state != INVENTORY_ACTIVE)
		cli_line_marked(cli, "State", inventory_state_name(state), CLI_WATCH);
	if (!standing->has_result) {
		cli_line_marked(cli, "Result", "not visited yet", CLI_UNKNOWN);
		if (state == INVENTORY_ACTIVE)
			printf("%-14s Visit it now: \"pumpwatch sweep %s\".\n", "What to do", shown->device.device.asset);
		return;
	}
	CLEANUP(text_clear) struct text result;
	text_init(&result);
	text_addf(&result, "%s (%s)", explain_words(EXPLAIN_RESULT, drift_result_name(standing->result)),
		  drift_result_name(standing->result));
	cli_line_marked(cli, "Result", result.data, cli_result_meaning(standing->result));
	print_meaning(cli, standing);
	int64_t since = standing_since(shown, &known);
	if (since > 0)
		printf("%-14s %s%s\n", "Since", known ? "" : "at least ", cli_time(cli, since, time));
}

/* ---- what it is ---- */

static void print_releases(const struct cli *cli, const struct store_standing *standing)
{
	const char *label = "Releases";

	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++) {
		const struct store_release *release = &standing->releases[kind];
		CLEANUP(text_clear) struct text text;
		text_init(&text);
		if (!release->release || release->doubtful)
			continue;
		text_addf(&text, "%s %s", visit_kind_name((enum visit_kind)kind), release->release);
		cli_line(cli, label, text.data);
		label = "";
	}
}

static void print_enrollment(const struct cli *cli, const struct store_device *one)
{
	const struct inventory_device *device = &one->device;
	const struct inventory_model *model = sweep_models_find(&cli->setup.models, device->model);
	char grade[VISIT_GRADE_TEXT_SIZE], time[CLI_TIME_SIZE];

	cli_line(cli, "Model", model && model->title && cli->terminal ? model->title : device->model);
	cli_line(cli, "Serial", device->serial);
	cli_line(cli, "MAC", device->mac);
	cli_line(cli, "Link", device->link);
	visit_grade_write(grade, &one->standing.grade);
	if (one->standing.has_result)
		cli_line(cli, "Link is", grade);
	cli_line(cli, "Credential", device->credential);
	cli_line(cli, "Pin", device->pins);
	cli_line(cli, "Enrolled", cli_time(cli, device->enrolled_at, time));
}

/* ---- when ---- */

/* The next opening of a window that takes it; 0: none does. */
static int64_t next_window(const struct cli *cli, struct store_device *device)
{
	const struct config *config = &cli->setup.config;
	const struct store_devices one = {.items = device, .count = 1};
	int64_t next = 0;

	for (size_t i = 0; i < config->window_count; i++) {
		const struct sweep_request request = {.window = &config->windows[i]};
		CLEANUP(cleanup_free) const char **assets = NULL;
		size_t count = 0;
		if (sweep_choose(&assets, &count, &one, &request, NULL) < 0 || count == 0)
			continue;
		int64_t at = schedule_window_next(&config->windows[i].when, cli_now(cli));
		if (next == 0 || at < next)
			next = at;
	}
	return next;
}

static void print_times(const struct cli *cli, struct store_device *device)
{
	char time[CLI_TIME_SIZE], age[CLI_TIME_SIZE];
	int64_t verified = device->standing.verified_at, next = next_window(cli, device);

	printf("%-14s %s\n", "Last visit", cli_time(cli, device->standing.visited_at, time));
	printf("%-14s %s", "Last verified", cli_time(cli, verified, time));
	printf(cli->terminal && verified ? " (%s)\n" : "\n", cli_age(cli, verified, age));
	if (device->device.state != INVENTORY_ACTIVE)
		printf("%-14s none: it is %s\n", "Next visit", cli_state_words(device->device.state));
	else if (next > 0)
		printf("%-14s %s\n", "Next visit", cli_time(cli, next, time));
	else
		cli_line(cli, "Next visit", "when somebody asks for it: no window of the configuration takes it");
}

/* ---- what was seen ---- */

static void print_findings(const struct store_visit *visit)
{
	if (visit->finding_count == 0)
		return;
	printf("\nThe last visit found:\n");
	for (size_t i = 0; i < visit->finding_count; i++) {
		const struct drift_finding *finding = &visit->findings[i];
		CLEANUP(cleanup_free) char *path = cli_finding_path(finding);
		printf("  %-10s %s (%s)\n", drift_type_name(finding->type), path ? path : "",
		       finding->type == DRIFT_UNREADABLE ? visit_outcome_text(finding->outcome)
							 : visit_kind_name(finding->kind));
	}
}

static void print_visits(const struct cli *cli, const struct store_visits *visits)
{
	static const struct cli_column columns[] = {
		{.heading = "VISIT"}, {.heading = "RESULT"}, {.heading = "FILES", .right = true},
		{.heading = "WHY", .fit = CLI_WRAP, .least = 16},
	};
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);

	for (size_t i = 0; i < visits->count && i < VISITS_SHOWN; i++) {
		const struct store_visit *visit = &visits->items[i];
		char time[CLI_TIME_SIZE], files[32];
		(void)snprintf(files, sizeof files, "%zu", visit->report.observation_count); /* fits */
		cli_table_add(&table, (const char *[]){
			cli_time(cli, visit->report.ended_at, time),
			cli->terminal ? cli_result_words((int)visit->result) : drift_result_name(visit->result),
			i == 0 ? files : NULL,
			visit->report.outcome == VISIT_OK ? NULL : visit_outcome_text(visit->report.outcome)});
		cli_table_mark(&table, 1, cli_result_meaning(visit->result));
	}
	if (visits->count > 0) {
		printf("\n");
		cli_table_print(cli, &table);
		print_findings(&visits->items[0]);
	}
}

static void print_alerts(const struct cli *cli, const struct shown *shown)
{
	size_t count = shown->alerts.count;
	CLEANUP(cleanup_free) struct cli_alert_row *rows = count ? calloc(count, sizeof *rows) : NULL;

	if (!rows)
		return;
	for (size_t i = 0; i < count; i++)
		rows[i] = (struct cli_alert_row){.alert = &shown->alerts.items[i], .device = &shown->device};
	printf("\n%zu %s open; \"pumpwatch alert show NUMBER\" tells more:\n", count,
	       count == 1 ? "alert is" : "alerts are");
	cli_alert_rows_print(cli, rows, count, true);
}

static void print_text(const struct cli *cli, struct shown *shown)
{
	const struct inventory_device *device = &shown->device.device;

	cli_line(cli, "Asset", device->asset);
	cli_line(cli, "Name", device->name);
	cli_line(cli, "Department", device->department);
	print_standing(cli, shown);
	print_releases(cli, &shown->device.standing);
	print_times(cli, &shown->device);
	printf("\n");
	print_enrollment(cli, &shown->device);
	print_visits(cli, &shown->visits);
	print_alerts(cli, shown);
}

static int print_json(const struct shown *shown)
{
	json_t *object = cli_json_device(&shown->device);
	json_t *list = json_array();

	for (size_t i = 0; i < shown->visits.count; i++) {
		const struct store_visit *one = &shown->visits.items[i];
		json_t *visit = cli_json_report(&one->report, i == 0);
		json_t *findings = json_array();
		for (size_t k = 0; k < one->finding_count; k++)
			json_array_append_new(findings, cli_json_finding(&one->findings[k]));
		json_object_set_new(visit, "result", json_string(drift_result_name(one->result)));
		json_object_set_new(visit, "findings", findings);
		json_array_append_new(list, visit);
	}
	json_object_set_new(object, "visits", list);
	list = json_array();
	for (size_t i = 0; i < shown->alerts.count; i++)
		json_array_append_new(list, cli_json_alert(&shown->alerts.items[i]));
	json_object_set_new(object, "alerts", list);
	return cli_print_json(object);
}

int verb_show(struct cli *cli, int argc, char **argv)
{
	CLEANUP(clear_shown) struct shown shown = {0};
	static const struct option none[] = {{0}};
	struct error e;

	if (cli_option(cli, argc, argv, none) != -1)
		return ERROR_USAGE;
	if (argc - optind == 2 && (strcmp(argv[optind], "alert") == 0 || strcmp(argv[optind], "baseline") == 0 ||
				   strcmp(argv[optind], "model") == 0))
		return cli_usage(cli, "the words are the other way round: did you mean \"%s show %s\"?", argv[optind],
				 argv[optind + 1]);
	if (argc - optind != 1)
		return cli_usage(cli, "\"show\" wants one asset, as in \"pumpwatch show PUMP-0001\"");
	const char *asset = argv[optind];
	if (cli_open_store(cli, STORE_READ, &e) < 0 || cli_load_device(cli, asset, &shown.device, &e) < 0 ||
	    store_visits_list(cli->store, asset, VISITS_MOST, &shown.visits, &e) < 0 ||
	    store_alerts_list(cli->store, asset, false, &shown.alerts, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return print_json(&shown);
	print_text(cli, &shown);
	return 0;
}
