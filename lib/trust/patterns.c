#include <string.h>

#include "trust/internal.h"

/* OpenSSH takes no longer pattern for a match: nothing is one. */
enum { PATTERN_MAX = 1022 };

/* One pattern of a list with commas. */
struct pattern {
	const char *start;
	size_t length;
	bool negated;
};

/* Take the next pattern off a list. What stands behind the last comma is none when empty. */
static bool next_pattern(const char **list, struct pattern *ret_pattern)
{
	const char *start = *list;

	if (*start == '\0')
		return false;
	ret_pattern->negated = *start == '!';
	ret_pattern->start = start + (ret_pattern->negated ? 1 : 0);
	ret_pattern->length = strcspn(ret_pattern->start, ",");
	*list = ret_pattern->start + ret_pattern->length;
	if (**list == ',')
		(*list)++;
	return true;
}

static bool is_plain(const struct pattern *pattern)
{
	return !memchr(pattern->start, '*', pattern->length) &&
	       !memchr(pattern->start, '?', pattern->length);
}

static bool matches(const struct pattern *pattern, const char *name, size_t length)
{
	const char *p = pattern->start;
	size_t i = 0, k = 0, star = 0, retry = 0;
	bool starred = false;

	while (k < length) {
		if (i < pattern->length && p[i] == '*') {
			starred = true;
			star = i++;
			retry = k;
		} else if (i < pattern->length && (p[i] == '?' || p[i] == name[k])) {
			i++;
			k++;
		} else if (starred) {
			i = star + 1;
			k = ++retry;
		} else {
			return false;
		}
	}
	while (i < pattern->length && p[i] == '*')
		i++;
	return i == pattern->length;
}

static int match_list(const char *list, const char *name, size_t length)
{
	struct pattern pattern;
	bool found = false;

	while (next_pattern(&list, &pattern)) {
		if (pattern.length > PATTERN_MAX)
			return 0;
		if (!matches(&pattern, name, length))
			continue;
		if (pattern.negated)
			return -1;
		found = true;
	}
	return found;
}

int trust_patterns_match(const char *list, const char *name)
{
	return match_list(list, name, strlen(name));
}

bool trust_signer_is(const struct trust_signer *signer, const char *principal)
{
	return trust_patterns_match(signer->principals, principal) == 1;
}

/* A pattern matches its own text: whoever is named so is somebody. */
bool trust_patterns_name_somebody(const char *list)
{
	struct pattern pattern;

	for (const char *rest = list; next_pattern(&rest, &pattern);)
		if (!pattern.negated && pattern.length > 0 &&
		    match_list(list, pattern.start, pattern.length) == 1)
			return true;
	return false;
}

/* ---- who may be the same person ---- */

static bool same_letter(char a, char b)
{
	char lower_a = a >= 'A' && a <= 'Z' ? (char)(a - 'A' + 'a') : a;
	char lower_b = b >= 'A' && b <= 'Z' ? (char)(b - 'A' + 'a') : b;

	return lower_a == lower_b || a == '?' || b == '?';
}

/* Whether some name fits both patterns. From the end backwards: row[k] tells it of a's rest
 * from i and b's from k. */
static bool overlap(const struct pattern *a, const struct pattern *b)
{
	bool row[PATTERN_MAX + 1] = {false};

	if (a->length > PATTERN_MAX || b->length > PATTERN_MAX)
		return true;
	for (size_t i = a->length + 1; i-- > 0;) {
		bool ended = i == a->length;
		bool below_right = false; /* row[k + 1] of the row below */
		for (size_t k = b->length + 1; k-- > 0;) {
			bool below = !ended && row[k];
			bool right = k < b->length && row[k + 1];
			if (!ended && a->start[i] == '*')
				row[k] = below || right;
			else if (k < b->length && b->start[k] == '*')
				row[k] = right || below;
			else if (ended || k == b->length)
				row[k] = ended && k == b->length;
			else
				row[k] = same_letter(a->start[i], b->start[k]) && below_right;
			below_right = below;
		}
	}
	return row[0];
}

/* Whether a list says of a plain name that it is not meant. */
static bool is_excluded(const struct pattern *name, const char *list)
{
	return is_plain(name) && match_list(list, name->start, name->length) < 0;
}

bool trust_same_person(const char *principals, const char *others)
{
	struct pattern one, other;

	for (const char *rest = principals; next_pattern(&rest, &one);) {
		if (one.negated || is_excluded(&one, others))
			continue;
		for (const char *more = others; next_pattern(&more, &other);)
			if (!other.negated && !is_excluded(&other, principals) && overlap(&one, &other))
				return true;
	}
	return false;
}
