#pragma once
/* What the files of this room share: config.c has the settings of the whole, sinks.c those of a
 * sink. */
#include "config/config.h"
#include "ini/ini.h"

enum { CONFIG_PATH_BYTES_MAX = 4000, CONFIG_SINK_KEYS = 16 };

/* Names of windows and sinks. */
bool config_name_is_fine(const char *name);
int config_refuse_name(struct error *e);

/* A relative path is meant from the folder of the configuration, wherever the program runs. */
int config_resolve(char **path, const char *name, struct error *e);

extern const struct ini_key config_sink_keys[CONFIG_SINK_KEYS];
void *config_sink_open(void *userdata, const char *word, struct error *e);
int config_sink_close(void *userdata, const void *target, struct error *e);
void config_sink_clear(struct config_sink *sink);

/* Give every sink what was left out, and its paths from the folder of the configuration. */
int config_sinks_fill(struct config *config, const char *name, struct error *e);
