#pragma once
/* MD5 and SHA-256 of a stream of bytes in one pass. Knows hashing; refuses to know where
 * the bytes come from. SHA-256 decides; MD5 is carried because the 2015 advisories ask
 * for it and vendors publish it. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum { DIGEST_MD5_SIZE = 16, DIGEST_SHA256_SIZE = 32, DIGEST_SHA256_HEX = 2 * DIGEST_SHA256_SIZE };

struct digest_pair {
	uint8_t md5[DIGEST_MD5_SIZE];
	uint8_t sha256[DIGEST_SHA256_SIZE];
};

/* The algorithms, fetched once. MD5 comes from a private library context with the default
 * provider, so that it is there on FIPS hosts; SHA-256 from the host's own context. May be
 * shared by threads. */
struct digest_engine;

/* Fetch both and run the known-answer test. Returns 0, or -1 with words for an operator
 * when a digest cannot be had or gives a wrong answer: the caller must not start. */
int digest_engine_new(struct digest_engine **ret_engine, struct error *e);
void digest_engine_free(struct digest_engine *engine);

/* One stream's state. Belongs to one thread; engine must outlive it. */
struct digest;

/* Returns NULL without memory. */
struct digest *digest_new(const struct digest_engine *engine);
void digest_free(struct digest *digest);

/* Start a stream, add to it, end it. A failure inside OpenSSL is remembered and reported
 * by digest_final() as -EIO; ret_pair is then untouched. */
void digest_start(struct digest *digest);
void digest_update(struct digest *digest, const void *bytes, size_t length);
int digest_final(struct digest *digest, struct digest_pair *ret_pair);

bool digest_equal(const struct digest_pair *a, const struct digest_pair *b);

/* SHA-256 of one buffer in lower-case hexadecimal: the id of a manifest, a link of a
 * chain. Returns 0 or -EIO. */
int digest_sha256_hex(char ret_hex[static DIGEST_SHA256_HEX + 1], const void *bytes, size_t length);
