/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of limits: defaults, names, and numbers with units. */
#include "core/limit.h"

#include <stdlib.h>

#include "core/err.h"

const struct limit_row limit_rows[] = {
#define SIZE(name, def, least, most, doc)                                                          \
	{ #name, def, least, most, doc, LIMIT_SIZE, offsetof(struct limits, name) },
#define TIME(name, def, least, most, doc)                                                          \
	{ #name, def, least, most, doc, LIMIT_TIME, offsetof(struct limits, name) },
#define COUNT(name, def, least, most, doc)                                                         \
	{ #name, def, least, most, doc, LIMIT_COUNT, offsetof(struct limits, name) },
#include "core/limit.def"
#undef SIZE
#undef TIME
#undef COUNT
};
const size_t limit_rows_n = sizeof(limit_rows) / sizeof(limit_rows[0]);

struct unit {
	enum limit_kind kind;
	const char *word;
	uint64_t factor;
};

static const struct unit units[] = {
	{ LIMIT_SIZE, "", 1 },		   { LIMIT_SIZE, "K", 1 << 10 }, { LIMIT_SIZE, "M", 1 << 20 },
	{ LIMIT_SIZE, "G", 1 << 30 },	   { LIMIT_TIME, "ms", 1 },	 { LIMIT_TIME, "s", 1000 },
	{ LIMIT_TIME, "m", 60 * 1000 },	   { LIMIT_TIME, "h", 3600 * 1000 },
	{ LIMIT_COUNT, "", 1 },
};

int limit_parse(enum limit_kind kind, struct str value, uint64_t *out)
{
	struct str digits = value, word;
	uint64_t v;

	digits.n = 0;
	while (digits.n < value.n && value.p[digits.n] >= '0' && value.p[digits.n] <= '9')
		digits.n++;
	word = str_sub(value, digits.n, value.n);
	if (str_u64(digits, &v) != 0)
		return -ERR_NUMBER;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].kind != kind || !str_ieq(word, str_c(units[i].word)))
			continue;
		return __builtin_mul_overflow(v, units[i].factor, out) ? -ERR_NUMBER : 0;
	}
	return -ERR_NUMBER;
}

const struct limit_row *limit_find(struct str name)
{
	for (size_t i = 0; i < limit_rows_n; i++)
		if (str_eq(name, str_c(limit_rows[i].name)))
			return &limit_rows[i];
	return NULL;
}

static void put(struct limits *l, const struct limit_row *row, uint64_t v)
{
	*(uint64_t *)((char *)l + row->offset) = v;
}

void limits_default(struct limits *l)
{
	for (size_t i = 0; i < limit_rows_n; i++) {
		uint64_t v;

		if (limit_parse(limit_rows[i].kind, str_c(limit_rows[i].def), &v) != 0)
			abort(); /* our own table is wrong */
		put(l, &limit_rows[i], v);
	}
}

int limits_set(struct limits *l, struct str name, struct str value)
{
	const struct limit_row *row = limit_find(name);
	uint64_t v, least, most;

	if (row == NULL)
		return -ERR_NOT_FOUND;
	if (limit_parse(row->kind, value, &v) != 0 ||
	    limit_parse(row->kind, str_c(row->least), &least) != 0 ||
	    limit_parse(row->kind, str_c(row->most), &most) != 0 || v < least || v > most)
		return -ERR_NUMBER;
	put(l, row, v);
	return 0;
}
