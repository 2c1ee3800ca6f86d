/* SPDX-License-Identifier: BSD-2-Clause */
/* The event loop over libuv; no other file includes uv.h. */
#include "core/loop.h"

#include <stdlib.h>
#include <uv.h>

#include "core/err.h"

enum { LOOP_TURN_FNS = 8 };

struct loop {
	uv_loop_t uv;
	uv_check_t check;
	uv_idle_t idle;
	timer_fn *busy;
	void *busy_arg;
	struct {
		timer_fn *fn;
		void *arg;
	} turn[LOOP_TURN_FNS];
	int nturn;
};

struct watch {
	uv_poll_t poll;
	watch_fn *fn;
	void *arg;
	int events; /* wanted */
	int armed;  /* asked of the kernel: these and maybe more */
};

struct timer {
	uv_timer_t timer;
	timer_fn *fn;
	void *arg;
};

struct signal_watch {
	uv_signal_t signal;
	signal_fn *fn;
	void *arg;
};

static void on_check(uv_check_t *check)
{
	struct loop *l = check->data;

	for (int i = 0; i < l->nturn; i++)
		l->turn[i].fn(l->turn[i].arg);
}

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	if (uv_loop_init(&l->uv) != 0) {
		free(l);
		return NULL;
	}
	uv_check_init(&l->uv, &l->check);
	uv_idle_init(&l->uv, &l->idle);
	l->check.data = l->idle.data = l;
	return l;
}

void loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

static void on_closed_free(uv_handle_t *h)
{
	free(h->data);
}

static void close_any(uv_handle_t *h, void *arg)
{
	struct loop *l = arg;

	if (uv_is_closing(h))
		return;
	uv_close(h, h == (uv_handle_t *)&l->check || h == (uv_handle_t *)&l->idle ? NULL : on_closed_free);
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	uv_walk(&l->uv, close_any, l);
	uv_run(&l->uv, UV_RUN_DEFAULT);
	uv_loop_close(&l->uv);
	free(l);
}

uint64_t loop_now(const struct loop *l)
{
	return uv_now(&l->uv);
}

uint64_t loop_us(void)
{
	return uv_hrtime() / 1000;
}

void loop_on_turn(struct loop *l, timer_fn *fn, void *arg)
{
	if (l->nturn == LOOP_TURN_FNS)
		return;
	l->turn[l->nturn].fn = fn;
	l->turn[l->nturn].arg = arg;
	if (l->nturn++ == 0) {
		uv_check_start(&l->check, on_check);
		uv_unref((uv_handle_t *)&l->check);
	}
}

static void on_idle(uv_idle_t *idle)
{
	struct loop *l = idle->data;

	l->busy(l->busy_arg);
}

void loop_busy(struct loop *l, timer_fn *fn, void *arg)
{
	l->busy = fn;
	l->busy_arg = arg;
	if (fn != NULL)
		uv_idle_start(&l->idle, on_idle);
	else
		uv_idle_stop(&l->idle);
}

struct watch *watch_new(struct loop *l, int fd, watch_fn *fn, void *arg)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	if (uv_poll_init(&l->uv, &w->poll, fd) != 0) {
		free(w);
		return NULL;
	}
	w->poll.data = w;
	w->fn = fn;
	w->arg = arg;
	return w;
}

static void on_poll(uv_poll_t *poll, int status, int events);

/* What the kernel is asked for becomes what is wanted. */
static void arm(struct watch *w)
{
	/* Errors are always told, as long as anything is asked for: urgent data is what never comes. */
	int e = (w->events & LOOP_READ ? UV_READABLE : 0) | (w->events & LOOP_WRITE ? UV_WRITABLE : 0) |
		(w->events & LOOP_END ? UV_DISCONNECT : 0) | (w->events & LOOP_BROKEN ? UV_PRIORITIZED : 0);

	w->armed = w->events;
	if (e == 0)
		uv_poll_stop(&w->poll);
	else
		uv_poll_start(&w->poll, e, on_poll);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	int e = (events & UV_READABLE ? LOOP_READ : 0) | (events & UV_WRITABLE ? LOOP_WRITE : 0) |
		(events & UV_DISCONNECT ? LOOP_END : 0);

	if ((events & UV_PRIORITIZED) != 0) /* it did come: asked no more, or it would be told for ever */
		w->events &= ~LOOP_BROKEN;
	/* An error on the descriptor shows as readiness: the next read or write will say it. The
	 * library has stopped watching it. */
	if (status < 0) {
		e = LOOP_READ | LOOP_WRITE | LOOP_END | LOOP_BROKEN;
		w->armed = 0;
	}
	if ((e & w->events) != 0)
		w->fn(w->arg, status < 0 ? e : e & w->events);
	else
		arm(w);
}

/*
 * Each change costs the library two calls into the kernel, and most are taken back before anything
 * happened: what is not wanted any more is only noted until it comes.
 */
void watch_set(struct watch *w, int events)
{
	w->events = events;
	if ((events & ~w->armed) != 0)
		arm(w);
}

void watch_free(struct watch *w)
{
	if (w != NULL)
		uv_close((uv_handle_t *)&w->poll, on_closed_free);
}

struct timer *timer_new(struct loop *l, timer_fn *fn, void *arg)
{
	struct timer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	uv_timer_init(&l->uv, &t->timer);
	t->timer.data = t;
	t->fn = fn;
	t->arg = arg;
	return t;
}

static void on_timer(uv_timer_t *timer)
{
	struct timer *t = timer->data;

	t->fn(t->arg);
}

void timer_set(struct timer *t, uint64_t ms)
{
	uv_timer_start(&t->timer, on_timer, ms, 0);
}

void timer_stop(struct timer *t)
{
	uv_timer_stop(&t->timer);
}

void timer_free(struct timer *t)
{
	if (t != NULL)
		uv_close((uv_handle_t *)&t->timer, on_closed_free);
}

static void on_signal(uv_signal_t *signal, int signo)
{
	struct signal_watch *s = signal->data;

	s->fn(s->arg, signo);
}

int loop_signal(struct loop *l, int signo, signal_fn *fn, void *arg)
{
	struct signal_watch *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ERR_SYSTEM;
	if (uv_signal_init(&l->uv, &s->signal) != 0) {
		free(s);
		return -ERR_SYSTEM;
	}
	s->signal.data = s;
	s->fn = fn;
	s->arg = arg;
	return uv_signal_start(&s->signal, on_signal, signo) == 0 ? 0 : -ERR_SYSTEM;
}
