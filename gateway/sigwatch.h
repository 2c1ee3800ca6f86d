/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent's watch over the folders of signatures. The kernel tells of changes (inotify); where it does not (network
 * file systems, folders made later), a look at names, sizes and times every limits.signatures_poll does. No file is
 * opened.
 */
#ifndef GATEWAY_SIGWATCH_H
#define GATEWAY_SIGWATCH_H

#include "core/limit.h"
#include "core/loop.h"

struct sigwatch;

/*
 * changed: called when something has changed and limits.signatures_quiet has passed without another change; it may have
 * changed back. looked: called after each look of the poll, for what depends on time. limits by reference. NULL when
 * memory is short.
 */
struct sigwatch *sigwatch_new(struct loop *l, const struct limits *limits, timer_fn *changed, timer_fn *looked, void *arg);
void sigwatch_free(struct sigwatch *w);

/* Watch these two from now on (copied; they need not exist). */
void sigwatch_folders(struct sigwatch *w, const char *signatures, const char *own);

/* As if something had changed just now. */
void sigwatch_poke(struct sigwatch *w);

/* One number for what lies in a pair of folders (core/sigfile.h). */
uint64_t sigwatch_stamp(const char *signatures, const char *own);

#endif
