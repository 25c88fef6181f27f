#pragma once
/* What the files of this room share: lines, and the two kinds of lines of a manifest. */
#include <stdbool.h>
#include <stddef.h>

#include "manifest/manifest.h"

/* Bytes within a text that somebody else owns. */
struct manifest_span {
	const char *bytes;
	size_t length;
};

/* Gives a text line by line; knows where it is, for messages. */
struct manifest_reader {
	const char *name; /* of the text */
	struct manifest_span rest;
	size_t line; /* the number of the last one given, from 1 */
};

/* Take the next line, without its LF. Returns 1, 0 at the end, or -1 when the line is longer
 * than MANIFEST_LINE_MAX. *ret_ended tells whether there was an LF. */
int manifest_reader_next(struct manifest_reader *reader, struct manifest_span *ret_line,
			 bool *ret_ended, struct error *e);

/* Fill e with "name: line N: …" (ERROR_DATA) and return -1; a macro like error_set(). */
int manifest_refuse(const struct manifest_reader *reader, struct error *e, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
#define manifest_refuse(...) ({ (void)(manifest_refuse)(__VA_ARGS__); -1; })

bool manifest_span_starts(const struct manifest_span *span, const char *prefix);

/* Take what stands before the first c off span, and c too. False when there is no c. */
bool manifest_span_take(struct manifest_span *span, char c, struct manifest_span *ret_field);

/* Read a size: a whole number of at most MANIFEST_SIZE_MAX. Returns 0 or -EINVAL. */
int manifest_size_parse(uint64_t *ret_size, const struct manifest_span *digits);

void manifest_file_clear(struct manifest_file *file);

/* The lines above the files. Reading fills the fields of manifest as far as it gets; the
 * caller clears it on failure. */
int manifest_header_parse(struct manifest *manifest, struct manifest_reader *reader, struct error *e);
int manifest_header_write(struct text *text, const struct manifest *manifest, struct error *e);
