#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"
#include "report/html.h"
#include "report/internal.h"
#include "report/tasks.h"

enum { STRING_MAX = 512 }; /* bytes of one string of a device that are shown */

static const char *const mark_names[PAGE_MARK_COUNT] = {"good", "older", "none", "unknown", "bad"};

enum page_mark page_mark_of(enum drift_result result)
{
	switch (result) {
	case DRIFT_VERIFIED: return PAGE_GOOD;
	case DRIFT_BEHIND: return PAGE_OLDER;
	case DRIFT_SKIPPED: return PAGE_NONE;
	case DRIFT_WRONG_DEVICE:
	case DRIFT_DRIFTED: return PAGE_BAD;
	default: return PAGE_UNKNOWN;
	}
}

const char *page_mark_name(enum page_mark mark)
{
	return mark_names[mark];
}

void page_add_mark(struct text *text, enum page_mark mark)
{
	text_addf(text, "<svg class=\"m %s\" viewBox=\"0 0 20 20\" aria-hidden=\"true\"><use href=\"#m-%s\"/></svg>",
		  mark_names[mark], mark_names[mark]);
}

/* The patterns tell the bars apart where there is no colour. */
void page_add_symbols(struct text *text)
{
	text_add(text,
		 "<svg width=\"0\" height=\"0\" aria-hidden=\"true\" style=\"position:absolute\"><defs>"
		 "<symbol id=\"m-good\" viewBox=\"0 0 20 20\"><path fill-rule=\"evenodd\" d=\"M10 1a9 9 0 1 0 0 18 "
		 "9 9 0 0 0 0-18zM8.6 14.6 4.4 10.4 6 8.8l2.6 2.6 5.4-5.4 1.6 1.6z\"/></symbol>"
		 "<symbol id=\"m-older\" viewBox=\"0 0 20 20\"><path fill-rule=\"evenodd\" d=\"M10 1a9 9 0 1 0 0 18 "
		 "9 9 0 0 0 0-18zm0 2v14a7 7 0 0 0 0-14z\"/></symbol>"
		 "<symbol id=\"m-none\" viewBox=\"0 0 20 20\"><path d=\"M3 8.5h14v3H3z\"/></symbol>"
		 "<symbol id=\"m-unknown\" viewBox=\"0 0 20 20\"><path fill-rule=\"evenodd\" d=\"M10 1a9 9 0 1 0 0 18 "
		 "9 9 0 0 0 0-18zm0 1.8a7.2 7.2 0 1 1 0 14.4 7.2 7.2 0 0 1 0-14.4zM9 13.2h2v2H9zM10 4.6c-2 0-3.3 1.2-3.4 "
		 "3.1h1.9c.1-.9.6-1.4 1.5-1.4.8 0 1.4.5 1.4 1.2 0 .7-.3 1-1.1 1.6C9.3 9.8 9 10.4 9 11.6v.5h1.9v-.4c0-.7"
		 ".2-1 1-1.6.9-.7 1.4-1.4 1.4-2.6 0-1.8-1.4-2.9-3.3-2.9z\"/></symbol>"
		 "<symbol id=\"m-bad\" viewBox=\"0 0 20 20\"><path fill-rule=\"evenodd\" d=\"M10 1.2 19.6 18.4H.4zM9 "
		 "7.5l.3 5h1.4l.3-5zM9 13.8h2v2H9z\"/></symbol>"
		 "<pattern id=\"p-good\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\">"
		 "<path class=\"good\" fill=\"currentColor\" fill-opacity=\".8\" d=\"M0 0h4v4H0z\"/></pattern>"
		 "<pattern id=\"p-older\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
		 "<path class=\"older\" fill=\"currentColor\" fill-opacity=\".3\" d=\"M0 0h5v5H0z\"/>"
		 "<path class=\"older\" fill=\"currentColor\" d=\"M0 0h5v1.5H0z\"/></pattern>"
		 "<pattern id=\"p-none\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
		 "<path class=\"none\" fill=\"currentColor\" d=\"M0 0h1.6v1.6H0z\"/></pattern>"
		 "<pattern id=\"p-unknown\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
		 "<path class=\"unknown\" stroke=\"currentColor\" stroke-width=\"1.6\" d=\"M-1 7 7-1M-4 4l8-8M2 10l8-8\"/></pattern>"
		 "<pattern id=\"p-bad\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
		 "<path class=\"bad\" fill=\"currentColor\" fill-opacity=\".72\" d=\"M0 0h6v6H0z\"/>"
		 "<path class=\"bad\" stroke=\"currentColor\" stroke-width=\"2\" d=\"M0 0l6 6M6 0 0 6\"/></pattern>"
		 "</defs></svg>\n");
}

void page_add_count(struct text *text, uint64_t count, const char *noun)
{
	html_add_number(text, count);
	text_addf(text, " %s%s", noun, count == 1 ? "" : "s");
}

void page_add_share(struct text *text, uint64_t count, uint64_t total)
{
	uint64_t percent = total ? count * 100 / total : 0;

	if (total == 0)
		return;
	if (count > 0 && percent == 0)
		text_add(text, "&lt; 1 %");
	else
		text_addf(text, "%" PRIu64 " %%", percent);
}

void page_add_bar(struct text *text, enum page_mark mark, uint64_t count, uint64_t total)
{
	/* In tenths, without a locale's decimal sign; what there is one of can be seen. */
	uint64_t width = total ? count * 2000 / total : 0;

	if (count > 0 && width < 15)
		width = 15;
	text_addf(text,
		  "<svg class=\"bar %s\" viewBox=\"0 0 200 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
		  "<path d=\"M0 9.5h200\" stroke=\"currentColor\" stroke-opacity=\".35\"/>"
		  "<rect width=\"%" PRIu64 ".%" PRIu64 "\" height=\"10\" fill=\"url(#p-%s)\"/></svg>",
		  mark_names[mark], width / 10, width % 10, mark_names[mark]);
}

void page_add_long(struct text *text, const char *string)
{
	char start[STRING_MAX + 1];
	size_t length = strlen(string);

	text_copy(start, sizeof start, string);
	html_add_text(text, start);
	if (length > STRING_MAX)
		text_addf(text, "… <span class=\"soft\">(the first %d of %zu bytes)</span>", STRING_MAX, length);
}

void page_add_words(struct text *text, const char *words)
{
	CLEANUP(text_clear) struct text shown;

	text_init(&shown);
	task_add_words(&shown, words);
	text->failed |= shown.failed;
	html_add_words(text, shown.data);
}

void page_add_asset(struct text *text, const struct report_fleet *fleet, const char *asset)
{
	const struct report_device *device = report_device_find(fleet, asset);

	text_add(text, "<b>");
	html_add_text(text, asset);
	text_add(text, "</b>");
	if (!device)
		return;
	if (device->device.name) {
		text_add(text, " ");
		html_add_text(text, device->device.name);
	}
	if (device->device.department) {
		text_add(text, " <span class=\"soft\">");
		html_add_text(text, device->device.department);
		text_add(text, "</span>");
	}
}

void page_add_ago(struct text *text, int64_t at, int64_t now)
{
	int64_t days = (now - at) / TIME_DAY, hours = (now - at) / TIME_HOUR;

	if (at == 0)
		text_add(text, "never");
	else if (days >= 2)
		text_addf(text, "%" PRId64 " days ago", days);
	else if (hours >= 1)
		text_addf(text, "%" PRId64 " hour%s ago", hours, hours == 1 ? "" : "s");
	else
		text_add(text, "within the hour");
}

void page_add_sentence(struct text *text, const char *words)
{
	text_add_char(text, (char)(words[0] >= 'a' && words[0] <= 'z' ? words[0] - 'a' + 'A' : words[0]));
	html_add_words(text, words[0] ? words + 1 : words);
}

void page_add_advice(struct text *text, const char *words)
{
	static const char opening[] = "\"pumpwatch ";
	const char *start, *end;

	while ((start = strstr(words, opening)) && (end = strchr(start + 1, '"'))) {
		char *before = strndup(words, (size_t)(start - words));
		char *command = strndup(start + 1, (size_t)(end - start - 1));
		text->failed |= !before || !command;
		html_add_words(text, before);
		text_add(text, "<code>");
		html_add_words(text, command);
		text_add(text, "</code>");
		free(before);
		free(command);
		words = end + 1;
	}
	html_add_words(text, words);
}

void page_open_section(struct text *text, const char *id, const char *heading)
{
	text_addf(text, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id, heading);
}

void page_open_table(struct text *text, const char *caption, const char *columns)
{
	text_addf(text,
		  "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"%s\"><table><caption>%s</caption>\n"
		  "<thead><tr>%s</tr></thead><tbody>\n",
		  caption, caption, columns);
}

void page_close_table(struct text *text)
{
	text_add(text, "</tbody></table></div>\n");
}
