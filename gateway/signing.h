/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker's questions to the signer: asked by handle, answered later, forgotten flows find
 * nothing. */
#ifndef GATEWAY_SIGNING_H
#define GATEWAY_SIGNING_H

#include "certs/leaf.h"
#include "gateway/worker.h"

struct signing;

struct signing *signing_new(struct worker *w);
void signing_free(struct signing *s);

/* A channel to the signer (taken); questions without answer are asked again over it. */
int signing_connect(struct signing *s, int fd);

/* Ask for a leaf for the flow with that handle: an id, or 0 when it cannot be asked. */
uint64_t signing_ask(struct signing *s, uint64_t flow, const struct leaf_wish *wish, bool ecdsa);
/* What is not answered yet is used, but not remembered: the CA or the leaf key has changed. */
void signing_outdated(struct signing *s);
/* A key is there that was not before: ask what waited for it. */
void signing_new_key(struct signing *s);
void signing_forget(struct signing *s, uint64_t id);

#endif
