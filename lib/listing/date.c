#include <string.h>
#include <strings.h>

#include "listing/internal.h"

/* What one word can be within a date. */
enum {
	MONTH = 1 << 0,
	DAY = 1 << 1,
	DAY_COMMA = 1 << 2, /* "04," */
	YEAR = 1 << 3,
	TIME = 1 << 4,
	LONG_TIME = 1 << 5, /* with seconds */
	WEEKDAY = 1 << 6,
	DATE = 1 << 7,	    /* a whole date in one word */
	MONTH_DAY = 1 << 8, /* "11-22" */
	ZONE = 1 << 9,	    /* "+0100" */
};

enum { FORM_WORDS_MAX = 5 };

/* Longest first. Where a shorter form and the beginning of a name look like a longer one, the
 * longer asks for something that only its writers put there: seconds, a comma. */
static const unsigned forms[][FORM_WORDS_MAX] = {
	{WEEKDAY, MONTH, DAY, LONG_TIME, YEAR}, /* ls --full-time of old */
	{MONTH, DAY, LONG_TIME, YEAR},		/* ls -lT */
	{MONTH, DAY_COMMA, YEAR, TIME},		/* VShell */
	{DATE, LONG_TIME, ZONE},		/* full-iso */
	{MONTH, DAY, TIME | YEAR},
	{DAY, MONTH, TIME | YEAR},
	{DATE, TIME},
	{MONTH_DAY, TIME | YEAR},
	{DATE},
};

static const char english_months[] = " jan feb mar apr may jun jul aug sep oct nov dec ";

/* What `ls` writes in other languages and ASCII; words with other letters are taken as they
 * come. Abbreviations of German, French, Spanish, Italian, Portuguese, Dutch, Polish, the
 * Nordic languages, Finnish, Hungarian, Czech, Turkish and Romanian. */
static const char foreign_months[] =
	" jan feb mar apr may jun jul aug sep oct nov dec"
	" mrz mai okt dez janv mars avril avr juin juil sept ene abr ago dic gen mag giu lug set"
	" ott fev out mrt mei sty lut kwi maj cze lip sie wrz lis gru des tammi helmi maalis"
	" huhti touko elo syys loka marras joulu febr szept led dub srp pro oca nis haz tem eyl"
	" eki kas ara ian iun iul noi ";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_foreign(char c)
{
	return (unsigned char)c >= 0x80;
}

/* Count the digits at the beginning and add up their value (at most six of them). */
static size_t digits(struct listing_span span, unsigned *ret_value)
{
	size_t count = 0;

	*ret_value = 0;
	while (count < span.length && count < 6 && is_digit(span.bytes[count]))
		*ret_value = *ret_value * 10 + (unsigned)(span.bytes[count++] - '0');
	return count;
}

static struct listing_span after(struct listing_span span, size_t count)
{
	return (struct listing_span){span.bytes + count, span.length - count};
}

/* Whether nothing but other languages' letters is left: "22\xe6\x97\xa5". */
static bool all_foreign(struct listing_span span)
{
	for (size_t i = 0; i < span.length; i++)
		if (!is_foreign(span.bytes[i]))
			return false;
	return true;
}

static bool word_in(const char *words, struct listing_span span)
{
	char needle[16];

	if (span.length == 0 || span.length > sizeof needle - 3)
		return false;
	needle[0] = ' ';
	memcpy(needle + 1, span.bytes, span.length);
	needle[span.length + 1] = ' ';
	needle[span.length + 2] = '\0';
	return memchr(span.bytes, ' ', span.length) == NULL && strcasestr(words, needle) != NULL;
}

static bool is_month(struct listing_span span, bool known)
{
	bool letters = false;
	unsigned value;

	if (span.length > 24)
		return false;
	if (known)
		return word_in(english_months, span);
	size_t numbers = digits(span, &value);
	if (numbers > 0) /* "11" and the word for month */
		return numbers <= 2 && value >= 1 && value <= 12 && span.length > numbers &&
		       all_foreign(after(span, numbers));
	if (span.length > 1 && strchr(".,", span.bytes[span.length - 1]))
		span.length--;
	if (word_in(foreign_months, span))
		return true;
	for (size_t i = 0; i < span.length; i++) {
		if (!is_letter(span.bytes[i]) && !is_foreign(span.bytes[i]))
			return false;
		letters = letters || is_foreign(span.bytes[i]);
	}
	return letters;
}

static unsigned day_kind(struct listing_span span)
{
	unsigned value;
	size_t count = digits(span, &value);
	struct listing_span rest = after(span, count);

	if (count < 1 || count > 2 || value > 31)
		return 0;
	if (rest.length == 1 && rest.bytes[0] == ',')
		return DAY | DAY_COMMA;
	if (rest.length == 1 && rest.bytes[0] == '.')
		return DAY;
	return all_foreign(rest) ? DAY : 0;
}

static bool is_year(struct listing_span span)
{
	unsigned value;

	return digits(span, &value) == 4 && value >= 1900 && value < 3000 &&
	       all_foreign(after(span, 4));
}

/* Two digits of at most most, or false. */
static bool two_digits(struct listing_span span, size_t at, unsigned most)
{
	unsigned value;

	return at + 2 <= span.length &&
	       digits((struct listing_span){span.bytes + at, 2}, &value) == 2 && value <= most;
}

bool listing_is_meridiem(struct listing_span span)
{
	return listing_span_is(span, "am") || listing_span_is(span, "pm") ||
	       listing_span_is(span, "a") || listing_span_is(span, "p");
}

static unsigned time_kind(struct listing_span span)
{
	unsigned hour;
	size_t at = digits(span, &hour);

	if (at < 1 || at > 2 || hour > 24 || at == span.length || span.bytes[at] != ':' ||
	    !two_digits(span, at + 1, 59))
		return 0;
	span = after(span, at + 3);
	if (span.length == 0 || listing_is_meridiem(span))
		return TIME;
	if (span.bytes[0] != ':' || !two_digits(span, 1, 60))
		return 0;
	span = after(span, 3);
	if (span.length == 0 || listing_is_meridiem(span))
		return TIME | LONG_TIME;
	if (span.bytes[0] != '.' || span.length == 1)
		return 0;
	for (size_t i = 1; i < span.length; i++)
		if (!is_digit(span.bytes[i]))
			return 0;
	return TIME | LONG_TIME;
}

bool listing_is_time(struct listing_span span)
{
	return time_kind(span) != 0;
}

bool listing_is_weekday(struct listing_span span)
{
	static const char weekdays[] =
		" sun mon tue wed thu fri sat sunday monday tuesday wednesday thursday friday "
		"saturday tues weds thur thurs ";

	if (span.length > 1 && strchr(".,", span.bytes[span.length - 1]))
		span.length--;
	return word_in(weekdays, span);
}

/* Three parts divided by the same sign: numbers, or one of them the name of a month. Gives
 * the digits of each, 0 for the name, and its value. */
static bool divide_date(struct listing_span span, size_t ret_count[3], unsigned ret_value[3])
{
	char divider = '\0';

	for (size_t part = 0; part < 3; part++) {
		if (part > 0) {
			if (span.length == 0 || !strchr("-/.", span.bytes[0]) ||
			    (part == 2 && span.bytes[0] != divider))
				return false;
			divider = span.bytes[0];
			span = after(span, 1);
		}
		ret_value[part] = 0;
		bool named = span.length >= 3 && is_letter(span.bytes[0]);
		if (named && !word_in(english_months, (struct listing_span){span.bytes, 3}))
			return false;
		ret_count[part] = named ? 0 : digits(span, &ret_value[part]);
		if (!named && ret_count[part] == 0)
			return false;
		span = after(span, named ? 3 : ret_count[part]);
	}
	return span.length == 0;
}

static bool is_short(size_t count)
{
	return count == 1 || count == 2;
}

static bool is_year_part(size_t count)
{
	return count == 2 || count == 4;
}

/* Zero days and months do occur: blank dates of FAT. */
bool listing_is_number_date(struct listing_span span)
{
	unsigned value[3];
	size_t count[3];

	if (!divide_date(span, count, value))
		return false;
	if (count[0] == 4)
		return count[1] == 2 && count[2] == 2 && value[1] <= 12 && value[2] <= 31;
	return is_short(count[0]) && is_short(count[1]) && is_year_part(count[2]) &&
	       value[0] <= 31 && value[1] <= 31;
}

bool listing_is_month_date(struct listing_span span)
{
	unsigned value[3];
	size_t count[3];

	return divide_date(span, count, value) && (count[0] == 0) != (count[1] == 0) &&
	       (is_short(count[0]) || is_short(count[1])) && is_year_part(count[2]) &&
	       value[0] <= 31 && value[1] <= 31;
}

static bool is_month_day(struct listing_span span)
{
	return span.length == 5 && span.bytes[2] == '-' && two_digits(span, 0, 12) &&
	       two_digits(span, 3, 31);
}

static bool is_zone(struct listing_span span)
{
	return span.length == 5 && strchr("+-", span.bytes[0]) && two_digits(span, 1, 14) &&
	       two_digits(span, 3, 59);
}

static unsigned kinds(struct listing_span span, bool known_months)
{
	unsigned all = day_kind(span) | time_kind(span);

	if (is_month(span, known_months))
		all |= MONTH;
	if (is_year(span))
		all |= YEAR;
	if (listing_is_weekday(span))
		all |= WEEKDAY;
	if (listing_is_number_date(span) || listing_is_month_date(span))
		all |= DATE;
	if (is_month_day(span))
		all |= MONTH_DAY;
	if (is_zone(span))
		all |= ZONE;
	return all;
}

size_t listing_date(const struct listing_words *words, size_t at, bool known_months)
{
	unsigned each[FORM_WORDS_MAX] = {0};
	size_t count = 0;

	/* Something must follow the date. */
	while (count < FORM_WORDS_MAX && at + count + 1 < words->count) {
		each[count] = kinds(words->items[at + count], known_months);
		count++;
	}
	for (size_t form = 0; form < sizeof forms / sizeof *forms; form++) {
		size_t length = 0;
		while (length < FORM_WORDS_MAX && forms[form][length] != 0 && length < count &&
		       (each[length] & forms[form][length]) != 0)
			length++;
		if (length == FORM_WORDS_MAX || forms[form][length] == 0)
			return length;
	}
	return 0;
}
