/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of downloads that wait for their receiver. */
#include "gateway/waiting.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/counter.h"
#include "gateway/report.h"
#include "gateway/wire.h"

struct download {
	struct waiting *s;
	struct wait_path path; /* its token */
	struct addr client;
	bool tls, given;
	char host[256], url[WAIT_URL_MAX];
	enum wait_state state; /* WAIT_READY, WAIT_REFUSED; before that the transaction says */
	struct txn *t;	       /* while it runs */
	struct head *head;
	struct body *body;
	struct buf page;
	unsigned status;
	struct timer *timer;
	struct download *next;
};

struct waiting {
	struct worker *w;
	struct download *first;
	size_t n;
};

struct waiting *waiting_new(struct worker *w)
{
	struct waiting *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->w = w;
	return s;
}

/* The row goes; a transaction that runs for it must have been let go before. */
static void drop(struct download *d)
{
	struct download **p = &d->s->first;

	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	d->s->n--;
	if (!d->given && d->state == WAIT_READY)
		report_wait(d->s->w, &d->client, d->host, d->url, "left", 0);
	timer_free(d->timer);
	body_free(d->body);
	buf_free(&d->page);
	free(d->head);
	free(d);
}

/* Nobody waits for it: its transaction ends, and the origin's transfer with it. */
static void stop(struct download *d)
{
	struct txn *t = d->t;

	if (t == NULL)
		return;
	d->t = NULL;
	t->waits = NULL;
	if (t->reason[0] == '\0')
		str_copy(STR("nobody waited for it any more"), t->reason, sizeof(t->reason));
	t->action = "abort";
	t->wire->kill(t);
	t->wire->wake(t);
}

static void on_time(void *arg)
{
	struct download *d = arg;

	stop(d);
	drop(d);
}

void waiting_drain(struct waiting *s)
{
	while (s->first != NULL)
		on_time(s->first);
}

void waiting_free(struct waiting *s)
{
	if (s == NULL)
		return;
	for (struct download *d = s->first; d != NULL; d = d->next)
		d->t = NULL; /* flows are gone before */
	waiting_drain(s);
	free(s);
}

static uint64_t kept(const struct download *d)
{
	const struct body *b = d->t != NULL ? d->t->down.body : d->body;

	return b != NULL ? body_length(b) : 0;
}

/* What it may come to: one of unknown length grows as far as any body may. */
static uint64_t bound(const struct waiting *s, const struct txn *t)
{
	return t->down.has_length ? t->down.length : s->w->limits.body_held;
}

static bool room_for(const struct waiting *s, const struct txn *t)
{
	const struct limits *l = &s->w->limits;
	uint64_t bytes = bound(s, t);
	size_t of_client = 0;

	for (const struct download *d = s->first; d != NULL; d = d->next) {
		bytes += d->t != NULL ? bound(s, d->t) : kept(d);
		of_client += memcmp(&d->client.ip, &t->f->from.ip, sizeof(d->client.ip)) == 0;
	}
	return s->n < l->wait_downloads && of_client < l->wait_client && bytes <= l->wait_bytes;
}

struct download *waiting_begin(struct waiting *s, struct txn *t)
{
	struct download *d = room_for(s, t) ? calloc(1, sizeof(*d)) : NULL;

	if (d == NULL)
		return NULL;
	*d = (struct download){ .s = s, .path.worker = s->w->index, .client = t->f->from,
		.tls = t->f->client.tls != NULL, .t = t, .next = s->first };
	buf_init(&d->page, WAIT_PAGE_MAX);
	d->timer = timer_new(s->w->loop, on_time, d);
	if (d->timer == NULL || getrandom(d->path.token, WAIT_TOKEN, 0) != WAIT_TOKEN) {
		timer_free(d->timer);
		free(d);
		return NULL;
	}
	memcpy(d->host, t->host, sizeof(d->host));
	str_copy(str_sub(str_c(t->path), 0, sizeof(d->url) - 1), d->url, sizeof(d->url));
	d->head = t->object;
	t->object = NULL;
	s->first = d;
	s->n++;
	timer_set(d->timer, s->w->limits.wait_keep);
	return d;
}

void waiting_path(const struct download *d, bool whole, char to[WAIT_PATH_MAX])
{
	struct wait_path p = d->path;
	struct str url = str_c(d->url), name;
	ptrdiff_t q = str_chr(url, '?');

	if (q >= 0)
		url.n = (size_t)q;
	name = url;
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] == '/')
			name = str_sub(url, i + 1, url.n);
	p.whole = whole;
	wait_path_write(&p, name, to);
}

void waiting_ready(struct download *d, struct body *b)
{
	d->t = NULL;
	d->body = b;
	body_of(b, NULL); /* it outlives the client's connections; limits wait_* bound it */
	d->state = WAIT_READY;
	timer_set(d->timer, d->s->w->limits.wait_keep);
}

void waiting_refused(struct download *d, unsigned status, struct str page)
{
	d->t = NULL;
	d->status = status;
	d->state = WAIT_REFUSED;
	buf_str(&d->page, page); /* where it does not fit, the status alone tells */
	timer_set(d->timer, d->s->w->limits.wait_keep);
}

void waiting_gone(struct download *d)
{
	if (d->t != NULL)
		waiting_refused(d, 502, STR_NONE);
}

/* In a time that does not tell how much of it is right. */
static bool same(const unsigned char *a, const unsigned char *b)
{
	unsigned char diff = 0;

	for (size_t i = 0; i < WAIT_TOKEN; i++)
		diff |= a[i] ^ b[i];
	return diff == 0;
}

static struct download *find(struct waiting *s, const struct wait_question *q)
{
	for (struct download *d = s->first; d != NULL; d = d->next)
		if (same(d->path.token, q->token))
			return memcmp(&d->client.ip, q->client, WAIT_CLIENT) == 0 && d->tls == q->tls &&
				       str_eq(str_c(d->host), q->host) ?
				   d :
				   NULL;
	return NULL;
}

static void give_object(struct download *d, struct wait_answer *a, int *fd)
{
	*fd = body_share(d->body);
	if (*fd < 0) {
		*fd = -1;
		return;
	}
	a->head = *d->head;
	a->head.body = BODY_LENGTH;
	a->head.has_length = true;
	a->head.length = body_length(d->body);
	d->given = true;
}

void waiting_answer(struct waiting *s, const struct wait_question *q, struct wait_answer *a, int *fd)
{
	struct download *d = find(s, q);

	*a = (struct wait_answer){ .id = q->id };
	*fd = -1;
	if (d == NULL)
		return;
	timer_set(d->timer, s->w->limits.wait_keep);
	a->state = d->state != WAIT_NONE ? d->state :
		   d->t != NULL && d->t->down.state == LEG_SEARCH ? WAIT_SEARCHING :
								    WAIT_FETCHING;
	a->url = str_c(d->url);
	a->bytes = kept(d);
	a->total = d->t != NULL && d->t->down.has_length ? d->t->down.length : 0;
	a->page = buf_view(&d->page);
	a->status = d->status;
	if (q->whole && d->state == WAIT_READY)
		give_object(d, a, fd);
}
