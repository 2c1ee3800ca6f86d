/* SPDX-License-Identifier: BSD-2-Clause */
/* Decode a stream in pieces and write down what came out, so that two ways of cutting the same
 * bytes can be compared. */
#ifndef TESTS_FUZZ_H1_EVENTS_H
#define TESTS_FUZZ_H1_EVENTS_H

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "http/h1.h"

static void note_head(struct buf *log, const struct head *h)
{
	buf_printf(log, "HEAD %.*s %.*s %.*s %u body %d len %llu keep %d up %d exp %d\n", STR_FMT(h->method),
	    STR_FMT(h->path), STR_FMT(h->host), h->status, (int)h->body, (unsigned long long)h->length,
	    h->keep_alive, h->upgrade, h->expect_continue);
	for (size_t i = 0; i < h->nfields; i++)
		buf_printf(log, "F %.*s=%.*s\n", STR_FMT(h->fields[i].name), STR_FMT(h->fields[i].value));
}

/* Adjacent DATA is one: only bytes and their order count. */
static bool note(struct buf *log, const struct h1_ev *ev, bool *in_data)
{
	if (ev->type == H1_DATA) {
		if (!*in_data)
			buf_printf(log, "DATA ");
		*in_data = true;
		buf_str(log, ev->data);
		return true;
	}
	if (ev->type != H1_MORE && *in_data) {
		buf_printf(log, "\n");
		*in_data = false;
	}
	if (ev->type == H1_HEAD || ev->type == H1_TRAILERS)
		note_head(log, ev->head);
	else if (ev->type == H1_END)
		buf_printf(log, "END\n");
	else if (ev->type == H1_ERROR)
		buf_printf(log, "ERROR\n");
	else if (ev->type == H1_TUNNEL)
		buf_printf(log, "TUNNEL\n");
	return ev->type != H1_ERROR && ev->type != H1_TUNNEL;
}

/* piece: bytes at a time (0: all); each piece is a copy of its exact size. */
static void run(struct buf *log, enum h1_side side, const struct limits *l, struct str in, size_t piece)
{
	struct h1 *d = h1_new(side, l);
	struct h1_ev ev = { .type = H1_MORE };
	bool in_data = false, go = d != NULL;

	if (d != NULL)
		h1_expect(d, STR("GET"));
	while (go && in.n > 0) {
		size_t n = piece == 0 || piece > in.n ? in.n : piece, at = 0;
		char *copy = malloc(n);

		if (copy == NULL)
			abort();
		memcpy(copy, in.p, n);
		do {
			size_t used = 0;

			h1_next(d, str_of(copy + at, n - at), &used, &ev);
			if (used > n - at)
				abort();
			at += used;
			go = note(log, &ev, &in_data);
		} while (go && ev.type != H1_MORE);
		free(copy);
		in = str_sub(in, n, in.n);
	}
	if (go && d != NULL) {
		h1_eof(d, &ev);
		note(log, &ev, &in_data);
	}
	h1_free(d);
}

static void compare(enum h1_side side, struct str in)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 64 };
	struct limits l;
	struct buf whole, cut;

	limits_default(&l);
	l.head = 4096;
	l.fields = 16;
	buf_init(&whole, 64 << 20);
	run(&whole, side, &l, in, 0);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		buf_init(&cut, 64 << 20);
		run(&cut, side, &l, in, pieces[i]);
		if (!str_eq(buf_view(&whole), buf_view(&cut)))
			abort();
		buf_free(&cut);
	}
	buf_free(&whole);
}

#endif
