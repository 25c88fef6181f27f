#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#include "sink/relp_frame.h"

enum { NUMBER_DIGITS = 9, CODE_DIGITS = 3 };

uint32_t relp_next(uint32_t number)
{
	return number >= RELP_NUMBER_MOST ? 1 : number + 1;
}

/* ---- frames ---- */

struct reader {
	const char *at;
	const char *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The calls below return 1, 0 when the bytes end too early, or -EBADMSG. */

/* Digits, with what follows them still to be read. */
static int read_number(struct reader *reader, uint32_t *ret_number)
{
	const char *first = reader->at;
	uint32_t number = 0;

	while (reader->at < reader->end && is_digit(*reader->at)) {
		if (reader->at - first == NUMBER_DIGITS)
			return -EBADMSG;
		number = number * 10 + (uint32_t)(*reader->at++ - '0');
	}
	if (reader->at == reader->end)
		return 0;
	*ret_number = number;
	return reader->at > first ? 1 : -EBADMSG;
}

static int read_command(struct reader *reader, char ret_command[static RELP_COMMAND_MAX + 1])
{
	size_t length = 0;

	for (; reader->at < reader->end; reader->at++) {
		char c = *reader->at;
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !(length > 0 && (is_digit(c) || c == '_' || c == '-'))) {
			ret_command[length] = '\0';
			return length > 0 ? 1 : -EBADMSG;
		}
		if (length == RELP_COMMAND_MAX)
			return -EBADMSG;
		ret_command[length++] = c;
	}
	return 0;
}

static int read_char(struct reader *reader, char c)
{
	if (reader->at == reader->end)
		return 0;
	return *reader->at++ == c ? 1 : -EBADMSG;
}

/* After the length: a space and the data, of which there may be none, then LF. */
static int read_data(struct reader *reader, struct relp_frame *frame, uint32_t length)
{
	int r = 1;

	if (length > RELP_DATA_MAX)
		return -EBADMSG;
	if (length > 0 || (reader->at < reader->end && *reader->at == ' '))
		r = read_char(reader, ' ');
	if (r != 1)
		return r;
	if ((size_t)(reader->end - reader->at) < length)
		return 0;
	frame->data = reader->at;
	frame->length = length;
	reader->at += length;
	return read_char(reader, '\n');
}

int relp_frame_parse(struct relp_frame *ret_frame, const char *bytes, size_t length)
{
	struct reader reader = {bytes, bytes + length};
	struct relp_frame frame = {0};
	uint32_t data = 0;
	int r = read_number(&reader, &frame.number);

	if (r == 1)
		r = read_char(&reader, ' ');
	if (r == 1)
		r = read_command(&reader, frame.command);
	if (r == 1)
		r = read_char(&reader, ' ');
	if (r == 1)
		r = read_number(&reader, &data);
	if (r == 1)
		r = read_data(&reader, &frame, data);
	if (r != 1)
		return r;
	*ret_frame = frame;
	return (int)(reader.at - bytes);
}

void relp_frame_write(struct text *text, uint32_t number, const char *command, const void *data, size_t length)
{
	char header[NUMBER_DIGITS + RELP_COMMAND_MAX + 32];

	(void)snprintf(header, sizeof header, "%u %s %zu", number, command, length); /* it fits */
	text_add(text, header);
	if (length > 0) {
		text_add_char(text, ' ');
		text_add_bytes(text, data, length);
	}
	text_add_char(text, '\n');
}

/* ---- answers ---- */

int relp_answer_parse(struct relp_answer *ret_answer, const char *data, size_t length)
{
	struct relp_answer answer = {0};

	if (length < CODE_DIGITS)
		return -EBADMSG;
	for (size_t i = 0; i < CODE_DIGITS; i++) {
		if (!is_digit(data[i]))
			return -EBADMSG;
		answer.code = answer.code * 10 + (unsigned)(data[i] - '0');
	}
	if (length > CODE_DIGITS && data[CODE_DIGITS] != ' ' && data[CODE_DIGITS] != '\n')
		return -EBADMSG;
	const char *at = data + CODE_DIGITS;
	const char *end = data + length;
	if (at < end && *at == ' ')
		at++;
	const char *line = memchr(at, '\n', (size_t)(end - at));
	answer.words = at;
	answer.words_length = (size_t)((line ? line : end) - at);
	answer.rest = line ? line + 1 : end;
	answer.rest_length = (size_t)(end - answer.rest);
	*ret_answer = answer;
	return 0;
}

/* The value of "name=value" where the line has that name, or NULL. */
static const char *value_of(const char *line, size_t length, const char *name, size_t *ret_length)
{
	size_t named = strlen(name);

	if (length <= named || memcmp(line, name, named) != 0 || line[named] != '=')
		return NULL;
	*ret_length = length - named - 1;
	return line + named + 1;
}

/* Whether a list with commas has a word. */
static bool lists(const char *list, size_t length, const char *word)
{
	const char *end = list + length;
	size_t wanted = strlen(word);

	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		const char *stop = comma ? comma : end;
		if ((size_t)(stop - list) == wanted && memcmp(list, word, wanted) == 0)
			return true;
		list = stop + (comma != NULL);
	}
	return false;
}

const char *relp_offers_refused(const char *offers, size_t length)
{
	const char *end = offers + length;
	bool takes_syslog = false;

	while (offers < end) {
		const char *line_end = memchr(offers, '\n', (size_t)(end - offers));
		size_t line = (size_t)((line_end ? line_end : end) - offers);
		size_t size = 0;
		const char *value = value_of(offers, line, "relp_version", &size);
		if (value && !(size == 1 && *value == '0'))
			return "it speaks another version of RELP";
		value = value_of(offers, line, "commands", &size);
		if (value && lists(value, size, "syslog"))
			takes_syslog = true;
		offers += line + (line_end != NULL);
	}
	return takes_syslog ? NULL : "it does not offer to take syslog messages";
}

/* ---- the window ---- */

static uint32_t advance(uint32_t number, unsigned by)
{
	return (number - 1 + by) % RELP_NUMBER_MOST + 1;
}

uint32_t relp_window_next(const struct relp_window *window)
{
	return advance(window->first, window->count);
}

uint32_t relp_window_take(struct relp_window *window)
{
	return advance(window->first, window->count++);
}

int relp_window_answer(struct relp_window *window, uint32_t number)
{
	if (number == 0 || number > RELP_NUMBER_MOST)
		return -EBADMSG;
	uint32_t place = (number + RELP_NUMBER_MOST - window->first) % RELP_NUMBER_MOST;
	if (place >= window->count || (window->acked >> place & 1) != 0)
		return -EBADMSG;
	window->acked |= UINT64_C(1) << place;
	unsigned done = 0;
	for (; window->acked & 1; window->acked >>= 1)
		done++;
	window->first = advance(window->first, done);
	window->count -= done;
	return (int)done;
}
