/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much of a held download may go out before its verdict: what its content permits, and how many
 * bytes that is. Pure; the bytes and names are hostile. See docs/release.md.
 */
#ifndef GATEWAY_RELEASE_H
#define GATEWAY_RELEASE_H

#include "core/kind.h"
#include "core/limit.h"

/* In order: each gives away more than the one before. */
enum release {
	RELEASE_HOLD,	 /* nothing before the verdict */
	RELEASE_COMFORT, /* a trickle, so that its receiver does not give up */
	RELEASE_TAIL,	 /* all but the last part */
	RELEASE_STREAM	 /* as it comes, but for a short last part */
};

const char *release_word(enum release r);

/* How many first bytes all tests below want; with fewer they say less. */
enum { RELEASE_FIRST = 36 << 10 };

/*
 * The most that content permits: its first bytes, its declared media type and its name (each may be empty) each have
 * a say, and the strictest counts. What nothing tells is held.
 */
enum release release_most(struct str first, struct str type, struct str name);

/* What the file names in a Content-Disposition field claim (RFC 6266 section 4.3), the strictest of them. */
enum release release_disposition(struct str field);

/*
 * Of a body of which `received` bytes are here (length: as announced, UINT64_MAX if not known): how many may
 * go out before its verdict with TAIL or STREAM. Else 0.
 */
uint64_t release_gate(enum release r, const struct limits *l, uint64_t received, uint64_t length);

/* The same for a trickle. */
uint64_t release_trickle(const struct limits *l, uint64_t received, uint64_t length);

#endif
