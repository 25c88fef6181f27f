#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/hex.h"
#include "digest/digest.h"

#include "digest/engine.h"

CLEANUP_DEFINE(struct digest_engine, digest_engine_free);
CLEANUP_DEFINE(struct digest, digest_free);

/* RFC 1321 A.5 and the examples that NIST publishes with FIPS 180-4; a message that only one
 * of them has carries that digest alone. The last fills more than one block. */
static const struct {
	const char *message, *md5, *sha256;
} known_answers[] = {
	{"", "d41d8cd98f00b204e9800998ecf8427e",
	 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"a", "0cc175b9c0f1b6a831c399e269772661", NULL},
	{"abc", "900150983cd24fb0d6963f7d28e17f72",
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"message digest", "f96b697d7cb7938d525a2f31aaf161d0", NULL},
	{"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b", NULL},
	{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	 "d174ab98d277d9f5a5611c2c9f419d9f", NULL},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", NULL,
	 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
	 "57edf4a22be3c955ac49da2e2107b67a", NULL},
};

/* OpenSSL's reason, of which it sometimes gives none. Leaves its queue empty. */
static int refuse(struct error *e, const char *what)
{
	char reason[256] = "OpenSSL gives no reason";
	unsigned long code = ERR_peek_last_error();

	if (code != 0)
		ERR_error_string_n(code, reason, sizeof reason);
	ERR_clear_error();
	return error_set(e, ERROR_UNAVAILABLE, "%s: %s", what, reason);
}

static bool answer_is(const char *expected, const uint8_t *bytes, size_t length)
{
	uint8_t answer[DIGEST_SHA256_SIZE];

	return !expected || (hex_parse(answer, length, expected, strlen(expected)) == 0 &&
			     memcmp(answer, bytes, length) == 0);
}

static int check_known_answers(const struct digest_engine *engine, struct error *e)
{
	CLEANUP(cleanup_digest_free) struct digest *digest = digest_new(engine);

	if (!digest)
		return error_memory(e);
	for (size_t i = 0; i < sizeof known_answers / sizeof known_answers[0]; i++) {
		const char *message = known_answers[i].message;
		size_t length = strlen(message);
		struct digest_pair pair;

		digest_start(digest);
		digest_update(digest, message, length / 3);
		digest_update(digest, message + length / 3, length - length / 3);
		if (digest_final(digest, &pair) < 0)
			return refuse(e, "the self-test of MD5 and SHA-256 could not run");
		if (!answer_is(known_answers[i].md5, pair.md5, sizeof pair.md5))
			return error_set(e, ERROR_UNAVAILABLE,
					 "MD5 fails its self-test: OpenSSL gives a wrong answer");
		if (!answer_is(known_answers[i].sha256, pair.sha256, sizeof pair.sha256))
			return error_set(e, ERROR_UNAVAILABLE,
					 "SHA-256 fails its self-test: OpenSSL gives a wrong answer");
	}
	return 0;
}

int digest_engine_new(struct digest_engine **ret_engine, struct error *e)
{
	CLEANUP(cleanup_digest_engine_free) struct digest_engine *engine = calloc(1, sizeof *engine);

	if (!engine)
		return error_memory(e);
	engine->context = OSSL_LIB_CTX_new();
	if (!engine->context)
		return error_memory(e);
	engine->provider = OSSL_PROVIDER_load(engine->context, "default");
	if (!engine->provider)
		return refuse(e, "OpenSSL's default provider cannot be loaded");
	engine->md5 = EVP_MD_fetch(engine->context, "MD5", "-fips");
	if (!engine->md5)
		return refuse(e, "OpenSSL's default provider has no MD5");
	engine->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!engine->sha256)
		return refuse(e, "this host's OpenSSL has no SHA-256 "
				 "(look at its openssl.cnf and its FIPS module)");
	if (check_known_answers(engine, e) < 0)
		return -1;
	*ret_engine = TAKE(engine);
	return 0;
}

void digest_engine_free(struct digest_engine *engine)
{
	if (!engine)
		return;
	EVP_MD_free(engine->sha256);
	EVP_MD_free(engine->md5);
	if (engine->provider)
		(void)OSSL_PROVIDER_unload(engine->provider); /* the context goes with it */
	OSSL_LIB_CTX_free(engine->context);
	free(engine);
}
