/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sallyport down. New connections go past the gateway first, then the gateway finishes what it
 * carries, then the network is put back; after a crash only the last step is left.
 */
#include <stdio.h>

#include "control/cmd.h"
#include "control/daemon.h"
#include "control/exit.h"
#include "control/files.h"
#include "control/pidfile.h"
#include "intercept/rules.h"

enum { WHY = 512, GRACE_SECONDS = 5 };

static int stop(const char *state_dir, unsigned patience)
{
	pid_t pid = pidfile_owner(state_dir, 0);

	if (daemon_stop(state_dir, pid, patience))
		return EXIT_OK;
	fprintf(stderr, "sallyport down: process %ld cannot be stopped\n", (long)pid);
	return EXIT_OTHER;
}

static int down(const char *state_dir, unsigned patience)
{
	char why[WHY] = "";
	bool running = pidfile_owner(state_dir, 0) != 0, rules = net_is_up(state_dir);
	int code, r;

	if (running && net_release(state_dir, why, sizeof(why)) != 0)
		fprintf(
		    stderr, "sallyport down: new connections still go to the gateway: %s\n", why);
	code = stop(state_dir, patience);
	if ((r = net_down(state_dir, why, sizeof(why))) != 0) {
		fprintf(stderr,
		    "sallyport down: the network is not restored: %s; fix that, then: sallyport "
		    "down\n",
		    why);
		return EXIT_NETWORK;
	}
	if (code == EXIT_OK)
		printf("%s%s\n", running ? "the gateway is stopped" : "no gateway was running",
		    rules ? ", the network is as it was before" : "");
	return code;
}

int cmd_down(const struct args *a, const struct cli_ops *ops)
{
	struct config *c = NULL;
	unsigned patience = 30;
	int code = EXIT_OTHER;

	(void)ops;
	if (!net_capable()) {
		fprintf(stderr, "sallyport down: CAP_NET_ADMIN is missing; fix: run as root\n");
		return EXIT_CAPABILITY;
	}
	if (a->state == NULL && (c = config_for_command(a->config, NULL, &code)) == NULL) {
		fprintf(stderr, "sallyport down: fix the configuration, or name the state folder: "
				"--state FOLDER\n");
		return code;
	}
	if (c != NULL)
		patience = (unsigned)(config_limits(c)->drain / 1000);
	code = down(c != NULL ? config_state_dir(c) : a->state, patience + GRACE_SECONDS);
	config_free(c);
	return code;
}
