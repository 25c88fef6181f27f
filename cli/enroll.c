#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cli/cli.h"
#include "cli/import.h"
#include "enroll/enroll.h"

/* What a first look at a device showed, for a person to judge. */
static void print_report(const struct visit_report *report)
{
	char grade[VISIT_GRADE_TEXT_SIZE];
	uint64_t bytes = 0;

	visit_grade_write(grade, &report->grade);
	for (size_t i = 0; i < report->observation_count; i++)
		bytes += report->observations[i].size;
	printf("Contact        %s%s%s\n", report->outcome == VISIT_OK ? "fine" : visit_outcome_text(report->outcome),
	       report->detail[0] ? ": " : "", report->detail);
	if (report->outcome != VISIT_OK)
		printf("What to do     %s\n", visit_outcome_advice(report->outcome));
	if (report->seen_address[0])
		printf("Address        %s\n", report->seen_address);
	if (report->seen_pin[0])
		printf("Key seen       %s\n", report->seen_pin);
	if (report->seen_serial[0])
		printf("Serial seen    %s\n", report->seen_serial);
	printf("Link is        %s\n", grade);
	printf("To be pulled   %zu files, %llu bytes\n", report->observation_count, (unsigned long long)bytes);
	if (report->left_out > 0)
		printf("Left out       %llu files that always change, by the profile\n",
		       (unsigned long long)report->left_out);
	if (report->not_covered > 0)
		printf("Not covered    %llu things that no pattern of the profile names, or links\n",
		       (unsigned long long)report->not_covered);
	for (size_t i = 0; i < report->observation_count; i++) {
		const struct visit_observation *seen = &report->observations[i];
		CLEANUP(cleanup_free) char *path = escape_string(ESCAPE_DISPLAY, seen->path);
		printf("  %-13s %12llu  %s%s%s\n", visit_kind_name(seen->kind), (unsigned long long)seen->size,
		       path ? path : "", seen->outcome == VISIT_OK ? "" : ": ",
		       seen->outcome == VISIT_OK ? "" : visit_outcome_text(seen->outcome));
	}
}

static void print_model_remarks(const struct cli *cli, const struct inventory_device *device)
{
	const struct inventory_model *model = sweep_models_find(&cli->setup.models, device->model);

	if (!model || cli->quiet)
		return;
	for (size_t i = 0; i < model->not_covered.count; i++)
		printf("Not covered    %s\n", model->not_covered.items[i]);
	if (model->example)
		printf("Remark         the paths of this profile are examples: fill them in from the maker's "
		       "service documents\n");
}

int verb_test(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_device_clear) struct store_device device = {0};
	CLEANUP(visit_report_clear) struct visit_report report = {0};
	struct error e;

	if (argc != 2)
		return cli_usage(cli, "\"test\" wants one asset");
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 || cli_load_device(cli, argv[1], &device, &e) < 0 ||
	    cli_open_pool(cli, &e) < 0)
		return cli_fail(cli, &e);
	const struct sweep_environment environment = cli_environment(cli);
	const struct enroll_visit options = {.list_only = true};
	if (enroll_visit(&environment, &device.device, &options, &report, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json) {
		int r = cli_print_json(cli_json_report(&report, true));
		return r ? r : report.outcome == VISIT_OK ? 0 : 8;
	}
	print_report(&report);
	print_model_remarks(cli, &device.device);
	return report.outcome == VISIT_OK ? 0 : 8;
}

struct enroll_options {
	struct inventory_device device;
	bool pin_seen;
	bool no_test;
};

static void clear_options(struct enroll_options *options)
{
	inventory_device_clear(&options->device);
}

/* Every option but the flags is a field of the device, of the same name. */
static int read_options(struct cli *cli, int argc, char **argv, struct enroll_options *ret, struct error *e)
{
	static const struct option options[] = {
		{"model", required_argument, NULL, 'f'},      {"link", required_argument, NULL, 'f'},
		{"serial", required_argument, NULL, 'f'},     {"mac", required_argument, NULL, 'f'},
		{"name", required_argument, NULL, 'f'},	      {"department", required_argument, NULL, 'f'},
		{"credential", required_argument, NULL, 'f'}, {"pin", required_argument, NULL, 'f'},
		{"pin-seen", no_argument, NULL, 's'},	      {"no-test", no_argument, NULL, 'n'}, {0},
	};
	int index = 0;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", options, &index)) != -1) {
		if (c == 'f') {
			if (inventory_device_set(&ret->device, options[index].name, optarg, e) < 0)
				return -1;
		} else if (c == 's') {
			ret->pin_seen = true;
		} else if (c == 'n') {
			ret->no_test = true;
		} else {
			return error_set(e, ERROR_USAGE, "%s: %s", argv[optind - 1],
					 c == ':' ? "wants a value" : "is no option of \"enroll\"");
		}
	}
	if (argc - optind != 1)
		return error_set(e, ERROR_USAGE, "\"enroll\" wants one asset: see \"pumpwatch enroll --help\"");
	ret->device.asset = strdup(argv[optind]);
	if (!ret->device.asset)
		return error_memory(e);
	if (!ret->device.model || !ret->device.link)
		return error_set(e, ERROR_USAGE, "--model and --link must be given: see \"pumpwatch enroll --help\"");
	if (ret->pin_seen && (ret->no_test || ret->device.pins))
		return error_set(e, ERROR_USAGE, "--pin-seen needs the test, and no --pin");
	const struct inventory_model *model = cli_find_model(cli, ret->device.model, e);
	if (!model)
		return -1;
	ret->device.enrolled_at = cli_now(cli);
	return inventory_device_set(&ret->device, "model", model->name, e) < 0
		? -1 : inventory_device_check(&ret->device, e);
}

/* The first contact; with --pin-seen the key that it showed becomes the device's pin. */
static int try_link(struct cli *cli, struct enroll_options *options, struct visit_report *report, struct error *e)
{
	const struct enroll_visit visit = {.learn_pin = options->pin_seen, .list_only = true};

	if (cli_open_pool(cli, e) < 0)
		return -1;
	const struct sweep_environment environment = cli_environment(cli);
	if (enroll_visit(&environment, &options->device, &visit, report, e) < 0)
		return -1;
	if (report->outcome != VISIT_OK) {
		if (report->seen_pin[0] && !options->device.pins)
			return error_set(e, ERROR_UNAVAILABLE,
				"%s: %s. It showed %s: compare it with the device, then give it with --pin; "
				"nothing was enrolled", options->device.asset, visit_outcome_text(report->outcome),
				report->seen_pin);
		return error_set(e, ERROR_UNAVAILABLE,
				 "%s: %s%s%s; %s. Nothing was enrolled (--no-test enrolls without a try)",
				 options->device.asset, visit_outcome_text(report->outcome),
				 report->detail[0] ? ": " : "", report->detail, visit_outcome_advice(report->outcome));
	}
	if (options->pin_seen && report->seen_pin[0])
		return inventory_device_set(&options->device, "pin", report->seen_pin, e);
	return 0;
}

static int save(struct cli *cli, const struct inventory_device *device, struct error *e)
{
	CLEANUP(text_clear) struct text detail;

	text_init(&detail);
	text_addf(&detail, "model %s, link %s%s%s", device->model, device->link, device->pins ? ", pin " : "",
		  device->pins ? device->pins : "");
	if (detail.failed)
		return error_memory(e);
	if (store_begin(cli->store, e) < 0)
		return -1;
	if (store_device_save(cli->store, device, e) < 0 ||
	    cli_record_act(cli, device->asset, detail.data, e) < 0 ||
	    store_commit(cli->store, e) < 0) {
		store_rollback(cli->store);
		return -1;
	}
	return 0;
}

/* Whether the store would take the device, before it is contacted: a link or a serial of another
 * device is refused there. */
static int check_free(struct cli *cli, const struct inventory_device *device, struct error *e)
{
	CLEANUP(store_device_clear) struct store_device before = {0};
	int r = store_device_load(cli->store, device->asset, &before, e);

	if (r > 0)
		return error_set(e, ERROR_USAGE, "%s is enrolled already: \"pumpwatch edit\" changes it",
				 device->asset);
	if (r < 0 || store_begin(cli->store, e) < 0)
		return -1;
	r = store_device_save(cli->store, device, e);
	store_rollback(cli->store);
	return r;
}

int verb_enroll(struct cli *cli, int argc, char **argv)
{
	if (cli_is_import(argc, argv))
		return cli_import(cli, argc, argv);

	CLEANUP(clear_options) struct enroll_options options = {0};
	CLEANUP(visit_report_clear) struct visit_report report = {0};
	struct error e;

	if (read_options(cli, argc, argv, &options, &e) < 0 || cli_open_store(cli, STORE_WRITE, &e) < 0 ||
	    check_free(cli, &options.device, &e) < 0 ||
	    (!options.no_test && try_link(cli, &options, &report, &e) < 0) || save(cli, &options.device, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json) {
		struct store_device enrolled = {.device = options.device};
		json_t *object = cli_json_device(&enrolled);
		if (!options.no_test)
			json_object_set_new(object, "test", cli_json_report(&report, true));
		return cli_print_json(object);
	}
	if (cli->quiet)
		return 0;
	printf("%s is enrolled.\n", options.device.asset);
	if (!options.no_test)
		print_report(&report);
	print_model_remarks(cli, &options.device);
	if (options.pin_seen && report.seen_pin[0])
		printf("\nThe key above is pinned now. Compare it with the one the device itself shows.\n");
	return 0;
}
