#include <errno.h>

#include "drift_world.h"

struct judged {
	const char *pulls, *baselines, *seen;
	const char *result, *findings;
	uint64_t unchecked;
	const char *release; /* firmware's, or NULL */
};

static void assert_judged(const struct world *world, const struct judged *expected)
{
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(world);
	CLEANUP(cleanup_free) char *findings = world_findings(&verdict);
	const char *release = verdict.kinds[VISIT_FIRMWARE].release;
	const char *what = expected->seen;

	ck_assert_msg(strcmp(drift_result_name(verdict.result), expected->result) == 0, "%s: %s", what,
		      drift_result_name(verdict.result));
	ck_assert_msg(strcmp(findings, expected->findings) == 0, "%s: %s", what, findings);
	ck_assert_msg(verdict.unchecked == expected->unchecked, "%s: %d unchecked", what,
		      (int)verdict.unchecked);
	ck_assert_msg((release == NULL) == (expected->release == NULL) &&
			      (!release || strcmp(release, expected->release) == 0),
		      "%s: on %s", what, release ? release : "none");
}

/* ---- complete listings ------------------------------------------------------------------ */

static const struct judged listed[] = {
	/* one release */
	{"f", "r1:c a=1 b=2", "a=1 b=2", "verified", "", 0, "r1"},
	{"f", "r1:c a=1 b=2", "a=1 b=3", "drifted", "modified b r1", 0, "r1"},
	{"f", "r1:c a=1 b=2", "a=1 b=2 c=3", "drifted", "added c r1", 0, "r1"},
	{"f", "r1:c a=1 b=2", "a=1", "drifted", "missing b r1", 0, "r1"},
	{"f", "r1:c a=1 b=2", "a=1 b-", "drifted", "missing b r1", 0, "r1"},
	{"f", "r1:c a=1 b=2", "", "drifted", "missing a r1, missing b r1", 0, NULL},
	{"f", "r1:c a=1 b=2", "a=2 b=1", "drifted", "modified a r1, modified b r1", 0, NULL},
	{"f", "r1:c a=1 b=2", "c=9", "drifted", "missing a r1, missing b r1, added c r1", 0, NULL},
	{"f", "r1:c a=1 b=2", "a=1 b=2!", "drifted", "forged b r1", 0, "r1"},
	{"f", "r1:c a=1 b=2", "a=1 b=1!", "drifted", "modified b r1", 0, "r1"},
	{"f", "r1:c a=1 b=2", "a=1 b=2 c-", "verified", "", 0, "r1"},
	/* identical content at two paths, and files without content */
	{"f", "r1:c a=1 b=1", "a=1 b=1", "verified", "", 0, "r1"},
	{"f", "r1:c a=1 b=1", "a=1", "drifted", "missing b r1", 0, "r1"},
	{"f", "r1:c a= b=1", "a= b=1", "verified", "", 0, "r1"},
	{"f", "r1:c a= b=1", "a=1 b=1", "drifted", "modified a r1", 0, "r1"},
	{"f", "r1:c a=1", "a=", "drifted", "modified a r1", 0, NULL},
	/* a baseline without files */
	{"f", "r1:c", "", "verified", "", 0, "r1"},
	{"f", "r1:c", "a=1", "drifted", "added a r1", 0, NULL},
	/* what nobody expected, beside what people approved, and without */
	{"fx", "r1:c a=1", "a=1", "verified", "", 0, "r1"},
	{"fx", "r1:c a=1", "a=1 x/a=1", "drifted", "added x/a none", 0, "r1"},
	{"fx", "r1:c a=1", "a=1 x/a!too-large", "partial", "unreadable x/a none", 1, "r1"},
	{"fx", "r1:s a=1", "a=1 x/a=1", "untrusted", "", 2, NULL},
	{"fx", "r1:oe a=1", "a=1 x/a=1", "untrusted", "", 2, NULL},
	/* no baseline in force */
	{"f", "", "a=1 b!timed-out", "untrusted", "", 2, NULL},
	{"f", "", "", "untrusted", "", 0, NULL},
	{"", "", "", "untrusted", "", 0, NULL},
	{"f", "", "a-", "untrusted", "", 0, NULL},
	{"f", "r1:c a=1", "a=1 l/a-", "verified", "", 0, "r1"},
	{"f", "r1:ce a=1", "a=1", "untrusted", "", 1, NULL},
	{"f", "r1:s a=1", "a=1", "untrusted", "", 1, NULL},
	{"f", "r1:oe a=1", "a=1", "untrusted", "", 1, NULL},
	{"", "", "a=1", "untrusted", "", 1, NULL},
	/* behind */
	{"f", "r1:o a=1 b=1; r2:c a=2 b=2", "a=1 b=1", "behind", "", 0, "r1"},
	{"f", "r1:t a=1 b=1; r2:c a=2 b=2", "a=1 b=1", "behind", "", 0, "r1"},
	{"f", "r1:o a=1; r2:o a=2; r3:c a=3", "a=2", "behind", "", 0, "r2"},
	{"f", "r1:o a=1; r2:o a=1; r3:c a=3", "a=1", "behind", "", 0, "r2"},
	{"f", "r1:o a=1 b=1; r2:c a=1 b=2", "a=1 b=1", "behind", "", 0, "r1"},
	{"f", "r1:o a=1; r2:c a=1 b=2", "a=1", "behind", "", 0, "r1"},
	{"f", "r1:o a=1 b=2; r2:c a=1", "a=1 b=2", "behind", "", 0, "r1"},
	{"f", "r1:o a=1; r2:c a=1", "a=1", "verified", "", 0, "r2"},
	{"f", "r2:c a=1; r1:o a=1", "a=1", "verified", "", 0, "r2"},
	{"f", "r1:o a=1; r2:ce a=2", "a=1", "behind", "", 0, "r1"},
	{"f", "r1:o a=1", "a=1", "behind", "", 0, "r1"},
	{"f", "r1:o a=1; r2:ce a=2", "a=2", "drifted", "modified a r1", 0, NULL},
	/* behind, and something is wrong: relative to the release it is on */
	{"f", "r1:o a=1 b=1 c=1; r2:c a=2 b=2 c=2", "a=1 b=1 c=x", "drifted", "modified c r1", 0, "r1"},
	{"f", "r1:o a=1 b=1 c=1; r2:c a=2 b=2 c=2", "a=1 b=1", "drifted", "missing c r1", 0, "r1"},
	{"f", "r1:o a=1 b=1 c=1; r2:c a=2 b=2 c=2", "a=1 b=1 c=1 d=x", "drifted", "added d r1", 0, "r1"},
	{"f", "r1:o a=1 b=1 c=1; r2:c a=2 b=2 c=2", "a=1 b=1 c=1!", "drifted", "forged c r1", 0, "r1"},
	{"f", "r1:o a=1 b=1 c=1; r2:c a=2 b=2 c=2", "a=1 b=1 c=2!", "drifted", "forged c r2", 0, "r1"},
	{"f", "r1:o a=1 b=1; r2:c a=2 b=2", "a=x b=x", "drifted", "modified a r2, modified b r2", 0, NULL},
	/* stale */
	{"f", "r1:s a=1 b=1; r2:c a=2 b=2", "a=1 b=1", "drifted", "stale r1", 0, "r1"},
	{"f", "r1:s a=1 b=2; r2:c a=2 b=2", "a=1 b=2", "drifted", "stale r1", 0, "r1"},
	{"f", "r1:s a=1 b=2 c=3; r2:c a=1 b=2", "a=1 b=2 c=3", "drifted", "stale r1", 0, "r1"},
	{"f", "r1:s a=1; r2:c a=1 b=2", "a=1", "drifted", "stale r1", 0, "r1"},
	{"f", "r1:s a=1 c=1; r2:c a=2 b=2", "a=1 c=1", "drifted", "stale r1", 0, "r1"},
	{"f", "r0:s a=1; r1:s a=1; r2:c a=2", "a=1", "drifted", "stale r1", 0, "r1"},
	{"f", "r1:s a=1; r2:o a=2; r3:c a=3", "a=1", "drifted", "stale r1", 0, "r1"},
	{"f", "r1:s a=1; r2:o a=1; r3:c a=3", "a=1", "behind", "", 0, "r2"},
	{"f", "r1:s a=1; r2:o a=2", "a=1", "drifted", "stale r1", 0, "r1"},
	{"f", "r1:s a=1; r2:c a=1", "a=1", "verified", "", 0, "r2"},
	{"f", "r1:se a=1; r2:c a=2", "a=1", "drifted", "modified a r2", 0, NULL},
	{"f", "r1:s a=1 b=1 c=1; r2:c a=2 b=2 c=2", "a=1 b=1 c=x", "drifted",
	 "stale r1, modified c r1", 0, "r1"},
	{"f", "r1:s a=1 b=1 c=1; r2:c a=2 b=2 c=1", "a=1 b=1 c=1!", "drifted",
	 "stale r1, forged c r2", 0, "r1"},
	/* mixed */
	{"f", "r1:o a=1 b=1; r2:c a=2 b=2", "a=1 b=2", "drifted", "mixed a r2", 0, NULL},
	{"f", "r1:s a=1 b=1; r2:c a=2 b=2", "a=1 b=2", "drifted", "mixed a r2", 0, NULL},
	{"f", "r1:o a=1 b=1 c=1; r2:c a=2 b=2 c=2", "a=1 b=1 c=2", "drifted", "mixed a r2, mixed b r2", 0,
	 NULL},
	{"f", "r1:o a=1 x=1; r2:c a=2", "a=2 x=1", "drifted", "mixed x r2", 0, NULL},
	{"f", "r1:o a=1 b=1; r2:c a=2 b=2 c=2", "a=2 b=1", "drifted", "mixed b r2, mixed c r2", 0, NULL},
	{"f", "r1:o a=1 b=1 c=1; r2:c a=2 b=2 c=2", "a=2 b=1", "drifted", "mixed b r2, missing c r2", 0,
	 NULL},
	{"f", "r0:s a=2; r1:o a=1 b=1 c=1; r2:c a=2 b=2 c=2", "a=2 b=1", "drifted",
	 "mixed b r2, missing c r2", 0, NULL},
	{"f", "r1:o a=1 b=1; r2:c a=2 b=2 c=2", "a=2 b=2", "drifted", "missing c r2", 0, "r2"},
	{"f", "r1:o a=1 b=1 c=1; r2:c a=2 b=2 c=2", "a=1 b=2 c=x", "drifted", "mixed a r2, modified c r2",
	 0, NULL},
	{"f", "r1:o a=1 b=1 c=1; r2:c a=2 b=2 c=2", "a=1 b=2 c=1!", "drifted", "mixed a r2, forged c r1",
	 0, NULL},
	{"f", "r1:o a=1 b=1; r2:o a=2 b=2; r3:c a=3 b=3", "a=1 b=2", "drifted", "mixed a r3, mixed b r3", 0,
	 NULL},
	{"f", "r1:o a=1 b=1; r2:o a=2 b=2", "a=1 b=2", "drifted", "mixed a r2", 0, NULL},
	/* read in part */
	{"f", "r1:c a=1 b=2", "a=1 b!permission-denied", "partial", "unreadable b r1", 1, "r1"},
	{"f", "r1:c a=1 b=2", "a=1 b=2 c!too-large", "partial", "unreadable c r1", 1, "r1"},
	{"f", "r1:c a=1 b=2", "a!truncated b!unstable", "partial", "unreadable a r1, unreadable b r1", 2,
	 NULL},
	{"f", "r1:c a=1 b=2", "a!timed-out b=x", "drifted", "unreadable a r1, modified b r1", 1, NULL},
	{"f", "r1:o a=1 b=1; r2:c a=2 b=2", "a=1 b!truncated", "partial", "unreadable b r1", 1, "r1"},
	{"f", "r1:o a=1 b=1; r2:c a=1 b=2", "a=1 b!truncated", "partial", "unreadable b r2", 1, NULL},
	{"f", "r1:s a=1 b=1; r2:c a=2 b=2", "a=1 b!truncated", "drifted", "stale r1, unreadable b r1", 1,
	 "r1"},
	{"f", "r1:c", "a!truncated", "partial", "unreadable a r1", 1, NULL},
	/* releases of the device itself */
	{"f", "r1:c a=1; d1:cd a=2", "a=2", "verified", "", 0, "d1"},
	{"f", "r1:c a=1; d1:cd a=2", "a=1", "drifted", "modified a d1", 0, NULL},
	{"f", "r1:c a=1; d1:cde a=2", "a=1", "verified", "", 0, "r1"},
	{"f", "r1:c a=1; d1:od a=2", "a=2", "behind", "", 0, "d1"},
	{"f", "r1:c a=1; d1:sd a=2", "a=2", "drifted", "modified a r1", 0, NULL},
	{"f", "r1:c a=1; d1:sd a=2; d2:cd a=3", "a=2", "drifted", "stale d1", 0, "d1"},
	/* two kinds */
	{"fl", "r1:c a=1; l1:cl l/a=1", "a=1 l/a=1", "verified", "", 0, "r1"},
	{"fl", "r1:c a=1; l1:cl l/a=1", "a=1 l/a=2", "drifted", "modified l/a l1", 0, "r1"},
	{"fl", "r1:c a=1; l1:ol l/a=1; l2:cl l/a=2", "a=1 l/a=1", "behind", "", 0, "r1"},
	{"fl", "r1:c a=1", "a=1 l/a=1", "untrusted", "", 1, "r1"},
	{"fl", "r1:c a=1", "a=1", "verified", "", 0, "r1"},
	{"fl", "r1:c a=1", "a=2 l/a=1", "drifted", "modified a r1", 1, NULL},
	{"fl", "r1:c a=1", "a!too-slow l/a=1", "partial", "unreadable a r1", 2, NULL},
	{"f", "r1:c a=1", "a=1 l/a=1", "untrusted", "", 1, "r1"},
	{"fl", "r1:c a=1; d1:cdl l/a=1", "a=1 l/a=1", "verified", "", 0, "r1"},
	{"fl", "r1:c a=1; l1:cl l/a=1", "a=2 l/b=1", "drifted", "modified a r1, missing l/a l1, added l/b l1",
	 0, NULL},
	/* a baseline of a kind that the profile does not pull */
	{"f", "r1:c a=1; l1:cl l/a=1 l/b=1", "a=1", "partial", "", 2, "r1"},
	{"", "r1:c a=1", "a=1", "partial", "", 0, "r1"},
	/* a path of the firmware's baseline that was seen as drug library */
	{"fl", "r1:c a=1 l/a=1; l1:cl l/a=1", "a=1 l/a=1", "partial", "", 1, "r1"},
	{"fl", "r1:c a=1 l/a=1; l1:cl", "a=1 l/a-", "drifted", "missing l/a r1", 0, "r1"},
};

START_TEST(complete_listing_is_judged)
{
	const struct judged *expected = &listed[_i];
	CLEANUP(world_clear) struct world world;

	world_make(&world, expected->pulls, expected->baselines, expected->seen);
	assert_judged(&world, expected);
}
END_TEST

/* ---- listings that are not complete, and links without one ------------------------------- */

static const struct judged cut_short[] = {
	{"f", "r1:c a=1 b=2", "a=1", "partial", "", 1, "r1"},
	{"f", "r1:c a=1 b=2", "a=1 b=2", "partial", "", 0, "r1"},
	{"f", "r1:c a=1 b=2", "", "partial", "", 2, NULL},
	{"f", "r1:c", "", "partial", "", 0, NULL},
	{"f", "r1:c a=1 b=2", "a=1 b-", "drifted", "missing b r1", 0, "r1"},
	{"f", "r1:c a=1 b=2", "a=x", "drifted", "modified a r1", 1, NULL},
	{"f", "r1:c a=1 b=2", "a=1 c=1", "drifted", "added c r1", 1, "r1"},
	{"f", "r1:o a=1 b=1; r2:c a=2 b=2", "a=1", "partial", "", 1, "r1"},
	{"f", "r1:o a=1 b=1; r2:c a=1 b=2", "a=1", "partial", "", 1, NULL},
	{"f", "r1:s a=1 b=1; r2:c a=2 b=2", "a=1", "drifted", "stale r1", 1, "r1"},
	{"f", "r1:s a=1; r2:c a=1 b=2", "a=1", "partial", "", 1, NULL},
	{"f", "r1:o a=1 b=1 c=1; r2:c a=2 b=2 c=2", "a=1 b=2", "drifted", "mixed a r2", 1, NULL},
	{"f", "", "a=1", "partial", "", 1, NULL},
};

START_TEST(listing_cut_short_tells_no_missing_and_verifies_nothing)
{
	static const enum visit_outcome outcomes[] = {VISIT_CONNECTION_LOST, VISIT_TOO_MANY_FILES,
						      VISIT_LISTING_NOT_UNDERSTOOD, VISIT_TOO_SLOW};
	const struct judged *expected = &cut_short[_i];

	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
		CLEANUP(world_clear) struct world world;
		world_make(&world, expected->pulls, expected->baselines, expected->seen);
		world.report.outcome = outcomes[i];
		assert_judged(&world, expected);
	}
}
END_TEST

static const struct judged named[] = {
	{"f", "r1:c a=1 b=2", "a=1 b=2", "verified", "", 0, "r1"},
	{"f", "r1:c a=1 b=2", "a=1 b-", "drifted", "missing b r1", 0, "r1"},
	{"f", "r1:c a=1 b=2", "a=1", "partial", "", 1, "r1"},
	{"f", "r1:c a=1 b=2", "", "partial", "", 2, NULL},
	{"f", "r1:c a=1 b=2", "a=1 b!timed-out", "partial", "unreadable b r1", 1, "r1"},
	{"f", "r1:o a=1 b=1; r2:c a=2", "a=2 b-", "verified", "", 0, "r2"},
	{"f", "r1:o a=1 b=1; r2:c a=2", "a=1 b=1", "behind", "", 0, "r1"},
	{"f", "r1:s a=1; r2:c a=1 b=2", "a=1 b-", "drifted", "stale r1", 0, "r1"},
	{"f", "r1:c", "", "verified", "", 0, "r1"},
};

START_TEST(link_without_listing_is_judged_by_what_was_asked_for)
{
	const struct judged *expected = &named[_i];
	CLEANUP(world_clear) struct world world;

	world_make(&world, expected->pulls, expected->baselines, expected->seen);
	world.scope.lists = false;
	assert_judged(&world, expected);
}
END_TEST

START_TEST(path_that_the_profile_leaves_out_is_not_missing)
{
	static char left_out[] = "log*", other_kind[] = "lib*", rest[] = "*.bin";
	const struct visit_selector selectors[] = {
		{left_out, VISIT_FIRMWARE, true},
		{other_kind, VISIT_CONFIG, false},
		{rest, VISIT_FIRMWARE, false},
	};
	CLEANUP(world_clear) struct world world;

	world_make(&world, "f", "r1:c a.bin=1 b.bin=1 log.bin=1 lib.bin=1 nobody=1", "a.bin=1");
	world.scope.selectors = selectors;
	world.scope.selector_count = 3;
	assert_judged(&world, &(struct judged){.seen = "a.bin", .result = "drifted",
					       .findings = "missing b.bin r1", .unchecked = 3,
					       .release = "r1"});
}
END_TEST

/* ---- how the visit went ------------------------------------------------------------------ */

static const struct {
	enum visit_outcome outcome;
	const char *seen, *result;
} ended[] = {
	{VISIT_OK, "a=1", "verified"},
	{VISIT_TIMED_OUT, "", "unreachable"},
	{VISIT_TIMED_OUT, "a=1", "unreachable"},
	{VISIT_TIMED_OUT, "a=2", "drifted"},
	{VISIT_LOGIN_REFUSED, "", "refused"},
	{VISIT_HOST_KEY_CHANGED, "", "wrong-device"},
	{VISIT_SERIAL_CHANGED, "a=1", "wrong-device"},
	{VISIT_IDENTITY_UNKNOWN, "a=1", "wrong-device"},
	{VISIT_CANCELLED, "", "skipped"},
	{VISIT_CANCELLED, "a=1", "partial"},
	{VISIT_CANCELLED, "a=2", "drifted"},
	{VISIT_PULLER_FAILED, "", "partial"},
	{VISIT_CREDENTIAL_UNUSABLE, "", "partial"},
	{VISIT_PROFILE_UNUSABLE, "", "partial"},
};

START_TEST(result_is_never_better_than_the_contact)
{
	static const char *const baselines[] = {"r1:c a=1", ""};

	for (size_t i = 0; i < 2; i++) {
		CLEANUP(world_clear) struct world world;
		world_make(&world, "f", baselines[i], ended[_i].seen);
		world.report.outcome = ended[_i].outcome;
		CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(&world);
		if (i == 0)
			ck_assert_str_eq(drift_result_name(verdict.result), ended[_i].result);
		else
			ck_assert_int_ne(verdict.result, DRIFT_VERIFIED);
		for (size_t k = 0; k < verdict.finding_count; k++)
			ck_assert_int_ne(verdict.findings[k].type, DRIFT_MISSING);
	}
}
END_TEST

START_TEST(no_outcome_but_ok_verifies_anything)
{
	for (int outcome = VISIT_OK + 1; outcome < VISIT_OUTCOME_COUNT; outcome++) {
		CLEANUP(world_clear) struct world world;
		world_make(&world, "f", "r1:o a=2; r2:c a=1", "a=1");
		world.report.outcome = (enum visit_outcome)outcome;
		CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(&world);
		ck_assert_int_gt(verdict.result, DRIFT_BEHIND);
		ck_assert_int_gt(verdict.kinds[VISIT_FIRMWARE].result, DRIFT_BEHIND);
	}
}
END_TEST

/* ---- what a finding holds ---------------------------------------------------------------- */

START_TEST(finding_holds_both_sides)
{
	CLEANUP(world_clear) struct world world;

	world_make(&world, "f", "r0:s a=0; r1:c a=1 b=2 c=345 d=4", "a=1 b=22 d!too-slow e=5");
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(&world);
	struct digest_pair old = world_digest("2"), new = world_digest("22");
	const struct drift_finding *f = verdict.findings;

	ck_assert_uint_eq(verdict.finding_count, 4);
	ck_assert_uint_eq(verdict.files, 3);
	ck_assert_str_eq(f[0].path, "b");
	ck_assert_int_eq(f[0].type, DRIFT_FORGED);
	ck_assert_str_eq(f[0].manifest, "r1");
	ck_assert(f[0].has_new && f[0].has_old);
	ck_assert_uint_eq(f[0].new_size, 2);
	ck_assert_uint_eq(f[0].old_size, 1);
	ck_assert(digest_equal(&f[0].old_digest, &old) && digest_equal(&f[0].new_digest, &new));
	ck_assert_str_eq(f[1].path, "c");
	ck_assert(!f[1].has_new && f[1].has_old && f[1].old_size == 3);
	ck_assert_str_eq(f[2].path, "d");
	ck_assert_int_eq(f[2].outcome, VISIT_TOO_SLOW);
	ck_assert(!f[2].has_new && f[2].has_old);
	ck_assert_str_eq(f[3].path, "e");
	ck_assert(f[3].has_new && !f[3].has_old);
	ck_assert_int_eq(f[3].outcome, VISIT_OK);
}
END_TEST

START_TEST(stale_is_one_finding_without_a_path)
{
	CLEANUP(world_clear) struct world world;

	world_make(&world, "f", "r1:s a=1 c=1; r2:c a=22 b=3", "a=1 c=1");
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(&world);
	const struct drift_finding *finding = &verdict.findings[0];

	ck_assert_uint_eq(verdict.finding_count, 1);
	ck_assert_int_eq(finding->type, DRIFT_STALE);
	ck_assert_int_eq(finding->kind, VISIT_FIRMWARE);
	ck_assert_ptr_null(finding->path);
	ck_assert_str_eq(finding->release, "r1");
	ck_assert_str_eq(finding->manifest, "r1");
	ck_assert(!finding->has_new && !finding->has_old);
	ck_assert_uint_eq(verdict.files, 2);
}
END_TEST

static const struct {
	const char *baselines, *seen;
	const char *manifest; /* "" where it is not known which */
	uint64_t serial;
	int64_t accept_until;
} places[] = {
	{"r1:o a=1; r2:c a=2", "a=2", "r2", 11, 0},
	{"r1:o a=1; r2:c a=2", "a=1", "r1", 10, TIME_NEVER},
	{"r1:s a=1; r2:c a=2", "a=1", "r1", 10, 1000 * TIME_DAY},
	{"r1:o a=1 b=1; r2:c a=2 b=2", "a=1 b=x", "r1", 10, TIME_NEVER},
	{"r1:o a=1 b=1; r2:c a=2 b=2", "a=1 b=2", "", 0, 0},
	{"r1:o a=1; r2:c a=2", "a=x", "", 0, 0},
	{"", "a=1", "", 0, 0},
};

START_TEST(kind_names_the_manifest_that_the_device_is_on)
{
	CLEANUP(world_clear) struct world world;

	world_make(&world, "f", places[_i].baselines, places[_i].seen);
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(&world);
	const struct drift_kind *kind = &verdict.kinds[VISIT_FIRMWARE];

	ck_assert_str_eq(kind->manifest, places[_i].manifest);
	ck_assert_uint_eq(kind->serial, places[_i].serial);
	ck_assert_int_eq(kind->accept_until, places[_i].accept_until);
}
END_TEST

START_TEST(sha256_alone_decides)
{
	CLEANUP(world_clear) struct world world;

	world_make(&world, "f", "r1:c a=1", "a=1");
	world.manifests[0].files[0].digest.md5[5] ^= 1;
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(&world);
	ck_assert_int_eq(verdict.result, DRIFT_VERIFIED);
}
END_TEST

START_TEST(kinds_stand_by_themselves)
{
	CLEANUP(world_clear) struct world world;

	world_make(&world, "fl", "r1:o a=1; r2:c a=2; l1:cl l/a=1", "a=1 l/a=2");
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(&world);
	ck_assert_int_eq(verdict.kinds[VISIT_FIRMWARE].result, DRIFT_BEHIND);
	ck_assert_str_eq(verdict.kinds[VISIT_FIRMWARE].release, "r1");
	ck_assert_int_eq(verdict.kinds[VISIT_DRUG_LIBRARY].result, DRIFT_DRIFTED);
	ck_assert(!verdict.kinds[VISIT_CONFIG].covered);
	ck_assert(!verdict.kinds[VISIT_OTHER].covered);
}
END_TEST

/* ---- names and masks --------------------------------------------------------------------- */

START_TEST(names_go_both_ways)
{
	enum drift_result result;
	enum drift_type type;

	for (int i = 0; i < DRIFT_RESULT_COUNT; i++) {
		ck_assert_int_eq(drift_result_parse(&result, drift_result_name((enum drift_result)i)), 0);
		ck_assert_int_eq(result, i);
	}
	for (int i = 0; i < DRIFT_TYPE_COUNT; i++) {
		ck_assert_int_eq(drift_type_parse(&type, drift_type_name((enum drift_type)i)), 0);
		ck_assert_int_eq(type, i);
	}
	ck_assert_int_eq(drift_result_parse(&result, "fine"), -EINVAL);
	ck_assert_int_eq(drift_type_parse(&type, ""), -EINVAL);
	ck_assert_str_eq(drift_result_name(DRIFT_WRONG_DEVICE), "wrong-device");
}
END_TEST

static const struct {
	const char *baselines, *seen;
	unsigned mask;
} masks[] = {
	{"r1:c a=1", "a=1", 0},		{"r1:o a=1; r2:c a=2", "a=1", 0},
	{"r1:c a=1", "a=1 b=1", 1},	{"r1:c a=1 b=1", "a=1", 2},
	{"r1:c a=1", "a=2", 4},		{"r1:c a=1", "a=1!", 4},
	{"r1:s a=1; r2:c a=2", "a=1", 4}, {"r1:o a=1 b=1; r2:c a=2 b=2", "a=1 b=2", 4},
	{"r1:c a=1", "a!timed-out", 8},	{"", "a=1", 8},
	{"r1:c a=1 b=1 c=1 d=1", "a=2 c!too-slow d=1 e=1", 15},
	{"r1:c a=1; l1:cl l/a=1", "a=2", 12},
};

START_TEST(mask_has_a_bit_for_each_sort_of_trouble)
{
	CLEANUP(world_clear) struct world world;

	world_make(&world, "f", masks[_i].baselines, masks[_i].seen);
	CLEANUP(drift_verdict_clear) struct drift_verdict verdict = world_judge(&world);
	ck_assert_uint_eq(drift_verdict_mask(&verdict), masks[_i].mask);
}
END_TEST

START_TEST(result_that_is_not_fine_has_a_bit)
{
	for (int i = DRIFT_SKIPPED; i < DRIFT_DRIFTED; i++)
		ck_assert_uint_eq(drift_result_mask((enum drift_result)i), 8);
	ck_assert_uint_eq(drift_result_mask(DRIFT_VERIFIED) | drift_result_mask(DRIFT_BEHIND), 0);
}
END_TEST

#define ADD_TABLE(tests, test, table) \
	tcase_add_loop_test(tests, test, 0, sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *suite = suite_create("drift");
	TCase *tests = tcase_create("compare");

	ADD_TABLE(tests, complete_listing_is_judged, listed);
	ADD_TABLE(tests, listing_cut_short_tells_no_missing_and_verifies_nothing, cut_short);
	ADD_TABLE(tests, link_without_listing_is_judged_by_what_was_asked_for, named);
	tcase_add_test(tests, path_that_the_profile_leaves_out_is_not_missing);
	ADD_TABLE(tests, result_is_never_better_than_the_contact, ended);
	tcase_add_test(tests, no_outcome_but_ok_verifies_anything);
	tcase_add_test(tests, finding_holds_both_sides);
	tcase_add_test(tests, stale_is_one_finding_without_a_path);
	ADD_TABLE(tests, kind_names_the_manifest_that_the_device_is_on, places);
	tcase_add_test(tests, sha256_alone_decides);
	tcase_add_test(tests, kinds_stand_by_themselves);
	tcase_add_test(tests, names_go_both_ways);
	ADD_TABLE(tests, mask_has_a_bit_for_each_sort_of_trouble, masks);
	tcase_add_test(tests, result_that_is_not_fine_has_a_bit);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
