#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/number.h"
#include "cli/alerts.h"
#include "cli/filter.h"
#include "cli/table.h"
#include "explain/explain.h"

/* ---- show ---- */

/* One below the other, so that an eye finds where they part. */
static void print_pair(const char *label, const char *approved, const char *seen)
{
	printf("%s\n", label);
	if (approved)
		printf("  %-12s %s\n", "approved", approved);
	if (seen)
		printf("  %-12s %s\n", "on device", seen);
}

static void print_contents(const struct alert *alert)
{
	char md5[2][2 * DIGEST_MD5_SIZE + 1], sha256[2][DIGEST_SHA256_HEX + 1], size[2][32];
	const struct digest_pair *const digests[] = {&alert->old_digest, &alert->new_digest};
	const uint64_t sizes[] = {alert->old_size, alert->new_size};

	if (!alert->has_old && !alert->has_new)
		return;
	for (int i = 0; i < 2; i++) {
		hex_write(md5[i], digests[i]->md5, DIGEST_MD5_SIZE);
		hex_write(sha256[i], digests[i]->sha256, DIGEST_SHA256_SIZE);
		(void)snprintf(size[i], sizeof size[i], "%llu bytes", (unsigned long long)sizes[i]); /* fits */
	}
	print_pair("SHA-256", alert->has_old ? sha256[0] : NULL, alert->has_new ? sha256[1] : NULL);
	print_pair("MD5", alert->has_old ? md5[0] : NULL, alert->has_new ? md5[1] : NULL);
	print_pair("Size", alert->has_old ? size[0] : NULL, alert->has_new ? size[1] : NULL);
}

static void print_meaning(const struct cli *cli, const struct alert *alert)
{
	const struct explain_entry *entry = explain_find_in(EXPLAIN_EVENT, alert_type_name(alert->type));
	const struct explain_entry *outcome = alert->outcome ? explain_find_in(EXPLAIN_OUTCOME, alert->outcome) : NULL;

	if (!entry)
		return;
	cli_line(cli, "How sure", entry->sure);
	cli_line_marked(cli, "What to do", outcome ? outcome->next : entry->next,
			alert->state == ALERT_STATE_OPEN ? CLI_WATCH : CLI_PLAIN);
}

/* The sentence that the SIEM got. */
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
	if (sentence.data) {
		printf("\n");
		cli_paragraph(cli, 0, sentence.data);
	}
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

static void print_device(struct cli *cli, const struct alert *alert)
{
	CLEANUP(store_device_clear) struct store_device device = {0};

	cli_line(cli, "Device", alert->asset);
	if (!alert->asset || store_device_load(cli->store, alert->asset, &device, NULL) <= 0)
		return;
	cli_line(cli, "Name", device.device.name);
	cli_line(cli, "Department", device.device.department);
}

static void print_life(const struct cli *cli, const struct alert *alert)
{
	char time[CLI_TIME_SIZE];

	cli_line_marked(cli, "State", alert_state_name(alert->state),
			alert->state == ALERT_STATE_RESOLVED ? CLI_GOOD
			: alert->state == ALERT_STATE_OPEN ? cli_severity_meaning(cli_alert_severity(alert)) : CLI_WATCH);
	cli_line(cli, "Since", cli_time(cli, alert->opened_at, time));
	cli_line(cli, "Last seen", cli_time(cli, alert->seen_at, time));
	if (alert->acknowledged_at) {
		cli_line(cli, "Acknowledged", cli_time(cli, alert->acknowledged_at, time));
		cli_line(cli, "By", alert->acknowledged_by);
		cli_line(cli, "Note", alert->note);
	}
	if (alert->resolved_at)
		cli_line(cli, "Resolved", cli_time(cli, alert->resolved_at, time));
}

static void print_text(struct cli *cli, const struct alert *alert, const struct store_alerts *members)
{
	CLEANUP(text_clear) struct text what;

	text_init(&what);
	text_addf(&what, "%s (%s, %s)", explain_words(EXPLAIN_EVENT, alert_type_name(alert->type)),
		  alert_type_name(alert->type), cli_severity_name(cli_alert_severity(alert)));
	print_device(cli, alert);
	cli_line(cli, "What", what.data);
	if (alert->under)
		printf("%-14s alert %llu\n", "Under", (unsigned long long)alert->under);
	print_group(cli, alert, members);
	print_life(cli, alert);
	cli_line(cli, "Kind", alert->has_kind ? visit_kind_name(alert->kind) : NULL);
	cli_line(cli, "File", alert->path);
	cli_line(cli, "Release", alert->release);
	cli_line(cli, "Baseline", alert->manifest);
	cli_line(cli, "Outcome", alert->outcome ? explain_words(EXPLAIN_OUTCOME, alert->outcome) : NULL);
	cli_line(cli, "Detail", alert->detail);
	print_contents(alert);
	print_sentence(cli, alert);
	if (alert->state == ALERT_STATE_RESOLVED)
		return;
	printf("\n");
	print_meaning(cli, alert);
	if (alert->state == ALERT_STATE_OPEN)
		printf("%-14s pumpwatch ack %llu --note TEXT\n", "Answer it", (unsigned long long)alert->number);
}

int verb_alert_show(struct cli *cli, int argc, char **argv)
{
	CLEANUP(alert_clear) struct alert alert = {0};
	CLEANUP(store_alerts_clear) struct store_alerts members = {0};
	struct error e;
	uint64_t number;

	if (argc != 2)
		return cli_usage(cli, "\"alert show\" wants one number, as in \"pumpwatch alert show 12\"");
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
	print_text(cli, &alert, &members);
	return 0;
}

/* ---- ack ---- */

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
		return cli_usage(cli, "\"ack\" wants the number of an alert and a --note, as in: pumpwatch ack 12 --note \"work "
				 "order 4711\"");
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
