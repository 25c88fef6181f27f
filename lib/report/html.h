#pragma once
/* Text for HTML that this room writes: elements, and the values of attributes in quotes. */
struct text;

/* Append a string of a device, a file or a person: escaped for display, then for HTML. NULL adds
 * nothing. */
void html_add_text(struct text *text, const char *string);

/* The same for words of ours, or such as went through ESCAPE_DISPLAY already: for HTML alone. */
void html_add_words(struct text *text, const char *words);
