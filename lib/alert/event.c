#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "digest/digest.h"
#include "alert/internal.h"

/* Where a digest of the last bad content would be read as the present one, it is left out. */
static void lend_finding(struct alert_event *event, const struct alert *alert)
{
	event->outcome = alert->outcome;
	event->has_new = alert->has_new;
	event->new_size = alert->new_size;
	event->new_digest = alert->new_digest;
	event->has_old = alert->has_old;
	event->old_size = alert->old_size;
	event->old_digest = alert->old_digest;
}

static void lend_device(struct alert_event *event, const struct inventory_device *device)
{
	if (!device)
		return;
	event->serial = device->serial;
	event->model = device->model;
	event->name = device->name;
	event->department = device->department;
}

/* Without contact there was no link to grade. */
static bool was_graded(enum visit_outcome outcome)
{
	enum visit_contact contact = visit_outcome_contact(outcome);

	return contact != VISIT_CONTACT_NONE && contact != VISIT_CONTACT_NOT_TRIED;
}

/* What a report says of where the device was found, in buffers that live as long as the event. */
struct place {
	char address[sizeof((struct visit_report){0}).seen_address];
	char grade[VISIT_GRADE_TEXT_SIZE];
};

static void lend_place(struct alert_event *event, struct place *place, const struct visit_report *report)
{
	if (report && report->seen_address[0] != '\0') {
		memcpy(place->address, report->seen_address, sizeof place->address);
		event->address = place->address;
	}
	if (report && was_graded(report->outcome)) {
		visit_grade_write(place->grade, &report->grade);
		event->grade = place->grade;
	}
}

int alert_event_copy(struct alert_event *ret_event, const struct alert_event *event)
{
	CLEANUP(alert_event_clear) struct alert_event copy = *event;

	if (alert_strings_copy(&alert_event_strings, &copy, event) < 0)
		return -1;
	*ret_event = copy;
	copy = (struct alert_event){0};
	return 0;
}

/* Turn lent strings into owned ones. */
static int give(struct alert_event *ret_event, const struct alert_event *lent, const char *site)
{
	struct alert_event event = *lent;

	event.site = (char *)site;
	return alert_event_copy(ret_event, &event);
}

int alert_event_from_change(struct alert_event *ret_event, const struct alert_change *change,
			    const struct inventory_device *device, const char *site,
			    const struct visit_report *report, uint64_t sweep, int64_t now)
{
	const struct alert *alert = &change->alert;
	bool ended = change->action == ALERT_ENDED;
	struct place place;
	struct alert_event event = {
		.type = ended ? ALERT_RESOLVED : alert->type,
		.action = change->action,
		.at = now,
		.sweep = sweep,
		.alert = alert->number,
		.under = alert->under,
		.asset = alert->asset,
		.path = alert->path,
		.has_kind = alert->has_kind,
		.kind = alert->kind,
		.release = alert->release,
		.manifest = alert->manifest,
		.detail = alert->detail,
		.group = alert->group,
		.members = alert->members,
		.asset_count = alert->asset_count,
	};

	if (ended)
		event.resolves = alert->type;
	else
		lend_finding(&event, alert);
	lend_device(&event, device);
	if (alert->type == ALERT_FLEET_DRIFT)
		event.model = alert->group;
	lend_place(&event, &place, report);
	return give(ret_event, &event, site);
}

int alert_event_rollback(struct alert_event *ret_event, const struct alert_rollback *rollback,
			 const struct inventory_device *device, const char *site,
			 const struct visit_report *report, uint64_t sweep, int64_t now)
{
	struct place place;
	struct alert_event event = {
		.type = ALERT_DEVICE_ROLLED_BACK,
		.action = ALERT_TOLD,
		.at = now,
		.sweep = sweep,
		.asset = device->asset,
		.has_kind = true,
		.kind = rollback->kind,
		.release = (char *)rollback->release,
		.manifest = (char *)rollback->manifest,
		.release_old = (char *)rollback->release_old,
		.manifest_old = (char *)rollback->manifest_old,
	};

	lend_device(&event, device);
	lend_place(&event, &place, report);
	return give(ret_event, &event, site);
}

int alert_event_summary(struct alert_event *ret_event, const char *site, uint64_t sweep,
			const struct alert_counts *counts, int64_t now)
{
	struct alert_event event = {
		.type = ALERT_SWEEP_SUMMARY,
		.action = ALERT_TOLD,
		.at = now,
		.sweep = sweep,
		.has_counts = true,
		.counts = *counts,
	};

	if (alert_string_set(&event.site, site) < 0)
		return -1;
	*ret_event = event;
	return 0;
}

int alert_event_heartbeat(struct alert_event *ret_event, const char *site,
			  const struct alert_counts *counts, uint64_t interval, int64_t now)
{
	struct alert_event event = {
		.type = ALERT_HEARTBEAT,
		.action = ALERT_TOLD,
		.at = now,
		.interval = interval,
		.has_counts = true,
		.counts = *counts,
	};

	if (alert_string_set(&event.site, site) < 0)
		return -1;
	*ret_event = event;
	return 0;
}

/* A UUID of version 8 (RFC 9562 §5.8), as the store gives them. */
static int give_test_eid(struct alert_event *event)
{
	CLEANUP(text_clear) struct text text;
	char hash[DIGEST_SHA256_HEX + 1];

	text_init(&text);
	text_addf(&text, "%s\n%s\n%s\n%" PRId64, alert_type_name(event->type), event->site ? event->site : "",
		  event->detail ? event->detail : "", event->at);
	if (text.failed || digest_sha256_hex(hash, text.data, text.length) < 0)
		return -1;
	(void)snprintf(event->eid, sizeof event->eid, "%.8s-%.4s-8%.3s-a%.3s-%.12s", hash, hash + 8,
		       hash + 12, hash + 15, hash + 18);
	return 0;
}

int alert_event_test(struct alert_event *ret_event, const char *site, const char *by, int64_t now)
{
	CLEANUP(alert_event_clear) struct alert_event event = {
		.type = ALERT_SINK_TEST,
		.action = ALERT_TOLD,
		.at = now,
	};

	if (alert_string_set(&event.site, site) < 0 || alert_string_set(&event.detail, by) < 0 ||
	    give_test_eid(&event) < 0)
		return -1;
	*ret_event = event;
	event = (struct alert_event){0};
	return 0;
}

int alert_event_add_serials(struct alert_event *summary, const struct alert_serial *serials, size_t count)
{
	CLEANUP(text_clear) struct text list;
	char digest[DIGEST_SHA256_HEX + 1];

	text_init(&list);
	for (size_t i = 0; i < count; i++)
		text_addf(&list, "%s%s %s %" PRIu64, i > 0 ? ALERT_LIST_BETWEEN : "", serials[i].scope,
			  visit_kind_name(serials[i].kind), serials[i].serial);
	if (list.length == 0)
		return list.failed ? -1 : 0;
	if (list.failed || digest_sha256_hex(digest, list.data, list.length) < 0)
		return -1;
	alert_list_cut(&list, 0, ALERT_SERIALS_MAX);
	if (list.failed || alert_string_set(&summary->serials, list.data) < 0)
		return -1;
	return alert_string_set(&summary->serials_sha256, digest);
}
