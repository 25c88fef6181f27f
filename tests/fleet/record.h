#pragma once
/* What each pump was sent, one line a command: "PUMP SECONDS COMMAND ARGUMENT". Commands of
 * the peer are in capitals, what happened beside them ("connect", "store") is not. */
#include <stdint.h>

struct record {
	int fd; /* -1: nothing is written */
	int64_t started_at;
};

int64_t record_now(void); /* microseconds of a clock that only goes forward */

/* Start an empty record. path may be NULL. Returns 0 or a negative errno. */
int record_start(struct record *record, const char *path);
void record_stop(struct record *record);

/* argument may be NULL; control bytes in it become "?". */
void record_add(const struct record *record, unsigned pump, const char *command,
		const char *argument);
