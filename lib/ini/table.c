#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/text.h"
#include "ini/ini.h"

enum { WORD_MAX = 64, NEAR = 2, SHOWN_MAX = 80 };

struct table {
	const struct ini_section *sections;
	size_t count;
	void *userdata;
	const struct ini_section *section; /* the open one */
	char title[INI_SECTION_MAX + 1];
	int opened; /* its line */
	void *target;
	uint64_t seen; /* bit i: key i of the open section was given */
	struct error fault; /* of the section that ended last, at its own line */
	int fault_line;
};

/* How many letters must be changed, added or dropped to make one word of the other; "_" is as
 * good as "-". More than NEAR for words that are long or far apart. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	size_t a_length = strnlen(a, WORD_MAX + 1);
	size_t b_length = strnlen(b, WORD_MAX + 1);

	if (a_length > WORD_MAX || b_length > WORD_MAX)
		return NEAR + 1;
	for (size_t j = 0; j <= b_length; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t diagonal = row[0];
		int letter = a[i - 1] == '_' ? '-' : tolower((unsigned char)a[i - 1]);
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t changed = diagonal + (letter != b[j - 1]);
			diagonal = row[j];
			size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
			row[j] = changed < least ? changed : least;
		}
	}
	return row[b_length];
}

/* Keeps the better of two guesses. */
static void consider(const char **best, size_t *best_distance, const char *word, const char *candidate)
{
	size_t d = distance(word, candidate);

	if (d >= *best_distance || d >= strlen(candidate))
		return;
	*best = candidate;
	*best_distance = d;
}

/* The value as a message may show it: escaped, and not too long. */
static char *shown(const char *string)
{
	struct text text;
	size_t length = strlen(string);

	text_init(&text);
	escape_add(&text, ESCAPE_DISPLAY, string, length > SHOWN_MAX ? SHOWN_MAX : length);
	if (length > SHOWN_MAX)
		text_add(&text, "…");
	return text_take(&text);
}

static int refuse_section(const struct table *table, const char *title, struct error *e)
{
	const char *best = NULL;
	size_t best_distance = NEAR + 1;
	char word[INI_SECTION_MAX + 1] = "";

	memcpy(word, title, strcspn(title, " "));
	for (size_t i = 0; i < table->count; i++)
		consider(&best, &best_distance, word, table->sections[i].name);
	if (!best)
		return error_set(e, ERROR_CONFIG, "there is no section [%s]", title);
	for (size_t i = 0; i < table->count; i++)
		if (best == table->sections[i].name && table->sections[i].named)
			return error_set(e, ERROR_CONFIG, "there is no section [%s]: did you mean [%s NAME]?",
					 title, best);
	return error_set(e, ERROR_CONFIG, "there is no section [%s]: did you mean [%s]?", title, best);
}

static int refuse_key(const struct table *table, const char *key, struct error *e)
{
	const char *best = NULL;
	size_t best_distance = NEAR + 1;
	CLEANUP(cleanup_free) char *name = shown(key);

	for (size_t i = 0; i < table->section->key_count; i++)
		consider(&best, &best_distance, key, table->section->keys[i].name);
	if (best)
		return error_set(e, ERROR_CONFIG, "[%s] has no key \"%s\": did you mean \"%s\"?", table->title,
				 name ? name : "", best);
	for (size_t s = 0; s < table->count; s++)
		for (size_t i = 0; i < table->sections[s].key_count; i++)
			if (strcmp(table->sections[s].keys[i].name, key) == 0)
				return error_set(e, ERROR_CONFIG, "[%s] has no key \"%s\": it belongs in [%s%s]",
						 table->title, key, table->sections[s].name,
						 table->sections[s].named ? " NAME" : "");
	return error_set(e, ERROR_CONFIG, "[%s] has no key \"%s\"", table->title, name ? name : "");
}

/* What is wrong with a section is seen at its end, but lies at its beginning. */
static int close_section(struct table *table)
{
	const struct ini_section *section = table->section;
	int r = 0;

	if (!section)
		return 0;
	for (size_t i = 0; r == 0 && i < section->key_count; i++)
		if (section->keys[i].required && !(table->seen >> i & 1))
			r = error_set(&table->fault, ERROR_CONFIG, "[%s] needs the key \"%s\"", table->title,
				      section->keys[i].name);
	if (r == 0 && section->close && section->close(table->userdata, table->target, &table->fault) < 0)
		r = error_prefix(&table->fault, "[%s]", table->title);
	table->fault_line = table->opened;
	return r;
}

static const struct ini_section *find_section(const struct table *table, const char *title, size_t length)
{
	for (size_t i = 0; i < table->count; i++)
		if (strlen(table->sections[i].name) == length &&
		    strncmp(table->sections[i].name, title, length) == 0)
			return &table->sections[i];
	return NULL;
}

static int open_section(struct table *table, const struct ini_line *line, struct error *e)
{
	size_t length = strcspn(line->section, " ");
	const char *word = line->section + length + strspn(line->section + length, " ");
	const struct ini_section *section = find_section(table, line->section, length);

	if (!section)
		return refuse_section(table, line->section, e);
	if (section->named && *word == '\0')
		return error_set(e, ERROR_CONFIG, "[%s] needs a name: [%s NAME]", section->name, section->name);
	if (!section->named && *word != '\0')
		return error_set(e, ERROR_CONFIG, "[%s] takes no name: write [%s]", line->section, section->name);
	if (close_section(table) < 0)
		return -1;
	table->section = section;
	table->seen = 0;
	table->opened = line->number;
	(void)snprintf(table->title, sizeof table->title, "%s", line->section); /* ini_read keeps it short */
	table->target = section->open ? section->open(table->userdata, word, e) : table->userdata;
	return table->target ? 0 : error_prefix(e, "[%s]", table->title);
}

static int take_value(struct table *table, size_t index, const struct ini_line *line, struct error *e)
{
	const struct ini_key *key = &table->section->keys[index];

	if (!key->repeats && (table->seen >> index & 1))
		return error_set(e, ERROR_CONFIG, "%s is given twice in [%s]", key->name, table->title);
	table->seen |= UINT64_C(1) << index;
	if (key->take((char *)table->target + key->offset, key, line->value, e) == 0)
		return 0;
	CLEANUP(cleanup_free) char *value = shown(line->value);
	return error_prefix(e, "%s = %s", key->name, value ? value : "");
}

static int on_line(void *userdata, const struct ini_line *line, struct error *e)
{
	struct table *table = userdata;

	if (!line->key)
		return open_section(table, line, e);
	if (!table->section)
		return error_set(e, ERROR_CONFIG, "a key stands before the first [section]");
	for (size_t i = 0; i < table->section->key_count; i++)
		if (strcmp(table->section->keys[i].name, line->key) == 0)
			return take_value(table, i, line, e);
	return refuse_key(table, line->key, e);
}

int ini_read_table(const char *name, const char *bytes, size_t length, int code,
		   const struct ini_section *sections, size_t section_count, void *userdata,
		   struct error *e)
{
	struct table table = {.sections = sections, .count = section_count, .userdata = userdata};

	int r = ini_read(name, bytes, length, code, on_line, &table, e);
	if (r == 0)
		r = close_section(&table);
	if (r < 0 && table.fault.code != ERROR_NONE)
		error_set(e, (enum error_code)code, "%s:%d: %s", name, table.fault_line, table.fault.text);
	return r;
}
