#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/table.h"

enum { MINUTE = 60, HOUR = 3600 };
enum { BAR_LEAST = 8, BAR_MOST = 24, BAR_FRAME = 3 }; /* the frame: two brackets and a blank */

#define REDRAWN (TIME_SECOND / 10)
#define LINE_AFTER (30 * TIME_SECOND)

/* ---- words ---- */

static bool is_bytes(const struct cli_bar *bar)
{
	return strcmp(bar->unit, "bytes") == 0;
}

static void add_counts(struct text *text, const struct cli_bar *bar)
{
	if (is_bytes(bar) && bar->total > 0)
		text_addf(text, "%.1f of %.1f MB", (double)bar->done / 1e6, (double)bar->total / 1e6);
	else if (is_bytes(bar))
		text_addf(text, "%.1f MB", (double)bar->done / 1e6);
	else if (bar->total > 0)
		text_addf(text, "%llu of %llu %s", (unsigned long long)bar->done, (unsigned long long)bar->total, bar->unit);
	else
		text_addf(text, "%llu %s", (unsigned long long)bar->done, bar->unit);
}

/* "9 s", "12 min", "3 h 05 min" */
static void add_duration(struct text *text, int64_t seconds)
{
	if (seconds < MINUTE + MINUTE / 2)
		text_addf(text, "%lld s", (long long)seconds);
	else if (seconds < HOUR + HOUR / 2)
		text_addf(text, "%lld min", (long long)(seconds + MINUTE / 2) / MINUTE);
	else
		text_addf(text, "%lld h %02lld min", (long long)seconds / HOUR, (long long)seconds / MINUTE % MINUTE);
}

/* Nothing is foretold by the first second. */
static bool has_rate(const struct cli_bar *bar)
{
	return bar->done > 0 && bar->elapsed >= TIME_SECOND;
}

static void add_left(struct text *text, const struct cli_bar *bar)
{
	if (!has_rate(bar) || bar->total <= bar->done)
		return;
	double seconds = (double)bar->elapsed / TIME_SECOND;
	double left = seconds * (double)(bar->total - bar->done) / (double)bar->done;
	if (left > 100.0 * HOUR)
		return;
	add_duration(text, (int64_t)(left + 0.999));
	text_add(text, " left");
}

static void add_rate(struct text *text, const struct cli_bar *bar)
{
	if (!has_rate(bar))
		return;
	double rate = (double)bar->done * TIME_SECOND / (double)bar->elapsed;
	if (is_bytes(bar))
		text_addf(text, "%.1f MB/s", rate / 1e6);
	else if (rate >= 100)
		text_addf(text, "%.0f/s", rate);
	else
		text_addf(text, rate >= 0.1 ? "%.1f/s" : "%.2f/s", rate);
}

/* Put a part behind the others, where there is room for it. */
static void add_part(struct text *text, struct text *part, unsigned width)
{
	size_t needed = part->length ? cli_width(text->data) + 2 + cli_width(part->data) : 0;

	if (part->length && (width == 0 || needed < width))
		text_addf(text, ", %s", part->data);
	text_cut(part, 0);
}

static void add_meter(struct text *text, const struct cli_bar *bar, size_t cells)
{
	size_t filled = bar->done >= bar->total ? cells : (size_t)((double)bar->done / (double)bar->total * (double)cells);

	text_add_char(text, '[');
	for (size_t i = 0; i < cells; i++)
		text_add_char(text, i < filled ? '#' : '.');
	text_add(text, "] ");
}

void cli_bar_write(struct text *text, const struct cli_bar *bar)
{
	CLEANUP(text_clear) struct text words;
	CLEANUP(text_clear) struct text part;
	bool meter = bar->width > 0 && bar->total > 0;

	text_init(&words);
	text_init(&part);
	add_counts(&words, bar);
	/* The meter's least is kept free; what is over in the end makes it longer. */
	unsigned width = meter && bar->width > BAR_LEAST + BAR_FRAME ? bar->width - BAR_LEAST - BAR_FRAME : bar->width;
	add_left(&part, bar);
	add_part(&words, &part, width);
	add_rate(&part, bar);
	add_part(&words, &part, width);
	if (bar->remark)
		text_add(&part, bar->remark);
	add_part(&words, &part, width);
	if (bar->width > 0)
		text_cut(&words, bar->width - 1); /* ours, so ASCII but for the remark, which is there only if it fits */
	size_t used = words.data ? cli_width(words.data) : 0;
	size_t room = bar->width > used + BAR_FRAME + 1 ? bar->width - used - BAR_FRAME - 1 : 0;
	if (meter && room >= BAR_LEAST)
		add_meter(text, bar, room < BAR_MOST ? room : BAR_MOST);
	text_add(text, words.data && !words.failed ? words.data : "");
}

/* ---- on standard error ---- */

void cli_progress_begin(struct cli_progress *progress, const struct cli *cli, const char *unit, uint64_t total)
{
	*progress = (struct cli_progress){.cli = cli, .unit = unit, .total = total, .began_at = cli_now(cli)};
}

/* Since a time of a clock that may have been set back; "long" then. */
static bool is_past(int64_t now, int64_t then, int64_t period)
{
	return now < then || now - then >= period;
}

static unsigned width_now(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void write_bar(const struct cli_progress *progress, const struct cli_bar *bar)
{
	CLEANUP(text_clear) struct text text;

	text_init(&text);
	cli_bar_write(&text, bar);
	if (text.failed || !text.data)
		return;
	if (progress->cli->progress)
		fprintf(stderr, "\r%s\033[K", text.data);
	else
		fprintf(stderr, "pumpwatch: %s\n", text.data);
	(void)fflush(stderr); /* a remark at most is lost */
}

void cli_progress_show(struct cli_progress *progress, uint64_t done, const char *remark)
{
	const struct cli *cli = progress->cli;
	int64_t now = cli_now(cli);
	struct cli_bar bar = {
		.done = done, .total = progress->total, .unit = progress->unit, .remark = remark,
		.elapsed = now > progress->began_at ? now - progress->began_at : 0,
	};

	if (cli->quiet)
		return;
	if (cli->progress) {
		if (!is_past(now, progress->told_at, REDRAWN))
			return;
		bar.width = width_now();
		progress->drawn = true;
	} else if (!is_past(now, progress->told_at ? progress->told_at : progress->began_at, LINE_AFTER) ||
		   done - progress->told < progress->total / 10) {
		return;
	}
	write_bar(progress, &bar);
	progress->told = done;
	progress->told_at = now;
}

void cli_progress_clear(struct cli_progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	progress->drawn = false;
}
