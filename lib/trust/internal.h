#pragma once
/* What the files of this room share: parts of bytes, the binary form of SSH (RFC 4251 §5),
 * base64, public keys, patterns and the check of one value. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "trust/trust.h"

/* ---- encoding.c ---- */

/* Bytes within something that somebody else owns. */
struct trust_span {
	const uint8_t *bytes;
	size_t length;
};

bool trust_span_is(struct trust_span span, const char *word);

/* Take a field off the front of rest. False when it is not there as a whole. */
bool trust_take_byte(struct trust_span *rest, uint8_t *ret_byte);
bool trust_take_number(struct trust_span *rest, uint32_t *ret_number);
bool trust_take_string(struct trust_span *rest, struct trust_span *ret_string);

/* A whole number that is not negative, as its bytes without leading zeros, of which there are
 * at most most. */
bool trust_take_integer(struct trust_span *rest, size_t most, struct trust_span *ret_integer);

/* Decode base64 as OpenSSH does: with white space anywhere, padded, and with the bits that are
 * left over zero. Returns 0, -EINVAL or -ENOMEM; the caller frees *ret_bytes. */
int trust_base64_decode(uint8_t **ret_bytes, size_t *ret_length, const char *text, size_t length);

/* What a message shows of foreign text; the caller frees it. NULL without memory. */
char *trust_shown(const char *text, size_t length);

/* ---- key.c ---- */

enum {
	TRUST_RSA_BITS_LEAST = 3072,
	TRUST_RSA_BITS_MOST = 16384,
	TRUST_ED25519_KEY = 32,
	TRUST_ED25519_SIGNATURE = 64,
	TRUST_P256_POINT = 65, /* uncompressed, and its 0x04 */
	TRUST_P256_NUMBER = 32,
	TRUST_P256_SIGNATURE = 64, /* two of them */
};

/* A public key, as parts of its wire form. */
struct trust_key {
	enum trust_key_type type;
	struct trust_span point;	     /* all but RSA */
	struct trust_span modulus, exponent; /* RSA, without leading zeros */
	struct trust_span application;	     /* tokens */
};

bool trust_key_type_is_token(enum trust_key_type type);

/* Find the type with this name. */
bool trust_key_type_parse(enum trust_key_type *ret_type, struct trust_span name);

/* Read a key of a type that is accepted, strong enough and on its curve, and nothing behind it.
 * One key has one wire form. Returns 0 or -1 (ERROR_DATA). */
int trust_key_parse(struct trust_key *ret_key, struct trust_span wire, struct error *e);

/* The key for OpenSSL, in the host's own context; the caller frees it. NULL where it is not on
 * its curve, and where OpenSSL does not have such keys. */
EVP_PKEY *trust_key_open(const struct trust_key *key);

/* Returns 0 or -1 (ERROR_INTERNAL). */
int trust_key_fingerprint(char ret_fingerprint[static TRUST_FINGERPRINT_SIZE],
			  struct trust_span wire, struct error *e);

/* Take "TYPE BASE64" off the front of a line; what stands behind (a comment) is left in *text.
 * The words' separators are blanks and tabs. The caller frees *ret_wire. Returns 0 or -1
 * (ERROR_DATA). */
int trust_key_text_parse(enum trust_key_type *ret_type, uint8_t **ret_wire, size_t *ret_length,
			 const char **text, struct error *e);

/* ---- options.c ---- */

struct trust_options {
	char *namespaces; /* NULL: any */
	int64_t valid_after, valid_before;
};

/* Read the options of a line, without the key behind them. Fills what it understood also on
 * failure; the caller frees namespaces. Returns 0 or -1 (ERROR_CONFIG). */
int trust_options_parse(struct trust_options *options, const char *text, struct error *e);

/* ---- patterns.c ---- */

/* Whether name is one of a list of patterns, by OpenSSH's rules: 1, 0, or -1 where a pattern
 * with a "!" says that it is not. */
int trust_patterns_match(const char *list, const char *name);

/* Whether a list of patterns names anybody. */
bool trust_patterns_name_somebody(const char *list);

/* ---- verify.c ---- */

/* A message, and its digests once somebody asked for them. */
struct trust_message {
	const void *bytes;
	size_t length;
	bool has_sha256, has_sha512;
	uint8_t sha256[32], sha512[64];
};

/* Whether the signature's key made its value for this message: TRUST_GOOD,
 * TRUST_BAD_SIGNATURE or TRUST_NOT_CHECKED. */
enum trust_result trust_verify(const struct trust_signature *signature,
			       struct trust_message *message);
