/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Undecrypted connections are looked at as far as they show themselves: up to TLS 1.2 the origin's
 * certificates are in clear, and are verified before the client gets them.
 */
#ifndef GATEWAY_VISIBLE_H
#define GATEWAY_VISIBLE_H

#include "gateway/flow.h"

/* One step at the beginning of a tunnel: > 0 it is over (the bytes read go to the client), 0 more
 * must come from the origin, < 0 the connection is refused and noted. */
int visible_step(struct flow *f);

#endif
