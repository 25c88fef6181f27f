#pragma once
/* How far a new release has come: which devices are on which release of a scope and kind. Knows
 * baselines and what is known of devices; refuses to know SQL, visits and the time of day. */
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/* Devices by department (none comes last), then asset. They are lent. */
struct rollout_devices {
	const struct store_device **items;
	size_t count;
};

/* One release of a rollout, and the devices that were last known to be on it. */
struct rollout_release {
	const struct store_baseline *baseline; /* lent */
	bool accepted;
	struct rollout_devices devices;
};

/* A scope and kind that has a release in force and older ones that are still accepted, or that
 * devices are still on. */
struct rollout {
	struct rollout_release *releases; /* the one in force first, then newest first */
	size_t release_count;
	struct rollout_devices stragglers; /* on any of the older ones */
	struct rollout_devices unknown;	   /* never known, or doubtful, or on none of these */
	size_t device_count;
};
struct rollouts {
	struct rollout *items; /* in the order of their baselines */
	size_t count;
};
void rollouts_clear(struct rollouts *rollouts);

/* Find the rollouts among all baselines and devices, both as the store lists them; they must
 * outlive the result. A retired device counts nowhere; one that has a release of its own in force
 * for a kind not among those of its model. Returns 0 or -ENOMEM. */
int rollouts_find(struct rollouts *ret_rollouts, const struct store_baselines *baselines,
		  const struct store_devices *devices, int64_t now);
