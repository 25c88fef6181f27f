/* allowed_signers as ssh-keygen reads it: every row is asked of both. */
#include <stdlib.h>

#include "base/cleanup.h"

#include "suite.h"
#include "tests/trust_rows.h"

static struct server place;

static void set_up(void)
{
	rows_make(&place);
}

static void tear_down(void)
{
	server_stop(&place);
}

static const struct row forms[] = {
	GOOD("names and a key", "alice <ed>\n"),
	GOOD("no newline at the end", "alice <ed>"),
	GOOD("a comment behind the key", "alice <ed> alice's key, \"of 2026\n"),
	GOOD("comments and empty lines", "# alice\n\n   \n\t# \"\n#alice <ed2>\nalice <ed>\n"),
	GOOD("blanks in front and between", " \t alice \t  <ed>\n"),
	GOOD("CRLF and no comment", "alice <ed>\r\n"),
	GOOD("CRLF and a comment", "# a\r\n\r\nalice <ed> a\r\n"),
	GOOD("a carriage return behind the names", "alice\r<ed>\n"),
	GOOD("white space in lines without names", "\r\n \t\r\n\t\nalice <ed>\n"),
	GOOD("white space of the odd sort within the key's end", "alice <ed>\f\v\r\n"),
	GOOD("names in quotes", "\"alice\" <ed>\n"),
	GOOD("nothing between a quote and the key", "\"alice\"<ed>\n"),
	GOOD("a quote within the names", "al\"ice\" <ed>\n"),
	GOOD("blanks within quotes", "\"alice b\" <ed>\n", .principal = "alice b"),
	GOOD("a list of names", "bob,alice,carol <ed>\n"),
	GOOD("a comma behind the names", "alice, <ed>\n"),
	GOOD("two commas between names", "bob,,alice <ed>\n"),
	GOOD("a pattern for all", "* <ed>\n"),
	GOOD("a pattern with both signs", "?l*c? <ed>\n"),
	GOOD("asterisks in a row", "alice** <ed>\n"),
	GOOD("a pattern, and not this one", "*,!bob <ed>\n"),
	GOOD("another line before has another key", "alice <ed2>\nalice <ed>\n"),
	GOOD("the same line twice", "alice <ed>\nalice <ed>\n"),
	GOOD("one line has expired, the next has not",
	     "alice valid-before=\"20200101Z\" <ed>\nalice <ed>\n"),

	BAD("an empty file", "", "the key is not in allowed_signers"),
	BAD("comments only", "# alice <ed>\n", "the key is not in allowed_signers"),
	BAD("another name", "bob <ed>\n", "the key is not in allowed_signers"),
	BAD("a name in other letters", "Alice <ed>\n", "the key is not in allowed_signers"),
	BAD("a name that goes on", "alice.b <ed>\n", "the key is not in allowed_signers"),
	BAD("a pattern of another length", "alice? <ed>\n", "the key is not in allowed_signers"),
	BAD("a pattern, but not this one", "*,!alice <ed>\n", "the key is not in allowed_signers"),
	BAD("not this one, then a pattern", "!al*,* <ed>\n", "the key is not in allowed_signers"),
	BAD("a name of \"alice b\" without quotes", "alice b <ed>\n",
	     "\"b\" is neither an option nor a type of key", .principal = "alice b"),
	BAD("names without their closing quote", "\"alice <ed>\n",
	     "signers:1: the names lack their closing quote"),
	BAD("names only", "alice\n", "there is no key behind the names"),
	BAD("names only, at the end", "alice", "there is no key behind the names"),
	BAD("a key without names", "<ed>\n", "is neither an option nor a type of key",
	     .principal = "ssh-ed25519"),
	BAD("a carriage return at the front", "\ralice <ed>\n", "the line names nobody"),
	BAD("another key", "alice <ed2>\n", "the key is not in allowed_signers"),
	BAD("names that are none", "\"\" <ed>\n", "the line names nobody", .principal = ""),
	BAD("names that leave nobody", "alice,!alice <ed>\n", "the line names nobody"),
	BAD("only who is not meant", "!bob <ed>\n", "the line names nobody"),
	BAD("a byte order mark in front of the name", "\xEF\xBB\xBF" "alice <ed>\n",
	     "begins with a byte order mark"),

	STRICTER("a bad line beside a good one", "alice <ed>\nbob key\n",
	     "signers:2: \"key\" is neither an option", "one bad line refuses the file"),
	STRICTER("nobody beside somebody", "alice <ed>\n!bob <ed2>\n",
	     "signers:2: the line names nobody", "one bad line refuses the file"),
	STRICTER("a byte order mark in front of a comment", "\xEF\xBB\xBF# a\nalice <ed>\n",
	     "begins with a byte order mark", "it would be part of a name"),
	STRICTER("a NUL in a comment", "# \x01\nalice <ed>\n", "signers:1: there is a NUL",
	     "what stands behind it is not seen"),
	STRICTER("a control character in a name", "alice,\x1B[2K <ed>\n",
	     "a control character in the names", "names are shown to people"),
	STRICTER("a line of 16 KiB and more",
	     "alice <ed>\n# <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> "
		 "<rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> <rsa> "
		 "<rsa> <rsa> <rsa> <rsa> <rsa>\n", "signers:2: longer than 16384 bytes",
	     "sizes are bounded"),
	STRICTER("a file of 10 MB", "alice <ed>\n", "signers: larger than 1048576 bytes",
	     "sizes are bounded", .padding = 163840),
	GOOD("a file of just under a MiB", "alice <ed>\n", .padding = 16380),
};

static const struct row options[] = {
	GOOD("the namespace", "alice namespaces=\"pumpwatch-baseline-v1\" <ed>\n"),
	GOOD("a list of namespaces", "alice namespaces=\"file,pumpwatch-*\" <ed>\n"),
	GOOD("blanks within the quotes", "alice namespaces=\"a b,pumpwatch-*\" <ed>\n"),
	GOOD("a quote within the quotes", "alice namespaces=\"a\\\"b,pumpwatch-*\" <ed>\n"),
	GOOD("a backslash before something else", "alice namespaces=\"a\\b,pumpwatch-*\" <ed>\n"),
	GOOD("a pattern of 1022 bytes at most", "alice namespaces=\"*,<rsa:>\" <ed>\n"),
	GOOD("letters of any case",
	     "alice NameSpaces=\"pumpwatch-*\",VALID-AFTER=\"20200101Z\" <ed>\n"),
	GOOD("all of them",
	     "alice valid-before=\"20300101Z\",namespaces=\"*\",valid-after=\"20200101Z\" <ed>\n"),
	GOOD("tabs around them", "alice\tnamespaces=\"*\"\t<ed>\n"),
	GOOD("nothing between a quote and options", "\"alice\"namespaces=\"*\" <ed>\n"),
	GOOD("a comma too many in front", "alice ,namespaces=\"*\" <ed>\n"),
	GOOD("a comma too many between",
	     "alice namespaces=\"*\",,valid-after=\"20200101Z\" <ed>\n"),

	BAD("another namespace", "alice namespaces=\"file\" <ed>\n",
	     "the key is not allowed the namespace"),
	BAD("a namespace in other letters", "alice namespaces=\"PUMPWATCH-baseline-v1\" <ed>\n",
	     "the key is not allowed the namespace"),
	BAD("no namespace at all", "alice namespaces=\"\" <ed>\n",
	     "the key is not allowed the namespace"),
	BAD("all namespaces but this", "alice namespaces=\"*,!pumpwatch-*\" <ed>\n",
	     "the key is not allowed the namespace"),
	BAD("a pattern of more than 1022 bytes", "alice namespaces=\"*,<rsa:><rsa:>\" <ed>\n",
	     "the key is not allowed the namespace"),
	BAD("an option that is not known", "alice no-touch-required <ed>\n",
	     "\"no-touch-required\" is neither an option nor a type of key"),
	BAD("an option that begins like one", "alice namespacesx=\"*\" <ed>\n",
	     "\"namespacesx\" is neither an option"),
	BAD("an option without its value", "alice namespaces <ed>\n",
	     "\"namespaces\" is neither an option"),
	BAD("a value without quotes", "alice namespaces=* <ed>\n",
	     "an option's value must stand in double quotes"),
	BAD("a time without quotes", "alice valid-after=20200101Z <ed>\n",
	     "an option's value must stand in double quotes"),
	BAD("a value without its closing quote", "alice namespaces=\"* <ed>\n",
	     "lacks its closing quote"),
	BAD("a value that ends with a backslash", "alice namespaces=\"*\\\" <ed>\n",
	     "lacks its closing quote"),
	BAD("something behind a value", "alice namespaces=\"*\"x <ed>\n",
	     "\"x\" is neither an option"),
	BAD("namespaces twice", "alice namespaces=\"*\",namespaces=\"*\" <ed>\n",
	     "the option namespaces is given twice"),
	BAD("valid-after twice",
	     "alice valid-after=\"20200101Z\",valid-after=\"20200101Z\" <ed>\n",
	     "the option valid-after is given twice"),
	BAD("valid-before twice",
	     "alice valid-before=\"20300101Z\",valid-before=\"20300101Z\" <ed>\n",
	     "the option valid-before is given twice"),
	BAD("a comma behind the options", "alice namespaces=\"*\", <ed>\n",
	     "the options end with a comma"),
	BAD("a comma alone", "alice , <ed>\n", "the options end with a comma"),
	BAD("a blank within the options",
	     "alice namespaces=\"*\", valid-after=\"20200101Z\" <ed>\n",
	     "the options end with a comma"),
	BAD("options and no key", "alice namespaces=\"*\"\n", "signers:1: "),
	BAD("cert-authority alone", "alice cert-authority <ed>\n",
	     "cert-authority is not accepted"),
	STRICTER("a certificate's authority", "alice cert-authority <ed>\n",
	     "cert-authority is not accepted", "people's keys are listed themselves",
	     .key = "cert"),
	STRICTER("cert-authority beside a good line", "alice <ed>\n* Cert-Authority <ed2>\n",
	     "signers:2: cert-authority is not accepted", "people's keys are listed themselves"),
	STRICTER("an unknown option beside a good line",
	     "alice <ed>\nbob verify-required <ed2>\n",
	     "signers:2: \"verify-required\" is neither", "one bad line refuses the file"),
};

static const struct row times[] = {
	GOOD("valid from a day on", "alice valid-after=\"20261122Z\" <ed>\n"),
	GOOD("valid until a day", "alice valid-before=\"20261123Z\" <ed>\n"),
	GOOD("valid from this minute on", "alice valid-after=\"202611221200Z\" <ed>\n"),
	GOOD("valid from this second on", "alice valid-after=\"20261122120000Z\" <ed>\n"),
	GOOD("valid until this second", "alice valid-before=\"20261122120000Z\" <ed>\n"),
	BAD("from a second after", "alice valid-after=\"20261122120001Z\" <ed>\n",
	     "the key is not valid yet"),
	BAD("until a second before", "alice valid-before=\"20261122115959Z\" <ed>\n",
	     "the key has expired"),
	BAD("until this day's beginning", "alice valid-before=\"20261122Z\" <ed>\n",
	     "the key has expired"),
	GOOD("a small z", "alice valid-before=\"20261122120000z\" <ed>\n"),
	GOOD("UTC for Z", "alice valid-before=\"20261122120000utc\" <ed>\n",
	     .zone = "America/New_York"),
	GOOD("local time, in force", "alice valid-after=\"20261122130000\" <ed>\n",
	     .zone = "Europe/Berlin"),
	BAD("local time, a second too early", "alice valid-after=\"20261122130001\" <ed>\n",
	     "the key is not valid yet", .zone = "Europe/Berlin"),
	GOOD("local time is standard time in summer",
	     "alice valid-before=\"20260701130000\" <ed>\n", .zone = "Europe/Berlin",
	     .at = "20260701120000Z"),
	BAD("and ends by it", "alice valid-before=\"20260701130000\" <ed>\n",
	     "the key has expired", .zone = "Europe/Berlin", .at = "20260701120001Z"),
	GOOD("the 31st of February is a day of March", "alice valid-after=\"20260231Z\" <ed>\n",
	     .at = "20260303000000Z"),
	BAD("and not the day before", "alice valid-after=\"20260231Z\" <ed>\n",
	     "the key is not valid yet", .at = "20260302235959Z"),
	GOOD("a leap second", "alice valid-after=\"20251231235960Z\" <ed>\n",
	     .at = "20260101000000Z"),
	GOOD("the last year", "alice valid-before=\"99991231235959Z\" <ed>\n"),
	BAD("a time that is empty", "alice valid-after=\"\" <ed>\n",
	     "valid-after=\"\" is not a time"),
	BAD("a time with dashes", "alice valid-after=\"2020-01-01Z\" <ed>\n", "is not a time"),
	BAD("a time of ten digits", "alice valid-after=\"2020010112Z\" <ed>\n", "is not a time"),
	BAD("a month of 13", "alice valid-after=\"20201301Z\" <ed>\n", "is not a time"),
	BAD("a month of 0", "alice valid-after=\"20200001Z\" <ed>\n", "is not a time"),
	BAD("a day of 0", "alice valid-after=\"20200100Z\" <ed>\n", "is not a time"),
	BAD("a day of 32", "alice valid-after=\"20200132Z\" <ed>\n", "is not a time"),
	BAD("an hour of 24", "alice valid-after=\"202001012400Z\" <ed>\n", "is not a time"),
	BAD("a minute of 60", "alice valid-after=\"202001012360Z\" <ed>\n", "is not a time"),
	BAD("a second of 62", "alice valid-after=\"20200101235962Z\" <ed>\n", "is not a time"),
	BAD("two zones", "alice valid-after=\"20200101ZZ\" <ed>\n", "is not a time"),
	BAD("the beginning of time", "alice valid-after=\"19700101Z\" <ed>\n", "is not a time"),
	BAD("before time began", "alice valid-before=\"19691231Z\" <ed>\n", "is not a time"),
	BAD("valid-before before valid-after",
	     "alice valid-after=\"20270101Z\",valid-before=\"20260101Z\" <ed>\n",
	     "valid-before is not later than valid-after"),
	BAD("valid-before and valid-after at once",
	     "alice valid-after=\"20261122120000Z\",valid-before=\"20261122120000Z\" <ed>\n",
	     "valid-before is not later than valid-after"),
	STRICTER("blanks for digits", "alice valid-after=\"2020 1 1Z\" <ed>\n", "is not a time",
	     "a time is digits"),
};

#define TABLE_TEST(table)                                                                          \
	START_TEST(table##_agree)                                                                  \
	{                                                                                          \
		row_check(&place, &(table)[_i]);                                                   \
	}                                                                                          \
	END_TEST

TABLE_TEST(forms)
TABLE_TEST(options)
TABLE_TEST(times)

#define ADD_TABLE(tests, table)                                                                    \
	tcase_add_loop_test(tests, table##_agree, 0, (int)(sizeof(table) / sizeof *(table)))

int main(void)
{
	Suite *suite = suite_create("trust: allowed_signers and ssh-keygen");
	TCase *tests = tcase_create("signers");

	tcase_add_unchecked_fixture(tests, set_up, tear_down);
	ADD_TABLE(tests, forms);
	ADD_TABLE(tests, options);
	ADD_TABLE(tests, times);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
