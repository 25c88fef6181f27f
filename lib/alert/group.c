#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "alert/internal.h"

bool alert_is_groupable(enum alert_type type)
{
	return type < ALERT_FILE_UNREADABLE;
}

/* ---- its life ---- */

/* What all devices of a FLEET_DRIFT have in common. */
static int describe(struct alert *group, const struct alert *member)
{
	group->has_kind = member->has_kind;
	group->kind = member->kind;
	group->has_new = member->has_new;
	group->new_size = member->new_size;
	group->new_digest = member->new_digest;
	group->has_old = member->has_old;
	group->old_size = member->old_size;
	group->old_digest = member->old_digest;
	return alert_string_set(&group->path, member->path) < 0 ||
	       alert_string_set(&group->release, member->release) < 0 ||
	       alert_string_set(&group->manifest, member->manifest) < 0 ? -ENOMEM : 0;
}

int alert_group_open(struct alert_change *ret_change, const struct alert *member, const char *group,
		     uint64_t asset_count, uint64_t sweep, int64_t now)
{
	bool silent = member->type == ALERT_DEVICE_UNREACHABLE;
	struct alert_change change = {.alert = {
		.type = silent ? ALERT_FLEET_UNREACHABLE : ALERT_FLEET_DRIFT,
		.members = member->type,
		.opened_at = now,
		.seen_at = now,
		.sweep = sweep,
		.asset_count = asset_count,
	}};

	alert_tell(&change, ALERT_OPENED, now);
	if (alert_string_set(&change.alert.group, group) < 0 ||
	    (!silent && describe(&change.alert, member) < 0)) {
		alert_clear(&change.alert);
		return -1;
	}
	*ret_change = change;
	return 0;
}

static int note_acknowledged(struct alert *group)
{
	struct text text;

	text_init(&text);
	text_addf(&text, "it had been acknowledged by %s", group->acknowledged_by ? group->acknowledged_by : "somebody");
	char *words = text_take(&text);
	if (!words)
		return -1;
	free(group->detail);
	group->detail = words;
	return 0;
}

int alert_group_join(struct alert *group, uint64_t sweep, int64_t now)
{
	if (group->told_at != 0)
		(void)alert_string_set(&group->detail, NULL); /* setting NULL cannot fail */
	if (group->state == ALERT_STATE_ACKNOWLEDGED && note_acknowledged(group) < 0)
		return -1;
	alert_reopen(group);
	group->told_at = 0;
	group->reminders = 0;
	group->seen_at = now;
	group->sweep = sweep;
	return 0;
}

bool alert_group_leave(struct alert *group)
{
	if (group->type != ALERT_FLEET_UNREACHABLE || group->state != ALERT_STATE_OPEN || group->told_at == 0)
		return false;
	(void)alert_string_set(&group->detail, NULL); /* setting NULL cannot fail */
	group->told_at = 0;
	return true;
}

int alert_group_end(struct alert_change *ret_change, const struct alert *group, const struct alert *member,
		    int64_t now)
{
	CLEANUP(text_clear) struct text why;

	text_init(&why);
	text_addf(&why, "its last device, %s%s", member->asset ? member->asset : "which is not known",
		  member->state != ALERT_STATE_RESOLVED ? ", has another content now" : "");
	if (member->state == ALERT_STATE_RESOLVED && member->detail)
		text_addf(&why, ": %s", member->detail);
	return why.failed ? -1 : alert_resolve(ret_change, group, why.data, now);
}

/* "it had been acknowledged by NAME; 5 devices when it was last told" */
static int note_count(struct alert *group, uint64_t asset_count)
{
	CLEANUP(text_clear) struct text text = {0};

	if (asset_count == group->asset_count)
		return 0;
	text_init(&text);
	text_addf(&text, "%s%s%" PRIu64 " %s when it was last told", group->detail ? group->detail : "",
		  group->detail ? "; " : "", group->asset_count, group->asset_count == 1 ? "device" : "devices");
	return text.failed ? -1 : alert_string_set(&group->detail, text.data);
}

bool alert_group_is_due(const struct alert *group, const struct alert_pace *pace, int64_t now)
{
	return group->told_at == 0 || alert_is_due(group, pace, now);
}

bool alert_group_review(struct alert_change *ret_change, const struct alert *group, uint64_t asset_count,
			int64_t seen_at, const struct alert_pace *pace, uint64_t sweep, int64_t now)
{
	struct alert_change change = {0};
	bool news = group->told_at == 0;

	if (!alert_group_is_due(group, pace, now) || (!news && seen_at <= group->told_at))
		return false;
	if (alert_copy(&change.alert, group) < 0 || (news && note_count(&change.alert, asset_count) < 0)) {
		alert_clear(&change.alert);
		return false;
	}
	if (!news)
		(void)alert_string_set(&change.alert.detail, NULL); /* setting NULL cannot fail */
	alert_tell(&change, news ? ALERT_CHANGED : ALERT_REMINDED, now);
	if (news)
		change.alert.sweep = sweep;
	change.alert.seen_at = seen_at;
	change.alert.asset_count = asset_count;
	*ret_change = change;
	return true;
}

/* ---- its events ---- */

/* Bytes of a name, counting twice what a format may put a second byte before. */
static size_t weight(const char *name)
{
	size_t bytes = 0;

	for (; *name != '\0'; name++)
		bytes += strchr("]|=^\\\"", *name) ? 2 : 1;
	return bytes;
}

/* Add the names from *next on that fit; at least one. */
static char *list_part(const char *const *assets, size_t count, size_t *next)
{
	struct text list;
	size_t bytes = 0;

	text_init(&list);
	for (; *next < count; (*next)++) {
		size_t more = weight(assets[*next]) + (bytes > 0 ? strlen(ALERT_LIST_BETWEEN) : 0);
		if (bytes > 0 && bytes + more > ALERT_ASSETS_MAX)
			break;
		text_addf(&list, "%s%s", bytes > 0 ? ALERT_LIST_BETWEEN : "", assets[*next]);
		bytes += more;
	}
	return text_take(&list);
}

struct events {
	struct alert_event *items;
	size_t count;
};

static void events_clear(struct events *events)
{
	alert_events_free(events->items, events->count);
}

static int add_part(struct events *events, const struct alert_event *whole, char *assets)
{
	struct alert_event event = *whole;

	event.assets = assets;
	if (!assets || ARRAY_APPEND(events->items, events->count, (struct alert_event){0}) < 0)
		return -1;
	return alert_event_copy(&events->items[events->count - 1], &event);
}

static int add_parts(struct events *events, const struct alert_event *whole, const char *const *assets,
		     size_t count)
{
	for (size_t next = 0; next < count;) {
		CLEANUP(cleanup_free) char *part = list_part(assets, count, &next);
		if (add_part(events, whole, part) < 0)
			return -1;
	}
	for (size_t i = 0; i < events->count; i++) {
		events->items[i].part = i + 1;
		events->items[i].parts = events->count;
	}
	return 0;
}

int alert_events_from_group(struct alert_event **ret_events, size_t *ret_count,
			    const struct alert_change *change, const char *const *assets,
			    size_t asset_count, const char *site, uint64_t sweep, int64_t now)
{
	CLEANUP(alert_event_clear) struct alert_event whole = {0};
	CLEANUP(events_clear) struct events events = {0};

	if (alert_event_from_change(&whole, change, NULL, site, NULL, sweep, now) < 0)
		return -1;
	if (asset_count > 0) {
		if (add_parts(&events, &whole, assets, asset_count) < 0)
			return -1;
	} else {
		if (ARRAY_APPEND(events.items, events.count, whole) < 0)
			return -1;
		whole = (struct alert_event){0};
	}
	*ret_events = events.items;
	*ret_count = events.count;
	events = (struct events){0};
	return 0;
}

void alert_events_free(struct alert_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		alert_event_clear(&events[i]);
	free(events);
}

/* ---- lists of alerts ---- */

static int compare_number(const void *number, const void *alert)
{
	uint64_t wanted = *(const uint64_t *)number;
	uint64_t found = ((const struct alert *)alert)->number;

	return wanted < found ? -1 : wanted > found;
}

struct alert *alert_find(struct alert *alerts, size_t count, uint64_t number)
{
	return count == 0 ? NULL : bsearch(&number, alerts, count, sizeof *alerts, compare_number);
}

void alert_count_members(struct alert *alerts, size_t count)
{
	struct alert *group = NULL;

	for (size_t i = 0; i < count; i++)
		if (alerts[i].group && alerts[i].state != ALERT_STATE_RESOLVED)
			alerts[i].asset_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (alerts[i].under == 0 || alerts[i].state == ALERT_STATE_RESOLVED)
			continue;
		if (!group || group->number != alerts[i].under)
			group = alert_find(alerts, count, alerts[i].under);
		if (group)
			group->asset_count++;
	}
}
