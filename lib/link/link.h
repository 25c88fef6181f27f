#pragma once
/* How to list and read over each protocol, one blocking connection at a time, in the thread
 * of the caller. Knows libcurl, libssh, our own FTP and reading of files; refuses to know
 * baselines and the store. Only the puller program links it. Nothing is ever written to a
 * device: docs/ARCHITECTURE.md has the list of verbs that can leave here. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "listing/listing.h"
#include "visit/visit.h"

/* Start and stop the libraries; once a process, before threads and before the sandbox.
 * ca_bundle (PEM, lent until link_stop) vouches for certificates without a pin; may be NULL. */
int link_start(const char *ca_bundle, struct error *e);
void link_stop(void);

/* Numeric addresses for a host name, since the sandbox cannot open files. Returns 0 and
 * ret_address ("192.0.2.7", "2001:db8::7"), or -1: name not found. */
typedef int link_resolve(void *userdata, const char *host, char ret_address[static 64]);

/* What a link needs beside the order. All lent until link_close(). */
struct link_environment {
	const struct visit_order *order;
	const struct visit_secret *secret;
	link_resolve *resolve;
	void *resolve_userdata;
	const atomic_bool *cancelled; /* seen within a second in every state; may be NULL */
	int64_t deadline_at; /* the visit's end by the monotonic clock, in microseconds; 0: the
			      * order's total_seconds from now, for a visit's first link */
};

struct link;

/* What came of a call: an outcome, and words beside it (escaped for display, never a secret). */
struct link_result {
	enum visit_outcome outcome;
	char detail[256];
};

/* An outcome with words. The whole text is escaped for display and cut to fit, so what a
 * device said may stand among the arguments. */
struct link_result link_failed(enum visit_outcome outcome, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Connect, check the key or certificate, log in, and see the greeting. Some protocols have
 * nothing to do before the first list or read (HTTP, TFTP): VISIT_OK then promises nothing.
 * ret_link is set only on VISIT_OK; what was seen of the peer is put into ret_seen always. */
struct link_seen {
	struct visit_grade grade; /* identified is filled by the caller for serials */
	char pin[128];
	char key[VISIT_KEY_SIZE]; /* as seen_key of struct visit_report */
	char address[64];
	char greeting[512]; /* raw, NUL-terminated; FTP's 220 lines or the SSH banner; or empty */
};
struct link_result link_open(struct link **ret_link, const struct link_environment *environment,
			     struct link_seen *ret_seen);

/* The grade and the pin as known now (HTTPS and FTPS know them after the first transfer). */
void link_look(const struct link *link, struct link_seen *ret_seen);

/* List one folder, given relative to the root ("" is the root itself). */
struct link_result link_list(struct link *link, const char *folder, struct listing *ret_listing);

/* Read one file in binary. on_bytes gets each piece in order; it returns false to stop (too
 * large). expected is the listed size, or negative where none is known. length_verified says
 * that the link announced a length of its own, and it was met. */
typedef bool link_on_bytes(void *userdata, const void *bytes, size_t length);
struct link_read {
	uint64_t size;
	bool length_verified;
};
struct link_result link_read(struct link *link, const char *path, int64_t expected,
			     link_on_bytes *on_bytes, void *userdata, struct link_read *ret_read);

/* Size and time of one file as the link tells them, to see whether it changed while it was
 * read; has_size and modified may stay empty. VISIT_LISTING_UNSUPPORTED: this link cannot. */
struct link_result link_stat(struct link *link, const char *path, struct listing_entry *ret_entry);

/* Whether the connection can go on: after some errors only a new link will do. */
bool link_is_usable(const struct link *link);

/* Never blocks on the peer for more than a second. NULL is fine. */
void link_close(struct link *link);
