/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A job that has been taken over, for tests: compiled only into sallyport-scanner-hostile, which
 * is never installed. A body "HOSTILE:word" makes the job try what the word says.
 */
#ifndef SCANNER_HOSTILE_H
#define SCANNER_HOSTILE_H

#include "core/verdict.h"

/*
 * False when the body asks for nothing. Else, if the job survives: CLEAN named "denied" or
 * INFECTED named "escaped".
 */
bool hostile_act(struct str body, struct verdict *v);

#endif
