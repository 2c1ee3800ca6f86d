/* SPDX-License-Identifier: BSD-2-Clause */
/* The subcommands; each returns an exit code and says its failure in one line. */
#ifndef CONTROL_CMD_H
#define CONTROL_CMD_H

#include "control/args.h"

typedef int cmd_fn(const struct args *a, const struct cli_ops *ops);

cmd_fn cmd_run, cmd_role, cmd_check, cmd_explain, cmd_up, cmd_down, cmd_status, cmd_reload, cmd_ca;
cmd_fn cmd_learned, cmd_exceptions, cmd_hunt, cmd_samples, cmd_version, cmd_limits, cmd_conditions;

#endif
