/* TLS where it does not come about: certificates and names that are wrong on either side, against
 * the real rsyslog and the real syslog-ng, and files that cannot be used. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"

#include "sink_fixture.h"
#include "suite.h"

static const struct {
	const char *receiver; /* its certificate */
	const char *ca_file, *certificate; /* ours; NULL: none */
	const char *peer_name;
	const char *words;
} refusals[] = {
	{"server", "other-ca", "client", "receiver.example.org", "no authority in "},
	{"server", "ca", "client", "siem.example.org", "and not for siem.example.org"},
	{"expired", "ca", "client", "receiver.example.org", "expired at 2020-01-01 00:00 UTC"},
	{"server", "ca", NULL, "receiver.example.org", "certificate from us: set cert-file and key-file"},
	{"server", "ca", "foreign", "receiver.example.org", "our certificate"},
	{"server", "ca", "expired", "receiver.example.org", "which expired at 2020-01-01 00:00 UTC: renew it"},
};
enum { REFUSALS = sizeof refusals / sizeof *refusals };

static void refuse(struct server *server, const struct fixture_receiver *receiver, int i)
{
	CLEANUP(fixture_clear) struct fixture_sink stream;

	fixture_make_certificates(server);
	receiver->start(server, refusals[i].receiver);
	fixture_configure(&stream, receiver->type, server);
	(void)snprintf(stream.ca_file, SERVER_PATH_MAX, "%s/certs/%s.pem", server->folder, refusals[i].ca_file);
	(void)snprintf(stream.cert_file, SERVER_PATH_MAX, "%s/certs/%s.pem", server->folder, refusals[i].certificate);
	(void)snprintf(stream.key_file, SERVER_PATH_MAX, "%s/certs/%s.key", server->folder, refusals[i].certificate);
	if (!refusals[i].certificate)
		stream.config.cert_file = stream.config.key_file = NULL;
	stream.config.peer_name = (char *)refusals[i].peer_name;
	fixture_make(&stream);
	fixture_expect_away(stream.sink, refusals[i].words);
}

START_TEST(refusal_by_rsyslog_says_what_to_do)
{
	CLEANUP(server_stop) struct server server;

	server_prepare(&server);
	refuse(&server, &fixture_receivers[FIXTURE_RSYSLOG_TLS], _i);
}
END_TEST

START_TEST(refusal_by_syslog_ng_says_what_to_do)
{
	CLEANUP(server_stop) struct server server;

	server_prepare(&server);
	refuse(&server, &fixture_receivers[FIXTURE_SYSLOG_NG_TLS], _i);
}
END_TEST

static const struct {
	const char *command; /* in the folder of our certificates */
	const char *words[2];
} bad_files[] = {
	{"rm client.key", {"key-file ", "client.key: No such file"}},
	{"rm client.pem", {"cert-file ", "client.pem: No such file"}},
	{"rm ca.pem", {"ca-file ", "ca.pem: No such file"}},
	{"cp stranger.key client.key", {"key-file ", "client.key is not the key of cert-file"}},
	{"echo x >client.key", {"client.key holds no private key", "without a passphrase"}},
	{"openssl ec -in stranger.key -aes128 -passout pass:sample -out client.key",
	 {"client.key holds no private key", "without a passphrase"}},
	{"echo x >client.pem", {"client.pem holds no usable certificate", ""}},
	{"echo x >ca.pem", {"ca.pem holds no certificate", ""}},
};

START_TEST(file_that_cannot_be_used_is_named)
{
	CLEANUP(server_stop) struct server server;

	server_prepare(&server);
	fixture_make_certificates(&server);
	/* rsyslogd may read its own files as late as at the first connection. */
	server_shell(&server, "cp -r certs ours");
	fixture_receivers[FIXTURE_RSYSLOG_TLS].start(&server, "server");
	CLEANUP(fixture_clear) struct fixture_sink stream;
	fixture_configure(&stream, CONFIG_SINK_TLS, &server);
	(void)snprintf(stream.ca_file, SERVER_PATH_MAX, "%s/ours/ca.pem", server.folder);
	(void)snprintf(stream.cert_file, SERVER_PATH_MAX, "%s/ours/client.pem", server.folder);
	(void)snprintf(stream.key_file, SERVER_PATH_MAX, "%s/ours/client.key", server.folder);
	fixture_make(&stream);
	server_shell(&server, "cd ours && %s", bad_files[_i].command);
	fixture_expect_away(stream.sink, bad_files[_i].words[0]);
	fixture_expect_away(stream.sink, bad_files[_i].words[1]);
}
END_TEST

START_TEST(address_can_stand_for_the_name)
{
	CLEANUP(server_stop) struct server server;
	CLEANUP(fixture_clear) struct fixture_sink stream;

	server_prepare(&server);
	fixture_make_certificates(&server);
	fixture_receivers[FIXTURE_RSYSLOG_TLS].start(&server, "server");
	fixture_configure(&stream, CONFIG_SINK_TLS, &server);
	stream.config.peer_name = NULL; /* then the host: 127.0.0.1 */
	fixture_make(&stream);
	fixture_open(stream.sink, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink over TLS");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, refusal_by_rsyslog_says_what_to_do, 0, REFUSALS);
	tcase_add_loop_test(tcase, refusal_by_syslog_ng_says_what_to_do, 0, REFUSALS);
	tcase_add_loop_test(tcase, file_that_cannot_be_used_is_named, 0, sizeof bad_files / sizeof *bad_files);
	tcase_add_test(tcase, address_can_stand_for_the_name);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
