/* HTTP and TFTP: nginx and in.tftpd as they should be, and scripted ones as they should not. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "tests/link_fixture.h"
#include "tests/servers/script.h"

#include "suite.h"

enum { LARGE = 5 * 1000 * 1000 };

static struct server server;
static struct link_fixture fixture;

static void finish(void)
{
	link_fixture_clear(&fixture);
	server_stop(&server);
}

static void put_files(void)
{
	server_put_pattern(&server, "HEAD_F~1", 491648, 1);
	server_put_pattern(&server, "large.bin", LARGE, 2);
	server_put(&server, "EMPTY", "", 0);
	server_put(&server, "pump/odd; name #1%?&+.txt", "odd", 3);
	server_put(&server, "pump/below/deep.txt", "deep", 4);
}

static void start_nginx(const char *extra)
{
	server_prepare(&server);
	put_files();
	server_start_nginx(&server, false, extra);
	link_fixture_init(&fixture, VISIT_HTTP, server.port, "/");
}

static void start_script(const char *reply)
{
	server_prepare(&server);
	script_start(&server, script_http, reply);
	link_fixture_init(&fixture, VISIT_HTTP, server.port, "/");
	fixture.order.limits.connect_ms = 1000;
	fixture.order.limits.idle_ms = 1000;
}

static void assert_same(const char *path)
{
	char name[SERVER_PATH_MAX];

	snprintf(name, sizeof name, "%s/got", server.folder);
	FILE *file = fopen(name, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(fixture.bytes.data ? fixture.bytes.data : "", 1,
				 fixture.bytes.length, file), fixture.bytes.length);
	ck_assert_int_eq(fclose(file), 0);
	server_shell(&server, "cmp got 'root/%s'", path);
}

static void assert_reads(const char *path, int64_t expected)
{
	ck_assert_outcome(link_fixture_read(&fixture, path, expected), VISIT_OK);
	ck_assert(fixture.read.length_verified);
	assert_same(path);
}

/* ---- HTTP ---- */

START_TEST(nginx_is_visited)
{
	struct listing listing;
	struct listing_entry entry;

	start_nginx(NULL);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	assert_reads("HEAD_F~1", 491648);
	assert_reads("EMPTY", 0);
	assert_reads("pump/odd; name #1%?&+.txt", -1);
	ck_assert_outcome(link_fixture_stat(&fixture, "large.bin", &entry), VISIT_OK);
	ck_assert(entry.has_size && entry.size == LARGE && strstr(entry.modified, "GMT"));
	ck_assert_outcome(link_fixture_read(&fixture, "no such file", -1), VISIT_FILE_NOT_FOUND);
	ck_assert_outcome(link_fixture_stat(&fixture, "no such file", &entry), VISIT_FILE_NOT_FOUND);
	ck_assert(link_is_usable(fixture.link));
	assert_reads("large.bin", LARGE);
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_LISTING_UNSUPPORTED);
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", 491647), VISIT_CHANGED_WHILE_READ);
	link_look(fixture.link, &fixture.seen);
	ck_assert(!fixture.seen.grade.encrypted && !fixture.seen.grade.authenticated);
	ck_assert_str_eq(fixture.seen.address, "127.0.0.1");
	finish();
}
END_TEST

START_TEST(ipv6_is_spoken)
{
	char extra[64];

	server_prepare(&server);
	put_files();
	snprintf(extra, sizeof extra, "listen [::1]:%u;\n", server.port);
	server_start_nginx(&server, false, extra);
	link_fixture_init(&fixture, VISIT_HTTP, server.port, "/");
	link_fixture_set(&fixture.order.address.host, "::1");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_str_eq(fixture.seen.address, "::1");
	assert_reads("HEAD_F~1", 491648);
	finish();
}
END_TEST

START_TEST(one_connection_serves_a_visit)
{
	char first[32] = "";

	start_nginx("location = /which { return 200 \"$connection\"; }\n");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	for (int i = 0; i < 3; i++) {
		ck_assert_outcome(link_fixture_read(&fixture, "which", -1), VISIT_OK);
		if (i == 0)
			snprintf(first, sizeof first, "%s", fixture.bytes.data);
		ck_assert_str_eq(fixture.bytes.data, first);
	}
	ck_assert_str_ne(first, "");
	finish();
}
END_TEST

START_TEST(only_get_and_head_go_out)
{
	struct listing_entry entry;

	start_script("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsample");
	link_fixture_set(&fixture.order.address.root, "/pump");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "a;b", 6), VISIT_OK);
	(void)link_fixture_stat(&fixture, "a;b", &entry);
	char *commands = server_read(&server, "commands");
	char expected[256];
	snprintf(expected, sizeof expected,
		 "GET /pump/a%%3Bb HTTP/1.1\nHost: 127.0.0.1:%u\nUser-Agent: pumpwatch\nAccept: */*\n"
		 "HEAD /pump/a%%3Bb HTTP/1.1\nHost: 127.0.0.1:%u\nUser-Agent: pumpwatch\n"
		 "Accept: */*\n", server.port, server.port);
	ck_assert_str_eq(commands, expected);
	free(commands);
	finish();
}
END_TEST

START_TEST(basic_and_digest_logins_are_had_where_asked_for)
{
	start_nginx("auth_basic sample;\nauth_basic_user_file users;\n");
	server_shell(&server, "printf 'tech:%%s\\n' $(openssl passwd -apr1 hush-hush) >users");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", -1), VISIT_LOGIN_REFUSED);
	fixture.order.login = VISIT_LOGIN_CREDENTIAL;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CREDENTIAL_UNUSABLE);
	link_fixture_set(&fixture.order.user, "tech");
	link_fixture_set(&fixture.secret.password, "wrong-and-secret");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", -1), VISIT_LOGIN_REFUSED);
	ck_assert_ptr_null(strstr(link_fixture_detail(), "wrong-and-secret"));
	ck_assert_uint_eq(fixture.bytes.length, 0);
	link_fixture_set(&fixture.secret.password, "hush-hush");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	assert_reads("HEAD_F~1", 491648);
	finish();
}
END_TEST

START_TEST(redirects_proxies_and_netrc_are_not_followed)
{
	start_nginx("location /moved { return 302 /HEAD_F~1; }\n");
	server_write(&server, ".netrc", "machine 127.0.0.1 login tech password x\n");
	ck_assert_int_eq(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	ck_assert_int_eq(setenv("HOME", server.folder, 1), 0);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "moved", -1), VISIT_PROTOCOL_ERROR);
	ck_assert_ptr_nonnull(strstr(link_fixture_detail(), "302"));
	ck_assert_uint_eq(fixture.bytes.length, 0);
	assert_reads("HEAD_F~1", 491648);
	finish();
}
END_TEST

static const struct {
	const char *reply;
	int64_t expected;
	enum visit_outcome outcome;
} http_faults[] = {
	{"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsample", 6, VISIT_OK},
	{"HTTP/1.0 200 OK\r\n\r\nsample", 6, VISIT_OK},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsample\r\n0\r\n\r\n", 6, VISIT_OK},
	/* bodies that are not the file */
	{"HTTP/1.1 206 Partial Content\r\nContent-Length: 6\r\n\r\nsample", -1, VISIT_PROTOCOL_ERROR},
	{"HTTP/1.1 204 No Content\r\n\r\n", -1, VISIT_PROTOCOL_ERROR},
	{"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 6\r\n\r\nsample", -1,
	 VISIT_PROTOCOL_ERROR},
	{"HTTP/1.1 203 Other\r\nContent-Length: 6\r\n\r\nsample", -1, VISIT_PROTOCOL_ERROR},
	{"sample", -1, VISIT_PROTOCOL_ERROR}, /* HTTP/0.9 */
	{"220 Sample FTP\r\n", -1, VISIT_PROTOCOL_ERROR},
	/* refusals */
	{"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", -1, VISIT_LOGIN_REFUSED},
	{"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", -1, VISIT_PERMISSION_DENIED},
	{"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", -1, VISIT_FILE_NOT_FOUND},
	{"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", -1, VISIT_BUSY},
	{"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", -1, VISIT_PROTOCOL_ERROR},
	/* cut off */
	{"", -1, VISIT_CONNECTION_LOST},
	{"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsample", -1, VISIT_TRUNCATED},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nsample", -1, VISIT_TRUNCATED},
	{"HTTP/1.0 200 OK\r\n\r\nsample", 7, VISIT_TRUNCATED},
	/* grown, or another file than listed */
	{"HTTP/1.0 200 OK\r\n\r\nsample", 5, VISIT_CHANGED_WHILE_READ},
	{"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsample", 7, VISIT_CHANGED_WHILE_READ},
};

START_TEST(answers_turn_out_as_they_should)
{
	start_script(http_faults[_i].reply);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", http_faults[_i].expected),
			  http_faults[_i].outcome);
	if (http_faults[_i].outcome == VISIT_OK)
		ck_assert_int_eq(fixture.read.length_verified,
				 strstr(http_faults[_i].reply, "Content-Length") != NULL);
	finish();
}
END_TEST

START_TEST(endless_headers_are_a_protocol_error)
{
	struct text reply;

	text_init(&reply);
	text_add(&reply, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 10000; i++)
		text_addf(&reply, "X-Sample-%d: sample\r\n", i);
	text_add(&reply, "Content-Length: 6\r\n\r\nsample");
	start_script(reply.data);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", -1), VISIT_PROTOCOL_ERROR);
	text_clear(&reply);
	finish();
}
END_TEST

static void hang_after(int fd, const struct server *hanging, const void *script)
{
	(void)hanging;
	script_say(fd, script);
	script_hang(fd);
}

static void reset_after(int fd, const struct server *resetting, const void *script)
{
	char request[4096];

	(void)resetting;
	(void)!recv(fd, request, sizeof request, 0);
	script_say(fd, script);
	script_reset(fd);
}

START_TEST(silence_is_a_time_out)
{
	static const char *const said[] = {"", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsample"};

	server_prepare(&server);
	script_start(&server, hang_after, said[_i % 2]);
	link_fixture_init(&fixture, _i < 2 ? VISIT_HTTP : VISIT_HTTPS, server.port, "/");
	fixture.order.limits.connect_ms = 1000;
	fixture.order.limits.idle_ms = 1000;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	/* To a TLS client the words are no handshake. */
	ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", -1),
			  _i == 3 ? VISIT_CRYPTO_INCOMPATIBLE : VISIT_TIMED_OUT);
	ck_assert(!link_is_usable(fixture.link));
	finish();
}
END_TEST

START_TEST(a_reset_is_a_lost_connection)
{
	server_prepare(&server);
	script_start(&server, reset_after, _i ? "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsam" : "");
	link_fixture_init(&fixture, VISIT_HTTP, server.port, "/");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", -1), VISIT_CONNECTION_LOST);
	finish();
}
END_TEST

START_TEST(nobody_listening_is_a_refused_connection)
{
	server_prepare(&server);
	link_fixture_init(&fixture, _i ? VISIT_HTTPS : VISIT_HTTP, server.port, "/");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", -1), VISIT_CONNECTION_REFUSED);
	finish();
}
END_TEST

static void cancel(struct link_fixture *cancelled, void *userdata)
{
	(void)userdata;
	atomic_store(&cancelled->cancelled, true);
}

START_TEST(limits_and_cancels_are_kept)
{
	start_nginx(NULL);
	fixture.order.limits.file_bytes = 491647;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", -1), VISIT_TOO_LARGE);
	fixture.order.limits.file_bytes = LARGE;
	fixture.stop_at = 1000;
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", -1), VISIT_TOO_LARGE);
	fixture.stop_at = 0;
	fixture.on_piece = cancel;
	ck_assert_outcome(link_fixture_read(&fixture, "large.bin", -1), VISIT_CANCELLED);
	ck_assert_uint_lt(fixture.bytes.length, LARGE);
	finish();
}
END_TEST

static void cancel_now(int number)
{
	(void)number;
	atomic_store(&fixture.cancelled, true);
}

START_TEST(a_cancel_is_seen_while_a_device_hangs)
{
	const struct itimerval soon = {.it_value.tv_usec = 500000};

	server_prepare(&server);
	script_start(&server, hang_after, "");
	link_fixture_init(&fixture, VISIT_HTTP, server.port, "/");
	fixture.order.limits.idle_ms = 600000; /* past the time limit of the test */
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert(signal(SIGALRM, cancel_now) != SIG_ERR);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
	ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", -1), VISIT_CANCELLED);
	finish();
}
END_TEST

START_TEST(a_visit_past_its_time_is_too_slow)
{
	start_nginx(NULL);
	fixture.order.limits.rate = 100000;
	fixture.order.limits.total_seconds = 1;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", -1), VISIT_TOO_SLOW);
	finish();
}
END_TEST

/* ---- TFTP ---- */

static void start_tftpd(void)
{
	server_prepare(&server);
	put_files();
	server_start_tftpd(&server);
	link_fixture_init(&fixture, VISIT_TFTP, server.port, "/");
}

START_TEST(tftpd_is_visited)
{
	struct listing listing;
	struct listing_entry entry;

	start_tftpd();
	link_fixture_set(&fixture.order.address.root, _i ? "/pump" : "/");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	if (_i) {
		ck_assert_outcome(link_fixture_read(&fixture, "below/deep.txt", 4), VISIT_OK);
		ck_assert_outcome(link_fixture_read(&fixture, "odd; name #1%?&+.txt", 3), VISIT_OK);
	} else {
		assert_reads("HEAD_F~1", 491648);
		assert_reads("large.bin", -1);
		ck_assert_outcome(link_fixture_read(&fixture, "EMPTY", 0), VISIT_OK);
		assert_same("EMPTY");
		ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", 491647),
				  VISIT_CHANGED_WHILE_READ);
	}
	ck_assert_outcome(link_fixture_read(&fixture, "no such file", -1), VISIT_FILE_NOT_FOUND);
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_LISTING_UNSUPPORTED);
	ck_assert_outcome(link_fixture_stat(&fixture, "HEAD_F~1", &entry), VISIT_LISTING_UNSUPPORTED);
	finish();
}
END_TEST

/* Packets to answer a read request and each acknowledgement with, until one is empty. */
struct tftp_packet {
	const char *bytes;
	size_t length;
};

static void talk_tftp(int fd, const struct server *talking, const void *script)
{
	const struct tftp_packet *packet = script;
	char request[1024];
	struct sockaddr_storage peer;
	socklen_t length = sizeof peer;

	(void)talking;
	while (recvfrom(fd, request, sizeof request, 0, (struct sockaddr *)&peer, &length) > 0)
		if (packet->length > 0) {
			(void)sendto(fd, packet->bytes, packet->length, 0, (struct sockaddr *)&peer,
				     length);
			packet++;
		}
}

#define PACKET(bytes) {bytes, sizeof(bytes) - 1}

static const struct {
	struct tftp_packet packets[4];
	int64_t expected;
	enum visit_outcome outcome;
} tftp_faults[] = {
	{{PACKET("\0\3\0\1sample")}, 6, VISIT_OK},
	{{PACKET("\0\6tsize\0" "6\0"), PACKET("\0\3\0\1sample")}, -1, VISIT_OK},
	/* a short block ends the file, whatever was announced */
	{{PACKET("\0\6tsize\0" "7\0"), PACKET("\0\3\0\1sample")}, -1, VISIT_TRUNCATED},
	{{PACKET("\0\6tsize\0" "5\0"), PACKET("\0\3\0\1sample")}, -1, VISIT_CHANGED_WHILE_READ},
	{{PACKET("\0\3\0\1sample")}, 7, VISIT_TRUNCATED},
	{{PACKET("\0\5\0\1File not found\0")}, -1, VISIT_FILE_NOT_FOUND},
	{{PACKET("\0\5\0\2Access violation\0")}, -1, VISIT_PERMISSION_DENIED},
	{{PACKET("\0\5\0\4Illegal\0"), PACKET("\0\5\0\4Illegal\0")}, -1, VISIT_PROTOCOL_ERROR},
	/* options are not for everyone */
	{{PACKET("\0\5\0\0Options?\0"), PACKET("\0\3\0\1sample")}, 6, VISIT_OK},
	{{PACKET("")}, -1, VISIT_TIMED_OUT},
	{{PACKET("\0\6blksize\0" "512\0")}, -1, VISIT_TIMED_OUT},
};

START_TEST(tftp_answers_turn_out_as_they_should)
{
	server_prepare(&server);
	script_start_udp(&server, talk_tftp, tftp_faults[_i].packets);
	link_fixture_init(&fixture, VISIT_TFTP, server.port, "/");
	fixture.order.limits.idle_ms = 1000;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", tftp_faults[_i].expected),
			  tftp_faults[_i].outcome);
	finish();
}
END_TEST

static void start_links(void)
{
	ck_assert_int_eq(link_start(NULL, NULL), 0);
}

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

int main(void)
{
	Suite *suite = suite_create("link_http");
	TCase *cases = tcase_create("link_http");

	tcase_add_unchecked_fixture(cases, start_links, link_stop);
	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, nginx_is_visited);
	tcase_add_test(cases, ipv6_is_spoken);
	tcase_add_test(cases, one_connection_serves_a_visit);
	tcase_add_test(cases, a_cancel_is_seen_while_a_device_hangs);
	tcase_add_test(cases, only_get_and_head_go_out);
	tcase_add_test(cases, basic_and_digest_logins_are_had_where_asked_for);
	tcase_add_test(cases, redirects_proxies_and_netrc_are_not_followed);
	tcase_add_loop_test(cases, answers_turn_out_as_they_should, 0, COUNT(http_faults));
	tcase_add_test(cases, endless_headers_are_a_protocol_error);
	tcase_add_loop_test(cases, silence_is_a_time_out, 0, 4);
	tcase_add_loop_test(cases, a_reset_is_a_lost_connection, 0, 2);
	tcase_add_loop_test(cases, nobody_listening_is_a_refused_connection, 0, 2);
	tcase_add_test(cases, limits_and_cancels_are_kept);
	tcase_add_test(cases, a_visit_past_its_time_is_too_slow);
	tcase_add_loop_test(cases, tftpd_is_visited, 0, 2);
	tcase_add_loop_test(cases, tftp_answers_turn_out_as_they_should, 0, COUNT(tftp_faults));
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
