#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "clean_line.h"
#include "syslog_line.h"

struct cursor {
	const char *at, *end;
};

static bool take(struct cursor *cursor, char c)
{
	if (cursor->at == cursor->end || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

static bool take_word(struct cursor *cursor, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

/* Printable ASCII up to one of the stops, 1 to most bytes; NULL otherwise. */
static char *take_name(struct cursor *cursor, const char *stops, size_t most)
{
	const char *from = cursor->at;

	while (cursor->at < cursor->end && *cursor->at > ' ' && *cursor->at < 127 &&
	       !strchr(stops, *cursor->at))
		cursor->at++;
	size_t length = (size_t)(cursor->at - from);
	return length >= 1 && length <= most ? strndup(from, length) : NULL;
}

static char *take_value(struct cursor *cursor)
{
	char *value = calloc(1, (size_t)(cursor->end - cursor->at) + 1);
	size_t length = 0;

	while (value && cursor->at < cursor->end && *cursor->at != '"') {
		if (*cursor->at == '\\') {
			cursor->at++;
			if (cursor->at == cursor->end || !strchr("\\\"]", *cursor->at))
				break;
		} else if (*cursor->at == ']') {
			break;
		}
		value[length++] = *cursor->at++;
	}
	if (value && take(cursor, '"'))
		return value;
	free(value);
	return NULL;
}

static int take_param(struct cursor *cursor, struct syslog_line *line, const char *id)
{
	if (line->count == SYSLOG_LINE_PARAMS)
		return -1;
	struct syslog_param *param = &line->params[line->count++];
	param->id = strdup(id);
	param->name = take_name(cursor, "=]\" ", 32);
	if (!param->name || !take(cursor, '=') || !take(cursor, '"'))
		return -1;
	param->value = take_value(cursor);
	return param->value ? 0 : -1;
}

static int take_elements(struct cursor *cursor, struct syslog_line *line)
{
	int failed = 0;

	if (take(cursor, '-'))
		return 0;
	while (failed == 0 && take(cursor, '[')) {
		char *id = take_name(cursor, "=]\" ", 32);
		if (!id)
			return -1;
		while (failed == 0 && take(cursor, ' '))
			failed = take_param(cursor, line, id);
		free(id);
		if (failed == 0 && !take(cursor, ']'))
			failed = -1;
	}
	return failed;
}

static int take_body(struct cursor *cursor, struct syslog_line *line)
{
	line->message_id = take_name(cursor, "", 32);
	if (!line->message_id || !take(cursor, ' ') || take_elements(cursor, line) < 0 || !take(cursor, ' '))
		return -1;
	line->sentence = strndup(cursor->at, (size_t)(cursor->end - cursor->at));
	cursor->at = cursor->end;
	return line->sentence ? 0 : -1;
}

static int take_5424(struct cursor *cursor, struct syslog_line *line)
{
	line->time = take_name(cursor, "", 32);
	if (!line->time || !take(cursor, ' '))
		return -1;
	line->host = take_name(cursor, "", 255);
	if (!line->host || !take_word(cursor, " pumpwatch "))
		return -1;
	line->process = take_name(cursor, "", 128);
	return line->process && take(cursor, ' ') ? take_body(cursor, line) : -1;
}

/* "Nov 22 01:00:00 pumpwatch[7]: ", of a fixed width up to the tag. */
static int take_3164(struct cursor *cursor, struct syslog_line *line)
{
	if (cursor->end - cursor->at < 16 || cursor->at[3] != ' ' || cursor->at[6] != ' ' ||
	    cursor->at[9] != ':' || cursor->at[12] != ':' || cursor->at[15] != ' ')
		return -1;
	line->time = strndup(cursor->at, 15);
	cursor->at += 16;
	if (!line->time || !take_word(cursor, "pumpwatch["))
		return -1;
	line->process = take_name(cursor, "]", 10);
	return line->process && take_word(cursor, "]: ") ? 0 : -1;
}

static int take_priority(struct cursor *cursor, int *ret_priority)
{
	int digits = 0;

	*ret_priority = 0;
	if (!take(cursor, '<'))
		return -1;
	for (; cursor->at < cursor->end && isdigit((unsigned char)*cursor->at) && digits < 3; digits++)
		*ret_priority = *ret_priority * 10 + (*cursor->at++ - '0');
	return digits > 0 && *ret_priority <= 191 && take(cursor, '>') ? 0 : -1;
}

int syslog_line_parse(struct syslog_line *ret_line, const char *bytes, size_t length)
{
	struct cursor cursor = {bytes, bytes + length};

	*ret_line = (struct syslog_line){0};
	if (!line_is_clean(bytes, length) || take_priority(&cursor, &ret_line->priority) < 0)
		return -1;
	if (take_word(&cursor, "1 "))
		return take_5424(&cursor, ret_line);
	return take_3164(&cursor, ret_line) < 0 ? -1 : take_body(&cursor, ret_line);
}

int syslog_text_parse(struct syslog_line *ret_line, const char *bytes, size_t length)
{
	struct cursor cursor = {bytes, bytes + length};

	*ret_line = (struct syslog_line){0};
	if (!line_is_clean(bytes, length) || take_priority(&cursor, &ret_line->priority) < 0 ||
	    take_3164(&cursor, ret_line) < 0)
		return -1;
	ret_line->sentence = strndup(cursor.at, (size_t)(cursor.end - cursor.at));
	return ret_line->sentence ? 0 : -1;
}

int syslog_body_parse(struct syslog_line *ret_line, const char *bytes, size_t length)
{
	struct cursor cursor = {bytes, bytes + length};

	*ret_line = (struct syslog_line){0};
	return line_is_clean(bytes, length) ? take_body(&cursor, ret_line) : -1;
}

void syslog_line_clear(struct syslog_line *line)
{
	for (size_t i = 0; i < line->count; i++) {
		free(line->params[i].id);
		free(line->params[i].name);
		free(line->params[i].value);
	}
	free(line->time);
	free(line->host);
	free(line->process);
	free(line->message_id);
	free(line->sentence);
	*line = (struct syslog_line){0};
}

const char *syslog_line_get(const struct syslog_line *line, const char *name)
{
	for (size_t i = 0; i < line->count; i++)
		if (line->params[i].name && strcmp(line->params[i].name, name) == 0)
			return line->params[i].value;
	return NULL;
}
