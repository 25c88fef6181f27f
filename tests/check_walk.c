/* The walk through a device, against one in memory that fails at will (tests/fake_link.c). */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "puller/walk.h"

#include "tests/fake_link.h"
#include "tests/suite.h"

/* ---- a visit of the device ---- */

static struct digest_engine *engine;
static struct digest *digest;
static atomic_bool cancelled;
static int64_t now;
static struct visit_order order;
static struct visit_report report; /* with its observations, sorted */
static uint64_t progress_bytes;

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

static void visit(void)
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

static void expect_outcome(enum visit_outcome outcome)
{
	ck_assert_msg(report.outcome == outcome, "%s (%s) instead of %s",
		      visit_outcome_name(report.outcome), report.detail,
		      visit_outcome_name(outcome));
}

/* The observation at path must have this outcome; returns it. */
static const struct visit_observation *expect(const char *path, enum visit_outcome outcome)
{
	const struct visit_observation *seen = visit_report_find(&report, path);

	ck_assert_msg(seen, "%s was not observed", path);
	ck_assert_msg(seen->outcome == outcome, "%s: %s instead of %s", path,
		      visit_outcome_name(seen->outcome), visit_outcome_name(outcome));
	return seen;
}

/* It was read, and hashes as content does. */
static void expect_content(const char *path, const char *content)
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

static struct fake_entry an_entry(const char *path, enum listing_type type, const char *content)
{
	return (struct fake_entry){.path = path, .type = type, .content = content};
}

static const struct fake_entry small_tree[] = {
	{"a.bin", LISTING_FILE, "aaaa", .modified = "20260101000000"},
	{.path = "fw", .type = LISTING_FOLDER},
	{"fw/b", LISTING_FILE, "bbbbbbbb", .modified = "20260101000000"},
	{"fw/x.lib", LISTING_FILE, "", .modified = "20260101000000"},
};

static void be_small_tree(void)
{
	memcpy(fake_device.entries, small_tree, sizeof small_tree);
}

/* ---- what is there ---- */

START_TEST(every_file_that_a_selector_wants_is_hashed)
{
	be_small_tree();
	fake_device.entries[4] = an_entry("readme", LISTING_FILE, "?");
	fake_device.entries[5] = an_entry("link.bin", LISTING_LINK, NULL);
	fake_device.entries[6] = an_entry("null.bin", LISTING_OTHER, NULL);
	fake_device.entries[7] = an_entry("fw/c.log", LISTING_FILE, "noise");
	fake_device.entries[8] = an_entry("empty", LISTING_FOLDER, NULL);
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(report.observation_count, 3);
	expect_content("a.bin", "aaaa");
	expect_content("fw/b", "bbbbbbbb");
	expect_content("fw/x.lib", "");
	ck_assert_int_eq(expect("a.bin", VISIT_OK)->kind, VISIT_FIRMWARE);
	ck_assert_int_eq(expect("fw/x.lib", VISIT_OK)->kind, VISIT_DRUG_LIBRARY);
	ck_assert_uint_eq(report.left_out, 1);
	ck_assert_uint_eq(report.not_covered, 3);
	ck_assert_uint_eq(report.bytes, 12);
	ck_assert_uint_eq(progress_bytes, 12);
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 1);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 3);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 3);
	ck_assert_str_eq(report.seen_address, "192.0.2.1");
	ck_assert_str_eq(report.seen_pin, "sha256//later");
}
END_TEST

START_TEST(an_empty_device_is_visited_too)
{
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(report.observation_count, 0);
}
END_TEST

START_TEST(a_folder_that_cannot_be_listed_makes_the_visit_incomplete)
{
	static const enum visit_outcome outcomes[] = {
		VISIT_PERMISSION_DENIED, VISIT_FILE_NOT_FOUND, VISIT_LISTING_NOT_UNDERSTOOD,
		VISIT_LISTING_UNSUPPORTED,
	};

	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		fake_device = (struct fake_device){0};
		be_small_tree();
		fake_device.faults[0] =
			(struct fake_fault){FAKE_LIST, "fw", 1, 99, outcomes[i], false};
		visit();
		expect_outcome(outcomes[i]);
		ck_assert_str_eq(report.detail, "folder /fw: fault");
		ck_assert_uint_eq(report.observation_count, 1);
		expect_content("a.bin", "aaaa");
		ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 2);
	}
}
END_TEST

START_TEST(more_entries_than_allowed_make_the_visit_incomplete)
{
	be_small_tree();
	order.limits.entries = 3;
	visit();
	expect_outcome(VISIT_TOO_MANY_FILES);
	ck_assert_ptr_nonnull(strstr(report.detail, "more than 3"));
	ck_assert_uint_eq(report.observation_count, 2);
	order.limits.entries = 4;
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(report.observation_count, 3);
}
END_TEST

START_TEST(a_folder_too_deep_makes_the_visit_incomplete_unless_left_out)
{
	be_small_tree();
	order.limits.depth = 1;
	visit();
	expect_outcome(VISIT_TOO_MANY_FILES);
	ck_assert_uint_eq(report.observation_count, 1);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 1);
	order.limits.depth = 2;
	fake_device.entries[4] = an_entry("logs", LISTING_FOLDER, NULL);
	fake_device.entries[5] = an_entry("logs/old", LISTING_FOLDER, NULL);
	fake_device.entries[6] = an_entry("logs/old/x", LISTING_FILE, "x");
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(report.observation_count, 3);
	ck_assert_uint_eq(report.left_out, 1);
}
END_TEST

START_TEST(a_path_too_long_to_ask_for_makes_the_visit_incomplete)
{
	static char folders[5][1200];

	for (size_t i = 0; i < 5; i++) {
		size_t length = (i + 1) * 220 + i;
		memset(folders[i], 'd', length);
		for (size_t k = 1; k <= i; k++)
			folders[i][k * 221 - 1] = '/';
		fake_device.entries[i] = an_entry(folders[i], LISTING_FOLDER, NULL);
	}
	visit();
	expect_outcome(VISIT_LISTING_NOT_UNDERSTOOD);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 5);
}
END_TEST

START_TEST(a_file_listed_twice_is_read_once_and_makes_the_visit_incomplete)
{
	be_small_tree();
	fake_device.entries[4] = fake_device.entries[0];
	visit();
	expect_outcome(VISIT_LISTING_NOT_UNDERSTOOD);
	ck_assert_uint_eq(report.observation_count, 3);
}
END_TEST

START_TEST(without_a_listing_the_names_are_read)
{
	static char *names[] = {"fw/b", "a.bin", "gone.bin", "fw/b", "noise.log", "unmatched"};

	be_small_tree();
	order.address = (struct visit_address){VISIT_HTTPS, "192.0.2.1", 443, "/"};
	order.names = (struct visit_paths){names, sizeof names / sizeof *names};
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 0);
	ck_assert_uint_eq(report.observation_count, 3);
	expect_content("a.bin", "aaaa");
	expect_content("fw/b", "bbbbbbbb");
	expect("gone.bin", VISIT_FILE_NOT_FOUND);
	ck_assert_uint_eq(report.left_out, 1);
	ck_assert_uint_eq(report.not_covered, 1);
}
END_TEST

START_TEST(a_second_look_reads_only_what_it_names)
{
	static char *only[] = {"fw/b", "gone", "noise.log"};

	be_small_tree();
	fake_device.entries[4] = an_entry("noise.log", LISTING_FILE, "n");
	order.only = (struct visit_paths){only, sizeof only / sizeof *only};
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 0);
	ck_assert_uint_eq(report.observation_count, 3);
	expect_content("fw/b", "bbbbbbbb");
	ck_assert_int_eq(expect("fw/b", VISIT_OK)->kind, VISIT_FIRMWARE);
	expect("gone", VISIT_FILE_NOT_FOUND);
	expect_content("noise.log", "n");
}
END_TEST

START_TEST(a_look_at_the_listing_reads_nothing)
{
	static const struct digest_pair none;

	be_small_tree();
	fake_device.entries[2].no_size = true;
	order.list_only = true;
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(report.observation_count, 3);
	ck_assert_uint_eq(expect("a.bin", VISIT_OK)->size, 4);
	ck_assert_uint_eq(expect("fw/b", VISIT_OK)->size, 8);
	ck_assert_mem_eq(&expect("a.bin", VISIT_OK)->digest, &none, sizeof none);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 0);
	ck_assert_uint_eq(fake_device.calls[FAKE_STAT], 1);
}
END_TEST

/* ---- who answers ---- */

static void expect_serial(const char *serial, bool identified)
{
	ck_assert_str_eq(report.seen_serial, serial);
	ck_assert(report.grade.identified == identified);
}

START_TEST(nothing_is_pulled_from_a_device_with_another_serial)
{
	be_small_tree();
	order.identity = (struct visit_identity){VISIT_IDENTITY_GREETING, NULL, "SN=%s;", "A-1"};
	fake_device.greeting = "220 pump SN=A-2; ready";
	visit();
	expect_outcome(VISIT_SERIAL_CHANGED);
	expect_serial("A-2", false);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST] + fake_device.calls[FAKE_READ], 0);
	ck_assert_uint_eq(report.observation_count, 0);
}
END_TEST

START_TEST(nothing_is_pulled_from_a_device_that_shows_no_serial)
{
	be_small_tree();
	order.identity = (struct visit_identity){VISIT_IDENTITY_GREETING, NULL, "SN=%s;", "A-1"};
	fake_device.greeting = "220 pump ready";
	visit();
	expect_outcome(VISIT_IDENTITY_UNKNOWN);
	expect_serial("", false);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST] + fake_device.calls[FAKE_READ], 0);
}
END_TEST

START_TEST(a_device_is_identified_by_its_greeting)
{
	be_small_tree();
	order.identity = (struct visit_identity){VISIT_IDENTITY_GREETING, NULL, "SN=%s;", "A-1"};
	fake_device.greeting = "220 pump SN=A-1; ready";
	visit();
	expect_outcome(VISIT_OK);
	expect_serial("A-1", true);
	ck_assert_uint_eq(report.observation_count, 3);
}
END_TEST

START_TEST(where_no_serial_is_expected_the_one_shown_is_reported)
{
	be_small_tree();
	order.identity = (struct visit_identity){VISIT_IDENTITY_GREETING, NULL, "SN=%s;", NULL};
	fake_device.greeting = "220 pump SN=A-3; ready";
	visit();
	expect_outcome(VISIT_OK);
	expect_serial("A-3", false);
	fake_device.greeting = "220 pump";
	visit();
	expect_outcome(VISIT_OK);
	expect_serial("", false);
}
END_TEST

START_TEST(a_device_is_identified_by_a_small_file)
{
	be_small_tree();
	fake_device.entries[4] = an_entry("ID.TXT", LISTING_FILE, "name=x\nserial=A-1\n");
	order.identity = (struct visit_identity){VISIT_IDENTITY_FILE, "ID.TXT", "serial=%s\n", "A-1"};
	visit();
	expect_outcome(VISIT_OK);
	expect_serial("A-1", true);
	ck_assert_uint_eq(report.bytes, 12 + 18);
	fake_device.entries[4].content = "serial=A-9\n";
	visit();
	expect_outcome(VISIT_SERIAL_CHANGED);
	fake_device.entries[4].content = "";
	visit();
	expect_outcome(VISIT_IDENTITY_UNKNOWN);
	fake_device.entries[4].path = NULL;
	visit();
	expect_outcome(VISIT_IDENTITY_UNKNOWN);
	ck_assert_str_eq(report.detail, "ID.TXT: the device has no such file");
}
END_TEST

START_TEST(a_serial_is_not_sought_in_a_large_file)
{
	static char large[VISIT_IDENTITY_MAX + 2];

	memset(large, ' ', sizeof large - 1);
	memcpy(large, "serial=A-1\n", 11);
	fake_device.entries[0] = an_entry("ID.TXT", LISTING_FILE, large);
	order.identity = (struct visit_identity){VISIT_IDENTITY_FILE, "ID.TXT", "serial=%s\n", "A-1"};
	visit();
	ck_assert_int_ne(report.outcome, VISIT_OK);
	ck_assert_uint_eq(fake_device.calls[FAKE_LIST], 0);
	large[VISIT_IDENTITY_MAX] = '\0';
	visit();
	expect_outcome(VISIT_OK);
}
END_TEST

/* Another device may have the address by the time that the connection is opened again. */
START_TEST(who_answers_is_asked_again_on_a_new_connection)
{
	be_small_tree();
	order.identity = (struct visit_identity){VISIT_IDENTITY_GREETING, NULL, "SN=%s;", "A-1"};
	fake_device.greeting = "SN=A-1;";
	fake_device.greeting_later = "SN=B-7;";
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, "fw/b", 1, 1, VISIT_CONNECTION_LOST, true};
	visit();
	expect_outcome(VISIT_SERIAL_CHANGED);
	expect_serial("B-7", true);
	expect_content("a.bin", "aaaa");
	ck_assert_ptr_null(visit_report_find(&report, "fw/x.lib"));
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 2);
}
END_TEST

/* ---- changes and limits ---- */

START_TEST(a_file_that_changes_while_it_is_read_is_read_once_more)
{
	be_small_tree();
	fake_device.changes[0] = (struct fake_change){"fw/b", 1, "new", "20260202000000"};
	visit();
	expect_outcome(VISIT_OK);
	expect_content("fw/b", "new");
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 2);
	ck_assert_uint_eq(fake_device.entries[0].calls[FAKE_READ], 1);
}
END_TEST

START_TEST(a_file_that_changes_each_time_is_not_vouched_for)
{
	be_small_tree();
	fake_device.changes[0] = (struct fake_change){"fw/b", 1, "new", "20260202000000"};
	fake_device.changes[1] = (struct fake_change){"fw/b", 2, "newer", "20260202000001"};
	visit();
	expect_outcome(VISIT_OK);
	expect("fw/b", VISIT_CHANGED_WHILE_READ);
	expect_content("fw/x.lib", "");
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 2);
}
END_TEST

START_TEST(a_file_written_in_place_is_seen_by_its_time)
{
	be_small_tree();
	fake_device.changes[0] = (struct fake_change){"fw/b", 1, "cccccccc", "20260101000001"};
	visit();
	expect_content("fw/b", "cccccccc");
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 2);
}
END_TEST

/* LIST says "Jan  1 00:00", MDTM "20260101000000": each file is then asked about before, too. */
START_TEST(a_time_in_other_words_than_the_listing_is_no_change_and_hides_none)
{
	be_small_tree();
	for (size_t i = 0; i < 4; i++) {
		fake_device.entries[i].modified = "Jan  1 00:00";
		fake_device.entries[i].asked = "20260101000000";
	}
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 3);
	ck_assert_uint_eq(fake_device.calls[FAKE_STAT], 6);
	fake_device.changes[0] = (struct fake_change){"fw/b", 1, "cccccccc", "20260101000001"};
	fake_device.entries[2].calls[FAKE_READ] = 0;
	visit();
	expect_content("fw/b", "cccccccc");
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 2);
}
END_TEST

START_TEST(where_the_listing_tells_the_time_each_file_is_asked_about_once)
{
	be_small_tree();
	visit();
	ck_assert_uint_eq(fake_device.calls[FAKE_STAT], 4);
}
END_TEST

START_TEST(a_link_that_tells_nothing_of_a_file_is_believed)
{
	be_small_tree();
	fake_device.lacks_stat = true;
	visit();
	expect_outcome(VISIT_OK);
	expect_content("fw/b", "bbbbbbbb");
}
END_TEST

START_TEST(a_truncated_file_is_read_once_more_and_then_reported)
{
	be_small_tree();
	fake_device.faults[0] = (struct fake_fault){FAKE_READ, "fw/b", 1, 1, VISIT_TRUNCATED, false};
	visit();
	expect_content("fw/b", "bbbbbbbb");
	fake_device.entries[2].calls[FAKE_READ] = 0;
	fake_device.faults[0].times = 99;
	visit();
	expect_outcome(VISIT_OK);
	expect("fw/b", VISIT_TRUNCATED);
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 2);
}
END_TEST

START_TEST(a_file_too_large_is_not_begun)
{
	be_small_tree();
	order.limits.file_bytes = 7;
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(expect("fw/b", VISIT_TOO_LARGE)->size, 8);
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 0);
	ck_assert_uint_eq(report.bytes, 4);
}
END_TEST

START_TEST(a_file_that_turns_out_too_large_is_stopped)
{
	be_small_tree();
	for (size_t i = 0; i < 4; i++)
		fake_device.entries[i].no_size = true;
	fake_device.lacks_stat = true;
	order.limits.file_bytes = 7;
	visit();
	expect_outcome(VISIT_OK);
	expect("fw/b", VISIT_TOO_LARGE);
	expect_content("fw/x.lib", "");
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 1);
}
END_TEST

START_TEST(a_visit_that_would_be_too_large_ends)
{
	be_small_tree();
	order.limits.visit_bytes = 11;
	visit();
	expect_outcome(VISIT_TOO_LARGE);
	expect_content("a.bin", "aaaa");
	expect("fw/b", VISIT_TOO_LARGE);
	ck_assert_uint_eq(report.bytes, 4);
	for (size_t i = 0; i < 4; i++)
		fake_device.entries[i].no_size = true;
	fake_device.lacks_stat = true;
	visit();
	expect_outcome(VISIT_TOO_LARGE);
	expect("fw/b", VISIT_TOO_LARGE);
	ck_assert_ptr_null(visit_report_find(&report, "fw/x.lib"));
}
END_TEST

/* ---- losses ---- */

START_TEST(a_device_that_cannot_be_reached_is_tried_once)
{
	static const enum visit_outcome outcomes[] = {
		VISIT_NAME_NOT_FOUND, VISIT_CONNECTION_REFUSED, VISIT_TIMED_OUT,
		VISIT_HOST_UNREACHABLE, VISIT_BUSY, VISIT_PROTOCOL_ERROR, VISIT_LOGIN_REFUSED,
		VISIT_HOST_KEY_CHANGED, VISIT_CERTIFICATE_CHANGED,
	};

	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		fake_device = (struct fake_device){0};
		fake_device.faults[0] = (struct fake_fault){FAKE_OPEN, NULL, 1, 99, outcomes[i], true};
		visit();
		expect_outcome(outcomes[i]);
		ck_assert_str_eq(report.detail, "fault");
		ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 1);
		ck_assert_str_eq(report.seen_address, "192.0.2.1");
	}
}
END_TEST

/* Where opening asks nothing, the first file finds out. */
START_TEST(a_device_that_cannot_be_reached_for_its_first_name_is_tried_once)
{
	static char *names[] = {"a.bin", "fw/b"};

	order.address = (struct visit_address){VISIT_HTTP, "192.0.2.1", 80, "/"};
	order.names = (struct visit_paths){names, 2};
	be_small_tree();
	fake_device.lacks_stat = true;
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, NULL, 1, 99, VISIT_CONNECTION_REFUSED, true};
	visit();
	expect_outcome(VISIT_CONNECTION_REFUSED);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 1);
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 1);
}
END_TEST

START_TEST(a_lost_connection_is_opened_again_and_the_file_read_again)
{
	be_small_tree();
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, "fw/b", 1, 1, VISIT_CONNECTION_LOST, true};
	fake_device.faults[1] = (struct fake_fault){FAKE_LIST, "fw", 1, 1, VISIT_TIMED_OUT, true};
	visit();
	expect_outcome(VISIT_OK);
	ck_assert_uint_eq(report.observation_count, 3);
	expect_content("fw/b", "bbbbbbbb");
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 3);
}
END_TEST

START_TEST(a_file_that_breaks_the_connection_twice_keeps_its_outcome)
{
	be_small_tree();
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, "fw/b", 1, 99, VISIT_CONNECTION_LOST, true};
	visit();
	expect_outcome(VISIT_OK);
	expect("fw/b", VISIT_CONNECTION_LOST);
	expect_content("fw/x.lib", "");
	ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 2);
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 3);
}
END_TEST

START_TEST(after_two_new_connections_the_visit_ends)
{
	be_small_tree();
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, "a.bin", 1, 99, VISIT_TIMED_OUT, true};
	fake_device.faults[1] = (struct fake_fault){FAKE_READ, "fw/b", 1, 99, VISIT_TIMED_OUT, true};
	visit();
	expect_outcome(VISIT_CONNECTION_LOST);
	expect("a.bin", VISIT_TIMED_OUT);
	expect("fw/b", VISIT_TIMED_OUT);
	ck_assert_ptr_null(visit_report_find(&report, "fw/x.lib"));
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 3);
}
END_TEST

START_TEST(no_connection_is_opened_after_the_last_file)
{
	be_small_tree();
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, "fw/x.lib", 1, 99, VISIT_CONNECTION_LOST, true};
	visit();
	expect("fw/x.lib", VISIT_CONNECTION_LOST);
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 2);
}
END_TEST

START_TEST(a_device_that_is_gone_in_the_middle_was_lost)
{
	be_small_tree();
	fake_device.faults[0] =
		(struct fake_fault){FAKE_READ, "fw/b", 1, 1, VISIT_CONNECTION_LOST, true};
	fake_device.faults[1] =
		(struct fake_fault){FAKE_OPEN, NULL, 2, 99, VISIT_CONNECTION_REFUSED, true};
	visit();
	expect_outcome(VISIT_CONNECTION_LOST);
	expect_content("a.bin", "aaaa");
	expect("fw/b", VISIT_CONNECTION_LOST);
	ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 2);
}
END_TEST

/* Devices lock out, and a changed key is not a matter of trying again. */
START_TEST(a_refusal_in_the_middle_ends_the_visit)
{
	static const enum visit_outcome outcomes[] = {VISIT_LOGIN_REFUSED, VISIT_HOST_KEY_CHANGED};

	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		fake_device = (struct fake_device){0};
		be_small_tree();
		fake_device.faults[0] =
			(struct fake_fault){FAKE_READ, "fw/b", 1, 99, outcomes[i], false};
		visit();
		expect_outcome(outcomes[i]);
		ck_assert_uint_eq(report.observation_count, 1);
		ck_assert_uint_eq(fake_device.calls[FAKE_OPEN], 1);
		ck_assert_uint_eq(fake_device.calls[FAKE_READ], 2);
	}
}
END_TEST

START_TEST(what_is_wrong_with_one_file_stays_with_it)
{
	static const enum visit_outcome outcomes[] = {VISIT_PERMISSION_DENIED, VISIT_BUSY,
						      VISIT_FILE_NOT_FOUND, VISIT_PROTOCOL_ERROR};

	for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
		fake_device = (struct fake_device){0};
		be_small_tree();
		fake_device.faults[0] =
			(struct fake_fault){FAKE_READ, "fw/b", 1, 99, outcomes[i], false};
		visit();
		expect_outcome(VISIT_OK);
		expect("fw/b", outcomes[i]);
		expect_content("fw/x.lib", "");
		ck_assert_uint_eq(fake_device.entries[2].calls[FAKE_READ], 1);
	}
}
END_TEST

static void cancel(void)
{
	cancelled = true;
}

START_TEST(a_cancelled_visit_ends_at_once)
{
	be_small_tree();
	fake_device.on_read = cancel;
	visit();
	expect_outcome(VISIT_CANCELLED);
	ck_assert_uint_eq(report.observation_count, 0);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 1);
}
END_TEST

static void take_a_minute(void)
{
	now += 60 * TIME_SECOND;
}

START_TEST(a_visit_that_takes_too_long_ends)
{
	be_small_tree();
	fake_device.on_read = take_a_minute;
	visit();
	expect_outcome(VISIT_TOO_SLOW);
	expect_content("a.bin", "aaaa");
	ck_assert_uint_eq(report.observation_count, 1);
	ck_assert_uint_eq(fake_device.calls[FAKE_READ], 1);
}
END_TEST

#define ADD(tests, name) tcase_add_test(tests, name)

int main(void)
{
	Suite *suite = suite_create("walk");
	TCase *there = tcase_create("what is there");
	TCase *who = tcase_create("who answers");
	TCase *changes = tcase_create("changes and limits");
	TCase *losses = tcase_create("losses");
	TCase *all[] = {there, who, changes, losses};

	ADD(there, every_file_that_a_selector_wants_is_hashed);
	ADD(there, an_empty_device_is_visited_too);
	ADD(there, a_folder_that_cannot_be_listed_makes_the_visit_incomplete);
	ADD(there, more_entries_than_allowed_make_the_visit_incomplete);
	ADD(there, a_folder_too_deep_makes_the_visit_incomplete_unless_left_out);
	ADD(there, a_path_too_long_to_ask_for_makes_the_visit_incomplete);
	ADD(there, a_file_listed_twice_is_read_once_and_makes_the_visit_incomplete);
	ADD(there, without_a_listing_the_names_are_read);
	ADD(there, a_second_look_reads_only_what_it_names);
	ADD(there, a_look_at_the_listing_reads_nothing);
	ADD(who, nothing_is_pulled_from_a_device_with_another_serial);
	ADD(who, nothing_is_pulled_from_a_device_that_shows_no_serial);
	ADD(who, a_device_is_identified_by_its_greeting);
	ADD(who, where_no_serial_is_expected_the_one_shown_is_reported);
	ADD(who, a_device_is_identified_by_a_small_file);
	ADD(who, a_serial_is_not_sought_in_a_large_file);
	ADD(who, who_answers_is_asked_again_on_a_new_connection);
	ADD(changes, a_file_that_changes_while_it_is_read_is_read_once_more);
	ADD(changes, a_file_that_changes_each_time_is_not_vouched_for);
	ADD(changes, a_file_written_in_place_is_seen_by_its_time);
	ADD(changes, a_time_in_other_words_than_the_listing_is_no_change_and_hides_none);
	ADD(changes, where_the_listing_tells_the_time_each_file_is_asked_about_once);
	ADD(changes, a_link_that_tells_nothing_of_a_file_is_believed);
	ADD(changes, a_truncated_file_is_read_once_more_and_then_reported);
	ADD(changes, a_file_too_large_is_not_begun);
	ADD(changes, a_file_that_turns_out_too_large_is_stopped);
	ADD(changes, a_visit_that_would_be_too_large_ends);
	ADD(losses, a_device_that_cannot_be_reached_is_tried_once);
	ADD(losses, a_device_that_cannot_be_reached_for_its_first_name_is_tried_once);
	ADD(losses, a_lost_connection_is_opened_again_and_the_file_read_again);
	ADD(losses, a_file_that_breaks_the_connection_twice_keeps_its_outcome);
	ADD(losses, after_two_new_connections_the_visit_ends);
	ADD(losses, no_connection_is_opened_after_the_last_file);
	ADD(losses, a_device_that_is_gone_in_the_middle_was_lost);
	ADD(losses, a_refusal_in_the_middle_ends_the_visit);
	ADD(losses, what_is_wrong_with_one_file_stays_with_it);
	ADD(losses, a_cancelled_visit_ends_at_once);
	ADD(losses, a_visit_that_takes_too_long_ends);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		tcase_add_checked_fixture(all[i], set_up, tear_down);
		suite_add_tcase(suite, all[i]);
	}
	return suite_run(suite);
}
