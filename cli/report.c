#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "file/file.h"
#include "overview/overview.h"

/* ---- the facts as JSON ---- */

static json_t *json_count(uint64_t count)
{
	return json_integer((json_int_t)count);
}

static json_t *json_results(const uint64_t results[DRIFT_RESULT_COUNT])
{
	json_t *object = json_object();

	for (unsigned i = 0; i < DRIFT_RESULT_COUNT; i++)
		json_object_set_new(object, drift_result_name(i), json_count(results[i]));
	return object;
}

static json_t *json_states(const struct report_fleet *fleet)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < INVENTORY_RETIRED; i++)
		json_object_set_new(object, inventory_state_name(i), json_count(fleet->states[i]));
	return object;
}

static json_t *json_ages(const struct report_fleet *fleet)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < REPORT_AGE_COUNT; i++)
		json_object_set_new(object, report_age_name(i), json_count(fleet->ages[i]));
	return object;
}

static json_t *json_tasks(const struct report_fleet *fleet)
{
	json_t *array = json_array();

	for (size_t i = 0; i < fleet->task_count; i++) {
		const struct report_task *task = &fleet->tasks[i];
		json_array_append_new(array, json_pack("{ss ss ss so so}", "urgency", report_urgency_words(task->urgency),
						       "what", task->what, "next", task->next, "alert",
						       task->alert ? json_count(task->alert) : json_null(), "devices",
						       task->devices ? json_count(task->devices) : json_null()));
	}
	return array;
}

static json_t *json_overdue(const struct report_fleet *fleet)
{
	json_t *array = json_array();

	for (size_t i = 0; i < fleet->device_count; i++) {
		const struct report_device *device = &fleet->devices[i];
		if (device->overdue)
			json_array_append_new(array, json_pack("{so so so so}", "asset", cli_json_string(device->device.asset),
							       "model", cli_json_string(device->device.model), "department",
							       cli_json_string(device->device.department), "verified",
							       cli_json_time(device->verified_at)));
	}
	return array;
}

static json_t *json_alerts(const struct report_fleet *fleet)
{
	json_t *array = json_array();

	for (size_t i = 0; i < fleet->alert_count; i++)
		json_array_append_new(array, cli_json_alert(&fleet->alerts[i]));
	return array;
}

static json_t *json_days(const struct report_fleet *fleet)
{
	json_t *array = json_array();

	for (size_t i = 0; i < REPORT_DAYS; i++)
		json_array_append_new(array, json_pack("{so so}", "from", cli_json_time(fleet->days[i].at), "results",
						       json_results(fleet->days[i].results)));
	return array;
}

static int print_json(const struct report_fleet *fleet)
{
	return cli_print_json(json_pack(
		"{so so so sI sb so so so sI sI so so so so so sI ss}", "site", cli_json_string(fleet->site), "host",
		cli_json_string(fleet->host), "made", cli_json_time(fleet->made_at), "approvals",
		(json_int_t)fleet->approvals, "evaluation", fleet->approvals == 0, "stop", cli_json_string(fleet->stop),
		"states", json_states(fleet), "results", json_results(fleet->results), "never_visited",
		(json_int_t)fleet->never_visited, "overdue", (json_int_t)fleet->overdue, "ages", json_ages(fleet),
		"tasks", json_tasks(fleet), "overdue_devices", json_overdue(fleet), "alerts", json_alerts(fleet), "days",
		json_days(fleet), "seq", (json_int_t)fleet->seq, "chain_head", fleet->head));
}

/* ---- the verb ---- */

static int write_out(const struct cli *cli, const struct text *text, const char *output, struct error *e)
{
	if (!output) {
		(void)fwrite(text->data, 1, text->length, stdout); /* whether it was written shows at the end */
		return 0;
	}
	if (file_write(output, text->data, text->length, 0644, e) < 0)
		return -1;
	if (!cli->quiet && !cli->json)
		printf("The %s is in %s.\n", strstr(text->data, "<!DOCTYPE") == text->data ? "page" : "report", output);
	return 0;
}

int verb_report(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'}, {"metrics", no_argument, NULL, 'm'}, {0},
	};
	CLEANUP(report_fleet_clear) struct report_fleet fleet = {0};
	CLEANUP(text_clear) struct text text;
	const char *output = NULL;
	bool metrics = false;
	struct error e;
	int c;

	text_init(&text);
	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c == 'o')
			output = optarg;
		else if (c == 'm')
			metrics = true;
		else
			return ERROR_USAGE;
	}
	if (optind < argc)
		return cli_usage(cli, "\"report\" takes options only; to name the file: -o %s", argv[optind]);
	if (!output && !metrics && !cli->json && cli->terminal)
		return cli_usage(cli, "the page is a file for a browser: name it, as in \"pumpwatch report -o fleet.html\"");
	if (output && strcmp(output, "-") == 0)
		output = NULL;
	if (cli_open_store(cli, STORE_READ, &e) < 0 || overview_load(&fleet, &cli->setup, cli->store, NULL, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json && !output)
		return print_json(&fleet);
	if ((metrics ? report_metrics_write : report_page_write)(&text, &fleet, &e) < 0 ||
	    write_out(cli, &text, output, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return cli_print_json(json_pack("{so sI}", "file", cli_json_string(output), "bytes", (json_int_t)text.length));
	return 0;
}
