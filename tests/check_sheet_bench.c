/* The sheet of the service bench: when it says PASS, FAIL or INCOMPLETE, and its three forms. */
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/escape.h"
#include "drift_world.h"
#include "report/sheet.h"

#include "hostile.h"

static const char profile[] = "[model]\ntitle = Sample pump\nmanufacturer = Example\n"
			      "not-covered = the network module\n"
			      "[files]\nfirmware = **\n";
static const char profile_with_library[] = "[model]\ntitle = Sample pump\n"
					   "[files]\ndrug-library = l/**\nother = x/**\nfirmware = **\n";

/* A sheet and what it lends. */
struct case_sheet {
	struct world world;
	struct inventory_model model;
	struct drift_verdict verdict;
	struct report_sheet_release releases[WORLD_BASELINES];
	struct report_sheet sheet;
};

static void clear_case(struct case_sheet *one)
{
	world_clear(&one->world);
	inventory_model_clear(&one->model);
	drift_verdict_clear(&one->verdict);
}

static void make_case(struct case_sheet *one, const char *pulls, const char *baselines, const char *seen,
		      enum visit_outcome outcome)
{
	const char *text = strchr(pulls, 'l') ? profile_with_library : profile;
	struct error e;

	*one = (struct case_sheet){0};
	world_make(&one->world, pulls, baselines, seen);
	ck_assert_msg(inventory_model_parse(&one->model, "sample.ini", text, strlen(text), &e) == 0, "%s", e.text);
	one->world.report.outcome = outcome;
	one->world.report.bytes = 12345;
	one->verdict = world_judge(&one->world);
	for (size_t i = 0; i < one->world.count; i++)
		one->world.manifests[i].scope_name = strdup("sample");
	for (size_t i = 0; i < one->world.count; i++)
		one->releases[i] = (struct report_sheet_release){
			.manifest = one->world.baselines[i].manifest, .id = one->world.baselines[i].id,
			.current = one->world.baselines[i].current, .accept_until = one->world.baselines[i].accept_until,
			.in_force_at = world_now - TIME_DAY, .approvers = "ann@example.org, bob@example.org",
		};
	one->sheet = (struct report_sheet){
		.site = "sample-site", .host = "collector.example.org", .version = "0.0", .by = "Ann Sample",
		.work_order = "WO-1", .started_at = world_now, .ended_at = world_now + TIME_SECOND,
		.asset = "SAMPLE-1", .link = "ftp://192.0.2.10/", .scheme = VISIT_FTP, .model = &one->model,
		.report = &one->world.report, .verdict = &one->verdict, .releases = one->releases,
		.release_count = one->world.count, .approvals = 2,
	};
}

/* ---- the result ---- */

static const struct {
	const char *pulls, *baselines, *seen, *meant;
	enum visit_outcome outcome;
	enum report_sheet_result result;
	const char *reason;
} cases[] = {
	{"f", "r1:c a=1 b=2", "a=1 b=2", NULL, VISIT_OK, REPORT_SHEET_PASS,
	 "All 2 files are those of the release in force."},
	{"f", "r1:c a=1", "a=1", NULL, VISIT_OK, REPORT_SHEET_PASS, "The 1 file that was compared is that of the release"},
	{"flx", "r1:c a=1; l1:cl l/a=1", "a=1 l/a=1", NULL, VISIT_OK, REPORT_SHEET_PASS, "All 2 files"},
	/* what differs */
	{"f", "r1:c a=1 b=2 c=3", "a=9 c=3! d=4", NULL, VISIT_OK, REPORT_SHEET_FAIL,
	 "4 files differ from the approved release: 1 forged (MD5 as approved, SHA-256 not), 1 modified, 1 added, "
	 "1 missing."},
	{"f", "r1:c a=1", "a=9", "r1", VISIT_OK, REPORT_SHEET_FAIL, "1 file differs from the approved release: 1 modified."},
	{"f", "r1:c a=1 b=1; r0:s a=0 b=0", "a=0 b=0", NULL, VISIT_OK, REPORT_SHEET_FAIL,
	 "Firmware is of the release r0, which is not accepted any more."},
	{"f", "r1:c a=1 b=1; r0:s a=0 b=0", "a=0 b=0", "r0", VISIT_OK, REPORT_SHEET_FAIL, "not accepted any more."},
	{"f", "r1:c a=1 b=1; r0:o a=0 b=0", "a=0 b=1", NULL, VISIT_OK, REPORT_SHEET_FAIL, "of another release."},
	{"flx", "r1:c a=1; l1:cl l/a=1", "a=1 l/a=1 x/odd=1", NULL, VISIT_OK, REPORT_SHEET_FAIL, "1 added."},
	/* A finding weighs more than what could not be read. */
	{"f", "r1:c a=1 b=1", "a=9 b!timed-out", NULL, VISIT_OK, REPORT_SHEET_FAIL, "1 modified."},
	/* another device */
	{"f", "r1:c a=1", "", NULL, VISIT_SERIAL_CHANGED, REPORT_SHEET_FAIL, "This may be another pump: another serial"},
	{"f", "r1:c a=1", "", NULL, VISIT_HOST_KEY_CHANGED, REPORT_SHEET_FAIL, "This may be another pump: "},
	{"f", "r1:c a=1", "", NULL, VISIT_CERTIFICATE_CHANGED, REPORT_SHEET_FAIL, "This may be another pump: "},
	/* what could not be checked */
	{"f", "r1:c a=1", "", NULL, VISIT_IDENTITY_UNKNOWN, REPORT_SHEET_INCOMPLETE, "The pump could not be checked: "},
	{"f", "r1:c a=1", "", NULL, VISIT_TIMED_OUT, REPORT_SHEET_INCOMPLETE, "did not answer in time; check that"},
	{"f", "r1:c a=1", "", NULL, VISIT_LOGIN_REFUSED, REPORT_SHEET_INCOMPLETE, "refused the login"},
	{"f", "r1:c a=1", "", NULL, VISIT_CREDENTIAL_UNUSABLE, REPORT_SHEET_INCOMPLETE, "credential"},
	{"f", "r1:c a=1", "", NULL, VISIT_PULLER_FAILED, REPORT_SHEET_INCOMPLETE, "The pump could not be checked"},
	{"f", "r1:c a=1", "a=1", NULL, VISIT_CONNECTION_LOST, REPORT_SHEET_INCOMPLETE, "The pump could not be checked"},
	{"f", "r1:c a=1 b=1", "a=1 b!permission-denied", NULL, VISIT_OK, REPORT_SHEET_INCOMPLETE,
	 "1 file could not be read."},
	{"f", "r1:c a=1", "a!unstable", NULL, VISIT_OK, REPORT_SHEET_INCOMPLETE, "1 file could not be read."},
	{"f", "", "a=1", NULL, VISIT_OK, REPORT_SHEET_INCOMPLETE, "No approved release is in force for: firmware."},
	{"f", "r1:ce a=1", "a=1", NULL, VISIT_OK, REPORT_SHEET_INCOMPLETE, "No approved release is in force for: firmware."},
	{"f", "", "", NULL, VISIT_OK, REPORT_SHEET_INCOMPLETE, "The profile pulls firmware, but nothing of it was found"},
	{"flx", "r1:c a=1", "a=1", NULL, VISIT_OK, REPORT_SHEET_INCOMPLETE, "The profile pulls drug-library, but nothing"},
	{"flx", "r1:c a=1", "a=1 l/a=1", NULL, VISIT_OK, REPORT_SHEET_INCOMPLETE, "No approved release is in force for: drug"},
	/* older releases */
	{"f", "r1:c a=1 b=1; r0:o a=0 b=0", "a=0 b=0", NULL, VISIT_OK, REPORT_SHEET_INCOMPLETE,
	 "Firmware is of the older release r0, which is accepted, but not the one in force: install that, or name the "
	 "older one with --release."},
	{"f", "r1:c a=1 b=1; r0:o a=0 b=0", "a=0 b=0", "r0", VISIT_OK, REPORT_SHEET_PASS,
	 "All 2 files are approved; firmware is of the older release r0, which was asked for and is accepted without end."},
	{"f", "r1:c a=1 b=1; r0:t a=0 b=0", "a=0 b=0", "r0", VISIT_OK, REPORT_SHEET_PASS, "accepted until 1972-09-27 00:00:00"},
	{"f", "r1:c a=1 b=1; r0:o a=0 b=0", "a=1 b=1", "r0", VISIT_OK, REPORT_SHEET_INCOMPLETE,
	 "The release r0 was asked for, and nothing on the pump is of it."},
	{"f", "r1:c a=1 b=1; r0:o a=0 b=0", "a=1 b=1", "r1", VISIT_OK, REPORT_SHEET_PASS, "All 2 files are those"},
};

START_TEST(each_case_has_its_result_and_its_reason)
{
	CLEANUP(clear_case) struct case_sheet one;

	make_case(&one, cases[_i].pulls, cases[_i].baselines, cases[_i].seen, cases[_i].outcome);
	one.sheet.meant = &cases[_i].meant;
	one.sheet.meant_count = cases[_i].meant ? 1 : 0;
	report_sheet_judge(&one.sheet);
	ck_assert_msg(one.sheet.result == cases[_i].result && strstr(one.sheet.reason, cases[_i].reason),
		      "%s with %s: %s: %s", cases[_i].baselines, cases[_i].seen,
		      report_sheet_result_name(one.sheet.result), one.sheet.reason);
}
END_TEST

START_TEST(nothing_that_is_in_doubt_passes)
{
	CLEANUP(clear_case) struct case_sheet one;

	make_case(&one, "f", "r1:c a=1", "a=1", VISIT_OK);
	one.sheet.interrupted = true;
	report_sheet_judge(&one.sheet);
	ck_assert_int_eq(one.sheet.result, REPORT_SHEET_INCOMPLETE);
	ck_assert_ptr_nonnull(strstr(one.sheet.reason, "interrupted"));
	one.sheet.interrupted = false;
	one.sheet.rejected = 1;
	report_sheet_judge(&one.sheet);
	ck_assert_int_eq(one.sheet.result, REPORT_SHEET_INCOMPLETE);
	ck_assert_ptr_nonnull(strstr(one.sheet.reason, "cannot be believed"));
	one.sheet.rejected = 0;
	one.verdict.result = DRIFT_PARTIAL;
	report_sheet_judge(&one.sheet);
	ck_assert_int_eq(one.sheet.result, REPORT_SHEET_INCOMPLETE);
}
END_TEST

START_TEST(another_serial_is_named)
{
	CLEANUP(clear_case) struct case_sheet one;

	make_case(&one, "f", "r1:c a=1", "", VISIT_SERIAL_CHANGED);
	one.sheet.serial = "S-1";
	(void)stpcpy(one.world.report.seen_serial, "S-2");
	report_sheet_judge(&one.sheet);
	ck_assert_int_eq(one.sheet.result, REPORT_SHEET_FAIL);
	ck_assert_str_eq(one.sheet.reason, "This is another pump: it shows the serial S-2, and S-1 was given.");
}
END_TEST

/* ---- the forms ---- */

typedef int write_sheet(struct text *text, const struct report_sheet *sheet, struct error *e);

static const struct {
	const char *ending;
	write_sheet *write;
} forms[] = {
	{"txt", report_sheet_write_text}, {"html", report_sheet_write_html}, {"json", report_sheet_write_json},
};
enum { FORMS = sizeof forms / sizeof *forms };

static void expect_golden(const char *name, const char *ending, const struct text *text)
{
	const char *srcdir = getenv("srcdir");
	CLEANUP(text_clear) struct text golden;
	char path[512], piece[4096];
	size_t length;

	text_init(&golden);
	snprintf(path, sizeof path, "%s/tests/data/sheet/%s.%s", srcdir ? srcdir : ".", name, ending);
	FILE *file = fopen(path, getenv("SHEET_GOLDEN_WRITE") ? "w+" : "r");
	ck_assert_msg(file != NULL, "%s", path);
	if (getenv("SHEET_GOLDEN_WRITE")) /* to be looked at before it is committed */
		(void)fwrite(text->data, 1, text->length, file);
	rewind(file);
	while ((length = fread(piece, 1, sizeof piece, file)) > 0)
		text_add_bytes(&golden, piece, length);
	(void)fclose(file);
	ck_assert_ptr_nonnull(golden.data);
	ck_assert_str_eq(text->data, golden.data);
}

static void write_form(struct text *text, const struct report_sheet *sheet, int form)
{
	struct error e;

	text_init(text);
	ck_assert_msg(forms[form].write(text, sheet, &e) == 0, "%s", e.text);
}

START_TEST(sheets_look_as_they_were_approved)
{
	CLEANUP(clear_case) struct case_sheet one;
	CLEANUP(text_clear) struct text pass;
	CLEANUP(text_clear) struct text fail;

	make_case(&one, "f", "r1:c a=1 lib/b=22", "a=1 lib/b=22", VISIT_OK);
	(void)stpcpy(one.world.report.seen_serial, "S-1");
	one.sheet.digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	report_sheet_judge(&one.sheet);
	write_form(&pass, &one.sheet, _i);
	expect_golden("pass", forms[_i].ending, &pass);
	clear_case(&one);
	make_case(&one, "f", "r1:c a=1 b=2 c=3 d=4 e=5; r0:o a=0", "a=9 b=2 c=3! d!permission-denied f=6", VISIT_OK);
	one.world.report.left_out = 1;
	one.world.report.not_covered = 2;
	one.sheet.approvals = 0;
	one.sheet.note = "a note that is long enough to be wrapped where the eightieth column of the paper is, twice if it "
			 "must be, and it must be since it goes on and on";
	report_sheet_judge(&one.sheet);
	write_form(&fail, &one.sheet, _i);
	expect_golden("fail", forms[_i].ending, &fail);
}
END_TEST

/* Even where the verdict should have missed something, a file is as approved by its digest alone. */
START_TEST(a_file_is_as_approved_by_its_digest_alone)
{
	CLEANUP(clear_case) struct case_sheet one;
	CLEANUP(text_clear) struct text text;

	make_case(&one, "f", "r1:c a=1 b=1", "a=1 b=9", VISIT_OK);
	for (size_t i = 0; i < one.verdict.finding_count; i++)
		drift_finding_clear(&one.verdict.findings[i]);
	one.verdict.finding_count = 0;
	report_sheet_judge(&one.sheet);
	write_form(&text, &one.sheet, 2);
	ck_assert_ptr_nonnull(strstr(text.data, "\"result\": \"approved\""));
	ck_assert_ptr_nonnull(strstr(text.data, "\"result\": \"not-compared\""));
}
END_TEST

/* Whether text holds nothing that a terminal or a browser acts on: what is escaped for display stays
 * as it is when it is escaped again, but for its percent signs. */
static void expect_plain(const char *text)
{
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		CLEANUP(text_clear) struct text escaped;
		size_t percents = 0;
		text_init(&escaped);
		for (size_t i = 0; i < length; i++)
			percents += line[i] == '%';
		escape_add(&escaped, ESCAPE_DISPLAY, line, length);
		ck_assert_msg(escaped.length == length + 2 * percents, "%.*s", (int)length, line);
		line += length + (line[length] == '\n');
	}
}

START_TEST(hostile_words_stay_words)
{
	static const char *const tags[] = {"<script", "<img", "onerror=\"", "</td></tr></table><"};
	CLEANUP(clear_case) struct case_sheet one;
	char name[256];

	snprintf(name, sizeof name, "%s<script>x</script><img src=x onerror=\"y\">", hostile[_i]);
	make_case(&one, "f", "r1:c a=1", "a=1 b=2", VISIT_OK);
	struct visit_observation *seen = &one.world.report.observations[1];
	free(seen->path);
	seen->path = strdup(name);
	drift_verdict_clear(&one.verdict);
	one.verdict = world_judge(&one.world);
	one.sheet.asset = one.sheet.serial = one.sheet.note = one.sheet.work_order = one.sheet.by = name;
	one.sheet.site = one.sheet.host = one.sheet.link = name;
	one.releases[0].approvers = name;
	text_copy(one.world.report.seen_serial, sizeof one.world.report.seen_serial, name);
	report_sheet_judge(&one.sheet);
	for (int form = 0; form < FORMS; form++) {
		CLEANUP(text_clear) struct text text;
		write_form(&text, &one.sheet, form);
		expect_plain(text.data);
		for (size_t i = 0; form == 1 && i < sizeof tags / sizeof *tags; i++)
			ck_assert_msg(!strstr(text.data, tags[i]), "%s", tags[i]);
		if (form != 2)
			continue;
		json_t *document = json_loads(text.data, JSON_REJECT_DUPLICATES, NULL);
		ck_assert_ptr_nonnull(document);
		json_decref(document);
	}
}
END_TEST

START_TEST(no_line_of_the_text_is_wider_than_the_paper)
{
	CLEANUP(clear_case) struct case_sheet one;
	CLEANUP(text_clear) struct text text;
	char name[512];

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	make_case(&one, "f", "r1:c a=1", "a=1", VISIT_OK);
	free(one.world.report.observations[0].path);
	one.world.report.observations[0].path = strdup(name);
	one.sheet.note = one.sheet.asset = name;
	report_sheet_judge(&one.sheet);
	write_form(&text, &one.sheet, 0);
	for (const char *line = text.data; *line; line += strcspn(line, "\n") + 1)
		ck_assert_msg(strcspn(line, "\n") <= 80, "%.*s", (int)strcspn(line, "\n"), line);
}
END_TEST

/* The text that stands in a sheet of each result, so that it is not told by colour. */
START_TEST(the_result_and_the_caution_stand_in_every_form)
{
	CLEANUP(clear_case) struct case_sheet one;

	make_case(&one, "f", "r1:c a=1", "a=1", VISIT_OK);
	one.sheet.approvals = (unsigned)_i;
	report_sheet_judge(&one.sheet);
	for (int form = 0; form < FORMS; form++) {
		CLEANUP(text_clear) struct text text;
		write_form(&text, &one.sheet, form);
		ck_assert_ptr_nonnull(strstr(text.data, "PASS"));
		ck_assert((strstr(text.data, "EVALUATION") != NULL) == (_i == 0));
		ck_assert((strstr(text.data, "A single approval") != NULL) == (_i == 1));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report/sheet");
	TCase *result = tcase_create("result");
	TCase *form = tcase_create("form");

	setenv("TZ", "UTC", 1);
	tzset();
	tcase_add_loop_test(result, each_case_has_its_result_and_its_reason, 0, sizeof cases / sizeof *cases);
	tcase_add_test(result, nothing_that_is_in_doubt_passes);
	tcase_add_test(result, another_serial_is_named);
	tcase_add_loop_test(form, sheets_look_as_they_were_approved, 0, FORMS);
	tcase_add_test(form, a_file_is_as_approved_by_its_digest_alone);
	tcase_add_loop_test(form, hostile_words_stay_words, 0, HOSTILE);
	tcase_add_test(form, no_line_of_the_text_is_wider_than_the_paper);
	tcase_add_loop_test(form, the_result_and_the_caution_stand_in_every_form, 0, 3);
	suite_add_tcase(suite, result);
	suite_add_tcase(suite, form);
	return suite_run(suite);
}
