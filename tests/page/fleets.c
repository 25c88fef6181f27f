/* Pages of made-up fleets, for the tests of the page and for screenshots: fills report_fleet as of
 * a fixed moment and writes the page to standard output. Usage: fleets NAME */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "report/report.h"

static const int64_t now = INT64_C(1795324500) * TIME_SECOND; /* 2026-11-22 05:15 UTC */

static const char *const departments[] = {"Ward-1", "Ward-2", "Ward-3", "ICU", "NICU", "Oncology",
					  "Theatre", "Emergency", "Dialysis", "Paediatrics", "Service bench", NULL};
enum { DEPARTMENTS = sizeof departments / sizeof *departments };
static const char *const models[] = {"medfusion-4000", "hospira-plum-a-plus", "hospira-lifecare-pca", "generic"};

/* Good enough to look natural, and the same each time. */
static uint64_t state;
static unsigned roll(unsigned sides)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(state >> 33) % sides;
}

static char *word(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *word(const char *format, ...)
{
	char *string = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&string, format, arguments) < 0)
		abort();
	va_end(arguments);
	return string;
}

static char *copy(const char *string)
{
	return string ? word("%s", string) : NULL;
}

static struct digest_pair digest(unsigned seed)
{
	struct digest_pair pair;
	uint64_t kept = state;

	state = seed * UINT64_C(2654435761) + 1;
	for (unsigned i = 0; i < sizeof pair.md5; i++)
		pair.md5[i] = (uint8_t)roll(256);
	for (unsigned i = 0; i < sizeof pair.sha256; i++)
		pair.sha256[i] = (uint8_t)roll(256);
	state = kept;
	return pair;
}

static struct report_fleet begin(const char *site)
{
	state = 4711;
	struct report_fleet fleet = {
		.site = copy(site),
		.host = copy("collector.example.org"),
		.version = "0.1.0",
		.made_at = now,
		.approvals = 2,
		.overdue_after = 7 * TIME_DAY,
		.next_at = now + 17 * TIME_HOUR + 45 * TIME_MINUTE,
		.seq = 184213,
	};

	(void)strcpy(fleet.head, "9f2c41d0c7a35be81e64f0927ad85c1b3360e4d97f1285cab09e6d34718f52ce");
	for (int i = 0; i < REPORT_DAYS; i++)
		fleet.days[i].at = now - 5 * TIME_HOUR - 15 * TIME_MINUTE - (REPORT_DAYS - 1 - i) * TIME_DAY;
	return fleet;
}

/* ---- devices ---- */

static void settle(struct report_device *device, enum drift_result result, enum visit_outcome outcome,
		   int64_t verified_ago)
{
	device->has_result = true;
	device->result = result;
	device->outcome = outcome;
	device->visited_at = now - 2 * TIME_HOUR - (int64_t)roll(120) * TIME_MINUTE;
	device->verified_at = verified_ago < 0 ? 0 : verified_ago == 0 ? device->visited_at : now - verified_ago;
	device->overdue = device->device.state == INVENTORY_ACTIVE &&
			  (verified_ago < 0 || verified_ago > 7 * TIME_DAY);
}

static void add_devices(struct report_fleet *fleet, size_t count)
{
	fleet->devices = calloc(count, sizeof *fleet->devices);
	fleet->device_count = count;
	for (size_t i = 0; i < count; i++) {
		struct report_device *device = &fleet->devices[i];
		device->device = (struct inventory_device){
			.asset = word("SAMPLE-%04zu", i + 1),
			.serial = word("S%06zu", 100000 + i * 7),
			.model = copy(models[i % 10 < 5 ? 0 : i % 10 < 8 ? 1 : i % 10 < 9 ? 2 : 3]),
			.name = i % 3 ? NULL : word("Bed %zu", i % 40 + 1),
			.department = copy(departments[roll(DEPARTMENTS)]),
			.link = word("ftp://192.0.2.%zu/", i % 250 + 1),
			.enrolled_at = now - 400 * TIME_DAY,
		};
		device->grade = (struct visit_grade){.authenticated = i % 10 >= 5, .encrypted = i % 10 >= 5,
						     .identified = true};
		settle(device, DRIFT_VERIFIED, VISIT_OK, 0);
	}
}

static void count_devices(struct report_fleet *fleet)
{
	for (size_t i = 0; i < fleet->device_count; i++) {
		const struct report_device *device = &fleet->devices[i];
		fleet->states[device->device.state]++;
		if (device->device.state != INVENTORY_ACTIVE)
			continue;
		if (device->has_result)
			fleet->results[device->result]++;
		else
			fleet->never_visited++;
		fleet->ages[report_age_of(device->verified_at, now)]++;
		fleet->overdue += device->overdue;
	}
}

static void trouble_devices(struct report_fleet *fleet)
{
	for (size_t i = 0; i < fleet->device_count; i++) {
		struct report_device *device = &fleet->devices[i];
		unsigned chance = roll(1000);
		if (chance < 150)
			settle(device, DRIFT_BEHIND, VISIT_OK, 0);
		else if (chance < 185)
			settle(device, DRIFT_UNREACHABLE, VISIT_TIMED_OUT, (int64_t)(1 + roll(6)) * TIME_DAY);
		else if (chance < 200)
			settle(device, DRIFT_UNREACHABLE, VISIT_HOST_UNREACHABLE, (int64_t)(8 + roll(60)) * TIME_DAY);
		else if (chance < 206)
			settle(device, DRIFT_PARTIAL, VISIT_OK, (int64_t)(2 + roll(20)) * TIME_DAY);
		else if (chance < 210)
			settle(device, DRIFT_REFUSED, VISIT_LOGIN_REFUSED, (int64_t)(3 + roll(40)) * TIME_DAY);
		else if (chance < 214)
			settle(device, DRIFT_UNTRUSTED, VISIT_OK, -1);
		if (chance >= 985)
			device->device.state = chance < 994 ? INVENTORY_STORED : INVENTORY_MAINTENANCE;
		if (device->device.state != INVENTORY_ACTIVE)
			device->overdue = false;
	}
}

static void add_days(struct report_fleet *fleet, uint64_t devices, bool trouble)
{
	for (int i = 0; i < REPORT_DAYS; i++) {
		uint64_t *results = fleet->days[i].results;
		if (trouble && (i == 31 || i == 32))
			continue; /* no sweep */
		uint64_t unreachable = trouble ? devices * (25 + roll(25)) / 1000 : roll(2) ? 0 : roll(3);
		uint64_t drifted = trouble && i > 80 ? (uint64_t)(i - 79) : trouble && i == 47 ? 6 : 0;
		uint64_t behind = !trouble ? 0
				  : i < 20 ? devices / 50
				  : i < 60 ? devices * (uint64_t)(75 - i) / 60
					   : devices * 15 / 100;
		if (trouble && i == 66)
			unreachable = devices / 4;
		results[DRIFT_UNREACHABLE] = unreachable;
		results[DRIFT_DRIFTED] = drifted;
		results[DRIFT_BEHIND] = behind;
		results[DRIFT_VERIFIED] = devices - behind - drifted - unreachable;
	}
	fleet->has_last = true;
	fleet->last_number = 412;
	fleet->last_window = copy("night");
	fleet->last = (struct alert_counts){.devices = devices, .files = devices * 11, .bytes = devices * 512345,
					    .started_at = now - 4 * TIME_HOUR,
					    .ended_at = now - TIME_HOUR - 20 * TIME_MINUTE, .approvals = 2};
}

/* ---- alerts ---- */

static struct alert *add_alert(struct report_fleet *fleet, enum alert_type type, const char *asset, int64_t ago)
{
	fleet->alerts = realloc(fleet->alerts, (fleet->alert_count + 1) * sizeof *fleet->alerts);
	struct alert *alert = &fleet->alerts[fleet->alert_count];
	*alert = (struct alert){
		.number = 300 + fleet->alert_count * 3,
		.asset = copy(asset),
		.type = type,
		.opened_at = now - ago,
		.seen_at = now - 2 * TIME_HOUR,
		.told_at = now - ago,
	};
	fleet->alert_count++;
	return alert;
}

static void of_file(struct alert *alert, enum visit_kind kind, const char *path, unsigned seed)
{
	alert->has_kind = true;
	alert->kind = kind;
	alert->path = copy(path);
	alert->release = copy(kind == VISIT_DRUG_LIBRARY ? "2026-10" : "6.2");
	alert->has_old = alert->type != ALERT_FILE_ADDED;
	alert->old_size = 2140;
	alert->old_digest = digest(1);
	alert->has_new = alert->type != ALERT_FILE_MISSING && alert->type != ALERT_FILE_UNREADABLE;
	alert->new_size = alert->type == ALERT_FILE_FORGED ? 2140 : 2140 + seed % 900;
	alert->new_digest = digest(seed);
	if (alert->type == ALERT_FILE_FORGED)
		memcpy(alert->new_digest.md5, alert->old_digest.md5, sizeof alert->old_digest.md5);
}

static void acknowledge(struct alert *alert, const char *by, const char *note)
{
	alert->state = ALERT_STATE_ACKNOWLEDGED;
	alert->acknowledged_at = now - 30 * TIME_HOUR;
	alert->acknowledged_by = copy(by);
	alert->note = copy(note);
}

static struct report_device *device_of(struct report_fleet *fleet, enum drift_result result, size_t index)
{
	struct report_device *device = &fleet->devices[index % fleet->device_count];

	device->device.state = INVENTORY_ACTIVE;
	settle(device, result, VISIT_OK, (int64_t)(2 + index % 4) * TIME_DAY);
	return device;
}

static void add_file_alert(struct report_fleet *fleet, enum alert_type type, size_t index, const char *path)
{
	struct report_device *device =
		device_of(fleet, type == ALERT_FILE_UNREADABLE ? DRIFT_PARTIAL : DRIFT_DRIFTED, index);
	struct alert *alert = add_alert(fleet, type, device->device.asset, (int64_t)(5 + index % 70) * TIME_HOUR);

	of_file(alert, index % 2 ? VISIT_DRUG_LIBRARY : VISIT_FIRMWARE, path, (unsigned)index);
	if (type == ALERT_FILE_UNREADABLE) {
		alert->outcome = copy("truncated");
		alert->detail = copy("at 131072 of 491648 bytes");
	}
}

static void add_group(struct report_fleet *fleet, size_t members)
{
	struct alert *group = add_alert(fleet, ALERT_FLEET_DRIFT, NULL, 26 * TIME_HOUR);
	uint64_t number = group->number;

	group->group = copy("medfusion-4000");
	group->members = ALERT_FILE_MODIFIED;
	group->asset_count = members;
	of_file(group, VISIT_DRUG_LIBRARY, "STORED~1", 77);
	for (size_t i = 0; i < members; i++) {
		struct report_device *device = device_of(fleet, DRIFT_DRIFTED, 40 + i * 10);
		struct alert *alert = add_alert(fleet, ALERT_FILE_MODIFIED, device->device.asset, 26 * TIME_HOUR);
		of_file(alert, VISIT_DRUG_LIBRARY, "STORED~1", 77);
		alert->under = number;
	}
}

static void add_silent_subnet(struct report_fleet *fleet)
{
	struct alert *group = add_alert(fleet, ALERT_FLEET_UNREACHABLE, NULL, 9 * TIME_HOUR);
	uint64_t number = group->number;

	group->group = copy("198.51.100.0/24");
	group->members = ALERT_DEVICE_UNREACHABLE;
	group->asset_count = 6;
	for (size_t i = 0; i < 6; i++) {
		struct report_device *device = &fleet->devices[700 + i];
		settle(device, DRIFT_UNREACHABLE, VISIT_TIMED_OUT, (int64_t)(1 + i) * TIME_DAY);
		device->device.state = INVENTORY_ACTIVE;
		struct alert *alert = add_alert(fleet, ALERT_DEVICE_UNREACHABLE, device->device.asset, 9 * TIME_HOUR);
		alert->outcome = copy("timed-out");
		alert->under = number;
	}
}

static void add_contact_alerts(struct report_fleet *fleet)
{
	for (size_t i = 0; i < fleet->device_count; i++) {
		const struct report_device *device = &fleet->devices[i];
		if (device->device.state != INVENTORY_ACTIVE)
			continue;
		if (device->result == DRIFT_REFUSED) {
			struct alert *alert = add_alert(fleet, ALERT_DEVICE_REFUSED, device->device.asset, 80 * TIME_HOUR);
			alert->outcome = copy("login-refused");
		}
		if (device->overdue)
			(void)add_alert(fleet, ALERT_DEVICE_OVERDUE, device->device.asset, 3 * TIME_DAY);
	}
}

static void trouble_alerts(struct report_fleet *fleet)
{
	add_group(fleet, 8);
	add_file_alert(fleet, ALERT_FILE_FORGED, 147, "HEAD_F~1");
	add_file_alert(fleet, ALERT_FILE_MODIFIED, 311, "CONFIG.XML");
	acknowledge(&fleet->alerts[fleet->alert_count - 1], "sample.technician",
		    "work order 4711: library is installed again tomorrow");
	add_file_alert(fleet, ALERT_FILE_MODIFIED, 524, "HEAD_C~1");
	add_file_alert(fleet, ALERT_FILE_ADDED, 612, "TOOLS/DEBUG.BIN");
	add_file_alert(fleet, ALERT_FILE_MISSING, 803, "LIBRARY/INDEX.DAT");
	add_file_alert(fleet, ALERT_FILE_UNREADABLE, 420, "HEAD_F~1");
	struct report_device *other = device_of(fleet, DRIFT_WRONG_DEVICE, 888);
	other->outcome = VISIT_HOST_KEY_CHANGED;
	struct alert *changed = add_alert(fleet, ALERT_DEVICE_CHANGED, other->device.asset, 7 * TIME_HOUR);
	changed->outcome = copy("host-key-changed");
	changed->detail = copy("SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8 was seen");
	add_silent_subnet(fleet);
	struct alert *stale = add_alert(fleet, ALERT_FILE_STALE, fleet->devices[91].device.asset, 5 * TIME_DAY);
	stale->has_kind = true;
	stale->kind = VISIT_DRUG_LIBRARY;
	stale->release = copy("2026-04");
	add_contact_alerts(fleet);
}

static void count_alerts(struct report_fleet *fleet)
{
	for (size_t i = 0; i < fleet->alert_count; i++) {
		const struct alert *alert = &fleet->alerts[i];
		if (alert->under)
			continue;
		if (alert->state == ALERT_STATE_OPEN) {
			fleet->open_alerts++;
			fleet->severities[alert_type_severity(alert->type)]++;
		} else {
			fleet->acknowledged_alerts++;
		}
	}
}

/* ---- trust ---- */

static void add_baseline(struct report_fleet *fleet, const char *scope, enum visit_kind kind, const char *release,
			 const char *stage, unsigned approvals)
{
	char id[DIGEST_SHA256_HEX + 1];
	struct digest_pair pair = digest((unsigned)fleet->baseline_count + 500);

	for (unsigned i = 0; i < sizeof pair.sha256; i++)
		(void)snprintf(id + 2 * (size_t)i, 3, "%02x", pair.sha256[i]);
	fleet->baselines = realloc(fleet->baselines, (fleet->baseline_count + 1) * sizeof *fleet->baselines);
	fleet->baselines[fleet->baseline_count] = (struct report_baseline){
		.id = copy(id),
		.scope = copy(scope),
		.kind = kind,
		.release = copy(release),
		.serial = fleet->baseline_count + 3,
		.stage = stage,
		.in_force = strcmp(stage, "candidate") != 0,
		.approvals = approvals,
		.approvers = copy(approvals == 2   ? "a.sample@example.org, b.sample@example.org"
				  : approvals == 1 ? "a.sample@example.org"
						   : NULL),
		.added_at = now - 41 * TIME_DAY,
		.in_force_at = strcmp(stage, "candidate") != 0 ? now - 40 * TIME_DAY : 0,
		.expires_at = TIME_NEVER,
		.accept_until = strcmp(stage, "older") == 0 ? now + 19 * TIME_DAY : 0,
	};
	fleet->baseline_count++;
}

static void add_trust(struct report_fleet *fleet, bool trouble)
{
	add_baseline(fleet, "model medfusion-4000", VISIT_FIRMWARE, "6.2", "current", 2);
	if (trouble)
		add_baseline(fleet, "model medfusion-4000", VISIT_DRUG_LIBRARY, "2026-04", "older", 2);
	add_baseline(fleet, "model medfusion-4000", VISIT_DRUG_LIBRARY, "2026-10", "current", 2);
	add_baseline(fleet, "model hospira-plum-a-plus", VISIT_FIRMWARE, "13.6", "current", 2);
	fleet->baselines[fleet->baseline_count - 1].expires_at = trouble ? now + 12 * TIME_DAY : TIME_NEVER;
	if (trouble) {
		add_baseline(fleet, "model hospira-plum-a-plus", VISIT_DRUG_LIBRARY, "2026-11", "candidate", 1);
		add_baseline(fleet, "model hospira-lifecare-pca", VISIT_FIRMWARE, "7.0", "current", 1);
		fleet->baselines[fleet->baseline_count - 1].fault =
			copy("1 of 2 approvals: the key of b.sample@example.org was valid until 2026-11-01");
		fleet->rejected = 1;
	}
	fleet->sinks = calloc(2, sizeof *fleet->sinks);
	fleet->sink_count = 2;
	fleet->sinks[0] = (struct report_sink){.name = copy("siem"), .type = "relp"};
	fleet->sinks[1] = (struct report_sink){.name = copy("spool"), .type = "spool"};
	if (trouble) {
		fleet->sinks[0].waiting = 1312;
		fleet->sinks[0].waiting_bytes = 1898432;
		fleet->sinks[0].away_since = now - 3 * TIME_HOUR;
		fleet->sinks[0].why = copy("siem.example.org:2514: connection refused");
	}
}

static void add_rollout(struct report_fleet *fleet, const char *scope, enum visit_kind kind, const char *release,
			uint64_t devices, uint64_t older, uint64_t unknown)
{
	fleet->rollouts = realloc(fleet->rollouts, (fleet->rollout_count + 1) * sizeof *fleet->rollouts);
	struct report_rollout *rollout = &fleet->rollouts[fleet->rollout_count++];
	*rollout = (struct report_rollout){
		.scope = copy(scope),
		.kind = kind,
		.release = copy(release),
		.devices = devices,
		.on_current = devices - older - unknown,
		.on_older = older,
		.unknown = unknown,
		.accept_until = older ? now + 19 * TIME_DAY : 0,
	};
	for (size_t i = 0; older > 0 && i < DEPARTMENTS; i++) {
		uint64_t count = older > 4 ? (older + 2) / 3 : older;
		rollout->departments = realloc(rollout->departments,
					       (rollout->department_count + 1) * sizeof *rollout->departments);
		rollout->departments[rollout->department_count++] =
			(struct report_department){copy(departments[i]), count};
		older -= count;
	}
}

static void add_rollouts(struct report_fleet *fleet, bool trouble)
{
	uint64_t of_model = fleet->device_count / 2;

	add_rollout(fleet, "model medfusion-4000", VISIT_FIRMWARE, "6.2", of_model, 0, trouble ? 21 : 0);
	add_rollout(fleet, "model medfusion-4000", VISIT_DRUG_LIBRARY, "2026-10", of_model, trouble ? 143 : 0,
		    trouble ? 21 : 0);
	add_rollout(fleet, "model hospira-plum-a-plus", VISIT_FIRMWARE, "13.6", fleet->device_count * 3 / 10, 0, 0);
}

/* ---- the fleets ---- */

static struct report_fleet make_trouble(size_t devices, size_t alerts)
{
	struct report_fleet fleet = begin("SAMPLE-HOSPITAL");

	add_devices(&fleet, devices);
	trouble_devices(&fleet);
	trouble_alerts(&fleet);
	while (fleet.alert_count < alerts)
		add_file_alert(&fleet, ALERT_FILE_MODIFIED, fleet.alert_count * 3, "STORED~1");
	add_days(&fleet, devices - 15, true);
	add_rollouts(&fleet, true);
	add_trust(&fleet, true);
	return fleet;
}

static struct report_fleet make_fine(void)
{
	struct report_fleet fleet = begin("SAMPLE-HOSPITAL");

	add_devices(&fleet, 1000);
	add_days(&fleet, 1000, false);
	fleet.days[REPORT_DAYS - 1].results[DRIFT_VERIFIED] = 1000;
	fleet.days[REPORT_DAYS - 1].results[DRIFT_UNREACHABLE] = 0;
	add_rollouts(&fleet, false);
	add_trust(&fleet, false);
	return fleet;
}

static struct report_fleet make_empty(void)
{
	struct report_fleet fleet = begin("SAMPLE-HOSPITAL");

	fleet.approvals = 0;
	fleet.seq = 0;
	fleet.next_at = 0;
	return fleet;
}

static struct report_fleet make_stopped(void)
{
	struct report_fleet fleet = make_trouble(1000, 0);

	fleet.stop = copy("network maintenance until 14:00, by sample.technician");
	fleet.full = copy("20001 events wait for sink siem, of 20000 that may");
	fleet.signers_fault = copy("/etc/pumpwatch/allowed_signers: line 3: the key is no key");
	return fleet;
}

/* What devices, files and people may be called at worst. */
static char *nasty(void)
{
	static const char override[] = {'\xE2', '\x80', '\xAE', '\0'}; /* U+202E */

	return word("<script>alert(1)</script>\"'>&amp;<img src=http://192.0.2.1/x onerror=alert(2)>\n"
		    "</style></title><!--%sgnp\xFF\xC0\x80\x01 %%41 ${x} ]]>", override);
}

static struct report_fleet make_hostile(void)
{
	struct report_fleet fleet = make_trouble(1000, 0);
	struct text path;

	text_init(&path);
	for (int i = 0; i < 4096; i += 8)
		text_add(&path, i % 64 ? "aaaaaaa/" : "<b>\xFF\n\"'/");
	free(fleet.site);
	fleet.site = nasty();
	free(fleet.host);
	fleet.host = nasty();
	fleet.stop = nasty();
	for (size_t i = 0; i < fleet.device_count; i += 9) {
		free(fleet.devices[i].device.name);
		free(fleet.devices[i].device.department);
		fleet.devices[i].device.name = nasty();
		fleet.devices[i].device.department = nasty();
	}
	for (size_t i = 0; i < fleet.alert_count; i++) {
		struct alert *alert = &fleet.alerts[i];
		if (!alert->path)
			continue;
		free(alert->path);
		alert->path = i % 2 ? nasty() : copy(path.data);
		free(alert->release);
		alert->release = nasty();
		alert->detail = alert->detail ? alert->detail : nasty();
		if (alert->asset && alert->state == ALERT_STATE_OPEN)
			acknowledge(alert, "<i>", path.data);
	}
	for (size_t i = 0; i < fleet.baseline_count; i++) {
		free(fleet.baselines[i].release);
		fleet.baselines[i].release = nasty();
		free(fleet.baselines[i].approvers);
		fleet.baselines[i].approvers = nasty();
	}
	free(fleet.sinks[0].why);
	fleet.sinks[0].why = nasty();
	free(fleet.rollouts[0].scope);
	fleet.rollouts[0].scope = nasty();
	fleet.last_window = (free(fleet.last_window), nasty());
	text_clear(&path);
	return fleet;
}

int main(int argc, char **argv)
{
	const char *name = argc == 2 ? argv[1] : "";
	struct report_fleet fleet;
	struct error e = {0};
	struct text text;
	struct timespec before, after;

	if (strcmp(name, "trouble") == 0)
		fleet = make_trouble(1000, 0);
	else if (strcmp(name, "large") == 0)
		fleet = make_trouble(3000, 5500);
	else if (strcmp(name, "fine") == 0)
		fleet = make_fine();
	else if (strcmp(name, "empty") == 0)
		fleet = make_empty();
	else if (strcmp(name, "stopped") == 0)
		fleet = make_stopped();
	else if (strcmp(name, "hostile") == 0)
		fleet = make_hostile();
	else
		return fputs("Usage: fleets trouble|large|fine|empty|stopped|hostile\n", stderr), 64;
	count_devices(&fleet);
	count_alerts(&fleet);
	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	text_init(&text);
	if (report_tasks_find(&fleet, &e) < 0 || report_page_write(&text, &fleet, &e) < 0)
		return fprintf(stderr, "fleets: %s\n", e.text), 70;
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	(void)fprintf(stderr, "fleets: %s, %zu bytes in %ld ms\n", name, text.length,
		      (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000);
	size_t written = fwrite(text.data, 1, text.length, stdout);
	bool good = written == text.length && fflush(stdout) == 0;
	text_clear(&text);
	report_fleet_clear(&fleet);
	return good ? 0 : 74;
}
