#pragma once
/* One set-up as its configuration file describes it: what both programs load before they do
 * anything. Several set-ups run side by side; nothing is reachable but through the file. */
#include "alert/alert.h"
#include "config/config.h"
#include "credential/credential.h"
#include "sweep/sweep.h"

struct error;

struct setup {
	char *path; /* of the configuration */
	char *loaded; /* what was loaded: "configuration SHA-256, signers SHA-256, profiles SHA-256";
		       * "signers none" where that file cannot be read */
	struct config config;
	struct sweep_models models;
	struct credential_folders credentials; /* lent from config and the environment */
	char owner[SWEEP_OWNER_SIZE]; /* of leases: this process, until it ends */
	char host[256];	 /* this collector's name */
	struct time_source clock;
};

/* Load the configuration and every profile. path NULL: $PUMPWATCH_CONFIG, or the one built in. Returns 0 or -1 (ERROR_CONFIG);
 * ret_setup is then untouched. */
int setup_load(struct setup *ret_setup, const char *path, struct error *e);
void setup_clear(struct setup *setup);

/* Set this process's time zone, in which windows are meant: the configuration's, else the one
 * named otherwise ($TZ as it was at the start; NULL: the host's). Returns 0 or -1. */
int setup_use_timezone(const struct setup *setup, const char *otherwise, struct error *e);

/* How this collector's messages are framed; each sink has its own facility. Lent from setup. */
struct alert_frame setup_frame(const struct setup *setup);

/* Record that this was loaded, as the act "configuration load" of the file; unless always, only
 * when it is not what was recorded last. Returns 0 or -1. */
int setup_record_load(const struct setup *setup, struct store *store, const char *by, bool always,
		      struct error *e);

/* Only one process at a time delivers the outbox. Returns 1 and a descriptor to keep, 0 when
 * another process does, -1 on error. */
int setup_lock_outbox(const struct setup *setup, int *ret_fd, struct error *e);

/* The pullers of this set-up, in event. Returns 0 or -1. */
struct pull_pool;
struct sd_event;
int setup_start_pool(struct pull_pool **ret_pool, const struct setup *setup, struct sd_event *event,
		     struct error *e);
