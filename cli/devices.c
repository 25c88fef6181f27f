#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cli/import.h"
#include "cli/table.h"
#include "sweep/sweep.h"

static const char *result_of(const struct store_standing *standing)
{
	return standing->has_result ? drift_result_name(standing->result) : "not visited";
}

static int print_devices(const struct cli *cli, const struct store_devices *devices)
{
	static const struct cli_column columns[] = {
		{.heading = "ASSET"}, {.heading = "MODEL", .fit = CLI_CUT, .least = 8},
		{.heading = "DEPARTMENT", .fit = CLI_CUT}, {.heading = "STATE"}, {.heading = "RESULT"},
		{.heading = "VERIFIED"}, {.heading = "LINK", .fit = CLI_CUT_MIDDLE, .least = 12, .drop = 1},
	};
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);

	for (size_t i = 0; i < devices->count; i++) {
		const struct inventory_device *device = &devices->items[i].device;
		const struct store_standing *standing = &devices->items[i].standing;
		char time[CLI_TIME_SIZE];
		const char *const row[] = {device->asset, device->model, device->department,
					   inventory_state_name(device->state), result_of(standing),
					   cli_time(cli, standing->verified_at, time), device->link};
		cli_table_add(&table, row);
	}
	cli_table_print(cli, &table);
	if (!cli->quiet && devices->count == 0)
		fprintf(stderr, "No device matches. \"pumpwatch enroll --help\" shows how to enroll one.\n");
	return 0;
}

int verb_devices(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"model", required_argument, NULL, 'm'}, {"department", required_argument, NULL, 'd'},
		{"state", required_argument, NULL, 's'}, {"result", required_argument, NULL, 'r'},
		{"csv", no_argument, NULL, 'c'}, {"output", required_argument, NULL, 'o'}, {0},
	};
	CLEANUP(store_devices_clear) struct store_devices devices = {0};
	struct store_device_filter filter = {0};
	const char *output = NULL;
	bool csv = false;
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c == 'm') {
			/* Model names are compared without case and punctuation: use the profile's own. */
			const struct inventory_model *model = cli_find_model(cli, optarg, &e);
			if (!model)
				return cli_fail(cli, &e);
			filter.model = model->name;
		} else if (c == 'd') {
			filter.department = optarg;
		} else if (c == 's') {
			if (inventory_state_parse(&filter.state, optarg) < 0)
				return cli_usage(cli, "a state is active, stored, maintenance or retired, not \"%s\"", optarg);
			filter.has_state = true;
		} else if (c == 'r') {
			if (drift_result_parse(&filter.result, optarg) < 0)
				return cli_usage(cli, "a result is verified, behind, skipped, untrusted, partial, "
						 "unreachable, refused, wrong-device or drifted, not \"%s\"", optarg);
			filter.has_result = true;
		} else if (c == 'c') {
			csv = true;
		} else if (c == 'o') {
			output = optarg;
		} else {
			return ERROR_USAGE;
		}
	}
	if (output && !csv)
		return cli_usage(cli, "-o writes CSV: say --csv, too");
	if (csv && cli->json)
		return cli_usage(cli, "--csv or --json: one of the two");
	if (optind < argc)
		return cli_usage(cli, "\"devices\" takes options only: what is \"%s\"?", argv[optind]);
	if (cli_open_store(cli, STORE_READ, &e) < 0 || store_devices_list(cli->store, &filter, &devices, &e) < 0)
		return cli_fail(cli, &e);
	if (csv)
		return cli_export(cli, &devices, output);
	if (!cli->json)
		return print_devices(cli, &devices);
	json_t *array = json_array();
	for (size_t i = 0; i < devices.count; i++)
		json_array_append_new(array, cli_json_device(&devices.items[i]));
	return cli_print_json(array);
}

/* ---- show ---- */

static void print_line(const char *label, const char *value)
{
	CLEANUP(cleanup_free) char *shown = value ? escape_string(ESCAPE_DISPLAY, value) : NULL;

	printf("%-14s %s\n", label, shown && *shown ? shown : "-");
}

static void print_enrollment(const struct cli *cli, const struct store_device *one)
{
	const struct inventory_device *device = &one->device;
	const struct store_standing *standing = &one->standing;
	char grade[VISIT_GRADE_TEXT_SIZE];
	char time[CLI_TIME_SIZE];
	CLEANUP(cleanup_free) char *releases = cli_releases(standing);

	visit_grade_write(grade, &standing->grade);
	print_line("Asset", device->asset);
	print_line("Model", device->model);
	print_line("Serial", device->serial);
	print_line("MAC", device->mac);
	print_line("Name", device->name);
	print_line("Department", device->department);
	print_line("Link", device->link);
	print_line("Credential", device->credential);
	print_line("Pin", device->pins);
	print_line("State", inventory_state_name(device->state));
	print_line("Enrolled", cli_time(cli, device->enrolled_at, time));
	print_line("Result", result_of(standing));
	if (standing->has_result && standing->outcome != VISIT_OK) {
		print_line("Why", visit_outcome_text(standing->outcome));
		print_line("What to do", visit_outcome_advice(standing->outcome));
	}
	if (standing->has_result)
		print_line("Link is", grade);
	print_line("Releases", releases);
	print_line("Last visit", cli_time(cli, standing->visited_at, time));
	print_line("Last verified", cli_time(cli, standing->verified_at, time));
}

static void print_visits(const struct cli *cli, const struct store_visits *visits)
{
	static const struct cli_column columns[] = {
		{.heading = "VISIT"}, {.heading = "RESULT"}, {.heading = "FINDINGS", .right = true}, {.heading = "OUTCOME"},
	};
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);

	for (size_t i = 0; i < visits->count; i++) {
		const struct store_visit *visit = &visits->items[i];
		char time[CLI_TIME_SIZE];
		char findings[32];
		(void)snprintf(findings, sizeof findings, "%zu", visit->finding_count); /* fits */
		const char *const row[] = {cli_time(cli, visit->report.ended_at, time),
					   drift_result_name(visit->result), i == 0 ? findings : NULL,
					   visit_outcome_name(visit->report.outcome)};
		cli_table_add(&table, row);
	}
	printf("\n");
	cli_table_print(cli, &table);
	if (visits->count == 0 || visits->items[0].finding_count == 0)
		return;
	printf("\nThe last visit found:\n");
	for (size_t i = 0; i < visits->items[0].finding_count; i++) {
		const struct drift_finding *finding = &visits->items[0].findings[i];
		CLEANUP(cleanup_free) char *path = cli_finding_path(finding);
		printf("  %-10s %s (%s)\n", drift_type_name(finding->type), path ? path : "",
		       finding->type == DRIFT_UNREADABLE ? visit_outcome_text(finding->outcome)
							  : visit_kind_name(finding->kind));
	}
}

int verb_show(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_device_clear) struct store_device device = {0};
	CLEANUP(store_visits_clear) struct store_visits visits = {0};
	CLEANUP(store_alerts_clear) struct store_alerts alerts = {0};
	struct error e;

	if (argc != 2)
		return cli_usage(cli, "\"show\" wants one asset");
	if (cli_open_store(cli, STORE_READ, &e) < 0 || cli_load_device(cli, argv[1], &device, &e) < 0 ||
	    store_visits_list(cli->store, argv[1], 10, &visits, &e) < 0 ||
	    store_alerts_list(cli->store, argv[1], false, &alerts, &e) < 0)
		return cli_fail(cli, &e);
	if (!cli->json) {
		print_enrollment(cli, &device);
		print_visits(cli, &visits);
		if (alerts.count > 0)
			printf("\n%zu %s open: see \"pumpwatch alerts --device %s\".\n", alerts.count,
			       alerts.count == 1 ? "alert is" : "alerts are", device.device.asset);
		return 0;
	}
	json_t *object = cli_json_device(&device);
	json_t *list = json_array();
	for (size_t i = 0; i < visits.count; i++) {
		json_t *visit = cli_json_report(&visits.items[i].report, i == 0);
		json_t *findings = json_array();
		for (size_t k = 0; k < visits.items[i].finding_count; k++)
			json_array_append_new(findings, cli_json_finding(&visits.items[i].findings[k]));
		json_object_set_new(visit, "result", json_string(drift_result_name(visits.items[i].result)));
		json_object_set_new(visit, "findings", findings);
		json_array_append_new(list, visit);
	}
	json_object_set_new(object, "visits", list);
	list = json_array();
	for (size_t i = 0; i < alerts.count; i++)
		json_array_append_new(list, cli_json_alert(&alerts.items[i]));
	json_object_set_new(object, "alerts", list);
	return cli_print_json(object);
}

/* ---- edit, retire ---- */

/* Nobody will look at it again, so nothing else would end its alerts. */
static int resolve_if_retired(struct cli *cli, const struct inventory_device *device, struct error *e)
{
	const struct sweep_environment environment = cli_environment(cli);
	CLEANUP(text_clear) struct text why = {0};

	if (device->state != INVENTORY_RETIRED)
		return 0;
	text_init(&why);
	text_addf(&why, "the device was retired by %s", cli->by);
	return why.failed ? error_memory(e) : sweep_resolve_alerts(&environment, device, why.data, e);
}

/* Returns how many alerts that resolved, or -1. */
static int save_edit(struct cli *cli, const struct inventory_device *device, const char *detail, struct error *e)
{
	int resolved = 0;

	if (inventory_device_check(device, e) < 0 || store_begin(cli->store, e) < 0)
		return -1;
	if (store_device_save(cli->store, device, e) < 0 ||
	    cli_record_act(cli, device->asset, detail, e) < 0 ||
	    (resolved = resolve_if_retired(cli, device, e)) < 0 ||
	    store_commit(cli->store, e) < 0) {
		store_rollback(cli->store);
		return -1;
	}
	return resolved;
}

/* What a person changed may open the door again: the next sweep need not wait. */
static int forget_back_off(struct cli *cli, struct store_device *device, struct error *e)
{
	device->standing.not_before = 0;
	device->standing.failures = 0;
	return store_standing_save(cli->store, device->device.asset, &device->standing, e);
}

static int apply_fields(struct cli *cli, struct inventory_device *device, int argc, char **argv,
			struct text *detail, struct error *e)
{
	for (int i = 0; i < argc; i++) {
		char *equals = strchr(argv[i], '=');
		if (!equals)
			return error_set(e, ERROR_USAGE, "\"%s\": write FIELD=VALUE, as in state=maintenance", argv[i]);
		CLEANUP(cleanup_free) char *field = strndup(argv[i], (size_t)(equals - argv[i]));
		if (!field)
			return error_memory(e);
		if (inventory_device_set(device, field, equals + 1, e) < 0)
			return error_prefix(e, "%s", argv[i]);
		text_addf(detail, "%s%s", i ? ", " : "", argv[i]);
	}
	const struct inventory_model *model = cli_find_model(cli, device->model, e);
	if (!model)
		return -1;
	return inventory_device_set(device, "model", model->name, e);
}

static int edit(struct cli *cli, const char *asset, int argc, char **argv)
{
	CLEANUP(store_device_clear) struct store_device device = {0};
	CLEANUP(text_clear) struct text detail;
	struct error e;
	int resolved;

	text_init(&detail);
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 || cli_load_device(cli, asset, &device, &e) < 0)
		return cli_fail(cli, &e);
	if (apply_fields(cli, &device.device, argc, argv, &detail, &e) < 0 ||
	    (resolved = save_edit(cli, &device.device, detail.data, &e)) < 0 || forget_back_off(cli, &device, &e) < 0)
		return cli_fail(cli, &e);
	if (resolved > 0)
		cli_deliver(cli, CLI_DELIVERY_PATIENCE);
	if (cli->json)
		return cli_print_json(cli_json_device(&device));
	if (!cli->quiet)
		printf("%s is changed: %s\n", device.device.asset, detail.data);
	if (!cli->quiet && resolved > 0)
		printf("%d open %s resolved.\n", resolved, resolved == 1 ? "alert was" : "alerts were");
	return 0;
}

int verb_edit(struct cli *cli, int argc, char **argv)
{
	if (argc < 3)
		return cli_usage(cli, "\"edit\" wants an asset and one FIELD=VALUE or more");
	return edit(cli, argv[1], argc - 2, argv + 2);
}

int verb_retire(struct cli *cli, int argc, char **argv)
{
	static char field[] = "state=retired";
	char *fields[] = {field};

	if (argc != 2)
		return cli_usage(cli, "\"retire\" wants one asset");
	return edit(cli, argv[1], 1, fields);
}
