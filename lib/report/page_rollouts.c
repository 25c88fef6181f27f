#include <inttypes.h>

#include "base/text.h"
#include "base/time.h"
#include "report/html.h"
#include "report/internal.h"

enum { DEPARTMENTS_SHOWN = 8 };

static void add_departments(struct text *text, const struct report_rollout *rollout)
{
	for (size_t i = 0; i < rollout->department_count && i < DEPARTMENTS_SHOWN; i++) {
		text_add(text, i ? ", " : "");
		html_add_text(text, rollout->departments[i].name ? rollout->departments[i].name : "no department");
		text_add(text, " ");
		html_add_number(text, rollout->departments[i].count);
	}
	if (rollout->department_count > DEPARTMENTS_SHOWN)
		text_addf(text, " and %zu more (<code>pumpwatch status --rollouts</code>)",
			  rollout->department_count - DEPARTMENTS_SHOWN);
}

static void add_until(struct text *text, const struct report_rollout *rollout, int64_t now)
{
	if (rollout->on_older == 0)
		text_add(text, "–");
	else if (rollout->accept_until == 0)
		text_add(text, "not accepted");
	else if (rollout->accept_until == TIME_NEVER)
		text_add(text, "without end");
	else if (rollout->accept_until < now) {
		text_add(text, "<b class=\"bad\">ended</b> ");
		html_add_day(text, rollout->accept_until);
	} else {
		html_add_day(text, rollout->accept_until);
	}
}

static void add_rollout(struct text *text, const struct report_rollout *rollout, int64_t now)
{
	text_add(text, "<tr><th scope=\"row\"><b>");
	html_add_text(text, rollout->release);
	text_addf(text, "</b> %s<br><span class=\"soft\">", visit_kind_name(rollout->kind));
	html_add_text(text, rollout->scope);
	text_add(text, "</span></th><td class=\"n\">");
	html_add_number(text, rollout->on_current);
	text_add(text, " of ");
	html_add_number(text, rollout->devices);
	text_add(text, "<br>");
	page_add_share(text, rollout->on_current, rollout->devices);
	text_add(text, "</td><td>");
	page_add_bar(text, PAGE_GOOD, rollout->on_current, rollout->devices);
	text_add(text, "</td><td class=\"n\">");
	html_add_number(text, rollout->on_older);
	text_add(text, "</td><td class=\"n\">");
	html_add_number(text, rollout->unknown);
	text_add(text, "</td><td>");
	add_until(text, rollout, now);
	text_add(text, "</td><td>");
	add_departments(text, rollout);
	text_add(text, "</td></tr>\n");
}

void page_add_rollouts(struct text *text, const struct report_fleet *fleet)
{
	page_open_section(text, "rollouts", "Rollouts");
	if (fleet->rollout_count == 0) {
		text_add(text, "<p>No release is on its way to devices.</p>\n</section>\n");
		return;
	}
	page_open_table(text, "How far each release in force has come",
			"<th scope=\"col\">Release</th><th scope=\"col\" class=\"n\">On it</th><td></td>"
			"<th scope=\"col\" class=\"n\">On an older one</th><th scope=\"col\" class=\"n\">Not known</th>"
			"<th scope=\"col\">Older accepted until</th><th scope=\"col\">Waiting in</th>");
	for (size_t i = 0; i < fleet->rollout_count; i++)
		add_rollout(text, &fleet->rollouts[i], fleet->made_at);
	page_close_table(text);
	text_add(text, "</section>\n");
}
