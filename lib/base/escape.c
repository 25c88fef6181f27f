#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/escape.h"

size_t escape_utf8_length(const char *bytes, size_t length, unsigned *ret_code_point)
{
	static const unsigned smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *b = (const unsigned char *)bytes;

	if (length == 0)
		return 0;
	size_t need = b[0] < 0x80 ? 1 : b[0] < 0xC0 ? 0 : b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3
		: b[0] < 0xF8 ? 4 : 0;
	if (need == 0 || need > length)
		return 0;
	unsigned point = need == 1 ? b[0] : b[0] & (0x7Fu >> need);
	for (size_t i = 1; i < need; i++) {
		if ((b[i] & 0xC0) != 0x80)
			return 0;
		point = point << 6 | (b[i] & 0x3F);
	}
	if (point < smallest[need] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
		return 0;
	*ret_code_point = point;
	return need;
}

static bool must_escape(enum escape_set set, unsigned point)
{
	if (point < 0x20 || point == 0x7F || point == '%')
		return true;
	if (set == ESCAPE_PATH)
		return false;
	return (point >= 0x80 && point <= 0x9F) || point == 0x2028 || point == 0x2029 ||
	       point == 0x200E || point == 0x200F || (point >= 0x202A && point <= 0x202E) ||
	       (point >= 0x2066 && point <= 0x2069) || point == 0x061C || point == 0xFEFF;
}

static void add_escaped(struct text *text, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";
	const char escaped[] = {'%', digits[byte >> 4], digits[byte & 15]};

	text_add_bytes(text, escaped, sizeof escaped);
}

void escape_add(struct text *text, enum escape_set set, const char *bytes, size_t length)
{
	size_t step;

	for (size_t i = 0; i < length; i += step) {
		unsigned point = 0;
		size_t sequence = escape_utf8_length(bytes + i, length - i, &point);
		step = sequence ? sequence : 1;
		if (sequence && !must_escape(set, point)) {
			text_add_bytes(text, bytes + i, step);
			continue;
		}
		for (size_t k = 0; k < step; k++)
			add_escaped(text, (unsigned char)bytes[i + k]);
	}
}

char *escape_string(enum escape_set set, const char *string)
{
	struct text text;

	text_init(&text);
	escape_add(&text, set, string, strlen(string));
	return text_take(&text);
}

int escape_parse(char **ret_string, const char *bytes, size_t length)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)bytes[i];
		if (bytes[i] == '%') {
			if (length - i < 3 || hex_parse(&byte, 1, bytes + i + 1, 2) < 0)
				return -EINVAL;
			i += 2;
		}
		if (byte == 0)
			return -EINVAL;
		text_add_char(&text, (char)byte);
	}
	char *string = text_take(&text);
	if (!string)
		return -ENOMEM;
	*ret_string = string;
	return 0;
}
