/* SPDX-License-Identifier: BSD-2-Clause */
/* The URI of an ICAP service (RFC 3507 section 4.2): "icap://av.example:1344/scan?level=2". Pure. */
#ifndef HTTP_ICAP_URL_H
#define HTTP_ICAP_URL_H

#include "core/str.h"

enum { ICAP_PORT = 1344, ICAPS_PORT = 11344, ICAP_HOST_MAX = 254, ICAP_URI_MAX = 512 };

struct icap_url {
	bool tls;		      /* icaps */
	char host[ICAP_HOST_MAX + 1]; /* an IPv6 address without its brackets */
	uint16_t port;
	char authority[ICAP_HOST_MAX + 16]; /* as written, for the Host field */
};

/* A scheme, a host by its letters, perhaps a port, a path. 0 or -ERR_PROTO, -ERR_UNSUPPORTED (the scheme). */
int icap_url_parse(struct str text, struct icap_url *to);

#endif
