/* SPDX-License-Identifier: BSD-2-Clause */
/* Outbound sockets that the parent prepared in batches, per family; who comes when there is
 * none waits in line. */
#ifndef GATEWAY_SOCKPOOL_H
#define GATEWAY_SOCKPOOL_H

#include "core/chan.h"

struct sockpool;

typedef void sockpool_fn(void *arg);

/* parent is where NEED_SOCKETS goes. */
struct sockpool *sockpool_new(struct chan *parent);
void sockpool_free(struct sockpool *p);

/* A socket for AF_INET or AF_INET6, the caller's; or -1, then fn is called once when some
 * arrived (sockpool_forget before arg dies). */
int sockpool_take(struct sockpool *p, int family, sockpool_fn *fn, void *arg);
void sockpool_forget(struct sockpool *p, void *arg);

/* A batch arrived (family 4 or 6); takes the descriptors. */
void sockpool_put(struct sockpool *p, unsigned family, const int *fds, size_t n);

#endif
