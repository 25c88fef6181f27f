#include "drift_world.h"

/* ---- which paths are read again ---------------------------------------------------------- */

START_TEST(what_would_be_said_is_read_again)
{
	CLEANUP(world_clear) struct world world;
	CLEANUP(visit_paths_clear) struct visit_paths paths = {0};

	world_make(&world, "fl", "r1:c a=1 b=2 c=3 d=4 e=5 z=1; l0:sl l/a=1 l/z=0; l1:cl l/a=2 l/m=1 l/z=0",
		   "a=1 b=x c=3! d!timed-out f=1 l/a=1 l/z=0 z=1");
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(&world);
	ck_assert_int_eq(drift_second_look(&paths, &verdict), 0);
	CLEANUP(text_clear) struct text text;
	text_init(&text);
	for (size_t i = 0; i < paths.count; i++)
		text_addf(&text, "%s ", paths.items[i]);
	ck_assert_uint_eq(verdict.finding_count, 6); /* of these the added, the unreadable, the stale are not */
	ck_assert_str_eq(text.data, "b c e ");
}
END_TEST

START_TEST(path_of_two_kinds_is_read_once)
{
	CLEANUP(world_clear) struct world world;
	CLEANUP(visit_paths_clear) struct visit_paths paths = {0};

	world_make(&world, "fl", "r1:c l/a=1; l1:cl l/a=1", "");
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(&world);
	ck_assert_uint_eq(verdict.finding_count, 2);
	ck_assert_int_eq(drift_second_look(&paths, &verdict), 0);
	ck_assert_uint_eq(paths.count, 1);
}
END_TEST

START_TEST(fine_device_needs_no_second_look)
{
	CLEANUP(world_clear) struct world world;
	CLEANUP(visit_paths_clear) struct visit_paths paths = {0};

	world_make(&world, "f", "r1:c a=1", "a=1 b=1");
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(&world);
	ck_assert_int_eq(drift_second_look(&paths, &verdict), 0);
	ck_assert_uint_eq(paths.count, 0);
	ck_assert_ptr_null(paths.items);
}
END_TEST

/* ---- what two readings make --------------------------------------------------------------- */

static char all_paths[] = "**", library[] = "l/**";
static struct visit_selector selectors[] = {
	{library, VISIT_DRUG_LIBRARY, false},
	{all_paths, VISIT_FIRMWARE, false},
};

/* Make an order for the paths that are named with spaces between. */
static void make_order(struct visit_order *order, const char *words)
{
	CLEANUP(cleanup_free) char *copy = strdup(words);
	char *rest = NULL;

	*order = (struct visit_order){.selectors = selectors, .selector_count = 2};
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		ck_assert_int_eq(visit_paths_add(&order->only, word), 0);
}

/* A report in the words of world_see(). */
static char *write_report(const struct visit_report *report)
{
	static const struct digest_pair nothing;
	struct text text;

	text_init(&text);
	for (size_t i = 0; i < report->observation_count; i++) {
		const struct visit_observation *seen = &report->observations[i];
		text_addf(&text, "%s%s", i > 0 ? " " : "", seen->path);
		ck_assert_int_eq(seen->kind, world_kind(seen->path));
		if (seen->outcome == VISIT_OK)
			text_addf(&text, "=%c", seen->digest.md5[0]);
		else if (seen->outcome == VISIT_FILE_NOT_FOUND)
			text_add(&text, "-");
		else
			text_addf(&text, "!%s", visit_outcome_name(seen->outcome));
		ck_assert_int_eq(seen->outcome != VISIT_OK, digest_equal(&seen->digest, &nothing));
	}
	return text_take(&text);
}

static const struct {
	const char *first, *paths, *second;
	enum visit_outcome outcome; /* of the second visit */
	const char *merged;
} merges[] = {
	{"a=1 b=2", "b", "b=2", VISIT_OK, "a=1 b=2"},
	{"a=1 b=2", "b", "b=3", VISIT_OK, "a=1 b!unstable"},
	{"a=1 b=2", "b", "b=2!", VISIT_OK, "a=1 b!unstable"},
	{"a=1 b=2", "b", "b-", VISIT_OK, "a=1 b!unstable"},
	{"a=1 b=2", "b", "b!permission-denied", VISIT_OK, "a=1 b!permission-denied"},
	{"a=1 b=2", "b", "b!changed-while-read", VISIT_OK, "a=1 b!changed-while-read"},
	{"a=1 b=2", "b", "", VISIT_OK, "a=1 b!puller-failed"},
	{"a=1 b=2", "b", "", VISIT_TIMED_OUT, "a=1 b!timed-out"},
	{"a=1 b=2 c=3", "b c", "b=2", VISIT_CONNECTION_LOST, "a=1 b=2 c!connection-lost"},
	/* absent by the listing */
	{"a=1", "b", "b-", VISIT_OK, "a=1"},
	{"a=1", "b", "b=2", VISIT_OK, "a=1 b!unstable"},
	{"b=1", "a", "a!too-slow", VISIT_OK, "a!too-slow b=1"},
	{"b=1", "a l/c", "", VISIT_TIMED_OUT, "a!timed-out b=1 l/c!timed-out"},
	{"", "a b", "a- b=1", VISIT_OK, "b!unstable"},
	/* absent by the device's own word */
	{"a-", "a", "a-", VISIT_OK, "a-"},
	{"a-", "a", "a=1", VISIT_OK, "a!unstable"},
	{"a-", "a", "a!timed-out", VISIT_OK, "a!timed-out"},
	/* what was not asked for twice stays as it is */
	{"a=1 b!truncated", "a", "a=1 b=2", VISIT_OK, "a=1 b!truncated"},
	{"a=1 b!truncated", "b", "b=2", VISIT_OK, "a=1 b!truncated"},
	{"a=1", "", "", VISIT_TIMED_OUT, "a=1"},
};

START_TEST(two_readings_are_merged)
{
	CLEANUP(visit_report_clear) struct visit_report first = {0}, second = {0};
	struct visit_order order;

	world_see_all(&first, merges[_i].first);
	world_see_all(&second, merges[_i].second);
	second.outcome = merges[_i].outcome;
	make_order(&order, merges[_i].paths);
	ck_assert_int_eq(drift_merge_second(&first, &second, &order), 0);
	CLEANUP(cleanup_free) char *merged = write_report(&first);
	ck_assert_str_eq(merged, merges[_i].merged);
	ck_assert_int_eq(first.outcome, VISIT_OK);
	visit_paths_clear(&order.only);
}
END_TEST

START_TEST(other_device_at_the_second_look_is_said_of_the_visit)
{
	CLEANUP(visit_report_clear) struct visit_report first = {0}, second = {0};
	struct visit_order order;

	world_see_all(&first, "a=1");
	second.outcome = VISIT_HOST_KEY_CHANGED;
	text_copy(second.detail, sizeof second.detail, "another key");
	text_copy(second.seen_pin, sizeof second.seen_pin, "SHA256:other");
	make_order(&order, "a");
	ck_assert_int_eq(drift_merge_second(&first, &second, &order), 0);
	ck_assert_int_eq(first.outcome, VISIT_HOST_KEY_CHANGED);
	ck_assert_str_eq(first.detail, "another key");
	ck_assert_str_eq(first.seen_pin, "SHA256:other");
	ck_assert_int_eq(first.observations[0].outcome, VISIT_HOST_KEY_CHANGED);
	visit_paths_clear(&order.only);
}
END_TEST

/* ---- both together ------------------------------------------------------------------------ */

static const struct {
	const char *seen, *again;
	enum visit_outcome outcome; /* of the second visit */
	const char *result, *findings;
} looks[] = {
	{"a=1 b=x", "b=x", VISIT_OK, "drifted", "modified b r1"},
	{"a=1 b=x", "b=2", VISIT_OK, "partial", "unreadable b r1"},
	{"a=1 b=x", "", VISIT_CONNECTION_LOST, "partial", "unreadable b r1"},
	{"a=1", "b-", VISIT_OK, "drifted", "missing b r1"},
	{"a=1", "b=2", VISIT_OK, "partial", "unreadable b r1"},
	{"a=1", "", VISIT_TIMED_OUT, "partial", "unreadable b r1"},
	{"a=1 b=x c=3", "", VISIT_TIMED_OUT, "drifted", "unreadable b r1, added c r1"},
	{"b=x", "a- b=2", VISIT_OK, "drifted", "missing a r1, unreadable b r1"},
	{"a=1 b=x", "", VISIT_SERIAL_CHANGED, "wrong-device", "unreadable b r1"},
};

START_TEST(only_what_is_seen_twice_is_drift)
{
	CLEANUP(world_clear) struct world world;
	CLEANUP(visit_report_clear) struct visit_report second = {0};
	CLEANUP(visit_paths_clear) struct visit_paths only = {0};

	world_make(&world, "f", "r1:c a=1 b=2", looks[_i].seen);
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(&world);
	ck_assert_int_eq(drift_second_look(&only, &verdict), 0);
	const struct visit_order order = {.selectors = selectors, .selector_count = 2, .only = only};
	world_see_all(&second, looks[_i].again);
	second.outcome = looks[_i].outcome;
	ck_assert_int_eq(drift_merge_second(&world.report, &second, &order), 0);
	CLEANUP(drift_verdict_clear) struct drift_verdict last = world_judge(&world);
	CLEANUP(cleanup_free) char *findings = world_findings(&last);
	ck_assert_str_eq(drift_result_name(last.result), looks[_i].result);
	ck_assert_str_eq(findings, looks[_i].findings);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("drift, second look");
	TCase *tests = tcase_create("second");

	tcase_add_test(tests, what_would_be_said_is_read_again);
	tcase_add_test(tests, path_of_two_kinds_is_read_once);
	tcase_add_test(tests, fine_device_needs_no_second_look);
	tcase_add_loop_test(tests, two_readings_are_merged, 0, sizeof merges / sizeof merges[0]);
	tcase_add_test(tests, other_device_at_the_second_look_is_said_of_the_visit);
	tcase_add_loop_test(tests, only_what_is_seen_twice_is_drift, 0, sizeof looks / sizeof looks[0]);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
