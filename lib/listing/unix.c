#include <string.h>

#include "listing/internal.h"

/* How many words stand before the owner and size: the permissions, and what type they tell.
 * "-rw-r--r--", "drwxr-sr-x+", NetWare's "d [RWCEAFMS]" and "-[R----F--]". 0: none. */
static size_t permissions(const struct listing_words *words, enum listing_type *ret_type,
			  bool *ret_device, bool *ret_netware)
{
	struct listing_span word = words->items[0];

	if (words->count < 2)
		return 0;
	char type = word.bytes[0];
	if (!strchr("-dlbcpsD", type))
		return 0;
	*ret_type = type == '-'	  ? LISTING_FILE
		    : type == 'd' ? LISTING_FOLDER
		    : type == 'l' ? LISTING_LINK
				  : LISTING_OTHER;
	*ret_device = type == 'b' || type == 'c';
	struct listing_span rights = words->items[1];
	if (word.length > 1)
		rights = (struct listing_span){word.bytes + 1, word.length - 1};
	*ret_netware = rights.length == 10 && rights.bytes[0] == '[' && rights.bytes[9] == ']';
	if (*ret_netware) {
		for (size_t i = 1; i < 9; i++)
			if (!strchr("RWCEAFMS-", rights.bytes[i]))
				return 0;
		return word.length == 1 ? 2 : 1;
	}
	if (word.length == 11 && strchr("+.@", word.bytes[10]))
		rights.length--; /* an access list, a security context, extended attributes */
	if (word.length == 1 || rights.length != 9)
		return 0;
	for (size_t i = 0; i < 9; i++)
		if (!strchr("rwxsStTlL-", rights.bytes[i]))
			return 0;
	return 1;
}

/* "1," of "1, 3", or "1,3". */
static bool is_device_number(struct listing_span word)
{
	for (size_t i = 0; i < word.length; i++)
		if (!strchr("0123456789,", word.bytes[i]))
			return false;
	return word.length > 0;
}

struct place {
	size_t size; /* the word with the size; the date follows it */
	size_t date_words;
};

/* The leftmost size that a date follows, from word number from up to but not with end: owners
 * and groups can be missing, numeric, or of several words, so they are not counted. */
static bool find_size_and_date(const struct listing_words *words, size_t from, size_t end,
			       bool device, bool known_months, struct place *ret_place)
{
	for (size_t i = from; i < end && i + 1 < words->count; i++) {
		if (device ? !is_device_number(words->items[i])
			   : !listing_span_size(words->items[i], &(uint64_t){0}))
			continue;
		size_t count = listing_date(words, i + 1, known_months);
		if (count == 0)
			continue;
		*ret_place = (struct place){i, count};
		return true;
	}
	return false;
}

/* English months first: with any word for a month an owner's name could be one. The number
 * after the permissions is a link count before it is a size. */
static bool find_place(const struct listing_words *words, size_t from, bool device,
		       struct place *ret_place)
{
	for (int known = 1; known >= 0; known--)
		if (find_size_and_date(words, from + 1, words->count, device, known, ret_place) ||
		    find_size_and_date(words, from, from + 1, device, known, ret_place))
			return true;
	return false;
}

/* Spaces between a date and a name: one, so that a name may begin with spaces; NetWare pads
 * with four; a bare date of `ls --time-style=iso` is padded to the width of a time. */
static size_t gap(const struct listing_words *words, struct place place, bool netware)
{
	if (netware)
		return 4;
	if (place.date_words == 1) {
		struct listing_span rest = listing_words_rest(words, place.size + 1, 0);
		if (rest.length > 2 && rest.bytes[1] == ' ')
			return 2;
	}
	return 1;
}

bool listing_read_unix(struct listing_found *ret_found, struct listing_span line)
{
	struct listing_found found = {0};
	struct listing_words words;
	struct place place;
	bool device;
	bool netware;

	listing_words_split(&words, line);
	if (words.count == 0)
		return false;
	size_t from = permissions(&words, &found.type, &device, &netware);
	if (from == 0 || !find_place(&words, from, device, &place))
		return false;
	size_t last = place.size + place.date_words;
	found.name = listing_words_rest(&words, last, gap(&words, place, netware));
	listing_words_copy(&words, place.size + 1, place.date_words, found.modified);
	if (found.type == LISTING_FILE)
		found.has_size = listing_span_size(words.items[place.size], &found.size);
	if (found.type == LISTING_LINK) {
		const char *arrow = memmem(found.name.bytes, found.name.length, " -> ", 4);
		if (arrow)
			found.name.length = (size_t)(arrow - found.name.bytes);
	}
	if (found.type == LISTING_FOLDER && found.name.length > 1 &&
	    found.name.bytes[found.name.length - 1] == '/')
		found.name.length--; /* ls -F */
	*ret_found = found;
	return true;
}
