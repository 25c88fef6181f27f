#pragma once
/* The first contact with a device: its key, for a person to compare, and what a visit will be. */
#include "baseline/baseline.h"
#include "cli/cli.h"
#include "sweep/sweep.h"
#include "visit/visit.h"

/* Show the key that a device showed, in the form of its own tools, and ask whether it is the device's.
 * Returns 1 for yes, 0 for no, -1 where nobody answered. */
int cli_confirm_key(const struct visit_report *report);

/* What a first look at a device showed. */
struct cli_contact {
	struct visit_report report; /* files were listed, not read */
	bool tried;		    /* one file was read for a trial */
	enum visit_outcome trial;
	uint64_t trial_bytes;
	int64_t trial_time;
	struct baselines believed;
	struct drift_baseline *baselines; /* those that apply, into believed */
	size_t baseline_count;
	char fault[256]; /* why it is not known what is in force; or empty */
};
void cli_contact_clear(struct cli_contact *contact);

/* After the first look, which is in contact->report: read one small file for a trial, where there is
 * one, and see which baselines are in force. What fails there is told, and no error. Returns 0, or -1. */
int cli_contact_complete(struct cli *cli, struct cli_contact *contact, const struct inventory_device *device,
			 struct error *e);

/* Tell all of it: to a person, or as JSON into object. */
void cli_contact_print(const struct cli *cli, const struct cli_contact *contact,
		       const struct inventory_device *device, bool with_files);
void cli_contact_json(json_t *object, const struct cli *cli, const struct cli_contact *contact,
		      const struct inventory_device *device);
