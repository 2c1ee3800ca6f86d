/* SPDX-License-Identifier: BSD-2-Clause */
/* The fetcher's process: downloads certificates of issuers for the workers. */
#ifndef GATEWAY_FETCHER_H
#define GATEWAY_FETCHER_H

/* The role's main on the channel to the parent: exit code. */
int fetcher_main(int parent_fd);

#endif
