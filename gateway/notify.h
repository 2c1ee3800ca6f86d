/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A socket that takes clamd's RELOAD, so that freshclam's NotifyClamd works (scanner.notify). Everybody on this machine
 * may say it: all it does is a look at the folders, which the clock does anyway.
 */
#ifndef GATEWAY_NOTIFY_H
#define GATEWAY_NOTIFY_H

#include "core/loop.h"

struct notify;

/* NULL when memory is short. fn: somebody has said RELOAD. */
struct notify *notify_new(struct loop *l, timer_fn *fn, void *arg);
void notify_free(struct notify *n);

/* Listen at this path from now on; NULL: nowhere. What cannot be is logged. */
void notify_listen(struct notify *n, const char *path);

#endif
