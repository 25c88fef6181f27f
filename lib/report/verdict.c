#include "base/text.h"
#include "report/report.h"

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

static uint64_t count_urgent(const struct report_fleet *fleet)
{
	uint64_t count = 0;

	for (size_t i = 0; i < fleet->task_count; i++)
		count += fleet->tasks[i].urgency == REPORT_NOW;
	return count;
}

enum report_verdict report_verdict(const struct report_fleet *fleet)
{
	uint64_t active = fleet->states[INVENTORY_ACTIVE];

	if (count_urgent(fleet) > 0 || fleet->results[DRIFT_DRIFTED] > 0 || fleet->results[DRIFT_WRONG_DEVICE] > 0)
		return REPORT_TROUBLE;
	if (active == 0 || fleet->results[DRIFT_VERIFIED] + fleet->results[DRIFT_BEHIND] < active ||
	    report_devices_in_need(fleet) > 0)
		return REPORT_UNSURE;
	return REPORT_FINE;
}

void report_verdict_add(struct text *text, const struct report_fleet *fleet)
{
	unsigned long long active = fleet->states[INVENTORY_ACTIVE], need = report_devices_in_need(fleet);
	unsigned long long good = fleet->results[DRIFT_VERIFIED] + fleet->results[DRIFT_BEHIND], urgent = count_urgent(fleet);

	if (active == 0)
		text_add(text, "no device is in use, so nothing is checked");
	else if (need > 0)
		text_addf(text, "%llu of %llu active device%s need%s a person", need, active, active == 1 ? "" : "s",
			  need == 1 ? "s" : "");
	else if (good == active)
		text_addf(text, active == 1 ? "the active device had its approved files at its last visit"
					    : "all %llu active devices had their approved files at their last visit", active);
	else
		text_addf(text, "nothing wrong was found, but %llu of %llu active device%s were not checked yet", active - good,
			  active, active == 1 ? "" : "s");
	if (urgent > 0)
		text_addf(text, "; %llu thing%s to be done now", urgent, urgent == 1 ? " is" : "s are");
}
