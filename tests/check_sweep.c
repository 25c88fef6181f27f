#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "enroll/enroll.h"
#include "file/file.h"
#include "outbox/outbox.h"
#include "pull/pull.h"
#include "store/store.h"
#include "sweep/sweep.h"

#include "suite.h"

/* A set-up in a temporary folder: local folders stand for pumps, the pullers are the real
 * program, and the clock is the test's own. */
enum { PUMPS = 6 };
#define START (INT64_C(1795309200) * TIME_SECOND) /* 2026-11-22T01:00:00Z */

static char folder[64];
static int64_t clock_now;
static struct config config;
static struct sweep_models models;
static struct sweep_environment environment;
static struct store *store;

static int64_t read_clock(void *userdata)
{
	(void)userdata;
	return clock_now;
}

static void put(const char *path, const char *content)
{
	char whole[256];
	struct error e = {0};

	snprintf(whole, sizeof whole, "%s/%s", folder, path);
	ck_assert_msg(file_write(whole, content, strlen(content), 0600, &e) == 0, "%s", e.text);
}

static void make(const char *path)
{
	char whole[256];
	struct error e = {0};

	snprintf(whole, sizeof whole, "%s/%s", folder, path);
	ck_assert_msg(file_make_folder(whole, 0700, &e) == 0, "%s", e.text);
}

static void load_setup(void)
{
	static const char profile[] = "[model]\ntitle = Sample pump\n[files]\nfirmware = *.bin\n"
				      "drug-library = *.lib\nleave-out = LOG\nother = **\n";
	char text[1024], models_folder[256];
	struct error e = {0};

	make("models.d");
	make("credentials");
	make("state");
	put("models.d/sample.ini", profile);
	int n = snprintf(text, sizeof text,
			 "[pumpwatch]\nsite = sample\napprovals = 0\nstate = %s/state\nmodels = %s/models.d\n"
			 "credentials = %s/credentials\npuller = %s/pumpwatch-puller\noverdue-after = 7d\n"
			 "[pull]\npullers = 1\nvisits = 2\n[sweep]\nattempts = 2\nretry-base = 1m\n"
			 "[window night]\nwhen = daily 00:00-05:00\n",
			 folder, folder, folder, getenv("builddir"));
	ck_assert_msg(config_parse(&config, "/test.conf", text, (size_t)n, &e) == 0, "%s", e.text);
	snprintf(models_folder, sizeof models_folder, "%s/models.d", folder);
	ck_assert_msg(sweep_models_load(&models, models_folder, &e) == 0, "%s", e.text);
}

static void enroll_pump(int number)
{
	char asset[16], link[128], path[64];
	struct error e = {0};

	snprintf(asset, sizeof asset, "PUMP-%d", number);
	snprintf(path, sizeof path, "pump-%d", number);
	make(path);
	snprintf(path, sizeof path, "pump-%d/therapy.bin", number);
	put(path, "firmware");
	snprintf(path, sizeof path, "pump-%d/drugs.lib", number);
	put(path, "drugs");
	snprintf(path, sizeof path, "pump-%d/LOG", number);
	put(path, asset);
	snprintf(link, sizeof link, "file://%s/pump-%d", folder, number);
	struct inventory_device device = {
		.asset = asset, .model = (char *)"sample", .link = link, .enrolled_at = START,
	};
	ck_assert_msg(store_device_save(store, &device, &e) == 0, "%s", e.text);
}

static void begin(void)
{
	char state[128];
	struct error e = {0};

	setenv("TZ", "UTC", 1);
	tzset();
	strcpy(folder, "/tmp/pumpwatch-sweep-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	clock_now = START;
	load_setup();
	snprintf(state, sizeof state, "%s/state", folder);
	ck_assert_msg(store_open(&store, state, STORE_WRITE, true, &e) == 0, "%s", e.text);
	environment = (struct sweep_environment){
		.store = store, .config = &config, .models = &models, .baselines = baseline_memory_new(),
		.owner = "test/1/1",
		.credentials = {.configured = config.credentials},
		.clock = {.now = read_clock},
	};
	ck_assert_int_ge(sd_event_new(&environment.event), 0);
	const struct pull_options options = {
		.program = config.puller, .pullers = 1, .visits = 2, .clock = environment.clock,
	};
	ck_assert_msg(pull_pool_new(&environment.pool, environment.event, &options, &e) == 0, "%s", e.text);
	for (int i = 1; i <= PUMPS; i++)
		enroll_pump(i);
}

static void end(void)
{
	char command[128];

	pull_pool_free(environment.pool);
	sd_event_unref(environment.event);
	baseline_memory_free(environment.baselines);
	store_close(store);
	sweep_models_clear(&models);
	config_clear(&config);
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

/* ---- baselines and sweeps ---- */

static void add_baseline(enum visit_kind kind, const char *release, uint64_t serial, int64_t older_until)
{
	struct visit_report report = {0};
	struct store_device device = {0};
	struct manifest manifest = {0};
	struct store_baselines before = {0};
	const struct enroll_visit options = {0};
	struct error e = {0};
	struct text text;

	text_init(&text);
	ck_assert_int_eq(store_device_load(store, "PUMP-1", &device, &e), 1);
	ck_assert_msg(enroll_visit(&environment, &device.device, &options, &report, &e) == 0, "%s", e.text);
	ck_assert_msg(enroll_manifest(&manifest, &report, kind, &e) == 0, "%s", e.text);
	manifest.site = strdup("sample");
	manifest.scope = MANIFEST_MODEL;
	manifest.scope_name = strdup("sample");
	manifest.release = strdup(release);
	manifest.serial = serial;
	manifest.created_at = START;
	manifest.expires_at = TIME_NEVER;
	ck_assert_int_eq(store_baselines_list(store, "sample", NULL, &before, &e), 0);
	for (size_t i = 0; i < before.count; i++)
		if (before.items[i].manifest.kind == kind && before.items[i].state == STORE_CURRENT)
			memcpy(manifest.previous, before.items[i].id, sizeof manifest.previous);
	ck_assert_msg(manifest_write(&text, &manifest, &e) == 0, "%s", e.text);
	const struct store_actor actor = {.by = "test", .at = clock_now};
	char id[MANIFEST_ID_SIZE];
	ck_assert_int_eq(manifest_id(id, text.data, text.length), 0);
	ck_assert_msg(store_baseline_add(store, text.data, &manifest, &actor, &e) == 0 &&
			      store_baseline_enforce(store, id, older_until, &actor, &e) == 0,
		      "%s", e.text);
	store_baselines_clear(&before);
	text_clear(&text);
	manifest_clear(&manifest);
	visit_report_clear(&report);
	store_device_clear(&device);
}

static void add_baselines(void)
{
	add_baseline(VISIT_FIRMWARE, "7.0", 1, TIME_NEVER);
	add_baseline(VISIT_DRUG_LIBRARY, "2026-10", 1, TIME_NEVER);
}

struct outcome {
	bool done;
	bool failed;
	struct error error;
	struct alert_counts counts;
	size_t visits, retries;
	struct sweep *sweep;
	size_t stop_after; /* visits, then sweep_stop(); 0: never */
	size_t leave_after; /* visits, then leave the loop; 0: never */
	char seen[PUMPS * 16]; /* the assets in the order of their ends */
};

static void on_visit(void *userdata, const struct sweep_visit *visit)
{
	struct outcome *outcome = userdata;

	outcome->retries += visit->will_retry;
	outcome->visits += !visit->will_retry;
	if (!visit->will_retry)
		strcat(strcat(outcome->seen, visit->device->asset), " ");
	if (outcome->stop_after && outcome->visits == outcome->stop_after)
		sweep_stop(outcome->sweep, "by the test");
}

static void on_done(void *userdata, const struct alert_counts *counts, const struct error *failed)
{
	struct outcome *outcome = userdata;

	ck_assert(!outcome->done);
	outcome->done = true;
	outcome->counts = *counts;
	outcome->failed = failed != NULL;
	if (failed)
		outcome->error = *failed;
}

static struct sweep_handlers handlers_of(struct outcome *outcome)
{
	return (struct sweep_handlers){.on_visit = on_visit, .on_done = on_done, .userdata = outcome};
}

static void start_sweep(struct outcome *outcome, const struct sweep_request *request)
{
	const struct sweep_handlers handlers = handlers_of(outcome);
	struct error e = {0};

	ck_assert_msg(sweep_start(&outcome->sweep, &environment, request, &handlers, &e) == 0, "%s", e.text);
}

static void run_sweep(struct outcome *outcome)
{
	while (!outcome->done && !(outcome->leave_after && outcome->visits >= outcome->leave_after))
		ck_assert_int_ge(sd_event_run(environment.event, UINT64_MAX), 0);
	sweep_free(outcome->sweep);
	outcome->sweep = NULL;
}

static struct outcome sweep_all(void)
{
	const struct sweep_request request = {.closes_at = TIME_NEVER, .ignore_back_off = true, .by = "test"};
	struct outcome outcome = {0};

	start_sweep(&outcome, &request);
	run_sweep(&outcome);
	ck_assert_msg(!outcome.failed, "%s", outcome.error.text);
	return outcome;
}

static size_t count_events(enum alert_type type, enum alert_action action)
{
	struct store_events events = {0};
	struct error e = {0};
	size_t count = 0;

	ck_assert_msg(store_events_list(store, 0, 10000, &events, &e) == 0, "%s", e.text);
	for (size_t i = 0; i < events.count; i++) {
		ck_assert_uint_eq(events.items[i].seq, i + 1);
		count += events.items[i].type == type && events.items[i].action == action;
	}
	store_events_clear(&events);
	return count;
}

/* How many alerts these words have ended. */
static size_t count_ended(const char *why)
{
	struct store_events events = {0};
	struct error e = {0};
	size_t count = 0;

	ck_assert_msg(store_events_list(store, 0, 10000, &events, &e) == 0, "%s", e.text);
	for (size_t i = 0; i < events.count; i++)
		count += events.items[i].action == ALERT_ENDED && strstr(events.items[i].detail, why) != NULL;
	store_events_clear(&events);
	return count;
}

static struct store_device load(const char *asset)
{
	struct store_device device = {0};
	struct error e = {0};

	ck_assert_int_eq(store_device_load(store, asset, &device, &e), 1);
	return device;
}

static enum drift_result result_of(const char *asset)
{
	struct store_device device = load(asset);
	enum drift_result result = device.standing.result;

	ck_assert(device.standing.has_result);
	store_device_clear(&device);
	return result;
}

static void set_state(const char *asset, enum inventory_state state)
{
	struct store_device device = load(asset);
	struct error e = {0};

	device.device.state = state;
	ck_assert_int_eq(store_device_save(store, &device.device, &e), 0);
	store_device_clear(&device);
}

/* ---- the cases ---- */

START_TEST(without_a_baseline_a_device_is_untrusted_and_not_verified)
{
	struct outcome outcome = sweep_all();

	ck_assert_uint_eq(outcome.counts.results[DRIFT_UNTRUSTED], PUMPS);
	ck_assert_uint_eq(outcome.counts.results[DRIFT_VERIFIED], 0);
	ck_assert_uint_eq(count_events(ALERT_SWEEP_SUMMARY, ALERT_TOLD), 1);
}
END_TEST

/* Run SQL behind the store's back. */
static void tamper(const char *sql)
{
	char path[256];
	char *words = NULL;
	sqlite3 *database;

	snprintf(path, sizeof path, "%s/state/pumpwatch.db", folder);
	ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(database, sql, NULL, NULL, &words) == SQLITE_OK, "%s", words);
	sqlite3_close(database);
}

#define BREAK "UPDATE baseline SET text = replace(text, 'release: 7.0', 'release: 7.1')"
#define MEND  "UPDATE baseline SET text = replace(text, 'release: 7.1', 'release: 7.0')"

START_TEST(a_tampered_baseline_is_told_and_verifies_nothing)
{
	add_baselines();
	tamper(BREAK);
	struct outcome outcome = sweep_all();
	ck_assert_uint_eq(outcome.counts.results[DRIFT_UNTRUSTED], PUMPS);
	ck_assert_uint_eq(count_events(ALERT_BASELINE_REJECTED, ALERT_OPENED), 1);
	clock_now += TIME_HOUR;
	sweep_all();
	ck_assert_uint_eq(count_events(ALERT_BASELINE_REJECTED, ALERT_OPENED), 1);
	ck_assert_uint_eq(count_events(ALERT_BASELINE_REJECTED, ALERT_REMINDED), 0);
	tamper(MEND);
	clock_now += TIME_HOUR;
	outcome = sweep_all();
	ck_assert_uint_eq(outcome.counts.results[DRIFT_VERIFIED], PUMPS);
	ck_assert_uint_eq(count_events(ALERT_RESOLVED, ALERT_ENDED), 1);
	ck_assert_uint_eq(count_ended("its text, its place and its approvals are good again"), 1);
}
END_TEST

START_TEST(a_rejected_baseline_that_is_withdrawn_says_by_whom)
{
	CLEANUP(store_baselines_clear) struct store_baselines baselines = {0};
	const struct store_actor actor = {.by = "A. Sample", .why = "recalled by the maker", .at = START};
	struct error e = {0};

	add_baselines();
	tamper(BREAK);
	sweep_all();
	ck_assert_int_eq(store_baselines_list(store, NULL, NULL, &baselines, &e), 0);
	for (size_t i = 0; i < baselines.count; i++)
		if (baselines.items[i].fault[0] != '\0')
			ck_assert_msg(store_baseline_withdraw(store, baselines.items[i].id, &actor, &e) == 0, "%s", e.text);
	clock_now += TIME_HOUR;
	sweep_all();
	ck_assert_uint_eq(count_ended("it was withdrawn by A. Sample"), 1);
}
END_TEST

START_TEST(a_baseline_tampered_under_a_running_process_stays_as_it_was_approved)
{
	add_baselines();
	sweep_all();
	tamper(BREAK);
	struct outcome outcome = sweep_all();
	ck_assert_uint_eq(outcome.counts.results[DRIFT_VERIFIED], PUMPS);
	ck_assert_uint_eq(count_events(ALERT_BASELINE_REJECTED, ALERT_OPENED), 1);
	put("pump-3/therapy.bin", "forged!!");
	outcome = sweep_all();
	ck_assert_uint_eq(outcome.counts.results[DRIFT_DRIFTED], 1);
}
END_TEST

START_TEST(clean_devices_are_verified_and_told_in_a_summary_alone)
{
	add_baselines();
	struct outcome outcome = sweep_all();
	struct store_device device = load("PUMP-2");

	ck_assert_uint_eq(outcome.counts.results[DRIFT_VERIFIED], PUMPS);
	ck_assert_uint_eq(outcome.counts.devices, PUMPS);
	ck_assert_uint_eq(outcome.counts.files, 2 * PUMPS);
	ck_assert_int_eq(device.standing.verified_at, START);
	ck_assert_str_eq(device.standing.releases[VISIT_FIRMWARE].release, "7.0");
	ck_assert_str_eq(device.standing.releases[VISIT_DRUG_LIBRARY].release, "2026-10");
	ck_assert_str_eq(device.standing.releases[VISIT_CONFIG].manifest, "");
	ck_assert_uint_eq(count_events(ALERT_SWEEP_SUMMARY, ALERT_TOLD), 1);
	ck_assert_uint_eq(count_events(ALERT_FILE_MODIFIED, ALERT_OPENED), 0);
	store_device_clear(&device);
}
END_TEST

START_TEST(each_change_opens_one_alert_and_its_end_resolves_it)
{
	add_baselines();
	put("pump-2/therapy.bin", "FIRMWARE");
	put("pump-3/evil.bin", "added");
	ck_assert_int_eq(unlink(strcat(strcpy((char[256]){0}, folder), "/pump-4/drugs.lib")), 0);
	put("pump-5/LOG", "a longer log");
	struct outcome outcome = sweep_all();
	ck_assert_uint_eq(outcome.counts.results[DRIFT_DRIFTED], 3);
	ck_assert_uint_eq(outcome.counts.results[DRIFT_VERIFIED], PUMPS - 3);
	clock_now += TIME_DAY;
	sweep_all();
	ck_assert_uint_eq(count_events(ALERT_FILE_MODIFIED, ALERT_OPENED), 1);
	ck_assert_uint_eq(count_events(ALERT_FILE_ADDED, ALERT_OPENED), 1);
	ck_assert_uint_eq(count_events(ALERT_FILE_MISSING, ALERT_OPENED), 1);

	put("pump-2/therapy.bin", "firmware");
	put("pump-4/drugs.lib", "drugs");
	ck_assert_int_eq(unlink(strcat(strcpy((char[256]){0}, folder), "/pump-3/evil.bin")), 0);
	clock_now += TIME_DAY;
	outcome = sweep_all();
	ck_assert_uint_eq(outcome.counts.results[DRIFT_VERIFIED], PUMPS);
	ck_assert_uint_eq(outcome.counts.open_alerts, 0);
	ck_assert_uint_eq(count_events(ALERT_RESOLVED, ALERT_ENDED), 3);
	ck_assert_uint_eq(count_ended("it was read again, and the device is on release 7.0 (visit "), 1);
	ck_assert_uint_eq(count_ended("it was read again, and the device is on release 2026-10 (visit "), 1);
	ck_assert_uint_eq(count_ended("it is no longer among the files that are checked (visit "), 1);
}
END_TEST

START_TEST(a_release_still_accepted_is_behind_and_stale_after_its_date)
{
	add_baselines();
	put("pump-1/drugs.lib", "drugs of november");
	add_baseline(VISIT_DRUG_LIBRARY, "2026-11", 2, START + 10 * TIME_DAY);
	struct outcome outcome = sweep_all();
	ck_assert_uint_eq(outcome.counts.results[DRIFT_VERIFIED], 1);
	ck_assert_uint_eq(outcome.counts.results[DRIFT_BEHIND], PUMPS - 1);
	ck_assert_uint_eq(outcome.counts.open_alerts, 0);
	clock_now = START + 10 * TIME_DAY;
	outcome = sweep_all();
	ck_assert_uint_eq(outcome.counts.results[DRIFT_DRIFTED], PUMPS - 1);
	ck_assert_uint_eq(count_events(ALERT_FILE_STALE, ALERT_OPENED), PUMPS - 1);
}
END_TEST

START_TEST(a_device_that_is_away_is_unreachable_and_opens_no_file_alert)
{
	char from[256], to[256];

	add_baselines();
	sweep_all();
	snprintf(from, sizeof from, "%s/pump-2", folder);
	snprintf(to, sizeof to, "%s/elsewhere", folder);
	ck_assert_int_eq(rename(from, to), 0);
	struct outcome outcome = sweep_all();
	ck_assert_uint_eq(outcome.counts.results[DRIFT_VERIFIED], PUMPS - 1);
	ck_assert_int_ne(result_of("PUMP-2"), DRIFT_VERIFIED);
	ck_assert_int_ne(result_of("PUMP-2"), DRIFT_DRIFTED);
	ck_assert_uint_eq(count_events(ALERT_FILE_MISSING, ALERT_OPENED), 0);
}
END_TEST

START_TEST(a_credential_that_is_missing_is_said_and_never_verified)
{
	struct store_device device = load("PUMP-2");
	struct error e = {0};

	add_baselines();
	device.device.credential = strdup("ward-3");
	ck_assert_int_eq(store_device_save(store, &device.device, &e), 0);
	store_device_clear(&device);
	sweep_all();
	device = load("PUMP-2");
	ck_assert_int_eq(device.standing.outcome, VISIT_CREDENTIAL_UNUSABLE);
	ck_assert_int_eq(device.standing.verified_at, 0);
	store_device_clear(&device);
}
END_TEST

START_TEST(devices_in_store_or_maintenance_are_skipped)
{
	add_baselines();
	set_state("PUMP-2", INVENTORY_STORED);
	set_state("PUMP-3", INVENTORY_MAINTENANCE);
	set_state("PUMP-4", INVENTORY_RETIRED);
	struct outcome outcome = sweep_all();
	ck_assert_uint_eq(outcome.counts.results[DRIFT_SKIPPED], 2);
	ck_assert_uint_eq(outcome.counts.results[DRIFT_VERIFIED], PUMPS - 3);
}
END_TEST

START_TEST(an_unknown_asset_is_refused_by_name)
{
	static const char *const assets[] = {"PUMP-1", "PUMP-99"};
	const struct sweep_request request = {.assets = assets, .asset_count = 2, .closes_at = TIME_NEVER};
	struct outcome outcome = {0};
	const struct sweep_handlers handlers = handlers_of(&outcome);
	struct error e = {0};

	ck_assert_int_eq(sweep_start(&outcome.sweep, &environment, &request, &handlers, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "PUMP-99"));
}
END_TEST

START_TEST(the_longest_unverified_come_first)
{
	static const char *const late[] = {"PUMP-1", "PUMP-2", "PUMP-4", "PUMP-5", "PUMP-6"};
	const struct sweep_request some = {.assets = late, .asset_count = 5, .closes_at = TIME_NEVER, .ignore_back_off = true};
	struct outcome outcome = {0};

	add_baselines();
	start_sweep(&outcome, &some);
	run_sweep(&outcome);
	clock_now += TIME_DAY;
	outcome = (struct outcome){.stop_after = 1};
	const struct sweep_request all = {.closes_at = TIME_NEVER, .ignore_back_off = true};
	start_sweep(&outcome, &all);
	run_sweep(&outcome);
	/* Two at once: the one never verified was among the first two. */
	struct store_device device = load("PUMP-3");
	ck_assert(device.standing.verified_at != 0 || strstr(outcome.seen, "PUMP-1"));
	store_device_clear(&device);
	clock_now += TIME_DAY;
	sweep_all();
	ck_assert_int_eq(result_of("PUMP-3"), DRIFT_VERIFIED);
}
END_TEST

START_TEST(a_stop_ends_the_sweep_and_says_what_was_skipped)
{
	struct outcome outcome = {.stop_after = 1};
	const struct sweep_request request = {.closes_at = TIME_NEVER, .ignore_back_off = true};

	add_baselines();
	start_sweep(&outcome, &request);
	run_sweep(&outcome);
	ck_assert(outcome.counts.stopped);
	ck_assert_str_eq(outcome.counts.why_stopped, "by the test");
	ck_assert_uint_ge(outcome.counts.results[DRIFT_SKIPPED], PUMPS - 2);
	ck_assert_uint_eq(count_events(ALERT_SWEEP_SUMMARY, ALERT_TOLD), 1);
}
END_TEST

START_TEST(a_stop_file_keeps_sweeps_from_starting)
{
	const struct sweep_request request = {.closes_at = TIME_NEVER};
	struct outcome outcome = {0};
	const struct sweep_handlers handlers = handlers_of(&outcome);
	struct error e = {0};

	put("state/stop", "network work\n");
	ck_assert_int_eq(sweep_start(&outcome.sweep, &environment, &request, &handlers, &e), -1);
	ck_assert_int_eq(e.code, ERROR_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(e.text, "network work"));
	ck_assert_int_eq(sweep_stop_remove(config.state, &e), 0);
	add_baselines();
	sweep_all();
}
END_TEST

START_TEST(a_stop_file_ends_a_sweep_that_runs)
{
	struct outcome outcome = {.leave_after = 1};
	const struct sweep_request request = {.closes_at = TIME_NEVER, .ignore_back_off = true};
	struct error e = {0};

	add_baselines();
	start_sweep(&outcome, &request);
	while (outcome.visits == 0)
		ck_assert_int_ge(sd_event_run(environment.event, UINT64_MAX), 0);
	ck_assert_int_eq(sweep_stop_write(config.state, "now", &e), 0);
	outcome.leave_after = 0;
	run_sweep(&outcome);
	ck_assert(outcome.counts.stopped);
	ck_assert_ptr_nonnull(strstr(outcome.counts.why_stopped, "now"));
}
END_TEST

#define NO_DISK_HAS_SO_MUCH (UINT64_C(1) << 50)

START_TEST(a_full_outbox_keeps_sweeps_from_starting)
{
	const struct sweep_request request = {.closes_at = TIME_NEVER};
	struct outcome outcome = {0};
	const struct sweep_handlers handlers = handlers_of(&outcome);
	struct error e = {0};

	add_baselines();
	config.keep_free = NO_DISK_HAS_SO_MUCH;
	ck_assert_int_eq(sweep_start(&outcome.sweep, &environment, &request, &handlers, &e), -1);
	ck_assert_int_eq(e.code, ERROR_UNAVAILABLE);
	ck_assert_ptr_eq(strstr(e.text, OUTBOX_FULL), e.text);
	config.keep_free = 0;
	sweep_all();
}
END_TEST

START_TEST(a_full_outbox_ends_a_sweep_that_runs_and_the_rest_is_visited_later)
{
	struct outcome outcome = {.leave_after = 1};
	struct outcome rest = {0};
	struct sweep_request request = {.closes_at = TIME_NEVER, .ignore_back_off = true, .since = START};

	add_baselines();
	clock_now = START + 8 * TIME_DAY; /* all are overdue, which is not told now */
	request.since = clock_now;
	start_sweep(&outcome, &request);
	while (outcome.visits == 0)
		ck_assert_int_ge(sd_event_run(environment.event, UINT64_MAX), 0);
	config.keep_free = NO_DISK_HAS_SO_MUCH;
	clock_now += 2 * TIME_SECOND;
	outcome.leave_after = 0;
	run_sweep(&outcome);
	ck_assert(outcome.counts.stopped && !outcome.failed);
	ck_assert_ptr_eq(strstr(outcome.counts.why_stopped, OUTBOX_FULL), outcome.counts.why_stopped);
	ck_assert_uint_eq(count_events(ALERT_SWEEP_SUMMARY, ALERT_TOLD), 1);
	ck_assert_uint_eq(count_events(ALERT_DEVICE_OVERDUE, ALERT_OPENED), 0);
	uint64_t visited = outcome.counts.devices - outcome.counts.results[DRIFT_SKIPPED];
	ck_assert_uint_ge(visited, 1);
	ck_assert_uint_lt(visited, PUMPS);
	config.keep_free = 0;
	start_sweep(&rest, &request);
	run_sweep(&rest);
	ck_assert_uint_eq(rest.counts.devices, PUMPS - visited);
	ck_assert_uint_eq(rest.counts.results[DRIFT_VERIFIED], PUMPS - visited);
}
END_TEST

START_TEST(a_heartbeat_tells_where_the_fleet_stands)
{
	CLEANUP(store_events_clear) struct store_events events = {0};
	struct config_sink sink = {.name = (char *)"relp"};
	char head[DIGEST_SHA256_HEX + 1];
	struct error e = {0};
	uint64_t seq;

	ck_assert_int_eq(store_sink_position(store, "relp", &seq, &e), 0);
	ck_assert_int_eq(store_sink_position(store, "of old", &seq, &e), 0);
	add_baselines();
	put("pump-2/therapy.bin", "FIRMWARE");
	sweep_all();
	set_state("PUMP-6", INVENTORY_RETIRED);
	config.sinks = &sink;
	config.sink_count = 1;
	config.heartbeat = TIME_HOUR;
	ck_assert_int_eq(store_event_head(store, &seq, head, &e), 0);
	ck_assert_int_eq(store_sink_advance(store, "relp", seq - 1, clock_now, 0, &e), 0);
	ck_assert_msg(sweep_tell_heartbeat(&environment, &e) == 0, "%s", e.text);
	config.sinks = NULL;
	config.sink_count = 0;
	ck_assert_int_eq(store_event_head(store, &seq, head, &e), 0);
	ck_assert_int_eq(store_events_list(store, seq - 1, 1, &events, &e), 0);
	const struct alert_event *heartbeat = &events.items[0];
	ck_assert_int_eq((int)heartbeat->type, ALERT_HEARTBEAT);
	ck_assert_uint_eq(heartbeat->interval, 3600);
	ck_assert_uint_eq(heartbeat->counts.devices, PUMPS - 1);
	ck_assert_uint_eq(heartbeat->counts.results[DRIFT_VERIFIED], PUMPS - 2);
	ck_assert_uint_eq(heartbeat->counts.results[DRIFT_DRIFTED], 1);
	ck_assert_uint_eq(heartbeat->counts.open_alerts, 1);
	ck_assert_uint_eq(heartbeat->counts.waiting, 1);
	ck_assert_ptr_nonnull(strstr(heartbeat->serials, "model sample firmware 1"));
}
END_TEST

START_TEST(an_owner_is_gone_when_its_process_is)
{
	char ours[SWEEP_OWNER_SIZE], theirs[SWEEP_OWNER_SIZE];
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(0);
	sweep_owner_write(ours, "host", START);
	ck_assert(!sweep_owner_is_gone(ours, ours));
	const char *namespace = strchr(ours, '/');
	int length = (int)(strchr(namespace + 1, '/') - namespace);
	snprintf(theirs, sizeof theirs, "host%.*s/%d/7", length, namespace, (int)child);
	ck_assert(!sweep_owner_is_gone(theirs, ours)); /* it waits to be reaped */
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert(sweep_owner_is_gone(theirs, ours));
	snprintf(theirs, sizeof theirs, "host%.*s/%d/7", length, namespace, (int)getpid());
	ck_assert(sweep_owner_is_gone(theirs, ours)); /* who had our number before us */
	snprintf(theirs, sizeof theirs, "host%.*s/1/7", length, namespace);
	ck_assert(!sweep_owner_is_gone(theirs, ours));
	snprintf(theirs, sizeof theirs, "another%.*s/%d/7", length, namespace, (int)child);
	ck_assert(!sweep_owner_is_gone(theirs, ours));
	snprintf(theirs, sizeof theirs, "host/pid:[1]/%d/7", (int)child);
	ck_assert(!sweep_owner_is_gone(theirs, ours));
	ck_assert(!sweep_owner_is_gone("host/1/2", "host/1/3"));
	ck_assert(!sweep_owner_is_gone("", ours));
	ck_assert(!sweep_owner_is_gone("host/?/1/2", "host/?/3/4"));
}
END_TEST

START_TEST(an_interrupted_window_goes_on_and_visits_nobody_twice)
{
	const struct sweep_request request = {.window = &config.windows[0], .closes_at = START + TIME_HOUR};
	struct outcome first = {.leave_after = 2};
	struct outcome second = {0};

	add_baselines();
	start_sweep(&first, &request);
	clock_now = START + 10 * TIME_MINUTE; /* all jitter is over */
	run_sweep(&first);
	ck_assert(!first.done);
	start_sweep(&second, &request);
	run_sweep(&second);
	ck_assert(second.done && !second.failed);
	ck_assert_uint_eq(first.visits + second.visits, PUMPS);
	ck_assert_uint_eq(second.counts.results[DRIFT_VERIFIED], PUMPS);
	ck_assert_uint_eq(count_events(ALERT_SWEEP_SUMMARY, ALERT_TOLD), 1);
}
END_TEST

START_TEST(a_window_that_closed_skips_the_rest)
{
	const struct sweep_request request = {.window = &config.windows[0], .closes_at = START + TIME_HOUR};
	struct outcome outcome = {0};

	add_baselines();
	start_sweep(&outcome, &request);
	clock_now = START + TIME_HOUR;
	run_sweep(&outcome);
	ck_assert(outcome.counts.stopped);
	ck_assert_uint_eq(outcome.counts.results[DRIFT_SKIPPED], PUMPS);
}
END_TEST

START_TEST(a_device_that_another_sweeper_has_is_left_to_it)
{
	struct outcome outcome = {.leave_after = PUMPS - 1};
	const struct sweep_request request = {.closes_at = TIME_NEVER, .ignore_back_off = true};
	struct error e = {0};

	add_baselines();
	ck_assert_int_eq(store_lease_take(store, "PUMP-2", "other/2/2", clock_now, clock_now + 3 * TIME_MINUTE, &e), 1);
	start_sweep(&outcome, &request);
	while (outcome.visits < PUMPS - 1)
		ck_assert_int_ge(sd_event_run(environment.event, UINT64_MAX), 0);
	ck_assert_ptr_null(strstr(outcome.seen, "PUMP-2"));
	clock_now += 4 * TIME_MINUTE; /* the other one crashed: its lease ends */
	outcome.leave_after = 0;
	run_sweep(&outcome);
	ck_assert_ptr_nonnull(strstr(outcome.seen, "PUMP-2"));
	ck_assert_uint_eq(outcome.counts.results[DRIFT_VERIFIED], PUMPS);
}
END_TEST

START_TEST(a_device_not_verified_for_days_is_overdue_once_and_resolved_when_verified)
{
	struct error e = {0};

	add_baselines();
	set_state("PUMP-6", INVENTORY_RETIRED);
	clock_now = START + 6 * TIME_DAY;
	ck_assert_int_eq(sweep_check_overdue(&environment, 0, &e), 0);
	ck_assert_uint_eq(count_events(ALERT_DEVICE_OVERDUE, ALERT_OPENED), 0);
	clock_now = START + 8 * TIME_DAY;
	ck_assert_int_eq(sweep_check_overdue(&environment, 0, &e), 0);
	ck_assert_int_eq(sweep_check_overdue(&environment, 0, &e), 0);
	ck_assert_uint_eq(count_events(ALERT_DEVICE_OVERDUE, ALERT_OPENED), PUMPS - 1);
	struct outcome outcome = sweep_all();
	ck_assert_uint_eq(outcome.counts.overdue, 0);
	ck_assert_uint_eq(count_events(ALERT_RESOLVED, ALERT_ENDED), PUMPS - 1);
}
END_TEST

START_TEST(a_store_that_cannot_be_written_fails_the_sweep_and_verifies_nothing)
{
	struct rlimit limit = {4096, RLIM_INFINITY};
	struct rlimit before;
	struct outcome outcome = {0};
	const struct sweep_request request = {.closes_at = TIME_NEVER, .ignore_back_off = true};

	add_baselines();
	start_sweep(&outcome, &request);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	run_sweep(&outcome);
	ck_assert(outcome.failed);
	ck_assert_int_eq(outcome.error.code, ERROR_UNAVAILABLE);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	struct store_device device = load("PUMP-1");
	ck_assert_int_eq(device.standing.verified_at, 0);
	store_device_clear(&device);
	outcome = sweep_all();
	ck_assert_uint_eq(outcome.counts.results[DRIFT_VERIFIED], PUMPS);
}
END_TEST

static int count_leases(void)
{
	char path[160];
	sqlite3 *database = NULL;
	sqlite3_stmt *statement = NULL;

	snprintf(path, sizeof path, "%s/pumpwatch.db", config.state);
	ck_assert_int_eq(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(database, "SELECT count(*) FROM lease", -1, &statement, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	int count = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(database);
	return count;
}

/* A child sweeps; it is killed without warning in the middle, and its window goes on. */
START_TEST(a_killed_sweeper_loses_and_repeats_nothing)
{
	const struct sweep_request request = {.window = &config.windows[0], .closes_at = START + 4 * TIME_HOUR};
	char owner[SWEEP_OWNER_SIZE];
	int pipe_fds[2];
	char byte;

	sweep_owner_write(owner, "host", clock_now);
	environment.owner = owner;
	add_baselines();
	put("pump-2/therapy.bin", "FIRMWARE");
	clock_now = START + 59 * TIME_MINUTE;
	ck_assert_int_eq(pipe(pipe_fds), 0);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		/* A store and a loop of its own: neither outlives a fork. */
		struct outcome outcome = {0};
		struct error e = {0};
		struct sd_event *loop;
		const struct pull_options options = {
			.program = config.puller, .pullers = 1, .visits = 1, .clock = environment.clock,
		};
		sd_event_new(&loop);
		environment.event = loop;
		sweep_owner_write(owner, "host", clock_now);
		if (store_open(&environment.store, config.state, STORE_WRITE, false, &e) < 0 ||
		    pull_pool_new(&environment.pool, loop, &options, &e) < 0)
			_exit(1);
		const struct sweep_handlers handlers = handlers_of(&outcome);
		if (sweep_start(&outcome.sweep, &environment, &request, &handlers, &e) < 0)
			_exit(1);
		clock_now += 10 * TIME_MINUTE; /* all jitter is over */
		while (outcome.visits < 3 || count_leases() == 0)
			sd_event_run(loop, UINT64_MAX);
		if (write(pipe_fds[1], "x", 1) != 1)
			_exit(1);
		for (;;) /* with visits under way */
			pause();
	}
	ck_assert_int_eq((int)read(pipe_fds[0], &byte, 1), 1);
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert_int_gt(count_leases(), 0);
	struct outcome outcome = {0};
	start_sweep(&outcome, &request);
	ck_assert_int_eq(count_leases(), 0);
	clock_now += 10 * TIME_MINUTE; /* its leases would hold for some minutes more, but it is gone */
	run_sweep(&outcome);
	ck_assert(outcome.done && !outcome.failed);
	ck_assert_uint_le(outcome.visits, PUMPS - 3);
	ck_assert_uint_eq(count_events(ALERT_FILE_MODIFIED, ALERT_OPENED), 1);
	ck_assert_uint_eq(count_events(ALERT_SWEEP_SUMMARY, ALERT_TOLD), 1);
	ck_assert_uint_eq(outcome.counts.devices, PUMPS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sweep");
	TCase *cases = tcase_create("sweep");

	tcase_set_timeout(cases, 60);
	tcase_add_checked_fixture(cases, begin, end);
	tcase_add_test(cases, without_a_baseline_a_device_is_untrusted_and_not_verified);
	tcase_add_test(cases, a_tampered_baseline_is_told_and_verifies_nothing);
	tcase_add_test(cases, a_rejected_baseline_that_is_withdrawn_says_by_whom);
	tcase_add_test(cases, a_baseline_tampered_under_a_running_process_stays_as_it_was_approved);
	tcase_add_test(cases, clean_devices_are_verified_and_told_in_a_summary_alone);
	tcase_add_test(cases, each_change_opens_one_alert_and_its_end_resolves_it);
	tcase_add_test(cases, a_release_still_accepted_is_behind_and_stale_after_its_date);
	tcase_add_test(cases, a_device_that_is_away_is_unreachable_and_opens_no_file_alert);
	tcase_add_test(cases, a_credential_that_is_missing_is_said_and_never_verified);
	tcase_add_test(cases, devices_in_store_or_maintenance_are_skipped);
	tcase_add_test(cases, an_unknown_asset_is_refused_by_name);
	tcase_add_test(cases, the_longest_unverified_come_first);
	tcase_add_test(cases, a_stop_ends_the_sweep_and_says_what_was_skipped);
	tcase_add_test(cases, a_stop_file_keeps_sweeps_from_starting);
	tcase_add_test(cases, a_stop_file_ends_a_sweep_that_runs);
	tcase_add_test(cases, a_full_outbox_keeps_sweeps_from_starting);
	tcase_add_test(cases, a_full_outbox_ends_a_sweep_that_runs_and_the_rest_is_visited_later);
	tcase_add_test(cases, a_heartbeat_tells_where_the_fleet_stands);
	tcase_add_test(cases, an_owner_is_gone_when_its_process_is);
	tcase_add_test(cases, an_interrupted_window_goes_on_and_visits_nobody_twice);
	tcase_add_test(cases, a_window_that_closed_skips_the_rest);
	tcase_add_test(cases, a_device_that_another_sweeper_has_is_left_to_it);
	tcase_add_test(cases, a_device_not_verified_for_days_is_overdue_once_and_resolved_when_verified);
	tcase_add_test(cases, a_store_that_cannot_be_written_fails_the_sweep_and_verifies_nothing);
	suite_add_tcase(suite, cases);

	TCase *killed = tcase_create("killed");
	tcase_set_timeout(killed, 60);
	tcase_add_checked_fixture(killed, begin, end);
	tcase_add_test(killed, a_killed_sweeper_loses_and_repeats_nothing);
	suite_add_tcase(suite, killed);
	return suite_run(suite);
}
