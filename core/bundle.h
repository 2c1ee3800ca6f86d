/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bundle carries everything that a role without file access needs: named byte runs ("config",
 * "ca.cert", "trust", "list:/path") in one sealed memfd. The parent writes, roles map read-only.
 */
#ifndef CORE_BUNDLE_H
#define CORE_BUNDLE_H

#include "core/buf.h"

struct bundle;

/* Writing: add entries, then seal to a memfd (the caller's): descriptor or -ERR_SYSTEM. */
struct bundle *bundle_new(void);
int bundle_add(struct bundle *b, struct str name, struct str bytes);
int bundle_seal(struct bundle *b);

/* Reading: map a sealed memfd (checked for the seals): NULL with *err set. The fd stays the caller's. */
struct bundle *bundle_open(int fd, int *err);

/* The bytes under a name, valid as long as the bundle; false where absent. */
bool bundle_get(const struct bundle *b, struct str name, struct str *bytes);
void bundle_free(struct bundle *b);

#endif
