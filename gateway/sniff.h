/* SPDX-License-Identifier: BSD-2-Clause */
/* Does a stream begin like an HTTP request, and of which version? Pure. */
#ifndef GATEWAY_SNIFF_H
#define GATEWAY_SNIFF_H

#include "core/str.h"

/* 1 yes (a method and a space; an odd method only if " HTTP/" follows on the line), 0 no,
 * -ERR_MORE. A leading CRLF is tolerated. */
int sniff_http(struct str in);

/* The client's preface of HTTP/2 (RFC 9113 section 3.4), which no HTTP/1 request looks like:
 * 1 it begins so, 0 no, -ERR_MORE. */
int sniff_h2(struct str in);

#endif
