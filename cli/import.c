#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cli/ask.h"
#include "cli/import.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "enroll/import.h"
#include "file/file.h"

enum { SAME_SHOWN = 100 }; /* rows that say nothing new are counted alone where there are more */

struct import {
	struct cli *cli;
	const char *file;
	const char *name; /* of the file, for records and messages; lent */
	char *shown;	  /* the same, escaped */
	char *map[SHEET_FIELD_COUNT];
	struct sheet_options options;
	bool dry_run, skip_bad;
	struct sheet sheet;
	struct enroll_import plan;
	struct cli_progress bar;
	int resolved; /* alerts of devices that are retired now */
};

static void clear_import(struct import *import)
{
	for (int field = 0; field < SHEET_FIELD_COUNT; field++)
		free(import->map[field]);
	free(import->shown);
	enroll_import_clear(&import->plan);
	sheet_clear(&import->sheet);
}

/* ---- what was asked for ---- */

bool cli_is_import(int argc, char **argv)
{
	static const char *const options[] = {"--csv", "--map", "--dry-run", "--skip-bad"};

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
			size_t length = strlen(options[k]);
			if (strncmp(argv[i], options[k], length) == 0 && (argv[i][length] == '\0' || argv[i][length] == '='))
				return true;
		}
	return false;
}

/* A value for all rows must be one for a device. */
static int take_constant(struct import *import, enum sheet_field field, const char *value, struct error *e)
{
	CLEANUP(inventory_device_clear) struct inventory_device device = {0};

	if (field == SHEET_MODEL) {
		const struct inventory_model *model = cli_find_model(import->cli, value, e);
		if (!model)
			return -1;
		value = model->name;
	} else if (field == SHEET_LINK ? sheet_link_check(value, e) < 0
				       : inventory_device_set(&device, sheet_field_name(field), value, e) < 0) {
		e->code = ERROR_USAGE;
		return error_prefix(e, "--%s \"%s\"", sheet_field_name(field), value);
	}
	import->options.constants[field] = value;
	return 0;
}

static int take_option(struct import *import, int c, const char *value, struct error *e)
{
	switch (c) {
	case 'f': import->file = value; return 0;
	case 'p': return sheet_map_parse(import->map, value, e);
	case 'n': import->dry_run = true; return 0;
	case 'k': import->skip_bad = true; return 0;
	case 'l': return take_constant(import, SHEET_LINK, value, e);
	case 'm': return take_constant(import, SHEET_MODEL, value, e);
	case 'd': return take_constant(import, SHEET_DEPARTMENT, value, e);
	default: return take_constant(import, SHEET_CREDENTIAL, value, e);
	}
}

/* What the configuration says of columns stands behind what was said here. */
static void use_habits(struct import *import)
{
	char *const *columns = import->cli->setup.config.columns;
	struct sheet_options *options = &import->options;

	for (int field = 0; field < SHEET_FIELD_COUNT; field++) {
		options->map[field] = import->map[field];
		if (field == SHEET_LINK && columns[field] && strstr(columns[field], "://")) {
			if (!options->constants[field])
				options->constants[field] = columns[field];
		} else {
			options->habit[field] = columns[field];
		}
	}
	options->models = import->cli->setup.models.items;
	options->model_count = import->cli->setup.models.count;
}

/* Returns 0, or the exit code after it has spoken. */
static int read_options(struct import *import, int argc, char **argv)
{
	static const struct option options[] = {
		{"csv", required_argument, NULL, 'f'},	      {"map", required_argument, NULL, 'p'},
		{"dry-run", no_argument, NULL, 'n'},	      {"skip-bad", no_argument, NULL, 'k'},
		{"link", required_argument, NULL, 'l'},	      {"model", required_argument, NULL, 'm'},
		{"department", required_argument, NULL, 'd'}, {"credential", required_argument, NULL, 'c'},
		{0},
	};
	struct cli *cli = import->cli;
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c == '?')
			return ERROR_USAGE;
		if (take_option(import, c, optarg, &e) < 0)
			return cli_usage(cli, "%s", e.text);
	}
	if (!import->file)
		return cli_usage(cli, "--map, --dry-run and --skip-bad are for a spreadsheet: name it with --csv FILE");
	if (optind < argc)
		return cli_usage(cli, "with --csv the assets stand in the file: what is \"%s\"?", argv[optind]);
	import->name = strcmp(import->file, "-") == 0 ? "standard input" : import->file;
	import->shown = escape_string(ESCAPE_DISPLAY, import->name);
	if (!import->shown) {
		error_memory(&e);
		return cli_fail(cli, &e);
	}
	use_habits(import);
	return 0;
}

/* ---- words ---- */

static void print_fault(const struct import *import, const struct sheet_row *row, const struct sheet_fault *fault)
{
	CLEANUP(cleanup_free) char *words = escape_string(ESCAPE_DISPLAY, fault->words);
	CLEANUP(cleanup_free) char *heading = fault->heading ? escape_string(ESCAPE_DISPLAY, fault->heading) : NULL;

	CLEANUP(text_clear) struct text place;

	text_init(&place);
	text_addf(&place, "line %zu", row->line);
	if (fault->column && heading && *heading)
		text_addf(&place, ", column \"%s\"", heading);
	else if (fault->column)
		text_addf(&place, ", column %zu", fault->column);
	cli_remark(import->cli, "%s: %s: %s (%s)", import->shown, place.data ? place.data : "", words ? words : "",
		   sheet_fault_name(fault->code));
}

static void print_faults(const struct import *import)
{
	(void)fflush(stdout); /* in order; whether it could be written shows at the end */
	for (size_t i = 0; i < import->plan.count; i++) {
		const struct enroll_step *step = &import->plan.steps[i];
		for (size_t k = 0; step->what == ENROLL_BAD && k < step->row->fault_count; k++)
			print_fault(import, step->row, &step->row->faults[k]);
	}
}

/* "department ICU -> ER, link …" */
static void write_changes(struct text *text, const struct enroll_step *step)
{
	for (int field = 0; field < SHEET_STORED; field++) {
		if (!(step->changed >> field & 1))
			continue;
		const char *before = enroll_value(&step->before->device, (enum sheet_field)field);
		const char *after = enroll_value(&step->after, (enum sheet_field)field);
		text_addf(text, "%s%s %s -> %s", text->length ? ", " : "", sheet_field_name((enum sheet_field)field),
			  before ? before : "(none)", after ? after : "(none)");
	}
}

static void write_step(struct text *text, const struct enroll_step *step)
{
	const struct inventory_device *after = &step->after;

	switch (step->what) {
	case ENROLL_NEW:
		text_addf(text, "%s, %s%s%s", after->model, after->link, after->department ? ", " : "",
			  after->department ? after->department : "");
		break;
	case ENROLL_CHANGED: write_changes(text, step); break;
	case ENROLL_STAYS_RETIRED: text_add(text, "retired here, and stays so"); break;
	case ENROLL_PASSED_OVER: text_add(text, "retired, and not enrolled: passed over"); break;
	case ENROLL_BAD:
		for (size_t i = 0; i < step->row->fault_count; i++)
			text_addf(text, "%s%s", i ? ", " : "", sheet_fault_name(step->row->faults[i].code));
		break;
	default: break;
	}
}

static const char *heading_of(enum enroll_what what)
{
	static const char *const words[ENROLL_WHAT_COUNT] = {
		[ENROLL_NEW] = "NEW", [ENROLL_CHANGED] = "CHANGED", [ENROLL_SAME] = "SAME",
		[ENROLL_STAYS_RETIRED] = "RETIRED", [ENROLL_PASSED_OVER] = "PASSED OVER", [ENROLL_BAD] = "BAD",
	};

	return words[what];
}

static bool is_shown(const struct import *import, enum enroll_what what)
{
	bool few = import->plan.counts[what] <= SAME_SHOWN;

	return what == ENROLL_NEW ? import->dry_run || few : what != ENROLL_SAME || few;
}

static void print_table(const struct import *import)
{
	static const struct cli_column columns[] = {
		{.heading = "ROW IS"}, {.heading = "LINE", .right = true}, {.heading = "ASSET"},
		{.heading = "WHAT", .fit = CLI_WRAP, .least = 24},
	};
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);
	bool any = false;

	for (size_t i = 0; i < import->plan.count; i++) {
		const struct enroll_step *step = &import->plan.steps[i];
		CLEANUP(text_clear) struct text what = {0};
		char line[24];
		if (!is_shown(import, step->what))
			continue;
		write_step(&what, step);
		(void)snprintf(line, sizeof line, "%zu", step->row->line); /* fits */
		const char *const cells[] = {heading_of(step->what), line, step->row->device.asset, what.data};
		cli_table_add(&table, cells);
		cli_table_mark(&table, 0, step->what == ENROLL_BAD ? CLI_BAD : step->what == ENROLL_NEW ? CLI_GOOD :
			       step->what == ENROLL_CHANGED ? CLI_WATCH : CLI_PLAIN);
		any = true;
	}
	if (any) {
		cli_table_print(import->cli, &table);
		printf("\n");
	}
}

static const char *devices_word(size_t count)
{
	return count == 1 ? "device" : "devices";
}

/* What the counts and the options come to, in a sentence or two. */
static void print_summary(const struct import *import)
{
	const struct enroll_import *plan = &import->plan;
	const size_t *counts = plan->counts;
	CLEANUP(text_clear) struct text text = {0};

	if (import->dry_run)
		text_addf(&text, "Dry run: nothing was changed. It would enroll %zu %s, change %zu and leave %zu as they are",
			  counts[ENROLL_NEW], devices_word(counts[ENROLL_NEW]), counts[ENROLL_CHANGED], counts[ENROLL_SAME]);
	else
		text_addf(&text, "%zu %s enrolled, %zu changed, %zu the same", counts[ENROLL_NEW],
			  devices_word(counts[ENROLL_NEW]), counts[ENROLL_CHANGED], counts[ENROLL_SAME]);
	if (counts[ENROLL_BAD] > 0)
		text_addf(&text, "; %zu bad %s %s left out", counts[ENROLL_BAD], counts[ENROLL_BAD] == 1 ? "row" : "rows",
			  import->dry_run ? "would be" : counts[ENROLL_BAD] == 1 ? "was" : "were");
	text_add(&text, ".");
	if (import->sheet.converted > 0)
		text_addf(&text, " %zu %s not UTF-8 and %s read as Windows-1252: look at the letters with accents.",
			  import->sheet.converted, import->sheet.converted == 1 ? "line is" : "lines are",
			  import->sheet.converted == 1 ? "was" : "were");
	if (counts[ENROLL_STAYS_RETIRED] > 0)
		text_addf(&text, " %zu %s retired here and stay%s so: \"pumpwatch edit ASSET state=active\" brings one back.",
			  counts[ENROLL_STAYS_RETIRED], counts[ENROLL_STAYS_RETIRED] == 1 ? "is" : "are",
			  counts[ENROLL_STAYS_RETIRED] == 1 ? "s" : "");
	if (counts[ENROLL_PASSED_OVER] > 0)
		text_addf(&text, " %zu retired in the file and never enrolled %s passed over.", counts[ENROLL_PASSED_OVER],
			  counts[ENROLL_PASSED_OVER] == 1 ? "is" : "are");
	if (plan->absent > 0)
		text_addf(&text, " %zu enrolled %s not in the file, and left as %s.", plan->absent,
			  plan->absent == 1 ? "device is" : "devices are", plan->absent == 1 ? "it is" : "they are");
	if (import->resolved > 0)
		text_addf(&text, " %d open %s resolved.", import->resolved, import->resolved == 1 ? "alert was" : "alerts were");
	if (plan->without_credential > 0)
		text_addf(&text, " %zu cannot be visited without a login: --credential NAME gives one to all of the file.",
			  plan->without_credential);
	if (text.data)
		cli_paragraph(import->cli, 0, text.data);
	if (!import->dry_run && counts[ENROLL_NEW] > 0)
		cli_paragraph(import->cli, 0, "No link was tried: \"pumpwatch test ASSET\" tries one, \"pumpwatch sweep\" visits "
					      "all that are due.");
}

/* ---- JSON ---- */

static json_t *json_step(const struct enroll_step *step)
{
	const struct sheet_row *row = step->row;
	json_t *changes = json_array();
	json_t *faults = json_array();

	for (int field = 0; field < SHEET_STORED; field++)
		if (step->changed >> field & 1)
			json_array_append_new(changes, json_pack("{ss so so}", "field", sheet_field_name((enum sheet_field)field),
				"old", cli_json_string(enroll_value(&step->before->device, (enum sheet_field)field)),
				"new", cli_json_string(enroll_value(&step->after, (enum sheet_field)field))));
	for (size_t i = 0; i < row->fault_count; i++)
		json_array_append_new(faults, json_pack("{ss so so so}", "code", sheet_fault_name(row->faults[i].code),
			"column", row->faults[i].column ? json_integer((json_int_t)row->faults[i].column) : json_null(),
			"heading", cli_json_string(row->faults[i].heading), "words", cli_json_string(row->faults[i].words)));
	return json_pack("{sI so ss so so}", "line", (json_int_t)row->line, "asset", cli_json_string(row->device.asset),
			 "what", enroll_what_name(step->what), "changes", changes, "faults", faults);
}

static int print_json(const struct import *import, bool done)
{
	const struct enroll_import *plan = &import->plan;
	json_t *counts = json_object();
	json_t *rows = json_array();

	for (int what = 0; what < ENROLL_WHAT_COUNT; what++)
		json_object_set_new(counts, enroll_what_name((enum enroll_what)what),
				    json_integer((json_int_t)plan->counts[what]));
	for (size_t i = 0; i < plan->count; i++)
		json_array_append_new(rows, json_step(&plan->steps[i]));
	return cli_print_json(json_pack("{ss ss sI sb sb so sI sI so}", "file", import->shown, "encoding", import->sheet.encoding,
		"heading_line", (json_int_t)import->sheet.heading_line, "dry_run", import->dry_run, "done", done,
		"counts", counts, "not_in_file", (json_int_t)plan->absent, "without_credential",
		(json_int_t)plan->without_credential, "rows", rows));
}

/* ---- the run ---- */

static int read_file(struct import *import, struct error *e)
{
	CLEANUP(text_clear) struct text text = {0};
	bool standard = strcmp(import->file, "-") == 0;
	int r = standard ? file_read_fd(&text, STDIN_FILENO, "standard input", SHEET_BYTES_MAX, e)
			 : file_read(&text, import->file, SHEET_BYTES_MAX, ERROR_DATA, e);

	if (r < 0)
		return -1;
	if (sheet_parse(&import->sheet, text.data ? text.data : "", text.length, &import->options, e) < 0)
		return error_prefix(e, "%s", import->name);
	return 0;
}

static bool on_progress(void *userdata, size_t done, size_t total)
{
	struct import *import = userdata;

	import->bar.total = total;
	cli_progress_show(&import->bar, done, NULL);
	return !cli_signal_came();
}

static bool is_refused(const struct import *import)
{
	return import->plan.counts[ENROLL_BAD] > 0 && !import->skip_bad;
}

/* Plan, and unless it is a dry run do it: one transaction, and one path for both. */
static int run_transaction(struct import *import, struct error *e)
{
	struct cli *cli = import->cli;
	const struct enroll_import_options options = {
		.models = &cli->setup.models, .now = cli_now(cli), .skip_bad = import->skip_bad,
		.on_progress = on_progress, .userdata = import,
	};
	const struct sweep_environment environment = cli_environment(cli);
	const struct store_actor actor = cli_actor(cli);

	if (enroll_import_plan(&import->plan, &import->sheet, cli->store, &options, e) < 0)
		return error_prefix(e, "%s", import->name);
	if (import->dry_run || is_refused(import))
		return 0;
	import->resolved = enroll_import_apply(&import->plan, &environment, &actor, cli->verb, import->name, &options, e);
	return import->resolved < 0 ? error_prefix(e, "%s", import->name) : store_commit(cli->store, e);
}

/* A dry run makes no store: where there is none, nothing is enrolled. */
static int open_store(const struct import *import, struct error *e)
{
	struct cli *cli = import->cli;

	if (import->dry_run && !store_exists(cli->setup.config.state))
		return 0;
	if (cli_open_store(cli, import->dry_run ? STORE_READ : STORE_WRITE, e) < 0)
		return -1;
	return store_begin(cli->store, e);
}

static int run(struct import *import, struct error *e)
{
	struct cli *cli = import->cli;

	if (read_file(import, e) < 0 || open_store(import, e) < 0)
		return -1;
	cli_block_signals(); /* they wait, and are looked for between rows */
	cli_progress_begin(&import->bar, cli, "rows", import->sheet.count);
	int r = run_transaction(import, e);
	cli_progress_clear(&import->bar);
	if (cli->store)
		store_rollback(cli->store);
	if (r == 0 && import->resolved > 0)
		cli_deliver(cli, CLI_DELIVERY_PATIENCE);
	return r;
}

static void print_refusal(const struct import *import)
{
	size_t bad = import->plan.counts[ENROLL_BAD];

	cli_remark(import->cli, "%s: %zu of %zu rows %s bad, and nothing was changed: correct %s in the list, or leave %s out "
		   "with --skip-bad", import->shown, bad, import->plan.count, bad == 1 ? "is" : "are",
		   bad == 1 ? "it" : "them", bad == 1 ? "it" : "them");
}

int cli_import(struct cli *cli, int argc, char **argv)
{
	CLEANUP(clear_import) struct import import = {.cli = cli};
	struct error e;
	int r = read_options(&import, argc, argv);

	if (r != 0)
		return r;
	if (run(&import, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		r = print_json(&import, !import.dry_run && !is_refused(&import));
	else if (!cli->quiet && (import.dry_run || !is_refused(&import)))
		print_table(&import);
	print_faults(&import);
	if (is_refused(&import))
		print_refusal(&import);
	else if (!cli->json && !cli->quiet)
		print_summary(&import);
	return r ? r : import.plan.counts[ENROLL_BAD] > 0 ? ERROR_DATA : 0;
}
