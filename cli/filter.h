#pragma once
/* Which devices or alerts are meant, in which order: options that the listings share. An option may
 * be repeated, and hold several words between commas: any of them passes; of different options all
 * must. */
#include "cli/cli.h"

struct cli_values {
	char **items;
	size_t count;
};

enum { CLI_NOT_VISITED = DRIFT_RESULT_COUNT }; /* beside the results of a visit */

struct cli_filter {
	struct cli_values departments, models, assets;
	unsigned states;	/* of devices, by bit; 0: any */
	unsigned results;	/* by bit; CLI_NOT_VISITED, too; 0: any */
	unsigned alert_states;	/* by bit; 0: any */
	uint64_t types;		/* of alerts, by bit; 0: any */
	int severity;		/* of alerts: this and graver ones; with has_severity */
	bool has_severity;
	int64_t age;		/* not verified, or open, for longer; 0: any */
	const char *search;	/* lent; NULL: any */
	int sort;		/* index into the keys of the verb; 0: its own order */
	bool reverse;
};
void cli_filter_clear(struct cli_filter *filter);

/* What "devices" and "alerts" have in common, for an array of options; each verb takes the letters
 * with cli_filter_take(). */
#define CLI_FILTER_OPTIONS                                                                         \
	{"department", required_argument, NULL, 'D'}, {"model", required_argument, NULL, 'M'},     \
	{"age", required_argument, NULL, 'A'}, {"search", required_argument, NULL, 'S'},           \
	{"sort", required_argument, NULL, 'O'}, {"reverse", no_argument, NULL, 'R'}
#define CLI_FILTER_DEVICE_OPTIONS                                                                  \
	{"state", required_argument, NULL, 's'}, {"result", required_argument, NULL, 'r'}
#define CLI_FILTER_ALERT_OPTIONS                                                                   \
	{"device", required_argument, NULL, 'd'}, {"type", required_argument, NULL, 't'},          \
	{"severity", required_argument, NULL, 'v'}, {"state", required_argument, NULL, 'e'}

/* Take one of them. keys are the words that --sort takes, up to NULL. Returns 0, 1 when the letter
 * is none of ours, or 64 after cli_usage() has spoken. */
int cli_filter_take(struct cli *cli, struct cli_filter *filter, int letter, const char *value,
		    const char *const *keys);

/* See that departments and devices are there, now that these, which are ordered by asset, are loaded;
 * a department may be written in any case. Returns 0 or -1 with what is like them. */
int cli_filter_check(struct cli_filter *filter, const struct store_devices *devices, struct error *e);

/* Whether it has anything that a device must be. */
bool cli_filter_is_of_devices(const struct cli_filter *filter);

bool cli_filter_passes(const struct cli_filter *filter, const struct store_device *device);
/* The age of a device: since it was last verified. */
bool cli_filter_is_aged(const struct cli_filter *filter, const struct store_device *device, int64_t now);
/* device: the alert's, or NULL for one of a group, a baseline or the fleet. */
bool cli_filter_passes_alert(const struct cli_filter *filter, const struct alert *alert,
			     const struct store_device *device, int64_t now);

/* Of devices in order of asset, or NULL. */
const struct store_device *cli_find_device(const struct store_devices *devices, const char *asset);

int cli_alert_severity(const struct alert *alert); /* syslog's */
const char *cli_severity_name(int severity);

/* A state within a sentence: "active", "in maintenance". */
const char *cli_state_words(enum inventory_state state);

/* How a device stands, in two or three words for a table on a terminal: "as approved", "files were
 * changed", "in maintenance". */
const char *cli_standing_words(const struct store_device *device);
/* The same, never mind its state; CLI_NOT_VISITED, too. */
const char *cli_result_words(int result);
/* The code that scripts use: "verified", "not visited". */
const char *cli_result_code(const struct store_standing *standing);
