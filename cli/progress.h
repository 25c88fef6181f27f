#pragma once
/* How far long work is: on a terminal a bar on standard error, redrawn in place, with counts, rate
 * and the time that is left; elsewhere a line now and then, with --json too. Quiet when the program
 * is. */
#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"

struct cli_progress {
	const struct cli *cli;	/* lent */
	const char *unit;	/* "devices", "rows", "bytes"; lent */
	uint64_t total;		/* 0: not known; may change on the way */
	int64_t began_at;	/* of the set-up's clock */
	uint64_t told;		/* done at the last line, where there is no terminal */
	int64_t told_at;	/* when that was, or when the bar was drawn; 0: never */
	bool drawn;		/* a bar stands on the terminal */
};

void cli_progress_begin(struct cli_progress *progress, const struct cli *cli, const char *unit, uint64_t total);

/* Show how far it is; remark, which may be NULL and must be fit for a terminal, stands behind: "8
 * running, 1.2 MB". To be called as often as one likes: a bar is drawn ten times a second at most,
 * a line is written when 30 s and a tenth of the work have passed since the one before. */
void cli_progress_show(struct cli_progress *progress, uint64_t done, const char *remark);

/* Take the bar away, for a line of output; a later show draws it again. Ends it, too. */
void cli_progress_clear(struct cli_progress *progress);

/* The bar, or with width 0 the line, in words: "[####....] 12 of 50 devices, 9 s left, 4.1/s, REMARK".
 * What does not fit into width columns is left out. */
struct cli_bar {
	uint64_t done, total;
	const char *unit;
	const char *remark;
	int64_t elapsed; /* microseconds since it began */
	unsigned width;
};
void cli_bar_write(struct text *text, const struct cli_bar *bar);
