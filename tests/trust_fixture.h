#pragma once
/* Keys and signatures made by the installed ssh-keygen in a temporary folder, and signatures
 * taken apart and put together again, for the tests of trust. Tokens are of software
 * (tests/servers/sk_provider.c). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "tests/servers/servers.h"

#define FIXTURE_NAMESPACE "pumpwatch-baseline-v1"

/* Make a folder, and in it keys without a passphrase: pairs of a file's name and of ssh-keygen's
 * options ("-t ed25519"), up to NULL. End with server_stop(). */
void fixture_make(struct server *place, const char *const keys[]);

/* Sign folder/message with folder/key into folder/to. options stand before the file's name;
 * environment (may be "") before the command. */
void fixture_sign(const struct server *place, const char *environment, const char *key,
		  const char *options, const char *message, const char *to);

/* The bytes of folder/name, which the caller frees. */
char *fixture_read(const struct server *place, const char *name, size_t *ret_length);
void fixture_write(const struct server *place, const char *name, const void *bytes, size_t length);

/* Append template, in which <name> stands for the public key folder/name.pub without its
 * comment ("ssh-ed25519 AAAA…") and <name:> for its base64 alone. */
void fixture_expand(struct text *text, const struct server *place, const char *template);

/* What ssh-keygen -Y verify says: whether folder/signature is one of folder/message by principal
 * for the namespace, by folder/signers, at a time ("20261122120000Z"). zone is its TZ. */
bool fixture_verify(const struct server *place, const char *signers, const char *principal,
		    const char *signature, const char *message, const char *at, const char *zone);

/* ---- signatures in parts ---- */

/* Each is the content of its field. */
struct parts {
	struct text magic, version; /* as they stand there */
	struct text key, name_space, reserved, hash;
	struct text algorithm, value; /* within the last field */
	struct text token;	      /* flags and counter */
	struct text behind_value, behind;
};

/* The bytes that an armoured signature holds; the caller frees them. */
uint8_t *fixture_blob(const char *armoured, size_t *ret_length);

void parts_take(struct parts *parts, const char *armoured);
void parts_clear(struct parts *parts);
void parts_blob(const struct parts *parts, struct text *ret_blob);

void fixture_armour(struct text *text, const void *blob, size_t length);

void parts_add_string(struct text *text, const void *bytes, size_t length);
