/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of whole files' hashes, as libclamav reads them: *.hdb, *.hsb, *.hdu, *.hsu (bad), *.fp, *.sfp
 * (good), *.ign, *.ign2 (names of signatures that do not count); as files, or in the containers
 * *.cvd, *.cld, *.cud (512 bytes of header, then a tar, mostly in gzip). Pure, fuzzed.
 * Formats: the ClamAV manual, "Signature writing: hash-based signatures, allow lists".
 */
#ifndef SCANNER_HASHLIST_H
#define SCANNER_HASHLIST_H

#include "core/buf.h"

enum hashlist { HASHLIST_NONE, HASHLIST_BAD, HASHLIST_GOOD, HASHLIST_IGNORE, HASHLIST_CONTAINER };

/* By the end of a file's name. */
enum hashlist hashlist_kind(struct str name);

struct hash_entry {
	unsigned char sha256[32];
	bool any_size;
	uint64_t size;
	struct str name; /* a view of the line */
};

/*
 * "hash:size:name[:min[:max]]", size '*' for any, min and max being levels of libclamav: true where
 * the hash is a SHA-256 and the line counts at that level. MD5 and SHA-1 are counted in *others.
 */
bool hashlist_entry(struct str line, unsigned level, struct hash_entry *to, uint64_t *others);

/* The signature's name in a line of *.ign2 ("name[:hash]") or *.ign ("file:line:name"). */
struct str hashlist_ignored(struct str line);

/* Gets each line without its end. contained: from a container, so an official signature. */
typedef void hashlist_fn(void *arg, enum hashlist kind, bool contained, struct str line);

struct hashlist_reader;

/* A file of a kind other than NONE; NULL: no memory. Containers may give `most` bytes in all. */
struct hashlist_reader *hashlist_reader_new(enum hashlist kind, uint64_t most, hashlist_fn *fn, void *arg);
void hashlist_reader_free(struct hashlist_reader *r); /* NULL is fine */

/*
 * The next bytes, then their end: 0, -ERR_PROTO (no such container, or cut), -ERR_LIMIT (gives more
 * than it may). Lines above 4 KiB are passed over. Errors stay.
 */
int hashlist_feed(struct hashlist_reader *r, struct str bytes);
int hashlist_end(struct hashlist_reader *r);

#endif
