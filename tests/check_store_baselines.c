/* Baselines: one after the other, never back, never altered unseen. */
#include "base/text.h"
#include "base/time.h"
#include "tests/store_fixture.h"
#include "tests/suite.h"

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

static int add_baseline(const struct sample_baseline *sample, int64_t older_until)
{
	return store_baseline_add(store, sample->text.data, &sample->manifest, "a person", older_until, 77, &e);
}

static void state_is(const char *id, enum store_baseline_state state, int64_t accept_until)
{
	struct store_baseline found;

	ck_assert_int_eq(must(store_baseline_load(store, id, &found, &e)), 1);
	ck_assert_str_eq(found.id, id);
	ck_assert_int_eq(found.state, state);
	ck_assert_int_eq(found.accept_until, accept_until);
	store_baseline_clear(&found);
}

START_TEST(a_new_baseline_makes_the_one_before_older)
{
	struct sample_baseline first, second, device;
	struct store_baselines all;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	sample_baseline(&second, MANIFEST_MODEL, "sample-pump", 2, first.id);
	sample_baseline(&device, MANIFEST_DEVICE, "SAMPLE-0001", 1, "");
	must(add_baseline(&first, 0));
	must(add_baseline(&device, 0));
	state_is(first.id, STORE_CURRENT, 0);
	must(add_baseline(&second, 500));
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
	must(add_baseline(&first, 0));
	must_refuse(add_baseline(&first, 0), ERROR_DATA, "in the store already");
	must_refuse(add_baseline(&next, 0), ERROR_DATA, successions[_i].words);
	state_is(first.id, STORE_CURRENT, 0);
	ck_assert_int_eq(ask("SELECT count(*) FROM baseline"), 1);
	clear_baseline(&first);
	clear_baseline(&next);
}
END_TEST

START_TEST(a_withdrawn_baseline_still_holds_its_serial)
{
	struct sample_baseline first, again, next;
	struct store_baseline found;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 5, "");
	sample_baseline(&again, MANIFEST_MODEL, "sample-pump", 4, "");
	sample_baseline(&next, MANIFEST_MODEL, "sample-pump", 6, first.id);
	must(add_baseline(&first, 0));
	must(store_baseline_withdraw(store, first.id, "recalled", &e));
	ck_assert_int_eq(must(store_baseline_load(store, first.id, &found, &e)), 1);
	ck_assert_int_eq(found.state, STORE_WITHDRAWN);
	ck_assert_str_eq(found.reason, "recalled");
	store_baseline_clear(&found);
	must_refuse(store_baseline_withdraw(store, first.id, "again", &e), ERROR_DATA, "not withdrawn");
	must_refuse(add_baseline(&again, 0), ERROR_DATA, "the last one of model sample-pump, drug-library, is 5");
	must(add_baseline(&next, 0));
	state_is(first.id, STORE_WITHDRAWN, 0);
	clear_baseline(&first);
	clear_baseline(&again);
	clear_baseline(&next);
}
END_TEST

START_TEST(only_an_older_release_is_accepted_until_a_time)
{
	struct sample_baseline first, second;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	sample_baseline(&second, MANIFEST_MODEL, "sample-pump", 2, first.id);
	must(add_baseline(&first, 0));
	must_refuse(store_baseline_accept_until(store, first.id, 9, &e), ERROR_DATA, "older release");
	must(add_baseline(&second, 500));
	must(store_baseline_accept_until(store, first.id, TIME_NEVER, &e));
	state_is(first.id, STORE_OLDER, TIME_NEVER);
	must_refuse(store_baseline_accept_until(store, "0123", 9, &e), ERROR_DATA, "0123");
	clear_baseline(&first);
	clear_baseline(&second);
}
END_TEST

START_TEST(a_baseline_is_found_by_a_prefix_that_is_unique)
{
	struct sample_baseline first, second;
	struct store_baseline found;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	sample_baseline(&second, MANIFEST_MODEL, "other-pump", 1, "");
	must(add_baseline(&first, 0));
	must(add_baseline(&second, 0));
	char prefix[16] = "";
	memcpy(prefix, first.id, 12);
	ck_assert_int_eq(must(store_baseline_load(store, prefix, &found, &e)), 1);
	ck_assert_str_eq(found.id, first.id);
	store_baseline_clear(&found);
	ck_assert_int_eq(must(store_baseline_load(store, "zz", &found, &e)), 0);
	ck_assert_int_eq(must(store_baseline_load(store, "%", &found, &e)), 0);
	must_refuse(store_baseline_load(store, "", &found, &e), ERROR_DATA, "more than one");
	clear_baseline(&first);
	clear_baseline(&second);
}
END_TEST

START_TEST(a_baseline_altered_in_the_store_fails_by_name)
{
	struct sample_baseline first;
	struct store_baselines all;
	struct store_baseline found;

	sample_baseline(&first, MANIFEST_MODEL, "sample-pump", 1, "");
	must(add_baseline(&first, 0));
	tamper("UPDATE baseline SET text = replace(text, '6224', '6225')");
	must_refuse(store_baselines_list(store, NULL, NULL, &all, &e), ERROR_DATA, first.id);
	must_refuse(store_baseline_load(store, first.id, &found, &e), ERROR_DATA, first.id);
	tamper("UPDATE baseline SET text = x'00' || text");
	must_refuse(store_baseline_load(store, first.id, &found, &e), ERROR_DATA, "\"text\"");
	clear_baseline(&first);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store, baselines");
	TCase *baselines = cases(suite, "baselines");
	tcase_add_test(baselines, a_new_baseline_makes_the_one_before_older);
	tcase_add_loop_test(baselines, a_baseline_that_does_not_succeed_the_last_is_refused, 0,
			    sizeof successions / sizeof *successions);
	tcase_add_test(baselines, a_withdrawn_baseline_still_holds_its_serial);
	tcase_add_test(baselines, only_an_older_release_is_accepted_until_a_time);
	tcase_add_test(baselines, a_baseline_is_found_by_a_prefix_that_is_unique);
	tcase_add_test(baselines, a_baseline_altered_in_the_store_fails_by_name);
	return suite_run(suite);
}
