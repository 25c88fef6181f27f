#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "puller/walk.h"

#include "tests/suite.h"
#include "tests/walk_fixture.h"

static struct digest_engine *engine;
static struct digest *digest;
atomic_bool cancelled;
int64_t now;
struct visit_order order;
struct visit_report report;
uint64_t progress_bytes;

static int64_t read_clock(void *userdata)
{
	(void)userdata;
	return now;
}

static struct visit_selector selectors[] = {
	{"**/*.log", VISIT_OTHER, true},
	{"logs/**", VISIT_OTHER, true},
	{"**/*.lib", VISIT_DRUG_LIBRARY, false},
	{"fw/**", VISIT_FIRMWARE, false},
	{"*.bin", VISIT_FIRMWARE, false},
};

static void set_up(void)
{
	struct error e;

	fake_device = (struct fake_device){0};
	cancelled = false;
	now = 1000 * TIME_SECOND;
	progress_bytes = 0;
	order = (struct visit_order){
		.asset = "pump",
		.address = {VISIT_FTP, "192.0.2.1", 21, "/"},
		.selectors = selectors,
		.selector_count = sizeof selectors / sizeof *selectors,
		.limits = visit_limits_default,
	};
	ck_assert_int_eq(digest_engine_new(&engine, &e), 0);
	digest = digest_new(engine);
	ck_assert_ptr_nonnull(digest);
}

static void tear_down(void)
{
	/* However a visit ends: one connection at a time, and none left. */
	ck_assert_uint_le(fake_device.open_most, 1);
	ck_assert_uint_eq(fake_device.open_now, 0);
	visit_report_clear(&report);
	digest_free(digest);
	digest_engine_free(engine);
}

static void keep_observation(void *userdata, const struct visit_observation *observation)
{
	struct visit_report *kept = userdata;
	struct visit_observation copy = *observation;

	copy.path = strdup(observation->path);
	ck_assert_int_eq(ARRAY_APPEND(kept->observations, kept->observation_count, copy), 0);
}

static void keep_progress(void *userdata, uint64_t bytes, uint32_t files)
{
	const struct visit_report *kept = userdata;

	ck_assert_uint_ge(bytes, progress_bytes);
	ck_assert_uint_eq(files, kept->observation_count);
	progress_bytes = bytes;
}

void visit(void)
{
	static const struct visit_secret none;
	struct visit_report observed = {0};
	const struct walk_environment environment = {
		.session = {.link = {.order = &order,
				     .secret = &none,
				     .cancelled = &cancelled,
				     .deadline_at = now + 60 * TIME_SECOND},
			    .clock = {.now = read_clock}},
		.digest = digest,
		.on_observation = keep_observation,
		.on_progress = keep_progress,
		.userdata = &observed,
	};

	progress_bytes = 0;
	visit_report_clear(&report);
	walk_run(&report, &environment);
	report.observations = observed.observations;
	report.observation_count = observed.observation_count;
	for (size_t i = 1; i < report.observation_count; i++)
		ck_assert_str_lt(report.observations[i - 1].path, report.observations[i].path);
}

void expect_outcome(enum visit_outcome outcome)
{
	ck_assert_msg(report.outcome == outcome, "%s (%s) instead of %s",
		      visit_outcome_name(report.outcome), report.detail,
		      visit_outcome_name(outcome));
}

const struct visit_observation *expect(const char *path, enum visit_outcome outcome)
{
	const struct visit_observation *seen = visit_report_find(&report, path);

	ck_assert_msg(seen, "%s was not observed", path);
	ck_assert_msg(seen->outcome == outcome, "%s: %s instead of %s", path,
		      visit_outcome_name(seen->outcome), visit_outcome_name(outcome));
	return seen;
}

void expect_content(const char *path, const char *content)
{
	const struct visit_observation *seen = expect(path, VISIT_OK);
	unsigned char md5[16], sha256[32];

	ck_assert_uint_eq(seen->size, strlen(content));
	ck_assert_int_eq(EVP_Q_digest(NULL, "MD5", NULL, content, strlen(content), md5, NULL), 1);
	ck_assert_int_eq(EVP_Q_digest(NULL, "SHA256", NULL, content, strlen(content), sha256, NULL),
			 1);
	ck_assert_mem_eq(seen->digest.md5, md5, sizeof md5);
	ck_assert_mem_eq(seen->digest.sha256, sha256, sizeof sha256);
}

struct fake_entry an_entry(const char *path, enum listing_type type, const char *content)
{
	return (struct fake_entry){.path = path, .type = type, .content = content};
}

static const struct fake_entry small_tree[] = {
	{"a.bin", LISTING_FILE, "aaaa", .modified = "20260101000000"},
	{.path = "fw", .type = LISTING_FOLDER},
	{"fw/b", LISTING_FILE, "bbbbbbbb", .modified = "20260101000000"},
	{"fw/x.lib", LISTING_FILE, "", .modified = "20260101000000"},
};

void be_small_tree(void)
{
	memcpy(fake_device.entries, small_tree, sizeof small_tree);
}

void add_walk_case(Suite *suite, TCase *cases)
{
	tcase_add_checked_fixture(cases, set_up, tear_down);
	suite_add_tcase(suite, cases);
}
