/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layers of one scan, as the engine reports them while it unpacks, and the rules for the cases
 * in which its "clean" means that it did not look. Pure: knows no libclamav.
 */
#ifndef SCANNER_LAYERS_H
#define SCANNER_LAYERS_H

#include "core/verdict.h"
#include "scanner/dense.h"

enum { LAYERS_DEEPEST = 48 };

struct container;

struct layers {
	uint64_t most; /* bytes of the largest layer that is searched whole */
	struct dense *dense; /* of all layers of the scan */
	bool stop;     /* a bomb: nothing more is to be unpacked */
	bool guess;    /* the body may be none, and its headers noise; the caller sets it after the start */
	uint32_t count;
	uint64_t bytes;
	char type[32];              /* of the outermost layer, a short word */
	enum verdict_reason reason; /* the first gap that was found; REASON_NONE without */
	const char *why;            /* a fixed word for it */
	unsigned depth;
	struct layer {
		const struct container *kind; /* NULL: may well have no children */
		uint32_t want, children, members;
		bool rendered; /* within what the engine reads as mail */
		bool zip;      /* it is one */
		bool holds_zip; /* one ends in it, behind something else */
		bool page;     /* HTML: the engine writes a mail of its own with what data: URLs hold */
	} open[LAYERS_DEEPEST];
};

/* d->most is that of a layer; kept by reference. */
void layers_start(struct layers *l, struct dense *d);

/*
 * A layer begins at a level (0 is the body itself); type is the engine's, e.g. "CL_TYPE_ZIP".
 * STR_NONE: its bytes cannot be read. False where the engine's reader of mail may have changed them.
 */
bool layers_open(struct layers *l, unsigned level, const char *type, struct str bytes);

/* A container of a type announces a member of a real size. Where headers may be noise (the engine takes
 * any bytes within any file for a ZIP's) this counts for nothing: what really is too long is cut, and
 * shows as a layer of that size. */
void layers_member(struct layers *l, const char *type, uint64_t size);

/* The scan is over: judge what is still open. */
void layers_end(struct layers *l);

/* "CL_TYPE_POSIX_TAR" as "tar"; unknown types as "unknown". */
void layers_word(const char *type, char *to, size_t cap);

#endif
