#pragma once
/* Shared by the verbs of baselines. */
#include "base/text.h"

struct error;

/* Read a manifest or list; "-" is standard input. text is initialised here. */
int cli_read_file(struct text *text, const char *path, struct error *e);
