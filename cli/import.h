#pragma once
/* Spreadsheets on the command line: `enroll --csv` and `devices --csv`. */
#include "cli/cli.h"

/* Whether the arguments of `enroll` are those of an import. */
bool cli_is_import(int argc, char **argv);
int cli_import(struct cli *cli, int argc, char **argv);

/* Write devices as CSV that an import takes, to a file, or to standard output (NULL). Returns the
 * exit code. */
int cli_export(const struct cli *cli, const struct store_devices *devices, const char *path);
