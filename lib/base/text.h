#pragma once
/* A growing buffer of bytes. A failed allocation is remembered and every later
 * addition ignored, so that a writer checks once, at its end. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
	char *data; /* always followed by a NUL once something was added */
	size_t length;
	size_t capacity;
	bool failed;
};

void text_init(struct text *text);
void text_clear(struct text *text);

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const void *bytes, size_t length);
void text_add_char(struct text *text, char c);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_addv(struct text *text, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* Shorten to length bytes; a longer length does nothing. */
void text_cut(struct text *text, size_t length);

/* Give the string to the caller, who frees it, and leave text empty. NULL when an
 * allocation failed; an empty text gives an empty string. */
char *text_take(struct text *text);

/* Copy string into a buffer of size bytes; what does not fit is cut between characters of
 * UTF-8. */
void text_copy(char *ret_copy, size_t size, const char *string);

/* Drop a sequence of UTF-8 that a cut left unfinished at the end of string. */
void text_trim(char *string);
