/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Behind a retro-hunt: a transfer that was found clean before and is still under way leaves its line
 * only when it ends. For limits.hunt_late the recorder looks for the same digests in what comes in.
 */
#ifndef GATEWAY_RECORDER_LATE_H
#define GATEWAY_RECORDER_LATE_H

#include "gateway/hunt.h"
#include "gateway/recorder_int.h"

/* NULL: no memory. */
struct recorder_late *recorder_late_new(struct recorder *r);
void recorder_late_free(struct recorder_late *l); /* NULL is fine */

/* Look for the digests of this hunt, which begins now. */
void recorder_late_watch(struct recorder_late *l, const struct hunt *h);

/* A line with its LF that was just taken. */
void recorder_late_line(struct recorder_late *l, struct str line);

#endif
