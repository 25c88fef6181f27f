#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alert/internal.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const size_t event_offsets[] = {
	offsetof(struct alert_event, site),	  offsetof(struct alert_event, asset),
	offsetof(struct alert_event, serial),	  offsetof(struct alert_event, model),
	offsetof(struct alert_event, name),	  offsetof(struct alert_event, department),
	offsetof(struct alert_event, address),	  offsetof(struct alert_event, path),
	offsetof(struct alert_event, release),	  offsetof(struct alert_event, manifest),
	offsetof(struct alert_event, outcome),	  offsetof(struct alert_event, detail),
	offsetof(struct alert_event, grade),	  offsetof(struct alert_event, release_old),
	offsetof(struct alert_event, manifest_old), offsetof(struct alert_event, serials),
	offsetof(struct alert_event, serials_sha256), offsetof(struct alert_event, group),
	offsetof(struct alert_event, assets),
};

static const size_t alert_offsets[] = {
	offsetof(struct alert, asset),	 offsetof(struct alert, path),
	offsetof(struct alert, release), offsetof(struct alert, manifest),
	offsetof(struct alert, outcome), offsetof(struct alert, detail),
	offsetof(struct alert, note),	 offsetof(struct alert, acknowledged_by),
	offsetof(struct alert, group),
};

const struct alert_strings alert_event_strings = {event_offsets, COUNT(event_offsets)};
const struct alert_strings alert_alert_strings = {alert_offsets, COUNT(alert_offsets)};

static char **string_at(void *owner, size_t offset)
{
	return (char **)(void *)((char *)owner + offset);
}

int alert_strings_copy(const struct alert_strings *strings, void *to, const void *from)
{
	int result = 0;

	for (size_t i = 0; i < strings->count; i++) {
		const void *string = (const char *)from + strings->offsets[i];
		const char *value = *(char *const *)string;
		char **copy = string_at(to, strings->offsets[i]);
		*copy = value ? strdup(value) : NULL;
		if (value && !*copy)
			result = -ENOMEM;
	}
	return result;
}

void alert_strings_clear(const struct alert_strings *strings, void *owner)
{
	for (size_t i = 0; i < strings->count; i++) {
		char **string = string_at(owner, strings->offsets[i]);
		free(*string);
		*string = NULL;
	}
}

int alert_string_set(char **string, const char *value)
{
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return -ENOMEM;
	free(*string);
	*string = copy;
	return 0;
}

bool alert_string_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

void alert_event_clear(struct alert_event *event)
{
	alert_strings_clear(&alert_event_strings, event);
	*event = (struct alert_event){0};
}

void alert_clear(struct alert *alert)
{
	alert_strings_clear(&alert_alert_strings, alert);
	*alert = (struct alert){0};
}

int alert_copy(struct alert *ret_alert, const struct alert *alert)
{
	*ret_alert = *alert;
	return alert_strings_copy(&alert_alert_strings, ret_alert, alert);
}
