#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/table.h"
#include "cli/mistakes.h"
#include "pull/pull.h"

enum { REASON_MAX = 1000 };

/* An answer that its reader did not get is no success. */
static int end_output(int code)
{
	errno = 0;
	bool failed = fflush(stdout) != 0;
	int why = errno;

	if (!failed && !ferror(stdout))
		return code;
	if (why == EPIPE) /* whoever read it has had enough, and knows */
		return code ? code : ERROR_UNAVAILABLE;
	fprintf(stderr, "pumpwatch: standard output could not be written%s%s\n", why ? ": " : "",
		why ? strerror(why) : "");
	return code < ERROR_USAGE ? ERROR_UNAVAILABLE : code;
}

/* What a person wants, and the first words of the verbs that do it. */
static const struct {
	const char *title, *words;
} groups[] = {
	{"Enroll", " models model enroll edit retire test "},
	{"Watch", " sweep bench status devices show report "},
	{"Answer", " alerts alert ack explain "},
	{"Approve", " baseline "},
	{"Look after", " stop resume sinks sink audit "},
	{"More", NULL}, /* whatever is in none */
};

static size_t group_of(const struct cli_verb *verb)
{
	size_t last = sizeof groups / sizeof *groups - 1;
	char word[64];

	(void)snprintf(word, sizeof word, " %.*s ", (int)strcspn(verb->name, " "), verb->name); /* fits */
	for (size_t i = 0; i < last; i++)
		if (strstr(groups[i].words, word))
			return i;
	return last;
}

enum { HELP_NAME = 23, HELP_WIDTH = 80 };

static void write_verbs(struct text *text)
{
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		bool titled = false;
		for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
			if (group_of(verb) != i)
				continue;
			if (!titled)
				text_addf(text, "\n%s\n", groups[i].title);
			titled = true;
			text_addf(text, "  %-*s", HELP_NAME, verb->name);
			cli_wrap(text, verb->summary, 2 + HELP_NAME, HELP_WIDTH);
			text_add_char(text, '\n');
		}
	}
}

static void print_help(FILE *out)
{
	CLEANUP(text_clear) struct text verbs;

	text_init(&verbs);
	write_verbs(&verbs);
	fprintf(out, "Usage: pumpwatch [OPTION…] VERB …\n\n"
		     "Watches the files of infusion pumps: pulls, hashes, compares, alerts.\n"
		     "Never writes to a device.\n%s", verbs.data && !verbs.failed ? verbs.data : "");
	fprintf(out, "\nOptions, before the verb\n"
		     "  --config FILE   the configuration (else $PUMPWATCH_CONFIG, else\n"
		     "                  " PUMPWATCH_CONF ")\n"
		     "  --json          one JSON document on standard output (sweep: one object a\n"
		     "                  line)\n"
		     "  --quiet         no progress, no remarks\n"
		     "  --by NAME       who does it, where several people share a login\n"
		     "  --reason TEXT   why, for verbs that act: a work order's number, say (recorded)\n"
		     "  --version       the version\n\n"
		     "pumpwatch VERB --help tells more of a verb; pumpwatch(1) of all.\n");
}

static int print_verb_help(const struct cli_verb *verb)
{
	printf("Usage: pumpwatch %s%s%s\n\n%c%s.\n\n%s", verb->name, *verb->usage ? " " : "", verb->usage,
	       verb->summary[0] - 'a' + 'A', verb->summary + 1, verb->help);
	if (verb->role == CLI_ACTS && !strstr(verb->usage, "--reason"))
		printf("\n--reason TEXT says why it is done (a work order's number, say), and is recorded with it.\n");
	return end_output(0);
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
	baseline_memory_free(cli->baselines);
	if (cli->event)
		sd_event_unref(cli->event);
	store_close(cli->store);
	setup_clear(&cli->setup);
}

/* Whether words can stand in a record and on a terminal as they are: one line, not empty. */
static bool is_line(const char *words)
{
	CLEANUP(cleanup_free) char *escaped = escape_string(ESCAPE_DISPLAY, words);
	size_t length = strlen(words);

	if (!escaped || length == 0)
		return false;
	for (const char *c = words; *c; c++)
		length += *c == '%' ? 2 : 0; /* which is written %25, and fine */
	return strlen(escaped) == length;
}

int cli_take_reason(struct cli *cli, const char *words)
{
	if (!is_line(words) || strlen(words) > REASON_MAX)
		return cli_usage(cli, "a reason is one line of text, of at most %d bytes", REASON_MAX);
	cli->reason = words;
	return 0;
}

/* The value of the option that argv[*i] is, which may be the next argument; NULL when it is
 * another option. */
static const char *late_value(const char *name, int argc, char **argv, int *i)
{
	size_t length = strlen(name);

	if (strncmp(argv[*i], name, length) != 0)
		return NULL;
	if (argv[*i][length] == '=')
		return argv[*i] + length + 1;
	if (argv[*i][length] != '\0')
		return NULL;
	return *i + 1 < argc ? argv[++*i] : "";
}

/* --json, --quiet and --reason may stand after the verb, too. Returns how many arguments are left,
 * or -1 after cli_usage() has spoken. */
static int take_late_options(struct cli *cli, int argc, char **argv)
{
	int kept = 1;
	bool over = false;

	for (int i = 1; i < argc; i++) {
		const char *reason;
		over |= strcmp(argv[i], "--") == 0;
		if (!over && strcmp(argv[i], "--json") == 0)
			cli->json = true;
		else if (!over && strcmp(argv[i], "--quiet") == 0)
			cli->quiet = true;
		else if (!over && (reason = late_value("--reason", argc, argv, &i))) {
			if (cli_take_reason(cli, reason) != 0)
				return -1;
		} else if (!over && (strcmp(argv[i], "--config") == 0 || strcmp(argv[i], "--by") == 0)) {
			cli_usage(cli, "%s stands before the verb, as in \"pumpwatch %s … %s\"", argv[i], argv[i],
				  cli->verb);
			return -1;
		} else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	return kept;
}

/* A terminal that knows no escape sequences. */
static bool is_dumb(void)
{
	const char *kind = getenv("TERM");

	return kind && strcmp(kind, "dumb") == 0;
}

static int load_setup(struct cli *cli, const char *config, struct error *e)
{
	const char *wanted = config ? config : getenv("PUMPWATCH_CONFIG");
	const char *path = wanted && *wanted ? wanted : PUMPWATCH_CONF;

	if (setup_load(&cli->setup, config, e) == 0)
		return 0;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		error_set(e, ERROR_CONFIG, "%s: there is no such file: name your configuration with --config FILE or "
			  "PUMPWATCH_CONFIG", path);
	else if (access(path, R_OK) < 0 && errno == EACCES)
		error_set(e, ERROR_PERMISSION, "%s: you may not read it: say \"sudo -u pumpwatch pumpwatch ...\"", path);
	return -1;
}

static int run_verb(struct cli *cli, const struct cli_verb *verb, const char *config, int argc, char **argv)
{
	struct error e;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return print_verb_help(verb);
	cli->verb = verb->name;
	if (cli_check_dashes(cli, argc, argv) != 0 || (argc = take_late_options(cli, argc, argv)) < 0)
		return ERROR_USAGE;
	if (cli->reason && verb->role != CLI_ACTS)
		return cli_usage(cli, "--reason is for verbs that act, which \"%s\" is not", verb->name);
	cli->progress = !cli->quiet && isatty(STDERR_FILENO) == 1 && !is_dumb();
	if (verb->role != CLI_ALONE && (load_setup(cli, config, &e) < 0 ||
				  setup_use_timezone(&cli->setup, getenv("TZ"), &e) < 0))
		return cli_fail(cli, &e);
	optind = 0; /* glibc: begin anew, with another argv */
	return end_output(verb->run(cli, argc, argv));
}

/* "help", "help VERB". */
static int help(const struct cli *cli, int argc, char **argv)
{
	int words = 0;

	if (argc == 0) {
		print_help(stdout);
		return end_output(0);
	}
	const struct cli_verb *verb = find_verb(argc, argv, &words);
	return verb ? print_verb_help(verb) : cli_unknown_verb(cli, argc, argv);
}

static int take_by(struct cli *cli, const char *by)
{
	if (!is_line(by))
		return cli_usage(cli, "--by wants a name of one line");
	text_copy(cli->by, sizeof cli->by, by);
	return 0;
}

/* Names, and our own words, are UTF-8; the locale has to know how wide they are. */
static void use_utf8(void)
{
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8"); /* without it, names do not line up */
}

static unsigned terminal_width(void)
{
	struct winsize size;
	uint64_t columns;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	const char *variable = getenv("COLUMNS");
	if (variable && number_parse(&columns, variable, 1, 10000) == 0)
		return (unsigned)columns;
	return 80;
}

static void look_at_terminal(struct cli *cli)
{
	const char *no_color = getenv("NO_COLOR");

	cli->terminal = isatty(STDOUT_FILENO) == 1;
	cli->width = cli->terminal ? terminal_width() : 0;
	cli->color = cli->terminal && !(no_color && *no_color) && !is_dumb();
}

static int refuse_option(const struct cli *cli, char **argv, const struct option *options)
{
	const char *given = cli_refused_option(argv);
	char like[CLI_LIKE_SIZE];

	return cli_usage(cli, "there is no option \"%s\" before the verb%s", given, cli_like_option(given, options, like));
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'},
		{"quiet", no_argument, NULL, 'q'},	  {"by", required_argument, NULL, 'b'},
		{"reason", required_argument, NULL, 'r'}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	CLEANUP(close_all) struct cli cli = {0};
	const char *config = NULL;
	int words = 0;
	int c;

	use_utf8();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an answer too */
	look_at_terminal(&cli);
	find_login(cli.by, sizeof cli.by);
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:hc:", options, NULL)) != -1) {
		switch (c) {
		case 'c': config = optarg; break;
		case 'j': cli.json = true; break;
		case 'q': cli.quiet = true; break;
		case 'b':
			if (take_by(&cli, optarg) != 0)
				return ERROR_USAGE;
			break;
		case 'r':
			if (cli_take_reason(&cli, optarg) != 0)
				return ERROR_USAGE;
			break;
		case 'h': return help(&cli, argv[optind] && argv[optind][0] != '-' ? argc - optind : 0, argv + optind);
		case 'V': puts("pumpwatch " PACKAGE_VERSION); return end_output(0);
		case ':': return cli_usage(&cli, "%s wants a value", argv[optind - 1]);
		default: return refuse_option(&cli, argv, options);
		}
	}
	argc -= optind;
	argv += optind;
	if (argc == 0 && config)
		return cli_usage(&cli, "a verb is missing, as in \"pumpwatch --config %s devices\"",
				 strchr(config, '/') ? config : "FILE");
	if (argc == 0) {
		print_help(stderr);
		return ERROR_USAGE;
	}
	if (strcmp(argv[0], "help") == 0)
		return help(&cli, argc - 1, argv + 1);
	const struct cli_verb *verb = find_verb(argc, argv, &words);
	if (!verb)
		return cli_unknown_verb(&cli, argc, argv);
	return run_verb(&cli, verb, config, argc - words + 1, argv + words - 1);
}
