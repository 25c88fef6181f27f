#include "base/text.h"
#include "report/html.h"
#include "report/internal.h"

/* A device that somebody has to go to: what was seen there is not as approved, or nothing was. */
static bool is_in_need(const struct report_device *device)
{
	if (device->device.state != INVENTORY_ACTIVE)
		return false;
	return device->overdue ||
	       (device->has_result && device->result != DRIFT_VERIFIED && device->result != DRIFT_BEHIND &&
		device->result != DRIFT_SKIPPED);
}

uint64_t report_devices_in_need(const struct report_fleet *fleet)
{
	uint64_t count = 0;

	for (size_t i = 0; i < fleet->device_count; i++)
		count += is_in_need(&fleet->devices[i]);
	return count;
}

static uint64_t count_tasks(const struct report_fleet *fleet, enum report_urgency least)
{
	uint64_t count = 0;

	for (size_t i = 0; i < fleet->task_count; i++)
		count += fleet->tasks[i].urgency <= least;
	return count;
}

/* Active devices whose last visit says nothing of their files, and those without one. */
static uint64_t count_unchecked(const struct report_fleet *fleet)
{
	uint64_t count = fleet->never_visited;

	for (int i = 0; i < DRIFT_RESULT_COUNT; i++)
		if (i != DRIFT_VERIFIED && i != DRIFT_BEHIND && i != DRIFT_DRIFTED && i != DRIFT_WRONG_DEVICE)
			count += fleet->results[i];
	return count;
}

enum report_verdict report_verdict(const struct report_fleet *fleet)
{
	uint64_t active = fleet->states[INVENTORY_ACTIVE];

	if (fleet->stop || fleet->full || fleet->rejected > 0 || fleet->results[DRIFT_DRIFTED] > 0 ||
	    fleet->results[DRIFT_WRONG_DEVICE] > 0 || count_tasks(fleet, REPORT_NOW) > 0)
		return REPORT_TROUBLE;
	if (active == 0 || fleet->never_visited == active)
		return REPORT_NOTHING;
	if (count_unchecked(fleet) > 0 || fleet->overdue > 0 || count_tasks(fleet, REPORT_TODAY) > 0)
		return REPORT_UNSURE;
	return REPORT_FINE;
}

static void add_trouble(struct text *text, const struct report_fleet *fleet)
{
	uint64_t active = fleet->states[INVENTORY_ACTIVE];
	uint64_t drifted = fleet->results[DRIFT_DRIFTED], wrong = fleet->results[DRIFT_WRONG_DEVICE];

	if (drifted > 0) {
		text_add(text, "Files differ from what was approved on ");
		html_add_number(text, drifted);
		text_add(text, " of ");
		page_add_count(text, active, "device");
		text_add(text, " in use. ");
	}
	if (wrong > 0) {
		text_add(text, "Another device than the enrolled one answered for ");
		html_add_number(text, wrong);
		text_add(text, drifted > 0 ? ". " : " of ");
	}
	if (wrong > 0 && drifted == 0) {
		page_add_count(text, active, "device");
		text_add(text, " in use. ");
	}
}

static void add_all_well(struct text *text, const struct report_fleet *fleet)
{
	uint64_t active = fleet->states[INVENTORY_ACTIVE];

	if (count_unchecked(fleet) > 0 || fleet->overdue > 0) {
		text_add(text, "No device in use shows changed files. ");
	} else if (active == 1) {
		text_add(text, "The device in use had the files that were approved when it was last visited. ");
	} else {
		text_add(text, "All ");
		page_add_count(text, active, "device");
		text_add(text, " in use had the files that were approved when they were last visited. ");
	}
}

static void add_devices(struct text *text, const struct report_fleet *fleet)
{
	uint64_t unchecked = count_unchecked(fleet);

	if (fleet->results[DRIFT_DRIFTED] > 0 || fleet->results[DRIFT_WRONG_DEVICE] > 0)
		add_trouble(text, fleet);
	else
		add_all_well(text, fleet);
	if (unchecked > 0) {
		html_add_number(text, unchecked);
		text_add(text, " could not be checked at the last visit. ");
	}
	if (fleet->rejected > 0) {
		page_add_count(text, fleet->rejected, "approved baseline");
		text_addf(text, " %s not believed. ", fleet->rejected == 1 ? "is" : "are");
	}
	if (count_tasks(fleet, REPORT_TODAY) == 0)
		text_add(text, "Nothing needs a person today. ");
}

void report_verdict_add(struct text *text, const struct report_fleet *fleet)
{
	uint64_t active = fleet->states[INVENTORY_ACTIVE];

	if (fleet->stop)
		text_add(text, "Visits are stopped: nothing is checked until the stop is lifted. ");
	if (fleet->full)
		text_add(text, "Sweeps are held, for too much waits for the SIEM. ");
	if (active == 0)
		text_add(text, fleet->device_count > 0 ? "No device is in use, so nothing is checked. "
						       : "No device is enrolled yet, so nothing is checked. ");
	else if (fleet->never_visited == active)
		text_add(text, "No device has been visited yet. ");
	else
		add_devices(text, fleet);
	text_cut(text, text->length > 0 ? text->length - 1 : 0); /* the blank behind the last sentence */
}
