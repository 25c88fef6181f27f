#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cli/ask.h"
#include "cli/baseline.h"
#include "enroll/enroll.h"
#include "file/file.h"

enum { PUBLIC_KEY_MAX = 16 * 1024 };

struct make_options {
	const char *asset_or_file;
	const char *model;
	const char *release;
	const char *output; /* NULL: standard output */
	const char *against;
	const char *key; /* of who makes it; NULL: not said */
	enum manifest_list_format format;
	enum visit_kind kind;
	enum manifest_scope scope;
};

static int take_kind(const struct cli *cli, const char *word, enum visit_kind *ret_kind)
{
	const char *names[VISIT_KIND_COUNT];

	for (int i = 0; i < VISIT_KIND_COUNT; i++)
		names[i] = visit_kind_name((enum visit_kind)i);
	int index = cli_choose(cli, "a kind", word, names, VISIT_KIND_COUNT);
	*ret_kind = index < 0 ? VISIT_FIRMWARE : (enum visit_kind)index;
	return index < 0 ? ERROR_USAGE : 0;
}

static int take_scope(const struct cli *cli, const char *word, enum manifest_scope *ret_scope)
{
	static const char *const names[] = {"model", "device"};
	int index = cli_choose(cli, "a scope", word, names, 2);

	*ret_scope = index == 1 ? MANIFEST_DEVICE : MANIFEST_MODEL;
	return index < 0 ? ERROR_USAGE : 0;
}

static int read_options(struct cli *cli, int argc, char **argv, struct make_options *ret)
{
	static const struct option options[] = {
		{"model", required_argument, NULL, 'm'},  {"kind", required_argument, NULL, 'k'},
		{"release", required_argument, NULL, 'r'}, {"scope", required_argument, NULL, 's'},
		{"against", required_argument, NULL, 'a'}, {"format", required_argument, NULL, 'f'},
		{"output", required_argument, NULL, 'o'},  {"key", required_argument, NULL, 'K'},
		{0},
	};
	bool has_kind = false;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c == 'm')
			ret->model = optarg;
		else if (c == 'r')
			ret->release = optarg;
		else if (c == 'o')
			ret->output = strcmp(optarg, "-") == 0 ? NULL : optarg;
		else if (c == 'a')
			ret->against = optarg;
		else if (c == 'K')
			ret->key = optarg;
		else if (c == 'k' && take_kind(cli, optarg, &ret->kind) == 0)
			has_kind = true;
		else if (c == 'f' && cli_take_list_format(cli, optarg, &ret->format) == 0)
			continue;
		else if (c != 's' || take_scope(cli, optarg, &ret->scope) != 0)
			return ERROR_USAGE;
	}
	if (argc - optind != 1)
		return cli_usage(cli, "\"%s\" wants just one argument beside its options", cli->verb);
	if (!has_kind || !ret->release)
		return cli_usage(cli, "--kind and --release must be given");
	if (!ret->key && cli->setup.config.approvals >= 2)
		return cli_usage(cli,
				 "say with --key which key is yours; its owner cannot approve what you make here "
				 "(approvals = %u)", cli->setup.config.approvals);
	ret->asset_or_file = argv[optind];
	return 0;
}

/* Fill in whose key it is, by its public half: no private key is ever read. */
static int fill_learner(struct manifest *manifest, const char *key, struct error *e)
{
	CLEANUP(text_clear) struct text text, path;
	size_t length = strlen(key);

	text_init(&text);
	text_init(&path);
	text_add(&path, key);
	if (length < 4 || strcmp(key + length - 4, ".pub") != 0)
		text_add(&path, ".pub");
	if (path.failed)
		return error_memory(e);
	if (access(path.data, F_OK) < 0 && errno == ENOENT)
		return error_set(e, ERROR_DATA,
				 "there is no public key %s: give its path with --key (\"ssh-keygen -y -f KEY > KEY.pub\" "
				 "makes it of a private one)", path.data);
	if (file_read(&text, path.data, PUBLIC_KEY_MAX, ERROR_DATA, e) < 0)
		return -1;
	return trust_public_key_fingerprint(manifest->learner, path.data, text.data ? text.data : "", text.length, e);
}

static int fill_list(struct manifest *manifest, const struct cli_list *list, struct error *e)
{
	memcpy(manifest->list_sha256, list->sha256, sizeof manifest->list_sha256);
	manifest->list_name = strdup(list->name);
	return manifest->list_name ? 0 : error_memory(e);
}

/* The head of a candidate: what comes after the last baseline of its scope and kind that was in
 * force. list is NULL where there is none. */
static int fill_head(struct cli *cli, struct manifest *manifest, const struct make_options *options,
		     const char *scope_name, const struct cli_list *list, struct error *e)
{
	CLEANUP(store_baselines_clear) struct store_baselines baselines = {0};
	bool device = options->scope == MANIFEST_DEVICE;

	if (store_baselines_list(cli->store, device ? NULL : scope_name, device ? scope_name : NULL, &baselines, e) < 0)
		return -1;
	manifest->serial = 1;
	for (size_t i = 0; i < baselines.count; i++) {
		const struct store_baseline *one = &baselines.items[i];
		if (one->in_force_at == 0 || one->manifest.kind != options->kind ||
		    one->manifest.scope != options->scope || one->manifest.serial < manifest->serial)
			continue;
		manifest->serial = one->manifest.serial + 1;
		memcpy(manifest->previous, one->id, sizeof manifest->previous);
	}
	manifest->kind = options->kind;
	manifest->scope = options->scope;
	manifest->expires_at = TIME_NEVER;
	manifest->site = strdup(cli->setup.config.site);
	manifest->scope_name = strdup(scope_name);
	manifest->release = strdup(options->release);
	if (!manifest->site || !manifest->scope_name || !manifest->release)
		return error_memory(e);
	if (options->key && fill_learner(manifest, options->key, e) < 0)
		return -1;
	return list ? fill_list(manifest, list, e) : 0;
}

/* What comes after a candidate was made. */
static void print_next(const struct cli *cli, const char *file)
{
	if (cli->setup.config.approvals == 0)
		printf("Look it through, then: pumpwatch baseline add %s\n", file);
	else
		printf("Look it through: pumpwatch baseline show %s\nPeople approve it (approvals = %u%s): "
		       "pumpwatch baseline sign %s --key KEY\nThen: pumpwatch baseline add %s SIGNATURE...\n",
		       file, cli->setup.config.approvals,
		       cli->setup.config.approvals >= 2 ? ", you not among them" : "", file, file);
}

static int write_candidate(struct cli *cli, struct manifest *manifest, const char *output, struct error *e)
{
	CLEANUP(text_clear) struct text text;
	char id[MANIFEST_ID_SIZE], files[CLI_FILES_SIZE];

	text_init(&text);
	manifest->created_at = cli_now(cli);
	if (manifest_write(&text, manifest, e) < 0)
		return -1;
	if (manifest_id(id, text.data, text.length) < 0)
		return error_set(e, ERROR_INTERNAL, "the manifest could not be hashed");
	if (output && file_write(output, text.data, text.length, 0644, e) < 0)
		return -1;
	if (cli->json)
		return cli_print_json(json_pack("{ss so ss ss sI sI so}", "id", id, "file", cli_json_string(output),
						"kind", visit_kind_name(manifest->kind), "release",
						manifest->release, "serial", (json_int_t)manifest->serial, "files",
						(json_int_t)manifest->file_count, "text",
						output ? json_null() : json_string(text.data))) == 0
			? 0 : error_set(e, ERROR_INTERNAL, "the answer could not be put into JSON");
	if (!output) {
		(void)fwrite(text.data, 1, text.length, stdout); /* whether it was written shows at the end */
		return 0;
	}
	if (!cli->quiet) {
		printf("%s: candidate %.12s, %s.\n", output, id, cli_files(manifest->file_count, files));
		print_next(cli, output);
	}
	return 0;
}

/* ---- learn ---- */

static void on_unstable(void *userdata, enum manifest_change change, const struct manifest_file *before,
			const struct manifest_file *after)
{
	CLEANUP(cleanup_free) char *path = escape_string(ESCAPE_DISPLAY, before ? before->path : after->path);

	(void)change;
	fprintf(stderr, "pumpwatch: %s: two readings gave two contents\n", path ? path : "");
	(*(size_t *)userdata)++;
}

static int pull_once(const struct sweep_environment *environment, const struct inventory_device *device,
		     enum visit_kind kind, const struct manifest *names, struct manifest *ret, struct error *e)
{
	CLEANUP(visit_report_clear) struct visit_report report = {0};
	const struct enroll_visit options = {.names = names};

	if (enroll_visit(environment, device, &options, &report, e) < 0)
		return -1;
	if (enroll_manifest(ret, &report, kind, e) < 0) {
		error_prefix(e, "%s", device->asset);
		return -1;
	}
	return 0;
}

static int pull_twice(struct cli *cli, const struct inventory_device *device, enum visit_kind kind,
		      const struct manifest *names, struct manifest *ret, struct error *e)
{
	const struct sweep_environment environment = cli_environment(cli);
	CLEANUP(manifest_clear) struct manifest second = {0};
	size_t unstable = 0;

	if (pull_once(&environment, device, kind, names, ret, e) < 0 ||
	    pull_once(&environment, device, kind, names, &second, e) < 0)
		return -1;
	manifest_diff(ret, &second, on_unstable, &unstable);
	if (unstable > 0)
		return error_set(e, ERROR_DATA,
				 "%s: %zu files differ between two readings, so nothing was written: leave files "
				 "that always change out in the profile", device->asset, unstable);
	return 0;
}

struct differences {
	size_t counts[ENROLL_NOT_IN_LIST + 1];
};

static void on_difference(void *userdata, enum enroll_difference difference, const char *path)
{
	static const char *const words[] = {
		[ENROLL_DIFFERS] = "differs from the list",
		[ENROLL_NOT_ON_DEVICE] = "is in the list, not on the device",
		[ENROLL_NOT_IN_LIST] = "is on the device, not in the list",
	};
	CLEANUP(cleanup_free) char *shown = escape_string(ESCAPE_DISPLAY, path);

	fprintf(stderr, "pumpwatch: %s: %s\n", shown ? shown : "", words[difference]);
	((struct differences *)userdata)->counts[difference]++;
}

/* The exit mask of a learning against a list: what a file check would say of the device. */
static int compare_with(const struct manifest *learnt, const struct manifest *list, const struct make_options *options,
			unsigned *ret_mask, struct error *e)
{
	struct differences differences = {0};

	enroll_compare(learnt, list, on_difference, &differences);
	*ret_mask = (differences.counts[ENROLL_NOT_IN_LIST] ? 1 : 0) |
		    (differences.counts[ENROLL_NOT_ON_DEVICE] ? 2 : 0) |
		    (differences.counts[ENROLL_DIFFERS] ? 4 : 0);
	if (differences.counts[ENROLL_DIFFERS] > 0)
		return error_set(e, ERROR_DATA,
				 "%zu files on %s are not what %s says, so nothing was written: find out why first",
				 differences.counts[ENROLL_DIFFERS], options->asset_or_file, options->against);
	return 0;
}

/* Approvers see by the list in the store what the vendor vouches for. */
static int keep_list(struct cli *cli, const struct cli_list *list, struct error *e)
{
	return store_list_save(cli->store, list->sha256, list->name, list->text.data ? list->text.data : "", e);
}

/* The head comes first: what is wrong with it is said before a device is asked anything. */
static int learn(struct cli *cli, const struct make_options *options, unsigned *ret_mask, struct error *e)
{
	CLEANUP(store_device_clear) struct store_device device = {0};
	CLEANUP(manifest_clear) struct manifest head = {0};
	CLEANUP(manifest_clear) struct manifest learnt = {0};
	CLEANUP(cli_list_clear) struct cli_list list = {0};
	const struct manifest *names = options->against ? &list.files : NULL;
	bool interrupted = false;

	if (cli_open_store(cli, STORE_WRITE, e) < 0 || cli_load_device(cli, options->asset_or_file, &device, e) < 0)
		return -1;
	const struct inventory_model *model = sweep_models_find(&cli->setup.models, device.device.model);
	if (!model || !inventory_model_has_kind(model, options->kind))
		return error_set(e, ERROR_DATA, "the profile \"%s\" pulls no files of the kind \"%s\"",
				 device.device.model, visit_kind_name(options->kind));
	if (options->against) {
		if (cli_list_read(&list, options->against, options->format, e) < 0)
			return -1;
		cli_list_keep_kind(&list.files, model, options->kind);
	}
	const char *scope_name = options->scope == MANIFEST_DEVICE ? device.device.asset : model->name;
	if (fill_head(cli, &head, options, scope_name, names ? &list : NULL, e) < 0 || cli_open_pool(cli, e) < 0 ||
	    cli_end_on_signals(cli, &interrupted, e) < 0)
		return -1;
	if (pull_twice(cli, &device.device, options->kind, names, &learnt, e) < 0)
		return interrupted ? error_set(e, ERROR_UNAVAILABLE, "interrupted: no candidate was written") : -1;
	if (names && compare_with(&learnt, names, options, ret_mask, e) < 0)
		return -1;
	head.files = TAKE(learnt.files);
	head.file_count = learnt.file_count;
	learnt.file_count = 0;
	if (names && keep_list(cli, &list, e) < 0)
		return -1;
	return write_candidate(cli, &head, options->output, e);
}

int verb_baseline_learn(struct cli *cli, int argc, char **argv)
{
	struct make_options options = {0};
	unsigned mask = 0;
	struct error e;
	int r = read_options(cli, argc, argv, &options);

	if (r != 0)
		return r;
	if (options.model)
		return cli_usage(cli, "the model is that of the device: leave --model out");
	if (learn(cli, &options, &mask, &e) < 0)
		return cli_fail(cli, &e);
	return (int)mask;
}

/* ---- import ---- */

static int check_whole(const struct manifest *list, const char *name, struct error *e)
{
	for (size_t i = 0; i < list->file_count; i++) {
		const struct manifest_file *file = &list->files[i];
		if (file->has_size && file->has_md5 && file->has_sha256)
			continue;
		CLEANUP(cleanup_free) char *path = escape_string(ESCAPE_DISPLAY, file->path);
		return error_set(e, ERROR_DATA,
				 "%s: %s has no %s: learn a device against this list instead (pumpwatch baseline "
				 "learn ASSET --against %s)", name, path ? path : "",
				 !file->has_sha256 ? "SHA-256" : !file->has_md5 ? "MD5" : "size", name);
	}
	if (list->file_count == 0)
		return error_set(e, ERROR_DATA, "%s: no file is listed", name);
	return 0;
}

int verb_baseline_import(struct cli *cli, int argc, char **argv)
{
	struct make_options options = {0};
	CLEANUP(cli_list_clear) struct cli_list list = {0};
	struct error e;
	int r = read_options(cli, argc, argv, &options);

	if (r != 0)
		return r;
	if (!options.model || options.against || options.scope != MANIFEST_MODEL)
		return cli_usage(cli, "--model must be given; --against and --scope do not go with an import");
	const struct inventory_model *model = cli_find_model(cli, options.model, &e);
	if (!model)
		return cli_fail(cli, &e);
	if (!inventory_model_has_kind(model, options.kind))
		return cli_usage(cli, "the profile \"%s\" pulls no files of the kind \"%s\"", model->name,
				 visit_kind_name(options.kind));
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 ||
	    cli_list_read(&list, options.asset_or_file, options.format, &e) < 0 ||
	    check_whole(&list.files, options.asset_or_file, &e) < 0 ||
	    fill_head(cli, &list.files, &options, model->name, &list, &e) < 0 || keep_list(cli, &list, &e) < 0 ||
	    write_candidate(cli, &list.files, options.output, &e) < 0)
		return cli_fail(cli, &e);
	return 0;
}
