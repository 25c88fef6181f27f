#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"
#include "alert/internal.h"

/* RFC 5424 §6 gives the host name 255 bytes. */
enum { FACILITY_MAX = 23, HOST_MAX = 255 };

/* From wide to narrow: the first with which a message is short enough is taken. The last one keeps
 * any event within ALERT_MESSAGE_MAX in every format, whatever its strings hold; it is not taken
 * to reach the aim. */
enum { LEVELS = 5, LEVEL_AIMED = LEVELS - 2 };
static const struct alert_limits levels[LEVELS] = {
	{.word = 384, .path = 3200, .list = 1000, .assets = 1500, .sentence_path = 512,
	 .sentence_assets = 1500, .detail = 2800},
	{.word = 256, .path = 1200, .list = 1000, .assets = 1500, .sentence_path = 160,
	 .sentence_assets = 400, .detail = 400},
	{.word = 128, .path = 700, .list = 500, .assets = 1500, .sentence_path = 120,
	 .sentence_assets = 100, .detail = 200},
	{.word = 64, .path = 300, .list = 200, .assets = 600, .sentence_path = 80,
	 .sentence_assets = 60, .detail = 100},
	{.word = 16, .path = 48, .list = 32, .assets = 32, .sentence_path = 24,
	 .sentence_assets = 24, .detail = 24, .bare = true},
};

const struct alert_limits alert_limits_widest = {.word = 384, .path = 3200, .list = 1000,
						 .assets = 1500, .sentence_path = 3200,
						 .sentence_assets = 1500, .detail = 2800};

/* ---- headers ---- */

static int priority(const struct alert_body *body)
{
	int facility = body->frame->facility;

	if (facility < 0 || facility > FACILITY_MAX)
		facility = 0;
	return facility * 8 + alert_event_severity(body->event);
}

static void add_header_5424(struct text *text, const struct alert_body *body)
{
	char time[TIME_TEXT_SIZE];

	time_write_micro(time, body->event->at);
	text_addf(text, "<%d>1 %s ", priority(body), time);
	alert_add_name(text, body->frame->host, HOST_MAX);
	text_addf(text, " pumpwatch %d %s ", body->frame->process, alert_type_name(body->event->type));
}

static void add_header_3164(struct text *text, const struct alert_body *body)
{
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(body->event->at / TIME_SECOND);
	struct tm tm = {0};

	(void)localtime_r(&seconds, &tm); /* any int64 of microseconds fits */
	text_addf(text, "<%d>%s %2d %02d:%02d:%02d pumpwatch[%d]: ", priority(body), months[tm.tm_mon],
		  tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, body->frame->process);
}

static void add_header(struct text *text, const struct alert_body *body, enum alert_format format)
{
	if (body->carrier == ALERT_LOCAL) {
		add_header_3164(text, body);
		if (format == ALERT_RFC5424)
			text_addf(text, "%s ", alert_type_name(body->event->type));
	} else if (format == ALERT_RFC5424) {
		add_header_5424(text, body);
	} else if (body->carrier == ALERT_SYSLOG) {
		add_header_5424(text, body);
		text_add(text, "- "); /* no structured data */
	}
}

/* ---- messages ---- */

static int add_body(struct text *text, const struct alert_body *body, enum alert_format format)
{
	switch (format) {
	case ALERT_CEF:
		return alert_body_cef(text, body);
	case ALERT_LEEF:
		return alert_body_leef(text, body);
	case ALERT_ECS:
		return alert_body_ecs(text, body);
	case ALERT_OCSF:
		return alert_body_ocsf(text, body);
	default:
		return alert_body_structured(text, body);
	}
}

/* Append the message at one level. */
static int write_at(struct text *text, struct alert_body *body, enum alert_format format, size_t level)
{
	body->limits = &levels[level];
	add_header(text, body, format);
	return add_body(text, body, format);
}

/* Whether it has something that the level of the aim would shorten. */
static bool is_long(const struct alert_body *body)
{
	const struct alert_limits *aimed = &levels[LEVEL_AIMED];
	const struct alert_event *event = body->event;

	for (size_t i = 0; i < body->fields->count; i++)
		if (body->fields->items[i].length > alert_field_limit(&body->fields->items[i], aimed))
			return true;
	return (event->path && strlen(event->path) > aimed->sentence_path) ||
	       (event->detail && strlen(event->detail) > aimed->detail);
}

/* What a message that is above the aim is to be shortened to: names are not cut to nothing for an
 * aim that is missed all the same, and a list of devices or serials is worth more than it. */
static int find_target(size_t *ret_target, struct alert_body *body, enum alert_format format)
{
	CLEANUP(text_clear) struct text narrow;

	text_init(&narrow);
	*ret_target = ALERT_MESSAGE_MAX;
	if (body->event->assets || body->event->serials || !is_long(body))
		return 0;
	if (write_at(&narrow, body, format, LEVEL_AIMED) < 0)
		return -1;
	if (narrow.length <= ALERT_MESSAGE_AIM)
		*ret_target = ALERT_MESSAGE_AIM;
	return 0;
}

static int write_message(struct text *text, struct alert_body *body, enum alert_format format)
{
	size_t start = text->length;
	size_t target = ALERT_MESSAGE_AIM;
	int failed = body->fields->values.failed ? -1 : write_at(text, body, format, 0);

	if (failed == 0 && text->length - start > target)
		failed = find_target(&target, body, format);
	for (size_t level = 1; level < LEVELS && failed == 0 && text->length - start > target; level++) {
		text_cut(text, start);
		failed = write_at(text, body, format, level);
	}
	if (failed < 0)
		text_cut(text, start);
	return failed;
}

int alert_render(struct text *text, const struct alert_event *event, enum alert_format format,
		 enum alert_carrier carrier, const struct alert_frame *frame)
{
	struct alert_fields fields;
	struct alert_body body = {.event = event, .frame = frame, .fields = &fields, .carrier = carrier};

	alert_fields_make(&fields, event);
	int failed = write_message(text, &body, format);
	alert_fields_clear(&fields);
	return failed;
}
