/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Retro-hunts in the recorder: the parent asks who had some digests; the audit files are searched
 * in slices of the loop, one hunt after the other, and the answer is written as audit lines, or as
 * text to the parent. Lines that wait for the disk never wait longer for it than one slice.
 */
#ifndef GATEWAY_RECORDER_HUNT_H
#define GATEWAY_RECORDER_HUNT_H

#include "gateway/recorder_int.h"

/* Works in r->dir, with r->limits. NULL: no memory. */
struct recorder_hunt *recorder_hunt_new(struct recorder *r);
void recorder_hunt_free(struct recorder_hunt *h); /* NULL is fine */

/* HUNT from the parent. */
void recorder_hunt_ask(struct recorder_hunt *h, struct str body);

/* The recorder ends: what has not been found yet is not looked for any more. */
void recorder_hunt_stop(struct recorder_hunt *h);

#endif
