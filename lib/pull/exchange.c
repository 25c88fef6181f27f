#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/array.h"

#include "pull/internal.h"

enum { PACKETS_AT_ONCE = 64 /* from one puller, before others have their turn */ };

/* ---- to the puller ---- */

/* Whatever keeps a socket from taking packets for good shows in its events too. */
void pull_process_flush(struct pull_process *process)
{
	if (process->fd < 0)
		return; /* it has hung up, and its end is about to be seen */
	int r = pull_packets_send(&process->outgoing, process->fd);
	uint32_t events = EPOLLIN | (r == 0 ? 0 : (uint32_t)EPOLLOUT);
	if (r == -EAGAIN || r == 0)
		(void)sd_event_source_set_io_events(process->io, events);
	else if (r != -EPIPE && r != -ECONNRESET)
		pull_process_fail(process, "an order could not be sent to the puller");
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
	visit->deadline_at = pull_pool_monotonic(process->pool) + visit->time_limit +
			     process->pool->options.patience;
	TAILQ_INSERT_TAIL(&process->visits, visit, entry);
	process->visit_count++;
	STAILQ_CONCAT(&process->outgoing, &visit->packets);
	pull_process_flush(process);
}

void pull_process_cancel(struct pull_process *process, struct pull_visit *visit)
{
	const struct wire_message message = {.type = WIRE_CANCEL, .visit = visit->number};

	visit->state = PULL_CANCELLED;
	visit->deadline_at = pull_pool_monotonic(process->pool) + process->pool->options.patience;
	/* Without memory it goes on until its end, and nobody is told. */
	if (pull_packets_add(&process->outgoing, &message) == 0)
		pull_process_flush(process);
}

/* ---- from the puller ---- */

static struct pull_visit *find(const struct pull_process *process, uint64_t number)
{
	struct pull_visit *visit;

	for (visit = TAILQ_FIRST(&process->visits); visit; visit = TAILQ_NEXT(visit, entry))
		if (visit->number == number)
			return visit;
	return NULL;
}

static const char *take_ready(struct pull_process *process, const struct wire_ready *ready)
{
	struct pull_pool *pool = process->pool;

	if (ready->threads != (process->root ? 1 : pool->options.visits))
		return "the puller is not the one that was started";
	process->state = PULL_PROCESS_READY;
	if (ready->landlock_abi > 0)
		(void)snprintf(pool->sandbox, sizeof pool->sandbox, "%sLandlock %d",
			       ready->seccomp ? "seccomp, " : "", ready->landlock_abi);
	else
		(void)snprintf(pool->sandbox, sizeof pool->sandbox, "%s",
			       ready->seccomp ? "seccomp" : "none");
	pull_pool_wake(pool);
	return NULL;
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
	pull_process_take_away(process, visit);
	if (visit->state == PULL_CANCELLED)
		pull_visit_free(visit);
	else
		pull_pool_finish(process->pool, visit);
	if (process->root) {
		process->state = PULL_PROCESS_ENDING; /* it was for this visit only */
		pull_process_hang_up(process);
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

	if (message->type == WIRE_READY && starting)
		return take_ready(process, &message->ready);
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
int pull_process_receive(struct pull_process *process, struct pull_visit **ret_told,
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
		pull_process_fail(process, fault);
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

int pull_process_on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct pull_process *process = userdata;
	struct pull_visit *told = NULL;
	struct wire_progress progress;
	int r = 1;

	(void)source;
	(void)fd;
	if (events & EPOLLOUT)
		pull_process_flush(process);
	for (int i = 0; i < PACKETS_AT_ONCE && r > 0 && !told && process->fd >= 0; i++)
		r = pull_process_receive(process, &told, &progress);
	if (r == -EPIPE)
		pull_process_hang_up(process); /* it has ended or is about to: see on_end() */
	tell(told, &progress);
	return 0;
}
