/* The pool with the real puller program, over file: links, which need no server. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "pull/pull.h"

#include "tests/suite.h"

enum { WAIT_SECONDS = 60 };

/* ---- a pool, its loop and what came of its visits ---- */

static sd_event *event;
static struct pull_pool *pool;
static char folder[] = "/tmp/check_pull.XXXXXX";

struct outcome {
	unsigned done;
	uint64_t progress_bytes;
	struct visit_report report;
};

static int64_t wall_clock(void *userdata)
{
	struct timespec at;

	(void)userdata;
	clock_gettime(CLOCK_REALTIME, &at);
	return (int64_t)at.tv_sec * TIME_SECOND + at.tv_nsec / 1000;
}

static const char *puller_program(void)
{
	static char path[4096];
	const char *builddir = getenv("builddir");

	snprintf(path, sizeof path, "%s/pumpwatch-puller", builddir ? builddir : ".");
	return path;
}

static struct pull_options options_for(unsigned pullers, unsigned visits)
{
	return (struct pull_options){.program = puller_program(),
				     .pullers = pullers,
				     .visits = visits,
				     .clock = {.now = wall_clock}};
}

static void make_pool(const struct pull_options *options)
{
	struct error e;

	ck_assert_int_ge(sd_event_new(&event), 0);
	if (pull_pool_new(&pool, event, options, &e) < 0)
		ck_abort_msg("no pool: %s", e.text);
}

static void free_pool(void)
{
	pull_pool_free(pool);
	pool = NULL;
	event = sd_event_unref(event);
}

static void on_done(void *userdata, struct visit_report *report)
{
	struct outcome *outcome = userdata;

	outcome->done++;
	visit_report_clear(&outcome->report);
	outcome->report = *report;
	*report = (struct visit_report){0};
}

static void on_progress(void *userdata, uint64_t bytes, uint32_t files)
{
	struct outcome *outcome = userdata;

	(void)files;
	ck_assert_uint_eq(outcome->done, 0);
	outcome->progress_bytes = bytes;
}

static struct pull_handlers handlers_for(struct outcome *outcome)
{
	return (struct pull_handlers){
		.on_progress = on_progress, .on_done = on_done, .userdata = outcome};
}

/* Let the loop run until count reaches least. */
static void run_until(const unsigned *count, unsigned least)
{
	time_t last = time(NULL) + WAIT_SECONDS;

	while (*count < least) {
		ck_assert_int_ge(sd_event_run(event, 100000), 0);
		ck_assert_msg(time(NULL) < last, "nothing came for %d s", WAIT_SECONDS);
	}
}

/* Let the loop have its turn for a while. */
static void run_for(unsigned ms)
{
	for (unsigned i = 0; i < ms / 10; i++)
		ck_assert_int_ge(sd_event_run(event, 10000), 0);
}

static struct pull_visit *start(const struct visit_order *order, struct outcome *outcome)
{
	const struct pull_handlers handlers = handlers_for(outcome);
	struct pull_visit *visit = NULL;
	struct error e;

	if (pull_start(&visit, pool, order, NULL, &handlers, &e) < 0)
		ck_abort_msg("not started: %s", e.text);
	return visit;
}

/* ---- a folder as the device ---- */

static void put(const char *path, const char *content)
{
	char whole[256];

	snprintf(whole, sizeof whole, "%s/%s", folder, path);
	FILE *file = fopen(whole, "w");
	ck_assert_ptr_nonnull(file);
	fputs(content, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void make_folder(void)
{
	char path[256];

	strcpy(folder + sizeof folder - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/lib", folder);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	put("A.BIN", "abc");
	put("lib/B.LIB", "");
	put("lib/C.LOG", "volatile");
	put("notes", "unmatched");
}

static void remove_folder(void)
{
	char command[256];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static struct visit_selector selectors[] = {
	{"**/*.LOG", VISIT_OTHER, true},
	{"lib/**", VISIT_DRUG_LIBRARY, false},
	{"*.BIN", VISIT_FIRMWARE, false},
};

static struct visit_order file_order(void)
{
	return (struct visit_order){
		.asset = "bench",
		.address = {.scheme = VISIT_FILE, .root = folder},
		.selectors = selectors,
		.selector_count = sizeof selectors / sizeof *selectors,
		.limits = visit_limits_default,
	};
}

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

int main(void)
{
	Suite *suite = suite_create("pull");
	TCase *files = tcase_create("files");

	tcase_set_timeout(files, 2 * WAIT_SECONDS);
	tcase_add_checked_fixture(files, make_folder, remove_folder);
	tcase_add_test(files, a_folder_is_visited_and_hashed);
	suite_add_tcase(suite, files);
	(void)run_for;
	return suite_run(suite);
}
