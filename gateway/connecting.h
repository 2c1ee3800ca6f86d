/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent's part in a download: it alone decides where the fetcher's connections go. */
#ifndef GATEWAY_CONNECTING_H
#define GATEWAY_CONNECTING_H

#include "gateway/parent.h"

/* The fetcher's wish for a connection: answered with a socket that connects, or why not. */
void connecting_message(struct child *fetcher, struct str body);

/* A socket that connects, with the mark that keeps it from being intercepted: or -1, and why. */
int connecting_socket(const struct parent *p, const struct in6_addr *to, uint16_t port, const char **why);

/*
 * Answer a child's wish for a connection (gateway/fetch_msg.h) by a message of this type. open_to decides about the
 * address: a socket, which is closed behind the answer, or -1 and why. A wish that cannot be read ends the child.
 */
typedef int connecting_open(const struct child *c, const struct in6_addr *to, uint16_t port, const char **why);
void connecting_answer(struct child *c, struct str body, enum msg_type reply, connecting_open *open_to);

/* Pure: NULL where a download may go there, or why not. */
const char *connecting_refusal(const struct in6_addr *to, uint16_t port, bool private_too);

#endif
