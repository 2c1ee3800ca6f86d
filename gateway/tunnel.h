/* SPDX-License-Identifier: BSD-2-Clause */
/* Undecrypted connections: bytes go from socket to socket through pipes, never through us. */
#ifndef GATEWAY_TUNNEL_H
#define GATEWAY_TUNNEL_H

struct tunnel;
void tunnel_free(struct tunnel *t);

#endif
