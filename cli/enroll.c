#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/contact.h"
#include "cli/mistakes.h"
#include "cli/import.h"
#include "enroll/enroll.h"

int verb_test(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_device_clear) struct store_device device = {0};
	CLEANUP(cli_contact_clear) struct cli_contact contact = {0};
	bool interrupted = false;
	struct error e;

	if (argc != 2)
		return cli_usage(cli, "\"test\" wants one asset");
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 || cli_load_device(cli, argv[1], &device, &e) < 0 ||
	    cli_open_pool(cli, &e) < 0 || cli_end_on_signals(cli, &interrupted, &e) < 0)
		return cli_fail(cli, &e);
	const struct sweep_environment environment = cli_environment(cli);
	const struct enroll_visit options = {.list_only = true};
	if (enroll_visit(&environment, &device.device, &options, &contact.report, &e) < 0 ||
	    cli_contact_complete(cli, &contact, &device.device, &e) < 0)
		return cli_fail(cli, &e);
	bool fine = contact.report.outcome == VISIT_OK && (!contact.tried || contact.trial == VISIT_OK);
	if (cli->json) {
		json_t *object = cli_json_report(&contact.report, true);
		cli_contact_json(object, cli, &contact, &device.device);
		int r = cli_print_json(object);
		return r ? r : fine ? 0 : 8;
	}
	cli_contact_print(cli, &contact, &device.device, true);
	return fine ? 0 : 8;
}

struct enroll_options {
	struct inventory_device device;
	bool pin_seen;
	bool no_test;
	bool serial_seen; /* the device showed its serial, which nobody had given */
	bool interrupted;
};

static void clear_options(struct enroll_options *options)
{
	inventory_device_clear(&options->device);
}

/* Every option but the flags is a field of the device, of the same name. */
static int read_options(int argc, char **argv, struct enroll_options *ret, struct error *e)
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
			char like[CLI_LIKE_SIZE];
			const char *given = c == ':' ? argv[optind - 1] : cli_refused_option(argv);
			return error_set(e, ERROR_USAGE, c == ':' ? "%s wants a value%s" : "%s is no option of \"enroll\"%s",
					 given, c == ':' ? "" : cli_like_option(given, options, like));
		}
	}
	if (argc - optind != 1)
		return error_set(e, ERROR_USAGE, "\"enroll\" wants one asset, as in \"pumpwatch enroll PUMP-0001 --model MODEL --link LINK\": see "
				 "\"pumpwatch enroll --help\"");
	ret->device.asset = strdup(argv[optind]);
	if (!ret->device.asset)
		return error_memory(e);
	if (ret->pin_seen && (ret->no_test || ret->device.pins))
		return error_set(e, ERROR_USAGE, "--pin-seen needs the test, and no --pin");
	return inventory_asset_check(ret->device.asset, e);
}

/* ---- what was not said ---- */

static int nothing_enrolled(struct error *e)
{
	return error_set(e, ERROR_UNAVAILABLE, "nothing was enrolled");
}

/* The profile that an answer means: its number in the list, or its name. */
static const struct inventory_model *model_of_answer(const struct cli *cli, const char *answer, struct error *e)
{
	const struct sweep_models *models = &cli->setup.models;
	uint64_t number;

	if (number_parse(&number, answer, 1, models->count ? models->count : 1) == 0 && number <= models->count)
		return &models->items[number - 1];
	return cli_find_model(cli, answer, e);
}

static int ask_model(const struct cli *cli, struct inventory_device *device, struct error *e)
{
	const struct sweep_models *models = &cli->setup.models;
	char answer[CLI_ANSWER_SIZE];
	struct error fault;

	fprintf(stderr, "Which model is %s?\n", device->asset);
	for (size_t i = 0; i < models->count; i++)
		fprintf(stderr, "  %2zu  %-26s %s\n", i + 1, models->items[i].name,
			models->items[i].title ? models->items[i].title : "");
	while (cli_ask("Number or name:", answer) > 0) {
		const struct inventory_model *model = *answer ? model_of_answer(cli, answer, &fault) : NULL;
		if (model)
			return inventory_device_set(device, "model", model->name, e);
		if (*answer)
			(void)cli_fail(cli, &fault);
	}
	return nothing_enrolled(e);
}

static int ask_link(const struct cli *cli, struct inventory_device *device, struct error *e)
{
	char answer[CLI_ANSWER_SIZE];
	struct error fault;

	fprintf(stderr, "How is %s reached? A link such as ftp://192.0.2.10/ or sftp://192.0.2.10/data.\n",
		device->asset);
	while (cli_ask("Link:", answer) > 0) {
		if (!*answer)
			continue;
		if (inventory_device_set(device, "link", answer, &fault) == 0)
			return 0;
		(void)cli_fail(cli, &fault);
	}
	return nothing_enrolled(e);
}

static int complete_options(struct cli *cli, struct enroll_options *options, struct error *e)
{
	struct inventory_device *device = &options->device;

	if ((!device->model || !device->link) && !cli_can_ask())
		return error_set(e, ERROR_USAGE, "--model and --link must be given where nobody can be asked (standard "
						 "input is no terminal): see \"pumpwatch enroll --help\"");
	const struct inventory_model *model = device->model ? cli_find_model(cli, device->model, e) : NULL;
	if (device->model && (!model || inventory_device_set(device, "model", model->name, e) < 0))
		return -1;
	if ((!device->model && ask_model(cli, device, e) < 0) || (!device->link && ask_link(cli, device, e) < 0))
		return -1;
	device->enrolled_at = cli_now(cli);
	return inventory_device_check(device, e);
}

/* ---- the first contact ---- */

static int look(struct cli *cli, struct enroll_options *options, struct visit_report *report, struct error *e)
{
	const struct enroll_visit visit = {.learn_pin = options->pin_seen, .list_only = true};
	const struct sweep_environment environment = cli_environment(cli);
	int r;

	visit_report_clear(report);
	*report = (struct visit_report){0};
	r = enroll_visit(&environment, &options->device, &visit, report, e);
	return r < 0 && options->interrupted ? error_set(e, ERROR_UNAVAILABLE, "interrupted: nothing was enrolled") : r;
}

/* A key that nobody knows is shown before any password goes that way. */
static int settle_key(struct cli *cli, struct enroll_options *options, struct visit_report *report, struct error *e)
{
	if (report->outcome != VISIT_IDENTITY_UNKNOWN || !report->seen_pin[0] || options->device.pins)
		return 0;
	if (!cli_can_ask())
		return error_set(e, ERROR_UNAVAILABLE,
				 "%s: %s. It showed %s%s%s%s: compare it with the device, then give it with --pin; "
				 "nothing was enrolled", options->device.asset, visit_outcome_text(report->outcome),
				 report->seen_pin, report->seen_key[0] ? " (" : "", report->seen_key,
				 report->seen_key[0] ? ")" : "");
	int r = cli_confirm_key(report);
	if (r == 0)
		return error_set(e, ERROR_UNAVAILABLE, "nothing was enrolled: something else than %s may have answered "
						       "at %s; find out what before you try again",
				 options->device.asset, options->device.link);
	if (r < 0)
		return nothing_enrolled(e);
	if (inventory_device_set(&options->device, "pin", report->seen_pin, e) < 0)
		return -1;
	return look(cli, options, report, e);
}

static int refuse(const struct inventory_device *device, const struct visit_report *report, struct error *e)
{
	return error_set(e, ERROR_UNAVAILABLE,
			 "%s: %s%s%s; %s. Nothing was enrolled (--no-test enrolls without a try)", device->asset,
			 visit_outcome_text(report->outcome), report->detail[0] ? ": " : "", report->detail,
			 visit_outcome_advice(report->outcome));
}

static int try_link(struct cli *cli, struct enroll_options *options, struct cli_contact *contact, struct error *e)
{
	struct inventory_device *device = &options->device;
	struct visit_report *report = &contact->report;

	if (cli_open_pool(cli, e) < 0 || cli_end_on_signals(cli, &options->interrupted, e) < 0 ||
	    look(cli, options, report, e) < 0 || settle_key(cli, options, report, e) < 0)
		return -1;
	if (report->outcome != VISIT_OK)
		return refuse(device, report, e);
	if (options->pin_seen && report->seen_pin[0] && inventory_device_set(device, "pin", report->seen_pin, e) < 0)
		return -1;
	options->serial_seen = !device->serial && report->seen_serial[0];
	if (options->serial_seen && inventory_device_set(device, "serial", report->seen_serial, e) < 0)
		return -1;
	int r = cli_contact_complete(cli, contact, device, e);
	return r < 0 && options->interrupted ? error_set(e, ERROR_UNAVAILABLE, "interrupted: nothing was enrolled") : r;
}

/* ---- in the store ---- */

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

static int print_enrolled(struct cli *cli, const struct enroll_options *options, const struct cli_contact *contact)
{
	const struct inventory_device *device = &options->device;

	if (cli->json) {
		struct store_device enrolled = {.device = *device};
		json_t *object = cli_json_device(&enrolled);
		if (!options->no_test) {
			json_t *test = cli_json_report(&contact->report, true);
			cli_contact_json(test, cli, contact, device);
			json_object_set_new(object, "test", test);
		}
		return cli_print_json(object);
	}
	if (cli->quiet)
		return 0;
	printf("%s is enrolled%s%s.\n", device->asset, options->serial_seen ? ", with the serial that it showed: " : "",
	       options->serial_seen ? device->serial : "");
	if (options->no_test) {
		printf("Its link was not tried: \"pumpwatch test %s\" does.\n", device->asset);
		return 0;
	}
	cli_contact_print(cli, contact, device, false);
	if (options->pin_seen && contact->report.seen_pin[0])
		printf("\nThe key above is pinned now. Compare it with the one the device itself shows.\n");
	return 0;
}

int verb_enroll(struct cli *cli, int argc, char **argv)
{
	if (cli_is_import(argc, argv))
		return cli_import(cli, argc, argv);

	CLEANUP(clear_options) struct enroll_options options = {0};
	CLEANUP(cli_contact_clear) struct cli_contact contact = {0};
	struct error e;

	if (read_options(argc, argv, &options, &e) < 0 || complete_options(cli, &options, &e) < 0 ||
	    cli_open_store(cli, STORE_WRITE, &e) < 0 || check_free(cli, &options.device, &e) < 0 ||
	    (!options.no_test && try_link(cli, &options, &contact, &e) < 0) || save(cli, &options.device, &e) < 0)
		return cli_fail(cli, &e);
	return print_enrolled(cli, &options, &contact);
}
