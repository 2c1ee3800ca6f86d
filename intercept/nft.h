/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Built-in chains and tables as the nft back end of iptables keeps them: ordinary nf_tables
 * objects, made on first use. iptables shows chains that are not there and removes none of
 * them, so we ask the kernel. With the legacy back end nothing is ever found here.
 */
#ifndef INTERCEPT_NFT_H
#define INTERCEPT_NFT_H

#include <stdbool.h>

#include "core/buf.h"

/*
 * The hooked chains of a table of family 4 or 6, a blank in front of each name, appended to
 * out; *exists says whether the table is there at all. 0 or -ERR_SYSTEM with errno.
 */
int nft_bases(int family, const char *table, struct buf *out, bool *exists);

/*
 * Remove one chain, or with chain = NULL the table, but only if it is empty: 0, also where it is
 * not there; -ERR_DENIED when somebody uses it; -ERR_SYSTEM with errno.
 */
int nft_drop(int family, const char *table, const char *chain);

#endif
