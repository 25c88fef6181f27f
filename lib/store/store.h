#pragma once
/* Everything that is remembered, behind domain types. Knows SQL, all of it; refuses to know
 * verdicts. SQLite in WAL mode with synchronous=FULL. Every call may fail for a full disk, a
 * read-only file or a busy store: ERROR_UNAVAILABLE, and what it would have changed has not
 * changed; a damaged file is ERROR_DATA, with the way out. Lists are the caller's to free with
 * the function beside them; outputs are untouched on failure. A store belongs to one thread. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/alert.h"
#include "drift/drift.h"
#include "inventory/inventory.h"
#include "manifest/manifest.h"
#include "visit/visit.h"

struct error;
struct store;

enum store_mode { STORE_READ, STORE_WRITE };

/* Open the store in folder (pumpwatch.db); STORE_WRITE makes it where missing and migrates an
 * older schema in one transaction. A newer schema and a corrupt file are refused untouched
 * (ERROR_DATA, with the way out); check runs the whole integrity check, as a daemon does at
 * start. The files hold no secrets: the umask decides whether their group may read or write
 * them (0660 at most), the folder is the caller's. A reader who may not write to the folder can
 * read wherever a writer has opened the store before. Returns 0 or -1. */
int store_open(struct store **ret_store, const char *folder, enum store_mode mode, bool check,
	       struct error *e);
/* Whether there is one; what cannot be told is for store_open() to say, and true here. */
bool store_exists(const char *folder);
void store_close(struct store *store);

/* A transaction; they do not nest. store_begin() waits up to five seconds for other writers.
 * Outside of one each writing call is a transaction of its own. A call that fails in one has
 * changed nothing, and the caller may go on; but after ERROR_UNAVAILABLE all of it may be
 * undone, and then later writes and store_commit() fail, too. store_commit() ends it either
 * way. In a store opened to read, it is one moment's view. */
int store_begin(struct store *store, struct error *e);
int store_commit(struct store *store, struct error *e);
void store_rollback(struct store *store); /* does nothing outside of a transaction */

/* ---- devices ---- */

/* The release of one kind that a device was last known to be on. */
struct store_release {
	char manifest[MANIFEST_ID_SIZE]; /* empty: none was ever known */
	uint64_t serial;
	char *release;
	bool doubtful; /* its files were seen since, and are of no one release */
};

/* What is known of a device beside its enrollment. */
struct store_standing {
	int64_t visited_at;  /* last try; 0: never */
	int64_t verified_at; /* last result verified or behind; 0: never */
	bool has_result;
	enum drift_result result;
	enum visit_outcome outcome;
	struct visit_grade grade;
	unsigned failures;    /* tries in a row without contact */
	int64_t not_before;   /* back-off: no visit before */
	uint64_t visit;	      /* number of the last visit */
	struct store_release releases[VISIT_KIND_COUNT];
};

struct store_device {
	struct inventory_device device;
	struct store_standing standing;
};

struct store_devices {
	struct store_device *items;
	size_t count;
};
void store_device_clear(struct store_device *device);
void store_devices_clear(struct store_devices *devices);

/* Filters that are NULL or false pass everything. Ordered by asset. */
struct store_device_filter {
	const char *model, *department;
	bool has_state;
	enum inventory_state state;
	bool has_result;
	enum drift_result result;
};
int store_devices_list(struct store *store, const struct store_device_filter *filter,
		       struct store_devices *ret_devices, struct error *e);

/* Returns 1 and the device, 0 when there is none, or -1. */
int store_device_load(struct store *store, const char *asset, struct store_device *ret_device,
		      struct error *e);

/* Insert, or update the enrollment by asset. A serial (within a model), MAC or link that
 * another device that is not retired has is refused (ERROR_DATA, naming it). Links are the same
 * without regard to the case of the host, the usual port and a last slash. */
int store_device_save(struct store *store, const struct inventory_device *device, struct error *e);
int store_standing_save(struct store *store, const char *asset, const struct store_standing *standing,
			struct error *e);

/* ---- leases: never two visits to one device ---- */

/* Returns 1 when the lease is taken (or renewed by the same owner), 0 when another owner holds
 * it beyond now, -1 on error. owner names a process and its start. */
int store_lease_take(struct store *store, const char *asset, const char *owner, int64_t now,
		     int64_t until, struct error *e);
int store_lease_drop(struct store *store, const char *asset, const char *owner, struct error *e);
/* Whether somebody holds the lease beyond now: 1, 0 (also of an asset that is not enrolled) or -1. */
int store_lease_is_held(struct store *store, const char *asset, int64_t now, struct error *e);
/* Drop those whose owner is gone, as the caller can tell. */
int store_lease_drop_gone(struct store *store, bool (*is_gone)(const char *owner, const void *userdata),
			  const void *userdata, struct error *e);

/* ---- who did what ---- */

/* Who acts, when and why. Lent. */
struct store_actor {
	const char *by;	 /* the login name, or --by */
	const char *why; /* a reason or a work order; NULL: none was given */
	int64_t at;	 /* after 1970 */
};

struct store_act {
	uint64_t number; /* of its record */
	int64_t at;
	char *by;
	char *verb;    /* "enroll", "baseline add" … */
	char *subject; /* asset, manifest id, alert number … */
	char *detail;  /* what changed; NULL */
	char *why;     /* NULL */
};
void store_act_clear(struct store_act *act);

/* Append the record of an act (below); detail may be NULL. Words that are too long for a record
 * are ERROR_DATA. */
int store_act_add(struct store *store, const struct store_actor *actor, const char *verb,
		  const char *subject, const char *detail, struct error *e);

struct store_acts {
	struct store_act *items;
	size_t count;
};
void store_acts_clear(struct store_acts *acts);
/* The latest, newest first; subject NULL: all. */
int store_acts_list(struct store *store, const char *subject, size_t most, struct store_acts *ret_acts,
		    struct error *e);

/* ---- baselines ---- */

enum store_baseline_state {
	STORE_CANDIDATE, /* never was in force; there may be several of one serial */
	STORE_CURRENT,
	STORE_OLDER,	 /* accepted until accept_until */
	STORE_WITHDRAWN, /* for good */
};
const char *store_baseline_state_name(enum store_baseline_state state);

struct store_baseline {
	char id[MANIFEST_ID_SIZE];
	enum store_baseline_state state;
	int64_t accept_until;
	int64_t added_at;
	int64_t in_force_at; /* 0: never was in force */
	char *added_by;
	char *reason; /* of the withdrawal; NULL */
	char *text;   /* as it stands in the store */
	char **signatures; /* armoured, in order of arrival; at most TRUST_SIGNATURES_MAX */
	size_t signature_count;
	/* What the text says. Where there is a fault, what the row beside it says of scope, kind
	 * and serial; without a scope_name not even that is known. */
	struct manifest manifest;
	char fault[256]; /* why the text cannot be believed, in words; empty: it has the digest that
			  * the id says, and is a manifest */
};
struct store_baselines {
	struct store_baseline *items;
	size_t count;
};
void store_baseline_clear(struct store_baseline *baseline);
void store_baselines_clear(struct store_baselines *baselines);

/* All, or those of a model and of a device (either may be NULL). Ordered by scope, kind,
 * serial and arrival. A damaged one is listed with its fault; one whose state is no state is
 * withdrawn, with a fault. */
int store_baselines_list(struct store *store, const char *model, const char *asset,
			 struct store_baselines *ret_baselines, struct error *e);
int store_baseline_load(struct store *store, const char *id_prefix, struct store_baseline *ret_baseline,
			struct error *e); /* 1, 0 or -1; -1 (ERROR_DATA) when the prefix is not unique */

/* Each of the following writes its acts in the same transaction, whose subject is the id:
 *
 *   verb                   detail
 *   baseline add           firmware 7.0 of model generic, serial 1
 *   baseline approve       signature SHA-256 (of the armoured text, in hexadecimal)
 *   baseline enforce       replaces ID (or: replaces none)
 *   baseline older         until TIME (of the one replaced; its subject is that one's id)
 *   baseline accept-until  until TIME
 *   baseline withdraw      none
 *
 * TIME is UTC with six digits of a second, or "never". From these alone follows what stands in
 * the table of baselines, and store_audit_verify() holds it to that. What is refused is
 * ERROR_DATA, and nothing has changed. */

/* Take in a candidate; text is what manifest was read from. Refused: an id that is there already
 * (in whatever state), a serial that does not rise above the highest that ever was in force in
 * its scope and kind, and a previous that is not that one's id. */
int store_baseline_add(struct store *store, const char *text, const struct manifest *manifest,
		       const struct store_actor *actor, struct error *e);
/* Add an armoured signature to one that is not withdrawn. Returns 1, 0 when it was there already
 * and nothing is written, or -1. What it is worth is not looked at. */
int store_baseline_approve(struct store *store, const char *id, const char *signature,
			   const struct store_actor *actor, struct error *e);
/* Bring a candidate in force: it becomes current, the one before older (accepted until
 * older_until). Refused as by store_baseline_add(), for the succession may have moved on, and
 * where its text has a fault. Whether there are enough approvals is for the caller to say. */
int store_baseline_enforce(struct store *store, const char *id, int64_t older_until,
			   const struct store_actor *actor, struct error *e);
/* Only of an older one. */
int store_baseline_accept_until(struct store *store, const char *id, int64_t until,
				const struct store_actor *actor, struct error *e);
/* For good, of whatever is not withdrawn; actor's why must be there. Nothing takes its place: what
 * it covered is untrusted until a new one is in force. */
int store_baseline_withdraw(struct store *store, const char *id, const struct store_actor *actor,
			    struct error *e);

/* The highest serial that ever was in force in a scope and kind. */
struct store_serial {
	enum manifest_scope scope;
	char *name;
	enum visit_kind kind;
	uint64_t serial;
};
struct store_serials {
	struct store_serial *items;
	size_t count;
};
void store_serials_clear(struct store_serials *serials);
/* Ordered by scope (devices first), name and kind. Rows that are not understood are left out. */
int store_serials_list(struct store *store, struct store_serials *ret_serials, struct error *e);

/* ---- vendors' lists, as they came ---- */

/* Keep a list by the SHA-256 of its text; again is no change, and the first name stays. text has
 * no NUL. A text with another digest is refused (ERROR_DATA). */
int store_list_save(struct store *store, const char *sha256_hex, const char *name, const char *text,
		    struct error *e);
/* Returns 1 and strings of the caller's, 0 when there is none, or -1 (ERROR_DATA when the text
 * does not have that digest). */
int store_list_load(struct store *store, const char *sha256_hex, char **ret_name, char **ret_text,
		    struct error *e);

/* ---- sweeps and their jobs ---- */

struct store_sweep {
	uint64_t number;
	char *window; /* the window's name, or NULL for a sweep by hand */
	char *by;
	int64_t started_at;
	int64_t closes_at; /* the window's end; TIME_NEVER by hand */
	int64_t ended_at;  /* 0: not ended */
	struct alert_counts counts; /* when ended */
};
void store_sweep_clear(struct store_sweep *sweep);

/* Begin a sweep with a job for each asset, both in one transaction, and set its number. */
int store_sweep_begin(struct store *store, struct store_sweep *sweep, const char *const *assets,
		      size_t asset_count, struct error *e);
/* The sweep of this window that has not ended, if any: 1, 0 or -1. window NULL: any. */
int store_sweep_unfinished(struct store *store, const char *window, struct store_sweep *ret_sweep,
			   struct error *e);
/* The last one that ended: 1, 0 or -1. window NULL: any. */
int store_sweep_last(struct store *store, const char *window, struct store_sweep *ret_sweep, struct error *e);
/* Its jobs, which are only work to do, go; the counts stay. */
int store_sweep_end(struct store *store, uint64_t sweep, int64_t ended_at,
		    const struct alert_counts *counts, struct error *e);

struct store_job {
	char *asset;
	unsigned attempts;
	int64_t not_before;
};
struct store_jobs {
	struct store_job *items;
	size_t count;
};
void store_jobs_clear(struct store_jobs *jobs);
/* The jobs not done, longest-unverified device first (never verified before all). */
int store_jobs_list(struct store *store, uint64_t sweep, struct store_jobs *ret_jobs, struct error *e);
int store_job_retry(struct store *store, uint64_t sweep, const char *asset, unsigned attempts,
		    int64_t not_before, struct error *e);
int store_job_done(struct store *store, uint64_t sweep, const char *asset, enum drift_result result,
		   struct error *e);
/* Sums over the done jobs of a sweep that has not ended, each with its last visit, and the
 * alerts now open (those of groups aside), for the summary; overdue, approvals and how it ended are the caller's. */
int store_sweep_counts(struct store *store, uint64_t sweep, struct alert_counts *ret_counts, struct error *e);

/* ---- visits ---- */

/* Remember a visit with its findings. Observations and findings that were seen before, on this
 * or another device, are not written again: one short row points there. sweep is 0 for none. */
int store_visit_add(struct store *store, uint64_t sweep, const char *asset,
		    const struct visit_report *report, const struct drift_verdict *verdict,
		    uint64_t *ret_visit, struct error *e);

struct store_visit {
	uint64_t number, sweep;
	enum drift_result result;
	struct visit_report report; /* with observations when asked for */
	struct drift_finding *findings;
	size_t finding_count;
};
struct store_visits {
	struct store_visit *items;
	size_t count;
};
void store_visits_clear(struct store_visits *visits);
/* The latest visits of a device, newest first; only the first with observations and findings. */
int store_visits_list(struct store *store, const char *asset, size_t most, struct store_visits *ret_visits,
		      struct error *e);

/* How many devices had which result as the last of a stretch of time, by when their visits
 * ended. */
struct store_day {
	int64_t from, until; /* until is outside */
	uint64_t results[DRIFT_RESULT_COUNT];
};
/* Count for each of these, which are in order and do not overlap; the caller gives from and until.
 * Reads the visits since the first of them, and relies on visits being stored in the order of
 * time. Returns 0 or -1; results are then untouched. */
int store_days_count(struct store *store, struct store_day *days, size_t count, struct error *e);

/* ---- alerts ---- */

struct store_alerts {
	struct alert *items;
	size_t count;
};
void store_alerts_clear(struct store_alerts *alerts);
/* asset NULL: all devices. Resolved ones only when all. Ordered by number. */
int store_alerts_list(struct store *store, const char *asset, bool all, struct store_alerts *ret_alerts,
		      struct error *e);
int store_alert_load(struct store *store, uint64_t number, struct alert *ret_alert, struct error *e); /* 1, 0, -1 */
/* The following are of alerts that are not resolved. The same change is the same type, kind, path
 * and new content, and for FILE_STALE the same manifest. */

/* Those on devices of a model that have the same change as like and were news in this sweep (0:
 * in whichever). Ordered by asset. */
int store_alerts_alike(struct store *store, const char *model, const struct alert *like, uint64_t sweep,
		       struct store_alerts *ret_alerts, struct error *e);
/* The group's alert that one like this of a device can stand under; group is its model, or its
 * subnet: 1, 0 or -1. */
int store_alert_group(struct store *store, const char *group, const struct alert *like, struct alert *ret_alert,
		      struct error *e);
/* The alerts of all groups, ordered by number. */
int store_alerts_groups(struct store *store, struct store_alerts *ret_alerts, struct error *e);
/* Those that stand under a group's, ordered by asset; how many. */
int store_alerts_under(struct store *store, uint64_t group, struct store_alerts *ret_alerts, struct error *e);
int store_alerts_count_under(struct store *store, uint64_t group, uint64_t *ret_count, struct error *e);
/* Those of devices that wait for the end of a sweep to be told, ordered by asset. */
int store_alerts_untold(struct store *store, struct store_alerts *ret_alerts, struct error *e);

/* Insert when number is 0 (it is then set), else update. */
int store_alert_save(struct store *store, struct alert *alert, struct error *e);

/* ---- records: events and acts in one chain ---- */

/* Every event and every act is a record, appended and never changed or deleted: a number without
 * gaps and a text, canonical JSON without white space. h[n] = SHA-256(h[n-1] ‖ text), h[n-1] as 64
 * hexadecimal digits, and h[0] the SHA-256 of what the store was named at random when it was made.
 * An event's text is what alert_event_write() has; an act's has the keys at (microseconds), by,
 * detail, subject, v (1), verb and why, sorted, those without a value left out, strings with the
 * first pass of escaping. The head is kept beside the records and goes on from there, so that one
 * that was cut off the end leaves a gap for ever. */

/* Append: gives seq (gapless among events), eid and previous, the chain's head before. eid is a
 * UUID of version 8 (RFC 9562) from SHA-256(previous ‖ text with an empty eid): a store that was
 * restored and went another way gives other ids. */
int store_event_append(struct store *store, struct alert_event *event, struct error *e);

struct store_events {
	struct alert_event *items;
	size_t count;
};
void store_events_clear(struct store_events *events);
/* Up to most events after seq, in order. One that cannot be read ends the list before it; where it
 * is the first of them, that is ERROR_DATA. */
int store_events_list(struct store *store, uint64_t after, size_t most, struct store_events *ret_events,
		      struct error *e);
/* The last seq (0: none) and the chain's head. */
int store_event_head(struct store *store, uint64_t *ret_seq, char ret_head[static DIGEST_SHA256_HEX + 1],
		     struct error *e);

struct store_record {
	uint64_t number;
	char *text; /* with a NUL behind it */
	size_t length;
	char previous[DIGEST_SHA256_HEX + 1]; /* of the record before; empty when that is missing */
	char hash[DIGEST_SHA256_HEX + 1];
};
struct store_records {
	struct store_record *items;
	size_t count;
};
void store_records_clear(struct store_records *records);
/* Up to most records after a number, in order, as they stand: nothing is checked. */
int store_records_list(struct store *store, uint64_t after, size_t most,
		       struct store_records *ret_records, struct error *e);

/* ---- sinks: how far each has taken the events ---- */

/* The last seq that a sink has taken. A sink seen for the first time starts at the head, and a store
 * opened to write remembers it there. */
int store_sink_position(struct store *store, const char *sink, uint64_t *ret_seq, struct error *e);

/* Move it on, never back. Where it stood in the time replay before now is remembered, in steps of
 * a 128th of it (0: not at all), and nothing older. One that is not moved forgets what is older
 * all the same. */
int store_sink_advance(struct store *store, const char *sink, uint64_t seq, int64_t now, int64_t replay,
		       struct error *e);
/* Where to begin anew when a connection was lost: where it stood replay before it was last moved,
 * or a little before; its place where nothing is remembered. However long ago that was: it is
 * what was sent last that may be lost with a connection. */
int store_sink_replay(struct store *store, const char *sink, uint64_t *ret_seq, struct error *e);
/* Note that it is away, and why: since a moment, unless it has been since before. since 0: it is
 * back. */
int store_sink_away(struct store *store, const char *sink, int64_t since, const char *why, struct error *e);

struct store_sink {
	char *name;
	uint64_t seq;
	int64_t away_since; /* 0: it is not, as far as is known */
	char *why;	    /* NULL */
	uint64_t waiting;	/* events after seq … */
	uint64_t waiting_bytes; /* … and their texts' bytes */
};
struct store_sinks {
	struct store_sink *items;
	size_t count;
};
void store_sinks_clear(struct store_sinks *sinks);
/* All that were ever seen, by name. */
int store_sinks_list(struct store *store, struct store_sinks *ret_sinks, struct error *e);
const struct store_sink *store_sinks_find(const struct store_sinks *sinks, const char *name); /* or NULL */

/* ---- the audit ---- */

enum store_fault_type {
	STORE_RECORD_ALTERED,	   /* its text or its hash */
	STORE_RECORD_REMOVED,	   /* one or more from number on; also at the end */
	STORE_RECORD_OUT_OF_ORDER, /* it does not continue the one before, but another */
	STORE_RECORD_COLUMN,	   /* what stands beside the text is not what the text says */
	STORE_CHAIN_ALTERED,	   /* the count or the head that is kept beside the records */
	STORE_SINK_AHEAD,	   /* a sink has taken events that are not there */
	STORE_BASELINE_ALTERED,	   /* text or row are not as the acts say */
	STORE_BASELINE_REMOVED,
	STORE_BASELINE_ADDED,	   /* no act has added it */
	STORE_SIGNATURE_ALTERED,   /* not the one that was added; one too many or too few */
	STORE_LIST_ALTERED,	   /* a vendor's list */
	STORE_SCHEMA_ALTERED,	   /* a table, an index or a guard against changes */
	STORE_FILE_DAMAGED,	   /* SQLite's own check of the file */
	STORE_FAULT_TYPE_COUNT,
};
const char *store_fault_name(enum store_fault_type type); /* "record-altered" */

struct store_fault {
	enum store_fault_type type;
	uint64_t record; /* its number; 0: it is not about one record */
	char subject[MANIFEST_ID_SIZE]; /* id of a baseline or list, name of a sink; or empty */
	char words[256]; /* a sentence without its full stop, escaped for display */
};

enum { STORE_FAULTS_MAX = 100 };

struct store_audit {
	uint64_t records, events, acts, baselines, signatures, lists; /* that were looked at */
	uint64_t seq; /* of the last event, by the chain */
	char head[DIGEST_SHA256_HEX + 1];
	struct store_fault *faults; /* the first STORE_FAULTS_MAX */
	size_t fault_count;
	uint64_t found; /* all of them */
};
void store_audit_clear(struct store_audit *audit);

/* Compute the chain again from its beginning, as of one moment, and hold the rest of the store to
 * what the records say. Returns 0 when it could be looked at, whatever was found, or -1. Memory
 * is bounded. What it cannot see is a store that was put back as a whole, or whose chain was
 * computed anew from some record on: then the head is not one that a receiver of summaries has. */
int store_audit_verify(struct store *store, struct store_audit *ret_audit, struct error *e);

/* Fleet at a glance, in one read. */
struct store_summary {
	uint64_t states[INVENTORY_STATE_COUNT];
	uint64_t results[DRIFT_RESULT_COUNT]; /* of active devices, last result */
	uint64_t never_visited;
	uint64_t overdue; /* active, by overdue_after (0: none) and now, as alert_overdue() has it */
	uint64_t open_alerts, acknowledged_alerts;
	uint64_t baselines_current;
};
int store_summarise(struct store *store, int64_t now, int64_t overdue_after, struct store_summary *ret_summary,
		    struct error *e);
