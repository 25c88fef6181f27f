#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "trust/internal.h"

CLEANUP_DEFINE(BIGNUM, BN_free);
CLEANUP_DEFINE(EVP_PKEY_CTX, EVP_PKEY_CTX_free);
CLEANUP_DEFINE(OSSL_PARAM, OSSL_PARAM_free);
CLEANUP_DEFINE(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free);

static const char *const names[] = {
	[TRUST_ED25519] = "ssh-ed25519",
	[TRUST_ECDSA_P256] = "ecdsa-sha2-nistp256",
	[TRUST_RSA] = "ssh-rsa",
	[TRUST_SK_ED25519] = "sk-ssh-ed25519@openssh.com",
	[TRUST_SK_ECDSA_P256] = "sk-ecdsa-sha2-nistp256@openssh.com",
};

const char *trust_key_type_name(enum trust_key_type type)
{
	return names[type];
}

bool trust_key_type_is_token(enum trust_key_type type)
{
	return type == TRUST_SK_ED25519 || type == TRUST_SK_ECDSA_P256;
}

bool trust_key_type_parse(enum trust_key_type *ret_type, struct trust_span name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (trust_span_is(name, names[i])) {
			*ret_type = (enum trust_key_type)i;
			return true;
		}
	return false;
}

/* ---- the wire form ---- */

static int refuse_type(struct trust_span name, struct error *e)
{
	CLEANUP(cleanup_free) char *shown = trust_shown((const char *)name.bytes, name.length);

	if (!shown)
		return error_memory(e);
	return error_set(e, ERROR_DATA, "keys of the type \"%s\" are not accepted", shown);
}

/* A number that is written as short as it can be: a key must have one form only, for keys are
 * compared as bytes. */
static bool take_canonical(struct trust_span *wire, struct trust_span *ret_integer)
{
	const uint8_t *start = wire->bytes;

	if (!trust_take_integer(wire, TRUST_RSA_BITS_MOST / 8, ret_integer) || ret_integer->length == 0)
		return false;
	size_t padding = (size_t)(ret_integer->bytes - start) - 4;
	return padding == (ret_integer->bytes[0] >> 7);
}

static unsigned bit_count(struct trust_span number)
{
	unsigned bits = (unsigned)number.length * 8;

	for (uint8_t top = number.bytes[0]; !(top & 0x80); top = (uint8_t)(top << 1))
		bits--;
	return bits;
}

static int parse_rsa(struct trust_key *key, struct trust_span *wire, struct error *e)
{
	if (!take_canonical(wire, &key->exponent) || !take_canonical(wire, &key->modulus))
		return error_set(e, ERROR_DATA, "the RSA key is damaged, or longer than %d bits",
				 TRUST_RSA_BITS_MOST);
	unsigned bits = bit_count(key->modulus);
	if (bits < TRUST_RSA_BITS_LEAST)
		return error_set(e, ERROR_DATA, "the RSA key has %u bits; it must have at least %d", bits,
				 TRUST_RSA_BITS_LEAST);
	/* An even one has no inverse, and 1 signs nothing; OpenSSL takes 64 bits at most here. */
	bool odd = key->exponent.bytes[key->exponent.length - 1] & 1;
	if (!odd || bit_count(key->exponent) < 2 || key->exponent.length > 8)
		return error_set(e, ERROR_DATA, "the RSA key's exponent is not fit for use");
	return 0;
}

static int parse_ed25519(struct trust_key *key, struct trust_span *wire, struct error *e)
{
	if (!trust_take_string(wire, &key->point) || key->point.length != TRUST_ED25519_KEY)
		return error_set(e, ERROR_DATA, "the key is damaged: it must have %d bytes", TRUST_ED25519_KEY);
	return 0;
}

static int parse_p256(struct trust_key *key, struct trust_span *wire, struct error *e)
{
	struct trust_span curve;

	if (!trust_take_string(wire, &curve) || !trust_take_string(wire, &key->point))
		return error_set(e, ERROR_DATA, "the key is damaged: it ends early");
	if (!trust_span_is(curve, "nistp256"))
		return error_set(e, ERROR_DATA, "the key is on another curve than nistp256");
	if (key->point.length != TRUST_P256_POINT || key->point.bytes[0] != 0x04)
		return error_set(e, ERROR_DATA, "the key's point is not an uncompressed one of nistp256");
	EVP_PKEY *opened = trust_key_open(key);
	if (!opened)
		return error_set(e, ERROR_DATA, "the key's point is not on the curve nistp256");
	EVP_PKEY_free(opened);
	return 0;
}

static int parse_fields(struct trust_key *key, struct trust_span *wire, struct error *e)
{
	if (key->type == TRUST_RSA)
		return parse_rsa(key, wire, e);
	if (key->type == TRUST_ED25519 || key->type == TRUST_SK_ED25519)
		return parse_ed25519(key, wire, e);
	return parse_p256(key, wire, e);
}

int trust_key_parse(struct trust_key *ret_key, struct trust_span wire, struct error *e)
{
	struct trust_key key = {0};
	struct trust_span name;

	if (!trust_take_string(&wire, &name))
		return error_set(e, ERROR_DATA, "this is not a key");
	if (!trust_key_type_parse(&key.type, name))
		return refuse_type(name, e);
	if (parse_fields(&key, &wire, e) < 0)
		return -1;
	/* The application is hashed as a C string by OpenSSH. */
	if (trust_key_type_is_token(key.type) &&
	    (!trust_take_string(&wire, &key.application) ||
	     memchr(key.application.bytes, '\0', key.application.length)))
		return error_set(e, ERROR_DATA, "the token's key is damaged: its application is not there");
	if (wire.length > 0)
		return error_set(e, ERROR_DATA, "something stands behind the key's last field");
	*ret_key = key;
	return 0;
}

/* ---- the text form ---- */

int trust_key_text_parse(enum trust_key_type *ret_type, uint8_t **ret_wire, size_t *ret_length,
			 const char **text, struct error *e)
{
	struct trust_span name = {(const uint8_t *)*text, strcspn(*text, " \t")};
	enum trust_key_type type;
	struct trust_key key;
	size_t length;

	if (!trust_key_type_parse(&type, name))
		return refuse_type(name, e);
	CLEANUP(cleanup_free) uint8_t *wire = NULL;
	const char *digits = *text + name.length + strspn(*text + name.length, " \t");
	const char *end = digits + strcspn(digits, " \t");
	int r = trust_base64_decode(&wire, &length, digits, (size_t)(end - digits));
	if (r == -ENOMEM)
		return error_memory(e);
	if (r < 0 || length == 0)
		return error_set(e, ERROR_DATA, "what stands behind %s is not base64", names[type]);
	if (trust_key_parse(&key, (struct trust_span){wire, length}, e) < 0)
		return -1;
	if (key.type != type)
		return error_set(e, ERROR_DATA, "the key is one of %s, not of %s as the word before it says",
				 names[key.type], names[type]);
	*ret_type = type;
	*ret_wire = TAKE(wire);
	*ret_length = length;
	*text = end + strspn(end, " \t");
	return 0;
}

int trust_key_fingerprint(char ret_fingerprint[static TRUST_FINGERPRINT_SIZE], struct trust_span wire,
			  struct error *e)
{
	static const char prefix[] = "SHA256:";
	unsigned char sha256[32], base64[48];
	size_t size = 0;

	if (EVP_Q_digest(NULL, "SHA256", NULL, wire.bytes, wire.length, sha256, &size) != 1 ||
	    size != sizeof sha256)
		return error_set(e, ERROR_INTERNAL, "OpenSSL cannot compute a SHA-256");
	(void)EVP_EncodeBlock(base64, sha256, sizeof sha256); /* 44 digits: the last one is the "=" */
	memcpy(ret_fingerprint, prefix, sizeof prefix - 1);
	memcpy(ret_fingerprint + sizeof prefix - 1, base64, 43);
	ret_fingerprint[sizeof prefix - 1 + 43] = '\0';
	return 0;
}

static int refuse_foreign(const char *bytes, struct error *e)
{
	if (strncmp(bytes, "-----BEGIN ", 11) != 0)
		return error_set(e, ERROR_DATA, "this is not a public key: \"TYPE BASE64 COMMENT\"");
	if (strstr(bytes, "PRIVATE KEY-----"))
		return error_set(e, ERROR_DATA, "this is a private key: name its public one (.pub)");
	return error_set(e, ERROR_DATA, "this is not a public key of OpenSSH's form");
}

static int fingerprint_of_text(char ret_fingerprint[static TRUST_FINGERPRINT_SIZE], const char *text,
			       struct error *e)
{
	enum trust_key_type type;
	size_t length = 0;

	text += strspn(text, " \t\r\n");
	if (*text == '\0' || *text == '-')
		return refuse_foreign(text, e);
	const char *line_end = text + strcspn(text, "\n");
	if (line_end[strspn(line_end, " \t\r\n")] != '\0')
		return error_set(e, ERROR_DATA, "there is more than one line");
	CLEANUP(cleanup_free) uint8_t *wire = NULL;
	if (trust_key_text_parse(&type, &wire, &length, &text, e) < 0)
		return -1;
	return trust_key_fingerprint(ret_fingerprint, (struct trust_span){wire, length}, e);
}

int trust_public_key_fingerprint(char ret_fingerprint[static TRUST_FINGERPRINT_SIZE], const char *name,
				 const char *bytes, size_t length, struct error *e)
{
	if (length > TRUST_SIGNERS_LINE_MAX)
		return error_set(e, ERROR_DATA, "%s: longer than %d bytes", name, TRUST_SIGNERS_LINE_MAX);
	if (memchr(bytes, '\0', length))
		return error_set(e, ERROR_DATA, "%s: this is not text", name);
	CLEANUP(cleanup_free) char *text = strndup(bytes, length);
	if (!text)
		return error_memory(e);
	return fingerprint_of_text(ret_fingerprint, text, e) < 0 ? error_prefix(e, "%s", name) : 0;
}

/* ---- OpenSSL's form ---- */

static EVP_PKEY *open_parameters(const char *algorithm, OSSL_PARAM *parameters)
{
	CLEANUP(cleanup_EVP_PKEY_CTX_free) EVP_PKEY_CTX *context =
		EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
	EVP_PKEY *opened = NULL;

	if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &opened, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		return NULL;
	return opened;
}

static EVP_PKEY *open_p256(struct trust_span point)
{
	char group[] = "P-256";
	uint8_t bytes[TRUST_P256_POINT];

	memcpy(bytes, point.bytes, sizeof bytes);
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes, sizeof bytes),
		OSSL_PARAM_construct_end(),
	};
	return open_parameters("EC", parameters);
}

static EVP_PKEY *open_rsa(struct trust_span modulus, struct trust_span exponent)
{
	CLEANUP(cleanup_BN_free) BIGNUM *n = BN_bin2bn(modulus.bytes, (int)modulus.length, NULL);
	CLEANUP(cleanup_BN_free) BIGNUM *e = BN_bin2bn(exponent.bytes, (int)exponent.length, NULL);
	CLEANUP(cleanup_OSSL_PARAM_BLD_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

	if (!n || !e || !builder || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return NULL;
	CLEANUP(cleanup_OSSL_PARAM_free) OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
	return parameters ? open_parameters("RSA", parameters) : NULL;
}

EVP_PKEY *trust_key_open(const struct trust_key *key)
{
	EVP_PKEY *opened;

	ERR_set_mark(); /* a refusal is no news to others who use OpenSSL */
	if (key->type == TRUST_RSA)
		opened = open_rsa(key->modulus, key->exponent);
	else if (key->type == TRUST_ED25519 || key->type == TRUST_SK_ED25519)
		opened = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, key->point.bytes,
							key->point.length);
	else
		opened = open_p256(key->point);
	ERR_pop_to_mark();
	return opened;
}
