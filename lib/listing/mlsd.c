#include <string.h>
#include <strings.h>

#include "listing/internal.h"

/* RFC 3659 §7.5.1; symbolic links and devices as servers write them ("OS.unix=slink:…"). */
static void read_type(struct listing_found *found, struct listing_span value)
{
	found->passed_over = listing_span_is(value, "cdir") || listing_span_is(value, "pdir");
	if (listing_span_is(value, "file"))
		found->type = LISTING_FILE;
	else if (listing_span_is(value, "dir"))
		found->type = LISTING_FOLDER;
	else if (value.length >= 13 && (strncasecmp(value.bytes, "OS.unix=slink", 13) == 0 ||
					strncasecmp(value.bytes, "OS.unix=symli", 13) == 0))
		found->type = LISTING_LINK;
	else
		found->type = LISTING_OTHER;
}

static void copy_modified(struct listing_found *found, struct listing_span value)
{
	size_t length = value.length < 31 ? value.length : 31;

	memcpy(found->modified, value.bytes, length);
	found->modified[length] = '\0';
}

/* The digits and the dot of a time-val (§2.3), so that it may stand in a message. */
static bool is_time_value(struct listing_span value)
{
	for (size_t i = 0; i < value.length; i++)
		if (!strchr("0123456789.", value.bytes[i]))
			return false;
	return value.length >= 8;
}

bool listing_read_mlsd(struct listing_found *ret_found, struct listing_span line)
{
	struct listing_found found = {0};
	bool typed = false;
	size_t at = 0;

	while (at < line.length && line.bytes[at] != ' ') {
		const char *fact = line.bytes + at;
		const char *end = memchr(fact, ';', line.length - at);
		const char *equals = end ? memchr(fact, '=', (size_t)(end - fact)) : NULL;
		if (!equals)
			return false;
		struct listing_span name = {fact, (size_t)(equals - fact)};
		struct listing_span value = {equals + 1, (size_t)(end - equals - 1)};
		if (listing_span_is(name, "type")) {
			if (typed)
				return false;
			typed = true;
			read_type(&found, value);
		} else if (listing_span_is(name, "size")) {
			if (found.has_size || !listing_span_size(value, &found.size))
				return false;
			found.has_size = true;
		} else if (listing_span_is(name, "modify")) {
			if (found.modified[0] != '\0' || !is_time_value(value))
				return false;
			copy_modified(&found, value);
		}
		at = (size_t)(end - line.bytes) + 1;
	}
	if (!typed || at == line.length)
		return false;
	found.has_size = found.has_size && found.type == LISTING_FILE;
	found.name = (struct listing_span){line.bytes + at + 1, line.length - at - 1};
	*ret_found = found;
	return true;
}

/* https://cr.yp.to/ftp/list/eplf.html: "+i8388621.48594,m825718503,r,s280,\tname". */
bool listing_read_eplf(struct listing_found *ret_found, struct listing_span line)
{
	struct listing_found found = {.type = LISTING_OTHER};
	const char *tab = line.length > 0 && line.bytes[0] == '+'
				  ? memchr(line.bytes, '\t', line.length)
				  : NULL;

	if (!tab)
		return false;
	const char *fact = line.bytes + 1;
	while (fact < tab) {
		const char *comma = memchr(fact, ',', (size_t)(tab - fact));
		const char *end = comma ? comma : tab;
		if (*fact == '/')
			found.type = LISTING_FOLDER;
		else if (*fact == 'r' && found.type != LISTING_FOLDER)
			found.type = LISTING_FILE;
		else if (*fact == 's') {
			struct listing_span value = {fact + 1, (size_t)(end - fact - 1)};
			if (found.has_size || !listing_span_size(value, &found.size))
				return false;
			found.has_size = true;
		} else if (*fact == 'm') {
			struct listing_span value = {fact + 1, (size_t)(end - fact - 1)};
			if (!listing_span_size(value, &(uint64_t){0}))
				return false;
			copy_modified(&found, value);
		}
		fact = end + 1;
	}
	found.has_size = found.has_size && found.type == LISTING_FILE;
	found.name = (struct listing_span){tab + 1, line.length - (size_t)(tab + 1 - line.bytes)};
	*ret_found = found;
	return true;
}
