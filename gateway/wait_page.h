/* SPDX-License-Identifier: BSD-2-Clause */
/* The wait page: how far a download is, and the way to it once it was found good. Pure. */
#ifndef GATEWAY_WAIT_PAGE_H
#define GATEWAY_WAIT_PAGE_H

#include "gateway/wait_msg.h"

/*
 * Append the page for that answer (not WAIT_REFUSED or WAIT_NONE, which have pages of their own):
 * own is its path, object the download's where it is ready. refresh in ms. 0 or -ERR_*.
 */
int wait_page(struct buf *b, const struct wait_answer *a, struct str host, const char *own,
    const char *object, uint64_t refresh);

#endif
