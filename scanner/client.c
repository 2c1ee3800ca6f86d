/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker's scans: each has a slot, found again by its handle (generation and index), so a late
 * answer finds nothing. A scan either waits for a scanner or belongs to one link; during a change
 * of signatures two links live side by side until the older one has answered.
 */
#include "scanner/client.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/counter.h"
#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"
#include "scanner/known.h"

enum { SCAN_GRACE_MS = 2000, SCAN_MSG_MAX = 1024, SCAN_AHEAD = 64 };

struct link {
	struct scan_client *client;
	struct chan *chan;
	struct link *next;
	size_t busy; /* scans that it owes us */
};

struct scan {
	uint32_t generation;
	bool used;
	struct link *link; /* NULL while it waits for a scanner */
	int fd;            /* our duplicate while it waits, else -1 */
	struct buf order;  /* the message, while it waits */
	uint64_t until;
	struct verdict *known; /* it is told in the next turn */
	scan_fn *fn;
	void *arg;
};

struct scan_client {
	struct loop *loop;
	const struct limits *limits;
	struct timer *timer;
	uint64_t timer_at;  /* 0: not set */
	struct link *link;  /* takes what is new; NULL: scans wait */
	struct link *older; /* take nothing new */
	struct scan *scans;
	size_t nscans, used;
	struct known_content *known; /* NULL: none */
};

static uint64_t handle_of(const struct scan_client *c, const struct scan *s)
{
	return (uint64_t)s->generation << 32 | (uint64_t)(s - c->scans + 1);
}

static struct scan *scan_of(struct scan_client *c, uint64_t handle)
{
	uint64_t i = (handle & UINT32_MAX) - 1;

	if (i >= c->nscans || !c->scans[i].used || c->scans[i].generation != handle >> 32)
		return NULL;
	return &c->scans[i];
}

/*
 * The scanner bounds its queue, fairly between clients; here is room for what it has yet to answer.
 * Before there is one each scan costs a descriptor.
 */
static size_t slots_most(const struct scan_client *c)
{
	size_t most = (size_t)c->limits->scan_queue_length;

	return c->link != NULL ? most * 4 + SCAN_AHEAD : most;
}

static int grow(struct scan_client *c)
{
	size_t most = slots_most(c);
	size_t n = c->nscans == 0 ? 16 : c->nscans * 2;
	struct scan *p;

	n = n > most ? most : n;
	if (n <= c->nscans)
		return -ERR_LIMIT;
	p = realloc(c->scans, n * sizeof(*p));
	if (p == NULL)
		return -ERR_NOMEM;
	memset(p + c->nscans, 0, (n - c->nscans) * sizeof(*p));
	c->scans = p;
	c->nscans = n;
	return 0;
}

static struct scan *take_slot(struct scan_client *c)
{
	if (c->used >= slots_most(c) || (c->used == c->nscans && grow(c) != 0))
		return NULL;
	for (size_t i = 0; i < c->nscans; i++)
		if (!c->scans[i].used) {
			struct scan *s = &c->scans[i];

			*s = (struct scan){
				.generation = s->generation + 1, .used = true, .fd = -1
			};
			c->used++;
			return s;
		}
	return NULL;
}

static void drop_slot(struct scan_client *c, struct scan *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	buf_free(&s->order);
	free(s->known);
	s->known = NULL;
	s->used = false;
	c->used--;
}

/* An older link that owes nothing more is closed: the scanner behind it may end then. */
static void close_idle(struct scan_client *c)
{
	struct link **at = &c->older;

	while (*at != NULL) {
		struct link *l = *at;

		if (l->busy > 0) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		chan_free(l->chan);
		free(l);
	}
}

/* The one place where a scan ends with an answer. The callback may submit anew. */
static void answer(struct scan_client *c, struct scan *s, const struct verdict *v)
{
	scan_fn *fn = s->fn;
	void *arg = s->arg;

	if (s->link != NULL)
		s->link->busy--;
	drop_slot(c, s);
	fn(arg, v);
}

static void fail(struct scan_client *c, struct scan *s, enum verdict_reason why, struct str name)
{
	struct verdict v = verdict_make(VERDICT_UNSCANNABLE, why, name);

	answer(c, s, &v);
}

/* Its time is up: what is known is told, what was asked has taken too long. */
static void end(struct scan_client *c, struct scan *s)
{
	struct verdict v = s->known != NULL ? *s->known
					    : verdict_make(VERDICT_UNSCANNABLE, REASON_TIMEOUT, STR("scan-deadline"));

	answer(c, s, &v);
}

static void set_timer(struct scan_client *c, uint64_t at)
{
	uint64_t now = loop_now(c->loop);

	if (c->timer_at != 0 && c->timer_at <= at)
		return;
	c->timer_at = at;
	timer_set(c->timer, at > now ? at - now : 0);
}

static void on_timer(void *arg)
{
	struct scan_client *c = arg;
	uint64_t now = loop_now(c->loop);

	c->timer_at = 0;
	/* By index: the callbacks may make the table move. */
	for (size_t i = 0; i < c->nscans; i++)
		if (c->scans[i].used && c->scans[i].until <= now)
			end(c, &c->scans[i]);
	for (size_t i = 0; i < c->nscans; i++)
		if (c->scans[i].used)
			set_timer(c, c->scans[i].until);
	close_idle(c);
}

static int send_scan(struct scan_client *c, struct scan *s, struct str order, int fd)
{
	int r = chan_send(c->link->chan, MSG_SCAN, order, &fd, 1);

	if (r != 0)
		return r;
	s->link = c->link;
	s->link->busy++;
	/* The scanner keeps the deadlines; ours is for a scanner that does not. */
	s->until = loop_now(c->loop) + c->limits->scan_queue + c->limits->scan + SCAN_GRACE_MS;
	set_timer(c, s->until);
	return 0;
}

static int wait_for_scanner(struct scan_client *c, struct scan *s, struct str order, int memfd)
{
	int r;

	buf_init(&s->order, SCAN_MSG_MAX);
	if ((r = buf_str(&s->order, order)) != 0)
		return r;
	s->fd = fcntl(memfd, F_DUPFD_CLOEXEC, 3);
	if (s->fd < 0)
		return -ERR_SYSTEM;
	s->until = loop_now(c->loop) + c->limits->scan_queue;
	set_timer(c, s->until);
	return 0;
}

uint64_t scan_submit(struct scan_client *c, int memfd, uint64_t length, const struct scan_about *about,
    scan_fn *fn, void *arg)
{
	char space[SCAN_MSG_MAX];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };
	struct scan *s = take_slot(c);
	struct scan_order o;
	int r;

	if (s == NULL)
		return 0;
	s->fn = fn;
	s->arg = arg;
	o = (struct scan_order){ .id = handle_of(c, s),
		.length = length,
		.deadline_ms = (uint32_t)(c->limits->scan_queue + c->limits->scan),
		.about = *about };
	r = scan_pack_order(&b, &o);
	if (r == 0)
		r = c->link != NULL ? send_scan(c, s, buf_view(&b), memfd) : -ERR_CLOSED;
	if (r == -ERR_CLOSED) /* its end was not seen yet; the next scanner may come in time */
		r = wait_for_scanner(c, s, buf_view(&b), memfd);
	if (r != 0) {
		drop_slot(c, s);
		return 0;
	}
	return o.id;
}

static struct verdict *look_up(struct scan_client *c, const unsigned char *digest, uint64_t length)
{
	struct verdict v, *known;

	if (c->known == NULL || digest == NULL ||
	    !known_content_find(c->known, digest, length, (uint64_t)time(NULL), c->limits->scan_known_age / 1000, &v))
		return NULL;
	known = malloc(sizeof(*known));
	if (known != NULL)
		*known = v;
	return known;
}

uint64_t scan_submit_known(struct scan_client *c, const unsigned char *digest, uint64_t length, scan_fn *fn, void *arg)
{
	struct verdict *known = look_up(c, digest, length);
	struct scan *s = known != NULL ? take_slot(c) : NULL;

	if (s == NULL) {
		free(known);
		return 0;
	}
	s->known = known;
	s->fn = fn;
	s->arg = arg;
	s->until = loop_now(c->loop);
	set_timer(c, s->until);
	COUNT_ADD(known_hits, 1);
	return handle_of(c, s);
}

void scan_client_known(struct scan_client *c, int fd)
{
	known_content_free(c->known);
	c->known = known_content_map(fd, false);
	if (c->known == NULL)
		log_warn("the table of known content cannot be used");
}

void scan_cancel(struct scan_client *c, uint64_t handle)
{
	struct scan *s = scan_of(c, handle);
	char space[8];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	if (s == NULL)
		return;
	if (s->link != NULL) {
		pack_u64(&b, handle);
		chan_send(s->link->chan, MSG_SCAN_CANCEL, buf_view(&b), NULL, 0);
		s->link->busy--;
	}
	drop_slot(c, s);
	close_idle(c);
}

static void unlink_link(struct link *l)
{
	struct link **at = &l->client->older;

	if (l->client->link == l)
		l->client->link = NULL;
	while (*at != NULL && *at != l)
		at = &(*at)->next;
	if (*at == l)
		*at = l->next;
}

static void link_lost(struct link *l)
{
	struct scan_client *c = l->client;

	unlink_link(l);
	for (size_t i = 0; i < c->nscans; i++)
		if (c->scans[i].used && c->scans[i].link == l)
			fail(c, &c->scans[i], REASON_ERROR, STR("scanner-lost"));
	chan_free(l->chan);
	free(l);
	close_idle(c);
}

static void on_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct link *l = arg;
	struct scan_client *c = l->client;
	struct verdict v;
	struct scan *s;
	uint64_t id;

	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
	if (type != MSG_VERDICT || scan_read_verdict(body, &id, &v) != 0) {
		log_error("the scanner broke the protocol");
		link_lost(l);
		return;
	}
	s = scan_of(c, id);
	if (s == NULL || s->link != l)
		return;
	answer(c, s, &v);
	close_idle(c);
}

static void on_close(void *arg, int why)
{
	(void)why;
	link_lost(arg);
}

static void send_waiting(struct scan_client *c)
{
	for (size_t i = 0; i < c->nscans && c->link != NULL; i++) {
		struct scan *s = &c->scans[i];

		if (!s->used || s->link != NULL || s->known != NULL)
			continue;
		if (send_scan(c, s, buf_view(&s->order), s->fd) == 0) {
			close(s->fd);
			s->fd = -1;
			buf_free(&s->order);
		} else {
			fail(c, s, REASON_ERROR, STR("scanner-lost"));
		}
	}
}

int scan_client_connect(struct scan_client *c, int fd)
{
	struct link *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		close(fd);
		return -ERR_NOMEM;
	}
	l->client = c;
	l->chan = chan_new(c->loop, fd, ROLE_WORKER, ROLE_SCANNER, on_msg, on_close, l);
	if (l->chan == NULL) {
		free(l);
		return -ERR_NOMEM;
	}
	if (c->link != NULL) {
		c->link->next = c->older;
		c->older = c->link;
	}
	c->link = l;
	close_idle(c);
	send_waiting(c);
	return 0;
}

bool scan_client_ready(const struct scan_client *c)
{
	return c->link != NULL;
}

struct scan_client *scan_client_new(struct loop *l, const struct limits *limits)
{
	struct scan_client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->loop = l;
	c->limits = limits;
	c->timer = timer_new(l, on_timer, c);
	if (c->timer == NULL) {
		free(c);
		return NULL;
	}
	return c;
}

void scan_client_free(struct scan_client *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->nscans; i++)
		if (c->scans[i].used)
			drop_slot(c, &c->scans[i]);
	if (c->link != NULL)
		c->link->busy = 0;
	for (struct link *l = c->older; l != NULL; l = l->next)
		l->busy = 0;
	close_idle(c);
	if (c->link != NULL)
		chan_free(c->link->chan);
	free(c->link);
	timer_free(c->timer);
	known_content_free(c->known);
	free(c->scans);
	free(c);
}
