/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Known content: a table of bodies that were searched and found clean, in memory that the parent
 * makes, the zygote writes, and workers read without asking anybody. The key is SHA-256 and length; what is found
 * counts only where it was found by the generation of the engine in force (engine_generation()).
 * Entries of earlier generations stay until others need their place: they are the memory of what was
 * let by. Only CLEAN is here, and only digests: no names, no URLs, no bytes.
 *
 * No locks: a dead process could hold one. Each entry ends in a check over all of it; what a reader
 * meets half-written, or written by two at a time, is no entry.
 */
#ifndef SCANNER_KNOWN_H
#define SCANNER_KNOWN_H

#include "core/str.h"
#include "core/verdict.h"

enum { KNOWN_CONTENT_DIGEST = 32, KNOWN_CONTENT_WAYS = 8, KNOWN_CONTENT_WORDS = 20 };

struct known_content;

struct known_content_row {
	unsigned char digest[KNOWN_CONTENT_DIGEST]; /* SHA-256 */
	uint64_t length;
	uint64_t generation; /* that found it clean */
	uint64_t at;	     /* when, Unix seconds */
	uint16_t of;	     /* whose it was, as known_content_of() says; 0: nobody's */
	struct verdict verdict;
};

/*
 * The memory, for this many entries or a few more: a descriptor that nobody can cut or lengthen,
 * or -ERR_SYSTEM. And a second descriptor of it that cannot be mapped for writing.
 */
int known_content_create(uint64_t entries);
int known_content_read_only(int fd);

/*
 * Map it; the descriptor stays the caller's. A writer's mapping is not passed on to forked
 * processes. NULL: it is no such table, or memory is short.
 */
struct known_content *known_content_map(int fd, bool writer);
void known_content_free(struct known_content *k);

/* The generation whose results count; 0: none do. Set by the scanner that serves. */
void known_content_serve(struct known_content *k, uint64_t generation);

/*
 * Was this found clean by the generation in force, at most `age` seconds ago? Then *v is what was
 * said. now: Unix seconds.
 */
bool known_content_find(const struct known_content *k, const unsigned char digest[KNOWN_CONTENT_DIGEST],
    uint64_t length, uint64_t now, uint64_t age, struct verdict *v);

/*
 * A client (0: none) as it stands in a row: 16 bits by a key that ends with the table, so that it says
 * who filled the table and not who that is.
 */
uint16_t known_content_of(const struct known_content *k, uint64_t client);

/*
 * Writers: remember a CLEAN row. An older one of the same content goes, or the oldest nearby; where half of
 * these are the same client's, the oldest of them.
 */
void known_content_add(struct known_content *k, const struct known_content_row *row);

/* Writers: it is not clean after all. True when it was remembered; *generation gets whose result. */
bool known_content_drop(struct known_content *k, const unsigned char digest[KNOWN_CONTENT_DIGEST],
    uint64_t length, uint64_t *generation);

/* Every row, of all generations, in no order. The callback says whether to go on. */
typedef bool known_content_fn(void *arg, const struct known_content_row *row);
void known_content_each(const struct known_content *k, known_content_fn *fn, void *arg);

/* Rows now, and most. */
uint64_t known_content_count(const struct known_content *k);
uint64_t known_content_most(const struct known_content *k);

/* For known_file.c: a row as words that carry their own check, and back; false: no good row. Pure. */
bool known_content_pack(const struct known_content_row *row, uint64_t words[KNOWN_CONTENT_WORDS]);
bool known_content_unpack(const uint64_t words[KNOWN_CONTENT_WORDS], struct known_content_row *row);
uint64_t known_content_mix(uint64_t check, uint64_t word);

#endif
