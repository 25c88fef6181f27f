#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/number.h"
#include "cli/table.h"

static const char *reason_of(const struct alert *alert)
{
	if (alert->path)
		return alert->path;
	if (alert->outcome)
		return alert->outcome;
	return alert->release && (alert->asset || alert->group) ? alert->release : alert->detail;
}

static void add_row(const struct cli *cli, struct cli_table *table, const struct alert *alert)
{
	char number[24], time[CLI_TIME_SIZE], state[64];
	CLEANUP(text_clear) struct text device;

	text_init(&device);
	if (alert->group)
		text_addf(&device, "%llu of %s", (unsigned long long)alert->asset_count, alert->group);
	(void)snprintf(number, sizeof number, "%llu", (unsigned long long)alert->number); /* fits */
	(void)snprintf(state, sizeof state, alert->under ? "%s, under %llu" : "%s", alert_state_name(alert->state),
		       (unsigned long long)alert->under); /* fits */
	const char *const row[] = {number, cli_time(cli, alert->opened_at, time),
				   alert->group ? device.data : alert->asset, alert_type_name(alert->type), state,
				   reason_of(alert)};
	cli_table_add(table, row);
}

/* What to list, and how. */
struct listing {
	const char *asset; /* NULL: of all devices */
	bool all;	   /* resolved ones, too */
	bool members;	   /* those under a group, too */
};

static void print_alerts(const struct cli *cli, const struct store_alerts *alerts, const struct listing *listing)
{
	static const struct cli_column columns[] = {
		{.heading = "NO", .right = true}, {.heading = "SINCE", .fit = CLI_WRAP, .least = 10},
		{.heading = "DEVICE", .fit = CLI_WRAP, .least = 12}, {.heading = "WHAT"},
		{.heading = "STATE", .fit = CLI_WRAP, .least = 8},
		{.heading = "FILE OR REASON", .fit = CLI_CUT_MIDDLE, .least = 16},
	};
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);
	size_t folded = 0;

	for (size_t i = 0; i < alerts->count; i++) {
		if (alerts->items[i].under != 0 && !listing->members && !listing->asset)
			folded++;
		else
			add_row(cli, &table, &alerts->items[i]);
	}
	if (alerts->count > 0)
		cli_table_print(cli, &table);
	else if (!cli->quiet)
		printf("%s\n", listing->all ? "There is no alert." : "No alert is open.");
	if (folded > 0 && !cli->quiet)
		printf("%zu %s under that of a group: see \"pumpwatch alerts --members\" or \"alert show NUMBER\".\n",
		       folded, folded == 1 ? "alert of a device stands" : "alerts of devices stand");
}

int verb_alerts(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"all", no_argument, NULL, 'a'}, {"device", required_argument, NULL, 'd'},
		{"members", no_argument, NULL, 'm'}, {0},
	};
	CLEANUP(store_alerts_clear) struct store_alerts alerts = {0};
	CLEANUP(store_device_clear) struct store_device device = {0};
	struct listing listing = {0};
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c == 'a')
			listing.all = true;
		else if (c == 'd')
			listing.asset = optarg;
		else if (c == 'm')
			listing.members = true;
		else
			return ERROR_USAGE;
	}
	if (optind < argc)
		return cli_usage(cli, "\"alerts\" takes options only: what is \"%s\"?", argv[optind]);
	if (cli_open_store(cli, STORE_READ, &e) < 0 ||
	    (listing.asset && cli_load_device(cli, listing.asset, &device, &e) < 0) ||
	    store_alerts_list(cli->store, listing.asset, listing.all, &alerts, &e) < 0)
		return cli_fail(cli, &e);
	alert_count_members(alerts.items, alerts.count);
	if (!cli->json) {
		print_alerts(cli, &alerts, &listing);
		return 0;
	}
	json_t *array = json_array();
	for (size_t i = 0; i < alerts.count; i++)
		json_array_append_new(array, cli_json_alert(&alerts.items[i]));
	return cli_print_json(array);
}

static void print_content(const char *label, uint64_t size, const struct digest_pair *digest)
{
	char md5[2 * DIGEST_MD5_SIZE + 1], sha256[DIGEST_SHA256_HEX + 1];

	hex_write(md5, digest->md5, DIGEST_MD5_SIZE);
	hex_write(sha256, digest->sha256, DIGEST_SHA256_SIZE);
	printf("%-14s %llu bytes\n%-14s MD5     %s\n%-14s SHA-256 %s\n", label, (unsigned long long)size, "", md5, "",
	       sha256);
}

/* The sentence that the SIEM got, which says what to do next. */
static void print_sentence(struct cli *cli, const struct alert *alert)
{
	CLEANUP(store_device_clear) struct store_device device = {0};
	CLEANUP(alert_event_clear) struct alert_event event = {0};
	CLEANUP(text_clear) struct text sentence;
	const struct alert_change change = {
		.alert = *alert, .action = alert->state == ALERT_STATE_RESOLVED ? ALERT_ENDED : ALERT_OPENED,
	};

	text_init(&sentence);
	if (alert->asset && store_device_load(cli->store, alert->asset, &device, NULL) <= 0)
		return;
	if (alert_event_from_change(&event, &change, alert->asset ? &device.device : NULL,
				    cli->setup.config.site, NULL, 0, alert->opened_at) < 0)
		return;
	alert_sentence(&sentence, &event);
	if (sentence.data)
		printf("\n%s\n", sentence.data);
}

static int parse_number(const struct cli *cli, const char *string, uint64_t *ret)
{
	if (number_parse(ret, string, 1, INT64_MAX) < 0)
		return cli_usage(cli, "an alert is named by its number, not \"%s\": see \"pumpwatch alerts\"", string);
	return 0;
}

static int load_alert(struct cli *cli, uint64_t number, struct alert *ret, struct error *e)
{
	int r = store_alert_load(cli->store, number, ret, e);

	if (r == 0)
		return error_set(e, ERROR_USAGE, "there is no alert %llu: \"pumpwatch alerts --all\" lists them",
				 (unsigned long long)number);
	return r < 0 ? -1 : 0;
}

static void print_member(const struct cli *cli, const char *label, const struct alert *member)
{
	CLEANUP(cleanup_free) char *shown = escape_string(ESCAPE_DISPLAY, member->asset ? member->asset : "-");
	char time[CLI_TIME_SIZE];

	printf("%-14s %s (alert %llu, %s since %s)\n", label, shown ? shown : "-", (unsigned long long)member->number,
	       alert_state_name(member->state), cli_time(cli, member->opened_at, time));
}

static void print_group(const struct cli *cli, const struct alert *group, const struct store_alerts *members)
{
	if (!group->group)
		return;
	cli_line(cli, group->type == ALERT_FLEET_UNREACHABLE ? "Subnet" : "Model", group->group);
	cli_line(cli, "Members", alert_type_name(group->members));
	printf("%-14s %llu\n", "Devices", (unsigned long long)group->asset_count);
	for (size_t i = 0; i < members->count; i++)
		print_member(cli, "", &members->items[i]);
}

static int print_json(const struct alert *alert, const struct store_alerts *members)
{
	json_t *object = cli_json_alert(alert);
	json_t *assets = json_array();

	for (size_t i = 0; i < members->count; i++)
		json_array_append_new(assets, json_pack("{sI so ss}", "number", (json_int_t)members->items[i].number,
							"asset", cli_json_string(members->items[i].asset), "state",
							alert_state_name(members->items[i].state)));
	if (alert->group)
		json_object_set(object, "assets", assets);
	json_decref(assets);
	return cli_print_json(object);
}

int verb_alert_show(struct cli *cli, int argc, char **argv)
{
	CLEANUP(alert_clear) struct alert alert = {0};
	CLEANUP(store_alerts_clear) struct store_alerts members = {0};
	char time[CLI_TIME_SIZE];
	struct error e;
	uint64_t number;

	if (argc != 2)
		return cli_usage(cli, "\"alert show\" wants one number");
	int r = parse_number(cli, argv[1], &number);
	if (r != 0)
		return r;
	if (cli_open_store(cli, STORE_READ, &e) < 0 || load_alert(cli, number, &alert, &e) < 0 ||
	    store_alerts_under(cli->store, number, &members, &e) < 0)
		return cli_fail(cli, &e);
	if (alert.state != ALERT_STATE_RESOLVED)
		alert.asset_count = members.count;
	if (cli->json)
		return print_json(&alert, &members);
	cli_line(cli, "Device", alert.asset);
	cli_line(cli, "What", alert_type_name(alert.type));
	if (alert.under)
		printf("%-14s alert %llu\n", "Under", (unsigned long long)alert.under);
	print_group(cli, &alert, &members);
	cli_line(cli, "State", alert_state_name(alert.state));
	cli_line(cli, "Kind", alert.has_kind ? visit_kind_name(alert.kind) : NULL);
	cli_line(cli, "File", alert.path);
	cli_line(cli, "Release", alert.release);
	cli_line(cli, "Baseline", alert.manifest);
	cli_line(cli, "Outcome", alert.outcome);
	cli_line(cli, "Detail", alert.detail);
	if (alert.has_old)
		print_content("Approved", alert.old_size, &alert.old_digest);
	if (alert.has_new)
		print_content("On the device", alert.new_size, &alert.new_digest);
	cli_line(cli, "Since", cli_time(cli, alert.opened_at, time));
	cli_line(cli, "Last seen", cli_time(cli, alert.seen_at, time));
	if (alert.acknowledged_at) {
		cli_line(cli, "Acknowledged", cli_time(cli, alert.acknowledged_at, time));
		cli_line(cli, "By", alert.acknowledged_by);
		cli_line(cli, "Note", alert.note);
	}
	if (alert.resolved_at)
		cli_line(cli, "Resolved", cli_time(cli, alert.resolved_at, time));
	print_sentence(cli, &alert);
	return 0;
}

static int save_acknowledged(struct cli *cli, struct alert *alert, struct error *e)
{
	free(alert->acknowledged_by);
	free(alert->note);
	alert->acknowledged_by = strdup(cli->by);
	alert->note = strdup(cli->reason);
	if (!alert->acknowledged_by || !alert->note)
		return error_memory(e);
	alert->state = ALERT_STATE_ACKNOWLEDGED;
	alert->acknowledged_at = cli_now(cli);
	return store_alert_save(cli->store, alert, e);
}

/* Those under a group that nobody has acknowledged on their own. Returns how many, or -1. */
static int acknowledge_members(struct cli *cli, uint64_t group, struct error *e)
{
	CLEANUP(store_alerts_clear) struct store_alerts members = {0};
	int count = 0;

	if (store_alerts_under(cli->store, group, &members, e) < 0)
		return -1;
	for (size_t i = 0; i < members.count; i++) {
		if (members.items[i].state != ALERT_STATE_OPEN)
			continue;
		if (save_acknowledged(cli, &members.items[i], e) < 0)
			return -1;
		count++;
	}
	return count;
}

/* Returns how many alerts under it were acknowledged with it, or -1. */
static int acknowledge(struct cli *cli, struct alert *alert, struct error *e)
{
	char subject[24], detail[64];
	int members = 0;

	if (alert->state == ALERT_STATE_RESOLVED)
		return error_set(e, ERROR_USAGE, "alert %llu is resolved already", (unsigned long long)alert->number);
	if (save_acknowledged(cli, alert, e) < 0 ||
	    (alert->group && (members = acknowledge_members(cli, alert->number, e)) < 0))
		return -1;
	(void)snprintf(subject, sizeof subject, "%llu", (unsigned long long)alert->number); /* fits */
	(void)snprintf(detail, sizeof detail, "and %d under it", members);		    /* fits */
	return cli_record_act(cli, subject, alert->group ? detail : NULL, e) < 0 ? -1 : members;
}

int verb_ack(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {{"note", required_argument, NULL, 'n'}, {0}};
	CLEANUP(alert_clear) struct alert alert = {0};
	struct error e;
	uint64_t number;
	int members, c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c != 'n')
			return ERROR_USAGE;
		if (cli->reason)
			return cli_usage(cli, "--note is the reason of an \"ack\": give one of the two");
		if (cli_take_reason(cli, optarg) != 0)
			return ERROR_USAGE;
	}
	if (argc - optind != 1 || !cli->reason)
		return cli_usage(cli, "\"ack\" wants the number of an alert and a --note");
	c = parse_number(cli, argv[optind], &number);
	if (c != 0)
		return c;
	/* Read and written in one transaction: a sweep may change it meanwhile. */
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 || store_begin(cli->store, &e) < 0)
		return cli_fail(cli, &e);
	if (load_alert(cli, number, &alert, &e) < 0 || (members = acknowledge(cli, &alert, &e)) < 0 ||
	    store_commit(cli->store, &e) < 0) {
		store_rollback(cli->store);
		return cli_fail(cli, &e);
	}
	if (cli->json)
		return cli_print_json(cli_json_alert(&alert));
	if (cli->quiet)
		return 0;
	if (alert.group)
		printf("Alert %llu is acknowledged, and %d under it. They stay quiet until one changes or another device "
		       "joins.\n", (unsigned long long)number, members);
	else
		printf("Alert %llu is acknowledged. It stays quiet until it changes.\n", (unsigned long long)number);
	return 0;
}
