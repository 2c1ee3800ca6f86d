/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting `sallyport run` in the background, waiting until it serves, and stopping it. */
#ifndef CONTROL_DAEMON_H
#define CONTROL_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

struct daemon_start {
	const char *config;	       /* path or NULL */
	const char *state_dir, *log;   /* log: file for its messages, or NULL to keep ours */
	const char *const *inside;
	unsigned inside_n;
	unsigned patience;	       /* seconds until it must serve */
};

/*
 * Start and wait until its control socket answers: 0 with *pid, else an exit code (the daemon's
 * own where it ended by itself), its last messages on standard error, and nothing left running.
 */
int daemon_start(const struct daemon_start *d, pid_t *pid);

/*
 * SIGTERM, and SIGKILL after `patience` seconds: true when it is gone, and its pid file and socket
 * with it. The number must come from pidfile_owner or daemon_start; 0: it is gone already.
 */
bool daemon_stop(const char *state_dir, pid_t pid, unsigned patience);

#endif
