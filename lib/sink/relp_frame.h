#pragma once
/* RELP (the Reliable Event Logging Protocol of rsyslog, "relp.html" of librelp) as bytes: frames,
 * answers, offers, and the window of what is not yet acknowledged. Pure. Every byte that comes
 * from the peer is hostile. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

enum {
	RELP_NUMBER_MOST = 999999999,
	RELP_COMMAND_MAX = 32,
	RELP_DATA_MAX = 64 * 1024, /* that a peer may send in one frame */
	RELP_FRAME_MAX = 9 + 1 + RELP_COMMAND_MAX + 1 + 9 + 1 + RELP_DATA_MAX + 1,
	RELP_WINDOW_MAX = 64,
};

/* The transaction number after this one: 1 follows the highest. */
uint32_t relp_next(uint32_t number);

struct relp_frame {
	uint32_t number; /* 0: no answer to anything */
	char command[RELP_COMMAND_MAX + 1];
	const char *data; /* lent: within the bytes that were read */
	size_t length;
};

/* Read the frame that begins at bytes. Returns how many bytes it has, 0 when more are needed, or
 * -EBADMSG for what is not one. */
int relp_frame_parse(struct relp_frame *ret_frame, const char *bytes, size_t length);

void relp_frame_write(struct text *text, uint32_t number, const char *command, const void *data, size_t length);

/* The data of a "rsp": a code of three digits, words for people, and from the next line on more
 * (the offers). */
struct relp_answer {
	unsigned code;
	const char *words; /* lent */
	size_t words_length;
	const char *rest;
	size_t rest_length;
};
/* Returns 0 or -EBADMSG. */
int relp_answer_parse(struct relp_answer *ret_answer, const char *data, size_t length);

/* Whether the offers that answer an "open" are those of a receiver we can talk to: it speaks
 * version 0, and takes the command "syslog". NULL, or why not. */
const char *relp_offers_refused(const char *offers, size_t length);

/* ---- the window ---- */

/* Records in the order of their numbers; those before it are all acknowledged. */
struct relp_window {
	uint32_t first; /* the number of the oldest that is not, or of the next to be sent */
	unsigned count; /* from first on */
	uint64_t acked; /* bit i: first + i has its answer */
};

/* The number of what is sent next. */
uint32_t relp_window_next(const struct relp_window *window);

/* Take it for a record. There must be fewer than RELP_WINDOW_MAX. */
uint32_t relp_window_take(struct relp_window *window);

/* Note the acknowledgement of a number. Returns how many of the oldest are now done with, or
 * -EBADMSG: this one was never sent, or has its answer already. */
int relp_window_answer(struct relp_window *window, uint32_t number);
