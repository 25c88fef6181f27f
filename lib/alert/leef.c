#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "digest/digest.h"
#include "alert/internal.h"

/* The delimiter of attributes, and that of the header, which readers may look for anywhere. */
static const struct alert_marks marks = {.special = "^|", .marking = ALERT_MARK_PERCENT, .edges = true};

/* What the format has a key for; every other field has its own name. */
static const char *key_of(const struct alert_fields *fields, const struct alert_field *field)
{
	const char *value = alert_field_bytes(fields, field);

	if (strcmp(field->name, "ip") == 0)
		return alert_is_address(value, field->length, AF_INET) ||
				       alert_is_address(value, field->length, AF_INET6) ? "src" : "ip";
	if (strcmp(field->name, "asset") == 0)
		return "resource";
	if (strcmp(field->name, "by") == 0)
		return "usrName";
	if (strcmp(field->name, "sev") == 0) /* the format's own goes from 1 to 10 */
		return "syslogSev";
	return field->name;
}

static int add_field(struct text *text, const struct alert_body *body, const struct alert_field *field)
{
	char digest[DIGEST_SHA256_HEX + 1];

	text_addf(text, "^%s=", key_of(body->fields, field));
	if (alert_add_field(text, &marks, body->fields, field, body->limits) ||
	    field->limit != ALERT_LIMIT_PATH)
		return 0;
	if (digest_sha256_hex(digest, body->event->path, strlen(body->event->path)) < 0)
		return -1;
	text_addf(text, "^pathTrunc=1^pathSha256=%s", digest);
	return 0;
}

static void add_time(struct text *text, int64_t at)
{
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(at / TIME_SECOND);
	struct tm tm = {0};

	(void)gmtime_r(&seconds, &tm);
	text_addf(text, "devTime=%s %02d %04d %02d:%02d:%02d.%03d UTC^devTimeFormat=MMM dd yyyy HH:mm:ss.SSS z",
		  months[tm.tm_mon], tm.tm_mday, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
		  (int)(at % TIME_SECOND / 1000));
}

int alert_body_leef(struct text *text, const struct alert_body *body)
{
	const struct alert_event *event = body->event;
	CLEANUP(text_clear) struct text sentence;

	text_init(&sentence);
	text_addf(text, "LEEF:2.0|pumpwatch|pumpwatch|%s|%s|^|", PACKAGE_VERSION, alert_type_name(event->type));
	add_time(text, event->at);
	text_addf(text, "^sev=%u^cat=%s", alert_event_severity_of_ten(event),
		  alert_classes[event->type].categories[0]);
	if (!body->frame->clock_synced)
		text_add(text, "^clock=unsynced");
	for (size_t i = 0; i < body->fields->count; i++)
		if (add_field(text, body, &body->fields->items[i]) < 0)
			return -1;
	alert_sentence_within(&sentence, event, body->limits);
	text_add(text, "^msg=");
	alert_add_marked(text, &marks, sentence.data, sentence.length, SIZE_MAX);
	return text->failed || sentence.failed ? -1 : 0;
}
