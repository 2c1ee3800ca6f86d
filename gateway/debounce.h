/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for quiet: something changes several times in a row, and what reads it should read it once, afterwards. Pure;
 * times are milliseconds of any clock.
 */
#ifndef GATEWAY_DEBOUNCE_H
#define GATEWAY_DEBOUNCE_H

#include <stdbool.h>
#include <stdint.h>

struct debounce {
	bool armed;
	uint64_t first, last;
};

/* It has changed. */
void debounce_note(struct debounce *d, uint64_t now);

/*
 * Milliseconds until it counts as quiet: `quiet` after the last change, but at most `most` after the first one, so that
 * what never rests is read at all. 0: now. UINT64_MAX: nothing has changed.
 */
uint64_t debounce_wait(const struct debounce *d, uint64_t now, uint64_t quiet, uint64_t most);

/* It was read. */
void debounce_clear(struct debounce *d);

#endif
