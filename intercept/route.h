/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policy routing through netlink: packets with the routing mark are delivered locally, whatever
 * their destination. One route in a table of our own and three rules for each family:
 *   537: iif lo fwmark M goto 539   lookups that start here (reverse path, replies) are normal
 *   538: fwmark M lookup TABLE
 *   539: nop                        only the target of 537
 * Without the first, a host with src_valid_mark (wg-quick sets it) takes intercepted packets for
 * spoofed ones, and with tcp_fwmark_accept replies to clients would come back to ourselves.
 */
#ifndef INTERCEPT_ROUTE_H
#define INTERCEPT_ROUTE_H

#include <stddef.h>
#include <stdint.h>

struct route_plan {
	uint32_t mark, mask, table;
};

/* Is the table free, in both families? 0; -ERR_DENIED (in use); -ERR_SYSTEM; why says it. */
int route_table_free(uint32_t table, char *why, size_t why_n);

/* Add what is not there yet, for family 4 or 6: 0 or -ERR_SYSTEM with why. */
int route_add(const struct route_plan *p, int family, char *why, size_t why_n);

/* Remove what is there: 0 or -ERR_SYSTEM with why. */
int route_del(const struct route_plan *p, int family, char *why, size_t why_n);

#endif
