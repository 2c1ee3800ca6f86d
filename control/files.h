/* SPDX-License-Identifier: BSD-2-Clause */
/* Small files read and written whole, and the configuration as every command loads it. */
#ifndef CONTROL_FILES_H
#define CONTROL_FILES_H

#include "core/buf.h"
#include "policy/config.h"

/* Append a whole file to out: 0, -ERR_FILE with errno, -ERR_LIMIT. */
int file_read(const char *path, struct buf *out);

/* Write a file so that it is there whole or not at all, on disk: 0 or -ERR_FILE with errno. */
int file_write(const char *path, unsigned mode, struct str bytes);

/* Make a folder and those above it (0755); the last gets `mode`: 0 or -ERR_FILE with errno. */
int file_mkdirs(const char *path, unsigned mode);

/* As file_mkdirs for the folder that a file is to be in. */
int file_mkdirs_for(const char *path, unsigned mode);

/* dir/name in the buffer; cut off names cannot happen: -ERR_TOO_LONG. */
int file_join(const char *dir, const char *name, char *to, size_t n);

/*
 * Load the configuration: the named file; without a name the default file, or the built-in
 * defaults where there is none. *code is an exit code when NULL comes back, after one line on
 * standard error. *path (may be NULL) is the file in use, or NULL.
 */
struct config *config_for_command(const char *named, const char **path, int *code);

/* "FILE:LINE: TOKEN: expected ...; fix: ..." on standard error. */
void config_complain(const char *path, const struct config_error *e);

#endif
