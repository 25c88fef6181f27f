/* Baselines: one after the other, never back, never altered unseen. */
#include "base/text.h"
#include "base/time.h"
#include "tests/store_fixture.h"
#include "tests/suite.h"
#include "trust/trust.h"

/* ---- baselines ---- */

struct sample_baseline {
	struct text text;
	struct manifest manifest;
	char id[MANIFEST_ID_SIZE];
};

static void sample_baseline(struct sample_baseline *sample, enum manifest_scope scope, const char *name,
			    uint64_t serial, const char *previous)
{
	const struct digest_pair digest = sample_digest((int)serial);

	*sample = (struct sample_baseline){ .manifest = {
		.site = strdup("sample-site"),
		.scope = scope,
		.scope_name = strdup(name),
		.kind = VISIT_DRUG_LIBRARY,
		.release = strdup("2026-10"),
		.serial = serial,
		.created_at = TIME_DAY,
		.expires_at = TIME_NEVER,
	} };
	(void)snprintf(sample->manifest.previous, MANIFEST_ID_SIZE, "%s", previous);
	ck_assert_int_eq(manifest_add(&sample->manifest, "HEAD_C~1", 6224, &digest), 0);
	must(manifest_write(&sample->text, &sample->manifest, &e));
	ck_assert_int_eq(manifest_id(sample->id, sample->text.data, sample->text.length), 0);
}

static void clear_baseline(struct sample_baseline *sample)
{
	text_clear(&sample->text);
	manifest_clear(&sample->manifest);
}

static const struct store_actor person = { .by = "a person", .why = "work order 4711", .at = 77 };

static int add_candidate(const struct sample_baseline *sample)
{
	return store_baseline_add(store, sample->text.data, &sample->manifest, &person, &e);
}

/* Add and bring in force. */
static int put_in_force(const struct sample_baseline *sample, int64_t older_until)
{
	const struct store_actor later = { .by = "another", .at = 78 };

	return add_candidate(sample) < 0 ? -1 : store_baseline_enforce(store, sample->id, older_until, &later, &e);
}

static void state_is(const char *id, enum store_baseline_state state, int64_t accept_until)
{
	struct store_baseline found;

	ck_assert_int_eq(must(store_baseline_load(store, id, &found, &e)), 1);
	ck_assert_str_eq(found.id, id);
	ck_assert_str_eq(found.fault, "");
	ck_assert_int_eq(found.state, state);
	ck_assert_int_eq(found.accept_until, accept_until);
	store_baseline_clear(&found);
}

/* ---- the succession ---- */

START_TEST(a_candidate_is_not_in_force)
{
	struct sample_baseline first, second, other;
	struct store_baselines all;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	sample_baseline(&other, MANIFEST_MODEL, "sample-pump", 1, "");
	other.manifest.created_at += TIME_DAY;
	text_cut(&other.text, 0);
	must(manifest_write(&other.text, &other.manifest, &e));
	ck_assert_int_eq(manifest_id(other.id, other.text.data, other.text.length), 0);
	sample_baseline(&second, MANIFEST_MODEL, "sample-pump", 2, first.id);
	must(add_candidate(&first));
	must(add_candidate(&other));
	must_refuse(add_candidate(&second), ERROR_DATA, "the last baseline of model sample-pump, drug-library, is none");
	must(store_baselines_list(store, NULL, NULL, &all, &e));
	ck_assert_uint_eq(all.count, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(all.items[i].state, STORE_CANDIDATE);
		ck_assert_int_eq(all.items[i].in_force_at, 0);
		ck_assert_uint_eq(all.items[i].signature_count, 0);
	}
	store_baselines_clear(&all);
	must(store_baseline_enforce(store, first.id, 0, &person, &e));
	state_is(first.id, STORE_CURRENT, 0);
	must_refuse(store_baseline_enforce(store, first.id, 0, &person, &e), ERROR_DATA, "that is a candidate");
	must_refuse(store_baseline_enforce(store, other.id, 0, &person, &e), ERROR_DATA, "serial 1 does not rise");
	state_is(other.id, STORE_CANDIDATE, 0);
	must(add_candidate(&second));
	clear_baseline(&first);
	clear_baseline(&second);
	clear_baseline(&other);
}
END_TEST

START_TEST(a_new_baseline_makes_the_one_before_older)
{
	struct sample_baseline first, second, device;
	struct store_baselines all;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	sample_baseline(&second, MANIFEST_MODEL, "sample-pump", 2, first.id);
	sample_baseline(&device, MANIFEST_DEVICE, "SAMPLE-0001", 1, "");
	must(put_in_force(&first, 0));
	must(put_in_force(&device, 0));
	state_is(first.id, STORE_CURRENT, 0);
	must(put_in_force(&second, 500));
	state_is(first.id, STORE_OLDER, 500);
	state_is(second.id, STORE_CURRENT, 0);
	state_is(device.id, STORE_CURRENT, 0);

	must(store_baselines_list(store, NULL, NULL, &all, &e));
	ck_assert_uint_eq(all.count, 3);
	ck_assert_str_eq(all.items[0].id, device.id);
	ck_assert_str_eq(all.items[1].id, first.id);
	ck_assert_str_eq(all.items[2].id, second.id);
	ck_assert_str_eq(all.items[2].added_by, "a person");
	ck_assert_int_eq(all.items[2].added_at, 77);
	ck_assert_int_eq(all.items[2].in_force_at, 78);
	ck_assert_str_eq(all.items[2].text, second.text.data);
	ck_assert_uint_eq(all.items[2].manifest.serial, 2);
	ck_assert_uint_eq(all.items[2].manifest.file_count, 1);
	ck_assert_ptr_null(all.items[2].reason);
	store_baselines_clear(&all);

	must(store_baselines_list(store, "sample-pump", NULL, &all, &e));
	ck_assert_uint_eq(all.count, 2);
	store_baselines_clear(&all);
	must(store_baselines_list(store, "sample-pump", "SAMPLE-0001", &all, &e));
	ck_assert_uint_eq(all.count, 3);
	store_baselines_clear(&all);
	must(store_baselines_list(store, "other-pump", "SAMPLE-0002", &all, &e));
	ck_assert_uint_eq(all.count, 0);
	store_baselines_clear(&all);
	clear_baseline(&first);
	clear_baseline(&second);
	clear_baseline(&device);
}
END_TEST

static const struct {
	uint64_t serial;
	bool after_first;
	const char *words;
} successions[] = {
	{ 1, true, "serial 1 does not rise" },
	{ 2, false, "previous is none" },
	{ 7, false, "previous is none" },
};

START_TEST(a_baseline_that_does_not_succeed_the_last_is_refused)
{
	struct sample_baseline first, next;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	sample_baseline(&next, MANIFEST_MODEL, "sample-pump", successions[_i].serial,
			successions[_i].after_first ? first.id : "");
	must(put_in_force(&first, 0));
	int64_t records = ask("SELECT count(*) FROM record");
	must_refuse(add_candidate(&first), ERROR_DATA, "in the store already");
	must_refuse(add_candidate(&next), ERROR_DATA, successions[_i].words);
	state_is(first.id, STORE_CURRENT, 0);
	ck_assert_int_eq(ask("SELECT count(*) FROM baseline"), 1);
	ck_assert_int_eq(ask("SELECT count(*) FROM record"), records);
	clear_baseline(&first);
	clear_baseline(&next);
}
END_TEST

START_TEST(a_candidate_overtaken_by_another_is_refused)
{
	struct sample_baseline first, second, third;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	sample_baseline(&second, MANIFEST_MODEL, "sample-pump", 2, first.id);
	sample_baseline(&third, MANIFEST_MODEL, "sample-pump", 3, first.id);
	must(put_in_force(&first, 0));
	must(add_candidate(&second));
	must(add_candidate(&third));
	must(store_baseline_enforce(store, second.id, TIME_NEVER, &person, &e));
	must_refuse(store_baseline_enforce(store, third.id, 0, &person, &e), ERROR_DATA, "previous is ");
	state_is(first.id, STORE_OLDER, TIME_NEVER);
	state_is(second.id, STORE_CURRENT, 0);
	state_is(third.id, STORE_CANDIDATE, 0);
	clear_baseline(&first);
	clear_baseline(&second);
	clear_baseline(&third);
}
END_TEST

START_TEST(a_withdrawn_baseline_still_holds_its_serial)
{
	struct sample_baseline first, again, next;
	struct store_baseline found;
	const struct store_actor silent = { .by = "a person", .at = 79 };

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 5, "");
	sample_baseline(&again, MANIFEST_MODEL, "sample-pump", 4, "");
	sample_baseline(&next, MANIFEST_MODEL, "sample-pump", 6, first.id);
	must(put_in_force(&first, 0));
	must_refuse(store_baseline_withdraw(store, first.id, &silent, &e), ERROR_USAGE, "reason");
	must(store_baseline_withdraw(store, first.id, &person, &e));
	ck_assert_int_eq(must(store_baseline_load(store, first.id, &found, &e)), 1);
	ck_assert_int_eq(found.state, STORE_WITHDRAWN);
	ck_assert_int_eq(found.in_force_at, 78);
	ck_assert_str_eq(found.reason, "work order 4711");
	store_baseline_clear(&found);
	must_refuse(store_baseline_withdraw(store, first.id, &person, &e), ERROR_DATA, "not withdrawn");
	must_refuse(add_candidate(&again), ERROR_DATA, "the last one of model sample-pump, drug-library, is 5");
	must(put_in_force(&next, 0));
	state_is(first.id, STORE_WITHDRAWN, 0);
	clear_baseline(&first);
	clear_baseline(&again);
	clear_baseline(&next);
}
END_TEST

START_TEST(a_candidate_withdrawn_leaves_its_serial_free_and_does_not_return)
{
	struct sample_baseline first, other;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 5, "");
	sample_baseline(&other, MANIFEST_MODEL, "sample-pump", 1, "");
	must(add_candidate(&first));
	must(store_baseline_withdraw(store, first.id, &person, &e));
	state_is(first.id, STORE_WITHDRAWN, 0);
	must_refuse(store_baseline_enforce(store, first.id, 0, &person, &e), ERROR_DATA, "that is a candidate");
	must_refuse(store_baseline_approve(store, first.id, "sig", &person, &e), ERROR_DATA, "not withdrawn");
	must_refuse(add_candidate(&first), ERROR_DATA, "in the store already");
	must(put_in_force(&other, 0));
	clear_baseline(&first);
	clear_baseline(&other);
}
END_TEST

START_TEST(only_an_older_release_is_accepted_until_a_time)
{
	struct sample_baseline first, second;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	sample_baseline(&second, MANIFEST_MODEL, "sample-pump", 2, first.id);
	must(put_in_force(&first, 0));
	must_refuse(store_baseline_accept_until(store, first.id, 9, &person, &e), ERROR_DATA, "older release");
	must(put_in_force(&second, 500));
	must(store_baseline_accept_until(store, first.id, TIME_NEVER, &person, &e));
	state_is(first.id, STORE_OLDER, TIME_NEVER);
	must_refuse(store_baseline_accept_until(store, "0123", 9, &person, &e), ERROR_DATA, "0123");
	clear_baseline(&first);
	clear_baseline(&second);
}
END_TEST

START_TEST(the_highest_serials_that_were_in_force_are_listed)
{
	struct sample_baseline first, second, waiting, device;
	struct store_serials serials;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 3, "");
	sample_baseline(&second, MANIFEST_MODEL, "sample-pump", 7, first.id);
	sample_baseline(&device, MANIFEST_DEVICE, "SAMPLE-0001", 1, "");
	must(store_serials_list(store, &serials, &e));
	ck_assert_uint_eq(serials.count, 0);
	must(put_in_force(&first, 0));
	must(put_in_force(&second, 0));
	must(put_in_force(&device, 0));
	sample_baseline(&waiting, MANIFEST_MODEL, "sample-pump", 9, second.id);
	must(add_candidate(&waiting));
	must(store_baseline_withdraw(store, second.id, &person, &e));
	must(store_serials_list(store, &serials, &e));
	ck_assert_uint_eq(serials.count, 2);
	ck_assert_int_eq(serials.items[0].scope, MANIFEST_DEVICE);
	ck_assert_str_eq(serials.items[0].name, "SAMPLE-0001");
	ck_assert_int_eq(serials.items[0].kind, VISIT_DRUG_LIBRARY);
	ck_assert_uint_eq(serials.items[0].serial, 1);
	ck_assert_str_eq(serials.items[1].name, "sample-pump");
	ck_assert_uint_eq(serials.items[1].serial, 7);
	store_serials_clear(&serials);
	tamper("UPDATE baseline SET kind = 'unheard-of' WHERE scope = 'device'");
	must(store_serials_list(store, &serials, &e));
	ck_assert_uint_eq(serials.count, 1);
	store_serials_clear(&serials);
	clear_baseline(&first);
	clear_baseline(&second);
	clear_baseline(&waiting);
	clear_baseline(&device);
}
END_TEST

/* ---- signatures ---- */

START_TEST(signatures_come_back_in_order_and_once)
{
	struct sample_baseline first;
	struct store_baseline found;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	must_refuse(store_baseline_approve(store, first.id, "one", &person, &e), ERROR_DATA, first.id);
	must(add_candidate(&first));
	ck_assert_int_eq(must(store_baseline_approve(store, first.id, "one\n", &person, &e)), 1);
	ck_assert_int_eq(must(store_baseline_approve(store, first.id, "a second\n", &person, &e)), 1);
	int64_t records = ask("SELECT count(*) FROM record");
	ck_assert_int_eq(must(store_baseline_approve(store, first.id, "one\n", &person, &e)), 0);
	ck_assert_int_eq(ask("SELECT count(*) FROM record"), records);
	must(store_baseline_enforce(store, first.id, 0, &person, &e));
	ck_assert_int_eq(must(store_baseline_approve(store, first.id, "third\n", &person, &e)), 1);
	ck_assert_int_eq(must(store_baseline_load(store, first.id, &found, &e)), 1);
	ck_assert_uint_eq(found.signature_count, 3);
	ck_assert_str_eq(found.signatures[0], "one\n");
	ck_assert_str_eq(found.signatures[1], "a second\n");
	ck_assert_str_eq(found.signatures[2], "third\n");
	store_baseline_clear(&found);
	clear_baseline(&first);
}
END_TEST

START_TEST(signatures_are_bounded_in_number_and_size)
{
	struct sample_baseline first;
	static char large[TRUST_SIGNATURE_BYTES_MAX + 2];
	char text[16];

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	must(add_candidate(&first));
	memset(large, 'x', sizeof large - 1);
	must_refuse(store_baseline_approve(store, first.id, large, &person, &e), ERROR_DATA, "at most 16384 bytes");
	large[TRUST_SIGNATURE_BYTES_MAX] = '\0';
	must(store_baseline_approve(store, first.id, large, &person, &e));
	for (int i = 1; i < TRUST_SIGNATURES_MAX; i++) {
		(void)snprintf(text, sizeof text, "%d", i);
		must(store_baseline_approve(store, first.id, text, &person, &e));
	}
	must_refuse(store_baseline_approve(store, first.id, "more", &person, &e), ERROR_DATA, "has 16 signatures");
	ck_assert_int_eq(must(store_baseline_approve(store, first.id, "1", &person, &e)), 0);
	clear_baseline(&first);
}
END_TEST

/* ---- the acts ---- */

static void act_is(const struct store_act *act, const char *verb, const char *subject, const char *detail)
{
	ck_assert_str_eq(act->verb, verb);
	ck_assert_str_eq(act->subject, subject);
	ck_assert_pstr_eq(act->detail, detail);
	ck_assert_str_eq(act->by, "a person");
	ck_assert_str_eq(act->why, "work order 4711");
	ck_assert_int_eq(act->at, 77);
}

START_TEST(every_change_is_an_act)
{
	struct sample_baseline first, second;
	struct store_acts acts;
	char replaces[100];

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	sample_baseline(&second, MANIFEST_MODEL, "sample-pump", 2, first.id);
	must(add_candidate(&first));
	must(store_baseline_approve(store, first.id, "one", &person, &e));
	must(store_baseline_enforce(store, first.id, 5, &person, &e));
	must(add_candidate(&second));
	must(store_baseline_enforce(store, second.id, TIME_DAY + 1, &person, &e));
	must(store_baseline_accept_until(store, first.id, TIME_NEVER, &person, &e));
	must(store_baseline_withdraw(store, first.id, &person, &e));
	must(store_acts_list(store, NULL, 99, &acts, &e));
	ck_assert_uint_eq(acts.count, 8);
	act_is(&acts.items[7], "baseline add", first.id, "drug-library 2026-10 of model sample-pump, serial 1");
	act_is(&acts.items[6], "baseline approve", first.id,
	       "signature 7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed");
	act_is(&acts.items[5], "baseline enforce", first.id, "replaces none");
	act_is(&acts.items[4], "baseline add", second.id, "drug-library 2026-10 of model sample-pump, serial 2");
	(void)snprintf(replaces, sizeof replaces, "replaces %s", first.id);
	act_is(&acts.items[3], "baseline enforce", second.id, replaces);
	act_is(&acts.items[2], "baseline older", first.id, "until 1970-01-02T00:00:00.000001Z");
	act_is(&acts.items[1], "baseline accept-until", first.id, "until never");
	act_is(&acts.items[0], "baseline withdraw", first.id, NULL);
	store_acts_clear(&acts);
	clear_baseline(&first);
	clear_baseline(&second);
}
END_TEST

/* ---- finding them ---- */

START_TEST(a_baseline_is_found_by_a_prefix_that_is_unique)
{
	struct sample_baseline first, second;
	struct store_baseline found;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	sample_baseline(&second, MANIFEST_MODEL, "other-pump", 1, "");
	must(put_in_force(&first, 0));
	must(put_in_force(&second, 0));
	char prefix[16] = "";
	memcpy(prefix, first.id, 12);
	ck_assert_int_eq(must(store_baseline_load(store, prefix, &found, &e)), 1);
	ck_assert_str_eq(found.id, first.id);
	store_baseline_clear(&found);
	ck_assert_int_eq(must(store_baseline_load(store, "zz", &found, &e)), 0);
	ck_assert_int_eq(must(store_baseline_load(store, "%", &found, &e)), 0);
	must_refuse(store_baseline_load(store, "", &found, &e), ERROR_DATA, "more than one");
	must_refuse(store_baseline_enforce(store, prefix, 0, &person, &e), ERROR_DATA, prefix);
	clear_baseline(&first);
	clear_baseline(&second);
}
END_TEST

/* ---- damage ---- */

static const struct {
	const char *sql, *words;
	bool keeps_place; /* the row still says where it belongs */
} damages[] = {
	{ "UPDATE baseline SET text = replace(text, '6224', '6225')", "has another digest", true },
	{ "UPDATE baseline SET text = ''", "has another digest", true },
	{ "UPDATE baseline SET text = text || char(0)", "has another digest", true },
	{ "UPDATE baseline SET id = '0123'", "has another digest", true },
	{ "UPDATE baseline SET id = id || id || id", "has another digest (", true },
	{ "UPDATE baseline SET state = 'approved'", "its state in the store is none (\"approved\")", true },
	{ "UPDATE baseline SET serial = 9", "beside the text", true },
	{ "UPDATE baseline SET scope_name = 'other-pump'", "beside the text", true },
	{ "UPDATE baseline SET scope = 'device'", "beside the text", true },
	{ "UPDATE baseline SET kind = 'config'", "beside the text", true },
	{ "UPDATE baseline SET kind = 'unheard-of'", "beside the text", false },
	{ "PRAGMA ignore_check_constraints = 1; UPDATE baseline SET scope = 'fleet'", "beside the text", false },
	{ "UPDATE baseline SET added_by = 'a' || char(0) || 'b', reason = char(0)", "", true },
};

START_TEST(a_damaged_baseline_is_listed_with_its_fault)
{
	struct sample_baseline first, whole;
	struct store_baselines all;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	sample_baseline(&whole, MANIFEST_DEVICE, "WHOLE", 1, "");
	must(put_in_force(&first, 0));
	tamper(damages[_i].sql);
	must(put_in_force(&whole, 0));
	must(store_baselines_list(store, NULL, NULL, &all, &e));
	ck_assert_uint_eq(all.count, 2);
	size_t damaged = strcmp(all.items[0].id, whole.id) == 0;
	ck_assert_str_eq(all.items[1 - damaged].fault, "");
	ck_assert_msg(strstr(all.items[damaged].fault, damages[_i].words) != NULL, "%s", all.items[damaged].fault);
	ck_assert_int_eq(all.items[damaged].fault[0] != '\0', damages[_i].words[0] != '\0');
	ck_assert_int_eq(all.items[damaged].manifest.scope_name != NULL, damages[_i].keeps_place);
	ck_assert_ptr_nonnull(all.items[damaged].text);
	store_baselines_clear(&all);
	clear_baseline(&first);
	clear_baseline(&whole);
}
END_TEST

START_TEST(a_damaged_candidate_does_not_come_in_force)
{
	struct sample_baseline first;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	must(add_candidate(&first));
	tamper("UPDATE baseline SET text = replace(text, '6224', '6225')");
	must_refuse(store_baseline_enforce(store, first.id, 0, &person, &e), ERROR_DATA, "another digest");
	clear_baseline(&first);
}
END_TEST

/* ---- vendors' lists ---- */

static const char list_text[] = "9dd4e461268c8034f5c8564e155c67a6  \377 a name\r\n";

START_TEST(a_vendors_list_is_kept_by_its_digest)
{
	char sha256[DIGEST_SHA256_HEX + 1];
	char *name = NULL, *text = NULL;

	ck_assert_int_eq(digest_sha256_hex(sha256, list_text, strlen(list_text)), 0);
	ck_assert_int_eq(must(store_list_load(store, sha256, &name, &text, &e)), 0);
	must(store_list_save(store, sha256, "vendor.md5", list_text, &e));
	must(store_list_save(store, sha256, "another name", list_text, &e));
	ck_assert_int_eq(must(store_list_load(store, sha256, &name, &text, &e)), 1);
	ck_assert_str_eq(name, "vendor.md5");
	ck_assert_str_eq(text, list_text);
	free(name);
	free(text);
	must_refuse(store_list_save(store, sha256, "x", "other text", &e), ERROR_DATA, "has another digest");
	tamper("UPDATE list SET text = x'6162'");
	must_refuse(store_list_load(store, sha256, &name, &text, &e), ERROR_DATA, sha256);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store, baselines");
	TCase *succession = cases(suite, "succession");
	tcase_add_test(succession, a_candidate_is_not_in_force);
	tcase_add_test(succession, a_new_baseline_makes_the_one_before_older);
	tcase_add_loop_test(succession, a_baseline_that_does_not_succeed_the_last_is_refused, 0,
			    sizeof successions / sizeof *successions);
	tcase_add_test(succession, a_candidate_overtaken_by_another_is_refused);
	tcase_add_test(succession, a_withdrawn_baseline_still_holds_its_serial);
	tcase_add_test(succession, a_candidate_withdrawn_leaves_its_serial_free_and_does_not_return);
	tcase_add_test(succession, only_an_older_release_is_accepted_until_a_time);
	tcase_add_test(succession, the_highest_serials_that_were_in_force_are_listed);

	TCase *signatures = cases(suite, "signatures");
	tcase_add_test(signatures, signatures_come_back_in_order_and_once);
	tcase_add_test(signatures, signatures_are_bounded_in_number_and_size);
	tcase_add_test(signatures, every_change_is_an_act);

	TCase *damage = cases(suite, "damage");
	tcase_add_test(damage, a_baseline_is_found_by_a_prefix_that_is_unique);
	tcase_add_loop_test(damage, a_damaged_baseline_is_listed_with_its_fault, 0,
			    sizeof damages / sizeof *damages);
	tcase_add_test(damage, a_damaged_candidate_does_not_come_in_force);

	TCase *lists = cases(suite, "lists");
	tcase_add_test(lists, a_vendors_list_is_kept_by_its_digest);
	return suite_run(suite);
}
