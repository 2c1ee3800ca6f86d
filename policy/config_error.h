/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling in a struct config_error: texts made printable, likely fixes by edit distance. */
#ifndef POLICY_CONFIG_ERROR_H
#define POLICY_CONFIG_ERROR_H

#include "policy/config.h"

/* Set everything but the fix. Returns -ERR_CONFIG, so that callers can return the call. */
int config_error_set(struct config_error *e, unsigned line, struct str token, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Set the fix; returns -ERR_CONFIG. */
int config_error_fix(struct config_error *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Out of memory, said as an error of the whole file; returns -ERR_CONFIG. */
int config_error_memory(struct config_error *e);

/* The nearest of several words to a misspelt one: offer each, then read `best` (or NULL). */
struct suggest {
	struct str word;
	const char *best;
	unsigned distance; /* of best */
};
struct suggest suggest_for(struct str word);
void suggest_offer(struct suggest *s, const char *candidate);

#endif
