#pragma once
/* Devices that misbehave: a server whose every answer a test writes down. It serves one
 * connection after another in a process of its own, on server->port of 127.0.0.1. */
#include <stddef.h>

#include "tests/servers/servers.h"

typedef void script_talk(int fd, const struct server *server, const void *script);

/* Start after server_prepare(); end by server_stop(). script is lent. */
void script_start(struct server *server, script_talk *talk, const void *script);

/* The same over UDP: talk gets a bound socket once. */
void script_start_udp(struct server *server, script_talk *talk, const void *script);

void script_say(int fd, const char *text);
void script_give(int fd, const void *bytes, size_t length);
void script_hang(int fd);  /* until the peer goes */
void script_reset(int fd); /* close with RST */

/* Append a line to folder/commands. */
void script_record(const struct server *server, const char *line);

/* ---- an FTP server ---- */

enum { SCRIPT_ANSWERS_MAX = 12 };

enum script_then {
	SCRIPT_GO_ON,
	SCRIPT_HANG,  /* and say nothing more */
	SCRIPT_CLOSE, /* both connections */
	SCRIPT_RESET, /* both connections */
};

/* The answer to one command. What is left NULL or zero is as a decent server does it. */
struct script_answer {
	const char *verb; /* or a whole command: "RETR HEAD_F~1" */
	/* Whole lines. "%1" is the port of a new listener in PASV's two numbers, "%2" in one.
	 * After one for PORT nobody connects. */
	const char *reply;
	const char *data; /* over the data connection, for LIST, RETR … */
	unsigned repeat;  /* send it so many times more */
	const char *end;  /* after the data; "" for none */
	enum script_then then; /* after the reply; of a transfer, after the data, before the end */
	bool drip; /* the reply comes byte by byte, 20 ms apart, until the peer goes */
};

/* The two usual ones: a reply and no more, and bytes over the data connection. */
#define SAYS(verb_, ...) {.verb = (verb_), .reply = __VA_ARGS__}
#define GIVES(verb_, ...) {.verb = (verb_), .data = __VA_ARGS__}

struct script_ftp {
	const char *greeting; /* NULL: "220 Sample\r\n" */
	enum script_then then; /* after the greeting */
	struct script_answer answers[SCRIPT_ANSWERS_MAX]; /* until one without a verb */
};

/* A talk for script_start(); script is a struct script_ftp. */
void script_ftp(int fd, const struct server *server, const void *script);

/* ---- an HTTP server ---- */

/* A talk: reads requests and answers each by the string at script, then closes. */
void script_http(int fd, const struct server *server, const void *script);
