#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/number.h"
#include "base/text.h"
#include "base/time.h"

#include "suite.h"

START_TEST(error_keeps_its_code_and_gains_context)
{
	struct error e = {0};

	ck_assert_int_eq(error_set(&e, ERROR_DATA, "line %d: bad size", 7), -1);
	ck_assert_int_eq(error_prefix(&e, "%s", "list.txt"), -1);
	ck_assert_str_eq(e.text, "list.txt: line 7: bad size");
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_int_eq(error_set(NULL, ERROR_DATA, "nobody listens"), -1);
}
END_TEST

START_TEST(error_text_is_cut_between_characters)
{
	struct error e;
	char long_text[sizeof e.text + 8];

	/* One odd byte first, so that a two-byte character straddles the end. */
	long_text[0] = 'x';
	for (size_t i = 1; i + 1 < sizeof long_text; i += 2)
		memcpy(long_text + i, "\xC3\xA4", 2);
	long_text[sizeof long_text - 1] = '\0';
	error_set(&e, ERROR_DATA, "%s", long_text);
	size_t length = strlen(e.text);
	ck_assert_uint_ge(length, sizeof e.text - 3);
	ck_assert_int_eq((unsigned char)e.text[length - 1], 0xA4);
}
END_TEST

START_TEST(text_grows_and_is_taken)
{
	struct text text;

	text_init(&text);
	for (int i = 0; i < 1000; i++)
		text_addf(&text, "%d,", i);
	ck_assert_uint_eq(text.length, 10 * 2 + 90 * 3 + 900 * 4);
	text_cut(&text, 4);
	char *string = text_take(&text);
	ck_assert_str_eq(string, "0,1,");
	ck_assert_ptr_null(text.data);
	free(string);
	string = text_take(&text);
	ck_assert_str_eq(string, "");
	free(string);
}
END_TEST

START_TEST(copies_are_cut_between_characters)
{
	char copy[4];

	text_copy(copy, sizeof copy, "abc");
	ck_assert_str_eq(copy, "abc");
	text_copy(copy, sizeof copy, "ab\xC3\xA4");
	ck_assert_str_eq(copy, "ab");
	text_copy(copy, sizeof copy, "a\xC3\xA4" "b");
	ck_assert_str_eq(copy, "a\xC3\xA4");
}
END_TEST

START_TEST(array_grows_at_powers_of_two)
{
	int *numbers = NULL;
	size_t count = 0;

	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(ARRAY_APPEND(numbers, count, i), 0);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(numbers[i], i);
	free(numbers);
}
END_TEST

START_TEST(hex_goes_both_ways)
{
	const uint8_t bytes[] = {0x00, 0x1F, 0xFF};
	uint8_t back[3];
	char digits[7];

	hex_write(digits, bytes, sizeof bytes);
	ck_assert_str_eq(digits, "001fff");
	ck_assert_int_eq(hex_parse(back, 3, "001FfF", 6), 0);
	ck_assert_mem_eq(back, bytes, 3);
	ck_assert_int_eq(hex_parse(back, 3, "001ff", 5), -EINVAL);
	ck_assert_int_eq(hex_parse(back, 3, "001ffg", 6), -EINVAL);
}
END_TEST

static const struct {
	enum escape_set set;
	const char *raw;
	const char *escaped;
} escapes[] = {
	{ESCAPE_PATH, "HEAD_F~1", "HEAD_F~1"},
	{ESCAPE_PATH, "100%", "100%25"},
	{ESCAPE_PATH, "a\nb\x1B[31m\x7F", "a%0Ab%1B[31m%7F"},
	{ESCAPE_PATH, "caf\xC3\xA9", "caf\xC3\xA9"},
	{ESCAPE_PATH, "\xFF\xFE", "%FF%FE"},
	{ESCAPE_PATH, "\xC0\xAF", "%C0%AF"},		 /* over-long "/" */
	{ESCAPE_PATH, "\xED\xA0\x80", "%ED%A0%80"},	 /* surrogate */
	{ESCAPE_PATH, "\xF4\x90\x80\x80", "%F4%90%80%80"}, /* past U+10FFFF */
	{ESCAPE_PATH, "\xE2\x80\xAE", "\xE2\x80\xAE"},
	{ESCAPE_DISPLAY, "\xE2\x80\xAE", "%E2%80%AE"},
	{ESCAPE_DISPLAY, "\xE2\x80\xA8", "%E2%80%A8"},
	{ESCAPE_DISPLAY, "\xC2\x85", "%C2%85"},
	{ESCAPE_DISPLAY, "\xE2\x82", "%E2%82"},
	{ESCAPE_DISPLAY, "\xF0\x9F\x92\x89", "\xF0\x9F\x92\x89"},
};

START_TEST(escaped_strings_come_back)
{
	char *escaped = escape_string(escapes[_i].set, escapes[_i].raw);
	char *back = NULL;

	ck_assert_str_eq(escaped, escapes[_i].escaped);
	ck_assert_int_eq(escape_parse(&back, escaped, strlen(escaped)), 0);
	ck_assert_str_eq(back, escapes[_i].raw);
	free(escaped);
	free(back);
}
END_TEST

START_TEST(bad_escapes_are_refused)
{
	static const char *const bad[] = {"%", "%4", "%zz", "a%00b", "x%0"};
	char *back = NULL;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(escape_parse(&back, bad[i], strlen(bad[i])), -EINVAL);
	ck_assert_int_eq(escape_parse(&back, "a\0b", 3), -EINVAL);
}
END_TEST

static const struct {
	const char *string;
	int64_t at;
	const char *written;
} times[] = {
	{"1970-01-01", 0, "1970-01-01T00:00:00Z"},
	{"2026-11-22T01:00:00Z", INT64_C(1795309200) * TIME_SECOND, "2026-11-22T01:00:00Z"},
	{"2026-11-22T02:00:00+01:00", INT64_C(1795309200) * TIME_SECOND, "2026-11-22T01:00:00Z"},
	{"2026-11-22 01:00:00.250Z", INT64_C(1795309200) * TIME_SECOND + 250000, "2026-11-22T01:00:00Z"},
	{"2024-02-29", INT64_C(1709164800) * TIME_SECOND, "2024-02-29T00:00:00Z"},
	{"never", TIME_NEVER, "never"},
};

START_TEST(times_are_read_and_written)
{
	char text[TIME_TEXT_SIZE];
	int64_t at = -1;

	ck_assert_int_eq(time_parse(&at, times[_i].string), 0);
	ck_assert_int_eq(at, times[_i].at);
	time_write(text, at);
	ck_assert_str_eq(text, times[_i].written);
}
END_TEST

START_TEST(bad_times_are_refused)
{
	static const char *const bad[] = {
		"", "2026", "2026-13-01", "2026-02-29", "2026-11-22T", "2026-11-22T25:00:00Z",
		"2026-11-22T01:00:00", "2026-11-22T01:00:00+1:00", "2026-11-22T01:00:00.Z",
		"2026-11-22T01:00:00Zx", "1969-12-31", "Never", "2026-11-22T01:00:61Z",
	};
	int64_t at = 42;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(time_parse(&at, bad[i]) == -EINVAL, "%s", bad[i]);
	ck_assert_int_eq(at, 42);
}
END_TEST

START_TEST(numbers_keep_their_bounds)
{
	uint64_t value = 0;
	int64_t duration = 0;

	ck_assert_int_eq(number_parse(&value, "256", 1, 256), 0);
	ck_assert_uint_eq(value, 256);
	ck_assert_int_eq(number_parse(&value, "257", 1, 256), -ERANGE);
	ck_assert_int_eq(number_parse(&value, "99999999999999999999", 0, UINT64_MAX), -ERANGE);
	ck_assert_int_eq(number_parse(&value, "-1", 0, 10), -EINVAL);
	ck_assert_int_eq(number_parse(&value, "", 0, 10), -EINVAL);
	ck_assert_int_eq(number_parse_bytes(&value, "64 KiB"), 0);
	ck_assert_uint_eq(value, 65536);
	ck_assert_int_eq(number_parse_bytes(&value, "44KB"), 0);
	ck_assert_uint_eq(value, 44000);
	ck_assert_int_eq(number_parse_bytes(&value, "1 parsec"), -EINVAL);
	ck_assert_int_eq(number_parse_bytes(&value, "99999999999999999 GB"), -ERANGE);
	ck_assert_int_eq(number_parse_duration(&duration, "6h"), 0);
	ck_assert_int_eq(duration, 6 * TIME_HOUR);
	ck_assert_int_eq(number_parse_duration(&duration, "6"), -EINVAL);
	ck_assert_int_eq(number_parse_duration(&duration, "6hh"), -EINVAL);
	ck_assert_int_eq(number_parse_duration(&duration, "99999w"), -ERANGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base");
	TCase *cases = tcase_create("base");

	tcase_add_test(cases, error_keeps_its_code_and_gains_context);
	tcase_add_test(cases, error_text_is_cut_between_characters);
	tcase_add_test(cases, text_grows_and_is_taken);
	tcase_add_test(cases, copies_are_cut_between_characters);
	tcase_add_test(cases, array_grows_at_powers_of_two);
	tcase_add_test(cases, hex_goes_both_ways);
	tcase_add_loop_test(cases, escaped_strings_come_back, 0, sizeof escapes / sizeof *escapes);
	tcase_add_test(cases, bad_escapes_are_refused);
	tcase_add_loop_test(cases, times_are_read_and_written, 0, sizeof times / sizeof *times);
	tcase_add_test(cases, bad_times_are_refused);
	tcase_add_test(cases, numbers_keep_their_bounds);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
