#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cli/cli.h"
#include "cli/baseline.h"
#include "enroll/enroll.h"
#include "file/file.h"

struct make_options {
	const char *asset_or_file;
	const char *model;
	const char *release;
	const char *output; /* NULL: standard output */
	const char *against;
	enum manifest_list_format format;
	enum visit_kind kind;
	enum manifest_scope scope;
};

int cli_read_file(struct text *text, const char *path, struct error *e)
{
	text_init(text);
	return strcmp(path, "-") == 0
		? file_read_fd(text, STDIN_FILENO, "standard input", MANIFEST_BYTES_MAX, e)
		: file_read(text, path, MANIFEST_BYTES_MAX, ERROR_DATA, e);
}

static int read_options(struct cli *cli, int argc, char **argv, struct make_options *ret)
{
	static const struct option options[] = {
		{"model", required_argument, NULL, 'm'},  {"kind", required_argument, NULL, 'k'},
		{"release", required_argument, NULL, 'r'}, {"scope", required_argument, NULL, 's'},
		{"against", required_argument, NULL, 'a'}, {"format", required_argument, NULL, 'f'},
		{"output", required_argument, NULL, 'o'},  {0},
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
		else if (c == 'k' && visit_kind_parse(&ret->kind, optarg) == 0)
			has_kind = true;
		else if (c == 'k')
			return cli_usage(cli, "a kind is firmware, drug-library, config or other, not \"%s\"", optarg);
		else if (c == 'f' && manifest_list_format_parse(&ret->format, optarg) < 0)
			return cli_usage(cli, "a format is hashdeep, md5sum, sha256sum or bsd, not \"%s\"", optarg);
		else if (c == 's' && strcmp(optarg, "model") != 0 && strcmp(optarg, "device") != 0)
			return cli_usage(cli, "a scope is model or device, not \"%s\"", optarg);
		else if (c == 's')
			ret->scope = strcmp(optarg, "device") == 0 ? MANIFEST_DEVICE : MANIFEST_MODEL;
		else if (c != 'f')
			return ERROR_USAGE;
	}
	if (argc - optind != 1)
		return cli_usage(cli, "\"%s\" wants just one argument beside its options", cli->verb);
	if (!has_kind || !ret->release)
		return cli_usage(cli, "--kind and --release must be given");
	ret->asset_or_file = argv[optind];
	return 0;
}

/* The head of a candidate: what comes after the newest baseline of its scope and kind. */
static int fill_head(struct cli *cli, struct manifest *manifest, const struct make_options *options,
		     const char *scope_name, struct error *e)
{
	CLEANUP(store_baselines_clear) struct store_baselines baselines = {0};
	bool device = options->scope == MANIFEST_DEVICE;

	if (store_baselines_list(cli->store, device ? NULL : scope_name, device ? scope_name : NULL, &baselines, e) < 0)
		return -1;
	manifest->serial = 1;
	for (size_t i = 0; i < baselines.count; i++) {
		const struct store_baseline *one = &baselines.items[i];
		if (one->manifest.kind != options->kind || one->manifest.scope != options->scope ||
		    one->in_force_at == 0 || one->manifest.serial < manifest->serial)
			continue;
		manifest->serial = one->manifest.serial + 1;
		memcpy(manifest->previous, one->id, sizeof manifest->previous);
	}
	manifest->kind = options->kind;
	manifest->scope = options->scope;
	manifest->created_at = cli_now(cli) / TIME_SECOND * TIME_SECOND;
	manifest->expires_at = TIME_NEVER;
	manifest->site = strdup(cli->setup.config.site);
	manifest->scope_name = strdup(scope_name);
	manifest->release = strdup(options->release);
	return manifest->site && manifest->scope_name && manifest->release ? 0 : error_memory(e);
}

static int write_candidate(struct cli *cli, struct manifest *manifest, const char *output, struct error *e)
{
	CLEANUP(text_clear) struct text text;
	char id[MANIFEST_ID_SIZE];

	text_init(&text);
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
	if (!cli->quiet)
		printf("%s: candidate %.12s, %zu files. Look it through, then: pumpwatch baseline add %s\n",
		       output, id, manifest->file_count, output);
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

/* Keep of a list what the profile gives the kind, so that a list of everything can be used. */
static void keep_kind(struct manifest *list, const struct inventory_model *model, enum visit_kind kind)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->file_count; i++) {
		const struct visit_selector *selector =
			visit_select(model->selectors, model->selector_count, list->files[i].path);
		if (selector && !selector->leave_out && selector->kind == kind)
			list->files[kept++] = list->files[i];
		else
			free(list->files[i].path);
	}
	list->file_count = kept;
}

static int read_list(struct manifest *ret, const char *path, enum manifest_list_format format, struct error *e)
{
	CLEANUP(text_clear) struct text text;

	if (cli_read_file(&text, path, e) < 0)
		return -1;
	return manifest_list_parse(ret, format, path, text.data ? text.data : "", text.length, e);
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

static int learn(struct cli *cli, const struct make_options *options, unsigned *ret_mask, struct error *e)
{
	CLEANUP(store_device_clear) struct store_device device = {0};
	CLEANUP(manifest_clear) struct manifest learnt = {0};
	CLEANUP(manifest_clear) struct manifest list = {0};

	if (cli_open_store(cli, STORE_WRITE, e) < 0 || cli_load_device(cli, options->asset_or_file, &device, e) < 0)
		return -1;
	const struct inventory_model *model = sweep_models_find(&cli->setup.models, device.device.model);
	if (!model || !inventory_model_has_kind(model, options->kind))
		return error_set(e, ERROR_DATA, "the profile \"%s\" pulls no files of the kind \"%s\"",
				 device.device.model, visit_kind_name(options->kind));
	if (options->against) {
		if (read_list(&list, options->against, options->format, e) < 0)
			return -1;
		keep_kind(&list, model, options->kind);
	}
	if (cli_open_pool(cli, e) < 0 ||
	    pull_twice(cli, &device.device, options->kind, options->against ? &list : NULL, &learnt, e) < 0)
		return -1;
	if (options->against && compare_with(&learnt, &list, options, ret_mask, e) < 0)
		return -1;
	const char *scope_name = options->scope == MANIFEST_DEVICE ? device.device.asset : model->name;
	if (fill_head(cli, &learnt, options, scope_name, e) < 0)
		return -1;
	return write_candidate(cli, &learnt, options->output, e);
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
	CLEANUP(manifest_clear) struct manifest list = {0};
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
	    read_list(&list, options.asset_or_file, options.format, &e) < 0 ||
	    check_whole(&list, options.asset_or_file, &e) < 0 ||
	    fill_head(cli, &list, &options, model->name, &e) < 0 ||
	    write_candidate(cli, &list, options.output, &e) < 0)
		return cli_fail(cli, &e);
	return 0;
}
