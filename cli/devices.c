#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/filter.h"
#include "cli/import.h"
#include "cli/table.h"

/* The words of --sort. */
enum sort_key { BY_ASSET, BY_DEPARTMENT, BY_MODEL, BY_VERIFIED, BY_RESULT };
static const char *const sort_keys[] = {"asset", "department", "model", "verified", "result", NULL};

/* ---- order ---- */

struct row {
	const struct store_device *device;
	size_t place; /* in order of asset */
	const struct cli_filter *filter;
};

/* What to list, and how. */
struct listing {
	struct cli_filter filter;
	struct store_devices devices;
	bool csv;
	const char *output; /* lent; NULL: standard output */
};

static void clear_listing(struct listing *listing)
{
	cli_filter_clear(&listing->filter);
	store_devices_clear(&listing->devices);
}

/* What has no value comes last. */
static int compare_words(const char *a, const char *b)
{
	if (!a || !b)
		return !a - !b;
	return strcasecmp(a, b);
}

/* The worst is the highest; what is not visited by plan is the lowest. */
static int badness(const struct store_device *device)
{
	if (device->device.state != INVENTORY_ACTIVE)
		return -1;
	if (!device->standing.has_result)
		return DRIFT_SKIPPED;
	return (int)device->standing.result;
}

static int compare_keys(enum sort_key key, const struct store_device *a, const struct store_device *b)
{
	switch (key) {
	case BY_DEPARTMENT: return compare_words(a->device.department, b->device.department);
	case BY_MODEL: return compare_words(a->device.model, b->device.model);
	/* Those that need somebody come first: never verified, and the longest ago. */
	case BY_VERIFIED:
		return (a->standing.verified_at > b->standing.verified_at) - (a->standing.verified_at < b->standing.verified_at);
	case BY_RESULT: return badness(b) - badness(a);
	case BY_ASSET: break;
	}
	return 0;
}

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int order = compare_keys((enum sort_key)a->filter->sort, a->device, b->device);

	if (order == 0)
		order = a->place < b->place ? -1 : 1;
	return a->filter->reverse ? -order : order;
}

/* The devices that pass, in the order asked for; the caller frees them. */
static struct row *choose_rows(const struct cli *cli, const struct store_devices *devices,
			       const struct cli_filter *filter, size_t *ret_count)
{
	struct row *rows = calloc(devices->count + 1, sizeof *rows);
	size_t count = 0;

	if (!rows)
		abort(); /* as for a table's cell */
	for (size_t i = 0; i < devices->count; i++)
		if (cli_filter_passes(filter, &devices->items[i]) &&
		    cli_filter_is_aged(filter, &devices->items[i], cli_now(cli)))
			rows[count++] = (struct row){.device = &devices->items[i], .place = i, .filter = filter};
	qsort(rows, count, sizeof *rows, compare_rows);
	*ret_count = count;
	return rows;
}

/* ---- for people ---- */

static enum cli_meaning meaning_of(const struct store_device *device)
{
	if (device->device.state != INVENTORY_ACTIVE)
		return CLI_WATCH;
	return device->standing.has_result ? cli_result_meaning(device->standing.result) : CLI_UNKNOWN;
}

static bool is_overdue(const struct cli *cli, const struct store_device *device)
{
	int64_t after = cli->setup.config.overdue_after;

	return after > 0 && device->device.state == INVENTORY_ACTIVE &&
	       cli_now(cli) - device->standing.verified_at > after;
}

static void print_on_terminal(const struct cli *cli, const struct row *rows, size_t count)
{
	static const struct cli_column columns[] = {
		{.heading = "ASSET"}, {.heading = "NAME", .fit = CLI_CUT, .least = 8, .drop = 2},
		{.heading = "DEPARTMENT", .fit = CLI_CUT, .least = 10}, {.heading = "MODEL", .fit = CLI_CUT, .least = 8, .drop = 1},
		{.heading = "HOW IT STANDS"}, {.heading = "VERIFIED"},
	};
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);

	for (size_t i = 0; i < count; i++) {
		const struct inventory_device *device = &rows[i].device->device;
		char age[CLI_TIME_SIZE];
		cli_table_add(&table, (const char *[]){device->asset, device->name, device->department, device->model,
						       cli_standing_words(rows[i].device),
						       cli_age(cli, rows[i].device->standing.verified_at, age)});
		cli_table_mark(&table, 4, meaning_of(rows[i].device));
		if (is_overdue(cli, rows[i].device))
			cli_table_mark(&table, 5, CLI_UNKNOWN);
	}
	cli_table_print(cli, &table);
}

/* For other programs: the same columns always, with the codes. */
static void print_plain(const struct cli *cli, const struct row *rows, size_t count)
{
	static const struct cli_column columns[] = {
		{.heading = "ASSET"}, {.heading = "MODEL"},    {.heading = "DEPARTMENT"}, {.heading = "STATE"},
		{.heading = "RESULT"}, {.heading = "VERIFIED"}, {.heading = "LINK"},	   {.heading = "NAME"},
	};
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);

	for (size_t i = 0; i < count; i++) {
		const struct inventory_device *device = &rows[i].device->device;
		const struct store_standing *standing = &rows[i].device->standing;
		char time[CLI_TIME_SIZE];
		cli_table_add(&table, (const char *[]){device->asset, device->model, device->department,
						       inventory_state_name(device->state), cli_result_code(standing),
						       cli_time(cli, standing->verified_at, time), device->link,
						       device->name});
	}
	cli_table_print(cli, &table);
}

/* "50 devices: 3 files changed, 2 did not answer, 45 as approved." The worst first. */
static void print_counts(const struct cli *cli, const struct row *rows, size_t count)
{
	uint64_t counts[CLI_NOT_VISITED + 1] = {0}, inactive = 0;
	CLEANUP(text_clear) struct text text;

	for (size_t i = 0; i < count; i++) {
		const struct store_device *device = rows[i].device;
		if (device->device.state != INVENTORY_ACTIVE)
			inactive++;
		else
			counts[device->standing.has_result ? (int)device->standing.result : CLI_NOT_VISITED]++;
	}
	text_init(&text);
	text_addf(&text, "%zu %s", count, count == 1 ? "device" : "devices");
	const char *between = ": ";
	for (int i = CLI_NOT_VISITED; i >= 0; i--) {
		if (counts[i] == 0)
			continue;
		text_addf(&text, "%s%llu %s", between, (unsigned long long)counts[i], cli_result_words(i));
		between = ", ";
	}
	if (inactive > 0)
		text_addf(&text, "%s%llu not in use", between, (unsigned long long)inactive);
	text_add(&text, ".");
	printf("\n");
	cli_paragraph(cli, 0, text.failed ? "" : text.data);
}

static void say_that_none_is_there(const struct cli *cli, size_t enrolled)
{
	if (cli->quiet)
		return;
	if (enrolled == 0)
		fprintf(stderr, "No device matches. None is enrolled: \"pumpwatch enroll --help\" shows how to enroll one.\n");
	else
		fprintf(stderr, "No device matches; %zu %s enrolled. Leave an option out, or say \"pumpwatch devices\" for all.\n",
			enrolled, enrolled == 1 ? "is" : "are");
}

static void print_devices(const struct cli *cli, const struct row *rows, size_t count, size_t enrolled)
{
	if (!cli->terminal)
		print_plain(cli, rows, count);
	else if (count > 0)
		print_on_terminal(cli, rows, count);
	if (count == 0)
		say_that_none_is_there(cli, enrolled);
	else if (cli->terminal && !cli->quiet)
		print_counts(cli, rows, count);
}

/* The devices as a list that lends what it has. */
static int export_rows(const struct cli *cli, const struct row *rows, size_t count, const char *output)
{
	CLEANUP(cleanup_free) struct store_device *items = calloc(count + 1, sizeof *items);
	const struct store_devices chosen = {.items = items, .count = count};

	if (!items)
		abort(); /* as for a table's cell */
	for (size_t i = 0; i < count; i++)
		items[i] = *rows[i].device;
	return cli_export(cli, &chosen, output);
}

static int take_option(struct cli *cli, struct listing *listing, int letter)
{
	if (letter == 'c')
		listing->csv = true;
	else if (letter == 'o')
		listing->output = optarg;
	else if (letter == '?' || cli_filter_take(cli, &listing->filter, letter, optarg, sort_keys) != 0)
		return ERROR_USAGE;
	return 0;
}

int verb_devices(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		CLI_FILTER_OPTIONS, CLI_FILTER_DEVICE_OPTIONS, {"csv", no_argument, NULL, 'c'},
		{"output", required_argument, NULL, 'o'}, {0},
	};
	CLEANUP(clear_listing) struct listing listing = {0};
	struct error e;
	size_t count;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1)
		if (take_option(cli, &listing, c) != 0)
			return ERROR_USAGE;
	if (listing.output && !listing.csv)
		return cli_usage(cli, "-o writes CSV: say --csv, too");
	if (listing.csv && cli->json)
		return cli_usage(cli, "--csv or --json: one of the two");
	if (optind < argc)
		return cli_usage(cli, "\"devices\" takes options only: what is \"%s\"? (\"pumpwatch show ASSET\" shows one; "
				 "--search TEXT looks for it)", argv[optind]);
	if (cli_open_store(cli, STORE_READ, &e) < 0 || store_devices_list(cli->store, NULL, &listing.devices, &e) < 0 ||
	    cli_filter_check(&listing.filter, &listing.devices, &e) < 0)
		return cli_fail(cli, &e);
	CLEANUP(cleanup_free) struct row *rows = choose_rows(cli, &listing.devices, &listing.filter, &count);
	if (listing.csv)
		return export_rows(cli, rows, count, listing.output);
	if (!cli->json) {
		print_devices(cli, rows, count, listing.devices.count);
		return 0;
	}
	json_t *array = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, cli_json_device(rows[i].device));
	return cli_print_json(array);
}
