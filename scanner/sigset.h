/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a scanner tells the parent of its signatures, before it is READY or instead. Message body of SIGNATURES: u8
 * outcome, u64 generation, u32 number, u32 own, u64 version, u64 made, u8 test, u32 layer_us, str why.
 */
#ifndef SCANNER_SIGSET_H
#define SCANNER_SIGSET_H

#include "core/buf.h"

enum sigset_outcome {
	SIGSET_LOADED,
	SIGSET_BROKEN,	/* why says which file and what */
	SIGSET_CHANGING, /* files changed while they were read: to be tried again when they are quiet */
	SIGSET_OUTCOMES
};

enum { SIGSET_WHY = 400 };

struct sigset {
	enum sigset_outcome outcome;
	uint64_t generation; /* engine_generation() */
	uint32_t number;     /* signatures, all folders together */
	uint32_t own;	     /* files of the folder of own signatures */
	uint64_t version;    /* of the daily database; 0 where there is none */
	uint64_t made;	     /* seconds since 1970: when the daily database was made, else the newest file's change; 0: neither */
	bool test;	     /* no real signatures: the test file alone, and own ones */
	uint32_t layer_us;   /* CPU time for a small layer, measured after loading */
	char why[SIGSET_WHY];
};

/* 0, -ERR_NOMEM; 0 or -ERR_PROTO with nothing written (fuzzed). */
int sigset_pack(struct buf *out, const struct sigset *s);
int sigset_read(struct str body, struct sigset *s);

#endif
