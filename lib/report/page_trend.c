#include <inttypes.h>

#include "base/text.h"
#include "report/html.h"
#include "report/internal.h"

/* Trouble stands lowest, where even one device is seen. */
enum series { TROUBLE, UNCHECKED, BEHIND, VERIFIED, SERIES_COUNT };

static const struct {
	enum page_mark mark;
	const char *words, *column;
} series[SERIES_COUNT] = {
	[TROUBLE] = {PAGE_BAD, "files changed, or another device", "Changed"},
	[UNCHECKED] = {PAGE_UNKNOWN, "not or not fully checked", "Not checked"},
	[BEHIND] = {PAGE_OLDER, "on an older release that is accepted", "Older release"},
	[VERIFIED] = {PAGE_GOOD, "verified", "Verified"},
};

enum { HEIGHT = 200, DAY_WIDTH = 10, BAR_WIDTH = 8, LEAST = 3 };

struct day {
	uint64_t counts[SERIES_COUNT], total;
};

static struct day day_of(const struct report_day *from)
{
	struct day day = {0};

	for (unsigned i = 0; i < DRIFT_RESULT_COUNT; i++) {
		enum series one = i == DRIFT_VERIFIED				    ? VERIFIED
				  : i == DRIFT_BEHIND				    ? BEHIND
				  : i == DRIFT_DRIFTED || i == DRIFT_WRONG_DEVICE ? TROUBLE
										    : UNCHECKED;
		day.counts[one] += from->results[i];
		day.total += from->results[i];
	}
	return day;
}

struct trend {
	uint64_t most;	   /* devices on one day */
	uint64_t days;	   /* with visits */
	uint64_t trouble;  /* most on one day … */
	int64_t trouble_at; /* … the last such */
};

static struct trend look(const struct report_fleet *fleet)
{
	struct trend trend = {0};

	for (unsigned i = 0; i < REPORT_DAYS; i++) {
		struct day day = day_of(&fleet->days[i]);
		trend.days += day.total > 0;
		if (day.total > trend.most)
			trend.most = day.total;
		if (day.counts[TROUBLE] > 0 && day.counts[TROUBLE] >= trend.trouble) {
			trend.trouble = day.counts[TROUBLE];
			trend.trouble_at = fleet->days[i].at;
		}
	}
	return trend;
}

/* A round number that is not less, and even: the top of the scale. */
static uint64_t round_up(uint64_t most)
{
	static const uint64_t tops[] = {2, 4, 6, 8, 10};
	uint64_t step = 1;

	while (step * 10 < most)
		step *= 10;
	for (size_t i = 0; i < sizeof tops / sizeof *tops; i++)
		if (most <= step * tops[i])
			return step * tops[i];
	return step * 10;
}

static void add_bars(struct text *text, const struct day *day, unsigned x, uint64_t top)
{
	uint64_t y = HEIGHT;

	for (unsigned i = 0; i < SERIES_COUNT; i++) {
		uint64_t height = day->counts[i] * HEIGHT / top;
		if (day->counts[i] == 0)
			continue;
		if (height < LEAST)
			height = LEAST;
		if (height > y)
			height = y;
		y -= height;
		text_addf(text, "<rect x=\"%u\" y=\"%" PRIu64 "\" width=\"%d\" height=\"%" PRIu64 "\" fill=\"url(#p-%s)\"/>",
			  x, y, BAR_WIDTH, height, page_mark_name(series[i].mark));
	}
}

static void add_summary(struct text *text, const struct trend *trend)
{
	if (trend->days == 0) {
		text_add(text, "No device was visited in the last 90 days.");
		return;
	}
	text_addf(text, "Devices were visited on %" PRIu64 " of %d days, at most ", trend->days, REPORT_DAYS);
	html_add_number(text, trend->most);
	text_add(text, " on one day. ");
	if (trend->trouble == 0) {
		text_add(text, "On none of them a device had changed files.");
		return;
	}
	text_add(text, "Most devices with changed files, or that another answered for, on one day: ");
	html_add_number(text, trend->trouble);
	text_add(text, ", on ");
	html_add_day(text, trend->trouble_at);
	text_add(text, ".");
}

static void add_drawing(struct text *text, const struct report_fleet *fleet, const struct trend *trend)
{
	uint64_t top = round_up(trend->most);

	text_add(text, "<div class=\"plot\"><div class=\"scale\" aria-hidden=\"true\"><span>");
	html_add_number(text, top);
	text_add(text, "</span><span>");
	html_add_number(text, top / 2);
	text_addf(text,
		  "</span><span>0</span></div>\n<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" "
		  "aria-label=\"Results of visits, day by day for %d days; the figures stand in the table below\">"
		  "<path d=\"M0 .5h%d M0 %d.5h%d M0 199.5h%d\" stroke=\"currentColor\" stroke-opacity=\".4\" "
		  "vector-effect=\"non-scaling-stroke\"/>\n",
		  REPORT_DAYS * DAY_WIDTH, HEIGHT, REPORT_DAYS, REPORT_DAYS * DAY_WIDTH, HEIGHT / 2,
		  REPORT_DAYS * DAY_WIDTH, REPORT_DAYS * DAY_WIDTH);
	for (unsigned i = 0; i < REPORT_DAYS; i++) {
		struct day day = day_of(&fleet->days[i]);
		add_bars(text, &day, i * DAY_WIDTH + 1, top);
	}
	text_add(text, "</svg>\n<div class=\"days\" aria-hidden=\"true\">");
	for (unsigned i = 0; i < 4; i++) {
		text_add(text, "<span>");
		html_add_day(text, fleet->days[i * (REPORT_DAYS - 1) / 3].at);
		text_add(text, "</span>");
	}
	text_add(text, "</div></div>\n");
}

static void add_legend(struct text *text)
{
	text_add(text, "<ul class=\"legend\">");
	for (unsigned i = SERIES_COUNT; i-- > 0;)
		text_addf(text,
			  "<li><svg viewBox=\"0 0 30 18\" aria-hidden=\"true\"><rect width=\"30\" height=\"18\" "
			  "fill=\"url(#p-%s)\"/></svg>%s</li>",
			  page_mark_name(series[i].mark), series[i].words);
	text_add(text, "</ul>\n");
}

static void add_figures(struct text *text, const struct report_fleet *fleet)
{
	text_add(text, "<details><summary>The figures, day by day</summary>\n"
		       "<div class=\"figures\"><table><caption>Devices visited, the last result of each day</caption><thead><tr>"
		       "<th scope=\"col\">Day</th>");
	for (unsigned i = SERIES_COUNT; i-- > 0;)
		text_addf(text, "<th scope=\"col\" class=\"n\">%s</th>", series[i].column);
	text_add(text, "</tr></thead><tbody>\n");
	for (unsigned i = REPORT_DAYS; i-- > 0;) {
		struct day day = day_of(&fleet->days[i]);
		if (fleet->days[i].at == 0)
			continue;
		text_add(text, "<tr><th scope=\"row\">");
		html_add_day(text, fleet->days[i].at);
		text_add(text, day.total ? "</th>" : "</th><td class=\"n\" colspan=\"4\">no visits</td>");
		for (unsigned one = 0; day.total && one < SERIES_COUNT; one++) {
			text_add(text, "<td class=\"n\">");
			html_add_number(text, day.counts[SERIES_COUNT - 1 - one]);
			text_add(text, "</td>");
		}
		text_add(text, "</tr>\n");
	}
	text_add(text, "</tbody></table></div></details>\n");
}

void page_add_trend(struct text *text, const struct report_fleet *fleet)
{
	struct trend trend = look(fleet);

	page_open_section(text, "trend", "The last 90 days");
	if (trend.days == 0) {
		text_add(text, "<p>No device was visited in the last 90 days.</p>\n</section>\n");
		return;
	}
	add_legend(text);
	text_add(text, "<figure>\n");
	add_drawing(text, fleet, &trend);
	text_add(text, "<figcaption>");
	add_summary(text, &trend);
	text_add(text, "</figcaption></figure>\n");
	add_figures(text, fleet);
	text_add(text, "</section>\n");
}
