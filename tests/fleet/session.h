#pragma once
/* One FTP control connection with the transfer it may have. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#include "fleet.h"

enum { SESSION_LINE_MAX = 2048, SESSION_PATH_MAX = 1024 };

enum transfer_kind {
	TRANSFER_NONE,
	TRANSFER_TEXT,	  /* a listing */
	TRANSFER_ENDLESS, /* a listing without an end */
	TRANSFER_FILE,
	TRANSFER_STORE,	  /* taken and thrown away */
};

struct transfer {
	enum transfer_kind kind;
	bool begun;	    /* "150" was said */
	struct text text;
	struct pump_file file; /* a copy, since faults may change the pump meanwhile; the content
				* is its own, the path is not used */
	uint64_t offset;    /* sent so far, in bytes of the file or text */
	uint64_t end;
	enum pump_end ending;
	int64_t tokens;	    /* bytes that the rate allows now */
	int64_t tokens_at;
	bool waiting;	    /* for tokens */
};

struct session {
	struct session *next;
	struct session *previous;
	struct fleet *fleet;
	struct fleet_pump *pump;
	struct watch control;
	char line[SESSION_LINE_MAX];
	size_t line_length;
	bool silent; /* says nothing any more */
	bool logged_in;
	char user[64];
	char folder[SESSION_PATH_MAX]; /* "" is the root */
	bool ascii;
	struct sockaddr_in active; /* where PORT wants the data; port 0: passive */
	struct watch passive;	   /* listener of PASV */
	struct watch data;
	bool connecting;	   /* data is on its way to where PORT said */
	struct transfer transfer;
	uint64_t endless; /* lines of an endless listing so far */
};

/* ---- session.c ---- */
void session_open(struct fleet_pump *pump, int fd);
void session_close(struct session *session); /* freed after the turn */
void session_reset(struct session *session); /* the peer sees a reset */
void session_bury(struct fleet *fleet);	     /* free what was closed */
void session_reply(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- commands.c ---- */
void command_run(struct session *session, char *line);

/* ---- transfer.c ---- */
void transfer_passive(struct session *session);
bool transfer_active(struct session *session, const char *argument);
/* What TYPE A does to a file: the text of it, with CR before each LF. */
void transfer_to_ascii(struct transfer *transfer);
/* Begin what session->transfer says over the data connection agreed on. */
void transfer_start(struct session *session);
void transfer_drop(struct session *session);
void transfer_tick(struct session *session); /* time has passed: tokens may have come */

/* ---- folder.c ---- */
/* Append the listing of a folder, or of one file. */
void folder_list(struct text *text, struct pump *pump, const char *path);
void folder_names(struct text *text, struct pump *pump, const char *path);
void folder_garbage(struct text *text, unsigned number);
/* Line number of a listing that never ends. */
void folder_endless(struct text *text, uint64_t number);
