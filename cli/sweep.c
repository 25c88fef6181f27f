#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/filter.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "overview/overview.h"

#define TICK (TIME_SECOND / 4) /* in which the bar moves on its own */

struct run {
	struct cli *cli;
	struct sweep *sweep;
	unsigned mask;
	bool named; /* the devices were, one by one */
	size_t told; /* devices with a result */
	struct cli_progress bar;
	bool failed;
	struct error error;
	struct alert_counts counts;
	int64_t started_at;
};

static void print_finding(const struct drift_finding *finding)
{
	CLEANUP(cleanup_free) char *path = cli_finding_path(finding);

	printf("  %-10s %s (%s%s%s%s%s)\n", drift_type_name(finding->type), path ? path : "",
	       visit_kind_name(finding->kind), finding->release ? ", release " : "",
	       finding->release ? finding->release : "",
	       finding->type == DRIFT_UNREADABLE ? ": " : "",
	       finding->type == DRIFT_UNREADABLE ? visit_outcome_text(finding->outcome) : "");
}

/* Name the kinds of which files were seen but no baseline is in force; returns how many. */
static int add_untrusted(struct text *text, const char *before, const struct drift_verdict *verdict)
{
	int count = 0;

	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++)
		if (verdict->kinds[kind].covered && verdict->kinds[kind].result == DRIFT_UNTRUSTED)
			text_addf(text, "%s%s", count++ == 0 ? before : ", ", visit_kind_name((enum visit_kind)kind));
	return count;
}

static void add_why_untrusted(struct text *text, const struct drift_verdict *verdict, const struct run *run)
{
	struct sweep_progress progress;

	sweep_progress(run->sweep, &progress);
	if (add_untrusted(text, progress.rejected > 0 ? "no baseline that is believed covers "
						      : "no baseline is in force for ", verdict) == 0)
		text_add(text, "no baseline in force covers it");
	text_addf(text, "; see \"pumpwatch %s\"", progress.rejected > 0 ? "alerts" : "baseline learn --help");
}

/* Why the result is not a plain one, and what to do; nothing where it speaks for itself. */
static void add_reason(struct text *text, const struct run *run, const struct sweep_visit *visit)
{
	const struct visit_report *report = visit->report;
	enum drift_result result = visit->verdict->result;

	if (report && report->outcome != VISIT_OK)
		text_addf(text, "%s%s%s; %s", visit_outcome_text(report->outcome), report->detail[0] ? ": " : "",
			  report->detail, visit_outcome_advice(report->outcome));
	else if (result == DRIFT_UNTRUSTED)
		add_why_untrusted(text, visit->verdict, run);
	else if (result == DRIFT_SKIPPED && visit->device->state != INVENTORY_ACTIVE)
		text_addf(text, "it is %s", cli_state_words(visit->device->state));
	else if (result == DRIFT_SKIPPED)
		text_add(text, "it waits after failures; name it to visit it now");
}

enum { ASSET_COLUMN = 16 };

/* "PUMP-0001        unreachable: why"; on a terminal that is too narrow for it, why stands below. */
static void print_result(const struct run *run, const struct sweep_visit *visit, const char *why)
{
	const struct cli *cli = run->cli;
	const char *name = drift_result_name(visit->verdict->result);
	size_t asset = strlen(visit->device->asset);
	size_t used = (asset > ASSET_COLUMN ? asset : ASSET_COLUMN) + strlen(name) + strlen(": ") + 1;

	printf("%-*s %s%s%s", ASSET_COLUMN, visit->device->asset, cli_color(cli, cli_result_meaning(visit->verdict->result)),
	       name, cli_color(cli, CLI_PLAIN));
	if (*why && cli->width > 0 && used + cli_width(why) > cli->width) {
		printf(":\n");
		cli_paragraph(cli, 2, why);
	} else {
		printf("%s%s\n", *why ? ": " : "", why);
	}
}

static void print_visit(const struct run *run, const struct sweep_visit *visit)
{
	const struct cli *cli = run->cli;
	enum drift_result result = visit->verdict->result;
	CLEANUP(text_clear) struct text why;
	CLEANUP(text_clear) struct text unchecked;

	text_init(&why);
	text_init(&unchecked);
	if (visit->will_retry) {
		if (!cli->quiet)
			cli_say(cli, "%-*s will be tried again: %s", ASSET_COLUMN, visit->device->asset,
				visit_outcome_text(visit->report->outcome));
		return;
	}
	add_reason(&why, run, visit);
	print_result(run, visit, why.data ? why.data : "");
	for (size_t i = 0; i < visit->verdict->finding_count; i++)
		print_finding(&visit->verdict->findings[i]);
	if (result != DRIFT_UNTRUSTED && add_untrusted(&unchecked, "not checked, for want of a baseline: ", visit->verdict) > 0)
		cli_paragraph(cli, 2, unchecked.data ? unchecked.data : "");
}

static void print_json_line(json_t *object)
{
	/* A line that cannot be written shows at the end of the program. */
	(void)json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putchar('\n');
	(void)fflush(stdout); /* whoever follows it gets each result as it comes */
	json_decref(object);
}

static json_t *json_kinds(const struct drift_verdict *verdict)
{
	json_t *kinds = json_object();

	for (int i = 0; i < VISIT_KIND_COUNT; i++) {
		const struct drift_kind *kind = &verdict->kinds[i];
		if (kind->covered)
			json_object_set_new(kinds, visit_kind_name((enum visit_kind)i),
					    json_pack("{ss so}", "result", drift_result_name(kind->result),
						      "release", cli_json_string(kind->release)));
	}
	return kinds;
}

static void print_json_visit(const struct sweep_visit *visit)
{
	json_t *object = visit->report ? cli_json_report(visit->report, false) : json_object();
	json_t *findings = json_array();

	for (size_t i = 0; i < visit->verdict->finding_count; i++)
		json_array_append_new(findings, cli_json_finding(&visit->verdict->findings[i]));
	json_object_set_new(object, "asset", cli_json_string(visit->device->asset));
	json_object_set_new(object, "visit", json_integer((json_int_t)visit->number));
	json_object_set_new(object, "result", json_string(drift_result_name(visit->verdict->result)));
	json_object_set_new(object, "will_retry", json_boolean(visit->will_retry));
	json_object_set_new(object, "findings", findings);
	json_object_set_new(object, "kinds", json_kinds(visit->verdict));
	print_json_line(object);
}

/* A pump that is stored or in repair is no failure of the sweep, unless somebody asked for just it. */
static bool is_away(const struct run *run, const struct sweep_visit *visit)
{
	return visit->verdict->result == DRIFT_SKIPPED && visit->device->state != INVENTORY_ACTIVE && !run->named;
}

static void on_visit(void *userdata, const struct sweep_visit *visit)
{
	struct run *run = userdata;

	cli_progress_clear(&run->bar);
	if (!visit->will_retry && !is_away(run, visit)) {
		run->told++;
		run->mask |= drift_verdict_mask(visit->verdict);
	}
	if (run->cli->json)
		print_json_visit(visit);
	else if (!run->cli->quiet || visit->verdict->result != DRIFT_VERIFIED)
		print_visit(run, visit);
}

static void on_progress(void *userdata)
{
	struct run *run = userdata;
	struct sweep_progress progress;
	char remark[64];

	if (!run->sweep)
		return;
	sweep_progress(run->sweep, &progress);
	run->bar.total = progress.total;
	(void)snprintf(remark, sizeof remark, "%llu running, %.1f MB", (unsigned long long)progress.running,
		       (double)progress.bytes / 1e6); /* fits */
	cli_progress_show(&run->bar, progress.done, remark);
}

static void on_done(void *userdata, const struct alert_counts *counts, const struct error *failed)
{
	struct run *run = userdata;

	cli_progress_clear(&run->bar);
	run->counts = *counts;
	run->failed = failed != NULL;
	if (failed)
		run->error = *failed;
	(void)sd_event_exit(run->cli->event, 0); /* the loop runs, so it takes this */
}

/* The first asks for an end; the second, which nobody has to wait for, is the system's to act on. */
static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct run *run = userdata;

	(void)source;
	(void)info;
	cli_progress_clear(&run->bar);
	if (run->cli->progress)
		cli_remark(run->cli, "stopping: the visits that run are ended (once more ends the program at once)");
	sweep_stop(run->sweep, "interrupted");
	cli_let_signals_end();
	return 0;
}

static int on_tick(sd_event_source *source, uint64_t at, void *userdata)
{
	on_progress(userdata);
	(void)sd_event_source_set_time(source, at + TICK); /* a bar that stands still is all that fails */
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* The time that is left runs while nothing happens, too. */
static int start_ticking(struct run *run, struct error *e)
{
	if (sd_event_add_time_relative(run->cli->event, NULL, CLOCK_MONOTONIC, TICK, 1, on_tick, run) < 0)
		return error_set(e, ERROR_INTERNAL, "the event loop took no timer");
	return 0;
}

static int watch_signals(struct run *run, struct error *e)
{
	static const int signals[] = {SIGINT, SIGTERM};

	cli_block_signals();
	for (size_t i = 0; i < 2; i++)
		if (sd_event_add_signal(run->cli->event, NULL, signals[i], on_signal, run) < 0)
			return error_set(e, ERROR_INTERNAL, "the event loop took no signal");
	return 0;
}

/* The last line of a sweep in JSON: the one with "summary". */
static void print_json_end(const struct alert_counts *counts)
{
	json_t *results = json_object();

	for (int i = 0; i < DRIFT_RESULT_COUNT; i++)
		json_object_set_new(results, drift_result_name((enum drift_result)i),
				    json_integer((json_int_t)counts->results[i]));
	json_t *summary = json_pack(
		"{sI so sI sI sI sI so so sb so sI}", "devices", (json_int_t)counts->devices, "results", results,
		"files", (json_int_t)counts->files, "bytes", (json_int_t)counts->bytes, "overdue",
		(json_int_t)counts->overdue, "open_alerts", (json_int_t)counts->open_alerts, "started",
		cli_json_time(counts->started_at), "ended", cli_json_time(counts->ended_at), "stopped",
		counts->stopped, "why_stopped", cli_json_string(counts->stopped ? counts->why_stopped : NULL),
		"approvals", (json_int_t)counts->approvals);
	print_json_line(json_pack("{so}", "summary", summary));
}

static void print_stopped(const struct cli *cli, const struct alert_counts *counts)
{
	uint64_t skipped = counts->results[DRIFT_SKIPPED], visited = counts->devices - skipped;
	char rest[80] = "";

	if (skipped > 0)
		(void)snprintf(rest, sizeof rest, "; of the other %llu nothing new is known",
			       (unsigned long long)skipped); /* fits */
	cli_say(cli, "Stopped before its end: %s. %llu of %llu %s %s visited%s.", counts->why_stopped,
		(unsigned long long)visited, (unsigned long long)counts->devices,
		counts->devices == 1 ? "device" : "devices", visited == 1 ? "was" : "were", rest);
}

static void print_end(const struct run *run)
{
	const struct alert_counts *counts = &run->counts;
	CLEANUP(text_clear) struct text results = {0};

	if (run->cli->json)
		print_json_end(counts);
	if (run->cli->json || run->cli->quiet)
		return;
	const char *between = ": ";
	for (int i = 0; i < DRIFT_RESULT_COUNT; i++) {
		if (counts->results[i] == 0)
			continue;
		text_addf(&results, "%s%llu %s", between, (unsigned long long)counts->results[i],
			  drift_result_name((enum drift_result)i));
		between = ", ";
	}
	putchar('\n');
	cli_say(run->cli, "%llu %s%s. %llu files compared, %.1f MB read, %.1f s.", (unsigned long long)counts->devices,
		counts->devices == 1 ? "device" : "devices", results.data ? results.data : "",
		(unsigned long long)counts->files, (double)counts->bytes / 1e6,
		(double)(counts->ended_at - counts->started_at) / (double)TIME_SECOND);
	if (counts->stopped)
		print_stopped(run->cli, counts);
	if (counts->open_alerts > 0)
		printf("%llu %s open: see \"pumpwatch alerts\".\n", (unsigned long long)counts->open_alerts,
		       counts->open_alerts == 1 ? "alert is" : "alerts are");
	if (baseline_caution(counts->approvals))
		printf("%s\n", baseline_caution(counts->approvals));
}

static const struct config_window *find_window(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < cli->setup.config.window_count; i++)
		if (strcmp(cli->setup.config.windows[i].name, name) == 0)
			return &cli->setup.config.windows[i];
	return NULL;
}

static int refuse_window(const struct cli *cli, const char *name)
{
	const struct config *config = &cli->setup.config;
	struct cli_guess guess = {0};

	for (size_t i = 0; i < config->window_count; i++)
		cli_guess_add(&guess, name, config->windows[i].name);
	if (guess.word)
		return cli_usage(cli, "the configuration has no [window %s]: did you mean \"%s\"?", name, guess.word);
	if (config->window_count == 0)
		return cli_usage(cli, "the configuration has no [window %s], nor any other: leave --window out to visit all", name);
	return cli_usage(cli, "the configuration has no [window %s]: its windows begin with \"%s\"", name,
			 config->windows[0].name);
}

/* A window's devices by hand: chosen by its filter, without its hours. */
static int choose_by_window(struct cli *cli, const struct config_window *window, struct store_devices *devices,
			    const char ***ret_assets, size_t *ret_count, struct error *e)
{
	const struct sweep_request request = {.window = window};

	if (store_devices_list(cli->store, &(struct store_device_filter){0}, devices, e) < 0)
		return -1;
	return sweep_choose(ret_assets, ret_count, devices, &request, e);
}

/* Not a remark: it says what the results below rest on. */
static void warn_of_rejected(const struct run *run)
{
	struct sweep_progress progress;

	sweep_progress(run->sweep, &progress);
	if (progress.rejected > 0)
		cli_remark(run->cli, "%llu of the baselines in force %s not believed: see \"pumpwatch alerts\"",
			   (unsigned long long)progress.rejected, progress.rejected == 1 ? "is" : "are");
}

/* A remark: the sweep's own result stands. */
static void publish(const struct cli *cli)
{
	struct error e;

	if (overview_publish(&cli->setup, cli->baselines, &e) < 0)
		(void)cli_fail(cli, &e);
}

static int run_sweep(struct run *run, const struct sweep_request *request, struct error *e)
{
	struct cli *cli = run->cli;
	const struct sweep_environment environment = cli_environment(cli);
	const struct sweep_handlers handlers = {
		.on_visit = on_visit, .on_progress = on_progress, .on_done = on_done, .userdata = run,
	};

	/* Before the sweep stands in the store: what comes from then on ends it cleanly. */
	if (watch_signals(run, e) < 0 || start_ticking(run, e) < 0 || sweep_start(&run->sweep, &environment, request, &handlers, e) < 0)
		return -1;
	warn_of_rejected(run);
	int r = 0;
	if (sd_event_loop(cli->event) < 0)
		r = error_set(e, ERROR_INTERNAL, "the event loop failed");
	sweep_free(run->sweep);
	run->sweep = NULL;
	cli_deliver(cli, CLI_DELIVERY_PATIENCE);
	publish(cli);
	if (r == 0 && run->failed) {
		*e = run->error;
		return -1;
	}
	return r;
}

/* Unknown assets are found out before anything begins, with what is like them. */
static int check_assets(struct cli *cli, const struct sweep_request *request, struct error *e)
{
	for (size_t i = 0; i < request->asset_count; i++) {
		CLEANUP(store_device_clear) struct store_device device = {0};
		if (cli_load_device(cli, request->assets[i], &device, e) < 0)
			return -1;
	}
	return 0;
}

static int exit_code(const struct run *run)
{
	if (run->told == 0 && !run->cli->quiet)
		cli_remark(run->cli, "no device was visited: \"pumpwatch devices\" lists what is enrolled");
	return (int)(run->mask | (run->told == 0 || run->counts.stopped ? 8 : 0));
}

int verb_sweep(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"all", no_argument, NULL, 'a'}, {"window", required_argument, NULL, 'w'}, {0},
	};
	struct sweep_request request = {.closes_at = TIME_NEVER, .ignore_back_off = true, .by = cli->by};
	CLEANUP(store_devices_clear) struct store_devices devices = {0};
	CLEANUP(cleanup_free) const char **chosen = NULL;
	const struct config_window *window = NULL;
	struct run run = {.cli = cli};
	struct error e;
	bool all = false;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c == 'a')
			all = true;
		else if (c == 'w' && !(window = find_window(cli, optarg)))
			return refuse_window(cli, optarg);
		else if (c != 'w')
			return ERROR_USAGE;
	}
	if (argc - optind == 1 && strcasecmp(argv[optind], "all") == 0)
		return cli_usage(cli, "every device is meant by --all: say \"pumpwatch sweep --all\"");
	if ((optind < argc) + all + (window != NULL) > 1)
		return cli_usage(cli, "give assets, or --all, or --window: one of the three");
	run.named = optind < argc;
	request.assets = (const char *const *)argv + optind;
	request.asset_count = (size_t)(argc - optind);
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 || check_assets(cli, &request, &e) < 0 ||
	    cli_open_pool(cli, &e) < 0)
		return cli_fail(cli, &e);
	if (window) {
		if (choose_by_window(cli, window, &devices, &chosen, &request.asset_count, &e) < 0)
			return cli_fail(cli, &e);
		request.assets = chosen;
		if (request.asset_count == 0)
			return exit_code(&run);
	}
	cli_progress_begin(&run.bar, cli, "devices", 0);
	if (run_sweep(&run, &request, &e) < 0)
		return cli_fail(cli, &e);
	print_end(&run);
	return exit_code(&run);
}
