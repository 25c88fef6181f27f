#include <string.h>

#include "base/time.h"
#include "digest/digest.h"
#include "alert/internal.h"

/* RFC 5424 §6.3.2 gives a name 32 bytes. */
enum { SD_ID_MAX = 32 };

static const struct alert_marks marks = {.special = "\\\"]", .marking = ALERT_MARK_BACKSLASH};

static int add_path_digest(struct text *text, const char *path)
{
	char digest[DIGEST_SHA256_HEX + 1];

	if (digest_sha256_hex(digest, path, strlen(path)) < 0)
		return -1;
	text_addf(text, " pathTrunc=\"1\" pathSha256=\"%s\"", digest);
	return 0;
}

static int add_field(struct text *text, const struct alert_body *body, const struct alert_field *field)
{
	text_addf(text, " %s=\"", field->name);
	bool whole = alert_add_field(text, &marks, body->fields, field, body->limits);
	text_add_char(text, '"');
	if (whole || field->limit != ALERT_LIMIT_PATH)
		return 0;
	return add_path_digest(text, body->event->path);
}

int alert_body_structured(struct text *text, const struct alert_body *body)
{
	char time[TIME_TEXT_SIZE];

	text_addf(text, "[timeQuality tzKnown=\"1\" isSynced=\"%d\"][", body->frame->clock_synced);
	alert_add_name(text, body->frame->sd_id, SD_ID_MAX);
	if (body->carrier == ALERT_LOCAL) {
		time_write_micro(time, body->event->at);
		text_addf(text, " time=\"%s\"", time);
	}
	for (size_t i = 0; i < body->fields->count; i++)
		if (add_field(text, body, &body->fields->items[i]) < 0)
			return -1;
	text_add(text, "] ");
	alert_sentence_within(text, body->event, body->limits);
	return text->failed ? -1 : 0;
}
