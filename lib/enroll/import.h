#pragma once
/* Enrolls a whole spreadsheet: holds its rows against what is enrolled, says what would happen to
 * each, and does it. Never deletes a device, never brings a retired one back, never clears a pin.
 * No link is tried. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory/sheet.h"
#include "store/store.h"
#include "sweep/sweep.h"

struct error;

enum enroll_what {
	ENROLL_NEW,
	ENROLL_CHANGED,
	ENROLL_SAME,
	ENROLL_STAYS_RETIRED, /* retired here, and the file says nothing of its state */
	ENROLL_PASSED_OVER,   /* retired by the file, not enrolled, and without a model or link */
	ENROLL_BAD,
	ENROLL_WHAT_COUNT,
};
const char *enroll_what_name(enum enroll_what what); /* "new" … "bad" */

/* A field of a device as words, lent; NULL: none. */
const char *enroll_value(const struct inventory_device *device, enum sheet_field field);

/* What a row means. */
struct enroll_step {
	enum enroll_what what;
	struct sheet_row *row;			/* lent from the sheet; has the faults */
	const struct store_device *before;	/* lent from the import; NULL: not enrolled */
	struct inventory_device after;
	unsigned changed; /* bit of a field, which is not as before */
	char *place;	  /* of its link; NULL: none */
};

struct enroll_import {
	struct enroll_step *steps; /* in the order of the file */
	size_t count;
	size_t counts[ENROLL_WHAT_COUNT];
	size_t absent;		  /* enrolled, not retired, and not in the file */
	size_t without_credential; /* new or changed, and cannot be visited until they have one */
	struct store_devices devices; /* as they were */
	char **places;		      /* of their links */
};
void enroll_import_clear(struct enroll_import *import);

/* Tell how far it is; return false to stop. */
typedef bool enroll_on_progress(void *userdata, size_t done, size_t total);

struct enroll_import_options {
	const struct sweep_models *models;
	int64_t now;
	bool skip_bad; /* bad rows will be left out: find the rows that cannot go in without them */
	enroll_on_progress *on_progress; /* may be NULL */
	void *userdata;
};

/* Hold the rows of a sheet against the store, and note in them what is wrong: twins in the file
 * and with devices that are enrolled, what a new device lacks. Swaps of serials, MACs and links
 * are no twins. Call it between store_begin() and the end of that transaction, so that nothing
 * moves before it is applied. What no row can mend (a column that the file lacks) is -1
 * (ERROR_DATA). store NULL: nothing is enrolled yet. Returns 0 or -1. */
int enroll_import_plan(struct enroll_import *ret_import, struct sheet *sheet, struct store *store,
		       const struct enroll_import_options *options, struct error *e);

/* Do what is new and changed, each with the record of an act of environment's store; name is the
 * file's, for the record. Refuses when there are bad rows, unless skip_bad. In the caller's
 * transaction: a failure, and a stop by on_progress (ERROR_UNAVAILABLE), is the caller's to roll
 * back. Returns how many alerts were resolved because their device is retired now, or -1. */
int enroll_import_apply(const struct enroll_import *import, const struct sweep_environment *environment,
			const struct store_actor *actor, const char *verb, const char *name,
			const struct enroll_import_options *options, struct error *e);
