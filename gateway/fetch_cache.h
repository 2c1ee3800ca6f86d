/* SPDX-License-Identifier: BSD-2-Clause */
/* What URLs gave, good or not, until a time; bounded in rows and bytes, the oldest use goes first. */
#ifndef GATEWAY_FETCH_CACHE_H
#define GATEWAY_FETCH_CACHE_H

#include "core/str.h"

enum { FETCH_CACHE_ROWS = 512, FETCH_CACHE_BYTES = 4 << 20 };

struct fetch_cache;
struct fetch_cache *fetch_cache_new(void);
void fetch_cache_free(struct fetch_cache *c);

/* Copies both; nothing where memory is short. `until` and `now` are of the same clock. */
void fetch_cache_put(struct fetch_cache *c, const char *url, struct str found, int64_t until);

/* What was put, while it lasts; the view dies with the next put. */
bool fetch_cache_get(struct fetch_cache *c, const char *url, int64_t now, struct str *found);

#endif
