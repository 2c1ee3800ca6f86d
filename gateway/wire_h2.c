/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages as streams of the flow's two HTTP/2 connections; a kept head is a copy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "gateway/fields.h"
#include "gateway/mux.h"
#include "gateway/ranged.h"
#include "gateway/wire.h"

enum { PIECE = 32 << 10, FULL_QUEUES = 4, INTERNAL_ERROR = 2, CANCEL = 8 };

static struct h2 *receiver(const struct txn *t, const struct leg *g)
{
	return g == &t->up ? mux_origin(t->f->mux) : mux_client(t->f->mux);
}

static int32_t stream(const struct txn *t, const struct leg *g)
{
	return g == &t->up ? t->origin_stream : t->client_stream;
}

/* Expect is ours to answer while a body is held. */
static int keep(struct leg *g, const struct head *h, const struct h1_edit *e)
{
	const char *drop[16] = { NULL };
	size_t n = 0;

	for (; e->drop != NULL && e->drop[n] != NULL && n < 14; n++)
		drop[n] = e->drop[n];
	if (!e->keep_expect)
		drop[n] = "expect";
	free(g->kept);
	g->kept = head_copy(h, drop, e->add, e->nadd);
	return g->kept != NULL ? 0 : -ERR_NOMEM;
}

static int keep_request(struct txn *t, const struct head *h, const struct h1_edit *e)
{
	return keep(&t->up, h, e);
}

static int keep_response(struct txn *t, const struct head *h, const struct h1_edit *e)
{
	return keep(&t->down, h, e);
}

/* Names are in lower case there (RFC 9113 section 8.2.1). */
static int add(struct txn *t, struct leg *g, const struct field *f)
{
	char name[64];
	struct field low = { .name = { name, f->name.n }, .value = f->value };
	struct head *with;

	(void)t;
	if (g->kept == NULL || f->name.n >= sizeof(name))
		return -ERR_LIMIT;
	fields_lower(f->name, name, sizeof(name));
	with = head_copy(g->kept, NULL, &low, 1);
	if (with == NULL)
		return -ERR_NOMEM;
	free(g->kept);
	g->kept = with;
	return 0;
}

static int send_head(struct txn *t, struct leg *g)
{
	int32_t r;

	if (g->head_out || g->kept == NULL)
		return 0;
	g->head_out = true;
	if (g == &t->up) {
		g->end_out = t->up_body == BODY_NONE;
		r = h2_request(mux_origin(t->f->mux), g->kept, g->end_out);
		if (r > 0) {
			t->origin_stream = r;
			h2_set_own(mux_origin(t->f->mux), r, t);
			r = 0;
		}
	} else {
		g->end_out = g->kind == BODY_NONE;
		r = h2_response(mux_client(t->f->mux), t->client_stream, g->kept, g->end_out);
	}
	free(g->kept);
	g->kept = NULL;
	return r;
}

static int put(struct txn *t, struct leg *g, struct str data)
{
	return data.n == 0 || g->end_out ? 0 : h2_data(receiver(t, g), stream(t, g), data);
}

static ssize_t pour(struct txn *t, struct leg *g)
{
	ssize_t n = ranged_read(g, g->released, t->f->w->scratch, PIECE);
	int r = n > 0 ? put(t, g, str_of(t->f->w->scratch, (size_t)n)) : 0;

	return r != 0 ? r : n;
}

/* Each stream may have its queue, but where many of a connection stand still, each a small one. */
static bool room(const struct txn *t, const struct leg *g)
{
	const struct h2 *to = receiver(t, g);
	size_t out = t->f->w->limits.out;

	return h2_queued(to, stream(t, g)) < (h2_queued_all(to) < FULL_QUEUES * out ? out : PIECE);
}

static int keep_trailers(struct txn *t, struct leg *g, const struct head *trailers)
{
	(void)t;
	if (g->kept_trailers == NULL)
		g->kept_trailers = head_copy(trailers, NULL, NULL, 0);
	return g->kept_trailers != NULL ? 0 : -ERR_NOMEM;
}

static int finish(struct txn *t, struct leg *g)
{
	if (g->end_out)
		return 0;
	g->end_out = true;
	return h2_end(receiver(t, g), stream(t, g), g->kept_trailers);
}

static int interim(struct txn *t, const struct head *h, const struct h1_edit *e)
{
	struct head *copy = head_copy(h, e->drop, NULL, 0);
	int r = copy != NULL ? h2_response(mux_client(t->f->mux), t->client_stream, copy, false)
			     : -ERR_NOMEM;

	free(copy);
	return r;
}

/* Whatever the origin still does with this request is for nobody. */
static void leave_origin(struct txn *t)
{
	if (t->origin_stream != 0 && mux_origin(t->f->mux) != NULL)
		h2_reset(mux_origin(t->f->mux), t->origin_stream, CANCEL);
	t->origin_stream = 0;
}

static void answer(struct txn *t, unsigned status, const char *type, struct str body)
{
	bool to_head = strcmp(t->method, "HEAD") == 0;
	struct h2 *client = mux_client(t->f->mux);
	char length[24];
	struct field f[] = { { STR("content-type"), str_c(type) },
		{ STR("content-length"), STR_NONE }, { STR("cache-control"), STR("no-store") },
		{ STR("x-content-type-options"), STR("nosniff") } };
	struct head h = { .status = status, .fields = f, .nfields = 4 };

	snprintf(length, sizeof(length), "%zu", body.n);
	f[1].value = str_c(length);
	if (h2_response(client, t->client_stream, &h, to_head) == 0 && !to_head) {
		h2_data(client, t->client_stream, body);
		h2_end(client, t->client_stream, NULL);
	}
	leave_origin(t);
}

static void kill_stream(struct txn *t)
{
	h2_reset(mux_client(t->f->mux), t->client_stream, INTERNAL_ERROR);
	t->client_stream = 0;
	leave_origin(t);
	t->refused = true;
	t->up.state = t->down.state = LEG_DONE;
}

static void wake(struct txn *t)
{
	flow_run(t->f);
}

const struct wire wire_h2 = { keep_request, keep_response, add, send_head, put, pour, room, keep_trailers,
	finish, interim, answer, leave_origin, kill_stream, wake };
