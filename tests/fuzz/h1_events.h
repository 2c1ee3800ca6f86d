/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decode a stream in pieces and write down what came out, so that ways of cutting the same bytes
 * can be compared: adjacent DATA is one, all else must be equal to the error's name.
 */
#ifndef TESTS_FUZZ_H1_EVENTS_H
#define TESTS_FUZZ_H1_EVENTS_H

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "http/h1.h"

/* How to cut: `first` bytes (if not 0), then pieces of `piece` (0: all), or by chance (seed). */
struct cuts {
	size_t first, piece;
	uint32_t seed;
};

struct run {
	enum h1_side side;
	const struct limits *limits;
	const char *expect; /* the method that responses answer */
	bool fields;        /* write the fields down, too */
};

static size_t next_cut(struct cuts *c, size_t left)
{
	size_t n = c->first > 0 ? c->first : c->piece > 0 ? c->piece : left;

	if (c->first == 0 && c->seed != 0) {
		c->seed = c->seed * 1664525u + 1013904223u;
		n = 1 + (c->seed >> 16) % ((c->seed >> 8) % 4 == 0 ? 200 : 9);
	}
	c->first = 0;
	return n < left ? n : left;
}

static void log_fields(struct buf *log, const struct head *h)
{
	for (size_t i = 0; i < h->nfields; i++) {
		buf_str(log, i > 0 ? STR("|") : STR(" "));
		buf_str(log, h->fields[i].name);
		buf_str(log, STR("="));
		buf_str(log, h->fields[i].value);
	}
}

/* "GET /x a.test length 5 keep" or "200 chunked keep" */
static void log_head(struct buf *log, const struct head *h, bool fields)
{
	static const char *const kinds[] = { "none", "length", "chunked", "close", "tunnel" };

	if (h->status != 0)
		buf_printf(log, "%u", h->status);
	else {
		buf_str(log, h->method);
		buf_str(log, STR(" "));
		buf_str(log, h->path);
		buf_str(log, STR(" "));
		buf_str(log, h->host);
	}
	buf_printf(log, " %s", kinds[h->body]);
	if (h->has_length)
		buf_printf(log, " %llu", (unsigned long long)h->length);
	buf_printf(log, "%s%s%s", h->keep_alive ? " keep" : "", h->upgrade ? " upgrade" : "",
	    h->expect_continue ? " expect" : "");
	if (fields)
		log_fields(log, h);
}

/* False where nothing can follow. */
static bool log_event(struct buf *log, const struct h1_ev *ev, bool *in_data, bool fields)
{
	if (ev->type == H1_MORE)
		return true;
	if (ev->type == H1_DATA && *in_data) {
		buf_str(log, ev->data);
		return true;
	}
	if (log->len > 0)
		buf_str(log, *in_data ? STR("); ") : STR("; "));
	*in_data = ev->type == H1_DATA;
	if (ev->type == H1_DATA) {
		buf_str(log, STR("data("));
		buf_str(log, ev->data);
	} else if (ev->type == H1_HEAD) {
		log_head(log, ev->head, fields);
	} else if (ev->type == H1_TRAILERS) {
		buf_str(log, STR("trailers"));
		log_fields(log, ev->head);
	} else {
		buf_printf(log, "%s%s",
		    ev->type == H1_END      ? "end"
		    : ev->type == H1_TUNNEL ? "tunnel"
					    : "error ",
		    ev->type == H1_ERROR ? err_name(ev->err) : "");
	}
	return ev->type != H1_ERROR && ev->type != H1_TUNNEL;
}

/* One piece, as a copy of its exact size so that a sanitizer sees its ends. */
static bool run_piece(struct h1 *d, struct buf *log, struct str in, bool *in_data, bool fields)
{
	char *copy = malloc(in.n);
	struct h1_ev ev;
	size_t at = 0;
	bool go = true;

	if (copy == NULL)
		abort();
	memcpy(copy, in.p, in.n);
	do {
		size_t used = in.n + 1;

		h1_next(d, str_of(copy + at, in.n - at), &used, &ev);
		if (used > in.n - at)
			abort();
		at += used;
		go = log_event(log, &ev, in_data, fields);
		if (ev.type == H1_END && !h1_idle(d))
			abort();
	} while (go && ev.type != H1_MORE);
	if (go && at != in.n) /* MORE means that all was taken */
		abort();
	free(copy);
	return go;
}

static void run(struct buf *log, const struct run *r, struct str in, struct cuts cuts)
{
	struct h1 *d = h1_new(r->side, r->limits);
	struct h1_ev ev;
	bool in_data = false, go = true;

	if (d == NULL)
		abort();
	h1_expect(d, str_c(r->expect));
	while (go && in.n > 0) {
		size_t n = next_cut(&cuts, in.n);

		go = run_piece(d, log, str_sub(in, 0, n), &in_data, r->fields);
		in = str_sub(in, n, in.n);
	}
	if (go) {
		h1_eof(d, &ev);
		log_event(log, &ev, &in_data, r->fields);
	}
	if (in_data)
		buf_str(log, STR(")"));
	h1_free(d);
}

#endif
