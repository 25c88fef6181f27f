#pragma once
/* How far long work is: on a terminal a bar on standard error, redrawn in place, with counts, rate
 * and the time that is left; elsewhere a line now and then. Quiet when the program is. */
#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"

struct cli_progress {
	const struct cli *cli;	/* lent */
	const char *unit;	/* "devices", "rows", "bytes"; lent */
	uint64_t total;		/* 0: not known */
	int64_t began_at;	/* of the set-up's clock */
	uint64_t told;		/* done at the last line, where there is no terminal */
	bool drawn;		/* a bar stands on the terminal */
};

void cli_progress_begin(struct cli_progress *progress, const struct cli *cli, const char *unit, uint64_t total);

/* Show how far it is; remark, which may be NULL, stands behind: "8 running, 1.2 MB". */
void cli_progress_show(struct cli_progress *progress, uint64_t done, const char *remark);

/* Take the bar away, for a line of output; the next show draws it again. Ends it, too. */
void cli_progress_clear(struct cli_progress *progress);
