/* So many distinct people with distinct keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"
#include "trust/trust.h"

#include "suite.h"
#include "tests/trust_fixture.h"

/* 2026-11-22T12:00:00Z */
#define NOW (INT64_C(1795348800) * TIME_SECOND)

enum { KEYS = TRUST_SIGNATURES_MAX + 1 };

static struct server place;

/* Keys k0 … k16 with a signature each, of the message; and k0.other of other bytes, k0.file for
 * another namespace, and a token's, which nobody touched (absent), or touched (sk.sig). */
static void set_up(void)
{
	static const char *const token[] = {"sk", "-t ed25519-sk", NULL};

	fixture_make(&place, token);
	fixture_write(&place, "message", "sample\n", 7);
	fixture_write(&place, "other", "Sample\n", 7);
	for (int i = 0; i < KEYS; i++) {
		char key[16], to[24];
		(void)snprintf(key, sizeof key, "k%d", i);
		(void)snprintf(to, sizeof to, "k%d.sig", i);
		server_shell(&place, "ssh-keygen -q -t ed25519 -N '' -C '' -f %s </dev/null", key);
		fixture_sign(&place, "", key, "-n " FIXTURE_NAMESPACE, "message", to);
	}
	fixture_sign(&place, "", "k0", "-n " FIXTURE_NAMESPACE, "other", "k0.other");
	fixture_sign(&place, "", "k0", "-n file", "message", "k0.file");
	fixture_sign(&place, "", "sk", "-n " FIXTURE_NAMESPACE, "message", "sk.sig");
	fixture_sign(&place, "SK_PROVIDER_FLAGS=0", "sk", "-n " FIXTURE_NAMESPACE, "message", "sk.absent");
}

static void tear_down(void)
{
	server_stop(&place);
}

/* ---- one count ---- */

struct ballot {
	const char *signers;	/* a template */
	const char *signatures; /* files with blanks between */
	const char *learner;	/* a key's name; NULL: unknown */
	unsigned threshold;	/* 0: 2 */
	bool verify_required;
};

struct outcome {
	int count;
	size_t vote_count;
	struct trust_vote votes[KEYS];
	char names[KEYS][64]; /* of who counts, or "" */
	unsigned lines[KEYS];
};

static void read_learner(const char *key, char ret_fingerprint[static TRUST_FINGERPRINT_SIZE])
{
	char name[32];
	size_t length;

	ret_fingerprint[0] = '\0';
	if (!key)
		return;
	(void)snprintf(name, sizeof name, "%s.pub", key);
	CLEANUP(cleanup_free) char *bytes = fixture_read(&place, name, &length);
	ck_assert_int_eq(trust_public_key_fingerprint(ret_fingerprint, name, bytes, length, NULL), 0);
}

static size_t read_signatures(struct trust_signature *signatures, const char *names)
{
	size_t count = 0;

	for (; *names; count++) {
		char name[32];
		size_t length = strcspn(names, " "), size;
		memcpy(name, names, length);
		name[length] = '\0';
		names += length + strspn(names + length, " ");
		CLEANUP(cleanup_free) char *bytes = fixture_read(&place, name, &size);
		ck_assert_uint_lt(count, KEYS);
		ck_assert_int_eq(trust_signature_parse(&signatures[count], name, bytes, size, NULL), 0);
	}
	return count;
}

static struct outcome count(struct ballot ballot)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	CLEANUP(text_clear) struct text text;
	struct trust_signature signatures[KEYS] = {0};
	struct outcome outcome = {0};
	char learner[TRUST_FINGERPRINT_SIZE];
	struct error e;

	text_init(&text);
	fixture_expand(&text, &place, ballot.signers);
	ck_assert_msg(trust_signers_parse(&signers, "signers", text.data, text.length, &e) == 0, "%s", e.text);
	read_learner(ballot.learner, learner);
	outcome.vote_count = read_signatures(signatures, ballot.signatures);
	const struct trust_policy policy = {.signers = &signers,
					    .threshold = ballot.threshold ? ballot.threshold : 2,
					    .verify_required = ballot.verify_required};
	outcome.count = trust_count(outcome.votes, signatures, outcome.vote_count, "sample\n", 7, &policy,
				    learner, NOW);
	for (size_t i = 0; i < outcome.vote_count; i++) {
		const struct trust_signer *signer = outcome.count < 0 ? NULL : outcome.votes[i].signer;
		if (outcome.count >= 0)
			ck_assert_str_eq(outcome.votes[i].fingerprint, signatures[i].fingerprint);
		(void)snprintf(outcome.names[i], sizeof outcome.names[i], "%s", signer ? signer->principals : "");
		outcome.lines[i] = signer ? signer->line : 0;
		outcome.votes[i].signer = NULL; /* it ends with the signers */
		trust_signature_clear(&signatures[i]);
	}
	return outcome;
}

/* ---- people and keys ---- */

static const struct {
	const char *says, *signers, *signatures;
	int count;
} people[] = {
	{"nobody", "alice <k0>\n", "", 0},
	{"one", "alice <k0>\nbob <k1>\n", "k0.sig", 1},
	{"two people, two keys", "alice <k0>\nbob <k1>\n", "k0.sig k1.sig", 2},
	{"the same signature twice", "alice <k0>\nbob <k1>\n", "k0.sig k0.sig", 1},
	{"one person, two keys", "alice <k0>\nalice <k1>\n", "k0.sig k1.sig", 1},
	{"one person, two keys on one line each, and another", "alice <k0>\nalice <k1>\nbob <k2>\n",
	 "k0.sig k1.sig k2.sig", 2},
	{"one key, two people", "alice <k0>\nbob <k0>\n", "k0.sig", 1},
	{"one key, two people, twice", "alice <k0>\nbob <k0>\n", "k0.sig k0.sig", 1},
	{"a key of two people, one of whom has another", "alice <k0>\nbob <k0>\nbob <k1>\n", "k0.sig k1.sig", 1},
	{"a key of two people beside a third", "alice <k0>\nbob <k0>\ncarol <k1>\n", "k0.sig k1.sig", 2},
	{"a name on both lists", "alice,night-shift <k0>\nbob,night-shift <k1>\n", "k0.sig k1.sig", 1},
	{"names in other letters", "Alice@Example.org <k0>\nalice@example.org <k1>\n", "k0.sig k1.sig", 1},
	{"a pattern that has the other's name", "*@example.org <k0>\nbob@example.org <k1>\n", "k0.sig k1.sig", 1},
	{"a pattern that has not", "*@example.org <k0>\nbob@example.com <k1>\n", "k0.sig k1.sig", 2},
	{"a pattern that leaves the other out", "*,!bob <k0>\nbob <k1>\n", "k0.sig k1.sig", 2},
	{"patterns that overlap", "a*@example.org <k0>\n*e@* <k1>\n", "k0.sig k1.sig", 1},
	{"patterns that do not", "a* <k0>\nb* <k1>\n", "k0.sig k1.sig", 2},
	{"one who may be everybody", "* <k0>\nalice <k1>\nbob <k2>\n", "k0.sig k1.sig k2.sig", 2},
	{"the one in the middle first", "alice,bob <k0>\nalice <k1>\nbob <k2>\n", "k0.sig k1.sig k2.sig", 2},
	{"the one in the middle last", "alice,bob <k0>\nalice <k1>\nbob <k2>\n", "k1.sig k2.sig k0.sig", 2},
	{"a ring of five",
	 "a,b <k0>\nb,c <k1>\nc,d <k2>\nd,e <k3>\ne,a <k4>\n", "k0.sig k1.sig k2.sig k3.sig k4.sig", 2},
	{"a line that has expired makes nobody the same",
	 "alice valid-before=\"20260101Z\" <k1>\nalice <k0>\nbob <k1>\n", "k0.sig k1.sig", 2},
};

START_TEST(people_and_keys_are_distinct)
{
	struct outcome outcome =
		count((struct ballot){.signers = people[_i].signers, .signatures = people[_i].signatures});

	ck_assert_msg(outcome.count == people[_i].count, "%s: %d", people[_i].says, outcome.count);
	for (size_t i = 0; i < outcome.vote_count; i++) {
		ck_assert_int_eq(outcome.votes[i].result, TRUST_GOOD);
		ck_assert_str_ne(outcome.names[i], "");
	}
}
END_TEST

START_TEST(what_does_not_count_says_why)
{
	static const struct {
		const char *signers, *signature;
		enum trust_result result;
		bool verify_required;
	} cases[] = {
		{"bob <k1>\nalice <k0>\n", "k0.sig", TRUST_GOOD, false},
		{"bob <k1>\n# alice <k0>\n", "k0.sig", TRUST_UNKNOWN_KEY, false},
		{"bob <k1>\nalice <k0>\n", "k0.other", TRUST_BAD_SIGNATURE, false},
		{"bob <k1>\nalice <k0>\n", "k0.file", TRUST_OTHER_NAMESPACE, false},
		{"bob <k1>\nalice namespaces=\"file\" <k0>\n", "k0.sig", TRUST_NOT_FOR_THIS, false},
		{"bob <k1>\nalice valid-before=\"20261122115959Z\" <k0>\n", "k0.sig", TRUST_EXPIRED, false},
		{"bob <k1>\nalice valid-after=\"20261122120001Z\" <k0>\n", "k0.sig", TRUST_NOT_YET_VALID, false},
		{"bob <k1>\nalice valid-after=\"20270101Z\" <k0>\nalice valid-before=\"20260101Z\" <k0>\n",
		 "k0.sig", TRUST_EXPIRED, false},
		{"bob <k1>\nalice valid-before=\"20260101Z\" <k0>\nalice namespaces=\"file\" <k0>\n", "k0.sig",
		 TRUST_EXPIRED, false},
		{"bob <k1>\nalice <sk>\n", "sk.sig", TRUST_GOOD, false},
		{"bob <k1>\nalice <sk>\n", "sk.sig", TRUST_NOT_VERIFIED, true},
		{"bob <k1>\nalice <sk>\n", "sk.absent", TRUST_NO_PRESENCE, false},
		{"bob <k1>\nalice <k0>\n", "k0.sig", TRUST_GOOD, true}, /* no token: nothing to verify */
	};
	char signatures[64];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		(void)snprintf(signatures, sizeof signatures, "%s k1.sig", cases[i].signature);
		struct outcome outcome = count((struct ballot){.signers = cases[i].signers, .signatures = signatures,
							       .verify_required = cases[i].verify_required});
		ck_assert_msg(outcome.votes[0].result == cases[i].result, "case %zu: %s", i,
			      trust_result_text(outcome.votes[0].result));
		ck_assert_int_eq(outcome.votes[1].result, TRUST_GOOD);
		ck_assert_int_eq(outcome.count, cases[i].result == TRUST_GOOD ? 2 : 1);
		ck_assert_str_eq(outcome.names[0], cases[i].result == TRUST_GOOD ? "alice" : "");
		ck_assert_str_eq(outcome.names[1], "bob");
	}
}
END_TEST

/* valid-before is the last second, all of it. */
START_TEST(a_key_ends_with_its_last_second)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	CLEANUP(trust_signature_clear) struct trust_signature signature = {0};
	CLEANUP(text_clear) struct text text;
	const struct trust_policy policy = {.signers = &signers, .threshold = 1};
	const struct {
		int64_t at;
		enum trust_result result;
	} cases[] = {
		{NOW - 1, TRUST_NOT_YET_VALID},
		{NOW, TRUST_GOOD},
		{NOW + TIME_SECOND + TIME_SECOND - 1, TRUST_GOOD},
		{NOW + 2 * TIME_SECOND, TRUST_EXPIRED},
	};

	text_init(&text);
	fixture_expand(&text, &place,
		       "alice valid-after=\"20261122120000Z\",valid-before=\"20261122120001Z\" <k0>\n");
	ck_assert_int_eq(trust_signers_parse(&signers, "s", text.data, text.length, NULL), 0);
	ck_assert_uint_eq(read_signatures(&signature, "k0.sig"), 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_int_eq(trust_check(&signature, "sample\n", 7, &policy, cases[i].at, NULL),
				 cases[i].result);
}
END_TEST

/* As on a host whose OpenSSL does not have such keys. */
START_TEST(what_cannot_be_checked_is_not_good)
{
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	CLEANUP(trust_signature_clear) struct trust_signature signature = {0};
	CLEANUP(text_clear) struct text text;
	const struct trust_policy policy = {.signers = &signers, .threshold = 1};
	const struct trust_signer *signer = signers.items;

	text_init(&text);
	fixture_expand(&text, &place, "alice <k0>\n");
	ck_assert_int_eq(trust_signers_parse(&signers, "s", text.data, text.length, NULL), 0);
	ck_assert_uint_eq(read_signatures(&signature, "k0.sig"), 1);
	ck_assert_int_eq(trust_check(&signature, "sample\n", 7, &policy, NOW, &signer), TRUST_GOOD);
	ck_assert_ptr_eq(signer, &signers.items[0]);
	signature.key[5] = signers.items[0].key[5] = '-'; /* "s-h-ed25519" */
	ck_assert_int_eq(trust_check(&signature, "sample\n", 7, &policy, NOW, &signer), TRUST_NOT_CHECKED);
	ck_assert_ptr_null(signer);
	ck_assert_str_eq(trust_result_text(TRUST_NOT_CHECKED),
			 "this host's OpenSSL cannot check signatures of this kind");
}
END_TEST

START_TEST(first_line_that_counts_is_named)
{
	struct outcome outcome = count((struct ballot){
		.signers = "# people\nold valid-before=\"20260101Z\" <k0>\nalice <k0>\nbob <k0>\n",
		.signatures = "k0.sig"});

	ck_assert_int_eq(outcome.count, 1);
	ck_assert_str_eq(outcome.names[0], "alice");
	ck_assert_uint_eq(outcome.lines[0], 3);
}
END_TEST

/* ---- the learner ---- */

static const struct {
	const char *says, *signers, *learner;
	unsigned threshold;
	int count;
	bool learner_votes[2]; /* of k0 and k1 */
} learners[] = {
	{"an unknown one", "alice <k0>\nbob <k1>\n", NULL, 2, 2, {false, false}},
	{"one of the two", "alice <k0>\nbob <k1>\n", "k0", 2, 1, {true, false}},
	{"with another key of theirs", "alice <k2>\nalice <k0>\nbob <k1>\n", "k2", 2, 1, {true, false}},
	{"whose line has expired", "alice valid-before=\"20260101Z\" <k2>\nalice <k0>\nbob <k1>\n", "k2", 2, 1,
	 {true, false}},
	{"whose key is for something else", "alice namespaces=\"file\" <k2>\nalice <k0>\nbob <k1>\n", "k2", 2, 1,
	 {true, false}},
	{"who may be either", "* <k2>\nalice <k0>\nbob <k1>\n", "k2", 2, 0, {true, true}},
	{"who is not listed", "alice <k0>\nbob <k1>\n", "k2", 2, 2, {false, false}},
	{"who is a third", "alice <k0>\nbob <k1>\ncarol <k2>\n", "k2", 2, 2, {false, false}},
	{"where one approval is enough", "alice <k0>\nbob <k1>\n", "k0", 1, 2, {false, false}},
	{"where three are asked for", "alice <k0>\nbob <k1>\n", "k1", 3, 1, {false, true}},
};

START_TEST(learner_does_not_approve)
{
	struct outcome outcome = count((struct ballot){.signers = learners[_i].signers,
						       .signatures = "k0.sig k1.sig",
						       .learner = learners[_i].learner,
						       .threshold = learners[_i].threshold});

	ck_assert_msg(outcome.count == learners[_i].count, "%s: %d", learners[_i].says, outcome.count);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(outcome.votes[i].result, TRUST_GOOD);
		ck_assert_msg(outcome.votes[i].learner == learners[_i].learner_votes[i], "%s: vote %zu",
			      learners[_i].says, i);
	}
}
END_TEST

START_TEST(bad_signature_of_the_learner_is_a_bad_one)
{
	struct outcome outcome = count((struct ballot){
		.signers = "alice <k0>\nbob <k1>\n", .signatures = "k0.other k1.sig", .learner = "k0"});

	ck_assert_int_eq(outcome.votes[0].result, TRUST_BAD_SIGNATURE);
	ck_assert(!outcome.votes[0].learner);
	ck_assert_int_eq(outcome.count, 1);
}
END_TEST

/* ---- many ---- */

/* Lines "FORMAT <kN>" of all keys, where FORMAT has room for two numbers: N and N + 1. */
static void make_many(struct text *ret_signers, struct text *ret_signatures, const char *names, int keys)
{
	text_init(ret_signers);
	text_init(ret_signatures);
	text_add(ret_signatures, "");
	for (int i = 0; i < keys; i++) {
		for (const char *c = names; *c; c++)
			if (*c == '#' || *c == '+')
				text_addf(ret_signers, "%d", *c == '#' ? i : i + 1);
			else
				text_add_char(ret_signers, *c);
		text_addf(ret_signers, " <k%d>\n", i);
		text_addf(ret_signatures, "%sk%d.sig", i ? " " : "", i);
	}
}

START_TEST(sixteen_are_counted_and_seventeen_refused)
{
	static const struct {
		const char *names;
		int keys, count;
	} cases[] = {
		{"p#", 16, 16},
		{"p#", 17, -1},
		{"p#,p+", 16, 8}, /* a chain: every other one */
		{"p", 16, 1},
		{"p1#", 10, 10},
		{"?#", 10, 10}, /* "?1" is not "?2" */
		{"*#", 16, 10}, /* "*1" may be "*11" */
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(text_clear) struct text signers, signatures;
		make_many(&signers, &signatures, cases[i].names, cases[i].keys);
		struct outcome outcome =
			count((struct ballot){.signers = signers.data, .signatures = signatures.data});
		ck_assert_msg(outcome.count == cases[i].count, "%s of %d: %d", cases[i].names, cases[i].keys,
			      outcome.count);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trust: people and keys");
	TCase *tests = tcase_create("count");

	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, people_and_keys_are_distinct, 0, (int)(sizeof people / sizeof *people));
	tcase_add_test(tests, what_does_not_count_says_why);
	tcase_add_test(tests, a_key_ends_with_its_last_second);
	tcase_add_test(tests, what_cannot_be_checked_is_not_good);
	tcase_add_test(tests, first_line_that_counts_is_named);
	tcase_add_loop_test(tests, learner_does_not_approve, 0, (int)(sizeof learners / sizeof *learners));
	tcase_add_test(tests, bad_signature_of_the_learner_is_a_bad_one);
	tcase_add_test(tests, sixteen_are_counted_and_seventeen_refused);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
