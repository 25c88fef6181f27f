#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"

enum { WORD_MAX = 64, UNLIKE = 3 };

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* How many letters differ; two that are swapped count as one (Damerau's distance, each place edited
 * once). */
static unsigned distance(const char *a, const char *b)
{
	size_t n = strlen(b);
	unsigned rows[3][WORD_MAX] = {0};

	if (n >= WORD_MAX || strlen(a) >= WORD_MAX)
		return UNLIKE;
	for (size_t k = 0; k <= n; k++)
		rows[0][k] = (unsigned)k;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t k = 1; k <= n; k++) {
			unsigned change = above[k - 1] + !same_letter(a[i - 1], b[k - 1]);
			unsigned shorter = (above[k] < row[k - 1] ? above[k] : row[k - 1]) + 1;
			row[k] = change < shorter ? change : shorter;
			if (i > 1 && k > 1 && same_letter(a[i - 1], b[k - 2]) && same_letter(a[i - 2], b[k - 1]) &&
			    before[k - 2] + 1 < row[k])
				row[k] = before[k - 2] + 1;
		}
	}
	return rows[strlen(a) % 3][n];
}

/* One letter may differ in a short word, two in a longer one; a beginning is as good as one. */
static unsigned unlikeness(const char *given, const char *known)
{
	size_t length = strlen(given);
	unsigned letters = distance(given, known);

	if (letters > 1 && length >= 2 && strncasecmp(given, known, length) == 0)
		return 1;
	return letters <= (length > 4 ? 2 : 1) ? letters : UNLIKE;
}

void cli_guess_add(struct cli_guess *guess, const char *given, const char *known)
{
	unsigned far = unlikeness(given, known);

	if (far >= UNLIKE || (guess->word && guess->far <= far))
		return;
	guess->word = known;
	guess->far = far;
}

enum { LISTED_MOST = 10 }; /* words that a message names */

/* Where none is like it: the first of which it is a part. */
static const char *holding(const char *given, const char *const *names, size_t count)
{
	for (size_t i = 0; strlen(given) >= 3 && i < count; i++)
		if (strcasestr(names[i], given))
			return names[i];
	return NULL;
}

int cli_choose(const struct cli *cli, const char *what, const char *given, const char *const *names, size_t count)
{
	CLEANUP(text_clear) struct text list;
	struct cli_guess guess = {0};

	text_init(&list);
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(given, names[i]) == 0)
			return (int)i;
		cli_guess_add(&guess, given, names[i]);
		text_addf(&list, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", names[i]);
	}
	const char *word = guess.word ? guess.word : holding(given, names, count);
	if (word && count > LISTED_MOST)
		cli_usage(cli, "\"%s\" is not %s: did you mean \"%s\"?", given, what, word);
	else
		cli_usage(cli, "%s is %s, not \"%s\"%s%s%s", what, list.data ? list.data : "", given,
			  word ? ": did you mean \"" : "", word ? word : "", word ? "\"?" : "");
	return -1;
}
