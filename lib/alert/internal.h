#pragma once
/* What the files of this room share. */
#include <stddef.h>

#include "alert/alert.h"

/* Owned strings of a struct, by their offsets in it. */
struct alert_strings {
	const size_t *offsets;
	size_t count;
};

extern const struct alert_strings alert_event_strings;
extern const struct alert_strings alert_alert_strings;

/* Give each string of to, whose pointers may still be those of from, a copy of its own.
 * Returns 0 or -ENOMEM; the strings that could not be copied are then NULL. */
int alert_strings_copy(const struct alert_strings *strings, void *to, const void *from);
void alert_strings_clear(const struct alert_strings *strings, void *owner);

/* Replace an owned string by a copy of value (NULL: none). Returns 0 or -ENOMEM. */
int alert_string_set(char **string, const char *value);

/* Make changed a copy of alert that shares nothing with it. Returns 0 or -ENOMEM. */
int alert_copy(struct alert *ret_alert, const struct alert *alert);
