/* SPDX-License-Identifier: BSD-2-Clause */
/* The least rate of those who are waited for. */
#include "core/pace.h"

bool pace_slow(struct pace *p, const struct limits *l, bool waited_for, uint64_t bytes, uint64_t now)
{
	uint64_t moved, time;

	if (!waited_for || l->rate_least == 0) {
		p->since = 0;
		return false;
	}
	if (p->since == 0) {
		*p = (struct pace){ now, bytes };
		return false;
	}
	moved = bytes - p->mark;
	time = now - p->since;
	if (time < l->rate_grace)
		return false;
	*p = (struct pace){ now, bytes };
	return moved < time * l->rate_least / 1000;
}
