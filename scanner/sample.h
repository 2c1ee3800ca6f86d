/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The message by which the scanner tells the parent of a body that killed a job, with the body
 * itself as a sealed memfd. Knows no libclamav. SAMPLE: str digest (32 bytes), u64 length, u8
 * reason, u8 how, u8 number, u8 direction, u8 sure, u32 cpu_ms, u32 wall_ms, u64 client, str url.
 */
#ifndef SCANNER_SAMPLE_H
#define SCANNER_SAMPLE_H

#include "core/buf.h"
#include "core/verdict.h"
#include "scanner/client.h"

/* How a job died of its order. */
enum sample_how {
	SAMPLE_SIGNAL,	 /* of a signal: its number */
	SAMPLE_EXIT,	 /* it ended with a status: the number */
	SAMPLE_LIED,	 /* killed: nonsense answer, or channel closed */
	SAMPLE_DEADLINE, /* killed: its time was over */
	SAMPLE_KILLED,	 /* from outside: an operator, the kernel short of memory */
	SAMPLE_HOWS
};

struct scan_sample {
	unsigned char digest[SCAN_DIGEST];
	uint64_t length;
	enum verdict_reason reason; /* ERROR or TIMEOUT: of the verdict */
	enum sample_how how;
	uint8_t number;
	uint8_t direction;
	bool sure; /* it is not tried again */
	uint32_t cpu_ms, wall_ms; /* what it took */
	uint64_t client; /* as in scan_about */
	struct str url;	 /* may be empty; read: points into the message */
};

/* 0, -ERR_PROTO; pack: as core/pack.h. */
int sample_read(struct str body, struct scan_sample *s);
int sample_pack(struct buf *out, const struct scan_sample *s);

/* "signal 11", "exit 1", "deadline": for people. */
void sample_text(const struct scan_sample *s, char *to, size_t n);

#endif
