/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A body that is kept back while it is searched: coded bytes as received (to be forwarded) and
 * decoded bytes (to be searched), each kept once (gateway/keep.h); without coding they are one.
 * Decoding takes turns: a dense body must not keep the worker's other flows waiting.
 */
#ifndef GATEWAY_BODY_H
#define GATEWAY_BODY_H

#include "core/verdict.h"
#include "gateway/worker.h"

struct body;

/* The verdict is there; called once, never from within a body_ call but body_finish's caller's
 * later turn. */
typedef void body_fn(void *arg, const struct verdict *v);

/* coding: the Content-Encoding value, may be empty. direction 0 up, 1 down. NULL: no memory. */
struct body *body_new(struct worker *w, struct str coding, int direction, struct str file_name);

/* Search the coded bytes, too: its receiver may well take them as they are. */
void body_search_coded(struct body *b);

/* The transaction that it is of, for engines beside ours (gateway/search.h); cut to what a SCAN message
 * holds. Without memory they are told nothing. */
void body_named(struct body *b, struct str method, struct str url, struct str type);

/* Whose body it is: what is kept back counts as the client's, too. NULL: nobody's, before the
 * share is left. */
struct share;
void body_of(struct body *b, struct share *client);

/* Frees all; a scan in progress is cancelled. */
void body_free(struct body *b);

/*
 * Keep more bytes: 0; -ERR_LIMIT when the body or the worker keeps too much (the bytes of this
 * call are not kept); -ERR_SYSTEM.
 */
int body_push(struct body *b, struct str raw);

/* Bytes that are searched with it, by themselves, and go their own way (trailers): 0 or -ERR_*. */
int body_beside(struct body *b, struct str bytes);

/* Decode on what is kept but not decoded: true when something was done. After body_finish it ends
 * in the search, or in a call of fn. */
bool body_work(struct body *b);

/* There is something to decode now. */
bool body_busy(const struct body *b);

/* More may be kept: decoding is not far behind. */
bool body_wants(const struct body *b);

/* The body is complete: search it; fn is called later, or (where all is decoded) there is nothing
 * to ask the scanner for: returns 1 then, with the verdict in body_verdict. Where receivers would
 * read it in several ways each is searched, and the worst verdict counts. */
int body_finish(struct body *b, body_fn *fn, void *arg);
const struct verdict *body_verdict(const struct body *b);

/* Bytes kept as received; decoded bytes so far. */
uint64_t body_length(const struct body *b);
uint64_t body_decoded(const struct body *b);

/* SHA-256 of the decoded bytes as they are searched, 32 bytes; NULL: not complete, not decoded to the
 * end, empty, or memory was short. */
const unsigned char *body_digest(const struct body *b);

/*
 * The kept bytes, for another body: a descriptor of the caller's, sealed; -ERR_SYSTEM. And such a
 * body, which can be read and poured only: takes the descriptor (also where it fails). NULL: it is
 * no sealed memory of that length, or memory is short.
 */
int body_share(struct body *b);
struct body *body_from(struct worker *w, int fd, uint64_t length);

/* Read kept bytes at an offset: count, 0 at the end, -ERR_SYSTEM. */
ssize_t body_read(struct body *b, uint64_t at, char *to, size_t n);

/* The first bytes (decoded), up to 64, for looking at magic numbers. */
struct str body_first(const struct body *b);

#endif
