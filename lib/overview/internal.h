#pragma once
/* What the files of this room share: the parts of the facts, each gathered by one. */
#include "overview/overview.h"
#include "setup/setup.h"
#include "store/store.h"

/* What is gathered, and from where. */
struct overview {
	struct report_fleet *fleet;
	const struct setup *setup;
	struct store *store;
	const struct baseline_memory *memory;
	struct store_devices devices; /* as the store lists them */
};

/* Baselines and whether they are believed; rollouts. Each returns 0 or -1. */
int overview_load_trust(struct overview *overview, struct error *e);

struct store_baselines;
int overview_load_rollouts(struct overview *overview, const struct store_baselines *baselines, struct error *e);

/* Copy a string that may be NULL. Returns 0 or -1 without memory. */
int overview_copy(char **ret_copy, const char *string, struct error *e);
