/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Detectors: whoever wants to look at what is in a body besides the search for malware. Each object that
 * libclamav unpacks or scanner/unwrap.c takes out, the body first, is shown to each detector once.
 */
#ifndef SCANNER_DETECT_H
#define SCANNER_DETECT_H

#include "core/kind.h"
#include "core/verdict.h"

enum { INNER_PATH = 512, INNER_DIGEST = 32 };

/* One object in its place. All of it is gone after the call. */
struct inner {
	/*
	 * "zip/report.docx/word/document.xml": the name of each object that it lies in and its own, or where one
	 * has none a word for its type. Visible ASCII, cut in front to INNER_PATH - 1 bytes. Names are the sender's:
	 * they may hold slashes and lie.
	 */
	struct str path;
	const char *type; /* a short word for its type by content: "png" */
	enum kind kind;
	unsigned depth; /* 0: the body itself */
};

struct detector {
	/* Runs inside the job: bounded by its deadline and memory, without any file or network. */
	void (*object)(void *self, const struct inner *i, struct str bytes);
	void *self;
};

/*
 * Where the layers of an object lie: a label for each level. The base is the object's own path, "" for a body.
 */
enum { PLACE_DEEPEST = 48, PLACE_LABEL = 96 };
struct place {
	struct str base;
	unsigned depth;	    /* of the object itself */
	char label[PLACE_DEEPEST][PLACE_LABEL];
};

/* A layer begins at a level (0: the object itself; a deeper one than PLACE_DEEPEST - 1 counts as that). name may be NULL. */
void place_enter(struct place *p, unsigned level, const char *name, const char *word);

/* The path of that level, NUL-terminated: its length. */
size_t place_path(const struct place *p, unsigned level, char to[INNER_PATH]);

/* The objects that were shown, by digest. Bounded; beyond, or without memory, nothing counts as shown. */
struct shown {
	unsigned char (*of)[INNER_DIGEST];
	size_t n, cap;
};

/* False where that digest was there already; else it is now. */
bool shown_add(struct shown *s, const unsigned char digest[INNER_DIGEST]);
void shown_free(struct shown *s);

/* What one scan shows to whom. */
struct show {
	const struct detector *of; /* besides the census */
	size_t n;
	struct verdict census;
	struct shown shown;
};

/* One object of it, with its layers. */
struct showing {
	struct show *s;
	const unsigned char *digest; /* NULL: it is the first */
	struct place place;
	bool own; /* the object itself was shown */
};

/*
 * The engine has begun a layer: its place is noted, and unless it was shown before, or `changed` by the engine,
 * detectors are shown it. Level 0 is the object itself: the first type that it is given counts. type is the
 * engine's ("" where it gave none), name may be NULL, digest is the layer's (NULL for level 0).
 */
void show_layer(struct showing *w, unsigned level, const char *type, const char *name, struct str bytes,
    bool changed, const unsigned char *digest);

#endif
