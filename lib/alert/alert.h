#pragma once
/* Events and alerts: what is told, in which words and formats, and when a finding opens,
 * reminds of, or resolves an alert. Pure; refuses to know sockets and the store. Fields and
 * escaping: docs/ARCHITECTURE.md, "Events". */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "drift/drift.h"
#include "inventory/inventory.h"
#include "visit/visit.h"

struct text;
struct error;

enum {
	ALERT_MESSAGE_MAX = 4000,
	ALERT_MESSAGE_AIM = 2048,
	ALERT_RECORD_MAX = 64 * 1024,
	ALERT_EID_SIZE = 37,
	ALERT_SERIALS_MAX = 1000, /* bytes of a summary's list of serials */
	ALERT_ASSETS_MAX = 1500,  /* bytes of the list of devices in one event of a group */
	ALERT_SEVERITY_UNDER = 5, /* of an event that stands under one of a group */
};

enum alert_type {
	ALERT_FILE_MODIFIED,
	ALERT_FILE_ADDED,
	ALERT_FILE_MISSING,
	ALERT_FILE_FORGED,
	ALERT_FILE_STALE,
	ALERT_FILE_MIXED,
	ALERT_FILE_UNREADABLE,
	ALERT_DEVICE_UNREACHABLE,
	ALERT_DEVICE_REFUSED,
	ALERT_DEVICE_CHANGED,
	ALERT_DEVICE_OVERDUE,
	ALERT_DEVICE_ROLLED_BACK,
	ALERT_BASELINE_REJECTED,
	ALERT_FLEET_DRIFT,
	ALERT_FLEET_UNREACHABLE,
	ALERT_SWEEP_SUMMARY,
	ALERT_HEARTBEAT,
	ALERT_SINK_TEST,
	ALERT_RESOLVED,
	ALERT_TYPE_COUNT,
};

const char *alert_type_name(enum alert_type type); /* the MSGID: "FILE_MODIFIED" */
int alert_type_parse(enum alert_type *ret_type, const char *name);
int alert_type_severity(enum alert_type type); /* syslog's, 0 to 7 */
/* That of its type; ALERT_SEVERITY_UNDER where it stands under a group. */
struct alert_event;
int alert_event_severity(const struct alert_event *event);

/* Whether a receiver that wants this severity and graver ones, of the types whose bits are set in
 * events, gets this event. A heartbeat passes every filter: without it silence says nothing. */
bool alert_event_passes(const struct alert_event *event, int severity, uint64_t events);

enum alert_action { ALERT_OPENED, ALERT_CHANGED, ALERT_REMINDED, ALERT_ENDED, ALERT_TOLD };
const char *alert_action_name(enum alert_action action); /* "opened" … "resolved", "told" */
int alert_action_parse(enum alert_action *ret_action, const char *name);

/* Counts of one sweep, for its summary. */
struct alert_counts {
	uint64_t results[DRIFT_RESULT_COUNT];
	uint64_t devices, files, bytes, findings;
	uint64_t overdue, open_alerts;
	uint64_t waiting; /* events that a sink has not taken yet: of the one furthest behind */
	int64_t started_at, ended_at;
	unsigned approvals; /* 0 is said in words: evaluation */
	bool stopped;	    /* ended before its end: stop, breaker or signal */
	char why_stopped[128];
};

/* One message to the SIEM. Strings are owned, raw as the device gave them, NULL where they do
 * not apply. seq, eid and previous are given by the store when it is appended. */
struct alert_event {
	enum alert_type type;
	enum alert_action action;
	enum alert_type resolves; /* for ALERT_RESOLVED: which type */
	enum alert_type members;  /* with group: what each of its devices has */
	char eid[ALERT_EID_SIZE]; /* stable across duplicates: a UUID */
	uint64_t seq;
	char previous[DIGEST_SHA256_HEX + 1]; /* chain hash of the record before */
	int64_t at;
	char *site, *asset, *serial, *model, *name, *department, *address;
	char *path;
	enum visit_kind kind;
	bool has_kind, has_new, has_old, has_counts;
	uint64_t new_size, old_size;
	struct digest_pair new_digest, old_digest;
	char *release, *manifest;
	char *release_old, *manifest_old; /* what a device was on that went back */
	char *outcome; /* visit_outcome_name() where something failed */
	char *detail;  /* more words: as they came, escaped when rendered */
	char *grade;   /* visit_grade_write() */
	uint64_t sweep;
	uint64_t alert; /* number of the alert, 0 for none */
	struct alert_counts counts;
	char *serials; /* of a summary or heartbeat: the highest of each scope and kind, "model generic firmware
			* 7, …"; whole entries within ALERT_SERIALS_MAX bytes, "..." for the rest */
	char *serials_sha256; /* of the whole list */
	/* Of a group (FLEET_DRIFT, FLEET_UNREACHABLE). A long list of devices is told in several
	 * events, each with its own. */
	char *group;	/* what they have in common: a model's name, or a subnet; NULL: not of a group */
	char *assets;	/* "A-1, A-2": whole entries within ALERT_ASSETS_MAX bytes, so that they
			 * are told whole in every format */
	uint64_t asset_count; /* of the whole group */
	uint64_t part, parts; /* from 1; 0 of 0: no list was written */
	uint64_t under; /* number of the group's alert that this event stands under; 0: none */
	uint64_t interval; /* of a heartbeat: seconds until the next */
};

void alert_event_clear(struct alert_event *event);

/* The record as the store keeps and chains it: canonical JSON (sorted keys, no white space)
 * of every field but previous; strings with the first pass of escaping, so that any bytes come
 * back as they were. A number above INT64_MAX is written as INT64_MAX. Returns 0, or -1 without
 * memory or past ALERT_RECORD_MAX bytes. */
int alert_event_write(struct text *text, const struct alert_event *event, struct error *e);

/* Read a record and nothing else: what alert_event_write() would not write byte for byte is
 * refused (ERROR_DATA). previous stays empty. */
int alert_event_parse(struct alert_event *ret_event, const char *json, size_t length, struct error *e);

/* The sentence for a person, escaped for display. */
void alert_sentence(struct text *text, const struct alert_event *event);

/* What a format needs beside the event. */
struct alert_frame {
	const char *sd_id;
	const char *host; /* this collector's name */
	int facility;
	int process;	  /* pid */
	bool clock_synced;	     /* timeQuality */
};

/* What a receiver reads. */
enum alert_format {
	ALERT_RFC5424, /* structured data, then the sentence */
	ALERT_CEF,     /* ArcSight Common Event Format, revision 0 */
	ALERT_LEEF,    /* QRadar Log Event Extended Format 2.0, delimiter ^ */
	ALERT_ECS,     /* Elastic Common Schema, one JSON object */
	ALERT_OCSF,    /* Open Cybersecurity Schema Framework, one JSON object */
	ALERT_FORMAT_COUNT,
};
const char *alert_format_name(enum alert_format format); /* "rfc5424", "cef" … */
int alert_format_parse(enum alert_format *ret_format, const char *name);

/* What carries it. */
enum alert_carrier {
	ALERT_SYSLOG, /* a message of RFC 5424; other formats are its text, without structured data */
	ALERT_LOCAL,  /* RFC 3164 for /dev/log, whose readers mangle 5424 and expect no host name. The
		       * text of ALERT_RFC5424 begins with the MSGID and has the structured data and
		       * the sentence, so that a relay can make RFC 5424 of it again; other formats
		       * are the text. Time in local time, as the RFC has it; readers put the time of
		       * arrival in its place, so every text has the event's own. */
	ALERT_LINE,   /* a line of a file: the message of RFC 5424, or the bare text of other formats */
};

/* One message without framing and without line feeds; at most ALERT_MESSAGE_MAX bytes, and
 * ALERT_MESSAGE_AIM where that can be had without cutting ordinary names: words, details, lists
 * and the path are shortened (the path with pathTrunc and pathSha256), never a digest. No byte
 * order mark stands before the sentence (RFC 5424 §6.4, MSG-ANY), since receivers show it. Fields
 * of each format: docs/siem.md. Returns 0, or -1 without memory. */
int alert_render(struct text *text, const struct alert_event *event, enum alert_format format,
		 enum alert_carrier carrier, const struct alert_frame *frame);

/* Native journal fields, each a "NAME=value" in fields: MESSAGE is the sentence, every field of
 * the structured data is PUMPWATCH_… in capitals. ret_parts point into fields and are the
 * caller's to free (the array alone). Returns 0, or -1 without memory. */
int alert_render_journal(struct text *fields, struct iovec **ret_parts, size_t *ret_count,
			 const struct alert_event *event, const struct alert_frame *frame);

/* ---- the life of an alert ---- */

enum alert_state {
	ALERT_STATE_OPEN,
	ALERT_STATE_ACKNOWLEDGED,
	ALERT_STATE_RESOLVED,
	ALERT_STATE_COUNT,
};
const char *alert_state_name(enum alert_state state); /* "open", "acknowledged", "resolved" */
int alert_state_parse(enum alert_state *ret_state, const char *name);

/* A finding's life on a device. One cause has one alert: (asset, type, kind, path); that of
 * FILE_STALE has no path, that of BASELINE_REJECTED neither asset nor path but a manifest.
 *
 * A group's own alert has no asset. FLEET_DRIFT is of a model, the type that its devices have,
 * kind, path and new content (the manifest, for FILE_STALE); FLEET_UNREACHABLE is of a subnet. */
struct alert {
	uint64_t number; /* 0 until stored */
	char *asset;
	enum alert_type type;
	bool has_kind;
	enum visit_kind kind;
	char *path; /* NULL for a device's own */
	enum alert_state state;
	bool has_new;
	uint64_t new_size;
	struct digest_pair new_digest; /* as last seen: another content is another cause */
	bool has_old;
	uint64_t old_size;
	struct digest_pair old_digest;
	char *release, *manifest, *outcome, *detail;
	int64_t opened_at, seen_at;
	int64_t told_at; /* 0: it is, or a group has, news that the end of a sweep is to tell */
	int64_t acknowledged_at; /* 0: never */
	char *acknowledged_by, *note;
	int64_t resolved_at; /* 0: not yet */
	unsigned reminders;  /* since it was last told as news: each makes the next wait longer */
	uint64_t sweep;	     /* in which it was last told as news, or was to be; 0: none */
	uint64_t under;	     /* number of the group's alert that it stands under; 0: none */
	/* Of a group's own alert. */
	enum alert_type members;
	char *group;	      /* as in the event; NULL: not of a group */
	uint64_t asset_count; /* as last told */
};

void alert_clear(struct alert *alert);

/* When an open alert that is still so is told again: after so long, then after twice that, four
 * times …, but never more than most. It begins anew when it is news. */
struct alert_pace {
	int64_t after; /* 0: never */
	int64_t most;
};

/* What happens to one alert after a visit. */
struct alert_change {
	struct alert alert;	   /* as it is to be stored */
	bool tell;		   /* whether an event goes out now */
	enum alert_action action;  /* with tell */
	bool news;		   /* opened, or of another content, told or not */
	uint64_t left; /* number of the group's alert that it stood under and does no longer, for it
			* is resolved (under is kept then) or another content; 0: none */
};

/* What one visit found, as causes. All lent for the call; verdict and report may be NULL where
 * the visit was not tried. */
struct alert_causes {
	const char *asset;
	const struct drift_verdict *verdict;
	enum visit_outcome outcome;
	const char *detail; /* as in a report: escaped for display; NULL or empty: none */
	const struct visit_report *report; /* to know which paths were read this time */
	bool lists; /* visit_scheme_lists() of the link: a path that a complete report does not
		     * have is not on the device */
	int64_t now;
	struct alert_pace pace;
	uint64_t visit, sweep; /* their numbers */
	bool waits; /* a new DEVICE_UNREACHABLE is not told now: the end of the sweep tells it, alone
		     * or with others */
};

/* Given the device's alerts that are not resolved, say what changes. A new cause is opened.
 * One that is still there is kept (seen_at), told as changed and open again when its content
 * is another, acknowledged or not (it then leaves its group), and reminded of at its pace while it
 * is open and stands under no group. What was never told is resolved without a word, and so is
 * what FLEET_UNREACHABLE told of.
 *
 * A file's alert is resolved when the visit could see that its cause is gone: contact was made,
 * the kind has a baseline in force (unreadable, and added that is gone: in any case), and its
 * path was read or its absence was seen (a complete listing, or the device's own "not found"),
 * or its whole kind is verified or behind. That of a stale kind is resolved when the kind is known
 * to be on a release that is accepted; another stale one is told as changed.
 * Unreachable, refused and changed follow the outcome: contact resolves them, and a graver one
 * takes the place of a lighter, but a silent device clears neither refused nor changed; a visit
 * that was not tried says nothing. Overdue is alert_overdue()'s, rejected baselines are
 * alert_rejected()'s; other types in open are left alone.
 *
 * The changes are the caller's, in order of path, then type. Returns 0 or -1 without memory. */
int alert_update(struct alert_change **ret_changes, size_t *ret_count, const struct alert *open,
		 size_t open_count, const struct alert_causes *causes, struct error *e);
void alert_change_clear(struct alert_change *change);
void alert_changes_free(struct alert_change *changes, size_t count);

/* Say that a change is told now; what is no reminder begins the pace anew. */
void alert_tell(struct alert_change *change, enum alert_action action, int64_t now);

/* The same for DEVICE_OVERDUE: open is the one that is not resolved, or NULL. verified_at is 0
 * for a device never verified, whose clock then starts at enrolled_at. Only an active device
 * can be overdue; overdue_after 0: none is. Returns whether ret_change is filled; false too
 * without memory, and the next call says the same again. */
bool alert_overdue(struct alert_change *ret_change, const struct inventory_device *device,
		   int64_t verified_at, int64_t overdue_after, const struct alert *open,
		   const struct alert_pace *pace, int64_t now);

/* A baseline that is not believed, or the file of signers that was refused. All lent. */
struct alert_rejection {
	const char *manifest; /* its id; NULL: the file of signers */
	const char *scope;    /* "model medfusion-4000"; NULL where it is not known */
	bool has_kind;
	enum visit_kind kind;
	const char *release; /* NULL where it is not known */
	const char *why;     /* in words, escaped for display */
	bool kept;	     /* the last good one stays in force (in use) */
};

/* The same for BASELINE_REJECTED, which belongs to no device: its cause is the manifest. open is
 * the alert of that cause that is not resolved, or NULL. When it is no longer rejected, that is
 * alert_resolve()'s. It is told as changed, and open again, when the words or what is kept are others. Returns
 * whether ret_change is filled; false too without memory, and the next call says the same again. */
bool alert_rejected(struct alert_change *ret_change, const struct alert_rejection *rejection,
		    const struct alert *open, const struct alert_pace *pace, int64_t now);

/* Resolve an alert for a reason that no visit has seen. Returns 0 or -1 without memory. */
int alert_resolve(struct alert_change *ret_change, const struct alert *alert, const char *why, int64_t now);

/* ---- groups: each decision is about what is to be stored and told; who is under which group is
 * the caller's to know ---- */

/* Whether the alerts of this type may stand under a FLEET_DRIFT. */
bool alert_is_groupable(enum alert_type type);

/* Open the alert of a group, FLEET_UNREACHABLE for DEVICE_UNREACHABLE, else FLEET_DRIFT, of which
 * member is one of asset_count. Returns 0 or -1 without memory. */
int alert_group_open(struct alert_change *ret_change, const struct alert *member, const char *group,
		     uint64_t asset_count, uint64_t sweep, int64_t now);

/* A device has come to a group: that is news, to be told at the end of the sweep, and opens again
 * what was acknowledged, which is then said. Returns 0 or -1 without memory. */
int alert_group_join(struct alert *group, uint64_t sweep, int64_t now);

/* A device has left a group that has others left. Of FLEET_UNREACHABLE, whose devices have no
 * events of their own, that is to be told at the end of the sweep, but opens nothing again. Returns
 * whether the group's alert is another now. */
bool alert_group_leave(struct alert *group);

/* Of a list that is ordered by number: the one with this number, or NULL. */
struct alert *alert_find(struct alert *alerts, size_t count, uint64_t number);

/* In such a list of all that are not resolved (others may be among them) set each group's
 * asset_count to the devices that stand under it now. */
void alert_count_members(struct alert *alerts, size_t count);

/* The last device, as member is stored now, has left: resolve it and say why. Returns 0 or -1
 * without memory. */
int alert_group_end(struct alert_change *ret_change, const struct alert *group, const struct alert *member,
		    int64_t now);

/* Whether alert_group_review() may have something to say: it has news, or may be due to be told
 * again. */
bool alert_group_is_due(const struct alert *group, const struct alert_pace *pace, int64_t now);

/* What the end of a sweep says of a group that asset_count devices stand under, of which one was
 * last seen so at seen_at: its news, or a reminder, or nothing. Returns whether ret_change is
 * filled; false too without memory, and the next call says the same again. */
bool alert_group_review(struct alert_change *ret_change, const struct alert *group, uint64_t asset_count,
			int64_t seen_at, const struct alert_pace *pace, uint64_t sweep, int64_t now);

/* The events that tell of a change of a group whose alert has its number, with these devices
 * named: as many events as that takes, whole names within ALERT_ASSETS_MAX bytes in each. Without
 * assets one event, which has the count that was last told. The events are the caller's. Returns 0
 * or -1 without memory. */
int alert_events_from_group(struct alert_event **ret_events, size_t *ret_count,
			    const struct alert_change *change, const char *const *assets,
			    size_t asset_count, const char *site, uint64_t sweep, int64_t now);
void alert_events_free(struct alert_event *events, size_t count);

/* The event that tells of a change whose alert has its number; that of a group names no devices.
 * device is NULL for an alert of none; report may be NULL. Returns 0 or -1 without memory. */
int alert_event_from_change(struct alert_event *ret_event, const struct alert_change *change,
			    const struct inventory_device *device, const char *site,
			    const struct visit_report *report, uint64_t sweep, int64_t now);

/* A device that went back to an older release which is still accepted. All lent. */
struct alert_rollback {
	enum visit_kind kind;
	const char *release, *manifest;		/* that it is on */
	const char *release_old, *manifest_old; /* that it was on */
};

/* The event that tells of it: it is told once and has no alert. Returns 0 or -1 without memory. */
int alert_event_rollback(struct alert_event *ret_event, const struct alert_rollback *rollback,
			 const struct inventory_device *device, const char *site,
			 const struct visit_report *report, uint64_t sweep, int64_t now);

/* The summary that ends a sweep. Returns 0 or -1 without memory. */
int alert_event_summary(struct alert_event *ret_event, const char *site, uint64_t sweep,
			const struct alert_counts *counts, int64_t now);

/* That the daemon lives, where it stands, and that the next one comes after interval (seconds).
 * Of the counts only devices, results, open_alerts, overdue, waiting and approvals are told.
 * Returns 0 or -1 without memory. */
int alert_event_heartbeat(struct alert_event *ret_event, const char *site,
			  const struct alert_counts *counts, uint64_t interval, int64_t now);

/* A test of one sink, on behalf of by (a name). It never was in the store: seq is 0, and its eid
 * is made of site, by and now. Returns 0 or -1 without memory. */
int alert_event_test(struct alert_event *ret_event, const char *site, const char *by, int64_t now);

/* The highest serial that was ever in force for one scope and kind. */
struct alert_serial {
	const char *scope; /* "model medfusion-4000"; lent */
	enum visit_kind kind;
	uint64_t serial;
};

/* Put these into a summary or heartbeat, in the order given: a store that was rolled back shows
 * by them.
 * Returns 0 or -1 without memory. */
int alert_event_add_serials(struct alert_event *summary, const struct alert_serial *serials,
			    size_t count);
