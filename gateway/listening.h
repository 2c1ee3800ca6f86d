/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent's listening sockets and, with `network.manage: on`, its network rules. */
#ifndef GATEWAY_LISTENING_H
#define GATEWAY_LISTENING_H

#include "gateway/parent.h"

/* One SO_REUSEPORT socket per worker, family and port: 0 or an exit code (logged). */
int listening_open(struct parent *p);
void listening_close(struct parent *p);

/* The new configuration wants other ports or another number of workers. */
bool listening_changed(const struct parent *p, const struct config *conf);

/* Install and remove the rules if the configuration says so: 0 or an exit code. */
int listening_network_up(struct parent *p);
/* Before draining: new connections go past us, those that we carry still reach us. */
void listening_network_release(struct parent *p);
void listening_network_down(struct parent *p);

#endif
