/* What a real rsyslog makes of the events: over the local socket, over TCP with its own parser
 * of structured data, from the spool file, and through the example in conf/rsyslog. */
#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "alert/alert.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/text.h"
#include "sink/sink.h"

#include "servers/servers.h"
#include "hostile.h"
#include "suite.h"
#include "syslog_line.h"

enum { WAIT_STEPS = 1000, WAIT_STEP_MS = 20 };

/* ---- rsyslogd ---- */

/* With the configuration that was written; also again. */
static void start(struct server *server)
{
	CLEANUP(cleanup_free) char *configuration = server_read(server, "rsyslog.conf");

	ck_assert_ptr_nonnull(configuration);
	server_start_rsyslogd(server, configuration);
}

static void end(struct server *server)
{
	ck_assert_int_eq(kill(server->pid, SIGTERM), 0);
	ck_assert_int_eq(waitpid(server->pid, NULL, 0), server->pid);
	server->pid = 0;
}

static void make(struct server *server)
{
	server_prepare(server);
	server_write(server, "rsyslog.conf",
		     "global(workDirectory=\"%1$s\")\n"
		     "module(load=\"imuxsock\" SysSock.Use=\"off\")\n"
		     "module(load=\"mmpstrucdata\")\n"
		     "module(load=\"imfile\")\n"
		     "module(load=\"imtcp\")\n"
		     "template(name=\"local\" type=\"string\""
		     " string=\"%%pri%%|%%programname%%|%%procid%%|%%msg%%\\n\")\n"
		     "template(name=\"tcp\" type=\"string\""
		     " string=\"%%pri%%|%%app-name%%|%%procid%%|%%msgid%%|%%hostname%%|%%$!%%\\n\")\n"
		     "template(name=\"raw\" type=\"string\" string=\"%%msg%%\\n\")\n"
		     "ruleset(name=\"local\") { action(type=\"omfile\" file=\"%1$s/local\" template=\"local\") }\n"
		     "ruleset(name=\"tcp\") { action(type=\"mmpstrucdata\")\n"
		     " action(type=\"omfile\" file=\"%1$s/tcp\" template=\"tcp\") }\n"
		     "ruleset(name=\"spool\") { action(type=\"omfile\" file=\"%1$s/copy\" template=\"raw\") }\n"
		     "input(type=\"imuxsock\" Socket=\"%1$s/log\" ruleset=\"local\")\n"
		     "input(type=\"imfile\" file=\"%1$s/spool\" tag=\"pumpwatch\" ruleset=\"spool\")\n"
		     "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"%2$d\" ruleset=\"tcp\")\n",
		     server->folder, server->port);
	server_write(server, "spool", "%s", "");
	start(server);
}

#define RSYSLOG CLEANUP(server_stop) struct server server; make(&server)

/* ---- events ---- */

static const struct alert_frame frame = {.sd_id = "pumpwatch@32473", .host = "collector",
					 .facility = 16, .process = 4321, .clock_synced = true};

static void render(struct text *text, const char *raw, uint64_t seq, bool local)
{
	struct alert_event event = {
		.type = ALERT_FILE_FORGED, .seq = seq, .at = INT64_C(1795309200123456),
		.asset = (char *)raw, .department = (char *)raw, .path = (char *)raw, .has_new = true,
	};

	text_init(text);
	ck_assert_int_eq(local ? alert_render(text, &event, ALERT_RFC5424, ALERT_LOCAL, &frame)
			       : alert_render(text, &event, ALERT_RFC5424, ALERT_SYSLOG, &frame), 0);
}

static void cleanup_sink(struct sink **sink)
{
	sink_free(*sink);
}

static struct sink *sink_to(const struct server *server, enum config_sink_type type, const char *name)
{
	char path[SERVER_PATH_MAX];
	const struct config_sink config = {.name = (char *)"test", .type = type, .path = path};
	struct sink *sink = NULL;

	(void)snprintf(path, sizeof path, "%s/%s", server->folder, name);
	ck_assert_int_eq(sink_new(&sink, &config, -1, NULL), 0);
	return sink;
}

/* A socket's queue may be as short as ten messages: away is tried again, as the outbox does. */
static void give(struct sink *sink, const char *raw, uint64_t seq)
{
	CLEANUP(text_clear) struct text text;
	struct error e = {0};

	render(&text, raw, seq, sink_type(sink) == CONFIG_SINK_SYSLOG);
	struct iovec part = {text.data, text.length};
	for (int i = 0; i < WAIT_STEPS; i++) {
		if (sink_send(sink, &part, 1, &e) == SINK_TAKEN)
			return;
		poll(NULL, 0, WAIT_STEP_MS);
	}
	ck_abort_msg("%s", e.text);
}

static void expect_raw(const char *value, const char *raw)
{
	CLEANUP(cleanup_free) char *back = NULL;

	ck_assert_ptr_nonnull(value);
	ck_assert_int_eq(escape_parse(&back, value, strlen(value)), 0);
	ck_assert_str_eq(back, raw);
}

/* ---- the local socket ---- */

START_TEST(hostile_names_pass_the_local_socket_as_one_line_each)
{
	static const char header[] = "129|pumpwatch|4321| ";
	RSYSLOG;
	CLEANUP(cleanup_sink) struct sink *sink = sink_to(&server, CONFIG_SINK_SYSLOG, "log");

	for (uint64_t i = 0; i < HOSTILE; i++)
		give(sink, hostile[i], i + 1);
	CLEANUP(cleanup_free) char *lines = server_await_lines(&server, "local", HOSTILE);
	char *at = lines;
	for (size_t i = 0; i < HOSTILE; i++) {
		CLEANUP(syslog_line_clear) struct syslog_line line = {0};
		char *line_end = strchr(at, '\n');
		ck_assert_mem_eq(at, header, sizeof header - 1);
		at += sizeof header - 1;
		ck_assert_int_eq(syslog_body_parse(&line, at, (size_t)(line_end - at)), 0);
		ck_assert_str_eq(line.message_id, "FILE_FORGED");
		ck_assert_str_eq(syslog_line_get(&line, "time"), "2026-11-22T01:00:00.123456Z");
		expect_raw(syslog_line_get(&line, "path"), hostile[i]);
		expect_raw(syslog_line_get(&line, "asset"), hostile[i]);
		at = line_end + 1;
	}
}
END_TEST

START_TEST(rsyslog_that_is_started_again_goes_on_where_it_was)
{
	RSYSLOG;
	CLEANUP(cleanup_sink) struct sink *sink = sink_to(&server, CONFIG_SINK_SYSLOG, "log");
	struct iovec part = {(void *)"<129>x", 6};

	give(sink, "one", 1);
	free(server_await_lines(&server, "local", 1));
	end(&server);
	ck_assert_int_eq(sink_send(sink, &part, 1, NULL), SINK_AWAY);
	start(&server);
	give(sink, "two", 2);
	free(server_await_lines(&server, "local", 2));
}
END_TEST

/* ---- TCP ---- */

static void send_frames(const struct server *server, const struct text *frames)
{
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(server->port),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	CLEANUP(cleanup_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(send(fd, frames->data, frames->length, MSG_NOSIGNAL), (ssize_t)frames->length);
	(void)shutdown(fd, SHUT_WR);
	char rest;
	(void)recv(fd, &rest, 1, 0); /* until the receiver has read all and closed */
}

static void add_frame(struct text *frames, const char *raw, uint64_t seq)
{
	CLEANUP(text_clear) struct text message;

	render(&message, raw, seq, false);
	text_addf(frames, "%zu ", message.length);
	text_add_bytes(frames, message.data, message.length);
}

START_TEST(rsyslogs_own_parser_reads_the_structured_data)
{
	static const char header[] = "129|pumpwatch|4321|FILE_FORGED|collector|";
	RSYSLOG;
	CLEANUP(text_clear) struct text frames;

	text_init(&frames);
	for (uint64_t i = 0; i < HOSTILE; i++)
		add_frame(&frames, hostile[i], i + 1);
	send_frames(&server, &frames);
	CLEANUP(cleanup_free) char *lines = server_await_lines(&server, "tcp", HOSTILE);
	char *at = lines;
	for (size_t i = 0; i < HOSTILE; i++) {
		char *line_end = strchr(at, '\n');
		ck_assert_mem_eq(at, header, sizeof header - 1);
		at += sizeof header - 1;
		json_t *root = json_loadb(at, (size_t)(line_end - at), 0, NULL);
		ck_assert_ptr_nonnull(root);
		const json_t *data = json_object_get(root, "rfc5424-sd");
		const json_t *quality = json_object_get(data, "timequality");
		const json_t *ours = json_object_get(data, "pumpwatch@32473");
		ck_assert_str_eq(json_string_value(json_object_get(quality, "issynced")), "1");
		ck_assert_str_eq(json_string_value(json_object_get(ours, "v")), "1");
		expect_raw(json_string_value(json_object_get(ours, "path")), hostile[i]);
		expect_raw(json_string_value(json_object_get(ours, "department")), hostile[i]);
		json_decref(root);
		at = line_end + 1;
	}
}
END_TEST

START_TEST(longest_message_arrives_whole)
{
	RSYSLOG;
	CLEANUP(cleanup_sink) struct sink *sink = sink_to(&server, CONFIG_SINK_SYSLOG, "log");
	char longest[ALERT_MESSAGE_MAX + 1] = "<129>Nov 22 01:00:00 pumpwatch[1]: ";
	size_t header = strlen(longest);
	struct iovec part = {longest, ALERT_MESSAGE_MAX};

	memset(longest + header, ']', ALERT_MESSAGE_MAX - header);
	ck_assert_int_eq(sink_send(sink, &part, 1, NULL), SINK_TAKEN);
	CLEANUP(cleanup_free) char *line = server_await_lines(&server, "local", 1);
	const char *filling = strchr(line, ']');
	ck_assert_ptr_nonnull(filling);
	ck_assert_uint_eq(strspn(filling, "]"), ALERT_MESSAGE_MAX - header);
}
END_TEST

/* ---- the spool ---- */

START_TEST(spool_is_read_by_imfile_also_when_it_is_moved_away)
{
	RSYSLOG;
	CLEANUP(cleanup_sink) struct sink *sink = sink_to(&server, CONFIG_SINK_SPOOL, "spool");

	for (uint64_t i = 0; i < HOSTILE; i++)
		give(sink, hostile[i], i + 1);
	free(server_await_lines(&server, "copy", HOSTILE));
	server_shell(&server, "mv spool spool.1");
	for (uint64_t i = 0; i < HOSTILE; i++)
		give(sink, hostile[i], HOSTILE + i + 1);
	CLEANUP(cleanup_free) char *lines = server_await_lines(&server, "copy", (size_t)2 * HOSTILE);
	char *at = lines;
	for (size_t i = 0; i < (size_t)2 * HOSTILE; i++) {
		CLEANUP(syslog_line_clear) struct syslog_line line = {0};
		char *line_end = strchr(at, '\n');
		ck_assert_int_eq(syslog_line_parse(&line, at, (size_t)(line_end - at)), 0);
		ck_assert_uint_eq(strtoul(syslog_line_get(&line, "seq"), NULL, 10), i + 1);
		expect_raw(syslog_line_get(&line, "path"), hostile[i % HOSTILE]);
		at = line_end + 1;
	}
}
END_TEST

/* ---- the example ---- */

static void replace(struct text *text, const char *from, const char *to)
{
	char *at = strstr(text->data, from);
	CLEANUP(cleanup_free) char *rest = NULL;

	ck_assert_msg(at != NULL, "the example has no %s", from);
	rest = strdup(at + strlen(from));
	text_cut(text, (size_t)(at - text->data));
	text_add(text, to);
	text_add(text, rest);
}

static char *read_example(void)
{
	const char *srcdir = getenv("srcdir");
	char path[SERVER_PATH_MAX];
	char content[16384];

	(void)snprintf(path, sizeof path, "%s/conf/rsyslog/pumpwatch.conf", srcdir ? srcdir : ".");
	FILE *file = fopen(path, "re");
	ck_assert_msg(file != NULL, "%s", path);
	size_t length = fread(content, 1, sizeof content - 1, file);
	(void)fclose(file);
	content[length] = '\0';
	return strdup(content);
}

static int listen_on(uint16_t *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

/* One frame with octet counting, NUL-terminated. */
static size_t receive_frame(int fd, char *ret_message, size_t size)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	size_t length = 0;
	char c;

	ck_assert_int_eq(poll(&ready, 1, WAIT_STEPS * WAIT_STEP_MS), 1);
	while (recv(fd, &c, 1, 0) == 1 && c >= '0' && c <= '9')
		length = length * 10 + (size_t)(c - '0');
	ck_assert_int_eq(c, ' ');
	ck_assert_uint_lt(length, size);
	ck_assert_int_eq(recv(fd, ret_message, length, MSG_WAITALL), (ssize_t)length);
	ret_message[length] = '\0';
	return length;
}

static void expect_forwarded(const char *message, size_t length, const char *raw)
{
	CLEANUP(syslog_line_clear) struct syslog_line line = {0};

	ck_assert_msg(syslog_line_parse(&line, message, length) == 0, "%s", message);
	ck_assert_int_eq(line.priority, 129);
	ck_assert_str_eq(line.time, "2026-11-22T01:00:00.123456Z");
	ck_assert_str_eq(line.process, "4321");
	ck_assert_str_eq(line.message_id, "FILE_FORGED");
	expect_raw(syslog_line_get(&line, "path"), raw);
}

START_TEST(example_is_valid_as_it_is)
{
	CLEANUP(server_stop) struct server server;
	CLEANUP(cleanup_free) char *example = read_example();

	server_prepare(&server);
	server_write(&server, "rsyslog.conf",
		     "global(workDirectory=\"%s\")\nmodule(load=\"imuxsock\" SysSock.Use=\"off\")\n%s",
		     server.folder, example);
	server_shell(&server, "/usr/sbin/rsyslogd -N1 -f rsyslog.conf");
}
END_TEST

START_TEST(example_writes_and_forwards_rfc_5424)
{
	CLEANUP(server_stop) struct server server;
	CLEANUP(text_clear) struct text example;
	CLEANUP(cleanup_free) char *original = read_example();
	char path[SERVER_PATH_MAX];
	char port[32];
	uint16_t number;
	char message[8192];

	server_prepare(&server);
	CLEANUP(cleanup_close) int listener = listen_on(&number);
	text_init(&example);
	text_add(&example, original);
	(void)snprintf(path, sizeof path, "%s/events", server.folder);
	(void)snprintf(port, sizeof port, "port=\"%u\"", number);
	replace(&example, "/var/log/pumpwatch.log", path);
	replace(&example, "siem.example.org", "127.0.0.1");
	replace(&example, "port=\"601\"", port);
	server_write(&server, "rsyslog.conf",
		     "global(workDirectory=\"%1$s\")\nmodule(load=\"imuxsock\" SysSock.Use=\"off\")\n"
		     "module(load=\"imtcp\")\ninput(type=\"imuxsock\" Socket=\"%1$s/log\")\n%3$s\n"
		     "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"%2$d\")\n",
		     server.folder, server.port, example.data);
	start(&server);
	CLEANUP(cleanup_sink) struct sink *sink = sink_to(&server, CONFIG_SINK_SYSLOG, "log");
	for (uint64_t i = 0; i < HOSTILE; i++)
		give(sink, hostile[i], i + 1);
	CLEANUP(cleanup_close) int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	for (size_t i = 0; i < HOSTILE; i++) {
		size_t length = receive_frame(fd, message, sizeof message);
		if (length > 0 && message[length - 1] == '\n')
			length--;
		expect_forwarded(message, length, hostile[i]);
	}
	CLEANUP(cleanup_free) char *lines = server_await_lines(&server, "events", HOSTILE);
	expect_forwarded(lines, (size_t)(strchr(lines, '\n') - lines), hostile[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rsyslog");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, hostile_names_pass_the_local_socket_as_one_line_each);
	tcase_add_test(tcase, rsyslog_that_is_started_again_goes_on_where_it_was);
	tcase_add_test(tcase, rsyslogs_own_parser_reads_the_structured_data);
	tcase_add_test(tcase, longest_message_arrives_whole);
	tcase_add_test(tcase, spool_is_read_by_imfile_also_when_it_is_moved_away);
	tcase_add_test(tcase, example_is_valid_as_it_is);
	tcase_add_test(tcase, example_writes_and_forwards_rfc_5424);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
