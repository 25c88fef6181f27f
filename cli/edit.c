#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "sweep/sweep.h"

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

static const char *const field_names[] = {
	"serial", "mac", "model", "name", "department", "link", "credential", "pin", "state",
};

/* A word without "=": one of a pair that blanks have parted, perhaps. */
static int refuse_word(int argc, char **argv, int i, struct error *e)
{
	for (size_t k = 0; k < sizeof field_names / sizeof *field_names; k++)
		if (strcasecmp(argv[i], field_names[k]) == 0)
			return error_set(e, ERROR_USAGE, "\"%s\": write FIELD=VALUE in one word, with quotes around blanks, "
					 "as in \"%s=%s\"", argv[i], field_names[k],
					 i + 1 < argc && strcmp(argv[i + 1], "=") != 0 ? argv[i + 1]
					 : i + 2 < argc ? argv[i + 2] : "VALUE");
	return error_set(e, ERROR_USAGE, "\"%s\": write FIELD=VALUE, as in state=maintenance", argv[i]);
}

static int check_field(const char *field, struct error *e)
{
	struct cli_guess guess = {0};

	for (size_t k = 0; k < sizeof field_names / sizeof *field_names; k++) {
		if (strcmp(field, field_names[k]) == 0)
			return 0;
		cli_guess_add(&guess, field, field_names[k]);
	}
	if (guess.word)
		return error_set(e, ERROR_USAGE, "there is no field \"%s\": did you mean \"%s\"?", field, guess.word);
	return 0; /* refused with the list of them */
}

static const char *like_state(const char *value)
{
	struct cli_guess guess = {0};

	for (int i = 0; i < INVENTORY_STATE_COUNT; i++)
		cli_guess_add(&guess, value, inventory_state_name((enum inventory_state)i));
	return guess.word;
}

static int apply_fields(struct cli *cli, struct inventory_device *device, int argc, char **argv,
			struct text *detail, struct error *e)
{
	for (int i = 0; i < argc; i++) {
		char *equals = strchr(argv[i], '=');
		if (!equals)
			return refuse_word(argc, argv, i, e);
		CLEANUP(cleanup_free) char *field = strndup(argv[i], (size_t)(equals - argv[i]));
		if (!field)
			return error_memory(e);
		if (check_field(field, e) < 0)
			return -1;
		if (inventory_device_set(device, field, equals + 1, e) < 0) {
			if (strcmp(field, "state") == 0 && like_state(equals + 1))
				return error_set(e, ERROR_DATA, "%s: did you mean state=%s?", argv[i], like_state(equals + 1));
			return error_prefix(e, "%s", argv[i]);
		}
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
		return cli_usage(cli, "\"edit\" wants an asset and one FIELD=VALUE or more, as in \"pumpwatch edit PUMP-0001 "
				 "state=maintenance\"");
	if (strchr(argv[1], '=') && !strchr(argv[2], '='))
		return cli_usage(cli, "the asset comes first: did you mean \"pumpwatch edit %s %s\"?", argv[2], argv[1]);
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
