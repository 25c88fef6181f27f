#pragma once
/* The few messages of SFTP version 3 (draft-ietf-secsh-filexfer-02) that listing and reading
 * need, as bytes. No request that could change a device can be written with this. Knows
 * bytes; refuses to know sockets. Every byte of an answer is hostile. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "listing/listing.h"

struct text;

enum {
	LINK_SFTP_VERSION = 3,
	LINK_SFTP_PACKET_MAX = 256 * 1024, /* of an answer, without its length; OpenSSH's cap */
	LINK_SFTP_HANDLE_MAX = 256,	   /* §6.3 */
};

enum link_sftp_type {
	LINK_SFTP_INIT = 1,
	LINK_SFTP_HELLO = 2, /* SSH_FXP_VERSION */
	LINK_SFTP_OPEN = 3,
	LINK_SFTP_CLOSE = 4,
	LINK_SFTP_READ = 5,
	LINK_SFTP_LSTAT = 7,
	LINK_SFTP_FSTAT = 8,
	LINK_SFTP_OPENDIR = 11,
	LINK_SFTP_READDIR = 12,
	LINK_SFTP_STATUS = 101,
	LINK_SFTP_HANDLE = 102,
	LINK_SFTP_DATA = 103,
	LINK_SFTP_NAME = 104,
	LINK_SFTP_ATTRS = 105,
};

/* §7 */
enum link_sftp_status {
	LINK_SFTP_OK = 0,
	LINK_SFTP_EOF = 1,
	LINK_SFTP_NO_SUCH_FILE = 2,
	LINK_SFTP_PERMISSION_DENIED = 3,
	LINK_SFTP_FAILURE = 4,
	LINK_SFTP_BAD_MESSAGE = 5,
	LINK_SFTP_NO_CONNECTION = 6,
	LINK_SFTP_CONNECTION_LOST = 7,
	LINK_SFTP_UNSUPPORTED = 8,
};

struct link_sftp_handle {
	uint8_t bytes[LINK_SFTP_HANDLE_MAX];
	size_t length;
};

/* Lent from the answer that was parsed. */
struct link_sftp_bytes {
	const uint8_t *data;
	size_t length;
};

struct link_sftp_attributes {
	bool has_size;
	bool has_type; /* else type is LISTING_FILE */
	bool has_modified;
	enum listing_type type;
	uint64_t size;
	uint32_t modified; /* seconds since 1970 */
};

struct link_sftp_names {
	uint32_t left;
	struct link_sftp_bytes rest;
};

struct link_sftp_answer {
	enum link_sftp_type type;
	uint32_t id; /* LINK_SFTP_HELLO: the version */
	union {
		uint32_t status;
		struct link_sftp_handle handle;
		struct link_sftp_bytes data;
		struct link_sftp_attributes attributes;
		struct link_sftp_names names;
	};
};

/* Append one request with its length in front. link_sftp_add_open() asks to read, never to
 * write; type is LSTAT or OPENDIR, or CLOSE, FSTAT or READDIR. */
void link_sftp_add_init(struct text *packet);
void link_sftp_add_open(struct text *packet, uint32_t id, const char *path);
void link_sftp_add_path(struct text *packet, enum link_sftp_type type, uint32_t id,
			const char *path);
void link_sftp_add_handle(struct text *packet, enum link_sftp_type type, uint32_t id,
			  const struct link_sftp_handle *handle);
void link_sftp_add_read(struct text *packet, uint32_t id, const struct link_sftp_handle *handle,
			uint64_t offset, uint32_t length);

/* Decode an answer, without its length. Returns 0, or -EBADMSG: not an answer of version 3. */
int link_sftp_parse(struct link_sftp_answer *ret_answer, const void *packet, size_t length);

/* Take the next name. Returns 1, 0 when there are no more, or -EBADMSG. The type comes from
 * the mode, else from the first letter of the long name. */
int link_sftp_next_name(struct link_sftp_names *names, struct link_sftp_bytes *ret_name,
			struct link_sftp_attributes *ret_attributes);

/* The draft's words: "no such file". */
const char *link_sftp_status_text(uint32_t status);
