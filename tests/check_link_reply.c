/* What FTP servers say, and what is understood of it. */
#include <stdint.h>
#include <string.h>

#include "link/ftp_reply.h"

#include "suite.h"

/* Lines are divided by "\n". The reply must be complete with the last one. */
static struct link_ftp_reply heard(const char *lines)
{
	struct link_ftp_reply reply = {0};
	enum link_ftp_reading reading = LINK_FTP_MORE;

	for (const char *at = lines; at;) {
		const char *end = strchrnul(at, '\n');
		ck_assert_msg(reading == LINK_FTP_MORE, "%s: complete too early", lines);
		reading = link_ftp_reply_take(&reply, at, (size_t)(end - at));
		at = *end ? end + 1 : NULL;
	}
	ck_assert_msg(reading == LINK_FTP_DONE, "%s: not complete", lines);
	return reply;
}

START_TEST(replies_end_where_they_should)
{
	ck_assert_int_eq(heard("220 Sample").code, 220);
	ck_assert_int_eq(heard("220").code, 220);
	ck_assert_int_eq(heard("220-Sample\n220 ready").code, 220);
	ck_assert_int_eq(heard("220-Sample\n 220 not yet\n221 not yet\n220-nor yet\n220").code, 220);
	ck_assert_str_eq(heard("220-Sample\nmiddle\n220 ready").text, "220-Sample\nmiddle\n220 ready");
	ck_assert_int_eq(heard("Unknown command").code, 0);
	ck_assert_int_eq(heard("").code, 0);
	ck_assert_int_eq(heard("22O Sample").code, 0);
	ck_assert_int_eq(heard("620 Sample").code, 0);
	ck_assert_int_eq(heard("020 Sample").code, 0);
	ck_assert_int_eq(heard("2200 Sample").code, 0);
	ck_assert_int_eq(heard("SSH-2.0-Sample").code, 0);
}
END_TEST

START_TEST(replies_without_an_end_are_bad)
{
	struct link_ftp_reply reply = {0};
	static const char longest[LINK_FTP_LINE_MAX + 1] = {'x'};

	ck_assert_int_eq(link_ftp_reply_take(&reply, "220 a\0b", 7), LINK_FTP_BAD);
	reply = (struct link_ftp_reply){0};
	ck_assert_int_eq(link_ftp_reply_take(&reply, longest, sizeof longest), LINK_FTP_BAD);
	reply = (struct link_ftp_reply){0};
	ck_assert_int_eq(link_ftp_reply_take(&reply, "220-", 4), LINK_FTP_MORE);
	for (int i = 1; i < LINK_FTP_LINES_MAX; i++)
		ck_assert_int_eq(link_ftp_reply_take(&reply, "and so on and on", 16), LINK_FTP_MORE);
	ck_assert_int_eq(link_ftp_reply_take(&reply, "220 late", 8), LINK_FTP_BAD);
	ck_assert_uint_lt(strlen(reply.text), LINK_FTP_TEXT_MAX);
}
END_TEST

static const struct {
	const char *line;
	unsigned port; /* 0: none */
} pasv[] = {
	{"227 Entering Passive Mode (127,0,0,1,4,5)", 1029},
	{"227 Entering Passive Mode (127,0,0,1,4,5).", 1029},
	{"227 Entering Passive Mode 127,0,0,1,4,5", 1029},
	{"227 =10,0,0,1,255,255", 65535},
	{"227 Passive 3 times: 10, 0, 0, 1, 0, 21", 21},
	{"227 (8,8,8,8,0,0)", 0},
	{"227 (127,0,0,1,4)", 0},
	{"227 (127,0,0,1,4,256)", 0},
	{"227 (127,0,0,256,4,5)", 0},
	{"227 (127,0,0,1,4,99999999999999999999)", 0},
	{"227 (1127,0,0,1,4,5)", 0},
	{"227 (-127,0,0,1,,5)", 0},
	{"227 EOF", 0},
	{"227", 0},
};

START_TEST(ports_are_found_in_odd_pasv_replies)
{
	struct link_ftp_reply reply = heard(pasv[_i].line);
	uint16_t port = 0;

	ck_assert_msg(link_ftp_reply_pasv(&reply, &port) == (pasv[_i].port != 0), "%s",
		      pasv[_i].line);
	if (pasv[_i].port)
		ck_assert_uint_eq(port, pasv[_i].port);
}
END_TEST

static const struct {
	const char *line;
	unsigned port;
} epsv[] = {
	{"229 Entering Extended Passive Mode (|||6446|)", 6446},
	{"229 (!!!1!)", 1},
	{"229 (|||0|)", 0},
	{"229 (|||65536|)", 0},
	{"229 (|1|10.0.0.1|6446|)", 0},
	{"229 (|||6446)", 0},
	{"229 (11164461)", 0},
	{"229 (", 0},
	{"229 (|", 0},
	{"229 |||6446|", 0},
};

START_TEST(ports_are_found_in_epsv_replies)
{
	struct link_ftp_reply reply = heard(epsv[_i].line);
	uint16_t port = 0;

	ck_assert_msg(link_ftp_reply_epsv(&reply, &port) == (epsv[_i].port != 0), "%s",
		      epsv[_i].line);
	if (epsv[_i].port)
		ck_assert_uint_eq(port, epsv[_i].port);
}
END_TEST

START_TEST(sizes_and_times_are_read)
{
	struct link_ftp_reply reply = heard("213 491648");
	int64_t size = -1;
	char time[32] = "untouched";

	ck_assert(link_ftp_reply_size(&reply, &size));
	ck_assert_int_eq(size, 491648);
	reply = heard("213 9223372036854775807");
	ck_assert(link_ftp_reply_size(&reply, &size));
	reply = heard("213 9223372036854775808");
	ck_assert(!link_ftp_reply_size(&reply, &size));
	reply = heard("213 -1");
	ck_assert(!link_ftp_reply_size(&reply, &size));
	reply = heard("213 12k");
	ck_assert(!link_ftp_reply_size(&reply, &size));
	ck_assert(!link_ftp_reply_time(&reply, time));
	reply = heard("213 20261122010000.123");
	ck_assert(link_ftp_reply_time(&reply, time));
	ck_assert_str_eq(time, "20261122010000.123");
	reply = heard("213 20261122010000.1234567890123456789");
	ck_assert(!link_ftp_reply_time(&reply, time));
	reply = heard("150 Opening BINARY connection for x (a) (491648 bytes).");
	ck_assert(link_ftp_reply_announced(&reply, &size));
	ck_assert_int_eq(size, 491648);
	reply = heard("150 Opening data connection for RETR (192.168.100.2,-10279)");
	ck_assert(!link_ftp_reply_announced(&reply, &size));
}
END_TEST

START_TEST(paths_and_features_are_read)
{
	struct link_ftp_reply reply = heard("257 \"/with \"\"quotes\"\" in it\" is it");
	char path[32];

	ck_assert(link_ftp_reply_path(&reply, path, sizeof path));
	ck_assert_str_eq(path, "/with \"quotes\" in it");
	ck_assert(!link_ftp_reply_path(&reply, path, 8));
	reply = heard("257 \"without an end");
	ck_assert(!link_ftp_reply_path(&reply, path, sizeof path));
	reply = heard("257 \"\"");
	ck_assert(!link_ftp_reply_path(&reply, path, sizeof path));
	reply = heard("211-Features\n MLST type*;size*;\n SIZE\n211 End");
	ck_assert(link_ftp_reply_has_feature(&reply, "MLST"));
	ck_assert(link_ftp_reply_has_feature(&reply, "size"));
	ck_assert(!link_ftp_reply_has_feature(&reply, "MLS"));
	ck_assert(!link_ftp_reply_has_feature(&reply, "MLSTX"));
	ck_assert(!link_ftp_reply_has_feature(&reply, "Features"));
	ck_assert(link_ftp_reply_says(&reply, "fEATURES"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("link_reply");
	TCase *cases = tcase_create("link_reply");

	tcase_add_test(cases, replies_end_where_they_should);
	tcase_add_test(cases, replies_without_an_end_are_bad);
	tcase_add_loop_test(cases, ports_are_found_in_odd_pasv_replies, 0,
			    sizeof pasv / sizeof *pasv);
	tcase_add_loop_test(cases, ports_are_found_in_epsv_replies, 0, sizeof epsv / sizeof *epsv);
	tcase_add_test(cases, sizes_and_times_are_read);
	tcase_add_test(cases, paths_and_features_are_read);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
