#include "store_fixture.h"

#include "base/cleanup.h"
#include "enroll/import.h"
#include "suite.h"

static struct inventory_model models[] = {
	{.name = "sample-pump", .title = "Sample pump"},
	{.name = "locked-pump", .title = "Locked pump", .login = VISIT_LOGIN_CREDENTIAL},
};
static const struct sweep_models known = {.items = models, .count = 2};
static const struct store_actor actor = {.by = "tester", .at = 5000};

static struct sheet sheet;
static struct enroll_import import;
static bool skip_bad;
static size_t stop_at; /* rows; 0: never */

static bool on_progress(void *userdata, size_t done, size_t total)
{
	(void)userdata;
	ck_assert_uint_le(done, total);
	return stop_at == 0 || done < stop_at;
}

static struct enroll_import_options options(void)
{
	return (struct enroll_import_options){.models = &known, .now = 5000, .skip_bad = skip_bad, .on_progress = on_progress};
}

static int try_plan(const char *text)
{
	const struct sheet_options all = {.models = models, .model_count = 2};
	const struct enroll_import_options plan_options = options();

	enroll_import_clear(&import);
	sheet_clear(&sheet);
	e = (struct error){0};
	must(sheet_parse(&sheet, text, strlen(text), &all, &e));
	return enroll_import_plan(&import, &sheet, store, &plan_options, &e);
}

static void plan(const char *text)
{
	ck_assert_msg(try_plan(text) == 0, "%s", e.text);
}

static int try_apply(void)
{
	const struct sweep_environment environment = {.store = store};
	const struct enroll_import_options apply_options = options();

	must(store_begin(store, &e));
	int r = enroll_import_apply(&import, &environment, &actor, "enroll", "sample.csv", &apply_options, &e);
	if (r < 0)
		store_rollback(store);
	else
		must(store_commit(store, &e));
	return r;
}

/* Plan and do; every row must be good. */
static void apply(const char *text)
{
	plan(text);
	ck_assert_msg(import.counts[ENROLL_BAD] == 0, "%s",
		      import.counts[ENROLL_BAD] ? import.steps[0].row->faults ? import.steps[0].row->faults[0].words : "?" : "");
	ck_assert_msg(try_apply() >= 0, "%s", e.text);
}

static void expect(size_t row, enum enroll_what what)
{
	const struct enroll_step *step = &import.steps[row];

	ck_assert_uint_lt(row, import.count);
	ck_assert_msg(step->what == what, "row %zu is %s, not %s: %s", row, enroll_what_name(step->what), enroll_what_name(what),
		      step->row->fault_count ? step->row->faults[0].words : "no fault");
}

static void expect_fault(size_t row, enum sheet_fault_code code, const char *words)
{
	const struct sheet_row *is = import.steps[row].row;

	for (size_t i = 0; i < is->fault_count; i++)
		if (is->faults[i].code == code) {
			ck_assert_msg(strstr(is->faults[i].words, words) != NULL, "\"%s\": %s", words, is->faults[i].words);
			return;
		}
	ck_abort_msg("row %zu has no %s but %s", row, sheet_fault_name(code), is->fault_count ? is->faults[0].words : "nothing");
}

/* A field of an enrolled device; "" for none. */
static const char *known_field(const char *asset, enum sheet_field field)
{
	static char value[256];
	CLEANUP(store_device_clear) struct store_device device = {0};

	ck_assert_int_eq(must(store_device_load(store, asset, &device, &e)), 1);
	const char *is = enroll_value(&device.device, field);
	(void)snprintf(value, sizeof value, "%s", is ? is : "");
	return value;
}

/* Enroll sample devices whose pins have the right form. */
#define SAMPLE_PIN "SHA256:9Wz3G5xQm0PqkF1uYb7cT2dRvE8nLsA4hJ6iKoMwXtU"
static void enroll_samples(int count)
{
	struct sample_device sample;

	for (int number = 1; number <= count; number++) {
		(void)sample_device(&sample, number);
		sample.device.pins = SAMPLE_PIN;
		must(store_device_save(store, &sample.device, &e));
	}
}

static void import_tear_down(void)
{
	enroll_import_clear(&import);
	sheet_clear(&sheet);
	tear_down();
}

static void import_set_up(void)
{
	skip_bad = false;
	stop_at = 0;
	set_up();
}

START_TEST(new_devices_are_enrolled_and_recorded)
{
	struct store_acts acts = {0};

	apply("asset,model,serial,mac,link,department\nSAMPLE-1,Sample Pump,S1,020000000001,ftp://192.0.2.1/,ICU\n"
	      "SAMPLE-2,sample-pump,,,ftp://192.0.2.2/,\n");
	expect(0, ENROLL_NEW);
	ck_assert_uint_eq(import.counts[ENROLL_NEW], 2);
	ck_assert_str_eq(known_field("SAMPLE-1", SHEET_MAC), "02:00:00:00:00:01");
	ck_assert_str_eq(known_field("SAMPLE-1", SHEET_MODEL), "sample-pump");
	ck_assert_str_eq(known_field("SAMPLE-2", SHEET_STATE), "active");
	must(store_acts_list(store, "SAMPLE-1", 10, &acts, &e));
	ck_assert_uint_eq(acts.count, 1);
	ck_assert_str_eq(acts.items[0].detail, "sample.csv, line 2, model sample-pump, link ftp://192.0.2.1/");
	ck_assert_str_eq(acts.items[0].verb, "enroll");
	store_acts_clear(&acts);
	must_verify();
}
END_TEST

START_TEST(a_second_time_nothing_changes)
{
	static const char text[] = "asset,model,serial,link\nSAMPLE-1,sample-pump,S1,ftp://192.0.2.1/\n";

	apply(text);
	int64_t records = ask("SELECT count(*) FROM record");
	apply(text);
	expect(0, ENROLL_SAME);
	/* The same place, written otherwise, is no change. */
	apply("asset,link\nSAMPLE-1,ftp://192.0.2.1:21\n");
	expect(0, ENROLL_SAME);
	ck_assert_int_eq(ask("SELECT count(*) FROM record"), records);
}
END_TEST

START_TEST(changes_are_those_of_the_row_and_nothing_is_lost)
{
	struct store_acts acts = {0};

	enroll_samples(2);
	apply("asset,serial,name,department\nSAMPLE-0001,,N/A,ER\n");
	expect(0, ENROLL_CHANGED);
	ck_assert_uint_eq(import.steps[0].changed, 1u << SHEET_DEPARTMENT);
	ck_assert_uint_eq(import.absent, 1);
	ck_assert_str_eq(known_field("SAMPLE-0001", SHEET_DEPARTMENT), "ER");
	ck_assert_str_eq(known_field("SAMPLE-0001", SHEET_SERIAL), "S000001");
	ck_assert_str_eq(known_field("SAMPLE-0001", SHEET_NAME), "A sample");
	ck_assert_str_eq(known_field("SAMPLE-0001", SHEET_PIN), SAMPLE_PIN);
	must(store_acts_list(store, "SAMPLE-0001", 10, &acts, &e));
	ck_assert_str_eq(acts.items[0].detail, "sample.csv, line 2, department Ward 3 -> ER");
	store_acts_clear(&acts);
}
END_TEST

START_TEST(fields_are_cleared_where_that_is_said)
{
	apply("asset,model,link,department,name\nSAMPLE-1,sample-pump,ftp://192.0.2.1/,ICU,Bed 1\n");
	apply("asset,department\nSAMPLE-1,(clear)\n");
	ck_assert_str_eq(known_field("SAMPLE-1", SHEET_DEPARTMENT), "");
	ck_assert_str_eq(known_field("SAMPLE-1", SHEET_NAME), "Bed 1");
}
END_TEST

START_TEST(addresses_serials_and_macs_are_swapped)
{
	apply("asset,model,serial,mac,link\nA,sample-pump,S1,020000000001,ftp://192.0.2.1/\n"
	      "B,sample-pump,S2,020000000002,ftp://192.0.2.2/\nC,sample-pump,S3,020000000003,ftp://192.0.2.3/\n");
	apply("asset,serial,mac,link\nA,S2,020000000002,ftp://192.0.2.2/\nB,S3,020000000003,ftp://192.0.2.3/\n"
	      "C,S1,020000000001,ftp://192.0.2.1/\n");
	ck_assert_uint_eq(import.counts[ENROLL_CHANGED], 3);
	ck_assert_str_eq(known_field("A", SHEET_LINK), "ftp://192.0.2.2/");
	ck_assert_str_eq(known_field("B", SHEET_SERIAL), "S3");
	ck_assert_str_eq(known_field("C", SHEET_MAC), "02:00:00:00:00:01");
}
END_TEST

START_TEST(twins_in_the_file_name_each_other)
{
	plan("asset,model,serial,mac,link\nA,sample-pump,S1,020000000001,ftp://192.0.2.1/\n"
	     "B,sample-pump,S1,020000000002,ftp://192.0.2.2/\nC,locked-pump,S1,020000000001,ftp://192.0.2.3/\n"
	     "D,sample-pump,S4,,ftp://192.0.2.2:21\nD,sample-pump,S5,,ftp://192.0.2.5/\n");
	ck_assert_uint_eq(import.counts[ENROLL_BAD], 5);
	expect_fault(0, SHEET_DUPLICATE_SERIAL, "S1 stands on line 3 (B), too");
	expect_fault(1, SHEET_DUPLICATE_SERIAL, "S1 stands on line 2 (A), too");
	expect_fault(0, SHEET_DUPLICATE_MAC, "stands on line 4 (C), too");
	expect_fault(2, SHEET_DUPLICATE_MAC, "stands on line 2 (A), too");
	ck_assert_uint_eq(import.steps[2].row->fault_count, 1); /* another model's serial is another */
	expect_fault(3, SHEET_DUPLICATE_LINK, "stands on line 3 (B), too");
	expect_fault(3, SHEET_DUPLICATE_ASSET, "D stands on line 6, too");
	expect_fault(4, SHEET_DUPLICATE_ASSET, "D stands on line 5, too");
	ck_assert_int_eq(try_apply(), -1);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_int_eq(ask("SELECT count(*) FROM device"), 0);
}
END_TEST

START_TEST(twins_of_enrolled_devices_are_named)
{
	enroll_samples(2);
	plan("asset,model,serial,mac,link\nA,sample-pump,S000001,,ftp://192.0.2.1/\nB,sample-pump,,020000000002,ftp://192.0.2.2/\n"
	     "C,sample-pump,,,ftp://PUMP-1.example\n");
	expect_fault(0, SHEET_DUPLICATE_SERIAL, "is that of SAMPLE-0001, which is enrolled and not in this file");
	expect_fault(1, SHEET_DUPLICATE_MAC, "is that of SAMPLE-0002");
	expect_fault(2, SHEET_DUPLICATE_LINK, "is that of SAMPLE-0001");
	/* Who had it already is not to blame. */
	plan("asset,model,serial,link\nSAMPLE-0001,sample-pump,S000001,\nA,sample-pump,S000001,ftp://192.0.2.1/\n");
	expect(0, ENROLL_SAME);
	expect_fault(1, SHEET_DUPLICATE_SERIAL, "stands on line 2 (SAMPLE-0001), too");
}
END_TEST

START_TEST(rows_that_need_a_bad_row_are_left_out_with_it)
{
	skip_bad = true;
	apply("asset,model,link\nA,sample-pump,ftp://192.0.2.1/\nB,sample-pump,ftp://192.0.2.2/\nC,sample-pump,ftp://192.0.2.3/\n"
	      "D,sample-pump,ftp://192.0.2.4/\n");
	/* A takes B's, B takes C's, and C is bad: it keeps its own, so B and A cannot move. */
	plan("asset,link,state\nA,ftp://192.0.2.2/,active\nB,ftp://192.0.2.3/,active\nC,ftp://192.0.2.1/,lost\nD,ftp://192.0.2.9/,active\n");
	expect_fault(1, SHEET_DUPLICATE_LINK, "is still that of C, whose row on line 4 is left out");
	expect_fault(0, SHEET_DUPLICATE_LINK, "is still that of B, whose row on line 3 is left out");
	expect(3, ENROLL_CHANGED);
	ck_assert_msg(try_apply() >= 0, "%s", e.text);
	ck_assert_str_eq(known_field("A", SHEET_LINK), "ftp://192.0.2.1/");
	ck_assert_str_eq(known_field("D", SHEET_LINK), "ftp://192.0.2.9/");
}
END_TEST

START_TEST(retired_devices_are_not_brought_back)
{
	apply("asset,model,link,state\nA,sample-pump,ftp://192.0.2.1/,retired\n");
	plan("asset,department\nA,ICU\n");
	expect(0, ENROLL_STAYS_RETIRED);
	ck_assert_uint_eq(import.steps[0].changed, 0);
	plan("asset,state\nA,In Service\n");
	expect_fault(0, SHEET_WAS_RETIRED, "pumpwatch edit A state=active");
	apply("asset,department,state\nA,ICU,Retired\n");
	ck_assert_str_eq(known_field("A", SHEET_DEPARTMENT), "ICU");
	ck_assert_str_eq(known_field("A", SHEET_STATE), "retired");
	/* Its address is free. */
	apply("asset,model,link\nB,sample-pump,ftp://192.0.2.1/\n");
	/* Those that were never enrolled are passed over, unless they are complete. */
	plan("asset,model,link,state\nX,Sample bed,,disposed\nY,sample-pump,,disposed\nZ,sample-pump,ftp://192.0.2.9/,disposed\n");
	expect(0, ENROLL_PASSED_OVER);
	expect(1, ENROLL_PASSED_OVER);
	expect(2, ENROLL_NEW);
	ck_assert_uint_eq(import.absent, 1);
}
END_TEST

START_TEST(a_device_that_retires_gives_its_address_up)
{
	apply("asset,model,link\nA,sample-pump,ftp://192.0.2.1/\n");
	apply("asset,model,link,state\nB,sample-pump,ftp://192.0.2.1/,active\nA,sample-pump,,retired\n");
	ck_assert_str_eq(known_field("B", SHEET_LINK), "ftp://192.0.2.1/");
	ck_assert_str_eq(known_field("A", SHEET_STATE), "retired");
}
END_TEST

START_TEST(what_new_devices_lack_is_said)
{
	plan("asset,model,link\nA,,ftp://192.0.2.1/\nB,sample-pump,\n");
	expect_fault(0, SHEET_MISSING_MODEL, "a new device needs a model");
	expect_fault(1, SHEET_MISSING_LINK, "a new device needs a link");
	ck_assert_int_eq(try_plan("asset,link\nA,ftp://192.0.2.1/\nB,ftp://192.0.2.2/\n"), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "which 2 new devices need: say --model MODEL"));
	ck_assert_int_eq(try_plan("asset,model\nA,sample-pump\n"), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "which 1 new device needs: say --map address=COLUMN"));
}
END_TEST

START_TEST(devices_without_a_login_are_counted)
{
	plan("asset,model,link,credential\nA,locked-pump,ftp://192.0.2.1/,\nB,locked-pump,ftp://192.0.2.2/,ward\n"
	     "C,sample-pump,sftp://192.0.2.3/,\nD,locked-pump,file:///sample,\nE,sample-pump,ftp://192.0.2.5/,\n");
	ck_assert_uint_eq(import.without_credential, 2);
}
END_TEST

START_TEST(a_changed_link_is_tried_again_at_once)
{
	struct store_standing standing = {.failures = 3, .not_before = 99000};
	CLEANUP(store_device_clear) struct store_device device = {0};

	enroll_samples(1);
	must(store_standing_save(store, "SAMPLE-0001", &standing, &e));
	apply("asset,link\nSAMPLE-0001,ftp://192.0.2.1/\n");
	must(store_device_load(store, "SAMPLE-0001", &device, &e));
	ck_assert_int_eq(device.standing.not_before, 0);
	ck_assert_uint_eq(device.standing.failures, 0);
}
END_TEST

START_TEST(a_stop_and_a_failure_leave_nothing)
{
	CLEANUP(text_clear) struct text text = {0};

	text_add(&text, "asset,model,link\n");
	for (int i = 0; i < 1000; i++)
		text_addf(&text, "SAMPLE-%d,sample-pump,ftp://pump-%d.example/\n", i, i);
	plan(text.data);
	stop_at = 512;
	ck_assert_int_eq(try_apply(), -1);
	ck_assert_int_eq(e.code, ERROR_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(e.text, "interrupted"));
	ck_assert_int_eq(ask("SELECT count(*) FROM device"), 0);
	ck_assert_int_eq(ask("SELECT count(*) FROM record"), 0);
	stop_at = 0;
	/* Another came first: what the plan rests on is gone. */
	must(store_device_save(store, &(struct inventory_device){.asset = "OTHER", .model = "sample-pump",
		.link = "ftp://pump-999.example/", .enrolled_at = 1}, &e));
	ck_assert_int_eq(try_apply(), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "line 1001"));
	ck_assert_int_eq(ask("SELECT count(*) FROM device"), 1);
	must_verify();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("import");
	TCase *group = tcase_create("all");

	tcase_add_checked_fixture(group, import_set_up, import_tear_down);
	tcase_set_timeout(group, 120);
	suite_add_tcase(suite, group);
	tcase_add_test(group, new_devices_are_enrolled_and_recorded);
	tcase_add_test(group, a_second_time_nothing_changes);
	tcase_add_test(group, changes_are_those_of_the_row_and_nothing_is_lost);
	tcase_add_test(group, fields_are_cleared_where_that_is_said);
	tcase_add_test(group, addresses_serials_and_macs_are_swapped);
	tcase_add_test(group, twins_in_the_file_name_each_other);
	tcase_add_test(group, twins_of_enrolled_devices_are_named);
	tcase_add_test(group, rows_that_need_a_bad_row_are_left_out_with_it);
	tcase_add_test(group, retired_devices_are_not_brought_back);
	tcase_add_test(group, a_device_that_retires_gives_its_address_up);
	tcase_add_test(group, what_new_devices_lack_is_said);
	tcase_add_test(group, devices_without_a_login_are_counted);
	tcase_add_test(group, a_changed_link_is_tried_again_at_once);
	tcase_add_test(group, a_stop_and_a_failure_leave_nothing);
	return suite_run(suite);
}
