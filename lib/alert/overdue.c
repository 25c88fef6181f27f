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

static int end_overdue(struct alert_change *ret_change, const struct inventory_device *device, int64_t verified_at,
		       int64_t overdue_after, const struct alert *open, int64_t now)
{
	CLEANUP(text_clear) struct text why;
	char when[TIME_TEXT_SIZE];

	text_init(&why);
	time_write(when, verified_at);
	if (device->state != INVENTORY_ACTIVE)
		text_addf(&why, "its state is %s", inventory_state_name(device->state));
	else if (overdue_after == 0)
		text_add(&why, "the configuration has no overdue-after any more");
	else if (verified_at > open->opened_at)
		text_addf(&why, "it was verified %s", when);
	else
		text_add(&why, "the configuration allows more time");
	return why.failed ? -ENOMEM : alert_resolve(ret_change, open, why.data, now);
}

bool alert_overdue(struct alert_change *ret_change, const struct inventory_device *device,
		   int64_t verified_at, int64_t overdue_after, const struct alert *open,
		   const struct alert_pace *pace, int64_t now)
{
	struct alert_change change = {0};
	int64_t since = verified_at ? verified_at : device->enrolled_at;
	bool active = device->state == INVENTORY_ACTIVE;
	bool overdue = active && overdue_after > 0 && now - since >= overdue_after;
	int failed;

	if (active && since > now) /* the clock was set back: nothing can be told by it */
		return false;
	if (open ? overdue && !alert_is_due(open, pace, now) : !overdue)
		return false;
	if (!overdue)
		return end_overdue(ret_change, device, verified_at, overdue_after, open, now) == 0;
	failed = open ? alert_copy(&change.alert, open) : open_overdue(&change.alert, device, verified_at, now);
	if (failed < 0) {
		alert_clear(&change.alert);
		return false;
	}
	alert_tell(&change, open ? ALERT_REMINDED : ALERT_OPENED, now);
	change.alert.seen_at = now;
	*ret_change = change;
	return true;
}
