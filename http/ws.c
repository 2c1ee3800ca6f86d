/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame reader (RFC 6455 section 5). Whatever a receiver must fail the connection for, does. */
#include "http/ws.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "http/ws_deflate.h"

enum { HEADER_MAX = 14, CONTROL_MAX = 125, PIECE = 16384 };
enum { OP_CONTINUATION = 0, OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

enum ws_state { WS_HEADER, WS_PAYLOAD, WS_FINISH, WS_DEAD };

struct ws {
	enum ws_side side;
	const struct limits *limits;
	struct inflater *inflater; /* NULL: permessage-deflate is off */
	enum ws_state state;
	unsigned char header[HEADER_MAX];
	size_t have;
	/* The frame at hand. */
	unsigned opcode;
	bool fin, compressed; /* compressed: of the message */
	uint64_t left, at;    /* payload bytes to come; already seen, for the mask */
	unsigned char mask[4];
	bool in_message, text, closed;
	bool begin_due, end_due;
	unsigned char control[CONTROL_MAX];
	size_t ncontrol;
	uint64_t message; /* decoded bytes of this message */
	/* UTF-8 of a text message: bytes still due, and the range of the next (RFC 3629). */
	unsigned utf8_left;
	unsigned char utf8_low, utf8_high;
	char piece[PIECE];
};

struct ws *ws_new(enum ws_side side, const struct ws_deflate *deflate, const struct limits *limits)
{
	struct ws *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->side = side;
	w->limits = limits;
	if (deflate != NULL && deflate->on) {
		w->inflater = inflater_new(!deflate->no_context[side]);
		if (w->inflater == NULL) {
			free(w);
			return NULL;
		}
	}
	return w;
}

void ws_free(struct ws *w)
{
	if (w == NULL)
		return;
	inflater_free(w->inflater);
	free(w);
}

bool ws_idle(const struct ws *w)
{
	return w->state == WS_HEADER && w->have == 0 && !w->in_message;
}

bool ws_closed(const struct ws *w)
{
	return w->closed;
}

static void fail(struct ws *w, struct message_ev *ev, int err)
{
	w->state = WS_DEAD;
	*ev = (struct message_ev){ .type = MESSAGE_ERROR, .err = err };
}

/* How many bytes the header has, as far as its first two tell. */
static size_t header_size(const struct ws *w)
{
	size_t n = 2;

	if (w->have < 2)
		return 2;
	if ((w->header[1] & 0x7f) == 126)
		n += 2;
	else if ((w->header[1] & 0x7f) == 127)
		n += 8;
	return n + ((w->header[1] & 0x80) != 0 ? 4 : 0);
}

static int read_length(struct ws *w)
{
	unsigned n = w->header[1] & 0x7f, bytes = n == 126 ? 2 : n == 127 ? 8 : 0;
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | w->header[2 + i];
	w->left = bytes == 0 ? n : v;
	/* The shortest form only, and no length with the highest bit (section 5.2). */
	if ((bytes == 2 && v < 126) || (bytes == 8 && (v < 65536 || v > INT64_MAX)))
		return -ERR_WS;
	memset(w->mask, 0, sizeof(w->mask));
	if ((w->header[1] & 0x80) != 0)
		memcpy(w->mask, w->header + 2 + bytes, 4);
	return 0;
}

static int begin_control(struct ws *w, bool rsv1)
{
	w->ncontrol = 0;
	return !w->fin || rsv1 || w->left > CONTROL_MAX || w->opcode > OP_PONG ? -ERR_WS : 0;
}

static int begin_data(struct ws *w, bool rsv1)
{
	if (w->closed)
		return -ERR_WS;
	if (w->opcode == OP_CONTINUATION)
		return !w->in_message || rsv1 ? -ERR_WS : 0;
	if (w->in_message || w->opcode > OP_BINARY || (rsv1 && w->inflater == NULL))
		return -ERR_WS;
	w->in_message = w->begin_due = true;
	w->text = w->opcode == OP_TEXT;
	w->compressed = rsv1;
	w->message = 0;
	w->utf8_left = 0;
	return 0;
}

static int begin_frame(struct ws *w)
{
	bool rsv1 = (w->header[0] & 0x40) != 0, masked = (w->header[1] & 0x80) != 0;

	if ((w->header[0] & 0x30) != 0 || masked != (w->side == WS_CLIENT))
		return -ERR_WS;
	w->fin = (w->header[0] & 0x80) != 0;
	w->opcode = w->header[0] & 0x0f;
	w->at = 0;
	if (read_length(w) != 0)
		return -ERR_WS;
	return w->opcode >= OP_CLOSE ? begin_control(w, rsv1) : begin_data(w, rsv1);
}

/* True when the header is complete; *used counts its bytes. */
static bool gather(struct ws *w, struct str in, size_t *used)
{
	while (w->have < header_size(w)) {
		if (*used == in.n)
			return false;
		w->header[w->have++] = (unsigned char)in.p[(*used)++];
	}
	return true;
}

/* Which bytes may follow a first byte (RFC 3629 section 4): false where it is none. */
static bool utf8_first(struct ws *w, unsigned char c)
{
	w->utf8_low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	w->utf8_high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	w->utf8_left = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	return c < 0x80 || (c >= 0xc2 && c <= 0xf4);
}

/* Text is UTF-8 (section 8.1), also across fragments. */
static bool utf8(struct ws *w, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (w->utf8_left == 0) {
			if (!utf8_first(w, c))
				return false;
			continue;
		}
		if (c < w->utf8_low || c > w->utf8_high)
			return false;
		w->utf8_left--;
		w->utf8_low = 0x80;
		w->utf8_high = 0xbf;
	}
	return true;
}

/* Content for the search: 0 with the event, or an error. */
static int content(struct ws *w, struct str s, struct message_ev *ev)
{
	w->message += s.n;
	if (w->message > w->limits->decoded)
		return -ERR_CODING_LIMIT;
	if (w->text && !utf8(w, s))
		return -ERR_WS;
	*ev = (struct message_ev){ .type = MESSAGE_DATA, .data = s };
	return 0;
}

/* Unmask up to a piece of the payload. */
static struct str unmask(struct ws *w, struct str in, char *to, size_t room, size_t *used)
{
	size_t n = in.n - *used;

	if (n > w->left)
		n = (size_t)w->left;
	if (n > room)
		n = room;
	for (size_t i = 0; i < n; i++)
		to[i] = (char)((unsigned char)in.p[*used + i] ^ w->mask[(w->at + i) & 3]);
	*used += n;
	w->at += n;
	w->left -= n;
	return str_of(to, n);
}

/* Bytes of a compressed message that wait in the inflater come first. */
static int inflated(struct ws *w, struct message_ev *ev)
{
	size_t n = 0;
	int r = inflater_out(w->inflater, w->piece, sizeof(w->piece), &n);

	if (r != 0 || n == 0)
		return r;
	return content(w, str_of(w->piece, n), ev);
}

static int payload(struct ws *w, struct str in, size_t *used, struct message_ev *ev)
{
	struct str s;
	char *room;

	if (w->opcode >= OP_CLOSE) {
		s = unmask(w, in, (char *)w->control + w->ncontrol, CONTROL_MAX - w->ncontrol, used);
		w->ncontrol += s.n;
		return 0;
	}
	if (!w->compressed)
		return content(w, unmask(w, in, w->piece, sizeof(w->piece), used), ev);
	room = inflater_room(w->inflater);
	s = unmask(w, in, room, INFLATER_IN, used);
	inflater_in(w->inflater, s.n);
	return inflated(w, ev);
}

/* A close frame has no body, or a code that may be sent and a reason in UTF-8 (section 7.4). */
static bool good_close(struct ws *w)
{
	unsigned code;

	if (w->ncontrol == 0)
		return true;
	if (w->ncontrol == 1)
		return false;
	code = (unsigned)w->control[0] << 8 | w->control[1];
	w->utf8_left = 0;
	return ((code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
		   (code >= 3000 && code <= 4999)) &&
	       utf8(w, str_of((char *)w->control + 2, w->ncontrol - 2)) && w->utf8_left == 0;
}

/* The frame's payload is there. */
static int finish(struct ws *w, struct message_ev *ev)
{
	unsigned kept = w->utf8_left;
	unsigned char low = w->utf8_low, high = w->utf8_high;
	bool good;

	w->state = WS_HEADER;
	w->have = 0;
	if (w->opcode >= OP_CLOSE) {
		*ev = (struct message_ev){ .type = MESSAGE_CONTROL,
			.opcode = w->opcode,
			.data = str_of((char *)w->control, w->ncontrol) };
		good = w->opcode != OP_CLOSE || (!w->closed && good_close(w));
		w->closed |= w->opcode == OP_CLOSE;
		w->utf8_left = kept; /* control frames come in the middle of messages */
		w->utf8_low = low;
		w->utf8_high = high;
		return good ? 0 : -ERR_WS;
	}
	if (!w->fin)
		return 0;
	if (w->compressed) {
		inflater_tail(w->inflater);
		w->end_due = true;
		return 0;
	}
	w->end_due = true;
	return 0;
}

static int end_message(struct ws *w, struct message_ev *ev)
{
	int r = w->compressed ? inflated(w, ev) : 0;

	if (r != 0 || ev->type != MESSAGE_MORE)
		return r;
	w->end_due = w->in_message = false;
	if (w->compressed && (r = inflater_next(w->inflater)) != 0)
		return r;
	*ev = (struct message_ev){ .type = MESSAGE_END };
	return w->text && w->utf8_left != 0 ? -ERR_WS : 0;
}

/* One step: an event in ev, or MESSAGE_MORE there with progress (true) or without (false). */
static bool step(struct ws *w, struct str in, size_t *used, struct message_ev *ev, int *err)
{
	if (w->end_due) {
		*err = end_message(w, ev);
		return true;
	}
	switch (w->state) {
	case WS_HEADER:
		if (!gather(w, in, used))
			return false;
		*err = begin_frame(w);
		w->state = WS_PAYLOAD;
		return true;
	case WS_PAYLOAD:
		if (w->begin_due) {
			w->begin_due = false;
			*ev = (struct message_ev){ .type = MESSAGE_BEGIN, .text = w->text };
			return true;
		}
		if (w->opcode < OP_CLOSE && w->compressed && inflater_pending(w->inflater)) {
			*err = inflated(w, ev);
			return true;
		}
		if (w->left == 0) {
			*err = finish(w, ev);
			return true;
		}
		if (*used == in.n)
			return false;
		*err = payload(w, in, used, ev);
		return true;
	default:
		*err = -ERR_WS;
		return true;
	}
}

void ws_next(struct ws *w, struct str in, size_t *used, struct message_ev *ev)
{
	int err = 0;

	*used = 0;
	*ev = (struct message_ev){ .type = MESSAGE_MORE };
	while (ev->type == MESSAGE_MORE && err == 0 && step(w, in, used, ev, &err))
		;
	if (err != 0)
		fail(w, ev, err);
}

size_t ws_close_frame(unsigned code, struct str reason, const unsigned char *mask, unsigned char *out)
{
	size_t n = reason.n > 123 ? 123 : reason.n, at = 2;

	out[0] = 0x80 | OP_CLOSE;
	out[1] = (unsigned char)((mask != NULL ? 0x80 : 0) | (n + 2));
	if (mask != NULL) {
		memcpy(out + at, mask, 4);
		at += 4;
	}
	out[at] = (unsigned char)(code >> 8);
	out[at + 1] = (unsigned char)code;
	if (n > 0)
		memcpy(out + at + 2, reason.p, n);
	for (size_t i = 0; mask != NULL && i < n + 2; i++)
		out[at + i] ^= mask[i & 3];
	return at + 2 + n;
}

static void reader_next(void *self, struct str in, size_t *used, struct message_ev *ev)
{
	ws_next(self, in, used, ev);
}

static bool reader_idle(const void *self)
{
	return ws_idle(self);
}

static void reader_free(void *self)
{
	ws_free(self);
}

const struct message_reader ws_reader = { reader_next, NULL, reader_idle, reader_free };
