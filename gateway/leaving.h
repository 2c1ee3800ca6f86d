/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients that leave while their answer is awaited (HTTP/1.1). A FIN may mean two things: the client
 * has sent all that it wants to (shutdown(SHUT_WR), legal: it still gets its answer), or it has
 * closed. The kernel tells them apart only when bytes arrive there: a closed socket answers with RST.
 */
#ifndef GATEWAY_LEAVING_H
#define GATEWAY_LEAVING_H

struct flow;

/*
 * For the step, before it waits: where the client ended its side behind a whole request and has no
 * answer yet, it gets an interim response after limits.half_closed and again. A client has to expect
 * 100 (Continue) at any time and discards it (RFC 9110 section 15.2.1).
 */
void leaving_watch(struct flow *f);

#endif
