#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sweep/internal.h"

/* Save the alert of a group and tell what is to be told, with its devices named. */
static int record_group(const struct sweep_environment *environment, struct alert_change *change,
			const struct store_alerts *members, uint64_t sweep, struct error *e)
{
	struct alert_event *events = NULL;
	size_t count = 0;
	int r = 0;

	if (store_alert_save(environment->store, &change->alert, e) < 0)
		return -1;
	CLEANUP(cleanup_free) const char **assets = calloc(members->count + 1, sizeof *assets);
	if (!assets)
		return error_memory(e);
	for (size_t i = 0; i < members->count; i++)
		assets[i] = members->items[i].asset;
	if (!change->tell)
		return 0;
	if (alert_events_from_group(&events, &count, change, assets, members->count, environment->config->site,
				    sweep, sweep_now(environment)) < 0)
		return error_memory(e);
	for (size_t i = 0; i < count && r == 0; i++)
		r = store_event_append(environment->store, &events[i], e);
	alert_events_free(events, count);
	return r;
}

/* Open the alert of a group with these devices and put theirs under it. */
static int open_group(const struct sweep_environment *environment, const char *name, struct store_alerts *members,
		      uint64_t sweep, uint64_t *ret_number, struct error *e)
{
	CLEANUP(alert_change_clear) struct alert_change change = {0};
	int64_t now = sweep_now(environment);

	if (alert_group_open(&change, &members->items[0], name, members->count, sweep, now) < 0)
		return error_memory(e);
	if (record_group(environment, &change, members, sweep, e) < 0)
		return -1;
	for (size_t i = 0; i < members->count; i++) {
		struct alert *member = &members->items[i];
		member->under = change.alert.number;
		if (member->told_at == 0)
			member->told_at = now;
		if (store_alert_save(environment->store, member, e) < 0)
			return -1;
	}
	*ret_number = change.alert.number;
	return 0;
}

/* ---- FLEET_DRIFT: at each visit ---- */

static int open_when_many(const struct sweep_environment *environment, const struct alert *alert, const char *model,
			  uint64_t sweep, uint64_t *ret_number, struct error *e)
{
	CLEANUP(store_alerts_clear) struct store_alerts fresh = {0};
	CLEANUP(store_alerts_clear) struct store_alerts all = {0};
	struct store *store = environment->store;

	if (store_alerts_alike(store, model, alert, sweep, &fresh, e) < 0)
		return -1;
	if (fresh.count < environment->config->group)
		return 0;
	/* Those of earlier sweeps are of the same cause. */
	if (store_alerts_alike(store, model, alert, 0, &all, e) < 0)
		return -1;
	return open_group(environment, model, &all, sweep, ret_number, e);
}

static int join(const struct sweep_environment *environment, struct alert *group, uint64_t sweep, struct error *e)
{
	if (alert_group_join(group, sweep, sweep_now(environment)) < 0)
		return error_memory(e);
	return store_alert_save(environment->store, group, e);
}

int sweep_group_join(const struct sweep_environment *environment, struct alert *alert, const char *model,
		     uint64_t sweep, struct error *e)
{
	CLEANUP(alert_clear) struct alert group = {0};
	uint64_t number = 0;

	if (environment->config->group == 0 || sweep == 0 || !model || !alert_is_groupable(alert->type))
		return 0;
	int r = store_alert_group(environment->store, model, alert, &group, e);
	if (r > 0) {
		number = group.number;
		r = join(environment, &group, sweep, e);
	} else if (r == 0) {
		r = open_when_many(environment, alert, model, sweep, &number, e);
	}
	if (r < 0 || number == 0)
		return r;
	alert->under = number;
	return store_alert_save(environment->store, alert, e);
}

int sweep_group_leave(const struct sweep_environment *environment, uint64_t number, const struct alert *member,
		      uint64_t sweep, struct error *e)
{
	static const struct store_alerts nobody;
	CLEANUP(alert_clear) struct alert group = {0};
	CLEANUP(alert_change_clear) struct alert_change change = {0};
	uint64_t count;
	int r = store_alert_load(environment->store, number, &group, e);

	if (r <= 0 || group.state == ALERT_STATE_RESOLVED ||
	    store_alerts_count_under(environment->store, number, &count, e) < 0)
		return r < 0 ? -1 : 0;
	if (count > 0)
		return alert_group_leave(&group) ? store_alert_save(environment->store, &group, e) : 0;
	if (alert_group_end(&change, &group, member, sweep_now(environment)) < 0)
		return error_memory(e);
	return record_group(environment, &change, &nobody, sweep, e);
}

/* ---- what waited for the end of a sweep ---- */

/* An alert that nothing was told of, and with which others it may be told. */
struct waiting {
	struct alert *alert; /* of a list */
	struct store_device device;
	char subnet[SWEEP_SUBNET_SIZE]; /* empty: with none */
};

struct waitings {
	struct waiting *items;
	size_t count;
};

static void waitings_clear(struct waitings *waitings)
{
	for (size_t i = 0; i < waitings->count; i++)
		store_device_clear(&waitings->items[i].device);
	free(waitings->items);
}

static int compare_waiting(const void *a, const void *b)
{
	const struct waiting *left = a;
	const struct waiting *right = b;
	int order = strcmp(left->subnet, right->subnet);

	return order ? order : strcmp(left->alert->asset, right->alert->asset);
}

static int load_waiting(struct waitings *waitings, struct store *store, struct store_alerts *untold, struct error *e)
{
	waitings->items = calloc(untold->count + 1, sizeof *waitings->items);
	if (!waitings->items)
		return error_memory(e);
	for (size_t i = 0; i < untold->count; i++) {
		struct waiting *one = &waitings->items[waitings->count];
		if (!untold->items[i].asset)
			continue;
		int r = store_device_load(store, untold->items[i].asset, &one->device, e);
		if (r < 0)
			return -1;
		waitings->count++;
		one->alert = &untold->items[i];
		sweep_subnet_write(one->subnet, one->device.device.link);
	}
	qsort(waitings->items, waitings->count, sizeof *waitings->items, compare_waiting);
	return 0;
}

/* With where it was looked for, as the last visit has it. */
static int tell_alone(const struct sweep_environment *environment, struct waiting *one, struct error *e)
{
	CLEANUP(store_visits_clear) struct store_visits visits = {0};
	struct alert_change change = {.alert = *one->alert};

	if (store_visits_list(environment->store, one->alert->asset, 1, &visits, e) < 0)
		return -1;
	alert_tell(&change, ALERT_OPENED, sweep_now(environment));
	return sweep_record_change(environment, &change, &one->device.device,
				   visits.count > 0 ? &visits.items[0].report : NULL, one->alert->sweep, e);
}

static int join_silently(const struct sweep_environment *environment, struct waiting *ones, size_t count,
			 struct alert *group, uint64_t sweep, struct error *e)
{
	for (size_t i = 0; i < count; i++) {
		ones[i].alert->under = group->number;
		ones[i].alert->told_at = sweep_now(environment);
		if (store_alert_save(environment->store, ones[i].alert, e) < 0)
			return -1;
	}
	return join(environment, group, sweep, e);
}

static int open_silently(const struct sweep_environment *environment, const struct waiting *ones, size_t count,
			 uint64_t sweep, struct error *e)
{
	CLEANUP(cleanup_free) struct alert *alerts = calloc(count, sizeof *alerts);
	struct store_alerts members = {alerts, count};
	uint64_t number;

	if (!alerts)
		return error_memory(e);
	for (size_t i = 0; i < count; i++)
		alerts[i] = *ones[i].alert;
	return open_group(environment, ones[0].subnet, &members, sweep, &number, e);
}

/* Those of one subnet. */
static int tell_together(const struct sweep_environment *environment, struct waiting *ones, size_t count,
			 uint64_t sweep, struct error *e)
{
	CLEANUP(alert_clear) struct alert group = {0};
	unsigned many = environment->config->group;
	int r = 0;

	if (many > 0 && ones[0].subnet[0] != '\0')
		r = store_alert_group(environment->store, ones[0].subnet, ones[0].alert, &group, e);
	if (r > 0)
		return join_silently(environment, ones, count, &group, sweep, e);
	if (r == 0 && many > 0 && ones[0].subnet[0] != '\0' && count >= many)
		return open_silently(environment, ones, count, sweep, e);
	for (size_t i = 0; i < count && r == 0; i++)
		r = tell_alone(environment, &ones[i], e);
	return r;
}

static int tell_waiting(const struct sweep_environment *environment, uint64_t sweep, struct error *e)
{
	CLEANUP(store_alerts_clear) struct store_alerts untold = {0};
	CLEANUP(waitings_clear) struct waitings waitings = {0};

	if (store_alerts_untold(environment->store, &untold, e) < 0 ||
	    load_waiting(&waitings, environment->store, &untold, e) < 0)
		return -1;
	for (size_t i = 0, next; i < waitings.count; i = next) {
		for (next = i + 1; next < waitings.count; next++)
			if (strcmp(waitings.items[next].subnet, waitings.items[i].subnet) != 0)
				break;
		if (tell_together(environment, &waitings.items[i], next - i, sweep, e) < 0)
			return -1;
	}
	return 0;
}

/* The news of a group, or a reminder of it. */
static int review(const struct sweep_environment *environment, const struct alert *group, uint64_t sweep,
		  struct error *e)
{
	CLEANUP(store_alerts_clear) struct store_alerts members = {0};
	CLEANUP(alert_change_clear) struct alert_change change = {0};
	const struct alert_pace pace = sweep_pace(environment);
	int64_t now = sweep_now(environment);
	int64_t seen_at = 0;

	if (!alert_group_is_due(group, &pace, now))
		return 0;
	if (store_alerts_under(environment->store, group->number, &members, e) < 0)
		return -1;
	for (size_t i = 0; i < members.count; i++)
		if (members.items[i].seen_at > seen_at)
			seen_at = members.items[i].seen_at;
	if (!alert_group_review(&change, group, members.count, seen_at, &pace, sweep, now))
		return 0;
	return record_group(environment, &change, &members, sweep, e);
}

int sweep_groups_tell(const struct sweep_environment *environment, uint64_t sweep, struct error *e)
{
	CLEANUP(store_alerts_clear) struct store_alerts groups = {0};

	if (tell_waiting(environment, sweep, e) < 0 || store_alerts_groups(environment->store, &groups, e) < 0)
		return -1;
	for (size_t i = 0; i < groups.count; i++)
		if (review(environment, &groups.items[i], sweep, e) < 0)
			return -1;
	return 0;
}
