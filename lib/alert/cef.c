#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "digest/digest.h"
#include "alert/internal.h"

/* The dictionary of the format gives paths and messages 1,023 bytes. */
enum { TEXT_MAX = 1023 };

static const struct alert_marks marks = {.special = "\\=", .marking = ALERT_MARK_BACKSLASH, .edges = true};

/* What the dictionary has a key for, or one to which a label can be given; every other field has
 * a key of our own, "pumpwatchSite". */
static const struct {
	const char *field, *key;
	bool labelled;
} keys[] = {
	{"eid", "externalId", false},
	{"seq", "cn1", true},
	{"alert", "cn2", true},
	{"sweep", "cn3", true},
	{"action", "act", false},
	{"asset", "dhost", false},
	{"by", "suser", false},
	{"path", "filePath", false},
	{"kind", "fileType", false},
	{"size", "fsize", false},
	{"sizeOld", "oldFileSize", false},
	{"sha256", "fileHash", false},
	{"sha256Old", "oldFileHash", false},
	{"md5", "cs1", true},
	{"md5Old", "cs2", true},
	{"prev", "cs3", true},
	{"release", "cs4", true},
	{"manifest", "cs5", true},
	{"assets", "cs6", true},
	{"outcome", "reason", false},
};

static void add_own_key(struct text *text, const char *name)
{
	text_addf(text, " pumpwatch%c%s=", toupper((unsigned char)name[0]), name + 1);
}

/* The dictionary has one key for each family. */
static void add_address_key(struct text *text, const char *bytes, size_t length)
{
	if (alert_is_address(bytes, length, AF_INET))
		text_add(text, " dst=");
	else if (alert_is_address(bytes, length, AF_INET6))
		text_add(text, " c6a3Label=ip c6a3=");
	else
		add_own_key(text, "ip");
}

static void add_key(struct text *text, const struct alert_fields *fields, const struct alert_field *field)
{
	if (strcmp(field->name, "ip") == 0) {
		add_address_key(text, alert_field_bytes(fields, field), field->length);
		return;
	}
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strcmp(keys[i].field, field->name) != 0)
			continue;
		if (keys[i].labelled)
			text_addf(text, " %sLabel=%s", keys[i].key, field->name);
		text_addf(text, " %s=", keys[i].key);
		return;
	}
	add_own_key(text, field->name);
}

static int add_field(struct text *text, const struct alert_body *body, const struct alert_field *field)
{
	struct alert_limits limits = *body->limits;
	char digest[DIGEST_SHA256_HEX + 1];

	if (limits.path > TEXT_MAX)
		limits.path = TEXT_MAX;
	add_key(text, body->fields, field);
	if (alert_add_field(text, &marks, body->fields, field, &limits) || field->limit != ALERT_LIMIT_PATH)
		return 0;
	if (digest_sha256_hex(digest, body->event->path, strlen(body->event->path)) < 0)
		return -1;
	text_addf(text, " pumpwatchPathTrunc=1 pumpwatchPathSha256=%s", digest);
	return 0;
}

static void add_sentence(struct text *text, const struct alert_body *body)
{
	static const char rest[] = "...";
	CLEANUP(text_clear) struct text sentence;

	text_init(&sentence);
	alert_sentence_within(&sentence, body->event, body->limits);
	text_add(text, " msg=");
	if (!alert_add_marked(text, &marks, sentence.data, sentence.length, TEXT_MAX - (sizeof rest - 1)))
		text_add(text, rest);
	text->failed |= sentence.failed;
}

int alert_body_cef(struct text *text, const struct alert_body *body)
{
	const struct alert_event *event = body->event;
	const struct alert_class *class = &alert_classes[event->type];

	/* Names and titles are ours: nothing in them has a second meaning. */
	text_addf(text, "CEF:0|pumpwatch|pumpwatch|%s|%s|%s|%u|rt=%" PRId64 " cat=%s dvchost=", PACKAGE_VERSION,
		  alert_type_name(event->type), class->title, alert_event_severity_of_ten(event),
		  event->at / (TIME_SECOND / 1000), class->categories[0]);
	/* A name of a header has neither "=" nor spaces; a backslash is doubled here. */
	CLEANUP(text_clear) struct text host;
	text_init(&host);
	alert_add_name(&host, body->frame->host, ALERT_HOST_MAX);
	alert_add_marked(text, &marks, host.data, host.length, ALERT_HOST_MAX);
	if (class->failed)
		text_add(text, " outcome=failure");
	if (!body->frame->clock_synced)
		text_add(text, " pumpwatchClock=unsynced");
	for (size_t i = 0; i < body->fields->count; i++)
		if (add_field(text, body, &body->fields->items[i]) < 0)
			return -1;
	add_sentence(text, body);
	return text->failed || host.failed ? -1 : 0;
}
