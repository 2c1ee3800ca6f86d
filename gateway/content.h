/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent's part in known content (scanner/known.h): it makes the table, hands it to the scanner
 * for writing and to workers for reading, and keeps it in a file below the state folder while the
 * gateway does not run.
 */
#ifndef GATEWAY_CONTENT_H
#define GATEWAY_CONTENT_H

#include "gateway/parent.h"

struct content;

/* With what the file holds; NULL: none is wanted (limits.scan_known), or there is no memory. */
struct content *content_new(const struct parent *p);
void content_free(struct content *c);

/* To the file; nothing is said where all goes well. NULL is fine, as below. */
void content_save(const struct content *c, const struct parent *p);

/* A scanner or a worker gets it, at its start. */
void content_send(const struct content *c, struct child *to);

/* Rows now. */
uint64_t content_count(const struct content *c);

#endif
