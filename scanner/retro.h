/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was found clean once, held against the hash lists of the signatures that are loaded now
 * (hashlist.h): what is in one of them, and in no list of what is good, has turned bad. Asked before a scanner serves. SHA-256
 * alone: of what is remembered no other hash is known.
 */
#ifndef SCANNER_RETRO_H
#define SCANNER_RETRO_H

#include "core/str.h"
#include "scanner/turned.h"

struct retro;

/* level: of libclamav's functions, for lines that are not for every version. NULL: no memory. */
struct retro *retro_new(unsigned level);
void retro_free(struct retro *r); /* NULL is fine */

/* This was clean: 0 or -ERR_NOMEM. Before the first list. */
int retro_remember(struct retro *r, const unsigned char sha256[TURNED_SHA256], uint64_t length);

bool retro_remembers(const struct retro *r); /* anything */

/*
 * Read the lists of a folder (NULL, "" or absent: none), containers as well. What cannot be read is
 * logged, and the rest goes on. False: something could not be read.
 */
bool retro_folder(struct retro *r, const char *folder);

/* The same for one list or container in memory, by its name. Pure. */
int retro_bytes(struct retro *r, struct str name, struct str bytes);

/* Each that turned bad, once, in the order of digests; how many. At most RETRO_FOUND. */
enum { RETRO_FOUND = 16384 };
typedef void retro_fn(void *arg, const struct turned *t, uint64_t length);
size_t retro_each(struct retro *r, retro_fn *fn, void *arg);

/* Lines of lists: with SHA-256; with MD5 or SHA-1, which could not be compared. */
void retro_lines(const struct retro *r, uint64_t *compared, uint64_t *others);

#endif
