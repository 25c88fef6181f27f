#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "base/error.h"

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
		text_trim(e->text);
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
