/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One HTTP/2 end fed with any bytes: the first byte says which side and whether the owner acts,
 * the second the size of the pieces. Heads that are told obey our own rules, what a peer may take of
 * memory and streams has an end, and however the bytes are cut the same is told.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "http/h2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of the address sanitizer, where the target is built with it. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

/* A head under way (64 KB, twice while it grows), the decoder's table, 128 streams, what waits to go out. */
enum { MEMORY_MAX = 3 << 20, OUT_MAX = 8 << 20 };

static struct h2 *h;
static uint8_t mode;
static unsigned turn;
static struct limits l;
static bool ended; /* GOAWAY came */
static uint64_t story; /* a digest of what was told; body bytes one by one */

static void note(const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		story = (story ^ ((const unsigned char *)p)[i]) * 1099511628211u;
}

static void check_head(const struct head *head)
{
	for (size_t i = 0; i < head->nfields; i++) {
		struct str name = head->fields[i].name, value = head->fields[i].value;

		if (name.n == 0 || name.p[0] == ':' || str_ieq(name, STR("connection")) ||
		    str_ieq(name, STR("transfer-encoding")) || str_chr(value, '\n') >= 0 ||
		    str_chr(value, '\r') >= 0 || str_chr(value, '\0') >= 0)
			abort();
		note(name.p, name.n);
		note(value.p, value.n);
	}
	if (head->nfields > l.fields)
		abort();
	if (head->status == 0 && (head->method.n == 0 || head->host.n == 0))
		abort();
}

static void act(const struct h2_ev *ev)
{
	struct head a = { .status = 200 };

	switch ((mode >> 2) + turn++ % 5) {
	case 0:
		h2_reset(h, ev->stream, 8);
		break;
	case 1:
		h2_response(h, ev->stream, &a, false);
		h2_data(h, ev->stream, STR("some bytes"));
		break;
	case 2:
		h2_end(h, ev->stream, ev->head);
		break;
	case 3:
		h2_goaway(h, 0);
		break;
	default:
		break;
	}
}

static void on(void *arg, const struct h2_ev *ev)
{
	(void)arg;
	if (ev->type != H2_DATA) /* bodies are told as they are cut */
		note(&ev->type, sizeof(ev->type));
	if (ev->type == H2_DATA)
		note(ev->data.p, ev->data.n);
	else
		note(&ev->stream, sizeof(ev->stream));
	ended |= ev->type == H2_GOAWAY;
	if (ev->type == H2_HEAD)
		check_head(ev->head);
	if (ev->type == H2_DATA && (mode & 2) == 0)
		h2_consumed(h, ev->stream, ev->data.n);
	if (ev->stream != 0 && (mode & 2) != 0)
		act(ev);
}

static void drain(size_t *out)
{
	for (struct str s = h2_output(h); s.n > 0; s = h2_output(h))
		if ((*out += s.n) > OUT_MAX)
			abort();
}

/* What must hold at any time. */
static void look(size_t before, uint64_t now)
{
	if (h2_streams(h) > l.h2_streams + 2 || h2_queued_all(h) > (l.out + l.h2_window) * (l.h2_streams + 2))
		abort();
	if (&__sanitizer_get_current_allocated_bytes != NULL &&
	    __sanitizer_get_current_allocated_bytes() > before + MEMORY_MAX)
		abort();
	h2_slow_stream(h, now);
	h2_slow(h, now);
	if (h2_waits_since(h) > now)
		abort();
}

static int run(const uint8_t *data, size_t size, size_t piece, bool output)
{
	size_t before = &__sanitizer_get_current_allocated_bytes != NULL ? __sanitizer_get_current_allocated_bytes() : 0;
	struct head q = { .method = STR("GET"), .path = STR("/"), .host = STR("a.example") };
	size_t out = 0;
	int r = 0;

	turn = 0;
	story = 14695981039346656037u;
	h = h2_new(mode & 1 ? H2_CLIENT : H2_SERVER, &l, on, NULL);
	if (h == NULL)
		abort();
	if (mode & 1) {
		h2_request(h, &q, true);
		h2_request(h, &q, false);
		drain(&out);
	} else {
		h2_feed(h, str_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24), 1);
	}
	for (size_t at = 0; at < size && r == 0; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		r = h2_feed(h, str_of((const char *)data + at, n), output ? at + 1 : 1);
		if (r != h2_error(h))
			abort();
		if (output)
			drain(&out);
		look(before, output ? at + 1 : 1);
	}
	if (r != 0 && h2_feed(h, STR("more"), size + 1) != r)
		abort();
	drain(&out);
	h2_free(h);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole;
	int r, cut;

	if (size < 3)
		return 0;
	limits_default(&l);
	l.h2_budget = data[1] & 0x80 ? 50 : l.h2_budget;
	mode = data[0];
	ended = false;
	run(data + 2, size - 2, data[1] % 128 + 1, true);
	if ((mode & 2) != 0) /* the owner's acts depend on the pieces of bodies */
		return 0;
	r = run(data + 2, size - 2, size, false);
	whole = story;
	cut = run(data + 2, size - 2, data[1] % 128 + 1, false);
	/* The library counts the beginning of a CONTINUATION that comes in parts once for each, and
	 * looks at nothing that comes in another piece than the end. */
	if (!ended && r != -ERR_H2_FLOOD && cut != -ERR_H2_FLOOD && (cut != r || (r == 0 && story != whole)))
		abort();
	return 0;
}
