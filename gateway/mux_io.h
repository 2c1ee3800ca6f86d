/* SPDX-License-Identifier: BSD-2-Clause */
/* The sockets of a flow and their HTTP/2 ends: what mux.c drives. */
#ifndef GATEWAY_MUX_IO_H
#define GATEWAY_MUX_IO_H

#include "gateway/flow.h"
#include "http/h2.h"

/* A fault of that connection is noted, and *over set; a client's counts for it (share.h). */
void mux_look_for_fault(struct flow *f, const struct end *e, const struct h2 *h, bool *over);

/* Read from the socket into the HTTP/2 end: true when something came. *over: it has ended or failed. */
bool mux_take(struct flow *f, struct end *e, struct h2 *h, bool *over);

/* What the HTTP/2 end has to say goes to the socket, as far as that takes it. */
void mux_give(struct end *e, struct h2 *h);

#endif
