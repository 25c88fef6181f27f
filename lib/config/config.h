#pragma once
/* pumpwatch.conf as data: pumpwatch.conf(5) is its manual. Knows the keys, their bounds and
 * defaults; refuses to open files. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/alert.h"
#include "inventory/sheet.h"
#include "schedule/schedule.h"

struct error;

struct config_window {
	char *name;
	struct schedule_window when;
	char *model;	  /* only devices of this model, or NULL */
	char *department; /* only devices of this department, or NULL */
};

enum config_sink_type {
	CONFIG_SINK_RELP, /* over TLS */
	CONFIG_SINK_RELP_PLAIN,
	CONFIG_SINK_TLS,
	CONFIG_SINK_TCP,
	CONFIG_SINK_UDP,
	CONFIG_SINK_SYSLOG,
	CONFIG_SINK_JOURNAL,
	CONFIG_SINK_SPOOL,
	CONFIG_SINK_STDOUT,
};
const char *config_sink_type_name(enum config_sink_type type); /* "relp" */

struct config_sink {
	char *name;
	enum config_sink_type type;
	char *path;	/* syslog: the socket; spool: the file; else NULL */
	int facility;	/* syslog facility number, local0 is 16 */
	enum alert_format format; /* of the journal none: it has fields of its own */
	/* What passes: events of this severity and graver ones (lower numbers) … */
	int severity;	/* 7: all */
	/* … whose type has its bit here. HEARTBEAT passes both, for without it silence says nothing. */
	uint64_t events;
	/* relp, relp-plain, tls, tcp, udp */
	char *host;	/* a name, or an address without brackets */
	uint16_t port;	/* by default relp 2514, tls 6514, tcp 601, udp 514 */
	/* relp, tls */
	char *ca_file;	/* in PEM: who vouches for the receiver; NULL: the host's own authorities */
	char *cert_file, *key_file; /* in PEM: who we are; both or neither */
	char *peer_name; /* that the receiver's certificate must have; NULL: host */
	unsigned window; /* relp, relp-plain: records not yet acknowledged, 1 to 64 */
	int64_t timeout; /* without any answer or progress for so long the receiver is away */
	int64_t replay;	/* tls, tcp: after a reconnect what was sent in the last so long goes again */
	/* spool */
	uint64_t rotate; /* bytes: a file that has reached them is moved to PATH.1; 0: never */
	unsigned keep;	 /* files PATH.1 to PATH.keep */
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
	int64_t remind_after;  /* an open alert is told again after so long, then after twice that … */
	int64_t remind_most;   /* … up to this */
	unsigned group;	       /* so many devices with the same change, or of one subnet and silent, are
				* told as one; 0: never */
	int64_t heartbeat;     /* time between two HEARTBEAT events */
	uint64_t backlog;      /* bytes of events that may wait for a sink; more stops the sweeps */
	uint64_t keep_free;    /* bytes of the state folder's file system; less stops the sweeps */
	unsigned pullers;      /* processes; 0: one a core */
	unsigned visits;       /* threads a puller */
	unsigned subnet_visits; /* at once in one /24 (IPv4) or /64; 0: no cap */
	unsigned attempts;     /* tries of a device in one sweep */
	int64_t retry_base;    /* back-off between them */
	int64_t retry_most;
	unsigned breaker;      /* so many devices lost after contact, one after the other, stop
				* the sweep; 0: never */
	/* What a spreadsheet's columns are called, by field; NULL: not said. A link with "://" is the
	 * template of all links. */
	char *columns[SHEET_FIELD_COUNT];
	char *report_page, *report_metrics; /* files that are written after each sweep; NULL: not */
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
