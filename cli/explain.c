#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/table.h"
#include "explain/explain.h"

enum { MASK_MOST = 15, CODE_MAX = 64 };

static json_t *json_entry(enum explain_topic topic, const struct explain_entry *entry)
{
	return json_pack("{ss ss ss ss ss ss}", "topic", explain_topic_name(topic), "code", entry->code, "words",
			 entry->words, "meaning", entry->meaning, "sure", entry->sure, "next", entry->next);
}

static int print_json_all(void)
{
	json_t *array = json_array();

	for (int topic = 0; topic < EXPLAIN_TOPIC_COUNT; topic++) {
		size_t count;
		const struct explain_entry *entries = explain_list((enum explain_topic)topic, &count);
		for (size_t i = 0; i < count; i++)
			json_array_append_new(array, json_entry((enum explain_topic)topic, &entries[i]));
	}
	return cli_print_json(array);
}

/* ---- the list, and the whole as a document ---- */

static int print_list(const struct cli *cli)
{
	static const struct cli_column columns[] = {
		{.heading = "CODE", .fit = CLI_WHOLE}, {.heading = "SAYS", .fit = CLI_WRAP, .least = 20},
	};

	for (int topic = 0; topic < EXPLAIN_TOPIC_COUNT; topic++) {
		CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(columns);
		size_t count;
		const struct explain_entry *entries = explain_list((enum explain_topic)topic, &count);
		for (size_t i = 0; i < count; i++)
			cli_table_add(&table, (const char *[]){entries[i].code, entries[i].words});
		printf("%s%s\n", topic ? "\n" : "", explain_topic_name((enum explain_topic)topic));
		cli_table_print(cli, &table);
	}
	if (cli->quiet)
		return 0;
	putchar('\n');
	cli_paragraph(cli, 0, "\"pumpwatch explain CODE\" tells more of one.");
	return 0;
}

/* As docs/messages.md has it. */
static int print_document(void)
{
	printf("# Every message, and what to do\n\n"
	       "<!-- Written by \"pumpwatch explain --all\": change lib/explain, not this file. -->\n\n"
	       "Each word that pumpwatch uses for what it found, with what happened, how sure that is, and what to do\n"
	       "next. `pumpwatch explain CODE` shows one of them on a terminal.\n");
	for (int topic = 0; topic < EXPLAIN_TOPIC_COUNT; topic++) {
		size_t count;
		const struct explain_entry *entries = explain_list((enum explain_topic)topic, &count);
		printf("\n## %s\n", explain_topic_name((enum explain_topic)topic));
		for (const struct explain_entry *entry = entries; entry < entries + count; entry++)
			printf("\n### `%s`: %s\n\n- What happened: %s\n- How sure: %s\n- What to do: %s\n", entry->code,
			       entry->words, entry->meaning, entry->sure, entry->next);
	}
	return 0;
}

/* ---- one ---- */

static void print_entry(const struct cli *cli, enum explain_topic topic, const struct explain_entry *entry)
{
	CLEANUP(text_clear) struct text heading;

	text_init(&heading);
	text_addf(&heading, "%s: %s (%s)", entry->code, entry->words, explain_topic_name(topic));
	cli_paragraph(cli, 0, heading.data ? heading.data : entry->code);
	cli_line(cli, "What happened", entry->meaning);
	cli_line(cli, "How sure", entry->sure);
	cli_line(cli, "What to do", entry->next);
}

/* What code says under each topic that has it. Returns how many. */
static size_t show(const struct cli *cli, const char *code, json_t *array)
{
	size_t found = json_array_size(array);

	for (int topic = 0; topic < EXPLAIN_TOPIC_COUNT; topic++) {
		const struct explain_entry *entry = explain_find_in((enum explain_topic)topic, code);
		if (!entry)
			continue;
		if (!cli->json) {
			printf("%s", json_array_size(array) > 0 ? "\n" : "");
			print_entry(cli, (enum explain_topic)topic, entry);
		}
		json_array_append_new(array, json_entry((enum explain_topic)topic, entry));
	}
	return json_array_size(array) - found;
}

/* The exit code of a sweep adds up what it found: 5 is 4 and 1. */
static size_t show_sum(const struct cli *cli, const char *code, json_t *array)
{
	const char *digits = strncasecmp(code, "exit", 4) == 0 ? code + 4 + strspn(code + 4, "-_ ") : code;
	size_t found = 0;
	uint64_t mask;

	if (number_parse(&mask, digits, 0, MASK_MOST) < 0)
		return 0;
	for (unsigned bit = 1; bit <= MASK_MOST; bit <<= 1) {
		char one[8];
		(void)snprintf(one, sizeof one, "exit-%u", bit); /* fits */
		if (mask & bit)
			found += show(cli, one, array);
	}
	return found;
}

/* Codes are written with dashes or with underscores, and a person need not know which. */
static const char *nearest(const char *code)
{
	struct cli_guess guess = {0};
	char dashes[CODE_MAX], underscores[CODE_MAX];

	text_copy(dashes, sizeof dashes, code);
	text_copy(underscores, sizeof underscores, code);
	for (size_t i = 0; dashes[i]; i++)
		if (strchr("-_ ", dashes[i])) {
			dashes[i] = '-';
			underscores[i] = '_';
		}
	for (int topic = 0; topic < EXPLAIN_TOPIC_COUNT; topic++) {
		size_t count;
		const struct explain_entry *entries = explain_list((enum explain_topic)topic, &count);
		for (size_t i = 0; i < count; i++)
			cli_guess_add(&guess, strchr(entries[i].code, '_') ? underscores : dashes, entries[i].code);
	}
	return guess.word;
}

static int explain(const struct cli *cli, const char *code)
{
	json_t *array = json_array();

	if (show(cli, code, array) == 0 && show_sum(cli, code, array) == 0) {
		const char *near = nearest(code);
		json_decref(array);
		if (near)
			return cli_usage(cli, "nothing is called \"%s\": did you mean \"%s\"?", code, near);
		return cli_usage(cli, "nothing is called \"%s\": \"pumpwatch explain\" lists what is", code);
	}
	if (cli->json)
		return cli_print_json(array);
	json_decref(array);
	return 0;
}

int verb_explain(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {{"all", no_argument, NULL, 'a'}, {0}};
	CLEANUP(text_clear) struct text code;
	bool all = false;
	int c;

	text_init(&code);
	while ((c = cli_option(cli, argc, argv, options)) != -1) {
		if (c != 'a')
			return ERROR_USAGE;
		all = true;
	}
	if (all && optind < argc)
		return cli_usage(cli, "\"explain\" wants a code or --all: give one of the two");
	if (optind == argc && cli->json)
		return print_json_all();
	if (optind == argc)
		return all ? print_document() : print_list(cli);
	/* "wrong device" is as good as "wrong-device" */
	for (int i = optind; i < argc; i++)
		text_addf(&code, "%s%s", i > optind ? "-" : "", argv[i]);
	return explain(cli, code.data ? code.data : "");
}
