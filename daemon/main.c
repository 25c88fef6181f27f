#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "daemon/daemon.h"

#define TICK TIME_SECOND
#define OVERDUE_EVERY TIME_HOUR
#define LAST_DELIVERY (2 * TIME_SECOND)
#define OVERDUE_RETRY (10 * TIME_SECOND)

int64_t daemon_now(const struct daemon *daemon)
{
	return daemon->setup.clock.now(daemon->setup.clock.userdata);
}

struct sweep_environment daemon_environment(const struct daemon *daemon)
{
	return (struct sweep_environment){
		.event = daemon->event,
		.store = daemon->store,
		.pool = daemon->pool,
		.config = &daemon->setup.config,
		.models = &daemon->setup.models,
		.baselines = daemon->baselines,
		.credentials = daemon->setup.credentials,
		.clock = daemon->setup.clock,
		.owner = daemon->setup.owner,
	};
}

/* What hangs on the configuration: pullers, sinks, windows. The outbox's threads lend it, and know
 * one time zone: they end before either changes. */
static int open_parts(struct daemon *daemon, struct error *e)
{
	const struct outbox_options options = {
		.config = &daemon->setup.config, .frame = &daemon->frame, .clock = daemon->setup.clock,
	};

	daemon->frame = setup_frame(&daemon->setup);
	daemon->away = calloc(daemon->setup.config.sink_count + 1, sizeof *daemon->away);
	if (!daemon->away)
		return error_memory(e);
	if (setup_start_pool(&daemon->pool, &daemon->setup, daemon->event, e) < 0 ||
	    outbox_new(&daemon->outbox, &options, e) < 0)
		return -1;
	return daemon_windows_open(daemon, e);
}

static void close_parts(struct daemon *daemon)
{
	daemon_windows_close(daemon);
	outbox_free(TAKE(daemon->outbox));
	pull_pool_free(TAKE(daemon->pool));
	free(TAKE(daemon->away));
}

/* At the start and after a reload; each sweep looks again. */
static int check_baselines(struct daemon *daemon, struct error *e)
{
	const struct sweep_environment environment = daemon_environment(daemon);
	struct baselines believed = {0};
	int rejected = sweep_check_baselines(&believed, &environment, e);

	baselines_clear(&believed);
	if (rejected > 0)
		daemon_log(DAEMON_ERROR, "%d of the baselines in force are not believed: see \"pumpwatch alerts\"", rejected);
	return rejected < 0 ? -1 : 0;
}

/* A store that cannot take a record, now, prevents nothing: the record comes with a later tick. */
static void record_acts(struct daemon *daemon)
{
	const struct store_actor actor = {.by = "pumpwatchd", .why = "SIGUSR1", .at = daemon_now(daemon)};
	struct error e;
	int r = 0;

	if (daemon->load_unrecorded) {
		r = setup_record_load(&daemon->setup, daemon->store, actor.by, true, &e);
		daemon->load_unrecorded = r < 0;
	}
	if (r == 0 && daemon->stop_unrecorded) {
		r = store_act_add(daemon->store, &actor, "stop", "fleet", NULL, &e);
		daemon->stop_unrecorded = r < 0;
	}
	if (r < 0)
		daemon_trouble(daemon, &e);
	else if (daemon->record_failed)
		daemon_mend(daemon);
	daemon->record_failed = r < 0;
}

static void check_overdue(struct daemon *daemon, int64_t now)
{
	const struct sweep_environment environment = daemon_environment(daemon);
	struct error e;

	if (now < daemon->overdue_due || daemon->full[0] != '\0')
		return;
	if (sweep_check_overdue(&environment, 0, &e) < 0) {
		daemon_trouble(daemon, &e);
		daemon->overdue_failed = true;
		daemon->overdue_due = now + OVERDUE_RETRY;
		return;
	}
	daemon->overdue_due = now + OVERDUE_EVERY;
	if (daemon->overdue_failed)
		daemon_mend(daemon);
	daemon->overdue_failed = false;
}

static int on_tick(sd_event_source *source, uint64_t monotonic, void *userdata)
{
	struct daemon *daemon = userdata;
	int64_t now = daemon_now(daemon);

	(void)monotonic;
	record_acts(daemon);
	daemon_delivery_tick(daemon);
	daemon_windows_tick(daemon);
	check_overdue(daemon, now);
	daemon_publish_tick(daemon);
	outbox_wake(daemon->outbox);
	daemon_report(daemon);
	/* Both act on a source that exists. */
	(void)sd_event_source_set_time_relative(source, TICK);
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct daemon *daemon = userdata;

	(void)source;
	(void)info;
	(void)sd_notify(0, "STOPPING=1\nSTATUS=ending"); /* without systemd nobody listens */
	return sd_event_exit(daemon->event, 0);
}

/* The global stop by a signal: SIGUSR1. */
static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct daemon *daemon = userdata;

	(void)source;
	(void)info;
	daemon_windows_stop(daemon, "stopped by SIGUSR1");
	daemon->stop_unrecorded = true;
	return 0;
}

static void notify_reloading(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
			 (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

/* A new configuration is taken whole, or the old one stays whole. */
static int take_new_setup(struct daemon *daemon, struct error *e)
{
	CLEANUP(setup_clear) struct setup fresh = {0};

	if (setup_load(&fresh, daemon->setup.path, e) < 0)
		return -1;
	if (strcmp(fresh.config.state, daemon->setup.config.state) != 0)
		return error_set(e, ERROR_CONFIG, "%s: a new state folder needs a restart", daemon->setup.path);
	struct setup old = daemon->setup;
	close_parts(daemon);
	daemon->setup = fresh;
	fresh = old;
	if (setup_use_timezone(&daemon->setup, daemon->timezone, e) == 0 && open_parts(daemon, e) == 0) {
		daemon->load_unrecorded = true;
		return 0;
	}
	close_parts(daemon);
	fresh = daemon->setup;
	daemon->setup = old;
	struct error again;
	if (setup_use_timezone(&daemon->setup, daemon->timezone, &again) < 0 ||
	    open_parts(daemon, &again) < 0) {
		daemon_log(DAEMON_ERROR, "%s", again.text);
		(void)sd_event_exit(daemon->event, (int)again.code); /* the supervisor starts us anew */
	}
	return -1;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct daemon *daemon = userdata;
	struct error e;

	(void)source;
	(void)info;
	notify_reloading();
	if (take_new_setup(daemon, &e) < 0)
		daemon_log(DAEMON_ERROR, "the configuration stays as it was: %s", e.text);
	else
		daemon_log(DAEMON_INFO, "the configuration is loaded: %s", daemon->setup.path);
	if (check_baselines(daemon, &e) < 0)
		daemon_trouble(daemon, &e);
	daemon->publish_due = true;
	daemon->status[0] = '\0';
	(void)sd_notify(0, "READY=1");
	return 0;
}

static int watch_signals(struct daemon *daemon, struct error *e)
{
	static const struct {
		int number;
		sd_event_signal_handler_t handler;
	} signals[] = {{SIGTERM, on_end}, {SIGINT, on_end}, {SIGHUP, on_reload}, {SIGUSR1, on_stop}};
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaddset(&blocked, signals[i].number);
	(void)sigprocmask(SIG_BLOCK, &blocked, NULL); /* cannot fail with these arguments */
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (sd_event_add_signal(daemon->event, NULL, signals[i].number, signals[i].handler, daemon) < 0)
			return error_set(e, ERROR_INTERNAL, "the event loop took no signal");
	return 0;
}

static int lock_outbox(struct daemon *daemon, struct error *e)
{
	int r = setup_lock_outbox(&daemon->setup, &daemon->outbox_lock, e);

	if (r == 0)
		return error_set(e, ERROR_UNAVAILABLE,
				 "another pumpwatchd, or a sweep by hand, holds %s/outbox.lock: only one delivers at a time",
				 daemon->setup.config.state);
	return r < 0 ? -1 : 0;
}

static int start(struct daemon *daemon, const char *config, struct error *e)
{
	const char *zone = getenv("TZ");

	if (zone && !(daemon->timezone = strdup(zone)))
		return error_memory(e);
	if (setup_load(&daemon->setup, config, e) < 0 ||
	    setup_use_timezone(&daemon->setup, daemon->timezone, e) < 0 ||
	    store_open(&daemon->store, daemon->setup.config.state, STORE_WRITE, true, e) < 0 ||
	    lock_outbox(daemon, e) < 0)
		return -1;
	if (sd_event_new(&daemon->event) < 0)
		return error_set(e, ERROR_INTERNAL, "no event loop");
	daemon->baselines = baseline_memory_new();
	if (!daemon->baselines)
		return error_memory(e);
	if (watch_signals(daemon, e) < 0 || open_parts(daemon, e) < 0 || check_baselines(daemon, e) < 0)
		return -1;
	if (sd_event_add_time_relative(daemon->event, &daemon->tick, CLOCK_MONOTONIC, 1000, 1, on_tick, daemon) < 0)
		return error_set(e, ERROR_INTERNAL, "the event loop took no timer");
	daemon->load_unrecorded = true;
	if (sd_watchdog_enabled(0, &daemon->watchdog) <= 0)
		daemon->watchdog = 0;
	return 0;
}

static void finish(struct daemon *daemon)
{
	daemon_windows_close(daemon);
	if (daemon->outbox)
		(void)outbox_wait(daemon->outbox, LAST_DELIVERY); /* what is left goes with the next start */
	close_parts(daemon);
	sd_event_source_disable_unref(daemon->tick);
	sd_event_unref(daemon->event);
	baseline_memory_free(daemon->baselines);
	store_close(daemon->store);
	if (daemon->outbox_lock >= 0)
		(void)close(daemon->outbox_lock); /* the process ends anyway */
	setup_clear(&daemon->setup);
	free(daemon->timezone);
}

static int run(struct daemon *daemon, const char *config)
{
	struct error e;

	if (start(daemon, config, &e) < 0) {
		daemon_log(DAEMON_ERROR, "%s", e.text);
		(void)sd_notifyf(0, "STATUS=%s", e.text); /* without systemd nobody listens */
		return (int)e.code;
	}
	(void)sd_notify(0, "READY=1");
	daemon_log(DAEMON_INFO, "started: %zu models, %zu windows, %zu sinks, sandbox of the pullers: %s",
		   daemon->setup.models.count, daemon->window_count, daemon->setup.config.sink_count,
		   pull_pool_sandbox(daemon->pool));
	if (baseline_caution(daemon->setup.config.approvals))
		daemon_log(DAEMON_WARNING, "%s", baseline_caution(daemon->setup.config.approvals));
	int r = sd_event_loop(daemon->event);
	if (r < 0)
		daemon_log(DAEMON_ERROR, "the event loop failed: %s", strerror(-r));
	return r < 0 ? ERROR_INTERNAL : r;
}

static int check_only(const char *config)
{
	CLEANUP(setup_clear) struct setup setup = {0};
	CLEANUP(trust_signers_clear) struct trust_signers signers = {0};
	struct error e;

	if (setup_load(&setup, config, &e) < 0 || baseline_signers_load(&signers, &setup.config, &e) < 0) {
		fprintf(stderr, "pumpwatchd: %s\n", e.text);
		return (int)e.code;
	}
	printf("%s is fine: %zu models, %zu windows, %zu sinks, %zu keys of signers\n", setup.path,
	       setup.models.count, setup.config.window_count, setup.config.sink_count, signers.count);
	return fflush(stdout) == 0 ? 0 : ERROR_INTERNAL;
}

static void print_help(FILE *out)
{
	fprintf(out, "Usage: pumpwatchd [--config FILE] [--check]\n\n"
		     "Visits the enrolled devices in their windows and sends drift to the sinks.\n"
		     "Stays in the foreground; systemd runs it as a service.\n\n"
		     "  --config FILE  the configuration (else $PUMPWATCH_CONFIG, else " PUMPWATCH_CONF ")\n"
		     "  --check        load the configuration and the profiles, say so, and end\n"
		     "  --version      the version\n\n"
		     "SIGHUP loads the configuration anew; SIGUSR1 stops all visits until \"pumpwatch resume\".\n\n"
		     "Example:\n  pumpwatchd --config ./pumpwatch.conf\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"check", no_argument, NULL, 'k'},
		{"help", no_argument, NULL, 'h'},	  {"version", no_argument, NULL, 'V'}, {0},
	};
	struct daemon daemon = {.outbox_lock = -1};
	const char *config = NULL;
	bool check = false;
	int c;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an answer too */
	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (c) {
		case 'c': config = optarg; break;
		case 'k': check = true; break;
		case 'h': print_help(stdout); return fflush(stdout) == 0 ? 0 : ERROR_INTERNAL;
		case 'V': puts("pumpwatchd " PACKAGE_VERSION); return fflush(stdout) == 0 ? 0 : ERROR_INTERNAL;
		default: print_help(stderr); return ERROR_USAGE;
		}
	}
	if (optind < argc) {
		print_help(stderr);
		return ERROR_USAGE;
	}
	if (check)
		return check_only(config);
	int code = run(&daemon, config);
	finish(&daemon);
	return code;
}
