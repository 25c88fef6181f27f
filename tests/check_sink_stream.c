/* Octet counting over TCP and TLS against the real rsyslog and the real syslog-ng, and UDP.
 * check_sink_tls has the refusals. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"

#include "sink_fixture.h"
#include "suite.h"

enum { MANY = 5000 };

#define RECEIVER \
	const struct fixture_receiver *receiver = &fixture_receivers[_i]; \
	CLEANUP(server_stop) struct server server; \
	server_prepare(&server); \
	if (receiver->type == CONFIG_SINK_TLS) \
		fixture_make_certificates(&server)

/* ---- in peace ---- */

START_TEST(everything_arrives_in_order)
{
	RECEIVER;
	receiver->start(&server, "server");
	SINK(stream, receiver->type, &server);

	ck_assert_int_eq(sink_proof(stream.sink), SINK_HANDED_OVER);
	fixture_open(stream.sink, 1);
	fixture_send_all(stream.sink, 1, MANY);
	fixture_flush(stream.sink, MANY);
	fixture_open(stream.sink, 0);
	fixture_flush(stream.sink, 0);
	fixture_await_lines(&server, "events", MANY);
	ck_assert_uint_eq(fixture_expect_events(&server, "events", MANY), 0);
}
END_TEST

/* The last messages before the end of the program are not lost on their way. */
START_TEST(what_was_flushed_arrives_although_the_sink_ends_at_once)
{
	RECEIVER;
	receiver->start(&server, "server");
	for (unsigned i = 0; i < 2; i++) {
		SINK(stream, receiver->type, &server);
		fixture_open(stream.sink, 1);
		fixture_send_all(stream.sink, 100 * i + 1, 100 * i + 100);
		fixture_flush(stream.sink, 100);
	}
	fixture_await_lines(&server, "events", 200);
	ck_assert_uint_eq(fixture_expect_events(&server, "events", 200), 0);
}
END_TEST

/* ---- in trouble ---- */

START_TEST(receiver_that_was_started_again_is_found_and_the_connection_is_new)
{
	RECEIVER;
	receiver->start(&server, "server");
	SINK(stream, receiver->type, &server);
	struct error e = {0};
	size_t delivered = 0;

	fixture_open(stream.sink, 1);
	fixture_send_all(stream.sink, 1, 10);
	fixture_flush(stream.sink, 10);
	fixture_await_lines(&server, "events", 10);
	fixture_send_all(stream.sink, 11, 12); /* these lie here when it ends */
	fixture_kill(&server, SIGTERM);
	ck_assert_int_eq(sink_flush(stream.sink, &delivered, &e), SINK_AWAY);
	ck_assert_msg(strstr(e.text, "closed the connection") != NULL, "%s", e.text);
	ck_assert_uint_eq(delivered, 0);
	ck_assert_int_lt(sink_open(stream.sink, &e), 0);
	ck_assert_msg(strstr(e.text, "refuses the connection") != NULL, "%s", e.text);
	receiver->start(&server, "server");
	fixture_open(stream.sink, 1);
	fixture_send_all(stream.sink, 11, 20);
	fixture_flush(stream.sink, 10);
	/* It ends between two batches: the next opening is a new connection. */
	fixture_await_lines(&server, "events", 20);
	fixture_kill(&server, SIGTERM);
	receiver->start(&server, "server");
	fixture_open(stream.sink, 1);
	fixture_send_all(stream.sink, 21, 30);
	fixture_flush(stream.sink, 10);
	fixture_await_lines(&server, "events", 30);
	ck_assert_uint_eq(fixture_expect_events(&server, "events", 30), 0);
}
END_TEST

/* As the outbox does: after each reconnect what went lately goes again. */
START_TEST(replay_makes_good_what_a_killed_receiver_had_not_read)
{
	/* All that was sent before the kill: how much of it a slow receiver had read, nobody can say. */
	enum { REPLAY = MANY, BATCH = 250 };
	RECEIVER;
	receiver->start(&server, "server");
	SINK(stream, receiver->type, &server);
	unsigned at = 0;
	unsigned kills = 0;

	for (int tries = 0; at < 2 * MANY && tries < FIXTURE_STEPS; tries++) {
		size_t delivered = 0;
		int opened = sink_open(stream.sink, NULL);
		if (opened < 0) {
			poll(NULL, 0, FIXTURE_STEP_MS);
			continue;
		}
		if (opened == 1)
			at = at < REPLAY ? 0 : at - REPLAY;
		unsigned last = at + BATCH < 2 * MANY ? at + BATCH : 2 * MANY;
		for (unsigned number = at + 1; number <= last; number++)
			if (fixture_send(stream.sink, number, NULL) == SINK_AWAY)
				break;
		(void)sink_flush(stream.sink, &delivered, NULL);
		at += (unsigned)delivered;
		if (at >= (kills + 1) * MANY - BATCH && kills < 1) {
			kills++;
			fixture_kill(&server, SIGKILL);
			receiver->start(&server, "server");
		}
	}
	ck_assert_uint_eq(at, 2 * MANY);
	ck_assert_uint_eq(kills, 1);
	for (int i = 0; i < FIXTURE_STEPS; i++) {
		CLEANUP(cleanup_free) char *events = server_read(&server, "events");
		if (strstr(events, "event 010000\n"))
			break;
		poll(NULL, 0, FIXTURE_STEP_MS);
	}
	ck_assert_uint_gt(fixture_expect_events(&server, "events", 2 * MANY), 0);
}
END_TEST

START_TEST(receiver_that_stands_still_is_away_when_the_kernel_takes_no_more)
{
	RECEIVER;
	receiver->start(&server, "server");
	CLEANUP(fixture_clear) struct fixture_sink stream;
	struct error e = {0};
	unsigned number = 0;

	fixture_configure(&stream, receiver->type, &server);
	stream.config.timeout = TIME_SECOND;
	fixture_make(&stream);
	fixture_open(stream.sink, 1);
	fixture_send_all(stream.sink, 1, 1);
	fixture_flush(stream.sink, 1);
	server_stall(&server);
	while (number < 1000000 && fixture_send(stream.sink, ++number, &e) == SINK_TAKEN)
		;
	ck_assert_msg(strstr(e.text, "writing took longer than 1 s") != NULL, "%s", e.text);
	ck_assert_int_eq(kill(server.pid, SIGCONT), 0);
	fixture_open(stream.sink, 1);
}
END_TEST

START_TEST(cancel_ends_a_write_that_waits)
{
	RECEIVER;
	receiver->start(&server, "server");
	CLEANUP(fixture_clear) struct fixture_sink stream;
	struct error e = {0};
	unsigned number = 0;

	fixture_configure(&stream, receiver->type, &server);
	stream.config.timeout = TIME_HOUR;
	fixture_make(&stream);
	fixture_open(stream.sink, 1);
	server_stall(&server);
	pid_t child = fork();
	if (child == 0) {
		poll(NULL, 0, 500);
		_exit(write(stream.cancel[1], "x", 1) == 1 ? 0 : 1);
	}
	while (number < 1000000 && fixture_send(stream.sink, ++number, &e) == SINK_TAKEN)
		;
	ck_assert_msg(strstr(e.text, "was stopped") != NULL, "%s", e.text);
	(void)waitpid(child, NULL, 0);
	ck_assert_int_eq(kill(server.pid, SIGCONT), 0);
}
END_TEST

/* ---- names and addresses ---- */

static bool has_ipv6(void)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	CLEANUP(cleanup_close) int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

START_TEST(ipv6_works)
{
	CLEANUP(server_stop) struct server server;
	CLEANUP(fixture_clear) struct fixture_sink stream;
	char input[SERVER_PATH_MAX];

	if (!has_ipv6()) {
		printf("ipv6_works: skipped, this host has no IPv6\n");
		return;
	}
	server_prepare(&server);
	(void)snprintf(input, sizeof input,
		       "module(load=\"imtcp\")\n"
		       "input(type=\"imtcp\" address=\"::1\" port=\"%u\" ruleset=\"events\")", server.port);
	fixture_start_rsyslog(&server, "", input);
	fixture_configure(&stream, CONFIG_SINK_TCP, &server);
	stream.config.host = (char *)"::1";
	fixture_make(&stream);
	fixture_open(stream.sink, 1);
	fixture_send_all(stream.sink, 1, 10);
	fixture_flush(stream.sink, 10);
	fixture_await_lines(&server, "events", 10);
	fixture_kill(&server, SIGKILL);
	fixture_expect_away(stream.sink, "::1 refuses the connection");
	fixture_expect_away(stream.sink, "[::1]:");
}
END_TEST

/* "localhost" is ::1, too, where nobody listens. */
START_TEST(each_address_of_a_name_is_tried)
{
	CLEANUP(server_stop) struct server server;
	CLEANUP(fixture_clear) struct fixture_sink stream;

	server_prepare(&server);
	fixture_receivers[0].start(&server, NULL);
	fixture_configure(&stream, CONFIG_SINK_TCP, &server);
	stream.config.host = (char *)"localhost";
	fixture_make(&stream);
	fixture_open(stream.sink, 1);
}
END_TEST

START_TEST(name_that_does_not_exist_is_away)
{
	CLEANUP(fixture_clear) struct fixture_sink stream;
	const struct server nobody = {.port = 1};

	fixture_configure(&stream, CONFIG_SINK_TCP, &nobody);
	stream.config.host = (char *)"receiver.invalid";
	stream.config.timeout = TIME_SECOND;
	fixture_make(&stream);
	fixture_expect_away(stream.sink, "receiver.invalid");
	fixture_expect_away(stream.sink, "resolved");
}
END_TEST

/* A listener whose queue is full answers no connect. */
static int make_silent(struct server *server, int queued[static 4])
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	for (int i = 0; i < 4; i++) {
		queued[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(queued[i], (struct sockaddr *)&address, sizeof address); /* in progress */
	}
	*server = (struct server){.port = ntohs(address.sin_port)};
	return fd;
}

START_TEST(host_that_does_not_answer_is_away_after_the_timeout_or_at_a_cancel)
{
	struct server server;
	int queued[4];
	CLEANUP(cleanup_close) int fd = make_silent(&server, queued);
	CLEANUP(fixture_clear) struct fixture_sink stream;

	ck_assert_int_ge(fd, 0);
	fixture_configure(&stream, CONFIG_SINK_TCP, &server);
	stream.config.timeout = _i == 0 ? TIME_SECOND : TIME_HOUR;
	fixture_make(&stream);
	if (_i == 0) {
		fixture_expect_away(stream.sink, "no answer from 127.0.0.1: is the receiver up");
	} else {
		ck_assert_int_eq(write(stream.cancel[1], "x", 1), 1);
		fixture_expect_away(stream.sink, "was stopped");
	}
	for (int i = 0; i < 4; i++)
		close(queued[i]);
}
END_TEST

/* ---- UDP ---- */

START_TEST(datagrams_arrive)
{
	CLEANUP(server_stop) struct server server;
	char input[SERVER_PATH_MAX];

	server_prepare(&server);
	/* The port over TCP tells the test that it listens. */
	(void)snprintf(input, sizeof input,
		       "module(load=\"imudp\")\nmodule(load=\"imtcp\")\n"
		       "input(type=\"imudp\" address=\"127.0.0.1\" port=\"%1$u\" ruleset=\"events\")\n"
		       "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"%1$u\" ruleset=\"events\")", server.port);
	fixture_start_rsyslog(&server, "", input);
	SINK(udp, CONFIG_SINK_UDP, &server);
	fixture_open(udp.sink, 1);
	for (unsigned i = 1; i <= 50; i++) {
		fixture_send_all(udp.sink, i, i);
		fixture_flush(udp.sink, 1);
	}
	fixture_open(udp.sink, 0);
	ck_assert_int_eq(sink_proof(udp.sink), SINK_HANDED_OVER);
	fixture_await_lines(&server, "events", 50);
}
END_TEST

START_TEST(port_without_a_receiver_of_datagrams_is_noticed)
{
	CLEANUP(server_stop) struct server server;

	server_prepare(&server);
	SINK(udp, CONFIG_SINK_UDP, &server);
	struct error e = {0};
	size_t delivered = 0;
	int sent = 0;

	fixture_open(udp.sink, 1);
	while (sent < FIXTURE_STEPS && fixture_send(udp.sink, 1, &e) == SINK_TAKEN &&
	       sink_flush(udp.sink, &delivered, &e) == SINK_TAKEN) {
		poll(NULL, 0, 1);
		sent++;
	}
	ck_assert_msg(strstr(e.text, "nobody listens on this port") != NULL, "%s", e.text);
	fixture_open(udp.sink, 1);
	char giant[70000];
	struct iovec part = {giant, sizeof giant};
	memset(giant, 'x', sizeof giant);
	ck_assert_int_eq(sink_send(udp.sink, &part, 1, &e), SINK_AWAY);
	ck_assert_msg(strstr(e.text, "longer than a datagram") != NULL, "%s", e.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink over TCP, TLS and UDP");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, everything_arrives_in_order, 0, FIXTURE_RECEIVERS);
	tcase_add_loop_test(tcase, what_was_flushed_arrives_although_the_sink_ends_at_once, 0, FIXTURE_RECEIVERS);
	tcase_add_loop_test(tcase, receiver_that_was_started_again_is_found_and_the_connection_is_new, 0, FIXTURE_RECEIVERS);
	tcase_add_loop_test(tcase, replay_makes_good_what_a_killed_receiver_had_not_read, 0, FIXTURE_RECEIVERS);
	tcase_add_loop_test(tcase, receiver_that_stands_still_is_away_when_the_kernel_takes_no_more, 0, FIXTURE_RECEIVERS);
	tcase_add_loop_test(tcase, cancel_ends_a_write_that_waits, 0, FIXTURE_RECEIVERS);
	tcase_add_test(tcase, ipv6_works);
	tcase_add_test(tcase, each_address_of_a_name_is_tried);
	tcase_add_test(tcase, name_that_does_not_exist_is_away);
	tcase_add_loop_test(tcase, host_that_does_not_answer_is_away_after_the_timeout_or_at_a_cancel, 0, 2);
	tcase_add_test(tcase, datagrams_arrive);
	tcase_add_test(tcase, port_without_a_receiver_of_datagrams_is_noticed);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
