#pragma once
/* The messages between the daemon and a puller, over SOCK_SEQPACKET: one message a packet,
 * typed, little-endian, length-prefixed, at most WIRE_MESSAGE_MAX bytes. Knows bytes; refuses
 * to know sockets and processes. The parent validates what a puller says like any foreign
 * bytes: counts, lengths, enums, order of paths and ends of strings are all checked here. */
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "visit/visit.h"

enum {
	WIRE_VERSION = 1, /* of this format: a puller of another version is refused */
	WIRE_MESSAGE_MAX = 32 * 1024,
	WIRE_HEADER_SIZE = 16,	       /* u32 length, u16 version, u16 type, u64 visit */
	WIRE_WORD_MAX = 256,	       /* asset, user, serial, pattern of an identity */
	WIRE_PINS_MAX = 8 * 1024,
	WIRE_NAMES_MAX = 65536,	       /* names, only and selectors of one order together */
	WIRE_OBSERVATIONS_MAX = 65536, /* of one report */
	WIRE_SECRET_MAX = 256 * 1024,
};

enum wire_type {
	/* to the puller */
	WIRE_ORDER = 1, /* begins a visit; a memfd with the secret travels beside it */
	WIRE_SELECTOR,	/* the order's next selector */
	WIRE_NAME,	/* one more name of the order's names or only */
	WIRE_GO,	/* the order is complete */
	WIRE_CANCEL,	/* WIRE_DONE still comes */
	/* from the puller */
	WIRE_READY, /* sandboxed, and what of it is in force */
	WIRE_PROGRESS,
	WIRE_OBSERVATION,
	WIRE_DONE,
	/* both ways: the puller answers each; one that does not within the parent's patience is
	 * stuck */
	WIRE_ALIVE,
	WIRE_TYPE_END,
};

struct wire_ready {
	uint32_t threads;
	int32_t landlock_abi; /* 0: the kernel has none */
	bool seccomp;
};

struct wire_progress {
	uint64_t bytes;
	uint32_t files;
};

/* One decoded message. visit is the number that the parent gave the visit, from 1; 0 with
 * WIRE_READY and WIRE_ALIVE. */
struct wire_message {
	enum wire_type type;
	uint64_t visit;
	union {
		struct visit_order order; /* without selectors, names and only */
		struct visit_selector selector;
		struct {
			bool only;
			char *path;
		} name;
		struct wire_ready ready;
		struct wire_progress progress;
		struct visit_observation observation;
		struct visit_report done; /* without observations and times */
	};
};

void wire_message_clear(struct wire_message *message);

/* Append the packet. Returns 0, -ENOMEM, -EMSGSIZE when it would be too long, or -EINVAL for a
 * message that wire_parse() would refuse; packet is then as before. */
int wire_write(struct text *packet, const struct wire_message *message);

/* Decode a packet: every count, enum, length, path and end of a string is checked, and what is
 * meant for a person's eyes is free of control bytes. Returns 0, -ENOMEM, or -EBADMSG for anything that wire_write() would not
 * have written; ret_message is then untouched. */
int wire_parse(struct wire_message *ret_message, const void *packet, size_t length);

/* The secret in its memfd: written by the parent, sealed, read once by the puller. Both leave
 * no copy behind but the one they give; whoever holds bytes overwrites them. Returns as
 * above. */
int wire_secret_write(struct text *bytes, const struct visit_secret *secret);
int wire_secret_parse(struct visit_secret *ret_secret, const void *bytes, size_t length);
