#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "trust/internal.h"

#define BEGIN_LINE "-----BEGIN SSH SIGNATURE-----"
#define END_LINE "-----END SSH SIGNATURE-----"
#define MAGIC "SSHSIG"

enum { SSHSIG_VERSION = 1 };

void trust_signature_clear(struct trust_signature *signature)
{
	free(signature->key);
	free(signature->name_space);
	free(signature->hash);
	free(signature->value);
	free(signature->algorithm);
	*signature = (struct trust_signature){0};
}

static bool starts_with(struct trust_span span, const char *word)
{
	return span.length >= strlen(word) && memcmp(span.bytes, word, strlen(word)) == 0;
}

static struct trust_span after(struct trust_span span, size_t length)
{
	return (struct trust_span){span.bytes + length, span.length - length};
}

static int damaged(const char *what, struct error *e)
{
	return error_set(e, ERROR_DATA, "the signature is damaged: %s", what);
}

/* ---- the armour ---- */

static int refuse_foreign(struct trust_span text, struct error *e)
{
	if (text.length == 0)
		return error_set(e, ERROR_DATA, "the signature is empty");
	if (starts_with(text, MAGIC))
		return error_set(e, ERROR_DATA, "the signature lacks its armour (\"" BEGIN_LINE "\")");
	if (starts_with(text, BEGIN_LINE "\r\n"))
		return error_set(e, ERROR_DATA, "the signature has the line ends of Windows, which OpenSSH does "
				 "not read");
	return error_set(e, ERROR_DATA, "this is not an SSH signature: it does not begin with \"" BEGIN_LINE "\"");
}

/* Find what stands between the two lines of the armour. */
static int open_armour(struct trust_span text, struct trust_span *ret_inside, struct error *e)
{
	if (!starts_with(text, BEGIN_LINE "\n"))
		return refuse_foreign(text, e);
	struct trust_span inside = after(text, strlen(BEGIN_LINE));
	const uint8_t *end = memmem(inside.bytes, inside.length, "\n" END_LINE, strlen("\n" END_LINE));
	if (!end)
		return error_set(e, ERROR_DATA, "the signature ends early: there is no \"" END_LINE "\"");
	inside.length = (size_t)(end - inside.bytes);
	struct trust_span behind = after(text, (size_t)(end - text.bytes) + strlen("\n" END_LINE));
	for (size_t i = 0; i < behind.length; i++)
		if (!strchr(" \t\r\n", behind.bytes[i]) || behind.bytes[i] == '\0')
			return error_set(e, ERROR_DATA, "something stands behind the signature's last line");
	*ret_inside = inside;
	return 0;
}

static int decode_armour(uint8_t **ret_bytes, size_t *ret_length, struct trust_span text, struct error *e)
{
	struct trust_span inside;

	if (open_armour(text, &inside, e) < 0)
		return -1;
	if (memmem(inside.bytes, inside.length, BEGIN_LINE, strlen(BEGIN_LINE)))
		return error_set(e, ERROR_DATA, "the signature is wrapped twice: there is another one in its armour");
	int r = trust_base64_decode(ret_bytes, ret_length, (const char *)inside.bytes, inside.length);
	if (r == -ENOMEM)
		return error_memory(e);
	return r < 0 ? damaged("what is in its armour is not base64", e) : 0;
}

/* ---- the blob ---- */

/* The fields of a blob, as parts of it. */
struct fields {
	struct trust_span key, name_space, reserved, hash, signature;
};

static int take_preamble(struct trust_span *rest, struct error *e)
{
	uint32_t version;

	if (starts_with(*rest, BEGIN_LINE))
		return error_set(e, ERROR_DATA, "the signature is wrapped twice: there is another one in its armour");
	if (!starts_with(*rest, MAGIC))
		return error_set(e, ERROR_DATA, "this is not an SSH signature: \"" MAGIC "\" is not in it");
	*rest = after(*rest, strlen(MAGIC));
	if (!trust_take_number(rest, &version))
		return damaged("it ends early", e);
	if (version != SSHSIG_VERSION)
		return error_set(e, ERROR_DATA, "the signature has version %u; only %d is known", version,
				 SSHSIG_VERSION);
	return 0;
}

static int take_fields(struct fields *fields, struct trust_span *rest, struct error *e)
{
	if (!trust_take_string(rest, &fields->key) || !trust_take_string(rest, &fields->name_space) ||
	    !trust_take_string(rest, &fields->reserved) || !trust_take_string(rest, &fields->hash) ||
	    !trust_take_string(rest, &fields->signature))
		return damaged("it ends early", e);
	if (rest->length > 0)
		return damaged("something stands behind its last field", e);
	if (fields->reserved.length > 0)
		return damaged("the field that is reserved is not empty", e);
	if (fields->name_space.length == 0 ||
	    memchr(fields->name_space.bytes, '\0', fields->name_space.length))
		return damaged("its namespace is empty or not text", e);
	if (!trust_span_is(fields->hash, "sha512") && !trust_span_is(fields->hash, "sha256"))
		return error_set(e, ERROR_DATA, "the signature's hash is neither sha512 nor sha256");
	return 0;
}

/* ---- the value ---- */

/* Copy a number into the end of a field of zeros. */
static void place_number(uint8_t *field, size_t size, struct trust_span number)
{
	if (number.length > 0)
		memcpy(field + size - number.length, number.bytes, number.length);
}

static int set_value(struct trust_signature *signature, size_t length, struct error *e)
{
	signature->value = calloc(1, length);
	if (!signature->value)
		return error_memory(e);
	signature->value_length = length;
	return 0;
}

static int read_ed25519(struct trust_signature *signature, struct trust_span value, struct error *e)
{
	if (value.length != TRUST_ED25519_SIGNATURE)
		return damaged("its value has another length than such keys make", e);
	if (set_value(signature, value.length, e) < 0)
		return -1;
	memcpy(signature->value, value.bytes, value.length);
	return 0;
}

static int read_p256(struct trust_signature *signature, struct trust_span value, struct error *e)
{
	struct trust_span r, s;

	if (!trust_take_integer(&value, TRUST_P256_NUMBER, &r) ||
	    !trust_take_integer(&value, TRUST_P256_NUMBER, &s) || value.length > 0)
		return damaged("its value is not the two numbers that such keys make", e);
	if (set_value(signature, TRUST_P256_SIGNATURE, e) < 0)
		return -1;
	place_number(signature->value, TRUST_P256_NUMBER, r);
	place_number(signature->value + TRUST_P256_NUMBER, TRUST_P256_NUMBER, s);
	return 0;
}

/* Some signers leave leading zeros out. */
static int read_rsa(struct trust_signature *signature, struct trust_span value, size_t size, struct error *e)
{
	if (value.length == 0 || value.length > size)
		return damaged("its value has another length than such keys make", e);
	if (set_value(signature, size, e) < 0)
		return -1;
	place_number(signature->value, size, value);
	return 0;
}

static int read_value(struct trust_signature *signature, const struct trust_key *key,
		      struct trust_span value, struct error *e)
{
	if (key->type == TRUST_RSA)
		return read_rsa(signature, value, key->modulus.length, e);
	if (key->type == TRUST_ED25519 || key->type == TRUST_SK_ED25519)
		return read_ed25519(signature, value, e);
	return read_p256(signature, value, e);
}

static bool fits_key(struct trust_span algorithm, enum trust_key_type type)
{
	if (type == TRUST_RSA) /* "ssh-rsa" would be SHA-1 */
		return trust_span_is(algorithm, "rsa-sha2-512") || trust_span_is(algorithm, "rsa-sha2-256");
	return trust_span_is(algorithm, trust_key_type_name(type));
}

static int refuse_algorithm(struct trust_span algorithm, enum trust_key_type type, struct error *e)
{
	CLEANUP(cleanup_free) char *shown = trust_shown((const char *)algorithm.bytes, algorithm.length);

	if (!shown)
		return error_memory(e);
	return error_set(e, ERROR_DATA, "the signature's algorithm \"%s\" is not accepted for keys of the type %s",
			 shown, trust_key_type_name(type));
}

/* Read the last field: algorithm, value, and what a token adds. */
static int read_signature(struct trust_signature *signature, const struct trust_key *key,
			  struct trust_span field, struct error *e)
{
	struct trust_span algorithm, value;

	if (!trust_take_string(&field, &algorithm) || !trust_take_string(&field, &value))
		return damaged("it ends early", e);
	if (!fits_key(algorithm, key->type))
		return refuse_algorithm(algorithm, key->type, e);
	if (trust_key_type_is_token(key->type) &&
	    (!trust_take_byte(&field, &signature->flags) || !trust_take_number(&field, &signature->counter)))
		return damaged("the token's flags and counter are not there", e);
	if (field.length > 0)
		return damaged("something stands behind its value", e);
	signature->algorithm = strndup((const char *)algorithm.bytes, algorithm.length);
	if (!signature->algorithm)
		return error_memory(e);
	return read_value(signature, key, value, e);
}

static int copy_fields(struct trust_signature *signature, const struct fields *fields, struct error *e)
{
	signature->name_space = strndup((const char *)fields->name_space.bytes, fields->name_space.length);
	signature->hash = strndup((const char *)fields->hash.bytes, fields->hash.length);
	signature->key = malloc(fields->key.length);
	if (!signature->name_space || !signature->hash || !signature->key)
		return error_memory(e);
	memcpy(signature->key, fields->key.bytes, fields->key.length);
	signature->key_length = fields->key.length;
	return trust_key_fingerprint(signature->fingerprint, fields->key, e);
}

static int read_blob(struct trust_signature *signature, struct trust_span blob, struct error *e)
{
	struct fields fields;
	struct trust_key key;

	if (take_preamble(&blob, e) < 0 || take_fields(&fields, &blob, e) < 0)
		return -1;
	if (trust_key_parse(&key, fields.key, e) < 0)
		return error_prefix(e, "in the signature");
	signature->type = key.type;
	if (copy_fields(signature, &fields, e) < 0)
		return -1;
	return read_signature(signature, &key, fields.signature, e);
}

int trust_signature_parse(struct trust_signature *ret_signature, const char *name, const char *bytes,
			  size_t length, struct error *e)
{
	CLEANUP(trust_signature_clear) struct trust_signature signature = {0};
	CLEANUP(cleanup_free) uint8_t *blob = NULL;
	size_t blob_length = 0;

	if (length > TRUST_SIGNATURE_BYTES_MAX)
		return error_set(e, ERROR_DATA, "%s: larger than %d bytes, which no signature is", name,
				 TRUST_SIGNATURE_BYTES_MAX);
	if (decode_armour(&blob, &blob_length, (struct trust_span){(const uint8_t *)bytes, length}, e) < 0 ||
	    read_blob(&signature, (struct trust_span){blob, blob_length}, e) < 0)
		return error_prefix(e, "%s", name);
	*ret_signature = signature;
	signature = (struct trust_signature){0};
	return 0;
}
