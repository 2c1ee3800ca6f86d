/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies that pass though their receiver is better warned: noted, counted, and said in the answer's head. */
#ifndef GATEWAY_WARNING_H
#define GATEWAY_WARNING_H

#include "gateway/txn.h"

/* Policy has decided about that leg's body, or about a message of it: remember a warning. */
void warning_note(struct txn *t, struct leg *g, const struct decision *d);

/* The answer's head is about to go out: say in it what there is to say. 0 or -ERR_*. */
int warning_put(struct txn *t, struct leg *g);

#endif
