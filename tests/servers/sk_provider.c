/* A token of software for ssh-keygen (its SecurityKeyProvider): a key handle is the private
 * key itself. Built as a shared object, which ssh-sk-helper loads:
 *   ssh-keygen -t ed25519-sk -w ./sk_provider.so -f key
 *   SSH_SK_PROVIDER=./sk_provider.so ssh-keygen -Y sign -f key -n NAMESPACE FILE
 * SK_PROVIDER_FLAGS (a number: 0 nobody there, 1 touched, 5 and verified) replaces the flags of
 * signatures. The interface is OpenSSH's sk-api.h, version 10, as 9.2 has it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

enum {
	API_VERSION = 0x000a0000,
	ALGORITHM_ECDSA = 0,
	ALGORITHM_ED25519 = 1,
	ERROR_GENERAL = -1,
	ERROR_UNSUPPORTED = -2,
	COUNTER = 7,
};

struct sk_enroll_response {
	uint8_t flags;
	uint8_t *public_key;
	size_t public_key_len;
	uint8_t *key_handle;
	size_t key_handle_len;
	uint8_t *signature;
	size_t signature_len;
	uint8_t *attestation_cert;
	size_t attestation_cert_len;
	uint8_t *authdata;
	size_t authdata_len;
};

struct sk_sign_response {
	uint8_t flags;
	uint32_t counter;
	uint8_t *sig_r;
	size_t sig_r_len;
	uint8_t *sig_s;
	size_t sig_s_len;
};

struct sk_option;
struct sk_resident_key;

uint32_t sk_api_version(void);
int sk_enroll(uint32_t algorithm, const uint8_t *challenge, size_t challenge_length,
	      const char *application, uint8_t flags, const char *pin, struct sk_option **options,
	      struct sk_enroll_response **ret_response);
int sk_sign(uint32_t algorithm, const uint8_t *data, size_t length, const char *application,
	    const uint8_t *handle, size_t handle_length, uint8_t flags, const char *pin,
	    struct sk_option **options, struct sk_sign_response **ret_response);
int sk_load_resident_keys(const char *pin, struct sk_option **options,
			  struct sk_resident_key ***ret_keys, size_t *ret_count);

uint32_t sk_api_version(void)
{
	return API_VERSION;
}

/* ---- enrolment ---- */

static int take_ed25519(EVP_PKEY *key, struct sk_enroll_response *response)
{
	response->public_key_len = response->key_handle_len = 32;
	response->public_key = calloc(1, 32);
	response->key_handle = calloc(1, 32);
	if (!response->public_key || !response->key_handle)
		return -1;
	return EVP_PKEY_get_raw_public_key(key, response->public_key, &response->public_key_len) == 1 &&
			       EVP_PKEY_get_raw_private_key(key, response->key_handle,
							    &response->key_handle_len) == 1
		       ? 0
		       : -1;
}

/* OpenSSH frees what it gets: it must come from malloc(). */
static int copy(uint8_t **ret_copy, size_t *ret_length, const uint8_t *bytes, size_t length)
{
	*ret_copy = malloc(length);
	if (!*ret_copy)
		return -1;
	memcpy(*ret_copy, bytes, length);
	*ret_length = length;
	return 0;
}

static int take_ecdsa(EVP_PKEY *key, struct sk_enroll_response *response)
{
	unsigned char *point = NULL, *private = NULL;
	size_t point_length = EVP_PKEY_get1_encoded_public_key(key, &point);
	int private_length = i2d_PrivateKey(key, &private);
	int r = -1;

	if (point_length == 65 && private_length > 0 &&
	    copy(&response->public_key, &response->public_key_len, point, point_length) == 0)
		r = copy(&response->key_handle, &response->key_handle_len, private, (size_t)private_length);
	OPENSSL_free(point);
	OPENSSL_free(private);
	return r;
}

static int enroll(uint32_t algorithm, struct sk_enroll_response *response)
{
	EVP_PKEY *key = algorithm == ALGORITHM_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
						       : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	int r = -1;

	response->signature = calloc(1, 1); /* of an attestation that is none */
	if (key && response->signature)
		r = algorithm == ALGORITHM_ED25519 ? take_ed25519(key, response) : take_ecdsa(key, response);
	EVP_PKEY_free(key);
	return r;
}

int sk_enroll(uint32_t algorithm, const uint8_t *challenge, size_t challenge_length,
	      const char *application, uint8_t flags, const char *pin, struct sk_option **options,
	      struct sk_enroll_response **ret_response)
{
	struct sk_enroll_response *response = calloc(1, sizeof *response);

	(void)challenge;
	(void)challenge_length;
	(void)application;
	(void)pin;
	(void)options;
	if (!response || algorithm > ALGORITHM_ED25519)
		return ERROR_UNSUPPORTED;
	response->flags = flags;
	if (enroll(algorithm, response) < 0)
		return ERROR_GENERAL; /* the helper ends: nothing needs to be freed */
	*ret_response = response;
	return 0;
}

/* ---- signatures ---- */

enum { SIGNED_LENGTH = 32 + 1 + 4 + 32 };

/* What a token signs: application, flags, counter and message. */
static int make_signed(uint8_t ret_signed[static SIGNED_LENGTH], const struct sk_sign_response *response,
		       const char *application, const uint8_t *data, size_t length)
{
	size_t size = 0;

	if (EVP_Q_digest(NULL, "SHA256", NULL, application, strlen(application), ret_signed, &size) != 1 ||
	    EVP_Q_digest(NULL, "SHA256", NULL, data, length, ret_signed + 37, &size) != 1)
		return -1;
	ret_signed[32] = response->flags;
	for (int i = 0; i < 4; i++)
		ret_signed[33 + i] = (uint8_t)(response->counter >> (24 - 8 * i));
	return 0;
}

static int take_numbers(struct sk_sign_response *response, const uint8_t *der, size_t length)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)length);

	response->sig_r_len = response->sig_s_len = 32;
	response->sig_r = calloc(1, 32);
	response->sig_s = calloc(1, 32);
	int r = pair && response->sig_r && response->sig_s &&
				BN_bn2binpad(ECDSA_SIG_get0_r(pair), response->sig_r, 32) == 32 &&
				BN_bn2binpad(ECDSA_SIG_get0_s(pair), response->sig_s, 32) == 32
			? 0
			: -1;
	ECDSA_SIG_free(pair);
	return r;
}

static int sign(struct sk_sign_response *response, EVP_PKEY *key, const char *digest,
		const uint8_t *bytes, size_t length)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t value[128];
	size_t size = sizeof value;
	int r = -1;

	if (context && EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, key, NULL) == 1 &&
	    EVP_DigestSign(context, value, &size, bytes, length) == 1)
		r = digest ? take_numbers(response, value, size)
			   : copy(&response->sig_r, &response->sig_r_len, value, size);
	EVP_MD_CTX_free(context);
	return r;
}

int sk_sign(uint32_t algorithm, const uint8_t *data, size_t length, const char *application,
	    const uint8_t *handle, size_t handle_length, uint8_t flags, const char *pin,
	    struct sk_option **options, struct sk_sign_response **ret_response)
{
	struct sk_sign_response *response = calloc(1, sizeof *response);
	const char *wanted = getenv("SK_PROVIDER_FLAGS");
	uint8_t bytes[SIGNED_LENGTH];
	int r = ERROR_GENERAL;

	(void)pin;
	(void)options;
	if (!response || algorithm > ALGORITHM_ED25519)
		return ERROR_UNSUPPORTED;
	EVP_PKEY *key = algorithm == ALGORITHM_ED25519
				? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, handle, handle_length)
				: d2i_AutoPrivateKey(NULL, &handle, (long)handle_length);
	response->flags = wanted ? (uint8_t)strtoul(wanted, NULL, 0) : flags;
	response->counter = COUNTER;
	if (key && make_signed(bytes, response, application, data, length) == 0 &&
	    sign(response, key, algorithm == ALGORITHM_ED25519 ? NULL : "SHA256", bytes, sizeof bytes) == 0) {
		*ret_response = response;
		r = 0;
	}
	EVP_PKEY_free(key);
	return r;
}

int sk_load_resident_keys(const char *pin, struct sk_option **options,
			  struct sk_resident_key ***ret_keys, size_t *ret_count)
{
	(void)pin;
	(void)options;
	(void)ret_keys;
	(void)ret_count;
	return ERROR_UNSUPPORTED;
}
