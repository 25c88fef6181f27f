#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/hex.h"
#include "cli/baseline.h"
#include "enroll/enroll.h"

/* What the vendor's list says of a file. */
enum vouched { VOUCHED_BY_SHA256, VOUCHED_BY_MD5, SITE_ALONE, DIFFERS, UNKNOWN, VOUCHED_COUNT };

/* All that there is to show of one baseline. */
struct show {
	struct store_baseline one;
	bool is_stored;
	struct trust_signers signers;
	struct baseline_check check;
	struct cli_list list;
	bool has_list;
	bool of_kind; /* the list holds nothing of other kinds */
	enum vouched *vouched; /* of each file */
	size_t counts[VOUCHED_COUNT];
	size_t absent; /* listed, and not in the manifest */
};

static void clear_show(struct show *show)
{
	store_baseline_clear(&show->one);
	trust_signers_clear(&show->signers);
	cli_list_clear(&show->list);
	free(show->vouched);
}

/* ---- what the vendor vouches for ---- */

static void on_difference(void *userdata, enum enroll_difference difference, const char *path)
{
	struct show *show = userdata;
	const struct manifest_file *file = manifest_find(&show->one.manifest, path);

	if (difference == ENROLL_NOT_ON_DEVICE || !file)
		show->absent++;
	else
		show->vouched[file - show->one.manifest.files] =
			difference == ENROLL_DIFFERS ? DIFFERS : SITE_ALONE;
}

static int vouch(struct show *show, struct error *e)
{
	const struct manifest *manifest = &show->one.manifest;

	show->vouched = calloc(manifest->file_count + 1, sizeof *show->vouched);
	if (!show->vouched)
		return error_memory(e);
	for (size_t i = 0; i < manifest->file_count; i++) {
		const struct manifest_file *listed = NULL;
		if (show->has_list)
			listed = manifest_find(&show->list.files, manifest->files[i].path);
		show->vouched[i] = !manifest->list_name ? SITE_ALONE : !show->has_list ? UNKNOWN
				 : listed && listed->has_sha256 ? VOUCHED_BY_SHA256 : VOUCHED_BY_MD5;
	}
	if (show->has_list)
		enroll_compare(manifest, &show->list.files, on_difference, show);
	for (size_t i = 0; i < manifest->file_count; i++)
		show->counts[show->vouched[i]]++;
	return 0;
}

/* Only with the profile it is known which files of a list of everything are of this kind. */
static void keep_kind(struct cli *cli, struct show *show)
{
	CLEANUP(store_device_clear) struct store_device device = {0};
	const struct manifest *manifest = &show->one.manifest;
	const char *name = manifest->scope_name;

	if (manifest->scope == MANIFEST_DEVICE) {
		bool known = cli->store && store_device_load(cli->store, name, &device, NULL) > 0;
		name = known ? device.device.model : NULL;
	}
	const struct inventory_model *model = name ? sweep_models_find(&cli->setup.models, name) : NULL;
	show->of_kind = model != NULL;
	if (model)
		cli_list_keep_kind(&show->list.files, model, manifest->kind);
}

static int take_list(struct show *show, const char *path, enum manifest_list_format format, struct error *e)
{
	const struct manifest *manifest = &show->one.manifest;

	if (!manifest->list_name)
		return error_set(e, ERROR_USAGE, "the manifest names no vendor's list, so --list has nothing to be "
						 "held against");
	if (cli_list_read(&show->list, path, format, e) < 0)
		return -1;
	if (strcmp(show->list.sha256, manifest->list_sha256) != 0)
		return error_set(e, ERROR_DATA, "%s is not the list of the manifest: it has the SHA-256 %s, the one of "
						"the manifest (%s) has %s", path, show->list.sha256,
				 manifest->list_name, manifest->list_sha256);
	show->has_list = true;
	return 0;
}

/* The copy in the store, if any; its digest is checked there. */
static int find_list(struct cli *cli, struct show *show, enum manifest_list_format format, struct error *e)
{
	CLEANUP(cleanup_free) char *name = NULL;
	CLEANUP(cleanup_free) char *text = NULL;

	if (!cli->store || !show->one.manifest.list_name)
		return 0;
	int r = store_list_load(cli->store, show->one.manifest.list_sha256, &name, &text, e);
	if (r <= 0)
		return r;
	if (manifest_list_parse(&show->list.files, format, name, text, strlen(text), e) < 0)
		return -1;
	show->has_list = true;
	return 0;
}

/* ---- in words ---- */

static void print_escaped(const char *before, const char *string, const char *after)
{
	CLEANUP(cleanup_free) char *shown = string ? escape_string(ESCAPE_DISPLAY, string) : NULL;

	printf("%s%s%s", before, shown ? shown : "-", after);
}

static const char *principals_of(const struct show *show, const char *fingerprint)
{
	for (size_t i = 0; i < show->signers.count; i++)
		if (strcmp(show->signers.items[i].fingerprint, fingerprint) == 0)
			return show->signers.items[i].principals;
	return NULL;
}

static const char *vote_words(const struct trust_vote *vote)
{
	return vote->learner ? "good, but of the one who learnt it: it does not count"
	     : vote->result == TRUST_GOOD ? "good" : trust_result_text(vote->result);
}

static void print_state(const struct cli *cli, const struct show *show)
{
	const struct store_baseline *one = &show->one;
	unsigned needed = cli->setup.config.approvals;
	const char *caution = baseline_caution(needed);
	char time[CLI_TIME_SIZE], approvals[CLI_APPROVALS_SIZE];

	if (!show->is_stored) {
		printf("State          a file: not in the store\n");
		return;
	}
	printf("State          %s\n", baseline_stage_name(baseline_stage(one, &show->check, cli_now(cli))));
	if (show->check.fault != BASELINE_FINE)
		printf("Not believed   %s\n", show->check.why);
	if (one->reason)
		print_escaped("Reason         ", one->reason, "\n");
	if (one->in_force_at > 0)
		printf("In force       since %s\n", cli_time(cli, one->in_force_at, time));
	if (one->state == STORE_OLDER)
		printf("Accepted until %s\n", cli_time(cli, one->accept_until, time));
	printf("Added          %s", cli_time(cli, one->added_at, time));
	print_escaped(" by ", one->added_by, "\n");
	printf("Approvals      %s\n", cli_approvals(&show->check, needed, approvals));
	for (size_t i = 0; i < show->check.vote_count; i++) {
		const struct trust_vote *vote = &show->check.votes[i];
		print_escaped("  ", vote->signer ? vote->signer->principals : "nobody known", "  ");
		printf("%s  %s\n", vote->fingerprint[0] ? vote->fingerprint : "no key", vote_words(vote));
	}
	if (caution)
		printf("%s\n", caution);
}

static void print_head(const struct cli *cli, const struct show *show)
{
	const struct manifest *manifest = &show->one.manifest;
	const char *learner = manifest->learner[0] ? principals_of(show, manifest->learner) : NULL;
	char time[CLI_TIME_SIZE], scope[CLI_SCOPE_SIZE];

	printf("Scope          %s\nKind           %s\n", cli_scope(manifest, scope), visit_kind_name(manifest->kind));
	print_escaped("Release        ", manifest->release, "\n");
	printf("Serial         %llu, after %s\n", (unsigned long long)manifest->serial,
	       manifest->previous[0] ? manifest->previous : "none");
	printf("Created        %s\n", cli_time(cli, manifest->created_at, time));
	printf("Expires        %s\n", cli_time(cli, manifest->expires_at, time));
	printf("Learner        %s%s", manifest->learner[0] ? manifest->learner : "not said", learner ? " " : "");
	if (learner)
		print_escaped("(", learner, ")");
	printf("\n");
}

static void print_list(const struct show *show)
{
	const struct manifest *manifest = &show->one.manifest;
	size_t vouched = show->counts[VOUCHED_BY_SHA256] + show->counts[VOUCHED_BY_MD5];

	if (!manifest->list_name) {
		printf("Vendor's list  none: this site alone has seen what is here\n");
		return;
	}
	printf("Vendor's list  %s, SHA-256 %s\n", manifest->list_name, manifest->list_sha256);
	if (!show->has_list) {
		printf("  It is not in this store: name a copy with --list to see what it vouches for.\n");
		return;
	}
	printf("  It vouches for %zu of %zu files (%zu by SHA-256, %zu by MD5 alone).\n", vouched,
	       manifest->file_count, show->counts[VOUCHED_BY_SHA256], show->counts[VOUCHED_BY_MD5]);
	printf("  Seen by this site alone: %zu. Other contents than listed: %zu.", show->counts[SITE_ALONE],
	       show->counts[DIFFERS]);
	if (show->of_kind)
		printf(" Listed, and not here: %zu.", show->absent);
	printf("\n");
}

static void print_files(const struct show *show)
{
	static const char *const words[] = {"vendor", "vendor (MD5)", "site alone", "DIFFERS", "not known"};
	const struct manifest *manifest = &show->one.manifest;

	printf("\n%-12s  %-64s  %12s  %s\n", "SEEN BY", "SHA-256", "SIZE", "PATH");
	for (size_t i = 0; i < manifest->file_count; i++) {
		const struct manifest_file *file = &manifest->files[i];
		char sha256[DIGEST_SHA256_HEX + 1];
		hex_write(sha256, file->digest.sha256, DIGEST_SHA256_SIZE);
		printf("%-12s  %s  %12llu  ", words[show->vouched[i]], sha256, (unsigned long long)file->size);
		print_escaped("", file->path, "\n");
	}
}

/* ---- in JSON ---- */

static json_t *json_votes(const struct show *show)
{
	json_t *votes = json_array();

	for (size_t i = 0; i < show->check.vote_count; i++) {
		const struct trust_vote *vote = &show->check.votes[i];
		json_array_append_new(
			votes, json_pack("{so so sb sb ss}", "principals",
					 cli_json_string(vote->signer ? vote->signer->principals : NULL), "key",
					 cli_json_string(vote->fingerprint[0] ? vote->fingerprint : NULL), "good",
					 vote->result == TRUST_GOOD, "learner", vote->learner, "words",
					 vote_words(vote)));
	}
	return votes;
}

static json_t *json_list(const struct show *show)
{
	const struct manifest *manifest = &show->one.manifest;

	if (!manifest->list_name)
		return json_null();
	json_t *list = json_pack("{so ss sb}", "name", cli_json_string(manifest->list_name), "sha256",
				 manifest->list_sha256, "found", show->has_list);
	if (!show->has_list)
		return list;
	json_object_set_new(list, "by_sha256", json_integer((json_int_t)show->counts[VOUCHED_BY_SHA256]));
	json_object_set_new(list, "by_md5_alone", json_integer((json_int_t)show->counts[VOUCHED_BY_MD5]));
	json_object_set_new(list, "site_alone", json_integer((json_int_t)show->counts[SITE_ALONE]));
	json_object_set_new(list, "differs", json_integer((json_int_t)show->counts[DIFFERS]));
	json_object_set_new(list, "absent", show->of_kind ? json_integer((json_int_t)show->absent) : json_null());
	return list;
}

static json_t *json_files(const struct show *show)
{
	static const char *const words[] = {"vendor-sha256", "vendor-md5", "site", "differs", NULL};
	const struct manifest *manifest = &show->one.manifest;
	json_t *files = json_array();

	for (size_t i = 0; i < manifest->file_count; i++) {
		const struct manifest_file *file = &manifest->files[i];
		const char *word = words[show->vouched[i]];
		char md5[2 * DIGEST_MD5_SIZE + 1], sha256[DIGEST_SHA256_HEX + 1];
		hex_write(md5, file->digest.md5, DIGEST_MD5_SIZE);
		hex_write(sha256, file->digest.sha256, DIGEST_SHA256_SIZE);
		json_array_append_new(files, json_pack("{so sI ss ss so}", "path", cli_json_string(file->path), "size",
						       (json_int_t)file->size, "md5", md5, "sha256", sha256,
						       "seen_by", word ? json_string(word) : json_null()));
	}
	return files;
}

static int print_json(const struct cli *cli, const struct show *show)
{
	json_t *object = cli_json_baseline(cli, &show->one, &show->check);

	if (!show->is_stored)
		json_object_set_new(object, "state", json_null());
	json_object_set_new(object, "signatures", json_votes(show));
	json_object_set_new(object, "list", json_list(show));
	json_object_set_new(object, "manifest", json_files(show));
	return cli_print_json(object);
}

/* ---- the verb ---- */

/* One given by its file is shown as the store knows it, where it does. */
static int load(struct cli *cli, struct show *show, const char *name, struct error *e)
{
	CLEANUP(store_baseline_clear) struct store_baseline stored = {0};
	struct error why;
	int r = cli_load_named(cli, name, &show->one, e);

	if (r != 0) {
		show->is_stored = r > 0;
		return r < 0 ? -1 : 0;
	}
	if (cli_open_store(cli, STORE_READ, &why) < 0) {
		fprintf(stderr, "pumpwatch: without the store, the state and the approvals are not known: %s\n", why.text);
		return 0;
	}
	r = store_baseline_load(cli->store, show->one.id, &stored, e);
	if (r < 0)
		return -1;
	if (r > 0 && stored.fault[0] == '\0') {
		store_baseline_clear(&show->one);
		show->one = stored;
		stored = (struct store_baseline){0};
		show->is_stored = true;
	}
	return 0;
}

static int gather(struct cli *cli, struct show *show, const char *list, enum manifest_list_format format,
		  struct error *e)
{
	struct trust_policy policy;

	if (cli_load_policy(cli, &show->signers, &policy, e) < 0 ||
	    baseline_check(&show->check, &show->one, &policy, cli_now(cli), e) < 0)
		return -1;
	if (show->one.fault[0] != '\0')
		return 0;
	if ((list ? take_list(show, list, format, e) : find_list(cli, show, format, e)) < 0)
		return -1;
	if (show->has_list)
		keep_kind(cli, show);
	return vouch(show, e);
}

int verb_baseline_show(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"list", required_argument, NULL, 'l'}, {"format", required_argument, NULL, 'f'}, {0},
	};
	enum manifest_list_format format = MANIFEST_LIST_GUESS;
	CLEANUP(clear_show) struct show show = {0};
	const char *list = NULL;
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c == 'l')
			list = optarg;
		else if (c != 'f' || cli_take_list_format(cli, optarg, &format) != 0)
			return ERROR_USAGE;
	}
	if (argc - optind != 1)
		return cli_usage(cli, "\"baseline show\" wants one id or manifest");
	if (load(cli, &show, argv[optind], &e) < 0 || gather(cli, &show, list, format, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return print_json(cli, &show);
	printf("Baseline       %s\n", show.one.id);
	print_state(cli, &show);
	if (show.one.fault[0] != '\0')
		return 0; /* of the rest nothing can be believed */
	print_head(cli, &show);
	print_list(&show);
	print_files(&show);
	return 0;
}
