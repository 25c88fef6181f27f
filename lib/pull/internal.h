#pragma once
/* What the files of this room share: packets on their way to a puller, the process of a puller,
 * and the pool that gives visits to them. */
#include <sys/queue.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/error.h"
#include "wire/wire.h"

#include "pull/pull.h"

/* ---- packets (packets.c) ---- */

struct pull_packet;
STAILQ_HEAD(pull_packets, pull_packet);

/* Append a message. Returns 0, or what wire_write() says. */
int pull_packets_add(struct pull_packets *packets, const struct wire_message *message);

/* Append all that starts a visit. Returns as above; packets is then as before. */
int pull_packets_add_visit(struct pull_packets *packets, uint64_t number,
			   const struct visit_order *order, const struct visit_secret *secret);

/* Put the secret of a visit's packets into the sealed file in which it travels. Returns 0 or a
 * negative errno. */
int pull_packets_seal(struct pull_packets *packets);

/* Send what the socket takes. Returns 0 when all is sent, -EAGAIN when some waits, or another
 * negative errno. */
int pull_packets_send(struct pull_packets *packets, int fd);

/* Secrets are overwritten. */
void pull_packets_clear(struct pull_packets *packets);

/* ---- a visit ---- */

enum pull_state {
	PULL_QUEUED,
	PULL_RUNNING,	/* its puller has it */
	PULL_CANCELLED, /* the same, but nobody is to be told */
	PULL_DONE,	/* on_done is still to be called */
};

struct pull_visit {
	TAILQ_ENTRY(pull_visit) entry; /* of the list that goes with the state */
	struct pull_pool *pool;
	struct pull_process *process; /* while it has it */
	enum pull_state state;
	uint64_t number;
	struct pull_handlers handlers;
	struct pull_packets packets; /* until a puller has it */
	char *root;		     /* of a file link; else NULL */
	size_t most_observations;
	int64_t time_limit;
	int64_t deadline_at; /* monotonic */
	struct visit_report report;
};
TAILQ_HEAD(pull_visits, pull_visit);

/* ---- a process (process.c) ---- */

enum pull_process_state {
	PULL_PROCESS_DOWN,	/* to be started again at a time */
	PULL_PROCESS_STARTING,
	PULL_PROCESS_READY,
	PULL_PROCESS_ENDING, /* killed, not gone yet */
};

struct pull_process {
	TAILQ_ENTRY(pull_process) entry;
	struct pull_pool *pool;
	char *root; /* of the one file visit that it is for; NULL: network */
	enum pull_process_state state;
	pid_t pid;
	int pidfd;
	int fd;
	sd_event_source *io, *exit, *timer;
	struct pull_packets outgoing;
	struct pull_visits visits;
	unsigned visit_count;
	unsigned unanswered; /* questions whether it is alive */
	unsigned failures;   /* in a row */
};
TAILQ_HEAD(pull_processes, pull_process);

/* Returns NULL without memory. */
struct pull_process *pull_process_new(struct pull_pool *pool, const char *root);

/* Ends the process if there is one, without waiting: see pull_process_wait(). Its visits must
 * be gone. NULL is fine. */
void pull_process_free(struct pull_process *process);

/* Start the program. Returns 0 or -1. */
int pull_process_start(struct pull_process *process, struct error *e);

/* Wait, without the event loop, until it says that it is ready. Returns 0 or -1. */
int pull_process_wait_ready(struct pull_process *process, struct error *e);

/* Hang up, and give every process until_ms in all to end by itself; then kill. */
void pull_processes_end(struct pull_processes *processes, int until_ms);

/* Close the socket, which a puller takes for the end. */
void pull_process_hang_up(struct pull_process *process);

/* Kill it, and end its visits with PULLER_FAILED and why. */
void pull_process_fail(struct pull_process *process, const char *why);

/* Take a visit from it, which is then in no list. */
void pull_process_take_away(struct pull_process *process, struct pull_visit *visit);

/* ---- its program (spawn.c) ---- */

/* Start it with the socket at the place where it looks for it; fills pid. Returns 0 or a
 * positive errno. */
int pull_process_spawn(struct pull_process *process, int socket);

/* ---- what is said (exchange.c) ---- */

/* Hand over a queued visit. */
void pull_process_give(struct pull_process *process, struct pull_visit *visit);

/* Tell the process to stop a visit that it has. */
void pull_process_cancel(struct pull_process *process, struct pull_visit *visit);

/* Send what waits, now or when the socket takes it. */
void pull_process_flush(struct pull_process *process);

/* Take one packet. Returns 1, 0 when there is none, -EPIPE when the puller has hung up, or
 * -EBADMSG after the process was failed. ret_told is set to a visit whose progress is to be
 * told, and ret_progress with it. */
int pull_process_receive(struct pull_process *process, struct pull_visit **ret_told,
			 struct wire_progress *ret_progress);

/* Of the socket, for the loop; userdata is the process. */
int pull_process_on_io(sd_event_source *source, int fd, uint32_t events, void *userdata);

/* ---- the pool (pool.c) ---- */

struct pull_pool {
	sd_event *event;
	struct pull_options options; /* its strings are owned, none of its numbers is 0 */
	struct pull_processes network, file;
	unsigned file_count;
	struct pull_visits queued_network, queued_file, done;
	sd_event_source *dispatch, *deliver; /* both wait to be called from the loop */
	uint64_t last_number;
	char sandbox[64];
};

/* The loop's monotonic time. */
int64_t pull_pool_monotonic(const struct pull_pool *pool);

/* A thread or a process has become free, or there is a visit to start. */
void pull_pool_wake(struct pull_pool *pool);

/* A visit has ended, its report is filled but for the times; it is no longer in a list. */
void pull_pool_finish(struct pull_pool *pool, struct pull_visit *visit);

/* End it with PULLER_FAILED instead. */
void pull_pool_finish_failed(struct pull_pool *pool, struct pull_visit *visit, const char *why);

void pull_visit_free(struct pull_visit *visit);
