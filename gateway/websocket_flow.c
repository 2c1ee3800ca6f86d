/* SPDX-License-Identifier: BSD-2-Clause */
/* A WebSocket on a connection of its own: both ends' bytes to its legs, closes mirrored. */
#include "core/err.h"
#include "gateway/messages.h"
#include "gateway/websocket.h"

enum { ROUNDS = 8 };

/* Told what there was to tell: what still comes is read and forgotten until the peer closes, too. */
static bool discard(struct flow *f, struct end *e)
{
	if (e->eof || end_gone(e))
		return false;
	buf_free(&e->in);
	return end_read(e, f->w->scratch, WORKER_SCRATCH) > 0;
}

/* One leg's sender: true when something moved. */
static bool take(struct flow *f, struct leg *g, struct end *from)
{
	struct str in;
	ssize_t n;

	if (g->ended || !leg_wants(f->txn, g))
		return false;
	n = txn_input(f, from, &in);
	if (n == 0)
		return false;
	if (n > 0) {
		leg_body(f->txn, g, in);
		txn_keep(from, STR_NONE);
	} else if (n == -ERR_EOF || n == -ERR_TRUNCATED) {
		leg_complete(f->txn, g); /* whether that cuts something, its reader knows */
	} else {
		f->finished = f->reset = true;
	}
	return true;
}

static bool round_of(struct flow *f)
{
	struct txn *t = f->txn;
	bool moved = false;

	if (websocket_closing(t)) {
		moved = leg_pour(t, &t->up);
		moved |= leg_pour(t, &t->down);
		return !f->finished && (websocket_close(t) || moved);
	}
	moved |= leg_pour(t, &t->up);
	if (!f->finished)
		moved |= leg_pour(t, &t->down);
	if (!f->finished && !websocket_closing(t))
		moved |= take(f, &t->up, &f->client);
	if (!f->finished && !websocket_closing(t))
		moved |= take(f, &t->down, &f->origin);
	return moved;
}

/* A leg that is done ends its receiver's side, once all of it is out. */
static void mirror_ends(struct flow *f)
{
	end_flush(&f->client);
	end_flush(&f->origin);
	if (f->txn->up.state == LEG_DONE && f->origin.out.len == 0 && !f->origin.shut)
		end_shut(&f->origin);
	if (f->txn->down.state == LEG_DONE && f->client.out.len == 0 && !f->client.shut)
		end_shut(&f->client);
}

/* Both sides were told: their answers are read until they close, or the time is up. */
static enum flow_state linger(struct flow *f)
{
	bool more = discard(f, &f->client);

	more |= discard(f, &f->origin);
	if ((f->client.eof || end_gone(&f->client)) && (f->origin.eof || end_gone(&f->origin)))
		return FLOW_END;
	end_watch(&f->client, !f->client.eof);
	end_watch(&f->origin, !f->origin.eof);
	if (more)
		flow_yield(f);
	return FLOW_WEBSOCKET;
}

static bool nothing_waits(const struct end *e)
{
	return e->out.len == 0 || end_gone(e);
}

static bool is_out(const struct flow *f)
{
	return txn_ended(f->txn) && nothing_waits(&f->client) && nothing_waits(&f->origin);
}

/* A side that is gone ends the other; where both are being told, the other still hears it. */
static bool is_over(struct flow *f)
{
	bool client = end_gone(&f->client), origin = end_gone(&f->origin);

	if (f->finished || !(websocket_closing(f->txn) ? client && origin : client || origin))
		return f->finished;
	flow_note(f, NULL, NULL, "%s reset the connection", client ? "client" : "origin");
	return true;
}

static void watch_both(struct flow *f)
{
	const struct txn *t = f->txn;
	bool client = !t->up.ended && leg_wants(t, &t->up), origin = !t->down.ended && leg_wants(t, &t->down);

	end_watch(&f->client, client);
	end_watch(&f->origin, origin);
	if ((client && end_pending(&f->client)) || (origin && end_pending(&f->origin)))
		flow_yield(f);
}

enum flow_state step_websocket(struct flow *f)
{
	bool was_closing, moved = true, any = false;

	if (f->txn == NULL)
		return linger(f);
	was_closing = websocket_closing(f->txn);
	for (int i = 0; i < ROUNDS && moved && !f->finished && (i == 0 || !flow_spent(f)); i++) {
		moved = round_of(f);
		if (f->finished)
			break;
		mirror_ends(f);
		any |= moved;
		/* Its receiver took bytes in the flush: there is room again. */
		moved |= leg_ready(f->txn, &f->txn->up) || leg_ready(f->txn, &f->txn->down);
	}
	if (is_over(f)) {
		f->reset = true;
		return FLOW_END;
	}
	if (is_out(f)) {
		bool told = websocket_closing(f->txn);

		txn_over(f->txn, NULL);
		flow_deadline(f, f->w->limits.linger);
		return told ? linger(f) : FLOW_LINGER;
	}
	if (websocket_closing(f->txn) && !was_closing)
		flow_deadline(f, f->w->limits.linger);
	else if (any && !was_closing)
		flow_touch(f);
	watch_both(f);
	if (moved)
		flow_yield(f);
	return FLOW_WEBSOCKET;
}
