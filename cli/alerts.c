#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/number.h"
#include "cli/cli.h"

static void print_alerts(const struct cli *cli, const struct store_alerts *alerts, bool all)
{
	CLEANUP(cli_table_clear) struct cli_table table = {.columns = 6};
	static const char *const heading[] = {"NO", "SINCE", "DEVICE", "WHAT", "STATE", "FILE OR REASON"};

	cli_table_add(&table, heading);
	for (size_t i = 0; i < alerts->count; i++) {
		const struct alert *alert = &alerts->items[i];
		const char *release = alert->release && alert->asset ? alert->release : alert->detail;
		const char *reason = alert->outcome ? alert->outcome : release;
		char number[24], time[CLI_TIME_SIZE];
		(void)snprintf(number, sizeof number, "%llu", (unsigned long long)alert->number); /* fits */
		const char *const row[] = {number, cli_time(cli, alert->opened_at, time), alert->asset,
					   alert_type_name(alert->type), alert_state_name(alert->state),
					   alert->path ? alert->path : reason};
		cli_table_add(&table, row);
	}
	if (alerts->count > 0)
		cli_table_print(&table);
	else if (!cli->quiet)
		printf("%s\n", all ? "There is no alert." : "No alert is open.");
}

int verb_alerts(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"all", no_argument, NULL, 'a'}, {"device", required_argument, NULL, 'd'}, {0},
	};
	CLEANUP(store_alerts_clear) struct store_alerts alerts = {0};
	CLEANUP(store_device_clear) struct store_device device = {0};
	const char *asset = NULL;
	bool all = false;
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c == 'a')
			all = true;
		else if (c == 'd')
			asset = optarg;
		else
			return ERROR_USAGE;
	}
	if (optind < argc)
		return cli_usage(cli, "\"alerts\" takes options only: what is \"%s\"?", argv[optind]);
	if (cli_open_store(cli, STORE_READ, &e) < 0 || (asset && cli_load_device(cli, asset, &device, &e) < 0) ||
	    store_alerts_list(cli->store, asset, all, &alerts, &e) < 0)
		return cli_fail(cli, &e);
	if (!cli->json) {
		print_alerts(cli, &alerts, all);
		return 0;
	}
	json_t *array = json_array();
	for (size_t i = 0; i < alerts.count; i++)
		json_array_append_new(array, cli_json_alert(&alerts.items[i]));
	return cli_print_json(array);
}

static void print_line(const char *label, const char *value)
{
	CLEANUP(cleanup_free) char *shown = value ? escape_string(ESCAPE_DISPLAY, value) : NULL;

	if (shown && *shown)
		printf("%-14s %s\n", label, shown);
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
	const struct alert_change change = {.alert = *alert, .action = ALERT_OPENED};

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

int verb_alert_show(struct cli *cli, int argc, char **argv)
{
	CLEANUP(alert_clear) struct alert alert = {0};
	char time[CLI_TIME_SIZE];
	struct error e;
	uint64_t number;

	if (argc != 2)
		return cli_usage(cli, "\"alert show\" wants one number");
	int r = parse_number(cli, argv[1], &number);
	if (r != 0)
		return r;
	if (cli_open_store(cli, STORE_READ, &e) < 0 || load_alert(cli, number, &alert, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return cli_print_json(cli_json_alert(&alert));
	print_line("Device", alert.asset);
	print_line("What", alert_type_name(alert.type));
	print_line("State", alert_state_name(alert.state));
	print_line("Kind", alert.has_kind ? visit_kind_name(alert.kind) : NULL);
	print_line("File", alert.path);
	print_line("Release", alert.release);
	print_line("Baseline", alert.manifest);
	print_line("Outcome", alert.outcome);
	print_line("Detail", alert.detail);
	if (alert.has_old)
		print_content("Approved", alert.old_size, &alert.old_digest);
	if (alert.has_new)
		print_content("On the device", alert.new_size, &alert.new_digest);
	print_line("Since", cli_time(cli, alert.opened_at, time));
	print_line("Last seen", cli_time(cli, alert.seen_at, time));
	if (alert.acknowledged_at) {
		print_line("Acknowledged", cli_time(cli, alert.acknowledged_at, time));
		print_line("By", alert.acknowledged_by);
		print_line("Note", alert.note);
	}
	if (alert.resolved_at)
		print_line("Resolved", cli_time(cli, alert.resolved_at, time));
	print_sentence(cli, &alert);
	return 0;
}

static int acknowledge(struct cli *cli, struct alert *alert, struct error *e)
{
	char subject[24];

	if (alert->state == ALERT_STATE_RESOLVED)
		return error_set(e, ERROR_USAGE, "alert %llu is resolved already", (unsigned long long)alert->number);
	free(alert->acknowledged_by);
	free(alert->note);
	alert->acknowledged_by = strdup(cli->by);
	alert->note = strdup(cli->reason);
	if (!alert->acknowledged_by || !alert->note)
		return error_memory(e);
	alert->state = ALERT_STATE_ACKNOWLEDGED;
	alert->acknowledged_at = cli_now(cli);
	(void)snprintf(subject, sizeof subject, "%llu", (unsigned long long)alert->number); /* fits */
	if (store_alert_save(cli->store, alert, e) < 0)
		return -1;
	return cli_record_act(cli, subject, NULL, e);
}

int verb_ack(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {{"note", required_argument, NULL, 'n'}, {0}};
	CLEANUP(alert_clear) struct alert alert = {0};
	struct error e;
	uint64_t number;
	int c;

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
	if (load_alert(cli, number, &alert, &e) < 0 || acknowledge(cli, &alert, &e) < 0 ||
	    store_commit(cli->store, &e) < 0) {
		store_rollback(cli->store);
		return cli_fail(cli, &e);
	}
	if (cli->json)
		return cli_print_json(cli_json_alert(&alert));
	if (!cli->quiet)
		printf("Alert %llu is acknowledged. It stays quiet until it changes.\n", (unsigned long long)number);
	return 0;
}
