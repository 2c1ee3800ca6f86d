/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process of one external engine: toward workers it plays a scanner (scanner/client.h), toward
 * an ICAP service its client. One process for each entry of scanner.engines.
 */
#ifndef GATEWAY_ICAP_ROLE_H
#define GATEWAY_ICAP_ROLE_H

/* The role's main on the channel to the parent: exit code. */
int icap_main(int parent_fd);

#endif
