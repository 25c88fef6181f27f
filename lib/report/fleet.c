#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "report/report.h"

enum report_age report_age_of(int64_t verified_at, int64_t now)
{
	int64_t age = now - verified_at;

	if (verified_at == 0)
		return REPORT_AGE_NEVER;
	if (age <= 36 * TIME_HOUR)
		return REPORT_AGE_DAY;
	if (age <= 3 * TIME_DAY)
		return REPORT_AGE_DAYS;
	if (age <= 7 * TIME_DAY)
		return REPORT_AGE_WEEK;
	return age <= 30 * TIME_DAY ? REPORT_AGE_MONTH : REPORT_AGE_OLDER;
}

const char *report_age_words(enum report_age age)
{
	static const char *const words[] = {
		"within 36 hours", "within 3 days", "within 7 days", "within 30 days", "longer ago", "never",
	};

	return age < REPORT_AGE_COUNT ? words[age] : "?";
}

const char *report_age_name(enum report_age age)
{
	static const char *const names[] = {"36h", "3d", "7d", "30d", "older", "never"};

	return age < REPORT_AGE_COUNT ? names[age] : "?";
}

const char *report_urgency_words(enum report_urgency urgency)
{
	return urgency == REPORT_NOW ? "now" : urgency == REPORT_TODAY ? "today" : "soon";
}

static void clear_rollout(struct report_rollout *rollout)
{
	free(rollout->scope);
	free(rollout->release);
	for (size_t i = 0; i < rollout->department_count; i++)
		free(rollout->departments[i].name);
	free(rollout->departments);
}

static void clear_baseline(struct report_baseline *baseline)
{
	free(baseline->id);
	free(baseline->scope);
	free(baseline->release);
	free(baseline->approvers);
	free(baseline->fault);
}

static void clear_trust(struct report_fleet *fleet)
{
	for (size_t i = 0; i < fleet->baseline_count; i++)
		clear_baseline(&fleet->baselines[i]);
	free(fleet->baselines);
	free(fleet->signers_fault);
	for (size_t i = 0; i < fleet->sink_count; i++) {
		free(fleet->sinks[i].name);
		free(fleet->sinks[i].why);
	}
	free(fleet->sinks);
}

void report_fleet_clear(struct report_fleet *fleet)
{
	for (size_t i = 0; i < fleet->device_count; i++)
		inventory_device_clear(&fleet->devices[i].device);
	free(fleet->devices);
	for (size_t i = 0; i < fleet->alert_count; i++)
		alert_clear(&fleet->alerts[i]);
	free(fleet->alerts);
	for (size_t i = 0; i < fleet->rollout_count; i++)
		clear_rollout(&fleet->rollouts[i]);
	free(fleet->rollouts);
	for (size_t i = 0; i < fleet->task_count; i++) {
		free(fleet->tasks[i].what);
		free(fleet->tasks[i].next);
	}
	free(fleet->tasks);
	clear_trust(fleet);
	free(fleet->site);
	free(fleet->host);
	free(fleet->stop);
	free(fleet->full);
	free(fleet->last_window);
	free(fleet->missed_window);
	*fleet = (struct report_fleet){0};
}

static int compare_asset(const void *asset, const void *device)
{
	return strcmp(asset, ((const struct report_device *)device)->device.asset);
}

const struct report_device *report_device_find(const struct report_fleet *fleet, const char *asset)
{
	if (fleet->device_count == 0 || !asset)
		return NULL;
	return bsearch(asset, fleet->devices, fleet->device_count, sizeof *fleet->devices, compare_asset);
}
