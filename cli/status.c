#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/rollout.h"
#include "outbox/outbox.h"

/* What status tells, gathered in one go. */
struct status {
	struct store_summary summary;
	struct store_sweep last;
	bool has_last;
	struct store_sweep running;
	bool has_running;
	int64_t next_at; /* 0: no window */
	uint64_t seq;
	char head[DIGEST_SHA256_HEX + 1];
	char *stop;
	struct store_sinks sinks;
	char full[512]; /* why the outbox is full, or cannot be told to be not; empty: it is not */
	struct cli_rollouts rollouts;
	uint64_t rejected; /* of the baselines in force, not believed now */
	char unchecked[512]; /* why they could not be checked, or the signers were refused; or empty */
};

CLEANUP_DEFINE(struct baseline_memory, baseline_memory_free);

static void clear_status(struct status *status)
{
	store_sweep_clear(&status->last);
	store_sweep_clear(&status->running);
	free(status->stop);
	store_sinks_clear(&status->sinks);
	cli_rollouts_clear(&status->rollouts);
}

/* What a sweep would believe if it began now. A file of signers that cannot be read must not
 * hide the rest of the status. */
static int check_baselines(struct cli *cli, struct status *status, struct error *e)
{
	CLEANUP(cleanup_baseline_memory_free) struct baseline_memory *memory = baseline_memory_new();
	CLEANUP(baseline_rejections_clear) struct baseline_rejections rejections = {0};
	CLEANUP(baselines_clear) struct baselines believed = {0};
	struct error why = {0};

	if (!memory)
		return error_memory(e);
	if (baseline_refresh(&believed, &rejections, memory, cli->store, &cli->setup.config, cli_now(cli), &why) < 0) {
		if (why.code != ERROR_CONFIG) {
			*e = why;
			return -1;
		}
		text_copy(status->unchecked, sizeof status->unchecked, why.text);
	}
	status->rejected = rejections.count;
	return 0;
}

static void check_outbox(struct cli *cli, struct status *status)
{
	struct error why;

	if (outbox_is_full(cli->store, &cli->setup.config, &why) != 0)
		text_copy(status->full, sizeof status->full, why.text);
}

static int gather(struct cli *cli, struct status *ret, struct error *e)
{
	const struct config *config = &cli->setup.config;
	int64_t now = cli_now(cli);
	int r;

	if (store_summarise(cli->store, now, config->overdue_after, &ret->summary, e) < 0)
		return -1;
	if ((r = store_sweep_last(cli->store, NULL, &ret->last, e)) < 0)
		return -1;
	ret->has_last = r > 0;
	if ((r = store_sweep_unfinished(cli->store, NULL, &ret->running, e)) < 0)
		return -1;
	ret->has_running = r > 0;
	if (store_event_head(cli->store, &ret->seq, ret->head, e) < 0 ||
	    sweep_stop_read(config->state, &ret->stop, e) < 0 || store_sinks_list(cli->store, &ret->sinks, e) < 0 ||
	    cli_rollouts_load(cli, &ret->rollouts, e) < 0 || check_baselines(cli, ret, e) < 0)
		return -1;
	check_outbox(cli, ret);
	for (size_t i = 0; i < config->window_count; i++) {
		int64_t at = schedule_window_next(&config->windows[i].when, now);
		if (ret->next_at == 0 || at < ret->next_at)
			ret->next_at = at;
	}
	return 0;
}

static json_t *json_waiting(const struct cli *cli, const struct status *status)
{
	json_t *sinks = json_object();

	for (size_t i = 0; i < cli->setup.config.sink_count; i++) {
		const char *name = cli->setup.config.sinks[i].name;
		const struct store_sink *sink = store_sinks_find(&status->sinks, name);
		json_object_set_new(sinks, name, json_integer(sink ? (json_int_t)sink->waiting : 0));
	}
	return sinks;
}

static int print_json(struct cli *cli, const struct status *status, struct error *e)
{
	json_t *object = cli_json_summary(&status->summary);

	json_object_set_new(object, "site", cli_json_string(cli->setup.config.site));
	json_object_set_new(object, "approvals", json_integer((json_int_t)cli->setup.config.approvals));
	json_object_set_new(object, "evaluation", json_boolean(cli->setup.config.approvals == 0));
	json_object_set_new(object, "baselines_rejected",
			    status->unchecked[0] ? json_null() : json_integer((json_int_t)status->rejected));
	json_object_set_new(object, "signers_error", cli_json_string(status->unchecked[0] ? status->unchecked : NULL));
	json_object_set_new(object, "stop", status->stop ? json_string(status->stop) : json_null());
	json_object_set_new(object, "last_sweep", status->has_last ? cli_json_time(status->last.ended_at) : json_null());
	json_object_set_new(object, "running_sweep",
			    status->has_running ? cli_json_time(status->running.started_at) : json_null());
	json_object_set_new(object, "next_sweep", cli_json_time(status->next_at));
	json_object_set_new(object, "seq", json_integer((json_int_t)status->seq));
	json_object_set_new(object, "chain_head", json_string(status->head));
	json_object_set_new(object, "waiting", json_waiting(cli, status));
	json_object_set_new(object, "outbox_full", cli_json_string(status->full[0] ? status->full : NULL));
	json_object_set_new(object, "rollouts", cli_json_rollouts(&status->rollouts));
	return cli_print_json(object) == 0 ? 0 : error_set(e, ERROR_INTERNAL, "the answer could not be written");
}

static void print_sinks(const struct cli *cli, const struct status *status)
{
	char time[CLI_TIME_SIZE];

	for (size_t i = 0; i < cli->setup.config.sink_count; i++) {
		const char *name = cli->setup.config.sinks[i].name;
		const struct store_sink *sink = store_sinks_find(&status->sinks, name);
		printf("%-16s %s: %llu events wait", i == 0 ? "Sinks" : "", name,
		       sink ? (unsigned long long)sink->waiting : 0);
		if (sink && sink->away_since != 0)
			printf(", AWAY since %s: \"pumpwatch sinks\" tells why", cli_time(cli, sink->away_since, time));
		printf("\n");
	}
	if (cli->setup.config.sink_count == 0)
		printf("%-16s none is configured: no alert leaves this host\n", "Sinks");
}

static void print_baselines(const struct status *status)
{
	printf("%-16s %llu in force", "Baselines", (unsigned long long)status->summary.baselines_current);
	if (status->unchecked[0])
		printf(", NONE CAN BE CHECKED: %s", status->unchecked);
	else if (status->rejected > 0)
		printf(", %llu NOT BELIEVED: \"pumpwatch alerts\" tells why", (unsigned long long)status->rejected);
	printf("\n");
}

static void print_text(struct cli *cli, const struct status *status)
{
	const struct store_summary *summary = &status->summary;
	char time[CLI_TIME_SIZE];

	if (status->stop)
		printf("STOPPED: %s. Nothing is visited until \"pumpwatch resume\".\n\n", status->stop);
	if (status->full[0])
		printf("FULL: %s. Nothing is visited until there is room; nothing is dropped.\n\n", status->full);
	if (baseline_caution(cli->setup.config.approvals))
		printf("%s\n\n", baseline_caution(cli->setup.config.approvals));
	printf("%-16s %s\n%-16s", "Site", cli->setup.config.site, "Devices");
	for (int i = 0; i < INVENTORY_STATE_COUNT; i++)
		printf("%s %llu %s", i ? "," : "", (unsigned long long)summary->states[i],
		       inventory_state_name((enum inventory_state)i));
	printf("\n");
	for (int i = 0; i < DRIFT_RESULT_COUNT; i++)
		if (summary->results[i] > 0)
			printf("  %-14s %llu\n", drift_result_name((enum drift_result)i),
			       (unsigned long long)summary->results[i]);
	if (summary->never_visited > 0)
		printf("  %-14s %llu\n", "never visited", (unsigned long long)summary->never_visited);
	printf("%-16s %llu\n", "Overdue", (unsigned long long)summary->overdue);
	printf("%-16s %llu open, %llu acknowledged\n", "Alerts", (unsigned long long)summary->open_alerts,
	       (unsigned long long)summary->acknowledged_alerts);
	print_baselines(status);
	cli_rollouts_print_short(cli, &status->rollouts);
	printf("%-16s %s\n", "Last sweep", status->has_last ? cli_time(cli, status->last.ended_at, time) : "never");
	if (status->has_running)
		printf("%-16s since %s\n", "Sweep running", cli_time(cli, status->running.started_at, time));
	printf("%-16s %s\n", "Next sweep",
	       status->next_at ? cli_time(cli, status->next_at, time) : "no window is configured");
	print_sinks(cli, status);
	printf("%-16s %llu, head %.16s…\n", "Events", (unsigned long long)status->seq, status->head);
}

static int tell_rollouts(struct cli *cli)
{
	CLEANUP(cli_rollouts_clear) struct cli_rollouts rollouts = {0};
	struct error e;

	if (cli_open_store(cli, STORE_READ, &e) < 0 || cli_rollouts_load(cli, &rollouts, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return cli_print_json(cli_json_rollouts(&rollouts));
	cli_rollouts_print(cli, &rollouts);
	return 0;
}

int verb_status(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {{"rollouts", no_argument, NULL, 'r'}, {0}};
	CLEANUP(clear_status) struct status status = {0};
	bool rollouts = false;
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c != 'r')
			return ERROR_USAGE;
		rollouts = true;
	}
	if (optind < argc)
		return cli_usage(cli, "\"status\" takes no arguments, but \"%s\" was given", argv[optind]);
	if (rollouts)
		return tell_rollouts(cli);
	if (cli_open_store(cli, STORE_READ, &e) < 0 || gather(cli, &status, &e) < 0 ||
	    (cli->json && print_json(cli, &status, &e) < 0))
		return cli_fail(cli, &e);
	if (!cli->json)
		print_text(cli, &status);
	return 0;
}

/* ---- stop, resume ---- */

int verb_stop(struct cli *cli, int argc, char **argv)
{
	static const struct option none[] = {{0}};
	struct error e;

	if (cli_option(cli, argc, argv, none) != -1)
		return ERROR_USAGE;
	if (optind < argc || !cli->reason)
		return cli_usage(cli, "\"stop\" wants a --reason of one line, and nothing else");
	/* The stop comes first; a store that cannot take its record must not prevent it. */
	if (sweep_stop_write(cli->setup.config.state, cli->reason, &e) < 0)
		return cli_fail(cli, &e);
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 ||
	    cli_record_act(cli, "fleet", NULL, &e) < 0) {
		error_prefix(&e, "the stop is in force, but who made it could not be recorded");
		return cli_fail(cli, &e);
	}
	if (cli->json)
		return cli_print_json(json_pack("{so so}", "stop", cli_json_string(cli->reason), "by",
						cli_json_string(cli->by)));
	if (!cli->quiet)
		printf("Stopped: running visits end within seconds, none begins until \"pumpwatch resume\".\n");
	return 0;
}

int verb_resume(struct cli *cli, int argc, char **argv)
{
	CLEANUP(cleanup_free) char *reason = NULL;
	struct error e;

	if (argc > 1)
		return cli_usage(cli, "\"resume\" takes no arguments, but \"%s\" was given", argv[1]);
	int r = sweep_stop_read(cli->setup.config.state, &reason, &e);
	if (r < 0)
		return cli_fail(cli, &e);
	if (r == 0) {
		if (cli->json)
			return cli_print_json(json_pack("{sn}", "lifted"));
		if (!cli->quiet)
			printf("No stop is in force.\n");
		return 0;
	}
	/* The record comes first: visits begin only when it is known who lifted the stop. */
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 ||
	    cli_record_act(cli, "fleet", reason, &e) < 0 ||
	    sweep_stop_remove(cli->setup.config.state, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return cli_print_json(json_pack("{ss so}", "lifted", reason, "by", cli_json_string(cli->by)));
	if (!cli->quiet)
		printf("The stop is lifted. It was: %s\n", reason);
	return 0;
}
