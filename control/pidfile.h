/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One gateway for each state folder: state_dir/sallyport.pid is locked as long as it lives, so a
 * number that is left over from a dead one is never taken for a process.
 */
#ifndef CONTROL_PIDFILE_H
#define CONTROL_PIDFILE_H

#include <sys/types.h>

/* Take the lock and write our number: descriptor; -ERR_DENIED (another one runs); -ERR_FILE. */
int pidfile_take(const char *state_dir);

/* Remove the file and let the lock go. */
void pidfile_drop(const char *state_dir, int fd);

/* The process that holds the lock, or 0; a stale file is removed with `clean`. */
pid_t pidfile_owner(const char *state_dir, int clean);

#endif
