#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"

#include "link/internal.h"

struct link_result link_ok(void)
{
	return (struct link_result){.outcome = VISIT_OK};
}

/* Escape piece by piece, so that the cut falls between two characters. */
static void escape_to_fit(char *ret_detail, size_t size, const char *bytes, size_t length)
{
	struct text text;
	unsigned code_point;

	text_init(&text);
	for (size_t i = 0; i < length;) {
		size_t step = escape_utf8_length(bytes + i, length - i, &code_point);
		size_t before = text.length;
		step = step ? step : 1;
		escape_add(&text, ESCAPE_DISPLAY, bytes + i, step);
		if (text.length >= size) {
			text_cut(&text, before);
			break;
		}
		i += step;
	}
	snprintf(ret_detail, size, "%s", text.failed || !text.data ? "" : text.data);
	text_clear(&text);
}

struct link_result link_failed(enum visit_outcome outcome, const char *format, ...)
{
	struct link_result result = {.outcome = outcome};
	char raw[1024];
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(raw, sizeof raw, format, arguments);
	va_end(arguments);
	if (length > 0)
		escape_to_fit(result.detail, sizeof result.detail, raw, strlen(raw));
	return result;
}

struct link_result link_failed_errno(int number)
{
	static const struct {
		int number;
		enum visit_outcome outcome;
	} known[] = {
		{ECONNREFUSED, VISIT_CONNECTION_REFUSED}, {ETIMEDOUT, VISIT_TIMED_OUT},
		{ENETUNREACH, VISIT_HOST_UNREACHABLE},	  {ENETDOWN, VISIT_HOST_UNREACHABLE},
		{EHOSTDOWN, VISIT_HOST_UNREACHABLE},	  {EHOSTUNREACH, VISIT_HOST_UNREACHABLE},
		{EACCES, VISIT_HOST_UNREACHABLE},	  {EPERM, VISIT_HOST_UNREACHABLE},
		{EADDRNOTAVAIL, VISIT_HOST_UNREACHABLE},  {EAFNOSUPPORT, VISIT_HOST_UNREACHABLE},
		{ECONNRESET, VISIT_CONNECTION_LOST},	  {EPIPE, VISIT_CONNECTION_LOST},
		{ECONNABORTED, VISIT_CONNECTION_LOST},	  {ENOTCONN, VISIT_CONNECTION_LOST},
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].number == number)
			return link_failed(known[i].outcome, "%s", strerrordesc_np(number));
	return link_failed(VISIT_PULLER_FAILED, "%s", strerrordesc_np(number));
}

struct link_result link_failed_memory(void)
{
	return link_failed(VISIT_PULLER_FAILED, "out of memory");
}
