#pragma once
/* Strict INI on top of inih: every key must be known, and every fault names its file and
 * line. Knows sections, keys and values as text; refuses to know files and what they mean. */
#include <stddef.h>

struct error;

enum { INI_TEXT_MAX = 1024 * 1024, INI_LINE_MAX = 4096 };

/* Take one key. Return 0, or -1 with e filled without file and line, which are added. */
typedef int ini_on_value(void *userdata, const char *section, const char *key, const char *value,
			 struct error *e);

/* Read length bytes as INI; name is the file's, for messages; a fault's code is code
 * (ERROR_CONFIG or ERROR_DATA). A repeated key in a section is given again, in order: what
 * that means is the taker's business. Returns 0, or -1 at the first fault. */
int ini_read(const char *name, const char *bytes, size_t length, int code, ini_on_value *on_value,
	     void *userdata, struct error *e);

/* The common words: "yes", "true", "on", "1" and their opposites. Returns 0 or -EINVAL. */
int ini_parse_bool(_Bool *ret_value, const char *value);
