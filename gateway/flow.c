/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver of flows: the step table, deadlines, and the end. */
#include "gateway/flow.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/mux.h"
#include "gateway/fetching.h"
#include "gateway/pinning.h"
#include "gateway/report.h"
#include "gateway/share.h"
#include "gateway/slow.h"
#include "gateway/signing.h"
#include "gateway/sockpool.h"
#include "gateway/tunnel.h"
#include "gateway/txn.h"
#include "intercept/sock.h"

enum { FLOW_STEPS_PER_RUN = 64, SLICE = 300 /* microseconds */ };

static const struct step {
	const char *name;
	enum flow_state (*fn)(struct flow *f);
	size_t limit;
	unsigned next;
} steps[] = {
#define N(name) (1u << FLOW_##name)
#define FLOW(name, step, limit, next, doc)                                                         \
	[FLOW_##name] = { #name, step, offsetof(struct limits, limit), next },
#include "gateway/flow.def"
#undef FLOW
#undef N
};

void flow_deadline(struct flow *f, uint64_t ms)
{
	uint64_t now = loop_now(f->w->loop);
	uint64_t was = f->deadline;

	f->deadline = now + ms;
	/* A later deadline is found by on_time when the earlier one fires: no heap work per event. */
	if (was == 0 || was <= now || was > f->deadline)
		timer_set(f->timer, ms);
}

void flow_touch(struct flow *f)
{
	if (f->state < FLOW_END)
		flow_deadline(f,
		    *(const uint64_t *)((const char *)&f->w->limits + steps[f->state].limit));
}

void flow_note(struct flow *f, const char *action, const char *rule, const char *fmt, ...)
{
	va_list ap;

	if (f->reason[0] != '\0')
		return;
	if (action != NULL)
		f->action = action;
	if (rule != NULL)
		f->rule = rule;
	va_start(ap, fmt);
	vsnprintf(f->reason, sizeof(f->reason), fmt, ap);
	va_end(ap);
}

enum flow_state flow_abort(struct flow *f, const char *action, const char *rule, int err)
{
	flow_note(f, action, rule, "%s", err_name(err));
	f->reset = true;
	return FLOW_END;
}

enum flow_state flow_alert(struct flow *f, unsigned char code)
{
	const char alert[] = { 0x15, 3, 3, 0, 2, 2, (char)code };

	if (buf_append(&f->client.out, alert, sizeof(alert)) == 0)
		return FLOW_LINGER;
	f->reset = true;
	return FLOW_END;
}

static struct addr addr_of(const struct sockaddr_storage *ss)
{
	struct addr a = { .port = sock_port((const struct sockaddr *)ss) };

	if (ss->ss_family == AF_INET6) {
		a.ip = ((const struct sockaddr_in6 *)ss)->sin6_addr;
	} else {
		a.ip.s6_addr[10] = a.ip.s6_addr[11] = 0xff;
		memcpy(&a.ip.s6_addr[12], &((const struct sockaddr_in *)ss)->sin_addr, 4);
	}
	return a;
}

struct facts flow_facts(const struct flow *f, enum stage stage)
{
	return (struct facts){ .stage = stage, .protocol = f->protocol, .client = f->from,
		.destination = f->to, .host = str_c(f->host) };
}

static void flow_free(struct flow *f)
{
	struct worker *w = f->w;

	if (f->txn != NULL)
		txn_abandon(f);
	mux_free(f->mux);
	pinning_flow_end(f);
	report_flow(f);
	worker_remove(w, f->handle);
	share_leave(f->share);
	if (f->waiting_socket)
		sockpool_forget(w->sockets, f);
	if (f->signing != 0)
		signing_forget(w->signing, f->signing);
	if (f->fetching != 0)
		fetching_forget(w->fetching, f->fetching);
	tunnel_free(f->tunnel);
	end_close(&f->client, f->reset);
	end_close(&f->origin, f->reset || f->origin.out.len > 0);
	h1_free(f->req);
	h1_free(f->resp);
	leaf_free(f->leaf);
	free(f->wish);
	free(f->hello);
	timer_free(f->timer);
	timer_free(f->asking);
	policy_free(f->policy);
	COUNT_SUB(flows_open, 1);
	free(f);
}

void flow_run(struct flow *f)
{
	if (f->running) {
		f->again = true;
		return;
	}
	f->running = true;
	f->slice_ends = loop_us() + SLICE;
	for (int i = 0; i < FLOW_STEPS_PER_RUN && f->state != FLOW_END; i++) {
		enum flow_state was = f->state, next;

		f->again = false;
		next = steps[was].fn(f);
		assert(next == was || next == FLOW_END || (steps[was].next & (1u << next)) != 0);
		f->state = next;
		if (next != was)
			flow_touch(f);
		else if (!f->again)
			break;
	}
	f->running = false;
	if (f->state == FLOW_END)
		flow_free(f);
}

void flow_wake(struct flow *f)
{
	if (f->running)
		f->again = true;
	else
		flow_yield(f);
}

void flow_yield(struct flow *f)
{
	if (!f->yielded)
		f->yielded = worker_later(f->w, f->handle);
}

bool flow_spent(const struct flow *f)
{
	return loop_us() >= f->slice_ends;
}

static const char *timeout_action(const struct flow *f)
{
	return f->state == FLOW_TUNNEL || f->state == FLOW_RELAY ? f->action : "timeout";
}

static void on_time(void *arg)
{
	struct flow *f = arg;
	uint64_t now = loop_now(f->w->loop);

	if (f->deadline > now) {
		timer_set(f->timer, f->deadline - now);
		return;
	}
	f->deadline = 0;
	if (f->state == FLOW_PEEK || f->state == FLOW_INNER) { /* silence is a protocol, too */
		f->protocol = PROTOCOL_UNKNOWN;
		flow_run(f);
		return;
	}
	if ((f->state == FLOW_HTTP || f->state == FLOW_H2) && slow_still_takes(f)) {
		flow_deadline(f, f->w->limits.idle);
		flow_run(f);
		return;
	}
	if (f->state == FLOW_HTTP && txn_timeout(f)) {
		flow_run(f);
		return;
	}
	if (f->state == FLOW_H2 && mux_timeout(f->mux)) {
		flow_touch(f);
		return;
	}
	f->reset = f->state != FLOW_LINGER && !(f->state == FLOW_H2 && mux_idle(f->mux)) && !(f->state == FLOW_HTTP && f->txn == NULL);
	flow_note(f, timeout_action(f), NULL, "timeout in %s", steps[f->state].name);
	f->state = FLOW_END;
	flow_run(f);
}

static void on_client(void *arg, int events)
{
	struct flow *f = arg;

	(void)events;
	if (!f->yielded) /* it comes in its turn: those who always have more do not get two */
		flow_run(f);
}

/* Over any limit of the worker, or nothing could be recorded: shed it here. */
static bool must_refuse(struct worker *w)
{
	return w->draining ||
	       (audit_full(w->audit) &&
		   config_audit(policy_config(w->policy))->when_full == WHEN_FULL_BLOCK);
}

static struct share *enter(struct worker *w, const struct addr *from)
{
	const char *why;
	struct share *s = share_enter(w->shares, &w->limits, &from->ip, loop_now(w->loop), &why);

	if (s == NULL)
		COUNT_ADD(flows_refused_client, 1);
	return s;
}

void flow_accept(struct worker *w, int fd, const struct sockaddr_storage *client,
    const struct sockaddr_storage *destination)
{
	struct addr from = addr_of(client);
	struct share *share = must_refuse(w) ? NULL : enter(w, &from);
	struct flow *f = share == NULL ? NULL : calloc(1, sizeof(*f));

	if (f == NULL || !worker_add(w, f, &f->handle)) {
		free(f);
		share_leave(share);
		COUNT_ADD(flows_refused, 1);
		sock_reset(fd);
		return;
	}
	f->w = w;
	f->share = share;
	f->id = ++w->next_flow_id;
	f->policy = policy_ref(w->policy);
	f->generation = w->generation;
	f->from_sa = *client;
	f->to_sa = *destination;
	f->family = destination->ss_family;
	f->from = from;
	f->to = addr_of(destination);
	f->origin.fd = -1;
	f->client.fd = -1;
	f->started = loop_now(w->loop);
	f->action = "intercept";
	f->timer = timer_new(w->loop, on_time, f);
	COUNT_ADD(flows, 1);
	COUNT_ADD(flows_open, 1);
	if (f->timer == NULL || end_open(&f->client, w->loop, fd, on_client, f) != 0) {
		f->state = FLOW_END;
		flow_note(f, "refuse", NULL, "no memory");
	}
	flow_touch(f);
	flow_run(f);
}

void flow_drain(struct flow *f)
{
	if (f->state == FLOW_HTTP || f->state == FLOW_H2) /* what was asked already is still answered */
		flow_run(f);
}
