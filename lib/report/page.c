#include <inttypes.h>
#include <time.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "report/html.h"
#include "report/internal.h"

/* Nothing may be asked for, whatever a device has put into its names. */
static void add_head(struct text *text, const struct report_fleet *fleet)
{
	text_add(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		       "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
		       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		       "<meta name=\"color-scheme\" content=\"light dark\">\n"
		       "<meta name=\"referrer\" content=\"no-referrer\">\n"
		       "<meta name=\"robots\" content=\"noindex\">\n<title>");
	html_add_text(text, fleet->site);
	text_add(text, ": device files, ");
	char made[TIME_TEXT_SIZE];
	time_write(made, fleet->made_at);
	text_addf(text, "%s</title>\n<style>%s</style>\n</head>\n", made, page_style);
}

/* ---- the verdict: one sentence ---- */

struct standing {
	uint64_t active, visited, drifted, wrong, unchecked, now;
};

static struct standing stand(const struct report_fleet *fleet)
{
	struct standing standing = {
		.active = fleet->states[INVENTORY_ACTIVE],
		.drifted = fleet->results[DRIFT_DRIFTED],
		.wrong = fleet->results[DRIFT_WRONG_DEVICE],
		.unchecked = fleet->never_visited,
	};

	for (unsigned i = 0; i < DRIFT_RESULT_COUNT; i++) {
		standing.visited += fleet->results[i];
		if (page_mark_of(i) == PAGE_UNKNOWN || page_mark_of(i) == PAGE_NONE)
			standing.unchecked += fleet->results[i];
	}
	for (size_t i = 0; i < fleet->task_count; i++)
		standing.now += fleet->tasks[i].urgency == REPORT_NOW;
	return standing;
}

static enum page_mark verdict_mark(const struct report_fleet *fleet, const struct standing *standing)
{
	if (fleet->stop || fleet->full || standing->drifted || standing->wrong || standing->now || fleet->rejected)
		return PAGE_BAD;
	if (standing->active == 0 || standing->visited == 0)
		return PAGE_NONE;
	return standing->unchecked || fleet->overdue || fleet->task_count ? PAGE_UNKNOWN : PAGE_GOOD;
}

static void add_trouble(struct text *text, const struct standing *standing)
{
	if (standing->drifted) {
		text_add(text, "Files differ from what was approved on ");
		html_add_number(text, standing->drifted);
		text_add(text, " of ");
		page_add_count(text, standing->active, "device");
		text_add(text, " in use. ");
	}
	if (standing->wrong) {
		text_add(text, "Another device than the enrolled one answered for ");
		html_add_number(text, standing->wrong);
		text_add(text, standing->drifted ? ". " : " of ");
		if (!standing->drifted) {
			page_add_count(text, standing->active, "device");
			text_add(text, " in use. ");
		}
	}
}

static void add_all_well(struct text *text, const struct report_fleet *fleet, const struct standing *standing)
{
	if (standing->unchecked || fleet->overdue) {
		text_add(text, "No device in use shows changed files. ");
	} else if (standing->active == 1) {
		text_add(text, "The device in use had the files that were approved when it was last visited. ");
	} else {
		text_add(text, "All ");
		page_add_count(text, standing->active, "device");
		text_add(text, " in use had the files that were approved when they were last visited. ");
	}
}

static void add_sentence(struct text *text, const struct report_fleet *fleet)
{
	struct standing standing = stand(fleet);

	if (fleet->stop)
		text_add(text, "Visits are stopped: nothing is checked until the stop is lifted. ");
	if (fleet->full)
		text_add(text, "Sweeps are held, for too much waits for the SIEM. ");
	if (standing.active == 0) {
		text_add(text, fleet->device_count ? "No device is in use, so nothing is checked. "
						   : "No device is enrolled yet, so nothing is checked. ");
		return;
	}
	if (standing.visited == 0) {
		text_add(text, "No device has been visited yet. ");
		return;
	}
	if (standing.drifted || standing.wrong)
		add_trouble(text, &standing);
	else
		add_all_well(text, fleet, &standing);
	if (standing.unchecked) {
		html_add_number(text, standing.unchecked);
		text_add(text, " could not be checked at the last visit. ");
	}
	if (fleet->rejected) {
		page_add_count(text, fleet->rejected, "approved baseline");
		text_addf(text, " %s not believed. ", fleet->rejected == 1 ? "is" : "are");
	}
	if (fleet->task_count == 0)
		text_add(text, "Nothing needs a person today. ");
}

/* What colours every result; other trouble stands among the tasks. */
static void add_evaluation(struct text *text)
{
	text_add(text, "<div class=\"notice unknown\">");
	page_add_mark(text, PAGE_UNKNOWN);
	text_add(text, "<p><b>Evaluation.</b> Baselines are in force without signatures (approvals = 0): whoever can "
		       "write to the store decides what counts as approved.</p></div>\n");
}

static void add_made(struct text *text, const struct report_fleet *fleet)
{
	time_t seconds = fleet->made_at / TIME_SECOND;
	struct tm tm = {0};

	(void)localtime_r(&seconds, &tm); /* any int64 of microseconds fits */
	long minutes = tm.tm_gmtoff / 60;
	text_add(text, "<p class=\"soft\">As of ");
	html_add_time(text, fleet->made_at);
	text_addf(text, " (UTC%c%02ld:%02ld), made by pumpwatch %s", minutes < 0 ? '-' : '+',
		  (minutes < 0 ? -minutes : minutes) / 60, (minutes < 0 ? -minutes : minutes) % 60,
		  fleet->version ? fleet->version : "");
	if (fleet->host) {
		text_add(text, " on ");
		html_add_text(text, fleet->host);
	}
	text_add(text, ". The page does not change by itself.</p>\n");
}

static void add_header(struct text *text, const struct report_fleet *fleet)
{
	struct standing standing = stand(fleet);
	enum page_mark mark = verdict_mark(fleet, &standing);

	text_add(text, "<header>\n<p class=\"what\">Are the devices' files as approved?</p>\n<h1>");
	html_add_text(text, fleet->site);
	text_add(text, "</h1>\n");
	add_made(text, fleet);
	text_addf(text, "<div class=\"verdict %s\">", page_mark_name(mark));
	page_add_mark(text, mark);
	text_add(text, "<p>");
	add_sentence(text, fleet);
	text_add(text, "</p></div>\n");
	if (fleet->approvals == 0)
		add_evaluation(text);
	text_add(text, "<nav aria-label=\"On this page\"><ul>"
		       "<li><a href=\"#today\">Needs a person</a></li><li><a href=\"#glance\">At a glance</a></li>"
		       "<li><a href=\"#coverage\">Coverage</a></li><li><a href=\"#trend\">90 days</a></li>"
		       "<li><a href=\"#rollouts\">Rollouts</a></li><li><a href=\"#alerts\">Alerts</a></li>"
		       "<li><a href=\"#overdue\">Overdue</a></li><li><a href=\"#trust\">Trust</a></li>"
		       "<li><a href=\"#limits\">What this does not say</a></li></ul></nav>\n</header>\n");
}

int report_page_write(struct text *text, const struct report_fleet *fleet, struct error *e)
{
	add_head(text, fleet);
	text_add(text, "<body>\n<a class=\"skip\" href=\"#main\">Skip to what needs a person</a>\n");
	page_add_symbols(text);
	add_header(text, fleet);
	text_add(text, "<main id=\"main\" tabindex=\"-1\">\n");
	page_add_tasks(text, fleet);
	page_add_glance(text, fleet);
	page_add_coverage(text, fleet);
	page_add_trend(text, fleet);
	page_add_rollouts(text, fleet);
	if (page_add_alerts(text, fleet) < 0 || page_add_overdue(text, fleet) < 0)
		return error_memory(e);
	page_add_trust(text, fleet);
	page_add_limits(text, fleet);
	text_add(text, "</main>\n<footer>pumpwatch reads devices' files and changes nothing on a device. "
		       "<code>pumpwatch explain CODE</code> tells what a word or a code means.</footer>\n"
		       "</body>\n</html>\n");
	return text->failed ? error_memory(e) : 0;
}
