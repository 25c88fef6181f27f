#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/text.h"
#include "base/time.h"
#include "report/sheet_view.h"

/* A string of others, escaped for display; null for NULL and for an empty one. */
static json_t *string_of(const char *string)
{
	CLEANUP(cleanup_free) char *escaped = string && *string ? escape_string(ESCAPE_DISPLAY, string) : NULL;

	return escaped ? json_string(escaped) : json_null();
}

/* One that was escaped before. */
static json_t *words_of(const char *words)
{
	return words && *words ? json_string(words) : json_null();
}

static json_t *time_of(int64_t at)
{
	char text[TIME_TEXT_SIZE];

	if (at == 0 || at == TIME_NEVER)
		return json_null();
	time_write(text, at);
	return json_string(text);
}

static json_t *number_of(uint64_t number)
{
	return json_integer((json_int_t)number);
}

static json_t *pump_of(const struct report_sheet *sheet)
{
	const struct visit_report *report = sheet->report;
	CLEANUP(text_clear) struct text meaning;
	char grade[VISIT_GRADE_TEXT_SIZE];

	text_init(&meaning);
	visit_grade_write(grade, &report->grade);
	visit_grade_explain(&meaning, &report->grade, sheet->scheme);
	return json_pack("{so sb so so so so so so so so ss so}", "asset", string_of(sheet->asset), "enrolled",
			 sheet->enrolled, "serial", string_of(sheet->serial), "serial_shown",
			 string_of(report->seen_serial), "model", string_of(sheet->model->name), "title",
			 string_of(sheet->model->title), "link", string_of(sheet->link), "address",
			 string_of(report->seen_address), "pin_shown", string_of(report->seen_pin), "key_shown",
			 words_of(report->seen_key), "grade", grade, "grade_means", words_of(meaning.data));
}

static json_t *check_of(const struct report_sheet *sheet)
{
	const struct visit_report *report = sheet->report;
	json_t *meant = json_array();

	for (size_t i = 0; i < sheet->meant_count; i++)
		json_array_append_new(meant, string_of(sheet->meant[i]));
	return json_pack("{so so so so so so so so sb ss so so so}", "work_order", string_of(sheet->work_order), "note",
			 string_of(sheet->note), "by", string_of(sheet->by), "started", time_of(sheet->started_at),
			 "ended", time_of(sheet->ended_at), "site", string_of(sheet->site), "collector",
			 string_of(sheet->host), "version", string_of(sheet->version), "interrupted",
			 sheet->interrupted, "outcome", visit_outcome_name(report->outcome), "detail",
			 words_of(report->detail), "bytes", number_of(report->bytes), "releases_meant", meant);
}

static json_t *kinds_of(const struct report_sheet *sheet)
{
	json_t *kinds = json_array();

	for (int i = 0; i < VISIT_KIND_COUNT; i++) {
		const struct drift_kind *kind = &sheet->verdict->kinds[i];
		bool pulled = inventory_model_has_kind(sheet->model, (enum visit_kind)i);
		if (!pulled && !kind->covered)
			continue;
		json_array_append_new(kinds, json_pack("{ss sb sb so so so so}", "kind",
			visit_kind_name((enum visit_kind)i), "pulled", pulled, "covered", kind->covered, "result",
			kind->covered ? json_string(drift_result_name(kind->result)) : json_null(), "release",
			string_of(kind->release), "manifest", words_of(kind->manifest), "accept_until",
			time_of(kind->accept_until)));
	}
	return kinds;
}

static json_t *releases_of(const struct report_sheet *sheet)
{
	json_t *releases = json_array();

	for (size_t i = 0; i < sheet->release_count; i++) {
		const struct report_sheet_release *one = &sheet->releases[i];
		const struct manifest *manifest = one->manifest;
		json_array_append_new(releases, json_pack("{ss ss so so so so sb so so so}", "kind",
			visit_kind_name(manifest->kind), "scope", manifest_scope_name(manifest->scope), "scope_name",
			string_of(manifest->scope_name), "release", string_of(manifest->release), "serial",
			number_of(manifest->serial), "manifest", words_of(one->id), "in_force", one->current,
			"in_force_since", time_of(one->in_force_at), "accept_until",
			one->current ? json_null() : one->accept_until == TIME_NEVER ? json_string("never")
			: time_of(one->accept_until), "approvers", string_of(one->approvers)));
	}
	return releases;
}

/* ---- files ---- */

static void set_digests(json_t *file, const char *suffix, uint64_t size, const struct digest_pair *digest)
{
	char hex[DIGEST_SHA256_HEX + 1], key[32];

	(void)snprintf(key, sizeof key, "size%s", suffix); /* the suffixes are ours and short */
	json_object_set_new(file, key, number_of(size));
	(void)snprintf(key, sizeof key, "md5%s", suffix);
	hex_write(hex, digest->md5, DIGEST_MD5_SIZE);
	json_object_set_new(file, key, json_string(hex));
	(void)snprintf(key, sizeof key, "sha256%s", suffix);
	hex_write(hex, digest->sha256, DIGEST_SHA256_SIZE);
	json_object_set_new(file, key, json_string(hex));
}

static const char *result_of(const struct sheet_row *row)
{
	if (row->finding)
		return drift_type_name(row->finding->type);
	if (row->mark == SHEET_APPROVED)
		return "approved";
	return row->seen && row->seen->outcome != VISIT_OK ? "unreadable" : "not-compared";
}

static json_t *file_of(const struct sheet_row *row)
{
	enum visit_outcome outcome = row->seen ? row->seen->outcome : row->finding ? row->finding->outcome : VISIT_OK;
	const char *release = row->finding ? row->finding->release : row->release ? row->release->manifest->release : NULL;
	json_t *file = json_pack("{so ss ss ss so}", "path", string_of(row->path), "kind", visit_kind_name(row->kind),
				 "result", result_of(row), "outcome", visit_outcome_name(outcome), "release",
				 string_of(release));

	if (row->seen && row->seen->outcome == VISIT_OK)
		set_digests(file, "", row->seen->size, &row->seen->digest);
	if (row->finding && row->finding->has_old)
		set_digests(file, "_approved", row->finding->old_size, &row->finding->old_digest);
	return file;
}

static json_t *files_of(const struct sheet_view *view)
{
	json_t *files = json_array();

	for (size_t i = 0; i < view->row_count; i++)
		json_array_append_new(files, file_of(&view->rows[i]));
	return files;
}

static json_t *not_covered_of(const struct report_sheet *sheet)
{
	json_t *parts = json_array();

	for (size_t i = 0; i < sheet->model->not_covered.count; i++)
		json_array_append_new(parts, string_of(sheet->model->not_covered.items[i]));
	return json_pack("{so so so sb sb}", "parts", parts, "left_out", number_of(sheet->report->left_out), "not_read",
			 number_of(sheet->report->not_covered), "link_lists", visit_scheme_lists(sheet->scheme),
			 "example_profile", sheet->model->example);
}

int report_sheet_write_json(struct text *text, const struct report_sheet *sheet, struct error *e)
{
	CLEANUP(sheet_view_clear) struct sheet_view view = {0};

	if (sheet_view_make(&view, sheet) < 0)
		return error_memory(e);
	json_t *document = json_pack("{ss ss so si sI so so so so so so}", "result",
		report_sheet_result_name(sheet->result), "reason", sheet->reason, "caution",
		words_of(sheet_caution(sheet)), "approvals", (int)sheet->approvals, "not_believed",
		(json_int_t)sheet->rejected, "pump", pump_of(sheet), "check", check_of(sheet), "kinds", kinds_of(sheet),
		"releases", releases_of(sheet), "not_covered", not_covered_of(sheet), "files", files_of(&view));
	CLEANUP(cleanup_free) char *dumped = document ? json_dumps(document, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL;
	json_decref(document);
	if (!dumped)
		return error_memory(e);
	text_add(text, dumped);
	text_add_char(text, '\n');
	return text->failed ? error_memory(e) : 0;
}
