#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/cleanup.h"

#include "pull/internal.h"

enum { QUESTIONS = 3 /* unanswered, and the puller is stuck */ };
#define RESTART_FIRST (TIME_SECOND / 10)
#define RESTART_LAST (30 * TIME_SECOND)

/* ---- its end ---- */

void pull_process_hang_up(struct pull_process *process)
{
	process->io = sd_event_source_disable_unref(process->io);
	cleanup_close(&process->fd);
	process->fd = -1;
	pull_packets_clear(&process->outgoing);
}

void pull_process_take_away(struct pull_process *process, struct pull_visit *visit)
{
	TAILQ_REMOVE(&process->visits, visit, entry);
	process->visit_count--;
	visit->process = NULL;
}

/* End what it had. Nothing is told before the loop has its turn again. */
static void end_visits(struct pull_process *process, const char *why)
{
	struct pull_visit *visit;

	while ((visit = TAILQ_FIRST(&process->visits))) {
		pull_process_take_away(process, visit);
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

void pull_process_fail(struct pull_process *process, const char *why)
{
	process->state = PULL_PROCESS_ENDING;
	kill_process(process);
	pull_process_hang_up(process);
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
	else if (status->si_code == CLD_KILLED || status->si_code == CLD_DUMPED)
		(void)snprintf(ret_words, size, "the puller was ended by signal %d (%s)",
			       status->si_status, sigdescr_np(status->si_status) ?: "unnamed");
	else
		(void)snprintf(ret_words, size, "the puller ended");
}

/* Forget the process that has ended, after all that it said was heard. */
static void bury(struct pull_process *process, const siginfo_t *status)
{
	struct pull_visit *unused = NULL;
	struct wire_progress progress;
	char why[128];

	while (process->fd >= 0 && pull_process_receive(process, &unused, &progress) > 0)
		;
	pull_process_hang_up(process);
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
	/* It fails when someone else has waited for it: gone is gone. */
	if (waitid(P_PIDFD, (id_t)fd, &status, WEXITED | WNOHANG) == 0 && status.si_pid == 0)
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
	int64_t now = pull_pool_monotonic(process->pool);
	const struct pull_visit *visit;

	for (visit = TAILQ_FIRST(&process->visits); visit; visit = TAILQ_NEXT(visit, entry))
		if (visit->deadline_at < now)
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
		pull_process_fail(process, "the puller did not answer");
	} else if (is_overdue(process)) {
		pull_process_fail(process, "the puller did not end a visit in time");
	} else {
		process->unanswered++;
		if (pull_packets_add(&process->outgoing, &alive) == 0)
			pull_process_flush(process);
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

/* Watch the process that runs now. Returns 0 or a negative errno. */
static int watch(struct pull_process *process)
{
	sd_event *event = process->pool->event;

	process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	if (process->pidfd < 0)
		return -errno;
	int r = sd_event_add_io(event, &process->exit, process->pidfd, EPOLLIN, on_end, process);
	if (r >= 0)
		r = sd_event_add_io(event, &process->io, process->fd, EPOLLIN, pull_process_on_io, process);
	return r;
}

/* One that runs and cannot be watched is not wanted. */
static void abandon(struct pull_process *process)
{
	pull_process_hang_up(process);
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
	int r = -pull_process_spawn(process, theirs);
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
	int ready;

	do
		ready = poll(&watched, 1, (int)(process->pool->options.patience / 1000));
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return error_set(e, ERROR_UNAVAILABLE, "%s: did not get ready in time",
				 process->pool->options.program);
	int r = pull_process_receive(process, &unused, &progress);
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
	pull_process_hang_up(process);
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

	for (process = TAILQ_FIRST(processes); process; process = TAILQ_NEXT(process, entry))
		pull_process_hang_up(process);
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
