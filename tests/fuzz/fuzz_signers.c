/* What trust_signers_parse() takes can be written down plainly, and is then read as the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

static void add_key(struct text *text, const struct trust_signer *signer)
{
	CLEANUP(cleanup_free) unsigned char *digits = malloc(signer->key_length / 3 * 4 + 5);

	expect(digits != NULL);
	(void)EVP_EncodeBlock(digits, signer->key, (int)signer->key_length);
	text_addf(text, "%s %s\n", trust_key_type_name(signer->type), (char *)digits);
}

static void add_time(struct text *text, const char *option, int64_t at)
{
	time_t seconds = (time_t)(at / TIME_SECOND);
	char digits[32];
	struct tm tm;

	expect(gmtime_r(&seconds, &tm) != NULL);
	expect(strftime(digits, sizeof digits, "%Y%m%d%H%M%S", &tm) == 14);
	text_addf(text, ",%s=\"%sZ\"", option, digits);
}

/* A leap second or another time zone can lead into the year 10000, which has five digits. */
static bool can_be_written(const struct trust_signer *signer)
{
	int64_t year_10000 = INT64_C(253402300800) * TIME_SECOND;

	return signer->valid_after < year_10000 &&
	       (signer->valid_before == TIME_NEVER || signer->valid_before < year_10000);
}

static void add_signer(struct text *text, const struct trust_signer *signer)
{
	text_addf(text, "\"%s\" namespaces=\"", signer->principals);
	for (const char *c = signer->namespaces ? signer->namespaces : "*"; *c; c++)
		text_addf(text, "%s%c", *c == '"' ? "\\" : "", *c);
	text_add(text, "\"");
	if (signer->valid_after != 0)
		add_time(text, "valid-after", signer->valid_after);
	if (signer->valid_before != TIME_NEVER)
		add_time(text, "valid-before", signer->valid_before);
	text_add(text, " ");
	add_key(text, signer);
}

static void expect_same(const struct trust_signer *a, const struct trust_signer *b)
{
	expect(strcmp(a->principals, b->principals) == 0);
	expect(strcmp(a->namespaces ? a->namespaces : "*", b->namespaces) == 0);
	expect(a->valid_after == b->valid_after);
	expect(a->valid_before == b->valid_before);
	expect(a->type == b->type && a->key_length == b->key_length);
	expect(memcmp(a->key, b->key, a->key_length) == 0);
	expect(strcmp(a->fingerprint, b->fingerprint) == 0);
}

static void check_public_key(const struct trust_signer *signer)
{
	CLEANUP(text_clear) struct text text;
	char fingerprint[TRUST_FINGERPRINT_SIZE];

	text_init(&text);
	add_key(&text, signer);
	expect(trust_public_key_fingerprint(fingerprint, "fuzz", text.data, text.length, NULL) == 0);
	expect(strcmp(fingerprint, signer->fingerprint) == 0);
}

static void check_people(const struct trust_signers *signers)
{
	size_t count = signers->count < 8 ? signers->count : 8;

	for (size_t i = 0; i < count; i++) {
		const char *one = signers->items[i].principals;
		expect(trust_same_person(one, one));
		for (size_t k = 0; k < i; k++) {
			const char *other = signers->items[k].principals;
			bool same = trust_same_person(one, other);
			expect(same == trust_same_person(other, one));
			/* Whoever is on both lists by name makes them one person's. */
			if (!strpbrk(one, ",*?!") && trust_signer_is(&signers->items[k], one))
				expect(same);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	CLEANUP(trust_signers_clear) struct trust_signers again = {0};
	CLEANUP(text_clear) struct text text;
	char fingerprint[TRUST_FINGERPRINT_SIZE];
	struct error e = {0};

	text_init(&text);
	(void)trust_public_key_fingerprint(fingerprint, "fuzz", (const char *)bytes, length, NULL);
	if (trust_signers_parse(&signers, "fuzz", (const char *)bytes, length, &e) < 0) {
		expect(e.code == ERROR_CONFIG && strncmp(e.text, "fuzz:", 5) == 0);
		return 0;
	}
	expect(signers.count <= TRUST_SIGNERS_MAX);
	for (size_t i = 0; i < signers.count; i++) {
		if (!can_be_written(&signers.items[i]))
			return 0;
		add_signer(&text, &signers.items[i]);
		check_public_key(&signers.items[i]);
	}
	check_people(&signers);
	if (signers.count == 0 || text.length > TRUST_SIGNERS_BYTES_MAX)
		return 0;
	expect(trust_signers_parse(&again, "again", text.data, text.length, NULL) == 0);
	expect(again.count == signers.count);
	for (size_t i = 0; i < signers.count; i++)
		expect_same(&signers.items[i], &again.items[i]);
	return 0;
}
