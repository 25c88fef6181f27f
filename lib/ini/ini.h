#pragma once
/* Strict INI on top of inih: every key must be known, and every fault names its file and
 * line. Knows sections, keys and values as text; refuses to know files and what they mean. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum {
	INI_TEXT_MAX = 1024 * 1024,
	INI_LINE_MAX = 4096,
	INI_SECTION_MAX = 49, /* bytes in a section's name: inih keeps no more */
	INI_SECTIONS_MAX = 256,
};

/* One key, or, with key and value NULL, the opening of a section. Lent for the call. */
struct ini_line {
	const char *section; /* "" before the first */
	const char *key;
	const char *value;
	int number; /* of the line, from 1 */
};

/* Take a line. Return 0, or -1 with e filled without file and line, which are added. */
typedef int ini_on_line(void *userdata, const struct ini_line *line, struct error *e);

/* Read length bytes as INI; name is the file's, for messages; a fault's code is code
 * (ERROR_CONFIG or ERROR_DATA). UTF-8, with or without a byte order mark and carriage returns.
 * A value is the rest of its line without the spaces around it; nothing is quoted, continued
 * or expanded; " ;" in it is refused, because inih takes it for a comment. A section that
 * opens twice is refused; a repeated key is given again, in order: what that means is the
 * taker's business. Section names are printable ASCII. Returns 0, or -1 at the first fault. */
int ini_read(const char *name, const char *bytes, size_t length, int code, ini_on_line *on_line,
	     void *userdata, struct error *e);

/* The common words: "yes", "true", "on", "1" and their opposites. Returns 0 or -EINVAL. */
int ini_parse_bool(bool *ret_value, const char *value);

/* ---- sections and keys as tables ---- */

struct ini_key;

/* Read value into field. Return 0, or -1 with e saying what would be right; the key and the
 * value are put before it. */
typedef int ini_take(void *field, const struct ini_key *key, const char *value, struct error *e);

struct ini_key {
	const char *name;
	ini_take *take;
	size_t offset;	      /* of the field in the section's target */
	uint64_t least, most; /* bounds, as take understands them; most 0: none */
	bool repeats;	      /* may be given more than once */
	bool required;
	int tag;	      /* take's own business */
};

struct ini_section {
	const char *name;
	bool named; /* stands any number of times, with a word of its own: [window night] */
	/* Make the target of a named section; NULL with e filled refuses it. Where open is NULL
	 * the target is userdata. A target need only live until the next section opens. */
	void *(*open)(void *userdata, const char *word, struct error *e);
	/* See whether the keys fit each other; a fault is given the section's line. May be NULL. */
	int (*close)(void *userdata, const void *target, struct error *e);
	const struct ini_key *keys;
	size_t key_count; /* at most 64 */
};

/* Read INI whose sections and keys are those of a table. What is unknown is refused, with the
 * nearest known word where there is one. Returns 0, or -1 at the first fault. */
int ini_read_table(const char *name, const char *bytes, size_t length, int code,
		   const struct ini_section *sections, size_t section_count, void *userdata,
		   struct error *e);

/* Takers. Text replaces and frees what the field held; bounds are bytes. */
ini_take ini_take_text;		/* char *: any words but none */
ini_take ini_take_bool;		/* bool */
ini_take ini_take_number;	/* uint32_t or unsigned */
ini_take ini_take_bytes;	/* uint64_t: "64 KiB" */
ini_take ini_take_duration;	/* int64_t of microseconds: "6h"; bounds are seconds */
ini_take ini_take_seconds;	/* uint32_t of seconds: "6h"; bounds are seconds */
ini_take ini_take_milliseconds; /* uint32_t of milliseconds: "10s"; bounds are seconds */
