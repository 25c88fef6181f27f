/* The FTP link against devices that refuse, lie, hang, cut off and overrun. */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/link_fixture.h"
#include "tests/servers/script.h"

#include "suite.h"

static struct server server;
static struct link_fixture fixture;

static void start(const struct script_ftp *script)
{
	server_prepare(&server);
	script_start(&server, script_ftp, script);
	link_fixture_init(&fixture, VISIT_FTP, server.port, "/");
	fixture.order.login = VISIT_LOGIN_CREDENTIAL;
	link_fixture_set(&fixture.order.user, "tech");
	link_fixture_set(&fixture.secret.password, "hush-hush");
	fixture.order.limits.connect_ms = 1000;
	fixture.order.limits.idle_ms = 1000;
}

static void finish(void)
{
	link_fixture_clear(&fixture);
	server_stop(&server);
}

/* ---- opening ---- */

static const struct opening {
	struct script_ftp script;
	enum visit_outcome outcome;
	const char *words; /* in the detail, or NULL */
} openings[] = {
	{{.greeting = "220-Sample\r\n220-serial SN-1\r\n220 ready\r\n"}, VISIT_OK, NULL},
	{{.greeting = "120 In a while\r\n220 Now\r\n"}, VISIT_OK, NULL},
	{{.answers = {SAYS("USER", "230 No password needed\r\n")}}, VISIT_OK, NULL},
	/* the greeting */
	{{.greeting = "", .then = SCRIPT_HANG}, VISIT_TIMED_OUT, NULL},
	{{.greeting = "", .then = SCRIPT_CLOSE}, VISIT_CONNECTION_LOST, NULL},
	{{.greeting = "", .then = SCRIPT_RESET}, VISIT_CONNECTION_LOST, NULL},
	{{.greeting = "220-begun", .then = SCRIPT_HANG}, VISIT_TIMED_OUT, NULL},
	{{.greeting = "SSH-2.0-Sample\r\n"}, VISIT_PROTOCOL_ERROR, "SSH-2.0-Sample"},
	{{.greeting = "HTTP/1.1 400 Bad Request\r\n\r\n"}, VISIT_PROTOCOL_ERROR, NULL},
	{{.greeting = "421 Too many users\r\n"}, VISIT_BUSY, "Too many users"},
	{{.greeting = "450 Later\r\n"}, VISIT_BUSY, NULL},
	{{.greeting = "530 Not you\r\n"}, VISIT_LOGIN_REFUSED, NULL},
	{{.greeting = "\x1B[2J\xFFgarbage\r\n"}, VISIT_PROTOCOL_ERROR, "%1B[2J%FFgarbage"},
	/* the login */
	{{.answers = {SAYS("USER", "530 Unknown user\r\n")}}, VISIT_LOGIN_REFUSED, "530"},
	{{.answers = {SAYS("USER", "421 Busy\r\n")}}, VISIT_BUSY, NULL},
	{{.answers = {SAYS("PASS", "530 Login incorrect\r\n")}}, VISIT_LOGIN_REFUSED, "incorrect"},
	{{.answers = {SAYS("PASS", "530 hush-hush is wrong\r\n")}},
	 VISIT_LOGIN_REFUSED, "(what was sent)"},
	{{.answers = {SAYS("PASS", "332 Account\r\n")}}, VISIT_LOGIN_REFUSED, "account"},
	{{.answers = {SAYS("PASS", "431 Try later\r\n")}}, VISIT_BUSY, NULL},
	{{.answers = {SAYS("PASS", "221 Goodbye!\r\n", .then = SCRIPT_CLOSE)}},
	 VISIT_LOGIN_REFUSED, NULL},
	{{.answers = {SAYS("PASS", "", .then = SCRIPT_CLOSE)}}, VISIT_LOGIN_REFUSED, "hung up"},
	{{.answers = {SAYS("PASS", "", .then = SCRIPT_HANG)}}, VISIT_TIMED_OUT, NULL},
	/* binary mode is not up for discussion */
	{{.answers = {SAYS("TYPE", "504 ASCII only\r\n")}}, VISIT_PROTOCOL_ERROR, "TYPE I"},
	{{.answers = {SAYS("TYPE", "530 Log in first\r\n")}}, VISIT_LOGIN_REFUSED, NULL},
};

START_TEST(openings_turn_out_as_they_should)
{
	const struct opening *opening = &openings[_i];

	start(&opening->script);
	ck_assert_outcome(link_fixture_open(&fixture), opening->outcome);
	ck_assert_ptr_null(strstr(link_fixture_detail(), "hush-hush"));
	if (opening->words)
		ck_assert_msg(strstr(link_fixture_detail(), opening->words), "\"%s\" lacks \"%s\"",
			      link_fixture_detail(), opening->words);
	finish();
}
END_TEST

START_TEST(the_greeting_is_kept_whole)
{
	start(&openings[0].script);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_str_eq(fixture.seen.greeting, "220-Sample\n220-serial SN-1\n220 ready");
	finish();
}
END_TEST

START_TEST(an_endless_line_is_a_protocol_error)
{
	static char line[8192];
	const struct script_ftp script = {.greeting = line, .then = SCRIPT_HANG};

	memset(line, 'x', sizeof line - 1);
	start(&script);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_PROTOCOL_ERROR);
	finish();
}
END_TEST

START_TEST(a_dripping_reply_does_not_hold_the_visit)
{
	const struct script_ftp script = {
		.answers = {SAYS("TYPE", "x", .drip = true)},
	};

	start(&script);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_TIMED_OUT);
	finish();
}
END_TEST

/* ---- reading ---- */

static const struct reading {
	struct script_ftp script;
	int64_t expected;
	enum visit_outcome outcome;
	enum { VERIFIED, UNVERIFIED, USABLE, GONE } after;
} readings[] = {
	/* what is fine */
	{{.answers = {SAYS("SIZE", "213 6\r\n")}}, 6, VISIT_OK, VERIFIED},
	{{.answers = {{.verb = NULL}}}, -1, VISIT_OK, UNVERIFIED},
	{{.answers = {{.verb = NULL}}}, 6, VISIT_OK, UNVERIFIED},
	{{.answers = {SAYS("SIZE", "Unknown command\r\n")}}, 6, VISIT_OK, UNVERIFIED},
	{{.answers = {SAYS("RETR", "150 SAMPLE.TXT (6 bytes)\r\n", .data = "sample")}},
	 -1, VISIT_OK, VERIFIED},
	{{.answers = {SAYS("PASV", "227 =10,9,8,7,%1\r\n")}}, 6, VISIT_OK, UNVERIFIED}, /* a lie */
	{{.answers = {SAYS("PASV", "502 No\r\n")}}, 6, VISIT_OK, UNVERIFIED},
	{{.answers = {SAYS("PASV", "Unknown command\r\n")}}, 6, VISIT_OK, UNVERIFIED},
	{{.answers = {GIVES("RETR", "", .end = "250 Empty\r\n")}}, 0, VISIT_OK, UNVERIFIED},
	/* refusals */
	{{.answers = {SAYS("RETR", "550 No such file\r\n")}}, -1, VISIT_FILE_NOT_FOUND, USABLE},
	{{.answers = {SAYS("RETR", "550 Permission denied\r\n")}},
	 -1, VISIT_PERMISSION_DENIED, USABLE},
	{{.answers = {SAYS("RETR", "553 Name not allowed\r\n")}},
	 -1, VISIT_PERMISSION_DENIED, USABLE},
	{{.answers = {SAYS("RETR", "450 In use\r\n")}}, -1, VISIT_BUSY, USABLE},
	{{.answers = {SAYS("RETR", "421 Going down\r\n")}}, -1, VISIT_BUSY, GONE},
	{{.answers = {SAYS("RETR", "530 Log in\r\n")}}, -1, VISIT_LOGIN_REFUSED, USABLE},
	{{.answers = {SAYS("RETR", "425 No data connection\r\n")}},
	 -1, VISIT_CONNECTION_LOST, USABLE},
	{{.answers = {SAYS("RETR", "500 What?\r\n")}}, -1, VISIT_PROTOCOL_ERROR, USABLE},
	{{.answers = {SAYS("RETR", "700 Odd\r\n")}}, -1, VISIT_PROTOCOL_ERROR, USABLE},
	/* the data connection */
	{{.answers = {SAYS("PASV", "227 nothing\r\n")}}, -1, VISIT_PROTOCOL_ERROR, USABLE},
	{{.answers = {SAYS("PASV", "227 (127,0,0,1,0,1)\r\n")}},
	 -1, VISIT_CONNECTION_REFUSED, GONE},
	{{.answers = {SAYS("PASV", "502 No\r\n"), SAYS("EPSV", "502 No\r\n")}},
	 -1, VISIT_PROTOCOL_ERROR, USABLE},
	{{.answers = {SAYS("PASV", "", .then = SCRIPT_HANG)}}, -1, VISIT_TIMED_OUT, GONE},
	/* cut off, in every way */
	{{.answers = {SAYS("SIZE", "213 7\r\n")}}, 7, VISIT_TRUNCATED, USABLE},
	{{.answers = {{.verb = NULL}}}, 7, VISIT_TRUNCATED, USABLE},
	{{.answers = {GIVES("RETR", "samp", .end = "426 Aborted\r\n")}}, -1, VISIT_TRUNCATED, GONE},
	{{.answers = {GIVES("RETR", "samp", .end = "451 Local error\r\n")}},
	 -1, VISIT_TRUNCATED, GONE},
	{{.answers = {GIVES("RETR", "samp", .then = SCRIPT_CLOSE)}},
	 -1, VISIT_CONNECTION_LOST, GONE},
	{{.answers = {GIVES("RETR", "samp", .then = SCRIPT_RESET)}},
	 -1, VISIT_CONNECTION_LOST, GONE},
	{{.answers = {GIVES("RETR", "samp", .then = SCRIPT_HANG)}}, -1, VISIT_TIMED_OUT, GONE},
	{{.answers = {SAYS("RETR", "", .then = SCRIPT_HANG)}}, -1, VISIT_TIMED_OUT, GONE},
	{{.answers = {SAYS("RETR", "", .then = SCRIPT_CLOSE)}}, -1, VISIT_CONNECTION_LOST, GONE},
	/* all bytes, but never said to be complete */
	{{.answers = {SAYS("SIZE", "213 6\r\n"), GIVES("RETR", "sample", .end = "")}},
	 6, VISIT_TIMED_OUT,
	 GONE},
	/* grown, changed, and without end */
	{{.answers = {SAYS("SIZE", "213 5\r\n")}}, 5, VISIT_CHANGED_WHILE_READ, USABLE},
	{{.answers = {SAYS("SIZE", "213 6\r\n")}}, 5, VISIT_CHANGED_WHILE_READ, USABLE},
	{{.answers = {{.verb = NULL}}}, 5, VISIT_CHANGED_WHILE_READ, USABLE},
	{{.answers = {SAYS("SIZE", "213 99999999999\r\n")}}, -1, VISIT_TOO_LARGE, USABLE},
	{{.answers = {SAYS("SIZE", "213 9999999999999999999999\r\n")}}, -1, VISIT_OK, UNVERIFIED},
	{{.answers = {GIVES("RETR", "sample", .repeat = 1000 * 1000)}}, -1, VISIT_TOO_LARGE, GONE},
};

START_TEST(readings_turn_out_as_they_should)
{
	const struct reading *reading = &readings[_i];

	start(&reading->script);
	fixture.order.limits.file_bytes = 1000000;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", reading->expected),
			  reading->outcome);
	ck_assert_int_eq(link_is_usable(fixture.link), reading->after != GONE);
	ck_assert_int_eq(fixture.read.length_verified, reading->after == VERIFIED);
	finish();
}
END_TEST

START_TEST(a_device_that_cannot_connect_back_is_said_so)
{
	static const struct script_ftp never = {
		.answers = {SAYS("PORT", "200 Noted\r\n"),
			    SAYS("RETR", "150 Soon\r\n", .then = SCRIPT_HANG)},
	};

	start(&never);
	fixture.order.active = true;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", 6), VISIT_TIMED_OUT);
	ck_assert_ptr_nonnull(strstr(link_fixture_detail(), "opened no data connection"));
	finish();
}
END_TEST

START_TEST(active_mode_works_and_its_refusal_is_an_outcome)
{
	static const struct script_ftp refusing = {.answers = {SAYS("PORT", "500 Illegal PORT\r\n")}};
	static const struct script_ftp decent = {0};

	start(_i ? &refusing : &decent);
	fixture.order.active = true;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", 6),
			  _i ? VISIT_PROTOCOL_ERROR : VISIT_OK);
	finish();
}
END_TEST

/* ---- listing ---- */

static const struct listing_case {
	struct script_ftp script;
	enum visit_outcome outcome;
	size_t count;
	const char *commands; /* that went out after TYPE, in this order */
} listings[] = {
	{{.answers = {{.verb = NULL}}}, VISIT_OK, 1, "FEAT\nPASV\nLIST\n"},
	{{.answers = {SAYS("FEAT", "211-Have\r\n MLST type*;\r\n211 End\r\n"),
		      GIVES("MLSD", "type=file;size=6; A\r\ntype=cdir; .\r\n")}},
	 VISIT_OK, 1, "FEAT\nPASV\nMLSD\n"},
	/* promised and not kept */
	{{.answers = {SAYS("FEAT", "211-Have\r\n MLST type*;\r\n211 End\r\n"), SAYS("MLSD", "502 No\r\n")}},
	 VISIT_OK, 1, "FEAT\nPASV\nMLSD\nPASV\nLIST\n"},
	{{.answers = {SAYS("LIST", "502 No\r\n"), GIVES("NLST", "A\r\nB\r\n")}}, VISIT_OK, 2,
	 "FEAT\nPASV\nLIST\nPASV\nNLST\n"},
	{{.answers = {SAYS("LIST", "Unknown command\r\n"), SAYS("NLST", "500 No\r\n")}},
	 VISIT_LISTING_UNSUPPORTED, 0, "FEAT\nPASV\nLIST\nPASV\nNLST\n"},
	{{.answers = {SAYS("LIST", "550 No files found\r\n")}}, VISIT_OK, 0, NULL},
	{{.answers = {SAYS("LIST", "550 Permission denied\r\n")}},
	 VISIT_PERMISSION_DENIED, 0, NULL},
	{{.answers = {GIVES("LIST", "", .end = "226 Empty\r\n")}}, VISIT_OK, 0, NULL},
	{{.answers = {GIVES("LIST", "ls: x: Permission denied\r\n")}},
	 VISIT_LISTING_NOT_UNDERSTOOD, 0,
	 NULL},
	{{.answers = {GIVES("LIST", "-rw-r--r-- 1 u g 6 Nov 22 01:00 ../x\r\n")}},
	 VISIT_LISTING_NOT_UNDERSTOOD, 0, NULL},
	{{.answers = {GIVES("LIST", "-rw-r--r-- 1 u g 6 Nov 22 01:00 x\r\n", .end = "426 Cut\r\n")}},
	 VISIT_TRUNCATED, 0, NULL},
	{{.answers = {GIVES("LIST", "-rw-r--r-- 1 u g 6 Nov 22 01:00 some name\r\n", .repeat = 500000)}},
	 VISIT_TOO_MANY_FILES, 0, NULL},
};

/* The commands since the last "TYPE I". */
static void assert_commands(const char *expected)
{
	char *commands = server_read(&server, "commands");
	const char *type = strstr(commands, "TYPE I\n");

	ck_assert_ptr_nonnull(type);
	ck_assert_str_eq(type + 7, expected);
	free(commands);
}

START_TEST(listings_turn_out_as_they_should)
{
	const struct listing_case *listing_case = &listings[_i];
	struct listing listing;

	start(&listing_case->script);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), listing_case->outcome);
	ck_assert_uint_eq(listing.count, listing_case->count);
	if (listing_case->commands)
		assert_commands(listing_case->commands);
	listing_clear(&listing);
	finish();
}
END_TEST

START_TEST(what_a_server_lacks_is_not_asked_for_again)
{
	static const struct script_ftp script = {
		.answers = {SAYS("LIST", "502 No\r\n"), GIVES("NLST", "SAMPLE.TXT\r\n")},
	};
	struct listing listing;

	start(&script);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	for (int i = 0; i < 2; i++) {
		ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_OK);
		listing_clear(&listing);
		ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", -1), VISIT_OK);
	}
	assert_commands("FEAT\nPASV\nLIST\nPASV\nNLST\nSIZE SAMPLE.TXT\nPASV\nRETR SAMPLE.TXT\n"
			"PASV\nNLST\nPASV\nRETR SAMPLE.TXT\n");
	finish();
}
END_TEST

/* The shape of the published Medfusion 4000: no login, PORT, bare names, few commands. */
START_TEST(a_pump_without_login_and_with_few_commands_is_pulled)
{
	static const struct script_ftp pump = {
		.greeting = "220 RTCS FTP Ready\r\n",
		.answers = {
			SAYS("FEAT", "Unknown command\r\n"),
			SAYS("PASV", "Unknown command\r\n"),
			SAYS("EPSV", "Unknown command\r\n"),
			SAYS("SIZE", "Unknown command\r\n"),
			SAYS("MDTM", "Unknown command\r\n"),
			SAYS("CWD", "Unknown command\r\n"),
			SAYS("USER", "331 Looking up password\r\n"),
			SAYS("PASS", "221 Goodbye!\r\n", .then = SCRIPT_CLOSE),
			GIVES("LIST", "2                  0 00-00-1980  00:00:00\r\n"
				       "CONFIG.XML         6 06-23-2016  08:25:30\r\n"
				       "HEAD_F~1           6 01-01-1980  00:00:48\r\n"),
			GIVES("RETR HEAD_F~1", "sample", .end = "226 File sent OK - 6 bytes\r\n"),
			SAYS("RETR", "550 Unknown file\r\n"),
		},
	};
	struct listing listing;
	struct listing_entry entry;

	start(&pump);
	fixture.order.active = true;
	fixture.order.login = VISIT_LOGIN_ANONYMOUS;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_LOGIN_REFUSED);
	fixture.order.login = VISIT_LOGIN_NONE;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_OK);
	ck_assert_uint_eq(listing.count, 3);
	listing_clear(&listing);
	ck_assert_outcome(link_fixture_read(&fixture, "HEAD_F~1", 6), VISIT_OK);
	ck_assert_outcome(link_fixture_stat(&fixture, "HEAD_F~1", &entry), VISIT_LISTING_UNSUPPORTED);
	ck_assert_outcome(link_fixture_read(&fixture, "CONFIG.BAK", 6), VISIT_FILE_NOT_FOUND);
	finish();
}
END_TEST

START_TEST(a_server_without_cwd_lists_by_argument)
{
	static const struct script_ftp script = {
		.answers = {SAYS("CWD", "502 No\r\n"), SAYS("PWD", "502 No\r\n")},
	};
	struct listing listing;

	start(&script);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_list(&fixture, "LOGS", &listing), VISIT_OK);
	listing_clear(&listing);
	ck_assert_outcome(link_fixture_read(&fixture, "LOGS/SAMPLE.TXT", -1), VISIT_OK);
	assert_commands("FEAT\nPWD\nCWD /LOGS\nPASV\nLIST LOGS\nSIZE LOGS/SAMPLE.TXT\nPASV\n"
			"RETR LOGS/SAMPLE.TXT\n");
	finish();
}
END_TEST

START_TEST(home_is_remembered_when_it_is_left)
{
	static const struct script_ftp script = {
		.answers = {SAYS("PWD", "257 \"ata0a:/pump\"\r\n")},
	};
	struct listing listing;

	start(&script);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "A", -1), VISIT_OK);
	ck_assert_outcome(link_fixture_list(&fixture, "LOGS", &listing), VISIT_OK);
	listing_clear(&listing);
	ck_assert_outcome(link_fixture_read(&fixture, "A", -1), VISIT_OK);
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_OK);
	listing_clear(&listing);
	assert_commands("SIZE A\nPASV\nRETR A\nFEAT\nPWD\nCWD ata0a:/pump/LOGS\nPASV\nLIST\nPASV\n"
			"RETR ata0a:/pump/A\nCWD ata0a:/pump\nPASV\nLIST\n");
	finish();
}
END_TEST

/* ---- cancelling and parting ---- */

static void cancel_now(int number)
{
	(void)number;
	atomic_store(&fixture.cancelled, true);
}

/* Cancel in half a second, wherever the visit is then. */
static void cancel_soon(void)
{
	const struct itimerval soon = {.it_value.tv_usec = 500000};

	ck_assert(signal(SIGALRM, cancel_now) != SIG_ERR);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
}

START_TEST(a_cancel_is_seen_while_a_device_hangs)
{
	static const struct script_ftp script = {
		.answers = {GIVES("RETR", "samp", .then = SCRIPT_HANG)},
	};

	start(&script);
	fixture.order.limits.idle_ms = 60000; /* past the time limit of the test */
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	cancel_soon();
	ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", -1), VISIT_CANCELLED);
	finish();
}
END_TEST

START_TEST(a_cancel_is_seen_while_the_rate_is_kept)
{
	static const struct script_ftp script = {0};

	start(&script);
	fixture.order.limits.rate = 1; /* six seconds for "sample" */
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	cancel_soon();
	ck_assert_outcome(link_fixture_read(&fixture, "SAMPLE.TXT", -1), VISIT_CANCELLED);
	finish();
}
END_TEST

/* ---- no contact ---- */

START_TEST(a_network_without_a_way_is_unreachable)
{
	static const struct script_ftp script = {0};

	start(&script);
	link_fixture_set(&fixture.order.address.host, "224.0.0.1"); /* never for TCP */
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_HOST_UNREACHABLE);
	finish();
}
END_TEST

START_TEST(a_device_that_takes_no_more_connections_times_out)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int waiting[8];

	server_prepare(&server);
	address.sin_port = htons(server.port);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(listener, 0), 0);
	for (size_t i = 0; i < 8; i++) {
		waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(waiting[i], (struct sockaddr *)&address, sizeof address);
	}
	link_fixture_init(&fixture, VISIT_FTP, server.port, "/");
	fixture.order.limits.connect_ms = 500;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_TIMED_OUT);
	for (size_t i = 0; i < 8; i++)
		close(waiting[i]);
	close(listener);
	finish();
}
END_TEST

START_TEST(a_cancelled_visit_does_not_wait)
{
	start(&openings[3].script); /* says nothing */
	atomic_store(&fixture.cancelled, true);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_CANCELLED);
	finish();
}
END_TEST

START_TEST(a_device_that_does_not_answer_quit_does_not_hold_the_close)
{
	static const struct script_ftp script = {.answers = {SAYS("QUIT", "", .then = SCRIPT_HANG)}};

	start(&script);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	link_close(fixture.link); /* the test's own time limit is the assertion */
	fixture.link = NULL;
	char *commands = server_read(&server, "commands");
	ck_assert_ptr_nonnull(strstr(commands, "QUIT"));
	free(commands);
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
	Suite *suite = suite_create("link_ftp_faults");
	TCase *cases = tcase_create("link_ftp_faults");

	tcase_add_unchecked_fixture(cases, start_links, link_stop);
	tcase_set_timeout(cases, 30);
	tcase_add_loop_test(cases, openings_turn_out_as_they_should, 0, COUNT(openings));
	tcase_add_test(cases, the_greeting_is_kept_whole);
	tcase_add_test(cases, an_endless_line_is_a_protocol_error);
	tcase_add_test(cases, a_dripping_reply_does_not_hold_the_visit);
	tcase_add_loop_test(cases, readings_turn_out_as_they_should, 0, COUNT(readings));
	tcase_add_test(cases, a_device_that_cannot_connect_back_is_said_so);
	tcase_add_loop_test(cases, active_mode_works_and_its_refusal_is_an_outcome, 0, 2);
	tcase_add_loop_test(cases, listings_turn_out_as_they_should, 0, COUNT(listings));
	tcase_add_test(cases, what_a_server_lacks_is_not_asked_for_again);
	tcase_add_test(cases, a_pump_without_login_and_with_few_commands_is_pulled);
	tcase_add_test(cases, a_server_without_cwd_lists_by_argument);
	tcase_add_test(cases, home_is_remembered_when_it_is_left);
	tcase_add_test(cases, a_cancel_is_seen_while_a_device_hangs);
	tcase_add_test(cases, a_cancel_is_seen_while_the_rate_is_kept);
	tcase_add_test(cases, a_network_without_a_way_is_unreachable);
	tcase_add_test(cases, a_device_that_takes_no_more_connections_times_out);
	tcase_add_test(cases, a_cancelled_visit_does_not_wait);
	tcase_add_test(cases, a_device_that_does_not_answer_quit_does_not_hold_the_close);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
