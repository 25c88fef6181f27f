#pragma once
/* The fleet: every pump with its listener, the sessions with them, and the control socket. */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "loop.h"
#include "pump.h"
#include "record.h"

struct error;
struct session;
struct text;

/* What all pumps of a fleet have in common. Strings are lent. */
struct fleet_options {
	unsigned pumps;
	const char *address;  /* of pump 1 */
	uint16_t port;	      /* 0: a free one for each */
	bool each_address;    /* pump n is at address + n - 1; else at port + n - 1 */
	const char *content;  /* a folder, or NULL: the published files */
	bool content_each;    /* pump n has the folder content/n */
	uint64_t seed;
	const char *user;     /* NULL: no login is asked for, and none works */
	const char *password;
	const char *serial;   /* with one "%s" for the number */
	const char *greeting; /* with one "%s" for the serial */
	enum pump_listing listing;
	bool knows_size;      /* SIZE and MDTM answer */
	bool plain_pasv;      /* PASV is answered as most servers do */
};

struct fleet_pump {
	struct pump pump;
	struct pump_files own; /* where content_each */
	struct watch listener;
	struct fleet *fleet;
};

struct fleet {
	struct fleet_options options;
	struct loop loop;
	struct record record;
	struct pump_files files;   /* of all pumps, unless content_each */
	struct fleet_pump *pumps;
	struct session *sessions;  /* open ones */
	struct session *closed;	   /* to be freed after the turn */
	unsigned throttled;	   /* sessions that wait for their rate */
	struct watch control;
	const char *control_path;
};

/* Make the pumps and their listeners. files_extra are "NAME=SIZE" words that replace the
 * published files. Returns 0 or -1. */
int fleet_start(struct fleet *fleet, const struct fleet_options *options,
		const char *const *files_extra, struct error *e);
void fleet_stop(struct fleet *fleet);

/* Serve once, waiting at most wait_ms. */
void fleet_turn(struct fleet *fleet, int wait_ms);

/* Open or close a pump's listener as its faults want it. Returns 0 or -1. */
int fleet_listen(struct fleet_pump *pump, struct error *e);

/* A non-blocking socket bound to a pump's address, or a negative errno. */
int fleet_socket(const struct pump *pump, uint16_t port);

/* Write form with word in place of its "%s". */
void fleet_fill(char *ret_text, size_t size, const char *form, const char *word);

/* ---- control.c: faults by command ---- */

/* Carry out one line, "PUMPS FAULT ARGUMENTS"; control_usage says what there is. What was
 * asked for is appended to answer. Returns 0 or -1. */
extern const char control_usage[];
int control_apply(struct fleet *fleet, char *line, struct text *answer, struct error *e);

/* Take lines from a socket at path, and answer each with "ok" or "error: …". */
int control_start(struct fleet *fleet, const char *path, struct error *e);
void control_stop(struct fleet *fleet);

/* The other side: send a line, print the answer. Returns an exit code. */
int control_tell(const char *path, const char *line);
