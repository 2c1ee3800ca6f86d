/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Downloads that went wrong after a part of them had gone out: who asks for one again is told at once, and gets no
 * part of it, so that no client puts together from several what no single answer would have given. Pure.
 */
#ifndef GATEWAY_RECALL_H
#define GATEWAY_RECALL_H

#include "core/str.h"
#include "core/verdict.h"

enum recall_what {
	RECALL_NOTHING,
	RECALL_BROKEN, /* it ended in the middle, nobody knows what it was: the whole or nothing */
	RECALL_REFUSED /* its verdict was bad: the same again */
};

/* ROWS is a power of two; a key may stand in WAYS rows, the one that ends first makes room. */
enum { RECALL_ROWS = 2048, RECALL_WAYS = 8, RECALL_NAME = 64 };

struct recall_row {
	uint64_t key, until; /* ms; key 0: free */
	enum recall_what what;
	enum verdict_class class;
	char name[RECALL_NAME];
};

struct recall {
	struct recall_row rows[RECALL_ROWS];
};

/* One number for what a client asks for; never 0. generation: of the policy, another one may judge otherwise. */
uint64_t recall_key(uint64_t client, uint32_t generation, bool tls, struct str host, struct str path);

/* Remember until then. What is refused stays so when it breaks off later. */
void recall_note(struct recall *r, const struct recall_row *row, uint64_t now);

/* What is remembered of it, NULL where nothing is (any more). */
const struct recall_row *recall_find(const struct recall *r, uint64_t key, uint64_t now);

/* ---- the message that tells other workers (core/proto.def, CUT): without `until` ---- */

struct buf;
int recall_pack(struct buf *b, const struct recall_row *row);
/* 0 or -ERR_PROTO; outputs only on success. */
int recall_unpack(struct str body, struct recall_row *row);

#endif
