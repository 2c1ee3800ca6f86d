/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What kind of address is it? Asked before connecting to where a stranger pointed us. Addresses of
 * both families are 16 bytes, IPv4 mapped (RFC 4291 section 2.5.5.2).
 */
#ifndef INTERCEPT_ADDRESS_H
#define INTERCEPT_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>

enum address_class {
	ADDRESS_PUBLIC,	 /* globally reachable unicast */
	ADDRESS_PRIVATE, /* of somebody's own network: RFC 1918, RFC 6598, RFC 4193 */
	ADDRESS_NEVER	 /* loopback, link-local, multicast, documentation, all the rest */
};

/* By the registries of RFC 6890; what embeds an IPv4 address (RFC 6052) counts as that one. */
enum address_class address_class(const struct in6_addr *a);

/* The mapped form of IPv4 and IPv6 socket addresses: false for other families. */
bool address_of(const struct sockaddr *sa, struct in6_addr *to);

/* And back, with a port; returns the length. */
socklen_t address_sockaddr(const struct in6_addr *a, uint16_t port, struct sockaddr_storage *to);

#endif
