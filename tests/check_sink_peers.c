/* Peers that are no receivers, or bad ones: every answer is written down here. */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "sink/internal.h"

#include "servers/script.h"
#include "sink_fixture.h"
#include "suite.h"

/* ---- a receiver of RELP of our own ---- */

enum { FRAME_MOST = 8192 };

struct frame {
	unsigned number;
	char command[40];
	char data[FRAME_MOST];
};

static bool read_char(int fd, char *c)
{
	return recv(fd, c, 1, 0) == 1;
}

static bool read_word(int fd, char *word, size_t size, char *ret_end)
{
	size_t length = 0;
	char c = 0;

	while (length + 1 < size && read_char(fd, &c) && c != ' ' && c != '\n')
		word[length++] = c;
	word[length] = '\0';
	*ret_end = c;
	return length > 0;
}

/* Returns false at the end. */
static bool read_frame(int fd, struct frame *frame)
{
	char number[16];
	char length[16];
	char end;

	if (!read_word(fd, number, sizeof number, &end) || !read_word(fd, frame->command, sizeof frame->command, &end) ||
	    !read_word(fd, length, sizeof length, &end))
		return false;
	frame->number = (unsigned)strtoul(number, NULL, 10);
	size_t left = strtoul(length, NULL, 10);
	frame->data[left] = '\0';
	for (char *at = frame->data; left > 0; left--)
		if (!read_char(fd, at++))
			return false;
	return end == '\n' || read_char(fd, &end);
}

static void answer(int fd, unsigned number, const char *data)
{
	char frame[FRAME_MOST + 64];

	(void)snprintf(frame, sizeof frame, "%u rsp %zu %s\n", number, strlen(data), data);
	script_say(fd, frame);
}

#define WELCOME "200 OK\nrelp_version=0\nrelp_software=sample\ncommands=syslog"

static bool take_open(int fd)
{
	struct frame frame;

	if (!read_frame(fd, &frame) || strcmp(frame.command, "open") != 0)
		return false;
	answer(fd, frame.number, WELCOME);
	return true;
}

/* ---- at the opening ---- */

struct opening {
	const char *says; /* as soon as somebody comes */
	const char *words;
};
static char giant[70000];
static const struct opening openings[] = {
	{"SSH-2.0-OpenSSH_9.2\r\n", "does not speak RELP: it says \"SSH-2.0-OpenSSH_9.2%0D%0A\""},
	{"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak RELP"},
	{"\x1b]0;x\a", "it says \"%1B]0;x%07\""},
	{"", "closed the connection"},
	{"1 rsp 6 200 OK\n", "does not offer to take syslog"},
	{"1 rsp 21 200 OK\ncommands=other\n", "does not offer to take syslog"},
	{"1 rsp 37 200 OK\nrelp_version=1\ncommands=syslog\n", "another version of RELP"},
	{"2 rsp 22 200 OK\ncommands=syslog\n", "answers what was not asked"},
	{"1 rsp 22 500 no\ncommands=syslog\n", "refuses: \"500 no\""},
	{"1 rsp 3 abc\n", "is no RELP: \"abc\""},
	{"1 rsp 0\n", "is no RELP"},
	{"0 serverclose 0\n", "closed the session"},
	{"1 syslog 1 x\n", "what has no place here: \"syslog\""},
	{"1000000000 rsp 6 200 OK\n", "does not speak RELP"},
	{"1 abcdefghijklmnopqrstuvwxyzabcdefgh 0\n", "does not speak RELP"},
	{"1 rsp 65537 x", "does not speak RELP"},
	{"1 rsp 1000000000 x", "does not speak RELP"},
	{"1 rsp 6 200 OKx", "does not speak RELP"},
	{giant, "does not speak RELP"},
};

static void say_and_close(int fd, const struct server *server, const void *script)
{
	const struct opening *opening = script;
	struct frame frame;

	(void)server;
	(void)read_frame(fd, &frame);
	script_say(fd, opening->says);
	if (opening->says[0] != '\0')
		script_hang(fd);
}

START_TEST(peer_that_is_no_receiver_of_relp_is_told_by_its_words)
{
	CLEANUP(server_stop) struct server server;

	memset(giant, '1', sizeof giant - 1);
	server_prepare(&server);
	script_start(&server, say_and_close, &openings[_i]);
	SINK(relp, CONFIG_SINK_RELP_PLAIN, &server);
	fixture_expect_away(relp.sink, openings[_i].words);
}
END_TEST

static void drip(int fd, const struct server *server, const void *script)
{
	const char *text = script;

	(void)server;
	for (size_t i = 0; send(fd, text + i % strlen(text), 1, MSG_NOSIGNAL) == 1; i++)
		poll(NULL, 0, 20);
}

static void be_silent(int fd, const struct server *server, const void *script)
{
	(void)server, (void)script;
	script_hang(fd);
}

START_TEST(peer_that_is_silent_or_slow_is_away_after_the_timeout)
{
	CLEANUP(server_stop) struct server server;
	CLEANUP(fixture_clear) struct fixture_sink relp;
	static const char slow[] = "1 rsp 60000 200 OK\n";

	server_prepare(&server);
	if (_i == 0)
		script_start(&server, be_silent, NULL);
	else
		script_start(&server, drip, slow);
	fixture_configure(&relp, _i < 2 ? CONFIG_SINK_RELP_PLAIN : CONFIG_SINK_RELP, &server);
	relp.config.timeout = TIME_SECOND;
	relp.config.ca_file = relp.config.cert_file = relp.config.key_file = NULL;
	fixture_make(&relp);
	fixture_expect_away(relp.sink, _i < 2 ? "no answer to the opening" : "TLS");
}
END_TEST

START_TEST(cancel_ends_the_wait_for_a_silent_peer)
{
	CLEANUP(server_stop) struct server server;
	CLEANUP(fixture_clear) struct fixture_sink relp;

	server_prepare(&server);
	script_start(&server, be_silent, NULL);
	fixture_configure(&relp, _i == 0 ? CONFIG_SINK_RELP_PLAIN : CONFIG_SINK_RELP, &server);
	relp.config.timeout = TIME_HOUR;
	relp.config.ca_file = relp.config.cert_file = relp.config.key_file = NULL;
	fixture_make(&relp);
	pid_t child = fork();
	if (child == 0) {
		poll(NULL, 0, 200);
		_exit(write(relp.cancel[1], "x", 1) == 1 ? 0 : 1);
	}
	fixture_expect_away(relp.sink, "was stopped");
	(void)waitpid(child, NULL, 0);
}
END_TEST

/* ---- at the acknowledgement ---- */

enum trick {
	IN_ORDER,
	BACKWARDS, /* each ten of them */
	NEVER_SENT,
	TWICE,
	LATER_TWICE, /* of one that waits for those before it */
	REFUSES_THE_FIFTH,
	CLOSES_AFTER_FIVE,
	SILENT_AFTER_FIVE,
	NUMBER_ZERO,
	GARBAGE_AFTER_FIVE,
	FLOODS, /* with frames that mean nothing */
	SLOW,	/* always just in time */
};

/* Acknowledge the first five. */
static bool take_five(int fd)
{
	struct frame frame;

	for (int i = 0; i < 5; i++) {
		if (!read_frame(fd, &frame))
			return false;
		answer(fd, frame.number, "200 OK");
	}
	return true;
}

/* Ten at a time, the last one first. The numbers begin with 2. */
static void acknowledge_backwards(int fd)
{
	struct frame frame;

	while (read_frame(fd, &frame)) {
		if (strcmp(frame.command, "close") == 0)
			answer(fd, frame.number, "");
		for (unsigned i = 0; frame.number % 10 == 1 && i < 10; i++)
			answer(fd, frame.number - i, "200 OK");
	}
}

static void play(int fd, const struct server *server, const void *script)
{
	const enum trick trick = *(const enum trick *)script;
	struct frame frame;

	(void)server;
	if (!take_open(fd))
		return;
	if (trick == BACKWARDS)
		return acknowledge_backwards(fd);
	if (trick != IN_ORDER && !take_five(fd))
		return;
	if (trick == CLOSES_AFTER_FIVE) {
		script_say(fd, "0 serverclose 0\n");
		script_hang(fd);
		return;
	}
	while (read_frame(fd, &frame)) {
		switch (trick) {
		case NEVER_SENT:
			answer(fd, frame.number + 1000, "200 OK");
			break;
		case NUMBER_ZERO:
			answer(fd, 0, "200 OK");
			break;
		case TWICE:
			answer(fd, frame.number, "200 OK");
			answer(fd, frame.number, "200 OK");
			break;
		case LATER_TWICE:
			if (frame.number > 7) {
				answer(fd, frame.number, "200 OK");
				answer(fd, frame.number, "200 OK");
			}
			break;
		case REFUSES_THE_FIFTH:
			answer(fd, frame.number, "500 no \x1b[31mspace\nleft");
			break;
		case GARBAGE_AFTER_FIVE:
			script_say(fd, "\xff\xff\xff\n");
			break;
		case FLOODS:
			for (int i = 0; i < 1000; i++)
				answer(fd, 1, "200 OK");
			break;
		case SLOW:
			poll(NULL, 0, 400);
			answer(fd, frame.number, "200 OK");
			break;
		case SILENT_AFTER_FIVE:
			break;
		default:
			answer(fd, frame.number, strcmp(frame.command, "close") == 0 ? "" : "200 OK");
		}
	}
}

static const struct {
	enum trick trick;
	const char *words;
} tricks[] = {
	{NEVER_SENT, "acknowledges 1007, which does not wait"},
	{NUMBER_ZERO, "acknowledges 0, which does not wait"},
	{TWICE, "acknowledges 7, which does not wait"},
	{LATER_TWICE, "acknowledges 8, which does not wait"},
	{REFUSES_THE_FIFTH, "refuses: \"500 no %1B[31mspace\""},
	{CLOSES_AFTER_FIVE, "closed the session"},
	{SILENT_AFTER_FIVE, "no acknowledgement within 1 s of 15 records"},
	{GARBAGE_AFTER_FIVE, "does not speak RELP: it says \"%FF%FF%FF%0A"},
	{FLOODS, "acknowledges 1, which does not wait"},
};

START_TEST(only_what_was_acknowledged_in_order_is_delivered)
{
	CLEANUP(server_stop) struct server server;
	CLEANUP(fixture_clear) struct fixture_sink relp;
	struct error e = {0};
	size_t delivered = 0;

	server_prepare(&server);
	script_start(&server, play, &tricks[_i].trick);
	fixture_configure(&relp, CONFIG_SINK_RELP_PLAIN, &server);
	relp.config.timeout = TIME_SECOND;
	fixture_make(&relp);
	fixture_open(relp.sink, 1);
	fixture_send_all(relp.sink, 1, 20);
	ck_assert_int_eq(sink_flush(relp.sink, &delivered, &e), SINK_AWAY);
	ck_assert_msg(strstr(e.text, tricks[_i].words) != NULL, "%s", e.text);
	ck_assert_uint_eq(delivered, tricks[_i].trick == TWICE ? 6 : 5);
	fixture_flush(relp.sink, 0); /* nothing was taken since */
	fixture_open(relp.sink, 1);
}
END_TEST

START_TEST(receiver_that_is_always_just_in_time_is_away_in_the_end)
{
	static const enum trick trick = SLOW;
	CLEANUP(server_stop) struct server server;
	CLEANUP(fixture_clear) struct fixture_sink relp;
	struct error e = {0};
	size_t delivered = 0;

	server_prepare(&server);
	script_start(&server, play, &trick);
	fixture_configure(&relp, CONFIG_SINK_RELP_PLAIN, &server);
	relp.config.timeout = TIME_SECOND;
	fixture_make(&relp);
	fixture_open(relp.sink, 1);
	fixture_send_all(relp.sink, 1, 60);
	ck_assert_int_eq(sink_flush(relp.sink, &delivered, &e), SINK_AWAY);
	ck_assert_msg(strstr(e.text, "no acknowledgement within") != NULL, "%s", e.text);
	ck_assert_uint_ge(delivered, 5);
	ck_assert_uint_lt(delivered, 60);
}
END_TEST

START_TEST(answers_in_another_order_are_fine)
{
	static const enum trick trick = BACKWARDS;
	CLEANUP(server_stop) struct server server;

	server_prepare(&server);
	script_start(&server, play, &trick);
	SINK(relp, CONFIG_SINK_RELP_PLAIN, &server);
	fixture_open(relp.sink, 1);
	fixture_send_all(relp.sink, 1, 1000);
	fixture_flush(relp.sink, 1000);
}
END_TEST

START_TEST(no_more_is_under_way_than_the_window_has)
{
	static const enum trick trick = SILENT_AFTER_FIVE;
	CLEANUP(server_stop) struct server server;
	CLEANUP(fixture_clear) struct fixture_sink relp;
	struct error e = {0};
	size_t delivered = 0;
	unsigned number = 0;

	server_prepare(&server);
	script_start(&server, play, &trick);
	fixture_configure(&relp, CONFIG_SINK_RELP_PLAIN, &server);
	relp.config.timeout = TIME_SECOND;
	relp.config.window = 10;
	fixture_make(&relp);
	fixture_open(relp.sink, 1);
	while (number < 1000 && fixture_send(relp.sink, number + 1, &e) == SINK_TAKEN)
		number++;
	ck_assert_uint_eq(number, 15);
	ck_assert_int_eq(sink_flush(relp.sink, &delivered, &e), SINK_AWAY);
	ck_assert_uint_eq(delivered, 5);
}
END_TEST

START_TEST(transaction_numbers_begin_anew_after_the_highest)
{
	static const enum trick trick = IN_ORDER;
	CLEANUP(server_stop) struct server server;

	server_prepare(&server);
	script_start(&server, play, &trick);
	SINK(relp, CONFIG_SINK_RELP_PLAIN, &server);
	fixture_open(relp.sink, 1);
	sink_relp_skip_to(relp.sink, RELP_NUMBER_MOST - 100);
	fixture_send_all(relp.sink, 1, 500);
	fixture_flush(relp.sink, 500);
	ck_assert_uint_eq(relp.sink->relp.window.first, 400);
}
END_TEST

/* Half a second is what a goodbye may take, however the peer behaves. */
START_TEST(peer_that_answers_no_goodbye_holds_nobody_up)
{
	static const enum trick trick = SILENT_AFTER_FIVE;
	CLEANUP(server_stop) struct server server;
	CLEANUP(fixture_clear) struct fixture_sink relp;
	size_t delivered = 0;
	struct error e = {0};

	server_prepare(&server);
	script_start(&server, play, &trick);
	fixture_configure(&relp, CONFIG_SINK_RELP_PLAIN, &server);
	relp.config.timeout = TIME_HOUR;
	fixture_make(&relp);
	fixture_open(relp.sink, 1);
	fixture_send_all(relp.sink, 1, 20);
	ck_assert_int_eq(write(relp.cancel[1], "x", 1), 1);
	ck_assert_int_eq(sink_flush(relp.sink, &delivered, &e), SINK_AWAY);
	ck_assert_msg(strstr(e.text, "was stopped") != NULL, "%s", e.text);
	ck_assert_uint_eq(delivered, 5); /* those came with the goodbye */
}
END_TEST

/* ---- octet counting ---- */

static void greet(int fd, const struct server *server, const void *script)
{
	(void)server;
	script_say(fd, script);
	script_hang(fd);
}

START_TEST(peer_that_talks_is_no_receiver_of_syslog)
{
	CLEANUP(server_stop) struct server server;

	server_prepare(&server);
	script_start(&server, greet, "220 \x1b[2Jsample FTP\r\n");
	SINK(tcp, CONFIG_SINK_TCP, &server);
	fixture_expect_away(tcp.sink, "it says \"220 %1B[2Jsample FTP%0D%0A\": is this a receiver of syslog?");
}
END_TEST

static void close_soon(int fd, const struct server *server, const void *script)
{
	char ignored[16];

	(void)server, (void)script;
	(void)recv(fd, ignored, sizeof ignored, 0);
	poll(NULL, 0, 50);
}

START_TEST(peer_that_takes_a_message_and_closes_has_not_taken_it)
{
	CLEANUP(server_stop) struct server server;

	server_prepare(&server);
	script_start(&server, close_soon, NULL);
	SINK(tcp, CONFIG_SINK_TCP, &server);
	fixture_expect_away(tcp.sink, "closed the connection");
}
END_TEST

/* With the sink's bytes still in the kernel of its own host. */
static void reset_soon(int fd, const struct server *server, const void *script)
{
	(void)server, (void)script;
	poll(NULL, 0, 2000);
	script_reset(fd);
}

START_TEST(peer_that_resets_while_all_is_awaited_is_away_at_once)
{
	CLEANUP(server_stop) struct server server;
	CLEANUP(fixture_clear) struct fixture_sink tcp;
	struct error e = {0};
	size_t delivered = 0;
	int queued = 0;

	server_prepare(&server);
	script_start(&server, reset_soon, NULL);
	fixture_configure(&tcp, CONFIG_SINK_TCP, &server);
	tcp.config.timeout = TIME_HOUR;
	fixture_make(&tcp);
	fixture_open(tcp.sink, 1);
	/* Until the peer's kernel takes no more. */
	for (unsigned number = 1; queued == 0; number += 100) {
		fixture_send_all(tcp.sink, number, number + 99);
		for (int i = 0; i == 0 || (i < 20 && queued > 0); i++) {
			poll(NULL, 0, 5);
			ck_assert_int_eq(ioctl(tcp.sink->stream.fd, SIOCOUTQ, &queued), 0);
		}
	}
	ck_assert_int_eq(sink_flush(tcp.sink, &delivered, &e), SINK_AWAY);
	ck_assert_uint_eq(delivered, 0);
	ck_assert_msg(strstr(e.text, "closed the connection") != NULL, "%s", e.text);
}
END_TEST

static void record_all(int fd, const struct server *server, const void *script)
{
	char bytes[4096];
	ssize_t n;

	(void)script;
	while ((n = recv(fd, bytes, sizeof bytes - 1, 0)) > 0) {
		bytes[n] = '\0';
		script_record(server, bytes);
	}
}

START_TEST(message_stands_behind_its_length)
{
	CLEANUP(server_stop) struct server server;

	server_prepare(&server);
	script_start(&server, record_all, NULL);
	{
		SINK(tcp, CONFIG_SINK_TCP, &server);
		struct iovec part = {(void *)"<1>1 a\nb", 8};
		fixture_open(tcp.sink, 1);
		ck_assert_int_eq(sink_send(tcp.sink, &part, 1, NULL), SINK_TAKEN);
		part.iov_len = 4;
		ck_assert_int_eq(sink_send(tcp.sink, &part, 1, NULL), SINK_TAKEN);
		fixture_flush(tcp.sink, 2);
	}
	fixture_await_lines(&server, "commands", 2);
	CLEANUP(cleanup_free) char *commands = server_read(&server, "commands");
	ck_assert_str_eq(commands, "8 <1>1 a\nb4 <1>1\n");
}
END_TEST

START_TEST(sink_that_was_never_opened_takes_nothing)
{
	static const enum config_sink_type types[] = {CONFIG_SINK_RELP_PLAIN, CONFIG_SINK_TCP, CONFIG_SINK_UDP};
	const struct server nobody = {.port = 1};
	CLEANUP(fixture_clear) struct fixture_sink sink;
	struct error e = {0};

	fixture_configure(&sink, types[_i], &nobody);
	fixture_make(&sink);
	ck_assert_int_eq(fixture_send(sink.sink, 1, &e), SINK_AWAY);
	ck_assert_str_eq(e.text, "127.0.0.1:1: there is no connection");
	fixture_flush(sink.sink, 0);
}
END_TEST

START_TEST(sink_without_an_address_is_refused)
{
	const struct config_sink config = {.name = (char *)"siem", .type = CONFIG_SINK_TCP};
	struct sink *sink = NULL;
	struct error e = {0};

	ck_assert_int_lt(sink_new(&sink, &config, -1, &e), 0);
	ck_assert_int_eq(e.code, ERROR_CONFIG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink and its peers");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, peer_that_is_no_receiver_of_relp_is_told_by_its_words, 0,
			    sizeof openings / sizeof *openings);
	tcase_add_loop_test(tcase, peer_that_is_silent_or_slow_is_away_after_the_timeout, 0, 3);
	tcase_add_loop_test(tcase, cancel_ends_the_wait_for_a_silent_peer, 0, 2);
	tcase_add_loop_test(tcase, only_what_was_acknowledged_in_order_is_delivered, 0, sizeof tricks / sizeof *tricks);
	tcase_add_test(tcase, receiver_that_is_always_just_in_time_is_away_in_the_end);
	tcase_add_test(tcase, answers_in_another_order_are_fine);
	tcase_add_test(tcase, no_more_is_under_way_than_the_window_has);
	tcase_add_test(tcase, transaction_numbers_begin_anew_after_the_highest);
	tcase_add_test(tcase, peer_that_answers_no_goodbye_holds_nobody_up);
	tcase_add_test(tcase, peer_that_talks_is_no_receiver_of_syslog);
	tcase_add_test(tcase, peer_that_takes_a_message_and_closes_has_not_taken_it);
	tcase_add_test(tcase, peer_that_resets_while_all_is_awaited_is_away_at_once);
	tcase_add_test(tcase, message_stands_behind_its_length);
	tcase_add_loop_test(tcase, sink_that_was_never_opened_takes_nothing, 0, 3);
	tcase_add_test(tcase, sink_without_an_address_is_refused);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
