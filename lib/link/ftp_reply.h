#pragma once
/* What an FTP server says on its control connection (RFC 959 §4.2, 2428, 3659). Pure: bytes in,
 * meaning out. Every byte is hostile. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LINK_FTP_LINE_MAX = 4096,
	LINK_FTP_LINES_MAX = 512, /* of one reply */
	LINK_FTP_TEXT_MAX = 4096, /* of a reply, all lines; the rest is dropped */
};

/* A reply: its lines joined by "\n", without their ends. A line that has no code where one
 * must stand is a reply with code 0: small servers say so of what they do not know. */
struct link_ftp_reply {
	int code; /* 100 to 599, or 0 */
	char text[LINK_FTP_TEXT_MAX];
	/* of the lines so far */
	size_t length;
	unsigned lines;
	bool open; /* "nnn-" has begun it, "nnn " will end it */
};

enum link_ftp_reading {
	LINK_FTP_MORE, /* another line is needed */
	LINK_FTP_DONE,
	LINK_FTP_BAD, /* a NUL, or too many lines */
};

/* Take one line, without its end, into a reply that was zeroed before its first line. */
enum link_ftp_reading link_ftp_reply_take(struct link_ftp_reply *reply, const char *line,
					  size_t length);

/* The port of a 227 reply: the last two of six numbers from 0 to 255 with commas between,
 * whatever stands around them. The address is not given out: it is never used. */
bool link_ftp_reply_pasv(const struct link_ftp_reply *reply, uint16_t *ret_port);

/* The port of a 229 reply: "(|||port|)". */
bool link_ftp_reply_epsv(const struct link_ftp_reply *reply, uint16_t *ret_port);

/* The number of a 213 reply to SIZE. */
bool link_ftp_reply_size(const struct link_ftp_reply *reply, int64_t *ret_size);

/* The time of a 213 reply to MDTM, as it stands: "20261122010000". */
bool link_ftp_reply_time(const struct link_ftp_reply *reply, char ret_time[static 32]);

/* The path of a 257 reply to PWD, its doubled quotes undone. */
bool link_ftp_reply_path(const struct link_ftp_reply *reply, char *ret_path, size_t size);

/* "(491648 bytes)" in a 150 reply. */
bool link_ftp_reply_announced(const struct link_ftp_reply *reply, int64_t *ret_size);

/* Whether a 211 reply to FEAT has this feature. */
bool link_ftp_reply_has_feature(const struct link_ftp_reply *reply, const char *feature);

/* Whether the text has a word or words, without regard to case. */
bool link_ftp_reply_says(const struct link_ftp_reply *reply, const char *words);
