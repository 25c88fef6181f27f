#pragma once
/* A small reference parser of syslog lines, written from RFC 5424 and not from our renderer:
 * what it gives back is what a receiver sees. */
#include <stdbool.h>
#include <stddef.h>

enum { SYSLOG_LINE_PARAMS = 96 };

struct syslog_param {
	char *id; /* of its element */
	char *name;
	char *value; /* without the escapes of the format, with those of the first pass */
};

struct syslog_line {
	int priority;
	char *time;
	char *host; /* NULL in RFC 3164's local form */
	char *process;
	char *message_id;
	struct syslog_param params[SYSLOG_LINE_PARAMS];
	size_t count;
	char *sentence;
};

/* Read one line of RFC 5424, or of the local form of RFC 3164 with our body. Returns 0, or -1
 * for anything that a strict receiver would refuse: control bytes, bytes that are not UTF-8,
 * more than 4,000 bytes, names or escapes of the wrong form. */
int syslog_line_parse(struct syslog_line *ret_line, const char *bytes, size_t length);
void syslog_line_clear(struct syslog_line *line);

/* "MSGID [SD] sentence": the body of either, as a syslog daemon hands it on. */
int syslog_body_parse(struct syslog_line *ret_line, const char *bytes, size_t length);

/* RFC 3164's local form with any text after the tag, which is the sentence. */
int syslog_text_parse(struct syslog_line *ret_line, const char *bytes, size_t length);

/* The value of a parameter, or NULL. */
const char *syslog_line_get(const struct syslog_line *line, const char *name);
