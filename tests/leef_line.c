#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clean_line.h"
#include "leef_line.h"

struct cursor {
	const char *at, *end;
};

/* Up to a delimiter or the end; not empty. */
static char *take_until(struct cursor *cursor, char delimiter)
{
	const char *from = cursor->at;
	const char *to = memchr(from, delimiter, (size_t)(cursor->end - from));

	if (!to)
		to = cursor->end;
	cursor->at = to < cursor->end ? to + 1 : to;
	return to > from ? strndup(from, (size_t)(to - from)) : NULL;
}

static bool is_key(const char *key)
{
	for (const char *c = key; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c))
			return false;
	return key[0] != '\0';
}

const char *leef_line_get(const struct leef_line *line, const char *key)
{
	for (size_t i = 0; i < line->count; i++)
		if (line->pairs[i].value && strcmp(line->pairs[i].key, key) == 0)
			return line->pairs[i].value;
	return NULL;
}

/* The first "=" ends the key. */
static int take_pair(struct cursor *cursor, struct leef_line *line)
{
	char *key = take_until(cursor, '^');
	char *equals = key ? strchr(key, '=') : NULL;

	if (!equals || line->count == LEEF_LINE_PAIRS) {
		free(key);
		return -1;
	}
	*equals = '\0';
	const char *value = equals + 1;
	size_t length = strlen(value);
	bool fine = is_key(key) && !leef_line_get(line, key) && length > 0 && value[0] != ' ' &&
		    value[length - 1] != ' ' && !strchr(value, '|');
	line->pairs[line->count++] = (struct leef_pair){key, strdup(value)};
	return fine ? 0 : -1;
}

/* "Nov 22 2026 01:00:00.123 UTC" */
static bool is_time(const char *time)
{
	static const char form[] = "Aaa 00 0000 00:00:00.000 UTC";

	if (strlen(time) < strlen(form))
		return false;
	for (size_t i = 0; form[i] != '\0'; i++) {
		unsigned char c = (unsigned char)time[i];
		if (form[i] == '0' ? !isdigit(c) : form[i] == 'A' ? !isupper(c) : form[i] == 'a' ? !islower(c)
						 : c != (unsigned char)form[i])
			return false;
	}
	return time[strlen(form)] == '\0';
}

static bool has_what_it_must(const struct leef_line *line)
{
	const char *time = leef_line_get(line, "devTime");
	const char *format = leef_line_get(line, "devTimeFormat");
	const char *severity = leef_line_get(line, "sev");
	char *end = NULL;

	if (!time || !format || !severity || !leef_line_get(line, "cat"))
		return false;
	unsigned long number = strtoul(severity, &end, 10);
	return *end == '\0' && number >= 1 && number <= 10 &&
	       strcmp(format, "MMM dd yyyy HH:mm:ss.SSS z") == 0 && is_time(time);
}

int leef_line_parse(struct leef_line *ret_line, const char *bytes, size_t length)
{
	static const char start[] = "LEEF:2.0|";
	struct cursor cursor = {bytes + sizeof start - 1, bytes + length};

	*ret_line = (struct leef_line){0};
	if (!line_is_clean(bytes, length) || length < sizeof start || memcmp(bytes, start, sizeof start - 1) != 0)
		return -1;
	char **parts[] = {&ret_line->vendor, &ret_line->product, &ret_line->version, &ret_line->id};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (!(*parts[i] = take_until(&cursor, '|')))
			return -1;
	if (cursor.end - cursor.at < 2 || memcmp(cursor.at, "^|", 2) != 0)
		return -1;
	cursor.at += 2;
	do {
		if (take_pair(&cursor, ret_line) < 0)
			return -1;
	} while (cursor.at < cursor.end);
	return has_what_it_must(ret_line) ? 0 : -1;
}

void leef_line_clear(struct leef_line *line)
{
	for (size_t i = 0; i < line->count; i++) {
		free(line->pairs[i].key);
		free(line->pairs[i].value);
	}
	free(line->vendor);
	free(line->product);
	free(line->version);
	free(line->id);
	*line = (struct leef_line){0};
}
