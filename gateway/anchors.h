/* SPDX-License-Identifier: BSD-2-Clause */
/* The trust store of a worker, from the bytes of its bundle. */
#ifndef GATEWAY_ANCHORS_H
#define GATEWAY_ANCHORS_H

#include "core/bundle.h"
#include "mitm/verify.h"

/* entry: of the bundle, the PEM file of anchors. Anchors and preloaded intermediates; says in the log what was read where `tell` is set. NULL with
 * text[n] saying why: the store in use stays. */
struct verify_store *anchors_load(const struct bundle *b, struct str entry, bool tell, char *text, size_t n);

#endif
