#pragma once
/* What people and monitoring read of a fleet: the facts as data, and from them the page (HTML),
 * the metrics (OpenMetrics text) and what needs a person today. Pure: refuses to know the store
 * and the time of day; overview/overview.h fills the facts. Local times are by the process's time
 * zone. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/alert.h"
#include "drift/drift.h"
#include "inventory/inventory.h"

struct error;
struct text;

enum {
	REPORT_DAYS = 90,	  /* of the trend */
	REPORT_ALERTS_MAX = 5000, /* that the page shows in full; more are counted */
};

/* How long ago a device was last verified (or behind). */
enum report_age {
	REPORT_AGE_DAY,	  /* within 36 hours: by last night's sweep */
	REPORT_AGE_DAYS,  /* within 3 days */
	REPORT_AGE_WEEK,
	REPORT_AGE_MONTH, /* within 30 days */
	REPORT_AGE_OLDER,
	REPORT_AGE_NEVER,
	REPORT_AGE_COUNT,
};
enum report_age report_age_of(int64_t verified_at, int64_t now); /* verified_at 0: never */
const char *report_age_words(enum report_age age); /* "within 3 days" */
const char *report_age_name(enum report_age age);  /* for metrics and options: "3d"; "never" */

struct report_device {
	struct inventory_device device; /* owned */
	bool has_result;
	enum drift_result result;
	enum visit_outcome outcome;
	struct visit_grade grade;
	int64_t visited_at, verified_at; /* 0: never */
	unsigned failures;
	bool overdue; /* active, and not verified for longer than the configuration allows */
};

struct report_day {
	int64_t at; /* where the local day begins */
	uint64_t results[DRIFT_RESULT_COUNT]; /* of each device the last of that day; none: no sweep */
};

struct report_department {
	char *name; /* NULL: none */
	uint64_t count;
};

/* A release that is on its way to the devices of a scope and kind. */
struct report_rollout {
	char *scope; /* "model medfusion-4000" */
	enum visit_kind kind;
	char *release;		 /* in force */
	uint64_t devices, on_current, on_older, unknown;
	int64_t accept_until; /* when the first of the older ones that devices are on ends; 0: none,
			       * TIME_NEVER: without end; past: those devices are stale */
	struct report_department *departments; /* where devices are still on older ones, most first */
	size_t department_count;
};

struct report_baseline {
	char *id, *scope;
	char *release;
	uint64_t serial;
	const char *stage; /* baseline_stage_name(): "candidate", "current" … */
	char *approvers;   /* "a@example.org, b@example.org"; NULL: none */
	int64_t added_at, in_force_at;
	int64_t expires_at;   /* TIME_NEVER: never */
	int64_t accept_until; /* of an older one; else 0 */
	char *fault; /* why it is not believed; NULL: it is, or is a candidate */
	enum visit_kind kind;
	unsigned approvals; /* good ones */
	bool in_force;	    /* current, or older and accepted */
	bool kept;	    /* not believed, but the good copy that the daemon remembers stays in force */
};

struct report_sink {
	char *name;
	const char *type; /* config_sink_type_name() */
	uint64_t waiting, waiting_bytes;
	int64_t away_since; /* 0: it is not */
	char *why;	    /* NULL */
};

enum report_urgency {
	REPORT_NOW,   /* trust in the files or in silence itself is in question */
	REPORT_TODAY,
	REPORT_SOON,
};
const char *report_urgency_words(enum report_urgency urgency); /* "now" … */

/* One thing that needs a person. */
struct report_task {
	enum report_urgency urgency;
	char *what; /* what happened and where: a sentence without its full stop, escaped for display */
	char *next; /* what to do next: a sentence with its full stop, with the command to type */
	uint64_t alert;	  /* its number; 0: none */
	uint64_t devices; /* how many it is about; 0: none */
};

struct report_fleet {
	char *site, *host;
	const char *version;
	int64_t made_at;
	unsigned approvals;	 /* that the configuration asks for */
	int64_t overdue_after;	 /* 0: never */
	char *stop;		 /* why nothing is visited; NULL: no stop is in force */
	char *full;		 /* why the outbox is full; NULL: it is not */
	struct report_device *devices; /* all but retired ones, by asset */
	size_t device_count;
	uint64_t states[INVENTORY_STATE_COUNT];
	uint64_t results[DRIFT_RESULT_COUNT]; /* of active devices, the last result of each */
	uint64_t never_visited, overdue;      /* of active devices */
	uint64_t ages[REPORT_AGE_COUNT];      /* likewise */
	struct alert *alerts; /* not resolved, by number; those under a group's, too */
	size_t alert_count;
	uint64_t open_alerts, acknowledged_alerts; /* those under a group's aside */
	uint64_t severities[8]; /* of the open ones among these, by syslog severity */
	bool has_last; /* a sweep has ended */
	uint64_t last_number;
	char *last_window; /* NULL: by hand */
	struct alert_counts last;
	int64_t running_since; /* 0: none runs */
	int64_t broken_since;  /* when one began that neither runs nor came to its end, the newest of all; 0: none */
	int64_t missed_at;     /* when a window opened and no sweep followed; 0: none */
	char *missed_window;
	int64_t next_at;       /* 0: no window is configured */
	struct report_day days[REPORT_DAYS]; /* oldest first, the last is today */
	struct report_rollout *rollouts;
	size_t rollout_count;
	struct report_baseline *baselines; /* withdrawn ones aside */
	size_t baseline_count;
	uint64_t rejected;   /* baselines in force that are not believed; 0 where none could be checked */
	char *signers_fault; /* why the file of signers was refused; NULL */
	bool unchecked;	     /* … and none that was good before is known: no baseline can be checked */
	uint64_t seq;	     /* of the last event */
	char head[DIGEST_SHA256_HEX + 1];
	struct report_sink *sinks; /* as configured */
	size_t sink_count;
	struct report_task *tasks; /* report_tasks_find() */
	size_t task_count;
};
void report_fleet_clear(struct report_fleet *fleet);

/* By asset, or NULL. */
const struct report_device *report_device_find(const struct report_fleet *fleet, const char *asset);

/* Active devices that somebody has to go to: overdue, or the last visit came to no good result. */
uint64_t report_devices_in_need(const struct report_fleet *fleet);

/* How the fleet stands, from everything with its tasks. */
enum report_verdict {
	REPORT_FINE,	/* all are as approved, and nothing is to be done today */
	REPORT_NOTHING, /* no device is in use, or none was ever visited */
	REPORT_UNSURE,	/* not all were checked, or something is to be done today */
	REPORT_TROUBLE,
};
enum report_verdict report_verdict(const struct report_fleet *fleet);
/* The same in a few sentences of plain ASCII: "Files differ from what was approved on 2 of 998 devices
 * in use. 12 could not be checked at the last visit." */
void report_verdict_add(struct text *text, const struct report_fleet *fleet);

/* From everything else in fleet find what needs a person, the most urgent first, and put it into
 * tasks. Returns 0 or -1 without memory. */
int report_tasks_find(struct report_fleet *fleet, struct error *e);

/* The page: one HTML file that asks for nothing else. Strings of devices and files are escaped for
 * display, then for HTML. Returns 0 or -1 without memory. */
int report_page_write(struct text *text, const struct report_fleet *fleet, struct error *e);

/* OpenMetrics text that node_exporter's textfile collector takes. Returns 0 or -1 without memory. */
int report_metrics_write(struct text *text, const struct report_fleet *fleet, struct error *e);
