#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "cli/table.h"

/* Between columns; where the value of a label stands; and the least room for words that are wrapped. */
enum { GAP = 2, VALUE_AT = 15, WRAP_LEAST = 20 };

static const char dots[] = "…";

struct cli_cell {
	char *shown;
	enum cli_meaning meaning;
};

/* Room for each column; 0: it is dropped. */
struct layout {
	size_t widths[CLI_COLUMNS_MAX];
	bool cut;    /* cells may have to be cut */
	bool narrow; /* even the least is too much: each cell on a line of its own */
};

/* ---- meaning ---- */

static const char *const sequences[] = {
	[CLI_PLAIN] = "\033[0m", [CLI_GOOD] = "\033[32m",  [CLI_WATCH] = "\033[36m",
	[CLI_UNKNOWN] = "\033[33m", [CLI_BAD] = "\033[1;31m",
};

const char *cli_color(const struct cli *cli, enum cli_meaning meaning)
{
	return cli->color ? sequences[meaning] : "";
}

enum cli_meaning cli_result_meaning(enum drift_result result)
{
	switch (result) {
	case DRIFT_VERIFIED: return CLI_GOOD;
	case DRIFT_BEHIND:
	case DRIFT_SKIPPED: return CLI_WATCH;
	case DRIFT_DRIFTED:
	case DRIFT_WRONG_DEVICE: return CLI_BAD;
	default: return CLI_UNKNOWN;
	}
}

enum cli_meaning cli_severity_meaning(int severity)
{
	if (severity <= 3)
		return CLI_BAD;
	return severity == 4 ? CLI_UNKNOWN : CLI_WATCH;
}

/* ---- strings on a terminal ---- */

/* Bytes of the character at string, which is not empty, and the columns that it takes. */
static size_t step(const char *string, size_t *ret_columns)
{
	unsigned point = 0;
	size_t bytes = escape_utf8_length(string, strlen(string) < 4 ? strlen(string) : 4, &point);
	int columns = bytes ? wcwidth((wchar_t)point) : 1;

	*ret_columns = columns < 0 ? 1 : (size_t)columns;
	return bytes ? bytes : 1;
}

size_t cli_width(const char *string)
{
	size_t width = 0, columns;

	for (; *string; width += columns)
		string += step(string, &columns);
	return width;
}

/* How many bytes of string fit into so many columns, marks on the last character included. */
static size_t bytes_within(const char *string, size_t room)
{
	size_t bytes = 0, used = 0, columns;

	while (string[bytes]) {
		size_t more = step(string + bytes, &columns);
		if (used + columns > room)
			break;
		used += columns;
		bytes += more;
	}
	return bytes;
}

/* Where the end of string begins that fits into so many columns. */
static const char *end_within(const char *string, size_t room)
{
	size_t left = cli_width(string), columns;

	while (left > room) {
		string += step(string, &columns);
		left -= columns;
	}
	while (*string) { /* marks belong to what was left out */
		size_t bytes = step(string, &columns);
		if (columns > 0)
			break;
		string += bytes;
	}
	return string;
}

static void add_cut(struct text *text, const char *string, enum cli_fit fit, size_t room)
{
	size_t tail = fit == CLI_CUT_MIDDLE ? (room - 1) * 2 / 3 : 0;

	if (cli_width(string) <= room) {
		text_add(text, string);
		return;
	}
	text_add_bytes(text, string, bytes_within(string, room - 1 - tail));
	text_add(text, dots);
	if (tail > 0)
		text_add(text, end_within(string, tail));
}

/* How many bytes of words stand on a line of so many columns: up to a blank, if there is one. At
 * least one character. */
static size_t line_within(const char *words, size_t room, bool break_words)
{
	size_t bytes = bytes_within(words, room), columns;

	if (words[bytes] == '\0' || words[bytes] == ' ')
		return bytes;
	for (size_t end = bytes; end > 0; end--)
		if (words[end - 1] == ' ')
			return end - 1;
	if (!break_words)
		return strcspn(words, " ");
	return bytes ? bytes : step(words, &columns);
}

static void wrap(struct text *text, const char *words, unsigned indent, unsigned width, bool break_words)
{
	size_t room = width > indent + WRAP_LEAST ? width - indent : WRAP_LEAST;

	if (width == 0) {
		text_add(text, words);
		return;
	}
	for (bool first = true; *words; first = false) {
		size_t bytes = line_within(words, room, break_words);
		if (!first)
			text_addf(text, "\n%*s", (int)indent, "");
		text_add_bytes(text, words, bytes);
		words += bytes;
		words += strspn(words, " ");
	}
}

void cli_wrap(struct text *text, const char *words, unsigned indent, unsigned width)
{
	wrap(text, words, indent, width, false);
}

/* ---- tables ---- */

void cli_table_clear(struct cli_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i].shown);
	free(table->cells);
	table->cells = NULL;
	table->count = 0;
}

void cli_table_add(struct cli_table *table, const char *const *cells)
{
	for (size_t i = 0; i < table->column_count; i++) {
		struct cli_cell cell = {
			.shown = escape_string(ESCAPE_DISPLAY, cells[i] && *cells[i] ? cells[i] : "-"),
		};
		if (!cell.shown || ARRAY_APPEND(table->cells, table->count, cell) < 0)
			abort(); /* a program without memory for a table cell has nothing to say */
	}
}

void cli_table_mark(struct cli_table *table, size_t column, enum cli_meaning meaning)
{
	table->cells[table->count - table->column_count + column].meaning = meaning;
}

/* Columns that all take with those widths, and the gaps between those that are shown. */
static size_t total_of(const struct cli_table *table, const size_t *widths)
{
	size_t total = 0;

	for (size_t i = 0; i < table->column_count; i++)
		total += widths[i] ? widths[i] + GAP : 0;
	return total > GAP ? total - GAP : 0;
}

/* The widest column that is wider than its least, or -1. */
static int widest_above(const struct cli_table *table, const size_t *widths, const size_t *least)
{
	int widest = -1;

	for (size_t i = 0; i < table->column_count; i++)
		if (widths[i] > least[i] && (widest < 0 || widths[i] > widths[widest]))
			widest = (int)i;
	return widest;
}

static void shrink(const struct cli_table *table, size_t *widths, const size_t *least, size_t width)
{
	size_t total = total_of(table, widths);

	for (int i; total > width && (i = widest_above(table, widths, least)) >= 0; total--)
		widths[i]--;
}

/* The column that goes first, or -1. */
static int first_to_drop(const struct cli_table *table, const size_t *widths)
{
	int found = -1;

	for (size_t i = 0; i < table->column_count; i++)
		if (widths[i] && table->columns[i].drop &&
		    (found < 0 || table->columns[i].drop > table->columns[found].drop))
			found = (int)i;
	return found;
}

static void fit(struct layout *layout, const struct cli_table *table, size_t width)
{
	size_t least[CLI_COLUMNS_MAX] = {0};

	for (size_t i = 0; i < table->column_count; i++) {
		const struct cli_column *column = &table->columns[i];
		size_t natural = layout->widths[i], keep = cli_width(column->heading);
		if (column->least > keep || (column->fit == CLI_WRAP && column->least > 0))
			keep = column->least;
		least[i] = column->fit == CLI_WHOLE || keep > natural ? natural : keep;
	}
	for (int drop; total_of(table, least) > width && (drop = first_to_drop(table, least)) >= 0;)
		layout->widths[drop] = least[drop] = 0;
	shrink(table, layout->widths, least, width);
	layout->cut = true;
	layout->narrow = total_of(table, least) > width;
}

static void lay_out(struct layout *layout, const struct cli_table *table, size_t width)
{
	for (size_t i = 0; i < table->column_count; i++)
		layout->widths[i] = cli_width(table->columns[i].heading);
	for (size_t i = 0, column = 0; i < table->count; i++) {
		size_t cell = cli_width(table->cells[i].shown);
		if (cell > layout->widths[column])
			layout->widths[column] = cell;
		column = column + 1 < table->column_count ? column + 1 : 0;
	}
	if (width > 0 && total_of(table, layout->widths) > width)
		fit(layout, table, width);
}

/* What of a cell stands on this line; *rest becomes what is left for the next, or NULL. */
static void write_piece(struct text *text, const struct cli_column *column, size_t room, const char **rest)
{
	const char *words = *rest;

	*rest = NULL;
	if (column->fit == CLI_WHOLE) {
		text_add(text, words);
	} else if (column->fit != CLI_WRAP) {
		add_cut(text, words, column->fit, room);
	} else {
		size_t bytes = line_within(words, room, true);
		text_add_bytes(text, words, bytes);
		words += bytes;
		words += strspn(words, " ");
		*rest = *words ? words : NULL;
	}
}

static void add_blanks(struct text *text, size_t count)
{
	text_addf(text, "%*s", (int)count, "");
}

/* One line of a row; returns whether there is more of it. Blanks are owed until something follows
 * them, so that no line ends in one. */
static bool write_line(struct text *text, const struct cli_table *table, const struct layout *layout,
		       const struct cli_cell *cells, const char **rest, bool color)
{
	CLEANUP(text_clear) struct text piece;
	size_t owed = 0;
	bool more = false;

	text_init(&piece);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct cli_column *column = &table->columns[i];
		size_t room = layout->widths[i];
		if (room == 0)
			continue;
		text_cut(&piece, 0);
		if (rest[i])
			write_piece(&piece, column, layout->cut ? room : SIZE_MAX, &rest[i]);
		more |= rest[i] != NULL;
		size_t used = piece.length ? cli_width(piece.data) : 0;
		size_t pad = used < room ? room - used : 0;
		if (used == 0) {
			owed += room + GAP;
			continue;
		}
		bool marked = color && cells && cells[i].meaning != CLI_PLAIN;
		add_blanks(text, owed + (column->right ? pad : 0));
		text_addf(text, "%s%s%s", marked ? sequences[cells[i].meaning] : "", piece.data,
			  marked ? sequences[CLI_PLAIN] : "");
		owed = GAP + (column->right ? 0 : pad);
	}
	text_add_char(text, '\n');
	return more;
}

static void write_row(struct text *text, const struct cli_table *table, const struct layout *layout,
		      const struct cli_cell *cells, bool color)
{
	const char *rest[CLI_COLUMNS_MAX];

	for (size_t i = 0; i < table->column_count; i++)
		rest[i] = cells ? cells[i].shown : table->columns[i].heading;
	while (write_line(text, table, layout, cells, rest, color))
		;
}

/* A row for a terminal that is too narrow: a heading and a cell on each line. */
static void write_card(struct text *text, const struct cli_table *table, const struct cli_cell *cells,
		       unsigned width, bool color)
{
	size_t widest = 0;

	for (size_t i = 0; i < table->column_count; i++)
		if (cli_width(table->columns[i].heading) > widest)
			widest = cli_width(table->columns[i].heading);
	for (size_t i = 0; i < table->column_count; i++) {
		bool marked = color && cells[i].meaning != CLI_PLAIN;
		text_add(text, table->columns[i].heading);
		add_blanks(text, widest + GAP - cli_width(table->columns[i].heading));
		text_add(text, marked ? sequences[cells[i].meaning] : "");
		wrap(text, cells[i].shown, (unsigned)widest + GAP, width, true);
		text_addf(text, "%s\n", marked ? sequences[CLI_PLAIN] : "");
	}
}

void cli_table_write(struct text *text, const struct cli_table *table, unsigned width, bool color)
{
	struct layout layout = {0};

	lay_out(&layout, table, width);
	if (!layout.narrow)
		write_row(text, table, &layout, NULL, false);
	for (size_t row = 0; row < table->count; row += table->column_count) {
		if (!layout.narrow) {
			write_row(text, table, &layout, table->cells + row, color);
			continue;
		}
		text_add(text, row > 0 ? "\n" : "");
		write_card(text, table, table->cells + row, width, color);
	}
}

static void print_text(const struct text *text)
{
	if (text->failed)
		abort(); /* as for a cell */
	if (text->data)
		fputs(text->data, stdout);
}

void cli_table_print(const struct cli *cli, const struct cli_table *table)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	cli_table_write(&text, table, cli->width, cli->color);
	print_text(&text);
}

/* ---- lines ---- */

void cli_line_marked(const struct cli *cli, const char *label, const char *value, enum cli_meaning meaning)
{
	CLEANUP(cleanup_free) char *shown = value && *value ? escape_string(ESCAPE_DISPLAY, value) : NULL;
	CLEANUP(text_clear) struct text text;
	size_t used = cli_width(label);
	bool marked = meaning != CLI_PLAIN;

	text_init(&text);
	if (!value || !*value)
		return;
	text_add(&text, label);
	add_blanks(&text, used < VALUE_AT ? VALUE_AT - used : 1);
	text_add(&text, marked ? cli_color(cli, meaning) : "");
	cli_wrap(&text, shown ? shown : "out of memory", VALUE_AT, cli->width);
	print_text(&text);
	printf("%s\n", marked ? cli_color(cli, CLI_PLAIN) : "");
}

void cli_line(const struct cli *cli, const char *label, const char *value)
{
	cli_line_marked(cli, label, value, CLI_PLAIN);
}

void cli_paragraph(const struct cli *cli, unsigned indent, const char *words)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	add_blanks(&text, indent);
	cli_wrap(&text, words, indent, cli->width);
	text_add_char(&text, '\n');
	print_text(&text);
}

void cli_say(const struct cli *cli, const char *format, ...)
{
	CLEANUP(text_clear) struct text words;
	va_list arguments;

	text_init(&words);
	va_start(arguments, format);
	text_addv(&words, format, arguments);
	va_end(arguments);
	cli_paragraph(cli, 0, words.data && !words.failed ? words.data : "out of memory");
}

void cli_remark(const struct cli *cli, const char *format, ...)
{
	CLEANUP(text_clear) struct text words;
	CLEANUP(text_clear) struct text text;
	va_list arguments;

	text_init(&words);
	text_init(&text);
	text_add(&words, "pumpwatch: ");
	va_start(arguments, format);
	text_addv(&words, format, arguments);
	va_end(arguments);
	cli_wrap(&text, words.data && !words.failed ? words.data : "pumpwatch: out of memory", 0,
		 isatty(STDERR_FILENO) == 1 ? cli->width : 0);
	fprintf(stderr, "%s\n", text.data && !text.failed ? text.data : "pumpwatch: out of memory");
}
