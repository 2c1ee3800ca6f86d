/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's network settings that a gateway needs, changed by journal and put back by it. */
#ifndef INTERCEPT_SYSCTL_H
#define INTERCEPT_SYSCTL_H

#include "intercept/journal.h"

/*
 * Interfaces that learn their addresses or routes from router advertisements keep doing so while
 * the host forwards (accept_ra 1 becomes 2). Goes before sysctl_forward.
 */
int sysctl_keep_ra(struct journal *j, char *why, size_t why_n);

/* Switch forwarding on for family 4 or 6. */
int sysctl_forward(struct journal *j, int family, char *why, size_t why_n);

/*
 * Put back all values by the journal, unless somebody else changed them since; interfaces that
 * are gone are passed over. 0 or -ERR_SYSTEM.
 */
int sysctl_undo(const struct journal *j, char *why, size_t why_n);

#endif
