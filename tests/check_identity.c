#include <string.h>

#include "base/cleanup.h"
#include "puller/identity.h"

#include "tests/suite.h"

#define LONG_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *pattern, *shown;
	const char *serial; /* NULL: none is found */
} cases[] = {
	{"SN=%s;", "220 pump SN=A-1_2.3; ready", "A-1_2.3"},
	{"SN=%s;", "220 pump SN=A-1", NULL},	   /* cut short */
	{"SN=%s;", "220 pump SN=A 1;", NULL},	   /* no serial has a space */
	{"SN=%s;", "220 pump SN=;", NULL},
	{"SN=%s;", "SN=?; SN=B-2;", "B-2"},	   /* the first that is one */
	{"SN=%s;", "SN=A-1; SN=B-2;", "A-1"},
	{"SN=%s;", "sn=A-1;", NULL},
	{"SN=%s;", "SN=SN=A-1;", "A-1"},
	{"SN=%s;", "", NULL},
	{"SN=%s", "SN=A-1 ready", "A-1"},
	{"SN=%s", "SN=A-1", "A-1"},
	{"SN=%s", "SN=", NULL},
	{"SN=%s-END", "SN=A-1-END", "A-1"},	   /* ends where what follows begins */
	{"SN=%s-", "SN=A-1-", "A"},
	{"%s", "A-1", "A-1"},
	{"%s", "(A-1)", "A-1"},
	{"%s;", "x=1 A-1;", "A-1"},
	{"%s;", "xA 1-A;", "1-A"},
	{"serial=%s\n", "model=x\nserial=77\n", "77"},
	{"SN=%s;", "SN=" LONG_63 ";", LONG_63},
	{"SN=%s;", "SN=" LONG_63 "a;", NULL},	   /* too long for a serial */
	{"%s;", LONG_63 "a;", NULL},
	{"%s", LONG_63 "a", NULL},
	{"SN=", "SN=A-1", NULL},		   /* no place for a serial */
	{"SN=%s;", "SN=\xC3\xA4;", NULL},
};

START_TEST(a_serial_is_found_where_the_pattern_has_it)
{
	size_t length = strlen(cases[_i].shown);
	/* On the heap at its very length, so that a read past the end is seen. */
	CLEANUP(cleanup_free) char *shown = malloc(length ? length : 1);
	char serial[IDENTITY_SERIAL_SIZE] = "untouched";

	memcpy(shown, cases[_i].shown, length);
	bool found = identity_find(serial, cases[_i].pattern, shown, length);
	ck_assert_str_eq(serial, cases[_i].serial ? cases[_i].serial : "untouched");
	ck_assert(found == (cases[_i].serial != NULL));
}
END_TEST

START_TEST(a_file_may_have_any_bytes)
{
	static const char shown[] = "\0\0SN=A\0SN=B-2;";
	char serial[IDENTITY_SERIAL_SIZE];

	ck_assert(identity_find(serial, "SN=%s;", shown, sizeof shown - 1));
	ck_assert_str_eq(serial, "B-2");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("identity");
	TCase *serials = tcase_create("serials");

	tcase_add_loop_test(serials, a_serial_is_found_where_the_pattern_has_it, 0,
			    (int)(sizeof cases / sizeof *cases));
	tcase_add_test(serials, a_file_may_have_any_bytes);
	suite_add_tcase(suite, serials);
	return suite_run(suite);
}
