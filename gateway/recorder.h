/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The recorder: appends audit lines to FOLDER/audit.jsonl, the folder being the START bundle's
 * "audit.folder", and acknowledges them once they are on disk. Line checks are pure.
 */
#ifndef GATEWAY_RECORDER_H
#define GATEWAY_RECORDER_H

#include "core/str.h"

#define RECORDER_FILE "audit.jsonl"

/* The role's main loop, over the channel to the parent: the exit code. */
int recorder_main(int parent_fd);

/*
 * Cut the next line, with its LF, off *rest: false when none is left. *good says that it may
 * stand in the log: at most 64 KiB, '{' to '}' and LF, no other control bytes.
 */
bool recorder_next_line(struct str *rest, struct str *line, bool *good);

#endif
