#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cef_line.h"
#include "clean_line.h"

/* What the dictionary of the format gives some of its keys, in bytes here: never too strict. */
static const struct {
	const char *key;
	size_t most;
} limits[] = {
	{"act", 63}, {"cat", 1023}, {"dhost", 1023}, {"dvchost", 100}, {"externalId", 40},
	{"fileHash", 255}, {"filePath", 1023}, {"fileType", 1023}, {"msg", 1023}, {"oldFileHash", 255},
	{"outcome", 63}, {"reason", 1023}, {"suser", 1023}, {"cs1", 4000}, {"cs2", 4000},
	{"cs3", 4000}, {"cs4", 4000}, {"cs5", 4000}, {"cs6", 4000},
};

struct cursor {
	const char *at, *end;
};

/* ---- the header ---- */

/* Up to the next bare "|"; "\|" and "\\" are the only escapes. */
static char *take_header(struct cursor *cursor)
{
	char *value = calloc(1, (size_t)(cursor->end - cursor->at) + 1);
	size_t length = 0;

	while (value && cursor->at < cursor->end && *cursor->at != '|') {
		if (*cursor->at == '\\') {
			cursor->at++;
			if (cursor->at == cursor->end || !strchr("\\|", *cursor->at))
				break;
		}
		value[length++] = *cursor->at++;
	}
	if (value && length > 0 && cursor->at < cursor->end && *cursor->at == '|') {
		cursor->at++;
		return value;
	}
	free(value);
	return NULL;
}

static int take_severity(struct cursor *cursor, unsigned *ret_severity)
{
	char *digits = take_header(cursor);
	char *end = digits;

	if (!digits)
		return -1;
	*ret_severity = (unsigned)strtoul(digits, &end, 10);
	bool fine = isdigit((unsigned char)digits[0]) && *end == '\0' && *ret_severity <= 10;
	free(digits);
	return fine ? 0 : -1;
}

/* ---- the extension ---- */

static char *take_key(struct cursor *cursor)
{
	const char *from = cursor->at;

	while (cursor->at < cursor->end && isalnum((unsigned char)*cursor->at))
		cursor->at++;
	if (cursor->at == from || cursor->at == cursor->end || *cursor->at != '=')
		return NULL;
	return strndup(from, (size_t)(cursor->at++ - from));
}

/* Where the value ends: before " key=" with a bare "=", or at the end. */
static const char *end_of_value(const struct cursor *cursor)
{
	const char *space = NULL;

	for (const char *at = cursor->at; at < cursor->end; at++) {
		if (*at == '\\' && at + 1 < cursor->end)
			at++;
		else if (*at == '=')
			return space;
		else if (*at == ' ')
			space = at;
	}
	return cursor->end;
}

static char *take_value(struct cursor *cursor)
{
	const char *end = end_of_value(cursor);
	char *value = end ? calloc(1, (size_t)(end - cursor->at) + 1) : NULL;
	size_t length = 0;
	bool fine = value != NULL;

	while (fine && cursor->at < end) {
		if (*cursor->at == '\\') {
			cursor->at++;
			fine = cursor->at < end && strchr("\\=", *cursor->at);
		}
		if (fine)
			value[length++] = *cursor->at++;
	}
	if (fine && length > 0 && value[0] != ' ' && value[length - 1] != ' ')
		return value;
	free(value);
	return NULL;
}

static const char *find(const struct cef_line *line, const char *key)
{
	for (size_t i = 0; i < line->count; i++)
		if (line->pairs[i].key && line->pairs[i].value && strcmp(line->pairs[i].key, key) == 0)
			return line->pairs[i].value;
	return NULL;
}

static bool is_within_limit(const struct cef_pair *pair)
{
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
		if (strcmp(limits[i].key, pair->key) == 0)
			return strlen(pair->value) <= limits[i].most;
	return true;
}

static int take_pair(struct cursor *cursor, struct cef_line *line)
{
	if (line->count == CEF_LINE_PAIRS)
		return -1;
	struct cef_pair *pair = &line->pairs[line->count];
	*pair = (struct cef_pair){.key = take_key(cursor)};
	bool again = pair->key && find(line, pair->key);
	line->count++;
	if (!pair->key || again)
		return -1;
	pair->value = take_value(cursor);
	return pair->value && is_within_limit(pair) ? 0 : -1;
}

static bool labels_have_values(const struct cef_line *line)
{
	char key[64];

	for (size_t i = 0; i < line->count; i++) {
		size_t length = strlen(line->pairs[i].key);
		if (length < 6 || length >= sizeof key || strcmp(line->pairs[i].key + length - 5, "Label") != 0)
			continue;
		memcpy(key, line->pairs[i].key, length - 5);
		key[length - 5] = '\0';
		if (!find(line, key))
			return false;
	}
	return true;
}

int cef_line_parse(struct cef_line *ret_line, const char *bytes, size_t length)
{
	static const char start[] = "CEF:0|";
	struct cursor cursor = {bytes + sizeof start - 1, bytes + length};

	*ret_line = (struct cef_line){0};
	if (!line_is_clean(bytes, length) || length < sizeof start || memcmp(bytes, start, sizeof start - 1) != 0)
		return -1;
	char **parts[] = {&ret_line->vendor, &ret_line->product, &ret_line->version, &ret_line->id,
			  &ret_line->name};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (!(*parts[i] = take_header(&cursor)))
			return -1;
	if (take_severity(&cursor, &ret_line->severity) < 0 || take_pair(&cursor, ret_line) < 0)
		return -1;
	while (cursor.at < cursor.end)
		if (*cursor.at++ != ' ' || take_pair(&cursor, ret_line) < 0)
			return -1;
	return labels_have_values(ret_line) ? 0 : -1;
}

const char *cef_line_get(const struct cef_line *line, const char *key)
{
	char label[64];

	for (size_t i = 0; i < line->count; i++) {
		size_t length = strlen(line->pairs[i].key);
		if (length < 6 || length >= sizeof label || strcmp(line->pairs[i].value, key) != 0 ||
		    strcmp(line->pairs[i].key + length - 5, "Label") != 0)
			continue;
		memcpy(label, line->pairs[i].key, length - 5);
		label[length - 5] = '\0';
		return find(line, label);
	}
	return find(line, key);
}

void cef_line_clear(struct cef_line *line)
{
	for (size_t i = 0; i < line->count; i++) {
		free(line->pairs[i].key);
		free(line->pairs[i].value);
	}
	free(line->vendor);
	free(line->product);
	free(line->version);
	free(line->id);
	free(line->name);
	*line = (struct cef_line){0};
}
