/* Real servers visited through the pool by the real puller, in its sandbox. */
#include <fcntl.h>
#include <pwd.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tests/pull_fixture.h"
#include "tests/servers/servers.h"
#include "tests/suite.h"

enum { LARGE = 300 * 1000 };

static struct server server;
static char pin[128];
static char user[64];
static char password[] = "sample";
static struct visit_secret secret;
static struct visit_order order;

static char *names[] = {"A.BIN", "lib/B.LIB", "gone.BIN"};

/* ---- the servers, each with what an order needs to visit it ---- */

static void serve(enum visit_scheme scheme, const char *root)
{
	order = file_order();
	order.address = (struct visit_address){scheme, "127.0.0.1", server.port, (char *)(uintptr_t)root};
	secret = (struct visit_secret){0};
}

static void use_password(void)
{
	order.login = VISIT_LOGIN_CREDENTIAL;
	order.user = user;
	strcpy(user, "tech");
	secret.password = password;
}

static void start_ftp(void)
{
	serve(VISIT_FTP, "/");
	order.login = VISIT_LOGIN_ANONYMOUS;
	server_start_vsftpd(&server, &(struct server_vsftpd){.password = NULL});
}

static void start_ftp_active(void)
{
	start_ftp();
	order.active = true;
}

static void start_ftp_password(void)
{
	serve(VISIT_FTP, "/");
	use_password();
	server_start_pyftpdlib(&server, password, false);
}

static void start_ftp_tls(enum visit_scheme scheme, enum server_tls tls)
{
	serve(scheme, "/");
	order.login = VISIT_LOGIN_ANONYMOUS;
	server_make_certificate(&server, "127.0.0.1", pin);
	order.pins = pin;
	server_start_vsftpd(&server, &(struct server_vsftpd){.tls = tls});
}

static void start_ftpes(void)
{
	start_ftp_tls(VISIT_FTPES, SERVER_TLS_EXPLICIT);
}

static void start_ftps(void)
{
	start_ftp_tls(VISIT_FTPS, SERVER_TLS_IMPLICIT);
	order.legacy = true; /* more of OpenSSL is used */
}

static void start_sftp(void)
{
	serve(VISIT_SFTP, server.root);
	server_shell(&server, "ssh-keygen -q -t ed25519 -N '' -f user_key");
	server_shell(&server, "ssh-keygen -q -t ed25519 -N '' -f host_key");
	server_shell(&server, "ssh-keygen -lf host_key | cut -d' ' -f2 | tr -d '\\n' >pin");
	CLEANUP(cleanup_free) char *seen = server_read(&server, "pin");
	snprintf(pin, sizeof pin, "%s", seen);
	char configuration[1024];
	snprintf(configuration, sizeof configuration,
		 "HostKey %s/host_key\nAuthorizedKeysFile %s/user_key.pub\n", server.folder,
		 server.folder);
	server_start_sshd(&server, configuration);
	order.pins = pin;
	order.login = VISIT_LOGIN_CREDENTIAL;
	order.user = user;
	snprintf(user, sizeof user, "%s", getpwuid(geteuid())->pw_name);
	secret.private_key = server_read(&server, "user_key");
}

static void name_files(void)
{
	order.names = (struct visit_paths){names, sizeof names / sizeof *names};
}

static void start_http(void)
{
	serve(VISIT_HTTP, "/");
	name_files();
	server_start_nginx(&server, false, NULL);
}

static void start_https(void)
{
	serve(VISIT_HTTPS, "/");
	name_files();
	server_make_certificate(&server, "127.0.0.1", pin);
	order.pins = pin;
	server_start_nginx(&server, true, NULL);
}

static void start_https_authority(void)
{
	serve(VISIT_HTTPS, "/");
	name_files();
	server_make_authority(&server, "127.0.0.1", pin);
	server_start_nginx(&server, true, NULL);
}

static void start_tftp(void)
{
	serve(VISIT_TFTP, "/");
	name_files();
	server_start_tftpd(&server);
}

static const struct {
	const char *name;
	void (*start)(void);
	bool encrypted, authenticated;
} servers[] = {
	{"ftp", start_ftp, false, false},
	{"ftp, active", start_ftp_active, false, false},
	{"ftp with a password", start_ftp_password, false, false},
	{"ftpes", start_ftpes, true, true},
	{"ftps", start_ftps, true, true},
	{"sftp", start_sftp, true, true},
	{"http", start_http, false, false},
	{"https", start_https, true, true},
	{"https by an authority", start_https_authority, true, true},
	{"tftp", start_tftp, false, false},
};

static void prepare(void)
{
	server = (struct server){0};
	server_prepare(&server);
	server_put_pattern(&server, "A.BIN", LARGE, 1);
	server_put(&server, "lib/B.LIB", "", 0);
	server_put(&server, "lib/C.LOG", "volatile", 8);
}

static void finish(void)
{
	free(secret.private_key);
	server_stop(&server);
}

static void make_pool_for(const char *ca_file)
{
	struct pull_options options = options_for(1, 2);

	options.ca_file = ca_file;
	make_pool(&options);
}

static void start_visit(struct outcome *outcome)
{
	const struct pull_handlers handlers = handlers_for(outcome);
	struct pull_visit *visit;
	struct error e;

	if (pull_start(&visit, pool, &order, &secret, &handlers, &e) < 0)
		ck_abort_msg("not started: %s", e.text);
}

/* What the file below the server's root hashes to. */
static void hash_file(const char *path, struct digest_pair *ret_digest)
{
	static char bytes[LARGE];
	char whole[2 * SERVER_PATH_MAX];

	snprintf(whole, sizeof whole, "%s/%s", server.root, path);
	CLEANUP(cleanup_close) int fd = open(whole, O_RDONLY);
	ssize_t length = read(fd, bytes, sizeof bytes);
	ck_assert_int_ge(length, 0);
	ck_assert_int_eq(EVP_Q_digest(NULL, "MD5", NULL, bytes, (size_t)length, ret_digest->md5, NULL),
			 1);
	ck_assert_int_eq(EVP_Q_digest(NULL, "SHA256", NULL, bytes, (size_t)length,
				      ret_digest->sha256, NULL),
			 1);
}

static void expect_file(const struct visit_report *report, const char *path, uint64_t size)
{
	const struct visit_observation *seen = visit_report_find(report, path);
	struct digest_pair expected;

	ck_assert_msg(seen, "%s was not seen", path);
	ck_assert_msg(seen->outcome == VISIT_OK, "%s: %s", path, visit_outcome_name(seen->outcome));
	hash_file(path, &expected);
	ck_assert_uint_eq(seen->size, size);
	ck_assert_mem_eq(&seen->digest, &expected, sizeof expected);
}

START_TEST(every_protocol_is_spoken_in_the_sandbox)
{
	struct outcome outcome = {0};
	char authority[2 * SERVER_PATH_MAX];

	servers[_i].start();
	snprintf(authority, sizeof authority, "%s/ca.pem", server.folder);
	make_pool_for(access(authority, R_OK) == 0 ? authority : NULL);
	start_visit(&outcome);
	run_until(&outcome.done, 1);
	const struct visit_report *report = &outcome.report;
	ck_assert_msg(report->outcome == VISIT_OK, "%s: %s: %s", servers[_i].name,
		      visit_outcome_name(report->outcome), report->detail);
	expect_file(report, "A.BIN", LARGE);
	expect_file(report, "lib/B.LIB", 0);
	ck_assert_uint_eq(report->bytes, LARGE);
	ck_assert_str_eq(report->seen_address, "127.0.0.1");
	ck_assert(report->grade.encrypted == servers[_i].encrypted);
	ck_assert(report->grade.authenticated == servers[_i].authenticated);
	if (servers[_i].encrypted)
		ck_assert_str_eq(report->seen_pin, pin);
	if (order.names.count > 0)
		ck_assert_int_eq(visit_report_find(report, "gone.BIN")->outcome, VISIT_FILE_NOT_FOUND);
	else
		ck_assert_uint_eq(report->left_out, 1);
	visit_report_clear(&outcome.report);
	free_pool();
}
END_TEST

START_TEST(another_key_than_enrolled_ends_the_visit)
{
	static void (*const starts[])(void) = {start_ftpes, start_sftp, start_https};
	struct outcome outcome = {0};

	starts[_i]();
	pin[strlen(pin) - 3] ^= 1;
	make_pool_for(NULL);
	start_visit(&outcome);
	run_until(&outcome.done, 1);
	ck_assert_msg(visit_outcome_contact(outcome.report.outcome) == VISIT_CONTACT_WRONG, "%s: %s",
		      visit_outcome_name(outcome.report.outcome), outcome.report.detail);
	ck_assert_uint_eq(outcome.report.observation_count, 0);
	ck_assert_str_ne(outcome.report.seen_pin, "");
	ck_assert_str_ne(outcome.report.seen_pin, pin);
	visit_report_clear(&outcome.report);
	free_pool();
}
END_TEST

START_TEST(a_serial_is_found_in_a_file_of_every_kind_of_link)
{
	static void (*const starts[])(void) = {start_ftp, start_sftp, start_https, start_tftp};
	struct outcome outcome = {0};

	server_put(&server, "ID.TXT", "model=x serial=A-17\n", 20);
	starts[_i]();
	order.identity = (struct visit_identity){VISIT_IDENTITY_FILE, "ID.TXT", "serial=%s\n", "A-17"};
	make_pool_for(NULL);
	start_visit(&outcome);
	run_until(&outcome.done, 1);
	ck_assert_msg(outcome.report.outcome == VISIT_OK, "%s: %s",
		      visit_outcome_name(outcome.report.outcome), outcome.report.detail);
	ck_assert_str_eq(outcome.report.seen_serial, "A-17");
	ck_assert(outcome.report.grade.identified);
	order.identity.serial = "A-18";
	start_visit(&outcome);
	run_until(&outcome.done, 2);
	ck_assert_int_eq(outcome.report.outcome, VISIT_SERIAL_CHANGED);
	ck_assert_uint_eq(outcome.report.observation_count, 0);
	visit_report_clear(&outcome.report);
	free_pool();
}
END_TEST

START_TEST(a_wrong_password_is_told_and_not_tried_again)
{
	struct outcome outcome = {0};

	start_ftp_password();
	secret.password = "wrong";
	make_pool_for(NULL);
	start_visit(&outcome);
	run_until(&outcome.done, 1);
	ck_assert_int_eq(outcome.report.outcome, VISIT_LOGIN_REFUSED);
	CLEANUP(cleanup_free) char *commands = server_read(&server, "commands");
	const char *first = strstr(commands, "PASS");
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_null(strstr(first + 4, "PASS"));
	visit_report_clear(&outcome.report);
	free_pool();
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void)
{
	Suite *suite = suite_create("pull, with real servers");
	TCase *cases = tcase_create("servers");

	tcase_set_timeout(cases, 2 * WAIT_SECONDS);
	tcase_add_checked_fixture(cases, prepare, finish);
	tcase_add_loop_test(cases, every_protocol_is_spoken_in_the_sandbox, 0, COUNT(servers));
	tcase_add_loop_test(cases, another_key_than_enrolled_ends_the_visit, 0, 3);
	tcase_add_loop_test(cases, a_serial_is_found_in_a_file_of_every_kind_of_link, 0, 4);
	tcase_add_test(cases, a_wrong_password_is_told_and_not_tried_again);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
