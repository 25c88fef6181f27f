#pragma once
/* Tables and labelled lines for people: they fit the terminal, and colours mean something. Elsewhere
 * than on a terminal nothing is cut, dropped, wrapped or coloured. Refuses to know what is told. */
#include <stdbool.h>
#include <stddef.h>

#include "cli/cli.h"

/* What a colour says. Never the colour alone: words say the same. */
enum cli_meaning {
	CLI_PLAIN,
	CLI_GOOD,    /* verified, in force */
	CLI_WATCH,   /* nothing is wrong, but it is not at its end: behind, skipped, acknowledged */
	CLI_UNKNOWN, /* could not be checked */
	CLI_BAD,     /* files differ, or trust is in question */
};

/* What begins a colour; CLI_PLAIN ends it. Empty where there are no colours. */
const char *cli_color(const struct cli *cli, enum cli_meaning meaning);

enum cli_meaning cli_result_meaning(enum drift_result result);
enum cli_meaning cli_severity_meaning(int severity); /* syslog's */

/* What becomes of a cell that is wider than there is room for. */
enum cli_fit {
	CLI_WHOLE,	/* never cut: names and numbers that are typed again */
	CLI_CUT,	/* "Intensive care, no…" */
	CLI_CUT_MIDDLE, /* "firmware/…/main.bin": paths, links */
	CLI_WRAP,	/* on more lines, between words */
};

struct cli_column {
	const char *heading;
	enum cli_fit fit;
	bool right;	/* numbers */
	unsigned least; /* columns of the terminal that it keeps; its heading may be broken by CLI_WRAP alone */
	unsigned drop;	/* where the least of all is too much, the highest goes first; 0: it stays */
};

enum { CLI_COLUMNS_MAX = 16 };

struct cli_table {
	const struct cli_column *columns; /* lent */
	size_t column_count;
	struct cli_cell *cells;
	size_t count; /* of the cells */
};

/* A table of an array of columns. */
#define CLI_TABLE(array) {.columns = (array), .column_count = sizeof(array) / sizeof *(array)}

void cli_table_clear(struct cli_table *table);

/* Add a row, a cell for each column: escaped and copied; NULL and "" are shown as "-". */
void cli_table_add(struct cli_table *table, const char *const *cells);

/* What a cell of the row added last means. */
void cli_table_mark(struct cli_table *table, size_t column, enum cli_meaning meaning);

/* Write heading and rows, none wider than width, if it can be helped; 0: as wide as it is. */
void cli_table_write(struct text *text, const struct cli_table *table, unsigned width, bool color);
void cli_table_print(const struct cli *cli, const struct cli_table *table);

/* Columns that a string in UTF-8 takes on a terminal. */
size_t cli_width(const char *string);

/* Append words, which are to stand at column `indent` and are broken between words to stay within
 * width (0: never); further lines are indented likewise. A word that is too long is left whole. */
void cli_wrap(struct text *text, const char *words, unsigned indent, unsigned width);

/* Print "Label          value", escaped and wrapped; nothing when value is NULL or "". */
void cli_line(const struct cli *cli, const char *label, const char *value);
/* The same in a colour. */
void cli_line_marked(const struct cli *cli, const char *label, const char *value, enum cli_meaning meaning);

/* Print a sentence of ours, wrapped: on standard output, or with "pumpwatch: " before it on standard
 * error, where it stays one line if that is no terminal. What came from elsewhere is escaped already. */
void cli_say(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cli_remark(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Print words of ours, which are not escaped, wrapped behind `indent` blanks. */
void cli_paragraph(const struct cli *cli, unsigned indent, const char *words);
