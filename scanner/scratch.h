/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scratch folders: where they may lie, and how what a dead job left in one is removed. Its content
 * is hostile: links are not followed, and no depth of folders is beyond it.
 */
#ifndef SCANNER_SCRATCH_H
#define SCANNER_SCRATCH_H

#include <stdbool.h>

/* Remove all that is in a folder: 0, or -ERR_FILE where something stays. */
int scratch_clear(int dir);

/* As above for a folder below dir, and the folder itself. */
int scratch_remove(int dir, const char *name);

/* Is nothing in it? False where it cannot be read. */
bool scratch_empty(int dir);

/*
 * A place of the system whose files are in memory (a tmpfs that we may write to). "/tmp" with
 * *in_memory false where there is none.
 */
const char *scratch_place(bool *in_memory);

#endif
