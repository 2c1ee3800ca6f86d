/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of a stream: cut, searched side by side, released in order. */
#include "gateway/messages.h"

#include <stdlib.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/share.h"
#include "gateway/warning.h"
#include "gateway/wire.h"
#include "http/carry.h"

enum { WAITING_MAX = 32, PIECE = 32 << 10 };
enum { EVENTS = 256 }; /* and events: behind a coding, millions of empty messages fit into few bytes */
enum { STEP = 1 << 20 }; /* content bytes that one turn reads: a dense message must not keep others */

/* One that waits for its verdict, or for those before it. */
struct message {
	struct messages *m;
	struct message *next;
	struct body *body; /* its content; NULL: none, or it could not be had */
	uint64_t end;	   /* offset in the stream behind its last byte */
	bool judged, bad;
	struct verdict verdict;
	struct decision decision;
};

struct messages {
	struct txn *t;
	struct leg *g;
	const struct message_reader *reader;
	void *self;
	messages_blocked *blocked;
	struct buf raw;		/* as received */
	uint64_t out, good, cut; /* offsets in the stream: raw's first byte; may go out; was read */
	struct message *first, *last;
	unsigned waiting;
	/* The message under way. */
	struct message *open;
	uint64_t begin, content;
	struct carry carry; /* cap 0: none */
	uint64_t read; /* content bytes of all messages */
	int err;      /* its content could not be had */
	bool through; /* policy let it pass at a limit: the rest of it follows */
	bool stopped; /* nothing more is read */
	bool told;    /* blocked() was called */
	bool more;    /* the reader's turn was over before its input */
	bool over;    /* no more input will come */
	bool ended;   /* and all of it was read */
};

/* Bytes kept back count for the worker and for the client. */
static void count_held(struct messages *m, size_t n, bool more)
{
	struct worker *w = m->t->f->w;
	struct share *client = m->t->f->share;

	w->held += more ? n : -n;
	if (client != NULL)
		client->held += more ? n : -n;
	if (more)
		COUNT_ADD(held_bytes, n);
	else
		COUNT_SUB(held_bytes, n);
}

static void message_free(struct message *x)
{
	if (x == NULL)
		return;
	body_free(x->body);
	free(x);
}

void messages_free(struct messages *m)
{
	if (m == NULL)
		return;
	while (m->first != NULL) {
		struct message *x = m->first;

		m->first = x->next;
		message_free(x);
	}
	message_free(m->open);
	count_held(m, m->raw.len, false);
	buf_free(&m->raw);
	carry_free(&m->carry);
	m->reader->free(m->self);
	free(m);
}

int messages_begin(struct txn *t, struct leg *g, const struct message_reader *reader, void *self,
    messages_blocked *blocked)
{
	const struct limits *l = &t->f->w->limits;
	struct messages *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		reader->free(self);
		return -ERR_NOMEM;
	}
	m->t = t;
	m->g = g;
	m->reader = reader;
	m->self = self;
	m->blocked = blocked;
	/* A whole message, and what came behind it before its sender was held back. */
	buf_init(&m->raw, l->message + l->out + l->h2_window + WORKER_SCRATCH);
	g->messages = m;
	g->state = LEG_MESSAGES;
	g->verdict = verdict_make(VERDICT_CLEAN, REASON_NO_BODY, STR_NONE);
	return 0;
}

void messages_carry(struct messages *m)
{
	carry_init(&m->carry, (size_t)m->t->f->w->limits.message_carry);
}

/* ---- verdicts ---- */

/* The leg's verdict is the worst of its messages. */
static void note_worst(struct leg *g, const struct verdict *was, const struct verdict *now)
{
	bool better = verdict_rank(now->class) < verdict_rank(was->class) ||
		      (now->class == was->class && now->reason == REASON_NO_BODY);

	g->verdict = better ? *was : *now;
}

/* Policy says what the verdict means; type and size are the message's. */
static void judge(struct message *x)
{
	struct txn *t = x->m->t;
	struct leg *g = x->m->g;
	struct verdict was = g->verdict;

	g->verdict = x->verdict;
	g->body = x->body;
	x->decision = txn_decide(t, g == &t->up ? STAGE_UPLOAD : STAGE_DOWNLOAD, g);
	g->body = NULL;
	body_free(x->body); /* while it waits for those before it, it needs no descriptor */
	x->body = NULL;
	note_worst(g, &was, &x->verdict);
	x->judged = true;
	x->bad = x->decision.action != ACTION_ALLOW && x->decision.action != ACTION_INTERCEPT;
	t->own_log |= x->decision.log;
	warning_note(t, g, &x->decision);
	if (!x->bad && x->decision.rule != NULL && verdict_rank(x->verdict.class) > verdict_rank(VERDICT_BYPASSED))
		t->rule = x->decision.rule; /* who let it through */
}

/* In order: what is found good may go out, up to the first that is not, or not yet. */
static void settle(struct messages *m)
{
	while (m->first != NULL && m->first->judged && !m->first->bad) {
		struct message *x = m->first;

		m->good = x->end;
		m->first = x->next;
		if (m->first == NULL)
			m->last = NULL;
		m->waiting--;
		message_free(x);
	}
	if (m->first != NULL && m->first->bad)
		m->stopped = true;
}

static void on_verdict(void *arg, const struct verdict *v)
{
	struct message *x = arg;
	struct messages *m = x->m;
	struct txn *t = m->t;

	x->verdict = *v;
	judge(x);
	settle(m);
	t->wire->wake(t);
}

/* Up to its end all may go out when it is good. */
static void append(struct messages *m, struct message *x, uint64_t end)
{
	x->end = end;
	if (m->last != NULL)
		m->last->next = x;
	else
		m->first = x;
	m->last = x;
	m->waiting++;
}

/* Read bytes that need no verdict of their own go with what is before them. */
static void go_along(struct messages *m)
{
	if (m->last != NULL)
		m->last->end = m->cut;
	else
		m->good = m->cut;
}

/* The stream itself is at fault: policy is not asked, nothing behind it can be told apart. */
static void stop(struct messages *m, int err)
{
	struct message *x = m->open != NULL ? m->open : calloc(1, sizeof(*x));
	struct verdict was = m->g->verdict;

	m->open = NULL;
	m->stopped = true;
	if (x == NULL) {
		m->t->wire->kill(m->t);
		return;
	}
	x->m = m;
	x->verdict = verdict_make(VERDICT_UNSCANNABLE,
	    err == -ERR_LIMIT || err == -ERR_CODING_LIMIT ? REASON_LIMIT : REASON_MALFORMED,
	    str_c(err_name(err)));
	note_worst(m->g, &was, &x->verdict);
	x->decision = (struct decision){ .action = ACTION_BLOCK };
	x->judged = x->bad = true;
	append(m, x, m->cut);
}

/* ---- reading ---- */

static void begin(struct messages *m, uint64_t at)
{
	m->open = calloc(1, sizeof(*m->open));
	if (m->open == NULL) {
		stop(m, -ERR_NOMEM);
		return;
	}
	m->open->m = m;
	m->begin = at;
	m->content = 0;
	m->err = 0;
}

static int open_body(struct messages *m, struct message *x)
{
	struct txn *t = m->t;

	if (x->body != NULL)
		return 0;
	x->body = body_new(t->f->w, STR_NONE, m->g == &t->up ? 0 : 1, txn_file_name(t));
	if (x->body == NULL)
		return -ERR_NOMEM;
	body_of(x->body, t->f->share);
	txn_about(t, m->g, x->body);
	return 0;
}

/* More content of an object; a body is made for the first. */
static int fill(struct messages *m, struct message *x, struct str data)
{
	int r = open_body(m, x);

	return r == 0 ? body_push(x->body, data) : r;
}

/* Content is kept as far as it can be searched; beyond, the message is UNSCANNABLE. */
static void keep(struct messages *m, struct str data, bool aside)
{
	struct message *x = m->open;

	m->content += data.n;
	m->read += data.n;
	if (m->through || m->err != 0 || x == NULL)
		return;
	if (m->content > m->t->f->w->limits.message)
		m->err = -ERR_LIMIT;
	else
		m->err = fill(m, x, data);
	if (m->err == 0 && !aside)
		m->err = carry_add(&m->carry, data);
}

static enum verdict_reason reason_for(int err)
{
	return err == -ERR_LIMIT || err == -ERR_CODING_LIMIT ? REASON_LIMIT :
	       err == -ERR_NOMEM || err == -ERR_SYSTEM	     ? REASON_ERROR :
							       REASON_MALFORMED;
}

/* The open message goes to its place in the line, with what is known of it. */
static struct message *submit(struct messages *m, uint64_t end)
{
	struct message *x = m->open;

	m->open = NULL;
	append(m, x, end);
	if (m->err != 0)
		x->verdict = verdict_make(VERDICT_UNSCANNABLE, reason_for(m->err), str_c(err_name(m->err)));
	else if (x->body == NULL)
		x->verdict = verdict_make(VERDICT_CLEAN, REASON_NO_BODY, STR_NONE);
	else if (body_finish(x->body, on_verdict, x) == 1)
		x->verdict = *body_verdict(x->body);
	else
		return x;
	judge(x);
	return x;
}

/*
 * What may be split over several messages: the message itself takes its place in the line without
 * letting anything go, and the open one is now the end of those before with the beginning of it.
 */
static void split(struct messages *m)
{
	struct str window = carry_window(&m->carry);

	if (m->err == 0 && window.n > 0) {
		submit(m, m->last != NULL ? m->last->end : m->good);
		begin(m, m->begin);
		if (m->open != NULL)
			m->err = fill(m, m->open, window);
	}
	if (carry_end(&m->carry) != 0 && m->err == 0)
		m->err = -ERR_NOMEM;
}

static void end(struct messages *m, int err)
{
	m->g->nmessages++;
	if (m->through) {
		m->through = false;
		carry_end(&m->carry); /* of what was searched of it */
		go_along(m);
		return;
	}
	if (m->open == NULL)
		return;
	if (err != 0)
		m->err = err;
	split(m);
	if (m->open != NULL)
		submit(m, m->cut);
	settle(m);
}

/* More of it cannot be kept back: what policy says now holds for the rest of the message, too. */
static void too_large(struct messages *m)
{
	m->err = -ERR_LIMIT;
	m->through = !submit(m, m->cut)->bad;
	settle(m);
}

static void take(struct messages *m, const struct message_ev *ev, uint64_t at)
{
	switch (ev->type) {
	case MESSAGE_BEGIN:
		begin(m, at);
		break;
	case MESSAGE_DATA:
		keep(m, ev->data, ev->aside);
		break;
	case MESSAGE_END:
		end(m, ev->err);
		break;
	case MESSAGE_ERROR:
		stop(m, ev->err);
		return;
	default:
		break;
	}
	if (m->through || (m->open == NULL && ev->type != MESSAGE_MORE))
		go_along(m);
	else if (m->open != NULL && m->cut - m->begin > m->t->f->w->limits.message)
		too_large(m);
}

/* The input is over and was read: true while the reader still had something to tell. */
static bool read_end(struct messages *m)
{
	struct message_ev ev = { .type = MESSAGE_MORE };

	if (m->reader->end != NULL)
		m->reader->end(m->self, &ev);
	if (ev.type != MESSAGE_MORE) {
		take(m, &ev, m->cut);
		return true;
	}
	m->ended = true;
	if (m->open != NULL || !m->reader->idle(m->self))
		stop(m, -ERR_TRUNCATED);
	return false;
}

/* Read on until there is nothing to read, too much waits, or others should have their turn. */
static void cut(struct messages *m)
{
	uint64_t content = m->read + STEP, bytes = m->cut + STEP;
	unsigned events = 0;

	m->more = false;
	while (!m->stopped && !m->ended && m->waiting < WAITING_MAX) {
		struct str in = str_sub(buf_view(&m->raw), (size_t)(m->cut - m->out), m->raw.len);
		uint64_t at = m->cut;
		struct message_ev ev;
		size_t used = 0;

		if (m->read >= content || m->cut >= bytes || events++ >= EVENTS) {
			m->more = true;
			return;
		}
		m->reader->next(m->self, in, &used, &ev);
		m->cut += used;
		take(m, &ev, at);
		if (ev.type != MESSAGE_MORE)
			continue;
		if (!m->over || !read_end(m))
			return;
	}
}

int messages_push(struct messages *m, struct str raw)
{
	const struct worker *w = m->t->f->w;
	const struct share *client = m->t->f->share;
	int r;

	if (m->stopped)
		return 0;
	if (w->held + raw.n > w->limits.held_total ||
	    (client != NULL && client->held + raw.n > w->limits.client_held))
		return -ERR_LIMIT;
	if ((r = buf_str(&m->raw, raw)) != 0)
		return r;
	count_held(m, raw.n, true);
	cut(m);
	messages_pour(m);
	return 0;
}

void messages_end(struct messages *m)
{
	m->over = true;
	cut(m);
	messages_pour(m);
}

static void drop(struct messages *m, size_t n)
{
	buf_consume(&m->raw, n);
	m->out += n;
	count_held(m, n, false);
}

/* All is out that may go: the stream ends here, or is told why it does not go on. */
static bool conclude(struct messages *m)
{
	struct txn *t = m->t;
	struct leg *g = m->g;

	if (m->told || m->out < m->good)
		return false;
	if (m->first != NULL && m->first->bad) {
		m->told = true;
		m->blocked(t, g, &m->first->decision, &m->first->verdict);
		return true;
	}
	if (!m->ended || m->first != NULL)
		return false;
	m->told = true;
	leg_finish(t, g);
	return true;
}

/* The reader can go on: it had to leave others their turn, or the line was full. */
static bool unread(const struct messages *m)
{
	return !m->stopped && !m->ended && m->waiting < WAITING_MAX &&
	       (m->more || m->over || m->cut < m->out + m->raw.len);
}

bool messages_pour(struct messages *m)
{
	struct txn *t = m->t;
	bool moved = false;

	if (unread(m)) {
		cut(m);
		moved = true;
	}
	while (m->out < m->good && t->wire->room(t, m->g)) {
		size_t n = m->good - m->out < PIECE ? (size_t)(m->good - m->out) : PIECE;

		if (t->wire->put(t, m->g, str_sub(buf_view(&m->raw), 0, n)) != 0) {
			t->wire->kill(t);
			return false;
		}
		drop(m, n);
		moved = true;
	}
	return conclude(m) || moved;
}

void messages_stop(struct messages *m)
{
	m->stopped = true;
	/* The first that may not pass keeps what is behind it; its verdict is still looked at. */
	if (m->first != NULL && m->first->bad)
		return;
	while (m->first != NULL) {
		struct message *x = m->first;

		m->first = x->next;
		message_free(x);
	}
	m->last = NULL;
	m->waiting = 0;
}

bool messages_drained(const struct messages *m)
{
	return m->out == m->good;
}

bool messages_whole(const struct messages *m)
{
	return m->out == m->good && !m->through;
}

bool messages_wants(const struct messages *m)
{
	if (m->stopped || m->over)
		return false;
	return m->raw.len < m->t->f->w->limits.out ||
	       (m->first == NULL && m->out == m->good && m->cut == m->out + m->raw.len);
}

bool messages_ready(const struct messages *m)
{
	return unread(m) || (m->out < m->good && m->t->wire->room(m->t, m->g));
}
