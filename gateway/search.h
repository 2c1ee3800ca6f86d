/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A search of one object by every engine that applies: libclamav (the scanner), and the ICAP services
 * of the configuration. They are asked at the same time, and the worst verdict counts.
 */
#ifndef GATEWAY_SEARCH_H
#define GATEWAY_SEARCH_H

#include "gateway/worker.h"

struct search;

/* A worker's clients of the scanner and of external engines: false when memory is short. They are
 * connected later; the descriptor is the client's. */
bool search_begin(struct worker *w);
void search_end(struct worker *w);
void search_connect(struct worker *w, enum role role, uint32_t index, int fd);

/* Are there engines beside the scanner for this direction (0 up, 1 down)? */
bool search_external(const struct worker *w, int direction);

/*
 * As scan_submit(), of this worker's engines: fn is called once, later, unless the search was
 * cancelled. What the scanner found clean before it is not asked again; the others are. NULL: the
 * scanner's queue is full, or memory is short. An engine that cannot answer gives UNSCANNABLE with its
 * name in front ("av2:timeout"), or nothing where the configuration lets it be ignored.
 */
struct search *search_submit(struct worker *w, int memfd, uint64_t length, const struct scan_about *about,
    scan_fn *fn, void *arg);
void search_cancel(struct search *s);

#endif
