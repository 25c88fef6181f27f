#include <arpa/inet.h>
#include <string.h>

#include "base/escape.h"
#include "alert/internal.h"

enum { UNIT_MAX = 4 }; /* bytes of a character, or of what stands for one */

const struct alert_marks alert_marks_json = {.special = "\"\\", .marking = ALERT_MARK_LATER};

size_t alert_unit(const char *escaped, size_t length)
{
	unsigned point;
	size_t unit = escaped[0] == '%' ? 3 : escape_utf8_length(escaped, length, &point);

	return unit == 0 ? 1 : unit > length ? length : unit;
}

static bool is_special(const struct alert_marks *marks, char c)
{
	return c != '\0' && strchr(marks->special, c);
}

/* What comes in the place of one unit, in bytes. */
static size_t cost(const struct alert_marks *marks, char c, size_t unit, bool edge)
{
	if (edge && c == ' ')
		return 3;
	if (!is_special(marks, c))
		return unit;
	return marks->marking == ALERT_MARK_PERCENT ? 3 : 2;
}

static void add_unit(struct text *text, const struct alert_marks *marks, const char *bytes, size_t unit,
		     bool edge)
{
	bool special = is_special(marks, *bytes);

	if ((edge && *bytes == ' ') || (special && marks->marking == ALERT_MARK_PERCENT)) {
		text_addf(text, "%%%02X", (unsigned char)*bytes);
		return;
	}
	if (special && marks->marking == ALERT_MARK_BACKSLASH)
		text_add_char(text, '\\');
	text_add_bytes(text, bytes, unit);
}

bool alert_add_marked(struct text *text, const struct alert_marks *marks, const char *string,
		      size_t length, size_t most)
{
	size_t taken = 0;

	for (size_t i = 0, unit; i < length; i += unit) {
		unit = alert_unit(string + i, length - i);
		bool edge = marks->edges && (i == 0 || i + unit == length);
		taken += cost(marks, string[i], unit, edge);
		if (taken > most) {
			while (marks->edges && i > 1 && string[--i] == ' ' && !text->failed)
				text_cut(text, text->length - 1); /* the new end is an edge, too */
			return false;
		}
		add_unit(text, marks, string + i, unit, edge);
	}
	return true;
}

size_t alert_field_limit(const struct alert_field *field, const struct alert_limits *limits)
{
	switch (field->limit) {
	case ALERT_LIMIT_ID:
		return ALERT_EID_SIZE - 1;
	case ALERT_LIMIT_DIGEST:
		return DIGEST_SHA256_HEX;
	case ALERT_LIMIT_WORD:
		return limits->word;
	case ALERT_LIMIT_PATH:
		return limits->path;
	case ALERT_LIMIT_LIST:
		return limits->list;
	case ALERT_LIMIT_ASSETS:
		return limits->assets;
	case ALERT_LIMIT_NONE:
		break;
	}
	return SIZE_MAX;
}

bool alert_add_field(struct text *text, const struct alert_marks *marks, const struct alert_fields *fields,
		     const struct alert_field *field, const struct alert_limits *limits)
{
	bool listing = field->limit == ALERT_LIMIT_LIST || field->limit == ALERT_LIMIT_ASSETS;
	size_t most = alert_field_limit(field, limits);
	size_t start = text->length;
	/* A list that is too long is added as far as it can be seen that it is. */
	bool whole = alert_add_marked(text, marks, alert_field_bytes(fields, field), field->length,
				      listing ? most + UNIT_MAX : most);

	size_t length = text->length - start;
	if (listing)
		alert_list_cut(text, start, whole || length > most || length == 0 ? most : length - 1);
	return whole;
}

void alert_add_name(struct text *text, const char *name, size_t most)
{
	size_t i = 0;

	for (; name && name[i] != '\0' && i < most; i++) {
		bool plain = name[i] > ' ' && name[i] <= '~' && !strchr("=]\"\\", name[i]);
		text_add_char(text, plain ? name[i] : '_');
	}
	if (i == 0)
		text_add_char(text, '-');
}

bool alert_is_address(const char *bytes, size_t length, int family)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr binary;

	if (length >= sizeof address)
		return false;
	memcpy(address, bytes, length);
	address[length] = '\0';
	return inet_pton(family, address, &binary) == 1;
}
