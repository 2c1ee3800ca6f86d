/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Known content as a file, from one start of the gateway to the next: u64 magic with the version, u64
 * number of rows, the rows (KNOWN_CONTENT_WORDS u64 each, little-endian), u64 check over all before.
 * Pure, fuzzed.
 */
#ifndef SCANNER_KNOWN_FILE_H
#define SCANNER_KNOWN_FILE_H

#include "core/buf.h"
#include "scanner/known.h"

/* Most bytes that the file of a table of this many rows has. */
size_t known_file_most(uint64_t rows);

/* All rows, to a buffer with room for known_file_most(): 0 or -ERR_LIMIT, -ERR_NOMEM. */
int known_file_write(const struct known_content *k, struct buf *out);

/* All of it is good and in the table, or -ERR_PROTO and nothing is: damaged, or of another version. */
int known_file_read(struct str file, struct known_content *k);

#endif
