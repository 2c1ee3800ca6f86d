/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of verdicts, summed over the roles' pages and printed. */
#include "gateway/coverage.h"

#include <stdio.h>

#include "core/counter.h"

_Static_assert((int)COVERAGE_DIRECTIONS == (int)COUNTER_DIRECTIONS, "one row for each");

void coverage_count(int direction, const struct verdict *v, uint64_t n)
{
	struct counter_verdict *cell = &counters->verdicts[direction][v->class][v->reason];

	atomic_fetch_add_explicit(&cell->objects, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&cell->bytes, n, memory_order_relaxed);
}

void coverage_add(struct coverage *c, const struct counters *page)
{
	for (int d = 0; d < COVERAGE_DIRECTIONS; d++)
		for (int v = 0; v < VERDICT_COUNT; v++)
			for (int r = 0; r < REASON_COUNT; r++) {
				const struct counter_verdict *from = &page->verdicts[d][v][r];

				c->of[d][v][r].objects +=
				    atomic_load_explicit(&from->objects, memory_order_relaxed);
				c->of[d][v][r].bytes +=
				    atomic_load_explicit(&from->bytes, memory_order_relaxed);
			}
}

static bool was_searched(int class)
{
	return class == VERDICT_CLEAN || class == VERDICT_INFECTED || class == VERDICT_SUSPECT;
}

struct coverage_share coverage_share(const struct coverage *c, int direction)
{
	struct coverage_share s = { 0, 0 };

	for (int v = 0; v < VERDICT_COUNT; v++)
		for (int r = 0; r < REASON_COUNT; r++) {
			s.bytes += c->of[direction][v][r].bytes;
			s.searched += was_searched(v) ? c->of[direction][v][r].bytes : 0;
		}
	return s;
}

const char *coverage_direction(int direction)
{
	return direction == COVERAGE_UP ? "up" : "down";
}

void coverage_word(enum verdict_class v, enum verdict_reason r, char *to, size_t cap)
{
	snprintf(to, cap, "%s%s%s", verdict_word(v), r != REASON_NONE ? "." : "",
	    r != REASON_NONE ? reason_word(r) : "");
}

bool coverage_possible(enum verdict_class v, enum verdict_reason r)
{
	switch (v) {
	case VERDICT_CLEAN:
		return r == REASON_NONE || r == REASON_NO_BODY;
	case VERDICT_UNSCANNABLE:
		return r >= REASON_ENCRYPTED && r <= REASON_MALFORMED;
	case VERDICT_BYPASSED:
		return r >= REASON_POLICY;
	default:
		return r == REASON_NONE;
	}
}

/* Hundredths of a percent, rounded down: 100 means all of it. */
static unsigned hundredths(struct coverage_share s)
{
	return s.bytes == 0 ? 10000 : (unsigned)((double)s.searched / (double)s.bytes * 10000);
}

void coverage_text(const struct coverage *c, struct buf *out)
{
	for (int d = 0; d < COVERAGE_DIRECTIONS; d++) {
		struct coverage_share s = coverage_share(c, d);
		unsigned h = hundredths(s);

		if (s.bytes > 0)
			buf_printf(out, "  coverage     %s: %u.%02u %% of %llu bytes searched\n",
			    coverage_direction(d), h / 100, h % 100, (unsigned long long)s.bytes);
	}
	for (int d = 0; d < COVERAGE_DIRECTIONS; d++)
		for (int v = 0; v < VERDICT_COUNT; v++)
			for (int r = 0; r < REASON_COUNT; r++) {
				const struct coverage_cell *x = &c->of[d][v][r];
				char word[64];

				coverage_word((enum verdict_class)v, (enum verdict_reason)r, word, sizeof(word));
				if (x->objects > 0)
					buf_printf(out, "  %-4s %-21s %14llu bytes in %llu bodies\n",
					    coverage_direction(d), word, (unsigned long long)x->bytes,
					    (unsigned long long)x->objects);
			}
}

static void direction_json(const struct coverage *c, int d, struct json *j)
{
	struct coverage_share s = coverage_share(c, d);

	json_open(j, coverage_direction(d));
	json_u64(j, "bytes", s.bytes);
	json_u64(j, "bytes_searched", s.searched);
	json_open(j, "verdicts");
	for (int v = 0; v < VERDICT_COUNT; v++)
		for (int r = 0; r < REASON_COUNT; r++) {
			const struct coverage_cell *x = &c->of[d][v][r];
			char word[64];

			if (x->objects == 0)
				continue;
			coverage_word((enum verdict_class)v, (enum verdict_reason)r, word, sizeof(word));
			json_open(j, word);
			json_u64(j, "objects", x->objects);
			json_u64(j, "bytes", x->bytes);
			json_close(j);
		}
	json_close(j);
	json_close(j);
}

void coverage_json(const struct coverage *c, struct json *j)
{
	json_open(j, "coverage");
	for (int d = 0; d < COVERAGE_DIRECTIONS; d++)
		direction_json(c, d, j);
	json_close(j);
}
