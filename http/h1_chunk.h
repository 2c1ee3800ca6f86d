/* SPDX-License-Identifier: BSD-2-Clause */
/* The chunked transfer coding, strictly (RFC 9112 section 7.1), without any buffer. Pure. */
#ifndef HTTP_H1_CHUNK_H
#define HTTP_H1_CHUNK_H

#include "core/str.h"

enum h1_chunk_state {
	CHUNK_SIZE, /* hexadecimal digits */
	CHUNK_EXT,  /* an extension, counted and dropped */
	CHUNK_LF,   /* the line feed after the size */
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_LAST /* the last chunk's line was read; trailers follow */
};

/* Starts zeroed. */
struct h1_chunk {
	enum h1_chunk_state state;
	unsigned digits;
	uint64_t left; /* of this chunk */
	uint64_t ext;  /* bytes of extension on this line */
};

/*
 * Go on until data is there, the last chunk was read, or the input is used up: 0 with *used and
 * *data (a view into in, may be empty), or -ERR_BODY_CHUNK. max_ext bounds one line's extension.
 */
int h1_chunk_next(
    struct h1_chunk *c, uint64_t max_ext, struct str in, size_t *used, struct str *data);

#endif
