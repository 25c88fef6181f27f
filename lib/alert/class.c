#include "alert/internal.h"

const struct alert_class alert_classes[ALERT_TYPE_COUNT] = {
	[ALERT_FILE_MODIFIED] = {"File modified", "alert", {"file"}, "change", false},
	[ALERT_FILE_ADDED] = {"File added", "alert", {"file"}, "creation", false},
	[ALERT_FILE_MISSING] = {"File missing", "alert", {"file"}, "deletion", false},
	[ALERT_FILE_FORGED] = {"File forged", "alert", {"file", "intrusion_detection"}, "change", false},
	[ALERT_FILE_STALE] = {"Release no longer accepted", "alert", {"file"}, "change", false},
	[ALERT_FILE_MIXED] = {"Files of several releases", "alert", {"file"}, "change", false},
	[ALERT_FILE_UNREADABLE] = {"File could not be checked", "event", {"file"}, "access", true},
	[ALERT_DEVICE_UNREACHABLE] = {"Device could not be reached", "event", {"host"}, "info", true},
	[ALERT_DEVICE_REFUSED] = {"Device refused the login", "event", {"host"}, "info", true},
	[ALERT_DEVICE_CHANGED] = {"Device may not be the enrolled one", "alert",
				  {"host", "intrusion_detection"}, "change", false},
	[ALERT_DEVICE_OVERDUE] = {"Device not verified for too long", "alert", {"host"}, "info", false},
	[ALERT_DEVICE_ROLLED_BACK] = {"Device went back to an older release", "event", {"host"}, "change", false},
	[ALERT_BASELINE_REJECTED] = {"Baseline rejected", "alert",
				     {"configuration", "intrusion_detection"}, "change", false},
	[ALERT_FLEET_DRIFT] = {"Same drift on several devices", "alert", {"file"}, "change", false},
	[ALERT_FLEET_UNREACHABLE] = {"Several devices could not be reached", "event", {"host"}, "info", true},
	[ALERT_SWEEP_SUMMARY] = {"Sweep ended", "metric", {"host"}, "info", false},
	[ALERT_HEARTBEAT] = {"Heartbeat", "metric", {"host"}, "info", false},
	[ALERT_SINK_TEST] = {"Test of a sink", "event", {"host"}, "info", false},
	[ALERT_RESOLVED] = {"Alert resolved", "event", {"file"}, "info", false},
};

unsigned alert_event_severity_of_ten(const struct alert_event *event)
{
	/* CEF: 0 to 3 are low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high. LEEF begins at 1. */
	static const unsigned of_ten[] = {10, 10, 8, 6, 4, 3, 1, 1};

	return of_ten[alert_event_severity(event) & 7];
}
