/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and networks. */
#include "policy/nets.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy.h"

bool addr_parse(struct str text, struct in6_addr *out)
{
	char z[INET6_ADDRSTRLEN];
	struct in6_addr v6 = { 0 };
	struct in_addr v4;

	if (str_copy(text, z, sizeof(z)) != 0 || strlen(z) != text.n)
		return false;
	if (inet_pton(AF_INET, z, &v4) == 1) {
		v6.s6_addr[10] = v6.s6_addr[11] = 0xff;
		memcpy(&v6.s6_addr[12], &v4, 4);
	} else if (inet_pton(AF_INET6, z, &v6) != 1) {
		return false;
	}
	*out = v6;
	return true;
}

/* Clear what is beyond the prefix: true when nothing was set there. */
static bool mask_to(struct in6_addr *ip, unsigned bits)
{
	bool clean = true;

	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > 8 * i ? bits - 8 * i : 0;
		uint8_t mask = keep >= 8 ? 0xff : (uint8_t)(0xff00 >> keep);

		clean = clean && (ip->s6_addr[i] & ~mask) == 0;
		ip->s6_addr[i] &= mask;
	}
	return clean;
}

enum net_error net_parse(struct str text, struct net *out)
{
	ptrdiff_t slash = str_chr(text, '/');
	struct str host = str_sub(text, 0, slash >= 0 ? (size_t)slash : text.n);
	struct net n = { .bits = 128 };
	uint64_t bits = 128;
	bool clean, dotted = str_chr(host, ':') < 0;

	if (!addr_parse(host, &n.ip))
		return NET_ADDRESS;
	if (slash >= 0) {
		if (str_u64(str_sub(text, (size_t)slash + 1, text.n), &bits) != 0 ||
		    bits > (dotted ? 32 : 128))
			return NET_PREFIX;
		bits += dotted ? 96 : 0;
	}
	n.bits = (uint8_t)bits;
	n.v4 = IN6_IS_ADDR_V4MAPPED(&n.ip) && bits >= 96;
	clean = mask_to(&n.ip, n.bits);
	*out = n;
	return clean ? NET_OK : NET_HOST_BITS;
}

void net_text(const struct net *n, char *to, size_t cap)
{
	char z[INET6_ADDRSTRLEN] = "";

	if (n->v4)
		inet_ntop(AF_INET, &n->ip.s6_addr[12], z, sizeof(z));
	else
		inet_ntop(AF_INET6, &n->ip, z, sizeof(z));
	snprintf(to, cap, "%s/%u", z, n->v4 ? n->bits - 96u : n->bits);
}

bool net_holds(const struct net *n, const struct in6_addr *ip)
{
	unsigned whole = n->bits / 8, rest = n->bits % 8;

	if (n->v4 != IN6_IS_ADDR_V4MAPPED(ip) || memcmp(&n->ip, ip, whole) != 0)
		return false;
	return rest == 0 ||
	       ((n->ip.s6_addr[whole] ^ ip->s6_addr[whole]) & (uint8_t)(0xff00 >> rest)) == 0;
}
