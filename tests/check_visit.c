#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "visit/visit.h"

#include "suite.h"

START_TEST(every_outcome_has_its_own_words)
{
	for (int i = 0; i < VISIT_OUTCOME_COUNT; i++) {
		enum visit_outcome back = VISIT_OUTCOME_COUNT;
		ck_assert_ptr_nonnull(visit_outcome_name((enum visit_outcome)i));
		ck_assert_int_gt((int)strlen(visit_outcome_advice((enum visit_outcome)i)), 5);
		ck_assert_int_eq(visit_outcome_parse(&back, visit_outcome_name((enum visit_outcome)i)), 0);
		ck_assert_int_eq((int)back, i);
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(visit_outcome_text((enum visit_outcome)i),
					 visit_outcome_text((enum visit_outcome)k));
	}
}
END_TEST

START_TEST(names_of_kinds_and_schemes_come_back)
{
	for (int i = 0; i < VISIT_KIND_COUNT; i++) {
		enum visit_kind kind = VISIT_KIND_COUNT;
		ck_assert_int_eq(visit_kind_parse(&kind, visit_kind_name((enum visit_kind)i)), 0);
		ck_assert_int_eq((int)kind, i);
	}
	for (int i = 0; i < VISIT_SCHEME_COUNT; i++) {
		enum visit_scheme scheme = VISIT_SCHEME_COUNT;
		ck_assert_int_eq(visit_scheme_parse(&scheme, visit_scheme_name((enum visit_scheme)i)), 0);
		ck_assert_int_eq((int)scheme, i);
	}
	enum visit_kind kind;
	ck_assert_int_eq(visit_kind_parse(&kind, "Firmware"), -EINVAL);
}
END_TEST

static const struct {
	const char *pattern;
	const char *path;
	bool matches;
} patterns[] = {
	{"CONFIG.XML", "CONFIG.XML", true},
	{"CONFIG.XML", "config.xml", false},
	{"*.XML", "CONFIG.XML", true},
	{"*.XML", "a/CONFIG.XML", false},
	{"**", "a/b/c", true},
	{"**", "x", true},
	{"**/*.bin", "x.bin", true},
	{"**/*.bin", "a/b/x.bin", true},
	{"**/*.bin", "a/b/xbin", false},
	{"lib/**", "lib/a/b", true},
	{"lib/**", "lib", false},
	{"lib/**/x", "lib/x", true},
	{"lib/**/x", "lib/a/b/x", true},
	{"lib/**/x", "lib/ax", false},
	{"HEAD_?~1", "HEAD_F~1", true},
	{"HEAD_?~1", "HEAD_/~1", false},
	{"HEAD_[A-F]~1", "HEAD_C~1", true},
	{"HEAD_[!A-F]~1", "HEAD_C~1", false},
	{"HEAD_[]x]~1", "HEAD_]~1", true},
	{"a[b", "a[b", true},
	{"a[/]b", "a/b", false},
	{"*a*b*c*", "xxaxxbxxcxx", true},
	{"*a*b*c*", "xxcxxbxxaxx", false},
	{"a/*/c", "a/b/c", true},
	{"a/*/c", "a/b/b/c", false},
	{"", "", true},
	{"", "a", false},
	{"*", "", true},
};

START_TEST(patterns_match_as_documented)
{
	ck_assert_msg(visit_pattern_matches(patterns[_i].pattern, patterns[_i].path) ==
			      patterns[_i].matches,
		      "%s on %s", patterns[_i].pattern, patterns[_i].path);
}
END_TEST

START_TEST(many_stars_end_in_bounded_time)
{
	char path[VISIT_PATH_MAX + 1];
	char pattern[600] = "";

	memset(path, 'a', VISIT_PATH_MAX);
	path[VISIT_PATH_MAX] = '\0';
	for (int i = 0; i < 100; i++)
		strcat(pattern, "**/*a");
	strcat(pattern, "b");
	ck_assert(!visit_pattern_matches(pattern, path));
}
END_TEST

START_TEST(the_first_selector_decides)
{
	const struct visit_selector selectors[] = {
		{.pattern = (char *)"WIFI_LOG", .leave_out = true},
		{.pattern = (char *)"HEAD_*", .kind = VISIT_FIRMWARE},
		{.pattern = (char *)"**", .kind = VISIT_OTHER},
	};

	ck_assert(visit_select(selectors, 3, "WIFI_LOG")->leave_out);
	ck_assert_int_eq(visit_select(selectors, 3, "HEAD_F~1")->kind, VISIT_FIRMWARE);
	ck_assert_int_eq(visit_select(selectors, 3, "a/b")->kind, VISIT_OTHER);
	ck_assert_ptr_null(visit_select(selectors, 2, "a/b"));
}
END_TEST

START_TEST(unsafe_paths_are_told)
{
	static const char *const unsafe[] = {"", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\nb", "a\rb"};
	char long_path[VISIT_PATH_MAX + 2];

	for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
		ck_assert_msg(!visit_path_is_safe(unsafe[i]), "%s", unsafe[i]);
	memset(long_path, 'a', sizeof long_path - 1);
	long_path[sizeof long_path - 1] = '\0';
	ck_assert(!visit_path_is_safe(long_path));
	long_path[VISIT_PATH_MAX] = '\0';
	ck_assert(visit_path_is_safe(long_path));
	ck_assert(visit_path_is_safe("a/.b/..c/ d "));
	ck_assert(visit_path_is_safe("\xFF\x01"));
}
END_TEST

static const struct {
	const char *url;
	const char *host; /* NULL: refused */
	int port;
	const char *root;
	const char *written;
} addresses[] = {
	{"ftp://192.0.2.7", "192.0.2.7", 21, "/", "ftp://192.0.2.7/"},
	{"ftp://192.0.2.7:2121/data/", "192.0.2.7", 2121, "/data", "ftp://192.0.2.7:2121/data"},
	{"sftp://[2001:db8::7]:2022/a%20b", "2001:db8::7", 2022, "/a b", "sftp://[2001:db8::7]:2022/a b"},
	{"ftps://pump-1.example", "pump-1.example", 990, "/", "ftps://pump-1.example/"},
	{"https://pump.example/x%23y", "pump.example", 443, "/x#y", "https://pump.example/x%23y"},
	{"file:///srv/bench", "", 0, "/srv/bench", "file:///srv/bench"},
	{"file://srv/bench", NULL, 0, NULL, NULL},
	{"gopher://x", NULL, 0, NULL, NULL},
	{"FTP://x", NULL, 0, NULL, NULL},
	{"ftp://", NULL, 0, NULL, NULL},
	{"ftp://user:secret@host/", NULL, 0, NULL, NULL},
	{"ftp://host:0/", NULL, 0, NULL, NULL},
	{"ftp://host:65536/", NULL, 0, NULL, NULL},
	{"ftp://host:21x/", NULL, 0, NULL, NULL},
	{"ftp://ho st/", NULL, 0, NULL, NULL},
	{"ftp://-oProxyCommand/", NULL, 0, NULL, NULL},
	{"ftp://[::1/", NULL, 0, NULL, NULL},
	{"ftp://[::1]x/", NULL, 0, NULL, NULL},
	{"ftp://[host]/", NULL, 0, NULL, NULL},
	{"ftp://host/a/../b", NULL, 0, NULL, NULL},
	{"ftp://host/a%0Ab", NULL, 0, NULL, NULL},
	{"ftp://host/a%00b", NULL, 0, NULL, NULL},
	{"ftp://host/a?b", NULL, 0, NULL, NULL},
	{"ftp://host/a#b", NULL, 0, NULL, NULL},
};

START_TEST(links_are_read_strictly)
{
	struct visit_address address = {0};
	struct error e = {0};
	struct text text;
	int r = visit_address_parse(&address, addresses[_i].url, &e);

	if (!addresses[_i].host) {
		ck_assert_msg(r == -1 && e.code == ERROR_DATA, "%s", addresses[_i].url);
		ck_assert_ptr_null(strstr(e.text, "secret"));
		return;
	}
	ck_assert_msg(r == 0, "%s: %s", addresses[_i].url, e.text);
	ck_assert_str_eq(address.host ? address.host : "", addresses[_i].host);
	ck_assert_int_eq(address.port, addresses[_i].port);
	ck_assert_str_eq(address.root, addresses[_i].root);
	text_init(&text);
	visit_address_write(&text, &address);
	ck_assert_str_eq(text.data, addresses[_i].written);
	text_clear(&text);
	visit_address_clear(&address);
}
END_TEST

START_TEST(the_longest_grade_fits)
{
	char text[VISIT_GRADE_TEXT_SIZE];
	struct visit_grade grade = {.encrypted = true, .authenticated = true, .weak = true};

	visit_grade_write(text, &grade);
	ck_assert_str_eq(text, "authenticated, encrypted, not identified, weak");
	visit_grade_write(text, &(struct visit_grade){.identified = true});
	ck_assert_str_eq(text, "plain, identified");
}
END_TEST

START_TEST(observations_are_sorted_and_found)
{
	struct visit_report report = {0};
	static const char *const paths[] = {"b", "a/b", "a", "\xFFz"};

	report.observations = calloc(4, sizeof *report.observations);
	for (size_t i = 0; i < 4; i++)
		report.observations[report.observation_count++].path = strdup(paths[i]);
	visit_report_sort(&report);
	ck_assert_str_eq(report.observations[0].path, "a");
	ck_assert_str_eq(report.observations[3].path, "\xFFz");
	ck_assert_ptr_eq(visit_report_find(&report, "a/b"), &report.observations[1]);
	ck_assert_ptr_null(visit_report_find(&report, "c"));
	visit_report_clear(&report);
	ck_assert_ptr_null(visit_report_find(&report, "a"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("visit");
	TCase *cases = tcase_create("visit");

	tcase_add_test(cases, every_outcome_has_its_own_words);
	tcase_add_test(cases, names_of_kinds_and_schemes_come_back);
	tcase_add_loop_test(cases, patterns_match_as_documented, 0, sizeof patterns / sizeof *patterns);
	tcase_add_test(cases, many_stars_end_in_bounded_time);
	tcase_add_test(cases, the_first_selector_decides);
	tcase_add_test(cases, unsafe_paths_are_told);
	tcase_add_loop_test(cases, links_are_read_strictly, 0, sizeof addresses / sizeof *addresses);
	tcase_add_test(cases, the_longest_grade_fits);
	tcase_add_test(cases, observations_are_sorted_and_found);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
