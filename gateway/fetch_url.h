/* SPDX-License-Identifier: BSD-2-Clause */
/* The URLs that are fetched: plain http, as a certificate names it. Pure, fuzzed. */
#ifndef GATEWAY_FETCH_URL_H
#define GATEWAY_FETCH_URL_H

#include <netinet/in.h>

#include "core/str.h"
#include "mitm/intermediates.h"

enum { FETCH_HOST_MAX = 254 };

struct fetch_url {
	char host[FETCH_HOST_MAX]; /* lower case; an IPv6 literal without its brackets */
	char path[INTERMEDIATES_URL]; /* with its query; "/" at least */
	uint16_t port;
	bool literal, v6; /* host is an address: in `ip`, IPv4 mapped; it is IPv6 */
	struct in6_addr ip;
};

/*
 * Strictly by RFC 3986: http, no user, no fragment, a host name by RFC 1123 or an address in its
 * one usual form, characters of a URL only. 0 or -ERR_UNSUPPORTED (another scheme) or -ERR_PROTO.
 */
int fetch_url_parse(struct str text, struct fetch_url *to);

#endif
