/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of the audit log that a retro-hunt searches: the one that is written and those that
 * were rotated away from it, plain or compressed by gzip or zstd, newest first, a piece at a time.
 */
#ifndef GATEWAY_HUNT_FILES_H
#define GATEWAY_HUNT_FILES_H

#include "gateway/hunt_text.h"

struct hunt_files;

/*
 * Open the regular files of a folder whose names are `name` or begin with it and '.' or '-': all
 * at once, so that a rotation meanwhile hides none. limits by reference. NULL: no memory.
 */
struct hunt_files *hunt_files_open(int dir, const char *name, const struct limits *limits);
void hunt_files_free(struct hunt_files *f); /* NULL is fine */

/* Give the hunt the next limits->hunt_step bytes; false when there are no more. */
bool hunt_files_step(struct hunt_files *f, struct hunt *h);

/* What was searched so far, and what cannot be. */
const struct hunt_scope *hunt_files_scope(const struct hunt_files *f);

#endif
