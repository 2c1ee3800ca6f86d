/* SPDX-License-Identifier: BSD-2-Clause */
/* permessage-deflate (RFC 7692) undone in bounded steps; zlib is behind it. */
#ifndef HTTP_WS_DEFLATE_H
#define HTTP_WS_DEFLATE_H

#include "core/str.h"

enum { INFLATER_IN = 4096 };

struct inflater;

/* keep: the window goes on from message to message. NULL: no memory. */
struct inflater *inflater_new(bool keep);
void inflater_free(struct inflater *f);

/* Where up to INFLATER_IN coded bytes may be put (nothing may be pending), and that n are. */
char *inflater_room(struct inflater *f);
void inflater_in(struct inflater *f, size_t n);

/* The message's coded bytes are all there: its tail 00 00 FF FF follows (section 7.2.2). */
void inflater_tail(struct inflater *f);

/* Decode up to room bytes: *n of them, 0 when more input is needed. -ERR_CODING_MALFORMED. */
int inflater_out(struct inflater *f, char *to, size_t room, size_t *n);

/* Coded bytes wait inside, or decoded ones may. */
bool inflater_pending(const struct inflater *f);

/* A message ended: get ready for the next. */
int inflater_next(struct inflater *f);

#endif
