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

/* How many letters differ (Levenshtein). */
static unsigned distance(const char *a, const char *b)
{
	size_t n = strlen(b);
	unsigned row[WORD_MAX];

	if (n >= WORD_MAX || strlen(a) >= WORD_MAX)
		return UNLIKE;
	for (size_t k = 0; k <= n; k++)
		row[k] = (unsigned)k;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned corner = row[0];
		row[0] = (unsigned)i;
		for (size_t k = 1; k <= n; k++) {
			unsigned change = corner + !same_letter(a[i - 1], b[k - 1]);
			unsigned shorter = row[k] < row[k - 1] ? row[k] + 1 : row[k - 1] + 1;
			corner = row[k];
			row[k] = change < shorter ? change : shorter;
		}
	}
	return row[n];
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
	cli_usage(cli, "%s is %s, not \"%s\"%s%s%s", what, list.data ? list.data : "", given,
		  guess.word ? ": did you mean \"" : "", guess.word ? guess.word : "", guess.word ? "\"?" : "");
	return -1;
}
