#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "cli/baseline.h"
#include "cli/table.h"
#include "file/file.h"

/* ---- list ---- */

static void print_row(struct cli_table *table, const struct cli *cli, const struct store_baseline *one,
		      const struct baseline_check *check)
{
	unsigned needed = cli->setup.config.approvals;
	char id[13], scope[CLI_SCOPE_SIZE], serial[24], files[24], time[CLI_TIME_SIZE], approvals[CLI_APPROVALS_SIZE];
	bool readable = one->fault[0] == '\0';

	text_copy(id, cli->terminal ? 9 : sizeof id, one->id); /* both are enough to name it by */
	(void)snprintf(serial, sizeof serial, "%llu", (unsigned long long)one->manifest.serial); /* fits */
	(void)snprintf(files, sizeof files, "%zu", one->manifest.file_count);
	const char *const row[] = {
		id, cli_scope(&one->manifest, scope), visit_kind_name(one->manifest.kind), one->manifest.release,
		serial, needed > 0 ? cli_approvals(check, needed, approvals) : NULL,
		baseline_stage_name(baseline_stage(one, check, cli_now(cli))),
		one->state == STORE_OLDER ? cli_time(cli, one->accept_until, time) : NULL,
		readable ? files : NULL,
	};
	cli_table_add(table, row);
}

/* What the table cannot show: why one that was put in force is not believed. */
static void print_faults(const struct store_baselines *baselines, const struct baseline_check *checks)
{
	for (size_t i = 0; i < baselines->count; i++) {
		const struct store_baseline *one = &baselines->items[i];
		if (checks[i].fault == BASELINE_DAMAGED ||
		    (checks[i].fault != BASELINE_FINE && one->in_force_at > 0 && one->state != STORE_WITHDRAWN))
			fprintf(stderr, "pumpwatch: %.12s is not believed: %s\n", one->id, checks[i].why);
	}
}

static void print_baselines(const struct cli *cli, const struct store_baselines *baselines,
			    const struct baseline_check *checks)
{
	static const struct cli_column columns[] = {
		{.heading = "ID"}, {.heading = "SCOPE", .fit = CLI_WRAP, .least = 14}, {.heading = "KIND"},
		{.heading = "RELEASE", .fit = CLI_WRAP, .least = 7}, {.heading = "SERIAL", .right = true, .drop = 1},
		{.heading = "APPROVED", .fit = CLI_WRAP, .least = 8}, {.heading = "STATE"},
		{.heading = "ACCEPTED UNTIL", .fit = CLI_WRAP, .least = 10},
		{.heading = "FILES", .right = true, .drop = 2},
	};
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);
	const char *caution = baseline_caution(cli->setup.config.approvals);

	for (size_t i = 0; i < baselines->count; i++)
		print_row(&table, cli, &baselines->items[i], &checks[i]);
	cli_table_print(cli, &table);
	(void)fflush(stdout); /* in order; whether it could be written shows at the end */
	print_faults(baselines, checks);
	if (cli->quiet)
		return;
	if (baselines->count == 0)
		fprintf(stderr, "No baseline is there. \"pumpwatch baseline learn --help\" shows how to make one.\n");
	else if (caution)
		fprintf(stderr, "%s\n", caution);
}

static int check_all(struct cli *cli, const struct store_baselines *baselines, struct baseline_check *checks,
		     struct error *e)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	struct trust_policy policy;

	if (baselines->count == 0)
		return 0; /* nothing asks for a file of signers yet */
	if (cli_load_policy(cli, &signers, &policy, e) < 0)
		return -1;
	for (size_t i = 0; i < baselines->count; i++) {
		if (baseline_check(&checks[i], &baselines->items[i], &policy, cli_now(cli), e) < 0)
			return -1;
		for (size_t k = 0; k < checks[i].vote_count; k++)
			checks[i].votes[k].signer = NULL; /* the signers end here */
	}
	return 0;
}

static int list(struct cli *cli, const char *model, struct error *e)
{
	CLEANUP(store_baselines_clear) struct store_baselines baselines = {0};
	CLEANUP(cleanup_free) struct baseline_check *checks = NULL;

	if (cli_open_store(cli, STORE_READ, e) < 0 || store_baselines_list(cli->store, model, NULL, &baselines, e) < 0)
		return -1;
	checks = calloc(baselines.count + 1, sizeof *checks);
	if (!checks)
		return error_memory(e);
	if (check_all(cli, &baselines, checks, e) < 0)
		return -1;
	if (!cli->json) {
		print_baselines(cli, &baselines, checks);
		return 0;
	}
	json_t *array = json_array();
	for (size_t i = 0; i < baselines.count; i++)
		json_array_append_new(array, cli_json_baseline(cli, &baselines.items[i], &checks[i]));
	return cli_print_json(array) == 0 ? 0 : error_set(e, ERROR_INTERNAL, "the list could not be put into JSON");
}

int verb_baseline_list(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {{"model", required_argument, NULL, 'm'}, {0}};
	const char *model = NULL;
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c != 'm')
			return ERROR_USAGE;
		const struct inventory_model *known = cli_find_model(cli, optarg, &e);
		if (!known)
			return cli_fail(cli, &e);
		model = known->name;
	}
	if (optind < argc)
		return cli_usage(cli, "\"baseline list\" takes options only: what is \"%s\"?", argv[optind]);
	return list(cli, model, &e) < 0 ? cli_fail(cli, &e) : 0;
}

/* ---- export ---- */

static json_t *json_export(const struct cli *cli, const struct store_baseline *one, const char *output)
{
	json_t *object = cli_json_baseline(cli, one, NULL);
	json_t *signatures = json_array();

	for (size_t i = 0; i < one->signature_count; i++)
		json_array_append_new(signatures, json_string(one->signatures[i]));
	json_object_set_new(object, "file", cli_json_string(output));
	json_object_set_new(object, "text", output ? json_null() : json_string(one->text));
	json_object_set_new(object, "signatures", signatures);
	return object;
}

/* FILE.1.sig and so on: what "ssh-keygen -Y verify -s" wants. */
static int write_signatures(const struct store_baseline *one, const char *output, struct error *e)
{
	for (size_t i = 0; i < one->signature_count; i++) {
		CLEANUP(cleanup_free) char *path = NULL;
		if (asprintf(&path, "%s.%zu.sig", output, i + 1) < 0) {
			path = NULL; /* asprintf leaves it undefined */
			return error_memory(e);
		}
		if (file_write(path, one->signatures[i], strlen(one->signatures[i]), 0644, e) < 0)
			return -1;
	}
	return 0;
}

int verb_baseline_export(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_baseline_clear) struct store_baseline one = {0};
	static const struct option options[] = {{"output", required_argument, NULL, 'o'}, {0}};
	const char *output = NULL;
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c != 'o')
			return ERROR_USAGE;
		output = strcmp(optarg, "-") == 0 ? NULL : optarg;
	}
	if (argc - optind != 1)
		return cli_usage(cli, "\"baseline export\" wants one id");
	if (cli_open_store(cli, STORE_READ, &e) < 0 || cli_load_baseline(cli, argv[optind], &one, &e) < 0 ||
	    cli_need_text(&one, &e) < 0)
		return cli_fail(cli, &e);
	if (output && (file_write(output, one.text, strlen(one.text), 0644, &e) < 0 ||
		       write_signatures(&one, output, &e) < 0))
		return cli_fail(cli, &e);
	if (cli->json)
		return cli_print_json(json_export(cli, &one, output));
	if (!output)
		(void)fputs(one.text, stdout); /* whether it was written shows at the end */
	return 0;
}

/* ---- diff ---- */

struct diff {
	bool json;
	json_t *array;
	size_t count;
};

static void on_change(void *userdata, enum manifest_change change, const struct manifest_file *before,
		      const struct manifest_file *after)
{
	static const char *const words[] = {"added", "removed", "changed"};
	struct diff *diff = userdata;
	const char *path = before ? before->path : after->path;
	CLEANUP(cleanup_free) char *shown = escape_string(ESCAPE_DISPLAY, path);

	diff->count++;
	json_array_append_new(diff->array, json_pack("{ss so}", "change", words[change], "path", cli_json_string(path)));
	if (!diff->json)
		printf("%-8s %s\n", words[change], shown ? shown : "");
}

int verb_baseline_diff(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_baseline_clear) struct store_baseline before = {0};
	CLEANUP(store_baseline_clear) struct store_baseline after = {0};
	struct diff diff = {.json = cli->json};
	struct error e;

	if (argc != 3)
		return cli_usage(cli, "\"baseline diff\" wants two baselines, each by its id or as a manifest's file");
	if (cli_load_named(cli, argv[1], &before, &e) < 0 || cli_need_text(&before, &e) < 0 ||
	    cli_load_named(cli, argv[2], &after, &e) < 0 || cli_need_text(&after, &e) < 0)
		return cli_fail(cli, &e);
	diff.array = json_array();
	manifest_diff(&before.manifest, &after.manifest, on_change, &diff);
	if (cli->json)
		return cli_print_json(diff.array);
	json_decref(diff.array);
	if (diff.count == 0 && !cli->quiet)
		printf("The files are the same.\n");
	return 0;
}
