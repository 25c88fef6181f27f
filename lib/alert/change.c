#include <stdlib.h>

#include "alert/internal.h"

void alert_reopen(struct alert *alert)
{
	alert->state = ALERT_STATE_OPEN;
	alert->acknowledged_at = 0;
	(void)alert_string_set(&alert->acknowledged_by, NULL); /* setting NULL cannot fail */
	(void)alert_string_set(&alert->note, NULL);
}

/* How long after it was last told; doubling, and nowhere past most. */
static int64_t wait_of(const struct alert *alert, const struct alert_pace *pace)
{
	int64_t wait = pace->after;

	for (unsigned i = 0; i < alert->reminders && wait < pace->most; i++)
		wait = wait > pace->most / 2 ? pace->most : 2 * wait;
	return wait;
}

bool alert_is_due(const struct alert *alert, const struct alert_pace *pace, int64_t now)
{
	return alert->state == ALERT_STATE_OPEN && alert->under == 0 && alert->told_at != 0 && pace->after > 0 &&
	       now - alert->told_at >= wait_of(alert, pace);
}

void alert_tell(struct alert_change *change, enum alert_action action, int64_t now)
{
	change->tell = true;
	change->action = action;
	change->alert.told_at = now;
	if (action == ALERT_REMINDED)
		change->alert.reminders++;
	else
		change->alert.reminders = 0;
}

/* Who has heard of nothing needs no word that it is over; of a device that is silent like many
 * others the group's alert speaks. */
static bool was_told(const struct alert *alert)
{
	return alert->told_at != 0 && (alert->under == 0 || alert->type != ALERT_DEVICE_UNREACHABLE);
}

int alert_resolve(struct alert_change *ret_change, const struct alert *alert, const char *why, int64_t now)
{
	struct alert_change change = {.action = ALERT_ENDED, .left = alert->under};

	if (alert_copy(&change.alert, alert) < 0 || alert_string_set(&change.alert.detail, why) < 0) {
		alert_clear(&change.alert);
		return -1;
	}
	change.alert.state = ALERT_STATE_RESOLVED;
	change.alert.resolved_at = now;
	if (alert->group || was_told(alert))
		alert_tell(&change, ALERT_ENDED, now);
	*ret_change = change;
	return 0;
}

void alert_changes_free(struct alert_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		alert_change_clear(&changes[i]);
	free(changes);
}

void alert_change_clear(struct alert_change *change)
{
	alert_clear(&change->alert);
	*change = (struct alert_change){0};
}
