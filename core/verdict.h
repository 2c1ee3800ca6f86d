/* SPDX-License-Identifier: BSD-2-Clause */
/* The typed results of a search. Every body ends in one of these; policy says what each means. */
#ifndef CORE_VERDICT_H
#define CORE_VERDICT_H

#include "core/kind.h"
#include "core/str.h"

enum verdict_class {
#define VERDICT(name, text) VERDICT_##name,
#include "core/verdict.def"
#undef VERDICT
	VERDICT_COUNT
};

enum verdict_reason {
#define VERDICT(name, text)
#define REASON(name, text) REASON_##name,
#include "core/verdict.def"
#undef REASON
#undef VERDICT
	REASON_COUNT
};

enum { VERDICT_NAME_MAX = 128 };

struct verdict {
	enum verdict_class class;
	enum verdict_reason reason;
	char name[VERDICT_NAME_MAX]; /* signature or heuristic; printable ASCII only */
	char type[32];		     /* file type by content, e.g. "zip"; may be empty */
	enum kind kind;		     /* the same as a kind; KIND_UNKNOWN also where nobody looked */
	uint32_t kinds;		     /* KIND_BIT of it and of all objects in it, at any depth */
	uint32_t objects;	     /* how many these are, each content once; with the body itself */
	uint64_t object_bytes;	     /* and their bytes */
	uint32_t layers;	     /* layers that were searched, repeats among them */
	uint64_t scanned;	     /* bytes that were looked at, over all layers */
	uint32_t usec;		     /* time in the job */
};

/* Lower-case words for audit and rules: "clean", "unscannable", "encrypted". */
const char *verdict_word(enum verdict_class c);
const char *reason_word(enum verdict_reason r);

/* What it says of an object, as the end of a sentence: "is infected", "could not be searched: limit".
 * CLEAN and BYPASSED are refused by rule only: "is not permitted here". */
void verdict_predicate(const struct verdict *v, char *to, size_t n);

/* The class or reason for a word; false where there is none. */
bool verdict_of(struct str word, enum verdict_class *out);
bool reason_of(struct str word, enum verdict_reason *out);

/* Of several verdicts about one thing the one of the highest rank counts. */
unsigned verdict_rank(enum verdict_class c);

/* A verdict of a class and a reason with an optional name (unprintable bytes become '?'). */
struct verdict verdict_make(enum verdict_class c, enum verdict_reason r, struct str name);

#endif
