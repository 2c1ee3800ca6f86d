/* SPDX-License-Identifier: BSD-2-Clause */
/* libclamav alone, without our rules, unwrapping and isolation: what scan-bench compares with. */
#ifndef SCANNER_ENGINE_BARE_H
#define SCANNER_ENGINE_BARE_H

#include "scanner/engine.h"

/* Take our callbacks away; the engine is good for engine_bare() alone afterwards. */
void engine_bare_begin(struct engine *e);

/* Scan with the same options and limits: libclamav's result code. */
int engine_bare(const struct engine *e, struct str body);

#endif
