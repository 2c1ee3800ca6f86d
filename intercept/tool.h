/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs one of the system's network tools: no shell, fixed folders, clean environment. */
#ifndef INTERCEPT_TOOL_H
#define INTERCEPT_TOOL_H

#include "core/buf.h"

/*
 * Run argv[0] (looked up in the system's folders) with `input` as its standard input and wait.
 * What it prints is appended to out (NULL: dropped). 0; -ERR_NOT_FOUND (no such program);
 * -ERR_SYSTEM (it failed; why holds its name and the first line of its complaint); -ERR_LIMIT.
 */
int tool_run(const char *const *argv, struct str input, struct buf *out, char *why, size_t why_n);

#endif
