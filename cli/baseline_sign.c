#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cli/baseline.h"
#include "file/file.h"

/* ---- ssh-keygen ---- */

/* Fixed: what signs is not for the environment to choose. */
static const char *find_ssh_keygen(void)
{
	static const char *const places[] = {"/usr/bin/ssh-keygen", "/bin/ssh-keygen", "/usr/local/bin/ssh-keygen"};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

/* Its prompts are for the person at the terminal: it gets our streams and our environment, in
 * which it finds the agent and the libraries of tokens. */
static int spawn(pid_t *ret_pid, const char *program, char **arguments)
{
	posix_spawnattr_t attributes;
	sigset_t all;

	(void)sigfillset(&all); /* cannot fail with this argument */
	int r = posix_spawnattr_init(&attributes);
	if (r != 0)
		return r;
	r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(&attributes, &all);
	if (r == 0)
		r = posix_spawn(ret_pid, program, NULL, &attributes, arguments, environ);
	(void)posix_spawnattr_destroy(&attributes); /* cannot fail */
	return r;
}

/* Wait as system() does: what interrupts ssh-keygen must not leave our folder behind. */
static int wait_for(pid_t pid)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction interrupt, quit;
	int status = -1;

	(void)sigaction(SIGINT, &ignore, &interrupt); /* cannot fail with these arguments */
	(void)sigaction(SIGQUIT, &ignore, &quit);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			status = -1;
			break;
		}
	(void)sigaction(SIGINT, &interrupt, NULL);
	(void)sigaction(SIGQUIT, &quit, NULL);
	return status;
}

/* Leaves the signature in path.sig. */
static int run_ssh_keygen(const char *key, const char *path, struct error *e)
{
	const char *program = find_ssh_keygen();
	const char *const arguments[] = {"ssh-keygen", "-q", "-Y", "sign", "-n", TRUST_NAMESPACE, "-f", key, path, NULL};
	pid_t pid = 0;

	if (!program)
		return error_set(e, ERROR_UNAVAILABLE, "ssh-keygen is not installed: it is part of the OpenSSH client");
	int r = spawn(&pid, program, (char **)(uintptr_t)arguments); /* it changes none */
	if (r != 0)
		return error_set(e, ERROR_UNAVAILABLE, "%s: %s", program, strerror(r));
	int status = wait_for(pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return error_set(e, ERROR_UNAVAILABLE, "ssh-keygen did not sign with %s: what it said stands above", key);
}

/* ---- a folder for it ---- */

struct workplace {
	char folder[256];
	char manifest[300];
	char signature[320];
};

static void clear_workplace(struct workplace *place)
{
	if (!place->folder[0])
		return;
	(void)unlink(place->signature); /* as far as they are there */
	(void)unlink(place->manifest);
	(void)rmdir(place->folder);
}

static int make_workplace(struct workplace *place, struct error *e)
{
	const char *parent = getenv("TMPDIR");
	char folder[sizeof place->folder];
	int length = snprintf(folder, sizeof folder, "%s/pumpwatch-sign.XXXXXX", parent && *parent ? parent : "/tmp");

	if (length >= (int)sizeof folder)
		return error_set(e, ERROR_UNAVAILABLE, "TMPDIR has too long a name");
	if (!mkdtemp(folder))
		return error_set(e, ERROR_UNAVAILABLE, "no folder could be made in %s: %s",
				 parent && *parent ? parent : "/tmp", strerror(errno));
	memcpy(place->folder, folder, sizeof folder);
	(void)snprintf(place->manifest, sizeof place->manifest, "%s/manifest", folder); /* both fit */
	(void)snprintf(place->signature, sizeof place->signature, "%s.sig", place->manifest);
	return 0;
}

/* Sign just the bytes that were read and checked, whatever becomes of their file meanwhile. */
static int make_signature(struct text *ret_signature, const struct store_baseline *one, const char *key,
			  struct error *e)
{
	CLEANUP(clear_workplace) struct workplace place = {0};

	if (make_workplace(&place, e) < 0 ||
	    file_write(place.manifest, one->text, strlen(one->text), 0600, e) < 0 ||
	    run_ssh_keygen(key, place.manifest, e) < 0)
		return -1;
	return file_read(ret_signature, place.signature, TRUST_SIGNATURE_BYTES_MAX, ERROR_INTERNAL, e);
}

/* ---- what it is worth here ---- */

static void remark(const struct cli *cli, const char *words, const char *more)
{
	if (!cli->quiet)
		fprintf(stderr, "pumpwatch: %s%s\n", words, more);
}

/* A signature that can never count is refused; one that does not count here and now is told. */
static int judge(struct cli *cli, const struct store_baseline *one, const struct trust_signature *signature,
		 struct error *e)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	struct trust_policy policy;
	struct error why;

	if (cli->setup.config.approvals >= 2 && strcmp(signature->fingerprint, one->manifest.learner) == 0)
		remark(cli, "this key is of the one who learnt it: its signature does not count", "");
	if (cli->setup.config.approvals == 0)
		return 0;
	if (cli_load_policy(cli, &signers, &policy, &why) < 0) {
		remark(cli, "whether the signature counts is not known here: ", why.text);
		return 0;
	}
	switch (trust_check(signature, one->text, strlen(one->text), &policy, cli_now(cli), NULL)) {
	case TRUST_GOOD: return 0;
	case TRUST_UNKNOWN_KEY:
		remark(cli, "it does not count yet: the key is not in ", cli->setup.config.signers);
		return 0;
	case TRUST_NOT_FOR_THIS:
	case TRUST_NOT_YET_VALID:
	case TRUST_EXPIRED:
		remark(cli, "it does not count now: look up the key in ", cli->setup.config.signers);
		return 0;
	case TRUST_NO_PRESENCE:
	case TRUST_NOT_VERIFIED:
		return error_set(e, ERROR_DATA, "the token signed without asking for its user as it must: make the key "
						"without no-touch-required, with verify-required where that is asked for");
	default: break;
	}
	return error_set(e, ERROR_DATA, "what ssh-keygen made is no good signature of the manifest");
}

/* ---- the verb ---- */

/* Beside the manifest, or in this folder; NULL: standard output. Returns 0 or -1. */
static int choose_output(char **ret_path, const char *name, bool is_stored, const struct store_baseline *one,
			 struct error *e)
{
	*ret_path = NULL;
	if (strcmp(name, "-") == 0)
		return 0;
	int r = is_stored ? asprintf(ret_path, "%.12s.sig", one->id) : asprintf(ret_path, "%s.sig", name);
	if (r < 0) {
		*ret_path = NULL; /* asprintf leaves it undefined */
		return error_memory(e);
	}
	if (access(*ret_path, F_OK) == 0)
		return error_set(e, ERROR_USAGE, "%s is there already: say with -o where this signature goes", *ret_path);
	return 0;
}

static int finish(struct cli *cli, const struct store_baseline *one, const struct text *text,
		  const struct trust_signature *signature, const char *output, struct error *e)
{
	if (output && file_write(output, text->data, text->length, 0644, e) < 0)
		return -1;
	if (cli->json)
		return cli_print_json(json_pack("{ss ss so so}", "id", one->id, "key", signature->fingerprint, "file",
						cli_json_string(output), "signature",
						output ? json_null() : json_string(text->data))) == 0
			? 0 : error_set(e, ERROR_INTERNAL, "the answer could not be put into JSON");
	if (!output)
		(void)fputs(text->data, stdout); /* whether it was written shows at the end */
	else if (!cli->quiet)
		printf("%s: signature of %.12s by %s.\n"
		       "It goes with \"pumpwatch baseline add MANIFEST\" or \"pumpwatch baseline approve %.12s\".\n",
		       output, one->id, signature->fingerprint, one->id);
	return 0;
}

static int sign(struct cli *cli, const char *name, const char *key, const char *output, struct error *e)
{
	CLEANUP(store_baseline_clear) struct store_baseline one = {0};
	CLEANUP(trust_signature_clear) struct trust_signature signature = {0};
	CLEANUP(cleanup_free) char *chosen = NULL;
	CLEANUP(text_clear) struct text text;
	char scope[CLI_SCOPE_SIZE], files[CLI_FILES_SIZE];

	text_init(&text);
	int r = strcmp(name, "-") == 0 ? cli_load_manifest(name, &one, e) : cli_load_named(cli, name, &one, e);
	if (r < 0 || cli_need_text(&one, e) < 0)
		return -1;
	if (!output && choose_output(&chosen, name, r > 0, &one, e) < 0)
		return -1;
	if (!cli->quiet)
		fprintf(stderr, "Signing %.12s: %s %s for %s, serial %llu, %s\n", one.id,
			visit_kind_name(one.manifest.kind), one.manifest.release, cli_scope(&one.manifest, scope),
			(unsigned long long)one.manifest.serial, cli_files(one.manifest.file_count, files));
	if (make_signature(&text, &one, key, e) < 0 ||
	    trust_signature_parse(&signature, "the new signature", text.data ? text.data : "", text.length, e) < 0 ||
	    judge(cli, &one, &signature, e) < 0)
		return -1;
	const char *path = output ? output : chosen;
	return finish(cli, &one, &text, &signature, path && strcmp(path, "-") != 0 ? path : NULL, e);
}

int verb_baseline_sign(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{"key", required_argument, NULL, 'k'}, {"output", required_argument, NULL, 'o'}, {0},
	};
	const char *key = NULL, *output = NULL;
	struct error e;
	int c;

	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c == 'k')
			key = optarg;
		else if (c == 'o')
			output = optarg;
		else
			return ERROR_USAGE;
	}
	if (argc - optind != 1 || !key)
		return cli_usage(cli, "\"baseline sign\" wants a manifest or an id, and --key");
	return sign(cli, argv[optind], key, output, &e) < 0 ? cli_fail(cli, &e) : 0;
}
