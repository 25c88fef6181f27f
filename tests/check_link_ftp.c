/* The FTP link against real servers: vsftpd (LIST) and pyftpdlib (MLSD). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/link_fixture.h"
#include "tests/servers/servers.h"

#include "suite.h"

enum { LARGE = 5 * 1000 * 1000 };

static struct server server;
static struct link_fixture fixture;

static void put_files(void)
{
	server_put_pattern(&server, "HEAD_F~1", 491648, 1);
	server_put_pattern(&server, "large.bin", LARGE, 2);
	server_put(&server, "EMPTY", "", 0);
	server_put(&server, "odd; name #1%?.txt", "odd", 3);
	server_put(&server, " leading and trailing ", "spaces", 6);
	server_put(&server, "folder/below/deep.txt", "deep", 4);
	server_put(&server, "-la/dash.txt", "dash", 4);
}

static void finish(void)
{
	link_fixture_clear(&fixture);
	server_stop(&server);
}

static void use_password(const char *user, const char *password)
{
	fixture.order.login = VISIT_LOGIN_CREDENTIAL;
	link_fixture_set(&fixture.order.user, "%s", user);
	link_fixture_set(&fixture.secret.password, "%s", password);
}

static void start_vsftpd(void)
{
	server_prepare(&server);
	put_files();
	server_start_vsftpd(&server, &(struct server_vsftpd){.password = "sample"});
	link_fixture_init(&fixture, VISIT_FTP, server.port, "/");
	use_password("anonymous", "sample");
}

static void start_pyftpdlib(bool ipv6)
{
	server_prepare(&server);
	put_files();
	server_start_pyftpdlib(&server, "sample", ipv6);
	link_fixture_init(&fixture, VISIT_FTP, server.port, "/");
	use_password("tech", "sample");
	if (ipv6)
		link_fixture_set(&fixture.order.address.host, "::1");
}

static void assert_reads(const char *path, int64_t expected)
{
	char name[SERVER_PATH_MAX];

	ck_assert_outcome(link_fixture_read(&fixture, path, expected), VISIT_OK);
	ck_assert(fixture.read.length_verified);
	snprintf(name, sizeof name, "%s/got", server.folder);
	FILE *file = fopen(name, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(fixture.bytes.data ? fixture.bytes.data : "", 1,
				 fixture.bytes.length, file), fixture.bytes.length);
	ck_assert_int_eq(fclose(file), 0);
	server_shell(&server, "cmp got 'root/%s'", path);
}

/* Everything that one visit does, in both roots. */
static void assert_visit_works(void)
{
	struct listing listing;
	struct listing_entry entry;

	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_str_eq(fixture.seen.address, strchr(fixture.order.address.host, ':') ? "::1"
										       : "127.0.0.1");
	ck_assert(!fixture.seen.grade.encrypted && !fixture.seen.grade.authenticated);
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_OK);
	ck_assert_uint_eq(listing.count, 7);
	ck_assert_uint_eq(link_fixture_entry(&listing, "HEAD_F~1")->size, 491648);
	ck_assert_int_eq(link_fixture_entry(&listing, "folder")->type, LISTING_FOLDER);
	ck_assert_uint_eq(link_fixture_entry(&listing, " leading and trailing ")->size, 6);
	listing_clear(&listing);
	assert_reads("HEAD_F~1", 491648);
	assert_reads("EMPTY", 0);
	ck_assert_outcome(link_fixture_list(&fixture, "folder/below", &listing), VISIT_OK);
	ck_assert_uint_eq(link_fixture_entry(&listing, "deep.txt")->size, 4);
	listing_clear(&listing);
	ck_assert_outcome(link_fixture_list(&fixture, "-la", &listing), VISIT_OK);
	ck_assert_uint_eq(link_fixture_entry(&listing, "dash.txt")->size, 4);
	listing_clear(&listing);
	assert_reads("folder/below/deep.txt", 4);
	assert_reads("odd; name #1%?.txt", 3);
	assert_reads(" leading and trailing ", -1);
	assert_reads("large.bin", LARGE);
	ck_assert_outcome(link_fixture_stat(&fixture, "large.bin", &entry), VISIT_OK);
	ck_assert(entry.has_size && entry.size == LARGE && strlen(entry.modified) >= 14);
	ck_assert_outcome(link_fixture_read(&fixture, "no such file", -1), VISIT_FILE_NOT_FOUND);
	ck_assert_outcome(link_fixture_list(&fixture, "no such folder", &listing),
			  VISIT_FILE_NOT_FOUND);
	ck_assert_outcome(link_fixture_stat(&fixture, "no such file", &entry),
			  VISIT_FILE_NOT_FOUND);
	ck_assert(link_is_usable(fixture.link));
	assert_reads("HEAD_F~1", 491648);
}

START_TEST(vsftpd_is_visited)
{
	start_vsftpd();
	fixture.order.active = _i == 1;
	assert_visit_works();
	ck_assert_ptr_nonnull(strstr(fixture.seen.greeting, "220 (vsFTPd"));
	finish();
}
END_TEST

START_TEST(pyftpdlib_is_visited)
{
	start_pyftpdlib(_i >= 2);
	fixture.order.active = _i % 2 == 1;
	assert_visit_works();
	finish();
}
END_TEST

START_TEST(a_root_below_the_servers_root_is_kept_to)
{
	struct listing listing;

	start_pyftpdlib(false);
	link_fixture_set(&fixture.order.address.root, "/folder");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_OK);
	ck_assert_uint_eq(listing.count, 1);
	ck_assert_str_eq(listing.entries[0].name, "below");
	listing_clear(&listing);
	ck_assert_outcome(link_fixture_read(&fixture, "below/deep.txt", 4), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", -1), VISIT_FILE_NOT_FOUND);
	finish();
}
END_TEST

START_TEST(only_permitted_verbs_go_out)
{
	static const char permitted[] =
		" USER PASS TYPE PASV EPSV PORT EPRT CWD PWD SIZE MDTM MLSD LIST NLST RETR FEAT "
		"OPTS PBSZ PROT AUTH NOOP QUIT ";
	unsigned seen = 0;

	start_pyftpdlib(false);
	assert_visit_works();
	link_close(fixture.link);
	fixture.link = NULL;
	char *commands = server_read(&server, "commands");
	for (char *line = strtok(commands, "\n"); line; line = strtok(NULL, "\n")) {
		char verb[32];
		snprintf(verb, sizeof verb, " %.*s ", (int)strcspn(line, " "), line);
		ck_assert_msg(strstr(permitted, verb), "%s went out", line);
		ck_assert_msg(!strstr(line, "TYPE") || strcmp(line, "TYPE I") == 0, "%s", line);
		seen++;
	}
	ck_assert_uint_gt(seen, 20);
	free(commands);
	finish();
}
END_TEST

START_TEST(a_wrong_password_is_a_refused_login)
{
	start_vsftpd();
	link_fixture_set(&fixture.secret.password, "wrong-and-secret");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_LOGIN_REFUSED);
	ck_assert_ptr_null(strstr(link_fixture_detail(), "wrong-and-secret"));
	ck_assert_ptr_nonnull(strstr(link_fixture_detail(), "530"));
	finish();
}
END_TEST

START_TEST(a_login_without_a_password_is_not_tried)
{
	start_vsftpd();
	link_fixture_set(&fixture.secret.password, "two\r\nlines");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CREDENTIAL_UNUSABLE);
	visit_secret_clear(&fixture.secret);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CREDENTIAL_UNUSABLE);
	finish();
}
END_TEST

START_TEST(anonymous_comes_in_where_it_may)
{
	server_prepare(&server);
	put_files();
	server_start_vsftpd(&server, &(struct server_vsftpd){.password = NULL});
	link_fixture_init(&fixture, VISIT_FTP, server.port, "/");
	fixture.order.login = VISIT_LOGIN_ANONYMOUS;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	assert_reads("HEAD_F~1", 491648);
	finish();
}
END_TEST

START_TEST(without_a_login_a_decent_server_refuses)
{
	start_vsftpd();
	fixture.order.login = VISIT_LOGIN_NONE;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_LOGIN_REFUSED);
	finish();
}
END_TEST

START_TEST(unreadable_files_are_not_found_by_vsftpd)
{
	start_vsftpd();
	server_shell(&server, "chmod 0 root/HEAD_F~1");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	/* vsftpd says "Failed to open file" of both. */
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", -1), VISIT_FILE_NOT_FOUND);
	finish();
}
END_TEST

START_TEST(a_file_of_another_size_than_listed_has_changed)
{
	start_pyftpdlib(false);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", 491647), VISIT_CHANGED_WHILE_READ);
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", 491649), VISIT_CHANGED_WHILE_READ);
	ck_assert(link_is_usable(fixture.link));
	finish();
}
END_TEST

START_TEST(a_file_past_the_limit_is_too_large)
{
	start_pyftpdlib(false);
	fixture.order.limits.file_bytes = 491647;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", -1), VISIT_TOO_LARGE);
	ck_assert_uint_eq(fixture.bytes.length, 0); /* SIZE told */
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", 491648), VISIT_TOO_LARGE);
	fixture.stop_at = 1000;
	ck_assert_outcome(link_fixture_read(&fixture, "EMPTY", -1), VISIT_OK);
	fixture.order.limits.file_bytes = LARGE;
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", -1), VISIT_TOO_LARGE);
	ck_assert(!link_is_usable(fixture.link));
	finish();
}
END_TEST

START_TEST(the_rate_is_kept)
{
	start_pyftpdlib(false);
	fixture.order.limits.rate = 1000000;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	server_shell(&server, "date +%%s%%N >before");
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", -1), VISIT_OK);
	/* Half a megabyte cannot have come in less than half a second less one piece. */
	server_shell(&server, "test $(($(date +%%s%%N) - $(cat before))) -ge 240000000");
	finish();
}
END_TEST

static void cancel(struct link_fixture *cancelled, void *userdata)
{
	(void)userdata;
	atomic_store(&cancelled->cancelled, true);
}

START_TEST(a_cancel_ends_a_transfer)
{
	start_pyftpdlib(false);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	fixture.on_piece = cancel;
	ck_assert_outcome(link_fixture_read(&fixture, "large.bin", -1), VISIT_CANCELLED);
	ck_assert_uint_lt(fixture.bytes.length, LARGE);
	ck_assert(!link_is_usable(fixture.link));
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CANCELLED);
	finish();
}
END_TEST

START_TEST(a_visit_past_its_time_is_too_slow)
{
	start_pyftpdlib(false);
	fixture.order.limits.rate = 100000;
	fixture.order.limits.total_seconds = 1;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", -1), VISIT_TOO_SLOW);
	finish();
}
END_TEST

START_TEST(paths_that_are_not_safe_are_not_sent)
{
	static const char *const unsafe[] = {"", "../x", "/x", "a//b", "a\r\nDELE x", "a\nb"};
	struct listing listing;

	start_pyftpdlib(false);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++) {
		ck_assert_outcome(link_fixture_read(&fixture, unsafe[i], -1), VISIT_PROTOCOL_ERROR);
		if (unsafe[i][0] != '\0')
			ck_assert_outcome(link_fixture_list(&fixture, unsafe[i], &listing),
					  VISIT_PROTOCOL_ERROR);
	}
	finish();
}
END_TEST

START_TEST(nobody_listening_is_a_refused_connection)
{
	server_prepare(&server);
	link_fixture_init(&fixture, VISIT_FTP, server.port, "/");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CONNECTION_REFUSED);
	link_fixture_set(&fixture.order.address.host, "no-such-host.invalid");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_NAME_NOT_FOUND);
	finish();
}
END_TEST

static void start_links(void)
{
	ck_assert_int_eq(link_start(NULL, NULL), 0);
}

int main(void)
{
	Suite *suite = suite_create("link_ftp");
	TCase *cases = tcase_create("link_ftp");

	tcase_add_unchecked_fixture(cases, start_links, link_stop);
	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, vsftpd_is_visited, 0, 2);
	tcase_add_loop_test(cases, pyftpdlib_is_visited, 0, 4);
	tcase_add_test(cases, a_root_below_the_servers_root_is_kept_to);
	tcase_add_test(cases, only_permitted_verbs_go_out);
	tcase_add_test(cases, a_wrong_password_is_a_refused_login);
	tcase_add_test(cases, a_login_without_a_password_is_not_tried);
	tcase_add_test(cases, anonymous_comes_in_where_it_may);
	tcase_add_test(cases, without_a_login_a_decent_server_refuses);
	tcase_add_test(cases, unreadable_files_are_not_found_by_vsftpd);
	tcase_add_test(cases, a_file_of_another_size_than_listed_has_changed);
	tcase_add_test(cases, a_file_past_the_limit_is_too_large);
	tcase_add_test(cases, the_rate_is_kept);
	tcase_add_test(cases, a_cancel_ends_a_transfer);
	tcase_add_test(cases, a_visit_past_its_time_is_too_slow);
	tcase_add_test(cases, paths_that_are_not_safe_are_not_sent);
	tcase_add_test(cases, nobody_listening_is_a_refused_connection);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
