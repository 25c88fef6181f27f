#pragma once
/* What the files of this room share. */
#include <stddef.h>

#include "alert/alert.h"
#include "base/text.h"

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

/* Whether two strings are the same, or both are not there. */
bool alert_string_same(const char *a, const char *b);

/* Make changed a copy of alert that shares nothing with it. Returns 0 or -ENOMEM. */
int alert_copy(struct alert *ret_alert, const struct alert *alert);

/* Likewise. Returns 0 or -1. */
int alert_event_copy(struct alert_event *ret_event, const struct alert_event *event);

/* Open again what another content came to: what was acknowledged is no longer what is there. */
void alert_reopen(struct alert *alert);

/* Whether an open alert is to be reminded of. */
bool alert_is_due(const struct alert *alert, const struct alert_pace *pace, int64_t now);

/* ---- rendering ---- */

/* How many bytes of a rendering each kind of string may take. */
struct alert_limits {
	size_t word;
	size_t path;
	size_t list; /* entries with ", " between, cut between two */
	size_t sentence_path; /* the same path within the sentence */
	size_t detail;
};

extern const struct alert_limits alert_limits_widest;

/* Which limit a field is held to. */
enum alert_limit { ALERT_LIMIT_NONE, ALERT_LIMIT_WORD, ALERT_LIMIT_PATH, ALERT_LIMIT_LIST };

/* A value after the first pass of escaping: valid UTF-8 without control bytes. */
struct alert_field {
	const char *name; /* "sha256Old" */
	size_t start, length;
	enum alert_limit limit;
};

enum { ALERT_FIELDS_MAX = 64 };

/* The fields of an event in order, without those that are empty. */
struct alert_fields {
	struct text values;
	struct alert_field items[ALERT_FIELDS_MAX];
	size_t count;
};

/* Fill an empty struct; without memory, values.failed. */
void alert_fields_make(struct alert_fields *ret_fields, const struct alert_event *event);
void alert_fields_clear(struct alert_fields *fields);

/* Between two entries of a list, and at its end where some were left out. */
#define ALERT_LIST_BETWEEN ", "
#define ALERT_LIST_REST "..."

/* Shorten the list that begins at start in text to most bytes, with ALERT_LIST_REST in it. */
void alert_list_cut(struct text *text, size_t start, size_t most);

/* Length of what must not be cut in two at the start of an escaped string: a character or a
 * %XX. length is at least 1. */
size_t alert_unit(const char *escaped, size_t length);

/* alert_sentence() within limits. */
void alert_sentence_within(struct text *text, const struct alert_event *event,
			   const struct alert_limits *limits);
