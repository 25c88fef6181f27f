/* Certificates and pins, over FTP with TLS and over HTTPS: one rule for all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "tests/link_fixture.h"
#include "tests/servers/script.h"

#include "suite.h"

static struct server server;
static struct link_fixture fixture;
static char pin[128];

static const enum visit_scheme schemes[] = {VISIT_FTPS, VISIT_FTPES, VISIT_HTTPS};
enum { SCHEMES = sizeof schemes / sizeof *schemes };

/* More lines for the server, in its own language. */
static void start(enum visit_scheme scheme, const char *extra)
{
	server_put_pattern(&server, "HEAD_F~1", 491648, 1);
	if (scheme == VISIT_HTTPS) {
		server_start_nginx(&server, true, extra);
	} else {
		server_start_vsftpd(&server, &(struct server_vsftpd){
			.tls = scheme == VISIT_FTPS ? SERVER_TLS_IMPLICIT : SERVER_TLS_EXPLICIT,
			.extra = extra,
		});
	}
	link_fixture_init(&fixture, scheme, server.port, "/");
	fixture.order.login = scheme == VISIT_HTTPS ? VISIT_LOGIN_NONE : VISIT_LOGIN_ANONYMOUS;
}

static void start_self_signed(enum visit_scheme scheme, const char *extra)
{
	server_prepare(&server);
	server_make_certificate(&server, "127.0.0.1", pin);
	start(scheme, extra);
}

static void finish(void)
{
	link_fixture_clear(&fixture);
	server_stop(&server);
	link_stop();
}

static void start_links(bool with_authority)
{
	char *authority = with_authority ? server_read(&server, "ca.pem") : NULL;

	ck_assert_int_eq(link_start(authority, NULL), 0);
	free(authority);
}

/* Open and read: HTTPS sees the certificate at the first read only. */
static enum visit_outcome visit(void)
{
	enum visit_outcome outcome = link_fixture_open(&fixture);

	if (outcome != VISIT_OK)
		return outcome;
	outcome = link_fixture_read(&fixture, "HEAD_F~1", 491648);
	link_look(fixture.link, &fixture.seen);
	return outcome;
}

START_TEST(a_pinned_certificate_is_authenticated)
{
	struct listing listing;

	start_self_signed(schemes[_i], NULL);
	start_links(false);
	link_fixture_set(&fixture.order.pins, "SHA256:some-host-key sha256//AAAA %s", pin);
	ck_assert_outcome(visit(), VISIT_OK);
	ck_assert_str_eq(fixture.seen.pin, pin);
	ck_assert(fixture.seen.grade.encrypted && fixture.seen.grade.authenticated);
	ck_assert(fixture.seen.grade.identified && !fixture.seen.grade.weak);
	ck_assert(fixture.read.length_verified);
	if (schemes[_i] != VISIT_HTTPS) {
		ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_OK);
		ck_assert_uint_eq(listing.count, 1);
		listing_clear(&listing);
	}
	finish();
}
END_TEST

START_TEST(another_key_is_a_changed_certificate)
{
	start_self_signed(schemes[_i], NULL);
	start_links(false);
	link_fixture_set(&fixture.order.pins, "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	ck_assert_outcome(visit(), VISIT_CERTIFICATE_CHANGED);
	ck_assert_str_eq(fixture.seen.pin, pin);
	ck_assert(!fixture.seen.grade.authenticated && !fixture.seen.grade.identified);
	ck_assert_uint_eq(fixture.bytes.length, 0);
	/* Even to learn a pin, one that is known decides. */
	fixture.order.learn_pin = true;
	ck_assert_outcome(visit(), VISIT_CERTIFICATE_CHANGED);
	finish();
}
END_TEST

/* What openssl x509 shows of the certificate is what a person is told to compare. */
static void expect_key(void)
{
	server_shell(&server, "openssl x509 -in cert.pem -noout -fingerprint -sha256 | cut -d= -f2 | tr -d '\\n' >shown");
	CLEANUP(cleanup_free) char *shown = server_read(&server, "shown");
	ck_assert_uint_eq(strlen(shown), 95);
	ck_assert_ptr_nonnull(strstr(fixture.seen.key, shown));
	ck_assert_ptr_nonnull(strstr(fixture.seen.key, ", valid until 20"));
	ck_assert_ptr_nonnull(strstr(fixture.seen.key, ", subject /CN=127.0.0.1"));
}

START_TEST(a_self_signed_certificate_without_a_pin_is_unknown)
{
	start_self_signed(schemes[_i], NULL);
	start_links(false);
	ck_assert_outcome(visit(), VISIT_IDENTITY_UNKNOWN);
	expect_key();
	ck_assert_str_eq(fixture.seen.pin, pin);
	ck_assert(!fixture.seen.grade.authenticated);
	ck_assert_ptr_nonnull(strstr(link_fixture_detail(), "self"));
	finish();
}
END_TEST

START_TEST(a_pin_is_learnt_when_that_is_ordered)
{
	start_self_signed(schemes[_i], NULL);
	start_links(false);
	fixture.order.learn_pin = true;
	ck_assert_outcome(visit(), VISIT_OK);
	ck_assert_str_eq(fixture.seen.pin, pin);
	ck_assert(fixture.seen.grade.encrypted && !fixture.seen.grade.authenticated);
	finish();
}
END_TEST

START_TEST(an_authority_vouches_for_the_host_it_names)
{
	server_prepare(&server);
	server_make_authority(&server, "127.0.0.1", pin);
	start(schemes[_i], NULL);
	start_links(true);
	ck_assert_outcome(visit(), VISIT_OK);
	ck_assert_str_eq(fixture.seen.pin, pin);
	ck_assert(fixture.seen.grade.authenticated);
	finish();
}
END_TEST

START_TEST(an_authority_does_not_vouch_for_another_host)
{
	server_prepare(&server);
	server_make_authority(&server, "pump-2.example.org", pin);
	start(schemes[_i], NULL);
	start_links(true);
	ck_assert_outcome(visit(), VISIT_IDENTITY_UNKNOWN);
	ck_assert_str_eq(fixture.seen.pin, pin);
	finish();
}
END_TEST

static int resolve_to_loopback(void *userdata, const char *host, char ret_address[static 64])
{
	if (strcmp(host, userdata) != 0)
		return -1;
	memcpy(ret_address, "127.0.0.1", 10);
	return 0;
}

START_TEST(an_authority_vouches_for_a_name)
{
	static char name[] = "pump-1.example.org";

	server_prepare(&server);
	server_make_authority(&server, name, pin);
	start(schemes[_i], NULL);
	start_links(true);
	link_fixture_set(&fixture.order.address.host, "%s", name);
	ck_assert_outcome(visit(), VISIT_NAME_NOT_FOUND);
	fixture.resolve = resolve_to_loopback;
	fixture.resolve_userdata = name;
	ck_assert_outcome(visit(), VISIT_OK);
	ck_assert_str_eq(fixture.seen.address, "127.0.0.1");
	finish();
}
END_TEST

START_TEST(old_tls_is_for_legacy_devices_and_weak)
{
	bool is_https = schemes[_i] == VISIT_HTTPS;
	char path[SERVER_PATH_MAX];

	server_prepare(&server);
	server_make_certificate(&server, "127.0.0.1", pin);
	/* vsftpd has no word for it: OpenSSL tells it. */
	server_write(&server, "old.cnf",
		     "openssl_conf = all\n[all]\nssl_conf = tls\n[tls]\nsystem_default = old\n"
		     "[old]\nMinProtocol = TLSv1\nMaxProtocol = TLSv1\n");
	snprintf(path, sizeof path, "%s/old.cnf", server.folder);
	ck_assert_int_eq(setenv("OPENSSL_CONF", path, 1), 0);
	start(schemes[_i], is_https ? "ssl_protocols TLSv1;\nssl_ciphers DEFAULT:@SECLEVEL=0;"
				    : "ssl_ciphers=DEFAULT:@SECLEVEL=0");
	ck_assert_int_eq(unsetenv("OPENSSL_CONF"), 0);
	start_links(false);
	link_fixture_set(&fixture.order.pins, "%s", pin);
	ck_assert_outcome(visit(), VISIT_CRYPTO_INCOMPATIBLE);
	fixture.order.legacy = true;
	ck_assert_outcome(visit(), VISIT_OK);
	ck_assert(fixture.seen.grade.authenticated && fixture.seen.grade.weak);
	finish();
}
END_TEST

START_TEST(a_legacy_device_with_modern_tls_is_not_weak)
{
	start_self_signed(schemes[_i], NULL);
	start_links(false);
	link_fixture_set(&fixture.order.pins, "%s", pin);
	fixture.order.legacy = true;
	ck_assert_outcome(visit(), VISIT_OK);
	ck_assert(fixture.seen.grade.authenticated && !fixture.seen.grade.weak);
	finish();
}
END_TEST

START_TEST(a_short_key_is_for_legacy_devices_and_weak)
{
	server_prepare(&server);
	server_shell(&server, "openssl req -x509 -newkey rsa:1024 -nodes -keyout key.pem -out cert.pem "
			      "-days 30 -subj /CN=127.0.0.1 && openssl x509 -in cert.pem -noout -pubkey "
			      "| openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | "
			      "openssl base64 -A >pin");
	char *digest = server_read(&server, "pin");
	start(VISIT_HTTPS, "ssl_ciphers DEFAULT:@SECLEVEL=0;");
	start_links(false);
	link_fixture_set(&fixture.order.pins, "sha256//%s", digest);
	free(digest);
	ck_assert_outcome(visit(), VISIT_CRYPTO_INCOMPATIBLE);
	fixture.order.legacy = true;
	ck_assert_outcome(visit(), VISIT_OK);
	ck_assert(fixture.seen.grade.weak);
	finish();
}
END_TEST

static const struct {
	struct script_ftp script;
	enum visit_outcome outcome;
} explicit_faults[] = {
	{{.answers = {SAYS("AUTH", "502 No\r\n")}}, VISIT_CRYPTO_INCOMPATIBLE},
	{{.answers = {SAYS("AUTH", "234 Go on\r\n", .then = SCRIPT_HANG)}}, VISIT_TIMED_OUT},
	{{.answers = {SAYS("AUTH", "234 Go on\r\n", .then = SCRIPT_CLOSE)}}, VISIT_CONNECTION_LOST},
	{{.answers = {SAYS("AUTH", "234 Go on\r\n230 And log in, too\r\n")}}, VISIT_PROTOCOL_ERROR},
	{{.answers = {SAYS("AUTH", "234 Go on\r\n")}}, VISIT_CRYPTO_INCOMPATIBLE},
};

START_TEST(a_device_that_fails_at_tls_gets_no_password)
{
	server_prepare(&server);
	script_start(&server, script_ftp, &explicit_faults[_i].script);
	start_links(false);
	link_fixture_init(&fixture, VISIT_FTPES, server.port, "/");
	fixture.order.limits.connect_ms = 1000;
	fixture.order.limits.idle_ms = 1000;
	fixture.order.login = VISIT_LOGIN_CREDENTIAL;
	link_fixture_set(&fixture.order.user, "tech");
	link_fixture_set(&fixture.secret.password, "hush-hush");
	ck_assert_outcome(link_fixture_open(&fixture), explicit_faults[_i].outcome);
	ck_assert(!fixture.seen.grade.encrypted);
	char *commands = server_read(&server, "commands");
	ck_assert_ptr_nonnull(strstr(commands, "AUTH TLS"));
	ck_assert_ptr_null(strstr(commands, "USER"));
	ck_assert_ptr_null(strstr(commands, "PASS"));
	free(commands);
	finish();
}
END_TEST

START_TEST(a_plain_server_is_no_tls_server)
{
	static const struct script_ftp script = {0};

	server_prepare(&server);
	script_start(&server, script_ftp, &script);
	start_links(false);
	link_fixture_init(&fixture, VISIT_FTPS, server.port, "/");
	fixture.order.login = VISIT_LOGIN_ANONYMOUS;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CRYPTO_INCOMPATIBLE);
	finish();
}
END_TEST

START_TEST(a_bundle_without_a_certificate_is_refused)
{
	struct error e = {0};

	ck_assert_int_eq(link_start("no certificate here\n", &e), -1);
	ck_assert_str_eq(e.text, "no certificate in the bundle of authorities");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("link_tls");
	TCase *cases = tcase_create("link_tls");

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, a_pinned_certificate_is_authenticated, 0, SCHEMES);
	tcase_add_loop_test(cases, another_key_is_a_changed_certificate, 0, SCHEMES);
	tcase_add_loop_test(cases, a_self_signed_certificate_without_a_pin_is_unknown, 0, SCHEMES);
	tcase_add_loop_test(cases, a_pin_is_learnt_when_that_is_ordered, 0, SCHEMES);
	tcase_add_loop_test(cases, an_authority_vouches_for_the_host_it_names, 0, SCHEMES);
	tcase_add_loop_test(cases, an_authority_does_not_vouch_for_another_host, 0, SCHEMES);
	tcase_add_loop_test(cases, an_authority_vouches_for_a_name, 0, SCHEMES);
	tcase_add_loop_test(cases, old_tls_is_for_legacy_devices_and_weak, 0, SCHEMES);
	tcase_add_loop_test(cases, a_legacy_device_with_modern_tls_is_not_weak, 0, SCHEMES);
	tcase_add_test(cases, a_short_key_is_for_legacy_devices_and_weak);
	tcase_add_loop_test(cases, a_device_that_fails_at_tls_gets_no_password, 0,
			    sizeof explicit_faults / sizeof *explicit_faults);
	tcase_add_test(cases, a_plain_server_is_no_tls_server);
	tcase_add_test(cases, a_bundle_without_a_certificate_is_refused);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
