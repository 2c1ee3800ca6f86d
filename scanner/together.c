/* SPDX-License-Identifier: BSD-2-Clause */
/* Orders that wait for another one of the same content. */
#include "scanner/together.h"

#include <string.h>

bool together_same(const struct order *running, const struct order *o)
{
	return running->digested && o->digested && !running->alone && !o->alone && running->length == o->length &&
	       memcmp(running->digest, o->digest, sizeof(o->digest)) == 0;
}

void together_join(struct order *running, struct order *o)
{
	o->next = running->waiters;
	running->waiters = o;
}

bool together_counts(const struct order *o, const struct verdict *v)
{
	switch (v->class) {
	case VERDICT_CLEAN:
	case VERDICT_INFECTED:
	case VERDICT_SUSPECT:
		return o->proved;
	case VERDICT_UNSCANNABLE:
		return o->proved && (v->reason == REASON_ENCRYPTED || v->reason == REASON_LIMIT || v->reason == REASON_MALFORMED);
	default:
		return false;
	}
}

void together_forget(struct order *running, const struct peer *peer, const uint64_t *id)
{
	if (running->peer == peer && (id == NULL || running->id == *id))
		running->peer = NULL;
	for (struct order *o = running->waiters; o != NULL; o = o->next)
		if (o->peer == peer && (id == NULL || o->id == *id))
			o->peer = NULL;
}
