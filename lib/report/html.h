#pragma once
/* Text for HTML that this room writes: elements, and the values of attributes in quotes. */
#include <stdint.h>

struct text;

/* Append a string of a device, a file or a person: escaped for display, then for HTML. NULL adds
 * nothing. */
void html_add_text(struct text *text, const char *string);

/* The same for words of ours, or such as went through ESCAPE_DISPLAY already: for HTML alone. */
void html_add_words(struct text *text, const char *words);

/* "1,234,567" */
void html_add_number(struct text *text, uint64_t number);

/* A <time> in local time: "22 Nov 2026, 06:05", and "22 Nov 2026"; "never" for 0 and TIME_NEVER. */
void html_add_time(struct text *text, int64_t at);
void html_add_day(struct text *text, int64_t at);
