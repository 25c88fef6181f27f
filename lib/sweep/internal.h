#pragma once
/* Shared by the files of this room. */
#include "schedule/schedule.h"
#include "store/store.h"
#include "sweep/sweep.h"

/* What a finished visit leaves behind, in one transaction: the visit, its findings, alerts and
 * events, the device's standing, the job, the lease. Returns 0 or -1, nothing changed. */
struct sweep_outcome {
	uint64_t sweep;
	const struct store_device *device;
	const struct visit_report *report;
	const struct drift_verdict *verdict;
	bool lists; /* whether the device's link can list */
	const struct drift_baseline *baselines; /* those that the verdict is by */
	size_t baseline_count;
};
int sweep_record(const struct sweep_environment *environment, const struct sweep_outcome *outcome,
		 uint64_t *ret_visit, struct error *e);

/* Save a change of an alert and, where it is to be told, append its event. */
int sweep_record_change(const struct sweep_environment *environment, struct alert_change *change,
			const struct inventory_device *device, const struct visit_report *report,
			uint64_t sweep, struct error *e);

/* Put the saved alert of a device under the group of its model's devices with the same change, where
 * there is one, or where with it there are enough for one. */
int sweep_group_join(const struct sweep_environment *environment, struct alert *alert, const char *model,
		     uint64_t sweep, struct error *e);

/* A device's alert, as it is stored now, has left this group: with the last the group is resolved. */
int sweep_group_leave(const struct sweep_environment *environment, uint64_t group, const struct alert *member,
		      uint64_t sweep, struct error *e);

/* At the end of a sweep: what waited to be told, of whichever sweep, and what is new of groups. */
int sweep_groups_tell(const struct sweep_environment *environment, uint64_t sweep, struct error *e);

/* What may lie behind one switch: "192.0.2.0/24" or "2001:db8:0:1::/64" for a link to an address,
 * the domain for one to a host name; empty for one to neither. link may be NULL. */
enum { SWEEP_SUBNET_SIZE = 256 };
void sweep_subnet_write(char ret_subnet[static SWEEP_SUBNET_SIZE], const char *link);

struct alert_pace sweep_pace(const struct sweep_environment *environment);

/* End a sweep: overdue devices, groups and what waited, counts, summary event, the sweep's own row; one transaction. */
int sweep_record_end(const struct sweep_environment *environment, uint64_t sweep, bool stopped,
		     const char *why, struct alert_counts *ret_counts, struct error *e);

/* Put the highest serial of each scope and kind into a summary: those of models, then those of
 * devices. Returns 0 or -1. */
int sweep_add_serials(struct alert_event *summary, const struct sweep_environment *environment,
		      struct error *e);

int64_t sweep_now(const struct sweep_environment *environment);
