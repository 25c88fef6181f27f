#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/bench.h"
#include "cli/contact.h"
#include "cli/progress.h"
#include "enroll/enroll.h"
#include "file/file.h"

enum { WORDS_MAX = 1000, ALL_INCOMPLETE = 8 };

static const char *const format_names[BENCH_FORMAT_COUNT] = {
	[BENCH_TEXT] = "text", [BENCH_HTML] = "html", [BENCH_JSON] = "json",
};

static void clear_bench(struct bench *bench)
{
	inventory_device_clear(&bench->device);
	free(bench->lease);
}

/* ---- options ---- */

/* A file's format by its name's ending. */
static int format_of(enum bench_format *ret_format, const char *name)
{
	static const struct {
		const char *ending;
		enum bench_format format;
	} endings[] = {
		{".txt", BENCH_TEXT}, {".html", BENCH_HTML}, {".htm", BENCH_HTML}, {".json", BENCH_JSON},
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++) {
		if (strcasecmp(dot, endings[i].ending) != 0)
			continue;
		*ret_format = endings[i].format;
		return 0;
	}
	return -1;
}

static int take_format(struct bench *bench, const char *name)
{
	for (int i = 0; i < BENCH_FORMAT_COUNT; i++) {
		if (strcasecmp(name, format_names[i]) != 0)
			continue;
		bench->format = (enum bench_format)i;
		bench->has_format = true;
		return 0;
	}
	return cli_usage(bench->cli, "--format is text, html or json, not \"%s\"", name);
}

static int take_words(const struct bench *bench, const char **ret_words, const char *option, const char *words)
{
	if (!*words || strlen(words) > WORDS_MAX)
		return cli_usage(bench->cli, "%s wants a text of at most %d bytes", option, WORDS_MAX);
	*ret_words = words;
	return 0;
}

static int take_listed(const struct bench *bench, const char **items, size_t *count, size_t most, const char *what,
		       const char *given)
{
	if (*count == most)
		return cli_usage(bench->cli, "%s may be given %zu times", what, most);
	items[(*count)++] = given;
	return 0;
}

static int take_field(struct bench *bench, const char *field, const char *value)
{
	struct error e;

	if (strcmp(field, "asset") == 0) {
		free(bench->device.asset);
		bench->device.asset = strdup(value);
		return bench->device.asset ? 0 : ERROR_INTERNAL;
	}
	/* What is no link may be a folder, which is seen later. */
	if (strcmp(field, "link") == 0 && !strstr(value, "://")) {
		free(bench->device.link);
		bench->device.link = strdup(value);
		return bench->device.link ? 0 : ERROR_INTERNAL;
	}
	return inventory_device_set(&bench->device, field, value, &e) < 0 ? cli_usage(bench->cli, "%s", e.text) : 0;
}

static int take_option(struct bench *bench, int c, const char *value)
{
	switch (c) {
	case 'a': return take_field(bench, "asset", value);
	case 'm': return take_field(bench, "model", value);
	case 'l': return take_field(bench, "link", value);
	case 's': return take_field(bench, "serial", value);
	case 'c': return take_field(bench, "credential", value);
	case 'p': return take_field(bench, "pin", value);
	case 'P': bench->pin_seen = true; return 0;
	case 'w': return take_words(bench, &bench->work_order, "--work-order", value);
	case 'n': return take_words(bench, &bench->note, "--note", value);
	case 'r': return take_listed(bench, bench->meant, &bench->meant_count, VISIT_KIND_COUNT, "--release", value);
	case 'o': return take_listed(bench, bench->outputs, &bench->output_count, BENCH_OUTPUTS_MAX, "-o", value);
	case 'f': return take_format(bench, value);
	default: return ERROR_USAGE;
	}
}

static int check_outputs(const struct bench *bench)
{
	enum bench_format format;

	for (size_t i = 0; i < bench->output_count; i++)
		if (!bench->has_format && format_of(&format, bench->outputs[i]) < 0)
			return cli_usage(bench->cli, "%s: give the file a name that ends in .txt, .html or .json, or say "
						     "--format", bench->outputs[i]);
	return 0;
}

static int read_options(struct bench *bench, int argc, char **argv)
{
	static const struct option options[] = {
		{"asset", required_argument, NULL, 'a'},      {"model", required_argument, NULL, 'm'},
		{"link", required_argument, NULL, 'l'},	      {"serial", required_argument, NULL, 's'},
		{"credential", required_argument, NULL, 'c'}, {"pin", required_argument, NULL, 'p'},
		{"pin-seen", no_argument, NULL, 'P'},	      {"work-order", required_argument, NULL, 'w'},
		{"note", required_argument, NULL, 'n'},	      {"release", required_argument, NULL, 'r'},
		{"output", required_argument, NULL, 'o'},     {"format", required_argument, NULL, 'f'}, {0},
	};
	int c;

	while ((c = cli_option(bench->cli, argc, argv, options)) != -1) {
		int r = take_option(bench, c, optarg);
		if (r != 0)
			return r;
	}
	if (optind < argc)
		return cli_usage(bench->cli, "\"bench\" takes options alone: did you mean --asset %s?", argv[optind]);
	if (bench->pin_seen && bench->device.pins)
		return cli_usage(bench->cli, "--pin and --pin-seen do not go together");
	return check_outputs(bench);
}

/* ---- the check ---- */

struct run {
	struct bench *bench;
	struct cli_progress bar;
	bool interrupted;
	struct baselines believed;
	struct baseline_rejections rejections;
	struct sweep_look look;
	struct drift_verdict verdict;
	int64_t started_at;
};

static void clear_run(struct run *run)
{
	drift_verdict_clear(&run->verdict);
	sweep_look_clear(&run->look);
	baselines_clear(&run->believed);
	baseline_rejections_clear(&run->rejections);
}

static void on_progress(void *userdata, uint64_t bytes, uint32_t files)
{
	struct run *run = userdata;
	char remark[32];

	(void)snprintf(remark, sizeof remark, "%u %s", files, files == 1 ? "file" : "files"); /* fits */
	cli_progress_show(&run->bar, bytes, remark);
}

/* What was read before a check was interrupted has not been read twice, so nothing is said of it. */
static int forget_files(struct run *run, const struct sweep_environment *environment, struct error *e)
{
	static const struct visit_report none;
	struct visit_report *report = &run->look.report;

	visit_report_clear(report);
	*report = none;
	report->outcome = VISIT_CANCELLED;
	report->started_at = run->started_at;
	report->ended_at = cli_now(run->bench->cli);
	drift_verdict_clear(&run->verdict);
	return sweep_look_judge(&run->look, environment, &run->bench->device, &run->verdict, e);
}

static int check_once(struct run *run, const struct sweep_environment *environment, struct error *e)
{
	const struct bench *bench = run->bench;
	const struct enroll_check options = {
		.learn_pin = bench->pin_seen, .lease = bench->lease, .on_progress = on_progress, .userdata = run,
	};

	drift_verdict_clear(&run->verdict);
	sweep_look_clear(&run->look);
	cli_progress_begin(&run->bar, bench->cli, "bytes", 0);
	int r = enroll_check(&run->look, &run->verdict, environment, &bench->device, &run->believed, &options, e);
	cli_progress_clear(&run->bar);
	return r > 0 ? forget_files(run, environment, e) : r;
}

/* Whether a baseline of its own applies to the device, which the first look did not know of. */
static bool has_own(const struct run *run)
{
	for (size_t i = 0; i < run->believed.count; i++) {
		const struct manifest *manifest = &run->believed.items[i]->stored.manifest;
		if (manifest->scope == MANIFEST_DEVICE && strcmp(manifest->scope_name, run->bench->device.asset) == 0)
			return true;
	}
	return false;
}

static int check(struct run *run, const struct sweep_environment *environment, struct error *e)
{
	struct bench *bench = run->bench;

	if (check_once(run, environment, e) < 0)
		return -1;
	/* A key that is not known is shown to the person before any password goes that way. */
	if (run->look.report.outcome == VISIT_IDENTITY_UNKNOWN && run->look.report.seen_pin[0] &&
	    !bench->device.pins && cli_can_ask() && !run->interrupted) {
		int r = cli_confirm_key(&run->look.report);
		run->interrupted |= r < 0;
		if (r < 0)
			return forget_files(run, environment, e);
		if (r > 0 && (inventory_device_set(&bench->device, "pin", run->look.report.seen_pin, e) < 0 ||
			      check_once(run, environment, e) < 0))
			return -1;
	}
	int r = bench_recognize(bench, run->look.report.seen_serial, e);
	return r > 0 && has_own(run) && !run->interrupted ? check_once(run, environment, e) : r < 0 ? -1 : 0;
}

static bool is_known_release(const struct run *run, const char *release)
{
	for (size_t i = 0; i < run->believed.count; i++) {
		const struct manifest *manifest = &run->believed.items[i]->stored.manifest;
		if (strcmp(manifest->release, release) == 0 &&
		    (manifest->scope == MANIFEST_DEVICE ? strcmp(manifest->scope_name, run->bench->device.asset) == 0
			: inventory_model_same(manifest->scope_name, run->bench->device.model)))
			return true;
	}
	return false;
}

/* ---- the sheet ---- */

/* Releases for the sheet, whose approvers are owned here. */
struct releases {
	struct report_sheet_release *items;
	char **approvers;
	size_t count;
};

static void clear_releases(struct releases *releases)
{
	for (size_t i = 0; i < releases->count; i++)
		free(releases->approvers[i]);
	free(releases->approvers);
	free(releases->items);
}

static const struct store_baseline *find_stored(const struct baselines *believed, const char *id)
{
	for (size_t i = 0; i < believed->count; i++)
		if (strcmp(believed->items[i]->stored.id, id) == 0)
			return &believed->items[i]->stored;
	return NULL;
}

static int list_releases(struct releases *ret, const struct run *run, struct error *e)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	const struct config *config = &run->bench->cli->setup.config;
	size_t count = run->look.baseline_count;

	ret->items = calloc(count + 1, sizeof *ret->items);
	ret->approvers = calloc(count + 1, sizeof *ret->approvers);
	if (!ret->items || !ret->approvers)
		return error_memory(e);
	if (baseline_signers_load(&signers, config, e) < 0)
		return -1;
	const struct trust_policy policy = baseline_policy(config, &signers);
	for (size_t i = 0; i < count; i++) {
		const struct drift_baseline *one = &run->look.baselines[i];
		const struct store_baseline *stored = find_stored(&run->believed, one->id);
		struct baseline_check checked = {0};
		if (!stored || baseline_check(&checked, stored, &policy, run->started_at, e) < 0)
			return stored ? -1 : error_set(e, ERROR_INTERNAL, "a baseline was lost");
		ret->approvers[i] = baseline_approvers(&checked);
		ret->items[i] = (struct report_sheet_release){
			.manifest = one->manifest, .id = one->id, .current = one->current,
			.accept_until = one->accept_until, .in_force_at = stored->in_force_at,
			.approvers = ret->approvers[i],
		};
		ret->count++;
	}
	return 0;
}

/* Of the baselines that are not believed those that would apply, and those of which that is not known. */
static uint64_t count_rejected(const struct run *run)
{
	const struct inventory_device *device = &run->bench->device;
	CLEANUP(text_clear) struct text own;
	uint64_t count = 0;

	text_init(&own);
	text_addf(&own, "%s %s", manifest_scope_name(MANIFEST_DEVICE), device->asset);
	for (size_t i = 0; i < run->rejections.count; i++) {
		const char *scope = run->rejections.items[i].scope;
		const char *model = scope && strncmp(scope, "model ", 6) == 0 ? scope + 6 : NULL;
		count += !scope || (model ? inventory_model_same(model, device->model)
					  : own.data && strcmp(scope, own.data) == 0);
	}
	return count;
}

static int write_sheet(struct text *text, const struct report_sheet *sheet, enum bench_format format,
		       struct error *e)
{
	text_init(text);
	switch (format) {
	case BENCH_HTML: return report_sheet_write_html(text, sheet, e);
	case BENCH_JSON: return report_sheet_write_json(text, sheet, e);
	default: return report_sheet_write_text(text, sheet, e);
	}
}

static int save_sheets(const struct bench *bench, const struct report_sheet *sheet, struct error *e)
{
	for (size_t i = 0; i < bench->output_count; i++) {
		CLEANUP(text_clear) struct text text;
		enum bench_format format = bench->format;
		if (!bench->has_format)
			(void)format_of(&format, bench->outputs[i]); /* checked before */
		if (write_sheet(&text, sheet, format, e) < 0 ||
		    file_write(bench->outputs[i], text.data, text.length, 0644, e) < 0)
			return -1;
	}
	return 0;
}

static int print_sheet(const struct bench *bench, const struct report_sheet *sheet, bool saved, struct error *e)
{
	CLEANUP(text_clear) struct text text;
	const struct cli *cli = bench->cli;

	text_init(&text);
	if (bench->output_count > 0 && saved && !cli->json) {
		if (!cli->quiet)
			printf("%s: %s\nThe sheet is in %s%s.\n", report_sheet_result_name(sheet->result), sheet->reason,
			       bench->outputs[0], bench->output_count > 1 ? " and beside" : "");
		return 0;
	}
	if (write_sheet(&text, sheet, cli->json ? BENCH_JSON : bench->format, e) < 0)
		return -1;
	fputs(text.data, stdout);
	return 0;
}

static int tell(const struct run *run, struct error *e)
{
	const struct bench *bench = run->bench;
	const struct cli *cli = bench->cli;
	CLEANUP(clear_releases) struct releases releases = {0};
	CLEANUP(text_clear) struct text json;
	char digest[DIGEST_SHA256_HEX + 1];

	text_init(&json);
	if (list_releases(&releases, run, e) < 0)
		return -1;
	struct report_sheet sheet = {
		.site = cli->setup.config.site, .host = cli->setup.host, .version = PACKAGE_VERSION, .by = cli->by,
		.work_order = bench->work_order, .note = bench->note, .started_at = run->started_at,
		.ended_at = cli_now(cli), .asset = bench->has_asset ? bench->device.asset : NULL,
		.enrolled = bench->enrolled, .serial = bench->device.serial, .link = bench->device.link,
		.scheme = run->look.preparation.order.address.scheme,
		.model = sweep_models_find(&cli->setup.models, bench->device.model), .report = &run->look.report,
		.verdict = &run->verdict, .releases = releases.items, .release_count = releases.count,
		.meant = bench->meant, .meant_count = bench->meant_count, .approvals = cli->setup.config.approvals,
		.rejected = count_rejected(run), .interrupted = run->interrupted,
	};
	report_sheet_judge(&sheet);
	if (report_sheet_write_json(&json, &sheet, e) < 0)
		return -1;
	if (digest_sha256_hex(digest, json.data, json.length) < 0)
		return error_set(e, ERROR_INTERNAL, "the sheet could not be hashed");
	sheet.digest = digest;
	/* What was found is not lost with a file that cannot be written. */
	bool saved = save_sheets(bench, &sheet, e) == 0;
	if (print_sheet(bench, &sheet, saved, saved ? e : NULL) < 0 || !saved)
		return -1;
	unsigned mask = sheet.result == REPORT_SHEET_FAIL ? drift_verdict_mask(&run->verdict) : 0;
	return sheet.result == REPORT_SHEET_PASS ? 0 : mask ? (int)mask : ALL_INCOMPLETE;
}

static int run_bench(struct bench *bench, struct error *e)
{
	struct cli *cli = bench->cli;
	CLEANUP(clear_run) struct run run = {.bench = bench, .started_at = cli_now(cli)};

	if (cli_open_store(cli, STORE_READ, e) < 0 || bench_find_device(bench, e) < 0 || cli_open_pool(cli, e) < 0 ||
	    cli_end_on_signals(cli, &run.interrupted, e) < 0)
		return -1;
	const struct sweep_environment environment = cli_environment(cli);
	if (baseline_refresh(&run.believed, &run.rejections, cli->baselines, cli->store, &cli->setup.config,
			     run.started_at, e) < 0)
		return -1;
	for (size_t i = 0; i < bench->meant_count; i++)
		if (!is_known_release(&run, bench->meant[i]))
			return error_set(e, ERROR_USAGE, "no release \"%s\" of %s is in force or accepted: see \"pumpwatch "
							 "baseline list --model %s\"", bench->meant[i],
					 bench->device.model, bench->device.model);
	if (check(&run, &environment, e) < 0)
		return -1;
	return tell(&run, e);
}

int verb_bench(struct cli *cli, int argc, char **argv)
{
	CLEANUP(clear_bench) struct bench bench = {.cli = cli};
	struct error e;

	int r = read_options(&bench, argc, argv);
	if (r != 0)
		return r;
	r = run_bench(&bench, &e);
	return r < 0 ? cli_fail(cli, &e) : r;
}
