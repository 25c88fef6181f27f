#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"

#include "manifest/internal.h"

int manifest_reader_next(struct manifest_reader *reader, struct manifest_span *ret_line,
			 bool *ret_ended, struct error *e)
{
	struct manifest_span line = reader->rest;

	if (line.length == 0)
		return 0;
	const char *end = memchr(line.bytes, '\n', line.length);
	if (end)
		line.length = (size_t)(end - line.bytes);
	size_t step = line.length + (end ? 1 : 0);
	reader->rest.bytes += step;
	reader->rest.length -= step;
	reader->line++;
	if (line.length > MANIFEST_LINE_MAX)
		return manifest_refuse(reader, e, "longer than %d bytes", MANIFEST_LINE_MAX);
	*ret_line = line;
	*ret_ended = end != NULL;
	return 1;
}

int (manifest_refuse)(const struct manifest_reader *reader, struct error *e, const char *format, ...)
{
	char words[sizeof e->text];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(words, sizeof words, format, arguments);
	va_end(arguments);
	return error_set(e, ERROR_DATA, "%s: line %zu: %s", reader->name, reader->line, words);
}

bool manifest_span_starts(const struct manifest_span *span, const char *prefix)
{
	size_t length = strlen(prefix);

	return span->length >= length && memcmp(span->bytes, prefix, length) == 0;
}

bool manifest_span_take(struct manifest_span *span, char c, struct manifest_span *ret_field)
{
	const char *end = span->length > 0 ? memchr(span->bytes, c, span->length) : NULL;

	if (!end)
		return false;
	*ret_field = (struct manifest_span){span->bytes, (size_t)(end - span->bytes)};
	span->length -= ret_field->length + 1;
	span->bytes = end + 1;
	return true;
}

int manifest_size_parse(uint64_t *ret_size, const struct manifest_span *digits)
{
	char number[24];

	if (digits->length >= sizeof number || memchr(digits->bytes, '\0', digits->length))
		return -EINVAL;
	memcpy(number, digits->bytes, digits->length);
	number[digits->length] = '\0';
	return number_parse(ret_size, number, 0, MANIFEST_SIZE_MAX) < 0 ? -EINVAL : 0;
}
