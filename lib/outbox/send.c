#include "base/cleanup.h"
#include "base/text.h"
#include "outbox/internal.h"

static int send_entry(struct sink *sink, const struct alert_event *event, const struct alert_frame *frame,
		      struct error *e)
{
	CLEANUP(text_clear) struct text fields;
	CLEANUP(cleanup_free) struct iovec *parts = NULL;
	size_t count = 0;

	text_init(&fields);
	if (alert_render_journal(&fields, &parts, &count, event, frame) < 0)
		return error_memory(e);
	return sink_send(sink, parts, count, e) == SINK_TAKEN ? 0 : -1;
}

static enum alert_carrier carrier_of(enum config_sink_type type)
{
	switch (type) {
	case CONFIG_SINK_SYSLOG:
		return ALERT_LOCAL;
	case CONFIG_SINK_SPOOL:
	case CONFIG_SINK_STDOUT:
		return ALERT_LINE;
	default:
		return ALERT_SYSLOG;
	}
}

static int send_message(struct sink *sink, const struct config_sink *config, const struct alert_event *event,
			const struct alert_frame *frame, struct error *e)
{
	CLEANUP(text_clear) struct text message;

	text_init(&message);
	if (alert_render(&message, event, config->format, carrier_of(config->type), frame) < 0)
		return error_memory(e);
	struct iovec part = {message.data, message.length};
	return sink_send(sink, &part, 1, e) == SINK_TAKEN ? 0 : -1;
}

int outbox_send(struct sink *sink, const struct config_sink *config, const struct alert_event *event,
		const struct alert_frame *frame, struct error *e)
{
	struct alert_frame own = *frame;

	own.facility = config->facility;
	return config->type == CONFIG_SINK_JOURNAL ? send_entry(sink, event, &own, e)
						   : send_message(sink, config, event, &own, e);
}
