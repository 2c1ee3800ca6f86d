/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * WebSocket frames: the first byte says who sends and what was negotiated, the second the size
 * of the pieces. Pieces tell what the whole tells; decoded bytes stay below their cap.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/err.h"
#include "http/ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CAP = 1 << 20 };

struct story {
	uint64_t sum, bytes;
	int err;
};

static void mix(struct story *s, uint64_t v)
{
	s->sum = (s->sum ^ v) * 1099511628211u;
}

static void tell(struct story *s, const struct message_ev *ev)
{
	if (ev->type == MESSAGE_MORE)
		return;
	if (ev->type != MESSAGE_DATA)
		mix(s, (uint64_t)ev->type << 8 | ev->opcode << 1 | ev->text);
	for (size_t i = 0; i < ev->data.n; i++)
		mix(s, (unsigned char)ev->data.p[i]);
	s->bytes += ev->type == MESSAGE_DATA ? ev->data.n : 0;
	s->err = ev->type == MESSAGE_ERROR ? ev->err : 0;
	if (s->bytes > 64u * CAP)
		abort(); /* many messages may come; the input is short */
}

static struct story read_all(uint8_t mode, struct str in, size_t piece, const struct limits *l)
{
	struct ws_deflate d = { .on = (mode & 2) != 0, .no_context = { mode & 4, mode & 8 } };
	struct ws *w = ws_new(mode & 1 ? WS_SERVER : WS_CLIENT, &d, l);
	struct story s = { 0 };

	if (w == NULL)
		abort();
	for (size_t at = 0; at < in.n && s.err == 0; at += piece) {
		struct str part = str_sub(in, at, piece);
		struct message_ev ev = { .type = MESSAGE_BEGIN };

		while (ev.type != MESSAGE_MORE && ev.type != MESSAGE_ERROR) {
			size_t used;

			ws_next(w, part, &used, &ev);
			if (used > part.n || (ev.type == MESSAGE_MORE && used != part.n))
				abort();
			part = str_sub(part, used, part.n);
			tell(&s, &ev);
		}
	}
	ws_free(w);
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
	in = str_of((const char *)data + 2, size - 2);
	whole = read_all(data[0], in, in.n, &l);
	pieces = read_all(data[0], in, data[1] % 64 + 1, &l);
	/* Which fault of several is met first depends on how much is decoded at a time. */
	if ((whole.err != 0) != (pieces.err != 0) || (whole.err == 0 && whole.sum != pieces.sum))
		abort();
	return 0;
}
