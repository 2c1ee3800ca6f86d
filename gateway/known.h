/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small memory of texts, each until a time. Direct-mapped and bounded: a collision forgets the
 * older one. The text itself is kept and compared, so that nobody can make one stand for another.
 */
#ifndef GATEWAY_KNOWN_H
#define GATEWAY_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known;

/* `most` entries; NULL when memory is short. */
struct known *known_new(size_t most);
void known_free(struct known *k); /* accepts NULL */

/* Remember until that time, in the caller's clock; without memory nothing is remembered. */
void known_put(struct known *k, const char *text, uint64_t until);
bool known_has(const struct known *k, const char *text, uint64_t now);
void known_forget(struct known *k, const char *text);
void known_clear(struct known *k);

#endif
