#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "report/tasks.h"

/* A device that something is to be said of, with the alert that says it. */
struct item {
	const struct report_device *device;
	uint64_t alert; /* 0: none */
};

struct flock {
	struct item *items;
	size_t count;
	const char *(*of)(const struct report_device *device); /* what they are told by; NULL comes last */
};

static const char *department_of(const struct report_device *device)
{
	return device->device.department;
}

static const char *model_of(const struct report_device *device)
{
	return device->device.model;
}

static int compare_names(const char *a, const char *b)
{
	if (!a || !b)
		return !a - !b;
	return strcmp(a, b);
}

static int compare(const void *a, const void *b, void *userdata)
{
	const struct flock *flock = userdata;
	const struct item *left = a;
	const struct item *right = b;
	int difference = compare_names(flock->of(left->device), flock->of(right->device));

	return difference ? difference : strcmp(left->device->device.asset, right->device->device.asset);
}

/* How flocks are told of: what is said of one and of several, and what to do. */
struct telling {
	enum report_urgency urgency;
	const char *one, *many; /* with a blank before: " does not answer" */
	const char *next;	/* ends before the command that lists them */
	const char *filter;	/* of "pumpwatch devices", or "" */
	const char *option;	/* that chooses what they are told by */
};

static void tell(struct tasks *tasks, const struct flock *flock, size_t first, size_t count,
		 const struct telling *telling)
{
	const struct item *item = &flock->items[first];
	const char *name = flock->of(item->device);
	struct task_draft draft = task_begin(telling->urgency);

	draft.devices = count;
	text_add(&draft.next, telling->next);
	if (count == 1) {
		draft.alert = item->alert;
		task_add_device(&draft.what, item->device->device.asset, item->device);
		text_addf(&draft.what, "%s", telling->one);
		text_addf(&draft.next, "\"pumpwatch show %s\" tells more.", item->device->device.asset);
		task_end(tasks, &draft);
		return;
	}
	text_addf(&draft.what, "%zu devices", count);
	if (name) {
		text_add(&draft.what, flock->of == model_of ? " of model " : " of ");
		task_add_name(&draft.what, name);
	} else {
		text_add(&draft.what, flock->of == model_of ? " without a model" : " without a department");
	}
	text_addf(&draft.what, "%s", telling->many);
	text_addf(&draft.next, "\"pumpwatch devices%s", telling->filter);
	if (name)
		(void)task_add_argument(&draft.next, telling->option, name); /* else all departments are listed */
	text_add(&draft.next, "\" lists them.");
	task_end(tasks, &draft);
}

static void tell_all(struct tasks *tasks, struct flock *flock, const struct telling *telling)
{
	if (!flock->items) {
		tasks->failed = true;
		return;
	}
	qsort_r(flock->items, flock->count, sizeof *flock->items, compare, flock);
	for (size_t i = 0, count; i < flock->count; i += count) {
		for (count = 1; i + count < flock->count; count++)
			if (compare_names(flock->of(flock->items[i].device), flock->of(flock->items[i + count].device)) != 0)
				break;
		tell(tasks, flock, i, count, telling);
	}
	free(flock->items);
}

static struct flock gather(const struct report_fleet *fleet, const char *(*of)(const struct report_device *))
{
	return (struct flock){.items = calloc(fleet->device_count + 1, sizeof(struct item)), .of = of};
}

/* ---- overdue ---- */

/* A device's alert of a type; those under a group's are told there. */
static const struct alert *find_alert(const struct report_fleet *fleet, const char *asset, enum alert_type type)
{
	for (size_t i = 0; i < fleet->alert_count; i++)
		if (fleet->alerts[i].type == type && fleet->alerts[i].asset && strcmp(fleet->alerts[i].asset, asset) == 0)
			return &fleet->alerts[i];
	return NULL;
}

static void add_span(struct text *text, int64_t span)
{
	if (span % TIME_DAY == 0)
		text_addf(text, "%lld %s", (long long)(span / TIME_DAY), span == TIME_DAY ? "day" : "days");
	else
		text_addf(text, "%lld hours", (long long)(span / TIME_HOUR));
}

static void find_overdue(struct tasks *tasks)
{
	const struct report_fleet *fleet = tasks->fleet;
	struct flock flock = gather(fleet, department_of);
	struct text one, many, filter;

	for (size_t i = 0; i < fleet->device_count && flock.items; i++) {
		const struct report_device *device = &fleet->devices[i];
		if (!device->overdue)
			continue;
		const struct alert *alert = find_alert(fleet, device->device.asset, ALERT_DEVICE_OVERDUE);
		if (!alert || alert->state == ALERT_STATE_OPEN)
			flock.items[flock.count++] = (struct item){device, alert ? alert->number : 0};
	}
	text_init(&one);
	text_init(&many);
	text_add(&one, " has not been verified for ");
	add_span(&one, fleet->overdue_after);
	text_add(&many, " have not been verified for ");
	add_span(&many, fleet->overdue_after);
	text_init(&filter);
	bool days = fleet->overdue_after % TIME_DAY == 0;
	text_addf(&filter, " --state active --age %lld%c",
		  (long long)(fleet->overdue_after / (days ? TIME_DAY : TIME_HOUR)), days ? 'd' : 'h');
	const struct telling telling = {
		REPORT_TODAY, one.data ? one.data : "", many.data ? many.data : "",
		"What is switched off or elsewhere: find and connect it, or tell that it is stored or in maintenance; ",
		filter.data ? filter.data : "", "--department",
	};
	tasks->failed |= one.failed || many.failed || filter.failed;
	tell_all(tasks, &flock, &telling);
	text_clear(&one);
	text_clear(&many);
	text_clear(&filter);
}

/* ---- silent ---- */

static void find_silent(struct tasks *tasks)
{
	static const struct telling telling = {
		REPORT_SOON, " does not answer", " do not answer",
		"Check that it is switched on and connected, and that its address is right; ", " --result unreachable",
		"--department",
	};
	const struct report_fleet *fleet = tasks->fleet;
	struct flock flock = gather(fleet, department_of);

	for (size_t i = 0; i < fleet->alert_count && flock.items && flock.count < fleet->device_count; i++) {
		const struct alert *alert = &fleet->alerts[i];
		if (alert->type != ALERT_DEVICE_UNREACHABLE || alert->under != 0 || alert->state != ALERT_STATE_OPEN)
			continue;
		const struct report_device *device = report_device_find(fleet, alert->asset);
		if (device && !device->overdue) /* that was told */
			flock.items[flock.count++] = (struct item){device, alert->number};
	}
	tell_all(tasks, &flock, &telling);
}

/* ---- without a baseline ---- */

static void find_untrusted(struct tasks *tasks)
{
	static const struct telling telling = {
		REPORT_TODAY, " has nothing approved to be compared with", " have nothing approved to be compared with",
		"Learn a baseline from one of them and have it approved (\"pumpwatch baseline learn --help\"); ",
		" --result untrusted", "--model",
	};
	const struct report_fleet *fleet = tasks->fleet;
	struct flock flock = gather(fleet, model_of);

	for (size_t i = 0; i < fleet->device_count && flock.items; i++) {
		const struct report_device *device = &fleet->devices[i];
		if (device->device.state == INVENTORY_ACTIVE && device->has_result && device->result == DRIFT_UNTRUSTED)
			flock.items[flock.count++] = (struct item){device, 0};
	}
	tell_all(tasks, &flock, &telling);
}

void task_find_devices(struct tasks *tasks)
{
	find_overdue(tasks);
	find_untrusted(tasks);
	find_silent(tasks);
}
