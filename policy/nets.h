/* SPDX-License-Identifier: BSD-2-Clause */
/* Networks: "10.0.0.0/8", "fd77::/48" or one address. IPv4 is kept as v4-mapped IPv6. */
#ifndef POLICY_NETS_H
#define POLICY_NETS_H

#include <netinet/in.h>

#include "core/str.h"

struct net {
	struct in6_addr ip;
	uint8_t bits; /* of the 128; an IPv4 prefix is 96 + n */
	bool v4;
};

enum net_error { NET_OK, NET_ADDRESS, NET_PREFIX, NET_HOST_BITS };

/*
 * Parse; on NET_HOST_BITS (address bits beyond the prefix are set, surely a slip) *out is the
 * network that was probably meant.
 */
enum net_error net_parse(struct str text, struct net *out);

/* Text form, "10.0.0.0/8", for messages. */
void net_text(const struct net *n, char *to, size_t cap);

/* Is the address in the network? A v6 network never holds an IPv4 address: ::/0 is all of IPv6. */
bool net_holds(const struct net *n, const struct in6_addr *ip);

#endif
