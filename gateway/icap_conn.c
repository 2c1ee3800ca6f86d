/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection to an ICAP service. Every end is told from the loop, never from within a call. */
#include "gateway/icap_conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "intercept/sock.h"

enum { OUT_MAX = 80 << 10, PIECE = 32 << 10, ROUNDS = 16, TTL_LEAST = 60, TTL_MOST = 3600 };

enum phase { PHASE_IDLE, PHASE_OPTIONS, PHASE_PREVIEW, PHASE_BODY };

struct icap_conn {
	struct icap_service *s;
	icap_conn_fn *fn;
	void *arg;
	int fd;
	struct watch *watch;
	struct timer *timer;
	struct tls *tls;
	struct icap_reader *reader;
	struct buf out;
	bool connected, shaken, used, heard; /* used: had an exchange before; heard: of this one */
	enum phase phase;
	const struct icap_task *task;
	uint64_t sent, goal, same; /* bytes of the body that were sent, are to be sent now, came back the same */
	bool end_sent;		   /* the last chunk of what is to be sent now */
	bool changed;		   /* what came back is another body */
	bool over;		   /* told */
	struct icap_head head;	   /* of the final answer */
};

static void stop(struct icap_conn *c)
{
	watch_free(c->watch);
	c->watch = NULL;
	tls_free(c->tls);
	c->tls = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

/* The one place where an exchange or a connection ends. */
static void end(struct icap_conn *c, enum icap_end how, const struct verdict *v)
{
	c->phase = PHASE_IDLE;
	c->task = NULL;
	c->used = true;
	timer_stop(c->timer);
	if (how != ICAP_IDLE) {
		c->over = true;
		stop(c);
	}
	c->fn(c->arg, c, how, v);
}

static void fail(struct icap_conn *c, enum verdict_reason why, const char *what)
{
	bool lost = why == REASON_ERROR && !c->heard && c->task != NULL && (c->used || !c->connected);
	char name[VERDICT_NAME_MAX];
	struct verdict v;

	snprintf(name, sizeof(name), "%s:%s", c->s->name, what);
	v = verdict_make(VERDICT_UNSCANNABLE, why, str_c(name));
	end(c, lost ? ICAP_LOST : ICAP_GONE, &v);
}

static void on_timer(void *arg)
{
	struct icap_conn *c = arg;

	fail(c, REASON_TIMEOUT, c->connected ? "timeout" : "connect");
}

/* ---- what is sent ---- */

static bool to_send(const struct icap_conn *c)
{
	return c->task != NULL && !c->end_sent;
}

/* The next chunk of the body, or its end: false where there is nothing to send now. */
static int add_piece(struct icap_conn *c)
{
	static char piece[PIECE];
	uint64_t left = c->goal - c->sent;
	ssize_t n;
	int r;

	if (left == 0) {
		c->end_sent = true;
		return icap_write_end(&c->out, c->phase == PHASE_PREVIEW && c->goal == c->task->length);
	}
	n = pread(c->task->fd, piece, left < PIECE ? (size_t)left : PIECE, (off_t)c->sent);
	if (n <= 0)
		return -ERR_SYSTEM;
	c->sent += (uint64_t)n;
	if ((r = icap_write_chunk(&c->out, (size_t)n)) != 0 || (r = buf_append(&c->out, piece, (size_t)n)) != 0)
		return r;
	return buf_str(&c->out, STR("\r\n"));
}

static ssize_t put(struct icap_conn *c, struct str s)
{
	ssize_t n;

	if (c->tls != NULL)
		return tls_write(c->tls, s.p, s.n);
	n = send(c->fd, s.p, s.n, MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR ? -ERR_WANT_WRITE : -ERR_SYSTEM;
}

static bool waits(ssize_t n)
{
	return n == -ERR_WANT_READ || n == -ERR_WANT_WRITE;
}

/* 0: all that can be sent now is, or the socket takes no more. */
static int send_on(struct icap_conn *c)
{
	for (int i = 0; i < ROUNDS; i++) {
		ssize_t n;
		int r;

		if (c->out.len == 0 && to_send(c) && (r = add_piece(c)) != 0)
			return r;
		if (c->out.len == 0)
			return 0;
		n = put(c, buf_view(&c->out));
		if (n < 0)
			return waits(n) ? 0 : (int)n;
		buf_consume(&c->out, (size_t)n);
	}
	return 0;
}

/* ---- what comes back ---- */

static void found(struct icap_conn *c, struct verdict *v)
{
	char name[VERDICT_NAME_MAX];
	bool up = c->task->direction == 0;
	/* An answer to a request, or another status, is a page in the object's place. */
	bool replaced = c->head.http_status != 0 && (up || c->head.http_status != 200);

	*v = verdict_make(VERDICT_CLEAN, REASON_NONE, STR_NONE);
	if (c->head.infected) {
		snprintf(name, sizeof(name), "%.20s:%s", c->s->name, c->head.found[0] != '\0' ? c->head.found : "infected");
		*v = verdict_make(VERDICT_INFECTED, REASON_NONE, str_c(name));
	} else if (c->head.status != 204 && (replaced || c->changed || c->same != c->task->length)) {
		snprintf(name, sizeof(name), "%s:modified", c->s->name);
		*v = verdict_make(VERDICT_SUSPECT, REASON_NONE, str_c(name));
	}
}

static void options_over(struct icap_conn *c)
{
	uint64_t ttl = c->head.ttl;

	ttl = ttl < TTL_LEAST ? (ttl == 0 ? TTL_MOST : TTL_LEAST) : ttl > TTL_MOST ? TTL_MOST : ttl;
	c->s->options = c->head;
	c->s->options_until = loop_now(c->s->loop) + ttl * 1000;
	end(c, c->head.close ? ICAP_GONE : ICAP_IDLE, NULL);
}

static void exchange_over(struct icap_conn *c)
{
	bool whole = c->end_sent && c->out.len == 0;
	struct verdict v;

	if (c->phase == PHASE_OPTIONS) {
		options_over(c);
		return;
	}
	found(c, &v);
	end(c, whole && !c->head.close ? ICAP_IDLE : ICAP_GONE, &v);
}

/* The service wants the rest behind the preview. */
static bool go_on(struct icap_conn *c)
{
	if (c->phase != PHASE_PREVIEW || !c->end_sent || c->goal == c->task->length)
		return false;
	c->phase = PHASE_BODY;
	c->goal = c->task->length;
	c->end_sent = false;
	return true;
}

/* False where the connection is over. */
static bool on_head(struct icap_conn *c, const struct icap_head *h)
{
	char what[24];

	if (h->status == 100) {
		if (!go_on(c))
			fail(c, REASON_ERROR, "protocol");
		return !c->over;
	}
	c->head = *h;
	if (h->status == 200 || (c->phase != PHASE_OPTIONS && (h->status == 204 || h->status == 206)))
		return true;
	snprintf(what, sizeof(what), "status-%u", h->status);
	fail(c, REASON_ERROR, what);
	return false;
}

/* A service that knows no 204 sends the body back: is it ours? */
static void compare(struct icap_conn *c, struct str data)
{
	static char ours[PIECE];

	while (data.n > 0 && !c->changed && c->task != NULL) {
		size_t most = data.n < PIECE ? data.n : PIECE;
		ssize_t n = c->same < c->task->length ? pread(c->task->fd, ours, most, (off_t)c->same) : 0;

		c->changed = n <= 0 || memcmp(ours, data.p, (size_t)n) != 0;
		c->same += n > 0 ? (uint64_t)n : 0;
		data = str_sub(data, n > 0 ? (size_t)n : 0, data.n);
	}
}

/* Bytes that came; false where the connection is over, or idle. */
static bool hear(struct icap_conn *c, struct str in)
{
	while (in.n > 0 && c->phase != PHASE_IDLE) {
		const struct icap_head *h;
		struct str data;
		size_t used;
		enum icap_event e = icap_read(c->reader, in, &used, &data, &h);

		c->heard = true;
		in = str_sub(in, used, in.n);
		if (e == ICAP_BAD)
			fail(c, REASON_ERROR, "protocol");
		else if (e == ICAP_HEAD && !on_head(c, h))
			return false;
		else if (e == ICAP_BODY)
			compare(c, data);
		else if (e == ICAP_END)
			exchange_over(c);
		if (c->over)
			return false;
	}
	if (in.n > 0) { /* bytes that nobody asked for */
		end(c, ICAP_GONE, NULL);
		return false;
	}
	return c->phase != PHASE_IDLE;
}

/* An answer without a body ends with its head: the reader says so without more bytes. */
static bool hear_end(struct icap_conn *c)
{
	const struct icap_head *h;
	struct str data;
	size_t used;

	if (c->phase == PHASE_IDLE || c->head.status == 0 || icap_read(c->reader, STR_NONE, &used, &data, &h) != ICAP_END)
		return true;
	exchange_over(c);
	return false;
}

static ssize_t get(struct icap_conn *c, char *to, size_t n)
{
	ssize_t r;

	if (c->tls != NULL)
		return tls_read(c->tls, to, n);
	r = recv(c->fd, to, n, 0);
	if (r > 0)
		return r;
	if (r == 0)
		return -ERR_EOF;
	return errno == EAGAIN || errno == EINTR ? -ERR_WANT_READ : -ERR_SYSTEM;
}

static void receive(struct icap_conn *c)
{
	static char piece[PIECE];

	for (int i = 0; i < ROUNDS; i++) {
		ssize_t n = get(c, piece, sizeof(piece));

		if (waits(n))
			return;
		if (n <= 0) {
			if (c->phase == PHASE_IDLE)
				end(c, ICAP_GONE, NULL);
			else
				fail(c, REASON_ERROR, "lost");
			return;
		}
		if (!hear(c, str_of(piece, (size_t)n)) || !hear_end(c))
			return;
	}
}

/* ---- the socket ---- */

/* 0: connected, and TLS stands; waits: not yet. */
static int establish(struct icap_conn *c)
{
	struct tls_target to = { .sni = str_c(c->s->url.host), .ip = c->s->url.host, .port = c->s->url.port };
	int r;

	if (!c->connected && sock_connected(c->fd) != 0)
		return -ERR_SYSTEM;
	if (!c->connected && c->phase != PHASE_IDLE)
		timer_set(c->timer, c->s->limits->scan);
	c->connected = true;
	if (c->s->tls == NULL || c->shaken)
		return 0;
	if (strchr(to.ip, ':') != NULL || strspn(to.ip, "0123456789.") == strlen(to.ip))
		to.sni = STR_NONE; /* an address is no name to ask for */
	if (c->tls == NULL && (c->tls = tls_connect(c->s->tls, c->fd, &to)) == NULL)
		return -ERR_NOMEM;
	r = tls_handshake(c->tls);
	c->shaken = r == 0;
	return r;
}

static void on_socket(void *arg, int events)
{
	struct icap_conn *c = arg;
	int r = establish(c);

	(void)events;
	if (waits(r)) {
		watch_set(c->watch, r == -ERR_WANT_READ ? LOOP_READ : LOOP_WRITE);
		return;
	}
	if (r != 0) {
		if (c->tls != NULL && tls_failure(c->tls) != NULL)
			log_warn("TLS with the service: %s", tls_failure(c->tls));
		fail(c, REASON_ERROR, c->connected ? "tls" : "connect");
		return;
	}
	if (send_on(c) != 0 && c->phase == PHASE_IDLE) {
		end(c, ICAP_GONE, NULL);
		return;
	}
	receive(c); /* also where sending failed: it may have said why */
	if (c->watch != NULL)
		watch_set(c->watch, LOOP_READ | (c->out.len > 0 || to_send(c) ? LOOP_WRITE : 0));
}

/* ---- exchanges ---- */

static long preview_of(const struct icap_conn *c)
{
	long most = c->s->options.preview;

	if (most == ICAP_NO_PREVIEW)
		return ICAP_NO_PREVIEW;
	return (uint64_t)most < c->task->length ? most : (long)c->task->length;
}

void icap_conn_ask(struct icap_conn *c, const struct icap_task *t)
{
	struct icap_request q = { .method = ICAP_OPTIONS, .uri = str_c(c->s->uri), .authority = str_c(c->s->url.authority),
		.preview = ICAP_NO_PREVIEW };

	c->task = t;
	c->phase = PHASE_OPTIONS;
	c->sent = c->goal = c->same = 0;
	c->end_sent = c->changed = c->heard = false;
	c->head = (struct icap_head){ 0 };
	if (t != NULL) {
		q.method = t->direction == 0 ? ICAP_REQMOD : ICAP_RESPMOD;
		q.http_method = t->method;
		q.url = t->url;
		q.type = t->type;
		q.length = t->length;
		q.preview = preview_of(c);
		q.allow_204 = c->s->options.allow_204;
		c->phase = q.preview == ICAP_NO_PREVIEW ? PHASE_BODY : PHASE_PREVIEW;
		c->goal = q.preview == ICAP_NO_PREVIEW ? t->length : (uint64_t)q.preview;
	}
	timer_set(c->timer, c->connected ? c->s->limits->scan : c->s->limits->connect);
	if (icap_write_head(&c->out, &q) != 0) /* too long for any buffer of ours: cannot be */
		timer_set(c->timer, 0);
	else
		watch_set(c->watch, LOOP_READ | LOOP_WRITE);
}

struct icap_conn *icap_conn_new(struct icap_service *s, int fd, icap_conn_fn *fn, void *arg)
{
	struct icap_conn *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		close(fd);
		return NULL;
	}
	*c = (struct icap_conn){ .s = s, .fn = fn, .arg = arg, .fd = fd };
	buf_init(&c->out, OUT_MAX);
	c->watch = watch_new(s->loop, fd, on_socket, c);
	c->timer = timer_new(s->loop, on_timer, c);
	c->reader = icap_reader_new();
	if (c->watch != NULL && c->timer != NULL && c->reader != NULL)
		return c;
	icap_conn_free(c);
	return NULL;
}

void icap_conn_free(struct icap_conn *c)
{
	if (c == NULL)
		return;
	stop(c);
	timer_free(c->timer);
	icap_reader_free(c->reader);
	buf_free(&c->out);
	free(c);
}
