#include <string.h>
#include <strings.h>

#include "listing/internal.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void listing_words_split(struct listing_words *ret_words, struct listing_span line)
{
	size_t at = 0;

	*ret_words = (struct listing_words){.line = line};
	while (ret_words->count < LISTING_WORDS_MAX) {
		while (at < line.length && is_blank(line.bytes[at]))
			at++;
		if (at == line.length)
			return;
		size_t start = at;
		while (at < line.length && !is_blank(line.bytes[at]))
			at++;
		ret_words->items[ret_words->count++] =
			(struct listing_span){line.bytes + start, at - start};
	}
}

bool listing_span_is(struct listing_span span, const char *word)
{
	return span.length == strlen(word) && strncasecmp(span.bytes, word, span.length) == 0;
}

/* Commas, where there are any, stand before every group of three digits. */
static bool comma_is_right(struct listing_span span, size_t at)
{
	return at > 0 && (span.length - at) % 4 == 0;
}

bool listing_span_size(struct listing_span span, uint64_t *ret_size)
{
	bool commas = memchr(span.bytes, ',', span.length) != NULL;
	uint64_t size = 0;

	if (span.length == 0)
		return false;
	for (size_t i = 0; i < span.length; i++) {
		char c = span.bytes[i];
		if (commas && (span.length - i) % 4 == 0) {
			if (c != ',' || !comma_is_right(span, i))
				return false;
			continue;
		}
		if (c < '0' || c > '9' || size > (INT64_MAX - 9) / 10)
			return false;
		size = size * 10 + (uint64_t)(c - '0');
	}
	*ret_size = size;
	return true;
}

bool listing_span_mark(struct listing_span span, enum listing_type *ret_type)
{
	if (listing_span_is(span, "<DIR>"))
		*ret_type = LISTING_FOLDER;
	else if (listing_span_is(span, "<SYMLINK>") || listing_span_is(span, "<SYMLINKD>") ||
		 listing_span_is(span, "<JUNCTION>"))
		*ret_type = LISTING_LINK;
	else
		return false;
	return true;
}

void listing_words_copy(const struct listing_words *words, size_t at, size_t count,
			char ret_text[static 32])
{
	size_t length = 0;

	for (size_t i = at; i < at + count; i++) {
		struct listing_span word = words->items[i];
		if (i > at && length < 31)
			ret_text[length++] = ' ';
		size_t room = 31 - length;
		size_t step = word.length < room ? word.length : room;
		memcpy(ret_text + length, word.bytes, step);
		length += step;
	}
	ret_text[length] = '\0';
}

struct listing_span listing_words_rest(const struct listing_words *words, size_t at, size_t spaces)
{
	const char *end = words->line.bytes + words->line.length;
	const char *from = words->items[at].bytes + words->items[at].length;

	while (spaces > 0 && from < end && is_blank(*from)) {
		from++;
		spaces--;
	}
	return (struct listing_span){from, (size_t)(end - from)};
}

struct listing_span listing_span_trim_end(struct listing_span span)
{
	while (span.length > 0 && is_blank(span.bytes[span.length - 1]))
		span.length--;
	return span;
}
