/* Signatures by the installed ssh-keygen in which single bytes are changed, and what real
 * signers make that ssh-keygen does not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"
#include "trust/trust.h"

#include "suite.h"
#include "tests/trust_fixture.h"

static const char *const keys[] = {"ed", "p256", "rsa", "sked", "skec"};
enum { KEYS = sizeof keys / sizeof *keys };

static struct server place;

static void set_up(void)
{
	static const char *const options[] = {
		"ed", "-t ed25519", "p256", "-t ecdsa -b 256", "rsa", "-t rsa -b 3072 -m PEM",
		"sked", "-t ed25519-sk", "skec", "-t ecdsa-sk", NULL,
	};

	fixture_make(&place, options);
	fixture_write(&place, "message", "sample\n", 7);
	for (int i = 0; i < KEYS; i++) {
		char to[16];
		(void)snprintf(to, sizeof to, "%s.sig", keys[i]);
		fixture_sign(&place, "", keys[i], "-n " FIXTURE_NAMESPACE, "message", to);
	}
}

static void tear_down(void)
{
	server_stop(&place);
}

/* Read signers from a template. */
static void read_signers(struct trust_signers *ret_signers, const char *template)
{
	CLEANUP(text_clear) struct text text;
	struct error e;

	text_init(&text);
	fixture_expand(&text, &place, template);
	ck_assert_msg(trust_signers_parse(ret_signers, "signers", text.data, text.length, &e) == 0, "%s",
		      e.text);
}

/* Whether an armoured signature is a good one of "sample\n". */
static bool is_good(const struct trust_signers *signers, const struct text *armoured)
{
	CLEANUP(trust_signature_clear) struct trust_signature signature = {0};
	const struct trust_policy policy = {.signers = signers, .threshold = 1};
	const struct trust_signer *signer;
	struct error e = {0};

	if (trust_signature_parse(&signature, "signature", armoured->data, armoured->length, &e) < 0) {
		ck_assert(e.code == ERROR_DATA && e.text[0] != '\0');
		return false;
	}
	enum trust_result result = trust_check(&signature, "sample\n", 7, &policy, TIME_DAY, &signer);
	ck_assert_int_ne(result, TRUST_NOT_CHECKED);
	return result == TRUST_GOOD;
}

static void assert_good(const struct trust_signers *signers, const void *blob, size_t length, bool good,
			size_t at, unsigned change)
{
	CLEANUP(text_clear) struct text armoured;

	text_init(&armoured);
	fixture_armour(&armoured, blob, length);
	ck_assert_msg(is_good(signers, &armoured) == good, "byte %zu, change %02X", at, change);
}

/* All signers are known, so that no change finds a key to be unknown that is another's. */
START_TEST(no_byte_of_a_signature_can_be_changed)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	static const uint8_t changes[] = {0x01, 0x80, 0xFF, 0x20};
	char name[16];
	size_t length;

	read_signers(&signers, "a <ed>\nb <p256>\nc <rsa>\nd <sked>\ne <skec>\n");
	(void)snprintf(name, sizeof name, "%s.sig", keys[_i]);
	CLEANUP(cleanup_free) char *armoured = fixture_read(&place, name, &length);
	CLEANUP(cleanup_free) uint8_t *blob = fixture_blob(armoured, &length);
	assert_good(&signers, blob, length, true, 0, 0);
	ck_assert_uint_gt(length, 150);
	for (size_t i = 0; i < length; i++)
		for (size_t k = 0; k < sizeof changes; k++) {
			blob[i] ^= changes[k];
			assert_good(&signers, blob, length, false, i, changes[k]);
			blob[i] ^= changes[k];
		}
	assert_good(&signers, blob, length, true, 0, 0);
}
END_TEST

START_TEST(no_part_of_a_signature_can_be_left_out)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	char name[16];
	size_t length;

	read_signers(&signers, "a <ed>\nb <p256>\nc <rsa>\nd <sked>\ne <skec>\n");
	(void)snprintf(name, sizeof name, "%s.sig", keys[_i]);
	CLEANUP(cleanup_free) char *armoured = fixture_read(&place, name, &length);
	CLEANUP(cleanup_free) uint8_t *blob = fixture_blob(armoured, &length);
	for (size_t i = 0; i < length; i++) {
		/* cut there */
		assert_good(&signers, blob, i, false, i, 0);
		/* and without that byte */
		CLEANUP(cleanup_free) uint8_t *without = malloc(length);
		ck_assert_ptr_nonnull(without);
		memcpy(without, blob, i);
		memcpy(without + i, blob + i + 1, length - i - 1);
		assert_good(&signers, without, length - 1, false, i, 0);
	}
}
END_TEST

/* ---- a value that is shorter than its key ---- */

/* Sign a message with the RSA key, as ssh-keygen does it. */
static void sign_rsa(EVP_PKEY *key, const char *message, uint8_t ret_value[static 384])
{
	CLEANUP(text_clear) struct text bytes;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char digest[64];
	size_t size = 0, length = 384;

	text_init(&bytes);
	ck_assert_int_eq(EVP_Q_digest(NULL, "SHA512", NULL, message, strlen(message), digest, &size), 1);
	text_add(&bytes, "SSHSIG");
	parts_add_string(&bytes, FIXTURE_NAMESPACE, strlen(FIXTURE_NAMESPACE));
	parts_add_string(&bytes, "", 0);
	parts_add_string(&bytes, "sha512", 6);
	parts_add_string(&bytes, digest, size);
	ck_assert_int_eq(EVP_DigestSignInit_ex(context, NULL, "SHA512", NULL, NULL, key, NULL), 1);
	ck_assert_int_eq(EVP_DigestSign(context, ret_value, &length, (const unsigned char *)bytes.data,
					bytes.length), 1);
	ck_assert_uint_eq(length, 384);
	EVP_MD_CTX_free(context);
}

/* Some agents leave out the zeros that one value in 256 begins with; ssh-keygen puts them back. */
START_TEST(value_of_rsa_without_its_leading_zeros_is_good)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	CLEANUP(trust_signature_clear) struct trust_signature signature = {0};
	CLEANUP(parts_clear) struct parts parts;
	CLEANUP(text_clear) struct text blob, armoured;
	uint8_t value[384] = {1};
	char message[32] = "", path[SERVER_PATH_MAX];
	size_t length;

	(void)snprintf(path, sizeof path, "%s/rsa", place.folder);
	FILE *file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	(void)fclose(file);
	for (int i = 0; value[0] != 0; i++) {
		(void)snprintf(message, sizeof message, "sample %d\n", i);
		sign_rsa(key, message, value);
	}
	EVP_PKEY_free(key);
	CLEANUP(cleanup_free) char *whole = fixture_read(&place, "rsa.sig", &length);
	parts_take(&parts, whole);
	text_cut(&parts.value, 0);
	text_add_bytes(&parts.value, value + 1, sizeof value - 1);
	parts_blob(&parts, &blob);
	text_init(&armoured);
	fixture_armour(&armoured, blob.data, blob.length);
	fixture_write(&place, "zeros", message, strlen(message));
	fixture_write(&place, "zeros.sig", armoured.data, armoured.length);
	CLEANUP(text_clear) struct text line;
	text_init(&line);
	fixture_expand(&line, &place, "alice <rsa>\n");
	fixture_write(&place, "zeros.signers", line.data, line.length);
	ck_assert(fixture_verify(&place, "zeros.signers", "alice", "zeros.sig", "zeros", "20261122120000Z", "UTC"));

	read_signers(&signers, "alice <rsa>\n");
	const struct trust_policy policy = {.signers = &signers, .threshold = 1};
	ck_assert_int_eq(trust_signature_parse(&signature, "s", armoured.data, armoured.length, NULL), 0);
	ck_assert_int_eq(trust_check(&signature, message, strlen(message), &policy, TIME_DAY, NULL), TRUST_GOOD);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trust: altered signatures");
	TCase *tests = tcase_create("altered");

	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, no_byte_of_a_signature_can_be_changed, 0, KEYS);
	tcase_add_loop_test(tests, no_part_of_a_signature_can_be_left_out, 0, KEYS);
	tcase_add_test(tests, value_of_rsa_without_its_leading_zeros_is_good);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
