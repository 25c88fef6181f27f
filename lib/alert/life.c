#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/time.h"
#include "alert/internal.h"

/* One thing that is wrong now. Everything in it is lent. */
struct cause {
	enum alert_type type;
	bool has_kind;
	enum visit_kind kind;
	const char *path;
	const struct drift_finding *finding; /* NULL for a device's own */
};

struct list {
	struct cause *causes; /* sorted by compare_key(), unique */
	size_t count;
	const struct alert **open; /* sorted likewise */
	size_t open_count;
	struct alert_change *changes;
	size_t change_count;
};

static void list_clear(struct list *list)
{
	free(list->causes);
	free(list->open);
	alert_changes_free(list->changes, list->change_count);
}

static const enum alert_type types_of_findings[DRIFT_TYPE_COUNT] = {
	[DRIFT_MODIFIED] = ALERT_FILE_MODIFIED, [DRIFT_ADDED] = ALERT_FILE_ADDED,
	[DRIFT_MISSING] = ALERT_FILE_MISSING,	[DRIFT_FORGED] = ALERT_FILE_FORGED,
	[DRIFT_STALE] = ALERT_FILE_STALE,	[DRIFT_MIXED] = ALERT_FILE_MIXED,
	[DRIFT_UNREADABLE] = ALERT_FILE_UNREADABLE,
};

static bool is_of_a_file(enum alert_type type)
{
	return type <= ALERT_FILE_UNREADABLE;
}

static bool is_of_contact(enum alert_type type)
{
	return type == ALERT_DEVICE_UNREACHABLE || type == ALERT_DEVICE_REFUSED ||
	       type == ALERT_DEVICE_CHANGED;
}

/* ---- order ---- */

static int compare_key(const struct cause *a, const struct cause *b)
{
	if (!a->path != !b->path)
		return a->path ? 1 : -1;
	int order = a->path ? strcmp(a->path, b->path) : 0;
	if (order == 0)
		order = (int)a->type - (int)b->type;
	if (order == 0)
		order = (int)a->has_kind - (int)b->has_kind;
	return order == 0 && a->has_kind ? (int)a->kind - (int)b->kind : order;
}

static struct cause key_of(const struct alert *alert)
{
	return (struct cause){alert->type, alert->has_kind, alert->kind, alert->path, NULL};
}

static int compare_causes(const void *a, const void *b)
{
	return compare_key(a, b);
}

static int compare_open(const void *a, const void *b)
{
	struct cause left = key_of(*(const struct alert *const *)a);
	struct cause right = key_of(*(const struct alert *const *)b);

	return compare_key(&left, &right);
}

static bool has_cause(const struct list *list, enum alert_type type, const struct alert *alert)
{
	struct cause key = {type, alert->has_kind, alert->kind, alert->path, NULL};

	return list->count > 0 &&
	       bsearch(&key, list->causes, list->count, sizeof *list->causes, compare_causes) != NULL;
}

/* ---- what is wrong now ---- */

static bool contact_cause(enum visit_contact contact, enum alert_type *ret_type)
{
	switch (contact) {
	case VISIT_CONTACT_NONE:
		*ret_type = ALERT_DEVICE_UNREACHABLE;
		return true;
	case VISIT_CONTACT_REFUSED:
		*ret_type = ALERT_DEVICE_REFUSED;
		return true;
	case VISIT_CONTACT_WRONG:
		*ret_type = ALERT_DEVICE_CHANGED;
		return true;
	case VISIT_CONTACT_MADE:
	case VISIT_CONTACT_NOT_TRIED:
		break;
	}
	return false;
}

static int collect_causes(struct list *list, const struct alert_causes *causes)
{
	const struct drift_verdict *verdict = causes->verdict;
	struct cause cause = {0};

	if (contact_cause(visit_outcome_contact(causes->outcome), &cause.type) &&
	    ARRAY_APPEND(list->causes, list->count, cause) < 0)
		return -ENOMEM;
	for (size_t i = 0; verdict && i < verdict->finding_count; i++) {
		const struct drift_finding *finding = &verdict->findings[i];
		cause = (struct cause){types_of_findings[finding->type], true, finding->kind,
				       finding->path, finding};
		if (ARRAY_APPEND(list->causes, list->count, cause) < 0)
			return -ENOMEM;
	}
	if (list->count == 0)
		return 0;
	qsort(list->causes, list->count, sizeof *list->causes, compare_causes);
	size_t unique = 1;
	for (size_t i = 1; i < list->count; i++)
		if (compare_key(&list->causes[i], &list->causes[unique - 1]) != 0)
			list->causes[unique++] = list->causes[i];
	list->count = unique;
	return 0;
}

static int collect_open(struct list *list, const struct alert *open, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool ours = is_of_a_file(open[i].type) || is_of_contact(open[i].type);
		if (ours && open[i].state != ALERT_STATE_RESOLVED &&
		    ARRAY_APPEND(list->open, list->open_count, &open[i]) < 0)
			return -ENOMEM;
	}
	if (list->open_count > 0)
		qsort(list->open, list->open_count, sizeof *list->open, compare_open);
	return 0;
}

/* ---- one alert ---- */

/* Details come escaped for display in a report; events keep them raw and escape them once. */
static int set_detail(struct alert *alert, const char *escaped)
{
	char *raw = NULL;

	if (!escaped || escaped[0] == '\0')
		return alert_string_set(&alert->detail, NULL);
	if (escape_parse(&raw, escaped, strlen(escaped)) < 0)
		return alert_string_set(&alert->detail, escaped);
	free(alert->detail);
	alert->detail = raw;
	return 0;
}

/* What a device that is not the enrolled one showed: another one the next time is news. */
static int set_shown(struct alert *alert, const struct alert_causes *causes)
{
	const struct visit_report *report = causes->report;
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	if (report && causes->outcome == VISIT_SERIAL_CHANGED && report->seen_serial[0] != '\0')
		text_addf(&text, "it shows the serial %s", report->seen_serial);
	else if (report && report->seen_pin[0] != '\0')
		text_addf(&text, "it shows %s", report->seen_pin);
	else
		return set_detail(alert, causes->detail);
	free(alert->detail);
	alert->detail = text_take(&text);
	return alert->detail ? 0 : -ENOMEM;
}

static int describe_device(struct alert *alert, const struct alert_causes *causes)
{
	if (alert_string_set(&alert->outcome, visit_outcome_name(causes->outcome)) < 0)
		return -ENOMEM;
	return alert->type == ALERT_DEVICE_CHANGED ? set_shown(alert, causes)
						   : set_detail(alert, causes->detail);
}

/* How long the release was accepted that the device is still on, as far as it is known. */
static int set_accepted(struct alert *alert, const struct drift_finding *finding,
			const struct drift_kind *on)
{
	char when[TIME_TEXT_SIZE];
	char words[TIME_TEXT_SIZE + sizeof "accepted until "];

	if (on->accept_until <= 0 || strcmp(on->manifest, finding->manifest) != 0)
		return alert_string_set(&alert->detail, NULL);
	time_write(when, on->accept_until);
	(void)snprintf(words, sizeof words, "accepted until %s", when); /* fits */
	return alert_string_set(&alert->detail, words);
}

static int describe_file(struct alert *alert, const struct drift_finding *finding,
			 const struct drift_verdict *verdict)
{
	bool failed = finding->outcome != VISIT_OK;

	alert->has_new = finding->has_new;
	alert->new_size = finding->new_size;
	alert->new_digest = finding->new_digest;
	alert->has_old = finding->has_old;
	alert->old_size = finding->old_size;
	alert->old_digest = finding->old_digest;
	if (alert_string_set(&alert->release, finding->release) < 0 ||
	    alert_string_set(&alert->manifest, finding->manifest[0] ? finding->manifest : NULL) < 0)
		return -ENOMEM;
	if (alert->type == ALERT_FILE_STALE &&
	    set_accepted(alert, finding, &verdict->kinds[finding->kind]) < 0)
		return -ENOMEM;
	return alert_string_set(&alert->outcome, failed ? visit_outcome_name(finding->outcome) : NULL);
}

/* Fill in what is seen of a cause at this visit. */
static int describe(struct alert *alert, const struct cause *cause, const struct alert_causes *causes)
{
	alert->seen_at = causes->now;
	return cause->finding ? describe_file(alert, cause->finding, causes->verdict)
			      : describe_device(alert, causes);
}

/* Whether it is still the same cause but another content, so that people must look again. */
static bool is_news(const struct alert *before, const struct alert *now)
{
	switch (now->type) {
	case ALERT_DEVICE_CHANGED:
		return !alert_string_same(before->outcome, now->outcome) ||
		       !alert_string_same(before->detail, now->detail);
	case ALERT_FILE_UNREADABLE:
		/* Links fail in many ways from night to night; a content that does not hold
		 * still is another matter. */
		return !alert_string_same(before->outcome, now->outcome) &&
		       alert_string_same(now->outcome, visit_outcome_name(VISIT_UNSTABLE));
	case ALERT_FILE_STALE:
		return !alert_string_same(before->manifest, now->manifest);
	default:
		return before->has_new != now->has_new ||
		       (now->has_new && !digest_equal(&before->new_digest, &now->new_digest));
	}
}

static int add_change(struct list *list, struct alert_change *change)
{
	if (ARRAY_APPEND(list->changes, list->change_count, *change) < 0) {
		alert_clear(&change->alert);
		return -ENOMEM;
	}
	return 0;
}

static int open_cause(struct list *list, const struct cause *cause, const struct alert_causes *causes)
{
	struct alert_change change = {.alert = {.type = cause->type, .has_kind = cause->has_kind,
						.kind = cause->kind, .opened_at = causes->now,
						.sweep = causes->sweep},
				      .action = ALERT_OPENED, .news = true};

	if (!causes->waits || cause->type != ALERT_DEVICE_UNREACHABLE)
		alert_tell(&change, ALERT_OPENED, causes->now);
	if (alert_string_set(&change.alert.asset, causes->asset) < 0 ||
	    alert_string_set(&change.alert.path, cause->path) < 0 ||
	    describe(&change.alert, cause, causes) < 0) {
		alert_clear(&change.alert);
		return -ENOMEM;
	}
	return add_change(list, &change);
}

static int keep(struct list *list, const struct alert *before, const struct cause *cause,
		const struct alert_causes *causes)
{
	struct alert_change change = {0};

	if (alert_copy(&change.alert, before) < 0 || describe(&change.alert, cause, causes) < 0) {
		alert_clear(&change.alert);
		return -ENOMEM;
	}
	if (is_news(before, &change.alert)) {
		alert_reopen(&change.alert);
		change.news = true;
		change.left = before->under;
		change.alert.under = 0;
		change.alert.sweep = causes->sweep;
		alert_tell(&change, ALERT_CHANGED, causes->now);
	} else if (alert_is_due(before, &causes->pace, causes->now)) {
		alert_tell(&change, ALERT_REMINDED, causes->now);
	}
	return add_change(list, &change);
}

/* ---- what is no longer wrong: each adds the reason, or nothing when that was not seen ---- */

/* With no baseline in force nothing is found, which says nothing about the file. */
static bool was_judged(const struct drift_verdict *verdict, enum visit_kind kind)
{
	return verdict->kinds[kind].covered && verdict->kinds[kind].result != DRIFT_UNTRUSTED;
}

static bool kind_is_fine(const struct drift_verdict *verdict, enum visit_kind kind)
{
	const struct drift_kind *standing = &verdict->kinds[kind];

	return standing->covered &&
	       (standing->result == DRIFT_VERIFIED || standing->result == DRIFT_BEHIND);
}

/* What is wrong with the same file instead, or NULL. */
static const struct cause *find_other(const struct list *list, const struct alert *alert)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->causes[i].path && strcmp(list->causes[i].path, alert->path) == 0)
			return &list->causes[i];
	return NULL;
}

static void add_why_read(struct text *why, const struct alert *alert, const struct list *list,
			 const struct drift_kind *standing)
{
	const struct cause *other = find_other(list, alert);

	if (other)
		text_addf(why, "it is %s now", alert_type_name(other->type));
	else if (standing->covered && standing->release && standing->manifest[0] != '\0')
		text_addf(why, "it was read again, and the device is on release %s", standing->release);
	else
		text_add(why, "it was read again, and nothing was found against it");
}

static void add_why_file(struct text *why, const struct alert *alert, const struct list *list,
			 const struct alert_causes *causes)
{
	const struct visit_observation *seen = visit_report_find(causes->report, alert->path);
	enum visit_kind kind = seen ? seen->kind : alert->kind;
	/* Whether a file that nobody approved is gone needs no baseline to tell. */
	bool decided = alert->type == ALERT_FILE_UNREADABLE ||
		       (alert->type == ALERT_FILE_ADDED && !seen) ||
		       was_judged(causes->verdict, kind);

	if (!decided || has_cause(list, ALERT_FILE_UNREADABLE, alert))
		return;
	if (!seen && causes->lists && causes->outcome == VISIT_OK)
		text_add(why, "it is no longer among the files that are checked");
	else if (seen && seen->outcome == VISIT_OK)
		add_why_read(why, alert, list, &causes->verdict->kinds[kind]);
	else if (seen && seen->outcome == VISIT_FILE_NOT_FOUND && alert->type != ALERT_FILE_MISSING)
		text_add(why, "it is no longer on the device");
}

/* A kind that is known to be on a release, and was not found stale, is on one that is accepted. */
static void add_why_kind(struct text *why, const struct alert *alert, const struct drift_kind *standing)
{
	const char *release = standing->release ? standing->release : "without a name";

	if (standing->manifest[0] == '\0')
		return;
	if (alert_string_same(standing->manifest, alert->manifest))
		text_addf(why, "its release %s is accepted again", release);
	else
		text_addf(why, "it is on release %s now", release);
}

static void add_why_gone(struct text *why, const struct alert *alert, const struct list *list,
			 const struct alert_causes *causes)
{
	if (!causes->verdict || !causes->report ||
	    visit_outcome_contact(causes->outcome) != VISIT_CONTACT_MADE)
		return;
	if (alert->path)
		add_why_file(why, alert, list, causes);
	else if (alert->has_kind)
		add_why_kind(why, alert, &causes->verdict->kinds[alert->kind]);
	if (why->length == 0 && alert->has_kind && kind_is_fine(causes->verdict, alert->kind)) {
		const char *release = causes->verdict->kinds[alert->kind].release;
		text_addf(why, "all its approved files are in place%s%s", release ? ": it is on release " : "",
			  release ? release : "");
	}
}

/* Being let in disproves all three. A graver one takes the place of a lighter; but a device
 * that was not the enrolled one and is now silent has not been cleared by that. */
static void add_why_device(struct text *why, const struct alert *alert, enum visit_contact contact)
{
	enum alert_type now;

	if (contact == VISIT_CONTACT_MADE)
		text_add(why, "it was reached and let us in");
	else if (contact_cause(contact, &now) && now > alert->type)
		text_add(why, now == ALERT_DEVICE_CHANGED ? "it answers, but as another device"
							  : "it answers, but lets nobody in");
}

static int resolve_if_gone(struct list *list, const struct alert *alert,
			   const struct alert_causes *causes)
{
	CLEANUP(text_clear) struct text why;
	struct alert_change change = {0};

	text_init(&why);
	if (is_of_a_file(alert->type))
		add_why_gone(&why, alert, list, causes);
	else
		add_why_device(&why, alert, visit_outcome_contact(causes->outcome));
	if (why.length > 0 && causes->visit != 0)
		text_addf(&why, " (visit %" PRIu64 ")", causes->visit);
	if (why.failed)
		return -ENOMEM;
	if (why.length == 0)
		return 0;
	if (alert_resolve(&change, alert, why.data, causes->now) < 0)
		return -ENOMEM;
	return add_change(list, &change);
}

/* ---- a visit ---- */

/* Walk both sorted lists side by side. */
static int match(struct list *list, const struct alert_causes *causes)
{
	size_t i = 0;
	size_t k = 0;
	int failed = 0;

	while (failed == 0 && (i < list->count || k < list->open_count)) {
		struct cause key = {0};
		if (k < list->open_count)
			key = key_of(list->open[k]);
		int order = i == list->count ? 1 : k == list->open_count ? -1
			: compare_key(&list->causes[i], &key);
		if (order < 0)
			failed = open_cause(list, &list->causes[i++], causes);
		else if (order > 0)
			failed = resolve_if_gone(list, list->open[k++], causes);
		else
			failed = keep(list, list->open[k++], &list->causes[i++], causes);
	}
	return failed;
}

int alert_update(struct alert_change **ret_changes, size_t *ret_count, const struct alert *open,
		 size_t open_count, const struct alert_causes *causes, struct error *e)
{
	CLEANUP(list_clear) struct list list = {0};

	if (collect_causes(&list, causes) < 0 || collect_open(&list, open, open_count) < 0 ||
	    match(&list, causes) < 0)
		return error_memory(e);
	*ret_changes = TAKE(list.changes);
	*ret_count = list.change_count;
	list.change_count = 0;
	return 0;
}
