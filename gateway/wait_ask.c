/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of wait pages, and workers' questions to each other. */
#include "gateway/wait_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"
#include "gateway/mux.h"
#include "gateway/page.h"
#include "gateway/wait_page.h"
#include "gateway/waiting.h"
#include "gateway/wire.h"

enum { ASKING_MAX = 256, PAGE_MAX = 64 << 10, MESSAGE_MAX = 96 << 10 };

struct wait_ask {
	struct worker *w;
	uint64_t next;
	struct {
		uint64_t id, flow, txn; /* id 0: free */
	} asking[ASKING_MAX];
	struct field fields[HEAD_MAX_FIELDS]; /* of the answer at hand */
};

struct wait_ask *wait_ask_new(struct worker *w)
{
	struct wait_ask *a = calloc(1, sizeof(*a));

	if (a != NULL)
		a->w = w;
	return a;
}

void wait_ask_free(struct wait_ask *a)
{
	free(a);
}

/* ---- answers ---- */

/* Its answer is ours alone: nothing of it goes to the origin, and the connection stays. */
static void begin_own(struct txn *t)
{
	t->own = true;
	t->up.state = LEG_STREAM;
	t->up.head_out = t->up.end_out = true;
	t->action = "allow";
}

static int keep(struct txn *t, const struct head *h)
{
	struct h1_edit e = { .frame = H1_FRAME_LENGTH, .length = h->length,
		.close = t->close || t->f->w->draining };

	t->close = e.close;
	t->status = h->status;
	t->down.kind = h->length > 0 ? BODY_LENGTH : BODY_NONE;
	t->down.ended = true;
	return t->wire->keep_response(t, h, &e);
}

static void give_page(struct txn *t, unsigned status, struct str page)
{
	char length[24];
	struct field f[] = { { STR("Content-Type"), STR("text/html; charset=utf-8") },
		{ STR("Content-Length"), STR_NONE }, { STR("Cache-Control"), STR("no-store") },
		{ STR("Referrer-Policy"), STR("no-referrer") }, { STR("X-Content-Type-Options"), STR("nosniff") } };
	struct head h = { .status = status, .minor = 1, .fields = f, .nfields = 5, .body = BODY_LENGTH,
		.has_length = true, .length = page.n };

	snprintf(length, sizeof(length), "%zu", page.n);
	f[1].value = str_c(length);
	if (keep(t, &h) != 0 || t->wire->send_head(t, &t->down) != 0 || t->wire->put(t, &t->down, page) != 0)
		t->wire->kill(t);
	else
		leg_finish(t, &t->down);
}

static void give_object(struct txn *t, const struct wait_answer *a, int fd)
{
	char length[24];
	struct field add = { STR("Content-Length"), STR_NONE };
	struct head *h;

	t->down.body = body_from(t->f->w, fd, a->head.length);
	snprintf(length, sizeof(length), "%llu", (unsigned long long)a->head.length);
	add.value = str_c(length);
	h = t->down.body != NULL ? head_copy(&a->head, NULL, &add, 1) : NULL;
	if (h == NULL || keep(t, h) != 0) {
		free(h);
		txn_refuse(t, 502, "refuse", NULL, NULL, "the download cannot be handed over");
		return;
	}
	free(h);
	t->given = strndup(a->url.p, a->url.n);
	leg_release(t, &t->down);
}

/* The same for all that do not fit: nobody learns which tokens there are. */
static void not_here(struct txn *t)
{
	txn_refuse(t, 404, "refuse", NULL, NULL,
	    "there is no such download (any more); begin it anew where you found it");
}

static void paths(const struct txn *t, const struct wait_answer *a, char own[WAIT_PATH_MAX], char object[WAIT_PATH_MAX])
{
	struct wait_path p;
	struct str name = a->url;
	ptrdiff_t q = str_chr(name, '?');

	wait_path_read(str_c(t->path), &p);
	p.whole = false;
	wait_path_write(&p, STR_NONE, own);
	name = q >= 0 ? str_sub(name, 0, (size_t)q) : name;
	for (size_t i = name.n; i > 0; i--)
		if (name.p[i - 1] == '/') {
			name = str_sub(name, i, name.n);
			break;
		}
	p.whole = true;
	wait_path_write(&p, name, object);
}

/* The answer to the request; the descriptor (or -1) is ours. */
static void answer(struct txn *t, const struct wait_answer *a, int fd)
{
	char own[WAIT_PATH_MAX], object[WAIT_PATH_MAX];
	struct buf page;

	if (a->state == WAIT_READY && fd >= 0) {
		give_object(t, a, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (a->state == WAIT_REFUSED && a->page.n > 0) {
		give_page(t, a->status, a->page);
	} else if (a->state == WAIT_REFUSED) {
		txn_refuse(t, 502, "refuse", NULL, NULL, "the download failed; begin it anew where you found it");
	} else if (a->state == WAIT_NONE) {
		not_here(t);
	} else {
		buf_init(&page, PAGE_MAX);
		paths(t, a, own, object);
		if (wait_page(&page, a, str_c(t->host), own, object, t->f->w->limits.wait_refresh) != 0)
			t->wire->kill(t);
		else
			give_page(t, 200, buf_view(&page));
		buf_free(&page);
	}
}

/* ---- questions ---- */

/* To the worker that has it, through the parent; the transaction waits. */
static bool pass_on(struct wait_ask *s, struct txn *t, unsigned worker, struct wait_question *q)
{
	size_t i = ++s->next % ASKING_MAX; /* an old question that was never answered makes room */
	struct buf b;
	int r;

	q->id = s->next;
	buf_init(&b, 1024);
	r = pack_u32(&b, worker);
	if (r == 0)
		r = wait_pack_question(&b, q);
	if (r == 0)
		r = chan_send(s->w->parent, MSG_WAIT_ASK, buf_view(&b), NULL, 0);
	buf_free(&b);
	if (r != 0)
		return false;
	s->asking[i].id = s->next;
	s->asking[i].flow = t->f->handle;
	s->asking[i].txn = t->n;
	return true;
}

bool wait_ask(struct txn *t, const struct head *h)
{
	struct worker *w = t->f->w;
	struct wait_question q = { .tls = t->f->client.tls != NULL, .host = str_c(t->host) };
	struct wait_answer a;
	struct wait_path p;
	int fd;

	if (!wait_path_reserved(str_c(t->path)))
		return false;
	if (!str_eq(h->method, STR("GET")) || h->body != BODY_NONE || wait_path_read(str_c(t->path), &p) != 0) {
		not_here(t);
		return true;
	}
	memcpy(q.token, p.token, WAIT_TOKEN);
	memcpy(q.client, &t->f->from.ip, WAIT_CLIENT);
	q.whole = p.whole;
	begin_own(t);
	if (p.worker == w->index) {
		waiting_answer(w->waiting, &q, &a, &fd);
		answer(t, &a, fd);
	} else if (!pass_on(w->wait_ask, t, p.worker, &q)) {
		not_here(t);
	}
	return true;
}

/* Another worker asks. */
static void asked(struct wait_ask *s, struct str body)
{
	struct rd r = rd_of(body);
	uint32_t from = rd_u32(&r);
	struct wait_question q;
	struct wait_answer a;
	struct buf b;
	int fd = -1;

	if (r.bad != 0 || wait_read_question(r.s, &q) != 0) {
		log_error("a worker asked a malformed question");
		return;
	}
	waiting_answer(s->w->waiting, &q, &a, &fd);
	buf_init(&b, MESSAGE_MAX);
	if (pack_u32(&b, from) != 0 || wait_pack_answer(&b, &a) != 0 ||
	    chan_send(s->w->parent, MSG_WAIT_SAY, buf_view(&b), &fd, fd >= 0) != 0) {
		log_warn("a download that waits cannot be handed to worker %u", from);
		a = (struct wait_answer){ .id = q.id }; /* who asked is not kept waiting */
		buf_free(&b);
		if (pack_u32(&b, from) == 0 && wait_pack_answer(&b, &a) == 0)
			chan_send(s->w->parent, MSG_WAIT_SAY, buf_view(&b), NULL, 0);
	}
	buf_free(&b);
	if (fd >= 0)
		close(fd);
}

static void said(struct wait_ask *s, struct str body, int fd)
{
	struct wait_answer a;
	struct flow *f;
	struct txn *t = NULL;
	size_t i;

	if (wait_read_answer(body, &a, s->fields) != 0) {
		log_error("a worker gave a malformed answer");
		a.id = 0;
	}
	i = a.id % ASKING_MAX;
	f = a.id != 0 && s->asking[i].id == a.id ? worker_find(s->w, s->asking[i].flow) : NULL;
	if (f != NULL)
		t = f->mux != NULL ? mux_txn(f->mux, s->asking[i].txn) : f->txn;
	if (t == NULL || t->n != s->asking[i].txn || !t->own || t->refused || t->down.state != LEG_HEAD) {
		if (fd >= 0)
			close(fd);
		return;
	}
	s->asking[i].id = 0;
	answer(t, &a, fd);
	t->wire->wake(t);
}

void wait_ask_message(struct wait_ask *s, enum msg_type type, struct str body, int fd)
{
	if (s != NULL && type == MSG_WAIT_SAID) {
		said(s, body, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (s != NULL)
		asked(s, body);
}
