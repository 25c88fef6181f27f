#pragma once
/* Answers "when next?": windows, periods, jitter and back-off. Pure but for the C library's
 * time zone, which the program sets (TZ) before it asks; refuses to know timers. */
#include <stdbool.h>
#include <stdint.h>

struct error;

enum schedule_type { SCHEDULE_DAILY, SCHEDULE_EVERY };

/* A recurring stretch of time in which devices may be visited. */
struct schedule_window {
	enum schedule_type type;
	unsigned days;	       /* daily: bit 0 Monday … bit 6 Sunday, of the day it opens */
	int from_minute;       /* daily: minutes after local midnight, 0 … 1439 */
	int to_minute;	       /* daily: at or before from_minute means the next day */
	int64_t period;	       /* every: from one opening to the next; it never closes */
};

/* Read "daily 01:00-05:00", "mon-fri 22:00-05:00", "sat,sun 00:00-24:00" or "every 6h".
 * Returns 0 or -1 (ERROR_CONFIG). */
int schedule_window_parse(struct schedule_window *ret_window, const char *string, struct error *e);

/* The opening that now lies in: when it opened and when it closes. For "every", anchor (a
 * multiple of periods from the epoch) makes restarts keep the rhythm; it closes when the next
 * opens. Returns false when now lies outside. */
bool schedule_window_open(const struct schedule_window *window, int64_t now, int64_t *ret_opened_at,
			  int64_t *ret_closes_at);

/* The first opening after now. Local times that do not exist on a day of clock change move
 * forward; those that come twice are taken once. */
int64_t schedule_window_next(const struct schedule_window *window, int64_t now);

/* How long to wait before a device is tried again after `failures` (≥ 1) tries in a row that
 * failed: base × 2^(failures - 1), at most `most`, spread by ± a quarter by the device's own
 * name, so that a ward's pumps do not come back in step. */
int64_t schedule_back_off(int64_t base, int64_t most, unsigned failures, const char *asset);

/* A moment in [0, width) that depends on the device and the opening alone: where in a window
 * a visit starts, the same after a restart. */
int64_t schedule_jitter(const char *asset, int64_t opened_at, int64_t width);

/* Where the local day begins that lies so many days after (before: negative) the one of at. */
int64_t schedule_day_begin(int64_t at, int64_t days);
