/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a ZIP promises: its central directory, read without unpacking anything. The engine passes
 * over members that it cannot unpack without a word; against this promise the gap shows. Pure.
 */
#ifndef SCANNER_ZIP_H
#define SCANNER_ZIP_H

#include "core/str.h"
#include "scanner/dense.h"

enum zip_state {
	ZIP_GOOD,
	ZIP_NO_END,    /* no end-of-central-directory record (APPNOTE 4.3.16): cut off or forged */
	ZIP_DIRECTORY, /* the directory is not where or what the end record says */
	ZIP_METHOD,    /* a member is packed by a method that the engine cannot unpack */
	ZIP_64         /* offsets in ZIP64 records, which the engine does not read */
};

/*
 * Look at a whole ZIP file. *members gets the number of members that must come up as layers of
 * their own: plain files of more than five bytes that are not encrypted.
 */
enum zip_state zip_look(struct str file, uint32_t *members);

/* Does a ZIP end in this file, whatever is before it? Programs that deal in ZIPs have its magic numbers in them, but no directory. */
bool zip_ends_in(struct str file);

/* Is one of its first members a bomb, or are they together? Whatever the headers say of lengths. */
bool zip_dense(struct str file, struct dense *d);

#endif
