#pragma once
/* pumpwatchd: wires the rooms to one event loop. main.c starts, reloads and ends it; windows.c
 * runs the sweeps of the windows; delivery.c watches the outbox; publish.c writes the page and the
 * metrics; report.c tells systemd and the log how it stands. */
#include <stdbool.h>
#include <systemd/sd-event.h>

#include "base/error.h"
#include "outbox/outbox.h"
#include "pull/pull.h"
#include "setup/setup.h"
#include "store/store.h"
#include "sweep/sweep.h"

/* One window of the configuration, and its sweep while that runs. */
struct daemon_window {
	struct daemon *daemon;
	const struct config_window *config;
	struct sweep *sweep;
	bool ended;	      /* the sweep has said so; it is freed at the next tick */
	bool looked_back;     /* an unfinished sweep of before was looked for */
	int64_t done_until;   /* no new sweep before this opening's end */
	int64_t retry_at;     /* after a failure */
	int64_t opened_at;    /* of the opening that the last sweep belongs to … */
	bool cut_short;	      /* … which a full outbox ended: what it visited is not visited again */
	struct sweep_progress seen; /* when it last changed, at changed_at */
	int64_t changed_at;
};

struct daemon {
	struct setup setup;
	char *timezone; /* $TZ as it was at the start, or NULL */
	struct store *store;
	sd_event *event;
	struct pull_pool *pool;
	struct alert_frame frame;
	struct outbox *outbox;
	struct baseline_memory *baselines; /* what was believed, while this process lives */
	int outbox_lock;
	sd_event_source *tick;
	struct daemon_window *windows;
	size_t window_count;
	bool *away;	     /* sinks, as last logged */
	char full[256];	     /* why the outbox is full; empty: it is not */
	int64_t beat_at;     /* the next heartbeat */
	bool beat_failed;
	bool publish_due;      /* something has changed that the page tells */
	int64_t publish_at;    /* else then */
	char unpublished[512]; /* why it could not be written; or empty */
	int64_t overdue_due;
	bool overdue_failed;
	bool load_unrecorded, stop_unrecorded; /* acts of this process that are to be recorded … */
	bool record_failed;  /* … and could not be, at the last try */
	bool stop_told;
	bool stop_owed;	     /* stopped by a signal, but the file is still to be written */
	char trouble[512];   /* the last failure that still stands; or empty */
	char status[1024];   /* as last told to systemd */
	uint64_t watchdog;   /* microseconds; 0: none is asked for */
	int64_t pinged_at;
};

int64_t daemon_now(const struct daemon *daemon);
struct sweep_environment daemon_environment(const struct daemon *daemon);

/* ---- windows.c ---- */
int daemon_windows_open(struct daemon *daemon, struct error *e);
/* Sweeps that run are suspended: their windows' next sweep goes on with them. */
void daemon_windows_close(struct daemon *daemon);
/* Stop all visits, now and until the stop is lifted. */
void daemon_windows_stop(struct daemon *daemon, const char *why);
/* Begin what is due, clear away what has ended. */
void daemon_windows_tick(struct daemon *daemon);

/* ---- delivery.c ---- */
/* See whether the outbox is full, and tell a heartbeat that is due. */
void daemon_delivery_tick(struct daemon *daemon);
/* Log which sinks went away or came back. */
void daemon_delivery_log(struct daemon *daemon);
/* Whether each sink's thread shows that it goes on. */
bool daemon_delivery_goes_on(struct daemon *daemon);

/* ---- publish.c ---- */
/* Write the page and the metrics of [report]: after a sweep, and as often as a heartbeat is told. What
 * cannot be written stops nothing; it is logged once, and stands in the status. */
void daemon_publish_tick(struct daemon *daemon);

/* ---- report.c ---- */
enum daemon_level { DAEMON_ERROR = 3, DAEMON_WARNING = 4, DAEMON_NOTICE = 5, DAEMON_INFO = 6 };
/* One line to standard error, with systemd's prefix for the level when its journal reads it. */
void daemon_log(enum daemon_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Note a failure that stands until daemon_mend(), and log it when it is new. */
void daemon_trouble(struct daemon *daemon, const struct error *e);
void daemon_mend(struct daemon *daemon);
/* Tell systemd the status, and that the work, not only the loop, goes on. */
void daemon_report(struct daemon *daemon);
