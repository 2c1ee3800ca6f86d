/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking a running gateway over its control socket (server.h). */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <stdbool.h>

#include "core/buf.h"

/* Does somebody listen there? */
bool control_alive(const char *state_dir);

/*
 * Send one line and append the answer's text to out; waits at most `seconds`. The answer's exit
 * code, or -ERR_NOT_FOUND (nobody listens), -ERR_DENIED (not permitted), -ERR_TIMEOUT,
 * -ERR_PROTO.
 */
int control_ask(const char *state_dir, const char *line, unsigned seconds, struct buf *out);

/* The same for an answer that may bring a descriptor: *fd is the caller's, -1 for none. */
int control_ask_fd(
    const char *state_dir, const char *line, unsigned seconds, struct buf *out, int *fd);

#endif
