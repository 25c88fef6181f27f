/* The pool with pullers that misbehave (tests/fake_puller.c). */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/pull_fixture.h"
#include "tests/suite.h"

/* A pool of tests/fake_puller under the name of what it does. */
static int try_fake_pool(const char *behaviour, int64_t patience, struct error *e)
{
	struct pull_options options = options_for(1, 1);
	const char *builddir = getenv("builddir");
	char here[4096], program[4300], name[300];

	ck_assert_ptr_nonnull(realpath(builddir ? builddir : ".", here));
	snprintf(program, sizeof program, "%s/tests/fake_puller", here);
	snprintf(name, sizeof name, "%s/%s", folder, behaviour);
	ck_assert_int_eq(symlink(program, name), 0);
	options.program = name;
	options.patience = patience;
	ck_assert_int_ge(sd_event_new(&event), 0);
	return pull_pool_new(&pool, event, &options, e);
}

static void make_fake_pool(const char *behaviour, int64_t patience)
{
	struct error e;

	if (try_fake_pool(behaviour, patience, &e) < 0)
		ck_abort_msg("no pool: %s", e.text);
}

static const struct {
	const char *behaviour, *words;
} lies[] = {
	{"garbage", "protocol"},   {"too-long", "protocol"},	{"empty", ""},
	{"other-visit", "protocol"}, {"ready-twice", "protocol"}, {"order", "protocol"},
	{"too-many", "more files"}, {"repeated", "twice"},	{"exit", "code 42"},
	{"signal", "signal 9"},	   {"hang-up", ""},		{"silent", "did not answer"},
};

START_TEST(a_puller_that_misbehaves_is_ended_and_its_visit_told_once)
{
	struct visit_order order = network_order();
	struct outcome outcome = {0};

	order.limits.entries = 3;
	make_fake_pool(lies[_i].behaviour, TIME_SECOND);
	start(&order, &outcome);
	expect_failed(&outcome, lies[_i].words);
	/* And again with the one that was started instead. */
	outcome.done = 0;
	start(&order, &outcome);
	expect_failed(&outcome, lies[_i].words);
	run_for(300);
	ck_assert_uint_eq(outcome.done, 1);
	visit_report_clear(&outcome.report);
	free_pool();
	expect_no_children();
}
END_TEST

START_TEST(a_report_that_came_before_the_end_counts)
{
	const struct visit_order order = network_order();
	struct outcome outcome = {0};

	make_fake_pool("done-and-exit", 0);
	start(&order, &outcome);
	run_until(&outcome.done, 1);
	ck_assert_int_eq(outcome.report.outcome, VISIT_OK);
	ck_assert_str_eq(outcome.report.detail, "last words");
	visit_report_clear(&outcome.report);
	free_pool();
}
END_TEST

START_TEST(a_report_that_comes_twice_counts_once)
{
	const struct visit_order order = network_order();
	struct outcome outcome = {0};

	make_fake_pool("done-twice", 0);
	start(&order, &outcome);
	run_until(&outcome.done, 1);
	ck_assert_int_eq(outcome.report.outcome, VISIT_OK);
	run_for(200);
	ck_assert_uint_eq(outcome.done, 1);
	visit_report_clear(&outcome.report);
	free_pool();
}
END_TEST

START_TEST(a_visit_without_end_is_ended)
{
	struct visit_order order = network_order();
	struct outcome outcome = {0};

	order.limits.total_seconds = 1;
	make_fake_pool("hang", 3 * TIME_SECOND);
	start(&order, &outcome);
	expect_failed(&outcome, "did not end a visit in time");
	free_pool();
}
END_TEST

START_TEST(a_pool_whose_pullers_cannot_start_says_so)
{
	static const struct {
		const char *behaviour, *words;
	} starts[] = {
		{"dies-at-start", "code 78"},
		{"lies-at-start", "protocol"},
		{"never-ready", "in time"},
	};
	struct pull_options options = options_for(1, 1);
	struct error e;

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		ck_assert_int_eq(try_fake_pool(starts[i].behaviour, TIME_SECOND, &e), -1);
		ck_assert_int_eq(e.code, ERROR_UNAVAILABLE);
		ck_assert_msg(strstr(e.text, starts[i].words), "%s", e.text);
		event = sd_event_unref(event);
	}
	options.program = "/nonexistent/puller";
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(pull_pool_new(&pool, event, &options, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "/nonexistent/puller: No such file"));
	event = sd_event_unref(event);
	expect_no_children();
}
END_TEST

START_TEST(visits_that_wait_for_pullers_that_cannot_be_kept_running_are_told)
{
	const struct visit_order order = network_order();
	struct outcome outcomes[8] = {0};
	char name[300];

	make_fake_pool("exit", 0);
	for (unsigned i = 0; i < 8; i++)
		start(&order, &outcomes[i]);
	run_until(&outcomes[0].done, 1);
	snprintf(name, sizeof name, "%s/exit", folder);
	ck_assert_int_eq(unlink(name), 0); /* so that it cannot be started again */
	for (unsigned i = 0; i < 8; i++)
		expect_failed(&outcomes[i], "");
	for (unsigned i = 0; i < 8; i++)
		ck_assert_uint_eq(outcomes[i].done, 1);
	free_pool();
}
END_TEST

START_TEST(what_a_visit_needs_reaches_the_puller_and_nothing_else_does)
{
	static char *names[] = {"a", "b"}, *only[] = {"c"};
	static const struct visit_secret secret = {"p\xC3\xA4ss", "KEY", NULL};
	struct visit_order order = network_order();
	struct outcome outcome = {0};
	const struct pull_handlers handlers = handlers_for(&outcome);
	struct pull_visit *visit;
	struct error e;
	char expected[256];
	static const char *const passed_on[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TZ",
						"OPENSSL_CONF", "OPENSSL_MODULES"};
	unsigned variables = 0;

	for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++)
		variables += getenv(passed_on[i]) != NULL;
	ck_assert_int_eq(setenv("PASSWORD", "secret", 1), 0);
	make_fake_pool("honest", 0);
	order.names = (struct visit_paths){names, 2};
	order.only = (struct visit_paths){only, 1};
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(pull_start(&visit, pool, &order, i == 0 ? &secret : NULL, &handlers, &e),
				 0);
		run_until(&outcome.done, i + 1);
		snprintf(expected, sizeof expected, "password=%s key=%s seals=%d selectors=3 names=2 "
			 "only=1 environment=%u",
			 i == 0 ? "p\xC3\xA4ss" : "none", i == 0 ? "KEY" : "none",
			 F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, variables);
		ck_assert_str_eq(outcome.report.detail, expected);
	}
	visit_report_clear(&outcome.report);
	free_pool();
}
END_TEST

/* More packets than a socket takes at once. */
START_TEST(a_long_order_is_sent_as_the_puller_reads)
{
	enum { NAMES = 20000 };
	struct visit_order order = network_order();
	struct outcome outcome = {0};

	for (unsigned i = 0; i < NAMES; i++) {
		char name[64];
		snprintf(name, sizeof name, "folder-%u/name-%u", i % 100, i);
		ck_assert_int_eq(visit_paths_add(&order.names, name), 0);
	}
	make_fake_pool("honest", 0);
	start(&order, &outcome);
	run_until(&outcome.done, 1);
	ck_assert_ptr_nonnull(strstr(outcome.report.detail, "names=20000"));
	visit_paths_clear(&order.names);
	visit_report_clear(&outcome.report);
	free_pool();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pull, with pullers that lie");
	TCase *liars = tcase_create("pullers that lie");

	tcase_add_loop_test(liars, a_puller_that_misbehaves_is_ended_and_its_visit_told_once, 0,
			    (int)(sizeof lies / sizeof *lies));
	tcase_add_test(liars, a_report_that_came_before_the_end_counts);
	tcase_add_test(liars, a_report_that_comes_twice_counts_once);
	tcase_add_test(liars, a_visit_without_end_is_ended);
	tcase_add_test(liars, a_pool_whose_pullers_cannot_start_says_so);
	tcase_add_test(liars, visits_that_wait_for_pullers_that_cannot_be_kept_running_are_told);
	tcase_add_test(liars, what_a_visit_needs_reaches_the_puller_and_nothing_else_does);
	tcase_add_test(liars, a_long_order_is_sent_as_the_puller_reads);
	tcase_set_timeout(liars, 2 * WAIT_SECONDS);
	tcase_add_checked_fixture(liars, make_folder, remove_folder);
	suite_add_tcase(suite, liars);
	return suite_run(suite);
}
