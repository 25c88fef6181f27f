/* Shapes without permissions: DOS and IIS, VxWorks, and servers that print a name, a size and
 * a date in columns. */
#include <string.h>
#include <strings.h>

#include "listing/internal.h"

enum {
	/* Columns between the mark of a folder and its name in the listing of IIS. */
	DOS_MARK_GAP = 10,
	VXWORKS_GAP = 3,
};

/* "04-27-00  12:09PM       <DIR>          name", "2002-09-02  18:48  9,730 name". */
bool listing_read_dos(struct listing_found *ret_found, struct listing_span line)
{
	struct listing_found found = {0};
	struct listing_words words;

	listing_words_split(&words, line);
	if (words.count < 4 || !listing_is_number_date(words.items[0]) ||
	    !listing_is_time(words.items[1]))
		return false;
	size_t date_words = listing_is_meridiem(words.items[2]) ? 3 : 2;
	if (date_words + 2 > words.count)
		return false;
	bool marked = listing_span_mark(words.items[date_words], &found.type);
	found.has_size = !marked && listing_span_size(words.items[date_words], &found.size);
	if (!marked && !found.has_size)
		return false;
	listing_words_copy(&words, 0, date_words, found.modified);
	found.name = listing_words_rest(&words, date_words, marked ? DOS_MARK_GAP : 1);
	*ret_found = found;
	return true;
}

/* Take "<DIR>" and the padding before it off the end of a name. */
static void take_mark(struct listing_found *found)
{
	struct listing_span trimmed = listing_span_trim_end(found->name);

	if (trimmed.length > 6 &&
	    strncasecmp(trimmed.bytes + trimmed.length - 6, " <DIR>", 6) == 0) {
		found->type = LISTING_FOLDER;
		trimmed.length -= 6;
		found->name = listing_span_trim_end(trimmed);
	}
}

/* VxWorks: "512    DEC-02-2015  14:45:10   NAME    <DIR>", names padded on the right.
 * Others: "206876  Apr 04, 2000 21:06 name". */
bool listing_read_size_first(struct listing_found *ret_found, struct listing_span line)
{
	struct listing_found found = {.type = LISTING_FILE};
	struct listing_words words;

	listing_words_split(&words, line);
	if (words.count < 3 || !listing_span_size(words.items[0], &found.size))
		return false;
	size_t date_words = listing_date(&words, 1, true);
	if (date_words < 2 || words.count < date_words + 2)
		return false;
	bool vxworks = listing_is_month_date(words.items[1]);
	listing_words_copy(&words, 1, date_words, found.modified);
	found.name = listing_words_rest(&words, date_words, vxworks ? VXWORKS_GAP : 1);
	if (vxworks)
		found.name = listing_span_trim_end(found.name);
	take_mark(&found);
	if (found.name.length > 1 && found.name.bytes[found.name.length - 1] == '/') {
		found.type = LISTING_FOLDER;
		found.name.length--;
	}
	found.has_size = found.type == LISTING_FILE;
	*ret_found = found;
	return true;
}

/* The last word of a span; the span is shortened to what stands before it. */
static struct listing_span take_last_word(struct listing_span *span)
{
	struct listing_span rest = listing_span_trim_end(*span);
	size_t start = rest.length;

	while (start > 0 && rest.bytes[start - 1] != ' ' && rest.bytes[start - 1] != '\t')
		start--;
	*span = (struct listing_span){rest.bytes, start};
	return (struct listing_span){rest.bytes + start, rest.length - start};
}

/* "HEAD_F~1      491648 01-01-1980  00:00:48": the FTP server of MQX RTCS, as the published
 * listing of the Medfusion 4000 has it, and routers with a weekday before the time. The label
 * of the volume stands among the files, without a size and with a date that is none. */
bool listing_read_name_first(struct listing_found *ret_found, struct listing_span line)
{
	struct listing_found found = {.type = LISTING_FILE};
	struct listing_span time = take_last_word(&line);
	struct listing_span date = take_last_word(&line);

	if (listing_is_weekday(date))
		date = take_last_word(&line);
	if (!listing_is_time(time) || !listing_is_number_date(date))
		return false;
	struct listing_span size = take_last_word(&line);
	found.has_size = listing_span_size(size, &found.size);
	if (!found.has_size && !listing_span_mark(size, &found.type))
		return false;
	struct listing_words words = {.items = {date, time}, .count = 2};
	listing_words_copy(&words, 0, 2, found.modified);
	if (found.has_size && found.size == 0 && strncmp(found.modified, "00-00-", 6) == 0) {
		found.type = LISTING_OTHER;
		found.has_size = false;
	}
	found.name = listing_span_trim_end(line);
	*ret_found = found;
	return true;
}

static bool is_rule(struct listing_span word)
{
	for (size_t i = 0; i < word.length; i++)
		if (word.bytes[i] != '-')
			return false;
	return word.length >= 2;
}

/* "total 12" in the languages that `ls` speaks, and the headings of VxWorks. Other lines of
 * two words are not passed over: they could be files. */
bool listing_read_heading(struct listing_found *ret_found, struct listing_span line)
{
	static const char *const totals[] = {
		"total",  "total:", "insgesamt", "totaal", "totale", "totalt", "totalt:", "razem",
		"celkem", "toplam", "yhteensä",	 "итого",
		"合計",	  "總計",   "总用量",	 "总计",
	};
	static const char *const columns[] = {"size", "date", "time", "name"};
	struct listing_words words;
	bool heading = false;

	listing_words_split(&words, line);
	if (words.count == 2 && listing_span_size(words.items[1], &(uint64_t){0}))
		for (size_t i = 0; i < sizeof totals / sizeof *totals && !heading; i++)
			heading = listing_span_is(words.items[0], totals[i]);
	if (words.count == 4) {
		bool named = true;
		bool ruled = true;
		for (size_t i = 0; i < 4; i++) {
			named = named && listing_span_is(words.items[i], columns[i]);
			ruled = ruled && is_rule(words.items[i]);
		}
		heading = named || ruled;
	}
	if (heading)
		*ret_found = (struct listing_found){.passed_over = true};
	return heading;
}
