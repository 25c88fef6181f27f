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

/* ---- what the SIEM schemas call each type ---- */

struct alert_class {
	const char *title;	   /* the same for every event of the type */
	const char *kind;	   /* ECS event.kind */
	const char *categories[2]; /* ECS event.category; the second may be NULL */
	const char *change;	   /* ECS event.type */
	bool failed;		   /* ECS event.outcome is "failure" */
};
extern const struct alert_class alert_classes[ALERT_TYPE_COUNT];

/* The severity from 0 to 10, the gravest, of CEF and LEEF. */
unsigned alert_event_severity_of_ten(const struct alert_event *event);

/* ---- fields ---- */

/* How many bytes of a rendering each kind of string may take. */
struct alert_limits {
	size_t word;
	size_t path;
	size_t list; /* entries with ", " between, cut between two */
	size_t assets;
	size_t sentence_path; /* the same path and devices within the sentence */
	size_t sentence_assets;
	size_t detail;
	bool bare; /* nothing twice: not what a schema has once more to search in */
};

extern const struct alert_limits alert_limits_widest;

/* Which limit a field is held to. */
enum alert_limit {
	ALERT_LIMIT_NONE,
	ALERT_LIMIT_ID,	    /* its own length: never cut */
	ALERT_LIMIT_DIGEST, /* likewise */
	ALERT_LIMIT_WORD,
	ALERT_LIMIT_PATH,
	ALERT_LIMIT_LIST,
	ALERT_LIMIT_ASSETS,
};

/* What a field is where a format has types. */
enum alert_value { ALERT_VALUE_STRING, ALERT_VALUE_NUMBER, ALERT_VALUE_COUNT, ALERT_VALUE_FLAG };

/* A value after the first pass of escaping: valid UTF-8 without control bytes. */
struct alert_field {
	const char *name; /* "sha256Old" */
	size_t start, length;
	enum alert_limit limit;
	enum alert_value value;
};

enum { ALERT_FIELDS_MAX = 80 };

/* The fields of an event in order, without those that are empty. */
struct alert_fields {
	struct text values;
	struct alert_field items[ALERT_FIELDS_MAX];
	size_t count;
};

/* Fill an empty struct; without memory, values.failed. */
void alert_fields_make(struct alert_fields *ret_fields, const struct alert_event *event);
void alert_fields_clear(struct alert_fields *fields);

const char *alert_field_bytes(const struct alert_fields *fields, const struct alert_field *field);

/* A field's value as a number; what is above INT64_MAX is that. */
int64_t alert_field_number(const struct alert_fields *fields, const struct alert_field *field);

/* Between two entries of a list, and at its end where some were left out. */
#define ALERT_LIST_BETWEEN ", "
#define ALERT_LIST_REST "..."

/* Shorten the list that begins at start in text to most bytes, with ALERT_LIST_REST in it. */
void alert_list_cut(struct text *text, size_t start, size_t most);

/* ---- the second pass ---- */

/* How a format writes what means something to it. */
enum alert_marking {
	ALERT_MARK_BACKSLASH, /* \x */
	ALERT_MARK_PERCENT,   /* %XX */
	ALERT_MARK_LATER,     /* as it is: somebody else will put a backslash there */
};

struct alert_marks {
	const char *special;
	enum alert_marking marking;
	bool edges; /* a space at either end is %20, for readers drop it */
};

extern const struct alert_marks alert_marks_json;

/* Add a string of the first pass with the second, no more than most bytes of it. Returns
 * whether all of it was added. */
bool alert_add_marked(struct text *text, const struct alert_marks *marks, const char *string,
		      size_t length, size_t most);

size_t alert_field_limit(const struct alert_field *field, const struct alert_limits *limits);

/* The same for a field and its limit. */
bool alert_add_field(struct text *text, const struct alert_marks *marks, const struct alert_fields *fields,
		     const struct alert_field *field, const struct alert_limits *limits);

/* Length of what must not be cut in two at the start of an escaped string: a character or a
 * %XX. length is at least 1. */
size_t alert_unit(const char *escaped, size_t length);

/* A name of a header: printable ASCII without what RFC 5424 itself uses; "-" for none. */
void alert_add_name(struct text *text, const char *name, size_t most);

/* A host name within a body has what CEF's dictionary gives it. */
enum { ALERT_HOST_MAX = 100 };

bool alert_is_address(const char *bytes, size_t length, int family); /* AF_INET or AF_INET6 */

/* ---- bodies ---- */

/* What a body is written from. */
struct alert_body {
	const struct alert_event *event;
	const struct alert_frame *frame;
	const struct alert_fields *fields;
	const struct alert_limits *limits;
	enum alert_carrier carrier;
};

/* Each appends one body, and returns 0 or -1. */
int alert_body_structured(struct text *text, const struct alert_body *body); /* RFC 5424's */
int alert_body_cef(struct text *text, const struct alert_body *body);
int alert_body_leef(struct text *text, const struct alert_body *body);
int alert_body_ecs(struct text *text, const struct alert_body *body);
int alert_body_ocsf(struct text *text, const struct alert_body *body);

/* alert_sentence() within limits. */
void alert_sentence_within(struct text *text, const struct alert_event *event,
			   const struct alert_limits *limits);

/* ---- JSON ---- */

/* One object that is being built: NULL until it has something. A failure is remembered. */
struct alert_json {
	struct json_t *root;
	bool failed;
};

/* Each puts a value at a place such as "file.hash.md5", whose objects come to be; a place that
 * ends in "[]" is an array, to which it is added. Strings are those of the first pass. */
void alert_json_string(struct alert_json *json, const char *place, const char *string);
void alert_json_bytes(struct alert_json *json, const char *place, const char *bytes, size_t length);
void alert_json_number(struct alert_json *json, const char *place, int64_t number);
void alert_json_flag(struct alert_json *json, const char *place, bool flag);

/* Put a field there as what it is, within limits; a list is an array. Returns whether all of it
 * was put. */
bool alert_json_field(struct alert_json *json, const char *place, const struct alert_body *body,
		      const struct alert_field *field);

/* Say below root that the path was shortened, and its digest. */
void alert_json_shortened(struct alert_json *json, const char *root, const struct alert_body *body);

/* The same for the fields that a format has no place for: below "root." by their names in
 * snake case, those that count something below "root.counts.". */
void alert_json_other(struct alert_json *json, const char *root, const struct alert_body *body,
		      const struct alert_field *field);

void alert_json_sentence(struct alert_json *json, const char *place, const struct alert_body *body);

/* Put an object there; it is taken. */
void alert_json_object(struct alert_json *json, const char *place, struct alert_json *object);

/* Append the object as one line. Returns 0 or -1. */
int alert_json_write(struct text *text, const struct alert_json *json);
void alert_json_clear(struct alert_json *json);
