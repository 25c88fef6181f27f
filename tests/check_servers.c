/* The servers that other tests lean on: each starts, answers, and is gone afterwards. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/servers/servers.h"

#include "suite.h"

static struct server server;

static void assert_served(const char *url, const char *options)
{
	server_put(&server, "SAMPLE.TXT", "sample\n", 7);
	server_shell(&server, "curl -sS -m 10 %s '%s:%u/SAMPLE.TXT' >got && cmp got root/SAMPLE.TXT",
		     options, url, server.port);
}

static void assert_gone(void)
{
	pid_t pid = server.pid;
	char folder[SERVER_PATH_MAX];

	snprintf(folder, sizeof folder, "%s", server.folder);
	server_stop(&server);
	ck_assert(kill(pid, 0) < 0 && errno == ESRCH);
	ck_assert_int_ne(access(folder, F_OK), 0);
}

START_TEST(vsftpd_serves)
{
	server_prepare(&server);
	server_start_vsftpd(&server, &(struct server_vsftpd){.password = "sample"});
	assert_served("ftp://127.0.0.1", "-u anonymous:sample");
	assert_gone();
}
END_TEST

START_TEST(vsftpd_serves_with_tls)
{
	static const enum server_tls kinds[] = {SERVER_TLS_EXPLICIT, SERVER_TLS_IMPLICIT};
	char pin[128];

	server_prepare(&server);
	server_make_certificate(&server, "127.0.0.1", pin);
	server_start_vsftpd(&server, &(struct server_vsftpd){.tls = kinds[_i]});
	assert_served(_i ? "ftps://127.0.0.1" : "ftp://127.0.0.1",
		      "--ssl-reqd --cacert cert.pem");
	assert_gone();
}
END_TEST

START_TEST(pyftpdlib_serves)
{
	server_prepare(&server);
	server_start_pyftpdlib(&server, "sample", _i == 1);
	assert_served(_i ? "ftp://[::1]" : "ftp://127.0.0.1", "-u tech:sample");
	char *commands = server_read(&server, "commands");
	ck_assert_ptr_nonnull(strstr(commands, "RETR SAMPLE.TXT"));
	ck_assert_ptr_null(strstr(commands, "PASS sample"));
	free(commands);
	assert_gone();
}
END_TEST

START_TEST(nginx_serves)
{
	char pin[128];

	server_prepare(&server);
	if (_i)
		server_make_authority(&server, "127.0.0.1", pin);
	server_start_nginx(&server, _i == 1, NULL);
	assert_served(_i ? "https://127.0.0.1" : "http://127.0.0.1", _i ? "--cacert ca.pem" : "");
	assert_gone();
}
END_TEST

START_TEST(tftpd_serves)
{
	server_prepare(&server);
	server_start_tftpd(&server);
	assert_served("tftp://127.0.0.1", "");
	assert_gone();
}
END_TEST

START_TEST(sshd_greets)
{
	char configuration[SERVER_PATH_MAX];

	server_prepare(&server);
	server_shell(&server, "ssh-keygen -q -t ed25519 -N '' -f host_key");
	snprintf(configuration, sizeof configuration, "HostKey %s/host_key", server.folder);
	server_start_sshd(&server, configuration);
	server_shell(&server, "ssh-keyscan -p %u 127.0.0.1 | grep -q ed25519", server.port);
	assert_gone();
}
END_TEST

/* ---- receivers of syslog ---- */

/* A short message and one as long as ours get, with octet counting; taken by the command. */
static void send_messages(const char *command)
{
	server_shell(&server,
		     "frame() { printf '%%s %%s' ${#1} \"$1\"; }; { "
		     "frame '<129>1 2026-11-22T01:00:00.123456Z collector pumpwatch 4321 FILE_FORGED "
		     "[pumpwatch@32473 seq=\"1\" path=\"a\\]b\"] one'; "
		     "frame \"<134>1 2026-11-22T01:00:01Z collector pumpwatch 4321 HEARTBEAT - "
		     "$(printf '%%03920d' 0)end\"; } >frames && %s",
		     command);
}

static void send_over_tcp(void)
{
	char command[512];

	snprintf(command, sizeof command, "bash -c 'cat frames >/dev/tcp/127.0.0.1/%u'", server.port);
	send_messages(command);
}

static void send_over_tls(void)
{
	char command[512];

	snprintf(command, sizeof command,
		 "openssl s_client -quiet -no_ign_eof <frames -connect 127.0.0.1:%u -CAfile ca.pem "
		 "-cert cert.pem -key key.pem -verify_return_error >>shell.log",
		 server.port);
	send_messages(command);
}

static void await_line(const char *file, const char *end)
{
	for (int i = 0; i < 1000; i++) {
		char *lines = server_read(&server, file);
		bool there = lines && strstr(lines, end);
		free(lines);
		if (there)
			return;
		poll(NULL, 0, 20);
	}
	char *lines = server_read(&server, file);
	ck_abort_msg("no %s in: %s", end, lines ? lines : "(no file)");
}

#define SYSLOG_NG_OUTPUT                                                                           \
	"destination d { file(\"`folder`/lines\" template(\"$PRI|$MSGID|"                          \
	"${.SDATA.pumpwatch@32473.path}|$MSG\\n\")); };\n"                                         \
	"log { source(s); destination(d); };\n"

START_TEST(syslog_ng_receives_over_tcp)
{
	server_prepare(&server);
	server_start_syslog_ng(&server,
			       "source s { syslog(ip(127.0.0.1) port(`port`) transport(tcp)); };\n"
			       SYSLOG_NG_OUTPUT);
	send_over_tcp();
	await_line("lines", "129|FILE_FORGED|a]b|one\n");
	await_line("lines", "0end\n");
	assert_gone();
}
END_TEST

START_TEST(syslog_ng_receives_over_tls)
{
	char pin[128];

	server_prepare(&server);
	server_make_authority(&server, "127.0.0.1", pin);
	server_start_syslog_ng(
		&server, "source s { syslog(ip(127.0.0.1) port(`port`) transport(tls)\n"
			 "tls(key-file(`folder`/key.pem) cert-file(`folder`/cert.pem)\n"
			 "ca-file(`folder`/ca.pem) peer-verify(required-trusted))); };\n"
			 SYSLOG_NG_OUTPUT);
	send_over_tls();
	await_line("lines", "129|FILE_FORGED|a]b|one\n");
	await_line("lines", "0end\n");
	assert_gone();
}
END_TEST

START_TEST(rsyslogd_receives)
{
	char configuration[2048];

	server_prepare(&server);
	snprintf(configuration, sizeof configuration,
		 "global(workDirectory=\"%1$s\" maxMessageSize=\"16k\")\n"
		 "module(load=\"imtcp\")\n"
		 "template(name=\"line\" type=\"string\" string=\"%%pri%%|%%msgid%%|%%msg%%\\n\")\n"
		 "*.* action(type=\"omfile\" file=\"%1$s/lines\" template=\"line\")\n"
		 "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"%2$u\")\n",
		 server.folder, server.port);
	server_start_rsyslogd(&server, configuration);
	send_over_tcp();
	await_line("lines", "129|FILE_FORGED|one\n");
	await_line("lines", "0end\n");
	assert_gone();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("servers");
	TCase *cases = tcase_create("servers");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, vsftpd_serves);
	tcase_add_loop_test(cases, vsftpd_serves_with_tls, 0, 2);
	tcase_add_loop_test(cases, pyftpdlib_serves, 0, 2);
	tcase_add_loop_test(cases, nginx_serves, 0, 2);
	tcase_add_test(cases, tftpd_serves);
	tcase_add_test(cases, sshd_greets);
	tcase_add_test(cases, syslog_ng_receives_over_tcp);
	tcase_add_test(cases, syslog_ng_receives_over_tls);
	tcase_add_test(cases, rsyslogd_receives);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
