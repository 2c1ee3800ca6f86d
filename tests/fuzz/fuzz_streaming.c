/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers of message streams: the first byte says which and behind which coding, the second the
 * size of the pieces. Pieces tell what the whole tells; used never exceeds what was given.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/err.h"
#include "http/event_stream.h"
#include "http/grpc.h"
#include "http/layered.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CAP = 1 << 20 };

struct story {
	uint64_t sum, message; /* of all that ended well; of the one that is open */
	size_t open; /* messages begun and not ended */
	int err;
};

static void mix(uint64_t *sum, uint64_t v)
{
	*sum = (*sum ^ v) * 1099511628211u;
}

static void tell(struct story *s, const struct message_ev *ev)
{
	if (ev->type == MESSAGE_BEGIN || ev->type == MESSAGE_END) {
		mix(&s->sum, (uint64_t)ev->type << 8 | (ev->err != 0));
		s->open += ev->type == MESSAGE_BEGIN ? 1u : (size_t)-1;
	}
	for (size_t i = 0; ev->type == MESSAGE_DATA && i < ev->data.n; i++)
		mix(&s->message, (unsigned char)ev->data.p[i]);
	if (ev->type == MESSAGE_BEGIN)
		s->message = 0;
	if (ev->type == MESSAGE_END && ev->err == 0)
		mix(&s->sum, s->message);
	if (s->open > 1 || (ev->type == MESSAGE_DATA && s->open != 1))
		abort();
	s->err = ev->type == MESSAGE_ERROR ? ev->err : 0;
}

static const struct message_reader *make(uint8_t mode, const struct limits *l, void **self)
{
	static const char *const codings[] = { "", "gzip", "deflate", "br" };
	const struct message_reader *inner = mode & 1 ? &event_stream_reader : &grpc_reader;
	enum grpc_form form = mode & 2 ? GRPC_WEB : GRPC_PLAIN;
	struct str coding = str_c(codings[mode >> 2 & 3]);
	void *made = mode & 1 ? (void *)event_stream_new(l) : (void *)grpc_new(form, STR("gzip"), l);
	int r;

	if (made == NULL)
		abort();
	*self = made;
	if (coding.n == 0 && (mode & 16) == 0)
		return inner;
	r = coding.n == 0 ? layered_base64(l, inner, made, self) : layered_coding(coding, l, inner, made, self);
	if (r != 0)
		abort();
	return &layered_reader;
}

static struct story read_all(uint8_t mode, struct str in, size_t piece, const struct limits *l)
{
	void *self;
	const struct message_reader *r = make(mode, l, &self);
	struct story s = { 0 };
	size_t at = 0, have = 0;

	while (have < in.n && s.err == 0) {
		struct message_ev ev = { .type = MESSAGE_BEGIN };

		have = in.n - have < piece ? in.n : have + piece;
		while (ev.type != MESSAGE_MORE && ev.type != MESSAGE_ERROR) {
			size_t used;

			r->next(self, str_sub(in, at, have - at), &used, &ev);
			if (used > have - at)
				abort();
			at += used;
			if (ev.type == MESSAGE_MORE && at != have)
				abort();
			tell(&s, &ev);
		}
	}
	for (int i = 0; s.err == 0 && r->end != NULL && i < 4; i++) {
		struct message_ev ev;

		r->end(self, &ev);
		if (ev.type == MESSAGE_MORE)
			break;
		tell(&s, &ev);
	}
	r->free(self);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct story whole, pieces;
	struct limits l;
	struct str in;

	if (size < 3)
		return 0;
	limits_default(&l);
	l.decoded = CAP;
	l.head = 4096;
	in = str_of((const char *)data + 2, size - 2);
	whole = read_all(data[0], in, in.n, &l);
	pieces = read_all(data[0], in, data[1] % 64 + 1, &l);
	/* What was told before a fault, in a message or of all, depends on how much is decoded at a time. */
	if ((whole.err != 0) != (pieces.err != 0) || (whole.err == 0 && whole.sum != pieces.sum))
		abort();
	return 0;
}
