/* SPDX-License-Identifier: BSD-2-Clause */
/* One direction of a transaction: bodies that stream, and bodies that are held and released. */
#include <string.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/fields.h"
#include "gateway/messages.h"
#include "gateway/patience.h"
#include "gateway/ranged.h"
#include "gateway/report.h"
#include "gateway/warning.h"
#include "gateway/websocket.h"
#include "gateway/wire.h"

int leg_hold(struct txn *t, struct leg *g, int direction)
{
	g->body = body_new(t->f->w, str_c(g->coding), direction, txn_file_name(t));
	if (g->body == NULL)
		return -ERR_NOMEM;
	body_of(g->body, t->f->share);
	txn_about(t, g, g->body);
	/* Servers mostly take an upload as it came; clients, what they did not ask for. */
	if (direction == 0 || !fields_undone(str_c(g->coding), str_c(t->codings)))
		body_search_coded(g->body);
	g->state = LEG_HOLD;
	return 0;
}

enum { TRAILER_LEAST = 65 };

static bool is_up(const struct txn *t, const struct leg *g)
{
	return g == &t->up;
}

/* What was found in a piece says nothing of the object that it is put into. */
static void note_piece(struct leg *g)
{
	if (!g->piece || g->verdict.class != VERDICT_CLEAN)
		return;
	g->verdict.class = VERDICT_BYPASSED;
	g->verdict.reason = REASON_PARTIAL;
}

/* For the audit, since the body itself goes. */
static void note_digest(struct leg *g)
{
	const unsigned char *digest = g->body != NULL ? body_digest(g->body) : NULL;

	if (digest == NULL)
		return;
	memcpy(g->sha256, digest, sizeof(g->sha256));
	g->searched = body_decoded(g->body);
	g->has_sha256 = true;
}

/* The verdict is there: policy says what it means for this direction. */
static void decide(struct txn *t, struct leg *g)
{
	struct decision d;

	if (is_up(t, g) || !t->early.part)
		note_digest(g);
	note_piece(g);
	if (!is_up(t, g))
		early_verdict(t, &g->verdict);
	d = txn_decide(t, is_up(t, g) ? STAGE_UPLOAD : STAGE_DOWNLOAD, g);

	t->own_log |= d.log;
	warning_note(t, g, &d);
	if (d.action == ACTION_ALLOW || d.action == ACTION_INTERCEPT) {
		if (d.rule != NULL && g->verdict.class != VERDICT_CLEAN && g->verdict.class != VERDICT_BYPASSED)
			t->rule = d.rule; /* who let it through */
		leg_release(t, g);
	} else {
		txn_refuse_verdict(t, is_up(t, g) ? "upload" : "download", &d, &g->verdict);
	}
}

static void on_up_verdict(void *arg, const struct verdict *v)
{
	struct txn *t = arg;

	t->up.verdict = *v;
	decide(t, &t->up);
	t->wire->wake(t);
}

static void on_down_verdict(void *arg, const struct verdict *v)
{
	struct txn *t = arg;

	t->down.verdict = *v;
	decide(t, &t->down);
	t->wire->wake(t);
}

/* It cannot be kept any longer: what is held is judged as it is; what comes now waits for that. */
static void over_limit(struct txn *t, struct leg *g, struct str data)
{
	g->verdict = verdict_make(VERDICT_UNSCANNABLE, REASON_LIMIT, STR("body_held"));
	decide(t, g);
	if (!t->refused && buf_str(&g->spill, data) != 0)
		txn_refuse(t, 503, "refuse", NULL, NULL, "no memory");
}

/* Bytes of a stream go on; of a part that is asked for only those that belong to it. */
static int pass(struct txn *t, struct leg *g, struct str data)
{
	struct str due = ranged_cut(g, g->passed, data);
	int r = due.n > 0 ? t->wire->put(t, g, due) : 0;

	g->passed += data.n;
	if (r == 0 && ranged_over(g, g->passed) && !g->ended) {
		t->wire->leave(t);
		g->ended = true;
		leg_finish(t, g);
	}
	return r;
}

void leg_body(struct txn *t, struct leg *g, struct str data)
{
	int r;

	if (g->state == LEG_DONE) /* the rest of a body of which a part was asked for */
		return;
	g->bytes += data.n;
	if (is_up(t, g))
		COUNT_ADD(bytes_up, data.n);
	else
		COUNT_ADD(bytes_down, data.n);
	/* While the held part is searched and goes out, what comes behind it waits (HTTP/2: up to a window). */
	r = g->state == LEG_HOLD       ? body_push(g->body, data)
	    : g->state == LEG_MESSAGES ? messages_push(g->messages, data)
	    : g->state == LEG_RELEASE || g->state == LEG_SEARCH ? buf_str(&g->spill, data)
				       : pass(t, g, data);
	if (r == -ERR_LIMIT && g->state == LEG_HOLD)
		over_limit(t, g, data);
	else if (r != 0 && websocket_opened(t))
		websocket_fail(t, g, r);
	else if (r != 0)
		txn_refuse(t, is_up(t, g) ? 503 : 502, "refuse", NULL, NULL, "%s", err_name(r));
}

/* A file fits into a trailer, too. What is shorter than the least that the search takes for one is none. */
static int search_trailers(struct leg *g, const struct head *trailers)
{
	int r = 0;

	for (size_t i = 0; i < trailers->nfields && r == 0; i++)
		if (trailers->fields[i].value.n >= TRAILER_LEAST && (r = body_beside(g->body, trailers->fields[i].value)) == 0)
			r = body_beside(g->body, STR("\n"));
	return r;
}

void leg_trailers(struct txn *t, struct leg *g, const struct head *trailers)
{
	int r = g->state == LEG_HOLD ? search_trailers(g, trailers) : 0;

	if (r == 0)
		r = t->wire->keep_trailers(t, g, trailers);
	if (r != 0) /* without them the message would not be what it was */
		txn_refuse(t, 503, "refuse", NULL, NULL, "trailers: %s", err_name(r));
}

void leg_finish(struct txn *t, struct leg *g)
{
	g->state = LEG_DONE;
	g->all_out = true;
	if (t->wire->finish(t, g) != 0)
		t->wire->kill(t);
}

void leg_search(struct txn *t, struct leg *g)
{
	g->state = LEG_SEARCH;
	if (body_finish(g->body, is_up(t, g) ? on_up_verdict : on_down_verdict, t) == 1) {
		g->verdict = *body_verdict(g->body);
		decide(t, g);
	}
}

void leg_complete(struct txn *t, struct leg *g)
{
	if (g->state == LEG_DONE)
		return;
	g->ended = true;
	if (g->due > 0 && g->bytes != g->due) {
		txn_malformed(t, is_up(t, g), -ERR_BODY_LENGTH);
	} else if (g->state == LEG_STREAM) {
		leg_finish(t, g);
	} else if (g->state == LEG_MESSAGES) {
		messages_end(g->messages);
	} else if (g->state == LEG_HOLD) {
		leg_search(t, g);
	}
}

void leg_release(struct txn *t, struct leg *g)
{
	if (t->waits != NULL && !is_up(t, g)) {
		patience_ready(t);
		return;
	}
	ranged_settle(t, g, true);
	if (!t->refused && warning_put(t, g) != 0)
		txn_refuse(t, 502, "refuse", NULL, NULL, "no room for a warning");
	if (t->refused)
		return;
	t->wire->send_head(t, g);
	g->state = LEG_RELEASE;
	g->let_out = true;
	flow_touch(t->f);
}

/* All that was held is out. A body that was released at a limit goes on as it comes. */
static void poured(struct txn *t, struct leg *g)
{
	int r;

	g->passed = body_length(g->body);
	r = pass(t, g, buf_view(&g->spill));
	body_free(g->body);
	g->body = NULL;
	buf_free(&g->spill);
	if (r != 0)
		t->wire->kill(t);
	else if (g->state == LEG_DONE)
		return;
	else if (g->ended)
		leg_finish(t, g);
	else
		g->state = LEG_STREAM;
}

bool leg_wants(const struct txn *t, const struct leg *g)
{
	switch (g->state) {
	case LEG_HOLD:
		return body_wants(g->body);
	case LEG_STREAM:
		return t->wire->room(t, g);
	case LEG_MESSAGES:
		return messages_wants(g->messages);
	default:
		return false;
	}
}

bool leg_ready(const struct txn *t, const struct leg *g)
{
	switch (g->state) {
	case LEG_HOLD:
	case LEG_SEARCH:
		return body_busy(g->body) || early_ready(t, g);
	case LEG_RELEASE:
		return t->wire->room(t, g);
	case LEG_MESSAGES:
		return messages_ready(g->messages);
	default:
		return false;
	}
}

bool leg_pour(struct txn *t, struct leg *g)
{
	bool moved = false;

	if (g->state == LEG_MESSAGES)
		return messages_pour(g->messages);
	if (g->state == LEG_HOLD || g->state == LEG_SEARCH)
		return body_work(g->body) || early_pour(t, g);
	if (g->state != LEG_RELEASE)
		return false;
	while (t->wire->room(t, g)) {
		ssize_t n = t->wire->pour(t, g);

		if (n < 0) {
			t->wire->kill(t);
			return false;
		}
		moved = true;
		g->released += (uint64_t)n;
		early_out(t, g, (size_t)n);
		if (n > 0)
			continue;
		poured(t, g);
		break;
	}
	return moved;
}
