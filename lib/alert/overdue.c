#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"
#include "alert/internal.h"

static char *since_words(const struct inventory_device *device, int64_t verified_at)
{
	char when[TIME_TEXT_SIZE];
	struct text text;

	text_init(&text);
	time_write(when, verified_at ? verified_at : device->enrolled_at);
	text_addf(&text, verified_at ? "last verified %s" : "never verified, enrolled %s", when);
	return text_take(&text);
}

static int open_overdue(struct alert *alert, const struct inventory_device *device,
			int64_t verified_at, int64_t now)
{
	alert->type = ALERT_DEVICE_OVERDUE;
	alert->opened_at = now;
	alert->detail = since_words(device, verified_at);
	return alert->detail ? alert_string_set(&alert->asset, device->asset) : -ENOMEM;
}

static int end_overdue(struct alert *alert, const struct inventory_device *device,
		       int64_t overdue_after, int64_t now)
{
	const char *why = device->state != INVENTORY_ACTIVE ? "it is no longer in active use"
			: overdue_after > 0 ? "it was verified in the time allowed"
			: "no time is set any more";

	alert->state = ALERT_STATE_RESOLVED;
	alert->resolved_at = now;
	return alert_string_set(&alert->detail, why);
}

bool alert_overdue(struct alert_change *ret_change, const struct inventory_device *device,
		   int64_t verified_at, int64_t overdue_after, const struct alert *open,
		   int64_t remind_after, int64_t now)
{
	struct alert_change change = {.tell = true};
	int64_t since = verified_at ? verified_at : device->enrolled_at;
	bool active = device->state == INVENTORY_ACTIVE;
	bool overdue = active && overdue_after > 0 && now - since >= overdue_after;
	int failed;

	if (active && since > now) /* the clock was set back: nothing can be told by it */
		return false;
	if (open ? overdue && !alert_is_due(open, remind_after, now) : !overdue)
		return false;
	if (!open) {
		change.action = ALERT_OPENED;
		failed = open_overdue(&change.alert, device, verified_at, now);
	} else {
		change.action = overdue ? ALERT_REMINDED : ALERT_ENDED;
		failed = alert_copy(&change.alert, open);
		if (failed == 0 && !overdue)
			failed = end_overdue(&change.alert, device, overdue_after, now);
	}
	if (failed < 0) {
		alert_clear(&change.alert);
		return false;
	}
	change.alert.told_at = now;
	if (overdue)
		change.alert.seen_at = now;
	*ret_change = change;
	return true;
}
