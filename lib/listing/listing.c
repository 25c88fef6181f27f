#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/text.h"

#include "listing/internal.h"

/* Escaped, this fits into a message beside its line number. */
enum { SHOWN_BYTES_MAX = 160 };

void listing_clear(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->entries[i].name);
	free(listing->entries);
	*listing = (struct listing){0};
}

static bool is_dots(const char *name, size_t length)
{
	return (length == 1 && name[0] == '.') || (length == 2 && memcmp(name, "..", 2) == 0);
}

static bool is_safe(const char *name, size_t length)
{
	if (length == 0 || length > LISTING_NAME_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		if (name[i] == '/' || name[i] == '\r' || name[i] == '\n' || name[i] == '\0')
			return false;
	return true;
}

int listing_add(struct listing *listing, const char *name, size_t name_length,
		enum listing_type type, bool has_size, uint64_t size, const char *modified)
{
	struct listing_entry entry = {.type = type, .has_size = has_size, .size = size};

	if (is_dots(name, name_length))
		return 0;
	if (!is_safe(name, name_length))
		return -EINVAL;
	if (listing->count == LISTING_ENTRIES_MAX)
		return -E2BIG;
	snprintf(entry.modified, sizeof entry.modified, "%s", modified ? modified : "");
	CLEANUP(cleanup_free) char *copy = strndup(name, name_length);
	if (!copy)
		return -ENOMEM;
	entry.name = copy;
	int added = ARRAY_APPEND(listing->entries, listing->count, entry);
	if (added == 0)
		(void)TAKE(copy); /* the listing owns it */
	return added;
}

typedef bool read_line(struct listing_found *ret_found, struct listing_span line);

/* The order decides where a line could be read in two ways. */
static bool read_list_line(struct listing_found *ret_found, struct listing_span line)
{
	static read_line *const shapes[] = {
		listing_read_unix, listing_read_dos,	    listing_read_eplf,
		listing_read_heading, listing_read_size_first, listing_read_name_first,
	};

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (shapes[i](ret_found, line))
			return true;
	return false;
}

static bool is_blank_line(enum listing_format format, struct listing_span line)
{
	/* In the strict formats a space may be a name. */
	if (format == LISTING_LIST)
		line = listing_span_trim_end(line);
	return line.length == 0;
}

static int complain(struct error *e, size_t number, struct listing_span line, const char *what)
{
	struct text shown;

	text_init(&shown);
	escape_add(&shown, ESCAPE_DISPLAY, line.bytes,
		   line.length < SHOWN_BYTES_MAX ? line.length : SHOWN_BYTES_MAX);
	error_set(e, ERROR_DATA, "line %zu of the listing %s: %s%s", number, what,
		  shown.data ? shown.data : "", line.length > SHOWN_BYTES_MAX ? " …" : "");
	text_clear(&shown);
	return -1;
}

static int take_line(struct listing *listing, enum listing_format format,
		     struct listing_span line, size_t number, struct error *e)
{
	struct listing_found found = {.name = line, .type = LISTING_FILE};

	if (line.length > LISTING_LINE_MAX)
		return complain(e, number, line, "is too long");
	if (memchr(line.bytes, '\0', line.length))
		return complain(e, number, line, "has a NUL");
	if (is_blank_line(format, line))
		return 0;
	if ((format == LISTING_MLSD && !listing_read_mlsd(&found, line)) ||
	    (format == LISTING_LIST && !read_list_line(&found, line)))
		return complain(e, number, line, "is not understood");
	if (found.passed_over)
		return 0;
	switch (listing_add(listing, found.name.bytes, found.name.length, found.type,
			    found.has_size, found.size, found.modified)) {
	case 0:
		return 0;
	case -EINVAL:
		return complain(e, number, line, "has a name that is not safe");
	case -E2BIG:
		return error_set(e, ERROR_DATA, "the listing has more than %d entries",
				 LISTING_ENTRIES_MAX);
	default:
		return error_memory(e);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int listing_check_unique(const struct listing *listing, struct error *e)
{
	if (listing->count < 2)
		return 0;
	CLEANUP(cleanup_free) const char **names = calloc(listing->count, sizeof *names);
	if (!names)
		return error_memory(e);
	for (size_t i = 0; i < listing->count; i++)
		names[i] = listing->entries[i].name;
	qsort(names, listing->count, sizeof *names, compare_names);
	for (size_t i = 1; i < listing->count; i++) {
		if (strcmp(names[i - 1], names[i]) != 0)
			continue;
		struct text shown;
		text_init(&shown);
		escape_add(&shown, ESCAPE_DISPLAY, names[i], strlen(names[i]));
		error_set(e, ERROR_DATA, "the listing names %s twice",
			  shown.data ? shown.data : "");
		text_clear(&shown);
		return -1;
	}
	return 0;
}

int listing_parse(struct listing *ret_listing, enum listing_format format, const char *bytes,
		  size_t length, struct error *e)
{
	CLEANUP(listing_clear) struct listing listing = {0};
	size_t number = 0;

	if (length > LISTING_BYTES_MAX)
		return error_set(e, ERROR_DATA, "the listing has more than %d bytes",
				 LISTING_BYTES_MAX);
	for (size_t at = 0; at < length;) {
		const char *line = bytes + at;
		const char *end = memchr(line, '\n', length - at);
		size_t line_length = end ? (size_t)(end - line) : length - at;
		at += line_length + (end != NULL);
		if (line_length > 0 && line[line_length - 1] == '\r')
			line_length--;
		if (take_line(&listing, format, (struct listing_span){line, line_length}, ++number,
			      e) < 0)
			return -1;
	}
	if (listing_check_unique(&listing, e) < 0)
		return -1;
	*ret_listing = listing;
	listing = (struct listing){0};
	return 0;
}
