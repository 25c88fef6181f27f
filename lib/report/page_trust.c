#include <inttypes.h>

#include "base/text.h"
#include "base/time.h"
#include "report/html.h"
#include "report/internal.h"

static void open_fact(struct text *text, const char *term)
{
	text_addf(text, "<dt>%s</dt><dd>", term);
}

static void add_stage(struct text *text, const struct report_baseline *baseline, int64_t now)
{
	if (baseline->fault) {
		text_add(text, "<b class=\"bad\">not believed</b>: ");
		page_add_words(text, baseline->fault);
		return;
	}
	html_add_words(text, baseline->stage);
	if (baseline->accept_until == TIME_NEVER)
		text_add(text, ", accepted without end");
	else if (baseline->accept_until) {
		text_add(text, baseline->accept_until < now ? ", was accepted until " : ", accepted until ");
		html_add_day(text, baseline->accept_until);
	}
}

static void add_expiry(struct text *text, int64_t expires_at, int64_t now)
{
	if (expires_at && expires_at < now)
		text_add(text, "<b class=\"bad\">expired</b> ");
	else if (expires_at && expires_at != TIME_NEVER && expires_at - now < 30 * TIME_DAY)
		text_add(text, "<b class=\"unknown\">soon</b>: ");
	html_add_day(text, expires_at);
}

static void add_baseline(struct text *text, const struct report_fleet *fleet, const struct report_baseline *baseline)
{
	text_add(text, "<tr><th scope=\"row\"><b>");
	html_add_text(text, baseline->release);
	text_addf(text, "</b> %s<br>", visit_kind_name(baseline->kind));
	html_add_text(text, baseline->scope);
	text_add(text, "<br><span class=\"digest soft\">");
	html_add_text(text, baseline->id);
	text_addf(text, "</span></th><td class=\"n\">%" PRIu64 "</td><td>", baseline->serial);
	add_stage(text, baseline, fleet->made_at);
	text_addf(text, "</td><td>%u of %u", baseline->approvals, fleet->approvals);
	if (baseline->approvers) {
		text_add(text, ": ");
		html_add_text(text, baseline->approvers);
	}
	text_add(text, "</td><td>");
	if (baseline->in_force_at)
		html_add_day(text, baseline->in_force_at);
	else
		text_add(text, "–");
	text_add(text, "</td><td>");
	add_expiry(text, baseline->expires_at, fleet->made_at);
	text_add(text, "</td></tr>\n");
}

static void add_baselines(struct text *text, const struct report_fleet *fleet)
{
	if (fleet->baseline_count == 0) {
		text_add(text, "<p>There is no baseline yet: nothing is approved that files could be compared with.</p>\n");
		return;
	}
	page_open_table(text, "Baselines: what counts as approved, and who says so",
			"<th scope=\"col\">Release and its baseline</th><th scope=\"col\" class=\"n\">Serial</th>"
			"<th scope=\"col\">Stage</th><th scope=\"col\">Approvals</th><th scope=\"col\">In force since</th>"
			"<th scope=\"col\">Expires</th>");
	for (size_t i = 0; i < fleet->baseline_count; i++)
		add_baseline(text, fleet, &fleet->baselines[i]);
	page_close_table(text);
}

static void add_sink(struct text *text, const struct report_sink *sink)
{
	text_add(text, "<tr><th scope=\"row\">");
	html_add_text(text, sink->name);
	text_add(text, "</th><td>");
	html_add_words(text, sink->type);
	text_add(text, "</td><td class=\"n\">");
	html_add_number(text, sink->waiting);
	text_add(text, "</td><td>");
	page_add_mark(text, sink->away_since ? PAGE_BAD : PAGE_GOOD);
	if (sink->away_since) {
		text_add(text, "<span>away since ");
		html_add_time(text, sink->away_since);
		if (sink->why) {
			text_add(text, ": ");
			page_add_words(text, sink->why);
		}
	} else {
		text_add(text, "<span>takes events");
	}
	text_add(text, "</span></td></tr>\n");
}

static void add_sinks(struct text *text, const struct report_fleet *fleet)
{
	text_add(text, "<h3>Where events go</h3>\n");
	if (fleet->sink_count == 0) {
		text_add(text, "<p>Nowhere: no sink is configured.</p>\n");
		return;
	}
	text_add(text, "<table><caption class=\"hidden\">Sinks</caption><thead><tr><th scope=\"col\">Sink</th>"
		       "<th scope=\"col\">Type</th><th scope=\"col\" class=\"n\">Events waiting</th>"
		       "<th scope=\"col\">State</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < fleet->sink_count; i++)
		add_sink(text, &fleet->sinks[i]);
	text_add(text, "</tbody></table>\n");
}

static void add_records(struct text *text, const struct report_fleet *fleet)
{
	text_add(text, "<dl class=\"facts\">\n");
	open_fact(text, "Approvals asked for");
	if (fleet->approvals == 0)
		text_add(text, "none (evaluation)</dd>\n");
	else
		text_addf(text, "%u by different people</dd>\n", fleet->approvals);
	open_fact(text, "Baselines not believed");
	html_add_number(text, fleet->rejected);
	text_add(text, "</dd>\n");
	open_fact(text, "Last event");
	text_add(text, "No. ");
	html_add_number(text, fleet->seq);
	text_add(text, "</dd>\n");
	open_fact(text, "Head of the chain");
	text_add(text, "<span class=\"digest\">");
	html_add_text(text, fleet->head);
	text_add(text, "</span><br><span class=\"soft\">The SIEM has the same in the last summary or heartbeat; "
		       "<code>pumpwatch audit verify</code> computes it again.</span></dd>\n</dl>\n");
}

void page_add_trust(struct text *text, const struct report_fleet *fleet)
{
	page_open_section(text, "trust", "What the results rest on");
	add_baselines(text, fleet);
	add_sinks(text, fleet);
	text_add(text, "<h3>Records</h3>\n");
	add_records(text, fleet);
	text_add(text, "</section>\n");
}

/* ---- what is not said ---- */

static uint64_t count_unproven(const struct report_fleet *fleet)
{
	uint64_t count = 0;

	for (size_t i = 0; i < fleet->device_count; i++)
		count += fleet->devices[i].device.state == INVENTORY_ACTIVE && fleet->devices[i].verified_at != 0 &&
			 !fleet->devices[i].grade.authenticated;
	return count;
}

void page_add_limits(struct text *text, const struct report_fleet *fleet)
{
	uint64_t unproven = count_unproven(fleet);

	page_open_section(text, "limits", "What this page does not say");
	text_add(text, "<ul>\n"
		       "<li>Whether a device may be used: verify and quarantine by your policy.</li>\n"
		       "<li>A device that is compromised can serve clean copies of its files. Verified means that the "
		       "files which it served are those that people approved.</li>\n"
		       "<li>Only files that a profile names are read. Other parts of a device, such as its network "
		       "module, are not covered; <code>pumpwatch model show MODEL</code> lists them.</li>\n");
	if (unproven) {
		text_add(text, "<li>");
		page_add_count(text, unproven, "device");
		text_addf(text,
			  "%s checked over a link on which nothing proves who answers (plain FTP, HTTP or TFTP): "
			  "somebody on the network could answer in its place.</li>\n",
			  unproven == 1 ? " was" : " were");
	}
	text_add(text, "<li>Of a device that could not be checked nothing is known since it was last verified: that is "
		       "neither fine nor a change.</li>\n"
		       "<li>Devices that are not enrolled do not appear, whether they are on the network or not.</li>\n"
		       "</ul>\n</section>\n");
}
