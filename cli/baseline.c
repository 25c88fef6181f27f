#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cli/baseline.h"
#include "file/file.h"

int cli_read_file(struct text *text, const char *path, struct error *e)
{
	text_init(text);
	return strcmp(path, "-") == 0
		? file_read_fd(text, STDIN_FILENO, "standard input", MANIFEST_BYTES_MAX, e)
		: file_read(text, path, MANIFEST_BYTES_MAX, ERROR_DATA, e);
}

int cli_take_list_format(const struct cli *cli, const char *word, enum manifest_list_format *ret_format)
{
	static const char *const names[] = {"hashdeep", "md5sum", "sha256sum", "bsd"};

	return cli_choose(cli, "a format", word, names, sizeof names / sizeof *names) < 0 ||
	       manifest_list_format_parse(ret_format, word) < 0 ? ERROR_USAGE : 0;
}

/* What else a file is that was given for a manifest, by how it begins; NULL where that is not known. */
static const char *kind_of_file(const struct text *text)
{
	static const struct {
		const char *begins, *words;
	} kinds[] = {
		{"-----BEGIN SSH SIGNATURE-----", "a signature: the manifest comes first, its signatures behind it"},
		{"-----BEGIN OPENSSH PRIVATE KEY-----", "a private key: give it to nobody; a manifest is meant"},
		{"-----BEGIN PRIVATE KEY-----", "a private key: give it to nobody; a manifest is meant"},
		{"-----BEGIN RSA PRIVATE KEY-----", "a private key: give it to nobody; a manifest is meant"},
		{"-----BEGIN CERTIFICATE-----", "a certificate; a manifest is meant"},
		{"ssh-", "a public key; a manifest is meant"},
		{"sk-ssh-", "a public key; a manifest is meant"},
		{"PK\003\004", "a workbook (.xlsx) or a .zip; a manifest is meant"},
		{"\177ELF", "a program; a manifest is meant"},
		{"%PDF-", "a PDF; a manifest is meant"},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (text->length >= strlen(kinds[i].begins) &&
		    memcmp(text->data, kinds[i].begins, strlen(kinds[i].begins)) == 0)
			return kinds[i].words;
	return NULL;
}

static int parse_manifest(struct manifest *ret_manifest, const char *path, const struct text *text, struct error *e)
{
	const char *data = text->data ? text->data : "";
	const char *kind = text->data ? kind_of_file(text) : NULL;

	if (kind)
		return error_set(e, ERROR_DATA, "%s is %s (\"pumpwatch baseline learn\" writes one)", path, kind);
	if (manifest_parse(ret_manifest, path, data, text->length, e) == 0)
		return 0;
	if (e && strncmp(data, "%%%% ", 5) != 0) {
		const struct error why = *e;
		error_set(e, why.code, "%s (of a vendor's list \"pumpwatch baseline import\" makes a manifest)", why.text);
	}
	return -1;
}

int cli_load_baseline(struct cli *cli, const char *id, struct store_baseline *ret_baseline, struct error *e)
{
	int r = store_baseline_load(cli->store, id, ret_baseline, e);

	if (r == 0)
		return error_set(e, ERROR_USAGE, "there is no baseline \"%s\": \"pumpwatch baseline list\" lists them", id);
	return r < 0 ? -1 : 0;
}

int cli_load_manifest(const char *path, struct store_baseline *ret_baseline, struct error *e)
{
	struct store_baseline baseline CLEANUP(store_baseline_clear) = {.state = STORE_CANDIDATE};
	CLEANUP(text_clear) struct text text;

	if (cli_read_file(&text, path, e) < 0 ||
	    parse_manifest(&baseline.manifest, path, &text, e) < 0)
		return -1;
	if (manifest_id(baseline.id, text.data, text.length) < 0)
		return error_set(e, ERROR_INTERNAL, "the manifest could not be hashed");
	baseline.text = text_take(&text); /* a manifest has no NUL, so it is a string */
	if (!baseline.text)
		return error_memory(e);
	*ret_baseline = baseline;
	baseline = (struct store_baseline){0};
	return 0;
}

int cli_load_named(struct cli *cli, const char *name, struct store_baseline *ret_baseline, struct error *e)
{
	if (strcmp(name, "-") == 0 || access(name, F_OK) == 0)
		return cli_load_manifest(name, ret_baseline, e);
	if (!cli->store && cli_open_store(cli, STORE_READ, e) < 0)
		return -1;
	int r = store_baseline_load(cli->store, name, ret_baseline, e);
	if (r == 0)
		return error_set(e, ERROR_USAGE,
				 "there is no baseline \"%s\", and no file of that name: \"pumpwatch baseline list\" "
				 "lists the baselines", name);
	return r;
}

int cli_need_text(const struct store_baseline *baseline, struct error *e)
{
	return baseline->fault[0] == '\0'
		? 0 : error_set(e, ERROR_DATA, "baseline %.12s: %s", baseline->id, baseline->fault);
}

int cli_load_policy(const struct cli *cli, struct trust_signers *ret_signers, struct trust_policy *ret_policy,
		    struct error *e)
{
	if (baseline_signers_load(ret_signers, &cli->setup.config, e) < 0)
		return -1;
	*ret_policy = baseline_policy(&cli->setup.config, ret_signers);
	return 0;
}

/* ---- in words and in JSON ---- */

const char *cli_scope(const struct manifest *manifest, char buffer[static CLI_SCOPE_SIZE])
{
	if (!manifest->scope_name)
		return "-";
	CLEANUP(cleanup_free) char *name = escape_string(ESCAPE_DISPLAY, manifest->scope_name);
	(void)snprintf(buffer, CLI_SCOPE_SIZE, "%s %s", manifest_scope_name(manifest->scope),
		       name ? name : ""); /* holds the longest name that a manifest may have */
	return buffer;
}

const char *cli_files(size_t count, char buffer[static CLI_FILES_SIZE])
{
	(void)snprintf(buffer, CLI_FILES_SIZE, "%zu %s", count, count == 1 ? "file" : "files"); /* fits */
	return buffer;
}

const char *cli_approvals(const struct baseline_check *check, unsigned needed,
			  char buffer[static CLI_APPROVALS_SIZE])
{
	if (needed == 0)
		return "none asked for";
	(void)snprintf(buffer, CLI_APPROVALS_SIZE, "%u of %u", check->approvals, needed); /* fits */
	return buffer;
}

json_t *cli_json_baseline(const struct cli *cli, const struct store_baseline *one,
			  const struct baseline_check *check)
{
	const struct baseline_check none = {0};
	const struct manifest *manifest = &one->manifest;
	enum baseline_stage stage = baseline_stage(one, check ? check : &none, cli_now(cli));
	bool accepted = one->state == STORE_OLDER;
	json_t *object = json_pack(
		"{ss ss ss so ss so sI so so so so so sI}", "id", one->id, "state", baseline_stage_name(stage),
		"scope", manifest_scope_name(manifest->scope), "name",
		cli_json_string(manifest->scope_name), "kind", visit_kind_name(manifest->kind), "release",
		cli_json_string(manifest->release), "serial", (json_int_t)manifest->serial, "created",
		cli_json_time(manifest->created_at), "accept_until",
		accepted && one->accept_until == TIME_NEVER ? json_string("never") : cli_json_time(one->accept_until),
		"added", cli_json_time(one->added_at), "added_by", cli_json_string(one->added_by), "reason",
		cli_json_string(one->reason), "files", (json_int_t)manifest->file_count);

	json_object_set_new(object, "in_force", cli_json_time(one->in_force_at));
	json_object_set_new(object, "learner", cli_json_string(manifest->learner[0] ? manifest->learner : NULL));
	if (!check)
		return object;
	json_object_set_new(object, "approvals", json_integer((json_int_t)check->approvals));
	json_object_set_new(object, "approvals_needed", json_integer((json_int_t)cli->setup.config.approvals));
	json_object_set_new(object, "fault", cli_json_string(check->fault == BASELINE_FINE ? NULL : check->why));
	json_object_set_new(object, "fault_code", json_string(baseline_fault_name(check->fault)));
	return object;
}

/* ---- vendors' lists ---- */

void cli_list_clear(struct cli_list *list)
{
	text_clear(&list->text);
	manifest_clear(&list->files);
}

/* The last part of the path; what a manifest's header cannot hold becomes "_". */
static int write_name(char ret_name[static MANIFEST_WORD_MAX + 1], const char *path, struct error *e)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(cleanup_free) char *name =
		escape_string(ESCAPE_DISPLAY, strcmp(path, "-") == 0 ? "standard input" : slash ? slash + 1 : path);

	if (!name)
		return error_memory(e);
	for (char *c = name; *c; c++)
		if (*c == '%')
			*c = '_';
	const char *start = name + strspn(name, " ");
	text_copy(ret_name, MANIFEST_WORD_MAX + 1, *start ? start : "list");
	for (size_t end = strlen(ret_name); end > 0 && ret_name[end - 1] == ' '; end--)
		ret_name[end - 1] = '\0';
	return 0;
}

int cli_list_read(struct cli_list *ret_list, const char *path, enum manifest_list_format format, struct error *e)
{
	CLEANUP(cli_list_clear) struct cli_list list = {0};

	if (cli_read_file(&list.text, path, e) < 0 || write_name(list.name, path, e) < 0)
		return -1;
	const char *bytes = list.text.data ? list.text.data : "";
	if (memchr(bytes, '\0', list.text.length))
		return error_set(e, ERROR_DATA, "%s: holds a NUL byte: it is no list of digests", path);
	if (digest_sha256_hex(list.sha256, bytes, list.text.length) < 0)
		return error_set(e, ERROR_INTERNAL, "the list could not be hashed");
	if (manifest_list_parse(&list.files, format, path, bytes, list.text.length, e) < 0)
		return -1;
	*ret_list = list;
	list = (struct cli_list){0};
	return 0;
}

void cli_list_keep_kind(struct manifest *list, const struct inventory_model *model, enum visit_kind kind)
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
