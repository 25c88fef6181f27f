#pragma once
/* What needs a person, while it is being found: each finder adds tasks in its order, and the
 * sorting keeps that order within an urgency. */
#include "base/text.h"
#include "report/report.h"

struct tasks {
	const struct report_fleet *fleet;
	struct report_task *items;
	size_t count;
	bool failed; /* no memory */
};

/* One that is being written. */
struct task_draft {
	enum report_urgency urgency;
	struct text what, next;
	uint64_t alert, devices;
};
struct task_draft task_begin(enum report_urgency urgency);
void task_end(struct tasks *tasks, struct task_draft *draft); /* adds it and clears the draft */

/* What devices, their files and their lot have to say: alerts, groups first. */
void task_find_alerts(struct tasks *tasks);
/* Devices that are overdue, silent, or without a baseline. */
void task_find_devices(struct tasks *tasks);
void task_find_rejected(struct tasks *tasks); /* baselines and signers that are not believed */
void task_find_baselines(struct tasks *tasks); /* that wait, end, or carry no signatures */

/* ---- words ---- */

enum { TASK_PATH_MAX = 120 }; /* bytes of a path within a sentence */

/* A string as a device, a file or a spreadsheet has it: escaped, and cut where it is very long. */
void task_add_name(struct text *text, const char *raw);
/* Words that are escaped already, but for what a terminal or a page must not get. */
void task_add_words(struct text *text, const char *words);
/* "PUMP-0007 (ICU)", or "PUMP-0007 (bed 3, ICU)"; device may be NULL. */
void task_add_device(struct text *text, const char *asset, const struct report_device *device);
void task_add_time(struct text *text, int64_t at); /* local time: "2026-11-22 01:00" */
const char *task_kind_words(enum visit_kind kind); /* "drug library" */
/* An argument of a command within quotes; false, and nothing is added, where a shell would read
 * more into it than a name. */
bool task_add_argument(struct text *text, const char *option, const char *raw);
/* "model medfusion-4000, drug library 2026-10" */
void task_add_release(struct text *text, const char *scope, enum visit_kind kind, const char *release);
