#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/time.h"
#include "report/sheet_view.h"

const char *report_sheet_result_name(enum report_sheet_result result)
{
	static const char *const names[] = {
		[REPORT_SHEET_PASS] = "PASS", [REPORT_SHEET_FAIL] = "FAIL", [REPORT_SHEET_INCOMPLETE] = "INCOMPLETE",
	};

	return names[result];
}

/* ---- what there is to say ---- */

static bool is_drift(const struct drift_finding *finding)
{
	return finding->type != DRIFT_UNREADABLE;
}

static size_t count_type(const struct drift_verdict *verdict, enum drift_type type)
{
	size_t count = 0;

	for (size_t i = 0; i < verdict->finding_count; i++)
		count += verdict->findings[i].type == type;
	return count;
}

static bool is_meant(const struct report_sheet *sheet, const char *release)
{
	for (size_t i = 0; i < sheet->meant_count; i++)
		if (release && strcmp(sheet->meant[i], release) == 0)
			return true;
	return false;
}

static void add_escaped(struct text *text, const char *string)
{
	if (string)
		escape_add(text, ESCAPE_DISPLAY, string, strlen(string));
}

/* "a, b" of the kinds for which is_so says yes; returns how many. */
static unsigned add_kinds(struct text *text, const struct report_sheet *sheet,
			  bool (*is_so)(const struct report_sheet *sheet, enum visit_kind kind))
{
	unsigned count = 0;

	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++)
		if (is_so(sheet, (enum visit_kind)kind))
			text_addf(text, "%s%s", count++ > 0 ? ", " : "", visit_kind_name((enum visit_kind)kind));
	return count;
}

/* ---- FAIL ---- */

/* Contact with something else than what was named. That it could not be seen is another matter. */
static bool is_wrong_device(const struct report_sheet *sheet)
{
	return visit_outcome_contact(sheet->report->outcome) == VISIT_CONTACT_WRONG &&
	       sheet->report->outcome != VISIT_IDENTITY_UNKNOWN;
}

static void say_wrong_device(struct text *reason, const struct report_sheet *sheet)
{
	const struct visit_report *report = sheet->report;

	if (report->outcome == VISIT_SERIAL_CHANGED && sheet->serial) {
		text_add(reason, "This is another pump: it shows the serial ");
		add_escaped(reason, report->seen_serial[0] ? report->seen_serial : "of another one");
		text_add(reason, ", and ");
		add_escaped(reason, sheet->serial);
		text_add(reason, " was given");
	} else {
		text_addf(reason, "This may be another pump: %s", visit_outcome_text(report->outcome));
	}
}

static const struct drift_finding *find_stale(const struct drift_verdict *verdict)
{
	for (size_t i = 0; i < verdict->finding_count; i++)
		if (verdict->findings[i].type == DRIFT_STALE)
			return &verdict->findings[i];
	return NULL;
}

static void say_drift(struct text *reason, const struct report_sheet *sheet)
{
	static const struct {
		enum drift_type type;
		const char *word;
	} words[] = {
		{DRIFT_FORGED, "forged (MD5 as approved, SHA-256 not)"}, {DRIFT_MODIFIED, "modified"},
		{DRIFT_ADDED, "added"}, {DRIFT_MISSING, "missing"}, {DRIFT_MIXED, "of another release"},
	};
	const struct drift_finding *stale = find_stale(sheet->verdict);
	const char *between = ": ";
	size_t files = 0;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		files += count_type(sheet->verdict, words[i].type);
	if (files > 0)
		text_addf(reason, "%llu %s from the approved release", SHEET_COUNT(files, "file differs", "files differ"));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t count = count_type(sheet->verdict, words[i].type);
		if (count == 0)
			continue;
		text_addf(reason, "%s%llu %s", between, (unsigned long long)count, words[i].word);
		between = ", ";
	}
	if (!stale)
		return;
	text_addf(reason, "%s%s is of the release ", files > 0 ? "; " : "", visit_kind_name(stale->kind));
	add_escaped(reason, stale->release);
	text_add(reason, ", which is not accepted any more");
}

static bool fails(struct text *reason, const struct report_sheet *sheet)
{
	for (size_t i = 0; i < sheet->verdict->finding_count; i++) {
		if (!is_drift(&sheet->verdict->findings[i]))
			continue;
		say_drift(reason, sheet);
		return true;
	}
	if (!is_wrong_device(sheet))
		return false;
	say_wrong_device(reason, sheet);
	return true;
}

/* ---- INCOMPLETE ---- */

static bool is_untrusted(const struct report_sheet *sheet, enum visit_kind kind)
{
	return sheet->verdict->kinds[kind].covered && sheet->verdict->kinds[kind].result == DRIFT_UNTRUSTED;
}

/* Nobody approved anything of it, and nothing of it was seen. "other" is what nobody expects. */
static bool is_absent(const struct report_sheet *sheet, enum visit_kind kind)
{
	return kind != VISIT_OTHER && !sheet->verdict->kinds[kind].covered &&
	       inventory_model_has_kind(sheet->model, kind);
}

static bool is_partial(const struct report_sheet *sheet, enum visit_kind kind)
{
	const struct drift_kind *one = &sheet->verdict->kinds[kind];

	return one->covered && one->result != DRIFT_VERIFIED && one->result != DRIFT_BEHIND;
}

static bool is_behind_unasked(const struct report_sheet *sheet, enum visit_kind kind)
{
	const struct drift_kind *one = &sheet->verdict->kinds[kind];

	return one->covered && one->result == DRIFT_BEHIND && !is_meant(sheet, one->release);
}

static bool is_compared(const struct report_sheet *sheet, enum visit_kind kind)
{
	return sheet->verdict->kinds[kind].covered;
}

static bool lacks_contact(struct text *reason, const struct report_sheet *sheet)
{
	const struct visit_report *report = sheet->report;

	if (sheet->interrupted) {
		text_add(reason, "The check was interrupted before its end");
		return true;
	}
	if (report->outcome == VISIT_OK)
		return false;
	text_addf(reason, "The pump could not be checked: %s", visit_outcome_text(report->outcome));
	if (report->detail[0])
		text_addf(reason, " (%s)", report->detail);
	text_addf(reason, "; %s", visit_outcome_advice(report->outcome));
	return true;
}

static bool lacks_release(struct text *reason, const struct report_sheet *sheet)
{
	CLEANUP(text_clear) struct text kinds;

	text_init(&kinds);
	if (add_kinds(&kinds, sheet, is_untrusted) > 0)
		text_addf(reason, "No approved release %s for: %s",
			  sheet->rejected > 0 ? "that can be believed is in force" : "is in force", kinds.data);
	else if (sheet->rejected > 0)
		text_addf(reason, "%llu %s in force cannot be believed (pumpwatch baseline list says why)",
			  SHEET_COUNT(sheet->rejected, "release", "releases"));
	else if (add_kinds(&kinds, sheet, is_absent) > 0)
		text_addf(reason, "The profile pulls %s, but nothing of it was found and no release of it is in force",
			  kinds.data);
	else if (add_kinds(&kinds, sheet, is_compared) == 0)
		text_add(reason, "Nothing was found that could be compared with an approved release");
	reason->failed |= kinds.failed;
	return reason->length > 0;
}

static bool lacks_files(struct text *reason, const struct report_sheet *sheet)
{
	CLEANUP(text_clear) struct text kinds;
	size_t unreadable = count_type(sheet->verdict, DRIFT_UNREADABLE);

	text_init(&kinds);
	if (unreadable > 0)
		text_addf(reason, "%llu %s could not be read", SHEET_COUNT(unreadable, "file", "files"));
	else if (add_kinds(&kinds, sheet, is_partial) > 0)
		text_addf(reason, "Not all of this could be checked: %s", kinds.data);
	else if (sheet->verdict->unchecked > 0)
		text_addf(reason, "%llu %s could not be checked",
			  SHEET_COUNT(sheet->verdict->unchecked, "file", "files"));
	else if (sheet->verdict->result != DRIFT_VERIFIED && sheet->verdict->result != DRIFT_BEHIND)
		text_add(reason, "Not everything could be checked");
	reason->failed |= kinds.failed;
	return reason->length > 0;
}

static bool is_on(const struct report_sheet *sheet, const char *release)
{
	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++) {
		const struct drift_kind *one = &sheet->verdict->kinds[kind];
		if (one->covered && one->release && strcmp(one->release, release) == 0)
			return true;
	}
	return false;
}

static bool is_another_release(struct text *reason, const struct report_sheet *sheet)
{
	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++) {
		const struct drift_kind *one = &sheet->verdict->kinds[kind];
		if (!is_behind_unasked(sheet, (enum visit_kind)kind))
			continue;
		text_addf(reason, "%s is of the older release ", visit_kind_name((enum visit_kind)kind));
		add_escaped(reason, one->release);
		text_add(reason, ", which is accepted, but not the one in force: install that, or name the older one "
				 "with --release");
		return true;
	}
	for (size_t i = 0; i < sheet->meant_count; i++) {
		if (is_on(sheet, sheet->meant[i]))
			continue;
		text_add(reason, "The release ");
		add_escaped(reason, sheet->meant[i]);
		text_add(reason, " was asked for, and nothing on the pump is of it");
		return true;
	}
	return false;
}

/* ---- PASS ---- */

static void say_pass(struct text *reason, const struct report_sheet *sheet)
{
	const char *between = "; ";
	bool older = false;

	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++)
		older |= sheet->verdict->kinds[kind].covered && sheet->verdict->kinds[kind].result == DRIFT_BEHIND;
	text_addf(reason, sheet->verdict->files == 1 ? "The %llu file that was compared is" : "All %llu files are",
		  (unsigned long long)sheet->verdict->files);
	text_add(reason, older ? " approved" : sheet->verdict->files == 1 ? " that of the release in force"
									  : " those of the release in force");
	for (int kind = 0; kind < VISIT_KIND_COUNT; kind++) {
		const struct drift_kind *one = &sheet->verdict->kinds[kind];
		char until[SHEET_TIME_SIZE];
		if (!one->covered || one->result != DRIFT_BEHIND)
			continue;
		text_addf(reason, "%s%s is of the older release ", between, visit_kind_name((enum visit_kind)kind));
		add_escaped(reason, one->release);
		text_addf(reason, ", which was asked for and is accepted %s",
			  one->accept_until == TIME_NEVER ? "without end" : "until ");
		if (one->accept_until != TIME_NEVER)
			text_add(reason, sheet_time(until, one->accept_until));
	}
}

void report_sheet_judge(struct report_sheet *sheet)
{
	CLEANUP(text_clear) struct text reason;

	text_init(&reason);
	sheet->result = REPORT_SHEET_INCOMPLETE;
	if (!sheet->interrupted && fails(&reason, sheet))
		sheet->result = REPORT_SHEET_FAIL;
	else if (!lacks_contact(&reason, sheet) && !lacks_release(&reason, sheet) && !lacks_files(&reason, sheet) &&
		 !is_another_release(&reason, sheet)) {
		sheet->result = REPORT_SHEET_PASS;
		say_pass(&reason, sheet);
	}
	text_add_char(&reason, '.');
	if (reason.failed && sheet->result == REPORT_SHEET_PASS)
		sheet->result = REPORT_SHEET_INCOMPLETE;
	text_copy(sheet->reason, sizeof sheet->reason, reason.failed ? "Out of memory." : reason.data);
	if (sheet->reason[0] >= 'a' && sheet->reason[0] <= 'z')
		sheet->reason[0] = (char)(sheet->reason[0] - 'a' + 'A');
}
