#include <string.h>
#include <time.h>

#include "base/time.h"
#include "schedule/schedule.h"

enum { DAY = 24 * 60 * 60, DAYS_AHEAD = 15 };

/* The end of the year 9999: no schedule reaches beyond, and nothing here overflows. */
#define LAST_AT (INT64_C(253402300799) * TIME_SECOND)

/* Seconds that local time is ahead of UTC at an instant, in seconds since the epoch. */
static int64_t offset_at(int64_t instant)
{
	time_t t = (time_t)instant;
	struct tm tm = {0};

	(void)localtime_r(&t, &tm); /* fails only for years that no int holds */
	return tm.tm_gmtoff;
}

static int64_t local_of(int64_t instant)
{
	return instant + offset_at(instant);
}

/* The first instant at which the local clock shows local (seconds since its own 1970), or,
 * where the clock leaps over that, the instant of the leap. mktime() leaves it open which of
 * two instants it gives, and on which side of a leap it lands. */
static int64_t instant_of(int64_t local)
{
	/* A day before and after lie on the two sides of a change of the clock. */
	int64_t one = local - offset_at(local - DAY);
	int64_t two = local - offset_at(local + DAY);
	int64_t low = one < two ? one : two;
	int64_t high = one < two ? two : one;

	if (local_of(low) == local)
		return low;
	if (local_of(high) == local)
		return high;
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (local_of(middle) >= local)
			high = middle;
		else
			low = middle;
	}
	return high;
}

static int64_t floor_divide(int64_t value, int64_t by)
{
	return value / by - (value % by < 0);
}

/* The local day in which an instant lies, counted from the local 1970-01-01. */
static int64_t day_of(int64_t at)
{
	return floor_divide(local_of(floor_divide(at, TIME_SECOND)), DAY);
}

/* When the window opens on a local day, if it does: not on a day that the clock leaps over as
 * a whole, as Samoa's did over 30 December 2011. */
static bool opens_on(const struct schedule_window *window, int64_t day, int64_t *ret_opens_at)
{
	int64_t weekday = (day + 3) - 7 * floor_divide(day + 3, 7); /* 1970-01-01 was a Thursday */

	*ret_opens_at = instant_of(day * DAY + window->from_minute * INT64_C(60)) * TIME_SECOND;
	return (window->days >> weekday & 1) && day_of(*ret_opens_at) == day;
}

/* A window that the clock leaps over as a whole keeps its length. */
static int64_t closing_of(const struct schedule_window *window, int64_t day, int64_t opened_at)
{
	int64_t closing_day = window->to_minute <= window->from_minute ? day + 1 : day;
	int64_t closes_at = instant_of(closing_day * DAY + window->to_minute * INT64_C(60)) * TIME_SECOND;
	int64_t length = (closing_day - day) * DAY + (window->to_minute - window->from_minute) * INT64_C(60);

	return closes_at > opened_at ? closes_at : opened_at + length * TIME_SECOND;
}

bool schedule_window_open(const struct schedule_window *window, int64_t now, int64_t *ret_opened_at,
			  int64_t *ret_closes_at)
{
	if (now > LAST_AT)
		return false;
	if (window->type == SCHEDULE_EVERY) {
		*ret_opened_at = floor_divide(now, window->period) * window->period;
		*ret_closes_at = *ret_opened_at + window->period;
		return true;
	}
	int64_t today = day_of(now);
	for (int64_t day = today; day >= today - 1; day--) {
		int64_t opened_at;
		if (!opens_on(window, day, &opened_at) || opened_at > now)
			continue;
		int64_t closes_at = closing_of(window, day, opened_at);
		if (closes_at <= now)
			return false;
		*ret_opened_at = opened_at;
		*ret_closes_at = closes_at;
		return true;
	}
	return false;
}

int64_t schedule_window_next(const struct schedule_window *window, int64_t now)
{
	if (now > LAST_AT)
		return TIME_NEVER;
	if (window->type == SCHEDULE_EVERY)
		return (floor_divide(now, window->period) + 1) * window->period;
	int64_t today = day_of(now);
	for (int64_t day = today; day <= today + DAYS_AHEAD; day++) {
		int64_t opens_at;
		if (opens_on(window, day, &opens_at) && opens_at > now)
			return opens_at;
	}
	return TIME_NEVER; /* a window without days */
}

int64_t schedule_day_begin(int64_t at, int64_t days)
{
	return instant_of((day_of(at) + days) * DAY) * TIME_SECOND;
}
