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
	bool outdated; /* the CA or the key has changed since: not for the cache */
	struct leaf_key *key; /* ours that it is for; NULL: not made yet */
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

static void question_clear(struct question *q)
{
	free(q->wish);
	leaf_key_free(q->key);
	*q = (struct question){ 0 };
}

void signing_free(struct signing *s)
{
	if (s == NULL)
		return;
	chan_free(s->signer);
	for (size_t i = 0; i < SIGNING_MAX; i++)
		question_clear(&s->questions[i]);
	free(s);
}

static struct question *find(struct signing *s, uint64_t id)
{
	struct question *q = &s->questions[id % SIGNING_MAX];

	return id != 0 && q->id == id ? q : NULL;
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

/* The leaf with its key: the one that came with it, or ours. NULL: refused, or they do not fit. */
static struct leaf *leaf_of(const struct question *q, const struct leaf_answer *a)
{
	struct leaf *l = a->der.n > 0 ? leaf_new(a->der) : NULL;
	struct leaf_key *k = NULL;

	if (l != NULL)
		k = a->key.n > 0 ? leaf_key_of(a->key, l) : leaf_key_ref(q->key);
	if (k != NULL) {
		leaf_use_key(l, k);
		leaf_key_free(k);
		return l;
	}
	leaf_free(l);
	return NULL;
}

static void answer(struct signing *s, struct question *q, const struct leaf_answer *a)
{
	struct flow *f = worker_find(s->w, q->flow);
	struct leaf *l = leaf_of(q, a);

	if (l != NULL && !q->outdated)
		leaf_cache_put(s->w->leaves, q->wish, q->ecdsa, l, a->until);
	if (f != NULL && f->signing == q->id) {
		f->signing = 0;
		f->leaf = leaf_ref(l);
		if (l == NULL)
			flow_note(f, "refuse", NULL, "signer: %.*s", STR_FMT(str_sub(a->why, 0, 80)));
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
	struct leaf_answer a;
	struct question *q;

	(void)fds;
	(void)nfds;
	if (type != MSG_LEAF || signer_read_leaf(body, &a) != 0) {
		log_error("the signer sent a malformed answer");
		return;
	}
	q = find(s, a.id);
	if (q != NULL)
		answer(s, q, &a);
}

static void on_close(void *arg, int why)
{
	struct signing *s = arg;

	(void)why;
	chan_free(s->signer);
	s->signer = NULL;
}

/* Without a signer, or without a key yet, the question waits; the flow's deadline bounds that. */
static int send_question(struct signing *s, struct question *q)
{
	struct buf b;
	int r;

	if (q->key == NULL)
		q->key = tls_ctx_key(s->w->tls, q->ecdsa);
	if (q->key == NULL || s->signer == NULL)
		return 0;
	buf_init(&b, 32768);
	r = signer_pack_wish(&b, q->id, leaf_key_spki(q->key), q->wish);
	if (r == 0)
		r = chan_send(s->signer, MSG_SIGN, buf_view(&b), NULL, 0);
	buf_free(&b);
	return r;
}

void signing_new_key(struct signing *s)
{
	for (size_t i = 0; i < SIGNING_MAX; i++)
		if (s->questions[i].id != 0 && s->questions[i].key == NULL)
			send_question(s, &s->questions[i]);
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
	if (send_question(s, q) != 0) {
		question_clear(q);
		return 0;
	}
	return q->id;
}
