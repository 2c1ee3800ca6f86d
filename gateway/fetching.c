/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to the fetcher, in a small table by id. A fetcher that dies leaves its questions
 * unanswered: those chains are incomplete. */
#include "gateway/fetching.h"

#include <stdlib.h>

#include "core/err.h"
#include "core/log.h"
#include "gateway/fetch_msg.h"
#include "gateway/flow.h"

enum { FETCHING_MAX = 4096 };

struct question {
	uint64_t id, flow; /* id 0: free */
};

struct fetching {
	struct worker *w;
	struct chan *fetcher;
	uint64_t next;
	size_t waiting;
	struct question questions[FETCHING_MAX];
};

struct fetching *fetching_new(struct worker *w)
{
	struct fetching *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->w = w;
	return s;
}

void fetching_free(struct fetching *s)
{
	if (s == NULL)
		return;
	chan_free(s->fetcher);
	free(s);
}

static struct question *find(struct fetching *s, uint64_t id)
{
	struct question *q = &s->questions[id % FETCHING_MAX];

	return id != 0 && q->id == id ? q : NULL;
}

void fetching_forget(struct fetching *s, uint64_t id)
{
	struct question *q = find(s, id);

	if (q == NULL)
		return;
	*q = (struct question){ 0 };
	s->waiting--;
}

static void answer(struct fetching *s, uint64_t id, const struct str *der, size_t n)
{
	struct question *q = find(s, id);
	struct flow *f = q != NULL ? worker_find(s->w, q->flow) : NULL;

	fetching_forget(s, id);
	if (f == NULL || f->fetching != id || f->origin.tls == NULL)
		return;
	f->fetching = 0;
	tls_found(f->origin.tls, der, n);
	flow_run(f);
}

static void on_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct fetching *s = arg;
	struct str der[INTERMEDIATES_PER_ANSWER], why;
	uint64_t id;
	size_t n;

	(void)fds;
	(void)nfds;
	if (type != MSG_FETCHED || fetch_read_answer(body, &id, &why, der, &n) != 0) {
		log_error("the fetcher sent a malformed answer");
		return;
	}
	answer(s, id, der, n);
}

static void on_close(void *arg, int why)
{
	struct fetching *s = arg;

	(void)why;
	chan_free(s->fetcher);
	s->fetcher = NULL;
	for (size_t i = 0; i < FETCHING_MAX; i++)
		if (s->questions[i].id != 0)
			answer(s, s->questions[i].id, NULL, 0);
}

int fetching_connect(struct fetching *s, int fd)
{
	if (s->fetcher != NULL)
		on_close(s, 0);
	s->fetcher = chan_new(s->w->loop, fd, ROLE_WORKER, ROLE_FETCHER, on_msg, on_close, s);
	return s->fetcher != NULL ? 0 : -ERR_NOMEM;
}

bool fetching_ask(struct fetching *s, struct flow *f)
{
	struct question *q = &s->questions[++s->next % FETCHING_MAX];
	struct buf b;
	int r;

	if (s->fetcher == NULL || q->id != 0 || s->waiting >= s->w->limits.fetch_waiting)
		return false;
	buf_init(&b, 2 * INTERMEDIATES_URL);
	r = fetch_pack_question(&b, s->next, tls_missing(f->origin.tls));
	if (r == 0)
		r = chan_send(s->fetcher, MSG_FETCH, buf_view(&b), NULL, 0);
	buf_free(&b);
	if (r != 0)
		return false;
	*q = (struct question){ s->next, f->handle };
	f->fetching = s->next;
	s->waiting++;
	return true;
}
