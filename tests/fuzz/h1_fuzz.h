/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold for any bytes, in both directions. */
#ifndef TESTS_FUZZ_H1_FUZZ_H
#define TESTS_FUZZ_H1_FUZZ_H

#include "http/h1_write.h"
#include "tests/fuzz/h1_events.h"

enum { LOG_MOST = 64 << 20, EACH_PLACE = 300 };

/* The bytes' own number, so that an input always gets the same cuts. */
static uint32_t seed_of(struct str s)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	return h | 1;
}

static void same(const struct run *r, struct str in, const struct buf *whole, struct cuts cuts)
{
	struct buf log;

	buf_init(&log, LOG_MOST);
	run(&log, r, in, cuts);
	if (!str_eq(buf_view(whole), buf_view(&log)))
		abort();
	buf_free(&log);
}

/* Any segmentation of the same bytes gives the same events. */
static void cuts_are_alike(const struct run *r, struct str in)
{
	struct buf whole;
	uint32_t seed = seed_of(in);

	buf_init(&whole, LOG_MOST);
	run(&whole, r, in, (struct cuts){ 0 });
	same(r, in, &whole, (struct cuts){ .piece = 1 });
	for (uint32_t i = 0; i < 4; i++)
		same(r, in, &whole, (struct cuts){ .seed = seed + i });
	for (size_t at = 1; at < in.n && in.n <= EACH_PLACE; at++)
		same(r, in, &whole, (struct cuts){ .first = at });
	buf_free(&whole);
}

static void write_head(struct buf *out, enum h1_side side, const struct head *h)
{
	struct h1_edit e = {
		.keep_upgrade = h->upgrade, .keep_expect = h->expect_continue, .length = h->length
	};
	int r;

	e.frame = h->body == BODY_CHUNKED ? H1_FRAME_CHUNKED
		  : h->has_length         ? H1_FRAME_LENGTH
		  : h->keep_alive         ? H1_FRAME_NONE
					  : H1_FRAME_CLOSE;
	r = side == H1_REQUEST ? h1_write_request(out, h, &e) : h1_write_response(out, h, &e);
	if (r != 0)
		abort();
}

/* What we write is read by ourselves as what was meant, and written again the same way. */
static void written_is_read_alike(const struct run *r, struct str in)
{
	struct limits wide = *r->limits;
	struct h1 *d = h1_new(r->side, r->limits), *again = h1_new(r->side, &wide);
	struct buf log[2], out[2];
	struct h1_ev ev[2];
	size_t used;

	wide.head *= 2;
	wide.fields += 8;
	for (int i = 0; i < 2; i++) {
		buf_init(&log[i], LOG_MOST);
		buf_init(&out[i], LOG_MOST);
	}
	h1_expect(d, str_c(r->expect));
	h1_expect(again, str_c(r->expect));
	h1_next(d, in, &used, &ev[0]);
	if (ev[0].type == H1_HEAD && (ev[0].head->status != 0 || ev[0].head->host.n > 0)) {
		write_head(&out[0], r->side, ev[0].head);
		h1_next(again, buf_view(&out[0]), &used, &ev[1]);
		if (ev[1].type != H1_HEAD || used != out[0].len)
			abort();
		write_head(&out[1], r->side, ev[1].head);
		log_head(&log[0], ev[0].head, false);
		log_head(&log[1], ev[1].head, false);
		if (ev[0].head->minor == 1 && !str_eq(buf_view(&log[0]), buf_view(&log[1])))
			abort();
		if (!str_eq(buf_view(&out[0]), buf_view(&out[1])))
			abort();
	}
	for (int i = 0; i < 2; i++) {
		buf_free(&log[i]);
		buf_free(&out[i]);
	}
	h1_free(d);
	h1_free(again);
}

static void check(enum h1_side side, const char *expect, struct str in)
{
	struct limits l;
	struct run r = { .side = side, .limits = &l, .expect = expect, .fields = true };

	limits_default(&l);
	l.head = 4096;
	l.fields = 16;
	l.chunk_ext = 32;
	cuts_are_alike(&r, in);
	written_is_read_alike(&r, in);
}

#endif
