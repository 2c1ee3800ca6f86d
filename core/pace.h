/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers that keep to every time limit by a byte now and then: whoever is waited for has a least
 * rate, over stretches of limits->rate_grace. Who waits himself is never slow. Pure.
 */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include <stdbool.h>

#include "core/limit.h"

struct pace {
	uint64_t since, mark; /* ms; bytes then. since 0: is not waited for */
};

/*
 * bytes: all that he sent or took so far; now in ms, not 0. To be asked every now and then. True:
 * less than limits->rate_least came together in a whole stretch.
 */
bool pace_slow(struct pace *p, const struct limits *l, bool waited_for, uint64_t bytes, uint64_t now);

#endif
