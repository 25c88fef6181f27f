/* What a real rsyslog makes of each format: sent over TCP with octet counting and over the local
 * socket, read by its own parsers of structured data and of JSON, and handed on as one line. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "alert/alert.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"

#include "alert_seen.h"
#include "servers/servers.h"
#include "hostile.h"
#include "suite.h"

enum { WAIT_STEPS = 1000, WAIT_STEP_MS = 20, LONG_NAME = 4096 };

/* ---- rsyslogd ---- */

/* A message goes to the file of its format, as the property that a SIEM would be sent. */
static void make(struct server *server)
{
	CLEANUP(text_clear) struct text configuration;

	server_prepare(server);
	text_init(&configuration);
	text_addf(&configuration,
		  "global(workDirectory=\"%1$s\")\n"
		  "module(load=\"imuxsock\" SysSock.Use=\"off\")\n"
		  "module(load=\"mmpstrucdata\")\n"
		  "module(load=\"mmjsonparse\")\n"
		  "module(load=\"imtcp\")\n"
		  "template(name=\"fields\" type=\"string\" string=\"%%app-name%%|%%procid%%|%%$!%%\\n\")\n"
		  "template(name=\"text\" type=\"string\" string=\"%%app-name%%|%%procid%%|%%msg%%\\n\")\n"
		  "ruleset(name=\"events\") {\n"
		  " if $msg startswith \"CEF:0|\" or $msg startswith \" CEF:0|\" then"
		  "  { action(type=\"omfile\" file=\"%1$s/cef\" template=\"text\") stop }\n"
		  " if $msg startswith \"LEEF:2.0|\" or $msg startswith \" LEEF:2.0|\" then"
		  "  { action(type=\"omfile\" file=\"%1$s/leef\" template=\"text\") stop }\n"
		  " if $structured-data != \"-\" then {\n"
		  "  action(type=\"mmpstrucdata\")\n"
		  "  action(type=\"omfile\" file=\"%1$s/rfc5424\" template=\"fields\") stop }\n"
		  " action(type=\"mmjsonparse\" cookie=\"\")\n"
		  " if $parsesuccess != \"OK\" then"
		  "  { action(type=\"omfile\" file=\"%1$s/bad\" template=\"text\") stop }\n"
		  " if $!class_name != \"\" then action(type=\"omfile\" file=\"%1$s/ocsf\" template=\"fields\")\n"
		  " else action(type=\"omfile\" file=\"%1$s/ecs\" template=\"fields\")\n"
		  "}\n"
		  "input(type=\"imuxsock\" Socket=\"%1$s/log\" ruleset=\"events\")\n"
		  "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"%2$d\" ruleset=\"events\")\n",
		  server->folder, server->port);
	server_start_rsyslogd(server, configuration.data);
}

#define RSYSLOG CLEANUP(server_stop) struct server server; make(&server)

/* ---- events ---- */

static const struct alert_frame frame = {.sd_id = "pumpwatch@32473", .host = "collector",
					 .facility = 16, .process = 4321, .clock_synced = true};

/* The last name is a long one. */
static const char *name_of(size_t i)
{
	static char name[LONG_NAME + 1];

	if (i < HOSTILE)
		return hostile[i];
	memset(name, '\\', LONG_NAME);
	return name;
}

static void render(struct text *text, size_t i, enum alert_format format, enum alert_carrier carrier)
{
	char *raw = (char *)name_of(i);
	struct alert_event event = {
		.type = ALERT_FILE_FORGED, .seq = i + 1, .at = INT64_C(1795309200123456), .alert = 3,
		.eid = "01020304-0506-8708-890a-0b0c0d0e0f10", .asset = raw, .department = raw, .name = raw,
		.path = raw, .has_new = true, .has_old = true, .address = (char *)"192.0.2.7",
		.release = raw, .site = (char *)"sample-site",
	};

	text_init(text);
	ck_assert_int_eq(alert_render(text, &event, format, carrier, &frame), 0);
}

static void send_over_tcp(const struct server *server, enum alert_format format)
{
	const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(server->port),
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	CLEANUP(cleanup_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CLEANUP(text_clear) struct text frames;

	text_init(&frames);
	for (size_t i = 0; i <= HOSTILE; i++) {
		CLEANUP(text_clear) struct text message;
		render(&message, i, format, ALERT_SYSLOG);
		text_addf(&frames, "%zu ", message.length);
		text_add_bytes(&frames, message.data, message.length);
	}
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	for (size_t sent = 0; sent < frames.length;) {
		ssize_t taken = send(fd, frames.data + sent, frames.length - sent, MSG_NOSIGNAL);
		ck_assert_int_gt(taken, 0);
		sent += (size_t)taken;
	}
	(void)shutdown(fd, SHUT_WR);
	char rest;
	(void)recv(fd, &rest, 1, 0); /* until the receiver has read all and closed */
}

static void send_to_socket(const struct server *server, enum alert_format format)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP(cleanup_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/log", server->folder);
	ck_assert_uint_lt((size_t)length, sizeof address.sun_path);
	for (size_t i = 0; i <= HOSTILE; i++) {
		CLEANUP(text_clear) struct text message;
		render(&message, i, format, ALERT_LOCAL);
		ck_assert_int_eq(sendto(fd, message.data, message.length, 0,
					(const struct sockaddr *)&address, sizeof address),
				 (ssize_t)message.length);
	}
}

/* ---- what came of it ---- */

/* The raw string, or its beginning where it was shortened, which only the long one is. */
static void expect_raw(const char *value, size_t i)
{
	CLEANUP(cleanup_free) char *back = NULL;

	ck_assert_msg(value != NULL, "name %zu", i);
	ck_assert_int_eq(escape_parse(&back, value, strlen(value)), 0);
	if (i < HOSTILE)
		ck_assert_str_eq(back, name_of(i));
	else
		ck_assert_mem_eq(back, name_of(i), strlen(back));
}

static void expect_seen(struct alert_seen *seen, size_t i)
{
	static const char *const fields[] = {"asset", "name", "department", "path", "release"};
	static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
	char seq[32];

	for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++)
		expect_raw(alert_seen_get(seen, fields[k]), i);
	(void)snprintf(seq, sizeof seq, "%zu", i + 1);
	ck_assert_str_eq(alert_seen_get(seen, "seq"), seq);
	ck_assert_str_eq(alert_seen_get(seen, "eid"), "01020304-0506-8708-890a-0b0c0d0e0f10");
	ck_assert_str_eq(alert_seen_get(seen, "alert"), "3");
	ck_assert_str_eq(alert_seen_get(seen, "ip"), "192.0.2.7");
	ck_assert_str_eq(alert_seen_get(seen, "sha256"), zeros);
	ck_assert_str_eq(alert_seen_get(seen, "sha256Old"), zeros);
	ck_assert((alert_seen_get(seen, "pathTrunc") != NULL) == (i == HOSTILE));
}

/* Each line has "pumpwatch|4321|" and then what the receiver has of the body. */
static void expect_lines(char *lines, enum alert_format format)
{
	static const char header[] = "pumpwatch|4321|";
	char *line_at = lines;

	for (size_t i = 0; i <= HOSTILE; i++) {
		CLEANUP(alert_seen_clear) struct alert_seen seen = {0};
		char *line_end = strchr(line_at, '\n');
		ck_assert_mem_eq(line_at, header, sizeof header - 1);
		char *body = line_at + sizeof header - 1;
		body += *body == ' '; /* rsyslog counts the space behind a tag as the message's */
		ck_assert_msg(alert_seen_body(&seen, format, body, (size_t)(line_end - body)) == 0, "%.*s",
			      (int)(line_end - body), body);
		expect_seen(&seen, i);
		line_at = line_end + 1;
	}
}

START_TEST(bodies_pass_tcp_as_one_line_each_with_the_same_bytes)
{
	enum alert_format format = (enum alert_format)_i;
	RSYSLOG;

	send_over_tcp(&server, format);
	CLEANUP(cleanup_free) char *lines = server_await_lines(&server, alert_format_name(format), HOSTILE + 1);
	expect_lines(lines, format);
}
END_TEST

START_TEST(bodies_pass_the_local_socket_as_one_line_each_with_the_same_bytes)
{
	enum alert_format format = (enum alert_format)_i;
	RSYSLOG;

	send_to_socket(&server, format);
	CLEANUP(cleanup_free) char *lines = server_await_lines(&server, alert_format_name(format), HOSTILE + 1);
	expect_lines(lines, format);
}
END_TEST

START_TEST(structured_data_is_read_by_rsyslogs_own_parser)
{
	RSYSLOG;

	send_over_tcp(&server, ALERT_RFC5424);
	CLEANUP(cleanup_free) char *lines = server_await_lines(&server, "rfc5424", HOSTILE + 1);
	char *line_at = lines;
	for (size_t i = 0; i <= HOSTILE; i++) {
		char *line_end = strchr(line_at, '\n');
		char *body = strchr(strchr(line_at, '|') + 1, '|') + 1;
		json_t *root = json_loadb(body, (size_t)(line_end - body), 0, NULL);
		const json_t *ours = json_object_get(json_object_get(root, "rfc5424-sd"), "pumpwatch@32473");
		ck_assert_ptr_nonnull(ours);
		expect_raw(json_string_value(json_object_get(ours, "path")), i);
		expect_raw(json_string_value(json_object_get(ours, "asset")), i);
		expect_raw(json_string_value(json_object_get(ours, "release")), i);
		ck_assert_int_eq(atoi(json_string_value(json_object_get(ours, "seq"))), (int)i + 1);
		json_decref(root);
		line_at = line_end + 1;
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rsyslog formats");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, bodies_pass_tcp_as_one_line_each_with_the_same_bytes, ALERT_CEF,
			    ALERT_FORMAT_COUNT);
	tcase_add_loop_test(tcase, bodies_pass_the_local_socket_as_one_line_each_with_the_same_bytes,
			    ALERT_CEF, ALERT_FORMAT_COUNT);
	tcase_add_test(tcase, structured_data_is_read_by_rsyslogs_own_parser);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
