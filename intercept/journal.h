/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network journal: one line per change, on disk before the change is made, so that it can
 * be undone whatever dies. Lines are words with one blank between them.
 */
#ifndef INTERCEPT_JOURNAL_H
#define INTERCEPT_JOURNAL_H

#include "core/buf.h"

struct journal;

/*
 * Open (and with `create` make) state_dir/network.journal and lock it against other processes.
 * *out is NULL when there is none and create is false. A journal of an earlier boot is void and
 * emptied. 0; -ERR_DENIED (written in another network namespace); -ERR_FILE; why says it.
 */
int journal_open(const char *state_dir, bool create, struct journal **out, char *why, size_t why_n);

/* Unlock and close; accepts NULL. */
void journal_free(struct journal *j);

/* Everything that is on disk, whole lines, without the header; dies with the next journal_add. */
struct str journal_text(const struct journal *j);

/* Is there a line that starts with these words? */
bool journal_has(const struct journal *j, const char *words);

/* Append a line (without LF) and wait until it is on disk: 0 or -ERR_FILE. */
int journal_add(struct journal *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Nothing is left to undo: the file goes. 0 or -ERR_FILE. */
int journal_remove(struct journal *j);

/* Cut the next word off *line; empty at the end. */
struct str journal_word(struct str *line);

#endif
