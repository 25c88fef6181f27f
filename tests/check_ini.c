#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "ini/ini.h"

#include "suite.h"

/* Writes what it is given as "section.key=value;" so that one string tells the whole story. */
static int on_line(void *userdata, const struct ini_line *line, struct error *e)
{
	struct text *story = userdata;

	if (line->key && strcmp(line->key, "refuse") == 0)
		return error_set(e, ERROR_CONFIG, "not this one");
	if (line->key)
		text_addf(story, "%s.%s=%s;", line->section, line->key, line->value);
	else
		text_addf(story, "[%s]@%d;", line->section, line->number);
	return 0;
}

static const struct {
	const char *bytes;
	const char *story;
} fine[] = {
	{"", ""},
	{"\n\n# a comment\n; another\n", ""},
	{"[a]\nk = v\n", "[a]@1;a.k=v;"},
	{"[a]\nk=v", "[a]@1;a.k=v;"},
	{"\xEF\xBB\xBF[a]\r\nk = v\r\n", "[a]@1;a.k=v;"},
	{"[a b]\nk = a = b : c\n", "[a b]@1;a b.k=a = b : c;"},
	{"[a]\nk = \"quoted\" # kept\n", "[a]@1;a.k=\"quoted\" # kept;"},
	{"[a]\nk = one;two\n", "[a]@1;a.k=one;two;"},
	{"[a]\nk =\nk = 2\n", "[a]@1;a.k=;a.k=2;"},
	{"[a]\nk\t=\t v \t\n", "[a]@1;a.k=v;"},
	{"   # an indented comment\n[a]\n  \t\nk = caf\xC3\xA9\n", "[a]@2;a.k=caf\xC3\xA9;"},
	{"k = v\n", ".k=v;"},
	{"[a]\n[b]\n", "[a]@1;[b]@2;"},
};

START_TEST(good_text_is_given_line_by_line)
{
	struct text story;
	struct error e = {0};

	text_init(&story);
	ck_assert_msg(ini_read("f", fine[_i].bytes, strlen(fine[_i].bytes), ERROR_CONFIG, on_line, &story, &e) == 0,
		      "%s", e.text);
	ck_assert_str_eq(story.data ? story.data : "", fine[_i].story);
	text_clear(&story);
}
END_TEST

static const struct {
	const char *bytes;
	const char *message;
} bad[] = {
	{"[a]\nk\n", "f:2: neither [section] nor KEY = VALUE"},
	{"[a]\nk : v\n", "f:2: a key and its value are written KEY = VALUE"},
	{"[a]\nk: v = w\n", "f:2: a key and its value are written KEY = VALUE"},
	{"[a]\n = v\n", "f:2: the line begins with a space"},
	{"[a]\n= v\n", "f:2: there is no key before"},
	{"[a]\nk = v\n  continued = yes\n", "f:3: the line begins with a space"},
	{"[a]\nk = v ; comment\n", "f:2: a comment stands on a line of its own"},
	{"[a]\nk = a\tb\n", "f:2: the value has a tab in it"},
	{"[a]\nk = a\x1B[31m\n", "f:2: byte 6 is a control character (%1B)"},
	{"[a]\rk = v\n", "f:1: byte 4 is a control character (%0D)"},
	{"[a]\nk = \xFF\n", "f:2: byte 5 is not UTF-8"},
	{"[a\nk = v\n", "f:1: a section stands alone"},
	{"[a] b\n", "f:1: a section stands alone"},
	{"[a]]\n", "f:1: a section stands alone"},
	{"[]\n", "f:1: a section has a name"},
	{"[ a]\n", "f:1: a section has a name"},
	{"[a]\n[b]\n[a]\n", "f:3: [a] stands twice"},
	{"[a ;b]\n", "f:1: neither [section]"},
	{"[caf\xC3\xA9]\n", "f:1: a section's name has at most 49 ASCII"},
	{"[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n", "f:1: a section's name has at most 49"},
	{"[a]\nrefuse = 1\nk = v\n", "f:2: not this one"},
	{"[a]\nnonsense\nrefuse = 1\n", "f:2: neither"},
};

START_TEST(bad_text_is_refused_with_its_line)
{
	struct text story;
	struct error e = {0};

	text_init(&story);
	ck_assert_int_eq(ini_read("f", bad[_i].bytes, strlen(bad[_i].bytes), ERROR_DATA, on_line, &story, &e), -1);
	ck_assert_msg(strncmp(e.text, bad[_i].message, strlen(bad[_i].message)) == 0, "%s", e.text);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_int_eq(ini_read("f", bad[_i].bytes, strlen(bad[_i].bytes), ERROR_DATA, on_line, &story, NULL), -1);
	text_clear(&story);
}
END_TEST

/* inih's own buffer is 200 bytes: what does not fit must not be lost. */
START_TEST(long_lines_are_whole_and_too_long_ones_refused)
{
	for (size_t length = 190; length <= INI_LINE_MAX - 3; length += length < 210 ? 1 : 397) {
		struct text text, story;
		struct error e = {0};
		text_init(&text);
		text_init(&story);
		text_add(&text, "[a]\nk =");
		for (size_t i = 0; i < length; i++)
			text_add_char(&text, (char)('a' + i % 26));
		text_add(&text, "\nl = 1\n");
		ck_assert_msg(ini_read("f", text.data, text.length, ERROR_CONFIG, on_line, &story, &e) == 0, "%s", e.text);
		ck_assert_uint_eq(story.length, strlen("[a]@1;a.k=;a.l=1;") + length);
		text_clear(&text);
		text_clear(&story);
	}
	struct text text, story;
	struct error e = {0};
	text_init(&text);
	text_init(&story);
	text_add(&text, "[a]\n# ");
	for (int i = 0; i < INI_LINE_MAX; i++)
		text_add_char(&text, 'x');
	ck_assert_int_eq(ini_read("f", text.data, text.length, ERROR_CONFIG, on_line, &story, &e), -1);
	ck_assert_str_eq(e.text, "f:2: the line is longer than 4096 bytes");
	text_clear(&story);
	text_clear(&text);
}
END_TEST

START_TEST(nul_bytes_and_huge_files_are_refused)
{
	struct error e = {0};
	struct text story;
	char *huge = calloc(1, INI_TEXT_MAX + 1);

	text_init(&story);
	ck_assert_ptr_nonnull(huge);
	ck_assert_int_eq(ini_read("f", "[a]\nk = v\0w\n", 12, ERROR_CONFIG, on_line, &story, &e), -1);
	ck_assert_str_eq(e.text, "f:2: byte 6 is a control character (%00)");
	ck_assert_int_eq(ini_read("f", huge, INI_TEXT_MAX + 1, ERROR_CONFIG, on_line, &story, &e), -1);
	ck_assert_str_eq(e.text, "f: longer than 1048576 bytes");
	free(huge);
	text_clear(&story);
}
END_TEST

START_TEST(words_for_yes_and_no_are_known)
{
	bool value = false;

	ck_assert_int_eq(ini_parse_bool(&value, "Yes"), 0);
	ck_assert(value);
	ck_assert_int_eq(ini_parse_bool(&value, "off"), 0);
	ck_assert(!value);
	ck_assert_int_ne(ini_parse_bool(&value, "maybe"), 0);
	ck_assert_int_ne(ini_parse_bool(&value, ""), 0);
}
END_TEST

/* ---- tables ---- */

struct box {
	char *text;
	uint32_t number, seconds, milliseconds;
	uint64_t bytes;
	int64_t duration;
	bool flag;
	char word[16];
	int opened;
};

static void *open_room(void *userdata, const char *word, struct error *e)
{
	struct box *box = userdata;

	if (strlen(word) >= sizeof box->word) {
		error_set(e, ERROR_CONFIG, "the name is too long");
		return NULL;
	}
	strcpy(box->word, word);
	box->opened++;
	return box;
}

#define FIELD(name) .offset = offsetof(struct box, name)
static const struct ini_key box_keys[] = {
	{.name = "text", .take = ini_take_text, FIELD(text), .most = 8, .required = true},
	{.name = "number", .take = ini_take_number, FIELD(number), .least = 2, .most = 9},
	{.name = "wait-time", .take = ini_take_duration, FIELD(duration), .least = 60, .most = 7200},
	{.name = "seconds", .take = ini_take_seconds, FIELD(seconds)},
	{.name = "milliseconds", .take = ini_take_milliseconds, FIELD(milliseconds)},
	{.name = "bytes", .take = ini_take_bytes, FIELD(bytes), .least = 1024, .most = 1 << 20},
	{.name = "flag", .take = ini_take_bool, FIELD(flag), .repeats = true},
};
static const struct ini_key room_keys[] = {
	{.name = "only-here", .take = ini_take_bool, FIELD(flag)},
};
static const struct ini_section sections[] = {
	{.name = "box", .keys = box_keys, .key_count = 7},
	{.name = "room", .named = true, .open = open_room, .keys = room_keys, .key_count = 1},
};

static int read_box(struct box *box, const char *bytes, struct error *e)
{
	*box = (struct box){0};
	return ini_read_table("f", bytes, strlen(bytes), ERROR_CONFIG, sections, 2, box, e);
}

START_TEST(a_table_fills_its_target)
{
	struct box box;
	struct error e = {0};

	ck_assert_msg(read_box(&box, "[room one]\nonly-here = yes\n[box]\ntext = two words\ntext2 = x\n", &e) < 0, "taken");
	free(box.text);
	ck_assert_msg(read_box(&box,
			       "[room one]\nonly-here = yes\n[room two]\n[box]\ntext = words\nnumber = 9\n"
			       "wait-time = 1h\nseconds = 1m\nmilliseconds = 2s\nbytes = 64 KiB\nflag = no\nflag = yes\n",
			       &e) == 0, "%s", e.text);
	ck_assert_str_eq(box.text, "words");
	ck_assert_uint_eq(box.number, 9);
	ck_assert_int_eq(box.duration, TIME_HOUR);
	ck_assert_uint_eq(box.seconds, 60);
	ck_assert_uint_eq(box.milliseconds, 2000);
	ck_assert_uint_eq(box.bytes, 65536);
	ck_assert(box.flag);
	ck_assert_int_eq(box.opened, 2);
	ck_assert_str_eq(box.word, "two");
	free(box.text);
}
END_TEST

static const struct {
	const char *bytes;
	const char *message;
} wrong[] = {
	{"[box]\nnumber = 3\n", "f:1: [box] needs the key \"text\""},
	{"[box]\nnumber = 3\n[room a]\n", "f:1: [box] needs the key \"text\""},
	{"[box]\ntext =\n", "f:2: text = : a value is missing"},
	{"[box]\ntext = 123456789\n", "f:2: text = 123456789: at most 8 bytes"},
	{"[box]\ntext = a\ntext = b\n", "f:3: text is given twice in [box]"},
	{"[box]\nnumber = 10\n", "f:2: number = 10: must be from 2 to 9"},
	{"[box]\nnumber = -1\n", "f:2: number = -1: must be from 2 to 9"},
	{"[box]\nwait-time = 30s\n", "f:2: wait-time = 30s: must be from 1m to 2h"},
	{"[box]\nwait-time = 5\n", "f:2: wait-time = 5: must be a time with a unit, such as 90s, 15m, 6h, 7d or 2w"},
	{"[box]\nseconds = 99999w\n", "f:2: seconds = 99999w: must be a time"},
	{"[box]\nmilliseconds = 50d\n", "f:2: milliseconds = 50d: is too long"},
	{"[box]\nbytes = 1\n", "f:2: bytes = 1: must be from 1 KiB to 1 MiB"},
	{"[box]\nbytes = many\n", "f:2: bytes = many: must be a number of bytes"},
	{"[box]\nflag = perhaps\n", "f:2: flag = perhaps: must be yes or no"},
	{"[box]\nflag = \xE2\x80\xAEno\n", "f:2: flag = %E2%80%AEno: must be yes or no"},
	{"[box]\nwait_time = 1h\n", "f:2: [box] has no key \"wait_time\": did you mean \"wait-time\"?"},
	{"[box]\nNumbr = 1\n", "f:2: [box] has no key \"Numbr\": did you mean \"number\"?"},
	{"[box]\nonly-here = 1\n", "f:2: [box] has no key \"only-here\": it belongs in [room NAME]"},
	{"[box]\nsomething = 1\n", "f:2: [box] has no key \"something\""},
	{"[bix]\n", "f:1: there is no section [bix]: did you mean [box]?"},
	{"[rooms one]\n", "f:1: there is no section [rooms one]: did you mean [room NAME]?"},
	{"[elsewhere]\n", "f:1: there is no section [elsewhere]"},
	{"[room]\n", "f:1: [room] needs a name: [room NAME]"},
	{"[box one]\n", "f:1: [box one] takes no name: write [box]"},
	{"[room a-name-that-is-long]\n", "f:1: [room a-name-that-is-long]: the name is too long"},
	{"number = 3\n", "f:1: a key stands before the first [section]"},
};

START_TEST(what_a_table_does_not_know_is_refused)
{
	struct box box;
	struct error e = {0};

	ck_assert_int_eq(read_box(&box, wrong[_i].bytes, &e), -1);
	ck_assert_msg(strncmp(e.text, wrong[_i].message, strlen(wrong[_i].message)) == 0, "%s", e.text);
	free(box.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ini");
	TCase *cases = tcase_create("ini");

	tcase_add_loop_test(cases, good_text_is_given_line_by_line, 0, sizeof fine / sizeof *fine);
	tcase_add_loop_test(cases, bad_text_is_refused_with_its_line, 0, sizeof bad / sizeof *bad);
	tcase_add_test(cases, long_lines_are_whole_and_too_long_ones_refused);
	tcase_add_test(cases, nul_bytes_and_huge_files_are_refused);
	tcase_add_test(cases, words_for_yes_and_no_are_known);
	tcase_add_test(cases, a_table_fills_its_target);
	tcase_add_loop_test(cases, what_a_table_does_not_know_is_refused, 0, sizeof wrong / sizeof *wrong);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
