/* SPDX-License-Identifier: BSD-2-Clause */
/* One content coding undone, piece by piece; the libraries that do it are known here only. */
#ifndef HTTP_CODING_STAGE_H
#define HTTP_CODING_STAGE_H

#include "core/str.h"

struct stage;

/*
 * One budget for the memory of all brotli and zstd decoders of this process: who asks for a window
 * beyond it gets -ERR_CODING_LIMIT. UINT64_MAX, as at the start: none. What is in use now.
 */
void stage_budget(uint64_t most);
uint64_t stage_memory(void);

/* By the coding's name: 0, -ERR_CODING_UNKNOWN, -ERR_NOMEM. */
int stage_new(struct str name, struct stage **out);
void stage_free(struct stage *s);

/*
 * Decode from *in (what was used is cut off) into out[room], *n bytes: 0 when all input was
 * used and nothing is pending, 1 to be called again, -ERR_CODING_MALFORMED, -ERR_CODING_LIMIT
 * (the window that it asks for), -ERR_NOMEM. Each call that returns 1 has made progress.
 */
int stage_step(struct stage *s, struct str *in, char *out, size_t room, size_t *n);

/* Members (gzip), frames (zstd) begun so far; streams of other codings are one. What a call of
 * stage_step gives is of one member only. */
unsigned stage_members(const struct stage *s);

/* True at a place where the coded stream may end; also where it has not begun. */
bool stage_ended(const struct stage *s);

#endif
