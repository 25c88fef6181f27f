#pragma once
/* pumpwatch.conf as data: pumpwatch.conf(5) is its manual. Knows the keys, their bounds and
 * defaults; refuses to open files. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schedule/schedule.h"

struct error;

struct config_window {
	char *name;
	struct schedule_window when;
	char *model;	  /* only devices of this model, or NULL */
	char *department; /* only devices of this department, or NULL */
};

enum config_sink_type { CONFIG_SINK_SYSLOG, CONFIG_SINK_JOURNAL, CONFIG_SINK_SPOOL, CONFIG_SINK_STDOUT };

struct config_sink {
	char *name;
	char *path;	/* syslog: the socket; spool: the file; else NULL */
	enum config_sink_type type;
	int facility;	/* syslog facility number, local0 is 16 */
};

struct config {
	char *site;	       /* appears in manifests and events */
	char *state;	       /* folder of the store and of the stop file */
	char *models;	       /* folder of profiles */
	char *credentials;     /* folder of credentials, used after $CREDENTIALS_DIRECTORY */
	char *puller;	       /* the pumpwatch-puller program */
	char *ca_file;	       /* certificate authorities for HTTPS and FTPS links without a pin;
				* NULL: such a link needs a pin */
	char *timezone;	       /* for windows; NULL: the host's */
	char *sd_id;	       /* RFC 5424 structured data id: "pumpwatch@32473" */
	char *signers;	       /* the allowed_signers file */
	unsigned approvals;    /* distinct people who must sign a baseline; 0: evaluation */
	bool verify_required;  /* tokens that sign must have verified their user */
	int64_t overdue_after; /* not verified for so long: DEVICE_OVERDUE */
	int64_t remind_after;  /* an open alert is told again after so long */
	unsigned pullers;      /* processes; 0: one a core */
	unsigned visits;       /* threads a puller */
	unsigned subnet_visits; /* at once in one /24 (IPv4) or /64; 0: no cap */
	unsigned attempts;     /* tries of a device in one sweep */
	int64_t retry_base;    /* back-off between them */
	int64_t retry_most;
	unsigned breaker;      /* so many devices lost after contact, one after the other, stop
				* the sweep; 0: never */
	struct config_window *windows;
	size_t window_count;
	struct config_sink *sinks; /* none: events stay in the store */
	size_t sink_count;
};

enum {
	CONFIG_NAME_MAX = 32, /* bytes in the names of windows and sinks */
	CONFIG_APPROVALS_MAX = 16,
};

void config_clear(struct config *config);

/* Read the text; relative paths are taken from the folder of name, the file's path. Unknown
 * sections and keys, bad and repeated values are refused with file and line (ERROR_CONFIG).
 * Time zones are checked for their form alone: the program looks whether the host knows one.
 * Returns 0 or -1; ret_config is then untouched. */
int config_parse(struct config *ret_config, const char *name, const char *bytes, size_t length,
		 struct error *e);
