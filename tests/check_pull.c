/* The pool with the real puller program. */
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

START_TEST(a_folder_is_visited_and_hashed)
{
	static const struct digest_pair abc = {
		.md5 = {0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0, 0xd6, 0x96, 0x3f, 0x7d,
			0x28, 0xe1, 0x7f, 0x72},
		.sha256 = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
			   0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
			   0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad}};
	const struct pull_options options = options_for(1, 1);
	const struct visit_order order = file_order();
	struct outcome outcome = {0};

	make_pool(&options);
	int64_t before = wall_clock(NULL);
	start(&order, &outcome);
	ck_assert_uint_eq(outcome.done, 0);
	run_until(&outcome.done, 1);
	const struct visit_report *report = &outcome.report;
	ck_assert_msg(report->outcome == VISIT_OK, "%s: %s", visit_outcome_name(report->outcome),
		      report->detail);
	ck_assert_uint_eq(report->observation_count, 2);
	ck_assert_str_eq(report->observations[0].path, "A.BIN");
	ck_assert_int_eq(report->observations[0].kind, VISIT_FIRMWARE);
	ck_assert_uint_eq(report->observations[0].size, 3);
	ck_assert_mem_eq(&report->observations[0].digest, &abc, sizeof abc);
	ck_assert(report->observations[0].length_verified);
	ck_assert_str_eq(report->observations[1].path, "lib/B.LIB");
	ck_assert_int_eq(report->observations[1].kind, VISIT_DRUG_LIBRARY);
	ck_assert_uint_eq(report->left_out, 1);
	ck_assert_uint_eq(report->not_covered, 1);
	ck_assert_uint_eq(report->bytes, 3);
	ck_assert_int_ge(report->started_at, before);
	ck_assert_int_ge(report->ended_at, report->started_at);
	ck_assert_int_le(report->ended_at, wall_clock(NULL));
	visit_report_clear(&outcome.report);
	free_pool();
}
END_TEST

START_TEST(a_device_that_is_not_there_is_told)
{
	const struct pull_options options = options_for(2, 2);

	make_pool(&options);
	ck_assert_uint_eq(pull_pool_capacity(pool), 4);
	ck_assert_ptr_nonnull(strstr(pull_pool_sandbox(pool), "seccomp"));
	expect_pool_works();
	free_pool();
	expect_no_children();
}
END_TEST

START_TEST(a_name_that_nobody_knows_is_told)
{
	const struct pull_options options = options_for(1, 1);
	struct visit_order order = network_order();
	struct outcome outcome = {0};

	make_pool(&options);
	/* No name has so long a label, so that no name server is asked. */
	order.address.host = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	start(&order, &outcome);
	run_until(&outcome.done, 1);
	ck_assert_int_eq(outcome.report.outcome, VISIT_NAME_NOT_FOUND);
	order.address.host = "localhost";
	start(&order, &outcome);
	run_until(&outcome.done, 2);
	ck_assert_int_eq(outcome.report.outcome, VISIT_CONNECTION_REFUSED);
	visit_report_clear(&outcome.report);
	free_pool();
}
END_TEST

START_TEST(many_visits_wait_for_few_threads)
{
	enum { MANY = 200 };
	const struct pull_options options = options_for(2, 3);
	const struct visit_order order = network_order();
	static struct outcome outcomes[MANY];
	unsigned done = 0;

	make_pool(&options);
	for (unsigned i = 0; i < MANY; i++)
		start(&order, &outcomes[i]);
	while (done < MANY) {
		done = 0;
		ck_assert_int_ge(sd_event_run(event, 10000000), 1);
		for (unsigned i = 0; i < MANY; i++)
			done += outcomes[i].done;
	}
	run_for(100);
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_uint_eq(outcomes[i].done, 1);
		ck_assert_int_eq(outcomes[i].report.outcome, VISIT_CONNECTION_REFUSED);
		visit_report_clear(&outcomes[i].report);
	}
	free_pool();
}
END_TEST

START_TEST(file_links_have_processes_of_their_own_and_not_more_than_pullers)
{
	enum { MANY = 12 };
	const struct pull_options options = options_for(2, 4);
	const struct visit_order order = file_order();
	struct outcome outcomes[MANY] = {0};
	unsigned done = 0;

	make_pool(&options);
	for (unsigned i = 0; i < MANY; i++)
		start(&order, &outcomes[i]);
	while (done < MANY) {
		done = 0;
		ck_assert_int_ge(sd_event_run(event, 10000000), 1);
		ck_assert_uint_le(count_children(), 4);
		for (unsigned i = 0; i < MANY; i++)
			done += outcomes[i].done;
	}
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_int_eq(outcomes[i].report.outcome, VISIT_OK);
		visit_report_clear(&outcomes[i].report);
	}
	/* Each of them ends with its visit. */
	for (unsigned i = 0; i < 1000 && count_children() > 2; i++)
		run_for(10);
	ck_assert_uint_eq(count_children(), 2);
	free_pool();
	expect_no_children();
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_a_device_that_is_not_there)
{
	const struct pull_options options = options_for(1, 1);
	struct visit_order order = file_order();
	struct outcome outcome = {0};
	char missing[300];

	make_pool(&options);
	snprintf(missing, sizeof missing, "%s/missing", folder);
	order.address.root = missing;
	start(&order, &outcome);
	run_until(&outcome.done, 1);
	ck_assert_int_eq(visit_outcome_contact(outcome.report.outcome), VISIT_CONTACT_NONE);
	visit_report_clear(&outcome.report);
	free_pool();
}
END_TEST

/* Its limits on files and memory must let it. */
START_TEST(one_puller_holds_as_many_connections_as_it_has_threads)
{
	enum { MOST = 256 };
	const struct pull_options options = options_for(1, MOST);
	const struct visit_order order = silent_order();
	static struct outcome outcomes[MOST];
	static int devices[MOST];
	unsigned connected = 0;

	make_pool(&options);
	for (unsigned i = 0; i < MOST; i++)
		start(&order, &outcomes[i]);
	while (connected < MOST) {
		await_connection();
		devices[connected++] = accept(silent_listener, NULL, NULL);
	}
	for (unsigned i = 0; i < MOST; i++) {
		ck_assert_uint_eq(outcomes[i].done, 0);
		ck_assert_int_ge(devices[i], 0);
		close(devices[i]);
	}
	for (unsigned i = 0; i < MOST; i++) {
		run_until(&outcomes[i].done, 1);
		ck_assert_int_ne(outcomes[i].report.outcome, VISIT_PULLER_FAILED);
		visit_report_clear(&outcomes[i].report);
	}
	free_pool();
	close(silent_listener);
}
END_TEST

/* ---- the end of pullers ---- */

START_TEST(a_puller_that_is_killed_costs_its_visits_and_no_more)
{
	const struct pull_options options = options_for(1, 2);
	const struct visit_order order = silent_order();
	struct outcome outcomes[3] = {0}; /* two run, one waits */

	make_pool(&options);
	for (unsigned i = 0; i < 3; i++)
		start(&order, &outcomes[i]);
	await_connection();
	ck_assert_int_eq(kill(only_child(), SIGKILL), 0);
	expect_failed(&outcomes[0], "signal 9");
	expect_failed(&outcomes[1], "signal 9");
	ck_assert_uint_eq(outcomes[2].done, 0);
	expect_pool_works();
	free_pool();
	ck_assert_uint_eq(outcomes[2].done, 0);
	close(silent_listener);
}
END_TEST

START_TEST(a_puller_that_does_not_answer_is_ended)
{
	struct pull_options options = options_for(1, 2);
	const struct visit_order order = silent_order();
	struct outcome outcome = {0};

	options.patience = 2 * TIME_SECOND;
	make_pool(&options);
	start(&order, &outcome);
	await_connection();
	run_for(3000); /* one that only waits answers */
	ck_assert_uint_eq(outcome.done, 0);
	ck_assert_int_eq(kill(only_child(), SIGSTOP), 0);
	expect_failed(&outcome, "did not answer");
	expect_pool_works();
	free_pool();
	expect_no_children();
	close(silent_listener);
}
END_TEST

START_TEST(a_cancelled_visit_hangs_up_and_nobody_is_told)
{
	const struct pull_options options = options_for(1, 1);
	const struct visit_order order = silent_order();
	struct outcome running = {0}, queued = {0};
	char byte;

	make_pool(&options);
	struct pull_visit *visit = start(&order, &running);
	await_connection();
	CLEANUP(cleanup_close) int device = accept(silent_listener, NULL, NULL);
	struct pull_visit *waiting = start(&order, &queued);
	pull_cancel(waiting);
	pull_cancel(visit);
	struct pollfd watched = {.fd = device, .events = POLLIN};
	for (unsigned i = 0; i < WAIT_SECONDS * 100 && poll(&watched, 1, 0) == 0; i++)
		run_for(10);
	ck_assert_int_le(recv(device, &byte, 1, MSG_DONTWAIT), 0);
	expect_pool_works(); /* its thread is free again */
	ck_assert_uint_eq(running.done + queued.done, 0);
	free_pool();
	close(silent_listener);
}
END_TEST

START_TEST(freeing_a_pool_at_work_tells_nobody_and_leaves_nothing)
{
	const struct pull_options options = options_for(2, 2);
	const struct visit_order order = silent_order();
	const struct visit_order files = file_order();
	struct outcome outcomes[8] = {0};

	make_pool(&options);
	for (unsigned i = 0; i < 8; i++)
		start(i < 6 ? &order : &files, &outcomes[i]);
	await_connection();
	free_pool();
	expect_no_children();
	for (unsigned i = 0; i < 6; i++)
		ck_assert_uint_eq(outcomes[i].done, 0);
	for (unsigned i = 6; i < 8; i++)
		visit_report_clear(&outcomes[i].report);
	close(silent_listener);
}
END_TEST

static void free_pool_in_callback(void *userdata, struct visit_report *report)
{
	unsigned *done = userdata;

	++*done;
	visit_report_clear(report);
	pull_pool_free(pool);
	pool = NULL;
}

START_TEST(a_callback_may_free_the_pool)
{
	const struct pull_options options = options_for(1, 2);
	const struct visit_order order = network_order();
	unsigned done = 0;
	const struct pull_handlers handlers = {.on_done = free_pool_in_callback, .userdata = &done};
	struct pull_visit *visit;

	make_pool(&options);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(pull_start(&visit, pool, &order, NULL, &handlers, NULL), 0);
	run_until(&done, 1);
	run_for(100);
	ck_assert_uint_eq(done, 1);
	ck_assert_ptr_null(pool);
	free_pool();
}
END_TEST

START_TEST(progress_is_told_while_a_slow_file_comes)
{
	const struct pull_options options = options_for(1, 1);
	struct visit_order order = file_order();
	struct outcome outcome = {0};
	char large[20000];

	memset(large, 'x', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	put("LARGE.BIN", large);
	order.limits.rate = 10000;
	make_pool(&options);
	start(&order, &outcome);
	run_until(&outcome.done, 1);
	ck_assert_int_eq(outcome.report.outcome, VISIT_OK);
	ck_assert_uint_gt(outcome.progress_bytes, 0);
	visit_report_clear(&outcome.report);
	free_pool();
}
END_TEST

START_TEST(an_order_that_makes_no_sense_is_refused)
{
	const struct pull_options options = options_for(1, 1);
	struct visit_order order = file_order();
	struct outcome outcome = {0};
	const struct pull_handlers handlers = handlers_for(&outcome);
	struct pull_visit *visit = NULL;
	struct error e;

	make_pool(&options);
	order.address.root = "not/absolute";
	ck_assert_int_eq(pull_start(&visit, pool, &order, NULL, &handlers, &e), -1);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_ptr_null(visit);
	free_pool();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pull");
	TCase *visits = tcase_create("visits");
	TCase *ends = tcase_create("ends");
	TCase *all[] = {visits, ends};

	tcase_add_test(visits, a_folder_is_visited_and_hashed);
	tcase_add_test(visits, a_folder_that_is_not_there_is_a_device_that_is_not_there);
	tcase_add_test(visits, a_device_that_is_not_there_is_told);
	tcase_add_test(visits, a_name_that_nobody_knows_is_told);
	tcase_add_test(visits, many_visits_wait_for_few_threads);
	tcase_add_test(visits, file_links_have_processes_of_their_own_and_not_more_than_pullers);
	tcase_add_test(visits, one_puller_holds_as_many_connections_as_it_has_threads);
	tcase_add_test(visits, progress_is_told_while_a_slow_file_comes);
	tcase_add_test(visits, an_order_that_makes_no_sense_is_refused);
	tcase_add_test(ends, a_puller_that_is_killed_costs_its_visits_and_no_more);
	tcase_add_test(ends, a_puller_that_does_not_answer_is_ended);
	tcase_add_test(ends, a_cancelled_visit_hangs_up_and_nobody_is_told);
	tcase_add_test(ends, freeing_a_pool_at_work_tells_nobody_and_leaves_nothing);
	tcase_add_test(ends, a_callback_may_free_the_pool);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		tcase_set_timeout(all[i], 2 * WAIT_SECONDS);
		tcase_add_checked_fixture(all[i], make_folder, remove_folder);
		suite_add_tcase(suite, all[i]);
	}
	return suite_run(suite);
}
