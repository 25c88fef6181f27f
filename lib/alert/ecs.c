#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/time.h"
#include "alert/internal.h"

/* The version that brought device.serial_number. */
static const char version[] = "8.17.0";

/* Where the schema has a place, or two, for a field; every other field is below "pumpwatch.". */
static const struct {
	const char *field, *places[4];
} places[] = {
	{"eid", {"event.id"}},
	{"seq", {"event.sequence"}},
	{"sev", {"event.severity"}},
	{"outcome", {"event.reason"}},
	{"asset", {"host.id", "device.id", "host.name", "related.hosts[]"}},
	{"name", {"host.name"}}, /* in the place of the asset tag */
	{"serial", {"device.serial_number"}},
	{"model", {"device.model.identifier"}},
	{"path", {"file.path"}},
	{"size", {"file.size"}},
	{"md5", {"file.hash.md5", "related.hash[]"}},
	{"sha256", {"file.hash.sha256", "related.hash[]"}},
	{"sizeOld", {"pumpwatch.baseline.size"}},
	{"md5Old", {"pumpwatch.baseline.hash.md5", "related.hash[]"}},
	{"sha256Old", {"pumpwatch.baseline.hash.sha256", "related.hash[]"}},
	{"group", {"pumpwatch.group.name"}},
	{"members", {"pumpwatch.group.members"}},
	{"count", {"pumpwatch.group.count"}},
	{"part", {"pumpwatch.group.part"}},
	{"parts", {"pumpwatch.group.parts"}},
	{"assets", {"pumpwatch.group.assets"}},
	{"by", {"user.name", "related.user[]"}},
};

/* "FILE_MODIFIED" is the action "file-modified". */
static void add_action(struct alert_json *json, enum alert_type type)
{
	char action[32];
	size_t length = 0;

	for (const char *c = alert_type_name(type); *c != '\0' && length + 1 < sizeof action; c++)
		action[length++] = (char)(*c == '_' ? '-' : *c + ('a' - 'A'));
	alert_json_bytes(json, "event.action", action, length);
}

static void add_event(struct alert_json *json, const struct alert_event *event)
{
	const struct alert_class *class = &alert_classes[event->type];

	alert_json_string(json, "event.kind", class->kind);
	for (size_t i = 0; i < 2 && class->categories[i]; i++)
		alert_json_string(json, "event.category[]", class->categories[i]);
	alert_json_string(json, "event.type[]", class->change);
	add_action(json, event->type);
	if (class->failed)
		alert_json_string(json, "event.outcome", "failure");
	alert_json_string(json, "event.code", alert_type_name(event->type));
	alert_json_string(json, "event.provider", "pumpwatch");
	alert_json_string(json, "event.dataset", "pumpwatch.event");
}

static void add_observer(struct alert_json *json, const struct alert_frame *frame)
{
	CLEANUP(text_clear) struct text host;

	text_init(&host);
	alert_add_name(&host, frame->host, ALERT_HOST_MAX);
	json->failed |= host.failed;
	alert_json_bytes(json, "observer.hostname", host.data ? host.data : "", host.length);
	alert_json_string(json, "observer.vendor", "pumpwatch");
	alert_json_string(json, "observer.product", "pumpwatch");
	alert_json_string(json, "observer.version", PACKAGE_VERSION);
	alert_json_flag(json, "pumpwatch.clock_synced", frame->clock_synced);
}

/* A receiver refuses the whole event over an address that is none. */
static void add_address(struct alert_json *json, const struct alert_body *body, const struct alert_field *field)
{
	const char *value = alert_field_bytes(body->fields, field);

	if (!alert_is_address(value, field->length, AF_INET) &&
	    !alert_is_address(value, field->length, AF_INET6)) {
		alert_json_other(json, "pumpwatch", body, field);
		return;
	}
	alert_json_bytes(json, "host.ip[]", value, field->length);
	if (!body->limits->bare)
		alert_json_bytes(json, "related.ip[]", value, field->length);
}

static void add_at(struct alert_json *json, const char *place, const struct alert_body *body,
		   const struct alert_field *field)
{
	if (body->limits->bare && strncmp(place, "related.", strlen("related.")) == 0)
		return;
	if (!alert_json_field(json, place, body, field) && field->limit == ALERT_LIMIT_PATH)
		alert_json_shortened(json, "pumpwatch", body);
}

static void add_field(struct alert_json *json, const struct alert_body *body, const struct alert_field *field)
{
	if (strcmp(field->name, "ip") == 0) {
		add_address(json, body, field);
		return;
	}
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		if (strcmp(places[i].field, field->name) != 0)
			continue;
		for (size_t k = 0; k < 4 && places[i].places[k]; k++)
			add_at(json, places[i].places[k], body, field);
		return;
	}
	alert_json_other(json, "pumpwatch", body, field);
}

int alert_body_ecs(struct text *text, const struct alert_body *body)
{
	static const char *const words[] = {"emergency", "alert", "critical", "error",
					    "warning", "notice", "info", "debug"};
	CLEANUP(alert_json_clear) struct alert_json json = {0};
	char time[TIME_TEXT_SIZE];

	time_write_micro(time, body->event->at);
	alert_json_string(&json, "@timestamp", time);
	alert_json_string(&json, "ecs.version", version);
	alert_json_string(&json, "log.level", words[alert_event_severity(body->event) & 7]);
	add_event(&json, body->event);
	for (size_t i = 0; i < body->fields->count; i++)
		add_field(&json, body, &body->fields->items[i]);
	add_observer(&json, body->frame);
	alert_json_sentence(&json, "message", body);
	return alert_json_write(text, &json);
}
