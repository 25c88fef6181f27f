#pragma once
/* Makes strings that came from a device, a file or a peer safe to write, and back. */
#include <stddef.h>

#include "base/text.h"

enum escape_set {
	/* C0, DEL, `%` and bytes that are not UTF-8: a path in a manifest. */
	ESCAPE_PATH,
	/* These and C1, U+2028, U+2029 and the bidirectional marks: whatever a person or
	 * a SIEM will read. FORMATS: first pass of the escaping in every format. */
	ESCAPE_DISPLAY,
};

/* Append length bytes with each byte of what the set names written as %XX (capitals). */
void escape_add(struct text *text, enum escape_set set, const char *bytes, size_t length);

/* The same into a new string, which the caller frees; NULL without memory. */
char *escape_string(enum escape_set set, const char *string);

/* Undo %XX in length bytes into a new string, which the caller frees. Returns 0, -ENOMEM,
 * or -EINVAL for a `%` without two hexadecimal digits, a %00, or a NUL. */
int escape_parse(char **ret_string, const char *bytes, size_t length);

/* Length of the well-formed UTF-8 sequence at bytes, 1 to 4, with its code point, or 0.
 * Over-long forms, surrogates and values past U+10FFFF are not well formed (RFC 3629). */
size_t escape_utf8_length(const char *bytes, size_t length, unsigned *ret_code_point);
