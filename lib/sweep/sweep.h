#pragma once
/* One run over the devices that are due: which device, when, in which order; visit → verdict →
 * one transaction. Owns the state machine of a sweep; refuses to know SQL and protocols. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/alert.h"
#include "base/time.h"
#include "baseline/baseline.h"
#include "config/config.h"
#include "credential/credential.h"
#include "drift/drift.h"
#include "inventory/inventory.h"

struct error;
struct pull_pool;
struct sd_event;
struct store;
struct store_devices;
struct sweep;

/* Profiles by name; sorted, owned. */
struct sweep_models {
	struct inventory_model *items;
	size_t count;
	char sha256[DIGEST_SHA256_HEX + 1]; /* what `LC_ALL=C; sha256sum *.ini | sha256sum` says there */
};
/* Load every profile of a folder. Two whose names differ only in case or punctuation are
 * refused. Returns 0 or -1. */
int sweep_models_load(struct sweep_models *ret_models, const char *folder, struct error *e);
void sweep_models_clear(struct sweep_models *models);
const struct inventory_model *sweep_models_find(const struct sweep_models *models, const char *name);

/* Who holds a lease: a process of a host, in its namespace, and its start. */
enum { SWEEP_OWNER_SIZE = 160 };
void sweep_owner_write(char ret_owner[static SWEEP_OWNER_SIZE], const char *host, int64_t now);
/* Whether an owner is known for certain to run no more: one of our host and namespace whose process
 * is not there, or that had our own number before us. */
bool sweep_owner_is_gone(const char *owner, const char *ours);

/* What a sweep works with. All lent until sweep_free(). */
struct sweep_environment {
	struct sd_event *event;
	struct store *store;
	struct pull_pool *pool;
	const struct config *config;
	const struct sweep_models *models;
	struct baseline_memory *baselines;
	struct credential_folders credentials;
	struct time_source clock;
	const char *owner; /* of the leases */
};

/* A visit made ready: what to pull, and what opens the door. */
struct sweep_preparation {
	struct visit_order order;
	struct visit_secret secret;
	enum visit_outcome outcome; /* why it cannot be made: a fault that a person must mend */
	char detail[256];
};
void sweep_preparation_clear(struct sweep_preparation *preparation);

/* Make a device's visit ready. On a link that cannot list the files of the baselines are asked
 * for by name. Returns 0; 1 with outcome and detail when a person must mend a profile or a
 * credential first; -1 without memory. ret_preparation is to be cleared in each case. */
int sweep_prepare(struct sweep_preparation *ret_preparation, const struct sweep_environment *environment,
		  const struct inventory_device *device, const struct drift_baseline *baselines,
		  size_t baseline_count, struct error *e);

/* Those that apply to a device. The array is the caller's to free, what it points to is lent
 * from all. Returns 0 or -ENOMEM. */
int sweep_baselines_select(struct drift_baseline **ret_selected, size_t *ret_count,
			   const struct baselines *all, const struct inventory_device *device);

/* One check of a device: what is asked of it, what was seen, what it is compared with. What
 * would be said of a file is read a second time before it is. */
struct sweep_look {
	struct sweep_preparation preparation; /* its order is that of the next visit */
	struct drift_baseline *baselines;     /* into those believed, which are lent */
	size_t baseline_count;
	struct visit_report report;
	bool again; /* the second look has begun */
};
void sweep_look_clear(struct sweep_look *look);
/* As sweep_prepare(), with what is believed now; where that returns 1 report says so already.
 * ret_look is to be cleared in each case. */
int sweep_look_prepare(struct sweep_look *ret_look, const struct sweep_environment *environment,
		       const struct inventory_device *device, const struct baselines *believed, struct error *e);
/* Take in what a visit saw, which is emptied, and judge all of it. Returns 1 when the order, as it
 * stands now, asks for another visit; 0 when the verdict is the last word; or -1. */
int sweep_look_take(struct sweep_look *look, const struct sweep_environment *environment,
		    const struct inventory_device *device, struct visit_report *report,
		    struct drift_verdict *ret_verdict, struct error *e);
/* Judge what was seen so far. Returns 0 or -1 without memory. */
int sweep_look_judge(const struct sweep_look *look, const struct sweep_environment *environment,
		     const struct inventory_device *device, struct drift_verdict *ret_verdict, struct error *e);

/* How one device's visit ended; lent for the call. */
struct sweep_visit {
	const struct inventory_device *device;
	const struct visit_report *report; /* NULL when skipped */
	const struct drift_verdict *verdict;
	uint64_t number; /* in the store, 0 when skipped */
	bool will_retry; /* not the last word of this sweep */
};

/* on_done comes exactly once, never before sweep_start() returns, never after sweep_free().
 * failed: the store could not be written, or the like, with words; counts are what is known. */
struct sweep_handlers {
	void (*on_visit)(void *userdata, const struct sweep_visit *visit); /* may be NULL */
	void (*on_progress)(void *userdata);				   /* may be NULL */
	void (*on_done)(void *userdata, const struct alert_counts *counts, const struct error *failed);
	void *userdata;
};

/* What to sweep: the devices named, or all that are active, or a window's. */
struct sweep_request {
	const char *const *assets; /* with asset_count > 0: just these */
	size_t asset_count;
	const struct config_window *window; /* NULL: by hand */
	int64_t closes_at;		    /* TIME_NEVER by hand */
	int64_t since;			    /* devices that were visited since then are left out; 0: none */
	bool ignore_back_off;		    /* by hand, named or --all */
	const char *by;
};

/* The assets that a request means. The array is the caller's to free, the names are lent from
 * devices. Returns 0, or -1 naming an asset that is not enrolled. */
int sweep_choose(const char ***ret_assets, size_t *ret_count, const struct store_devices *devices,
		 const struct sweep_request *request, struct error *e);

/* Begin, or take up again, a sweep. An unknown asset, a stop in force or an outbox that is full fails.
 * One that fills up meanwhile ends the sweep early, with its words (OUTBOX_FULL …). Leases of
 * processes that are gone are dropped. Returns 0 or -1. */
int sweep_start(struct sweep **ret_sweep, const struct sweep_environment *environment,
		const struct sweep_request *request, const struct sweep_handlers *handlers,
		struct error *e);

/* End early: visits that run are cancelled, on_done comes soon with stopped set. */
void sweep_stop(struct sweep *sweep, const char *why);
void sweep_free(struct sweep *sweep);

/* How far it is, for STATUS and bars. */
struct sweep_progress {
	uint64_t number, done, running, total;
	uint64_t files, bytes;
	uint64_t results[DRIFT_RESULT_COUNT];
	uint64_t rejected; /* baselines that were not believed when it began */
};
void sweep_progress(const struct sweep *sweep, struct sweep_progress *ret_progress);

/* See which baselines are believed now (baseline_refresh()), and open, remind of or resolve
 * BASELINE_REJECTED, in one transaction. Returns how many are in the store as current or older
 * and not believed, or -1. */
int sweep_check_baselines(struct baselines *ret_baselines, const struct sweep_environment *environment,
			  struct error *e);

/* Append a HEARTBEAT with the counts of now. */
int sweep_tell_heartbeat(const struct sweep_environment *environment, struct error *e);

/* Open or resolve DEVICE_OVERDUE for the whole fleet, in one transaction. */
int sweep_check_overdue(const struct sweep_environment *environment, uint64_t sweep, struct error *e);

/* Resolve what is open of a device for a reason that no visit has seen (it was retired), in the
 * caller's transaction. Returns how many were, or -1. */
int sweep_resolve_alerts(const struct sweep_environment *environment, const struct inventory_device *device,
			 const char *why, struct error *e);

/* The global stop: a file in the state folder that anyone on duty may make. Returns 1 with its
 * words (the caller frees them), 0 when there is none, -1 when that cannot be told. */
int sweep_stop_read(const char *state_folder, char **ret_reason, struct error *e);
int sweep_stop_write(const char *state_folder, const char *reason, struct error *e);
/* Returns 0, or -1 while a stop is in force, with its words. */
int sweep_refuse_stopped(const struct sweep_environment *environment, struct error *e);
int sweep_stop_remove(const char *state_folder, struct error *e);
