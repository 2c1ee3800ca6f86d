/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker's questions to the fetcher: flows wait for the answers, never synchronously. */
#ifndef GATEWAY_FETCHING_H
#define GATEWAY_FETCHING_H

#include "gateway/worker.h"

struct fetching;

struct fetching *fetching_new(struct worker *w);
void fetching_free(struct fetching *s);

/* Takes a channel to a fetcher: 0 or -ERR_NOMEM. */
int fetching_connect(struct fetching *s, int fd);

/*
 * The flow's origin has stopped with -ERR_WANT_CERT: ask for what it misses. When the answer is
 * there it goes to the TLS end, and the flow runs. False: there is nobody to ask, or too many wait.
 */
bool fetching_ask(struct fetching *s, struct flow *f);

/* The flow is over. */
void fetching_forget(struct fetching *s, uint64_t id);

#endif
