/* SPDX-License-Identifier: BSD-2-Clause */
/* Held downloads of which a part goes out early. */
#include "gateway/early.h"

#include "core/counter.h"
#include "core/err.h"
#include "gateway/ranged.h"
#include "gateway/share.h"
#include "gateway/warning.h"
#include "gateway/wire.h"

enum { PIECE = 32 << 10, ENOUGH = 4 << 10 };

void early_begin(struct txn *t, const struct head *h)
{
	struct early *e = &t->early;

	struct str v = STR_NONE;
	size_t n = head_count(h, "content-disposition");

	e->held = true;
	head_get(h, "content-disposition", &v);
	e->named = n < 2 ? release_disposition(v) : RELEASE_HOLD;
	/* Ways that give something away are for whole answers of bytes as they are searched. */
	e->chosen = t->down.coding[0] != '\0' || t->down.piece || (t->status != 200 && t->status != 206);
	e->watched = !e->chosen;
}

static uint64_t length(const struct leg *g)
{
	return g->has_length ? g->length : UINT64_MAX;
}

/* What a rule asks for where the content permits it; media stream without a rule. */
static enum release choose(const struct early *e)
{
	switch (e->asked) {
	case ACTION_TAIL:
		return e->most >= RELEASE_TAIL ? RELEASE_TAIL : RELEASE_HOLD;
	case ACTION_NONE:
	case ACTION_STREAM:
		return e->most == RELEASE_STREAM ? RELEASE_STREAM : RELEASE_HOLD;
	default:
		return RELEASE_HOLD;
	}
}

static enum release most(struct txn *t)
{
	static char first[RELEASE_FIRST]; /* the scratch may hold input just now */
	ssize_t n = body_read(t->down.body, 0, first, RELEASE_FIRST);
	enum release r = RELEASE_HOLD;

	if (n > 0)
		r = release_most(str_of(first, (size_t)n), str_c(t->down.type), txn_file_name(t));
	return r < t->early.named ? r : t->early.named;
}

void early_data(struct txn *t)
{
	struct early *e = &t->early;
	const struct limits *l = &t->f->w->limits;
	uint64_t n = body_length(t->down.body);

	if (!e->chosen && n >= ENOUGH) {
		e->most = most(t);
		if (e->alien && e->most == RELEASE_STREAM)
			e->most = RELEASE_HOLD;
		e->used = choose(e);
		e->chosen = e->used == RELEASE_STREAM || n >= RELEASE_FIRST;
		e->watched = !e->alien && (e->used == RELEASE_STREAM || !e->chosen);
		if (!e->chosen)
			e->used = RELEASE_HOLD;
	}
	/* It would be refused at the limit, whatever is found: nothing before that. */
	if (e->used == RELEASE_TAIL && t->down.has_length && t->down.length > l->body_held)
		e->used = RELEASE_HOLD;
}

void early_stop(struct txn *t)
{
	t->early.chosen = true;
	t->early.watched = false;
	t->early.used = RELEASE_HOLD;
}

uint64_t early_trickle(struct txn *t)
{
	struct early *e = &t->early;
	const struct leg *g = &t->down;

	/* One part behind the other they would be the whole. */
	if (t->ranged != NULL || g->coding[0] != '\0' || g->piece || e->asked == ACTION_HOLD)
		return 0;
	if (!e->chosen)
		e->most = most(t);
	return e->most >= RELEASE_COMFORT ? release_trickle(&t->f->w->limits, body_length(g->body), length(g)) : 0;
}

/* ---- it goes out ---- */

/* Bytes of the answer that may be out by now. */
static uint64_t gate(const struct txn *t, const struct leg *g)
{
	const struct early *e = &t->early;
	uint64_t n;

	if (g != &t->down || !e->chosen || e->part || t->refused || e->used < RELEASE_TAIL)
		return 0;
	n = release_gate(e->used, &t->f->w->limits, body_length(g->body), length(g));
	return g->part != NULL ? ranged_early(g, n) : n;
}

bool early_ready(const struct txn *t, const struct leg *g)
{
	return gate(t, g) > g->released && t->wire->room(t, g);
}

void early_out(struct txn *t, const struct leg *g, size_t n)
{
	struct early *e = &t->early;

	if (g != &t->down || n == 0)
		return;
	if (e->first_out == 0)
		e->first_out = loop_now(t->f->w->loop);
	if (g->state != LEG_HOLD && g->state != LEG_SEARCH)
		return;
	if (e->bytes == 0)
		COUNT_ADD(released_early, 1);
	e->bytes += n;
}

/* The range that was asked for is out, and did not reach the part that waits. */
static void range_over(struct txn *t, struct leg *g)
{
	if (g->ended || !ranged_over(g, ranged_reached(g, g->released)))
		return;
	g->verdict = verdict_make(VERDICT_BYPASSED, REASON_POLICY, STR("media"));
	t->wire->leave(t);
	g->ended = true;
	leg_finish(t, g);
}

bool early_pour(struct txn *t, struct leg *g)
{
	bool moved = false;
	uint64_t most;

	if (gate(t, g) == 0)
		return false;
	/* A range is for streams alone: of other ways each would be another first part. */
	if (t->ranged != NULL && (t->early.used != RELEASE_STREAM || !ranged_settle(t, g, !g->has_length) || t->refused))
		return false;
	for (most = gate(t, g); g->released < most && t->wire->room(t, g); moved = true) {
		char *some = t->f->w->scratch;
		uint64_t left = most - g->released;
		ssize_t n = ranged_read(g, g->released, some, left < PIECE ? (size_t)left : PIECE);

		if (n <= 0 || t->wire->send_head(t, g) != 0 || t->wire->put(t, g, str_of(some, (size_t)n)) != 0) {
			t->wire->kill(t);
			return false;
		}
		g->released += (uint64_t)n;
		early_out(t, g, (size_t)n);
	}
	if (g->part != NULL && moved)
		range_over(t, g);
	return moved;
}

/* ---- streams ---- */

/* What was kept of it is searched; it goes on behind that. */
static void search_part(struct txn *t)
{
	t->early.part = true;
	leg_search(t, &t->down);
}

static bool too_much(const struct txn *t)
{
	const struct worker *w = t->f->w;
	const struct limits *l = &w->limits;

	return body_length(t->down.body) >= l->stream_kept || body_length(t->down.body) + WORKER_SCRATCH > l->body_held ||
	       w->held > l->held_total / 2 || (t->f->share != NULL && t->f->share->held > l->client_held / 2);
}

/* Nothing of it is held any more: it is judged by the sign alone. */
static bool foreign_passes(struct txn *t, const char *word)
{
	struct leg *g = &t->down;
	struct decision d;
	char name[40] = "polyglot.";

	str_copy(str_c(word), name + 9, sizeof(name) - 9);
	g->verdict = verdict_make(VERDICT_SUSPECT, REASON_NONE, str_c(name));
	d = txn_decide(t, STAGE_DOWNLOAD, g);
	t->own_log |= d.log;
	warning_note(t, g, &d);
	if (d.action == ACTION_ALLOW || d.action == ACTION_INTERCEPT)
		return true;
	txn_refuse_verdict(t, "download", &d, &g->verdict);
	return false;
}

bool early_look(struct txn *t, struct str data)
{
	struct early *e = &t->early;
	const char *word;

	if (e->held && e->first_in == 0)
		e->first_in = loop_now(t->f->w->loop);
	if (!e->watched)
		return true;
	if (e->used == RELEASE_STREAM && t->down.state == LEG_HOLD && too_much(t))
		search_part(t);
	if (t->refused || (word = foreign_find(&e->foreign, data)) == NULL)
		return !t->refused;
	e->alien = true;
	e->watched = false;
	if (t->down.state != LEG_HOLD)
		return foreign_passes(t, word);
	/* It is no stream any more: what is not out yet waits for the verdict of the whole. */
	if (e->chosen)
		early_stop(t);
	return true;
}

void early_verdict(struct txn *t, struct verdict *v)
{
	const struct early *e = &t->early;

	if (e->used != RELEASE_STREAM || (v->class != VERDICT_UNSCANNABLE && !(e->part && v->class == VERDICT_CLEAN)))
		return;
	*v = verdict_make(VERDICT_BYPASSED, REASON_POLICY, STR("media"));
}

/* ---- for the audit ---- */

const char *early_word(const struct txn *t)
{
	const struct early *e = &t->early;

	if (!e->held)
		return NULL;
	return release_word(e->used >= RELEASE_TAIL || e->bytes == 0 ? e->used : RELEASE_COMFORT);
}

uint64_t early_held(const struct txn *t)
{
	const struct early *e = &t->early;

	if (e->first_in == 0)
		return 0;
	return (e->first_out != 0 ? e->first_out : loop_now(t->f->w->loop)) - e->first_in;
}
