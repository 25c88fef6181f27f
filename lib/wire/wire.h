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
	WIRE_MESSAGE_MAX = 32 * 1024,
	WIRE_NAMES_MAX = 65536,	       /* names and selectors of one order */
	WIRE_OBSERVATIONS_MAX = 65536, /* of one report */
};

enum wire_type {
	/* to the puller */
	WIRE_ORDER = 1, /* begins a visit; a memfd with the secret travels beside it */
	WIRE_NAME,	/* one more name of the order's names or only */
	WIRE_GO,	/* the order is complete */
	WIRE_CANCEL,
	/* from the puller */
	WIRE_READY, /* sandboxed, and what of it is in force */
	WIRE_PROGRESS,
	WIRE_OBSERVATION,
	WIRE_DONE,
	WIRE_ALIVE, /* answers within the parent's patience; else the puller is stuck */
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

/* One decoded message. visit is the number that the parent gave the visit. */
struct wire_message {
	enum wire_type type;
	uint64_t visit;
	union {
		struct visit_order order; /* without names and only */
		struct {
			bool only;
			char *path;
		} name;
		struct wire_ready ready;
		struct wire_progress progress;
		struct visit_observation observation;
		struct visit_report done; /* without observations */
	};
};

void wire_message_clear(struct wire_message *message);

/* Append the packet. Returns 0, -ENOMEM, or -EMSGSIZE when it would be too long. */
int wire_write(struct text *packet, const struct wire_message *message);

/* Decode a packet. Returns 0, -ENOMEM, or -EBADMSG for anything that wire_write() would not
 * have written; ret_message is then untouched. */
int wire_parse(struct wire_message *ret_message, const void *packet, size_t length);

/* The secret in its memfd: written by the parent, sealed, read once by the puller. */
int wire_secret_write(struct text *bytes, const struct visit_secret *secret);
int wire_secret_parse(struct visit_secret *ret_secret, const void *bytes, size_t length);
