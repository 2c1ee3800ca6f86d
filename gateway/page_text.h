/* SPDX-License-Identifier: BSD-2-Clause */
/* A peer's text made harmless for a page: HTML or plain. */
#ifndef GATEWAY_PAGE_TEXT_H
#define GATEWAY_PAGE_TEXT_H

#include "core/buf.h"

/*
 * Append at most max bytes of s (then an ellipsis): as UTF-8; malformed bytes, control
 * characters and marks that turn the reading direction become U+FFFD; for HTML & < > " ' are
 * escaped. 0, -ERR_LIMIT or -ERR_NOMEM.
 */
int page_text(struct buf *out, struct str s, size_t max, bool html);

#endif
