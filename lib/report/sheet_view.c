#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/time.h"
#include "report/sheet_view.h"

const char *const sheet_statement[2] = {
	"A PASS says that the files that came over the link are the approved ones, byte for byte by SHA-256. Where a "
	"file differs it was read twice before this sheet says so.",
	"It does not say that the whole pump was looked at, nor that the pump is fit for use: verify and quarantine by "
	"your policy. A pump whose software was taken over can show clean copies.",
};

const char *sheet_caution(const struct report_sheet *sheet)
{
	if (sheet->approvals == 0)
		return "EVALUATION: no signatures are asked for (approvals = 0), so nobody has approved what this pump "
		       "was compared with. This sheet proves nothing to others.";
	return sheet->approvals == 1 ? "A single approval is asked for (approvals = 1): one person alone decides what "
				       "is believed." : NULL;
}

const char *sheet_time(char buffer[static SHEET_TIME_SIZE], int64_t at)
{
	time_t seconds = (time_t)(at / TIME_SECOND);
	struct tm tm;

	if (at == 0 || at == TIME_NEVER)
		return at == 0 ? "not known" : "never";
	if (!localtime_r(&seconds, &tm) || strftime(buffer, SHEET_TIME_SIZE, "%Y-%m-%d %H:%M:%S %Z (%z)", &tm) == 0)
		return "not known";
	return buffer;
}

const char *sheet_number(char buffer[static SHEET_NUMBER_SIZE], uint64_t number)
{
	char *at = buffer + SHEET_NUMBER_SIZE - 1;
	unsigned digits = 0;

	*at = '\0';
	do {
		if (digits > 0 && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + number % 10);
		number /= 10;
		digits++;
	} while (number > 0);
	return at;
}

/* ---- lines ---- */

static void clear_part(struct sheet_part *part)
{
	for (size_t i = 0; i < part->count; i++)
		free(part->lines[i].value);
	free(part->lines);
	*part = (struct sheet_part){0};
}

void sheet_view_clear(struct sheet_view *view)
{
	for (size_t i = 0; i < SHEET_PARTS; i++)
		clear_part(&view->parts[i]);
	free(view->rows);
	*view = (struct sheet_view){0};
}

/* A line with words that are ours or escaped already; an empty one is left out. */
static int add_words(struct sheet_part *part, const char *label, const char *words)
{
	if (!words || !*words)
		return 0;
	struct sheet_line line = {.label = label, .value = strdup(words)};
	if (!line.value || ARRAY_APPEND(part->lines, part->count, line) < 0) {
		free(line.value);
		return -ENOMEM;
	}
	return 0;
}

static int add_string(struct sheet_part *part, const char *label, const char *string)
{
	CLEANUP(cleanup_free) char *escaped = escape_string(ESCAPE_DISPLAY, string ? string : "");

	return escaped ? add_words(part, label, escaped) : -ENOMEM;
}

/* What is in text, which is then empty. */
static int add_text(struct sheet_part *part, const char *label, struct text *text)
{
	CLEANUP(cleanup_free) char *words = text_take(text);

	return words ? add_words(part, label, words) : -ENOMEM;
}

static void escape_into(struct text *text, const char *string)
{
	if (string)
		escape_add(text, ESCAPE_DISPLAY, string, strlen(string));
}

static int add_serial(struct sheet_part *pump, const struct report_sheet *sheet)
{
	CLEANUP(text_clear) struct text text;
	const char *seen = sheet->report->seen_serial;

	text_init(&text);
	escape_into(&text, sheet->serial);
	if (sheet->serial)
		text_add(&text, sheet->enrolled ? " known, " : " given, ");
	if (seen[0]) {
		escape_into(&text, seen);
		text_add(&text, " shown by the pump");
	} else {
		text_add(&text, "none shown by the pump");
	}
	return add_text(pump, "Serial", &text);
}

static int add_model(struct sheet_part *pump, const struct inventory_model *model)
{
	CLEANUP(text_clear) struct text text;
	const char *maker = model->manufacturer ? model->manufacturer : "";
	const char *title = model->title ? model->title : model->name;

	text_init(&text);
	if (strncmp(title, maker, strlen(maker)) != 0) {
		escape_into(&text, maker);
		text_add_char(&text, ' ');
	}
	escape_into(&text, title);
	text_add(&text, " (profile ");
	escape_into(&text, model->name);
	text_add(&text, ")");
	return add_text(pump, "Model", &text);
}

static int add_grade(struct sheet_part *pump, const struct report_sheet *sheet)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	if (visit_outcome_contact(sheet->report->outcome) == VISIT_CONTACT_MADE)
		visit_grade_explain(&text, &sheet->report->grade, sheet->scheme);
	else
		text_add(&text, "No file was read.");
	return add_text(pump, "Link's grade", &text);
}

static int add_key(struct sheet_part *pump, const struct visit_report *report)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	escape_into(&text, report->seen_pin);
	if (report->seen_pin[0] && report->seen_key[0])
		text_addf(&text, " (%s)", report->seen_key);
	return add_text(pump, "Key shown", &text);
}

static int view_pump(struct sheet_part *pump, const struct report_sheet *sheet)
{
	CLEANUP(text_clear) struct text asset;

	pump->title = "The pump";
	text_init(&asset);
	escape_into(&asset, sheet->asset);
	if (sheet->asset)
		text_add(&asset, sheet->enrolled ? " (enrolled)" : " (not enrolled)");
	return add_text(pump, "Asset", &asset) || add_serial(pump, sheet) || add_model(pump, sheet->model) ||
	       add_string(pump, "Link", sheet->link) || add_string(pump, "Address", sheet->report->seen_address) ||
	       add_key(pump, sheet->report) || add_grade(pump, sheet) ? -ENOMEM : 0;
}

static int view_check(struct sheet_part *check, const struct report_sheet *sheet)
{
	const struct visit_report *report = sheet->report;
	CLEANUP(text_clear) struct text contact;
	CLEANUP(text_clear) struct text program;
	char begun[SHEET_TIME_SIZE], ended[SHEET_TIME_SIZE], bytes[SHEET_NUMBER_SIZE];

	text_init(&contact);
	text_init(&program);
	if (sheet->interrupted)
		text_add(&contact, "interrupted before the end");
	else if (report->outcome == VISIT_OK)
		text_addf(&contact, "fine, %s bytes were read", sheet_number(bytes, report->bytes));
	else
		text_addf(&contact, "%s%s%s", visit_outcome_text(report->outcome), report->detail[0] ? ": " : "",
			  report->detail);
	text_add(&program, "pumpwatch ");
	escape_into(&program, sheet->version);
	check->title = "The check";
	return add_string(check, "Work order", sheet->work_order) || add_string(check, "Note", sheet->note) ||
	       add_string(check, "Checked by", sheet->by) ||
	       add_words(check, "Begun", sheet_time(begun, sheet->started_at)) ||
	       add_words(check, "Ended", sheet_time(ended, sheet->ended_at)) ||
	       add_text(check, "Contact", &contact) || add_string(check, "Site", sheet->site) ||
	       add_string(check, "Collector", sheet->host) || add_text(check, "Program", &program) ? -ENOMEM : 0;
}

/* ---- what it was compared with ---- */

static const char *kind_words(const struct report_sheet *sheet, enum visit_kind kind)
{
	const struct drift_kind *one = &sheet->verdict->kinds[kind];

	if (!one->covered)
		return kind == VISIT_OTHER ? "nothing of this kind was found" : "nothing was found, and no release is in force";
	switch (one->result) {
	case DRIFT_VERIFIED: return "as in the release in force";
	case DRIFT_BEHIND: return "as in an older release that is still accepted";
	case DRIFT_UNTRUSTED: return "no approved release is in force: not compared";
	case DRIFT_DRIFTED: return "differs from what is approved";
	default: return "not all could be checked";
	}
}

static void write_release(struct text *text, const struct report_sheet_release *release)
{
	const struct manifest *manifest = release->manifest;
	char at[SHEET_TIME_SIZE];

	text_addf(text, "%s: release ", visit_kind_name(manifest->kind));
	escape_into(text, manifest->release);
	text_addf(text, " for %s ", manifest_scope_name(manifest->scope));
	escape_into(text, manifest->scope_name);
	text_addf(text, ", serial %llu, ", (unsigned long long)manifest->serial);
	if (release->current)
		text_add(text, "in force");
	else if (release->accept_until == TIME_NEVER)
		text_add(text, "older, accepted without end");
	else
		text_addf(text, "older, accepted until %s", sheet_time(at, release->accept_until));
	text_addf(text, ", put in force %s; approved by ", sheet_time(at, release->in_force_at));
	if (release->approvers)
		escape_into(text, release->approvers);
	else
		text_add(text, "nobody");
	text_addf(text, "; manifest %s", release->id);
}

static int view_compared(struct sheet_part *compared, const struct report_sheet *sheet)
{
	int r = 0;

	compared->title = "Compared with";
	for (int kind = 0; kind < VISIT_KIND_COUNT && r == 0; kind++) {
		if (sheet->verdict->kinds[kind].covered || inventory_model_has_kind(sheet->model, (enum visit_kind)kind))
			r = add_words(compared, visit_kind_name((enum visit_kind)kind),
				      kind_words(sheet, (enum visit_kind)kind));
	}
	/* Of the older ones those that the pump is on. */
	for (size_t i = 0; i < sheet->release_count && r == 0; i++) {
		const struct report_sheet_release *release = &sheet->releases[i];
		CLEANUP(text_clear) struct text text;
		text_init(&text);
		if (!release->current &&
		    strcmp(sheet->verdict->kinds[release->manifest->kind].manifest, release->id) != 0)
			continue;
		write_release(&text, release);
		r = add_text(compared, "Release", &text);
	}
	if (r == 0 && sheet->rejected > 0) {
		CLEANUP(text_clear) struct text text;
		text_init(&text);
		text_addf(&text, "%llu %s in force cannot be believed", SHEET_COUNT(sheet->rejected, "release", "releases"));
		r = add_text(compared, "Not believed", &text);
	}
	return r;
}

static int add_count(struct sheet_part *part, const char *label, uint64_t count, const char *words)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	if (count > 0)
		text_addf(&text, "%llu %s", (unsigned long long)count, words);
	return add_text(part, label, &text);
}

static int view_not_covered(struct sheet_part *part, const struct report_sheet *sheet)
{
	const struct inventory_model *model = sheet->model;
	int r = 0;

	part->title = "Not covered";
	for (size_t i = 0; i < model->not_covered.count && r == 0; i++)
		r = add_string(part, "By no link", model->not_covered.items[i]);
	if (r == 0)
		r = add_count(part, "Left out", sheet->report->left_out, sheet->report->left_out == 1 ? "file that always changes, by the profile"
						    : "files that always change, by the profile");
	if (r == 0)
		r = add_count(part, "Not read", sheet->report->not_covered,
			      "found that no pattern of the profile names, or that are no plain files");
	if (r == 0 && !visit_scheme_lists(sheet->scheme))
		r = add_words(part, "Not seen", "files beside those asked for by name: this link cannot list");
	if (r == 0 && model->example)
		r = add_words(part, "Profile", "its paths are examples, to be filled in from the maker's documents");
	return r == 0 && part->count == 0
		? add_words(part, "Remark", "the profile names no part that a link cannot reach") : r;
}

/* ---- rows ---- */

static const char *type_word(const struct drift_finding *finding)
{
	switch (finding->type) {
	case DRIFT_MODIFIED: return "MODIFIED";
	case DRIFT_ADDED: return "ADDED";
	case DRIFT_MISSING: return "MISSING";
	case DRIFT_FORGED: return "FORGED";
	case DRIFT_STALE: return "TOO OLD";
	case DRIFT_MIXED: return "OTHER RELEASE";
	default: return "not read";
	}
}

static const struct report_sheet_release *find_release(const struct report_sheet *sheet,
						       const struct visit_observation *seen)
{
	const char *on = sheet->verdict->kinds[seen->kind].manifest;
	const struct report_sheet_release *found = NULL;

	for (size_t i = 0; seen->outcome == VISIT_OK && i < sheet->release_count; i++) {
		const struct report_sheet_release *release = &sheet->releases[i];
		if (release->manifest->kind != seen->kind)
			continue;
		const struct manifest_file *file = manifest_find(release->manifest, seen->path);
		if (!file || file->size != seen->size ||
		    memcmp(file->digest.sha256, seen->digest.sha256, DIGEST_SHA256_SIZE) != 0)
			continue;
		if (strcmp(release->id, on) == 0)
			return release;
		if (!found || release->current)
			found = release;
	}
	return found;
}

static const struct drift_finding *find_finding(const struct drift_verdict *verdict,
						const struct visit_observation *seen)
{
	for (size_t low = 0, high = verdict->finding_count; low < high;) {
		size_t middle = low + (high - low) / 2;
		const struct drift_finding *one = &verdict->findings[middle];
		int order = one->kind != seen->kind ? (one->kind < seen->kind ? -1 : 1)
			  : !one->path ? -1 : strcmp(one->path, seen->path);
		if (order == 0)
			return one;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static struct sheet_row row_of_finding(const struct drift_finding *finding, const struct visit_observation *seen)
{
	return (struct sheet_row){
		.mark = finding->type == DRIFT_UNREADABLE ? SHEET_NOT_CHECKED : SHEET_DIFFERS,
		.kind = finding->kind, .path = finding->path, .word = type_word(finding), .seen = seen,
		.finding = finding,
	};
}

static struct sheet_row row_of_file(const struct report_sheet *sheet, const struct visit_observation *seen)
{
	const struct drift_finding *finding = find_finding(sheet->verdict, seen);
	struct sheet_row row = {.mark = SHEET_NOT_CHECKED, .kind = seen->kind, .path = seen->path, .seen = seen,
				.word = seen->outcome == VISIT_OK ? "not compared" : "not read"};

	if (finding)
		return row_of_finding(finding, seen);
	row.release = find_release(sheet, seen);
	if (row.release && sheet->verdict->kinds[seen->kind].covered) {
		row.mark = SHEET_APPROVED;
		row.word = "as approved";
	}
	return row;
}

static int compare_rows(const void *a, const void *b)
{
	const struct sheet_row *one = a, *other = b;

	if (one->mark != other->mark)
		return one->mark < other->mark ? -1 : 1;
	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	if (!one->path || !other->path)
		return one->path ? 1 : other->path ? -1 : 0;
	return strcmp(one->path, other->path);
}

static int view_rows(struct sheet_view *view, const struct report_sheet *sheet)
{
	const struct visit_report *report = sheet->report;
	const struct drift_verdict *verdict = sheet->verdict;
	int r = 0;

	for (size_t i = 0; i < report->observation_count && r == 0; i++)
		r = ARRAY_APPEND(view->rows, view->row_count, row_of_file(sheet, &report->observations[i]));
	for (size_t i = 0; i < verdict->finding_count && r == 0; i++) {
		const struct drift_finding *finding = &verdict->findings[i];
		const struct visit_observation *seen = finding->path ? visit_report_find(report, finding->path) : NULL;
		if (!seen || seen->kind != finding->kind)
			r = ARRAY_APPEND(view->rows, view->row_count, row_of_finding(finding, NULL));
	}
	if (r == 0 && view->row_count > 0)
		qsort(view->rows, view->row_count, sizeof *view->rows, compare_rows);
	for (size_t i = 0; i < view->row_count; i++)
		view->marks[view->rows[i].mark]++;
	return r;
}

int sheet_view_make(struct sheet_view *ret_view, const struct report_sheet *sheet)
{
	CLEANUP(sheet_view_clear) struct sheet_view view = {0};

	if (view_pump(&view.parts[0], sheet) < 0 || view_check(&view.parts[1], sheet) < 0 ||
	    view_compared(&view.parts[2], sheet) < 0 || view_not_covered(&view.parts[3], sheet) < 0 ||
	    view_rows(&view, sheet) < 0)
		return -ENOMEM;
	*ret_view = view;
	view = (struct sheet_view){0};
	return 0;
}
