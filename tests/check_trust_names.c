/* Names, patterns, fingerprints and bounds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "trust/trust.h"

#include "suite.h"
#include "tests/trust_fixture.h"

static struct server place;

static void set_up(void)
{
	static const char *const keys[] = {
		"ed", "-t ed25519", "p256", "-t ecdsa -b 256", "rsa", "-t rsa -b 3072", "sked",
		"-t ed25519-sk", "skec", "-t ecdsa-sk", "weak", "-t rsa -b 2048", "p384",
		"-t ecdsa -b 384", NULL,
	};

	fixture_make(&place, keys);
}

static void tear_down(void)
{
	server_stop(&place);
}

/* ---- patterns ---- */

static const char *const lists[] = {
	"alice", "alice@example.org", "ALICE", "a", "*", "**", "***", "?", "??", "?*", "*?", "*?*", "?????", "a*",
	"*e", "a*e", "a**e", "a*i*e", "*l*c*", "*alice", "alice*", "alice?", "?alice", "al?ce", "a?i?e", "*@*",
	"*@example.org", "alice@*", "a*@*.org", "*.org", "*aab", "*a*ab", "a*b*a*b", "*abab*", "bob,alice",
	"bob,carol", "bob,*", "!bob,*", "*,!bob", "!alice,*", "*,!alice", "*,!a*", "*,!*@*", "alice,!*x*", "!a,!b,*", "bob,,alice", "alice,", ",alice", "*!", "a!ice,*", "!!bob,*", "alice!",
};

static const char *const names[] = {
	"alice", "bob", "a", "ab", "aab", "abab", "alicealice", "alice@example.org", "carol@example.com", "ALICE",
	"*", "?", "!bob", "x!", "al ice", "@",
};

/* The lines of signers whose principals ssh-keygen finds to match, each once. */
static bool ssh_keygen_finds(const char *found, const char *list)
{
	char line[128];

	(void)snprintf(line, sizeof line, "\n%s\n", list);
	return strstr(found, line) != NULL;
}

START_TEST(patterns_are_those_of_ssh_keygen)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	CLEANUP(text_clear) struct text text;
	const size_t count = sizeof lists / sizeof *lists;
	size_t length, matches = 0;
	struct error e;

	text_init(&text);
	for (size_t i = 0; i < count; i++) {
		text_addf(&text, "%s ", lists[i]);
		fixture_expand(&text, &place, "<ed>\n");
	}
	fixture_write(&place, "signers", text.data, text.length);
	ck_assert_msg(trust_signers_parse(&signers, "signers", text.data, text.length, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(signers.count, count);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		server_shell(&place, "{ echo; ssh-keygen -Y match-principals -f signers -I '%s' || true; } >found",
			     names[i]);
		CLEANUP(cleanup_free) char *found = fixture_read(&place, "found", &length);
		for (size_t k = 0; k < count; k++) {
			bool theirs = ssh_keygen_finds(found, lists[k]);
			ck_assert_msg(trust_signer_is(&signers.items[k], names[i]) == theirs,
				      "\"%s\" and \"%s\": ssh-keygen says %s", names[i], lists[k],
				      theirs ? "yes" : "no");
			matches += theirs;
		}
	}
	/* Neither all nor none. */
	ck_assert_uint_gt(matches, 100);
	ck_assert_uint_lt(matches, sizeof names / sizeof *names * count / 2);
}
END_TEST

START_TEST(people_are_the_same_where_they_cannot_be_told_apart)
{
	static const struct {
		const char *one, *other;
		bool same;
	} cases[] = {
		{"alice", "alice", true},
		{"alice", "bob", false},
		{"alice", "ALICE", true},
		{"alice", "alic", false},
		{"alice,bob", "carol,bob", true},
		{"alice,bob", "carol,dave", false},
		{"*", "alice", true},
		{"*", "*", true},
		{"a*", "*b", true},
		{"a*c", "a?c", true},
		{"a*c", "b*c", false},
		{"?", "??", false},
		{"?*", "??", true},
		{"a*b*c", "*x*", true},
		{"a?", "ab?", false},
		{"*a", "*b", false},
		{"*a*", "*b*", true},
		{"*@example.org", "*@example.com", false},
		{"*@example.*", "*@example.com", true},
		{"*,!bob", "bob", false},
		{"*,!bob", "BOB", true}, /* another name for ssh-keygen, the same for people */
		{"*,!b*", "bob", false},
		{"*,!b*", "b?b", true}, /* patterns are taken at their widest */
		{"*,!alice", "*,!bob", true},
		{"!bob,b*", "bob,carol", false},
		{"!bob,b*", "bob,bert", true},
		{"**", "a", true},
		{"a**", "a", true},
		{"é", "É", false}, /* only letters of ASCII have cases here */
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_msg(trust_same_person(cases[i].one, cases[i].other) == cases[i].same, "%s, %s",
			      cases[i].one, cases[i].other);
		ck_assert_msg(trust_same_person(cases[i].other, cases[i].one) == cases[i].same, "%s, %s",
			      cases[i].other, cases[i].one);
	}
}
END_TEST

/* Backtracking would take longer than there is time. */
START_TEST(hard_patterns_are_quick)
{
	struct trust_signer signer = {.principals = (char[]){"a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"}};
	char name[1001], list[TRUST_PRINCIPALS_MAX + 1];

	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	ck_assert(!trust_signer_is(&signer, name));
	for (size_t i = 0; i < sizeof list - 1; i++)
		list[i] = i % 2 ? '*' : 'a';
	list[sizeof list - 1] = '\0';
	ck_assert(!trust_same_person(list, "b"));
	ck_assert(trust_same_person(list, signer.principals));
	char longer[TRUST_PRINCIPALS_MAX + 2];
	memset(longer, 'a', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	ck_assert(trust_same_person(longer, "bob")); /* what is not looked at cannot be told apart */
	ck_assert(trust_same_person(list, list));
}
END_TEST

/* ---- public keys ---- */

START_TEST(fingerprints_are_those_of_ssh_keygen)
{
	static const char *const keys[] = {"ed", "p256", "rsa", "sked", "skec"};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		char fingerprint[TRUST_FINGERPRINT_SIZE], file[32];
		size_t length;
		struct error e;
		(void)snprintf(file, sizeof file, "%s.pub", keys[i]);
		CLEANUP(cleanup_free) char *key = fixture_read(&place, file, &length);
		ck_assert_msg(trust_public_key_fingerprint(fingerprint, file, key, length, &e) == 0, "%s", e.text);
		server_shell(&place, "ssh-keygen -l -f %s | cut -d' ' -f2 | tr -d '\\n' >print", file);
		CLEANUP(cleanup_free) char *theirs = fixture_read(&place, "print", &length);
		ck_assert_str_eq(fingerprint, theirs);
	}
}
END_TEST

static void assert_no_public_key(const char *template, const char *words)
{
	CLEANUP(text_clear) struct text text;
	char fingerprint[TRUST_FINGERPRINT_SIZE] = "untouched";
	struct error e = {0};

	text_init(&text);
	text_add(&text, "");
	fixture_expand(&text, &place, template);
	ck_assert_int_eq(trust_public_key_fingerprint(fingerprint, "key.pub", text.data, text.length, &e), -1);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_msg(strncmp(e.text, "key.pub: ", 9) == 0 && strstr(e.text, words), "%s", e.text);
	ck_assert_str_eq(fingerprint, "untouched");
}

START_TEST(what_is_no_public_key_is_refused_with_its_own_words)
{
	CLEANUP(cleanup_free) char *private = NULL;
	size_t length;

	private = fixture_read(&place, "ed", &length);
	assert_no_public_key(private, "this is a private key: name its public one (.pub)");
	assert_no_public_key("", "this is not a public key: \"TYPE BASE64 COMMENT\"");
	assert_no_public_key("\n\n", "this is not a public key: \"TYPE BASE64 COMMENT\"");
	assert_no_public_key("---- BEGIN SSH2 PUBLIC KEY ----\n", "this is not a public key");
	assert_no_public_key("-----BEGIN PUBLIC KEY-----\nMCow\n", "this is not a public key of OpenSSH's form");
	assert_no_public_key("alice <ed>\n", "keys of the type \"alice\" are not accepted");
	assert_no_public_key("\x1B[2Kssh <ed>\n", "keys of the type \"%1B[2Kssh\" are not accepted");
	assert_no_public_key("<weak>\n", "the RSA key has 2048 bits; it must have at least 3072");
	assert_no_public_key("<p384>\n", "keys of the type \"ecdsa-sha2-nistp384\" are not accepted");
	assert_no_public_key("<ed>\n<p256>\n", "there is more than one line");
	assert_no_public_key("<ed> a comment\n<p256> another\n", "there is more than one line");
	assert_no_public_key("ssh-ed25519 AAAA\n", "this is not a key");
}
END_TEST

START_TEST(nul_and_size_are_refused_in_a_public_key)
{
	CLEANUP(cleanup_free) char *large = calloc(1, TRUST_SIGNERS_LINE_MAX + 1);
	char fingerprint[TRUST_FINGERPRINT_SIZE];
	struct error e = {0};

	ck_assert_ptr_nonnull(large);
	ck_assert_int_eq(trust_public_key_fingerprint(fingerprint, "k", "ssh-ed25519 \0", 13, &e), -1);
	ck_assert_str_eq(e.text, "k: this is not text");
	ck_assert_int_eq(trust_public_key_fingerprint(fingerprint, "k", large, TRUST_SIGNERS_LINE_MAX + 1, &e), -1);
	ck_assert_str_eq(e.text, "k: longer than 16384 bytes");
}
END_TEST

/* ---- bounds ---- */

/* A line with an RSA key of so many bits, which is made up: it is odd, and no more is asked. */
static void add_rsa_line(struct text *text, size_t bits)
{
	CLEANUP(text_clear) struct text wire, armoured;
	uint8_t modulus[2100] = {0};

	/* A zero in front keeps it from being negative. */
	memset(modulus + 1, 0xA5, bits / 8);
	text_init(&wire);
	text_init(&armoured);
	parts_add_string(&wire, "ssh-rsa", 7);
	parts_add_string(&wire, "\1\0\1", 3);
	parts_add_string(&wire, modulus, bits / 8 + 1);
	fixture_armour(&armoured, wire.data, wire.length);
	const char *digits = strchr(armoured.data, '\n') + 1;
	text_addf(text, "alice ssh-rsa %.*s\n", (int)strcspn(digits, "\n"), digits);
}

START_TEST(rsa_keys_have_3072_to_16384_bits)
{
	static const struct {
		size_t bits;
		const char *words;
	} cases[] = {
		{3064, "signers:1: the RSA key has 3064 bits; it must have at least 3072"},
		{3072, NULL},
		{16384, NULL},
		{16392, "signers:1: the RSA key is damaged, or longer than 16384 bits"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
		CLEANUP(text_clear) struct text text;
		struct error e = {0};
		text_init(&text);
		add_rsa_line(&text, cases[i].bits);
		int r = trust_signers_parse(&signers, "signers", text.data, text.length, &e);
		ck_assert_int_eq(r, cases[i].words ? -1 : 0);
		ck_assert_uint_eq(signers.count, cases[i].words ? 0 : 1);
		ck_assert_str_eq(e.text, cases[i].words ? cases[i].words : "");
	}
}
END_TEST

static void assert_signers(const struct text *text, const char *words)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	struct error e = {0};
	int r = trust_signers_parse(&signers, "signers", text->data, text->length, &e);

	ck_assert_msg(r == (words ? -1 : 0), "%s", e.text);
	if (!words)
		return;
	ck_assert_int_eq(e.code, ERROR_CONFIG);
	ck_assert_str_eq(e.text, words);
	ck_assert_uint_eq(signers.count, 0);
	ck_assert_ptr_null(signers.items);
}

START_TEST(a_thousand_signers_are_read_and_no_more)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	for (int i = 0; i < TRUST_SIGNERS_MAX; i++) {
		text_addf(&text, "p%d ", i);
		fixture_expand(&text, &place, "<sked>\n");
	}
	assert_signers(&text, NULL);
	fixture_expand(&text, &place, "# not one more\n");
	assert_signers(&text, NULL);
	fixture_expand(&text, &place, "one-more <ed>\n");
	assert_signers(&text, "signers:1002: more than 1000 signers");
}
END_TEST

START_TEST(ten_megabytes_are_refused_before_they_are_read)
{
	CLEANUP(text_clear) struct text line, text;

	text_init(&line);
	text_init(&text);
	fixture_expand(&line, &place, "alice <ed>\n");
	while (text.length < 10000000)
		text_add(&text, line.data);
	assert_signers(&text, "signers: larger than 1048576 bytes");
}
END_TEST

START_TEST(names_are_bounded)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	for (int i = 0; i < TRUST_PRINCIPALS_MAX; i++)
		text_add_char(&text, 'a');
	fixture_expand(&text, &place, " <ed>\n");
	assert_signers(&text, NULL);
	fixture_expand(&text, &place, "a");
	for (int i = 0; i < TRUST_PRINCIPALS_MAX; i++)
		text_add_char(&text, 'a');
	fixture_expand(&text, &place, " <ed>\n");
	assert_signers(&text, "signers:2: the names are longer than 1022 bytes");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trust: names and keys");
	TCase *tests = tcase_create("names");

	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, patterns_are_those_of_ssh_keygen);
	tcase_add_test(tests, people_are_the_same_where_they_cannot_be_told_apart);
	tcase_add_test(tests, hard_patterns_are_quick);
	tcase_add_test(tests, fingerprints_are_those_of_ssh_keygen);
	tcase_add_test(tests, what_is_no_public_key_is_refused_with_its_own_words);
	tcase_add_test(tests, nul_and_size_are_refused_in_a_public_key);
	tcase_add_test(tests, rsa_keys_have_3072_to_16384_bits);
	tcase_add_test(tests, a_thousand_signers_are_read_and_no_more);
	tcase_add_test(tests, ten_megabytes_are_refused_before_they_are_read);
	tcase_add_test(tests, names_are_bounded);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
