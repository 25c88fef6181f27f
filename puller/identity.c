#include <string.h>

#include "puller/identity.h"

static bool is_of_serial(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '.' || c == '_' || c == '-';
}

/* The length of the serial at the start of length bytes, or 0 when none ends as it must. */
static size_t serial_length(const char *bytes, size_t length, const char *after)
{
	size_t after_length = strlen(after);
	size_t n = 0;

	while (n < length && is_of_serial(bytes[n])) {
		n++;
		if (n >= IDENTITY_SERIAL_SIZE)
			return 0;
		if (after_length > 0 && length - n >= after_length &&
		    memcmp(bytes + n, after, after_length) == 0)
			return n;
	}
	return after_length == 0 ? n : 0;
}

bool identity_find(char ret_serial[static IDENTITY_SERIAL_SIZE], const char *pattern,
		   const void *bytes, size_t length)
{
	const char *serial = strstr(pattern, "%s");
	const char *end = (const char *)bytes + length;
	size_t before = serial ? (size_t)(serial - pattern) : 0;

	if (!serial || length == 0)
		return false;
	for (const char *at = bytes; at < end; at++) {
		at = before > 0 ? memmem(at, (size_t)(end - at), pattern, before) : at;
		if (!at)
			return false;
		if (before == 0 && at > (const char *)bytes && is_of_serial(at[-1]))
			continue; /* not in the middle of a longer one */
		const char *start = at + before;
		size_t n = serial_length(start, (size_t)(end - start), serial + 2);
		if (n > 0) {
			memcpy(ret_serial, start, n);
			ret_serial[n] = '\0';
			return true;
		}
	}
	return false;
}
