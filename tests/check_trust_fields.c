/* Every field of a signature, altered: every row is asked of trust and of ssh-keygen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/cleanup.h"

#include "suite.h"
#include "tests/trust_rows.h"

static struct server place;

static void set_up(void)
{
	rows_make(&place);
}

static void tear_down(void)
{
	server_stop(&place);
}

static void cut_last(struct text *field)
{
	text_cut(field, field->length - 1);
}

static void add_byte(struct text *field)
{
	text_add_char(field, 'x');
}

static void set(struct text *field, const char *content)
{
	text_cut(field, 0);
	text_add(field, content);
}

static void change_magic(struct parts *parts)
{
	set(&parts->magic, "SSHSIH");
}

static void version_0(struct parts *parts)
{
	parts->version.data[3] = 0;
}

static void version_2(struct parts *parts)
{
	parts->version.data[3] = 2;
}

static void change_key(struct parts *parts)
{
	parts->key.data[parts->key.length - 1] ^= 1;
}

static void change_application(struct parts *parts)
{
	parts->key.data[parts->key.length - 1] = ';';
}

static void add_to_key(struct parts *parts)
{
	add_byte(&parts->key);
}

static void change_namespace(struct parts *parts)
{
	set(&parts->name_space, "pumpwatch-baseline-v2");
}

/* What the signature was made for is another one than it says. */
static void claim_namespace(struct parts *parts)
{
	set(&parts->name_space, FIXTURE_NAMESPACE);
}

static void empty_namespace(struct parts *parts)
{
	set(&parts->name_space, "");
}

static void nul_in_namespace(struct parts *parts)
{
	text_add_bytes(&parts->name_space, "\0x", 2);
}

static void fill_reserved(struct parts *parts)
{
	set(&parts->reserved, "x");
}

static void other_hash(struct parts *parts)
{
	set(&parts->hash, "sha256");
}

static void unknown_hash(struct parts *parts)
{
	set(&parts->hash, "sha384");
}

static void algorithm_ssh_rsa(struct parts *parts)
{
	set(&parts->algorithm, "ssh-rsa");
}

static void algorithm_rsa_256(struct parts *parts)
{
	set(&parts->algorithm, "rsa-sha2-256");
}

static void algorithm_ed25519(struct parts *parts)
{
	set(&parts->algorithm, "ssh-ed25519");
}

static void algorithm_token(struct parts *parts)
{
	set(&parts->algorithm, "sk-ssh-ed25519@openssh.com");
}

static void change_value(struct parts *parts)
{
	parts->value.data[parts->value.length / 2] ^= 1;
}

static void cut_value(struct parts *parts)
{
	cut_last(&parts->value);
}

static void lengthen_value(struct parts *parts)
{
	add_byte(&parts->value);
}

static void prepend_zero(struct parts *parts)
{
	CLEANUP(text_clear) struct text value;

	text_init(&value);
	text_add_bytes(&value, "\0", 1);
	text_add_bytes(&value, parts->value.data, parts->value.length);
	text_clear(&parts->value);
	parts->value = value;
	text_init(&value);
}

static void empty_value(struct parts *parts)
{
	text_cut(&parts->value, 0);
}

static void add_behind_value(struct parts *parts)
{
	text_add(&parts->behind_value, "x");
}

static void add_behind(struct parts *parts)
{
	text_add(&parts->behind, "x");
}

static void clear_presence(struct parts *parts)
{
	parts->token.data[0] = 0;
}

static void set_presence(struct parts *parts)
{
	parts->token.data[0] = 1;
}

static void count_on(struct parts *parts)
{
	parts->token.data[4]++;
}

static void cut_token(struct parts *parts)
{
	cut_last(&parts->token);
}

static void no_token(struct parts *parts)
{
	text_cut(&parts->token, 0);
}

/* S plus the order of the group: a second value for the same signature, if one is careless. */
static void add_order(struct parts *parts)
{
	static const uint8_t order[32] = {0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7,
					  0xA2, 0xDE, 0xF9, 0xDE, 0x14, [31] = 0x10};
	uint8_t *s = (uint8_t *)parts->value.data + 32;
	unsigned carry = 0;

	for (int i = 0; i < 32; i++) {
		carry += s[i] + order[i];
		s[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

/* The two numbers of an ECDSA value, each with a zero more in front than there must be. */
static void pad_numbers(struct parts *parts)
{
	CLEANUP(text_clear) struct text value;
	const char *at = parts->value.data;

	text_init(&value);
	for (int i = 0; i < 2; i++) {
		size_t length = (unsigned char)at[3];
		char number[64] = {0};
		memcpy(number + 1, at + 4, length);
		parts_add_string(&value, number, length + 1);
		at += 4 + length;
	}
	text_clear(&parts->value);
	parts->value = value;
	text_init(&value);
}

/* Zero is no signature of anything. */
static void zero_numbers(struct parts *parts)
{
	text_cut(&parts->value, 0);
	parts_add_string(&parts->value, "", 0);
	parts_add_string(&parts->value, "", 0);
}

static void negative_number(struct parts *parts)
{
	char number[32] = {(char)0x80};

	text_cut(&parts->value, 0);
	parts_add_string(&parts->value, number, sizeof number);
	parts_add_string(&parts->value, number, sizeof number);
}

/* Sign what the parts say anew with a digest of RSA's. */
static void sign_again(struct parts *parts, const char *digest)
{
	char path[SERVER_PATH_MAX], message_digest[64];
	size_t size = 0, length = 384;
	CLEANUP(text_clear) struct text bytes;

	text_init(&bytes);
	ck_assert_int_eq(EVP_Q_digest(NULL, "SHA512", NULL, "sample\n", 7, (unsigned char *)message_digest,
				      &size), 1);
	text_add(&bytes, "SSHSIG");
	parts_add_string(&bytes, parts->name_space.data, parts->name_space.length);
	parts_add_string(&bytes, "", 0);
	parts_add_string(&bytes, "sha512", 6);
	parts_add_string(&bytes, message_digest, size);
	(void)snprintf(path, sizeof path, "%s/rsa", place.folder);
	FILE *file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	ck_assert_int_eq(EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, key, NULL), 1);
	ck_assert_int_eq(EVP_DigestSign(context, (unsigned char *)parts->value.data, &length,
					(const unsigned char *)bytes.data, bytes.length), 1);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	(void)fclose(file);
}

static void sign_rsa_256(struct parts *parts)
{
	algorithm_rsa_256(parts);
	sign_again(parts, "SHA256");
}

static void sign_rsa_sha1(struct parts *parts)
{
	algorithm_ssh_rsa(parts);
	sign_again(parts, "SHA1");
}

static void sign_rsa_384(struct parts *parts)
{
	set(&parts->algorithm, "rsa-sha2-384");
	sign_again(parts, "SHA384");
}

#define NOT_THESE "the signature is not of these bytes"
#define DAMAGED "the signature is damaged: "

static const struct row fields[] = {
	BAD("the magic", NULL, "this is not an SSH signature: \"SSHSIG\" is not in it", .change = change_magic),
	BAD("version 2", NULL, "the signature has version 2; only 1 is known", .change = version_2),
	STRICTER("version 0", NULL, "the signature has version 0; only 1 is known", "there is no such version",
		 .change = version_0),
	BAD("the key", NULL, "the key is not in allowed_signers", .change = change_key),
	BAD("the key of an ECDSA signature", NULL, "in the signature: the key's point is not on the curve",
	    .key = "p256", .change = change_key),
	BAD("a token's application", NULL, "the key is not in allowed_signers", .key = "sked",
	    .change = change_application),
	BAD("a key that goes on", NULL, "in the signature: something stands behind the key's last field",
	    .change = add_to_key),
	BAD("the namespace", NULL, "the signature was made for something else", .change = change_namespace),
	BAD("the namespace of another signature", NULL, NOT_THESE, .signature = "ed-file",
	    .change = claim_namespace),
	BAD("an empty namespace", NULL, DAMAGED "its namespace is empty", .change = empty_namespace),
	BAD("a NUL in the namespace", NULL, DAMAGED "its namespace is empty or not text",
	    .change = nul_in_namespace),
	STRICTER("the reserved field", NULL, DAMAGED "the field that is reserved is not empty",
		 "it is not signed", .change = fill_reserved),
	BAD("another hash", NULL, NOT_THESE, .change = other_hash),
	BAD("an unknown hash", NULL, "the signature's hash is neither sha512 nor sha256", .change = unknown_hash),
	BAD("ssh-rsa for its algorithm", NULL, "algorithm \"ssh-rsa\" is not accepted", .key = "rsa",
	    .change = algorithm_ssh_rsa),
	BAD("ssh-rsa with SHA-1, as it should be", NULL, "algorithm \"ssh-rsa\" is not accepted", .key = "rsa",
	    .change = sign_rsa_sha1),
	BAD("RSA with SHA-384", NULL, "algorithm \"rsa-sha2-384\" is not accepted", .key = "rsa",
	    .change = sign_rsa_384),
	GOOD("RSA with SHA-256", NULL, .key = "rsa", .change = sign_rsa_256),
	BAD("rsa-sha2-256 for its algorithm", NULL, NOT_THESE, .key = "rsa", .change = algorithm_rsa_256),
	BAD("another type's algorithm", NULL, "algorithm \"ssh-ed25519\" is not accepted", .key = "p256",
	    .change = algorithm_ed25519),
	BAD("a plain algorithm for a token", NULL, "algorithm \"ssh-ed25519\" is not accepted", .key = "sked",
	    .change = algorithm_ed25519),
	BAD("a token's algorithm for a plain key", NULL, "\"sk-ssh-ed25519@openssh.com\" is not accepted",
	    .change = algorithm_token),
	BAD("the value", NULL, NOT_THESE, .change = change_value),
	BAD("the value of RSA", NULL, NOT_THESE, .key = "rsa", .change = change_value),
	BAD("a token's value", NULL, NOT_THESE, .key = "sked", .change = change_value),
	BAD("a value that ends early", NULL, DAMAGED "its value has another length", .change = cut_value),
	BAD("a value that goes on", NULL, DAMAGED "its value has another length", .change = lengthen_value),
	BAD("an empty value", NULL, DAMAGED "its value has another length", .change = empty_value),
	BAD("a value of RSA that ends early", NULL, NOT_THESE, .key = "rsa", .change = cut_value),
	BAD("a value of RSA that goes on", NULL, DAMAGED "its value has another length", .key = "rsa",
	    .change = lengthen_value),
	BAD("a value of RSA with a zero too many", NULL, DAMAGED "its value has another length", .key = "rsa",
	    .change = prepend_zero),
	BAD("an empty value of RSA", NULL, DAMAGED "its value has another length", .key = "rsa",
	    .change = empty_value),
	BAD("a value of ECDSA that ends early", NULL, DAMAGED "its value is not the two numbers", .key = "p256",
	    .change = cut_value),
	BAD("a value of ECDSA that goes on", NULL, DAMAGED "its value is not the two numbers", .key = "p256",
	    .change = lengthen_value),
	BAD("an empty value of ECDSA", NULL, DAMAGED "its value is not the two numbers", .key = "p256",
	    .change = empty_value),
	BAD("zero for both numbers", NULL, NOT_THESE, .key = "p256", .change = zero_numbers),
	BAD("negative numbers", NULL, DAMAGED "its value is not the two numbers", .key = "p256",
	    .change = negative_number),
	GOOD("numbers with zeros too many", NULL, .key = "p256", .change = pad_numbers),
	STRICTER("the order added", NULL, NOT_THESE, "one signature has one form", .change = add_order),
	BAD("something behind the value", NULL, DAMAGED "something stands behind its value",
	    .change = add_behind_value),
	BAD("something behind a token's counter", NULL, DAMAGED "something stands behind its value",
	    .key = "skec", .change = add_behind_value),
	BAD("something behind it all", NULL, DAMAGED "something stands behind its last field",
	    .change = add_behind),
	BAD("a token's flags", NULL, NOT_THESE, .key = "sked", .change = clear_presence),
	BAD("a touch that never was", NULL, NOT_THESE, .key = "skec", .signature = "skec-absent",
	    .change = set_presence),
	BAD("a token's counter", NULL, NOT_THESE, .key = "sked", .change = count_on),
	BAD("a token's counter cut short", NULL, DAMAGED "the token's flags and counter are not there",
	    .key = "sked", .change = cut_token),
	BAD("a token's flags and counter left out", NULL, DAMAGED "the token's flags and counter are not there",
	    .key = "skec", .change = no_token),
};

START_TEST(fields_agree)
{
	row_check(&place, &fields[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trust: altered signatures and ssh-keygen");
	TCase *tests = tcase_create("fields");

	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, fields_agree, 0, (int)(sizeof fields / sizeof *fields));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
