/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader of messages behind a coding of the whole stream: a content coding (RFC 9110 section
 * 8.4) or the base64 of gRPC-web's text form. What one step of the coding gave is told to the
 * reader before the bytes that it came from count as used: no byte counts that carries more than
 * the messages told so far, unless between two messages.
 */
#ifndef HTTP_LAYERED_H
#define HTTP_LAYERED_H

#include "core/limit.h"
#include "http/message.h"

/*
 * reader and self become part of it (freed also where this fails). 0 with *out, which is the self
 * of layered_reader; -ERR_CODING_UNKNOWN (a stack of codings as well), -ERR_NOMEM.
 * Errors of the stream: those of the reader, -ERR_CODING_MALFORMED, -ERR_CODING_LIMIT (ratio).
 */
int layered_coding(struct str coding, const struct limits *limits, const struct message_reader *reader,
    void *self, void **out);
/* Padding may come in the middle: each piece was encoded on its own. */
int layered_base64(const struct limits *limits, const struct message_reader *reader, void *self,
    void **out);

extern const struct message_reader layered_reader;

#endif
