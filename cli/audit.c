#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/number.h"
#include "baseline/baseline.h"
#include "cli/ask.h"
#include "cli/table.h"
#include "file/file.h"

/* ---- verify ---- */

/* What is believed now of the baselines in force, as a sweep would find it. */
struct belief {
	struct baseline_memory *memory; /* empty: no copy of before helps */
	struct baselines believed;
	struct baseline_rejections rejected;
};

static void clear_belief(struct belief *belief)
{
	baselines_clear(&belief->believed);
	baseline_rejections_clear(&belief->rejected);
	baseline_memory_free(belief->memory);
}

static int check_approvals(struct cli *cli, struct belief *ret_belief, struct error *e)
{
	ret_belief->memory = baseline_memory_new();
	if (!ret_belief->memory)
		return error_memory(e);
	return baseline_refresh(&ret_belief->believed, &ret_belief->rejected, ret_belief->memory, cli->store,
				&cli->setup.config, cli_now(cli), e);
}

static json_t *json_fault(const struct store_fault *fault)
{
	return json_pack("{ss so so ss}", "fault", store_fault_name(fault->type), "record",
			 fault->record ? json_integer((json_int_t)fault->record) : json_null(), "subject",
			 fault->subject[0] ? json_string(fault->subject) : json_null(), "words", fault->words);
}

static json_t *json_rejection(const struct baseline_rejection *rejection)
{
	return json_pack("{ss so so}", "id", rejection->id, "scope", cli_json_string(rejection->scope), "why",
			 cli_json_string(rejection->why));
}

static int print_json(const struct cli *cli, const struct store_audit *audit, const struct belief *belief)
{
	json_t *faults = json_array();
	json_t *rejected = json_array();

	for (size_t i = 0; i < audit->fault_count; i++)
		json_array_append_new(faults, json_fault(&audit->faults[i]));
	for (size_t i = 0; i < belief->rejected.count; i++)
		json_array_append_new(rejected, json_rejection(&belief->rejected.items[i]));
	return cli_print_json(json_pack(
		"{sb sI sI sI sI sI sI sI ss sI so sI sI so}", "holds",
		audit->found == 0 && belief->rejected.count == 0, "records", (json_int_t)audit->records, "events",
		(json_int_t)audit->events, "acts", (json_int_t)audit->acts, "baselines",
		(json_int_t)audit->baselines, "signatures", (json_int_t)audit->signatures, "lists", (json_int_t)audit->lists, "seq",
		(json_int_t)audit->seq, "head", audit->head, "found", (json_int_t)audit->found, "faults", faults,
		"approvals", (json_int_t)cli->setup.config.approvals, "believed",
		(json_int_t)belief->believed.count, "rejected", rejected));
}

static void print_faults(const struct store_audit *audit)
{
	for (size_t i = 0; i < audit->fault_count; i++) {
		const struct store_fault *fault = &audit->faults[i];
		if (fault->record > 0)
			printf("record %llu: ", (unsigned long long)fault->record);
		else if (fault->subject[0])
			printf("%s: ", fault->subject);
		printf("%s (%s%s%s)\n", fault->words, store_fault_name(fault->type),
		       fault->record > 0 && fault->subject[0] ? ", " : "", fault->record > 0 ? fault->subject : "");
	}
	if (audit->found > audit->fault_count)
		printf("… and %llu more.\n", (unsigned long long)(audit->found - audit->fault_count));
}

static void print_text(const struct cli *cli, const struct store_audit *audit, const struct belief *belief)
{
	print_faults(audit);
	for (size_t i = 0; i < belief->rejected.count; i++) {
		const struct baseline_rejection *rejection = &belief->rejected.items[i];
		CLEANUP(cleanup_free) char *why = escape_string(ESCAPE_DISPLAY, rejection->why);
		printf("%s: it is in force, but not believed: %s (baseline-rejected)\n", rejection->id,
		       why ? why : "");
	}
	if (cli->quiet)
		return;
	printf("%llu records (%llu events, %llu acts)%s\nHead %s\n", (unsigned long long)audit->records,
	       (unsigned long long)audit->events, (unsigned long long)audit->acts,
	       audit->found ? "." : ": the chain holds.", audit->head);
	printf("%llu baselines with %llu signatures; %zu of those in force are believed%s.\n",
	       (unsigned long long)audit->baselines, (unsigned long long)audit->signatures, belief->believed.count,
	       cli->setup.config.approvals == 0 ? " (evaluation mode: no signature is asked for)" : "");
	if (audit->found > 0)
		printf("Faults: %llu. Compare the head with the summaries that the SIEM has, and restore the store "
		       "from a backup from before.\n", (unsigned long long)audit->found);
}

int verb_audit_verify(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_audit_clear) struct store_audit audit = {0};
	CLEANUP(clear_belief) struct belief belief = {0};
	struct error e;

	if (argc > 1)
		return cli_usage(cli, "\"audit verify\" takes no arguments, but \"%s\" was given", argv[1]);
	if (cli_open_store(cli, STORE_READ, &e) < 0 || store_audit_verify(cli->store, &audit, &e) < 0)
		return cli_fail(cli, &e);
	if (check_approvals(cli, &belief, &e) < 0) {
		print_faults(&audit);
		return cli_fail(cli, &e);
	}
	bool holds = audit.found == 0 && belief.rejected.count == 0;
	if (cli->json) {
		int r = print_json(cli, &audit, &belief);
		return r ? r : holds ? 0 : ERROR_DATA;
	}
	print_text(cli, &audit, &belief);
	return holds ? 0 : ERROR_DATA;
}

/* ---- export ---- */

enum { PAGE = 500 }; /* records that are in memory at once */

/* A hash, or nothing where something else stands in its place. */
static const char *digits(const char *hash)
{
	return strspn(hash, "0123456789abcdef") == strlen(hash) ? hash : "";
}

/* The record stands in its line byte for byte, so that its hash can be computed from it; what is no
 * JSON any more is written as the string "text". */
static int add_line(struct text *lines, const struct store_record *record, struct error *e)
{
	json_t *object = json_loadb(record->text, record->length, 0, NULL);
	bool whole = object && !strchr(record->text, '\n');

	json_decref(object);
	text_addf(lines, "{\"number\":%llu,\"hash\":\"%s\",\"previous\":\"%s\",",
		  (unsigned long long)record->number, digits(record->hash), digits(record->previous));
	if (whole) {
		text_addf(lines, "\"record\":%s}\n", record->text);
		return lines->failed ? error_memory(e) : 0;
	}
	CLEANUP(text_clear) struct text shown = {0};
	escape_add(&shown, ESCAPE_DISPLAY, record->text, record->length);
	json_t *string = json_string(shown.data ? shown.data : "");
	CLEANUP(cleanup_free) char *words = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
	json_decref(string);
	text_addf(lines, "\"text\":%s}\n", words ? words : "null");
	return lines->failed || shown.failed || !words ? error_memory(e) : 0;
}

struct export {
	struct file_new file; /* of zeros: standard output */
	uint64_t after; /* the last record that was written */
	uint64_t count;
};

static void clear_export(struct export *export)
{
	file_new_clear(&export->file);
}

/* Write the next page: how many records it had, or -1. */
static int export_page(struct cli *cli, struct export *export, struct error *e)
{
	CLEANUP(store_records_clear) struct store_records page = {0};
	CLEANUP(text_clear) struct text lines = {0};

	if (store_records_list(cli->store, export->after, PAGE, &page, e) < 0)
		return -1;
	for (size_t i = 0; i < page.count; i++)
		if (add_line(&lines, &page.items[i], e) < 0)
			return -1;
	if (page.count == 0)
		return 0;
	if (export->file.path && file_new_write(&export->file, lines.data, lines.length, e) < 0)
		return -1;
	if (!export->file.path)
		(void)fwrite(lines.data, 1, lines.length, stdout); /* whether it was written shows at the end */
	export->after = page.items[page.count - 1].number;
	export->count += page.count;
	return 1;
}

static int export_all(struct cli *cli, struct export *export, const char *output, struct error *e)
{
	int more;

	cli_block_signals(); /* half a file must not stay behind */
	if (output && file_new_open(&export->file, output, e) < 0)
		return -1;
	while ((more = export_page(cli, export, e)) > 0 && !ferror(stdout))
		if (cli_signal_came())
			return error_set(e, ERROR_UNAVAILABLE, "interrupted after %llu records%s%s",
					 (unsigned long long)export->count, output ? ": nothing was written to " : "",
					 output ? output : "");
	if (more < 0)
		return -1;
	return output ? file_new_keep(&export->file, 0640, e) : 0;
}

static int parse_count(struct cli *cli, const char *option, const char *string, uint64_t least, uint64_t *ret)
{
	if (number_parse(ret, string, least, INT64_MAX) < 0)
		return cli_usage(cli, "%s wants a whole number, not \"%s\"", option, string);
	return 0;
}

int verb_audit_export(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'}, {"after", required_argument, NULL, 'a'}, {0},
	};
	CLEANUP(clear_export) struct export export = {0};
	const char *output = NULL;
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c == 'o')
			output = strcmp(optarg, "-") == 0 ? NULL : optarg;
		else if (c != 'a' || parse_count(cli, "--after", optarg, 0, &export.after) != 0)
			return ERROR_USAGE;
	}
	if (optind < argc)
		return cli_usage(cli, "\"audit export\" takes options only: what is \"%s\"?", argv[optind]);
	if (cli_open_store(cli, STORE_READ, &e) < 0 || export_all(cli, &export, output, &e) < 0)
		return cli_fail(cli, &e);
	if (output && cli->json)
		return cli_print_json(json_pack("{so sI sI}", "file", cli_json_string(output), "records",
						(json_int_t)export.count, "last", (json_int_t)export.after));
	if (output && !cli->quiet)
		printf("%llu records are in %s.\n", (unsigned long long)export.count, output);
	return 0;
}

/* ---- list ---- */

static void print_acts(const struct cli *cli, const struct store_acts *acts)
{
	static const struct cli_column columns[] = {
		{.heading = "RECORD", .right = true}, {.heading = "WHEN", .fit = CLI_WRAP, .least = 10},
		{.heading = "WHO", .fit = CLI_CUT, .least = 6}, {.heading = "WHAT", .fit = CLI_WRAP, .least = 12},
		{.heading = "TO WHAT", .fit = CLI_CUT_MIDDLE, .least = 10},
		{.heading = "DETAIL", .fit = CLI_WRAP, .least = 12}, {.heading = "WHY", .fit = CLI_WRAP, .least = 12},
	};
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);

	for (size_t i = 0; i < acts->count; i++) {
		const struct store_act *act = &acts->items[i];
		char number[24], time[CLI_TIME_SIZE];
		(void)snprintf(number, sizeof number, "%llu", (unsigned long long)act->number); /* fits */
		const char *const row[] = {number, cli_time(cli, act->at, time), act->by, act->verb, act->subject,
					   act->detail, act->why};
		cli_table_add(&table, row);
	}
	if (acts->count > 0)
		cli_table_print(cli, &table);
	else if (!cli->quiet)
		printf("Nothing was done.\n");
}

static json_t *json_act(const struct store_act *act)
{
	return json_pack("{sI so so so so so so}", "record", (json_int_t)act->number, "at", cli_json_time(act->at),
			 "by", cli_json_string(act->by), "verb", cli_json_string(act->verb), "subject",
			 cli_json_string(act->subject), "detail", cli_json_string(act->detail), "why",
			 cli_json_string(act->why));
}

int verb_audit_list(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {{"most", required_argument, NULL, 'm'}, {0}};
	CLEANUP(store_acts_clear) struct store_acts acts = {0};
	uint64_t most = 100;
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1)
		if (c != 'm' || parse_count(cli, "--most", optarg, 1, &most) != 0)
			return ERROR_USAGE;
	if (argc - optind > 1)
		return cli_usage(cli, "\"audit list\" takes one subject at most");
	if (cli_open_store(cli, STORE_READ, &e) < 0 ||
	    store_acts_list(cli->store, optind < argc ? argv[optind] : NULL, most, &acts, &e) < 0)
		return cli_fail(cli, &e);
	if (!cli->json) {
		print_acts(cli, &acts);
		return 0;
	}
	json_t *array = json_array();
	for (size_t i = 0; i < acts.count; i++)
		json_array_append_new(array, json_act(&acts.items[i]));
	return cli_print_json(array);
}
