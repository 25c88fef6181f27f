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
	{.word = 384, .path = 3200, .list = 1000, .sentence_path = 512, .detail = 2800},
	{.word = 256, .path = 1200, .list = 1000, .sentence_path = 160, .detail = 400},
	{.word = 128, .path = 700, .list = 500, .sentence_path = 120, .detail = 200},
	{.word = 64, .path = 300, .list = 200, .sentence_path = 80, .detail = 100},
};

const struct alert_limits alert_limits_widest =
	{.word = 384, .path = 3200, .list = 1000, .sentence_path = 3200, .detail = 2800};

enum framing { RFC_5424, RFC_3164 };

/* A message that is being written. */
struct message {
	struct text *text;
	const struct alert_event *event;
	const struct alert_frame *frame;
	enum framing framing;
	char time[TIME_TEXT_SIZE];
	struct alert_fields fields;
};

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
	case ALERT_LIMIT_LIST: /* cut as a whole */
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

static int add_field(const struct message *message, const struct alert_field *field,
		     const struct alert_limits *limits)
{
	text_addf(message->text, " %s=\"", field->name);
	size_t start = message->text->length;
	bool whole = add_value(message->text, message->fields.values.data + field->start, field->length,
			       limit_of(field, limits));
	if (field->limit == ALERT_LIMIT_LIST)
		alert_list_cut(message->text, start, limits->list);
	text_add_char(message->text, '"');
	if (whole || field->limit != ALERT_LIMIT_PATH)
		return 0;
	return add_path_digest(message->text, message->event->path);
}

static int add_structured(const struct message *message, const struct alert_limits *limits)
{
	text_addf(message->text, "[timeQuality tzKnown=\"1\" isSynced=\"%d\"][",
		  message->frame->clock_synced);
	add_name(message->text, message->frame->sd_id, SD_ID_MAX);
	if (message->framing == RFC_3164)
		text_addf(message->text, " time=\"%s\"", message->time);
	for (size_t i = 0; i < message->fields.count; i++)
		if (add_field(message, &message->fields.items[i], limits) < 0)
			return -1;
	text_add(message->text, "] ");
	return 0;
}

/* ---- headers ---- */

static int priority(const struct alert_event *event, const struct alert_frame *frame)
{
	int facility = frame->facility < 0 || frame->facility > FACILITY_MAX ? 0 : frame->facility;

	return facility * 8 + alert_event_severity(event);
}

static void add_header_5424(const struct message *message)
{
	text_addf(message->text, "<%d>1 %s ", priority(message->event, message->frame), message->time);
	add_name(message->text, message->frame->host, HOST_MAX);
	text_addf(message->text, " pumpwatch %d %s ", message->frame->process,
		  alert_type_name(message->event->type));
}

static void add_header_3164(const struct message *message)
{
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(message->event->at / TIME_SECOND);
	struct tm tm = {0};

	(void)localtime_r(&seconds, &tm); /* any int64 of microseconds fits */
	text_addf(message->text, "<%d>%s %2d %02d:%02d:%02d pumpwatch[%d]: %s ",
		  priority(message->event, message->frame), months[tm.tm_mon], tm.tm_mday, tm.tm_hour,
		  tm.tm_min, tm.tm_sec, message->frame->process, alert_type_name(message->event->type));
}

/* ---- messages ---- */

static int write_within(const struct message *message, const struct alert_limits *limits)
{
	if (message->framing == RFC_5424)
		add_header_5424(message);
	else
		add_header_3164(message);
	if (add_structured(message, limits) < 0)
		return -1;
	alert_sentence_within(message->text, message->event, limits);
	return message->text->failed ? -1 : 0;
}

static int write_message(const struct message *message)
{
	/* A list of devices or serials is worth more than the aim. */
	bool listing = message->event->type == ALERT_FLEET_DRIFT || message->event->serials;
	size_t aim = listing ? ALERT_MESSAGE_MAX : ALERT_MESSAGE_AIM;
	size_t start = message->text->length;
	int failed = message->fields.values.failed ? -1 : 0;
	size_t level = 0;

	while (failed == 0 && level < sizeof levels / sizeof levels[0]) {
		text_cut(message->text, start);
		failed = write_within(message, &levels[level++]);
		if (message->text->length - start <= aim)
			break;
	}
	if (failed < 0)
		text_cut(message->text, start);
	return failed;
}

static int render(struct text *text, const struct alert_event *event, const struct alert_frame *frame,
		  enum framing framing)
{
	struct message message = {.text = text, .event = event, .frame = frame, .framing = framing};

	time_write_micro(message.time, event->at);
	alert_fields_make(&message.fields, event);
	int failed = write_message(&message);
	alert_fields_clear(&message.fields);
	return failed;
}

int alert_render(struct text *text, const struct alert_event *event, enum alert_format format,
		 enum alert_carrier carrier, const struct alert_frame *frame)
{
	(void)format; /* CONTRACT: the other formats come with their own files */
	return render(text, event, frame, carrier == ALERT_LOCAL ? RFC_3164 : RFC_5424);
}
