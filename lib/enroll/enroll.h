#pragma once
/* Enrolls devices and learns candidates: tests a link, pins what it showed, turns what a
 * device holds into manifests for people to approve. Puts nothing in force. */
#include <stdbool.h>
#include <stddef.h>

#include "inventory/inventory.h"
#include "manifest/manifest.h"
#include "sweep/sweep.h"
#include "visit/visit.h"

struct error;

/* Make one visit and wait for it, running the loop of the environment. Holds the lease of
 * a device that is enrolled. learn_pin and list_only as in struct visit_order; names, which may be
 * NULL, are asked for on a link that cannot list. A visit that was made is no error, whatever
 * its outcome. Refused while a stop is in force, but for a folder of this host. Returns 0, or -1: not tried, with words. */
struct enroll_visit {
	bool learn_pin;
	bool list_only;
	const struct manifest *names;
	const char *only; /* read just this path; NULL: all */
};
int enroll_visit(const struct sweep_environment *environment, const struct inventory_device *device,
		 const struct enroll_visit *options, struct visit_report *ret_report, struct error *e);

/* Visit a device now and compare it with what is believed, as a sweep does: everything is read in
 * full, and what differs a second time. Writes nothing, so the store may be open to read; a device
 * of asset lease (NULL: none is enrolled) that somebody else visits just now is refused, and
 * gives way when somebody begins to.
 * Returns 0 with look and verdict; 1 when the loop was ended meanwhile (look has what was seen at
 * first, or nothing); or -1: not tried, with words. Both are to be cleared in each case. */
struct enroll_check {
	bool learn_pin;
	const char *lease;
	void (*on_progress)(void *userdata, uint64_t bytes, uint32_t files); /* may be NULL */
	void *userdata;
};
int enroll_check(struct sweep_look *ret_look, struct drift_verdict *ret_verdict,
		 const struct sweep_environment *environment, const struct inventory_device *device,
		 const struct baselines *believed, const struct enroll_check *options, struct error *e);

/* The part of a report that is of a kind, as a manifest without scope, site, release, serial
 * and dates. Every file of the kind must have been read; else -1 naming the file, why, and
 * what to do. */
int enroll_manifest(struct manifest *ret_manifest, const struct visit_report *report,
		    enum visit_kind kind, struct error *e);

/* How a device's files differ from a vendor's list, by what the list has. */
enum enroll_difference { ENROLL_DIFFERS, ENROLL_NOT_ON_DEVICE, ENROLL_NOT_IN_LIST };
typedef void enroll_on_difference(void *userdata, enum enroll_difference difference, const char *path);

/* Tell every difference, in order of path; returns how many there were. */
size_t enroll_compare(const struct manifest *learnt, const struct manifest *list,
		      enroll_on_difference *on_difference, void *userdata);
