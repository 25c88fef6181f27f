#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/time.h"
#include "alert/internal.h"

/* The version that brought is_alert. */
static const char version[] = "1.4.0";

enum { OTHER = 99 };

struct class {
	int64_t uid, category;
	const char *name, *category_name;
};

/* Heartbeats and tests of a sink are neither findings nor scans. */
static const struct class base_event = {0, 0, "Base Event", "Uncategorized"};
static const struct class finding = {2004, 2, "Detection Finding", "Findings"};
static const struct class scan = {6007, 6, "Scan Activity", "Application Activity"};

struct activity {
	int64_t id;
	const char *name;
};

static const struct class *class_of(const struct alert_event *event)
{
	switch (event->type) {
	case ALERT_HEARTBEAT:
	case ALERT_SINK_TEST:
		return &base_event;
	case ALERT_SWEEP_SUMMARY:
		return &scan;
	default:
		return &finding;
	}
}

static struct activity activity_of(const struct alert_event *event)
{
	const struct class *class = class_of(event);

	if (class == &base_event)
		return (struct activity){OTHER, alert_classes[event->type].title};
	if (class == &scan)
		return event->has_counts && event->counts.stopped ? (struct activity){3, "Cancelled"}
								  : (struct activity){2, "Completed"};
	if (event->type == ALERT_RESOLVED)
		return (struct activity){3, "Close"};
	if (event->action == ALERT_CHANGED || event->action == ALERT_REMINDED)
		return (struct activity){2, "Update"};
	return (struct activity){1, "Create"};
}

static void add_class(struct alert_json *json, const struct alert_event *event)
{
	const struct class *class = class_of(event);
	struct activity activity = activity_of(event);

	alert_json_number(json, "class_uid", class->uid);
	alert_json_string(json, "class_name", class->name);
	alert_json_number(json, "category_uid", class->category);
	alert_json_string(json, "category_name", class->category_name);
	alert_json_number(json, "activity_id", activity.id);
	alert_json_string(json, "activity_name", activity.name);
	alert_json_number(json, "type_uid", class->uid * 100 + activity.id);
	alert_json_number(json, "time", event->at / (TIME_SECOND / 1000));
}

static void add_severity(struct alert_json *json, const struct alert_event *event)
{
	static const struct {
		int64_t id;
		const char *name;
	} severities[] = {{6, "Fatal"}, {5, "Critical"}, {4, "High"}, {3, "Medium"},
			  {2, "Low"}, {1, "Informational"}, {1, "Informational"}, {1, "Informational"}};
	unsigned severity = (unsigned)alert_event_severity(event) & 7;

	alert_json_number(json, "severity_id", severities[severity].id);
	alert_json_string(json, "severity", severities[severity].name);
}

static void add_metadata(struct alert_json *json, const struct alert_event *event)
{
	alert_json_string(json, "metadata.version", version);
	alert_json_string(json, "metadata.product.name", "pumpwatch");
	alert_json_string(json, "metadata.product.vendor_name", "pumpwatch");
	alert_json_string(json, "metadata.product.version", PACKAGE_VERSION);
	alert_json_string(json, "metadata.event_code", alert_type_name(event->type));
}

/* ---- a finding ---- */

/* The same for every event of one alert, whatever else it says: "SITE/alert/3"; of an event
 * without an alert its own id. The site is the configuration's, 128 bytes at most. */
static void add_finding_uid(struct alert_json *json, const struct alert_event *event)
{
	enum { SITE_MAX = 128 };
	CLEANUP(text_clear) struct text uid;
	CLEANUP(text_clear) struct text site;

	text_init(&uid);
	text_init(&site);
	if (event->alert == 0) {
		escape_add(&uid, ESCAPE_DISPLAY, event->eid, strlen(event->eid));
	} else {
		if (event->site)
			escape_add(&site, ESCAPE_DISPLAY, event->site, strlen(event->site));
		alert_add_marked(&uid, &alert_marks_json, site.data, site.length, SITE_MAX);
		text_addf(&uid, "%salert/%" PRIu64, uid.length > 0 ? "/" : "", event->alert);
	}
	json->failed |= uid.failed || site.failed;
	alert_json_bytes(json, "finding_info.uid", uid.data ? uid.data : "", uid.length);
}

static void add_finding(struct alert_json *json, const struct alert_event *event)
{
	bool resolved = event->type == ALERT_RESOLVED;
	enum alert_type type = resolved ? event->resolves : event->type;

	add_finding_uid(json, event);
	alert_json_string(json, "finding_info.title", alert_classes[type].title);
	alert_json_string(json, "finding_info.types[]", alert_type_name(type));
	alert_json_number(json, "status_id", resolved ? 4 : 1);
	alert_json_string(json, "status", resolved ? "Resolved" : "New");
	alert_json_flag(json, "is_alert", strcmp(alert_classes[event->type].kind, "alert") == 0);
}

/* ---- a scan ---- */

static int64_t clamp(uint64_t count)
{
	return count > INT64_MAX ? INT64_MAX : (int64_t)count;
}

static void add_scan(struct alert_json *json, const struct alert_event *event)
{
	const struct alert_counts *counts = &event->counts;
	char name[48];

	(void)snprintf(name, sizeof name, "sweep %" PRIu64, event->sweep);
	alert_json_string(json, "scan.name", name);
	alert_json_string(json, "scan.uid", name + strlen("sweep "));
	alert_json_number(json, "scan.type_id", OTHER);
	alert_json_string(json, "scan.type", "Sweep");
	if (!event->has_counts)
		return;
	alert_json_number(json, "start_time", counts->started_at / (TIME_SECOND / 1000));
	alert_json_number(json, "end_time", counts->ended_at / (TIME_SECOND / 1000));
	alert_json_number(json, "num_files", clamp(counts->files));
	alert_json_number(json, "num_detections", clamp(counts->findings));
	alert_json_number(json, "num_skipped_items", clamp(counts->results[DRIFT_SKIPPED]));
	alert_json_number(json, "status_id", counts->stopped ? 2 : 1);
	alert_json_string(json, "status", counts->stopped ? "Failure" : "Success");
}

/* ---- fields ---- */

static const struct {
	const char *field, *place;
} places[] = {
	{"eid", "metadata.uid"},
	{"seq", "metadata.sequence"},
	{"asset", "device.uid"},
	{"name", "device.name"},
	{"serial", "device.hw_info.serial_number"},
};

static void add_observable(struct alert_json *json, const struct alert_body *body,
			   const struct alert_field *field, const char *name, int type_id, const char *type)
{
	CLEANUP(alert_json_clear) struct alert_json observable = {0};

	if (body->limits->bare)
		return;
	alert_json_string(&observable, "name", name);
	alert_json_number(&observable, "type_id", type_id);
	alert_json_string(&observable, "type", type);
	alert_json_bytes(&observable, "value", alert_field_bytes(body->fields, field), field->length);
	alert_json_object(json, "observables[]", &observable);
}

static void add_hash(struct alert_json *json, struct alert_json *file, const struct alert_body *body,
		     const struct alert_field *field)
{
	CLEANUP(alert_json_clear) struct alert_json hash = {0};
	bool md5 = strcmp(field->name, "md5") == 0;
	const char *value = alert_field_bytes(body->fields, field);

	alert_json_number(&hash, "algorithm_id", md5 ? 1 : 3);
	alert_json_string(&hash, "algorithm", md5 ? "MD5" : "SHA-256");
	alert_json_bytes(&hash, "value", value, field->length);
	alert_json_object(file, "hashes[]", &hash);
	add_observable(json, body, field, "evidences[].file.hashes[].value", 8, "Hash");
}

/* The name is the end of the path as far as it is told. */
static void add_path(struct alert_json *json, struct alert_json *file, const struct alert_body *body,
		     const struct alert_field *field)
{
	CLEANUP(text_clear) struct text path;

	text_init(&path);
	bool whole = alert_add_field(&path, &alert_marks_json, body->fields, field, body->limits);
	const char *slash = path.data ? strrchr(path.data, '/') : NULL;
	const char *name = slash && slash[1] != '\0' ? slash + 1 : path.data ? path.data : "";
	alert_json_number(file, "type_id", 1);
	alert_json_string(file, "name", name);
	alert_json_bytes(file, "path", path.data ? path.data : "", path.length);
	json->failed |= path.failed;
	if (!whole)
		alert_json_shortened(json, "unmapped", body);
}

static void add_address(struct alert_json *json, const struct alert_body *body, const struct alert_field *field)
{
	const char *value = alert_field_bytes(body->fields, field);

	if (!alert_is_address(value, field->length, AF_INET) &&
	    !alert_is_address(value, field->length, AF_INET6)) {
		alert_json_other(json, "unmapped", body, field);
		return;
	}
	alert_json_bytes(json, "device.ip", value, field->length);
	add_observable(json, body, field, "device.ip", 2, "IP Address");
}

static void add_field(struct alert_json *json, struct alert_json *file, const struct alert_body *body,
		      const struct alert_field *field)
{
	bool of_file = body->event->path && class_of(body->event) == &finding;

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (strcmp(places[i].field, field->name) == 0) {
			(void)alert_json_field(json, places[i].place, body, field);
			return;
		}
	if (strcmp(field->name, "ip") == 0)
		add_address(json, body, field);
	else if (of_file && field->limit == ALERT_LIMIT_PATH)
		add_path(json, file, body, field);
	else if (of_file && (strcmp(field->name, "md5") == 0 || strcmp(field->name, "sha256") == 0))
		add_hash(json, file, body, field);
	else if (of_file && strcmp(field->name, "size") == 0)
		(void)alert_json_field(file, "size", body, field);
	else
		alert_json_other(json, "unmapped", body, field);
}

static void add_fields(struct alert_json *json, const struct alert_body *body)
{
	CLEANUP(alert_json_clear) struct alert_json file = {0};
	CLEANUP(alert_json_clear) struct alert_json evidence = {0};

	for (size_t i = 0; i < body->fields->count; i++)
		add_field(json, &file, body, &body->fields->items[i]);
	if (body->event->asset || body->event->address || body->event->serial || body->event->name) {
		alert_json_number(json, "device.type_id", OTHER);
		alert_json_string(json, "device.type", "Medical device");
	}
	if (!file.root)
		return;
	alert_json_object(&evidence, "file", &file);
	alert_json_object(json, "evidences[]", &evidence);
}

static void add_collector(struct alert_json *json, const struct alert_frame *frame)
{
	CLEANUP(text_clear) struct text host;

	text_init(&host);
	alert_add_name(&host, frame->host, ALERT_HOST_MAX);
	json->failed |= host.failed;
	alert_json_bytes(json, "unmapped.collector", host.data ? host.data : "", host.length);
	alert_json_flag(json, "unmapped.clock_synced", frame->clock_synced);
}

int alert_body_ocsf(struct text *text, const struct alert_body *body)
{
	CLEANUP(alert_json_clear) struct alert_json json = {0};
	const struct class *class = class_of(body->event);

	add_class(&json, body->event);
	add_severity(&json, body->event);
	add_metadata(&json, body->event);
	if (class == &finding)
		add_finding(&json, body->event);
	if (class == &scan)
		add_scan(&json, body->event);
	add_fields(&json, body);
	add_collector(&json, body->frame);
	alert_json_sentence(&json, "message", body);
	return alert_json_write(text, &json);
}
