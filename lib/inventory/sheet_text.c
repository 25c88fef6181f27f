#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/escape.h"
#include "inventory/sheet_internal.h"

/* What people hand over where CSV was meant, by its first bytes. */
static const struct {
	const char *start;
	const char *words;
} strangers[] = {
	{"PK\x03\x04", "this is a workbook (.xlsx or .ods), not CSV: open it and save it as \"CSV UTF-8\""},
	{"\xD0\xCF\x11\xE0", "this is a workbook (.xls), not CSV: open it and save it as \"CSV\""},
	{"%PDF", "this is a PDF, not CSV: export the list as CSV"},
	{"\x1F\x8B", "this is compressed: unpack it first"},
	{"<", "this is HTML or XML, not CSV: open it in a spreadsheet program and save it as \"CSV UTF-8\""},
	{"{", "this is JSON, not CSV: export the list as CSV"},
	{"[{", "this is JSON, not CSV: export the list as CSV"},
};

/* Windows-1252 where it is not Latin-1; 0: no character, left as the control it is. */
static const uint16_t windows_1252[32] = {
	0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
	0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
};

static void add_code_point(struct text *text, unsigned c)
{
	if (c < 0x80) {
		text_add_char(text, (char)c);
	} else if (c < 0x800) {
		text_add_char(text, (char)(0xC0 | c >> 6));
		text_add_char(text, (char)(0x80 | (c & 0x3F)));
	} else if (c < 0x10000) {
		text_add_char(text, (char)(0xE0 | c >> 12));
		text_add_char(text, (char)(0x80 | (c >> 6 & 0x3F)));
		text_add_char(text, (char)(0x80 | (c & 0x3F)));
	} else {
		text_add_char(text, (char)(0xF0 | c >> 18));
		text_add_char(text, (char)(0x80 | (c >> 12 & 0x3F)));
		text_add_char(text, (char)(0x80 | (c >> 6 & 0x3F)));
		text_add_char(text, (char)(0x80 | (c & 0x3F)));
	}
}

static unsigned unit_at(const char *bytes, bool big)
{
	unsigned first = (unsigned char)bytes[0];
	unsigned second = (unsigned char)bytes[1];

	return big ? first << 8 | second : second << 8 | first;
}

static int refuse_utf16(struct error *e)
{
	return error_set(e, ERROR_DATA, "this is UTF-16 text with a fault in it: save it as \"CSV UTF-8\"");
}

/* RFC 2781. */
static int decode_utf16(struct text *text, const char *bytes, size_t length, bool big, struct error *e)
{
	if (length % 2 != 0)
		return refuse_utf16(e);
	for (size_t i = 0; i < length; i += 2) {
		unsigned c = unit_at(bytes + i, big);
		if (c >= 0xD800 && c < 0xDC00 && i + 3 < length) {
			unsigned low = unit_at(bytes + i + 2, big);
			if (low >= 0xDC00 && low < 0xE000) {
				c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
				i += 2;
			}
		}
		if (c >= 0xD800 && c < 0xE000)
			return refuse_utf16(e);
		add_code_point(text, c);
	}
	return text->failed ? error_memory(e) : 0;
}

static bool is_utf8(const char *bytes, size_t length)
{
	unsigned code_point;

	for (size_t i = 0, n; i < length; i += n) {
		n = (unsigned char)bytes[i] < 0x80 ? 1 : escape_utf8_length(bytes + i, length - i, &code_point);
		if (n == 0)
			return false;
	}
	return true;
}

/* Line by line: a list may be patched together from two systems. */
static int decode_bytes(struct text *text, struct sheet *sheet, const char *bytes, size_t length, struct error *e)
{
	for (size_t i = 0, n; i < length; i += n) {
		const char *end = memchr(bytes + i, '\n', length - i);
		n = end ? (size_t)(end - (bytes + i)) + 1 : length - i;
		if (is_utf8(bytes + i, n)) {
			text_add_bytes(text, bytes + i, n);
			continue;
		}
		sheet->converted++;
		for (size_t k = i; k < i + n; k++) {
			unsigned c = (unsigned char)bytes[k];
			unsigned mapped = c >= 0x80 && c < 0xA0 ? windows_1252[c - 0x80] : c;
			add_code_point(text, mapped ? mapped : c);
		}
	}
	sheet->encoding = sheet->converted > 0 ? "Windows-1252" : "UTF-8";
	return text->failed ? error_memory(e) : 0;
}

static int refuse_stranger(const char *bytes, size_t length, struct error *e)
{
	size_t skip = 0;

	while (skip < length && bytes[skip] && strchr(" \t\r\n", bytes[skip]))
		skip++;
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
		size_t n = strlen(strangers[i].start);
		if (length - skip >= n && memcmp(bytes + skip, strangers[i].start, n) == 0)
			return error_set(e, ERROR_DATA, "%s", strangers[i].words);
	}
	return skip == length ? error_set(e, ERROR_DATA, "the file is empty") : 0;
}

int sheet_decode(struct text *ret_text, struct sheet *sheet, const char *bytes, size_t length, struct error *e)
{
	bool marked = length >= 2 && (unit_at(bytes, true) == 0xFEFF || unit_at(bytes, true) == 0xFFFE);
	bool big = length >= 2 && (unit_at(bytes, true) == 0xFEFF || (bytes[0] == '\0' && bytes[1] != '\0'));

	if (length > SHEET_BYTES_MAX)
		return error_set(e, ERROR_DATA, "the file has more than %d MiB: split it", SHEET_BYTES_MAX >> 20);
	/* Without a mark, a letter of ASCII beside a NUL gives it away. */
	if (marked || (length >= 2 && (bytes[0] == '\0') != (bytes[1] == '\0'))) {
		sheet->encoding = "UTF-16";
		return decode_utf16(ret_text, bytes + (marked ? 2 : 0), length - (marked ? 2 : 0), big, e);
	}
	if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
		bytes += 3;
		length -= 3;
	}
	if (refuse_stranger(bytes, length, e) < 0)
		return -1;
	return decode_bytes(ret_text, sheet, bytes, length, e);
}
