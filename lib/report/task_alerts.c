#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "report/tasks.h"
#include "visit/visit.h"

#define ACKNOWLEDGED_MOST (14 * TIME_DAY) /* then it is told that it is still so */

enum { REFUSED_NAMED = 3 }; /* devices; more are one task */

#define QUARANTINE "Verify it and quarantine it by your policy; "

/* ---- what each type says: in the order in which it is told ---- */

enum phrase {
	PHRASE_KIND,   /* "The drug library of PUMP-0007 (ICU) is not the approved one" */
	PHRASE_DEVICE, /* "PUMP-0007 (ICU) refuses the login" */
};

struct type {
	enum alert_type type;
	enum report_urgency urgency;
	enum phrase phrase;
	const char *one, *many; /* what is said of one, and of several devices */
	const char *file;	/* what is so of one file of it; empty: its name says it; NULL: none is named */
	const char *next;	/* before where to look */
};

static const struct type types[] = {
	{ALERT_FILE_FORGED, REPORT_NOW, PHRASE_KIND, "was forged", "were forged",
	 "has the approved MD5 and another SHA-256", QUARANTINE},
	{ALERT_DEVICE_CHANGED, REPORT_NOW, PHRASE_DEVICE, "is not the device that was enrolled: another one answers",
	 "are not the devices that were enrolled: others answer", NULL,
	 "Find out whether it was replaced or moved; else verify it and quarantine it by your policy; "},
	{ALERT_FILE_MODIFIED, REPORT_NOW, PHRASE_KIND, "is not the approved one", "are not the approved ones", "differs",
	 QUARANTINE},
	{ALERT_FILE_MIXED, REPORT_NOW, PHRASE_KIND, "is a mixture of several approved releases",
	 "are mixtures of several approved releases", "is of another release", QUARANTINE},
	{ALERT_FILE_MISSING, REPORT_NOW, PHRASE_KIND, "is not complete", "are not complete", "is missing", QUARANTINE},
	{ALERT_FILE_ADDED, REPORT_TODAY, PHRASE_KIND, "has a file that nobody approved",
	 "have files that nobody approved", "", QUARANTINE},
	{ALERT_FILE_UNREADABLE, REPORT_TODAY, PHRASE_KIND, "could not be checked as a whole",
	 "could not be checked as a whole", "could not be read", "Nothing is known of these files until they can be read; "},
	{ALERT_DEVICE_REFUSED, REPORT_TODAY, PHRASE_DEVICE, "refuses the login", "refuse the login", NULL,
	 "Check the credential: a password that was changed and nobody knows of is a finding of its own; "},
	{ALERT_DEVICE_UNREACHABLE, REPORT_TODAY, PHRASE_DEVICE, "does not answer", "do not answer", NULL,
	 "Check the switch or the access point that they share; "},
	{ALERT_FILE_STALE, REPORT_TODAY, PHRASE_KIND, "is of an older release, which is not accepted any more",
	 "are of an older release, which is not accepted any more", NULL,
	 "Bring it to the release in force; "},
};
enum { TYPES = sizeof types / sizeof *types };

static int rank_of(const struct alert *alert)
{
	enum alert_type type = alert->group ? alert->members : alert->type;

	for (int i = 0; i < TYPES; i++)
		if (types[i].type == type)
			return i;
	return -1;
}

/* ---- which are told, and together ---- */

struct list {
	const struct alert **items;
	size_t count;
};

static int compare_strings(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_keys(const struct alert *left, const struct alert *right)
{
	int difference = rank_of(left) - rank_of(right);

	if (difference == 0)
		difference = (right->group != NULL) - (left->group != NULL);
	if (difference == 0)
		difference = compare_strings(left->asset, right->asset);
	if (difference == 0)
		difference = (int)left->has_kind - (int)right->has_kind;
	return difference ? difference : (int)left->kind - (int)right->kind;
}

static int compare(const void *a, const void *b)
{
	const struct alert *left = *(const struct alert *const *)a;
	const struct alert *right = *(const struct alert *const *)b;
	int difference = compare_keys(left, right);

	if (difference != 0)
		return difference;
	return left->number < right->number ? -1 : left->number > right->number;
}

/* Devices that are silent alone are told by department, elsewhere. */
static bool is_told(const struct alert *alert)
{
	return alert->state == ALERT_STATE_OPEN && alert->under == 0 && rank_of(alert) >= 0 &&
	       (alert->group || alert->type != ALERT_DEVICE_UNREACHABLE);
}

static bool choose(struct list *list, const struct report_fleet *fleet)
{
	list->items = calloc(fleet->alert_count + 1, sizeof *list->items);
	if (!list->items)
		return false;
	for (size_t i = 0; i < fleet->alert_count; i++)
		if (is_told(&fleet->alerts[i]))
			list->items[list->count++] = &fleet->alerts[i];
	qsort(list->items, list->count, sizeof *list->items, compare);
	return true;
}

/* ---- the words ---- */

/* Whether there is a word for the kind of its files. */
static bool has_word(const struct alert *alert)
{
	return alert->has_kind && alert->kind != VISIT_OTHER;
}

/* "The drug library of " */
static void add_kind(struct text *text, const struct alert *alert)
{
	if (has_word(alert))
		text_addf(text, "The %s of ", task_kind_words(alert->kind));
	else if (alert->type != ALERT_FILE_ADDED)
		text_add(text, "A file of ");
}

static void add_file(struct text *text, const struct type *type, const struct alert *alert, size_t files)
{
	if (!type->file)
		return;
	if (files > 1) {
		text_addf(text, ": %zu files, the first of them ", files);
		task_add_name(text, alert->path ? alert->path : "without a name");
		return;
	}
	if (!alert->path)
		return;
	text_add(text, ": ");
	task_add_name(text, alert->path);
	if (*type->file)
		text_addf(text, " %s", type->file);
	if (type->type == ALERT_FILE_UNREADABLE && alert->outcome) {
		enum visit_outcome outcome;
		if (visit_outcome_parse(&outcome, alert->outcome) == 0)
			text_addf(text, " (%s)", visit_outcome_text(outcome));
	}
}

static void add_one(struct text *text, const struct tasks *tasks, const struct type *type, const struct alert *alert,
		    size_t files)
{
	if (type->phrase == PHRASE_KIND)
		add_kind(text, alert);
	task_add_device(text, alert->asset, report_device_find(tasks->fleet, alert->asset));
	text_addf(text, " %s", type->one);
	add_file(text, type, alert, files);
}

static void add_group(struct text *text, const struct type *type, const struct alert *alert)
{
	if (alert->type == ALERT_FLEET_UNREACHABLE)
		text_addf(text, "%llu devices of the subnet ", (unsigned long long)alert->asset_count);
	else
		text_addf(text, "%llu devices of model ", (unsigned long long)alert->asset_count);
	task_add_name(text, alert->group);
	if (type->phrase == PHRASE_DEVICE) {
		text_addf(text, " %s", type->many);
		return;
	}
	text_add(text, " have the same change: ");
	if (has_word(alert))
		text_addf(text, "the %s %s", task_kind_words(alert->kind), type->one);
	else
		text_addf(text, "%s %s", type->type == ALERT_FILE_ADDED ? "each" : "a file", type->one);
	add_file(text, type, alert, 1);
}

static void tell(struct tasks *tasks, const struct alert *alert, size_t files)
{
	const struct type *type = &types[rank_of(alert)];
	struct task_draft draft = task_begin(type->urgency);

	if (alert->group)
		add_group(&draft.what, type, alert);
	else
		add_one(&draft.what, tasks, type, alert, files);
	text_addf(&draft.next, "%s\"pumpwatch alert show %llu\" tells %s.", type->next,
		  (unsigned long long)alert->number,
		  alert->group ? "which devices they are" : type->phrase == PHRASE_DEVICE ? "more" : "what is known");
	draft.alert = alert->number;
	draft.devices = alert->group ? alert->asset_count : 1;
	task_end(tasks, &draft);
}

/* A password that was changed shows on many devices at once: that is one thing to do. */
static void tell_refused(struct tasks *tasks, const struct alert *const *alerts, size_t count)
{
	const struct type *type = &types[rank_of(alerts[0])];
	struct task_draft draft = task_begin(type->urgency);

	text_addf(&draft.what, "%zu devices %s: ", count, type->many);
	for (size_t i = 0; i < REFUSED_NAMED; i++) {
		text_add(&draft.what, i > 0 ? ", " : "");
		task_add_device(&draft.what, alerts[i]->asset, report_device_find(tasks->fleet, alerts[i]->asset));
	}
	text_addf(&draft.what, " and %zu more", count - REFUSED_NAMED);
	text_addf(&draft.next, "%s\"pumpwatch alerts --type %s\" lists them.", type->next, alert_type_name(type->type));
	draft.devices = count;
	task_end(tasks, &draft);
}

/* How many alerts from this one on are of files of the same kind of one device. */
static size_t files_from(const struct list *list, size_t i)
{
	size_t count = 1;

	while (!list->items[i]->group && i + count < list->count && !list->items[i + count]->group &&
	       compare_keys(list->items[i], list->items[i + count]) == 0)
		count++;
	return count;
}

/* How many from this one on are of devices that refuse the login. */
static size_t refused_from(const struct list *list, size_t i)
{
	size_t count = 0;

	while (i + count < list->count && !list->items[i + count]->group &&
	       list->items[i + count]->type == ALERT_DEVICE_REFUSED)
		count++;
	return count;
}

/* ---- what was acknowledged and never mended ---- */

static void tell_acknowledged(struct tasks *tasks)
{
	const struct report_fleet *fleet = tasks->fleet;
	const struct alert *oldest = NULL;
	uint64_t count = 0;

	for (size_t i = 0; i < fleet->alert_count; i++) {
		const struct alert *alert = &fleet->alerts[i];
		if (alert->state != ALERT_STATE_ACKNOWLEDGED || alert->under != 0 ||
		    alert->acknowledged_at > fleet->made_at - ACKNOWLEDGED_MOST)
			continue;
		count++;
		if (!oldest || alert->acknowledged_at < oldest->acknowledged_at)
			oldest = alert;
	}
	if (!oldest)
		return;
	struct task_draft draft = task_begin(REPORT_SOON);
	if (count == 1)
		text_add(&draft.what, "An alert was acknowledged more than 14 days ago and is still so");
	else
		text_addf(&draft.what, "%llu alerts were acknowledged more than 14 days ago and are still so",
			  (unsigned long long)count);
	text_addf(&draft.next, "See what became of them: \"pumpwatch alerts\" lists them; the oldest is \"pumpwatch alert "
			       "show %llu\".", (unsigned long long)oldest->number);
	draft.alert = oldest->number;
	task_end(tasks, &draft);
}

void task_find_alerts(struct tasks *tasks)
{
	struct list list = {0};

	if (!choose(&list, tasks->fleet)) {
		tasks->failed = true;
		return;
	}
	for (size_t i = 0, taken; i < list.count; i += taken) {
		taken = refused_from(&list, i);
		if (taken > REFUSED_NAMED) {
			tell_refused(tasks, list.items + i, taken);
			continue;
		}
		taken = files_from(&list, i);
		tell(tasks, list.items[i], taken);
	}
	free(list.items);
	tell_acknowledged(tasks);
}
