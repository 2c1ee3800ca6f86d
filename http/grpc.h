/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The length-prefixed messages of gRPC (flag byte, four bytes of length, message) and of gRPC-web,
 * whose last frame holds the trailers. Reader for the search: compressed messages are undone one
 * by one. The text form of gRPC-web is this behind layered_base64(). No I/O.
 */
#ifndef HTTP_GRPC_H
#define HTTP_GRPC_H

#include "core/limit.h"
#include "http/message.h"

enum grpc_form { GRPC_NONE, GRPC_PLAIN, GRPC_WEB, GRPC_WEB_TEXT };

/* By media type, lower case and without parameters: "application/grpc+proto". */
enum grpc_form grpc_form(struct str media_type);

struct grpc;

/*
 * encoding: the value of grpc-encoding, may be empty; messages whose encoding is unknown end with
 * -ERR_CODING_UNKNOWN. limits is kept by reference. NULL: no memory.
 */
struct grpc *grpc_new(enum grpc_form form, struct str encoding, const struct limits *limits);

/*
 * self is a struct grpc. Errors: -ERR_GRPC (flags that mean nothing, frames behind the trailers);
 * at the end of a message -ERR_CODING_*.
 */
extern const struct message_reader grpc_reader;

/* The encodings of a grpc-accept-encoding list that can be undone here, in `to` as text. */
void grpc_accept_encoding(struct str list, char *to, size_t cap);

/*
 * Write status and message (percent-encoded there) as the trailers frame of gRPC-web, base64 in its
 * text form: its length. The status is one of the gRPC specification's.
 */
enum { GRPC_TRAILERS_MAX = 1024 };
size_t grpc_web_trailers(enum grpc_form form, unsigned status, const char *message, char *out);

/* Percent-encode a message for grpc-message: what does not fit is left out. */
void grpc_message(const char *message, char *to, size_t cap);

#endif
