/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent's part in external engines: one process for each entry of scanner.engines. Each entry has
 * two slots: when it has changed, a new process is started beside the old one, which finishes what it
 * has when the new one serves.
 */
#ifndef GATEWAY_ENGINES_H
#define GATEWAY_ENGINES_H

#include "gateway/parent.h"

void engines_init(struct parent *p);

/* A configuration has come into force, or a slot has become free. */
void engines_configured(struct parent *p);

/* Is it what the configuration asks for now? */
bool engines_wanted(const struct child *c);

/* It is READY and wired to the workers. */
void engines_serving(struct child *c);

/* All are told to end: true when they have. */
bool engines_stopped(struct parent *p);

/* Its wish for a connection (as gateway/connecting.h): to its own service alone. */
void engines_connect(struct child *c, struct str body);

#endif
