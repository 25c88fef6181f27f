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

static enum page_mark verdict_mark(enum report_verdict verdict)
{
	switch (verdict) {
	case REPORT_FINE: return PAGE_GOOD;
	case REPORT_UNSURE: return PAGE_UNKNOWN;
	case REPORT_TROUBLE: return PAGE_BAD;
	default: return PAGE_NONE;
	}
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
	enum page_mark mark = verdict_mark(report_verdict(fleet));

	text_add(text, "<header>\n<p class=\"what\">Are the devices' files as approved?</p>\n<h1>");
	html_add_text(text, fleet->site);
	text_add(text, "</h1>\n");
	add_made(text, fleet);
	text_addf(text, "<div class=\"verdict %s\">", page_mark_name(mark));
	page_add_mark(text, mark);
	text_add(text, "<p>");
	report_verdict_add(text, fleet); /* no word in it is a device's */
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
