#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "baseline/baseline.h"
#include "cli/rollout.h"
#include "cli/status.h"
#include "cli/table.h"
#include "explain/explain.h"

enum { LABEL = 17, TASKS_MOST = 5 };

/* Print a label and words of ours, or words that are escaped already. */
static void line(const struct cli *cli, const char *label, const char *words, enum cli_meaning meaning)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	text_addf(&text, "%-*s%s", LABEL - 1, label, *words ? " " : "");
	text_add(&text, cli_color(cli, meaning));
	cli_wrap(&text, words, LABEL, cli->width);
	if (meaning != CLI_PLAIN)
		text_add(&text, cli_color(cli, CLI_PLAIN));
	printf("%s\n", text.data && !text.failed ? text.data : "out of memory");
}

__attribute__((format(printf, 4, 5))) static void linef(const struct cli *cli, const char *label,
							enum cli_meaning meaning, const char *format, ...)
{
	CLEANUP(text_clear) struct text words;
	va_list arguments;

	text_init(&words);
	va_start(arguments, format);
	text_addv(&words, format, arguments);
	va_end(arguments);
	line(cli, label, words.data && !words.failed ? words.data : "out of memory", meaning);
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* ---- what needs a person ---- */

static enum cli_meaning urgency_meaning(enum report_urgency urgency)
{
	return urgency == REPORT_NOW ? CLI_BAD : urgency == REPORT_TODAY ? CLI_UNKNOWN : CLI_WATCH;
}

static void print_task(const struct cli *cli, const struct report_task *task)
{
	enum { AT = 9 };
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	text_addf(&text, "  %s%-*s%s", cli_color(cli, urgency_meaning(task->urgency)), AT - 2,
		  report_urgency_words(task->urgency), cli_color(cli, CLI_PLAIN));
	cli_wrap(&text, task->what, AT, cli->width);
	printf("%s.\n", text.data && !text.failed ? text.data : "out of memory");
	cli_paragraph(cli, AT, task->next);
}

void cli_tasks_print(const struct cli *cli, const struct report_fleet *fleet, size_t most)
{
	if (fleet->task_count == 0)
		return;
	printf("What to do\n");
	for (size_t i = 0; i < fleet->task_count && i < most; i++)
		print_task(cli, &fleet->tasks[i]);
	if (fleet->task_count > most)
		printf("  and %zu more: \"pumpwatch status --tasks\" lists them\n", fleet->task_count - most);
	printf("\n");
}

/* ---- the parts ---- */

static void print_states(const struct cli *cli, const struct report_fleet *fleet)
{
	CLEANUP(text_clear) struct text words;

	text_init(&words);
	for (int i = 0; i < INVENTORY_STATE_COUNT; i++)
		if (fleet->states[i] > 0 || i == INVENTORY_ACTIVE)
			text_addf(&words, "%s%llu %s", words.length ? ", " : "", (unsigned long long)fleet->states[i],
				  inventory_state_name((enum inventory_state)i));
	line(cli, "Devices", words.data && !words.failed ? words.data : "out of memory", CLI_PLAIN);
}

static void print_results(const struct cli *cli, const struct report_fleet *fleet)
{
	char label[32];

	for (int i = 0; i < DRIFT_RESULT_COUNT; i++) {
		const char *name = drift_result_name((enum drift_result)i);
		if (fleet->results[i] == 0)
			continue;
		(void)snprintf(label, sizeof label, "  %s", name); /* fits */
		linef(cli, label, cli_result_meaning((enum drift_result)i), "%-5llu %s",
		      (unsigned long long)fleet->results[i], explain_words(EXPLAIN_RESULT, name));
	}
	if (fleet->never_visited > 0)
		linef(cli, "  never visited", CLI_UNKNOWN, "%-5llu not checked yet",
		      (unsigned long long)fleet->never_visited);
}

static void print_ages(const struct cli *cli, const struct report_fleet *fleet)
{
	CLEANUP(text_clear) struct text words;

	text_init(&words);
	for (int i = 0; i < REPORT_AGE_COUNT; i++)
		if (fleet->ages[i] > 0)
			text_addf(&words, "%s%llu %s", words.length ? ", " : "", (unsigned long long)fleet->ages[i],
				  report_age_words((enum report_age)i));
	if (words.length > 0)
		line(cli, "Last verified", words.failed ? "out of memory" : words.data, CLI_PLAIN);
	linef(cli, "Overdue", fleet->overdue > 0 ? CLI_UNKNOWN : CLI_PLAIN, "%llu", (unsigned long long)fleet->overdue);
}

static void print_baselines(const struct cli *cli, const struct report_fleet *fleet)
{
	size_t in_force = 0;

	for (size_t i = 0; i < fleet->baseline_count; i++)
		in_force += fleet->baselines[i].in_force && !fleet->baselines[i].fault;
	if (fleet->unchecked)
		line(cli, "Baselines", "NONE CAN BE CHECKED, for who may sign is not known", CLI_BAD);
	else if (fleet->rejected > 0)
		linef(cli, "Baselines", CLI_BAD, "%zu in force, %llu NOT BELIEVED: \"pumpwatch alerts\" tells why", in_force,
		      (unsigned long long)fleet->rejected);
	else
		linef(cli, "Baselines", CLI_PLAIN, "%zu in force", in_force);
	if (baseline_caution(fleet->approvals))
		line(cli, "", baseline_caution(fleet->approvals), CLI_UNKNOWN);
}

static void print_last(const struct cli *cli, const struct report_fleet *fleet)
{
	const struct alert_counts *last = &fleet->last;
	char time[CLI_TIME_SIZE];

	if (!fleet->has_last) {
		line(cli, "Last sweep", "never", CLI_UNKNOWN);
		return;
	}
	int64_t took = (last->ended_at - last->started_at) / TIME_SECOND;
	linef(cli, "Last sweep", last->stopped ? CLI_UNKNOWN : CLI_PLAIN,
	      "%s, %s%s: %llu device%s, %llu file%s, %.1f MB in %lld %s%s", cli_time(cli, last->ended_at, time),
	      fleet->last_window ? "window " : "by hand", fleet->last_window ? fleet->last_window : "",
	      (unsigned long long)last->devices, plural(last->devices), (unsigned long long)last->files, plural(last->files),
	      (double)last->bytes / 1e6, (long long)(took < 120 ? took : took / 60), took < 120 ? "s" : "min",
	      last->stopped ? ", STOPPED before its end" : "");
}

static void print_sweeps(const struct cli *cli, const struct report_fleet *fleet)
{
	char time[CLI_TIME_SIZE];

	print_last(cli, fleet);
	if (fleet->running_since)
		linef(cli, "Sweep running", CLI_WATCH, "since %s", cli_time(cli, fleet->running_since, time));
	if (fleet->stop)
		line(cli, "Next sweep", "none, for a stop is in force", CLI_BAD);
	else
		line(cli, "Next sweep", fleet->next_at ? cli_time(cli, fleet->next_at, time) : "no window is configured",
		     fleet->next_at ? CLI_PLAIN : CLI_UNKNOWN);
}

static void print_sinks(const struct cli *cli, const struct report_fleet *fleet)
{
	char time[CLI_TIME_SIZE];

	for (size_t i = 0; i < fleet->sink_count; i++) {
		const struct report_sink *sink = &fleet->sinks[i];
		const char *label = i == 0 ? "Receivers" : "";
		if (sink->away_since != 0)
			linef(cli, label, CLI_BAD, "%s: %llu event%s wait%s, AWAY since %s: \"pumpwatch sinks\" tells why", sink->name,
			      (unsigned long long)sink->waiting, plural(sink->waiting), sink->waiting == 1 ? "s" : "",
			      cli_time(cli, sink->away_since, time));
		else
			linef(cli, label, CLI_PLAIN, "%s: %llu event%s wait%s", sink->name, (unsigned long long)sink->waiting,
			      plural(sink->waiting), sink->waiting == 1 ? "s" : "");
	}
	if (fleet->sink_count == 0)
		line(cli, "Receivers", "none is configured: no alert leaves this host", CLI_UNKNOWN);
}

static enum cli_meaning verdict_meaning(enum report_verdict verdict)
{
	switch (verdict) {
	case REPORT_FINE: return CLI_GOOD;
	case REPORT_TROUBLE: return CLI_BAD;
	default: return CLI_UNKNOWN;
	}
}

static void print_verdict(const struct cli *cli, const struct report_fleet *fleet)
{
	CLEANUP(text_clear) struct text words;

	text_init(&words);
	text_addf(&words, "%s: ", fleet->site);
	report_verdict_add(&words, fleet);
	fputs(cli_color(cli, verdict_meaning(report_verdict(fleet))), stdout);
	cli_paragraph(cli, 0, words.data && !words.failed ? words.data : "out of memory");
	printf("%s\n", cli_color(cli, CLI_PLAIN));
}

static void print_text(const struct cli *cli, const struct report_fleet *fleet, const struct cli_rollouts *rollouts)
{
	print_verdict(cli, fleet);
	cli_tasks_print(cli, fleet, TASKS_MOST);
	print_states(cli, fleet);
	print_results(cli, fleet);
	print_ages(cli, fleet);
	linef(cli, "Alerts", CLI_PLAIN, "%llu open, %llu acknowledged", (unsigned long long)fleet->open_alerts,
	      (unsigned long long)fleet->acknowledged_alerts);
	cli_rollouts_print_short(cli, rollouts);
	print_baselines(cli, fleet);
	print_sweeps(cli, fleet);
	print_sinks(cli, fleet);
	linef(cli, "Records", CLI_PLAIN, "%llu event%s, head %.16s…", (unsigned long long)fleet->seq, plural(fleet->seq),
	      fleet->head);
}

/* ---- the verb ---- */

enum part { PART_ALL, PART_ROLLOUTS, PART_TASKS };

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

static int tell(struct cli *cli, enum part part)
{
	CLEANUP(report_fleet_clear) struct report_fleet fleet = {0};
	CLEANUP(cli_rollouts_clear) struct cli_rollouts rollouts = {0};
	struct error e;

	if (cli_open_store(cli, STORE_READ, &e) < 0 || overview_load(&fleet, &cli->setup, cli->store, NULL, &e) < 0 ||
	    cli_rollouts_load(cli, &rollouts, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return cli_print_json(part == PART_TASKS ? cli_json_tasks(&fleet) : cli_json_fleet(&fleet, &rollouts));
	if (part == PART_ALL)
		print_text(cli, &fleet, &rollouts);
	else if (fleet.task_count > 0)
		cli_tasks_print(cli, &fleet, SIZE_MAX);
	else if (!cli->quiet)
		printf("Nothing needs a person.\n");
	return 0;
}

int verb_status(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"rollouts", no_argument, NULL, 'r'}, {"tasks", no_argument, NULL, 't'}, {0},
	};
	enum part part = PART_ALL;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c != 'r' && c != 't')
			return ERROR_USAGE;
		if (part != PART_ALL)
			return cli_usage(cli, "give --rollouts or --tasks, once");
		part = c == 'r' ? PART_ROLLOUTS : PART_TASKS;
	}
	if (optind < argc)
		return cli_usage(cli, "\"status\" takes no arguments, but \"%s\" was given", argv[optind]);
	return part == PART_ROLLOUTS ? tell_rollouts(cli) : tell(cli, part);
}
