#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/mistakes.h"

/* ---- verbs ---- */

/* What people who know other programs would type. */
static const struct {
	const char *word, *verb;
} others[] = {
	{"acknowledge", "ack"},	   {"add", "enroll"},	     {"register", "enroll"},	{"import", "enroll --csv"},
	{"remove", "retire"},	   {"delete", "retire"},     {"change", "edit"},	{"set", "edit"},
	{"pumps", "devices"},	   {"inventory", "devices"}, {"check", "sweep"},	{"scan", "sweep"},
	{"run", "sweep"},	   {"visit", "sweep"},	     {"start", "resume"},	{"pause", "stop"},
	{"baselines", "baseline list"}, {"log", "audit list"}, {"history", "audit list"}, {"export", "devices --csv"},
	{"page", "report"},	   {"dashboard", "report"},  {"version", "--version"},	{"verify", "audit verify"},
	{"summary", "status"},	   {"approve", "baseline approve"}, {"learn", "baseline learn"}, {"sign", "baseline sign"},
};

static const char *const listing_words[] = {"list", "ls", "show", "get", "view", "print", "display"};

/* Name the verbs that begin with the word group: "show, check". */
static void write_group(struct text *text, const char *group)
{
	size_t length = strlen(group);

	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		if (strncmp(verb->name, group, length) == 0 && verb->name[length] == ' ')
			text_addf(text, "%s%s", text->length ? ", " : "", verb->name + length + 1);
}

static bool is_verb(const char *first, const char *second)
{
	size_t length = strlen(first);

	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		if (strncasecmp(verb->name, first, length) == 0 && verb->name[length] == ' ' &&
		    strcasecmp(verb->name + length + 1, second) == 0)
			return true;
	return false;
}

static const char *other_word(const char *word)
{
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcasecmp(word, others[i].word) == 0)
			return others[i].verb;
	return NULL;
}

static void guess_verb(struct cli_guess *guess, const char *word)
{
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		if (!strchr(verb->name, ' '))
			cli_guess_add(guess, word, verb->name);
	if (!guess->word && other_word(word))
		*guess = (struct cli_guess){.word = other_word(word)};
}

/* "list devices", "ls alerts" */
static bool is_listing(const char *word)
{
	for (size_t i = 0; i < sizeof listing_words / sizeof *listing_words; i++)
		if (strcasecmp(word, listing_words[i]) == 0)
			return true;
	return false;
}

/* A name of a device, by the look of it. */
static bool is_asset(const char *word)
{
	return strpbrk(word, "0123456789") && !strpbrk(word, " =/");
}

static int unknown_in_group(const struct cli *cli, int argc, char **argv, const char *group)
{
	struct cli_guess guess = {0};
	char two[128];

	(void)snprintf(two, sizeof two, "%s %s", argv[0], argc > 1 ? argv[1] : ""); /* a cut one is like none */
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		if (strchr(verb->name, ' ') && argc > 1)
			cli_guess_add(&guess, two, verb->name);
	if (guess.word)
		return cli_usage(cli, "there is no verb \"%s\": did you mean \"%s\"?", two, guess.word);
	if (argc > 1 && is_verb(argv[0], "show") && is_asset(argv[1]))
		return cli_usage(cli, "\"%s\" wants one more word: did you mean \"%s show %s\"?", argv[0], argv[0], argv[1]);
	return cli_usage(cli, "\"%s\" wants one more word: %s", argv[0], group);
}

int cli_unknown_verb(const struct cli *cli, int argc, char **argv)
{
	CLEANUP(text_clear) struct text group;
	struct cli_guess guess = {0};

	text_init(&group);
	write_group(&group, argv[0]);
	if (group.length > 0)
		return unknown_in_group(cli, argc, argv, group.data);
	if (strcmp(argv[0], "pumpwatch") == 0)
		return cli_usage(cli, "\"pumpwatch\" stands there twice: leave the second one out");
	if (argc > 1 && is_verb(argv[1], argv[0]))
		return cli_usage(cli, "the words are the other way round: did you mean \"%s %s\"?", argv[1], argv[0]);
	if (argc > 1 && is_listing(argv[0]))
		guess_verb(&guess, argv[1]);
	if (guess.word)
		return cli_usage(cli, "there is no verb \"%s\": did you mean \"%s\"?", argv[0], guess.word);
	guess_verb(&guess, argv[0]);
	if (guess.word)
		return cli_usage(cli, "there is no verb \"%s\": did you mean \"%s\"?", argv[0], guess.word);
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		if (strchr(verb->name, ' ') && strcasecmp(argv[0], strchr(verb->name, ' ') + 1) == 0)
			return cli_usage(cli, "there is no verb \"%s\": did you mean \"%s\"?", argv[0], verb->name);
	if (is_asset(argv[0]))
		return cli_usage(cli, "there is no verb \"%s\": is it a device? Then say \"pumpwatch show %s\"", argv[0],
				 argv[0]);
	return cli_usage(cli, "there is no verb \"%s\"", argv[0]);
}

/* ---- options ---- */

/* Text programs make long dashes (U+2010 to U+2015, U+2212) of hyphens. */
static const char *behind_dash(const char *word)
{
	const unsigned char *b = (const unsigned char *)word;

	if (b[0] != 0xE2 || !((b[1] == 0x80 && b[2] >= 0x90 && b[2] <= 0x95) || (b[1] == 0x88 && b[2] == 0x92)))
		return NULL;
	return word + 3;
}

int cli_check_dashes(const struct cli *cli, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *name = behind_dash(argv[i]);
		if (name && isalpha((unsigned char)*name) && !strchr(name, ' '))
			return cli_usage(cli, "\"%s\" begins with a long dash: type two hyphens, as in --%s", argv[i], name);
	}
	return 0;
}

/* Of letters that stand together, as in "-model", the whole is still at optind. */
const char *cli_refused_option(char **argv)
{
	if (optopt && argv[optind] && argv[optind][0] == '-' && argv[optind][1] != '-' && strchr(argv[optind], optopt))
		return argv[optind];
	return argv[optind - 1];
}

const char *cli_like_option(const char *given, const struct option *options, char buffer[static CLI_LIKE_SIZE])
{
	static const char *const everywhere[] = {"help", "json", "quiet", "reason"};
	struct cli_guess guess = {0};
	char name[64];

	given += strspn(given, "-");
	text_copy(name, sizeof name, given);
	name[strcspn(name, "=")] = '\0';
	for (const struct option *option = options; option->name; option++)
		cli_guess_add(&guess, name, option->name);
	for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++)
		cli_guess_add(&guess, name, everywhere[i]);
	buffer[0] = '\0';
	if (guess.word)
		(void)snprintf(buffer, CLI_LIKE_SIZE, ": did you mean \"--%s\"?", guess.word); /* ours are short */
	return buffer;
}
