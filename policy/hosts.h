/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of host names, exact or "this and all below", in a hash table. A look-up walks the
 * labels of the name from the right, so its cost does not depend on the size of the set.
 */
#ifndef POLICY_HOSTS_H
#define POLICY_HOSTS_H

#include "policy/arena.h"

enum { HOST_MAX = 253, HOSTS_MAX = 4000000 };

struct hosts;

/* Room for at most n names of `bytes` bytes together; NULL when memory is short. */
struct hosts *hosts_new(struct arena *a, size_t n, size_t bytes);

/*
 * Add "name" or ".name" (the name and all below); case and a trailing dot do not matter.
 * NULL, or why it is no host name, with a likely fix in *fix. More than announced: an assertion.
 */
const char *hosts_add(struct hosts *h, struct str name, const char **fix);

/* Is the name in the set? False for the empty name. */
bool hosts_match(const struct hosts *h, struct str name);

size_t hosts_count(const struct hosts *h);

/*
 * Read a list file: a name a line, blanks around it ignored, '#' starts a comment. The set with
 * *line 0, or NULL: *line is the offending line with *name, *why, *fix, or 0 when memory is short.
 */
struct hosts *hosts_read(struct arena *a, struct str file, unsigned *line, struct str *name,
    const char **why, const char **fix);

#endif
