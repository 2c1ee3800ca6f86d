/* SPDX-License-Identifier: BSD-2-Clause */
/* For which origin a request is, by its own words and by its connection (RFC 9110 section 7.4). */
#ifndef GATEWAY_AUTHORITY_H
#define GATEWAY_AUTHORITY_H

#include "gateway/flow.h"

enum { AUTHORITY_MAX = 320 };

/*
 * The authority of a request that names none (HTTP/1.0): the name that TLS was spoken to, else the
 * address that was connected to; with the port where that is not the scheme's own. It is what
 * the origin would have taken, and rules about hosts apply to it. A view into to[AUTHORITY_MAX].
 */
struct str authority_of_connection(const struct flow *f, char *to);

/*
 * Why the request is not for this connection, or NULL: it says another scheme than the
 * connection's, or (with *other, the client spoke TLS to another name) a host that the verified
 * certificate is not for: domain fronting, 421.
 */
const char *authority_misdirected(
    const struct flow *f, struct str scheme, struct str host, bool *other);

#endif
