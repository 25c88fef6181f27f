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

/* Make one visit and wait for it, running the loop of the environment. Takes the device's
 * lease when it is enrolled. learn_pin and list_only as in struct visit_order. */
struct enroll_visit {
	bool learn_pin;
	bool list_only;
};
int enroll_visit(const struct sweep_environment *environment, const struct inventory_device *device,
		 const struct enroll_visit *options, struct visit_report *ret_report, struct error *e);

/* The part of a report that is of a kind, as a manifest without site, release, serial and
 * dates. Every file of the kind must have been read, and twice the same when second is given;
 * else -1 naming the file and why. */
int enroll_manifest(struct manifest *ret_manifest, const struct visit_report *report,
		    enum visit_kind kind, struct error *e);

/* How a device's files differ from a vendor's list, by what the list has. */
enum enroll_difference { ENROLL_DIFFERS, ENROLL_NOT_ON_DEVICE, ENROLL_NOT_IN_LIST };
typedef void enroll_on_difference(void *userdata, enum enroll_difference difference, const char *path);

/* Compare; returns how many differences there were. Files of the list that no selector gives
 * the kind are passed over with ENROLL_NOT_ON_DEVICE only when their pattern is of the kind. */
size_t enroll_compare(const struct manifest *learnt, const struct manifest *list,
		      enroll_on_difference *on_difference, void *userdata);
