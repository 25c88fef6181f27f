/* Simulated pumps, sick and well, visited at once through the pool by the real puller. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/pull_fixture.h"
#include "tests/servers/servers.h"
#include "tests/suite.h"

enum { PUMPS = 40 };

static struct server fleet;
static uint16_t ports[PUMPS];
static char program[4200];

static bool read_ports(void)
{
	CLEANUP(cleanup_free) char *lines = server_read(&fleet, "ports");
	unsigned pump, port, seen = 0;

	for (char *line = lines; line && *line; line = strchr(line, '\n') + 1) {
		if (sscanf(line, "%u %*s %u", &pump, &port) != 2 || pump < 1 || pump > PUMPS)
			return false;
		ports[pump - 1] = (uint16_t)port;
		seen++;
	}
	return seen == PUMPS;
}

static void start_fleet(void)
{
	const char *builddir = getenv("builddir");
	char here[4096], command[8192];
	const char *const arguments[] = {"sh", "-c", command, NULL};

	make_folder();
	server_prepare(&fleet);
	ck_assert_ptr_nonnull(realpath(builddir ? builddir : ".", here));
	snprintf(program, sizeof program, "%s/tests/fleet/pumps", here);
	snprintf(command, sizeof command,
		 "cd %s && exec %s --pumps %d --ports ports --record record --control control "
		 "--serial SIM%%s --greeting 'pump %%s;' --size A.BIN=20000 B.BIN=300",
		 fleet.folder, program, PUMPS);
	server_spawn(&fleet, arguments);
	for (int i = 0; !read_ports(); i++) {
		ck_assert_int_lt(i, WAIT_SECONDS * 100);
		usleep(10000);
	}
}

static void stop_fleet(void)
{
	server_stop(&fleet);
	remove_folder();
}

static void tell(const char *command)
{
	server_shell(&fleet, "%s --tell control '%s' >answer", program, command);
}

static char serials[PUMPS][16];

static struct visit_order order_for(unsigned pump)
{
	struct visit_order order = file_order();

	snprintf(serials[pump - 1], sizeof serials[0], "SIM%05u", pump);
	order.address = (struct visit_address){VISIT_FTP, "127.0.0.1", ports[pump - 1], "/"};
	order.identity = (struct visit_identity){VISIT_IDENTITY_GREETING, NULL, "pump %s;",
						 serials[pump - 1]};
	order.limits.idle_ms = 500;
	order.limits.entries = 100;
	return order;
}

/* What is done to a pump, and what comes of its visit and of its first file. */
static const struct {
	const char *fault;
	enum visit_outcome visit;
	enum visit_outcome file; /* COUNT: it is not seen */
} sick[] = {
	{"refuse", VISIT_CONNECTION_REFUSED, VISIT_OUTCOME_COUNT},
	{"hang connect", VISIT_TIMED_OUT, VISIT_OUTCOME_COUNT},
	{"hang listing", VISIT_CONNECTION_LOST, VISIT_OUTCOME_COUNT},
	{"hang A.BIN 5000", VISIT_OK, VISIT_TIMED_OUT},
	{"cut A.BIN 5000", VISIT_OK, VISIT_CONNECTION_LOST},
	{"reset A.BIN 5000", VISIT_OK, VISIT_CONNECTION_LOST},
	{"truncate A.BIN 5000", VISIT_OK, VISIT_TRUNCATED},
	{"deny A.BIN", VISIT_OK, VISIT_PERMISSION_DENIED},
	{"listing garbage", VISIT_LISTING_NOT_UNDERSTOOD, VISIT_OUTCOME_COUNT},
	{"listing endless", VISIT_TOO_MANY_FILES, VISIT_OUTCOME_COUNT},
	{"serial OTHER", VISIT_SERIAL_CHANGED, VISIT_OUTCOME_COUNT},
	{"lie", VISIT_OK, VISIT_OK},
	{"slow 20000", VISIT_OK, VISIT_OK},
};
enum { SICK = sizeof sick / sizeof *sick };

static void expect_report(unsigned pump, const struct visit_report *report)
{
	bool is_sick = pump <= SICK;
	enum visit_outcome outcome = is_sick ? sick[pump - 1].visit : VISIT_OK;
	enum visit_outcome file = is_sick ? sick[pump - 1].file : VISIT_OK;
	const char *fault = is_sick ? sick[pump - 1].fault : "well";
	const struct visit_observation *seen = visit_report_find(report, "A.BIN");

	ck_assert_msg(report->outcome == outcome, "%s: %s (%s)", fault,
		      visit_outcome_name(report->outcome), report->detail);
	ck_assert_msg((seen != NULL) == (file != VISIT_OUTCOME_COUNT), "%s", fault);
	if (!seen)
		return;
	ck_assert_msg(seen->outcome == file, "%s: %s", fault, visit_outcome_name(seen->outcome));
	ck_assert_uint_eq(report->observation_count, 2);
	ck_assert_int_eq(report->observations[1].outcome, VISIT_OK);
	ck_assert_str_eq(report->seen_serial, serials[pump - 1]);
	ck_assert(report->grade.identified && !report->grade.encrypted);
}

/* No pump ever saw two connections at once, however sick it was. */
static void expect_one_connection_each(void)
{
	unsigned pump, most, lines = 0;

	tell("all most");
	CLEANUP(cleanup_free) char *answer = server_read(&fleet, "answer");
	for (char *line = answer; line && *line && *line != 'o'; line = strchr(line, '\n') + 1) {
		ck_assert_int_eq(sscanf(line, "%u %u", &pump, &most), 2);
		ck_assert_msg(most <= 1, "pump %u saw %u connections", pump, most);
		lines++;
	}
	ck_assert_uint_eq(lines, PUMPS);
}

START_TEST(sick_pumps_cost_the_others_nothing)
{
	const struct pull_options options = options_for(2, 12);
	static struct outcome outcomes[PUMPS];
	static struct visit_order orders[PUMPS];
	char command[64];

	for (unsigned i = 0; i < SICK; i++) {
		snprintf(command, sizeof command, "%u %s", i + 1, sick[i].fault);
		tell(command);
	}
	make_pool(&options);
	for (unsigned i = 0; i < PUMPS; i++) {
		orders[i] = order_for(i + 1);
		start(&orders[i], &outcomes[i]);
	}
	for (unsigned i = 0; i < PUMPS; i++)
		run_until(&outcomes[i].done, 1);
	for (unsigned i = 0; i < PUMPS; i++)
		expect_report(i + 1, &outcomes[i].report);
	for (unsigned i = SICK + 1; i < PUMPS; i++)
		ck_assert_mem_eq(&outcomes[i].report.observations[0].digest,
				 &outcomes[SICK].report.observations[0].digest,
				 sizeof(struct digest_pair));
	expect_one_connection_each();
	for (unsigned i = 0; i < PUMPS; i++)
		visit_report_clear(&outcomes[i].report);
	free_pool();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pull, with a fleet");
	TCase *cases = tcase_create("fleet");

	tcase_set_timeout(cases, 2 * WAIT_SECONDS);
	tcase_add_checked_fixture(cases, start_fleet, stop_fleet);
	tcase_add_test(cases, sick_pumps_cost_the_others_nothing);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
