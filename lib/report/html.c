#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/time.h"
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

void html_add_number(struct text *text, uint64_t number)
{
	uint64_t unit = 1;

	while (number / unit >= 1000)
		unit *= 1000;
	text_addf(text, "%" PRIu64, number / unit);
	while ((unit /= 1000) > 0)
		text_addf(text, ",%03" PRIu64, number / unit % 1000);
}

static void add_time(struct text *text, int64_t at, bool clock)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	char machine[TIME_TEXT_SIZE];
	time_t seconds = at / TIME_SECOND;
	struct tm tm = {0};

	if (at == 0 || at == TIME_NEVER) {
		text_add(text, "never");
		return;
	}
	time_write(machine, at);
	(void)localtime_r(&seconds, &tm); /* any int64 of microseconds fits */
	text_addf(text, "<time datetime=\"%s\">%d %s %d", machine, tm.tm_mday, months[tm.tm_mon % 12],
		  tm.tm_year + 1900);
	if (clock)
		text_addf(text, ", %02d:%02d", tm.tm_hour, tm.tm_min);
	text_add(text, "</time>");
}

void html_add_time(struct text *text, int64_t at)
{
	add_time(text, at, true);
}

void html_add_day(struct text *text, int64_t at)
{
	add_time(text, at, false);
}
