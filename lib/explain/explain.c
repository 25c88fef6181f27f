#include <ctype.h>
#include <string.h>

#include "explain/internal.h"

static const struct {
	const char *name;
	const struct explain_entry *entries;
} topics[EXPLAIN_TOPIC_COUNT] = {
	[EXPLAIN_RESULT] = {"Results of a visit", explain_results},
	[EXPLAIN_FINDING] = {"Findings", explain_findings},
	[EXPLAIN_OUTCOME] = {"Why something could not be had", explain_outcomes},
	[EXPLAIN_EVENT] = {"Events and alerts", explain_events},
	[EXPLAIN_ALERT] = {"The life of an alert", explain_alerts},
	[EXPLAIN_DEVICE] = {"Devices and links", explain_devices},
	[EXPLAIN_BASELINE] = {"Baselines", explain_baselines},
	[EXPLAIN_STANDING] = {"The state of pumpwatch itself", explain_standing},
	[EXPLAIN_ROW] = {"Rows of a spreadsheet", explain_rows},
	[EXPLAIN_SHEET] = {"Sheets of the service bench", explain_sheets},
	[EXPLAIN_RECORD] = {"Faults of the records", explain_records},
	[EXPLAIN_EXIT] = {"Exit codes", explain_exits},
};

const char *explain_topic_name(enum explain_topic topic)
{
	return topics[topic].name;
}

const struct explain_entry *explain_list(enum explain_topic topic, size_t *ret_count)
{
	size_t count = 0;

	while (topics[topic].entries[count].code)
		count++;
	*ret_count = count;
	return topics[topic].entries;
}

static int plain(char c)
{
	return c == '_' || c == ' ' ? '-' : tolower((unsigned char)c);
}

static int same(const char *a, const char *b)
{
	while (*a && plain(*a) == plain(*b))
		a++, b++;
	return plain(*a) == plain(*b);
}

static const struct explain_entry *find(enum explain_topic topic, const char *before, const char *code)
{
	size_t length = strlen(before);

	for (const struct explain_entry *entry = topics[topic].entries; entry->code; entry++)
		if (strncmp(entry->code, before, length) == 0 && same(entry->code + length, code))
			return entry;
	return NULL;
}

const struct explain_entry *explain_find_in(enum explain_topic topic, const char *code)
{
	const struct explain_entry *entry = find(topic, "", code);

	return entry || topic != EXPLAIN_EXIT ? entry : find(topic, "exit-", code);
}

const struct explain_entry *explain_find(const char *code)
{
	const struct explain_entry *entry = NULL;

	for (int topic = 0; !entry && topic < EXPLAIN_TOPIC_COUNT; topic++)
		entry = explain_find_in((enum explain_topic)topic, code);
	return entry;
}

const char *explain_words(enum explain_topic topic, const char *code)
{
	const struct explain_entry *entry = explain_find_in(topic, code);

	return entry ? entry->words : code;
}
