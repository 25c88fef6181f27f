#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/array.h"
#include "base/cleanup.h"

#include "pull/internal.h"

enum {
	SOCKET_IN_PULLER = 3,
	PACKETS_AT_ONCE = 64, /* from one puller, before others have their turn */
	QUESTIONS = 3,	      /* unanswered, and the puller is stuck */
};
#define RESTART_FIRST (TIME_SECOND / 10)
#define RESTART_LAST (30 * TIME_SECOND)

static void fail(struct pull_process *process, const char *why);

/* ---- to the puller ---- */

/* Whatever keeps a socket from taking packets for good shows in its events too. */
static void flush(struct pull_process *process)
{
	int r = pull_packets_send(&process->outgoing, process->fd);
	uint32_t events = EPOLLIN | (r == 0 ? 0 : (uint32_t)EPOLLOUT);

	if (r == -EAGAIN || r == 0)
		(void)sd_event_source_set_io_events(process->io, events);
	else if (r != -EPIPE && r != -ECONNRESET)
		fail(process, "an order could not be sent to the puller");
}

static int64_t now(const struct pull_process *process)
{
	uint64_t at = 0;

	(void)sd_event_now(process->pool->event, CLOCK_MONOTONIC, &at); /* cannot fail for it */
	return (int64_t)at;
}

void pull_process_give(struct pull_process *process, struct pull_visit *visit)
{
	if (pull_packets_seal(&visit->packets) < 0) {
		pull_pool_finish_failed(process->pool, visit, "the credential could not be handed over");
		return;
	}
	visit->process = process;
	visit->state = PULL_RUNNING;
	/* A visit that is not ended by then is stuck, and its puller with it. */
	visit->deadline_at = now(process) + visit->time_limit + process->pool->options.patience;
	TAILQ_INSERT_TAIL(&process->visits, visit, entry);
	process->visit_count++;
	STAILQ_CONCAT(&process->outgoing, &visit->packets);
	flush(process);
}

void pull_process_cancel(struct pull_process *process, struct pull_visit *visit)
{
	const struct wire_message message = {.type = WIRE_CANCEL, .visit = visit->number};

	visit->state = PULL_CANCELLED;
	visit->deadline_at = now(process) + process->pool->options.patience;
	if (pull_packets_add(&process->outgoing, &message) == 0)
		flush(process); /* without memory it goes on until its end, and nobody is told */
}
/* ---- from the puller ---- */

static void hang_up(struct pull_process *process)
{
	process->io = sd_event_source_disable_unref(process->io);
	cleanup_close(&process->fd);
	process->fd = -1;
	pull_packets_clear(&process->outgoing);
}

static struct pull_visit *find(const struct pull_process *process, uint64_t number)
{
	struct pull_visit *visit;

	TAILQ_FOREACH(visit, &process->visits, entry)
		if (visit->number == number)
			return visit;
	return NULL;
}

static void take_away(struct pull_process *process, struct pull_visit *visit)
{
	TAILQ_REMOVE(&process->visits, visit, entry);
	process->visit_count--;
	visit->process = NULL;
}

static void take_ready(struct pull_process *process, const struct wire_ready *ready)
{
	struct pull_pool *pool = process->pool;

	process->state = PULL_PROCESS_READY;
	if (ready->landlock_abi > 0)
		(void)snprintf(pool->sandbox, sizeof pool->sandbox, "%sLandlock %d",
			       ready->seccomp ? "seccomp, " : "", ready->landlock_abi);
	else
		(void)snprintf(pool->sandbox, sizeof pool->sandbox, "%s",
			       ready->seccomp ? "seccomp" : "none");
	pull_pool_wake(pool);
}

static const char *take_observation(struct pull_visit *visit, struct visit_observation *observation)
{
	struct visit_report *report = &visit->report;

	if (visit->state == PULL_CANCELLED)
		return NULL;
	if (report->observation_count >= visit->most_observations)
		return "the puller reports more files than were asked for";
	if (ARRAY_APPEND(report->observations, report->observation_count, *observation) < 0)
		return "out of memory";
	*observation = (struct visit_observation){0}; /* taken */
	return NULL;
}

static bool has_repeated(const struct visit_report *report)
{
	for (size_t i = 1; i < report->observation_count; i++)
		if (strcmp(report->observations[i - 1].path, report->observations[i].path) == 0)
			return true;
	return false;
}

static const char *take_done(struct pull_process *process, struct pull_visit *visit,
			     const struct visit_report *done)
{
	struct visit_report report = *done;

	report.observations = visit->report.observations;
	report.observation_count = visit->report.observation_count;
	report.started_at = visit->report.started_at;
	visit->report = report;
	visit_report_sort(&visit->report);
	if (has_repeated(&visit->report))
		return "the puller reports a file twice";
	process->failures = 0;
	take_away(process, visit);
	if (visit->state == PULL_CANCELLED)
		pull_visit_free(visit);
	else
		pull_pool_finish(process->pool, visit);
	if (process->root) {
		process->state = PULL_PROCESS_ENDING; /* it was for this visit only */
		hang_up(process);
	}
	pull_pool_wake(process->pool);
	return NULL;
}

/* Act on a message. Returns NULL, or what is wrong with it. ret_told is set to a visit whose
 * progress is to be told. */
static const char *take(struct pull_process *process, struct wire_message *message,
			struct pull_visit **ret_told)
{
	bool starting = process->state == PULL_PROCESS_STARTING;

	if (message->type == WIRE_READY && starting) {
		take_ready(process, &message->ready);
		return NULL;
	}
	if (message->type == WIRE_ALIVE && !starting)
		return NULL;
	struct pull_visit *visit = message->visit ? find(process, message->visit) : NULL;
	if (!visit || starting)
		return "the puller does not keep to the protocol";
	switch (message->type) {
	case WIRE_PROGRESS:
		*ret_told = visit->state == PULL_RUNNING ? visit : NULL;
		return NULL;
	case WIRE_OBSERVATION:
		return take_observation(visit, &message->observation);
	case WIRE_DONE:
		return take_done(process, visit, &message->done);
	default:
		return "the puller does not keep to the protocol";
	}
}

/* Take one packet. Returns 1, 0 when there is none, -EPIPE when the puller has hung up, or
 * -EBADMSG after the process was failed. */
static int receive(struct pull_process *process, struct pull_visit **ret_told,
		   struct wire_progress *ret_progress)
{
	char packet[WIRE_MESSAGE_MAX];
	struct wire_message message;

	ssize_t length = recv(process->fd, packet, sizeof packet, MSG_DONTWAIT | MSG_TRUNC);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (length <= 0)
		return -EPIPE;
	const char *fault = "the puller does not keep to the protocol";
	if ((size_t)length <= sizeof packet &&
	    wire_parse(&message, packet, (size_t)length) == 0) {
		fault = take(process, &message, ret_told);
		*ret_progress = message.progress;
		wire_message_clear(&message);
	}
	if (fault) {
		fail(process, fault);
		return -EBADMSG;
	}
	process->unanswered = 0;
	return 1;
}

/* Callbacks come last: they may free the pool. */
static void tell(const struct pull_visit *visit, const struct wire_progress *progress)
{
	if (visit && visit->handlers.on_progress)
		visit->handlers.on_progress(visit->handlers.userdata, progress->bytes,
					    progress->files);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct pull_process *process = userdata;
	struct pull_visit *told = NULL;
	struct wire_progress progress;
	int r = 1;

	(void)source;
	(void)fd;
	if (events & EPOLLOUT)
		flush(process);
	for (int i = 0; i < PACKETS_AT_ONCE && r > 0 && !told && process->fd >= 0; i++)
		r = receive(process, &told, &progress);
	if (r == -EPIPE)
		hang_up(process); /* it has ended or is about to: see on_end() */
	tell(told, &progress);
	return 0;
}
/* ---- its end ---- */

/* End what it had. Nothing is told before the loop has its turn again. */
static void end_visits(struct pull_process *process, const char *why)
{
	struct pull_visit *visit;

	while ((visit = TAILQ_FIRST(&process->visits))) {
		take_away(process, visit);
		if (visit->state == PULL_CANCELLED)
			pull_visit_free(visit);
		else
			pull_pool_finish_failed(process->pool, visit, why);
	}
}

static void kill_process(const struct pull_process *process)
{
	/* It fails only when the process is gone already. */
	if (process->pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, process->pidfd, SIGKILL, NULL, 0);
}

static void fail(struct pull_process *process, const char *why)
{
	process->state = PULL_PROCESS_ENDING;
	kill_process(process);
	hang_up(process);
	end_visits(process, why);
}

static int64_t restart_delay(const struct pull_process *process)
{
	int64_t delay = RESTART_FIRST;

	for (unsigned i = 1; i < process->failures && delay < RESTART_LAST; i++)
		delay *= 2;
	return delay < RESTART_LAST ? delay : RESTART_LAST;
}

static void set_timer(struct pull_process *process, int64_t delay)
{
	/* Both fail only without memory, which the source has already. */
	(void)sd_event_source_set_time_relative(process->timer, (uint64_t)delay);
	(void)sd_event_source_set_enabled(process->timer, SD_EVENT_ONESHOT);
}

static void describe(char *ret_words, size_t size, const siginfo_t *status)
{
	if (status->si_code == CLD_EXITED)
		(void)snprintf(ret_words, size, "the puller ended with code %d", status->si_status);
	else
		(void)snprintf(ret_words, size, "the puller was ended by signal %d (%s)",
			       status->si_status, sigdescr_np(status->si_status));
}

/* Forget the process that has ended, after all that it said was heard. */
static void bury(struct pull_process *process, const siginfo_t *status)
{
	struct pull_visit *unused = NULL;
	struct wire_progress progress;
	char why[128];

	while (process->fd >= 0 && receive(process, &unused, &progress) > 0)
		;
	hang_up(process);
	describe(why, sizeof why, status);
	end_visits(process, why);
	process->exit = sd_event_source_disable_unref(process->exit);
	cleanup_close(&process->pidfd);
	process->pidfd = -1;
	process->state = PULL_PROCESS_DOWN;
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct pull_process *process = userdata;
	struct pull_pool *pool = process->pool;
	siginfo_t status = {0};

	(void)source;
	(void)events;
	if (waitid(P_PIDFD, (id_t)fd, &status, WEXITED | WNOHANG) < 0 || status.si_pid == 0)
		return 0;
	bury(process, &status);
	pull_pool_wake(pool);
	if (process->root) {
		TAILQ_REMOVE(&pool->file, process, entry);
		pool->file_count--;
		pull_process_free(process);
		return 0;
	}
	process->failures++;
	set_timer(process, restart_delay(process));
	return 0;
}

/* ---- its beginning ---- */

static bool is_overdue(const struct pull_process *process)
{
	const struct pull_visit *visit;

	TAILQ_FOREACH(visit, &process->visits, entry)
		if (visit->deadline_at < now(process))
			return true;
	return false;
}

static void ask_whether_alive(struct pull_process *process)
{
	static const struct wire_message alive = {.type = WIRE_ALIVE};

	if (process->state == PULL_PROCESS_ENDING) {
		kill_process(process);
		end_visits(process, "the puller hung up");
	} else if (process->unanswered >= QUESTIONS) {
		fail(process, "the puller did not answer");
	} else if (is_overdue(process)) {
		fail(process, "the puller did not end a visit in time");
	} else {
		process->unanswered++;
		if (pull_packets_add(&process->outgoing, &alive) == 0)
			flush(process);
	}
	set_timer(process, process->pool->options.patience / QUESTIONS);
}

static int on_timer(sd_event_source *source, uint64_t at, void *userdata)
{
	struct pull_process *process = userdata;
	struct error unused;

	(void)source;
	(void)at;
	if (process->state != PULL_PROCESS_DOWN) {
		ask_whether_alive(process);
	} else if (pull_process_start(process, &unused) < 0) {
		process->failures++;
		set_timer(process, restart_delay(process));
		pull_pool_wake(process->pool);
	}
	return 0;
}

/* The few variables that the libraries of a puller read; nothing else of ours is its business. */
static void choose_environment(char **ret_chosen, size_t most)
{
	static const char *const names[] = {"ASAN_OPTIONS=", "UBSAN_OPTIONS=", "OPENSSL_CONF=",
					    "OPENSSL_MODULES=", "PUMPWATCH_DIGEST=", "TZ="};
	size_t count = 0;

	for (char **at = environ; *at && count + 1 < most; at++)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (strncmp(*at, names[i], strlen(names[i])) == 0)
				ret_chosen[count++] = *at;
	ret_chosen[count] = NULL;
}

static int spawn_at(pid_t *ret_pid, const char *program, char **arguments, int socket)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	char *environment[16];

	choose_environment(environment, sizeof environment / sizeof *environment);
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	int r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return r;
	r = posix_spawnattr_init(&attributes);
	if (r == 0)
		r = posix_spawnattr_setflags(&attributes,
					     POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (r == 0)
		r = posix_spawnattr_setsigmask(&attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(&attributes, &all);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, socket, SOCKET_IN_PULLER);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_RDWR, 0);
	if (r == 0)
		r = posix_spawn(ret_pid, program, &actions, &attributes, arguments, environment);
	(void)posix_spawnattr_destroy(&attributes); /* neither can fail */
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int spawn(struct pull_process *process, int socket)
{
	const struct pull_options *options = &process->pool->options;
	char *arguments[8];
	char visits[16];
	size_t count = 0;

	(void)snprintf(visits, sizeof visits, "%u", process->root ? 1 : options->visits);
	arguments[count++] = (char *)(uintptr_t)options->program; /* posix_spawn() changes none */
	arguments[count++] = (char *)(uintptr_t) "--visits";
	arguments[count++] = visits;
	if (options->ca_file && !process->root) {
		arguments[count++] = (char *)(uintptr_t) "--ca-file";
		arguments[count++] = (char *)(uintptr_t)options->ca_file;
	}
	if (process->root) {
		arguments[count++] = (char *)(uintptr_t) "--file-root";
		arguments[count++] = process->root;
	}
	arguments[count] = NULL;
	return spawn_at(&process->pid, options->program, arguments, socket);
}

/* Watch the process that runs now. Returns 0 or a negative errno. */
static int watch(struct pull_process *process)
{
	sd_event *event = process->pool->event;

	process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	if (process->pidfd < 0)
		return -errno;
	int r = sd_event_add_io(event, &process->exit, process->pidfd, EPOLLIN, on_end, process);
	if (r >= 0)
		r = sd_event_add_io(event, &process->io, process->fd, EPOLLIN, on_io, process);
	return r;
}

/* One that runs and cannot be watched is not wanted. */
static void abandon(struct pull_process *process)
{
	hang_up(process);
	process->exit = sd_event_source_disable_unref(process->exit);
	cleanup_close(&process->pidfd);
	process->pidfd = -1;
	if (process->pid > 0) {
		(void)kill(process->pid, SIGKILL); /* not waited for yet, so the number is its own */
		(void)waitpid(process->pid, NULL, 0);
	}
}

int pull_process_start(struct pull_process *process, struct error *e)
{
	const char *program = process->pool->options.program;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set(e, ERROR_UNAVAILABLE, "cannot make a pair of sockets: %s",
				 strerrordesc_np(errno));
	CLEANUP(cleanup_close) int theirs = pair[1];
	process->fd = pair[0];
	process->pid = 0;
	int r = -spawn(process, theirs);
	if (r == 0)
		r = watch(process);
	if (r < 0) {
		abandon(process);
		return error_set(e, ERROR_UNAVAILABLE, "cannot start %s: %s", program,
				 strerrordesc_np(-r));
	}
	process->state = PULL_PROCESS_STARTING;
	process->unanswered = 0;
	set_timer(process, process->pool->options.patience / QUESTIONS);
	return 0;
}

/* Words for an end that came too early. */
static int say_early_end(struct pull_process *process, struct error *e)
{
	enum { MOMENT_MS = 2000 };
	struct pollfd watched = {.fd = process->pidfd, .events = POLLIN};
	siginfo_t status = {0};
	char why[128] = "the puller hung up";

	if (poll(&watched, 1, MOMENT_MS) > 0 &&
	    waitid(P_PIDFD, (id_t)process->pidfd, &status, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    status.si_pid != 0)
		describe(why, sizeof why, &status);
	return error_set(e, ERROR_UNAVAILABLE, "%s: %s before it was ready",
			 process->pool->options.program, why);
}

int pull_process_wait_ready(struct pull_process *process, struct error *e)
{
	struct pollfd watched = {.fd = process->fd, .events = POLLIN};
	struct pull_visit *unused = NULL;
	struct wire_progress progress;

	int ready = poll(&watched, 1, (int)(process->pool->options.patience / 1000));
	if (ready <= 0)
		return error_set(e, ERROR_UNAVAILABLE, "%s: did not get ready in time",
				 process->pool->options.program);
	int r = receive(process, &unused, &progress);
	if (r == -EPIPE)
		return say_early_end(process, e);
	if (process->state != PULL_PROCESS_READY)
		return error_set(e, ERROR_UNAVAILABLE, "%s: does not keep to the protocol",
				 process->pool->options.program);
	return 0;
}

/* ---- without the loop ---- */

struct pull_process *pull_process_new(struct pull_pool *pool, const char *root)
{
	struct pull_process *process = calloc(1, sizeof *process);

	if (!process)
		return NULL;
	process->pool = pool;
	process->fd = -1;
	process->pidfd = -1;
	STAILQ_INIT(&process->outgoing);
	TAILQ_INIT(&process->visits);
	process->root = root ? strdup(root) : NULL;
	if ((root && !process->root) ||
	    sd_event_add_time_relative(pool->event, &process->timer, CLOCK_MONOTONIC,
				       (uint64_t)TIME_DAY, TIME_SECOND / 20, on_timer, process) < 0) {
		pull_process_free(process);
		return NULL;
	}
	return process;
}

void pull_process_free(struct pull_process *process)
{
	if (!process)
		return;
	hang_up(process);
	sd_event_source_disable_unref(process->exit);
	sd_event_source_disable_unref(process->timer);
	cleanup_close(&process->pidfd);
	free(process->root);
	free(process);
}

/* Wait for the end of a process while *budget lasts. Returns whether it has ended. */
static bool wait_for_end(const struct pull_process *process, int *budget_ms)
{
	enum { STEP_MS = 10 };
	struct pollfd watched = {.fd = process->pidfd, .events = POLLIN};
	siginfo_t status = {0};

	if (process->pidfd < 0)
		return true;
	for (;; *budget_ms -= STEP_MS) {
		if (waitid(P_PIDFD, (id_t)process->pidfd, &status, WEXITED | WNOHANG) < 0 ||
		    status.si_pid != 0)
			return true;
		if (*budget_ms <= 0)
			return false;
		(void)poll(&watched, 1, STEP_MS); /* cut short, it is only a smaller step */
	}
}

void pull_processes_end(struct pull_processes *processes, int budget_ms)
{
	enum { KILLED_MS = 500 };
	struct pull_process *process;

	TAILQ_FOREACH(process, processes, entry)
		hang_up(process);
	while ((process = TAILQ_FIRST(processes))) {
		int killed_ms = KILLED_MS;
		if (!wait_for_end(process, &budget_ms)) {
			kill_process(process);
			(void)wait_for_end(process, &killed_ms); /* one that hangs in the kernel stays */
		}
		TAILQ_REMOVE(processes, process, entry);
		pull_process_free(process);
	}
}
