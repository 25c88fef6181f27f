#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cli/cli.h"
#include "cli/mistakes.h"
#include "cli/table.h"
#include "outbox/outbox.h"
#include "pull/pull.h"

CLEANUP_DEFINE(struct outbox, outbox_free);

/* Words that may hold an argument as it was given; what came from a device or a file is escaped
 * in them already, so percent signs stay. */
static void print_words(const struct cli *cli, const char *words)
{
	CLEANUP(text_clear) struct text shown;

	text_init(&shown);
	for (const char *part = words; *part;) {
		size_t length = strcspn(part, "%");
		escape_add(&shown, ESCAPE_DISPLAY, part, length);
		part += length;
		if (*part == '%') {
			text_add_char(&shown, '%');
			part++;
		}
	}
	cli_remark(cli, "%s", shown.data && !shown.failed ? shown.data : "out of memory");
}

int cli_fail(const struct cli *cli, const struct error *e)
{
	(void)fflush(stdout); /* in order; whether it could be written shows at the end */
	print_words(cli, e->text);
	return (int)e->code;
}

int (cli_usage)(const struct cli *cli, const char *format, ...)
{
	va_list arguments;
	CLEANUP(text_clear) struct text words;

	text_init(&words);
	va_start(arguments, format);
	text_addv(&words, format, arguments);
	va_end(arguments);
	(void)fflush(stdout); /* in order; whether it could be written shows at the end */
	print_words(cli, words.data ? words.data : "wrong arguments");
	if (cli->verb)
		fprintf(stderr, "See \"pumpwatch %s --help\".\n", cli->verb);
	else
		fprintf(stderr, "See \"pumpwatch --help\".\n");
	return ERROR_USAGE;
}

static bool has_output(const struct option *options)
{
	while (options->name && strcmp(options->name, "output") != 0)
		options++;
	return options->name != NULL;
}

int cli_option(struct cli *cli, int argc, char **argv, const struct option *options)
{
	opterr = 0;
	int c = getopt_long(argc, argv, has_output(options) ? ":o:" : ":", options, NULL);
	if (c == ':')
		cli_usage(cli, "%s wants a value", argv[optind - 1]);
	if (c == '?') {
		const char *given = cli_refused_option(argv);
		char like[CLI_LIKE_SIZE];
		cli_usage(cli, "%s is no option of \"%s\"%s", given, cli->verb, cli_like_option(given, options, like));
	}
	return c == ':' ? '?' : c;
}

int64_t cli_now(const struct cli *cli)
{
	return cli->setup.clock.now(cli->setup.clock.userdata);
}

struct store_actor cli_actor(const struct cli *cli)
{
	return (struct store_actor){.by = cli->by, .why = cli->reason, .at = cli_now(cli)};
}

int cli_record_act(struct cli *cli, const char *subject, const char *detail, struct error *e)
{
	const struct store_actor actor = cli_actor(cli);

	return store_act_add(cli->store, &actor, cli->verb, subject, detail, e);
}

/* Files that root makes in the daemon's folder would lock the daemon out. */
static int refuse_foreign_root(const char *folder, struct error *e)
{
	struct stat status;

	if (geteuid() != 0 || stat(folder, &status) < 0 || status.st_uid == 0)
		return 0;
	const struct passwd *owner = getpwuid(status.st_uid);
	return error_set(e, ERROR_PERMISSION, "%s belongs to %s: say \"sudo -u %s pumpwatch ...\"", folder,
			 owner ? owner->pw_name : "another user", owner ? owner->pw_name : "OWNER");
}

int cli_open_store(struct cli *cli, enum store_mode mode, struct error *e)
{
	const struct config *config = &cli->setup.config;
	uint64_t position;

	if (refuse_foreign_root(config->state, e) < 0)
		return -1;
	if (store_open(&cli->store, config->state, mode, false, e) < 0)
		return -1;
	/* A sink gets what happens from its first mention on: note it before anything happens. */
	for (size_t i = 0; mode == STORE_WRITE && i < config->sink_count; i++)
		if (store_sink_position(cli->store, config->sinks[i].name, &position, e) < 0)
			return -1;
	/* By whom it is read matters where something is done by it. */
	return mode == STORE_WRITE ? setup_record_load(&cli->setup, cli->store, cli->by, false, e) : 0;
}

int cli_open_pool(struct cli *cli, struct error *e)
{
	int r = sd_event_new(&cli->event);

	if (r < 0)
		return error_set(e, ERROR_INTERNAL, "no event loop: %s", strerror(-r));
	cli->baselines = baseline_memory_new();
	if (!cli->baselines)
		return error_memory(e);
	return setup_start_pool(&cli->pool, &cli->setup, cli->event, e);
}

struct sweep_environment cli_environment(const struct cli *cli)
{
	return (struct sweep_environment){
		.event = cli->event,
		.store = cli->store,
		.pool = cli->pool,
		.config = &cli->setup.config,
		.models = &cli->setup.models,
		.baselines = cli->baselines,
		.credentials = cli->setup.credentials,
		.clock = cli->setup.clock,
		.owner = cli->setup.owner,
	};
}

/* Name an enrolled asset that is like the one given. */
static void suggest(struct cli *cli, const char *given, struct error *e)
{
	CLEANUP(store_devices_clear) struct store_devices devices = {0};
	struct cli_guess guess = {0};

	if (store_devices_list(cli->store, &(struct store_device_filter){0}, &devices, NULL) < 0)
		return;
	for (size_t i = 0; i < devices.count; i++)
		cli_guess_add(&guess, given, devices.items[i].device.asset);
	if (guess.word)
		error_set(e, ERROR_USAGE, "no device \"%s\" is enrolled: did you mean \"%s\"?", given, guess.word);
}

const struct inventory_model *cli_find_model(const struct cli *cli, const char *name, struct error *e)
{
	const struct sweep_models *models = &cli->setup.models;
	const struct inventory_model *model = inventory_model_find(models->items, models->count, NULL, name);
	struct cli_guess guess = {0};

	if (model)
		return model;
	for (size_t i = 0; i < models->count; i++)
		cli_guess_add(&guess, name, models->items[i].name);
	if (guess.word)
		error_set(e, ERROR_USAGE, "there is no profile \"%s\": did you mean \"%s\"?", name, guess.word);
	else
		error_set(e, ERROR_USAGE, "there is no profile \"%s\": \"pumpwatch models\" lists them", name);
	return NULL;
}

int cli_load_device(struct cli *cli, const char *asset, struct store_device *ret_device, struct error *e)
{
	CLEANUP(cleanup_free) char *shown = escape_string(ESCAPE_DISPLAY, asset);
	int r = store_device_load(cli->store, asset, ret_device, e);

	if (r != 0)
		return r < 0 ? -1 : 0;
	error_set(e, ERROR_USAGE, "no device \"%s\" is enrolled: see \"pumpwatch devices\"", shown ? shown : "");
	if (shown && *shown)
		suggest(cli, shown, e);
	return -1;
}

static void tell_what_waits(const struct cli *cli, struct outbox *outbox)
{
	const struct outbox_state *states;
	size_t count = outbox_states(outbox, &states);

	for (size_t i = 0; i < count; i++)
		if (states[i].waiting > 0)
			cli_remark(cli, "sink %s: %llu events wait%s%s; the daemon or the next run sends them", states[i].name,
				   (unsigned long long)states[i].waiting,
				states[i].why ? ": " : "", states[i].why ? states[i].why : "");
}

void cli_deliver(struct cli *cli, int64_t patience)
{
	CLEANUP(cleanup_close) int lock = -1;
	CLEANUP(cleanup_outbox_free) struct outbox *outbox = NULL;
	const struct alert_frame frame = setup_frame(&cli->setup);
	const struct outbox_options options = {
		.config = &cli->setup.config, .frame = &frame, .clock = cli->setup.clock,
	};
	struct error e;

	/* The daemon delivers, if there is one; what cannot be sent now stays in the store. */
	if (setup_lock_outbox(&cli->setup, &lock, NULL) <= 0)
		return;
	if (outbox_new(&outbox, &options, &e) < 0) {
		(void)cli_fail(cli, &e); /* a remark: the sweep's own result stands */
		return;
	}
	if (!outbox_wait(outbox, patience) && !cli->quiet)
		tell_what_waits(cli, outbox);
}
