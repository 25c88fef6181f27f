#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* Drop a sequence that the cut left unfinished at the end. */
static void trim_utf8(char *text)
{
	size_t end = strlen(text);
	size_t lead = end;

	while (lead > 0 && ((unsigned char)text[lead - 1] & 0xC0) == 0x80)
		lead--;
	if (lead == 0)
		return;
	unsigned char byte = (unsigned char)text[lead - 1];
	size_t need = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
	if (end - (lead - 1) < need)
		text[lead - 1] = '\0';
}

int (error_set)(struct error *e, enum error_code code, const char *format, ...)
{
	va_list arguments;

	if (!e)
		return -1;
	e->code = code;
	va_start(arguments, format);
	int n = vsnprintf(e->text, sizeof e->text, format, arguments);
	va_end(arguments);
	if (n >= (int)sizeof e->text)
		trim_utf8(e->text);
	return -1;
}

int (error_prefix)(struct error *e, const char *format, ...)
{
	char context[512];
	struct error joined;
	va_list arguments;

	if (!e)
		return -1;
	va_start(arguments, format);
	(void)vsnprintf(context, sizeof context, format, arguments); /* a cut context still helps */
	va_end(arguments);
	error_set(&joined, e->code, "%s: %s", context, e->text);
	*e = joined;
	return -1;
}

int (error_memory)(struct error *e)
{
	return error_set(e, ERROR_INTERNAL, "out of memory");
}
