#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/time.h"

static void split(int64_t at, struct tm *ret_tm, int *ret_micro)
{
	int64_t seconds = at / TIME_SECOND;
	int64_t micro = at % TIME_SECOND;

	if (micro < 0) {
		micro += TIME_SECOND;
		seconds--;
	}
	time_t when = (time_t)seconds;
	memset(ret_tm, 0, sizeof *ret_tm);
	(void)gmtime_r(&when, ret_tm); /* an int64 of microseconds always fits */
	*ret_micro = (int)micro;
}

void time_write(char ret_text[static TIME_TEXT_SIZE], int64_t at)
{
	struct tm tm;
	int micro;

	if (at == TIME_NEVER) {
		memcpy(ret_text, "never", sizeof "never");
		return;
	}
	split(at, &tm, &micro);
	(void)strftime(ret_text, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void time_write_micro(char ret_text[static TIME_TEXT_SIZE], int64_t at)
{
	struct tm tm;
	int micro;

	split(at, &tm, &micro);
	size_t n = strftime(ret_text, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(ret_text + n, TIME_TEXT_SIZE - n, ".%06dZ", micro);
}

/* Read exactly count digits; -1 when there are fewer. */
static int digits(const char **at, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		value = value * 10 + (**at - '0');
	}
	return value;
}

static bool skip(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static int parse_fraction(const char **at)
{
	int micro = 0;
	int unit = 100000;
	int count = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++, unit /= 10) {
		micro += (**at - '0') * unit;
		count++;
	}
	return count >= 1 && count <= 9 ? micro : -1;
}

static int parse_offset(const char **at, int *ret_seconds)
{
	if (skip(at, 'Z') || skip(at, 'z')) {
		*ret_seconds = 0;
		return 0;
	}
	int sign = **at == '-' ? -1 : 1;
	if (!skip(at, '+') && !skip(at, '-'))
		return -EINVAL;
	int hours = digits(at, 2);
	bool colon = skip(at, ':');
	int minutes = digits(at, 2);
	if (hours < 0 || hours > 23 || !colon || minutes < 0 || minutes > 59)
		return -EINVAL;
	*ret_seconds = sign * (hours * 3600 + minutes * 60);
	return 0;
}

static int parse_clock(const char **at, struct tm *tm, int *ret_micro, int *ret_offset)
{
	tm->tm_hour = digits(at, 2);
	if (!skip(at, ':'))
		return -EINVAL;
	tm->tm_min = digits(at, 2);
	if (!skip(at, ':'))
		return -EINVAL;
	tm->tm_sec = digits(at, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || tm->tm_min < 0 || tm->tm_min > 59 ||
	    tm->tm_sec < 0 || tm->tm_sec > 59)
		return -EINVAL;
	if (skip(at, '.') && (*ret_micro = parse_fraction(at)) < 0)
		return -EINVAL;
	return parse_offset(at, ret_offset);
}

int time_parse(int64_t *ret_at, const char *string)
{
	static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct tm tm = {0};
	const char *at = string;
	int micro = 0;
	int offset = 0;

	if (strcmp(string, "never") == 0) {
		*ret_at = TIME_NEVER;
		return 0;
	}
	int year = digits(&at, 4);
	if (year < 1970 || !skip(&at, '-'))
		return -EINVAL;
	int month = digits(&at, 2);
	if (month < 1 || month > 12 || !skip(&at, '-'))
		return -EINVAL;
	int day = digits(&at, 2);
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	if (day < 1 || day > month_days[month - 1] + (month == 2 && leap))
		return -EINVAL;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	if (*at == 'T' || *at == 't' || *at == ' ') {
		at++;
		if (parse_clock(&at, &tm, &micro, &offset) < 0)
			return -EINVAL;
	}
	if (*at != '\0')
		return -EINVAL;
	*ret_at = ((int64_t)timegm(&tm) - offset) * TIME_SECOND + micro;
	return 0;
}
