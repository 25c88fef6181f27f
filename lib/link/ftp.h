#pragma once
/* Our own FTP reader (RFC 959, 1123, 2228, 2428, 3659, 4217): it can say USER PASS TYPE PASV
 * EPSV PORT EPRT CWD PWD SIZE MDTM MLSD LIST NLST RETR FEAT PBSZ PROT AUTH QUIT, and nothing
 * else, whatever a device answers. */
#include "link/ftp_reply.h"
#include "link/stream.h"

enum { LINK_FTP_PATH_MAX = 2 * VISIT_PATH_MAX + 2 };

struct link_ftp {
	struct link *link;
	struct link_stream control;
	char input[LINK_FTP_LINE_MAX + 2];
	size_t input_length;
	struct link_ftp_reply reply; /* the last one */
	char greeting[512];
	SSL_CTX *context; /* NULL: no TLS */
	struct link_tls tls;
	bool is_usable;
	/* where we are */
	bool has_left_home;		 /* relative paths mean something else now */
	char home[VISIT_PATH_MAX + 1]; /* empty: not asked for yet */
	/* what this server was found to lack */
	bool features_known;
	bool lacks_mlsd;
	bool lacks_list;
	bool lacks_nlst;
	bool lacks_cwd;
	bool lacks_pasv;
	bool lacks_size;
	bool lacks_mdtm;
};

/* ---- the conversation (ftp_control.c) ---- */

/* Send one command; argument may be NULL. CR, LF and NUL cannot pass. */
struct link_result link_ftp_say(struct link_ftp *ftp, const char *verb, const char *argument);

/* Take the next reply into ftp->reply. Anything but VISIT_OK ends the connection; so does a
 * 421, which is VISIT_BUSY. */
struct link_result link_ftp_hear(struct link_ftp *ftp);

/* Both. */
struct link_result link_ftp_ask(struct link_ftp *ftp, const char *verb, const char *argument);

/* The outcome of the last reply, when it is not the one that was hoped for. */
struct link_result link_ftp_refusal(const struct link_ftp *ftp);

/* Whether the last reply says that the server does not know the command. */
bool link_ftp_is_unknown(const struct link_ftp *ftp);

bool link_ftp_is_fine(const struct link_ftp *ftp); /* 2xx */

/* Start TLS on the control connection. */
struct link_result link_ftp_secure(struct link_ftp *ftp);

/* The end of the wait for an answer that begins now. */
int64_t link_ftp_patience(const struct link_ftp *ftp);

/* ---- bytes (ftp_data.c) ---- */

/* Open a data connection, send the command, take all bytes in, and hear that it is complete.
 * ret_announced: what the 150 reply says of the length, or -1. When the server refuses, the
 * result is link_ftp_refusal(), and the connection goes on. */
struct link_result link_ftp_transfer(struct link_ftp *ftp, const char *verb, const char *argument,
				     struct link_intake *intake, int64_t *ret_announced,
				     bool *ret_torn);
