#pragma once
/* The fleet at a glance, for people and for programs. */
#include "cli/rollout.h"
#include "overview/overview.h"

/* The first of what needs a person, with the next step of each; nothing when nothing does. */
void cli_tasks_print(const struct cli *cli, const struct report_fleet *fleet, size_t most);

json_t *cli_json_fleet(const struct report_fleet *fleet, const struct cli_rollouts *rollouts);
json_t *cli_json_tasks(const struct report_fleet *fleet);
