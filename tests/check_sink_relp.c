/* RELP against the real rsyslog, with and without TLS. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "sink/internal.h"

#include "sink_fixture.h"
#include "suite.h"

enum { MANY = 20000 };

/* ---- the receiver ---- */

static void start(struct server *server, const char *input)
{
	char configuration[8 * SERVER_PATH_MAX];

	(void)snprintf(configuration, sizeof configuration,
		       "global(workDirectory=\"%1$s\")\n"
		       "module(load=\"imrelp\" tls.tlslib=\"openssl\")\n"
		       "template(name=\"raw\" type=\"string\" string=\"%%msg%%\\n\")\n"
		       "ruleset(name=\"events\" queue.type=\"Direct\") {\n"
		       " action(type=\"omfile\" file=\"%1$s/events\" template=\"raw\" asyncWriting=\"off\" flushOnTXEnd=\"on\") }\n"
		       "ruleset(name=\"own\") { action(type=\"omfile\" file=\"%1$s/own\") }\n"
		       "syslog.* action(type=\"omfile\" file=\"%1$s/own\")\n"
		       "input(type=\"imrelp\" address=\"127.0.0.1\" port=\"%2$u\" ruleset=\"events\" %3$s)\n",
		       server->folder, server->port, input);
	server_start_rsyslogd(server, configuration);
}

static void start_plain(struct server *server)
{
	start(server, "");
}

static void start_tls(struct server *server, const char *certificate)
{
	char input[4 * SERVER_PATH_MAX];

	(void)snprintf(input, sizeof input,
		       "tls=\"on\" tls.cacert=\"%1$s/certs/ca.pem\" tls.mycert=\"%1$s/certs/%2$s.pem\""
		       " tls.myprivkey=\"%1$s/certs/%2$s.key\" tls.authmode=\"name\""
		       " tls.permittedpeer=[\"pumpwatch.example.org\"]",
		       server->folder, certificate);
	start(server, input);
}

#define RECEIVER CLEANUP(server_stop) struct server server; server_prepare(&server)

START_TEST(everything_arrives_in_order)
{
	RECEIVER;
	start_plain(&server);
	SINK(relp, CONFIG_SINK_RELP_PLAIN, &server);

	fixture_open(relp.sink, 1);
	fixture_send_all(relp.sink, 1, MANY);
	fixture_flush(relp.sink, MANY);
	fixture_open(relp.sink, 0);
	fixture_flush(relp.sink, 0);
	fixture_await_lines(&server, "events", MANY);
	ck_assert_uint_eq(fixture_expect_events(&server, "events", MANY), 0);
}
END_TEST

START_TEST(everything_arrives_in_order_over_tls)
{
	RECEIVER;
	fixture_make_certificates(&server);
	start_tls(&server, "server");
	SINK(relp, CONFIG_SINK_RELP, &server);

	fixture_open(relp.sink, 1);
	fixture_send_all(relp.sink, 1, MANY);
	fixture_flush(relp.sink, MANY);
	fixture_await_lines(&server, "events", MANY);
	ck_assert_uint_eq(fixture_expect_events(&server, "events", MANY), 0);
}
END_TEST

/* ---- receivers that go away ---- */

/* Deliver as the outbox does: what was not acknowledged is sent again on the next connection.
 * Returns how far it is; on_batch may end or start things. */
static void deliver(struct sink *sink, unsigned last, void (*on_batch)(struct server *server, unsigned at),
		    struct server *server)
{
	unsigned at = 0;

	for (int tries = 0; at < last && tries < FIXTURE_STEPS; tries++) {
		size_t delivered = 0;
		if (sink_open(sink, NULL) < 0) {
			poll(NULL, 0, FIXTURE_STEP_MS);
			continue;
		}
		for (unsigned number = at + 1; number <= last && number <= at + 500; number++)
			if (fixture_send(sink, number, NULL) == SINK_AWAY)
				break;
		(void)sink_flush(sink, &delivered, NULL); /* whatever it says, these have arrived */
		at += (unsigned)delivered;
		on_batch(server, at);
	}
	ck_assert_uint_eq(at, last);
}

/* What is killed and when: the child kills in the middle of the next batch. */
static void kill_now_and_then(struct server *server, unsigned at)
{
	static int kills;

	if (at < 2000 * (unsigned)(kills + 1) || kills == 5)
		return;
	kills++;
	pid_t killer = fork();
	if (killer == 0) {
		poll(NULL, 0, 3 * kills);
		(void)kill(server->pid, SIGKILL);
		_exit(0);
	}
	(void)waitpid(killer, NULL, 0); /* it only waits a moment; the sink goes on against a dead one */
	(void)waitpid(server->pid, NULL, 0);
	start_plain(server);
}

START_TEST(what_was_acknowledged_outlives_kills_of_the_receiver)
{
	RECEIVER;
	start_plain(&server);
	SINK(relp, CONFIG_SINK_RELP_PLAIN, &server);

	deliver(relp.sink, MANY, kill_now_and_then, &server);
	(void)fixture_expect_events(&server, "events", MANY);
}
END_TEST

START_TEST(receiver_that_dies_in_a_batch_has_what_it_acknowledged)
{
	RECEIVER;
	start_plain(&server);
	SINK(relp, CONFIG_SINK_RELP_PLAIN, &server);
	size_t delivered = 0;
	unsigned number = 0;
	struct error e = {0};

	fixture_open(relp.sink, 1);
	pid_t killer = fork();
	if (killer == 0) {
		CLEANUP(cleanup_free) char *events = NULL;
		for (int i = 0; i < FIXTURE_STEPS && (!events || strlen(events) < 20000); i++) {
			free(events);
			events = server_read(&server, "events");
			poll(NULL, 0, 1);
		}
		(void)kill(server.pid, SIGKILL);
		_exit(0);
	}
	while (fixture_send(relp.sink, number + 1, &e) == SINK_TAKEN)
		number++;
	ck_assert_msg(strstr(e.text, "closed the connection") != NULL, "%s", e.text);
	struct error again = {0};
	ck_assert_int_eq(fixture_send(relp.sink, number + 1, &again), SINK_AWAY);
	ck_assert_str_eq(again.text, e.text);
	ck_assert_int_eq(sink_flush(relp.sink, &delivered, &e), SINK_AWAY);
	(void)waitpid(killer, NULL, 0);
	fixture_kill(&server, SIGKILL);
	ck_assert_uint_gt(delivered, 100);
	ck_assert_uint_le(number - delivered, 64);
	CLEANUP(cleanup_free) char *events = server_read(&server, "events");
	size_t lines = 0;
	for (const char *at = events; at && (at = strchr(at, '\n')); at++)
		lines++;
	ck_assert_uint_ge(lines, delivered);
	ck_assert_int_lt(sink_open(relp.sink, &e), 0);
	ck_assert_msg(strstr(e.text, "refuses the connection") != NULL, "%s", e.text);
	start_plain(&server);
	fixture_open(relp.sink, 1);
	fixture_flush(relp.sink, 0);
}
END_TEST

START_TEST(receiver_that_stands_still_is_away_after_the_timeout)
{
	RECEIVER;
	start_plain(&server);
	CLEANUP(fixture_clear) struct fixture_sink relp;
	struct error e = {0};
	size_t delivered = 0;

	fixture_configure(&relp, CONFIG_SINK_RELP_PLAIN, &server);
	relp.config.timeout = TIME_SECOND;
	fixture_make(&relp);
	fixture_open(relp.sink, 1);
	fixture_send_all(relp.sink, 1, 10);
	fixture_flush(relp.sink, 10);
	server_stall(&server);
	fixture_send_all(relp.sink, 11, 11);
	ck_assert_int_eq(sink_flush(relp.sink, &delivered, &e), SINK_AWAY);
	ck_assert_uint_eq(delivered, 0);
	ck_assert_msg(strstr(e.text, "no acknowledgement within 1 s") != NULL, "%s", e.text);
	/* The kernel still takes connections in its stead. */
	ck_assert_int_lt(sink_open(relp.sink, &e), 0);
	ck_assert_msg(strstr(e.text, "no answer to the opening") != NULL, "%s", e.text);
	ck_assert_int_eq(kill(server.pid, SIGCONT), 0);
	fixture_open(relp.sink, 1);
	fixture_send_all(relp.sink, 11, 20);
	fixture_flush(relp.sink, 10);
	ck_assert_uint_le(fixture_expect_events(&server, "events", 20), 1);
}
END_TEST

static void *cancel_soon(const struct fixture_sink *fixture)
{
	poll(NULL, 0, 100);
	ck_assert_int_eq(write(fixture->cancel[1], "x", 1), 1);
	return NULL;
}

START_TEST(cancel_ends_the_wait_for_an_acknowledgement)
{
	RECEIVER;
	start_plain(&server);
	CLEANUP(fixture_clear) struct fixture_sink relp;
	struct error e = {0};
	size_t delivered = 0;

	fixture_configure(&relp, CONFIG_SINK_RELP_PLAIN, &server);
	relp.config.timeout = TIME_HOUR; /* the test fails by Check's own limit */
	fixture_make(&relp);
	fixture_open(relp.sink, 1);
	server_stall(&server);
	fixture_send_all(relp.sink, 1, 1);
	pid_t child = fork();
	if (child == 0) {
		(void)cancel_soon(&relp);
		_exit(0);
	}
	ck_assert_int_eq(sink_flush(relp.sink, &delivered, &e), SINK_AWAY);
	ck_assert_msg(strstr(e.text, "was stopped") != NULL, "%s", e.text);
	ck_assert_int_lt(sink_open(relp.sink, &e), 0);
	ck_assert_msg(strstr(e.text, "was stopped") != NULL, "%s", e.text);
	(void)waitpid(child, NULL, 0);
	ck_assert_int_eq(kill(server.pid, SIGCONT), 0);
}
END_TEST

START_TEST(window_of_one_is_kept)
{
	RECEIVER;
	start_plain(&server);
	CLEANUP(fixture_clear) struct fixture_sink relp;

	fixture_configure(&relp, CONFIG_SINK_RELP_PLAIN, &server);
	relp.config.window = 1;
	fixture_make(&relp);
	fixture_open(relp.sink, 1);
	fixture_send_all(relp.sink, 1, 200);
	fixture_flush(relp.sink, 200);
	ck_assert_uint_eq(fixture_expect_events(&server, "events", 200), 0);
}
END_TEST

/* rsyslog complains of the connection by which the test has found its port. Of which length is
 * that? */
static size_t await_complaint(const struct server *server)
{
	size_t length = 0;

	for (int i = 0; i < FIXTURE_STEPS && length == 0; i++) {
		CLEANUP(cleanup_free) char *output = server_read(server, "output");
		if (output && strchr(output, '\n'))
			length = strlen(output);
		poll(NULL, 0, FIXTURE_STEP_MS);
	}
	ck_assert_uint_gt(length, 0);
	return length;
}

static void expect_no_more_complaints(const struct server *server, size_t length)
{
	CLEANUP(cleanup_free) char *output = server_read(server, "output");

	ck_assert_msg(strlen(output) == length, "%s", output + length);
}

START_TEST(session_is_closed_without_an_error_at_the_receiver)
{
	RECEIVER;
	start_plain(&server);
	size_t complaint = await_complaint(&server);
	for (unsigned i = 0; i < 5; i++) {
		SINK(relp, CONFIG_SINK_RELP_PLAIN, &server);
		fixture_open(relp.sink, 1);
		fixture_send_all(relp.sink, 1 + 10 * i, 10 + 10 * i);
		if (i < 4)
			fixture_flush(relp.sink, 10);
		else
			ck_assert_int_eq(write(relp.cancel[1], "x", 1), 1); /* as the daemon ends */
	}
	ck_assert_uint_eq(fixture_expect_events(&server, "events", 40), 0);
	fixture_kill(&server, SIGTERM);
	expect_no_more_complaints(&server, complaint);
}
END_TEST

/* ---- TLS ---- */

START_TEST(session_over_tls_is_closed_without_an_error_at_the_receiver)
{
	RECEIVER;
	fixture_make_certificates(&server);
	start_tls(&server, "server");
	size_t complaint = await_complaint(&server);
	{
		SINK(relp, CONFIG_SINK_RELP, &server);
		fixture_open(relp.sink, 1);
		fixture_send_all(relp.sink, 1, 10);
		fixture_flush(relp.sink, 10);
	}
	fixture_kill(&server, SIGTERM);
	expect_no_more_complaints(&server, complaint);
}
END_TEST

static const struct {
	const char *receiver; /* its certificate */
	const char *ca_file, *certificate; /* ours; NULL: none */
	const char *peer_name;
	const char *words[2];
} refusals[] = {
	{"server", "other-ca", "client", "receiver.example.org", {"no authority in ", "issued by Sample authority ca"}},
	{"server", NULL, "client", "receiver.example.org", {"the host's own list", "name that by ca-file"}},
	{"server", "ca", "client", "siem.example.org",
	 {"is for receiver.example.org, 127.0.0.1, and not for siem.example.org", "set peer-name"}},
	{"server", "ca", "client", "192.0.2.1", {"is for receiver.example.org, 127.0.0.1, and not for 192.0.2.1", ""}},
	{"expired", "ca", "client", "receiver.example.org", {"expired at 2020-01-01 00:00 UTC", "renewed there"}},
	{"server", "ca", NULL, "receiver.example.org", {"certificate from us", "set cert-file and key-file"}},
	{"server", "ca", "foreign", "receiver.example.org", {"our certificate", "foreign.pem"}},
	{"server", "ca", "expired", "receiver.example.org",
	 {"our certificate", "which expired at 2020-01-01 00:00 UTC: renew it"}},
	{"server", "ca", "stranger", "receiver.example.org", {"may not accept our certificate", "stranger.pem"}},
};

START_TEST(refusal_says_what_to_do)
{
	RECEIVER;
	CLEANUP(fixture_clear) struct fixture_sink relp;

	fixture_make_certificates(&server);
	start_tls(&server, refusals[_i].receiver);
	fixture_configure(&relp, CONFIG_SINK_RELP, &server);
	(void)snprintf(relp.ca_file, SERVER_PATH_MAX, "%s/certs/%s.pem", server.folder, refusals[_i].ca_file);
	(void)snprintf(relp.cert_file, SERVER_PATH_MAX, "%s/certs/%s.pem", server.folder, refusals[_i].certificate);
	(void)snprintf(relp.key_file, SERVER_PATH_MAX, "%s/certs/%s.key", server.folder, refusals[_i].certificate);
	if (!refusals[_i].ca_file)
		relp.config.ca_file = NULL;
	if (!refusals[_i].certificate)
		relp.config.cert_file = relp.config.key_file = NULL;
	relp.config.peer_name = (char *)refusals[_i].peer_name;
	fixture_make(&relp);
	fixture_expect_away(relp.sink, refusals[_i].words[0]);
	fixture_expect_away(relp.sink, refusals[_i].words[1]);
}
END_TEST

START_TEST(renewed_certificates_count_from_the_next_connection_on)
{
	RECEIVER;
	fixture_make_certificates(&server);
	start_tls(&server, "server");
	SINK(relp, CONFIG_SINK_RELP, &server);

	server_shell(&server, "cd certs && mv client.pem good.pem && mv client.key good.key && "
			      "cp expired.pem client.pem && cp expired.key client.key");
	fixture_expect_away(relp.sink, "renew it");
	server_shell(&server, "cd certs && mv good.pem client.pem && mv good.key client.key");
	fixture_open(relp.sink, 1);
	fixture_send_all(relp.sink, 1, 10);
	fixture_flush(relp.sink, 10);
}
END_TEST

START_TEST(receiver_without_tls_is_told_from_others)
{
	RECEIVER;
	fixture_make_certificates(&server);
	start_plain(&server);
	CLEANUP(fixture_clear) struct fixture_sink relp;

	fixture_configure(&relp, CONFIG_SINK_RELP, &server);
	relp.config.timeout = 2 * TIME_SECOND;
	fixture_make(&relp);
	fixture_expect_away(relp.sink, "TLS");
}
END_TEST

START_TEST(receiver_with_tls_refuses_a_sink_without)
{
	RECEIVER;
	fixture_make_certificates(&server);
	start_tls(&server, "server");
	CLEANUP(fixture_clear) struct fixture_sink relp;

	fixture_configure(&relp, CONFIG_SINK_RELP_PLAIN, &server);
	relp.config.timeout = 2 * TIME_SECOND;
	fixture_make(&relp);
	fixture_expect_away(relp.sink, "127.0.0.1:");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink over RELP");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, everything_arrives_in_order);
	tcase_add_test(tcase, everything_arrives_in_order_over_tls);
	tcase_add_test(tcase, what_was_acknowledged_outlives_kills_of_the_receiver);
	tcase_add_test(tcase, receiver_that_dies_in_a_batch_has_what_it_acknowledged);
	tcase_add_test(tcase, receiver_that_stands_still_is_away_after_the_timeout);
	tcase_add_test(tcase, cancel_ends_the_wait_for_an_acknowledgement);
	tcase_add_test(tcase, window_of_one_is_kept);
	tcase_add_test(tcase, session_is_closed_without_an_error_at_the_receiver);
	tcase_add_test(tcase, session_over_tls_is_closed_without_an_error_at_the_receiver);
	tcase_add_loop_test(tcase, refusal_says_what_to_do, 0, sizeof refusals / sizeof *refusals);
	tcase_add_test(tcase, renewed_certificates_count_from_the_next_connection_on);
	tcase_add_test(tcase, receiver_without_tls_is_told_from_others);
	tcase_add_test(tcase, receiver_with_tls_refuses_a_sink_without);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
