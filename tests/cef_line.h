#pragma once
/* A small reference parser of CEF, written from the format's rules and not from our renderer:
 * what it gives back is what a receiver sees. */
#include <stddef.h>

enum { CEF_LINE_PAIRS = 128 };

struct cef_line {
	char *vendor, *product, *version, *id, *name;
	unsigned severity;
	struct cef_pair {
		char *key, *value; /* without the escapes of the format */
	} pairs[CEF_LINE_PAIRS];
	size_t count;
};

/* Read one event of revision 0. Returns 0, or -1 for anything that a strict receiver would refuse
 * or misread: control bytes, bytes that are not UTF-8, other escapes than the format's, a bare
 * "=" in a value, a key of other than letters and digits or that stands twice, a label without
 * its value, an empty value, a space at either end of one, a value above what the dictionary
 * gives its key. */
int cef_line_parse(struct cef_line *ret_line, const char *bytes, size_t length);
void cef_line_clear(struct cef_line *line);

/* The value of a key, or of one with such a label; or NULL. */
const char *cef_line_get(const struct cef_line *line, const char *key);
