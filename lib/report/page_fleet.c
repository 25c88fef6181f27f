#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "explain/explain.h"
#include "report/html.h"
#include "report/internal.h"

/* ---- what needs a person ---- */

enum { TASKS_UNFOLDED = 12 };

/* Beyond so many alerts not each has its place on the page. */
static void add_link(struct text *text, uint64_t alert, bool linked)
{
	if (linked)
		text_addf(text, " <a class=\"tag\" href=\"#alert-%" PRIu64 "\">Alert %" PRIu64 "</a>", alert, alert);
	else
		text_addf(text, " <span class=\"tag\">Alert %" PRIu64 "</span>", alert);
}

static void add_task(struct text *text, const struct report_task *task, bool linked)
{
	text_add(text, "<li>");
	page_add_mark(text, task->urgency == REPORT_NOW ? PAGE_BAD : PAGE_UNKNOWN);
	text_add(text, "<div><p><b>");
	html_add_words(text, task->what);
	text_add(text, ".</b>");
	if (task->alert)
		add_link(text, task->alert, linked);
	text_add(text, "</p><p>Next: ");
	page_add_advice(text, task->next);
	text_add(text, "</p></div></li>\n");
}

/* The tasks of one urgency, which stand together. Returns how many. */
static size_t add_urgency(struct text *text, const struct report_task *tasks, size_t count, bool linked)
{
	static const char *const headings[] = {"Now", "Today", "Soon"};
	size_t same = 1;

	while (same < count && tasks[same].urgency == tasks[0].urgency)
		same++;
	text_addf(text, "<h3>%s <span class=\"soft\">(", headings[tasks[0].urgency % 3]);
	html_add_number(text, same);
	text_add(text, ")</span></h3>\n<ul class=\"tasks\">\n");
	for (size_t i = 0; i < same; i++) {
		if (i == TASKS_UNFOLDED) {
			text_add(text, "</ul>\n<details><summary>");
			html_add_number(text, same - i);
			text_add(text, " more</summary><ul class=\"tasks\">\n");
		}
		add_task(text, &tasks[i], linked);
	}
	text_add(text, same > TASKS_UNFOLDED ? "</ul></details>\n" : "</ul>\n");
	return same;
}

void page_add_tasks(struct text *text, const struct report_fleet *fleet)
{
	page_open_section(text, "today", "What needs a person");
	if (fleet->task_count == 0)
		text_add(text, "<p>Nothing.</p>\n");
	for (size_t done = 0; done < fleet->task_count;)
		done += add_urgency(text, fleet->tasks + done, fleet->task_count - done,
				    fleet->alert_count <= REPORT_ALERTS_MAX);
	text_add(text, "</section>\n");
}

/* ---- at a glance ---- */

static void add_result_row(struct text *text, enum page_mark mark, const char *words, uint64_t count, uint64_t total)
{
	if (count == 0)
		mark = PAGE_NONE;
	text_add(text, "<tr><th scope=\"row\">");
	page_add_mark(text, mark);
	text_add(text, "<span>");
	page_add_sentence(text, words);
	text_add(text, "</span></th><td class=\"n\">");
	html_add_number(text, count);
	text_add(text, "</td><td class=\"n\">");
	page_add_share(text, count, total);
	text_add(text, "</td><td class=\"barred\">");
	page_add_bar(text, mark, count, total);
	text_add(text, "</td></tr>\n");
}

static void add_results(struct text *text, const struct report_fleet *fleet)
{
	/* The gravest first; those without a device are left out, but for the one that is hoped for. */
	static const enum drift_result order[] = {
		DRIFT_DRIFTED, DRIFT_WRONG_DEVICE, DRIFT_REFUSED, DRIFT_UNREACHABLE, DRIFT_PARTIAL,
		DRIFT_UNTRUSTED, DRIFT_SKIPPED, DRIFT_BEHIND, DRIFT_VERIFIED,
	};
	uint64_t total = fleet->states[INVENTORY_ACTIVE];

	if (total == 0) {
		text_add(text, "<p>No device is in use.</p>\n");
		return;
	}
	text_add(text, "<table class=\"counts\"><caption>The last visit to each device in use</caption>\n"
		       "<thead><tr><th scope=\"col\">Result</th><th scope=\"col\" class=\"n\">Devices</th>"
		       "<th scope=\"col\" class=\"n\">Share</th><td></td></tr></thead><tbody>\n");
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (fleet->results[order[i]] || order[i] == DRIFT_VERIFIED || order[i] == DRIFT_DRIFTED)
			add_result_row(text, page_mark_of(order[i]),
				       explain_words(EXPLAIN_RESULT, drift_result_name(order[i])),
				       fleet->results[order[i]], total);
	if (fleet->never_visited)
		add_result_row(text, PAGE_NONE, "never visited", fleet->never_visited, total);
	text_add(text, "</tbody></table>\n");
}

static void open_fact(struct text *text, const char *term)
{
	text_addf(text, "<dt>%s</dt><dd>", term);
}

static void add_duration(struct text *text, int64_t duration)
{
	int64_t minutes = duration / TIME_MINUTE;

	if (minutes >= 60)
		text_addf(text, "%" PRId64 " h %" PRId64 " min", minutes / 60, minutes % 60);
	else if (minutes >= 2)
		text_addf(text, "%" PRId64 " min", minutes);
	else
		text_addf(text, "%" PRId64 " s", duration > 0 ? duration / TIME_SECOND : 0);
}

static void add_last_sweep(struct text *text, const struct report_fleet *fleet)
{
	const struct alert_counts *last = &fleet->last;

	open_fact(text, "Last sweep");
	if (!fleet->has_last) {
		text_add(text, "none has ended yet</dd>\n");
		return;
	}
	text_addf(text, "No. %" PRIu64 ", ", fleet->last_number);
	if (fleet->last_window) {
		text_add(text, "window ");
		html_add_text(text, fleet->last_window);
	} else {
		text_add(text, "by hand");
	}
	text_add(text, ", ended ");
	html_add_time(text, last->ended_at);
	text_add(text, " after ");
	add_duration(text, last->ended_at - last->started_at);
	text_add(text, ": ");
	page_add_count(text, last->devices, "device");
	text_add(text, ", ");
	page_add_count(text, last->files, "file");
	text_addf(text, ", %" PRIu64 ".%" PRIu64 " MB.", last->bytes / 1000000, last->bytes / 100000 % 10);
	if (last->stopped) {
		text_add(text, " <b>It was stopped before its end</b>");
		if (last->why_stopped[0]) {
			text_add(text, ": ");
			html_add_text(text, last->why_stopped);
		}
		text_add(text, ".");
	}
	text_add(text, "</dd>\n");
}

static void add_facts(struct text *text, const struct report_fleet *fleet)
{
	text_add(text, "<dl class=\"facts\">\n");
	open_fact(text, "Devices");
	for (unsigned i = 0; i < INVENTORY_RETIRED; i++) {
		static const char *const words[] = {" in use", " stored", " in maintenance"};
		text_add(text, i ? ", " : "");
		html_add_number(text, fleet->states[i]);
		text_add(text, words[i]);
	}
	text_add(text, " (stored ones and those in maintenance are not visited)</dd>\n");
	open_fact(text, "Alerts");
	html_add_number(text, fleet->open_alerts);
	text_add(text, " open, ");
	html_add_number(text, fleet->acknowledged_alerts);
	text_add(text, " acknowledged</dd>\n");
	add_last_sweep(text, fleet);
	if (fleet->running_since) {
		open_fact(text, "Running now");
		text_add(text, "a sweep, since ");
		html_add_time(text, fleet->running_since);
		text_add(text, "</dd>\n");
	}
	open_fact(text, "Next sweep");
	if (fleet->next_at)
		html_add_time(text, fleet->next_at);
	else
		text_add(text, "none: no window is configured");
	text_add(text, "</dd>\n</dl>\n");
}

void page_add_glance(struct text *text, const struct report_fleet *fleet)
{
	page_open_section(text, "glance", "The fleet at a glance");
	text_add(text, "<div class=\"two\"><div>\n");
	add_results(text, fleet);
	text_add(text, "</div><div>\n");
	add_facts(text, fleet);
	text_add(text, "</div></div>\n</section>\n");
}

/* ---- coverage ---- */

static void add_overdue(struct text *text, const struct report_fleet *fleet)
{
	if (fleet->overdue_after == 0) {
		text_add(text, "<p>No device is ever called overdue: the configuration says overdue-after = 0.</p>\n");
		return;
	}
	text_add(text, "<p>");
	if (fleet->overdue == 0)
		text_add(text, "No device is overdue");
	else
		page_add_count(text, fleet->overdue, "device");
	text_addf(text, "%s, which means: not verified for more than %" PRId64 " days.</p>\n",
		  fleet->overdue == 0	? ""
		  : fleet->overdue == 1 ? " is overdue"
					: " are overdue",
		  fleet->overdue_after / TIME_DAY);
}

void page_add_coverage(struct text *text, const struct report_fleet *fleet)
{
	static const enum page_mark marks[REPORT_AGE_COUNT] = {PAGE_GOOD,    PAGE_GOOD,    PAGE_OLDER,
							       PAGE_UNKNOWN, PAGE_UNKNOWN, PAGE_BAD};
	uint64_t total = fleet->states[INVENTORY_ACTIVE];

	page_open_section(text, "coverage", "Coverage: when was each device last verified?");
	if (total == 0) {
		text_add(text, "<p>No device is in use.</p>\n</section>\n");
		return;
	}
	text_add(text, "<table class=\"counts\"><caption>Devices in use, by the age of the last visit that found approved "
		       "files</caption>\n<thead><tr><th scope=\"col\">Last verified</th><th scope=\"col\" class=\"n\">"
		       "Devices</th><th scope=\"col\" class=\"n\">Share</th><td></td></tr></thead><tbody>\n");
	for (unsigned age = 0; age < REPORT_AGE_COUNT; age++)
		add_result_row(text, marks[age], report_age_words(age), fleet->ages[age], total);
	text_add(text, "</tbody></table>\n");
	add_overdue(text, fleet);
	text_add(text, "</section>\n");
}
