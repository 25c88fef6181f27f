#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "alert/alert.h"
#include "base/error.h"
#include "baseline/baseline.h"
#include "drift/drift.h"
#include "explain/explain.h"
#include "inventory/inventory.h"
#include "inventory/sheet.h"
#include "store/store.h"

#include "suite.h"

/* "pumpwatch explain" lists a code in 24 columns and its words behind, within 80. */
enum { CODE_MOST = 24, WORDS_MOST = 78 - CODE_MOST, WORDS_OUTCOME_MOST = 80, SENTENCES_MOST = 320 };

/* ---- every code has an entry ---- */

static void expect(enum explain_topic topic, const char *code)
{
	const struct explain_entry *entry;

	ck_assert_ptr_nonnull(code);
	entry = explain_find_in(topic, code);
	ck_assert_msg(entry != NULL, "\"%s\" has no entry under \"%s\"", code, explain_topic_name(topic));
	ck_assert_str_eq(entry->code, code);
	ck_assert_str_eq(explain_words(topic, code), entry->words);
}

START_TEST(every_result_and_finding_is_explained)
{
	for (int i = 0; i < DRIFT_RESULT_COUNT; i++)
		expect(EXPLAIN_RESULT, drift_result_name((enum drift_result)i));
	for (int i = 0; i < DRIFT_TYPE_COUNT; i++)
		expect(EXPLAIN_FINDING, drift_type_name((enum drift_type)i));
}
END_TEST

START_TEST(every_outcome_is_explained_in_its_own_words)
{
	for (int i = 0; i < VISIT_OUTCOME_COUNT; i++) {
		const char *name = visit_outcome_name((enum visit_outcome)i);
		expect(EXPLAIN_OUTCOME, name);
		ck_assert_str_eq(explain_words(EXPLAIN_OUTCOME, name), visit_outcome_text((enum visit_outcome)i));
	}
}
END_TEST

START_TEST(every_event_and_alert_is_explained)
{
	for (int i = 0; i < ALERT_TYPE_COUNT; i++)
		expect(EXPLAIN_EVENT, alert_type_name((enum alert_type)i));
	for (int i = 0; i < ALERT_STATE_COUNT; i++)
		expect(EXPLAIN_ALERT, alert_state_name((enum alert_state)i));
	for (int i = ALERT_OPENED; i <= ALERT_TOLD; i++)
		expect(EXPLAIN_ALERT, alert_action_name((enum alert_action)i));
}
END_TEST

/* Each part of a grade, "plain, not identified", is a code. */
static void expect_grade(const struct visit_grade *grade)
{
	char text[VISIT_GRADE_TEXT_SIZE];

	visit_grade_write(text, grade);
	for (char *rest = text, *part; (part = strsep(&rest, ","));) {
		part += strspn(part, " ");
		ck_assert_msg(explain_find_in(EXPLAIN_DEVICE, part) != NULL, "the grade \"%s\" is not explained", part);
	}
}

START_TEST(every_state_kind_and_grade_is_explained)
{
	for (int i = 0; i < INVENTORY_STATE_COUNT; i++)
		expect(EXPLAIN_DEVICE, inventory_state_name((enum inventory_state)i));
	for (int i = 0; i < VISIT_KIND_COUNT; i++)
		expect(EXPLAIN_DEVICE, visit_kind_name((enum visit_kind)i));
	for (int bits = 0; bits < 16; bits++) {
		const struct visit_grade grade = {.encrypted = bits & 1, .authenticated = bits & 2,
						  .identified = bits & 4, .weak = bits & 8};
		expect_grade(&grade);
	}
}
END_TEST

START_TEST(every_stage_and_fault_is_explained)
{
	for (int i = 0; i < BASELINE_STAGE_COUNT; i++)
		expect(EXPLAIN_BASELINE, baseline_stage_name((enum baseline_stage)i));
	for (int i = 0; i < BASELINE_FAULT_COUNT; i++)
		expect(EXPLAIN_BASELINE, baseline_fault_name((enum baseline_fault)i));
	for (int i = 0; i < STORE_FAULT_TYPE_COUNT; i++)
		expect(EXPLAIN_RECORD, store_fault_name((enum store_fault_type)i));
}
END_TEST

START_TEST(every_fault_of_a_row_is_explained)
{
	for (int i = 0; i < SHEET_FAULT_COUNT; i++)
		expect(EXPLAIN_ROW, sheet_fault_name((enum sheet_fault_code)i));
}
END_TEST

START_TEST(every_exit_code_is_explained)
{
	static const int codes[] = {0, 1, 2, 4, 8, ERROR_USAGE, ERROR_DATA, ERROR_UNAVAILABLE, ERROR_INTERNAL,
				    ERROR_PERMISSION, ERROR_CONFIG};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		char code[16];
		ck_assert_int_lt(snprintf(code, sizeof code, "exit-%d", codes[i]), (int)sizeof code);
		expect(EXPLAIN_EXIT, code);
		ck_assert_str_eq(explain_find(code + strlen("exit-"))->code, code);
	}
}
END_TEST

/* ---- the words ---- */

static void expect_sentences(const struct explain_entry *entry, const char *words)
{
	static const char *const forbidden[] = {
		"safe to use", "complies", "compliant", "compliance", "guarantee", "impossible", "%", "\n", "\t",
		"  ", "..", "TODO", "remediat",
	};
	size_t length = strlen(words);

	ck_assert_msg(length > 4 && length <= SENTENCES_MOST, "%s: %zu bytes: %s", entry->code, length, words);
	ck_assert_msg(words[length - 1] == '.', "%s: no full stop: %s", entry->code, words);
	ck_assert_msg(isupper((unsigned char)words[0]) || words[0] == '"' || strncmp(words, "pumpwatch", 9) == 0,
		      "%s: %s", entry->code, words);
	for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
		ck_assert_msg(!strcasestr(words, forbidden[i]), "%s: \"%s\" in: %s", entry->code, forbidden[i], words);
	const char *safe = strcasestr(words, "safe");
	ck_assert_msg(!safe, "%s: nothing is called safe: %s", entry->code, words);
}

START_TEST(words_keep_the_rules_of_the_house)
{
	for (int topic = 0; topic < EXPLAIN_TOPIC_COUNT; topic++) {
		size_t count;
		const struct explain_entry *entries = explain_list((enum explain_topic)topic, &count);
		ck_assert_uint_gt(count, 0);
		for (const struct explain_entry *entry = entries; entry < entries + count; entry++) {
			size_t length = strlen(entry->words);
			size_t most = topic == EXPLAIN_OUTCOME ? WORDS_OUTCOME_MOST : WORDS_MOST;
			ck_assert_msg(strlen(entry->code) < CODE_MOST, "%s is long", entry->code);
			ck_assert_msg(length > 0 && length <= most, "%s: %zu bytes: %s", entry->code, length, entry->words);
			ck_assert_msg(!ispunct((unsigned char)entry->words[length - 1]), "%s: %s", entry->code,
				      entry->words);
			expect_sentences(entry, entry->meaning);
			expect_sentences(entry, entry->sure);
			expect_sentences(entry, entry->next);
		}
	}
}
END_TEST

/* Whoever meets it must not decide about a patient by it alone. */
START_TEST(what_may_be_tampering_names_the_policy)
{
	static const char *const codes[] = {
		"drifted", "wrong-device", "modified", "added", "missing", "forged", "mixed", "FILE_MODIFIED", "FILE_ADDED",
		"FILE_MISSING", "FILE_FORGED", "FILE_MIXED", "DEVICE_CHANGED", "FLEET_DRIFT", "FAIL", "exit-1", "exit-2",
		"exit-4",
	};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		ck_assert_msg(strcasestr(explain_find(codes[i])->next, "verify and quarantine by your policy"), "%s",
			      codes[i]);
}
END_TEST

/* ---- looking one up ---- */

START_TEST(a_code_is_found_however_it_is_written)
{
	ck_assert_str_eq(explain_find("file-modified")->code, "FILE_MODIFIED");
	ck_assert_str_eq(explain_find("Wrong_Device")->code, "wrong-device");
	ck_assert_str_eq(explain_find("wrong device")->code, "wrong-device");
	ck_assert_str_eq(explain_find("8")->code, "exit-8");
	ck_assert_str_eq(explain_find("exit 8")->code, "exit-8");
	ck_assert_str_eq(explain_find("pass")->code, "PASS");
	ck_assert_ptr_null(explain_find(""));
	ck_assert_ptr_null(explain_find("wrong"));
	ck_assert_ptr_null(explain_find("verified "));
	ck_assert_ptr_null(explain_find("exit-"));
}
END_TEST

START_TEST(no_code_stands_twice_under_a_topic)
{
	for (int topic = 0; topic < EXPLAIN_TOPIC_COUNT; topic++) {
		size_t count;
		const struct explain_entry *entries = explain_list((enum explain_topic)topic, &count);
		for (size_t i = 0; i < count; i++)
			ck_assert_ptr_eq(explain_find_in((enum explain_topic)topic, entries[i].code), &entries[i]);
	}
	ck_assert_str_eq(explain_words(EXPLAIN_RESULT, "no-such-code"), "no-such-code");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explain");
	TCase *codes = tcase_create("codes");
	TCase *words = tcase_create("words");

	tcase_add_test(codes, every_result_and_finding_is_explained);
	tcase_add_test(codes, every_outcome_is_explained_in_its_own_words);
	tcase_add_test(codes, every_event_and_alert_is_explained);
	tcase_add_test(codes, every_state_kind_and_grade_is_explained);
	tcase_add_test(codes, every_stage_and_fault_is_explained);
	tcase_add_test(codes, every_fault_of_a_row_is_explained);
	tcase_add_test(codes, every_exit_code_is_explained);
	tcase_add_test(words, words_keep_the_rules_of_the_house);
	tcase_add_test(words, what_may_be_tampering_names_the_policy);
	tcase_add_test(words, a_code_is_found_however_it_is_written);
	tcase_add_test(words, no_code_stands_twice_under_a_topic);
	suite_add_tcase(suite, codes);
	suite_add_tcase(suite, words);
	return suite_run(suite);
}
