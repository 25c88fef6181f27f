#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "inventory/sheet_internal.h"

enum { PIECE_MAX = 4096 }; /* bytes that the parser gets at once, so that a cap is seen soon */

struct reader {
	struct csv_parser parser;
	sheet_on_cells *on_cells;
	void *userdata;
	size_t line;	 /* that is being read */
	bool begun;	 /* the row has bytes */
	bool content;	 /* a cell that is not blank */
	struct text bytes; /* of the cells, each with a NUL behind it */
	size_t offsets[SHEET_COLUMNS_MAX];
	struct sheet_cells row;
	int result;
	struct error error;
};

static void clear_reader(struct reader *reader)
{
	csv_free(&reader->parser);
	text_clear(&reader->bytes);
}

static bool is_blank(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] == '\0' || !strchr(" \t\r\n", bytes[i]))
			return false;
	return true;
}

static void on_cell(void *bytes, size_t length, void *userdata)
{
	struct reader *reader = userdata;
	struct sheet_cells *row = &reader->row;

	if (reader->result != 0)
		return;
	if (row->count == SHEET_COLUMNS_MAX) {
		reader->result = error_set(&reader->error, ERROR_DATA, "line %zu has more than %d columns", row->line,
					   SHEET_COLUMNS_MAX);
		return;
	}
	if (length > 0 && !is_blank(bytes, length))
		reader->content = true;
	reader->offsets[row->count] = reader->bytes.length;
	row->lengths[row->count++] = length;
	if (length > 0)
		text_add_bytes(&reader->bytes, bytes, length);
	text_add_char(&reader->bytes, '\0');
}

static void on_row(int terminator, void *userdata)
{
	struct reader *reader = userdata;
	struct sheet_cells *row = &reader->row;

	(void)terminator;
	reader->begun = false;
	if (reader->result == 0 && reader->bytes.failed)
		reader->result = error_memory(&reader->error);
	if (reader->result == 0 && reader->content) {
		for (size_t i = 0; i < row->count; i++)
			row->cells[i] = reader->bytes.data + reader->offsets[i];
		reader->result = reader->on_cells(reader->userdata, row, &reader->error);
	}
	row->count = 0;
	reader->content = false;
	text_cut(&reader->bytes, 0);
}

/* Bytes up to the end of a line, or as many as the parser gets at once. */
static size_t piece_of(const char *text, size_t length)
{
	size_t n = 0;

	while (n < length && n < PIECE_MAX) {
		char c = text[n++];
		if (c == '\n' || (c == '\r' && (n == length || text[n] != '\n')))
			break;
	}
	return n + (n < length && text[n - 1] == '\r' && text[n] == '\n');
}

static int refuse_open_quote(const struct reader *reader, struct error *e)
{
	return error_set(e, ERROR_DATA,
			 "line %zu: a quotation mark opens a cell here and is never closed: close it, or double it "
			 "where it is part of the text", reader->row.line);
}

static int feed(struct reader *reader, const char *piece, size_t n, struct error *e)
{
	if (!reader->begun && !is_blank(piece, n)) {
		reader->begun = true;
		reader->row.line = reader->line;
	}
	if (csv_parse(&reader->parser, piece, n, on_cell, on_row, reader) != n)
		return error_memory(e);
	if (reader->parser.entry_pos > SHEET_CELL_MAX)
		return error_set(e, ERROR_DATA,
				 "line %zu: a cell has more than %d bytes: is a quotation mark open that should be closed?",
				 reader->row.line, SHEET_CELL_MAX);
	if (piece[n - 1] == '\n' || piece[n - 1] == '\r')
		reader->line++;
	return 0;
}

int sheet_cells_read(const char *text, size_t length, size_t first_line, char delimiter, sheet_on_cells *on_cells,
		     void *userdata, struct error *e)
{
	CLEANUP(clear_reader) struct reader reader = {
		.on_cells = on_cells, .userdata = userdata, .line = first_line,
	};

	if (csv_init(&reader.parser, 0) != 0)
		return error_memory(e);
	csv_set_delim(&reader.parser, (unsigned char)delimiter);
	csv_set_blk_size(&reader.parser, PIECE_MAX);
	for (size_t i = 0, n; i < length && reader.result == 0; i += n) {
		n = piece_of(text + i, length - i);
		if (feed(&reader, text + i, n, e) < 0)
			return -1;
	}
	/* The end of a line ends a row, unless it is within quotation marks. */
	if (reader.result == 0 && feed(&reader, "\n", 1, e) < 0)
		return -1;
	if (reader.result == 0 && reader.begun)
		return refuse_open_quote(&reader, e);
	return reader.result < 0 ? error_set(e, reader.error.code, "%s", reader.error.text) : 0;
}
