/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients that leave while their answer is awaited. */
#include "gateway/leaving.h"

#include "gateway/txn.h"
#include "gateway/wire.h"

/* Between head and body of an answer nothing can be put; HTTP/1.0 knows no interim responses. */
static bool may_ask(const struct flow *f)
{
	const struct txn *t = f->txn;

	return f->state == FLOW_HTTP && f->client.half && t != NULL && t->up.ended && !t->refused && !t->waited &&
	       !t->down.head_out && t->client_11;
}

static void on_time(void *arg)
{
	static const struct head go = { .status = 100, .minor = 1, .reason = { "Continue", 8 } };
	struct flow *f = arg;

	if (!may_ask(f)) { /* leaving_watch() begins anew where it has to */
		timer_free(f->asking);
		f->asking = NULL;
		return;
	}
	f->txn->wire->interim(f->txn, &go, &(struct h1_edit){ .frame = H1_FRAME_NONE });
	timer_set(f->asking, f->w->limits.half_closed);
	flow_run(f);
}

void leaving_watch(struct flow *f)
{
	if (f->asking != NULL || !may_ask(f))
		return;
	f->asking = timer_new(f->w->loop, on_time, f);
	if (f->asking != NULL)
		timer_set(f->asking, f->w->limits.half_closed);
}
