/* SPDX-License-Identifier: BSD-2-Clause */
/* Slow senders and receivers of messages. */
#include "gateway/slow.h"

#include "core/counter.h"
#include "gateway/mux.h"
#include "intercept/sock.h"

enum { CANCEL = 8 };

bool slow_exempt(const struct txn *t)
{
	static const struct str grpc = STR("application/grpc");

	return t->up.state == LEG_MESSAGES || t->down.state == LEG_MESSAGES || t->upgrade || t->connect ||
	       t->websocket || t->tunnel ||
	       str_ieq(str_sub(str_c(t->up.type), 0, grpc.n), grpc);
}

static void refuse(struct txn *t, unsigned status, const char *why)
{
	COUNT_ADD(slow, 1);
	txn_refuse(t, status, "refuse", NULL, NULL, "%s", why);
}

/* A small answer may take its time, as those of servers that say a blank now and then while they
 * work: what is kept back of a large one costs us. */
static bool costs(const struct txn *t, const struct leg *g)
{
	return g->state == LEG_HOLD && g->bytes > t->f->w->limits.comfort_after_bytes;
}

void slow_senders(struct txn *t)
{
	const struct limits *l = &t->f->w->limits;
	uint64_t now = loop_now(t->f->w->loop);
	bool up = (t->up.state == LEG_HOLD || t->up.state == LEG_STREAM) && !t->up.ended &&
		  t->up_body != BODY_NONE && leg_wants(t, &t->up);

	if (t->refused || slow_exempt(t))
		return;
	if (pace_slow(&t->up.sending, l, up, t->up.bytes, now))
		refuse(t, 408, "the request came too slowly");
	else if (pace_slow(&t->down.sending, l, costs(t, &t->down) && leg_wants(t, &t->down), t->down.bytes, now))
		refuse(t, 504, "the answer came too slowly");
}

void slow_taker(struct txn *t, const struct leg *g)
{
	if (g == &t->up)
		refuse(t, 504, "the origin took the request too slowly");
	else
		refuse(t, 408, "the client took the answer too slowly");
}

static bool taker(struct txn *t, struct leg *g, const struct end *to)
{
	bool waits = to->fd >= 0 && to->out.len > 0 && (g->state == LEG_RELEASE || g->state == LEG_STREAM);

	if (!pace_slow(&g->taking, &t->f->w->limits, waits, waits ? sock_acked(to->fd) : 0, loop_now(t->f->w->loop)))
		return false;
	slow_taker(t, g);
	return true;
}

/* The origin's head byte by byte: each of them is progress, but there is a time for all. */
static bool head_drips(struct txn *t)
{
	uint64_t now = loop_now(t->f->w->loop);

	if (t->down.state != LEG_HEAD || h1_idle(t->f->resp)) {
		t->head_since = 0;
		return false;
	}
	if (t->head_since == 0)
		t->head_since = now;
	if (now - t->head_since < t->f->w->limits.head_time)
		return false;
	refuse(t, 504, "the head of the answer took too long");
	return true;
}

void slow_h1(struct txn *t)
{
	if (t->refused || head_drips(t) || slow_exempt(t))
		return;
	if (!taker(t, &t->down, &t->f->client) && !taker(t, &t->up, &t->f->origin))
		slow_senders(t);
}

void slow_streams(struct flow *f, struct h2 *h)
{
	uint64_t now = loop_now(f->w->loop);
	int32_t id;

	while (h != NULL && (id = h2_slow_stream(h, now)) != 0) {
		struct txn *t = h2_own(h, id);

		if (t == NULL || t->refused) { /* its end is queued already */
			COUNT_ADD(slow, 1);
			h2_reset(h, id, CANCEL);
		} else if (!slow_exempt(t)) {
			slow_taker(t, h == mux_client(f->mux) ? &t->down : &t->up);
		}
	}
}

bool slow_end(struct flow *f, struct end *e, struct h2 *h, bool exempt)
{
	const struct limits *l = &f->w->limits;
	uint64_t now = loop_now(f->w->loop), since = h2_waits_since(h);
	const char *who = e == &f->client ? "client" : "origin";

	if (since != 0 && now - since >= l->head_time)
		flow_note(f, NULL, NULL, "the %s sent no whole frame for too long", who);
	else if (!exempt && (h2_slow(h, now) || pace_slow(&e->taking, l, e->out.len > 0, e->out.len > 0 ? sock_acked(e->fd) : 0, now)))
		flow_note(f, NULL, NULL, "the %s took too slowly what was sent", who);
	else
		return false;
	COUNT_ADD(slow, 1);
	return true;
}

static bool took(struct end *e, const struct limits *l)
{
	uint64_t least = l->rate_least * l->idle / 1000, was = e->taken;

	if (e->fd < 0 || e->out.len == 0)
		return false;
	e->taken = sock_acked(e->fd);
	return e->taken > was && e->taken - was >= least;
}

bool slow_still_takes(struct flow *f)
{
	const struct limits *l = &f->w->limits;
	bool client = took(&f->client, l), origin = took(&f->origin, l);

	return client || origin;
}
