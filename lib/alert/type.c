#include <errno.h>
#include <string.h>

#include "alert/alert.h"

static const struct {
	const char *name;
	int severity;
} types[ALERT_TYPE_COUNT] = {
	[ALERT_FILE_MODIFIED] = {"FILE_MODIFIED", 2},
	[ALERT_FILE_ADDED] = {"FILE_ADDED", 3},
	[ALERT_FILE_MISSING] = {"FILE_MISSING", 2},
	[ALERT_FILE_FORGED] = {"FILE_FORGED", 1},
	[ALERT_FILE_STALE] = {"FILE_STALE", 4},
	[ALERT_FILE_MIXED] = {"FILE_MIXED", 2},
	[ALERT_FILE_UNREADABLE] = {"FILE_UNREADABLE", 3},
	[ALERT_DEVICE_UNREACHABLE] = {"DEVICE_UNREACHABLE", 4},
	[ALERT_DEVICE_REFUSED] = {"DEVICE_REFUSED", 4},
	[ALERT_DEVICE_CHANGED] = {"DEVICE_CHANGED", 1},
	[ALERT_DEVICE_OVERDUE] = {"DEVICE_OVERDUE", 3},
	[ALERT_DEVICE_ROLLED_BACK] = {"DEVICE_ROLLED_BACK", 4},
	[ALERT_BASELINE_REJECTED] = {"BASELINE_REJECTED", 1},
	[ALERT_FLEET_DRIFT] = {"FLEET_DRIFT", 1},
	[ALERT_FLEET_UNREACHABLE] = {"FLEET_UNREACHABLE", 3},
	[ALERT_HEARTBEAT] = {"HEARTBEAT", 6},
	[ALERT_SINK_TEST] = {"SINK_TEST", 5},
	[ALERT_SWEEP_SUMMARY] = {"SWEEP_SUMMARY", 6},
	[ALERT_RESOLVED] = {"ALERT_RESOLVED", 5},
};

static const char *const actions[] = {
	[ALERT_OPENED] = "opened",   [ALERT_CHANGED] = "changed", [ALERT_REMINDED] = "reminded",
	[ALERT_ENDED] = "resolved", [ALERT_TOLD] = "told",
};

static const char *const states[ALERT_STATE_COUNT] = {
	[ALERT_STATE_OPEN] = "open",
	[ALERT_STATE_ACKNOWLEDGED] = "acknowledged",
	[ALERT_STATE_RESOLVED] = "resolved",
};

const char *alert_type_name(enum alert_type type)
{
	return types[type].name;
}

int alert_type_parse(enum alert_type *ret_type, const char *name)
{
	for (unsigned type = 0; type < ALERT_TYPE_COUNT; type++)
		if (strcmp(types[type].name, name) == 0) {
			*ret_type = (enum alert_type)type;
			return 0;
		}
	return -EINVAL;
}

int alert_type_severity(enum alert_type type)
{
	return types[type].severity;
}

int alert_event_severity(const struct alert_event *event)
{
	return event->under ? ALERT_SEVERITY_UNDER : alert_type_severity(event->type);
}

bool alert_event_passes(const struct alert_event *event, int severity, uint64_t events)
{
	if (event->type == ALERT_HEARTBEAT)
		return true;
	return alert_event_severity(event) <= severity && (events >> event->type & 1) != 0;
}

static const char *const formats[ALERT_FORMAT_COUNT] = {
	[ALERT_RFC5424] = "rfc5424", [ALERT_CEF] = "cef",   [ALERT_LEEF] = "leef",
	[ALERT_ECS] = "ecs",	     [ALERT_OCSF] = "ocsf",
};

const char *alert_format_name(enum alert_format format)
{
	return formats[format];
}

int alert_format_parse(enum alert_format *ret_format, const char *name)
{
	for (unsigned format = 0; format < ALERT_FORMAT_COUNT; format++)
		if (strcmp(formats[format], name) == 0) {
			*ret_format = (enum alert_format)format;
			return 0;
		}
	return -EINVAL;
}

const char *alert_action_name(enum alert_action action)
{
	return actions[action];
}

int alert_action_parse(enum alert_action *ret_action, const char *name)
{
	for (unsigned action = 0; action < sizeof actions / sizeof actions[0]; action++)
		if (strcmp(actions[action], name) == 0) {
			*ret_action = (enum alert_action)action;
			return 0;
		}
	return -EINVAL;
}

const char *alert_state_name(enum alert_state state)
{
	return states[state];
}

int alert_state_parse(enum alert_state *ret_state, const char *name)
{
	for (unsigned state = 0; state < ALERT_STATE_COUNT; state++)
		if (strcmp(states[state], name) == 0) {
			*ret_state = (enum alert_state)state;
			return 0;
		}
	return -EINVAL;
}
