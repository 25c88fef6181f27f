#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"

#include "suite.h"

static const char hostile[] = "HEAD\n\x1B[31m%0A \xE2\x80\xAE \xE2\x80\xAC \xFF] | = \" \\ \xC3\xA4";

static void fill_digest(struct digest_pair *digest, uint8_t seed)
{
	memset(digest->md5, seed, sizeof digest->md5);
	memset(digest->sha256, seed + 1, sizeof digest->sha256);
}

/* Every field set: a field that is forgotten on either side shows. */
static struct alert_event full_event(void)
{
	struct alert_event event = {
		.type = ALERT_RESOLVED, .action = ALERT_ENDED, .resolves = ALERT_FILE_FORGED,
		.eid = "0f0e0d0c-0b0a-4908-8706-050403020100", .seq = 77,
		.at = INT64_C(1795309200123456),
		.site = strdup("sample site"), .asset = strdup("A-1"), .serial = strdup("S-1"),
		.model = strdup("generic"), .name = strdup("pump"), .department = strdup("ward"),
		.address = strdup("192.0.2.7"), .path = strdup(hostile), .has_kind = true,
		.kind = VISIT_CONFIG, .has_new = true, .has_old = true, .new_size = UINT64_C(1) << 40,
		.old_size = 7, .release = strdup("2026-10"), .manifest = strdup("abc"),
		.release_old = strdup("2026-11"), .manifest_old = strdup("def"),
		.serials = strdup("model generic config 7"), .serials_sha256 = strdup("012"),
		.outcome = strdup("timed-out"), .detail = strdup(""), .grade = strdup("plain"),
		.sweep = 3, .alert = 9, .has_counts = true,
		.counts = {.devices = 5, .files = 6, .bytes = 7, .findings = 8, .overdue = 9,
			   .open_alerts = 10, .started_at = 11, .ended_at = 12, .approvals = 2,
			   .stopped = true, .why_stopped = "a\nstop"},
	};

	fill_digest(&event.new_digest, 0x10);
	fill_digest(&event.old_digest, 0x20);
	for (unsigned i = 0; i < DRIFT_RESULT_COUNT; i++)
		event.counts.results[i] = i + 1;
	return event;
}

static char *record_of(const struct alert_event *event)
{
	struct text text;

	text_init(&text);
	ck_assert_int_eq(alert_event_write(&text, event, NULL), 0);
	return text_take(&text);
}

START_TEST(every_field_of_a_record_comes_back)
{
	CLEANUP(alert_event_clear) struct alert_event event = full_event();
	CLEANUP(alert_event_clear) struct alert_event back = {0};
	CLEANUP(cleanup_free) char *record = record_of(&event);
	struct error e = {0};

	ck_assert_msg(alert_event_parse(&back, record, strlen(record), &e) == 0, "%s", e.text);
	ck_assert_str_eq(back.eid, event.eid);
	ck_assert_str_eq(back.path, hostile);
	ck_assert_str_eq(back.detail, "");
	ck_assert_str_eq(back.name, "pump");
	ck_assert_str_eq(back.release_old, "2026-11");
	ck_assert_str_eq(back.manifest_old, "def");
	ck_assert_str_eq(back.serials, "model generic config 7");
	ck_assert_str_eq(back.serials_sha256, "012");
	ck_assert_int_eq(back.resolves, ALERT_FILE_FORGED);
	ck_assert_int_eq(back.at, event.at);
	ck_assert_mem_eq(&back.new_digest, &event.new_digest, sizeof event.new_digest);
	ck_assert_mem_eq(&back.old_digest, &event.old_digest, sizeof event.old_digest);
	ck_assert_uint_eq(back.counts.results[DRIFT_DRIFTED], DRIFT_DRIFTED + 1);
	ck_assert_str_eq(back.counts.why_stopped, "a\nstop");
	CLEANUP(cleanup_free) char *again = record_of(&back);
	ck_assert_str_eq(again, record);
}
END_TEST

START_TEST(record_is_sorted_compact_and_escaped)
{
	struct alert_event event = {.type = ALERT_FILE_ADDED, .seq = 1, .path = (char *)"a\nb%"};
	CLEANUP(cleanup_free) char *record = record_of(&event);

	ck_assert_str_eq(record, "{\"action\":\"opened\",\"path\":\"a%0Ab%25\",\"seq\":1,"
				 "\"type\":\"FILE_ADDED\",\"v\":1}");
}
END_TEST

START_TEST(size_that_a_device_invents_does_not_stop_an_event)
{
	struct alert_event event = {.type = ALERT_FILE_ADDED, .has_new = true, .new_size = UINT64_MAX};
	CLEANUP(cleanup_free) char *record = record_of(&event);
	CLEANUP(alert_event_clear) struct alert_event back = {0};

	ck_assert_int_eq(alert_event_parse(&back, record, strlen(record), NULL), 0);
	ck_assert_uint_eq(back.new_size, INT64_MAX);
}
END_TEST

static const char *const refused[] = {
	"",
	"null",
	"[]",
	"{",
	"{\"action\":\"opened\",\"type\":\"FILE_ADDED\"}",		      /* no version */
	"{\"action\":\"opened\",\"type\":\"FILE_ADDED\",\"v\":2}",	      /* a later one */
	"{\"action\":\"opened\",\"type\":\"FILE_EATEN\",\"v\":1}",
	"{\"action\":\"sung\",\"type\":\"FILE_ADDED\",\"v\":1}",
	"{\"type\":\"FILE_ADDED\",\"action\":\"opened\",\"v\":1}",	      /* unsorted */
	"{\"action\":\"opened\", \"type\":\"FILE_ADDED\",\"v\":1}",	      /* a space */
	"{\"action\":\"opened\",\"type\":\"FILE_ADDED\",\"v\":1}\n",
	"{\"action\":\"opened\",\"type\":\"FILE_ADDED\",\"v\":1}{}",
	"{\"action\":\"opened\",\"type\":\"FILE_ADDED\",\"unknown\":1,\"v\":1}",
	"{\"action\":\"opened\",\"seq\":0,\"type\":\"FILE_ADDED\",\"v\":1}",  /* zeros are left out */
	"{\"action\":\"opened\",\"seq\":-1,\"type\":\"FILE_ADDED\",\"v\":1}",
	"{\"action\":\"opened\",\"seq\":1.0,\"type\":\"FILE_ADDED\",\"v\":1}",
	"{\"action\":\"opened\",\"path\":\"a\\n\",\"type\":\"FILE_ADDED\",\"v\":1}",
	"{\"action\":\"opened\",\"path\":\"%41\",\"type\":\"FILE_ADDED\",\"v\":1}",
	"{\"action\":\"opened\",\"path\":\"%0a\",\"type\":\"FILE_ADDED\",\"v\":1}",
	"{\"action\":\"opened\",\"path\":7,\"type\":\"FILE_ADDED\",\"v\":1}",
	"{\"action\":\"opened\",\"md5\":\"00\",\"sha256\":\"00\",\"type\":\"FILE_ADDED\",\"v\":1}",
	"{\"action\":\"opened\",\"action\":\"opened\",\"type\":\"FILE_ADDED\",\"v\":1}",
	"{\"action\":\"opened\",\"resolves\":\"FILE_ADDED\",\"type\":\"FILE_ADDED\",\"v\":1}",
	"{\"action\":\"opened\",\"counts\":{},\"type\":\"FILE_ADDED\",\"v\":1}",
};

START_TEST(other_spellings_are_refused)
{
	struct alert_event event = {.seq = 42};
	struct error e = {0};

	ck_assert_msg(alert_event_parse(&event, refused[_i], strlen(refused[_i]), &e) < 0, "%s", refused[_i]);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_uint_eq(event.seq, 42);
}
END_TEST

START_TEST(record_past_its_cap_is_refused)
{
	struct alert_event event = {.type = ALERT_FILE_ADDED};
	CLEANUP(text_clear) struct text text;
	struct error e = {0};

	text_init(&text);
	event.detail = malloc(ALERT_RECORD_MAX + 1);
	ck_assert_ptr_nonnull(event.detail);
	memset(event.detail, 'x', ALERT_RECORD_MAX);
	event.detail[ALERT_RECORD_MAX] = '\0';
	ck_assert_int_lt(alert_event_write(&text, &event, &e), 0);
	ck_assert_int_eq(e.code, ERROR_DATA);
	ck_assert_int_lt(alert_event_parse(&event, event.detail, ALERT_RECORD_MAX + 1, &e), 0);
	free(event.detail);
}
END_TEST

static const struct {
	const char *name;
	enum alert_type type;
	int severity;
} types[] = {
	{"FILE_MODIFIED", ALERT_FILE_MODIFIED, 2},
	{"FILE_ADDED", ALERT_FILE_ADDED, 3},
	{"FILE_MISSING", ALERT_FILE_MISSING, 2},
	{"FILE_FORGED", ALERT_FILE_FORGED, 1},
	{"FILE_STALE", ALERT_FILE_STALE, 4},
	{"FILE_MIXED", ALERT_FILE_MIXED, 2},
	{"FILE_UNREADABLE", ALERT_FILE_UNREADABLE, 3},
	{"DEVICE_UNREACHABLE", ALERT_DEVICE_UNREACHABLE, 4},
	{"DEVICE_REFUSED", ALERT_DEVICE_REFUSED, 4},
	{"DEVICE_CHANGED", ALERT_DEVICE_CHANGED, 1},
	{"DEVICE_OVERDUE", ALERT_DEVICE_OVERDUE, 3},
	{"DEVICE_ROLLED_BACK", ALERT_DEVICE_ROLLED_BACK, 4},
	{"BASELINE_REJECTED", ALERT_BASELINE_REJECTED, 1},
	{"FLEET_DRIFT", ALERT_FLEET_DRIFT, 1},
	{"FLEET_UNREACHABLE", ALERT_FLEET_UNREACHABLE, 3},
	{"HEARTBEAT", ALERT_HEARTBEAT, 6},
	{"SINK_TEST", ALERT_SINK_TEST, 5},
	{"SWEEP_SUMMARY", ALERT_SWEEP_SUMMARY, 6},
	{"ALERT_RESOLVED", ALERT_RESOLVED, 5},
};

START_TEST(types_have_the_names_and_severities_of_the_table)
{
	enum alert_type type;

	ck_assert_uint_eq(sizeof types / sizeof types[0], ALERT_TYPE_COUNT);
	ck_assert_str_eq(alert_type_name(types[_i].type), types[_i].name);
	ck_assert_int_eq(alert_type_severity(types[_i].type), types[_i].severity);
	ck_assert_int_eq(alert_type_parse(&type, types[_i].name), 0);
	ck_assert_int_eq(type, types[_i].type);
	ck_assert_int_lt(alert_type_parse(&type, "file_added"), 0);
}
END_TEST

START_TEST(actions_and_states_have_names_that_parse)
{
	static const char *const actions[] = {"opened", "changed", "reminded", "resolved", "told"};
	static const char *const states[] = {"open", "acknowledged", "resolved"};
	enum alert_action action;
	enum alert_state state;

	for (unsigned i = 0; i < sizeof actions / sizeof actions[0]; i++) {
		ck_assert_str_eq(alert_action_name((enum alert_action)i), actions[i]);
		ck_assert_int_eq(alert_action_parse(&action, actions[i]), 0);
		ck_assert_uint_eq(action, i);
	}
	for (unsigned i = 0; i < ALERT_STATE_COUNT; i++) {
		ck_assert_str_eq(alert_state_name((enum alert_state)i), states[i]);
		ck_assert_int_eq(alert_state_parse(&state, states[i]), 0);
		ck_assert_uint_eq(state, i);
	}
	ck_assert_int_lt(alert_action_parse(&action, ""), 0);
	ck_assert_int_lt(alert_state_parse(&state, "closed"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alert records");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, every_field_of_a_record_comes_back);
	tcase_add_test(tcase, record_is_sorted_compact_and_escaped);
	tcase_add_test(tcase, size_that_a_device_invents_does_not_stop_an_event);
	tcase_add_loop_test(tcase, other_spellings_are_refused, 0, sizeof refused / sizeof refused[0]);
	tcase_add_test(tcase, record_past_its_cap_is_refused);
	tcase_add_loop_test(tcase, types_have_the_names_and_severities_of_the_table, 0,
			    sizeof types / sizeof types[0]);
	tcase_add_test(tcase, actions_and_states_have_names_that_parse);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
