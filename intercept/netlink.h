/* SPDX-License-Identifier: BSD-2-Clause */
/* One netlink request and its answer, over libmnl; for routes, rules and empty tables. */
#ifndef INTERCEPT_NETLINK_H
#define INTERCEPT_NETLINK_H

#include <libmnl/libmnl.h>

/* A socket of a netlink family with a deadline for answers, or NULL with errno set. */
struct mnl_socket *netlink_open(int bus);

/*
 * Send n bytes of messages and read acknowledgements: 0 when `acks` of them came, else the
 * errno (positive) of the first refusal.
 */
int netlink_ask(struct mnl_socket *s, const void *messages, size_t n, unsigned acks);

#endif
