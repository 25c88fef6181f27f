#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "daemon/daemon.h"

/* Visits that run show bytes or an end well within this: every wait of theirs is bounded by
 * less. */
#define SILENCE_MOST (15 * TIME_MINUTE)

void daemon_log(enum daemon_level level, const char *format, ...)
{
	va_list arguments;

	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>", (int)level);
	else
		fputs("pumpwatchd: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

void daemon_trouble(struct daemon *daemon, const struct error *e)
{
	char words[sizeof daemon->trouble];

	text_copy(words, sizeof words, e->text);
	if (strcmp(daemon->trouble, words) == 0)
		return;
	daemon_log(DAEMON_ERROR, "%s; it is tried again", words);
	memcpy(daemon->trouble, words, sizeof words);
}

void daemon_mend(struct daemon *daemon)
{
	if (daemon->trouble[0])
		daemon_log(DAEMON_NOTICE, "it works again after: %s", daemon->trouble);
	daemon->trouble[0] = '\0';
}

/* Whether the work goes on: every sweep whose visits run shows some change, and every sink's thread
 * that it lives. */
static bool work_goes_on(struct daemon *daemon)
{
	int64_t now = daemon_now(daemon);
	bool goes_on = daemon_delivery_goes_on(daemon);

	for (size_t i = 0; i < daemon->window_count; i++) {
		struct daemon_window *window = &daemon->windows[i];
		struct sweep_progress progress = {0};
		if (!window->sweep)
			continue;
		sweep_progress(window->sweep, &progress);
		if (memcmp(&progress, &window->seen, sizeof progress) != 0 || progress.running == 0)
			window->changed_at = now;
		window->seen = progress;
		goes_on &= now - window->changed_at < SILENCE_MOST;
	}
	return goes_on;
}

static void write_sweeps(struct text *text, struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->window_count; i++) {
		struct daemon_window *window = &daemon->windows[i];
		struct sweep_progress progress;
		if (!window->sweep)
			continue;
		sweep_progress(window->sweep, &progress);
		text_addf(text, "sweep %s: %llu of %llu done, %llu running, %llu drifted; ", window->config->name,
			  (unsigned long long)progress.done, (unsigned long long)progress.total,
			  (unsigned long long)progress.running, (unsigned long long)progress.results[DRIFT_DRIFTED]);
	}
}

static void write_next(struct text *text, const struct daemon *daemon)
{
	char time[TIME_TEXT_SIZE];
	int64_t next = TIME_NEVER;

	for (size_t i = 0; i < daemon->window_count; i++) {
		int64_t at = schedule_window_next(&daemon->windows[i].config->when, daemon_now(daemon));
		if (at < next)
			next = at;
	}
	if (daemon->window_count == 0) {
		text_add(text, "idle, no window is configured; ");
		return;
	}
	time_write(time, next);
	text_addf(text, "idle, next window opens %s; ", time);
}

static void write_status(struct text *text, struct daemon *daemon)
{
	const struct outbox_state *states;
	size_t count = outbox_states(daemon->outbox, &states);

	if (daemon->trouble[0])
		text_addf(text, "TROUBLE: %s; ", daemon->trouble);
	if (daemon->unpublished[0])
		text_addf(text, "TROUBLE: %s; ", daemon->unpublished);
	if (daemon->full[0])
		text_addf(text, "FULL: %s; ", daemon->full);
	if (daemon->stop_told)
		text_add(text, "STOPPED by hand; ");
	size_t before = text->length;
	write_sweeps(text, daemon);
	if (text->length == before && !daemon->stop_told)
		write_next(text, daemon);
	for (size_t i = 0; i < count; i++)
		text_addf(text, "sink %s: %llu waiting%s; ", states[i].name, (unsigned long long)states[i].waiting,
			  states[i].away ? " (away)" : "");
	if (daemon->setup.config.approvals < 2)
		text_add(text, daemon->setup.config.approvals == 0 ? "evaluation mode: no signatures"
								   : "a single approval is enough");
}

void daemon_report(struct daemon *daemon)
{
	CLEANUP(text_clear) struct text text;
	char status[sizeof daemon->status];

	daemon_delivery_log(daemon);
	text_init(&text);
	write_status(&text, daemon);
	text_copy(status, sizeof status, text.data && !text.failed ? text.data : "");
	if (strcmp(status, daemon->status) != 0) {
		memcpy(daemon->status, status, sizeof status);
		(void)sd_notifyf(0, "STATUS=%s", status); /* without systemd nobody listens */
	}
	int64_t now = daemon_now(daemon);
	if (daemon->watchdog > 0 && now - daemon->pinged_at >= (int64_t)daemon->watchdog / 4 &&
	    work_goes_on(daemon)) {
		daemon->pinged_at = now;
		(void)sd_notify(0, "WATCHDOG=1");
	}
}
