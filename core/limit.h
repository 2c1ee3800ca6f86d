/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of limits (limit.def) as a struct of numbers: bytes, milliseconds or counts. */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

#include "core/str.h"

struct limits {
#define SIZE(name, def, least, most, doc) uint64_t name;
#define TIME(name, def, least, most, doc) uint64_t name;
#define COUNT(name, def, least, most, doc) uint64_t name;
#include "core/limit.def"
#undef SIZE
#undef TIME
#undef COUNT
};

enum limit_kind { LIMIT_SIZE, LIMIT_TIME, LIMIT_COUNT };

struct limit_row {
	const char *name, *def, *least, *most, *doc;
	enum limit_kind kind;
	size_t offset;
};

/* The rows of the table, limit_rows_n of them. */
extern const struct limit_row limit_rows[];
extern const size_t limit_rows_n;

/* Every limit at its default. */
void limits_default(struct limits *l);

/*
 * Set one limit by name from text ("8M", "30s", "128"): 0, -ERR_NOT_FOUND (no such limit) or
 * -ERR_NUMBER (malformed, or outside least..most); nothing is changed on error.
 */
int limits_set(struct limits *l, struct str name, struct str value);

/* Parse "8M" or "30s" or "128" by kind: 0 or -ERR_NUMBER. */
int limit_parse(enum limit_kind kind, struct str value, uint64_t *out);

/* Row by name or NULL. */
const struct limit_row *limit_find(struct str name);

#endif
