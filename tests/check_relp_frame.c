#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sink/relp_frame.h"

#include "suite.h"

/* ---- frames ---- */

static const struct {
	const char *bytes;
	int length; /* of the frame */
	uint32_t number;
	const char *command, *data;
} frames[] = {
	{"1 rsp 6 200 OK\nrest", 15, 1, "rsp", "200 OK"},
	{"999999999 rsp 0\n", 16, 999999999, "rsp", ""},
	{"0 serverclose 0\n", 16, 0, "serverclose", ""},
	{"0 serverclose 0 \n", 17, 0, "serverclose", ""},
	{"7 x_y-1 3 a\nb\n", 14, 7, "x_y-1", "a\nb"},
	{"000000001 rsp 000000001 a\n", 26, 1, "rsp", "a"},
	{"1 abcdefghijklmnopqrstuvwxyzabcdef 0\n", 37, 1, "abcdefghijklmnopqrstuvwxyzabcdef", ""},
};

/* Beginnings of frames. */
static const char *const beginnings[] = {
	"", "1", "1 ", "1 r", "1 rsp", "1 rsp ", "1 rsp 6", "1 rsp 6 ",
	"1 rsp 6 200 OK", "1 rsp 0", "1 rsp 0 ", "1 rsp 65536 x",
};

static const char *const no_frames[] = {
	" ", "x", "-1 rsp 0\n", "1000000000 rsp 0\n", "1\trsp 0\n", "1  rsp 0\n",
	"1 0rsp 0\n", "1 rsp\n", "1 rsp -1\n", "1 rsp 65537 x", "1 rsp 1000000000",
	"1 rsp 6 200 OKx", "1 rsp 0x", "1 rsp 0  ", "1 rsp 1\na\n", "1 r\xC3\xA4 0\n",
	"1 abcdefghijklmnopqrstuvwxyzabcdefg 0\n",
};

/* On the heap at its very length, so that a read past the end is seen. */
static int parse(struct relp_frame *ret_frame, const char *bytes, size_t length)
{
	static char *exact;

	free(exact); /* the frame before lay there */
	exact = malloc(length ? length : 1);
	memcpy(exact, bytes, length);
	return relp_frame_parse(ret_frame, exact, length);
}

START_TEST(frame_is_read_whole)
{
	struct relp_frame frame = {0};

	for (int cut = 0; cut < frames[_i].length; cut++)
		ck_assert_int_eq(parse(&frame, frames[_i].bytes, (size_t)cut), 0);
	ck_assert_int_eq(parse(&frame, frames[_i].bytes, strlen(frames[_i].bytes)), frames[_i].length);
	ck_assert_uint_eq(frame.number, frames[_i].number);
	ck_assert_str_eq(frame.command, frames[_i].command);
	ck_assert_uint_eq(frame.length, strlen(frames[_i].data));
	ck_assert_mem_eq(frame.data, frames[_i].data, frame.length);
}
END_TEST

START_TEST(beginning_of_a_frame_needs_more)
{
	ck_assert_int_eq(parse(&(struct relp_frame){0}, beginnings[_i], strlen(beginnings[_i])), 0);
}
END_TEST

START_TEST(what_is_no_frame_is_refused)
{
	ck_assert_int_eq(parse(&(struct relp_frame){0}, no_frames[_i], strlen(no_frames[_i])), -EBADMSG);
}
END_TEST

START_TEST(largest_frame_is_read)
{
	CLEANUP(text_clear) struct text text;
	CLEANUP(cleanup_free) char *data = calloc(1, RELP_DATA_MAX + 1);
	struct relp_frame frame;

	text_init(&text);
	relp_frame_write(&text, RELP_NUMBER_MOST, "abcdefghijklmnopqrstuvwxyzabcdef", data, RELP_DATA_MAX);
	ck_assert_uint_le(text.length, RELP_FRAME_MAX);
	ck_assert_int_eq(relp_frame_parse(&frame, text.data, text.length), (int)text.length);
	ck_assert_uint_eq(frame.length, RELP_DATA_MAX);
}
END_TEST

START_TEST(written_frames_are_as_the_protocol_has_them)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	relp_frame_write(&text, 7, "syslog", "<1>1 \n", 6);
	relp_frame_write(&text, 8, "close", NULL, 0);
	ck_assert_str_eq(text.data, "7 syslog 6 <1>1 \n\n8 close 0\n");
}
END_TEST

/* ---- answers ---- */

static const struct {
	const char *data;
	int code;
	const char *words, *rest;
} answers[] = {
	{"200 OK", 200, "OK", ""},
	{"200", 200, "", ""},
	{"200\n", 200, "", ""},
	{"200 OK\na=b\n", 200, "OK", "a=b\n"},
	{"500 no space\n", 500, "no space", ""},
};

static const char *const no_answers[] = {"", "20", "2000", "200x", "x00 OK", "-20 OK"};

START_TEST(answer_is_a_code_with_words)
{
	struct relp_answer answer = {0};
	int r = relp_answer_parse(&answer, answers[_i].data, strlen(answers[_i].data));

	ck_assert_int_eq(r, 0);
	ck_assert_uint_eq(answer.code, (unsigned)answers[_i].code);
	ck_assert_uint_eq(answer.words_length, strlen(answers[_i].words));
	ck_assert_mem_eq(answer.words, answers[_i].words, answer.words_length);
	ck_assert_uint_eq(answer.rest_length, strlen(answers[_i].rest));
	ck_assert_mem_eq(answer.rest, answers[_i].rest, answer.rest_length);
}
END_TEST

START_TEST(what_is_no_answer_is_refused)
{
	struct relp_answer answer;

	ck_assert_int_eq(relp_answer_parse(&answer, no_answers[_i], strlen(no_answers[_i])), -EBADMSG);
}
END_TEST

static const struct {
	const char *offers;
	bool fine;
} offers[] = {
	{"relp_version=0\nrelp_software=librelp,1.11.0,http://librelp.adiscon.com\ncommands=syslog", true},
	{"commands=eventlog,syslog\n", true},
	{"commands=syslog,eventlog\nrelp_version=0", true},
	{"\n\ncommands=syslog\n\n", true},
	{"", false}, {"commands=", false}, {"commands=syslogs", false}, {"commands=asyslog,b", false},
	{"xcommands=syslog", false}, {"commands=syslog\nrelp_version=1", false}, {"commands=syslog\nrelp_version=", false},
	{"commands=syslog\nrelp_version=00", false},
};

START_TEST(offers_must_have_syslog_and_version_0)
{
	const char *refused = relp_offers_refused(offers[_i].offers, strlen(offers[_i].offers));

	ck_assert_int_eq(refused == NULL, offers[_i].fine);
}
END_TEST

/* ---- the window ---- */

START_TEST(number_1_follows_the_highest)
{
	ck_assert_uint_eq(relp_next(1), 2);
	ck_assert_uint_eq(relp_next(RELP_NUMBER_MOST - 1), RELP_NUMBER_MOST);
	ck_assert_uint_eq(relp_next(RELP_NUMBER_MOST), 1);
}
END_TEST

START_TEST(window_moves_with_the_oldest)
{
	struct relp_window window = {.first = RELP_NUMBER_MOST - 1};

	ck_assert_uint_eq(relp_window_take(&window), RELP_NUMBER_MOST - 1);
	ck_assert_uint_eq(relp_window_take(&window), RELP_NUMBER_MOST);
	ck_assert_uint_eq(relp_window_take(&window), 1);
	ck_assert_uint_eq(relp_window_take(&window), 2);
	ck_assert_int_eq(relp_window_answer(&window, 3), -EBADMSG);
	ck_assert_int_eq(relp_window_answer(&window, 0), -EBADMSG);
	ck_assert_int_eq(relp_window_answer(&window, RELP_NUMBER_MOST + 1), -EBADMSG);
	ck_assert_int_eq(relp_window_answer(&window, RELP_NUMBER_MOST - 2), -EBADMSG);
	ck_assert_int_eq(relp_window_answer(&window, 1), 0);
	ck_assert_int_eq(relp_window_answer(&window, 1), -EBADMSG);
	ck_assert_int_eq(relp_window_answer(&window, RELP_NUMBER_MOST - 1), 1);
	ck_assert_int_eq(relp_window_answer(&window, RELP_NUMBER_MOST), 2);
	ck_assert_int_eq(relp_window_answer(&window, 1), -EBADMSG);
	ck_assert_uint_eq(window.count, 1);
	ck_assert_int_eq(relp_window_answer(&window, 2), 1);
	ck_assert_uint_eq(window.count, 0);
	ck_assert_uint_eq(window.first, 3);
	ck_assert_int_eq(relp_window_answer(&window, 3), -EBADMSG);
}
END_TEST

START_TEST(full_window_can_be_answered_backwards)
{
	struct relp_window window = {.first = 5};

	for (uint32_t i = 0; i < RELP_WINDOW_MAX; i++)
		ck_assert_uint_eq(relp_window_take(&window), 5 + i);
	for (uint32_t i = RELP_WINDOW_MAX - 1; i > 0; i--)
		ck_assert_int_eq(relp_window_answer(&window, 5 + i), 0);
	ck_assert_int_eq(relp_window_answer(&window, 5), RELP_WINDOW_MAX);
	ck_assert_uint_eq(window.count, 0);
	ck_assert_uint_eq(window.acked, 0);
}
END_TEST

#define LOOP(test, table) tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof *(table))

int main(void)
{
	Suite *suite = suite_create("RELP as bytes");
	TCase *tcase = tcase_create("all");

	LOOP(frame_is_read_whole, frames);
	LOOP(beginning_of_a_frame_needs_more, beginnings);
	LOOP(what_is_no_frame_is_refused, no_frames);
	tcase_add_test(tcase, largest_frame_is_read);
	tcase_add_test(tcase, written_frames_are_as_the_protocol_has_them);
	LOOP(answer_is_a_code_with_words, answers);
	LOOP(what_is_no_answer_is_refused, no_answers);
	LOOP(offers_must_have_syslog_and_version_0, offers);
	tcase_add_test(tcase, number_1_follows_the_highest);
	tcase_add_test(tcase, window_moves_with_the_oldest);
	tcase_add_test(tcase, full_window_can_be_answered_backwards);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
