#pragma once
/* A small reference parser of LEEF 2.0, written from the format's rules and not from our
 * renderer: what it gives back is what a receiver sees. */
#include <stddef.h>

enum { LEEF_LINE_PAIRS = 128 };

struct leef_line {
	char *vendor, *product, *version, *id;
	struct leef_pair {
		char *key, *value; /* %5E and the like as they stand */
	} pairs[LEEF_LINE_PAIRS];
	size_t count;
};

/* Read one event with the delimiter ^. Returns 0, or -1 for anything that a strict receiver would
 * refuse or misread: control bytes, bytes that are not UTF-8, a tab, a "|" or an empty part in the
 * attributes, a key of other than letters and digits or that stands twice, a space at either end
 * of a value, a devTime of another form than devTimeFormat says, a severity outside 1 to 10. */
int leef_line_parse(struct leef_line *ret_line, const char *bytes, size_t length);
void leef_line_clear(struct leef_line *line);

const char *leef_line_get(const struct leef_line *line, const char *key);
