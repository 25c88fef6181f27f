#include <ctype.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"
#include "alert/internal.h"

enum { OWN_FIELDS = 6 };

/* Where each field ends: the text moves while it grows. */
struct ends {
	size_t items[OWN_FIELDS + ALERT_FIELDS_MAX];
	size_t count;
};

static void end_field(struct ends *ends, const struct text *fields)
{
	ends->items[ends->count++] = fields->length;
}

/* "sha256Old" is PUMPWATCH_SHA256_OLD. */
static void add_name(struct text *fields, const char *name)
{
	text_add(fields, "PUMPWATCH_");
	for (; *name != '\0'; name++) {
		if (isupper((unsigned char)*name))
			text_add_char(fields, '_');
		text_add_char(fields, (char)toupper((unsigned char)*name));
	}
	text_add_char(fields, '=');
}

static void add_own(struct text *fields, struct ends *ends, const struct alert_event *event,
		    const struct alert_frame *frame)
{
	char time[TIME_TEXT_SIZE];

	text_add(fields, "MESSAGE=");
	alert_sentence(fields, event);
	end_field(ends, fields);
	text_addf(fields, "PRIORITY=%d", alert_event_severity(event));
	end_field(ends, fields);
	text_addf(fields, "SYSLOG_FACILITY=%d", frame->facility);
	end_field(ends, fields);
	text_add(fields, "SYSLOG_IDENTIFIER=pumpwatch");
	end_field(ends, fields);
	text_addf(fields, "PUMPWATCH_EVENT=%s", alert_type_name(event->type));
	end_field(ends, fields);
	time_write_micro(time, event->at);
	text_addf(fields, "PUMPWATCH_TIME=%s", time);
	end_field(ends, fields);
}

int alert_render_journal(struct text *fields, struct iovec **ret_parts, size_t *ret_count,
			 const struct alert_event *event, const struct alert_frame *frame)
{
	CLEANUP(alert_fields_clear) struct alert_fields values;
	struct ends ends = {.count = 0};
	size_t start = fields->length;

	alert_fields_make(&values, event);
	add_own(fields, &ends, event, frame);
	for (size_t i = 0; i < values.count; i++) {
		add_name(fields, values.items[i].name);
		text_add_bytes(fields, values.values.data + values.items[i].start,
			       values.items[i].length);
		end_field(&ends, fields);
	}
	struct iovec *parts = calloc(ends.count, sizeof *parts);
	if (!parts || fields->failed || values.values.failed) {
		free(parts);
		text_cut(fields, start);
		return -1;
	}
	for (size_t i = 0, from = start; i < ends.count; from = ends.items[i++])
		parts[i] = (struct iovec){fields->data + from, ends.items[i] - from};
	*ret_parts = parts;
	*ret_count = ends.count;
	return 0;
}
