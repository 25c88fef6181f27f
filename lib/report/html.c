#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"

#include "report/html.h"

static const char *entity_of(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

void html_add_words(struct text *text, const char *words)
{
	while (words && *words) {
		size_t plain = strcspn(words, "&<>\"'");
		text_add_bytes(text, words, plain);
		words += plain;
		if (*words)
			text_add(text, entity_of(*words++));
	}
}

void html_add_text(struct text *text, const char *string)
{
	CLEANUP(text_clear) struct text shown;

	text_init(&shown);
	if (!string || !*string)
		return;
	escape_add(&shown, ESCAPE_DISPLAY, string, strlen(string));
	text->failed |= shown.failed;
	html_add_words(text, shown.data);
}
