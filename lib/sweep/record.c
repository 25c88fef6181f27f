#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "outbox/outbox.h"
#include "sweep/internal.h"

/* After a refused login or another identity nothing is tried by itself before this, doubling
 * up to the second: devices lock out. A person's own try comes at once. */
#define CLOSED_DOOR_WAIT TIME_DAY
#define CLOSED_DOOR_MOST (7 * TIME_DAY)

/* Roll back unless the pointer was taken by a commit. */
static void cleanup_rollback(struct store **store)
{
	if (*store)
		store_rollback(*store);
}

struct alert_pace sweep_pace(const struct sweep_environment *environment)
{
	return (struct alert_pace){environment->config->remind_after, environment->config->remind_most};
}

static int tell_change(const struct sweep_environment *environment, const struct alert_change *change,
		       const struct inventory_device *device, const struct visit_report *report, uint64_t sweep,
		       struct error *e)
{
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	if (alert_event_from_change(&event, change, device, environment->config->site, report, sweep,
				    sweep_now(environment)) < 0)
		return error_memory(e);
	return store_event_append(environment->store, &event, e);
}

int sweep_record_change(const struct sweep_environment *environment, struct alert_change *change,
			const struct inventory_device *device, const struct visit_report *report,
			uint64_t sweep, struct error *e)
{
	if (store_alert_save(environment->store, &change->alert, e) < 0)
		return -1;
	if (change->news && device && sweep_group_join(environment, &change->alert, device->model, sweep, e) < 0)
		return -1;
	if (change->tell && tell_change(environment, change, device, report, sweep, e) < 0)
		return -1;
	return change->left ? sweep_group_leave(environment, change->left, &change->alert, sweep, e) : 0;
}

static int record_alerts(const struct sweep_environment *environment, const struct sweep_outcome *outcome,
			 uint64_t visit, struct error *e)
{
	const struct inventory_device *device = &outcome->device->device;
	CLEANUP(store_alerts_clear) struct store_alerts open = {0};
	struct alert_change *changes = NULL;
	size_t count = 0;
	const struct alert_causes causes = {
		.asset = device->asset,
		.verdict = outcome->verdict,
		.outcome = outcome->report->outcome,
		.detail = outcome->report->detail,
		.report = outcome->report,
		.lists = outcome->lists,
		.now = sweep_now(environment),
		.pace = sweep_pace(environment),
		.visit = visit,
		.sweep = outcome->sweep,
		.waits = environment->config->group > 0,
	};

	if (store_alerts_list(environment->store, device->asset, false, &open, e) < 0 ||
	    alert_update(&changes, &count, open.items, open.count, &causes, e) < 0)
		return -1;
	int r = 0;
	for (size_t i = 0; i < count && r == 0; i++)
		r = sweep_record_change(environment, &changes[i], device, outcome->report,
					outcome->sweep, e);
	alert_changes_free(changes, count);
	return r;
}

static const struct drift_baseline *find_baseline(const struct sweep_outcome *outcome, const char *id)
{
	for (size_t i = 0; i < outcome->baseline_count; i++)
		if (strcmp(outcome->baselines[i].id, id) == 0)
			return &outcome->baselines[i];
	return NULL;
}

/* Whether a device went back to an older release of one scope that is still accepted. Where the
 * newer one was withdrawn that is what people wanted. */
static bool is_rollback(const struct sweep_outcome *outcome, const struct store_release *before,
			const struct drift_kind *kind, int64_t now)
{
	if (before->manifest[0] == '\0' || kind->manifest[0] == '\0' || kind->serial >= before->serial ||
	    kind->accept_until <= now)
		return false;
	const struct drift_baseline *newer = find_baseline(outcome, before->manifest);
	const struct drift_baseline *older = find_baseline(outcome, kind->manifest);
	return newer && older && newer->manifest->scope == older->manifest->scope;
}

static int record_rollbacks(const struct sweep_environment *environment, const struct sweep_outcome *outcome,
			    struct error *e)
{
	const struct store_device *device = outcome->device;
	int64_t now = sweep_now(environment);

	if (visit_outcome_contact(outcome->report->outcome) != VISIT_CONTACT_MADE)
		return 0;
	for (int i = 0; i < VISIT_KIND_COUNT; i++) {
		CLEANUP(alert_event_clear) struct alert_event event = {0};
		const struct store_release *before = &device->standing.releases[i];
		const struct drift_kind *kind = &outcome->verdict->kinds[i];
		const struct alert_rollback rollback = {
			.kind = (enum visit_kind)i,
			.release = kind->release,
			.manifest = kind->manifest,
			.release_old = before->release,
			.manifest_old = before->manifest,
		};
		if (!is_rollback(outcome, before, kind, now))
			continue;
		if (alert_event_rollback(&event, &rollback, &device->device, environment->config->site,
					 outcome->report, outcome->sweep, now) < 0)
			return error_memory(e);
		if (store_event_append(environment->store, &event, e) < 0)
			return -1;
	}
	return 0;
}

/* A release that was known stays so until another one is; what was seen may cast doubt on it.
 * The strings are lent. */
static void carry_releases(struct store_standing *standing, const struct sweep_outcome *outcome)
{
	bool met = visit_outcome_contact(outcome->report->outcome) == VISIT_CONTACT_MADE;

	for (int i = 0; i < VISIT_KIND_COUNT; i++) {
		const struct drift_kind *kind = &outcome->verdict->kinds[i];
		struct store_release *release = &standing->releases[i];
		*release = outcome->device->standing.releases[i];
		if (!met)
			continue;
		if (kind->manifest[0] != '\0') {
			*release = (struct store_release){.serial = kind->serial, .release = kind->release};
			memcpy(release->manifest, kind->manifest, sizeof release->manifest);
		} else if (kind->covered && kind->result == DRIFT_DRIFTED) {
			release->doubtful = true;
		}
	}
}

static int64_t wait_until(const struct sweep_environment *environment, const char *asset,
			  enum visit_outcome outcome, unsigned failures, int64_t now)
{
	const struct config *config = environment->config;

	switch (visit_outcome_contact(outcome)) {
	case VISIT_CONTACT_NONE:
		return now + schedule_back_off(config->retry_base, config->retry_most, failures, asset);
	case VISIT_CONTACT_REFUSED:
	case VISIT_CONTACT_WRONG:
		return now + schedule_back_off(CLOSED_DOOR_WAIT, CLOSED_DOOR_MOST, failures, asset);
	case VISIT_CONTACT_MADE:
	case VISIT_CONTACT_NOT_TRIED:
		break;
	}
	return 0;
}

static int record_standing(const struct sweep_environment *environment, const struct sweep_outcome *outcome,
			   uint64_t visit, struct error *e)
{
	const struct store_standing *before = &outcome->device->standing;
	enum visit_contact contact = visit_outcome_contact(outcome->report->outcome);
	enum drift_result result = outcome->verdict->result;
	int64_t now = sweep_now(environment);
	bool failed = contact != VISIT_CONTACT_MADE && contact != VISIT_CONTACT_NOT_TRIED;
	bool verified = result == DRIFT_VERIFIED || result == DRIFT_BEHIND;

	struct store_standing standing = {
		.visited_at = now,
		.verified_at = verified ? now : before->verified_at,
		.has_result = true,
		.result = result,
		.outcome = outcome->report->outcome,
		.grade = contact == VISIT_CONTACT_MADE ? outcome->report->grade : before->grade,
		.failures = failed ? before->failures + 1 : 0,
		.visit = visit,
	};

	carry_releases(&standing, outcome);
	standing.not_before = wait_until(environment, outcome->device->device.asset,
					 outcome->report->outcome, standing.failures, now);
	return store_standing_save(environment->store, outcome->device->device.asset, &standing, e);
}

int sweep_record(const struct sweep_environment *environment, const struct sweep_outcome *outcome,
		 uint64_t *ret_visit, struct error *e)
{
	struct store *store = environment->store;
	const char *asset = outcome->device->device.asset;
	uint64_t visit = 0;

	if (store_begin(store, e) < 0)
		return -1;
	CLEANUP(cleanup_rollback) struct store *open = store;
	if (store_visit_add(store, outcome->sweep, asset, outcome->report, outcome->verdict, &visit, e) < 0 ||
	    record_alerts(environment, outcome, visit, e) < 0 || record_rollbacks(environment, outcome, e) < 0 ||
	    record_standing(environment, outcome, visit, e) < 0 ||
	    store_job_done(store, outcome->sweep, asset, outcome->verdict->result, e) < 0 ||
	    store_lease_drop(store, asset, environment->owner, e) < 0 || store_commit(store, e) < 0)
		return -1;
	open = NULL;
	*ret_visit = visit;
	return 0;
}

/* The device's unresolved alert of being overdue, or NULL. */
static const struct alert *find_overdue(const struct store_alerts *alerts, const char *asset)
{
	for (size_t i = 0; i < alerts->count; i++)
		if (alerts->items[i].type == ALERT_DEVICE_OVERDUE &&
		    strcmp(alerts->items[i].asset, asset) == 0)
			return &alerts->items[i];
	return NULL;
}

static int check_overdue(const struct sweep_environment *environment, uint64_t sweep, struct error *e)
{
	CLEANUP(store_devices_clear) struct store_devices devices = {0};
	CLEANUP(store_alerts_clear) struct store_alerts alerts = {0};
	const struct config *config = environment->config;
	const struct alert_pace pace = sweep_pace(environment);

	if (store_devices_list(environment->store, &(struct store_device_filter){0}, &devices, e) < 0 ||
	    store_alerts_list(environment->store, NULL, false, &alerts, e) < 0)
		return -1;
	for (size_t i = 0; i < devices.count; i++) {
		const struct inventory_device *device = &devices.items[i].device;
		struct alert_change change = {0};
		if (!alert_overdue(&change, device, devices.items[i].standing.verified_at,
				   config->overdue_after, find_overdue(&alerts, device->asset),
				   &pace, sweep_now(environment)))
			continue;
		int r = sweep_record_change(environment, &change, device, NULL, sweep, e);
		alert_clear(&change.alert);
		if (r < 0)
			return -1;
	}
	return 0;
}

int sweep_resolve_alerts(const struct sweep_environment *environment, const struct inventory_device *device,
			 const char *why, struct error *e)
{
	CLEANUP(store_alerts_clear) struct store_alerts open = {0};

	if (store_alerts_list(environment->store, device->asset, false, &open, e) < 0)
		return -1;
	for (size_t i = 0; i < open.count; i++) {
		CLEANUP(alert_change_clear) struct alert_change change = {0};
		if (alert_resolve(&change, &open.items[i], why, sweep_now(environment)) < 0)
			return error_memory(e);
		if (sweep_record_change(environment, &change, device, NULL, 0, e) < 0)
			return -1;
	}
	return (int)open.count;
}

int sweep_check_overdue(const struct sweep_environment *environment, uint64_t sweep, struct error *e)
{
	if (store_begin(environment->store, e) < 0)
		return -1;
	CLEANUP(cleanup_rollback) struct store *open = environment->store;
	if (check_overdue(environment, sweep, e) < 0 || store_commit(environment->store, e) < 0)
		return -1;
	open = NULL;
	return 0;
}

/* What a sweep that ends early did not come to is skipped, and said so. */
static int skip_rest(struct store *store, uint64_t sweep, struct error *e)
{
	CLEANUP(store_jobs_clear) struct store_jobs rest = {0};

	if (store_jobs_list(store, sweep, &rest, e) < 0)
		return -1;
	for (size_t i = 0; i < rest.count; i++)
		if (store_job_done(store, sweep, rest.items[i].asset, DRIFT_SKIPPED, e) < 0)
			return -1;
	return 0;
}

int sweep_record_end(const struct sweep_environment *environment, uint64_t sweep, bool stopped,
		     const char *why, struct alert_counts *ret_counts, struct error *e)
{
	struct store *store = environment->store;
	int64_t now = sweep_now(environment);
	struct store_summary summary;
	struct alert_counts counts = {0};
	CLEANUP(alert_event_clear) struct alert_event event = {0};

	if (store_begin(store, e) < 0)
		return -1;
	CLEANUP(cleanup_rollback) struct store *open = store;
	/* A full outbox still gets what this sweep has to tell; what is overdue is told when it has room. */
	bool full = outbox_is_full(store, environment->config, NULL) > 0;
	if (skip_rest(store, sweep, e) < 0 || (!full && check_overdue(environment, sweep, e) < 0) ||
	    sweep_groups_tell(environment, sweep, e) < 0 || store_sweep_counts(store, sweep, &counts, e) < 0 ||
	    store_summarise(store, now, environment->config->overdue_after, &summary, e) < 0)
		return -1;
	counts.overdue = summary.overdue;
	counts.open_alerts = summary.open_alerts;
	counts.ended_at = now;
	counts.approvals = environment->config->approvals;
	counts.stopped = stopped;
	if (why)
		text_copy(counts.why_stopped, sizeof counts.why_stopped, why);
	if (alert_event_summary(&event, environment->config->site, sweep, &counts, now) < 0)
		return error_memory(e);
	if (sweep_add_serials(&event, environment, e) < 0)
		return -1;
	if (store_event_append(store, &event, e) < 0 || store_sweep_end(store, sweep, now, &counts, e) < 0 ||
	    store_commit(store, e) < 0)
		return -1;
	open = NULL;
	*ret_counts = counts;
	return 0;
}
