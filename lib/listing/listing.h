#pragma once
/* Turns what a device says is in a folder into entries. Knows the many shapes of FTP
 * listings; refuses to know sockets and libraries. Every byte is hostile. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum {
	LISTING_BYTES_MAX = 8 * 1024 * 1024,
	LISTING_LINE_MAX = 4096,
	LISTING_ENTRIES_MAX = 65536,
	LISTING_NAME_MAX = 255,
};

enum listing_format {
	LISTING_MLSD, /* RFC 3659 §7 */
	LISTING_LIST, /* whatever the server's `ls` or `dir` prints */
	LISTING_NLST, /* bare names: all are taken for files of unknown size */
};

enum listing_type {
	LISTING_FILE,
	LISTING_FOLDER,
	LISTING_LINK,  /* a symbolic link: never followed */
	LISTING_OTHER, /* device, socket, fifo */
};

struct listing_entry {
	char *name; /* raw bytes, one segment, never empty, "." or "..", no "/", CR, LF or NUL */
	enum listing_type type;
	bool has_size;
	uint64_t size;
	char modified[32]; /* the listing's own words for the time, compared as text; or empty */
};

struct listing {
	struct listing_entry *entries; /* in the order given; names are unique */
	size_t count;
};

void listing_clear(struct listing *listing);

/* Read a whole folder's listing. Blank lines, "total N", and the entries "." and ".." (cdir,
 * pdir) are passed over. A line that is not understood, a name that is not safe, a name twice
 * or a limit passed makes the whole listing not understood: what is not read is not vouched
 * for. Returns 0, or -1 (ERROR_DATA) with the line number and the line escaped for display. */
int listing_parse(struct listing *ret_listing, enum listing_format format, const char *bytes,
		  size_t length, struct error *e);

/* Append one entry of a structured listing (SFTP, a local folder) after the same checks;
 * copies name. Returns 0; -EINVAL for a name that must not be taken; -E2BIG; -ENOMEM. The
 * entries "." and ".." are passed over with 0. Uniqueness is the giver's, at the end. */
int listing_add(struct listing *listing, const char *name, size_t name_length,
		enum listing_type type, bool has_size, uint64_t size, const char *modified);

/* Whether no name is there twice: which of the two would be read? Returns 0, or -1
 * (ERROR_DATA) with the name escaped for display. */
int listing_check_unique(const struct listing *listing, struct error *e);
