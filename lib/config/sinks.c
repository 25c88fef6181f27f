#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "config/internal.h"
#include "config/values.h"

enum {
	SOCKET_PATH_MAX = 107, /* sun_path of unix(7), with its NUL */
	NAME_MAX_DNS = 253,
	NOT_SAID = -1,
	DAY = 24 * 60 * 60, /* in seconds */
};

#define SYSLOG_SOCKET "/dev/log"
#define BYTES_NOT_SAID UINT64_MAX

/* What a type takes and has. Ports: RFC 5425 and 5426 name theirs; 601 is that of syslog over TCP
 * (RFC 3195), and rsyslog's own example for RELP is 2514. */
static const struct {
	const char *name;
	bool takes_path, takes_address, takes_tls, takes_window, takes_replay;
	uint16_t port;
} types[] = {
	[CONFIG_SINK_RELP] = {"relp", .takes_address = true, .takes_tls = true, .takes_window = true, .port = 2514},
	[CONFIG_SINK_RELP_PLAIN] = {"relp-plain", .takes_address = true, .takes_window = true, .port = 2514},
	[CONFIG_SINK_TLS] = {"tls", .takes_address = true, .takes_tls = true, .takes_replay = true, .port = 6514},
	[CONFIG_SINK_TCP] = {"tcp", .takes_address = true, .takes_replay = true, .port = 601},
	[CONFIG_SINK_UDP] = {"udp", .takes_address = true, .port = 514},
	[CONFIG_SINK_SYSLOG] = {"syslog", .takes_path = true},
	[CONFIG_SINK_JOURNAL] = {.name = "journal"},
	[CONFIG_SINK_SPOOL] = {"spool", .takes_path = true},
	[CONFIG_SINK_STDOUT] = {.name = "stdout"},
};
enum { TYPES = sizeof types / sizeof *types };

const char *config_sink_type_name(enum config_sink_type type)
{
	return types[type].name;
}

int config_take_sink_type(void *field, const struct ini_key *key, const char *value, struct error *e)
{
	(void)key;
	for (size_t i = 0; i < TYPES; i++)
		if (strcmp(value, types[i].name) == 0) {
			*(enum config_sink_type *)field = (enum config_sink_type)i;
			return 0;
		}
	return error_set(e, ERROR_CONFIG,
			 "must be relp, relp-plain, tls, tcp, udp, syslog, journal, spool or stdout");
}

void config_sink_clear(struct config_sink *sink)
{
	free(sink->name);
	free(sink->path);
	free(sink->host);
	free(sink->ca_file);
	free(sink->cert_file);
	free(sink->key_file);
	free(sink->peer_name);
}

void *config_sink_open(void *userdata, const char *word, struct error *e)
{
	struct config *config = userdata;
	struct config_sink sink = {.facility = 16, .severity = 7, .replay = NOT_SAID, .rotate = BYTES_NOT_SAID};

	for (size_t i = 0; i < config->sink_count; i++)
		if (strcmp(config->sinks[i].name, word) == 0) {
			error_set(e, ERROR_CONFIG, "this name is taken");
			return NULL;
		}
	if (!config_name_is_fine(word)) {
		config_refuse_name(e);
		return NULL;
	}
	sink.name = strdup(word);
	if (!sink.name || ARRAY_APPEND(config->sinks, config->sink_count, sink) < 0) {
		config_sink_clear(&sink);
		error_memory(e);
		return NULL;
	}
	return &config->sinks[config->sink_count - 1];
}

#define FIELD(name) .offset = offsetof(struct config_sink, name)
#define PATH .take = ini_take_text, .most = CONFIG_PATH_BYTES_MAX
const struct ini_key config_sink_keys[CONFIG_SINK_KEYS] = {
	{.name = "type", .take = config_take_sink_type, FIELD(type), .required = true},
	{.name = "path", PATH, FIELD(path)},
	{.name = "facility", .take = config_take_facility, FIELD(facility)},
	{.name = "format", .take = config_take_format, FIELD(format)},
	{.name = "severity", .take = config_take_severity, FIELD(severity)},
	{.name = "events", .take = config_take_events, FIELD(events)},
	{.name = "address", .take = config_take_address, .offset = 0}, /* host and port */
	{.name = "ca-file", PATH, FIELD(ca_file)},
	{.name = "cert-file", PATH, FIELD(cert_file)},
	{.name = "key-file", PATH, FIELD(key_file)},
	{.name = "peer-name", .take = ini_take_text, .most = NAME_MAX_DNS, FIELD(peer_name)},
	{.name = "window", .take = ini_take_number, .least = 1, .most = 64, FIELD(window)},
	{.name = "timeout", .take = ini_take_duration, .least = 1, .most = 3600, FIELD(timeout)},
	{.name = "replay", .take = config_take_replay, .most = DAY, FIELD(replay)},
	{.name = "rotate", .take = ini_take_bytes, FIELD(rotate)},
	{.name = "keep", .take = ini_take_number, .least = 1, .most = 1000, FIELD(keep)},
};

/* The first key that was given and that this type has no use for, or NULL. */
static const char *find_stranger(const struct config_sink *sink)
{
	const bool spool = sink->type == CONFIG_SINK_SPOOL;
	const struct {
		const char *key;
		bool said, taken;
	} keys[] = {
		{"path", sink->path, types[sink->type].takes_path},
		{"format", sink->format != ALERT_RFC5424, sink->type != CONFIG_SINK_JOURNAL},
		{"address", sink->host, types[sink->type].takes_address},
		{"ca-file", sink->ca_file, types[sink->type].takes_tls},
		{"cert-file", sink->cert_file, types[sink->type].takes_tls},
		{"key-file", sink->key_file, types[sink->type].takes_tls},
		{"peer-name", sink->peer_name, types[sink->type].takes_tls},
		{"window", sink->window > 0, types[sink->type].takes_window},
		{"timeout", sink->timeout > 0, types[sink->type].takes_address},
		{"replay", sink->replay != NOT_SAID, types[sink->type].takes_replay},
		{"rotate", sink->rotate != BYTES_NOT_SAID, spool},
		{"keep", sink->keep > 0, spool},
	};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keys[i].said && !keys[i].taken)
			return keys[i].key;
	return NULL;
}

static const char *path_of(const struct config_sink *sink)
{
	return sink->path ? sink->path : SYSLOG_SOCKET;
}

/* Two of the same place, unless a receiver is sent another choice of events or format. */
static bool same_place(const struct config_sink *a, const struct config_sink *b)
{
	if (a->type != b->type || types[a->type].takes_address)
		return false;
	return !types[a->type].takes_path || strcmp(path_of(a), path_of(b)) == 0;
}

int config_sink_close(void *userdata, const void *target, struct error *e)
{
	const struct config *config = userdata;
	const struct config_sink *sink = target;
	const char *stranger = find_stranger(sink);

	if (stranger)
		return error_set(e, ERROR_CONFIG, "the key \"%s\" is not for the type %s", stranger,
				 types[sink->type].name);
	if (!sink->path && sink->type == CONFIG_SINK_SPOOL)
		return error_set(e, ERROR_CONFIG, "the type \"spool\" needs the key \"path\": the file to write to");
	if (!sink->host && types[sink->type].takes_address)
		return error_set(e, ERROR_CONFIG,
				 "the type \"%s\" needs the key \"address\": the receiver, such as siem.example.org:%u",
				 types[sink->type].name, types[sink->type].port);
	if (!sink->cert_file != !sink->key_file)
		return error_set(e, ERROR_CONFIG, "cert-file and key-file belong together: give both, or neither");
	for (const struct config_sink *other = config->sinks; other < sink; other++)
		if (same_place(other, sink))
			return error_set(e, ERROR_CONFIG, "goes to the same place as [sink %s]", other->name);
	return 0;
}

static int fill(struct config_sink *sink, const char *name, struct error *e)
{
	char **paths[] = {&sink->path, &sink->ca_file, &sink->cert_file, &sink->key_file};

	if (sink->events == 0)
		sink->events = UINT64_MAX;
	if (sink->port == 0)
		sink->port = types[sink->type].port;
	if (sink->window == 0)
		sink->window = 64;
	if (sink->timeout == 0)
		sink->timeout = 30 * TIME_SECOND;
	if (sink->replay == NOT_SAID)
		sink->replay = types[sink->type].takes_replay ? 5 * TIME_MINUTE : 0;
	if (sink->rotate == BYTES_NOT_SAID)
		sink->rotate = 0;
	if (sink->keep == 0)
		sink->keep = 8;
	if (!sink->path && sink->type == CONFIG_SINK_SYSLOG && !(sink->path = strdup(SYSLOG_SOCKET)))
		return error_memory(e);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (config_resolve(paths[i], name, e) < 0)
			return -1;
	/* The longest path that a local socket can have. */
	if (sink->type == CONFIG_SINK_SYSLOG && strlen(sink->path) > SOCKET_PATH_MAX)
		return error_set(e, ERROR_CONFIG, "%s: [sink %s] path: a socket's path has at most %d bytes", name,
				 sink->name, SOCKET_PATH_MAX);
	return 0;
}

int config_sinks_fill(struct config *config, const char *name, struct error *e)
{
	for (size_t i = 0; i < config->sink_count; i++)
		if (fill(&config->sinks[i], name, e) < 0)
			return -1;
	return 0;
}
