#pragma once
/* Takers of the values that only pumpwatch.conf has. */
#include "ini/ini.h"

ini_take config_take_site;	/* char *: a word of manifests and events */
ini_take config_take_timezone;	/* char *: "Europe/Berlin" */
ini_take config_take_sd_id;	/* char *: "name@32473" */
ini_take config_take_window;	/* struct schedule_window */
ini_take config_take_sink_type; /* enum config_sink_type */
ini_take config_take_facility;	/* int */
