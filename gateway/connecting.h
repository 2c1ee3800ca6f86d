/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent's part in a download: it alone decides where the fetcher's connections go. */
#ifndef GATEWAY_CONNECTING_H
#define GATEWAY_CONNECTING_H

#include "gateway/parent.h"

/* The fetcher's wish for a connection: answered with a socket that connects, or why not. */
void connecting_message(struct child *fetcher, struct str body);

/* Pure: NULL where a download may go there, or why not. */
const char *connecting_refusal(const struct in6_addr *to, uint16_t port, bool private_too);

#endif
