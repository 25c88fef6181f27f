/* A release is rolled out to 200 simulated pumps in three steps, swept by the real puller while
 * the clock is the test's own: nobody is alerted before the date, each straggler once after it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "enroll/enroll.h"
#include "file/file.h"
#include "pull/pull.h"
#include "rollout/rollout.h"
#include "store/store.h"
#include "sweep/sweep.h"
#include "tests/servers/servers.h"

#include "suite.h"

enum { PUMPS = 200, WAIT_SECONDS = 60 };
#define START (INT64_C(1795309200) * TIME_SECOND) /* 2026-11-22T01:00:00Z */
#define END_OF_OLD (START + 30 * TIME_DAY)

static struct server fleet; /* its folder is that of the whole set-up */
static char pumps_program[4200];
static unsigned ports[PUMPS + 1];
static int64_t clock_now;
static struct config config;
static struct sweep_models models;
static struct sweep_environment environment;
static struct store *store;
static struct error e;

#define MUST(call) ck_assert_msg((call) >= 0, "%s", e.text)

static int64_t read_clock(void *userdata)
{
	(void)userdata;
	return clock_now;
}

/* ---- the pumps ---- */

static bool read_ports(void)
{
	CLEANUP(cleanup_free) char *lines = server_read(&fleet, "ports");
	unsigned pump, port, seen = 0;

	for (char *line = lines; line && *line; line = strchr(line, '\n') + 1) {
		if (sscanf(line, "%u %*s %u", &pump, &port) != 2 || pump < 1 || pump > PUMPS)
			return false;
		ports[pump] = port;
		seen++;
	}
	return seen == PUMPS;
}

static void start_pumps(const char *builddir)
{
	char command[8192];
	const char *const arguments[] = {"sh", "-c", command, NULL};

	snprintf(pumps_program, sizeof pumps_program, "%s/tests/fleet/pumps", builddir);
	snprintf(command, sizeof command,
		 "cd %s && exec %s --pumps %d --ports ports --control control --listing unix --size"
		 " therapy.bin=2000 drugs.lib=100 doses.lib=100", fleet.folder, pumps_program, PUMPS);
	server_spawn(&fleet, arguments);
	for (int i = 0; !read_ports(); i++) {
		ck_assert_int_lt(i, WAIT_SECONDS * 100);
		usleep(10000);
	}
}

/* Put the files of a release of the drug library on these pumps. */
static void bring(const char *pumps, const char *release)
{
	server_shell(&fleet, "%s --tell control '%s text drugs.lib drugs-%s' >answer", pumps_program, pumps, release);
	server_shell(&fleet, "%s --tell control '%s text doses.lib doses-%s' >answer", pumps_program, pumps, release);
}

static const char *asset_of(unsigned pump)
{
	static char asset[16];

	snprintf(asset, sizeof asset, "PUMP-%03u", pump);
	return asset;
}

static void enroll_pump(unsigned pump)
{
	char asset[16], link[64], department[16];

	snprintf(asset, sizeof asset, "%s", asset_of(pump));
	snprintf(link, sizeof link, "ftp://127.0.0.1:%u/", ports[pump]);
	snprintf(department, sizeof department, "Ward %u", pump % 4);
	const struct inventory_device device = {
		.asset = asset, .model = (char *)"sample", .link = link, .department = department,
		.enrolled_at = START,
	};
	MUST(store_device_save(store, &device, &e));
}

/* ---- the set-up ---- */

static void load_setup(const char *builddir)
{
	char text[1024], models_folder[300];

	server_write(&fleet, "models.d/sample.ini",
		     "[model]\ntitle = Sample pump\n[link]\nlogin = none\n"
		     "[files]\nfirmware = *.bin\ndrug-library = *.lib\n");
	server_write(&fleet, "state/note", "%s", "");
	server_write(&fleet, "credentials/note", "%s", "");
	int n = snprintf(text, sizeof text,
			 "[pumpwatch]\nsite = sample\nstate = %s/state\nmodels = %s/models.d\n"
			 "credentials = %s/credentials\npuller = %s/pumpwatch-puller\napprovals = 0\n"
			 "overdue-after = 60d\n"
			 "[pull]\npullers = 1\nvisits = 64\nvisits-per-subnet = 0\n"
			 "[sweep]\nattempts = 1\nbreaker = 0\n[alerts]\ngroup = 0\n",
			 fleet.folder, fleet.folder, fleet.folder, builddir);
	MUST(config_parse(&config, "/test.conf", text, (size_t)n, &e));
	snprintf(models_folder, sizeof models_folder, "%s/models.d", fleet.folder);
	MUST(sweep_models_load(&models, models_folder, &e));
}

static void begin(void)
{
	const char *given = getenv("builddir");
	CLEANUP(cleanup_free) char *builddir = realpath(given ? given : ".", NULL);

	setenv("TZ", "UTC", 1);
	tzset();
	clock_now = START;
	ck_assert_ptr_nonnull(builddir);
	server_prepare(&fleet);
	start_pumps(builddir);
	load_setup(builddir);
	MUST(store_open(&store, config.state, STORE_WRITE, true, &e));
	environment = (struct sweep_environment){
		.store = store, .config = &config, .models = &models, .owner = "test/1/1",
		.credentials = {.configured = config.credentials},
		.clock = {.now = read_clock},
		.baselines = baseline_memory_new(),
	};
	ck_assert_int_ge(sd_event_new(&environment.event), 0);
	const struct pull_options options = {
		.program = config.puller, .pullers = 1, .visits = 64, .clock = environment.clock,
	};
	MUST(pull_pool_new(&environment.pool, environment.event, &options, &e));
	MUST(store_begin(store, &e));
	for (unsigned pump = 1; pump <= PUMPS; pump++)
		enroll_pump(pump);
	MUST(store_commit(store, &e));
}

static void end(void)
{
	pull_pool_free(environment.pool);
	baseline_memory_free(environment.baselines);
	sd_event_unref(environment.event);
	store_close(store);
	sweep_models_clear(&models);
	config_clear(&config);
	server_stop(&fleet);
}

/* ---- baselines ---- */

/* What a pump has of a kind becomes a release, in force at once. */
static void release(unsigned pump, enum visit_kind kind, const char *name, uint64_t serial, const char *previous,
		    char ret_id[static MANIFEST_ID_SIZE])
{
	CLEANUP(visit_report_clear) struct visit_report report = {0};
	CLEANUP(store_device_clear) struct store_device device = {0};
	CLEANUP(manifest_clear) struct manifest manifest = {0};
	CLEANUP(text_clear) struct text text = {0};
	const struct enroll_visit options = {0};
	const struct store_actor actor = {.by = "test", .at = clock_now};

	ck_assert_int_eq(store_device_load(store, asset_of(pump), &device, &e), 1);
	MUST(enroll_visit(&environment, &device.device, &options, &report, &e));
	MUST(enroll_manifest(&manifest, &report, kind, &e));
	manifest.site = strdup("sample");
	manifest.scope_name = strdup("sample");
	manifest.release = strdup(name);
	manifest.serial = serial;
	manifest.created_at = START;
	manifest.expires_at = TIME_NEVER;
	if (previous)
		memcpy(manifest.previous, previous, sizeof manifest.previous);
	MUST(manifest_write(&text, &manifest, &e));
	ck_assert_int_eq(manifest_id(ret_id, text.data, text.length), 0);
	MUST(store_baseline_add(store, text.data, &manifest, &actor, &e));
	MUST(store_baseline_enforce(store, ret_id, END_OF_OLD, &actor, &e));
}

/* ---- sweeps ---- */

struct outcome {
	bool done;
	bool failed;
	struct error error;
	struct alert_counts counts;
};

static void on_done(void *userdata, const struct alert_counts *counts, const struct error *failed)
{
	struct outcome *outcome = userdata;

	outcome->done = true;
	outcome->counts = *counts;
	outcome->failed = failed != NULL;
	if (failed)
		outcome->error = *failed;
}

/* Pumps from first to last; each is visited, and nothing but the clock is between the sweeps. */
static struct alert_counts sweep(unsigned first, unsigned last)
{
	struct outcome outcome = {0};
	const struct sweep_handlers handlers = {.on_done = on_done, .userdata = &outcome};
	char assets[PUMPS][16];
	const char *names[PUMPS];
	struct sweep *running;

	for (unsigned pump = first; pump <= last; pump++) {
		snprintf(assets[pump - first], sizeof assets[0], "%s", asset_of(pump));
		names[pump - first] = assets[pump - first];
	}
	const struct sweep_request request = {
		.assets = names, .asset_count = last - first + 1, .closes_at = TIME_NEVER,
		.ignore_back_off = true, .by = "test",
	};
	MUST(sweep_start(&running, &environment, &request, &handlers, &e));
	while (!outcome.done)
		ck_assert_int_ge(sd_event_run(environment.event, UINT64_MAX), 0);
	sweep_free(running);
	ck_assert_msg(!outcome.failed, "%s", outcome.error.text);
	ck_assert_uint_eq(outcome.counts.devices, last - first + 1);
	return outcome.counts;
}

static void expect_results(const struct alert_counts *counts, uint64_t verified, uint64_t behind, uint64_t drifted)
{
	ck_assert_uint_eq(counts->results[DRIFT_VERIFIED], verified);
	ck_assert_uint_eq(counts->results[DRIFT_BEHIND], behind);
	ck_assert_uint_eq(counts->results[DRIFT_DRIFTED], drifted);
}

/* ---- what was told ---- */

static uint64_t heard; /* the seq of the last event that was looked at */

/* The events since but for summaries: each must be of this type, action and kind, and the only one
 * of a pump from first to last. Returns how many they are. */
static size_t hear(enum alert_type type, enum alert_action action, unsigned first, unsigned last)
{
	struct store_events events = {0};
	unsigned seen[PUMPS + 1] = {0};
	unsigned pump;
	size_t count = 0;

	MUST(store_events_list(store, heard, 10000, &events, &e));
	for (size_t i = 0; i < events.count; i++) {
		const struct alert_event *event = &events.items[i];
		ck_assert_uint_eq(event->seq, ++heard);
		if (event->type == ALERT_SWEEP_SUMMARY)
			continue;
		ck_assert_msg(event->type == type && event->action == action, "%s %s of %s",
			      alert_type_name(event->type), alert_action_name(event->action), event->asset);
		ck_assert_int_eq(event->kind, VISIT_DRUG_LIBRARY);
		ck_assert_int_eq(sscanf(event->asset, "PUMP-%u", &pump), 1);
		ck_assert(pump >= first && pump <= last);
		ck_assert_uint_eq(++seen[pump], 1);
		count++;
	}
	store_events_clear(&events);
	return count;
}

static void hear_nothing(void)
{
	ck_assert_uint_eq(hear(ALERT_TYPE_COUNT, ALERT_TOLD, 1, PUMPS), 0);
}

static struct alert_event last_event(enum alert_type type)
{
	struct store_events events = {0};
	struct alert_event found = {0};

	MUST(store_events_list(store, 0, 10000, &events, &e));
	for (size_t i = 0; i < events.count; i++)
		if (events.items[i].type == type) {
			alert_event_clear(&found);
			found = events.items[i];
			events.items[i] = (struct alert_event){0};
		}
	store_events_clear(&events);
	ck_assert_ptr_nonnull(found.site);
	return found;
}

/* What status would say. */
static void expect_rollout(size_t on_new, size_t on_old, size_t unknown)
{
	CLEANUP(store_baselines_clear) struct store_baselines baselines = {0};
	CLEANUP(store_devices_clear) struct store_devices devices = {0};
	CLEANUP(rollouts_clear) struct rollouts rollouts = {0};

	MUST(store_baselines_list(store, NULL, NULL, &baselines, &e));
	MUST(store_devices_list(store, NULL, &devices, &e));
	ck_assert_int_eq(rollouts_find(&rollouts, &baselines, &devices, clock_now), 0);
	ck_assert_uint_eq(rollouts.count, 1);
	const struct rollout *rollout = &rollouts.items[0];
	ck_assert_uint_eq(rollout->device_count, PUMPS);
	ck_assert_uint_eq(rollout->release_count, 2);
	ck_assert_str_eq(rollout->releases[0].baseline->manifest.release, "2026-11");
	ck_assert_uint_eq(rollout->releases[0].devices.count, on_new);
	ck_assert_str_eq(rollout->releases[1].baseline->manifest.release, "2026-10");
	ck_assert_uint_eq(rollout->releases[1].devices.count, on_old);
	ck_assert_int_eq(rollout->releases[1].accepted, clock_now < END_OF_OLD);
	ck_assert_uint_eq(rollout->stragglers.count, on_old);
	ck_assert_uint_eq(rollout->unknown.count, unknown);
}

/* ---- the story ---- */

static char firmware_id[MANIFEST_ID_SIZE], old_id[MANIFEST_ID_SIZE], new_id[MANIFEST_ID_SIZE];

static void verify_all_on_the_old_release(void)
{
	bring("all", "2026-10");
	release(1, VISIT_FIRMWARE, "7.0", 1, NULL, firmware_id);
	release(1, VISIT_DRUG_LIBRARY, "2026-10", 1, NULL, old_id);
	struct alert_counts counts = sweep(1, PUMPS);
	expect_results(&counts, PUMPS, 0, 0);
	hear_nothing();
}

static void first_step(void)
{
	clock_now = START + TIME_DAY;
	bring("1-60", "2026-11");
	release(1, VISIT_DRUG_LIBRARY, "2026-11", 2, old_id, new_id);
	struct alert_counts counts = sweep(1, PUMPS);
	expect_results(&counts, 60, 140, 0);
	hear_nothing();
	expect_rollout(60, 140, 0);
}

static void expect_two_told_of_pump_6(void)
{
	CLEANUP(alert_event_clear) struct alert_event back = last_event(ALERT_DEVICE_ROLLED_BACK);
	CLEANUP(alert_event_clear) struct alert_event ended = last_event(ALERT_RESOLVED);
	CLEANUP(alert_event_clear) struct alert_event summary = last_event(ALERT_SWEEP_SUMMARY);

	ck_assert_str_eq(back.asset, "PUMP-006");
	ck_assert_str_eq(ended.asset, "PUMP-006");
	ck_assert_int_eq(ended.resolves, ALERT_FILE_MIXED);
	ck_assert_uint_eq(summary.seq, heard + 3);
	heard = summary.seq;
}

/* One goes back, and one is left half-way: both are told of, once. */
static void second_step(void)
{
	clock_now = START + 8 * TIME_DAY;
	bring("61-140", "2026-11");
	bring("5", "2026-10");
	struct alert_counts counts = sweep(1, PUMPS);
	expect_results(&counts, 139, 61, 0);
	ck_assert_uint_eq(hear(ALERT_DEVICE_ROLLED_BACK, ALERT_TOLD, 5, 5), 1);
	CLEANUP(alert_event_clear) struct alert_event event = last_event(ALERT_DEVICE_ROLLED_BACK);
	ck_assert_str_eq(event.release, "2026-10");
	ck_assert_str_eq(event.manifest, old_id);
	ck_assert_str_eq(event.release_old, "2026-11");
	ck_assert_str_eq(event.manifest_old, new_id);
	ck_assert_str_eq(event.department, "Ward 1");
	ck_assert_int_eq(event.kind, VISIT_DRUG_LIBRARY);
	expect_rollout(139, 61, 0);

	server_shell(&fleet, "%s --tell control '6 text drugs.lib drugs-2026-10' >answer", pumps_program);
	counts = sweep(5, 6);
	expect_results(&counts, 0, 1, 1);
	ck_assert_uint_eq(hear(ALERT_FILE_MIXED, ALERT_OPENED, 6, 6), 1);
	expect_rollout(138, 61, 1);

	/* Half-way is not there yet: going on from it to the old release is the same going back. */
	bring("6", "2026-10");
	counts = sweep(6, 6);
	expect_results(&counts, 0, 1, 0);
	expect_two_told_of_pump_6();
}

static void third_step(void)
{
	clock_now = START + 15 * TIME_DAY;
	bring("1-185", "2026-11");
	struct alert_counts counts = sweep(1, PUMPS);
	expect_results(&counts, 185, 15, 0);
	ck_assert_uint_eq(counts.open_alerts, 0);
	hear_nothing();
	expect_rollout(185, 15, 0);
	clock_now = END_OF_OLD - 1;
	counts = sweep(180, PUMPS);
	expect_results(&counts, 6, 15, 0);
	hear_nothing();
}

static void date_has_come(void)
{
	clock_now = END_OF_OLD;
	struct alert_counts counts = sweep(1, PUMPS);
	expect_results(&counts, 185, 0, 15);
	ck_assert_uint_eq(counts.open_alerts, 15);
	ck_assert_uint_eq(hear(ALERT_FILE_STALE, ALERT_OPENED, 186, PUMPS), 15);
	CLEANUP(alert_event_clear) struct alert_event event = last_event(ALERT_FILE_STALE);
	ck_assert_ptr_null(event.path);
	ck_assert_str_eq(event.release, "2026-10");
	ck_assert_str_eq(event.detail, "accepted until 2026-12-22T01:00:00Z");
	expect_rollout(185, 15, 0);
	clock_now += TIME_HOUR;
	sweep(180, PUMPS);
	hear_nothing();
}

static void stragglers_move(void)
{
	clock_now += TIME_HOUR;
	bring("186-199", "2026-11");
	struct alert_counts counts = sweep(180, PUMPS);
	expect_results(&counts, 20, 0, 1);
	ck_assert_uint_eq(counts.open_alerts, 1);
	ck_assert_uint_eq(hear(ALERT_RESOLVED, ALERT_ENDED, 186, 199), 14);
	expect_rollout(199, 1, 0);
}

START_TEST(two_hundred_pumps_move_in_three_steps_and_only_stragglers_are_told_of)
{
	verify_all_on_the_old_release();
	first_step();
	second_step();
	third_step();
	date_has_come();
	stragglers_move();
	CLEANUP(alert_event_clear) struct alert_event event = last_event(ALERT_SWEEP_SUMMARY);
	ck_assert_str_eq(event.serials, "model sample drug-library 2, model sample firmware 1");
}
END_TEST

START_TEST(going_back_from_a_withdrawn_release_is_not_told)
{
	const struct store_actor actor = {.by = "test", .why = "recalled by the maker", .at = START};

	bring("1-3", "2026-10");
	release(1, VISIT_FIRMWARE, "7.0", 1, NULL, firmware_id);
	release(1, VISIT_DRUG_LIBRARY, "2026-10", 1, NULL, old_id);
	bring("1-2", "2026-11");
	release(1, VISIT_DRUG_LIBRARY, "2026-11", 2, old_id, new_id);
	struct alert_counts counts = sweep(1, 3);
	expect_results(&counts, 2, 1, 0);
	MUST(store_baseline_withdraw(store, new_id, &actor, &e));
	bring("2", "2026-10");
	counts = sweep(2, 3);
	expect_results(&counts, 0, 2, 0);
	hear_nothing();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rollout");
	TCase *cases = tcase_create("rollout");

	tcase_set_timeout(cases, 300);
	tcase_add_checked_fixture(cases, begin, end);
	tcase_add_test(cases, two_hundred_pumps_move_in_three_steps_and_only_stragglers_are_told_of);
	tcase_add_test(cases, going_back_from_a_withdrawn_release_is_not_told);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
