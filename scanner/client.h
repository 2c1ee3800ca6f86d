/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker's side of the scanner: hands over sealed memfds and gets verdicts, asynchronously, by
 * handle. BSD-licensed; knows nothing of libclamav. Message bodies:
 *   SCAN: u64 id, u64 length, u8 direction (0 up, 1 down), u32 deadline_ms, u64 client,
 *     str digest (32 bytes or none), str file_name, str type, str method, str url
 *   VERDICT: u64 id, u8 class, u8 reason, str name, str type, u32 layers, u64 scanned, u32 usec,
 *     u8 kind, u32 kinds, u32 objects, u64 object_bytes
 */
#ifndef SCANNER_CLIENT_H
#define SCANNER_CLIENT_H

#include "core/buf.h"
#include "core/chan.h"
#include "core/limit.h"
#include "core/verdict.h"

struct scan_client;

enum { SCAN_DIGEST = 32, SCAN_NAME_MAX = 255, SCAN_TYPE_MAX = 64, SCAN_METHOD_MAX = 24, SCAN_URL_MAX = 512 };

/* What a scanner may know of a body beside its bytes. Texts come from peers and are cut to their
 * maximum; all of it is optional. */
struct scan_about {
	uint8_t direction;	     /* 0 up, 1 down */
	uint64_t client;	     /* the same number for all bodies of one client; 0: nobody's */
	const unsigned char *digest; /* SHA-256 of the bytes; NULL: not known */
	struct str file_name, type, method, url; /* type: as declared, without parameters */
};

typedef void scan_fn(void *arg, const struct verdict *v);

/* limits by reference; no channel yet. */
struct scan_client *scan_client_new(struct loop *l, const struct limits *limits);
void scan_client_free(struct scan_client *c);

/*
 * Take a channel to a scanner (the descriptor becomes ours). With an older channel still busy,
 * its scans are waited for and new ones go to the new channel.
 */
int scan_client_connect(struct scan_client *c, int fd);

/* There is a scanner to ask. */
bool scan_client_ready(const struct scan_client *c);

/*
 * Scan the first `length` bytes (all, as a rule) of a sealed memfd; the descriptor stays the caller's. fn is called exactly
 * once, later, unless scan_cancel was called; a lost channel or a passed deadline gives
 * UNSCANNABLE{error} or {timeout}. While no scanner is connected, scans wait for one up to
 * limits->scan_queue. about is not kept. Returns a handle, or 0 when the queue is full or memory short.
 */
uint64_t scan_submit(struct scan_client *c, int memfd, uint64_t length, const struct scan_about *about,
    scan_fn *fn, void *arg);
void scan_cancel(struct scan_client *c, uint64_t handle);

/* Take the table of known content (scanner/known.h); the descriptor stays the caller's. */
void scan_client_known(struct scan_client *c, int fd);

/*
 * As scan_submit, for content that is known to be clean (scanner/known.h): no scanner is asked and no
 * descriptor is needed. 0: it is not known, or memory is short. digest may be NULL (not known).
 */
uint64_t scan_submit_known(struct scan_client *c, const unsigned char *digest, uint64_t length, scan_fn *fn, void *arg);

/* Pure readers of the messages (fuzzed): 0 or -ERR_PROTO. */
int scan_read_verdict(struct str body, uint64_t *id, struct verdict *v);
int scan_pack_verdict(struct buf *out, uint64_t id, const struct verdict *v);

/* What a job answers: the SHA-256 of what it searched (32 bytes), then a VERDICT. */
int scan_read_answer(struct str body, uint64_t *id, unsigned char digest[SCAN_DIGEST], struct verdict *v);
int scan_pack_answer(struct buf *out, uint64_t id, const unsigned char digest[SCAN_DIGEST], const struct verdict *v);

struct scan_order {
	uint64_t id, length;
	uint32_t deadline_ms;
	struct scan_about about; /* read: its texts and digest point into the message */
};
int scan_read_order(struct str body, struct scan_order *o);
int scan_pack_order(struct buf *out, const struct scan_order *o);

#endif
