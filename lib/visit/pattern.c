#include <string.h>

#include "visit/visit.h"

/* Match one character of a segment against a bracket expression at *pattern, which is moved
 * behind it. A bracket that does not end is a plain "[". */
static bool bracket_matches(const char **pattern, unsigned char c, bool *ret_matches)
{
	const char *p = *pattern + 1;
	bool negated = *p == '!' || *p == '^';
	bool matches = false;

	if (negated)
		p++;
	for (const char *first = p; *p && (*p != ']' || p == first); p++) {
		unsigned char from = (unsigned char)*p;
		unsigned char to = from;
		if (p[1] == '-' && p[2] != ']' && p[2] != '\0') {
			to = (unsigned char)p[2];
			p += 2;
		}
		matches |= from <= c && c <= to;
	}
	if (*p != ']')
		return false;
	*pattern = p + 1;
	*ret_matches = matches != negated;
	return true;
}

/* One step of a pattern: which characters it takes, and how many of them. */
struct step {
	const char *text;
	size_t length;
	enum { ONE, WITHIN, ACROSS, FOLDERS } reach;
};

/* Cut the next step off *pattern. FOLDERS is a double star with its slash, which also stands
 * for no folder at all. */
static struct step next_step(const char **pattern)
{
	const char *p = *pattern;
	struct step step = {.text = p, .length = 1, .reach = ONE};
	bool unused;

	if (p[0] == '*' && p[1] == '*') {
		step.reach = p[2] == '/' ? FOLDERS : ACROSS;
		step.length = p[2] == '/' ? 3 : 2;
	} else if (p[0] == '*') {
		step.reach = WITHIN;
	} else if (p[0] == '[') {
		const char *end = p;
		if (bracket_matches(&end, 'x', &unused))
			step.length = (size_t)(end - p);
	}
	*pattern += step.length;
	return step;
}

static bool one_matches(const struct step *step, char c)
{
	const char *bracket = step->text;
	bool matches = false;

	if (step->length > 1)
		return c != '/' && bracket_matches(&bracket, (unsigned char)c, &matches) && matches;
	return *step->text == '?' ? c != '/' : *step->text == c;
}

/* reached[j] says whether the pattern so far matches the first j bytes of path; take one more
 * step in place. */
static void take_step(bool *reached, const char *path, size_t length, const struct step *step)
{
	bool folders = false; /* whether some earlier j was reached */

	if (step->reach == ONE) {
		for (size_t j = length; j > 0; j--)
			reached[j] = reached[j - 1] && one_matches(step, path[j - 1]);
		reached[0] = false;
		return;
	}
	for (size_t j = 1; j <= length; j++) {
		folders |= reached[j - 1];
		if (step->reach == FOLDERS)
			reached[j] |= folders && path[j - 1] == '/';
		else
			reached[j] |= reached[j - 1] && (step->reach == ACROSS || path[j - 1] != '/');
	}
}

bool visit_pattern_matches(const char *pattern, const char *path)
{
	bool reached[VISIT_PATH_MAX + 1] = {true};
	size_t length = strnlen(path, VISIT_PATH_MAX + 1);

	if (length > VISIT_PATH_MAX)
		return false;
	while (*pattern) {
		struct step step = next_step(&pattern);
		take_step(reached, path, length, &step);
	}
	return reached[length];
}

bool visit_pattern_is_literal(const char *pattern)
{
	return strpbrk(pattern, "*?[") == NULL;
}

const struct visit_selector *visit_select(const struct visit_selector *selectors, size_t count,
					  const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (visit_pattern_matches(selectors[i].pattern, path))
			return &selectors[i];
	return NULL;
}

bool visit_path_is_safe(const char *path)
{
	size_t length = strnlen(path, VISIT_PATH_MAX + 1);

	if (length == 0 || length > VISIT_PATH_MAX || strpbrk(path, "\r\n"))
		return false;
	for (const char *segment = path;; segment++) {
		size_t n = strcspn(segment, "/");
		if (n == 0 || (n == 1 && segment[0] == '.') ||
		    (n == 2 && segment[0] == '.' && segment[1] == '.'))
			return false;
		segment += n;
		if (*segment == '\0')
			return true;
	}
}
