#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"

#include "trust/internal.h"

enum { SHOWN_MAX = 60 };

bool trust_span_is(struct trust_span span, const char *word)
{
	return span.length == strlen(word) && memcmp(span.bytes, word, span.length) == 0;
}

static bool take(struct trust_span *rest, size_t length, struct trust_span *ret_bytes)
{
	if (rest->length < length)
		return false;
	*ret_bytes = (struct trust_span){rest->bytes, length};
	rest->bytes += length;
	rest->length -= length;
	return true;
}

bool trust_take_byte(struct trust_span *rest, uint8_t *ret_byte)
{
	struct trust_span byte;

	if (!take(rest, 1, &byte))
		return false;
	*ret_byte = byte.bytes[0];
	return true;
}

bool trust_take_number(struct trust_span *rest, uint32_t *ret_number)
{
	struct trust_span bytes;

	if (!take(rest, 4, &bytes))
		return false;
	*ret_number = (uint32_t)bytes.bytes[0] << 24 | (uint32_t)bytes.bytes[1] << 16 |
		      (uint32_t)bytes.bytes[2] << 8 | bytes.bytes[3];
	return true;
}

bool trust_take_string(struct trust_span *rest, struct trust_span *ret_string)
{
	struct trust_span after = *rest;
	uint32_t length;

	if (!trust_take_number(&after, &length) || !take(&after, length, ret_string))
		return false;
	*rest = after;
	return true;
}

bool trust_take_integer(struct trust_span *rest, size_t most, struct trust_span *ret_integer)
{
	struct trust_span after = *rest, integer;

	if (!trust_take_string(&after, &integer) || (integer.length > 0 && (integer.bytes[0] & 0x80)))
		return false;
	while (integer.length > 0 && integer.bytes[0] == 0) {
		integer.bytes++;
		integer.length--;
	}
	if (integer.length > most)
		return false;
	*ret_integer = integer;
	*rest = after;
	return true;
}

/* ---- base64 ---- */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The six bits of a digit, or -1. */
static int digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* What may stand behind the digits: as many "=" as the last four characters lack. */
static bool is_padding(const char *text, size_t length, size_t digits)
{
	size_t equals = 0;

	for (size_t i = 0; i < length; i++)
		if (text[i] == '=')
			equals++;
		else if (!is_space(text[i]))
			return false;
	return digits % 4 == 0 ? equals == 0 : digits % 4 + equals == 4;
}

int trust_base64_decode(uint8_t **ret_bytes, size_t *ret_length, const char *text, size_t length)
{
	CLEANUP(cleanup_free) uint8_t *bytes = malloc(length / 4 * 3 + 3);
	size_t count = 0, digits = 0, i = 0;
	uint32_t bits = 0;

	if (!bytes)
		return -ENOMEM;
	for (; i < length && text[i] != '='; i++) {
		if (is_space(text[i]))
			continue;
		int value = digit_value(text[i]);
		if (value < 0)
			return -EINVAL;
		bits = (bits << 6 | (uint32_t)value) & 0xFFFFFF;
		if (digits++ % 4 != 0)
			bytes[count++] = (uint8_t)(bits >> (6 - (digits - 1) % 4 * 2));
	}
	size_t over = digits % 4 == 2 ? 4 : digits % 4 == 3 ? 2 : 0; /* bits of no byte */
	if (digits % 4 == 1 || (bits & ((1U << over) - 1)) != 0 || !is_padding(text + i, length - i, digits))
		return -EINVAL;
	*ret_bytes = TAKE(bytes);
	*ret_length = count;
	return 0;
}

/* ---- messages ---- */

char *trust_shown(const char *text, size_t length)
{
	struct text shown;

	text_init(&shown);
	escape_add(&shown, ESCAPE_DISPLAY, text, length > SHOWN_MAX ? SHOWN_MAX : length);
	if (length > SHOWN_MAX)
		text_add(&shown, "…");
	return text_take(&shown);
}
