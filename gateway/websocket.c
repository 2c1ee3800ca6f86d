/* SPDX-License-Identifier: BSD-2-Clause */
/* WebSockets of either HTTP version: from the handshake to what ends them. */
#include "gateway/websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/messages.h"
#include "gateway/wire.h"
#include "http/ws_handshake.h"

enum { UP, DOWN };
enum { GOING_AWAY = 1001, PROTOCOL_ERROR = 1002, POLICY_VIOLATION = 1008, TOO_BIG = 1009, SAID_MAX = 124 };

struct websocket {
	struct ws_handshake asked;
	struct ws *readers[2]; /* the legs' own */
	bool open, closing;
	unsigned code; /* of our close frame; 0: the connection was cut, nothing can be said */
	char said[SAID_MAX];
};

int websocket_asked(struct txn *t, const struct head *h)
{
	struct websocket *s = calloc(1, sizeof(*s));

	t->socket = s;
	return s != NULL ? ws_request(h, &s->asked) : -ERR_NOMEM;
}

void websocket_free(struct websocket *s)
{
	free(s);
}

struct str websocket_offer(const struct txn *t)
{
	return t->socket != NULL ? str_c(t->socket->asked.offer) : STR_NONE;
}

bool websocket_waits(const struct txn *t)
{
	return t->socket != NULL && !t->socket->open;
}

bool websocket_opened(const struct txn *t)
{
	return t->socket != NULL && t->socket->open;
}

bool websocket_closing(const struct txn *t)
{
	return t->socket != NULL && t->socket->closing;
}

/* ---- what may not pass ---- */

/* The stream itself is at fault: policy was not asked (see messages_blocked). */
static void unreadable(struct txn *t, const char *who, const struct verdict *v)
{
	struct websocket *s = t->socket;
	bool cut = strcmp(v->name, err_name(-ERR_TRUNCATED)) == 0;

	COUNT_ADD(malformed, 1);
	t->action = "refuse";
	s->code = cut ? 0 : v->reason == REASON_LIMIT ? TOO_BIG : PROTOCOL_ERROR;
	snprintf(t->reason, sizeof(t->reason), "WebSocket of the %s: %s", who, v->name);
	snprintf(s->said, sizeof(s->said), "%s", v->reason == REASON_LIMIT ? "too large" : "malformed");
}

static void prohibited(struct txn *t, const char *who, const struct decision *d, const struct verdict *v)
{
	struct websocket *s = t->socket;
	char why[80], incident[40];

	COUNT_ADD(blocked, 1);
	t->action = d->action == ACTION_RESET ? "reset" : "block";
	t->rule = d->rule;
	t->incident = ++t->f->w->next_incident;
	txn_incident(t->f, t, incident, sizeof(incident));
	s->code = v->class == VERDICT_UNSCANNABLE && v->reason == REASON_LIMIT ? TOO_BIG : POLICY_VIOLATION;
	verdict_predicate(v, why, sizeof(why));
	if (d->reason != NULL)
		snprintf(t->reason, sizeof(t->reason), "%s", d->reason);
	else
		snprintf(t->reason, sizeof(t->reason), "a message of the %s %s", who, why);
	snprintf(s->said, sizeof(s->said), "blocked: the message %.40s; incident %s", why, incident);
}

static void begin_close(struct txn *t)
{
	t->socket->closing = true;
	t->close = true;
	flow_note(t->f, NULL, NULL, "transaction %llu: %s", (unsigned long long)t->n, t->reason);
	messages_stop(t->up.messages);
	messages_stop(t->down.messages);
}

void websocket_leave(struct txn *t)
{
	struct websocket *s = t->socket;

	if (s->closing)
		return;
	t->action = "abort";
	s->code = GOING_AWAY;
	snprintf(s->said, sizeof(s->said), "the gateway stops");
	snprintf(t->reason, sizeof(t->reason), "%s", s->said);
	begin_close(t);
}

void websocket_fail(struct txn *t, struct leg *g, int err)
{
	struct websocket *s = t->socket;

	if (s->closing)
		return;
	g->verdict = verdict_make(VERDICT_UNSCANNABLE, REASON_LIMIT, str_c(err_name(err)));
	t->action = "refuse";
	s->code = TOO_BIG;
	snprintf(s->said, sizeof(s->said), "more waits than can be kept back");
	snprintf(t->reason, sizeof(t->reason), "WebSocket of the %s: %s", g == &t->up ? "client" : "origin", err_name(err));
	begin_close(t);
	flow_wake(t->f);
}

/* Nothing of that message went out. What both sides get to hear follows in websocket_close(). */
static void blocked(struct txn *t, struct leg *g, const struct decision *d, const struct verdict *v)
{
	struct websocket *s = t->socket;
	const char *who = g == &t->up ? "client" : "origin";

	if (s->closing)
		return;
	if (d->rule == NULL)
		unreadable(t, who, v);
	else
		prohibited(t, who, d, v);
	begin_close(t);
	if (d->action == ACTION_RESET)
		t->wire->kill(t);
	else
		flow_wake(t->f);
}

/* A close frame behind the last whole message; whoever had one from the other side gets no second. */
static int say(struct txn *t, struct leg *g)
{
	const struct websocket *s = t->socket;
	bool up = g == &t->up;
	unsigned char frame[WS_CLOSE_MAX], mask[4];
	size_t n;

	if (s->code == 0 || ws_closed(s->readers[up ? UP : DOWN]))
		return 0;
	if (up && getrandom(mask, sizeof(mask), 0) != sizeof(mask))
		return -ERR_SYSTEM;
	n = ws_close_frame(s->code, str_c(s->said), up ? mask : NULL, frame);
	return t->wire->put(t, g, str_of((const char *)frame, n));
}

static bool close_leg(struct txn *t, struct leg *g)
{
	if (g->state != LEG_MESSAGES || !messages_drained(g->messages))
		return false;
	if (!messages_whole(g->messages) || say(t, g) != 0)
		t->wire->kill(t); /* a frame was begun: nothing can be said within */
	else
		leg_finish(t, g);
	return true;
}

bool websocket_close(struct txn *t)
{
	bool moved = close_leg(t, &t->up);

	return close_leg(t, &t->down) || moved;
}

/* ---- opening ---- */

/* A close frame is known only once it was read, which is before it goes out. */
static int make_leg(struct txn *t, struct leg *g, int way, const struct ws_deflate *d)
{
	struct websocket *s = t->socket;
	struct ws *reader = ws_new(way == UP ? WS_CLIENT : WS_SERVER, d, &t->f->w->limits);
	int r = reader != NULL ? messages_begin(t, g, &ws_reader, reader, blocked) : -ERR_NOMEM;

	s->readers[way] = r == 0 ? reader : NULL;
	if (r == 0)
		messages_carry(g->messages);
	g->ended = false;
	return r;
}

void websocket_open(struct txn *t, const struct head *h)
{
	static const char *const dropped[] = { "alt-svc", "content-length", NULL };
	struct h1_edit e = { .frame = H1_FRAME_NONE, .keep_upgrade = true, .drop = dropped };
	struct websocket *s = t->socket;
	struct ws_deflate deflate;
	int r = ws_response(h, &s->asked, &deflate);

	if (r == 0)
		r = t->wire->keep_response(t, h, &e);
	if (r != 0) {
		txn_malformed(t, false, r);
		return;
	}
	if (make_leg(t, &t->up, UP, &deflate) != 0 || make_leg(t, &t->down, DOWN, &deflate) != 0) {
		txn_refuse(t, 503, "refuse", NULL, NULL, "no memory");
		return;
	}
	s->open = true;
	if (t->wire->send_head(t, &t->down) != 0)
		t->wire->kill(t);
}
