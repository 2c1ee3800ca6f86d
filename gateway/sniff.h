/* SPDX-License-Identifier: BSD-2-Clause */
/* Does a stream begin like an HTTP/1 request? Pure. */
#ifndef GATEWAY_SNIFF_H
#define GATEWAY_SNIFF_H

#include "core/str.h"

/* 1 yes (a method and a space; an odd method only if " HTTP/" follows on the line), 0 no,
 * -ERR_MORE. A leading CRLF is tolerated. */
int sniff_http(struct str in);

#endif
