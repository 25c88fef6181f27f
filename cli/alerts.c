#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "cli/alerts.h"
#include "cli/filter.h"
#include "cli/table.h"
#include "explain/explain.h"

/* The words of --sort. Without one the gravest come first on a terminal, and the order is that of
 * the numbers elsewhere. */
enum sort_key { BY_SEVERITY, BY_NUMBER, BY_SINCE, BY_DEVICE, BY_DEPARTMENT, BY_TYPE };
static const char *const sort_keys[] = {"severity", "number", "since", "device", "department", "type", NULL};

static int compare_number(const void *number, const void *alert)
{
	uint64_t wanted = *(const uint64_t *)number;
	uint64_t found = ((const struct alert *)alert)->number;

	return wanted < found ? -1 : wanted > found;
}

/* In a list, which is ordered by number. */
static struct alert *find_alert(const struct store_alerts *alerts, uint64_t number)
{
	return alerts->count == 0 ? NULL
				  : bsearch(&number, alerts->items, alerts->count, sizeof *alerts->items, compare_number);
}

/* A group's count is that of the devices under it now, not of those that were told of. */
void cli_alerts_count_members(struct store_alerts *alerts)
{
	struct alert *group = NULL;

	for (size_t i = 0; i < alerts->count; i++)
		if (alerts->items[i].group && alerts->items[i].state != ALERT_STATE_RESOLVED)
			alerts->items[i].asset_count = 0;
	for (size_t i = 0; i < alerts->count; i++) {
		const struct alert *alert = &alerts->items[i];
		if (alert->under == 0 || alert->state == ALERT_STATE_RESOLVED)
			continue;
		if (!group || group->number != alert->under)
			group = find_alert(alerts, alert->under);
		if (group)
			group->asset_count++;
	}
}

/* ---- rows ---- */

static const char *reason_of(const struct cli *cli, const struct alert *alert)
{
	if (alert->path)
		return alert->path;
	if (alert->outcome)
		return cli->terminal ? explain_words(EXPLAIN_OUTCOME, alert->outcome) : alert->outcome;
	return alert->release && (alert->asset || alert->group) ? alert->release : alert->detail;
}

static enum cli_meaning meaning_of(const struct alert *alert)
{
	if (alert->state == ALERT_STATE_RESOLVED)
		return CLI_GOOD;
	if (alert->state == ALERT_STATE_ACKNOWLEDGED)
		return CLI_WATCH;
	return alert->under ? CLI_PLAIN : cli_severity_meaning(cli_alert_severity(alert));
}

struct cells {
	char number[24], since[CLI_TIME_SIZE], state[64];
	struct text device;
};

static void clear_cells(struct cells *cells)
{
	text_clear(&cells->device);
}

static void write_cells(struct cells *cells, const struct alert *alert)
{
	text_init(&cells->device);
	if (alert->group)
		text_addf(&cells->device, "%llu of %s", (unsigned long long)alert->asset_count, alert->group);
	else if (alert->asset)
		text_add(&cells->device, alert->asset);
	(void)snprintf(cells->number, sizeof cells->number, "%llu", (unsigned long long)alert->number); /* fits */
	(void)snprintf(cells->state, sizeof cells->state, alert->under ? "%s, under %llu" : "%s",
		       alert_state_name(alert->state), (unsigned long long)alert->under); /* fits */
}

/* Those behind the first three are shown of one device, too. */
enum { OF_DEVICES = 3, COLUMNS = 7 };
static const struct cli_column terminal_columns[COLUMNS] = {
	{.heading = "NO", .right = true}, {.heading = "DEVICE"},
	{.heading = "DEPARTMENT", .fit = CLI_CUT, .least = 10, .drop = 1},
	{.heading = "WHAT", .fit = CLI_WRAP, .least = 14}, {.heading = "FILE OR REASON", .fit = CLI_CUT_MIDDLE, .least = 20},
	{.heading = "STATE", .fit = CLI_WRAP, .least = 12}, {.heading = "SINCE", .fit = CLI_WRAP, .least = 8},
};

static void print_on_terminal(const struct cli *cli, const struct cli_alert_row *rows, size_t count, bool of_one)
{
	const size_t left_out = of_one ? OF_DEVICES - 1 : 0;
	struct cli_column columns[COLUMNS];
	CLEANUP(cli_table_clear) struct cli_table table = {.columns = columns, .column_count = COLUMNS - left_out};

	memcpy(columns, terminal_columns + left_out, (COLUMNS - left_out) * sizeof *columns);
	columns[0] = terminal_columns[0];
	for (size_t i = 0; i < count; i++) {
		const struct alert *alert = rows[i].alert;
		CLEANUP(clear_cells) struct cells cells;
		write_cells(&cells, alert);
		const char *row[COLUMNS] = {cells.number, cells.device.data,
					    rows[i].device ? rows[i].device->device.department : NULL,
					    explain_words(EXPLAIN_EVENT, alert_type_name(alert->type)),
					    reason_of(cli, alert), cells.state, cli_age(cli, alert->opened_at, cells.since)};
		row[left_out] = row[0];
		cli_table_add(&table, row + left_out);
		cli_table_mark(&table, OF_DEVICES - left_out, meaning_of(alert));
	}
	cli_table_print(cli, &table);
}

static void print_plain(const struct cli *cli, const struct cli_alert_row *rows, size_t count)
{
	static const struct cli_column columns[] = {
		{.heading = "NO"}, {.heading = "SINCE"}, {.heading = "DEVICE"}, {.heading = "WHAT"}, {.heading = "STATE"},
		{.heading = "FILE OR REASON"}, {.heading = "SEVERITY"}, {.heading = "DEPARTMENT"},
	};
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);

	for (size_t i = 0; i < count; i++) {
		const struct alert *alert = rows[i].alert;
		CLEANUP(clear_cells) struct cells cells;
		write_cells(&cells, alert);
		cli_table_add(&table, (const char *[]){cells.number, cli_time(cli, alert->opened_at, cells.since),
						       cells.device.data, alert_type_name(alert->type), cells.state,
						       reason_of(cli, alert), cli_severity_name(cli_alert_severity(alert)),
						       rows[i].device ? rows[i].device->device.department : NULL});
	}
	cli_table_print(cli, &table);
}

void cli_alert_rows_print(const struct cli *cli, const struct cli_alert_row *rows, size_t count, bool of_one)
{
	if (cli->terminal)
		print_on_terminal(cli, rows, count, of_one);
	else
		print_plain(cli, rows, count);
}

/* ---- the list ---- */

/* What to list, and how. */
struct listing {
	struct cli_filter filter;
	bool all;     /* resolved ones, too */
	bool members; /* those under a group, too */
	bool sorted;  /* by what was asked for */
	struct store_devices devices;
	struct store_alerts alerts;
	struct cli_alert_row *rows;
	size_t count;
	size_t folded; /* under a group, and not listed */
};

static void clear_listing(struct listing *listing)
{
	cli_filter_clear(&listing->filter);
	store_devices_clear(&listing->devices);
	store_alerts_clear(&listing->alerts);
	free(listing->rows);
}

static int compare_words(const char *a, const char *b)
{
	if (!a || !b)
		return !a - !b;
	return strcasecmp(a, b);
}

static const char *department_of(const struct cli_alert_row *row)
{
	return row->device ? row->device->device.department : NULL;
}

/* Of a group, and of those under it, which follow it. */
static int severity_of(const struct listing *listing, const struct alert *alert)
{
	const struct alert *group = alert->under ? find_alert(&listing->alerts, alert->under) : NULL;

	return cli_alert_severity(group ? group : alert);
}

static uint64_t place_of(const struct alert *alert)
{
	return alert->under ? alert->under : alert->number;
}

static int compare_keys(enum sort_key key, const struct cli_alert_row *left, const struct cli_alert_row *right)
{
	const struct alert *a = left->alert, *b = right->alert;

	switch (key) {
	case BY_SEVERITY: return left->severity - right->severity;
	case BY_SINCE: return (a->opened_at > b->opened_at) - (a->opened_at < b->opened_at);
	case BY_DEVICE: return compare_words(a->asset, b->asset);
	case BY_DEPARTMENT: return compare_words(department_of(left), department_of(right));
	case BY_TYPE: return strcmp(alert_type_name(a->type), alert_type_name(b->type));
	case BY_NUMBER: return (a->number > b->number) - (a->number < b->number);
	}
	return 0;
}

/* A group stands on top of its members. */
static int compare_rows(const void *left, const void *right)
{
	const struct cli_alert_row *a = left, *b = right;
	int order = compare_keys((enum sort_key)a->filter->sort, a, b);

	if (order != 0)
		return a->filter->reverse ? -order : order;
	uint64_t first = place_of(a->alert), second = place_of(b->alert);
	if (first != second)
		return first < second ? -1 : 1;
	if ((a->alert->under == 0) != (b->alert->under == 0))
		return a->alert->under == 0 ? -1 : 1;
	return (a->alert->number > b->alert->number) - (a->alert->number < b->alert->number);
}

static void choose_rows(const struct cli *cli, struct listing *listing)
{
	bool by_device = cli_filter_is_of_devices(&listing->filter);

	for (size_t i = 0; i < listing->alerts.count; i++) {
		const struct alert *alert = &listing->alerts.items[i];
		const struct store_device *device = cli_find_device(&listing->devices, alert->asset);
		if (!cli_filter_passes_alert(&listing->filter, alert, device, cli_now(cli)))
			continue;
		if (alert->under != 0 && !listing->members && !by_device && !cli->json) {
			listing->folded++;
			continue;
		}
		const struct cli_alert_row row = {
			.alert = alert, .device = device, .severity = severity_of(listing, alert), .filter = &listing->filter,
		};
		if (ARRAY_APPEND(listing->rows, listing->count, row) < 0)
			abort(); /* as for a table's cell */
	}
	if (listing->count > 0 && (listing->sorted || cli->terminal))
		qsort(listing->rows, listing->count, sizeof *listing->rows, compare_rows);
}

static void say_that_none_is_there(const struct cli *cli, const struct listing *listing)
{
	if (cli->quiet)
		return;
	if (listing->alerts.count > 0)
		printf("No alert matches; %zu %s%s. Leave an option out, or say \"pumpwatch alerts\" for all.\n",
		       listing->alerts.count, listing->alerts.count == 1 ? "is" : "are", listing->all ? " known" : " open");
	else
		printf("%s\n", listing->all ? "There is no alert." : "No alert is open.");
}

static void print_alerts(const struct cli *cli, const struct listing *listing)
{
	if (listing->count > 0)
		cli_alert_rows_print(cli, listing->rows, listing->count, false);
	else if (listing->folded == 0)
		say_that_none_is_there(cli, listing);
	if (listing->folded > 0 && !cli->quiet)
		printf("%zu %s under that of a group: see \"pumpwatch alerts --members\" or \"alert show NUMBER\".\n",
		       listing->folded, listing->folded == 1 ? "alert of a device stands" : "alerts of devices stand");
}

static int take_option(struct cli *cli, struct listing *listing, int letter)
{
	if (letter == 'a')
		listing->all = true;
	else if (letter == 'm')
		listing->members = true;
	else if (letter == '?' || cli_filter_take(cli, &listing->filter, letter, optarg, sort_keys) != 0)
		return ERROR_USAGE;
	listing->sorted |= letter == 'O' || letter == 'R';
	return 0;
}

int verb_alerts(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"all", no_argument, NULL, 'a'}, {"members", no_argument, NULL, 'm'}, CLI_FILTER_OPTIONS,
		CLI_FILTER_ALERT_OPTIONS, {0},
	};
	CLEANUP(clear_listing) struct listing listing = {0};
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1)
		if (take_option(cli, &listing, c) != 0)
			return ERROR_USAGE;
	if (optind < argc)
		return cli_usage(cli, "\"alerts\" takes options only: what is \"%s\"? (\"pumpwatch alert show NUMBER\" shows one, "
				 "--device ASSET lists those of a device)", argv[optind]);
	bool all = listing.all || listing.filter.alert_states & 1U << ALERT_STATE_RESOLVED;
	if (cli_open_store(cli, STORE_READ, &e) < 0 ||
	    store_devices_list(cli->store, NULL, &listing.devices, &e) < 0 ||
	    cli_filter_check(&listing.filter, &listing.devices, &e) < 0 ||
	    store_alerts_list(cli->store, NULL, all, &listing.alerts, &e) < 0)
		return cli_fail(cli, &e);
	cli_alerts_count_members(&listing.alerts);
	choose_rows(cli, &listing);
	if (!cli->json) {
		print_alerts(cli, &listing);
		return 0;
	}
	json_t *array = json_array();
	for (size_t i = 0; i < listing.count; i++)
		json_array_append_new(array, cli_json_alert(listing.rows[i].alert));
	return cli_print_json(array);
}
