/* What trust_signature_parse() takes has all its parts, and is checked to an end. An input that
 * begins with "SSHSIG" is armoured first, so that a change of a byte is one of the blob. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "trust/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void add_base64(struct text *text, const uint8_t *bytes, size_t length)
{
	CLEANUP(cleanup_free) unsigned char *digits = malloc(length / 3 * 4 + 5);

	expect(digits != NULL);
	(void)EVP_EncodeBlock(digits, bytes, (int)length);
	text_add(text, (char *)digits);
}

static void check_parts(const struct trust_signature *signature)
{
	bool token = signature->type == TRUST_SK_ED25519 || signature->type == TRUST_SK_ECDSA_P256;

	expect(signature->name_space[0] != '\0');
	expect(strcmp(signature->hash, "sha512") == 0 || strcmp(signature->hash, "sha256") == 0);
	expect(token || (signature->flags == 0 && signature->counter == 0));
	if (signature->type == TRUST_RSA)
		expect(strncmp(signature->algorithm, "rsa-sha2-", 9) == 0 &&
		       signature->value_length >= 384 && signature->value_length <= 2048);
	else
		expect(strcmp(signature->algorithm, trust_key_type_name(signature->type)) == 0 &&
		       signature->value_length == 64);
}

/* Check it as if its key were in allowed_signers. */
static void check_result(struct trust_signature *signature)
{
	static const char message[] = "sample\n";
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	CLEANUP(text_clear) struct text line;
	struct trust_policy policy = {.signers = &signers, .threshold = 1, .verify_required = true};
	const struct trust_signer *signer = NULL;
	struct trust_vote vote;

	expect(trust_check(signature, message, strlen(message), &policy, 0, NULL) != TRUST_GOOD);
	text_init(&line);
	text_addf(&line, "sample %s ", trust_key_type_name(signature->type));
	add_base64(&line, signature->key, signature->key_length);
	expect(trust_signers_parse(&signers, "fuzz", line.data, line.length, NULL) == 0);
	expect(strcmp(signers.items[0].fingerprint, signature->fingerprint) == 0);
	enum trust_result result =
		trust_check(signature, message, strlen(message), &policy, TIME_DAY, &signer);
	expect(result != TRUST_UNKNOWN_KEY && result != TRUST_NOT_CHECKED);
	expect((result == TRUST_GOOD) == (signer != NULL));
	expect((result == TRUST_OTHER_NAMESPACE) == (strcmp(signature->name_space, TRUST_NAMESPACE) != 0));
	expect(trust_result_text(result)[0] != '\0');
	expect(trust_count(&vote, signature, 1, message, strlen(message), &policy, "", TIME_DAY) ==
	       (result == TRUST_GOOD));
	expect(vote.result == result);
	if (result != TRUST_GOOD)
		return;
	signature->value[signature->value_length - 1] ^= 1;
	expect(trust_check(signature, message, strlen(message), &policy, TIME_DAY, NULL) ==
	       TRUST_BAD_SIGNATURE);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	CLEANUP(trust_signature_clear) struct trust_signature signature = {0};
	CLEANUP(text_clear) struct text armoured;
	struct error e = {0};

	text_init(&armoured);
	if (length >= 6 && memcmp(bytes, "SSHSIG", 6) == 0) {
		text_add(&armoured, "-----BEGIN SSH SIGNATURE-----\n");
		add_base64(&armoured, bytes, length);
		text_add(&armoured, "\n-----END SSH SIGNATURE-----\n");
	} else {
		text_add_bytes(&armoured, bytes, length);
	}
	if (trust_signature_parse(&signature, "fuzz", armoured.data, armoured.length, &e) < 0) {
		expect(e.code == ERROR_DATA && strncmp(e.text, "fuzz: ", 6) == 0);
		return 0;
	}
	check_parts(&signature);
	check_result(&signature);
	return 0;
}
