#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"
#include "digest/digest.h"
#include "alert/internal.h"

/* RFC 5424 §6 gives the names of the header 48, 255 and 32 bytes. */
enum { HOST_MAX = 255, SD_ID_MAX = 32, FACILITY_MAX = 23 };

/* From wide to narrow: the first with which a message reaches its aim is taken. The last one
 * keeps any event within ALERT_MESSAGE_MAX, whatever its strings hold. */
static const struct alert_limits levels[] = {
	{.word = 384, .path = 3200, .sentence_path = 512, .detail = 2800},
	{.word = 256, .path = 1200, .sentence_path = 160, .detail = 400},
	{.word = 128, .path = 700, .sentence_path = 120, .detail = 200},
	{.word = 64, .path = 300, .sentence_path = 80, .detail = 100},
};

const struct alert_limits alert_limits_widest =
	{.word = 384, .path = 3200, .sentence_path = 3200, .detail = 2800};

/* ---- structured data ---- */

/* Add a value with the second pass of escaping, no more than most bytes. Returns whether all
 * of it was added. */
static bool add_value(struct text *text, const char *value, size_t length, size_t most)
{
	size_t taken = 0;

	for (size_t i = 0, unit; i < length; i += unit) {
		bool special = value[i] == '\\' || value[i] == '"' || value[i] == ']';
		unit = alert_unit(value + i, length - i);
		taken += unit + special;
		if (taken > most)
			return false;
		if (special)
			text_add_char(text, '\\');
		text_add_bytes(text, value + i, unit);
	}
	return true;
}

static size_t limit_of(const struct alert_field *field, const struct alert_limits *limits)
{
	switch (field->limit) {
	case ALERT_LIMIT_WORD:
		return limits->word;
	case ALERT_LIMIT_PATH:
		return limits->path;
	case ALERT_LIMIT_NONE:
		break;
	}
	return SIZE_MAX;
}

static int add_path_digest(struct text *text, const char *path)
{
	char digest[DIGEST_SHA256_HEX + 1];

	if (digest_sha256_hex(digest, path, strlen(path)) < 0)
		return -1;
	text_addf(text, " pathTrunc=\"1\" pathSha256=\"%s\"", digest);
	return 0;
}

/* A name of the header: printable ASCII without what the format itself uses. */
static void add_name(struct text *text, const char *name, size_t most)
{
	size_t i = 0;

	for (; name && name[i] != '\0' && i < most; i++) {
		bool plain = name[i] > ' ' && name[i] <= '~' && !strchr("=]\"", name[i]);
		text_add_char(text, plain ? name[i] : '_');
	}
	if (i == 0)
		text_add_char(text, '-');
}

static int add_structured(struct text *text, const struct alert_event *event, const struct alert_fields *fields,
			  const struct alert_frame *frame, const struct alert_limits *limits,
			  const char *time)
{
	text_addf(text, "[timeQuality tzKnown=\"1\" isSynced=\"%d\"][", frame->clock_synced);
	add_name(text, frame->sd_id, SD_ID_MAX);
	if (time)
		text_addf(text, " time=\"%s\"", time);
	for (size_t i = 0; i < fields->count; i++) {
		const struct alert_field *field = &fields->items[i];
		text_addf(text, " %s=\"", field->name);
		bool whole = add_value(text, fields->values.data + field->start, field->length,
				       limit_of(field, limits));
		text_add_char(text, '"');
		if (!whole && field->limit == ALERT_LIMIT_PATH && add_path_digest(text, event->path) < 0)
			return -1;
	}
	text_add(text, "] ");
	return 0;
}

/* ---- headers ---- */

static int priority(const struct alert_event *event, const struct alert_frame *frame)
{
	int facility = frame->facility < 0 || frame->facility > FACILITY_MAX ? 0 : frame->facility;

	return facility * 8 + alert_type_severity(event->type);
}

static void add_header_5424(struct text *text, const struct alert_event *event,
			    const struct alert_frame *frame, const char *time)
{
	text_addf(text, "<%d>1 %s ", priority(event, frame), time);
	add_name(text, frame->host, HOST_MAX);
	text_addf(text, " pumpwatch %d %s ", frame->process, alert_type_name(event->type));
}

static void add_header_3164(struct text *text, const struct alert_event *event,
			    const struct alert_frame *frame)
{
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(event->at / TIME_SECOND);
	struct tm tm = {0};

	(void)localtime_r(&seconds, &tm); /* any int64 of microseconds fits */
	text_addf(text, "<%d>%s %2d %02d:%02d:%02d pumpwatch[%d]: %s ", priority(event, frame),
		  months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, frame->process,
		  alert_type_name(event->type));
}

/* ---- messages ---- */

enum framing { RFC_5424, RFC_3164 };

static int render_within(struct text *text, const struct alert_event *event, const struct alert_fields *fields,
			 const struct alert_frame *frame, const struct alert_limits *limits,
			 enum framing framing)
{
	char time[TIME_TEXT_SIZE];

	time_write_micro(time, event->at);
	if (framing == RFC_5424)
		add_header_5424(text, event, frame, time);
	else
		add_header_3164(text, event, frame);
	if (add_structured(text, event, fields, frame, limits, framing == RFC_3164 ? time : NULL) < 0)
		return -1;
	alert_sentence_within(text, event, limits);
	return 0;
}

static int render(struct text *text, const struct alert_event *event, const struct alert_frame *frame,
		  enum framing framing)
{
	CLEANUP(alert_fields_clear) struct alert_fields fields;
	/* A list of devices is worth more than the aim. */
	size_t aim = event->type == ALERT_FLEET_DRIFT ? ALERT_MESSAGE_MAX : ALERT_MESSAGE_AIM;
	size_t start = text->length;

	alert_fields_make(&fields, event);
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		text_cut(text, start);
		if (fields.values.failed ||
		    render_within(text, event, &fields, frame, &levels[i], framing) < 0 || text->failed) {
			text_cut(text, start);
			return -1;
		}
		if (text->length - start <= aim)
			break;
	}
	return 0;
}

int alert_render_rfc5424(struct text *text, const struct alert_event *event, const struct alert_frame *frame)
{
	return render(text, event, frame, RFC_5424);
}

int alert_render_rfc3164(struct text *text, const struct alert_event *event, const struct alert_frame *frame)
{
	return render(text, event, frame, RFC_3164);
}
