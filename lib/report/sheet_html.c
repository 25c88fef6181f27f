#include "base/cleanup.h"
#include "base/error.h"
#include "base/hex.h"
#include "base/text.h"
#include "report/html.h"
#include "report/sheet_view.h"

/* Nothing tells by colour alone, and nothing is fetched. */
static const char style[] =
	":root{color-scheme:light dark;--ink:#111;--paper:#fff;--quiet:#555;--line:#767676;--mark:#f0f0f0}"
	"@media (prefers-color-scheme:dark){:root{--ink:#eee;--paper:#161616;--quiet:#b5b5b5;--line:#8a8a8a;--mark:#2a2a2a}}"
	"@page{margin:14mm}"
	"html{background:var(--paper)}body{margin:0 auto;max-width:60rem;padding:1rem;color:var(--ink);background:var(--paper);"
	"font:1rem/1.4 \"Liberation Sans\",Arial,sans-serif}"
	"h1{margin:0;font-size:1.1rem}h2{margin:1.4rem 0 .3rem;font-size:1.05rem;border-bottom:1px solid var(--line)}"
	".result{display:inline-block;margin:.5rem 0;padding:.1rem .8rem;border:.25rem solid var(--ink);"
	"font-size:2.2rem;font-weight:bold;letter-spacing:.05em}"
	".FAIL .result{color:var(--paper);background:var(--ink)}.INCOMPLETE .result{border-style:dashed}"
	".reason{font-size:1.15rem;font-weight:bold;margin:.3rem 0}"
	".caution{padding:.5rem;border:2px dashed var(--ink);font-weight:bold}"
	"table{width:100%;border-collapse:collapse}th,td{padding:.2rem .4rem;border-bottom:1px solid var(--line);"
	"text-align:left;vertical-align:top;overflow-wrap:anywhere}"
	"th[scope=row]{width:9rem;font-weight:normal;color:var(--quiet)}thead th{border-bottom:2px solid var(--line)}"
	".files th[scope=row]{width:auto;color:inherit}.files tbody{break-inside:avoid}"
	".differs{background:var(--mark);font-weight:bold}.digest{font:.8rem/1.35 \"Liberation Mono\",monospace;"
	"font-weight:normal;overflow-wrap:anywhere}"
	".sign{display:grid;grid-template-columns:1fr 1fr;gap:2.4rem 2rem;margin-top:2.4rem;break-inside:avoid}"
	".sign div{border-top:1px solid var(--ink);padding-top:.2rem}"
	"@media print{:root{--ink:#000;--paper:#fff;--quiet:#333;--line:#777;--mark:#eee}body{max-width:none;padding:0;"
	"font-size:10pt}.FAIL .result{color:#000;background:none;border-style:double;border-width:.5rem}thead"
	"{display:table-header-group}}";

static void add_head(struct text *text, const struct report_sheet *sheet)
{
	const char *result = report_sheet_result_name(sheet->result);
	const char *name = sheet->asset ? sheet->asset
			 : sheet->report->seen_serial[0] ? sheet->report->seen_serial : sheet->model->name;

	text_addf(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
			"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s: ", result);
	html_add_text(text, name);
	text_addf(text, ", check of a pump's files</title>\n<style>%s</style>\n</head>\n<body class=\"%s\">\n<main>\n"
			"<h1>Service bench: check of a pump's files</h1>\n<p class=\"result\">%s</p>\n<p class=\"reason\">",
		  style, result, result);
	html_add_words(text, sheet->reason);
	text_add(text, "</p>\n");
	if (!sheet_caution(sheet))
		return;
	text_add(text, "<p class=\"caution\">");
	html_add_words(text, sheet_caution(sheet));
	text_add(text, "</p>\n");
}

static void add_part(struct text *text, const struct sheet_part *part)
{
	text_addf(text, "<h2>%s</h2>\n<table>\n<tbody>\n", part->title);
	for (size_t i = 0; i < part->count; i++) {
		text_addf(text, "<tr><th scope=\"row\">%s</th><td>", part->lines[i].label);
		html_add_words(text, part->lines[i].value);
		text_add(text, "</td></tr>\n");
	}
	text_add(text, "</tbody>\n</table>\n");
}

/* ---- files ---- */

static void add_digests(struct text *text, const char *label, uint64_t size, const struct digest_pair *digest)
{
	char md5[2 * DIGEST_MD5_SIZE + 1], sha256[DIGEST_SHA256_HEX + 1], number[SHEET_NUMBER_SIZE];

	hex_write(md5, digest->md5, DIGEST_MD5_SIZE);
	hex_write(sha256, digest->sha256, DIGEST_SHA256_SIZE);
	text_addf(text, "<div>%s%s %s</div><div class=\"digest\">MD5 %s<br>SHA-256 %s</div>", label,
		  sheet_number(number, size), size == 1 ? "byte" : "bytes", md5, sha256);
}

static void add_row(struct text *text, const struct sheet_row *row)
{
	const struct drift_finding *finding = row->finding;
	const struct visit_observation *read = row->seen && row->seen->outcome == VISIT_OK ? row->seen : NULL;

	text_addf(text, "<tbody>\n<tr><td%s>%s</td><td>%s</td><th scope=\"row\">",
		  row->mark == SHEET_APPROVED ? "" : " class=\"differs\"", row->word, visit_kind_name(row->kind));
	html_add_text(text, row->path ? row->path : "all files");
	text_add(text, "</th><td>");
	if (row->seen && !read)
		text_addf(text, "<div>%s</div>", visit_outcome_text(row->seen->outcome));
	else if (!row->seen && finding && finding->type == DRIFT_UNREADABLE)
		text_addf(text, "<div>%s</div>", visit_outcome_text(finding->outcome));
	if (read)
		add_digests(text, finding ? "Found: " : "", read->size, &read->digest);
	if (finding && finding->has_old)
		add_digests(text, "Approved: ", finding->old_size, &finding->old_digest);
	text_add(text, "</td></tr>\n</tbody>\n");
}

static void add_files(struct text *text, const struct sheet_view *view)
{
	text_addf(text, "<h2>Files</h2>\n<p>%zu as approved, %zu not as approved, %zu not checked.</p>\n",
		  view->marks[SHEET_APPROVED], view->marks[SHEET_DIFFERS], view->marks[SHEET_NOT_CHECKED]);
	if (view->row_count == 0)
		return;
	text_add(text, "<table class=\"files\">\n<thead>\n<tr><th scope=\"col\">Result</th><th scope=\"col\">Kind</th>"
		       "<th scope=\"col\">File</th><th scope=\"col\">Size and digests</th></tr>\n</thead>\n");
	for (size_t i = 0; i < view->row_count; i++)
		add_row(text, &view->rows[i]);
	text_add(text, "</table>\n");
}

static void add_foot(struct text *text, const struct report_sheet *sheet)
{
	text_add(text, "<h2>What this sheet says</h2>\n");
	for (size_t i = 0; i < sizeof sheet_statement / sizeof *sheet_statement; i++)
		text_addf(text, "<p>%s</p>\n", sheet_statement[i]);
	if (sheet->digest)
		text_addf(text, "<p>This sheet as JSON has the SHA-256 <span class=\"digest\">%s</span></p>\n",
			  sheet->digest);
	text_add(text, "<h2>Signature</h2>\n<div class=\"sign\"><div>Name</div><div>Department</div><div>Date</div>"
		       "<div>Signature</div></div>\n</main>\n</body>\n</html>\n");
}

int report_sheet_write_html(struct text *text, const struct report_sheet *sheet, struct error *e)
{
	CLEANUP(sheet_view_clear) struct sheet_view view = {0};

	if (sheet_view_make(&view, sheet) < 0)
		return error_memory(e);
	add_head(text, sheet);
	for (size_t i = 0; i < SHEET_PARTS; i++)
		add_part(text, &view.parts[i]);
	add_files(text, &view);
	add_foot(text, sheet);
	return text->failed ? error_memory(e) : 0;
}
