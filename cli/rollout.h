#pragma once
/* The progress of rollouts, for status. */
#include "cli/cli.h"
#include "rollout/rollout.h"

/* Rollouts with what they are lent from. */
struct cli_rollouts {
	struct store_baselines baselines;
	struct store_devices devices;
	struct rollouts found;
};
int cli_rollouts_load(struct cli *cli, struct cli_rollouts *ret_rollouts, struct error *e);
void cli_rollouts_clear(struct cli_rollouts *rollouts);

/* A few lines each, with the first of those that are behind; or every device that is not on the
 * release in force. */
void cli_rollouts_print_short(const struct cli *cli, const struct cli_rollouts *rollouts);
void cli_rollouts_print(const struct cli *cli, const struct cli_rollouts *rollouts);

json_t *cli_json_rollouts(const struct cli_rollouts *rollouts);
