#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "alert/internal.h"

/* "model generic, firmware 7.0: WHY; the last good one stays in force", as a detail is: raw. */
static char *words_of(const struct alert_rejection *rejection)
{
	CLEANUP(text_clear) struct text text;
	char *raw = NULL;

	text_init(&text);
	if (rejection->scope)
		escape_add(&text, ESCAPE_DISPLAY, rejection->scope, strlen(rejection->scope));
	if (rejection->has_kind)
		text_addf(&text, "%s%s", text.length ? ", " : "", visit_kind_name(rejection->kind));
	if (rejection->release) {
		text_add(&text, text.length ? " " : "");
		escape_add(&text, ESCAPE_DISPLAY, rejection->release, strlen(rejection->release));
	}
	text_addf(&text, "%s%s; ", text.length ? ": " : "", rejection->why);
	if (rejection->kept)
		text_add(&text, rejection->manifest ? "the last good one stays in force"
						    : "the last good one stays in use");
	else
		text_add(&text, rejection->manifest ? "what it covers is untrusted"
						    : "no signature can be checked");
	if (text.failed || escape_parse(&raw, text.data, text.length) == 0)
		return raw;
	return text_take(&text); /* the reason was not escaped: said as it came */
}

static int describe(struct alert *alert, const struct alert_rejection *rejection, int64_t now)
{
	alert->type = ALERT_BASELINE_REJECTED;
	alert->has_kind = rejection->has_kind;
	alert->kind = rejection->kind;
	alert->seen_at = now;
	free(alert->detail);
	alert->detail = words_of(rejection);
	if (!alert->detail || alert_string_set(&alert->manifest, rejection->manifest) < 0)
		return -ENOMEM;
	return alert_string_set(&alert->release, rejection->release);
}

static int fill(struct alert *ret_alert, const struct alert_rejection *rejection, const struct alert *open,
		int64_t now)
{
	struct alert alert = {.opened_at = now};

	if ((open && alert_copy(&alert, open) < 0) || describe(&alert, rejection, now) < 0) {
		alert_clear(&alert);
		return -ENOMEM;
	}
	*ret_alert = alert;
	return 0;
}

bool alert_rejected(struct alert_change *ret_change, const struct alert_rejection *rejection,
		    const struct alert *open, const struct alert_pace *pace, int64_t now)
{
	struct alert_change change = {0};

	if (fill(&change.alert, rejection, open, now) < 0)
		return false;
	if (!open) {
		change.action = ALERT_OPENED;
	} else if (!alert_string_same(open->detail, change.alert.detail)) {
		change.action = ALERT_CHANGED;
		alert_reopen(&change.alert);
	} else if (alert_is_due(open, pace, now)) {
		change.action = ALERT_REMINDED;
	} else {
		alert_clear(&change.alert);
		return false;
	}
	alert_tell(&change, change.action, now);
	*ret_change = change;
	return true;
}
