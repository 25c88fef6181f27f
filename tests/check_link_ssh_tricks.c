/* The SFTP link against a server that falls silent, lies and breaks off at every stage. Each
 * call must come back by itself, with the outcome that says what was wrong. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/link_fixture.h"
#include "tests/servers/ssh_server.h"

#include "suite.h"

enum { SHORT_PATIENCE_MS = 1500 };

/* Not looked at under this trick. */
#define UNSEEN VISIT_OUTCOME_COUNT

static struct server server;
static struct link_fixture fixture;

static void start(enum ssh_server_trick trick)
{
	char pin[128];

	server_prepare(&server);
	ssh_server_start(&server, trick);
	ssh_server_pin(&server, pin);
	link_fixture_init(&fixture, VISIT_SFTP, server.port, "/");
	fixture.order.login = VISIT_LOGIN_CREDENTIAL;
	link_fixture_set(&fixture.order.user, "tech");
	link_fixture_set(&fixture.order.pins, "%s", pin);
	link_fixture_set(&fixture.secret.password, "sample");
}

static void finish(void)
{
	char *forbidden = server_read(&server, "forbidden");

	ck_assert_ptr_null(forbidden);
	link_fixture_clear(&fixture);
	server_stop(&server);
}

static const struct trick {
	enum ssh_server_trick trick;
	enum visit_outcome open;
	enum visit_outcome list;
	enum visit_outcome read;
	const char *logins; /* what was tried, or NULL */
} tricks[] = {
	{SSH_SERVER_HONEST, VISIT_OK, VISIT_OK, VISIT_OK, NULL},
	{SSH_SERVER_SILENT, VISIT_TIMED_OUT, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_HANGS_UP, VISIT_PROTOCOL_ERROR, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_IS_FTP, VISIT_PROTOCOL_ERROR, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_BANNER_ONLY, VISIT_TIMED_OUT, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_BANNER_WITHOUT_END, VISIT_PROTOCOL_ERROR, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_GARBAGE_AFTER_BANNER, VISIT_PROTOCOL_ERROR, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_HUGE_PACKET_AFTER_BANNER, VISIT_PROTOCOL_ERROR, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_SILENT_AFTER_KEX, VISIT_TIMED_OUT, UNSEEN, UNSEEN, ""},
	{SSH_SERVER_HANGS_UP_AFTER_KEX, VISIT_PROTOCOL_ERROR, UNSEEN, UNSEEN, ""},
	{SSH_SERVER_SILENT_AT_LOGIN, VISIT_TIMED_OUT, UNSEEN, UNSEEN, "password sample\n"},
	{SSH_SERVER_HANGS_UP_AT_LOGIN, VISIT_LOGIN_REFUSED, UNSEEN, UNSEEN, "password sample\n"},
	{SSH_SERVER_QUESTIONS, VISIT_OK, VISIT_OK, VISIT_OK, NULL},
	{SSH_SERVER_MANY_QUESTIONS, VISIT_LOGIN_REFUSED, UNSEEN, UNSEEN, ""},
	{SSH_SERVER_OPEN_QUESTION, VISIT_LOGIN_REFUSED, UNSEEN, UNSEEN, ""},
	{SSH_SERVER_ENDLESS_QUESTIONS, VISIT_LOGIN_REFUSED, UNSEEN, UNSEEN, "question sample\n"},
	{SSH_SERVER_NO_LOGIN, VISIT_OK, VISIT_OK, VISIT_OK, ""},
	{SSH_SERVER_WANTS_MORE, VISIT_LOGIN_REFUSED, UNSEEN, UNSEEN, "password sample\n"},
	{SSH_SERVER_SILENT_AT_CHANNEL, VISIT_TIMED_OUT, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_NO_CHANNEL, VISIT_PROTOCOL_ERROR, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_SILENT_AT_SUBSYSTEM, VISIT_TIMED_OUT, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_NO_SUBSYSTEM, VISIT_PROTOCOL_ERROR, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_SILENT_AT_VERSION, VISIT_TIMED_OUT, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_VERSION_6, VISIT_PROTOCOL_ERROR, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_TEXT_FOR_VERSION, VISIT_PROTOCOL_ERROR, UNSEEN, UNSEEN, NULL},
	{SSH_SERVER_WRONG_ID, VISIT_OK, VISIT_PROTOCOL_ERROR, VISIT_PROTOCOL_ERROR, NULL},
	{SSH_SERVER_WRONG_TYPE, VISIT_OK, VISIT_PROTOCOL_ERROR, VISIT_PROTOCOL_ERROR, NULL},
	{SSH_SERVER_HUGE_LENGTH, VISIT_OK, VISIT_PROTOCOL_ERROR, VISIT_PROTOCOL_ERROR, NULL},
	{SSH_SERVER_ZERO_LENGTH, VISIT_OK, VISIT_PROTOCOL_ERROR, VISIT_PROTOCOL_ERROR, NULL},
	{SSH_SERVER_TORN_PACKET, VISIT_OK, VISIT_CONNECTION_LOST, VISIT_CONNECTION_LOST, NULL},
	{SSH_SERVER_LONG_HANDLE, VISIT_OK, VISIT_PROTOCOL_ERROR, VISIT_PROTOCOL_ERROR, NULL},
	{SSH_SERVER_BARE_STATUS, VISIT_OK, VISIT_OK, VISIT_OK, NULL},
	{SSH_SERVER_NO_LSTAT, VISIT_OK, VISIT_OK, VISIT_OK, NULL},
	{SSH_SERVER_NO_FSTAT, VISIT_OK, VISIT_OK, VISIT_OK, NULL},
	{SSH_SERVER_NO_ATTRIBUTES, VISIT_OK, UNSEEN, VISIT_OK, NULL},
	{SSH_SERVER_STDERR_FLOOD, VISIT_OK, UNSEEN, VISIT_OK, NULL},
	{SSH_SERVER_IGNORE_FLOOD, VISIT_OK, UNSEEN, VISIT_PROTOCOL_ERROR, NULL},
	{SSH_SERVER_SILENT_IN_FILE, VISIT_OK, VISIT_OK, VISIT_TIMED_OUT, NULL},
	{SSH_SERVER_HANGS_UP_IN_FILE, VISIT_OK, VISIT_OK, VISIT_CONNECTION_LOST, NULL},
	{SSH_SERVER_SHORT_READS, VISIT_OK, UNSEEN, VISIT_OK, NULL},
	{SSH_SERVER_BACKWARDS, VISIT_OK, UNSEEN, VISIT_OK, NULL},
	{SSH_SERVER_BACKWARDS_AND_SHORT, VISIT_OK, UNSEEN, VISIT_OK, NULL},
	{SSH_SERVER_TOO_MUCH_DATA, VISIT_OK, UNSEEN, VISIT_PROTOCOL_ERROR, NULL},
	{SSH_SERVER_EMPTY_DATA, VISIT_OK, UNSEEN, VISIT_PROTOCOL_ERROR, NULL},
	{SSH_SERVER_ENDS_EARLY, VISIT_OK, UNSEEN, VISIT_TRUNCATED, NULL},
	{SSH_SERVER_FAILS_EARLY, VISIT_OK, UNSEEN, VISIT_TRUNCATED, NULL},
	{SSH_SERVER_DATA_AFTER_END, VISIT_OK, UNSEEN, VISIT_CHANGED_WHILE_READ, NULL},
	{SSH_SERVER_GROWS, VISIT_OK, UNSEEN, VISIT_CHANGED_WHILE_READ, NULL},
	{SSH_SERVER_TOUCHES, VISIT_OK, UNSEEN, VISIT_CHANGED_WHILE_READ, NULL},
	{SSH_SERVER_LIES_LARGE, VISIT_OK, UNSEEN, VISIT_TOO_LARGE, NULL},
	{SSH_SERVER_SILENT_IN_LISTING, VISIT_OK, VISIT_TIMED_OUT, UNSEEN, NULL},
	{SSH_SERVER_ENDLESS_LISTING, VISIT_OK, VISIT_TOO_MANY_FILES, UNSEEN, NULL},
	{SSH_SERVER_ENDLESS_DOTS, VISIT_OK, VISIT_TOO_MANY_FILES, UNSEEN, NULL},
	{SSH_SERVER_EMPTY_NAMES, VISIT_OK, VISIT_PROTOCOL_ERROR, UNSEEN, NULL},
	{SSH_SERVER_NAME_TWICE, VISIT_OK, VISIT_LISTING_NOT_UNDERSTOOD, UNSEEN, NULL},
	{SSH_SERVER_NAME_WITH_SLASH, VISIT_OK, VISIT_LISTING_NOT_UNDERSTOOD, UNSEEN, NULL},
	{SSH_SERVER_NAME_WITH_NUL, VISIT_OK, VISIT_LISTING_NOT_UNDERSTOOD, UNSEEN, NULL},
	{SSH_SERVER_HUGE_COUNT, VISIT_OK, VISIT_PROTOCOL_ERROR, UNSEEN, NULL},
	{SSH_SERVER_TYPE_IN_LONG_NAME, VISIT_OK, UNSEEN, UNSEEN, NULL},
};

/* Whether a call that a trick ends for want of an answer is one of these. */
static bool is_silent(const struct trick *trick)
{
	return trick->open == VISIT_TIMED_OUT || trick->list == VISIT_TIMED_OUT ||
	       trick->read == VISIT_TIMED_OUT || trick->trick == SSH_SERVER_IS_FTP;
}

static void start_trick(const struct trick *trick)
{
	start(trick->trick);
	fixture.order.limits.visit_bytes = 1000000;
	fixture.order.limits.entries = 1000;
	if (is_silent(trick))
		fixture.order.limits.idle_ms = SHORT_PATIENCE_MS;
}

static void assert_usable_after(enum visit_outcome outcome)
{
	bool lost = outcome == VISIT_TIMED_OUT || outcome == VISIT_CONNECTION_LOST ||
		    outcome == VISIT_PROTOCOL_ERROR;

	ck_assert_int_eq(link_is_usable(fixture.link), !lost);
}

START_TEST(opening_ends_as_it_should)
{
	const struct trick *trick = &tricks[_i];

	start_trick(trick);
	ck_assert_outcome(link_fixture_open(&fixture), trick->open);
	ck_assert_ptr_null(strstr(link_fixture_detail(), "sample"));
	char *logins = server_read(&server, "logins");
	if (trick->logins)
		ck_assert_str_eq(logins ? logins : "", trick->logins);
	free(logins);
	finish();
}
END_TEST

START_TEST(listing_ends_as_it_should)
{
	const struct trick *trick = &tricks[_i];
	struct listing listing;

	if (trick->list == UNSEEN)
		return;
	start_trick(trick);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_list(&fixture, "folder", &listing), trick->list);
	assert_usable_after(trick->list);
	if (trick->list == VISIT_OK) {
		const struct listing_entry *entry = link_fixture_entry(&listing, "file");
		ck_assert_int_eq(entry->type, LISTING_FILE);
		ck_assert_uint_eq(entry->size, SSH_SERVER_FILE);
	}
	listing_clear(&listing);
	finish();
}
END_TEST

static void assert_file(void)
{
	ck_assert_uint_eq(fixture.bytes.length, SSH_SERVER_FILE);
	for (size_t i = 0; i < SSH_SERVER_FILE; i++)
		if ((unsigned char)fixture.bytes.data[i] != ssh_server_byte(i))
			ck_abort_msg("byte %zu is wrong", i);
}

START_TEST(reading_ends_as_it_should)
{
	const struct trick *trick = &tricks[_i];

	if (trick->read == UNSEEN)
		return;
	start_trick(trick);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "file", -1), trick->read);
	assert_usable_after(trick->read);
	if (trick->read == VISIT_OK)
		assert_file();
	if (trick->read == VISIT_OK && trick->trick != SSH_SERVER_NO_ATTRIBUTES)
		ck_assert(fixture.read.length_verified);
	/* After an error of the file alone the next one comes. */
	if (link_is_usable(fixture.link) && trick->trick == SSH_SERVER_ENDS_EARLY)
		ck_assert_outcome(link_fixture_read(&fixture, "file", -1), trick->read);
	finish();
}
END_TEST

START_TEST(a_size_that_is_not_told_is_not_verified)
{
	struct listing listing;

	start(SSH_SERVER_NO_ATTRIBUTES);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_OK);
	ck_assert(!link_fixture_entry(&listing, "file")->has_size);
	ck_assert_str_eq(link_fixture_entry(&listing, "file")->modified, "");
	ck_assert_outcome(link_fixture_read(&fixture, "file", -1), VISIT_OK);
	ck_assert(!fixture.read.length_verified);
	listing_clear(&listing);
	finish();
}
END_TEST

START_TEST(the_long_name_tells_what_the_mode_does_not)
{
	struct listing listing;

	start(SSH_SERVER_TYPE_IN_LONG_NAME);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_list(&fixture, "", &listing), VISIT_OK);
	ck_assert_int_eq(link_fixture_entry(&listing, "file")->type, LISTING_FOLDER);
	listing_clear(&listing);
	finish();
}
END_TEST

START_TEST(a_wrong_password_is_sent_once)
{
	static const struct {
		enum ssh_server_trick trick;
		const char *logins;
	} cases[] = {
		{SSH_SERVER_HONEST, "password wrong\n"},
		{SSH_SERVER_QUESTIONS, "question wrong\n"},
	};

	start(cases[_i].trick);
	link_fixture_set(&fixture.secret.password, "wrong");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_LOGIN_REFUSED);
	ck_assert_ptr_null(strstr(link_fixture_detail(), "wrong"));
	ck_assert_ptr_nonnull(strstr(link_fixture_detail(), "tech"));
	char *logins = server_read(&server, "logins");
	ck_assert_str_eq(logins, cases[_i].logins);
	free(logins);
	finish();
}
END_TEST

START_TEST(a_user_of_a_domain_is_a_user)
{
	start(SSH_SERVER_NO_LOGIN);
	link_fixture_set(&fixture.order.user, "EXAMPLE\\tech;$(x)");
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	finish();
}
END_TEST

/* The cancel comes from another thread or a signal: here a signal, while nothing comes. */
static void on_alarm(int number)
{
	(void)number;
	atomic_store(&fixture.cancelled, true);
}

START_TEST(a_cancel_is_seen_at_every_silence)
{
	static const enum ssh_server_trick silences[] = {
		SSH_SERVER_SILENT, SSH_SERVER_BANNER_ONLY, SSH_SERVER_SILENT_AFTER_KEX,
		SSH_SERVER_SILENT_AT_LOGIN, SSH_SERVER_SILENT_AT_CHANNEL,
		SSH_SERVER_SILENT_AT_SUBSYSTEM, SSH_SERVER_SILENT_AT_VERSION,
		SSH_SERVER_SILENT_IN_FILE,
	};

	start(silences[_i]);
	signal(SIGALRM, on_alarm);
	alarm(1);
	enum visit_outcome outcome = link_fixture_open(&fixture);
	if (outcome == VISIT_OK)
		outcome = link_fixture_read(&fixture, "file", -1);
	ck_assert_outcome(outcome, VISIT_CANCELLED);
	finish();
}
END_TEST

START_TEST(the_time_for_the_visit_ends_a_flood)
{
	start(SSH_SERVER_IGNORE_FLOOD);
	fixture.order.limits.total_seconds = 1;
	fixture.order.limits.visit_bytes = UINT64_C(1) << 40;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "file", -1), VISIT_TOO_SLOW);
	finish();
}
END_TEST

/* Its requests are answered by libssh, and the answers would fill the memory. */
START_TEST(a_peer_that_asks_and_does_not_read_is_left)
{
	start(SSH_SERVER_DEAF);
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "file", -1), VISIT_PROTOCOL_ERROR);
	ck_assert_ptr_nonnull(strstr(link_fixture_detail(), "reads no answer"));
	finish();
}
END_TEST

START_TEST(a_rate_is_kept_and_all_comes)
{
	start(SSH_SERVER_HONEST);
	fixture.order.limits.rate = 400000;
	fixture.order.limits.idle_ms = SHORT_PATIENCE_MS;
	ck_assert_outcome(link_fixture_open(&fixture), VISIT_OK);
	ck_assert_outcome(link_fixture_read(&fixture, "file", SSH_SERVER_FILE), VISIT_OK);
	assert_file();
	finish();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("link ssh tricks");
	TCase *cases = tcase_create("tricks");
	int count = sizeof tricks / sizeof *tricks;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, opening_ends_as_it_should, 0, count);
	tcase_add_loop_test(cases, listing_ends_as_it_should, 0, count);
	tcase_add_loop_test(cases, reading_ends_as_it_should, 0, count);
	tcase_add_test(cases, a_size_that_is_not_told_is_not_verified);
	tcase_add_test(cases, the_long_name_tells_what_the_mode_does_not);
	tcase_add_loop_test(cases, a_wrong_password_is_sent_once, 0, 2);
	tcase_add_test(cases, a_user_of_a_domain_is_a_user);
	tcase_add_loop_test(cases, a_cancel_is_seen_at_every_silence, 0, 8);
	tcase_add_test(cases, the_time_for_the_visit_ends_a_flood);
	tcase_add_test(cases, a_peer_that_asks_and_does_not_read_is_left);
	tcase_add_test(cases, a_rate_is_kept_and_all_comes);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
