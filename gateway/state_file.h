/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of the parent's own below the state folder: read whole, and believed only where nobody else could
 * have written them; written beside and then renamed, 0600.
 */
#ifndef GATEWAY_STATE_FILE_H
#define GATEWAY_STATE_FILE_H

#include "core/buf.h"
#include "gateway/parent.h"

/* To the end of `to`, which bounds it: 0, -ERR_NOT_FOUND, or -ERR_FILE (cannot be read, too long, not ours alone). */
int state_file_read(const struct parent *p, const char *name, struct buf *to);

/* 0 or -ERR_FILE, with errno. Not flushed to the disk: a crash of the machine may leave an old one, or none. */
int state_file_write(const struct parent *p, const char *name, struct str s);

void state_file_remove(const struct parent *p, const char *name);

#endif
