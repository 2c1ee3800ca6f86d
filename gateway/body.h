/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A body that is kept back while it is searched: coded bytes as received (to be forwarded) and
 * decoded bytes (to be searched), each written once into a memfd; without coding they are one.
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

/* Frees all; a scan in progress is cancelled. */
/* Whose body it is: what is kept back counts as the client's, too. Before the first byte. */
struct share;
void body_of(struct body *b, struct share *client);
void body_free(struct body *b);

/*
 * Keep more bytes: 0; -ERR_LIMIT when the body or the worker keeps too much (the bytes of this
 * call are not kept); -ERR_SYSTEM.
 */
int body_push(struct body *b, struct str raw);

/* The body is complete: search it; fn is called later, or right now for what needs no job
 * (returns 1 then, with the verdict in body_verdict). */
int body_finish(struct body *b, body_fn *fn, void *arg);
const struct verdict *body_verdict(const struct body *b);

/* Bytes kept as received; decoded bytes so far. */
uint64_t body_length(const struct body *b);
uint64_t body_decoded(const struct body *b);

/* Read kept bytes at an offset: count, 0 at the end, -ERR_SYSTEM. */
ssize_t body_read(struct body *b, uint64_t at, char *to, size_t n);

/* The first bytes (decoded), up to 64, for looking at magic numbers. */
struct str body_first(const struct body *b);

#endif
