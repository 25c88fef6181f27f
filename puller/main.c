/* pumpwatch-puller: the only program that talks to devices. Started by pumpwatch and pumpwatchd,
 * which speak to it over a socket (lib/wire); it has no store, no baseline and no key but the
 * credential of the visit at hand, and gives up everything else before the first contact. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/number.h"
#include "digest/digest.h"
#include "file/file.h"
#include "link/link.h"
#include "puller/channel.h"
#include "puller/resolver.h"
#include "puller/sandbox.h"
#include "puller/visits.h"

enum { VISITS_MAX = 256, CA_FILE_MAX = 16 * 1024 * 1024 };

struct options {
	const char *ca_file; /* or NULL */
	const char *root;    /* of a file link: then no network; or NULL */
	unsigned visits;
};

static const char usage[] =
	"pumpwatch-puller is started by pumpwatch and pumpwatchd, and not by hand.\n"
	"It reads files from devices in a sandbox of its own. Use pumpwatch(1) instead.\n";

static int parse_options(struct options *options, int argc, char **argv, struct error *e)
{
	static const struct option known[] = {
		{"ca-file", required_argument, NULL, 'c'},
		{"file-root", required_argument, NULL, 'f'},
		{"visits", required_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	uint64_t visits = 1;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'c')
			options->ca_file = optarg;
		else if (option == 'f')
			options->root = optarg;
		else if (option != 'v' || number_parse(&visits, optarg, 1, VISITS_MAX) < 0)
			return error_set(e, ERROR_USAGE, "an option is not understood");
	}
	options->visits = (unsigned)visits;
	return 0;
}

static int64_t now(void *userdata)
{
	struct timespec at;

	(void)userdata;
	(void)clock_gettime(CLOCK_MONOTONIC, &at); /* cannot fail for this clock */
	return (int64_t)at.tv_sec * TIME_SECOND + at.tv_nsec / 1000;
}

/* Everything that takes a file is done before the sandbox closes. */
static int prepare(struct digest_engine **ret_engine, const struct options *options,
		   struct error *e)
{
	CLEANUP(text_clear) struct text authorities;

	text_init(&authorities);
	if (options->ca_file &&
	    file_read(&authorities, options->ca_file, CA_FILE_MAX, ERROR_CONFIG, e) < 0)
		return -1;
	if (digest_engine_new(ret_engine, e) < 0)
		return -1;
	/* Lent until link_stop(), which never comes: the process ends first. */
	char *bundle = options->ca_file ? text_take(&authorities) : NULL;
	if (options->ca_file && !bundle)
		return error_memory(e);
	return link_start(bundle, e);
}

static int say_ready(const struct options *options, const struct sandbox_state *state)
{
	const struct wire_message ready = {
		.type = WIRE_READY,
		.ready = {.threads = options->visits,
			  .landlock_abi = state->landlock_abi,
			  .seccomp = state->seccomp},
	};

	return channel_send(&ready);
}

/* Until the parent hangs up. Returns an exit code. */
static int serve(struct visits *visits, struct resolver *resolver)
{
	struct pollfd watched[] = {
		{.fd = CHANNEL_FD, .events = POLLIN},
		{.fd = resolver ? resolver_fd(resolver) : -1, .events = POLLIN},
	};

	for (;;) {
		struct wire_message message;
		struct visit_secret secret = {0};
		if (poll(watched, 2, -1) < 0 && errno != EINTR)
			return ERROR_INTERNAL;
		if (watched[1].revents != 0 && !resolver_take(resolver))
			return ERROR_UNAVAILABLE;
		int r = watched[0].revents != 0 ? channel_receive(&message, &secret) : 0;
		if (r < 0)
			return EXIT_SUCCESS;
		if (r > 0 && visits_take(visits, &message, &secret) < 0)
			return ERROR_DATA;
	}
}

static int run(const struct options *options, struct error *e)
{
	const struct sandbox_plan plan = {
		.mode = options->root ? SANDBOX_FILE : SANDBOX_NETWORK,
		.visits = options->visits,
		.root = options->root,
	};
	struct visits_options with = {.threads = options->visits, .clock = {.now = now}};
	struct digest_engine *engine;
	struct sandbox_state state;
	struct visits *visits;

	/* First of all, while there is nothing to inherit. */
	if (!options->root && resolver_start(&with.resolver, CHANNEL_FD, e) < 0)
		return -1;
	if (prepare(&engine, options, e) < 0 || sandbox_enter(&state, &plan, e) < 0)
		return -1;
	with.engine = engine;
	if (visits_new(&visits, &with, e) < 0)
		return -1;
	if (say_ready(options, &state) < 0)
		_exit(EXIT_SUCCESS); /* the parent is gone */
	/* At once and without the handlers of exit(): threads may be at work, and the sanitizers'
	 * last look takes calls that the sandbox refuses. */
	_exit(serve(visits, with.resolver));
}

/* A device may hang up while we write. And what ends the parent from a terminal or the whole
 * unit must not end us first: then visits that it stops in good order would seem to fail. We end
 * when it hangs up. */
static void ignore_signals(void)
{
	static const int ignored[] = {SIGPIPE, SIGXFSZ, SIGINT, SIGHUP, SIGTERM};

	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		(void)signal(ignored[i], SIG_IGN); /* cannot fail for these */
}

int main(int argc, char **argv)
{
	struct options options = {.visits = 1};
	struct error e;

	if (!channel_is_there()) {
		(void)fputs(usage, argc > 1 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
		return argc > 1 && strcmp(argv[1], "--help") == 0 ? EXIT_SUCCESS : ERROR_USAGE;
	}
	ignore_signals();
	/* What the parent forgot to close is none of ours. */
	(void)syscall(SYS_close_range, CHANNEL_FD + 1, ~0U, 0); /* older kernels have none */
	if (parse_options(&options, argc, argv, &e) < 0 || run(&options, &e) < 0) {
		(void)fprintf(stderr, "pumpwatch-puller: %s\n", e.text);
		_exit((int)e.code);
	}
}
