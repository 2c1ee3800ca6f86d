/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line. Commands that need the gateway itself are called through a table, because
 * the gateway wing is above this one.
 */
#ifndef CONTROL_CLI_H
#define CONTROL_CLI_H

#define CONFIG_DEFAULT_PATH "/etc/sallyport/sallyport.yaml"

struct config;

struct cli_ops {
	/*
	 * The daemon in the foreground until it is stopped: exit code. config_path NULL: built-in
	 * defaults. Interfaces go before network.inside where inside_n > 0. The lock on state_dir
	 * (pidfile.h) is held, and the folder is there.
	 */
	int (*run)(const char *config_path, const char *const *inside, unsigned inside_n);
	int (*role)(const char *name);
	/* Files about revocation: says what is wrong with them, or what is in them; exit code. */
	int (*check_revocation)(const struct config *conf);
};

/* Parse and do; returns the exit code (exit.h). */
int cli_main(int argc, char **argv, const struct cli_ops *ops);

#endif
