#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/text.h"
#include "cli/baseline.h"
#include "cli/cli.h"
#include "file/file.h"

/* ---- add ---- */

/* What the profile and the inventory must know before a manifest can be in force. */
static int check_scope(struct cli *cli, const struct manifest *manifest, struct error *e)
{
	CLEANUP(store_device_clear) struct store_device device = {0};
	const char *model_name = manifest->scope_name;

	if (strcmp(manifest->site, cli->setup.config.site) != 0)
		return error_set(e, ERROR_DATA, "the manifest is of the site \"%s\", this one is \"%s\"",
				 manifest->site, cli->setup.config.site);
	if (manifest->scope == MANIFEST_DEVICE) {
		if (cli_load_device(cli, manifest->scope_name, &device, e) < 0)
			return -1;
		model_name = device.device.model;
	}
	const struct inventory_model *model = sweep_models_find(&cli->setup.models, model_name);
	if (!model)
		return error_set(e, ERROR_DATA, "the manifest is for the model \"%s\", which has no profile", model_name);
	if (!inventory_model_has_kind(model, manifest->kind))
		return error_set(e, ERROR_DATA, "the profile \"%s\" pulls no files of the kind \"%s\"", model->name,
				 visit_kind_name(manifest->kind));
	return 0;
}

/* Whether a baseline of the same scope and kind is in force; -1 also when it is this one. */
static int stands_before(struct cli *cli, const struct manifest *manifest, const char *id, struct error *e)
{
	CLEANUP(store_baselines_clear) struct store_baselines all = {0};

	if (store_baselines_list(cli->store, NULL, NULL, &all, e) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		if (strcmp(all.items[i].id, id) == 0)
			return error_set(e, ERROR_DATA, "this baseline (%.12s) is in the store already: it is %s", id,
					 store_baseline_state_name(all.items[i].state));
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].state == STORE_CURRENT && all.items[i].manifest.kind == manifest->kind &&
		    all.items[i].manifest.scope == manifest->scope &&
		    strcmp(all.items[i].manifest.scope_name, manifest->scope_name) == 0)
			return 1;
	return 0;
}

static int parse_until(const struct cli *cli, const char *string, int64_t *ret_at)
{
	if (strcmp(string, "now") != 0)
		return time_parse(ret_at, string);
	*ret_at = cli_now(cli);
	return 0;
}

static int add(struct cli *cli, const char *path, const char *older_until, struct manifest *manifest,
	       char id[static MANIFEST_ID_SIZE], struct error *e)
{
	CLEANUP(text_clear) struct text text;
	int64_t until = cli_now(cli);

	if (cli_read_file(&text, path, e) < 0 ||
	    manifest_parse(manifest, path, text.data ? text.data : "", text.length, e) < 0)
		return -1;
	if (check_scope(cli, manifest, e) < 0)
		return error_prefix(e, "%s", path);
	if (manifest_id(id, text.data, text.length) < 0)
		return error_set(e, ERROR_INTERNAL, "the manifest could not be hashed");
	int current = stands_before(cli, manifest, id, e);
	if (current < 0)
		return error_prefix(e, "%s", path);
	if (current > 0 && !older_until)
		return error_set(e, ERROR_USAGE,
				 "a release is in force already: say how long it is still accepted beside the new one "
				 "with --older-until (a date, never, or now)");
	if (older_until && parse_until(cli, older_until, &until) < 0)
		return error_set(e, ERROR_USAGE, "--older-until wants a date such as 2026-12-31, never, or now");
	const struct store_actor actor = cli_actor(cli);
	if (store_begin(cli->store, e) < 0)
		return -1;
	if (store_baseline_add(cli->store, text.data, manifest, &actor, e) < 0 ||
	    (cli->setup.config.approvals == 0 &&
	     store_baseline_enforce(cli->store, id, until, &actor, e) < 0) ||
	    store_commit(cli->store, e) < 0) {
		store_rollback(cli->store);
		return error_prefix(e, "%s", path);
	}
	return 0;
}

int verb_baseline_add(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {{"older-until", required_argument, NULL, 'u'}, {0}};
	CLEANUP(manifest_clear) struct manifest manifest = {0};
	char id[MANIFEST_ID_SIZE];
	const char *older_until = NULL;
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c != 'u')
			return ERROR_USAGE;
		older_until = optarg;
	}
	if (argc - optind != 1)
		return cli_usage(cli, "\"baseline add\" wants one manifest");
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 || add(cli, argv[optind], older_until, &manifest, id, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return cli_print_json(json_pack("{ss ss ss sI}", "id", id, "kind", visit_kind_name(manifest.kind),
						"release", manifest.release, "serial", (json_int_t)manifest.serial));
	if (!cli->quiet)
		printf("%.12s is in force: %s %s for %s %s, %zu files.\n%s", id, visit_kind_name(manifest.kind),
		       manifest.release, manifest.scope == MANIFEST_DEVICE ? "device" : "model",
		       manifest.scope_name, manifest.file_count,
		       cli->setup.config.approvals == 0
			       ? "Evaluation mode (approvals = 0): no signature vouches for it.\n" : "");
	return 0;
}

/* ---- list, show, export, diff ---- */

static json_t *json_baseline(const struct store_baseline *one)
{
	const struct manifest *manifest = &one->manifest;

	return json_pack("{ss ss ss so ss so sI so so so so so sI}", "id", one->id, "state",
			 store_baseline_state_name(one->state), "scope",
			 manifest->scope == MANIFEST_DEVICE ? "device" : "model", "name",
			 cli_json_string(manifest->scope_name), "kind", visit_kind_name(manifest->kind), "release",
			 cli_json_string(manifest->release), "serial", (json_int_t)manifest->serial, "created",
			 cli_json_time(manifest->created_at), "accept_until",
			 one->state == STORE_OLDER && one->accept_until == TIME_NEVER
				 ? json_string("never") : cli_json_time(one->accept_until),
			 "added", cli_json_time(one->added_at), "added_by", cli_json_string(one->added_by), "reason",
			 cli_json_string(one->reason), "files", (json_int_t)manifest->file_count);
}

static void print_baselines(const struct cli *cli, const struct store_baselines *baselines)
{
	CLEANUP(cli_table_clear) struct cli_table table = {.columns = 8};
	static const char *const heading[] = {"ID", "SCOPE", "KIND", "RELEASE", "SERIAL", "STATE", "ACCEPTED UNTIL",
					      "FILES"};

	cli_table_add(&table, heading);
	for (size_t i = 0; i < baselines->count; i++) {
		const struct store_baseline *one = &baselines->items[i];
		char id[13], scope[128], serial[24], files[24], time[CLI_TIME_SIZE];
		text_copy(id, sizeof id, one->id);
		(void)snprintf(scope, sizeof scope, "%s %s", /* a longer name is cut: it is for the eye */
			       one->manifest.scope == MANIFEST_DEVICE ? "device" : "model", one->manifest.scope_name);
		(void)snprintf(serial, sizeof serial, "%llu", (unsigned long long)one->manifest.serial); /* fits */
		(void)snprintf(files, sizeof files, "%zu", one->manifest.file_count);
		const char *const row[] = {id, scope, visit_kind_name(one->manifest.kind),
					   one->manifest.release, serial, store_baseline_state_name(one->state),
					   one->state == STORE_OLDER ? cli_time(cli, one->accept_until, time) : NULL,
					   files};
		cli_table_add(&table, row);
	}
	cli_table_print(&table);
	if (!cli->quiet && baselines->count == 0)
		fprintf(stderr, "No baseline is there. \"pumpwatch baseline learn --help\" shows how to make one.\n");
}

int verb_baseline_list(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {{"model", required_argument, NULL, 'm'}, {0}};
	CLEANUP(store_baselines_clear) struct store_baselines baselines = {0};
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
	if (cli_open_store(cli, STORE_READ, &e) < 0 ||
	    store_baselines_list(cli->store, model, NULL, &baselines, &e) < 0)
		return cli_fail(cli, &e);
	if (!cli->json) {
		print_baselines(cli, &baselines);
		return 0;
	}
	json_t *array = json_array();
	for (size_t i = 0; i < baselines.count; i++)
		json_array_append_new(array, json_baseline(&baselines.items[i]));
	return cli_print_json(array);
}

static int load_baseline(struct cli *cli, const char *id, struct store_baseline *ret, struct error *e)
{
	int r = store_baseline_load(cli->store, id, ret, e);

	if (r == 0)
		return error_set(e, ERROR_USAGE, "there is no baseline \"%s\": \"pumpwatch baseline list\" lists them", id);
	if (r > 0 && ret->fault[0])
		return error_set(e, ERROR_DATA, "baseline %s: %s", ret->id, ret->fault);
	return r < 0 ? -1 : 0;
}

int verb_baseline_show(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_baseline_clear) struct store_baseline one = {0};
	struct error e;

	if (argc != 2)
		return cli_usage(cli, "\"baseline show\" wants one id");
	if (cli_open_store(cli, STORE_READ, &e) < 0 || load_baseline(cli, argv[1], &one, &e) < 0)
		return cli_fail(cli, &e);
	json_t *files = json_array();
	for (size_t i = 0; i < one.manifest.file_count; i++) {
		const struct manifest_file *file = &one.manifest.files[i];
		char md5[2 * DIGEST_MD5_SIZE + 1], sha256[DIGEST_SHA256_HEX + 1];
		hex_write(md5, file->digest.md5, DIGEST_MD5_SIZE);
		hex_write(sha256, file->digest.sha256, DIGEST_SHA256_SIZE);
		json_array_append_new(files, json_pack("{so sI ss ss}", "path", cli_json_string(file->path), "size",
						       (json_int_t)file->size, "md5", md5, "sha256", sha256));
	}
	if (cli->json) {
		json_t *object = json_baseline(&one);
		json_object_set_new(object, "manifest", files);
		return cli_print_json(object);
	}
	json_decref(files);
	printf("State          %s\nAdded by       %s\n%s%s%s\n%s", store_baseline_state_name(one.state),
	       one.added_by ? one.added_by : "-", one.reason ? "Reason         " : "", one.reason ? one.reason : "",
	       one.reason ? "\n" : "", one.text); /* the text is canonical: its paths are escaped */
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
	if (cli_open_store(cli, STORE_READ, &e) < 0 || load_baseline(cli, argv[optind], &one, &e) < 0)
		return cli_fail(cli, &e);
	if (output && file_write(output, one.text, strlen(one.text), 0644, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json) {
		json_t *object = json_baseline(&one);
		json_object_set_new(object, "file", cli_json_string(output));
		json_object_set_new(object, "text", output ? json_null() : json_string(one.text));
		return cli_print_json(object);
	}
	if (!output)
		(void)fputs(one.text, stdout); /* whether it was written shows at the end */
	return 0;
}

/* A manifest by its file, where there is one, else by its id. */
static int load_side(struct cli *cli, const char *name, struct manifest *ret, struct error *e)
{
	CLEANUP(store_baseline_clear) struct store_baseline one = {0};
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	if (access(name, F_OK) == 0)
		return cli_read_file(&text, name, e) < 0
			? -1 : manifest_parse(ret, name, text.data ? text.data : "", text.length, e);
	if (load_baseline(cli, name, &one, e) < 0)
		return -1;
	*ret = one.manifest;
	one.manifest = (struct manifest){0};
	return 0;
}

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
	CLEANUP(manifest_clear) struct manifest before = {0};
	CLEANUP(manifest_clear) struct manifest after = {0};
	struct diff diff = {.json = cli->json};
	struct error e;

	if (argc != 3)
		return cli_usage(cli, "\"baseline diff\" wants two baselines");
	if (cli_open_store(cli, STORE_READ, &e) < 0 || load_side(cli, argv[1], &before, &e) < 0 ||
	    load_side(cli, argv[2], &after, &e) < 0)
		return cli_fail(cli, &e);
	diff.array = json_array();
	manifest_diff(&before, &after, on_change, &diff);
	if (cli->json)
		return cli_print_json(diff.array);
	json_decref(diff.array);
	if (diff.count == 0 && !cli->quiet)
		printf("The files are the same.\n");
	return 0;
}

/* ---- accept-until, withdraw ---- */

/* The baseline as it is after the act. */
static int print_changed(struct cli *cli, const char *id)
{
	CLEANUP(store_baseline_clear) struct store_baseline one = {0};
	struct error e;

	return load_baseline(cli, id, &one, &e) < 0 ? cli_fail(cli, &e) : cli_print_json(json_baseline(&one));
}

int verb_baseline_accept_until(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_baseline_clear) struct store_baseline one = {0};
	char time[CLI_TIME_SIZE];
	struct error e;
	int64_t until;

	if (argc != 3)
		return cli_usage(cli, "\"baseline accept-until\" wants an id and a time");
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 || load_baseline(cli, argv[1], &one, &e) < 0)
		return cli_fail(cli, &e);
	if (parse_until(cli, argv[2], &until) < 0)
		return cli_usage(cli, "\"%s\" is no time: write a date such as 2026-12-31, never, or now", argv[2]);
	if (one.state != STORE_OLDER)
		return cli_usage(cli, "%.12s is %s: only an older release has a time until which it is accepted",
				 one.id, store_baseline_state_name(one.state));
	const struct store_actor actor = cli_actor(cli);
	if (store_baseline_accept_until(cli->store, one.id, until, &actor, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return print_changed(cli, one.id);
	if (!cli->quiet)
		printf("%.12s is accepted until %s.\n", one.id,
		       until == TIME_NEVER ? "further notice" : cli_time(cli, until, time));
	return 0;
}

int verb_baseline_withdraw(struct cli *cli, int argc, char **argv)
{
	static const struct option none[] = {{0}};
	CLEANUP(store_baseline_clear) struct store_baseline one = {0};
	struct error e;

	if (cli_option(cli, argc, argv, none) != -1)
		return ERROR_USAGE;
	if (argc - optind != 1 || !cli->reason)
		return cli_usage(cli, "\"baseline withdraw\" wants an id and a --reason");
	const struct store_actor actor = cli_actor(cli);
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 || load_baseline(cli, argv[optind], &one, &e) < 0 ||
	    store_baseline_withdraw(cli->store, one.id, &actor, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return print_changed(cli, one.id);
	if (!cli->quiet)
		printf("%.12s is withdrawn. Devices that it alone covered are untrusted from now on.\n", one.id);
	return 0;
}
