/* Which baselines are believed: by people's signatures, whatever the store says. Keys and
 * signatures are those of the installed ssh-keygen. */
#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"
#include "baseline/baseline.h"
#include "config/config.h"

#include "tests/store_fixture.h"
#include "tests/suite.h"
#include "tests/trust_fixture.h"

#define NOW (20000 * TIME_DAY)

static struct server keys;
static struct config config;
static struct baseline_memory *memory;
static struct baselines believed;
static struct baseline_rejections rejections;
static char signers_path[SERVER_PATH_MAX + 32];
static const struct store_actor person = {.by = "sample", .at = NOW};

#define ANN "ann@sample namespaces=\"pumpwatch-baseline-v1\" <ann>\n"
#define BEN "ben@sample <ben>\n"
#define EVE "eve@sample <eve>\n"

static void write_signers(const char *template)
{
	struct text text;

	text_init(&text);
	fixture_expand(&text, &keys, template);
	fixture_write(&keys, "signers", text.data ? text.data : "", text.length);
	text_clear(&text);
}

static void make_keys(void)
{
	static const char *const names[] = {"ann", "-t ed25519", "ben", "-t ecdsa -b 256", "eve", "-t ed25519", NULL};

	fixture_make(&keys, names);
	(void)snprintf(signers_path, sizeof signers_path, "%s/signers", keys.folder);
	write_signers(ANN BEN EVE);
	config = (struct config){.approvals = 2, .signers = signers_path};
	memory = baseline_memory_new();
	ck_assert_ptr_nonnull(memory);
}

static void forget(void)
{
	baselines_clear(&believed);
	baseline_rejections_clear(&rejections);
}

static void begin(void)
{
	set_up();
	make_keys();
}

static void finish(void)
{
	forget();
	baseline_memory_free(memory);
	server_stop(&keys);
	tear_down();
}

/* A baseline of the model "sample-pump" in the store and in folder/m<serial>; returns its id. */
struct sample {
	uint64_t serial;
	char id[MANIFEST_ID_SIZE];
	char name[16];
};

static struct sample make(uint64_t serial, const char *previous, const char *learner)
{
	struct sample sample = {.serial = serial};
	const struct digest_pair digest = sample_digest((int)serial);
	struct manifest manifest = {
		.site = strdup("sample-site"), .scope_name = strdup("sample-pump"), .kind = VISIT_FIRMWARE,
		.release = strdup("7.0"), .serial = serial, .created_at = TIME_DAY, .expires_at = TIME_NEVER,
	};
	struct text text;

	text_init(&text);
	(void)snprintf(manifest.previous, sizeof manifest.previous, "%s", previous);
	(void)snprintf(manifest.learner, sizeof manifest.learner, "%s", learner);
	ck_assert_int_eq(manifest_add(&manifest, "main.bin", 5, &digest), 0);
	must(manifest_write(&text, &manifest, &e));
	ck_assert_int_eq(manifest_id(sample.id, text.data, text.length), 0);
	must(store_baseline_add(store, text.data, &manifest, &person, &e));
	(void)snprintf(sample.name, sizeof sample.name, "m%llu", (unsigned long long)serial);
	fixture_write(&keys, sample.name, text.data, text.length);
	manifest_clear(&manifest);
	text_clear(&text);
	return sample;
}

static void sign(const struct sample *sample, const char *key)
{
	size_t length;

	fixture_sign(&keys, "", key, "-n pumpwatch-baseline-v1", sample->name, "signature");
	char *signature = fixture_read(&keys, "signature", &length);
	must(store_baseline_approve(store, sample->id, signature, &person, &e));
	free(signature);
}

static struct sample approved(uint64_t serial, const char *previous)
{
	struct sample sample = make(serial, previous, "");

	sign(&sample, "ann");
	sign(&sample, "ben");
	must(store_baseline_enforce(store, sample.id, TIME_NEVER, &person, &e));
	return sample;
}

static void refresh(void)
{
	forget();
	must(baseline_refresh(&believed, &rejections, memory, store, &config, NOW, &e));
}

static void is_rejected(const struct sample *sample, enum baseline_fault fault, bool kept, const char *words)
{
	ck_assert_uint_eq(rejections.count, 1);
	const struct baseline_rejection *one = &rejections.items[0];
	ck_assert_str_eq(one->id, sample->id);
	ck_assert_int_eq(one->fault, fault);
	ck_assert_msg(one->kept == kept, "kept: %d", one->kept);
	ck_assert_msg(strstr(one->why, words) != NULL, "\"%s\": %s", words, one->why);
	ck_assert_uint_eq(believed.count, kept ? 1 : 0);
}

static void is_believed(const struct sample *sample)
{
	ck_assert_uint_eq(rejections.count, 0);
	ck_assert_uint_eq(believed.count, 1);
	ck_assert_str_eq(believed.items[0]->stored.id, sample->id);
	ck_assert_uint_eq(believed.items[0]->stored.manifest.serial, sample->serial);
}

/* ---- one baseline ---- */

static struct baseline_check check(const struct sample *sample)
{
	struct store_baseline stored = {0};
	struct trust_signers signers;
	struct baseline_check checked;

	must(baseline_signers_load(&signers, &config, &e));
	const struct trust_policy policy = baseline_policy(&config, &signers);
	ck_assert_int_eq(must(store_baseline_load(store, sample->id, &stored, &e)), 1);
	must(baseline_check(&checked, &stored, &policy, NOW, &e));
	store_baseline_clear(&stored);
	trust_signers_clear(&signers);
	return checked;
}

START_TEST(two_people_are_enough_and_one_is_not)
{
	struct sample sample = make(1, "", "");

	sign(&sample, "ann");
	struct baseline_check checked = check(&sample);
	ck_assert_int_eq(checked.fault, BASELINE_SHORT);
	ck_assert_uint_eq(checked.approvals, 1);
	ck_assert_str_eq(checked.why, "1 of 2 approvals are good");
	sign(&sample, "ben");
	checked = check(&sample);
	ck_assert_int_eq(checked.fault, BASELINE_FINE);
	ck_assert_uint_eq(checked.approvals, 2);
	ck_assert_uint_eq(checked.vote_count, 2);
	ck_assert_str_eq(checked.why, "");
}
END_TEST

START_TEST(who_learnt_it_does_not_count)
{
	char fingerprint[TRUST_FINGERPRINT_SIZE];
	size_t length;
	char *key = fixture_read(&keys, "ann.pub", &length);

	must(trust_public_key_fingerprint(fingerprint, "ann.pub", key, length, &e));
	free(key);
	struct sample sample = make(1, "", fingerprint);
	sign(&sample, "ann");
	sign(&sample, "ben");
	struct baseline_check checked = check(&sample);
	ck_assert_int_eq(checked.fault, BASELINE_SHORT);
	ck_assert_ptr_nonnull(strstr(checked.why, "is by the one who learnt it"));
	ck_assert(checked.votes[0].learner && !checked.votes[1].learner);
	sign(&sample, "eve");
	ck_assert_int_eq(check(&sample).fault, BASELINE_FINE);
}
END_TEST

START_TEST(a_signature_that_cannot_be_read_is_none)
{
	struct sample sample = make(1, "", "");

	must(store_baseline_approve(store, sample.id, "nothing of the kind", &person, &e));
	sign(&sample, "ben");
	struct baseline_check checked = check(&sample);
	ck_assert_int_eq(checked.fault, BASELINE_SHORT);
	ck_assert_uint_eq(checked.approvals, 1);
	ck_assert_int_eq(checked.votes[0].result, TRUST_BAD_SIGNATURE);
	ck_assert_int_eq(checked.votes[1].result, TRUST_GOOD);
}
END_TEST

START_TEST(evaluation_asks_for_no_signature)
{
	struct sample sample = make(1, "", "");

	config.approvals = 0;
	config.signers = "/nowhere/allowed_signers";
	must(store_baseline_enforce(store, sample.id, TIME_NEVER, &person, &e));
	refresh();
	is_believed(&sample);
	tamper("UPDATE baseline SET text = replace(text, 'release: 7.0', 'release: 7.1')");
	refresh();
	is_rejected(&sample, BASELINE_DAMAGED, true, "digest");
}
END_TEST

/* ---- memory ---- */

START_TEST(what_the_store_calls_current_is_not_believed_without_signatures)
{
	struct sample sample = make(1, "", "");

	sign(&sample, "ann");
	must(store_baseline_enforce(store, sample.id, TIME_NEVER, &person, &e));
	refresh();
	is_rejected(&sample, BASELINE_SHORT, false, "1 of 2 approvals are good");
	ck_assert_str_eq(rejections.items[0].scope, "model sample-pump");
	ck_assert_str_eq(rejections.items[0].release, "7.0");
}
END_TEST

START_TEST(an_altered_text_leaves_the_last_good_one_in_force)
{
	struct sample sample = approved(1, "");

	refresh();
	is_believed(&sample);
	tamper("UPDATE baseline SET text = replace(text, 'main.bin', 'mair.bin')");
	refresh();
	is_rejected(&sample, BASELINE_DAMAGED, true, "digest");
	ck_assert_str_eq(believed.items[0]->stored.manifest.files[0].path, "main.bin");
	/* A process that starts now has nothing to go on with. */
	baseline_memory_free(memory);
	memory = baseline_memory_new();
	refresh();
	is_rejected(&sample, BASELINE_DAMAGED, false, "digest");
	tamper("UPDATE baseline SET text = replace(text, 'mair.bin', 'main.bin')");
	refresh();
	is_believed(&sample);
}
END_TEST

START_TEST(an_altered_signature_leaves_the_last_good_one_in_force)
{
	struct sample sample = approved(1, "");

	refresh();
	tamper("UPDATE signature SET text = replace(text, 'SIGNATURE', 'SIGNATUR3')");
	refresh();
	is_rejected(&sample, BASELINE_SHORT, true, "0 of 2 approvals are good");
}
END_TEST

START_TEST(a_revoked_key_ends_what_it_signed_in_memory_too)
{
	struct sample sample = approved(1, "");

	refresh();
	is_believed(&sample);
	write_signers(ANN EVE);
	refresh();
	is_rejected(&sample, BASELINE_SHORT, false, "1 of 2 approvals are good");
	sign(&sample, "eve");
	refresh();
	is_believed(&sample);
}
END_TEST

START_TEST(a_bad_file_of_signers_leaves_the_last_good_one_in_use)
{
	struct sample sample = approved(1, "");

	refresh();
	write_signers(ANN BEN "nonsense\n");
	refresh();
	is_believed(&sample);
	ck_assert_msg(strstr(rejections.signers, "signers:3: ") != NULL, "%s", rejections.signers);
	write_signers(ANN BEN);
	refresh();
	ck_assert_str_eq(rejections.signers, "");
}
END_TEST

START_TEST(without_any_file_of_signers_nothing_can_be_said)
{
	config.signers = "/nowhere/allowed_signers";
	must_refuse(baseline_refresh(&believed, &rejections, memory, store, &config, NOW, &e), ERROR_CONFIG,
		    "/nowhere/allowed_signers: there is no such file");
}
END_TEST

START_TEST(an_older_store_does_not_bring_back_its_current_baseline)
{
	struct sample first = approved(1, "");
	struct sample second = approved(2, first.id);

	refresh();
	ck_assert_uint_eq(believed.count, 2);
	tamper("DELETE FROM signature WHERE baseline = (SELECT id FROM baseline WHERE serial = 2);"
	       "DELETE FROM baseline WHERE serial = 2; UPDATE baseline SET state = 'current'");
	refresh();
	ck_assert_uint_eq(rejections.count, 2);
	ck_assert_str_eq(rejections.items[0].id, first.id);
	ck_assert_int_eq(rejections.items[0].fault, BASELINE_MISPLACED);
	ck_assert_str_eq(rejections.items[1].id, second.id);
	ck_assert_int_eq(rejections.items[1].fault, BASELINE_GONE);
	ck_assert_uint_eq(believed.count, 2);
	ck_assert_int_eq(believed.items[0]->stored.state, STORE_OLDER);
	ck_assert_int_eq(believed.items[1]->stored.state, STORE_CURRENT);
	ck_assert_uint_eq(believed.items[1]->stored.manifest.serial, 2);
}
END_TEST

START_TEST(one_that_was_withdrawn_is_let_go)
{
	struct sample sample = approved(1, "");
	const struct store_actor actor = {.by = "sample", .why = "recalled", .at = NOW};

	refresh();
	is_believed(&sample);
	must(store_baseline_withdraw(store, sample.id, &actor, &e));
	refresh();
	ck_assert_uint_eq(rejections.count, 0);
	ck_assert_uint_eq(believed.count, 0);
}
END_TEST

START_TEST(what_a_sweep_took_stays_with_it)
{
	struct sample sample = approved(1, "");

	refresh();
	struct baselines taken = believed;
	believed = (struct baselines){0};
	tamper("UPDATE baseline SET state = 'withdrawn'");
	refresh();
	ck_assert_uint_eq(believed.count, 0);
	ck_assert_str_eq(taken.items[0]->stored.id, sample.id);
	baselines_clear(&taken);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("baseline");
	TCase *one = tcase_create("one baseline");
	TCase *many = tcase_create("memory");

	tcase_add_checked_fixture(one, begin, finish);
	tcase_set_timeout(one, 120);
	tcase_add_test(one, two_people_are_enough_and_one_is_not);
	tcase_add_test(one, who_learnt_it_does_not_count);
	tcase_add_test(one, a_signature_that_cannot_be_read_is_none);
	tcase_add_test(one, evaluation_asks_for_no_signature);
	suite_add_tcase(suite, one);
	tcase_add_checked_fixture(many, begin, finish);
	tcase_set_timeout(many, 120);
	tcase_add_test(many, what_the_store_calls_current_is_not_believed_without_signatures);
	tcase_add_test(many, an_altered_text_leaves_the_last_good_one_in_force);
	tcase_add_test(many, an_altered_signature_leaves_the_last_good_one_in_force);
	tcase_add_test(many, a_revoked_key_ends_what_it_signed_in_memory_too);
	tcase_add_test(many, a_bad_file_of_signers_leaves_the_last_good_one_in_use);
	tcase_add_test(many, without_any_file_of_signers_nothing_can_be_said);
	tcase_add_test(many, an_older_store_does_not_bring_back_its_current_baseline);
	tcase_add_test(many, one_that_was_withdrawn_is_let_go);
	tcase_add_test(many, what_a_sweep_took_stays_with_it);
	suite_add_tcase(suite, many);
	return suite_run(suite);
}
