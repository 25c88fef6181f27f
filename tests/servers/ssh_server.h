#pragma once
/* An SSH server of our own that misbehaves on demand, on a free port of 127.0.0.1. It lets in
 * the user "tech" with the password "sample" and serves one made-up file, "file", of
 * SSH_SERVER_FILE bytes, in one made-up folder. End it with server_stop(). */
#include "tests/servers/servers.h"

enum { SSH_SERVER_FILE = 300000 };

enum ssh_server_trick {
	SSH_SERVER_HONEST,
	/* on the socket */
	SSH_SERVER_SILENT,
	SSH_SERVER_HANGS_UP,
	SSH_SERVER_IS_FTP,
	SSH_SERVER_BANNER_ONLY,
	SSH_SERVER_BANNER_WITHOUT_END,
	SSH_SERVER_GARBAGE_AFTER_BANNER,
	SSH_SERVER_HUGE_PACKET_AFTER_BANNER,
	/* at the login */
	SSH_SERVER_SILENT_AFTER_KEX,
	SSH_SERVER_HANGS_UP_AFTER_KEX,
	SSH_SERVER_SILENT_AT_LOGIN,
	SSH_SERVER_HANGS_UP_AT_LOGIN,
	SSH_SERVER_QUESTIONS, /* keyboard-interactive, as many servers do with PAM */
	SSH_SERVER_MANY_QUESTIONS,
	SSH_SERVER_OPEN_QUESTION, /* with an echo: not for a password */
	SSH_SERVER_ENDLESS_QUESTIONS,
	SSH_SERVER_NO_LOGIN, /* lets in whoever comes */
	SSH_SERVER_WANTS_MORE, /* a key after the password */
	/* at the channel */
	SSH_SERVER_SILENT_AT_CHANNEL,
	SSH_SERVER_NO_CHANNEL,
	SSH_SERVER_SILENT_AT_SUBSYSTEM,
	SSH_SERVER_NO_SUBSYSTEM,
	SSH_SERVER_SILENT_AT_VERSION,
	SSH_SERVER_VERSION_6,
	SSH_SERVER_TEXT_FOR_VERSION, /* a shell's greeting in the way */
	/* any answer */
	SSH_SERVER_WRONG_ID,
	SSH_SERVER_WRONG_TYPE,
	SSH_SERVER_HUGE_LENGTH,
	SSH_SERVER_ZERO_LENGTH,
	SSH_SERVER_TORN_PACKET,
	SSH_SERVER_LONG_HANDLE,
	SSH_SERVER_BARE_STATUS, /* without the words that the draft wants */
	SSH_SERVER_NO_LSTAT,
	SSH_SERVER_NO_FSTAT,
	SSH_SERVER_NO_ATTRIBUTES,
	SSH_SERVER_STDERR_FLOOD,
	SSH_SERVER_IGNORE_FLOOD,
	SSH_SERVER_DEAF, /* asks without end, and reads no answer */
	/* a file */
	SSH_SERVER_SILENT_IN_FILE,
	SSH_SERVER_HANGS_UP_IN_FILE,
	SSH_SERVER_SHORT_READS,
	SSH_SERVER_BACKWARDS, /* the last request is answered first */
	SSH_SERVER_BACKWARDS_AND_SHORT,
	SSH_SERVER_TOO_MUCH_DATA,
	SSH_SERVER_EMPTY_DATA,
	SSH_SERVER_ENDS_EARLY,
	SSH_SERVER_FAILS_EARLY,
	SSH_SERVER_DATA_AFTER_END,
	SSH_SERVER_GROWS,
	SSH_SERVER_TOUCHES,
	SSH_SERVER_LIES_LARGE, /* says 2^63 bytes */
	/* a folder */
	SSH_SERVER_SILENT_IN_LISTING,
	SSH_SERVER_ENDLESS_LISTING,
	SSH_SERVER_ENDLESS_DOTS,
	SSH_SERVER_EMPTY_NAMES,
	SSH_SERVER_NAME_TWICE,
	SSH_SERVER_NAME_WITH_SLASH,
	SSH_SERVER_NAME_WITH_NUL,
	SSH_SERVER_HUGE_COUNT,
	SSH_SERVER_TYPE_IN_LONG_NAME, /* the mode has the permissions alone */
};

/* Start it; after server_prepare(). Writes a line into folder/logins for each login that is
 * tried: "password sample". */
void ssh_server_start(struct server *server, enum ssh_server_trick trick);

/* The pin of its host key. */
void ssh_server_pin(const struct server *server, char ret_pin[static 128]);

/* The made-up file's byte at an offset. */
unsigned char ssh_server_byte(uint64_t offset);
