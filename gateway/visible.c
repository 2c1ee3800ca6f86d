/* SPDX-License-Identifier: BSD-2-Clause */
/* The origin's first flight in a tunnel, read before it is passed on. */
#include "gateway/visible.h"

#include <stdio.h>

#include "core/counter.h"
#include "core/err.h"
#include "intercept/sock.h"
#include "mitm/flight.h"

enum { FLIGHT_MAX = 64 << 10 };

static void note(struct flow *f, const char *word)
{
	snprintf(f->visible_chain, sizeof(f->visible_chain), "%s", word);
}

/* The chain is for the name that the client asked for, or for the address that it called. */
static int verify(struct flow *f, const struct flight *flight)
{
	struct verify_report report;
	char ip[64];

	COUNT_ADD(visible_chains, 1);
	verify_chain(f->w->store, flight->certs, flight->n, str_c(f->host),
	    sock_text((const struct sockaddr *)&f->to_sa, ip, sizeof(ip)), &report);
	if (report.err == 0)
		note(f, "good");
	else
		tls_error_words(report.errors, f->visible_chain, sizeof(f->visible_chain));
	return report.err;
}

/* What was read says it, or nothing more can come. */
static int judge(struct flow *f, int r, const struct flight *flight)
{
	if (r != 0) {
		note(f, r == -ERR_MORE || r == -ERR_NOT_TLS ? "none" : "unread");
		return r == -ERR_MORE ? 0 : r; /* the origin ended: there is nothing to pass */
	}
	switch (flight->kind) {
	case FLIGHT_CHAIN:
		return verify(f, flight);
	case FLIGHT_HIDDEN:
		note(f, "hidden");
		return 0;
	case FLIGHT_RESUMED:
		note(f, "resumed");
		return 0;
	default:
		note(f, "none");
		return 0;
	}
}

/* Read until the parser has seen enough: its answer, or -ERR_MORE with *end set at the end. */
static int read_flight(struct flow *f, struct buf *space, struct flight *flight, bool *end)
{
	struct end *o = &f->origin;
	int r = -ERR_MORE;

	while (r == -ERR_MORE) {
		size_t room = FLIGHT_MAX - o->in.len;
		ssize_t n;

		if (room == 0)
			return -ERR_LIMIT;
		n = end_read(o, f->w->scratch, room < WORKER_SCRATCH ? room : WORKER_SCRATCH);
		*end = n < 0;
		if (n <= 0)
			return r;
		if (buf_append(&o->in, f->w->scratch, (size_t)n) != 0)
			return -ERR_NOMEM;
		r = flight_parse(buf_view(&o->in), space, flight);
	}
	return r;
}

int visible_step(struct flow *f)
{
	const struct config_tls *conf = config_tls(policy_config(f->policy));
	struct flight flight = { .kind = FLIGHT_NONE };
	struct buf space;
	bool end = false;
	int r;

	buf_init(&space, FLIGHT_MAX);
	r = read_flight(f, &space, &flight, &end);
	if (r == -ERR_MORE && !end) {
		buf_free(&space);
		return 0;
	}
	r = judge(f, r, &flight);
	buf_free(&space);
	if (r != 0 && conf->passthrough_check != PASSTHROUGH_LOG) {
		COUNT_ADD(blocked, 1);
		f->action = "refuse"; /* whatever was noted when it began */
		snprintf(f->reason, sizeof(f->reason), "origin: %s", err_name(r));
		return r;
	}
	if (buf_str(&f->client.out, buf_view(&f->origin.in)) != 0)
		return -ERR_NOMEM;
	buf_free(&f->origin.in);
	return 1;
}
