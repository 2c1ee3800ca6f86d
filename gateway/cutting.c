/* SPDX-License-Identifier: BSD-2-Clause */
/* What still runs at the end of the drain time. */
#include "gateway/cutting.h"

#include "gateway/mux.h"
#include "gateway/txn.h"
#include "gateway/websocket.h"
#include "gateway/wire.h"

enum { LAST_BYTES = 1000 }; /* ms for those whose end is on its way */

static const char why[] = "the gateway stops";

/*
 * Its receiver drops an event that is not complete and comes again (HTML, "Server-sent events"):
 * an end between two writes of the origin is nothing that could be taken for a whole document.
 */
static bool endless(const struct txn *t)
{
	return t->down.head_out && (t->down.state == LEG_STREAM || t->down.state == LEG_MESSAGES) &&
	       str_ieq(str_c(t->down.type), STR("text/event-stream"));
}

/* What waits for a slow receiver waits too long now. */
static bool leave_socket(struct txn *t)
{
	websocket_leave(t);
	websocket_close(t);
	if (txn_ended(t))
		return true;
	t->wire->kill(t);
	return false;
}

bool cutting_txn(struct txn *t)
{
	if (websocket_opened(t))
		return leave_socket(t);
	if (!endless(t)) {
		t->wire->kill(t);
		return false;
	}
	t->close = true;
	leg_finish(t, &t->down);
	t->up.state = LEG_DONE;
	return true;
}

static void cut_http(struct flow *f)
{
	bool orderly = f->txn != NULL && cutting_txn(f->txn);

	f->reset |= !orderly;
	f->finished = true;
	flow_run(f);
}

static void cut(struct flow *f)
{
	flow_note(f, NULL, NULL, "%s", why);
	switch (f->state) {
	case FLOW_LINGER:
		return;
	case FLOW_HTTP:
		cut_http(f);
		return;
	case FLOW_WEBSOCKET:
		if (f->txn != NULL)
			websocket_leave(f->txn);
		flow_run(f);
		return;
	case FLOW_H2:
		if (f->mux != NULL)
			mux_cut(f->mux);
		flow_run(f);
		return;
	default: /* tunnels, relays, and what has not begun */
		f->reset = true;
		f->state = FLOW_END;
		flow_run(f);
	}
}

static void end(struct flow *f)
{
	f->reset = true;
	f->state = FLOW_END;
	flow_run(f);
}

static void each(struct worker *w, void (*fn)(struct flow *f))
{
	for (uint32_t i = 0; i < w->nflows_max; i++)
		if (w->flows[i] != NULL)
			fn(w->flows[i]);
}

static void on_time(void *arg)
{
	struct worker *w = arg;

	each(w, w->cut ? end : cut);
	w->cut = true;
	timer_set(w->drain_timer, LAST_BYTES);
}

void cutting_begin(struct worker *w)
{
	w->drain_timer = timer_new(w->loop, on_time, w);
	if (w->drain_timer != NULL)
		timer_set(w->drain_timer, w->limits.drain);
}
