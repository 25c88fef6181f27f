#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sink/internal.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

CLEANUP_DEFINE(struct sink, sink_free);

static const char *default_path(enum config_sink_type type)
{
	return type == CONFIG_SINK_JOURNAL ? JOURNAL_SOCKET : NULL;
}

static int check_path(const struct sink *sink, struct error *e)
{
	bool socket = sink->type == CONFIG_SINK_SYSLOG || sink->type == CONFIG_SINK_JOURNAL;

	if (sink->type == CONFIG_SINK_STDOUT)
		return 0;
	if (!sink->path || sink->path[0] != '/')
		return error_set(e, ERROR_CONFIG, "sink %s: an absolute path is needed", sink->name);
	if (socket && strlen(sink->path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
		return error_set(e, ERROR_CONFIG, "sink %s: %s is too long for a socket's path",
				 sink->name, sink->path);
	return 0;
}

int sink_new(struct sink **ret_sink, const struct config_sink *config, int cancel, struct error *e)
{
	const char *path = config->path ? config->path : default_path(config->type);
	CLEANUP(cleanup_sink_free) struct sink *sink = calloc(1, sizeof *sink);

	if (!sink)
		return error_memory(e);
	sink->cancel = cancel;
	sink->fd = config->type == CONFIG_SINK_STDOUT ? STDOUT_FILENO : -1;
	sink->type = config->type;
	sink->name = strdup(config->name);
	sink->path = path ? strdup(path) : NULL;
	if (!sink->name || (path && !sink->path))
		return error_memory(e);
	if (check_path(sink, e) < 0)
		return -1;
	*ret_sink = TAKE(sink);
	return 0;
}

void sink_free(struct sink *sink)
{
	if (!sink)
		return;
	if (sink->type == CONFIG_SINK_SPOOL)
		sink_spool_close(sink);
	else if (sink->type != CONFIG_SINK_STDOUT)
		cleanup_close(&sink->fd);
	free(sink->name);
	free(sink->path);
	free(sink);
}

const char *sink_name(const struct sink *sink)
{
	return sink->name;
}

enum config_sink_type sink_type(const struct sink *sink)
{
	return sink->type;
}

enum sink_answer sink_away(const struct sink *sink, struct error *e, const char *format, ...)
{
	char words[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(words, sizeof words, format, arguments); /* words that are cut will do */
	va_end(arguments);
	(void)error_set(e, ERROR_UNAVAILABLE, "%s: %s", sink->path ? sink->path : "standard output",
			words);
	return SINK_AWAY;
}

enum sink_proof sink_proof(const struct sink *sink)
{
	switch (sink->type) {
	case CONFIG_SINK_RELP:
	case CONFIG_SINK_RELP_PLAIN:
	case CONFIG_SINK_SPOOL:
		return SINK_ACKNOWLEDGED;
	default:
		return SINK_HANDED_OVER;
	}
}

int sink_open(struct sink *sink, struct error *e)
{
	(void)e;
	sink->taken = 0;
	return 0;
}

static enum sink_answer send_one(struct sink *sink, const struct iovec *parts, size_t count, struct error *e)
{
	switch (sink->type) {
	case CONFIG_SINK_SYSLOG:
		return sink_syslog_send(sink, parts, e);
	case CONFIG_SINK_JOURNAL:
		return sink_journal_send(sink, parts, count, e);
	case CONFIG_SINK_SPOOL:
		return sink_spool_send(sink, parts, e);
	case CONFIG_SINK_STDOUT:
		return sink_stdout_send(sink, parts, e);
	default:
		return sink_away(sink, e, "this type is not made yet");
	}
}

enum sink_answer sink_send(struct sink *sink, const struct iovec *parts, size_t count, struct error *e)
{
	enum sink_answer answer = send_one(sink, parts, count, e);

	if (answer == SINK_TAKEN)
		sink->taken++;
	return answer;
}

enum sink_answer sink_flush(struct sink *sink, size_t *ret_delivered, struct error *e)
{
	enum sink_answer answer = sink->type == CONFIG_SINK_SPOOL ? sink_spool_flush(sink, e) : SINK_TAKEN;

	*ret_delivered = answer == SINK_TAKEN ? sink->taken : 0;
	sink->taken = 0;
	return answer;
}
