/* SPDX-License-Identifier: BSD-2-Clause */
/* Two times and a rule. */
#include "gateway/debounce.h"

void debounce_note(struct debounce *d, uint64_t now)
{
	if (!d->armed)
		d->first = now;
	d->last = now;
	d->armed = true;
}

uint64_t debounce_wait(const struct debounce *d, uint64_t now, uint64_t quiet, uint64_t most)
{
	uint64_t due = d->last + quiet, end = d->first + most;

	if (!d->armed)
		return UINT64_MAX;
	if (end < due)
		due = end;
	return due > now ? due - now : 0;
}

void debounce_clear(struct debounce *d)
{
	d->armed = false;
}
