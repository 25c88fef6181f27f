#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/table.h"
#include "outbox/outbox.h"
#include "sink/sink.h"

CLEANUP_DEFINE(struct sink, sink_free);

enum { COLUMNS = 8 };

/* ---- one sink in words ---- */

static void write_place(struct text *text, const struct config_sink *sink)
{
	if (sink->host)
		text_addf(text, strchr(sink->host, ':') ? "[%s]:%u" : "%s:%u", sink->host, sink->port);
	else if (sink->path)
		text_add(text, sink->path);
	else
		text_add(text, sink->type == CONFIG_SINK_JOURNAL ? "the host's journal" : "standard output");
}

static const char *format_of(const struct config_sink *sink)
{
	return sink->type == CONFIG_SINK_JOURNAL ? "fields" : alert_format_name(sink->format);
}

static bool has_all_events(const struct config_sink *sink)
{
	const uint64_t all = (UINT64_C(1) << ALERT_TYPE_COUNT) - 1;

	return (sink->events & all) == all;
}

static void write_filter(struct text *text, const struct config_sink *sink)
{
	if (sink->severity < 7)
		text_addf(text, "severity %d", sink->severity);
	for (int i = 0; !has_all_events(sink) && i < ALERT_TYPE_COUNT; i++)
		if (sink->events & UINT64_C(1) << i)
			text_addf(text, "%s%s", text->length > 0 ? " " : "", alert_type_name((enum alert_type)i));
	if (text->length == 0)
		text_add(text, "all");
}

static const char *proof_of(const struct config_sink *config)
{
	CLEANUP(cleanup_sink_free) struct sink *sink = NULL;

	if (sink_new(&sink, config, -1, NULL) < 0)
		return NULL;
	return sink_proof(sink) == SINK_ACKNOWLEDGED ? "acknowledged" : "handed over";
}

/* ---- sinks ---- */

static json_t *json_events(const struct config_sink *sink)
{
	if (has_all_events(sink))
		return json_null();
	json_t *events = json_array();
	for (int i = 0; i < ALERT_TYPE_COUNT; i++)
		if (sink->events & UINT64_C(1) << i)
			json_array_append_new(events, json_string(alert_type_name((enum alert_type)i)));
	return events;
}

static json_t *json_sink(const struct config_sink *sink, const struct store_sink *state, const char *place)
{
	json_t *object = json_pack("{ss ss so ss si so so}", "name", sink->name, "type", config_sink_type_name(sink->type),
				   "place", cli_json_string(place), "format", format_of(sink), "severity", sink->severity,
				   "events", json_events(sink), "proof", cli_json_string(proof_of(sink)));

	json_object_set_new(object, "seq", state ? json_integer((json_int_t)state->seq) : json_null());
	json_object_set_new(object, "waiting", json_integer(state ? (json_int_t)state->waiting : 0));
	json_object_set_new(object, "waiting_bytes", json_integer(state ? (json_int_t)state->waiting_bytes : 0));
	json_object_set_new(object, "away_since", state ? cli_json_time(state->away_since) : json_null());
	json_object_set_new(object, "why", cli_json_string(state ? state->why : NULL));
	return object;
}

static void add_row(struct cli_table *table, const struct cli *cli, const struct config_sink *sink,
		    const struct store_sink *state, const char *place)
{
	CLEANUP(text_clear) struct text filter;
	char waiting[32], since[CLI_TIME_SIZE];

	text_init(&filter);
	write_filter(&filter, sink);
	(void)snprintf(waiting, sizeof waiting, "%llu", state ? (unsigned long long)state->waiting : 0); /* fits */
	const char *cells[COLUMNS] = {
		sink->name, config_sink_type_name(sink->type), place, format_of(sink), filter.data, waiting, proof_of(sink),
		state && state->away_since != 0 ? cli_time(cli, state->away_since, since) : NULL,
	};
	cli_table_add(table, cells);
	if (state && state->away_since != 0)
		cli_table_mark(table, COLUMNS - 1, CLI_BAD);
}

static void print_reasons(const struct cli *cli, const struct store_sinks *states)
{
	const struct config *config = &cli->setup.config;

	for (size_t i = 0; i < config->sink_count; i++) {
		const struct store_sink *state = store_sinks_find(states, config->sinks[i].name);
		if (!state || !state->why)
			continue;
		CLEANUP(text_clear) struct text words;
		text_init(&words);
		text_addf(&words, "%s is away: %s", state->name, state->why);
		printf("\n");
		cli_paragraph(cli, 0, words.failed ? "" : words.data);
	}
}

static int print_sinks(const struct cli *cli, const struct store_sinks *states)
{
	static const struct cli_column columns[COLUMNS] = {
		{.heading = "NAME"}, {.heading = "TYPE"}, {.heading = "PLACE", .fit = CLI_CUT_MIDDLE, .least = 10},
		{.heading = "FORMAT"}, {.heading = "FILTER", .fit = CLI_WRAP, .least = 8, .drop = 1},
		{.heading = "WAITING", .right = true}, {.heading = "PROOF", .fit = CLI_WRAP, .least = 12},
		{.heading = "AWAY SINCE", .fit = CLI_WRAP, .least = 10},
	};
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);
	const struct config *config = &cli->setup.config;
	json_t *list = json_array();

	for (size_t i = 0; i < config->sink_count; i++) {
		const struct config_sink *sink = &config->sinks[i];
		const struct store_sink *state = store_sinks_find(states, sink->name);
		CLEANUP(text_clear) struct text place;
		text_init(&place);
		write_place(&place, sink);
		if (cli->json)
			json_array_append_new(list, json_sink(sink, state, place.data));
		else
			add_row(&table, cli, sink, state, place.data);
	}
	if (cli->json)
		return cli_print_json(list);
	json_decref(list);
	if (config->sink_count == 0) {
		printf("No sink is configured: no alert leaves this host. See [sink NAME] in pumpwatch.conf(5).\n");
		return 0;
	}
	cli_table_print(cli, &table);
	print_reasons(cli, states);
	return 0;
}

int verb_sinks(struct cli *cli, int argc, char **argv)
{
	static const struct option none[] = {{0}};
	CLEANUP(store_sinks_clear) struct store_sinks states = {0};
	struct error e;

	if (cli_option(cli, argc, argv, none) != -1)
		return ERROR_USAGE;
	if (optind < argc)
		return cli_usage(cli, "\"sinks\" takes no arguments, but \"%s\" was given", argv[optind]);
	if (cli_open_store(cli, STORE_READ, &e) < 0 || store_sinks_list(cli->store, &states, &e) < 0)
		return cli_fail(cli, &e);
	return print_sinks(cli, &states);
}

/* ---- sink test ---- */

static const struct config_sink *find(const struct cli *cli, const char *name, struct error *e)
{
	const struct config *config = &cli->setup.config;
	struct cli_guess guess = {0};

	for (size_t i = 0; i < config->sink_count; i++) {
		if (strcmp(config->sinks[i].name, name) == 0)
			return &config->sinks[i];
		cli_guess_add(&guess, name, config->sinks[i].name);
	}
	if (guess.word)
		error_set(e, ERROR_USAGE, "the configuration has no [sink %s]: did you mean \"%s\"?", name, guess.word);
	else
		error_set(e, ERROR_USAGE, "the configuration has no [sink %s]: \"pumpwatch sinks\" lists them", name);
	return NULL;
}

/* The test is what matters: that it could not be recorded is a remark. */
static void record(struct cli *cli, const struct config_sink *sink, const struct outbox_test *test)
{
	const char *result = test->acknowledged ? "acknowledged" : test->taken ? "handed over" : "not taken";
	CLEANUP(text_clear) struct text detail;
	struct error e;

	text_init(&detail);
	text_addf(&detail, "%s, eid %s", result, test->eid);
	if ((cli_open_store(cli, STORE_WRITE, &e) < 0 || cli_record_act(cli, sink->name, detail.data, &e) < 0) &&
	    !cli->quiet)
		fprintf(stderr, "pumpwatch: the test could not be recorded: %s\n", e.text);
}

static int tell_json(const struct config_sink *sink, const struct outbox_test *test, const char *place,
		     const struct error *why)
{
	int failed = cli_print_json(json_pack("{ss ss so ss sb sb sf so}", "sink", sink->name, "type",
					      config_sink_type_name(sink->type), "place", cli_json_string(place), "eid",
					      test->eid, "taken", test->taken, "acknowledged", test->acknowledged,
					      "milliseconds", (double)test->took / 1000, "error",
					      cli_json_string(test->taken ? NULL : why->text)));

	return failed ? failed : test->taken ? 0 : ERROR_UNAVAILABLE;
}

static int tell(const struct cli *cli, const struct config_sink *sink, const struct outbox_test *test,
		const char *place, struct error *why)
{
	double milliseconds = (double)test->took / 1000;

	if (!test->taken) {
		error_prefix(why, "sink %s did not take the test", sink->name);
		(void)cli_fail(cli, why);
		fprintf(stderr, "pumpwatch: see that the receiver is there, and what [sink %s] says in %s\n", sink->name,
			cli->setup.path);
		return ERROR_UNAVAILABLE;
	}
	if (cli->quiet)
		return 0;
	if (test->acknowledged && sink->host)
		printf("%s: acknowledged by %s in %.1f ms. Its eid is %s.\n", sink->name, place, milliseconds, test->eid);
	else if (test->acknowledged)
		printf("%s: written to %s and flushed to the disk in %.1f ms. Its eid is %s.\n", sink->name, place,
		       milliseconds, test->eid);
	else
		printf("%s: handed over to %s in %.1f ms; this transport cannot acknowledge: look for eid %s at the receiver.\n",
		       sink->name, place, milliseconds, test->eid);
	return 0;
}

int verb_sink_test(struct cli *cli, int argc, char **argv)
{
	static const struct option none[] = {{0}};
	const struct alert_frame frame = setup_frame(&cli->setup);
	CLEANUP(text_clear) struct text place;
	struct outbox_test test;
	struct error e, why;

	text_init(&place);
	if (cli_option(cli, argc, argv, none) != -1)
		return ERROR_USAGE;
	if (optind + 1 != argc)
		return cli_usage(cli, "\"sink test\" wants the name of one sink");
	const struct config_sink *sink = find(cli, argv[optind], &e);
	if (!sink)
		return cli_fail(cli, &e);
	write_place(&place, sink);
	if (outbox_test(&test, sink, &cli->setup.config, &frame, cli->by, cli_now(cli), &why) < 0)
		return cli_fail(cli, &why);
	record(cli, sink, &test);
	return cli->json ? tell_json(sink, &test, place.data, &why) : tell(cli, sink, &test, place.data, &why);
}
