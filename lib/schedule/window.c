#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/number.h"
#include "base/time.h"
#include "schedule/schedule.h"

enum { WINDOW_TEXT_MAX = 128, EVERY_DAY = 0x7F, MINUTES_A_DAY = 24 * 60 };
#define PERIOD_MOST (366 * TIME_DAY)

/* 0 for Monday, or -1. */
static int parse_day(const char *name)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

	for (int i = 0; i < 7; i++)
		if (strcasecmp(name, days[i]) == 0)
			return i;
	return -1;
}

/* "daily", or days and ranges of days with commas between: "mon-thu,sat". A range may pass
 * over the end of the week. Cuts string up. */
static int parse_days(unsigned *ret_days, char *string, struct error *e)
{
	unsigned days = 0;

	if (strcasecmp(string, "daily") == 0) {
		*ret_days = EVERY_DAY;
		return 0;
	}
	for (char *part = strsep(&string, ","); part; part = strsep(&string, ",")) {
		char *last_name = part;
		const char *first_name = strsep(&last_name, "-");
		int first = parse_day(first_name);
		int last = last_name ? parse_day(last_name) : first;
		if (first < 0 || last < 0)
			return error_set(e, ERROR_CONFIG,
					 "the days must be \"daily\", or mon, tue, wed, thu, fri, sat, sun, such as "
					 "mon-fri or sat,sun");
		for (int day = first; ; day = (day + 1) % 7) {
			days |= 1u << day;
			if (day == last)
				break;
		}
	}
	*ret_days = days;
	return 0;
}

/* "5:00", "05:00" … "24:00" as minutes, or -1. */
static int parse_clock(const char *string)
{
	char hours[3] = "";
	uint64_t hour, minute;
	size_t length = strcspn(string, ":");

	if (length > 2 || strlen(string) != length + 3)
		return -1;
	memcpy(hours, string, length);
	if (number_parse(&hour, hours, 0, 24) < 0 || number_parse(&minute, string + length + 1, 0, 59) < 0 ||
	    (hour == 24 && minute != 0))
		return -1;
	return (int)(hour * 60 + minute);
}

/* "01:00-05:00". Cuts string up. */
static int parse_hours(struct schedule_window *window, char *string, struct error *e)
{
	char *to = string;
	int from_minute = parse_clock(strsep(&to, "-"));
	int to_minute = to ? parse_clock(to) : -1;

	if (from_minute < 0 || from_minute == MINUTES_A_DAY || to_minute < 0)
		return error_set(e, ERROR_CONFIG, "the hours must be such as 01:00-05:00, from 00:00 to 24:00");
	window->from_minute = from_minute;
	window->to_minute = to_minute % MINUTES_A_DAY; /* midnight is the next day's 00:00 */
	return 0;
}

static int parse_period(struct schedule_window *window, const char *string, struct error *e)
{
	window->type = SCHEDULE_EVERY;
	if (number_parse_duration(&window->period, string) < 0 || window->period < TIME_SECOND ||
	    window->period > PERIOD_MOST)
		return error_set(e, ERROR_CONFIG, "the period must be a time with a unit, such as every 6h, up to a year");
	return 0;
}

int schedule_window_parse(struct schedule_window *ret_window, const char *string, struct error *e)
{
	struct schedule_window window = {.type = SCHEDULE_DAILY};
	char copy[WINDOW_TEXT_MAX + 1] = "";
	char *rest = copy;

	if (strlen(string) <= WINDOW_TEXT_MAX)
		(void)snprintf(copy, sizeof copy, "%s", string); /* fits */
	char *first = strsep(&rest, " ");
	while (rest && *rest == ' ')
		rest++;
	if (!rest || *rest == '\0' || strchr(rest, ' '))
		return error_set(e, ERROR_CONFIG,
				 "a window is such as \"daily 01:00-05:00\", \"mon-fri 22:00-05:00\", "
				 "\"sat,sun 00:00-24:00\" or \"every 6h\"");
	if (strcasecmp(first, "every") == 0) {
		if (parse_period(&window, rest, e) < 0)
			return -1;
	} else if (parse_days(&window.days, first, e) < 0 || parse_hours(&window, rest, e) < 0) {
		return -1;
	}
	*ret_window = window;
	return 0;
}
