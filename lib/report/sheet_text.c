#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/text.h"
#include "report/sheet_view.h"

enum { WIDTH = 80, LABEL = 15 };

/* How many columns bytes take, by their characters; and how many bytes fit columns, whole
 * characters alone and at least one. */
static size_t columns_of(const char *bytes, size_t length)
{
	size_t columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += ((unsigned char)bytes[i] & 0xC0) != 0x80;
	return columns;
}

static size_t bytes_for(const char *bytes, size_t length, size_t columns)
{
	size_t i = 0;

	while (i < length && (columns > 0 || i == 0)) {
		i++;
		while (i < length && ((unsigned char)bytes[i] & 0xC0) == 0x80)
			i++;
		columns -= columns > 0;
	}
	return i;
}

static void add_spaces(struct text *text, size_t count)
{
	text_addf(text, "%*s", (int)count, "");
}

/* The next word of words, with the space before it; cut where it is longer than a line. */
static size_t next_word(const char *words, size_t room)
{
	size_t length = strspn(words, " ");

	length += strcspn(words + length, " ");
	return columns_of(words, length) > room ? bytes_for(words, length, room) : length;
}

/* Words wrapped to the width, from column indent on, where the first line stands already. */
static void add_wrapped(struct text *text, const char *words, size_t indent)
{
	size_t room = WIDTH - indent;
	size_t used = 0;

	while (*words) {
		size_t length = next_word(words, room);
		size_t columns = columns_of(words, length);
		if (used + columns > room) {
			text_add_char(text, '\n');
			add_spaces(text, indent);
			used = 0;
		}
		if (used == 0 && *words == ' ') {
			words++;
			continue;
		}
		text_add_bytes(text, words, length);
		words += length;
		used += columns;
	}
	text_add_char(text, '\n');
}

static void add_rule(struct text *text, char c)
{
	for (int i = 0; i < WIDTH; i++)
		text_add_char(text, c);
	text_add_char(text, '\n');
}

static void add_title(struct text *text, const char *title)
{
	text_addf(text, "\n%s\n", title);
	add_rule(text, '-');
}

static void add_part(struct text *text, const struct sheet_part *part)
{
	add_title(text, part->title);
	for (size_t i = 0; i < part->count; i++) {
		text_addf(text, "%-*s ", LABEL, part->lines[i].label);
		add_wrapped(text, part->lines[i].value, LABEL + 1);
	}
}

/* ---- files ---- */

static void add_digests(struct text *text, const char *label, uint64_t size, const struct digest_pair *digest)
{
	char md5[2 * DIGEST_MD5_SIZE + 1], sha256[DIGEST_SHA256_HEX + 1], number[SHEET_NUMBER_SIZE];

	hex_write(md5, digest->md5, DIGEST_MD5_SIZE);
	hex_write(sha256, digest->sha256, DIGEST_SHA256_SIZE);
	text_addf(text, "  %s%s %s\n    MD5     %s\n    SHA-256 %s\n", label, sheet_number(number, size),
		  size == 1 ? "byte" : "bytes", md5, sha256);
}

static void add_row(struct text *text, const struct sheet_row *row)
{
	CLEANUP(cleanup_free) char *path = escape_string(ESCAPE_DISPLAY, row->path ? row->path : "all files");
	const struct drift_finding *finding = row->finding;
	const struct visit_observation *read = row->seen && row->seen->outcome == VISIT_OK ? row->seen : NULL;

	text->failed |= !path;
	text_addf(text, "%-13s  %-12s  ", row->word, visit_kind_name(row->kind));
	add_wrapped(text, path ? path : "", 29);
	if (row->seen && !read)
		text_addf(text, "  %s\n", visit_outcome_text(row->seen->outcome));
	else if (!row->seen && finding && finding->type == DRIFT_UNREADABLE)
		text_addf(text, "  %s\n", visit_outcome_text(finding->outcome));
	if (read)
		add_digests(text, finding ? "found:    " : "", read->size, &read->digest);
	if (finding && finding->has_old)
		add_digests(text, "approved: ", finding->old_size, &finding->old_digest);
}

static void add_files(struct text *text, const struct sheet_view *view)
{
	text_addf(text, "\nFiles: %zu as approved, %zu not as approved, %zu not checked\n", view->marks[SHEET_APPROVED],
		  view->marks[SHEET_DIFFERS], view->marks[SHEET_NOT_CHECKED]);
	add_rule(text, '-');
	for (size_t i = 0; i < view->row_count; i++)
		add_row(text, &view->rows[i]);
	if (view->row_count == 0)
		text_add(text, "No file was read.\n");
}

/* ---- the sheet ---- */

static void add_head(struct text *text, const struct report_sheet *sheet)
{
	const char *result = report_sheet_result_name(sheet->result);
	static const char what[] = "Service bench: check of a pump's files";

	add_rule(text, '=');
	text_addf(text, "%s%*s\n", result, (int)(WIDTH - strlen(result)), what);
	add_rule(text, '=');
	add_wrapped(text, sheet->reason, 0);
	if (sheet_caution(sheet)) {
		text_add(text, "\n*** ");
		add_wrapped(text, sheet_caution(sheet), 4);
	}
}

static void add_foot(struct text *text, const struct report_sheet *sheet)
{
	add_title(text, "What this sheet says");
	for (size_t i = 0; i < sizeof sheet_statement / sizeof *sheet_statement; i++)
		add_wrapped(text, sheet_statement[i], 0);
	if (sheet->digest)
		text_addf(text, "\nThis sheet as JSON has the SHA-256\n%s\n", sheet->digest);
	add_title(text, "Signature");
	text_add(text, "\nName ___________________________  Department _______________________________\n\n"
		       "\nDate ___________________________  Signature ________________________________\n");
}

int report_sheet_write_text(struct text *text, const struct report_sheet *sheet, struct error *e)
{
	CLEANUP(sheet_view_clear) struct sheet_view view = {0};

	if (sheet_view_make(&view, sheet) < 0)
		return error_memory(e);
	add_head(text, sheet);
	for (size_t i = 0; i < SHEET_PARTS; i++)
		add_part(text, &view.parts[i]);
	add_files(text, &view);
	add_foot(text, sheet);
	return text->failed ? error_memory(e) : 0;
}
