/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to the signer, in a small table by id; what is unanswered survives a new signer. */
#include "gateway/signing.h"

#include <stdlib.h>
#include <time.h>

#include "certs/signer.h"
#include "core/counter.h"
#include "core/err.h"
#include "core/log.h"
#include "gateway/flow.h"

enum { SIGNING_MAX = 4096 };

struct question {
	uint64_t id, flow;
	struct leaf_wish *wish;
	bool ecdsa;
	bool outdated; /* the CA has changed since: not for the cache */
};

struct signing {
	struct worker *w;
	struct chan *signer;
	uint64_t next;
	struct question questions[SIGNING_MAX];
};

struct signing *signing_new(struct worker *w)
{
	struct signing *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->w = w;
	return s;
}

void signing_free(struct signing *s)
{
	if (s == NULL)
		return;
	chan_free(s->signer);
	for (size_t i = 0; i < SIGNING_MAX; i++)
		free(s->questions[i].wish);
	free(s);
}

static struct question *find(struct signing *s, uint64_t id)
{
	struct question *q = &s->questions[id % SIGNING_MAX];

	return id != 0 && q->id == id ? q : NULL;
}

static void question_clear(struct question *q)
{
	free(q->wish);
	*q = (struct question){ 0 };
}

void signing_forget(struct signing *s, uint64_t id)
{
	struct question *q = find(s, id);

	if (q != NULL)
		question_clear(q);
}

void signing_outdated(struct signing *s)
{
	for (size_t i = 0; i < SIGNING_MAX; i++)
		s->questions[i].outdated = s->questions[i].id != 0;
}

static void answer(struct signing *s, struct question *q, struct str der, int64_t not_after,
    struct str why)
{
	struct flow *f = worker_find(s->w, q->flow);
	struct leaf *l = der.n > 0 ? leaf_new(der) : NULL;

	if (l != NULL && !q->outdated)
		leaf_cache_put(s->w->leaves, q->wish, q->ecdsa, l, not_after);
	if (f != NULL && f->signing == q->id) {
		f->signing = 0;
		f->leaf = leaf_ref(l);
		if (l == NULL)
			flow_note(f, "refuse", NULL, "signer: %.*s", STR_FMT(str_sub(why, 0, 80)));
	} else {
		f = NULL;
	}
	leaf_free(l);
	question_clear(q);
	if (f != NULL)
		flow_run(f);
}

static void on_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct signing *s = arg;
	struct str der, why;
	struct question *q;
	uint64_t id;
	int64_t not_after;

	(void)fds;
	(void)nfds;
	if (type != MSG_LEAF || signer_read_leaf(body, &id, &der, &not_after, &why) != 0) {
		log_error("the signer sent a malformed answer");
		return;
	}
	q = find(s, id);
	if (q != NULL)
		answer(s, q, der, not_after, why);
}

static void on_close(void *arg, int why)
{
	struct signing *s = arg;

	(void)why;
	chan_free(s->signer);
	s->signer = NULL;
}

static int send_question(struct signing *s, const struct question *q)
{
	struct buf b;
	struct str spki;
	int r = -ERR_SIGNER;

	buf_init(&b, 32768);
	if (tls_ctx_spki(s->w->tls, q->ecdsa, &spki) == 0)
		r = signer_pack_wish(&b, q->id, spki, q->wish);
	if (r == 0)
		r = chan_send(s->signer, MSG_SIGN, buf_view(&b), NULL, 0);
	buf_free(&b);
	return r;
}

int signing_connect(struct signing *s, int fd)
{
	chan_free(s->signer);
	s->signer = chan_new(s->w->loop, fd, ROLE_WORKER, ROLE_SIGNER, on_msg, on_close, s);
	if (s->signer == NULL)
		return -ERR_NOMEM;
	for (size_t i = 0; i < SIGNING_MAX; i++)
		if (s->questions[i].id != 0)
			send_question(s, &s->questions[i]);
	return 0;
}

uint64_t signing_ask(struct signing *s, uint64_t flow, const struct leaf_wish *wish, bool ecdsa)
{
	struct question *q = &s->questions[++s->next % SIGNING_MAX];

	if (q->id != 0)
		return 0;
	q->wish = malloc(sizeof(*wish));
	if (q->wish == NULL)
		return 0;
	*q->wish = *wish;
	q->id = s->next;
	q->flow = flow;
	q->ecdsa = ecdsa;
	COUNT_ADD(leaves_signed, 1);
	/* Without a signer the question waits for the next one, bounded by the flow's deadline. */
	if (s->signer != NULL && send_question(s, q) != 0) {
		question_clear(q);
		return 0;
	}
	return q->id;
}
