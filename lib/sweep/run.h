#pragma once
/* A sweep that runs, for the files that make it up: sweep.c begins, chooses and ends;
 * job.c takes one device through its visits. */
#include <systemd/sd-event.h>

#include "pull/pull.h"
#include "sweep/internal.h"

enum sweep_job_state { SWEEP_JOB_WAITING, SWEEP_JOB_RUNNING, SWEEP_JOB_DONE };

/* One device's turn. A running job holds the device's lease. */
struct sweep_job {
	struct sweep *sweep;
	char *asset;
	enum sweep_job_state state;
	bool fresh; /* has its lease, not yet its visit */
	unsigned attempts;
	int64_t not_before;
	char subnet[SWEEP_SUBNET_SIZE]; /* what counts against subnet_visits; empty for none */
	struct store_device device;
	/* while running */
	struct pull_visit *visit;
	struct sweep_look look; /* its baselines point into sweep->baselines */
	uint64_t counted; /* bytes of this look that stand in the progress */
};

struct sweep {
	struct sweep_environment environment;
	struct sweep_handlers handlers;
	struct store_sweep record;
	struct baselines baselines; /* believed when the sweep began */
	struct sweep_job *jobs;
	size_t job_count;
	unsigned running;
	unsigned attempts;
	bool ignore_back_off;
	bool stopping;
	bool finished;
	char why[128];
	struct error failed; /* code ERROR_NONE: nothing failed */
	unsigned lost_in_a_row;
	int64_t renew_at;
	int64_t full_at; /* when the outbox is looked at next */
	struct sweep_progress progress;
	sd_event_source *kick;
	sd_event_source *tick;
};

void sweep_kick(struct sweep *sweep);
void sweep_fail(struct sweep *sweep, const struct error *e);
void sweep_begin_end(struct sweep *sweep, const char *why);

/* Take a job that holds its lease through its visits. */
void sweep_job_start(struct sweep *sweep, struct sweep_job *job);
/* Not visited in this sweep, and said so. */
void sweep_job_skip(struct sweep *sweep, struct sweep_job *job);
/* Leave RUNNING for state; what runs is cancelled. */
void sweep_job_settle(struct sweep *sweep, struct sweep_job *job, enum sweep_job_state state);
void sweep_job_clear_visit(struct sweep_job *job);
void sweep_job_clear(struct sweep_job *job);

/* The subnet of a job's device: its first 24 bits (IPv4) or 64 (IPv6); a host name counts as
 * a subnet of its own. */
void sweep_job_note_subnet(struct sweep_job *job);
