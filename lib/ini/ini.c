#include <errno.h>
#include <string.h>

#include <ini.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "ini/ini.h"

/* inih decides what kind each line is. Its line buffer is small (200 bytes as Debian builds
 * it), what does not fit is dropped, and how it treats comments in values is an option of its
 * build: so it is given the head of each line, and the value is taken from the line itself. */
struct reading {
	const char *name;
	const char *at, *end; /* what is still to read */
	const char *line;     /* the current one, without its end */
	size_t length;
	int number;
	int code;
	char section[INI_SECTION_MAX + 1];
	char **sections; /* opened so far */
	size_t section_count;
	ini_on_line *on_line;
	void *userdata;
	struct error *e;
	bool failed;
};

static void reading_clear(struct reading *reading)
{
	for (size_t i = 0; i < reading->section_count; i++)
		free(reading->sections[i]);
	free(reading->sections);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_printable(const char *string)
{
	while (*string >= 0x20 && *string < 0x7F)
		string++;
	return *string == '\0';
}

/* The part of the line from first to its end, without the blanks around it. */
static char *trimmed(const char *first, const char *end)
{
	while (first < end && is_blank(*first))
		first++;
	while (end > first && is_blank(end[-1]))
		end--;
	return strndup(first, (size_t)(end - first));
}

static int check_bytes(const struct reading *reading, struct error *e)
{
	unsigned point;
	size_t step;

	if (reading->length > INI_LINE_MAX)
		return error_set(e, ERROR_CONFIG, "the line is longer than %d bytes", INI_LINE_MAX);
	for (size_t i = 0; i < reading->length; i += step) {
		step = escape_utf8_length(reading->line + i, reading->length - i, &point);
		if (step == 0)
			return error_set(e, ERROR_CONFIG, "byte %zu is not UTF-8: save the file as UTF-8 text", i + 1);
		if ((point < 0x20 && point != '\t') || point == 0x7F)
			return error_set(e, ERROR_CONFIG, "byte %zu is a control character (%%%02X)", i + 1, point);
	}
	return 0;
}

static int open_section(struct reading *reading, struct error *e)
{
	CLEANUP(cleanup_free) char *line = trimmed(reading->line, reading->line + reading->length);

	if (!line)
		return error_memory(e);
	size_t length = strlen(line);
	if (line[length - 1] != ']' || strchr(line, ']') != line + length - 1)
		return error_set(e, ERROR_CONFIG, "a section stands alone on its line, as [name]");
	if (length < 3 || is_blank(line[1]) || is_blank(line[length - 2]))
		return error_set(e, ERROR_CONFIG, "a section has a name without spaces around it, as [name]");
	if (length - 2 > INI_SECTION_MAX || !is_printable(line))
		return error_set(e, ERROR_CONFIG, "a section's name has at most %d ASCII characters", INI_SECTION_MAX);
	memset(reading->section, 0, sizeof reading->section);
	memcpy(reading->section, line + 1, length - 2);
	for (size_t i = 0; i < reading->section_count; i++)
		if (strcmp(reading->sections[i], reading->section) == 0)
			return error_set(e, ERROR_CONFIG, "[%s] stands twice: put its keys together", reading->section);
	if (reading->section_count == INI_SECTIONS_MAX)
		return error_set(e, ERROR_CONFIG, "there are more than %d sections", INI_SECTIONS_MAX);
	char *copy = strdup(reading->section);
	if (!copy || ARRAY_APPEND(reading->sections, reading->section_count, copy) < 0) {
		free(copy);
		return error_memory(e);
	}
	struct ini_line opening = {.section = reading->section, .number = reading->number};
	return reading->on_line(reading->userdata, &opening, e);
}

/* What inih would take in silence, and what has no key for it to hand on. */
static int check_line(struct reading *reading, struct error *e)
{
	const char *line = reading->line;
	const char *end = line + reading->length;
	const char *first = line;

	if (check_bytes(reading, e) < 0)
		return -1;
	while (first < end && is_blank(*first))
		first++;
	if (first == end || *first == '#' || *first == ';')
		return 0;
	if (first > line)
		return error_set(e, ERROR_CONFIG,
				 "the line begins with a space: values are not continued, begin at the margin");
	return *first == '[' ? open_section(reading, e) : 0;
}

/* Move to the next line. Returns false at the end. */
static bool next_line(struct reading *reading)
{
	if (reading->at == reading->end)
		return false;
	const char *newline = memchr(reading->at, '\n', (size_t)(reading->end - reading->at));
	reading->line = reading->at;
	reading->length = (size_t)((newline ? newline : reading->end) - reading->at);
	reading->at = newline ? newline + 1 : reading->end;
	if (reading->length > 0 && reading->line[reading->length - 1] == '\r')
		reading->length--;
	reading->number++;
	return true;
}

static char *on_read(char *buffer, int size, void *stream)
{
	struct reading *reading = stream;

	if (reading->failed || size < 3 || !next_line(reading))
		return NULL;
	if (check_line(reading, reading->e) < 0) {
		reading->failed = true;
		return NULL;
	}
	size_t head = (size_t)size - 2;
	if (head > reading->length)
		head = reading->length;
	memcpy(buffer, reading->line, head);
	memcpy(buffer + head, "\n", 2);
	return buffer;
}

static int take_pair(const struct reading *reading, const char *key, struct error *e)
{
	const char *end = reading->line + reading->length;
	const char *equals = memchr(reading->line, '=', reading->length);

	if (!equals || memchr(reading->line, ':', (size_t)(equals - reading->line)))
		return error_set(e, ERROR_CONFIG, "a key and its value are written KEY = VALUE");
	if (*key == '\0')
		return error_set(e, ERROR_CONFIG, "there is no key before \"=\"");
	CLEANUP(cleanup_free) char *value = trimmed(equals + 1, end);
	if (!value)
		return error_memory(e);
	if (strchr(value, '\t'))
		return error_set(e, ERROR_CONFIG, "the value has a tab in it: write a space");
	if (strstr(value, " ;"))
		return error_set(e, ERROR_CONFIG, "a comment stands on a line of its own, not after a value");
	struct ini_line pair = {reading->section, key, value, reading->number};
	return reading->on_line(reading->userdata, &pair, e);
}

static int on_pair(void *userdata, const char *section, const char *key, const char *value)
{
	struct reading *reading = userdata;

	(void)section; /* cut to fit, and to the build's taste: the line is the truth */
	(void)value;
	if (!reading->failed && take_pair(reading, key, reading->e) < 0)
		reading->failed = true;
	return !reading->failed;
}

int ini_read(const char *name, const char *bytes, size_t length, int code, ini_on_line *on_line,
	     void *userdata, struct error *e)
{
	static const char byte_order_mark[] = "\xEF\xBB\xBF";
	struct error own = {0};
	CLEANUP(reading_clear) struct reading reading = {
		.name = name, .at = bytes, .end = bytes + length,
		.on_line = on_line, .userdata = userdata, .e = e ? e : &own,
	};

	if (length > INI_TEXT_MAX)
		return error_set(e, (enum error_code)code, "%s: longer than %d bytes", name, INI_TEXT_MAX);
	if (length >= 3 && memcmp(bytes, byte_order_mark, 3) == 0)
		reading.at += 3;
	int bad_line = ini_parse_stream(on_read, &reading, on_pair, &reading);
	if (bad_line < 0)
		return error_memory(e);
	if (bad_line > 0 && (!reading.failed || bad_line < reading.number)) {
		reading.failed = true;
		reading.number = bad_line;
		error_set(reading.e, ERROR_CONFIG, "neither [section] nor KEY = VALUE nor a comment (# …)");
	}
	if (!reading.failed)
		return 0;
	if (reading.e->code == ERROR_CONFIG)
		reading.e->code = (enum error_code)code;
	return error_prefix(reading.e, "%s:%d", name, reading.number);
}

int ini_parse_bool(bool *ret_value, const char *value)
{
	static const char *const words[][2] = {{"no", "yes"}, {"false", "true"}, {"off", "on"}, {"0", "1"}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		for (int truth = 0; truth < 2; truth++)
			if (strcasecmp(value, words[i][truth]) == 0) {
				*ret_value = truth;
				return 0;
			}
	return -EINVAL;
}
