#include <check.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "report/html.h"

#include "suite.h"

static const struct {
	const char *string, *html;
} hostile[] = {
	{NULL, ""},
	{"", ""},
	{"CONFIG.XML", "CONFIG.XML"},
	{"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
	{"\" onload='x' \"", "&quot; onload=&#39;x&#39; &quot;"},
	{"a&amp;b", "a&amp;amp;b"},
	{"100%", "100%25"},
	{"line\nbreak\x1b[2J", "line%0Abreak%1B[2J"},
	{"\xff\xfe", "%FF%FE"},
	{"a\xe2\x80\xae.b\xe2\x80\xac", "a%E2%80%AE.b%E2%80%AC"},
	{"pömpe", "pömpe"},
};

START_TEST(strings_of_others_stay_text)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	html_add_text(&text, hostile[_i].string);
	ck_assert_str_eq(text.data ? text.data : "", hostile[_i].html);
}
END_TEST

START_TEST(words_that_were_escaped_are_not_escaped_again)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	html_add_words(&text, "a%0Ab <c>");
	html_add_words(&text, NULL);
	ck_assert_str_eq(text.data, "a%0Ab &lt;c&gt;");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report/html");
	TCase *html = tcase_create("html");

	tcase_add_loop_test(html, strings_of_others_stay_text, 0, sizeof hostile / sizeof *hostile);
	tcase_add_test(html, words_that_were_escaped_are_not_escaped_again);
	suite_add_tcase(suite, html);
	return suite_run(suite);
}
