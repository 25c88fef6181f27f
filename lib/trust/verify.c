#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/cleanup.h"
#include "base/text.h"

#include "trust/internal.h"

CLEANUP_DEFINE(BIGNUM, BN_free);
CLEANUP_DEFINE(ECDSA_SIG, ECDSA_SIG_free);
CLEANUP_DEFINE(EVP_MD_CTX, EVP_MD_CTX_free);
CLEANUP_DEFINE(EVP_PKEY, EVP_PKEY_free);

static void cleanup_openssl_free(uint8_t **bytes)
{
	OPENSSL_free(*bytes);
}

static bool digest(const char *algorithm, const void *bytes, size_t length, uint8_t *ret_digest, size_t size)
{
	size_t written = 0;

	return EVP_Q_digest(NULL, algorithm, NULL, bytes, length, ret_digest, &written) == 1 && written == size;
}

/* The message's digest by a signature's hash. */
static bool hash_message(struct trust_message *message, const char *hash, struct trust_span *ret_digest)
{
	if (strcmp(hash, "sha512") == 0) {
		if (!message->has_sha512)
			message->has_sha512 = digest("SHA512", message->bytes, message->length,
						     message->sha512, sizeof message->sha512);
		*ret_digest = (struct trust_span){message->sha512, sizeof message->sha512};
		return message->has_sha512;
	}
	if (!message->has_sha256)
		message->has_sha256 = digest("SHA256", message->bytes, message->length, message->sha256,
					     sizeof message->sha256);
	*ret_digest = (struct trust_span){message->sha256, sizeof message->sha256};
	return message->has_sha256;
}

static void add_number(struct text *text, uint32_t number)
{
	const uint8_t bytes[] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
				 (uint8_t)number};

	text_add_bytes(text, bytes, sizeof bytes);
}

static void add_string(struct text *text, const void *bytes, size_t length)
{
	add_number(text, (uint32_t)length);
	text_add_bytes(text, bytes, length);
}

/* What a key signs (PROTOCOL.sshsig): the message's digest, and what it is meant for. */
static bool add_signed(struct text *text, const struct trust_signature *signature,
		       struct trust_message *message)
{
	struct trust_span hashed;

	if (!hash_message(message, signature->hash, &hashed))
		return false;
	text_add(text, "SSHSIG");
	add_string(text, signature->name_space, strlen(signature->name_space));
	add_string(text, "", 0); /* reserved */
	add_string(text, signature->hash, strlen(signature->hash));
	add_string(text, hashed.bytes, hashed.length);
	return !text->failed;
}

/* What a token makes of it (PROTOCOL.u2f). */
static bool wrap_for_token(struct text *text, const struct trust_signature *signature,
			   const struct trust_key *key)
{
	uint8_t application[32], wrapped[32];

	if (!digest("SHA256", key->application.bytes, key->application.length, application,
		    sizeof application) ||
	    !digest("SHA256", text->data, text->length, wrapped, sizeof wrapped))
		return false;
	text_cut(text, 0);
	text_add_bytes(text, application, sizeof application);
	text_add_bytes(text, &signature->flags, 1);
	add_number(text, signature->counter);
	text_add_bytes(text, wrapped, sizeof wrapped);
	return !text->failed;
}

/* The digest within an algorithm; NULL for Ed25519, which has its own. */
static const char *digest_of(const struct trust_signature *signature)
{
	if (signature->type == TRUST_ED25519 || signature->type == TRUST_SK_ED25519)
		return NULL;
	return strcmp(signature->algorithm, "rsa-sha2-512") == 0 ? "SHA512" : "SHA256";
}

/* The two numbers in the form that OpenSSL wants. Returns its length, or -1. */
static int encode_p256(const struct trust_signature *signature, uint8_t **ret_der)
{
	CLEANUP(cleanup_ECDSA_SIG_free) ECDSA_SIG *pair = ECDSA_SIG_new();
	CLEANUP(cleanup_BN_free) BIGNUM *r = BN_bin2bn(signature->value, TRUST_P256_NUMBER, NULL);
	CLEANUP(cleanup_BN_free) BIGNUM *s =
		BN_bin2bn(signature->value + TRUST_P256_NUMBER, TRUST_P256_NUMBER, NULL);

	if (!pair || !r || !s || ECDSA_SIG_set0(pair, r, s) != 1)
		return -1;
	r = s = NULL; /* the pair's now */
	return i2d_ECDSA_SIG(pair, ret_der);
}

static enum trust_result verify(const struct trust_signature *signature, EVP_PKEY *key,
				const struct text *signed_text)
{
	CLEANUP(cleanup_EVP_MD_CTX_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
	CLEANUP(cleanup_openssl_free) uint8_t *der = NULL;
	const uint8_t *value = signature->value;
	size_t length = signature->value_length;

	if (signature->type == TRUST_ECDSA_P256 || signature->type == TRUST_SK_ECDSA_P256) {
		int encoded = encode_p256(signature, &der);
		if (encoded < 0)
			return TRUST_NOT_CHECKED;
		value = der;
		length = (size_t)encoded;
	}
	if (!context ||
	    EVP_DigestVerifyInit_ex(context, NULL, digest_of(signature), NULL, NULL, key, NULL) != 1)
		return TRUST_NOT_CHECKED;
	int r = EVP_DigestVerify(context, value, length, (const uint8_t *)signed_text->data,
				 signed_text->length);
	return r == 1 ? TRUST_GOOD : TRUST_BAD_SIGNATURE;
}

static enum trust_result verify_message(const struct trust_signature *signature,
					struct trust_message *message)
{
	CLEANUP(text_clear) struct text signed_text;
	struct trust_key parts;

	text_init(&signed_text);
	if (trust_key_parse(&parts, (struct trust_span){signature->key, signature->key_length}, NULL) < 0)
		return TRUST_NOT_CHECKED; /* it was read before: OpenSSL gave way */
	CLEANUP(cleanup_EVP_PKEY_free) EVP_PKEY *key = trust_key_open(&parts);
	if (!key || !add_signed(&signed_text, signature, message))
		return TRUST_NOT_CHECKED;
	if (trust_key_type_is_token(signature->type) && !wrap_for_token(&signed_text, signature, &parts))
		return TRUST_NOT_CHECKED;
	return verify(signature, key, &signed_text);
}

enum trust_result trust_verify(const struct trust_signature *signature, struct trust_message *message)
{
	ERR_set_mark(); /* a bad signature is no news to others who use OpenSSL */
	enum trust_result result = verify_message(signature, message);
	ERR_pop_to_mark();
	return result;
}
