#pragma once
/* Shared by the verbs that list alerts and show one. */
#include "cli/cli.h"

struct cli_filter;

struct cli_alert_row {
	const struct alert *alert;
	const struct store_device *device; /* NULL: of a group, a baseline or the fleet */
	/* For sorting; else 0 and NULL. */
	int severity; /* its group's, where it stands under one */
	const struct cli_filter *filter;
};

/* A table of alerts; with of_one they are all of one device, which is left out. On a terminal in
 * words, elsewhere by their types. */
void cli_alert_rows_print(const struct cli *cli, const struct cli_alert_row *rows, size_t count, bool of_one);

/* Of a group as it is now: how many devices stand under it. */
void cli_alerts_count_members(struct store_alerts *alerts);
