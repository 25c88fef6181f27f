#include <stdio.h>
#include <string.h>

#include "cli/progress.h"

enum { WIDTH = 24 };

void cli_progress_begin(struct cli_progress *progress, const struct cli *cli, const char *unit, uint64_t total)
{
	*progress = (struct cli_progress){.cli = cli, .unit = unit, .total = total, .began_at = cli_now(cli)};
}

void cli_progress_show(struct cli_progress *progress, uint64_t done, const char *remark)
{
	char bar[WIDTH + 1];
	size_t filled = progress->total ? (size_t)(done * WIDTH / progress->total) : WIDTH;

	if (!progress->cli->progress)
		return;
	memset(bar, '.', WIDTH);
	memset(bar, '#', filled);
	bar[WIDTH] = '\0';
	fprintf(stderr, "\r\033[K[%s] %llu of %llu %s%s%s", bar, (unsigned long long)done,
		(unsigned long long)progress->total, progress->unit, remark ? ", " : "", remark ? remark : "");
	fflush(stderr);
	progress->drawn = true;
}

void cli_progress_clear(struct cli_progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	progress->drawn = false;
}
