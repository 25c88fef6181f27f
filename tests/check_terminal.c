#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "suite.h"

/* The clock is ours. */
int64_t cli_now(const struct cli *cli)
{
	(void)cli;
	return TIME_SECOND;
}

static const struct cli_column fleet[] = {
	{.heading = "ASSET"},
	{.heading = "DEPARTMENT", .fit = CLI_CUT, .least = 12},
	{.heading = "FILE", .fit = CLI_CUT_MIDDLE, .least = 10},
	{.heading = "WHY", .fit = CLI_WRAP, .least = 10, .drop = 1},
	{.heading = "N", .right = true},
};

/* U+202E, which turns the text behind it round. */
static const char turned[] = {(char)0xe2, (char)0x80, (char)0xae, 'e', 'v', 'i', 'l', '\0'};

static const char *const rows[][5] = {
	{"PUMP-1", "Intensive care, north wing", "firmware/HEAD_F~1.bin", "two words and then some more", "7"},
	{"PUMP-22", "集中治療室 北棟 三階", "drug-library/e\xcc\x81t\xc3\xa9.bin", "", "12345"},
	{"P", "\033[31mred\033[0m", turned, "line\nbreak", NULL},
};

static void fill(struct cli_table *table)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cli_table_add(table, rows[i]);
}

static char *written(unsigned width, bool color)
{
	CLEANUP(cli_table_clear) struct cli_table table = CLI_TABLE(fleet);
	struct text text;

	fill(&table);
	cli_table_mark(&table, 0, CLI_BAD);
	text_init(&text);
	cli_table_write(&text, &table, width, color);
	return text_take(&text);
}

static size_t widest_line(char *text)
{
	size_t widest = 0;

	for (char *rest = NULL, *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		ck_assert_msg(line[strlen(line) - 1] != ' ', "\"%s\" ends in a blank", line);
		if (cli_width(line) > widest)
			widest = cli_width(line);
	}
	return widest;
}

START_TEST(no_line_is_wider_than_the_terminal)
{
	for (unsigned width = 32; width <= 140; width++) {
		CLEANUP(cleanup_free) char *text = written(width, false);
		size_t widest = widest_line(text);
		ck_assert_msg(widest <= width, "%zu columns on a terminal of %u", widest, width);
	}
}
END_TEST

START_TEST(columns_begin_at_one_place_with_wide_and_combining_characters)
{
	CLEANUP(cleanup_free) char *text = written(0, false);
	char *rest = NULL;
	const char *first = strtok_r(text, "\n", &rest);
	size_t file = cli_width(first) - cli_width(strstr(first, "FILE"));
	char *one = strtok_r(NULL, "\n", &rest), *two = strtok_r(NULL, "\n", &rest);

	ck_assert_uint_eq(cli_width(one) - cli_width(strstr(one, "firmware")), file);
	ck_assert_uint_eq(cli_width(two) - cli_width(strstr(two, "drug")), file);
	ck_assert_uint_eq(cli_width(one), cli_width(two)); /* the numbers end at one place */
}
END_TEST

START_TEST(elsewhere_than_on_a_terminal_nothing_is_cut)
{
	CLEANUP(cleanup_free) char *text = written(0, false);

	ck_assert_ptr_nonnull(strstr(text, "Intensive care, north wing"));
	ck_assert_ptr_nonnull(strstr(text, "firmware/HEAD_F~1.bin"));
	ck_assert_ptr_nonnull(strstr(text, "two words and then some more"));
	ck_assert_ptr_null(strstr(text, "…"));
}
END_TEST

START_TEST(what_a_device_sent_stays_escaped_at_any_width)
{
	for (unsigned width = 0; width <= 120; width += 10) {
		CLEANUP(cleanup_free) char *text = written(width, false);
		ck_assert_ptr_null(strchr(text, '\033'));
		ck_assert_ptr_null(strstr(text, turned));
	}
}
END_TEST

START_TEST(a_colour_stands_around_its_cell_and_only_when_asked_for)
{
	CLEANUP(cleanup_free) char *text = written(100, true);
	CLEANUP(cleanup_free) char *plain = written(100, false);

	ck_assert_ptr_nonnull(strstr(text, "\033[1;31mP\033[0m"));
	ck_assert_ptr_null(strchr(plain, '\033'));
}
END_TEST

START_TEST(a_path_keeps_both_ends_and_words_are_wrapped)
{
	CLEANUP(cleanup_free) char *text = written(62, false);

	ck_assert_ptr_nonnull(strstr(text, "fir"));
	ck_assert_ptr_nonnull(strstr(text, ".bin"));
	ck_assert_ptr_nonnull(strstr(text, "…"));
	ck_assert_ptr_nonnull(strstr(text, "some more\n"));
}
END_TEST

START_TEST(a_column_that_may_go_goes_before_the_others_are_no_use)
{
	CLEANUP(cleanup_free) char *text = written(45, false);

	ck_assert_ptr_null(strstr(text, "WHY"));
	ck_assert_ptr_nonnull(strstr(text, "DEPARTMENT"));
}
END_TEST

START_TEST(a_terminal_too_narrow_for_columns_gets_a_line_for_each_cell)
{
	CLEANUP(cleanup_free) char *text = written(30, false);

	ck_assert_ptr_nonnull(strstr(text, "ASSET       PUMP-1\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n\nASSET       PUMP-22\n"));
}
END_TEST

START_TEST(words_are_broken_between_words_and_a_long_one_is_left_whole)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	cli_wrap(&text, "one two three 0123456789012345678901234567890123456789 end", 4, 30);
	ck_assert_str_eq(text.data, "one two three\n    0123456789012345678901234567890123456789\n    end");
}
END_TEST

static const struct {
	struct cli_bar bar;
	const char *text;
} bars[] = {
	{{.done = 0, .total = 50, .unit = "devices", .width = 80}, "[........................] 0 of 50 devices"},
	{{.done = 25, .total = 50, .unit = "devices", .elapsed = 5 * TIME_SECOND, .width = 80},
	 "[############............] 25 of 50 devices, 5 s left, 5.0/s"},
	{{.done = 25, .total = 50, .unit = "devices", .elapsed = 5 * TIME_SECOND, .remark = "8 running, 1.2 MB",
	  .width = 90},
	 "[############............] 25 of 50 devices, 5 s left, 5.0/s, 8 running, 1.2 MB"},
	{{.done = 25, .total = 50, .unit = "devices", .elapsed = 5 * TIME_SECOND, .remark = "8 running, 1.2 MB",
	  .width = 44}, "[#######.......] 25 of 50 devices, 5 s left"},
	{{.done = 25, .total = 50, .unit = "devices", .elapsed = 5 * TIME_SECOND, .width = 20}, "25 of 50 devices"},
	{{.done = 25, .total = 50, .unit = "devices", .width = 10}, "25 of 50 "},
	{{.done = 50, .total = 50, .unit = "devices", .elapsed = 5 * TIME_SECOND, .width = 80},
	 "[########################] 50 of 50 devices, 10.0/s"},
	{{.done = 60, .total = 50, .unit = "devices", .elapsed = 5 * TIME_SECOND, .width = 80},
	 "[########################] 60 of 50 devices, 12.0/s"},
	{{.done = 3, .unit = "rows", .elapsed = 2 * TIME_SECOND, .width = 80}, "3 rows, 1.5/s"},
	{{.done = 0, .unit = "rows", .width = 80}, "0 rows"},
	{{.done = 1, .total = 10000, .unit = "rows", .elapsed = 3 * TIME_SECOND},
	 "1 of 10000 rows, 8 h 19 min left, 0.3/s"},
	{{.done = 1, .total = 100, .unit = "rows", .elapsed = 3 * TIME_SECOND}, "1 of 100 rows, 5 min left, 0.3/s"},
	{{.done = 1500000, .total = 30000000, .unit = "bytes", .elapsed = 3 * TIME_SECOND},
	 "1.5 of 30.0 MB, 57 s left, 0.5 MB/s"},
	{{.done = UINT64_MAX, .total = UINT64_MAX, .unit = "rows", .elapsed = 1, .width = 40},
	 "18446744073709551615 of 1844674407370955"},
	{{.done = 1, .total = UINT64_MAX, .unit = "rows", .elapsed = INT64_MAX, .width = 200},
	 "[........................] 1 of 18446744073709551615 rows, 0.00/s"},
};

START_TEST(a_bar_says_what_its_numbers_are)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	cli_bar_write(&text, &bars[_i].bar);
	if (bars[_i].bar.width == 40)
		ck_assert_uint_lt(text.length, 40);
	else
		ck_assert_str_eq(text.data, bars[_i].text);
}
END_TEST

START_TEST(a_bar_never_fills_the_last_column)
{
	for (unsigned width = 1; width < 120; width++) {
		for (uint64_t done = 0; done <= 1000; done += 250) {
			CLEANUP(text_clear) struct text text;
			const struct cli_bar bar = {
				.done = done, .total = 1000, .unit = "devices", .remark = "64 running, 123.4 MB",
				.elapsed = 100 * TIME_SECOND, .width = width,
			};
			text_init(&text);
			cli_bar_write(&text, &bar);
			ck_assert_uint_lt(text.length, width);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("terminal");
	TCase *tables = tcase_create("tables");
	TCase *progress = tcase_create("progress");

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	tcase_add_test(tables, no_line_is_wider_than_the_terminal);
	tcase_add_test(tables, columns_begin_at_one_place_with_wide_and_combining_characters);
	tcase_add_test(tables, elsewhere_than_on_a_terminal_nothing_is_cut);
	tcase_add_test(tables, what_a_device_sent_stays_escaped_at_any_width);
	tcase_add_test(tables, a_colour_stands_around_its_cell_and_only_when_asked_for);
	tcase_add_test(tables, a_path_keeps_both_ends_and_words_are_wrapped);
	tcase_add_test(tables, a_column_that_may_go_goes_before_the_others_are_no_use);
	tcase_add_test(tables, a_terminal_too_narrow_for_columns_gets_a_line_for_each_cell);
	tcase_add_test(tables, words_are_broken_between_words_and_a_long_one_is_left_whole);
	tcase_add_loop_test(progress, a_bar_says_what_its_numbers_are, 0, sizeof bars / sizeof *bars);
	tcase_add_test(progress, a_bar_never_fills_the_last_column);
	suite_add_tcase(suite, tables);
	suite_add_tcase(suite, progress);
	return suite_run(suite);
}
