/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads audit lines again: those about objects that were searched, with what a retro-hunt asks of
 * them (docs/retro-hunt.md). Lines are ours, their texts are strangers'. Pure.
 */
#ifndef GATEWAY_AUDIT_READ_H
#define GATEWAY_AUDIT_READ_H

#include "core/str.h"

enum { AUDIT_SHA256 = 32 };

/* How much of an object went on to its receiver; LATER: a wait page took its place. */
enum audit_passed { PASSED_NONE, PASSED_PART, PASSED_WHOLE, PASSED_LATER };

/* The word of the audit's fields passed_up and passed_down, and the other way round. */
const char *audit_passed_word(enum audit_passed p);

/* One body of a transaction. */
struct audit_object {
	bool known; /* it has a digest */
	unsigned char sha256[AUDIT_SHA256];
	uint64_t length; /* of the decoded body */
	enum audit_passed passed;
};

/* Texts are cut at their arrays' ends, and end in NUL; absent ones are empty. */
struct audit_seen {
	char ts[32], client[64], host[256], path[256], incident[64];
	struct audit_object up, down;
};

/*
 * A transaction's line, without its LF, as its writer made it: one flat JSON object (RFC 8259) of
 * at most 64 KiB, a member once. False: it is another event, has no digest, or is no such object.
 */
bool audit_read_seen(struct str line, struct audit_seen *to);

/*
 * Where in these bytes a digest of a body may stand, quickly: position of the 64 digits behind the
 * next member sha256_up or sha256_down from `from` on, or -1. A text that holds the same words is
 * escaped in a line and not mistaken for one.
 */
ptrdiff_t audit_find_digest(struct str bytes, size_t from);

/* 64 hexadecimal digits, of either case: false where they are not. */
bool audit_read_sha256(struct str hex, unsigned char to[AUDIT_SHA256]);

/* The digits, lower case, and NUL. */
void audit_write_sha256(const unsigned char sha256[AUDIT_SHA256], char to[2 * AUDIT_SHA256 + 1]);

#endif
