#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"

#include "trust/internal.h"

/* ---- times ---- */

/* The number in count digits at *at, within [least, most]; -1 where it is none. */
static int take_digits(const char **at, int count, int least, int most)
{
	int value = 0;

	for (int i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		value = value * 10 + (**at - '0');
	}
	return value >= least && value <= most ? value : -1;
}

/* Read YYYYMMDD[HHMM[SS]][Z]. As OpenSSH has it, the 31st of a shorter month is a day of the
 * next, "UTC" does for "Z", and local time is the zone's standard time, also in summer. */
static bool parse_time(int64_t *ret_at, const char *text)
{
	struct tm tm = {0};
	size_t digits = strspn(text, "0123456789");
	const char *zone = text + digits;

	if (digits != 8 && digits != 12 && digits != 14)
		return false;
	tm.tm_year = take_digits(&text, 4, 0, 9999) - 1900;
	tm.tm_mon = take_digits(&text, 2, 1, 12) - 1;
	tm.tm_mday = take_digits(&text, 2, 1, 31);
	tm.tm_hour = digits >= 12 ? take_digits(&text, 2, 0, 23) : 0;
	tm.tm_min = digits >= 12 ? take_digits(&text, 2, 0, 59) : 0;
	tm.tm_sec = digits == 14 ? take_digits(&text, 2, 0, 61) : 0;
	if (tm.tm_mon < 0 || tm.tm_mday < 0 || tm.tm_hour < 0 || tm.tm_min < 0 || tm.tm_sec < 0)
		return false;
	bool utc = strcasecmp(zone, "Z") == 0 || strcasecmp(zone, "UTC") == 0;
	if (!utc && *zone != '\0')
		return false;
	time_t at = utc ? timegm(&tm) : mktime(&tm);
	if (at <= 0)
		return false;
	*ret_at = (int64_t)at * TIME_SECOND;
	return true;
}

/* ---- options ---- */

/* Skip a word of any case, and the "=" behind it. */
static bool skip_word(const char **at, const char *word)
{
	size_t length = strlen(word);

	if (strncasecmp(*at, word, length) != 0)
		return false;
	*at += length;
	return true;
}

/* Take a value in double quotes, in which \" stands for a quote; the caller frees it. */
static int take_quoted(const char **at, char **ret_value, struct error *e)
{
	const char *from = *at + 1;

	if (**at != '"')
		return error_set(e, ERROR_CONFIG, "an option's value must stand in double quotes");
	CLEANUP(cleanup_free) char *value = malloc(strlen(from) + 1);
	if (!value)
		return error_memory(e);
	char *to = value;
	for (; *from != '"'; *to++ = *from++) {
		if (from[0] == '\\' && from[1] == '"')
			from++;
		if (*from == '\0')
			return error_set(e, ERROR_CONFIG, "an option's value lacks its closing quote");
	}
	*to = '\0';
	*at = from + 1;
	*ret_value = TAKE(value);
	return 0;
}

static int refuse_twice(const char *option, struct error *e)
{
	return error_set(e, ERROR_CONFIG, "the option %s is given twice", option);
}

static int take_namespaces(struct trust_options *options, const char **at, struct error *e)
{
	return options->namespaces ? refuse_twice("namespaces", e)
				   : take_quoted(at, &options->namespaces, e);
}

/* None is what *place holds where the option was not given. */
static int take_time(int64_t *place, int64_t none, const char *option, const char **at, struct error *e)
{
	CLEANUP(cleanup_free) char *value = NULL;

	if (*place != none)
		return refuse_twice(option, e);
	if (take_quoted(at, &value, e) < 0)
		return -1;
	if (!parse_time(place, value)) {
		CLEANUP(cleanup_free) char *shown = trust_shown(value, strlen(value));
		return error_set(e, ERROR_CONFIG, "%s=\"%s\" is not a time: YYYYMMDD, YYYYMMDDHHMM or "
				 "YYYYMMDDHHMMSS, with Z for UTC", option, shown ? shown : "");
	}
	return 0;
}

static int refuse_unknown(const char *at, struct error *e)
{
	CLEANUP(cleanup_free) char *shown = trust_shown(at, strcspn(at, ",=\" \t\r\n"));

	if (!shown)
		return error_memory(e);
	return error_set(e, ERROR_CONFIG, "\"%s\" is neither an option nor a type of key that is accepted",
			 shown);
}

static int take_option(struct trust_options *options, const char **at, struct error *e)
{
	if (skip_word(at, "cert-authority"))
		return error_set(e, ERROR_CONFIG, "cert-authority is not accepted: list the people's own keys");
	if (skip_word(at, "namespaces="))
		return take_namespaces(options, at, e);
	if (skip_word(at, "valid-after="))
		return take_time(&options->valid_after, 0, "valid-after", at, e);
	if (skip_word(at, "valid-before="))
		return take_time(&options->valid_before, TIME_NEVER, "valid-before", at, e);
	return **at == ',' ? 0 : refuse_unknown(*at, e); /* OpenSSH takes a comma too many in front */
}

int trust_options_parse(struct trust_options *options, const char *text, struct error *e)
{
	*options = (struct trust_options){.valid_before = TIME_NEVER};
	while (*text != '\0') {
		if (take_option(options, &text, e) < 0)
			return -1;
		if (*text == '\0')
			break;
		if (*text != ',')
			return refuse_unknown(text, e);
		text++;
		if (*text == '\0')
			return error_set(e, ERROR_CONFIG, "the options end with a comma");
	}
	if (options->valid_after != 0 && options->valid_before != TIME_NEVER &&
	    options->valid_before <= options->valid_after)
		return error_set(e, ERROR_CONFIG, "valid-before is not later than valid-after");
	return 0;
}
