#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "digest/engine.h"

#include "digest/digest.h"

struct digest {
	const struct digest_engine *engine;
	EVP_MD_CTX *md5;
	EVP_MD_CTX *sha256;
	bool broken; /* something failed, or no stream is open */
};

CLEANUP_DEFINE(struct digest, digest_free);

struct digest *digest_new(const struct digest_engine *engine)
{
	CLEANUP(cleanup_digest_free) struct digest *digest = calloc(1, sizeof *digest);

	if (!digest)
		return NULL;
	digest->engine = engine;
	digest->broken = true;
	digest->md5 = EVP_MD_CTX_new();
	digest->sha256 = EVP_MD_CTX_new();
	if (!digest->md5 || !digest->sha256)
		return NULL;
	return TAKE(digest);
}

void digest_free(struct digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->md5);
	EVP_MD_CTX_free(digest->sha256);
	free(digest);
}

void digest_start(struct digest *digest)
{
	digest->broken = EVP_DigestInit_ex(digest->md5, digest->engine->md5, NULL) != 1 ||
			 EVP_DigestInit_ex(digest->sha256, digest->engine->sha256, NULL) != 1;
}

void digest_update(struct digest *digest, const void *bytes, size_t length)
{
	if (digest->broken || length == 0)
		return;
	digest->broken = EVP_DigestUpdate(digest->md5, bytes, length) != 1 ||
			 EVP_DigestUpdate(digest->sha256, bytes, length) != 1;
}

int digest_final(struct digest *digest, struct digest_pair *ret_pair)
{
	struct digest_pair pair;
	unsigned md5_size = 0, sha256_size = 0;

	if (digest->broken)
		return -EIO;
	digest->broken = true; /* until the next start */
	if (EVP_DigestFinal_ex(digest->md5, pair.md5, &md5_size) != 1 ||
	    EVP_DigestFinal_ex(digest->sha256, pair.sha256, &sha256_size) != 1 ||
	    md5_size != sizeof pair.md5 || sha256_size != sizeof pair.sha256)
		return -EIO;
	*ret_pair = pair;
	return 0;
}

bool digest_equal(const struct digest_pair *a, const struct digest_pair *b)
{
	return memcmp(a->md5, b->md5, sizeof a->md5) == 0 &&
	       memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0;
}

int digest_sha256_hex(char ret_hex[static DIGEST_SHA256_HEX + 1], const void *bytes, size_t length)
{
	uint8_t sha256[DIGEST_SHA256_SIZE];
	size_t size = 0;

	if (EVP_Q_digest(NULL, "SHA256", NULL, bytes, length, sha256, &size) != 1 ||
	    size != sizeof sha256)
		return -EIO;
	hex_write(ret_hex, sha256, sizeof sha256);
	return 0;
}
