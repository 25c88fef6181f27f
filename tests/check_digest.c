#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/hex.h"
#include "digest/digest.h"

#include "suite.h"

static struct digest_engine *engine;
static struct digest *digest;

static void start_engine(void)
{
	struct error e = {0};

	ck_assert_msg(digest_engine_new(&engine, &e) == 0, "%s", e.text);
	digest = digest_new(engine);
	ck_assert_ptr_nonnull(digest);
}

static void end_engine(void)
{
	digest_free(digest);
	digest_engine_free(engine);
}

static struct digest_pair pair_of(const void *bytes, size_t length)
{
	struct digest_pair pair;

	digest_start(digest);
	digest_update(digest, bytes, length);
	ck_assert_int_eq(digest_final(digest, &pair), 0);
	return pair;
}

static void assert_hex(const uint8_t *bytes, size_t length, const char *expected)
{
	char digits[DIGEST_SHA256_HEX + 1];

	hex_write(digits, bytes, length);
	ck_assert_str_eq(digits, expected);
}

/* MD5 by RFC 1321 A.5; the SHA-256 of the same messages by sha256sum, of "abc" and the
 * 448-bit message by FIPS 180-4's examples. */
static const struct {
	const char *message, *md5, *sha256;
} vectors[] = {
	{"", "d41d8cd98f00b204e9800998ecf8427e",
	 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"a", "0cc175b9c0f1b6a831c399e269772661",
	 "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
	{"abc", "900150983cd24fb0d6963f7d28e17f72",
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"message digest", "f96b697d7cb7938d525a2f31aaf161d0",
	 "f7846f55cf23e14eebeab5b4e1550cad5b509e3348fbc4efa3a1413d393cb650"},
	{"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b",
	 "71c480df93d6ae2f1efad1447c66c9525e316218cf51fc8d9ed832f2daf18b73"},
	{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
	 "d174ab98d277d9f5a5611c2c9f419d9f",
	 "db4bfcbd4da0cd85a60c3c37d3fbd8805c77f15fc6b1fdfe614ee0a7c8fdb4c0"},
	{"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
	 "57edf4a22be3c955ac49da2e2107b67a",
	 "f371bc4a311f2b009eef952dd83ca80e2b60026c8e935592d0f9c308453c813e"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	 "8215ef0796a20bcaaae116d3876c664a",
	 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

START_TEST(published_vectors_are_met)
{
	size_t length = strlen(vectors[_i].message);
	struct digest_pair pair = pair_of(vectors[_i].message, length);
	char hex[DIGEST_SHA256_HEX + 1];

	assert_hex(pair.md5, sizeof pair.md5, vectors[_i].md5);
	assert_hex(pair.sha256, sizeof pair.sha256, vectors[_i].sha256);
	ck_assert_int_eq(digest_sha256_hex(hex, vectors[_i].message, length), 0);
	ck_assert_str_eq(hex, vectors[_i].sha256);
}
END_TEST

START_TEST(a_million_times_a_is_met)
{
	char chunk[1000];
	struct digest_pair pair;

	memset(chunk, 'a', sizeof chunk);
	digest_start(digest);
	for (int i = 0; i < 1000; i++)
		digest_update(digest, chunk, sizeof chunk);
	ck_assert_int_eq(digest_final(digest, &pair), 0);
	assert_hex(pair.md5, sizeof pair.md5, "7707d6ae4e027c70eea2a935c2296f21");
	assert_hex(pair.sha256, sizeof pair.sha256,
		   "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(chunks_make_no_difference)
{
	uint8_t bytes[260];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	for (size_t length = 0; length <= sizeof bytes; length++) {
		struct digest_pair whole = pair_of(bytes, length);
		for (size_t split = 0; split <= length; split++) {
			struct digest_pair pair;
			digest_start(digest);
			digest_update(digest, bytes, split);
			digest_update(digest, NULL, 0);
			digest_update(digest, bytes + split, length - split);
			ck_assert_int_eq(digest_final(digest, &pair), 0);
			ck_assert_msg(digest_equal(&pair, &whole), "%zu bytes split at %zu", length,
				      split);
		}
	}
}
END_TEST

static size_t load(const char *name, uint8_t *bytes, size_t size)
{
	char path[4096];

	ck_assert_ptr_nonnull(getenv("srcdir"));
	(void)snprintf(path, sizeof path, "%s/tests/data/%s", getenv("srcdir"), name);
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "rb");
	ck_assert_msg(file != NULL, "%s", path);
	return fread(bytes, 1, size, file);
}

START_TEST(collision_of_md5_is_told_apart_by_sha256)
{
	uint8_t a[256], b[256];

	ck_assert_uint_eq(load("md5-collision-a.bin", a, sizeof a), 128);
	ck_assert_uint_eq(load("md5-collision-b.bin", b, sizeof b), 128);
	ck_assert_int_ne(memcmp(a, b, 128), 0);
	struct digest_pair of_a = pair_of(a, 128), of_b = pair_of(b, 128);
	ck_assert_mem_eq(of_a.md5, of_b.md5, sizeof of_a.md5);
	ck_assert_mem_ne(of_a.sha256, of_b.sha256, sizeof of_a.sha256);
	ck_assert(!digest_equal(&of_a, &of_b));
}
END_TEST

START_TEST(pair_is_equal_only_when_both_digests_are)
{
	struct digest_pair a = pair_of("abc", 3), b = a;

	ck_assert(digest_equal(&a, &b));
	b.md5[15] ^= 1;
	ck_assert(!digest_equal(&a, &b));
	b = a;
	b.sha256[31] ^= 1;
	ck_assert(!digest_equal(&a, &b));
}
END_TEST

START_TEST(stream_must_be_started_and_ends_once)
{
	struct digest_pair pair, before;

	memset(&pair, 0x5A, sizeof pair);
	before = pair;
	digest_update(digest, "abc", 3);
	ck_assert_int_eq(digest_final(digest, &pair), -EIO);
	ck_assert_mem_eq(&pair, &before, sizeof pair);
	(void)pair_of("abc", 3);
	digest_update(digest, "abc", 3);
	ck_assert_int_eq(digest_final(digest, &pair), -EIO);
	ck_assert_mem_eq(&pair, &before, sizeof pair);
}
END_TEST

START_TEST(stream_can_be_started_anew_in_the_middle)
{
	struct digest_pair expected = pair_of("abc", 3), pair;

	digest_start(digest);
	digest_update(digest, "left over", 9);
	digest_start(digest);
	digest_update(digest, "abc", 3);
	ck_assert_int_eq(digest_final(digest, &pair), 0);
	ck_assert(digest_equal(&pair, &expected));
}
END_TEST

/* A provider that lends digests of the default one under other names and properties, so
 * that hosts can be had on which the default context is not what one expects. */
static const OSSL_ALGORITHM *lent;
static OSSL_LIB_CTX *lender_context;
static OSSL_PROVIDER *lender, *sample;

static const OSSL_ALGORITHM *sample_query(void *provider, int operation, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	return operation == OSSL_OP_DIGEST ? lent : NULL;
}

static int sample_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
		       const OSSL_DISPATCH **ret_out, void **ret_provider)
{
	static const OSSL_DISPATCH table[] = {
		{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))sample_query},
		{0, NULL},
	};
	static int instance;

	(void)handle;
	(void)in;
	*ret_out = table;
	*ret_provider = &instance;
	return 1;
}

/* Make the default context one that has only "SHA2-256", and that is what the default
 * provider calls name. */
static void become_host(const char *name, const char *properties, const char *default_properties)
{
	static OSSL_ALGORITHM table[2];
	int no_cache;

	lender_context = OSSL_LIB_CTX_new();
	lender = OSSL_PROVIDER_load(lender_context, "default");
	ck_assert_ptr_nonnull(lender);
	const OSSL_ALGORITHM *from = OSSL_PROVIDER_query_operation(lender, OSSL_OP_DIGEST, &no_cache);
	while (from->algorithm_names && !strstr(from->algorithm_names, name))
		from++;
	ck_assert_ptr_nonnull(from->algorithm_names);
	table[0] = *from;
	table[0].algorithm_names = "SHA2-256:SHA-256:SHA256";
	table[0].property_definition = properties;
	lent = table;
	ck_assert_int_eq(OSSL_PROVIDER_add_builtin(NULL, "sample", sample_init), 1);
	sample = OSSL_PROVIDER_load(NULL, "sample");
	ck_assert_ptr_nonnull(sample);
	ck_assert_int_eq(EVP_set_default_properties(NULL, default_properties), 1);
}

static void leave_host(void)
{
	if (!sample)
		return;
	OSSL_PROVIDER_unload(sample);
	OSSL_PROVIDER_unload(lender);
	OSSL_LIB_CTX_free(lender_context);
}

START_TEST(md5_works_on_a_host_that_demands_fips)
{
	become_host("SHA2-256:", "provider=sample,fips=yes", "fips=yes");
	ck_assert(EVP_default_properties_is_fips_enabled(NULL));
	ck_assert_ptr_null(EVP_MD_fetch(NULL, "MD5", NULL));
	start_engine();
	struct digest_pair pair = pair_of("abc", 3);
	assert_hex(pair.md5, sizeof pair.md5, vectors[2].md5);
	assert_hex(pair.sha256, sizeof pair.sha256, vectors[2].sha256);
	end_engine();
}
END_TEST

START_TEST(host_without_sha256_is_refused_in_words)
{
	struct digest_engine *none = NULL;
	struct error e = {0};
	char hex[DIGEST_SHA256_HEX + 1];

	ck_assert_int_eq(EVP_default_properties_enable_fips(NULL, 1), 1);
	ck_assert_int_eq(digest_engine_new(&none, &e), -1);
	ck_assert_ptr_null(none);
	ck_assert_int_eq(e.code, ERROR_UNAVAILABLE);
	ck_assert_msg(strstr(e.text, "no SHA-256") && strstr(e.text, "FIPS"), "%s", e.text);
	ck_assert_int_eq(digest_sha256_hex(hex, "", 0), -EIO);
}
END_TEST

START_TEST(wrong_answer_is_refused_in_words)
{
	struct digest_engine *none = NULL;
	struct error e = {0};

	become_host("SHA2-512/256:", "provider=sample", "provider=sample");
	ck_assert_int_eq(digest_engine_new(&none, &e), -1);
	ck_assert_ptr_null(none);
	ck_assert_msg(strstr(e.text, "SHA-256 fails its self-test") != NULL, "%s", e.text);
}
END_TEST

START_TEST(digest_of_another_size_is_refused_in_words)
{
	struct digest_engine *none = NULL;
	struct error e = {0};

	become_host("SHA1:", "provider=sample", "provider=sample");
	ck_assert_int_eq(digest_engine_new(&none, &e), -1);
	ck_assert_msg(strstr(e.text, "could not run: OpenSSL gives no reason") != NULL, "%s", e.text);
}
END_TEST

START_TEST(nothing_can_be_freed)
{
	digest_free(NULL);
	digest_engine_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("digest");
	TCase *streams = tcase_create("streams");
	TCase *hosts = tcase_create("hosts");

	tcase_add_checked_fixture(streams, start_engine, end_engine);
	tcase_add_loop_test(streams, published_vectors_are_met, 0,
			    sizeof vectors / sizeof vectors[0]);
	tcase_add_test(streams, a_million_times_a_is_met);
	tcase_add_test(streams, chunks_make_no_difference);
	tcase_add_test(streams, collision_of_md5_is_told_apart_by_sha256);
	tcase_add_test(streams, pair_is_equal_only_when_both_digests_are);
	tcase_add_test(streams, stream_must_be_started_and_ends_once);
	tcase_add_test(streams, stream_can_be_started_anew_in_the_middle);
	suite_add_tcase(suite, streams);
	tcase_add_checked_fixture(hosts, NULL, leave_host);
	/* Each of these changes OpenSSL's default context: Check gives each its own process. */
	tcase_add_test(hosts, md5_works_on_a_host_that_demands_fips);
	tcase_add_test(hosts, host_without_sha256_is_refused_in_words);
	tcase_add_test(hosts, wrong_answer_is_refused_in_words);
	tcase_add_test(hosts, digest_of_another_size_is_refused_in_words);
	tcase_add_test(hosts, nothing_can_be_freed);
	suite_add_tcase(suite, hosts);
	return suite_run(suite);
}
