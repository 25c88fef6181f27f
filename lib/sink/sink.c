#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "sink/internal.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

CLEANUP_DEFINE(struct sink, sink_free);

static const struct sink_transport *const transports[] = {
	[CONFIG_SINK_RELP] = &sink_relp,
	[CONFIG_SINK_RELP_PLAIN] = &sink_relp,
	[CONFIG_SINK_TLS] = &sink_octets,
	[CONFIG_SINK_TCP] = &sink_octets,
	[CONFIG_SINK_UDP] = &sink_udp,
	[CONFIG_SINK_SYSLOG] = &sink_syslog,
	[CONFIG_SINK_JOURNAL] = &sink_journal,
	[CONFIG_SINK_SPOOL] = &sink_spool,
	[CONFIG_SINK_STDOUT] = &sink_stdout,
};

/* Bytes that may be in the kernel's queue where nothing but that queue tells what arrived. */
enum { SMALL_SEND_BUFFER = 16 * 1024 };

static bool is_over_network(const struct sink *sink)
{
	return sink->type <= CONFIG_SINK_UDP;
}

static const char *path_of(const struct config_sink *config)
{
	return !config->path && config->type == CONFIG_SINK_JOURNAL ? JOURNAL_SOCKET : config->path;
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

static int make_local(struct sink *sink, const struct config_sink *config, struct error *e)
{
	const char *path = path_of(config);

	sink->fd = config->type == CONFIG_SINK_STDOUT ? STDOUT_FILENO : -1;
	sink->path = path ? strdup(path) : NULL;
	sink->where = strdup(path ? path : "standard output");
	if ((path && !sink->path) || !sink->where)
		return error_memory(e);
	sink->timeout = config->timeout;
	sink->spool.rotate = config->rotate;
	sink->spool.keep = config->keep;
	return check_path(sink, e);
}

static int make_network(struct sink *sink, const struct config_sink *config, struct error *e)
{
	CLEANUP(text_clear) struct text where = {0};

	if (!config->host || config->port == 0)
		return error_set(e, ERROR_CONFIG, "sink %s: an address and a port are needed", sink->name);
	if (sink_stream_init(&sink->stream, config, sink->cancel, e) < 0)
		return -1;
	text_init(&where);
	text_addf(&where, strchr(config->host, ':') ? "[%s]:%u" : "%s:%u", config->host, config->port);
	sink->where = text_take(&where);
	if (!sink->where)
		return error_memory(e);
	if (sink->transport == &sink_octets)
		sink->stream.send_buffer = SMALL_SEND_BUFFER;
	sink->relp.size = config->window >= 1 && config->window <= RELP_WINDOW_MAX ? config->window : RELP_WINDOW_MAX;
	return 0;
}

int sink_new(struct sink **ret_sink, const struct config_sink *config, int cancel, struct error *e)
{
	CLEANUP(cleanup_sink_free) struct sink *sink = calloc(1, sizeof *sink);

	if (!sink)
		return error_memory(e);
	sink->cancel = cancel;
	sink->fd = -1;
	sink->stream.fd = -1;
	sink->type = config->type;
	sink->transport = transports[config->type];
	sink->name = strdup(config->name);
	if (!sink->name)
		return error_memory(e);
	if ((is_over_network(sink) ? make_network(sink, config, e) : make_local(sink, config, e)) < 0)
		return -1;
	*ret_sink = TAKE(sink);
	return 0;
}

void sink_free(struct sink *sink)
{
	if (!sink)
		return;
	if (sink->transport->close)
		sink->transport->close(sink);
	sink_stream_clear(&sink->stream);
	free(sink->name);
	free(sink->where);
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
	char words[sizeof e->text];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(words, sizeof words, format, arguments); /* words that are cut will do */
	va_end(arguments);
	(void)error_set(e, ERROR_UNAVAILABLE, "%s: %s", sink->where, words);
	return SINK_AWAY;
}

enum sink_answer sink_lost(struct sink *sink, struct error *e)
{
	return sink_away(sink, e, "%s", sink->why.text[0] != '\0' ? sink->why.text : "there is no connection");
}

enum sink_proof sink_proof(const struct sink *sink)
{
	return sink->transport->proof;
}

int sink_open(struct sink *sink, struct error *e)
{
	if (sink->transport->open)
		return sink->transport->open(sink, e);
	sink->taken = 0;
	return 0;
}

enum sink_answer sink_send(struct sink *sink, const struct iovec *parts, size_t count, struct error *e)
{
	enum sink_answer answer = sink->transport->send(sink, parts, count, e);

	if (answer == SINK_TAKEN)
		sink->taken++;
	return answer;
}

enum sink_answer sink_flush(struct sink *sink, size_t *ret_delivered, struct error *e)
{
	enum sink_answer answer = SINK_TAKEN;

	*ret_delivered = sink->taken;
	if (sink->transport->flush)
		answer = sink->transport->flush(sink, ret_delivered, e);
	sink->taken = 0;
	return answer;
}
