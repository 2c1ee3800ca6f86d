/* SPDX-License-Identifier: BSD-2-Clause */
/* Downloads that went wrong with a part of them out, remembered by all workers (recall.h). */
#ifndef GATEWAY_RECALLING_H
#define GATEWAY_RECALLING_H

#include "gateway/txn.h"

/* A download was refused by its verdict, or its transaction ends: note it, where that is due. */
void recalling_refused(struct txn *t, const struct verdict *v);
void recalling_over(struct txn *t);

/* A request: true where it was refused at once. Of one that broke off it asks for no part any more. */
bool recalling_asked(struct txn *t);

/* CUT_TOLD: another worker noted one. */
void recalling_message(struct worker *w, struct str body);

#endif
