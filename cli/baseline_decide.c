#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "cli/baseline.h"
#include "file/file.h"

/* ---- signatures ---- */

/* Those that came with a command, each good by today's signers. */
struct signatures {
	char *texts[TRUST_SIGNATURES_MAX];
	char fingerprints[TRUST_SIGNATURES_MAX][TRUST_FINGERPRINT_SIZE];
	size_t count;
};

static void clear_signatures(struct signatures *signatures)
{
	for (size_t i = 0; i < signatures->count; i++)
		free(signatures->texts[i]);
	signatures->count = 0;
}

/* A key that has approved already adds nothing by a second signature. */
static bool has_approved(const struct signatures *signatures, const struct baseline_check *check,
			 const char *fingerprint)
{
	for (size_t i = 0; i < signatures->count; i++)
		if (strcmp(signatures->fingerprints[i], fingerprint) == 0)
			return true;
	for (size_t i = 0; i < check->vote_count; i++)
		if (check->votes[i].result == TRUST_GOOD && strcmp(check->votes[i].fingerprint, fingerprint) == 0)
			return true;
	return false;
}

/* Whether a text is among those that a baseline has. */
static bool has_text(const struct store_baseline *one, const char *text)
{
	for (size_t i = 0; i < one->signature_count; i++)
		if (strcmp(one->signatures[i], text) == 0)
			return true;
	return false;
}

static int refuse_signature(const struct cli *cli, const char *path, const struct trust_signature *signature,
			    enum trust_result result, struct error *e)
{
	bool of_key = result == TRUST_UNKNOWN_KEY || result == TRUST_NOT_FOR_THIS ||
		      result == TRUST_NOT_YET_VALID || result == TRUST_EXPIRED;

	return error_set(e, ERROR_DATA, "%s: %s (key %s)%s%s", path, trust_result_text(result),
			 signature->fingerprint, of_key ? "; who may sign stands in " : "",
			 of_key ? cli->setup.config.signers : "");
}

/* Read one signature of a baseline, and refuse whatever would not count as good. */
static int take_signature(const struct cli *cli, struct signatures *signatures, const struct store_baseline *one,
			  const struct baseline_check *before, const struct trust_policy *policy, const char *path,
			  struct error *e)
{
	CLEANUP(trust_signature_clear) struct trust_signature signature = {0};
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	if (file_read(&text, path, TRUST_SIGNATURE_BYTES_MAX, ERROR_DATA, e) < 0)
		return -1;
	const char *armour = text.data ? text.data : "";
	if (trust_signature_parse(&signature, path, armour, text.length, e) < 0)
		return -1;
	enum trust_result result = trust_check(&signature, one->text, strlen(one->text), policy, cli_now(cli), NULL);
	if (result != TRUST_GOOD)
		return refuse_signature(cli, path, &signature, result, e);
	if (has_text(one, armour))
		return 0; /* again is no change */
	if (has_approved(signatures, before, signature.fingerprint)) {
		if (!cli->quiet)
			fprintf(stderr, "pumpwatch: %s: this key has approved already\n", path);
		return 0;
	}
	memcpy(signatures->fingerprints[signatures->count], signature.fingerprint, TRUST_FINGERPRINT_SIZE);
	signatures->texts[signatures->count] = text_take(&text); /* armour has no NUL */
	return signatures->texts[signatures->count++] ? 0 : error_memory(e);
}

static int take_signatures(const struct cli *cli, struct signatures *signatures, const struct store_baseline *one,
			   char **paths, size_t count, struct error *e)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	struct trust_policy policy;
	struct baseline_check before;

	if (count > 0 && cli->setup.config.approvals == 0)
		return error_set(e, ERROR_USAGE, "approvals = 0 (evaluation) asks for no signatures, so none is taken: "
						 "leave %s out, or set approvals", paths[0]);
	if (count > TRUST_SIGNATURES_MAX)
		return error_set(e, ERROR_USAGE, "a baseline takes at most %d signatures", TRUST_SIGNATURES_MAX);
	if (cli_load_policy(cli, &signers, &policy, e) < 0 ||
	    baseline_check(&before, one, &policy, cli_now(cli), e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (take_signature(cli, signatures, one, &before, &policy, paths[i], e) < 0)
			return -1;
	return 0;
}

/* ---- what a manifest must be ---- */

/* What the profile and the inventory must know before a manifest can be in force. */
static int check_scope(struct cli *cli, const struct manifest *manifest, struct error *e)
{
	CLEANUP(store_device_clear) struct store_device device = {0};
	const char *model_name = manifest->scope_name;

	if (strcmp(manifest->site, cli->setup.config.site) != 0)
		return error_set(e, ERROR_DATA, "the manifest is of the site \"%s\", this one is \"%s\"",
				 manifest->site, cli->setup.config.site);
	if (manifest->scope == MANIFEST_DEVICE) {
		if (cli_load_device(cli, manifest->scope_name, &device, e) < 0) {
			if (e->code == ERROR_USAGE)
				e->code = ERROR_DATA; /* the manifest named it, and nobody typed it */
			return -1;
		}
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

static int check_manifest(struct cli *cli, const struct manifest *manifest, struct error *e)
{
	char time[TIME_TEXT_SIZE];

	if (check_scope(cli, manifest, e) < 0)
		return -1;
	if (manifest->expires_at <= cli_now(cli)) {
		time_write(time, manifest->expires_at);
		return error_set(e, ERROR_DATA, "the manifest expired on %s", time);
	}
	if (cli->setup.config.approvals >= 2 && !manifest->learner[0])
		return error_set(e, ERROR_DATA, "the manifest does not say who made it, who cannot approve it: make it "
						"again with --key (approvals = %u)", cli->setup.config.approvals);
	return 0;
}

/* ---- in force ---- */

struct decision {
	const char *older_until; /* as it was given; NULL: not given */
	int64_t until;
	struct store_baseline after; /* as it is now */
	struct trust_signers signers;
	struct baseline_check check;
	bool put_in_force;
	char *waits_for; /* the release that is in force, when only --older-until is missing */
};

static void clear_decision(struct decision *decision)
{
	store_baseline_clear(&decision->after);
	trust_signers_clear(&decision->signers);
	free(decision->waits_for);
}

static int parse_until(const struct cli *cli, const char *string, int64_t *ret_at)
{
	if (strcmp(string, "now") != 0)
		return time_parse(ret_at, string);
	*ret_at = cli_now(cli);
	return 0;
}

/* The release that is in force in the same scope and kind, a new string; NULL where none is. */
static int find_current(struct cli *cli, const struct manifest *manifest, char **ret_release, struct error *e)
{
	CLEANUP(store_baselines_clear) struct store_baselines all = {0};

	*ret_release = NULL;
	if (store_baselines_list(cli->store, NULL, NULL, &all, e) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		const struct manifest *other = &all.items[i].manifest;
		if (all.items[i].state != STORE_CURRENT || other->kind != manifest->kind ||
		    other->scope != manifest->scope || !other->scope_name ||
		    strcmp(other->scope_name, manifest->scope_name) != 0)
			continue;
		*ret_release = strdup(other->release ? other->release : "?");
		return *ret_release ? 0 : error_memory(e);
	}
	return 0;
}

static int look_again(struct cli *cli, struct decision *decision, const char *id, struct error *e)
{
	struct trust_policy policy;

	store_baseline_clear(&decision->after);
	trust_signers_clear(&decision->signers);
	if (cli_load_baseline(cli, id, &decision->after, e) < 0 ||
	    cli_load_policy(cli, &decision->signers, &policy, e) < 0)
		return -1;
	return baseline_check(&decision->check, &decision->after, &policy, cli_now(cli), e);
}

/* Add the signatures, and bring the baseline in force when it has enough and it is known how long
 * the release before is still accepted. */
static int decide(struct cli *cli, struct decision *decision, const char *id, const struct signatures *signatures,
		  struct error *e)
{
	const struct store_actor actor = cli_actor(cli);

	for (size_t i = 0; i < signatures->count; i++)
		if (store_baseline_approve(cli->store, id, signatures->texts[i], &actor, e) < 0)
			return -1;
	if (look_again(cli, decision, id, e) < 0)
		return -1;
	if (decision->after.state != STORE_CANDIDATE || decision->check.fault != BASELINE_FINE)
		return 0;
	if (find_current(cli, &decision->after.manifest, &decision->waits_for, e) < 0)
		return -1;
	if (decision->waits_for && !decision->older_until)
		return 0;
	if (store_baseline_enforce(cli->store, id, decision->until, &actor, e) < 0)
		return -1;
	decision->put_in_force = true;
	return look_again(cli, decision, id, e);
}

/* ---- what is said of it ---- */

/* Good signatures that do not count, which is hard to see otherwise. */
static void print_idle(const struct decision *decision)
{
	unsigned good = 0;

	for (size_t i = 0; i < decision->check.vote_count; i++) {
		const struct trust_vote *vote = &decision->check.votes[i];
		if (vote->learner)
			printf("The signature by %s is good, but of the one who learnt it: it does not count.\n",
			       vote->fingerprint);
		else if (vote->result == TRUST_GOOD)
			good++;
	}
	if (good > decision->check.approvals)
		printf("%u signatures are good, but only %u are of different people with different keys.\n", good,
		       decision->check.approvals);
}

static void print_missing(const struct cli *cli, const struct decision *decision)
{
	unsigned needed = cli->setup.config.approvals;

	printf("%.12s is a candidate with %u of %u approvals: %u missing.\n", decision->after.id,
	       decision->check.approvals, needed, needed - decision->check.approvals);
	print_idle(decision);
	printf("Next: another person signs it (pumpwatch baseline sign %.12s --key KEY), then: pumpwatch baseline "
	       "approve %.12s SIGNATURE%s\n", decision->after.id, decision->after.id,
	       decision->older_until ? " --older-until TIME" : "");
}

static void print_in_force(const struct cli *cli, const struct decision *decision)
{
	const struct manifest *manifest = &decision->after.manifest;
	unsigned needed = cli->setup.config.approvals;
	const char *caution = baseline_caution(needed);
	char scope[CLI_SCOPE_SIZE], files[CLI_FILES_SIZE];

	printf("%.12s is in force: %s %s for %s, %s", decision->after.id, visit_kind_name(manifest->kind),
	       manifest->release, cli_scope(manifest, scope), cli_files(manifest->file_count, files));
	if (needed > 0)
		printf(", %u of %u approvals", decision->check.approvals, needed);
	printf(".\n%s%s", caution ? caution : "", caution ? "\n" : "");
}

static int print_decision(const struct cli *cli, const struct decision *decision)
{
	const struct store_baseline *after = &decision->after;
	unsigned needed = cli->setup.config.approvals;

	if (cli->json)
		return cli_print_json(cli_json_baseline(cli, after, &decision->check));
	if (cli->quiet)
		return 0;
	if (decision->put_in_force) {
		print_in_force(cli, decision);
	} else if (after->state != STORE_CANDIDATE) {
		printf("%.12s is %s, with %u approvals (approvals = %u).\n", after->id,
		       baseline_stage_name(baseline_stage(after, &decision->check, cli_now(cli))),
		       decision->check.approvals, needed);
		print_idle(decision);
	} else if (decision->waits_for) {
		printf("%.12s is approved, and not in force yet: the release %s is. Say how long that one is still "
		       "accepted (a date, never, or now): pumpwatch baseline approve %.12s --older-until TIME\n",
		       after->id, decision->waits_for, after->id);
	} else {
		print_missing(cli, decision);
	}
	return 0;
}

/* ---- add, approve ---- */

static int read_decision(struct cli *cli, int argc, char **argv, struct decision *ret)
{
	static const struct option options[] = {{"older-until", required_argument, NULL, 'u'}, {0}};
	int c;

	ret->until = cli_now(cli);
	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c != 'u')
			return ERROR_USAGE;
		ret->older_until = optarg;
		if (parse_until(cli, optarg, &ret->until) < 0)
			return cli_usage(cli, "--older-until wants a date such as 2026-12-31, never, or now");
	}
	return 0;
}

static int refuse_known(struct cli *cli, const char *id, struct error *e)
{
	CLEANUP(store_baseline_clear) struct store_baseline known = {0};
	int r = store_baseline_load(cli->store, id, &known, e);

	if (r <= 0)
		return r;
	if (known.state == STORE_CANDIDATE)
		return error_set(e, ERROR_DATA, "this baseline (%.12s) is in the store already, as a candidate: go on "
						"with \"pumpwatch baseline approve\"", id);
	return error_set(e, ERROR_DATA, "this baseline (%.12s) is in the store already: it is %s", id,
			 store_baseline_state_name(known.state));
}

/* All of it or nothing; one that is new to the store is added first. */
static int carry_out(struct cli *cli, struct decision *decision, const struct store_baseline *one, bool is_new,
		     const struct signatures *signatures, struct error *e)
{
	const struct store_actor actor = cli_actor(cli);

	if (store_begin(cli->store, e) < 0)
		return -1;
	if ((is_new && store_baseline_add(cli->store, one->text, &one->manifest, &actor, e) < 0) ||
	    decide(cli, decision, one->id, signatures, e) < 0 || store_commit(cli->store, e) < 0) {
		store_rollback(cli->store);
		return -1;
	}
	return 0;
}

int verb_baseline_add(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_baseline_clear) struct store_baseline one = {0};
	CLEANUP(clear_signatures) struct signatures signatures = {0};
	CLEANUP(clear_decision) struct decision decision = {0};
	struct error e;
	int r = read_decision(cli, argc, argv, &decision);

	if (r != 0)
		return r;
	if (argc - optind < 1)
		return cli_usage(cli, "\"baseline add\" wants a manifest, and may take signatures");
	const char *path = argv[optind++];
	if (cli_load_manifest(path, &one, &e) < 0 || cli_open_store(cli, STORE_WRITE, &e) < 0)
		return cli_fail(cli, &e);
	if (check_manifest(cli, &one.manifest, &e) < 0 || refuse_known(cli, one.id, &e) < 0) {
		error_prefix(&e, "%s", path);
		return cli_fail(cli, &e);
	}
	if (take_signatures(cli, &signatures, &one, argv + optind, (size_t)(argc - optind), &e) < 0)
		return cli_fail(cli, &e);
	if (carry_out(cli, &decision, &one, true, &signatures, &e) < 0) {
		error_prefix(&e, "%s", path);
		return cli_fail(cli, &e);
	}
	return print_decision(cli, &decision);
}

/* The baseline of the store that a manifest's file or an id names. */
static int load_known(struct cli *cli, const char *name, struct store_baseline *ret_one, struct error *e)
{
	CLEANUP(store_baseline_clear) struct store_baseline named = {0};
	int r = cli_load_named(cli, name, &named, e);

	if (r < 0)
		return -1;
	if (r == 0) {
		r = store_baseline_load(cli->store, named.id, ret_one, e);
		if (r == 0)
			return error_set(e, ERROR_DATA, "%s (%.12s) is not in the store yet: pumpwatch baseline add %s "
							"SIGNATURE...", name, named.id, name);
	} else {
		*ret_one = named;
		named = (struct store_baseline){0};
	}
	return r < 0 ? -1 : cli_need_text(ret_one, e);
}

int verb_baseline_approve(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_baseline_clear) struct store_baseline one = {0};
	CLEANUP(clear_signatures) struct signatures signatures = {0};
	CLEANUP(clear_decision) struct decision decision = {0};
	struct error e;
	int r = read_decision(cli, argc, argv, &decision);

	if (r != 0)
		return r;
	if (argc - optind < (decision.older_until ? 1 : 2))
		return cli_usage(cli, "\"baseline approve\" wants a manifest or an id, and signatures");
	const char *name = argv[optind++];
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 || load_known(cli, name, &one, &e) < 0)
		return cli_fail(cli, &e);
	if (one.state == STORE_WITHDRAWN)
		return cli_usage(cli, "%.12s is withdrawn, which is for good", one.id);
	if (one.state == STORE_CANDIDATE && check_manifest(cli, &one.manifest, &e) < 0) {
		error_prefix(&e, "%s", name);
		return cli_fail(cli, &e);
	}
	if (take_signatures(cli, &signatures, &one, argv + optind, (size_t)(argc - optind), &e) < 0 ||
	    carry_out(cli, &decision, &one, false, &signatures, &e) < 0)
		return cli_fail(cli, &e);
	return print_decision(cli, &decision);
}

/* ---- accept-until, withdraw ---- */

/* The baseline as it is after the act. */
static int print_changed(struct cli *cli, const char *id)
{
	CLEANUP(store_baseline_clear) struct store_baseline one = {0};
	struct error e;

	return cli_load_baseline(cli, id, &one, &e) < 0 ? cli_fail(cli, &e)
							: cli_print_json(cli_json_baseline(cli, &one, NULL));
}

int verb_baseline_accept_until(struct cli *cli, int argc, char **argv)
{
	CLEANUP(store_baseline_clear) struct store_baseline one = {0};
	const struct store_actor actor = cli_actor(cli);
	char time[CLI_TIME_SIZE];
	struct error e;
	int64_t until;

	if (argc != 3)
		return cli_usage(cli, "\"baseline accept-until\" wants an id and a time");
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 || cli_load_baseline(cli, argv[1], &one, &e) < 0)
		return cli_fail(cli, &e);
	if (parse_until(cli, argv[2], &until) < 0)
		return cli_usage(cli, "\"%s\" is no time: write a date such as 2026-12-31, never, or now", argv[2]);
	if (one.state != STORE_OLDER)
		return cli_usage(cli, "%.12s is %s: only an older release has a time until which it is accepted",
				 one.id, store_baseline_state_name(one.state));
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
	if (cli_open_store(cli, STORE_WRITE, &e) < 0 || cli_load_baseline(cli, argv[optind], &one, &e) < 0 ||
	    store_baseline_withdraw(cli->store, one.id, &actor, &e) < 0)
		return cli_fail(cli, &e);
	if (cli->json)
		return print_changed(cli, one.id);
	if (!cli->quiet)
		printf("%.12s is withdrawn. %s\n", one.id,
		       one.in_force_at > 0 ? "Devices that it alone covered are untrusted from now on."
					   : "It never was in force.");
	return 0;
}
