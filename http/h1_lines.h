/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines gathered until an empty one: a head, or trailers. */
#ifndef HTTP_H1_LINES_H
#define HTTP_H1_LINES_H

#include "core/buf.h"

struct h1_lines {
	struct buf text; /* all bytes so far */
	size_t line;     /* bytes of the last line, which has no LF yet */
};

void h1_lines_init(struct h1_lines *l);

/* Free the bytes; usable afterwards. */
void h1_lines_free(struct h1_lines *l);

/*
 * Add input through the empty line: 0 when it is there, -ERR_MORE (all input was taken),
 * -ERR_HTTP_LINE_END (an LF without CR), -ERR_HTTP_HEAD_SIZE (more than max bytes), -ERR_NOMEM.
 */
int h1_lines_add(struct h1_lines *l, struct str in, uint64_t max, size_t *used);

#endif
