#pragma once
/* One row of the tables that hold trust and the installed ssh-keygen against each other. */
#include "tests/trust_fixture.h"

struct row {
	const char *says;	/* what the row is about */
	const char *signers;	/* a template: fixture_expand(); NULL: "alice <KEY>\n" */
	const char *words;	/* why trust refuses it; NULL where it is good here, too */
	const char *stricter;	/* why trust refuses what ssh-keygen takes */
	const char *key;	/* NULL: "ed" */
	const char *signature;	/* a file; NULL: KEY.sig */
	const char *principal;	/* NULL: "alice" */
	const char *message;	/* a file; NULL: "message" */
	const char *at;		/* NULL: "20261122120000Z" */
	const char *zone;	/* NULL: UTC */
	size_t padding;		/* so many more comment lines of 64 bytes behind the signers */
	void (*make_key)(struct text *wire); /* changes KEY, which is <made> then */
	void (*change)(struct parts *parts); /* of the signature */
	void (*garble)(struct text *armoured);
	bool good;		/* what ssh-keygen -Y verify says */
	bool verify_required;	/* which ssh-keygen cannot be asked for */
};

/* A row on which both agree, and one where trust is stricter; more fields may follow. */
#define GOOD(says_, signers_, ...) {.says = (says_), .signers = (signers_), .good = true, __VA_ARGS__}
#define BAD(says_, signers_, words_, ...)                                                          \
	{.says = (says_), .signers = (signers_), .words = (words_), __VA_ARGS__}
#define STRICTER(says_, signers_, words_, reason_, ...)                                            \
	{.says = (says_), .signers = (signers_), .good = true, .words = (words_),                  \
	 .stricter = (reason_), __VA_ARGS__}

/* Make the keys and the signatures: ed ed2 p256 rsa sked skec, and those that are not accepted
 * here: rsa2048 p384 p521 cert. KEY.sig each, and ed-sha256, rsa-sha256, ed-file (another
 * namespace), and sked-absent, skec-absent, sked-verified. The files message and other. */
void rows_make(struct server *place);

/* Ask both, and hold them to what the row says. */
void row_check(const struct server *place, const struct row *row);
