#pragma once
/* Takers of the values that only pumpwatch.conf has. */
#include "ini/ini.h"

ini_take config_take_site;	/* char *: a word of manifests and events */
ini_take config_take_timezone;	/* char *: "Europe/Berlin" */
ini_take config_take_sd_id;	/* char *: "name@32473" */
ini_take config_take_window;	/* struct schedule_window */
ini_take config_take_sink_type; /* enum config_sink_type */
ini_take config_take_facility;	/* int */
ini_take config_take_format;	/* enum alert_format */
ini_take config_take_severity;	/* int: "warning" or 4 */
ini_take config_take_events;	/* uint64_t, a bit for each type: "FILE_*, DEVICE_CHANGED" */
ini_take config_take_address;	/* struct config_sink: host and port */
ini_take config_take_replay;	/* int64_t: a duration, or 0 */
ini_take config_take_group;	/* unsigned: 0, or at least 2 */
