/* SPDX-License-Identifier: BSD-2-Clause */
/* Classes of addresses, as tables of prefixes. */
#include "intercept/address.h"

#include <string.h>

static const struct {
	unsigned char prefix[4], bits;
	enum address_class class;
} v4[] = {
	{ { 0 }, 8, ADDRESS_NEVER },
	{ { 10 }, 8, ADDRESS_PRIVATE },
	{ { 100, 64 }, 10, ADDRESS_PRIVATE },
	{ { 127 }, 8, ADDRESS_NEVER },
	{ { 169, 254 }, 16, ADDRESS_NEVER }, /* also where clouds keep their secrets */
	{ { 172, 16 }, 12, ADDRESS_PRIVATE },
	{ { 192, 0, 0 }, 24, ADDRESS_NEVER },
	{ { 192, 0, 2 }, 24, ADDRESS_NEVER },
	{ { 192, 88, 99 }, 24, ADDRESS_NEVER },
	{ { 192, 168 }, 16, ADDRESS_PRIVATE },
	{ { 198, 18 }, 15, ADDRESS_NEVER },
	{ { 198, 51, 100 }, 24, ADDRESS_NEVER },
	{ { 203, 0, 113 }, 24, ADDRESS_NEVER },
	{ { 224 }, 3, ADDRESS_NEVER }, /* multicast, reserved, broadcast */
};

/* The first that fits; what none fits is not global unicast. */
static const struct {
	unsigned char prefix[8], bits;
	enum address_class class;
} v6[] = {
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, ADDRESS_NEVER },
	{ { 0x20, 0x01 }, 23, ADDRESS_NEVER }, /* Teredo, ORCHID, benchmarks */
	{ { 0x20, 0x02 }, 16, ADDRESS_NEVER }, /* 6to4 */
	{ { 0x3f, 0xff }, 20, ADDRESS_NEVER },
	{ { 0x20 }, 3, ADDRESS_PUBLIC },
	{ { 0xfc }, 7, ADDRESS_PRIVATE },
};

static bool within(const unsigned char *a, const unsigned char *prefix, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	return memcmp(a, prefix, whole) == 0 &&
	       (rest == 0 || ((a[whole] ^ prefix[whole]) >> (8 - rest)) == 0);
}

static enum address_class class_v4(const unsigned char *a)
{
	for (size_t i = 0; i < sizeof(v4) / sizeof(v4[0]); i++)
		if (within(a, v4[i].prefix, v4[i].bits))
			return v4[i].class;
	return ADDRESS_PUBLIC;
}

enum address_class address_class(const struct in6_addr *a)
{
	static const unsigned char nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

	if (IN6_IS_ADDR_V4MAPPED(a) || memcmp(a->s6_addr, nat64, sizeof(nat64)) == 0)
		return class_v4(a->s6_addr + 12);
	for (size_t i = 0; i < sizeof(v6) / sizeof(v6[0]); i++)
		if (within(a->s6_addr, v6[i].prefix, v6[i].bits))
			return v6[i].class;
	return ADDRESS_NEVER;
}

bool address_of(const struct sockaddr *sa, struct in6_addr *to)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		*to = in6.sin6_addr;
		return true;
	}
	if (sa->sa_family != AF_INET)
		return false;
	memcpy(&in, sa, sizeof(in));
	*to = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
	memcpy(to->s6_addr + 12, &in.sin_addr, 4);
	return true;
}

socklen_t address_sockaddr(const struct in6_addr *a, uint16_t port, struct sockaddr_storage *to)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = *a };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

	memset(to, 0, sizeof(*to));
	if (IN6_IS_ADDR_V4MAPPED(a)) {
		memcpy(&in.sin_addr, a->s6_addr + 12, 4);
		memcpy(to, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(to, &in6, sizeof(in6));
	return sizeof(in6);
}
