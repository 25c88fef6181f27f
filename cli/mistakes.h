#pragma once
/* What to type instead, where a verb or an option was mistaken. */
#include "cli/cli.h"

/* Say that argv begins with no verb, and what is like it; returns 64. */
int cli_unknown_verb(const struct cli *cli, int argc, char **argv);

/* Say that an argument begins with a dash that is none of the keyboard's, if one does; returns 0 or 64. */
int cli_check_dashes(const struct cli *cli, int argc, char **argv);

/* The option that getopt_long() has just refused, lent from argv. */
const char *cli_refused_option(char **argv);

/* ": did you mean \"--model\"?", or "" where no option is like it. */
enum { CLI_LIKE_SIZE = 96 };
const char *cli_like_option(const char *given, const struct option *options, char buffer[static CLI_LIKE_SIZE]);
