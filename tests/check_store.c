/* Devices, leases and acts as they go in and come back, and what a transaction holds together. */
#include "base/time.h"
#include "tests/store_fixture.h"
#include "tests/suite.h"

/* ---- devices ---- */

static void same_device(const struct inventory_device *a, const struct inventory_device *b)
{
	ck_assert_str_eq(a->asset, b->asset);
	ck_assert_pstr_eq(a->serial, b->serial);
	ck_assert_pstr_eq(a->mac, b->mac);
	ck_assert_pstr_eq(a->model, b->model);
	ck_assert_pstr_eq(a->name, b->name);
	ck_assert_pstr_eq(a->department, b->department);
	ck_assert_pstr_eq(a->link, b->link);
	ck_assert_pstr_eq(a->credential, b->credential);
	ck_assert_pstr_eq(a->pins, b->pins);
	ck_assert_int_eq(a->state, b->state);
	ck_assert_int_eq(a->enrolled_at, b->enrolled_at);
}

START_TEST(a_saved_device_comes_back_whole)
{
	struct sample_device sample;
	struct store_device found;

	must(store_device_save(store, sample_device(&sample, 1), &e));
	ck_assert_int_eq(must(store_device_load(store, "SAMPLE-0001", &found, &e)), 1);
	same_device(&found.device, &sample.device);
	ck_assert_int_eq(found.standing.visited_at, 0);
	ck_assert(!found.standing.has_result);
	store_device_clear(&found);
}
END_TEST

START_TEST(saving_again_updates_by_asset)
{
	struct sample_device sample;
	struct store_device found;

	must(store_device_save(store, sample_device(&sample, 1), &e));
	sample.device.serial = sample.device.mac = sample.device.name = sample.device.department = NULL;
	sample.device.credential = sample.device.pins = NULL;
	sample.device.state = INVENTORY_MAINTENANCE;
	must(store_device_save(store, &sample.device, &e));
	ck_assert_int_eq(must(store_device_load(store, "SAMPLE-0001", &found, &e)), 1);
	same_device(&found.device, &sample.device);
	ck_assert_int_eq(ask("SELECT count(*) FROM device"), 1);
	store_device_clear(&found);
}
END_TEST

START_TEST(an_unknown_device_is_none_and_no_failure)
{
	struct store_device found;

	ck_assert_int_eq(store_device_load(store, "NOBODY", &found, &e), 0);
	must_refuse(store_standing_save(store, "NOBODY", &(struct store_standing){0}, &e), ERROR_DATA,
		    "no device \"NOBODY\"");
}
END_TEST

/* What a second device has of the first one. */
static const struct twin {
	bool serial, model, mac, link;
	enum inventory_state first, second;
	const char *refused; /* NULL: accepted */
} twins[] = {
	{ .serial = true, .model = true, .refused = "serial S000001 is that of SAMPLE-0001" },
	{ .serial = true, .model = false, .refused = NULL },
	{ .mac = true, .refused = "MAC 02:00:00:00:00:01 is that of SAMPLE-0001" },
	{ .link = true, .refused = "link ftp://pump-1.example/ is that of SAMPLE-0001" },
	{ .link = true, .first = INVENTORY_STORED, .refused = "retire SAMPLE-0001" },
	{ .serial = true, .model = true, .mac = true, .link = true, .first = INVENTORY_RETIRED },
	{ .serial = true, .model = true, .mac = true, .link = true, .second = INVENTORY_RETIRED },
};

START_TEST(what_must_be_one_devices_alone_is_refused_by_name)
{
	const struct twin *twin = &twins[_i];
	struct sample_device first, second;

	sample_device(&first, 1);
	sample_device(&second, 2);
	first.device.state = twin->first;
	second.device.state = twin->second;
	must(store_device_save(store, &first.device, &e));
	if (twin->serial)
		second.device.serial = first.device.serial;
	if (!twin->model)
		second.device.model = "other-pump";
	if (twin->mac)
		second.device.mac = first.device.mac;
	if (twin->link)
		second.device.link = first.device.link;
	if (twin->refused)
		must_refuse(store_device_save(store, &second.device, &e), ERROR_DATA, twin->refused);
	else
		must(store_device_save(store, &second.device, &e));
	ck_assert_int_eq(ask("SELECT count(*) FROM device"), twin->refused ? 1 : 2);
}
END_TEST

static const struct {
	char *link;
	bool same;
} links[] = {
	{ "ftp://PUMP-1.example", true },   { "ftp://pump-1.example:21", true },
	{ "ftp://pump-1.example:2121/", false }, { "sftp://pump-1.example/", false },
	{ "ftp://pump-1.example/A", false }, { "not a link", false },
};

START_TEST(links_to_one_place_are_the_same_however_written)
{
	struct sample_device sample;

	enroll(1);
	sample_device(&sample, 2);
	sample.device.link = links[_i].link;
	if (links[_i].same)
		must_refuse(store_device_save(store, &sample.device, &e), ERROR_DATA, "is that of SAMPLE-0001");
	else
		must(store_device_save(store, &sample.device, &e));
}
END_TEST

START_TEST(devices_without_serial_or_mac_are_no_twins)
{
	struct sample_device sample;

	for (int number = 1; number <= 3; number++) {
		sample_device(&sample, number);
		sample.device.serial = sample.device.mac = NULL;
		must(store_device_save(store, &sample.device, &e));
	}
	ck_assert_int_eq(ask("SELECT count(*) FROM device"), 3);
}
END_TEST

START_TEST(a_device_that_returns_from_retirement_is_checked_again)
{
	struct sample_device first, second;

	sample_device(&first, 1);
	first.device.state = INVENTORY_RETIRED;
	must(store_device_save(store, &first.device, &e));
	sample_device(&second, 2);
	second.device.link = first.device.link;
	must(store_device_save(store, &second.device, &e));
	first.device.state = INVENTORY_ACTIVE;
	must_refuse(store_device_save(store, &first.device, &e), ERROR_DATA, "SAMPLE-0002");
}
END_TEST

START_TEST(a_standing_comes_back_whole)
{
	struct store_device found;
	const struct store_standing standing = {
		.visited_at = 100,
		.verified_at = 90,
		.has_result = true,
		.result = DRIFT_PARTIAL,
		.outcome = VISIT_CONNECTION_LOST,
		.grade = { .encrypted = true, .identified = true, .weak = true },
		.failures = 3,
		.not_before = TIME_NEVER,
		.visit = 17,
		.releases = { [VISIT_FIRMWARE] = { .manifest = "aa", .serial = 7, .release = "7.0" },
			      [VISIT_CONFIG] = { .manifest = "bb", .serial = UINT64_MAX, .doubtful = true } },
	};
	const struct store_release *firmware = &found.standing.releases[VISIT_FIRMWARE];
	const struct store_release *config = &found.standing.releases[VISIT_CONFIG];

	enroll(1);
	must(store_standing_save(store, "SAMPLE-0001", &(struct store_standing){ .failures = 1 }, &e));
	must(store_standing_save(store, "SAMPLE-0001", &standing, &e));
	ck_assert_int_eq(must(store_device_load(store, "SAMPLE-0001", &found, &e)), 1);
	ck_assert_int_eq(found.standing.visited_at, 100);
	ck_assert_int_eq(found.standing.verified_at, 90);
	ck_assert(found.standing.has_result);
	ck_assert_int_eq(found.standing.result, DRIFT_PARTIAL);
	ck_assert_int_eq(found.standing.outcome, VISIT_CONNECTION_LOST);
	ck_assert_mem_eq(&found.standing.grade, &standing.grade, sizeof standing.grade);
	ck_assert_uint_eq(found.standing.failures, 3);
	ck_assert_int_eq(found.standing.not_before, TIME_NEVER);
	ck_assert_uint_eq(found.standing.visit, 17);
	ck_assert_str_eq(firmware->manifest, "aa");
	ck_assert_uint_eq(firmware->serial, 7);
	ck_assert_str_eq(firmware->release, "7.0");
	ck_assert(!firmware->doubtful);
	ck_assert_str_eq(config->manifest, "bb");
	ck_assert_uint_eq(config->serial, UINT64_MAX);
	ck_assert_ptr_null(config->release);
	ck_assert(config->doubtful);
	ck_assert_str_eq(found.standing.releases[VISIT_DRUG_LIBRARY].manifest, "");
	store_device_clear(&found);
}
END_TEST

START_TEST(a_release_is_replaced_kept_or_forgotten_as_it_is_saved)
{
	struct store_standing standing = { .releases = {
		[VISIT_FIRMWARE] = { .manifest = "aa", .serial = 7, .release = "7.0" },
		[VISIT_CONFIG] = { .manifest = "bb", .serial = 1, .release = "1" } } };
	struct store_devices devices;

	enroll(2);
	must(store_standing_save(store, "SAMPLE-0001", &standing, &e));
	must(store_standing_save(store, "SAMPLE-0001", &standing, &e));
	standing.releases[VISIT_FIRMWARE] = (struct store_release){ .manifest = "cc", .serial = 8, .release = "8.0" };
	standing.releases[VISIT_CONFIG] = (struct store_release){ .manifest = "" };
	must(store_standing_save(store, "SAMPLE-0002", &standing, &e));
	standing.releases[VISIT_FIRMWARE].doubtful = true;
	must(store_standing_save(store, "SAMPLE-0001", &standing, &e));
	must(store_devices_list(store, NULL, &devices, &e));
	ck_assert_uint_eq(devices.count, 2);
	for (size_t i = 0; i < devices.count; i++) {
		const struct store_release *releases = devices.items[i].standing.releases;
		ck_assert_str_eq(releases[VISIT_FIRMWARE].manifest, "cc");
		ck_assert_uint_eq(releases[VISIT_FIRMWARE].serial, 8);
		ck_assert_str_eq(releases[VISIT_FIRMWARE].release, "8.0");
		ck_assert_int_eq(releases[VISIT_FIRMWARE].doubtful, i == 0);
		ck_assert_str_eq(releases[VISIT_CONFIG].manifest, "");
	}
	store_devices_clear(&devices);
}
END_TEST

/* Twelve devices: every third stored, every second of another department, every fourth of
 * another model; the first six verified, the seventh drifted. */
static void enroll_mixed(void)
{
	struct sample_device sample;

	for (int number = 1; number <= 12; number++) {
		sample_device(&sample, number);
		sample.device.state = number % 3 == 0 ? INVENTORY_STORED : INVENTORY_ACTIVE;
		sample.device.department = number % 2 == 0 ? "Ward 4" : "Ward 3";
		sample.device.model = number % 4 == 0 ? "other-pump" : "sample-pump";
		must(store_device_save(store, &sample.device, &e));
		if (number > 7)
			continue;
		struct store_standing standing = {
			.visited_at = 5000 + number,
			.verified_at = number == 7 ? 0 : 5000 + number,
			.has_result = true,
			.result = number == 7 ? DRIFT_DRIFTED : DRIFT_VERIFIED,
		};
		must(store_standing_save(store, sample.asset, &standing, &e));
	}
}

static const struct {
	struct store_device_filter filter;
	const char *expected;
} filters[] = {
	{ {0}, " 1 2 3 4 5 6 7 8 9 10 11 12" },
	{ { .model = "other-pump" }, " 4 8 12" },
	{ { .department = "Ward 3" }, " 1 3 5 7 9 11" },
	{ { .has_state = true, .state = INVENTORY_STORED }, " 3 6 9 12" },
	{ { .has_result = true, .result = DRIFT_DRIFTED }, " 7" },
	{ { .has_result = true, .result = DRIFT_VERIFIED, .has_state = true, .state = INVENTORY_ACTIVE },
	  " 1 2 4 5" },
	{ { .model = "other-pump", .department = "Ward 4", .has_state = true, .state = INVENTORY_STORED },
	  " 12" },
	{ { .model = "no-pump" }, "" },
};

START_TEST(filters_choose_devices_in_the_order_of_assets)
{
	struct store_devices devices;
	char seen[128] = "";

	enroll_mixed();
	must(store_devices_list(store, &filters[_i].filter, &devices, &e));
	for (size_t i = 0; i < devices.count; i++)
		(void)sprintf(seen + strlen(seen), " %d", atoi(devices.items[i].device.asset + 7));
	ck_assert_str_eq(seen, filters[_i].expected);
	store_devices_clear(&devices);
	ck_assert_ptr_null(devices.items);
}
END_TEST

START_TEST(the_summary_counts_the_fleet)
{
	struct store_summary summary;

	enroll_mixed();
	struct alert open = sample_alert("SAMPLE-0001", "A"), acknowledged = sample_alert("SAMPLE-0001", "B"),
		     resolved = sample_alert("SAMPLE-0001", "C");
	acknowledged.state = ALERT_STATE_ACKNOWLEDGED;
	resolved.state = ALERT_STATE_RESOLVED;
	must(store_alert_save(store, &open, &e));
	must(store_alert_save(store, &acknowledged, &e));
	must(store_alert_save(store, &resolved, &e));
	/* Active: 1 2 4 5 7 8 10 11. Since: 5001 5002 5004 5005, and 1000 for the rest. */
	must(store_summarise(store, 5004, 2, &summary, &e));
	ck_assert_uint_eq(summary.states[INVENTORY_ACTIVE], 8);
	ck_assert_uint_eq(summary.states[INVENTORY_STORED], 4);
	ck_assert_uint_eq(summary.states[INVENTORY_RETIRED], 0);
	ck_assert_uint_eq(summary.results[DRIFT_VERIFIED], 4);
	ck_assert_uint_eq(summary.results[DRIFT_DRIFTED], 1);
	ck_assert_uint_eq(summary.never_visited, 3);
	ck_assert_uint_eq(summary.overdue, 6);
	ck_assert_uint_eq(summary.open_alerts, 1);
	ck_assert_uint_eq(summary.acknowledged_alerts, 1);
	ck_assert_uint_eq(summary.baselines_current, 0);
	must(store_summarise(store, 5004, 0, &summary, &e));
	ck_assert_uint_eq(summary.overdue, 0);
}
END_TEST

START_TEST(a_word_that_is_not_known_is_named_and_not_guessed)
{
	struct store_devices devices;
	struct store_device device;

	enroll(1);
	tamper("UPDATE device SET state = 'melted'");
	must_refuse(store_devices_list(store, NULL, &devices, &e), ERROR_DATA, "\"state\"");
	must_refuse(store_device_load(store, "SAMPLE-0001", &device, &e), ERROR_DATA, "not understood");
}
END_TEST

/* ---- leases ---- */

START_TEST(a_lease_is_held_until_its_time_by_one_owner)
{
	enroll(2);
	ck_assert_int_eq(must(store_lease_take(store, "SAMPLE-0001", "daemon", 100, 200, &e)), 1);
	ck_assert_int_eq(must(store_lease_take(store, "SAMPLE-0001", "cli", 100, 200, &e)), 0);
	ck_assert_int_eq(must(store_lease_take(store, "SAMPLE-0001", "cli", 199, 300, &e)), 0);
	ck_assert_int_eq(must(store_lease_take(store, "SAMPLE-0002", "cli", 100, 200, &e)), 1);
	ck_assert_int_eq(must(store_lease_take(store, "SAMPLE-0001", "daemon", 150, 250, &e)), 1);
	ck_assert_int_eq(must(store_lease_take(store, "SAMPLE-0001", "cli", 200, 300, &e)), 0);
	ck_assert_int_eq(must(store_lease_take(store, "SAMPLE-0001", "cli", 250, 300, &e)), 1);
	ck_assert_int_eq(must(store_lease_take(store, "SAMPLE-0001", "daemon", 250, 400, &e)), 0);
}
END_TEST

START_TEST(only_its_owner_drops_a_lease)
{
	enroll(1);
	ck_assert_int_eq(must(store_lease_take(store, "SAMPLE-0001", "daemon", 100, 200, &e)), 1);
	must(store_lease_drop(store, "SAMPLE-0001", "cli", &e));
	ck_assert_int_eq(must(store_lease_take(store, "SAMPLE-0001", "cli", 100, 200, &e)), 0);
	must(store_lease_drop(store, "SAMPLE-0001", "daemon", &e));
	ck_assert_int_eq(must(store_lease_take(store, "SAMPLE-0001", "cli", 100, 200, &e)), 1);
	must_refuse(store_lease_take(store, "NOBODY", "cli", 1, 2, &e), ERROR_DATA, "NOBODY");
}
END_TEST

/* ---- acts ---- */

static void add_act(int64_t at, const char *by, const char *verb, const char *subject, const char *detail,
		    const char *why)
{
	const struct store_actor actor = { .by = by, .why = why, .at = at };

	must(store_act_add(store, &actor, verb, subject, detail, &e));
}

START_TEST(acts_are_listed_newest_first)
{
	struct store_acts acts;

	add_act(10, "a person", "enroll", "SAMPLE-0001", NULL, NULL);
	add_act(20, "a person", "ack", "7", NULL, "seen");
	add_act(30, "another", "retire", "SAMPLE-0001", "sold", "work order 4711");
	must(store_acts_list(store, NULL, 2, &acts, &e));
	ck_assert_uint_eq(acts.count, 2);
	ck_assert_uint_eq(acts.items[0].number, 3);
	ck_assert_str_eq(acts.items[0].by, "another");
	ck_assert_str_eq(acts.items[0].verb, "retire");
	ck_assert_str_eq(acts.items[0].subject, "SAMPLE-0001");
	ck_assert_str_eq(acts.items[0].detail, "sold");
	ck_assert_str_eq(acts.items[0].why, "work order 4711");
	ck_assert_int_eq(acts.items[1].at, 20);
	ck_assert_str_eq(acts.items[1].why, "seen");
	store_acts_clear(&acts);
	must(store_acts_list(store, "SAMPLE-0001", SIZE_MAX, &acts, &e));
	ck_assert_uint_eq(acts.count, 2);
	ck_assert_ptr_null(acts.items[1].detail);
	ck_assert_ptr_null(acts.items[1].why);
	store_acts_clear(&acts);
}
END_TEST

START_TEST(an_act_keeps_any_bytes_and_has_a_largest_size)
{
	static const char strange[] = "100%\n\033[31m \342\200\256 \377 \"quoted\" \\";
	const struct store_actor actor = { .by = strange, .why = strange, .at = 1 };
	struct store_acts acts;
	static char long_words[70000];

	must(store_act_add(store, &actor, strange, strange, strange, &e));
	must(store_acts_list(store, strange, 9, &acts, &e));
	ck_assert_uint_eq(acts.count, 1);
	ck_assert_str_eq(acts.items[0].by, strange);
	ck_assert_str_eq(acts.items[0].verb, strange);
	ck_assert_str_eq(acts.items[0].subject, strange);
	ck_assert_str_eq(acts.items[0].detail, strange);
	ck_assert_str_eq(acts.items[0].why, strange);
	store_acts_clear(&acts);
	memset(long_words, 'x', sizeof long_words - 1);
	must_refuse(store_act_add(store, &actor, "edit", "A", long_words, &e), ERROR_DATA, "more than");
	ck_assert_int_eq(ask("SELECT count(*) FROM record"), 1);
}
END_TEST

static const char *const no_acts[] = {
	"", "{", "[]", "{}", "null",
	"{\"at\":1,\"by\":\"a\",\"subject\":\"s\",\"verb\":\"w\"}", /* no version */
	"{\"at\":1,\"by\":\"a\",\"subject\":\"s\",\"v\":2,\"verb\":\"w\"}",
	"{\"at\":1,\"by\":\"a\",\"subject\":\"s\",\"v\":1}",
	"{\"at\":\"1\",\"by\":\"a\",\"subject\":\"s\",\"v\":1,\"verb\":\"w\"}",
	"{\"at\":1,\"by\":null,\"subject\":\"s\",\"v\":1,\"verb\":\"w\"}",
	"{\"at\":1,\"by\":\"a\",\"subject\":\"s\",\"v\":1,\"verb\":\"w\",\"x\":1}",
	"{\"at\":1,\"at\":1,\"by\":\"a\",\"subject\":\"s\",\"v\":1,\"verb\":\"w\"}",
	"{\"by\":\"a\",\"at\":1,\"subject\":\"s\",\"v\":1,\"verb\":\"w\"}", /* not sorted */
	"{\"at\": 1,\"by\":\"a\",\"subject\":\"s\",\"v\":1,\"verb\":\"w\"}",
	"{\"at\":1,\"by\":\"%6A\",\"subject\":\"s\",\"v\":1,\"verb\":\"w\"}",
	"{\"at\":1,\"by\":\"%\",\"subject\":\"s\",\"v\":1,\"verb\":\"w\"}",
	"{\"at\":1,\"by\":\"a\",\"subject\":\"s\",\"v\":1,\"verb\":\"w\"} ",
};

START_TEST(only_the_text_that_would_be_written_is_an_act)
{
	static const char good[] = "{\"at\":1,\"by\":\"a\",\"subject\":\"s\",\"v\":1,\"verb\":\"w\"}";
	struct store_act act;

	must_refuse(store_act_parse(&act, no_acts[_i], strlen(no_acts[_i]), &e), ERROR_DATA, "");
	must(store_act_parse(&act, good, strlen(good), &e));
	store_act_clear(&act);
}
END_TEST

/* ---- transactions ---- */

START_TEST(what_is_rolled_back_was_never_there)
{
	struct sample_device sample;

	must(store_begin(store, &e));
	must_refuse(store_begin(store, &e), ERROR_INTERNAL, "do not nest");
	must(store_device_save(store, sample_device(&sample, 1), &e));
	store_rollback(store);
	store_rollback(store);
	ck_assert_int_eq(ask("SELECT count(*) FROM device"), 0);
	must_refuse(store_commit(store, &e), ERROR_INTERNAL, "no transaction");
}
END_TEST

START_TEST(a_refused_change_leaves_the_rest_of_its_transaction)
{
	const char *const assets[] = { "SAMPLE-0001", "NOBODY" };
	struct store_sweep sweep = { .started_at = 1, .closes_at = TIME_NEVER };

	must(store_begin(store, &e));
	enroll(1);
	must_refuse(store_sweep_begin(store, &sweep, assets, 2, &e), ERROR_DATA, "NOBODY");
	add_act(1, "a person", "enroll", "SAMPLE-0001", NULL, NULL);
	must(store_commit(store, &e));
	ck_assert_int_eq(ask("SELECT count(*) FROM device"), 1);
	ck_assert_int_eq(ask("SELECT count(*) FROM sweep"), 0);
	ck_assert_int_eq(ask("SELECT count(*) FROM record"), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *devices = cases(suite, "devices");
	tcase_add_test(devices, a_saved_device_comes_back_whole);
	tcase_add_test(devices, saving_again_updates_by_asset);
	tcase_add_test(devices, an_unknown_device_is_none_and_no_failure);
	tcase_add_loop_test(devices, what_must_be_one_devices_alone_is_refused_by_name, 0,
			    sizeof twins / sizeof *twins);
	tcase_add_loop_test(devices, links_to_one_place_are_the_same_however_written, 0,
			    sizeof links / sizeof *links);
	tcase_add_test(devices, devices_without_serial_or_mac_are_no_twins);
	tcase_add_test(devices, a_device_that_returns_from_retirement_is_checked_again);
	tcase_add_test(devices, a_standing_comes_back_whole);
	tcase_add_test(devices, a_release_is_replaced_kept_or_forgotten_as_it_is_saved);
	tcase_add_loop_test(devices, filters_choose_devices_in_the_order_of_assets, 0,
			    sizeof filters / sizeof *filters);
	tcase_add_test(devices, the_summary_counts_the_fleet);
	tcase_add_test(devices, a_word_that_is_not_known_is_named_and_not_guessed);

	TCase *leases = cases(suite, "leases");
	tcase_add_test(leases, a_lease_is_held_until_its_time_by_one_owner);
	tcase_add_test(leases, only_its_owner_drops_a_lease);

	TCase *acts = cases(suite, "acts");
	tcase_add_test(acts, acts_are_listed_newest_first);
	tcase_add_test(acts, an_act_keeps_any_bytes_and_has_a_largest_size);
	tcase_add_loop_test(acts, only_the_text_that_would_be_written_is_an_act, 0,
			    sizeof no_acts / sizeof *no_acts);

	TCase *transactions = cases(suite, "transactions");
	tcase_add_test(transactions, what_is_rolled_back_was_never_there);
	tcase_add_test(transactions, a_refused_change_leaves_the_rest_of_its_transaction);
	return suite_run(suite);
}
