#pragma once
/* Points in time as microseconds since 1970-01-01 00:00 UTC, in an int64_t that is
 * always named …_at or now. Nothing below the programs reads a clock: it is passed in. */
#include <stddef.h>
#include <stdint.h>

#define TIME_SECOND INT64_C(1000000)
#define TIME_MINUTE (60 * TIME_SECOND)
#define TIME_HOUR (60 * TIME_MINUTE)
#define TIME_DAY (24 * TIME_HOUR)
#define TIME_NEVER INT64_MAX

/* Where the time comes from: a program gives the system's, a test its own. */
struct time_source {
	int64_t (*now)(void *userdata);
	void *userdata;
};

enum { TIME_TEXT_SIZE = 40 };

/* Write UTC as RFC 3339, "2026-11-22T01:00:00Z", or "never" for TIME_NEVER. */
void time_write(char ret_text[static TIME_TEXT_SIZE], int64_t at);

/* The same with six digits of a second: "2026-11-22T01:00:00.000000Z". */
void time_write_micro(char ret_text[static TIME_TEXT_SIZE], int64_t at);

/* Read RFC 3339 with any offset and up to nine digits of a second, a bare date (midnight
 * UTC), or "never". Returns 0 or -EINVAL. */
int time_parse(int64_t *ret_at, const char *string);
