#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "pull/pull.h"

static void print_help(FILE *out)
{
	fprintf(out, "Usage: pumpwatch [--config FILE] [--json] [--quiet] [--by NAME] VERB …\n\n"
		     "Watches the files of infusion pumps: pulls, hashes, compares, alerts. Never writes to a device.\n\n");
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		fprintf(out, "  %-22s %s\n", verb->name, verb->summary);
	fprintf(out, "\nOptions:\n"
		     "  --config FILE   the configuration (else $PUMPWATCH_CONFIG, else " PUMPWATCH_CONF ")\n"
		     "  --json          one JSON document on standard output (sweep: one object a line)\n"
		     "  --quiet         no progress, no remarks\n"
		     "  --by NAME       who does it, where several people share a login\n"
		     "  --version       the version\n\n"
		     "pumpwatch VERB --help tells more of a verb; pumpwatch(1) of all.\n");
}

static int print_verb_help(const struct cli_verb *verb)
{
	printf("Usage: pumpwatch %s %s\n\n%c%s.\n\n%s", verb->name, verb->usage,
	       verb->summary[0] - 'a' + 'A', verb->summary + 1, verb->help);
	return fflush(stdout) == 0 ? 0 : ERROR_INTERNAL;
}

/* The verb that argv begins with; *ret_words is how many of argv are its name. */
static const struct cli_verb *find_verb(int argc, char **argv, int *ret_words)
{
	char two[64] = "";

	if (argc >= 2 && snprintf(two, sizeof two, "%s %s", argv[0], argv[1]) >= (int)sizeof two)
		two[0] = '\0'; /* no verb is so long */
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (strcmp(verb->name, two) == 0 || strcmp(verb->name, argv[0]) == 0) {
			*ret_words = strcmp(verb->name, two) == 0 ? 2 : 1;
			return verb;
		}
	}
	return NULL;
}

/* How many letters differ, at most 3 (Levenshtein on short words). */
static unsigned distance(const char *a, const char *b)
{
	size_t n = strlen(b);
	unsigned row[64];

	if (n >= 64 || strlen(a) >= 64)
		return 3;
	for (size_t k = 0; k <= n; k++)
		row[k] = (unsigned)k;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned corner = row[0];
		row[0] = (unsigned)i;
		for (size_t k = 1; k <= n; k++) {
			unsigned change = corner + (a[i - 1] != b[k - 1]);
			unsigned shorter = row[k] < row[k - 1] ? row[k] + 1 : row[k - 1] + 1;
			corner = row[k];
			row[k] = change < shorter ? change : shorter;
		}
	}
	return row[n];
}

static int unknown_verb(const struct cli *cli, int argc, char **argv)
{
	char given[128];

	(void)snprintf(given, sizeof given, "%s%s%s", argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		if (distance(argv[0], verb->name) <= 2 || distance(given, verb->name) <= 2)
			return cli_usage(cli, "there is no verb \"%s\": did you mean \"%s\"?", argv[0], verb->name);
	if (strcmp(argv[0], "baseline") == 0 || strcmp(argv[0], "model") == 0 || strcmp(argv[0], "alert") == 0)
		return cli_usage(cli, "\"%s\" wants one more word, such as \"%s show\"", argv[0], argv[0]);
	return cli_usage(cli, "there is no verb \"%s\"", argv[0]);
}

static void find_login(char *ret_by, size_t size)
{
	const struct passwd *entry = getpwuid(getuid());
	char login[64];

	if (getlogin_r(login, sizeof login) == 0)
		text_copy(ret_by, size, login);
	else if (entry)
		text_copy(ret_by, size, entry->pw_name);
	else
		(void)snprintf(ret_by, size, "uid %u", (unsigned)getuid());
}

static void close_all(struct cli *cli)
{
	pull_pool_free(cli->pool);
	if (cli->event)
		sd_event_unref(cli->event);
	store_close(cli->store);
	setup_clear(&cli->setup);
}

static int run_verb(struct cli *cli, const struct cli_verb *verb, const char *config, int argc, char **argv)
{
	struct error e;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return print_verb_help(verb);
	if (verb->needs_setup && setup_load(&cli->setup, config, &e) < 0)
		return cli_fail(cli, &e);
	cli->verb = verb->name;
	optind = 0; /* glibc: begin anew, with another argv */
	int code = verb->run(cli, argc, argv);
	if (fflush(stdout) != 0 && code == 0)
		code = ERROR_INTERNAL;
	return code;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'},
		{"quiet", no_argument, NULL, 'q'},	  {"by", required_argument, NULL, 'b'},
		{"help", no_argument, NULL, 'h'},	  {"version", no_argument, NULL, 'V'},
		{0},
	};
	CLEANUP(close_all) struct cli cli = {0};
	const char *config = NULL;
	int words = 0;
	int c;

	(void)setlocale(LC_CTYPE, ""); /* without it, names are shown as ASCII */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an answer too */
	cli.terminal = isatty(STDOUT_FILENO) == 1;
	cli.color = cli.terminal && !getenv("NO_COLOR");
	find_login(cli.by, sizeof cli.by);
	while ((c = getopt_long(argc, argv, "+c:jqb:h", options, NULL)) != -1) {
		switch (c) {
		case 'c': config = optarg; break;
		case 'j': cli.json = true; break;
		case 'q': cli.quiet = true; break;
		case 'b': text_copy(cli.by, sizeof cli.by, optarg); break;
		case 'h': print_help(stdout); return fflush(stdout) == 0 ? 0 : ERROR_INTERNAL;
		case 'V': puts("pumpwatch " PACKAGE_VERSION); return fflush(stdout) == 0 ? 0 : ERROR_INTERNAL;
		default: return cli_usage(&cli, "see \"pumpwatch --help\"");
		}
	}
	cli.progress = !cli.quiet && isatty(STDERR_FILENO) == 1;
	argc -= optind;
	argv += optind;
	if (argc == 0) {
		print_help(stderr);
		return ERROR_USAGE;
	}
	const struct cli_verb *verb = find_verb(argc, argv, &words);
	if (!verb)
		return unknown_verb(&cli, argc, argv);
	return run_verb(&cli, verb, config, argc - words + 1, argv + words - 1);
}
