/* SPDX-License-Identifier: BSD-2-Clause */
/* Length-prefixed messages read; small things that gRPC says in fields and trailers written. */
#include "http/grpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/buf.h"
#include "core/err.h"
#include "http/coding_stage.h"

enum { HEADER = 5, PIECE = 16384, RATIO_FREE = 1 << 20 };
enum { FLAG_COMPRESSED = 0x01, FLAG_TRAILERS = 0x80 };

struct grpc {
	enum grpc_form form;
	const struct limits *limits;
	char encoding[24]; /* empty: identity */
	unsigned char header[HEADER];
	size_t have;
	uint64_t left; /* payload bytes to come */
	bool in_message, begin_due, trailers, dead;
	struct stage *stage; /* of a compressed message */
	bool more;	     /* it has something to give without input */
	uint64_t used, out;
	int err; /* the content of this message cannot be had */
	char piece[PIECE];
};

enum grpc_form grpc_form(struct str type)
{
	static const struct {
		const char *type;
		enum grpc_form form;
	} rows[] = { { "application/grpc-web-text", GRPC_WEB_TEXT }, { "application/grpc-web", GRPC_WEB },
		{ "application/grpc", GRPC_PLAIN } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str row = str_c(rows[i].type);

		if (str_iprefix(type, row) && (type.n == row.n || type.p[row.n] == '+'))
			return rows[i].form;
	}
	return GRPC_NONE;
}

struct grpc *grpc_new(enum grpc_form form, struct str encoding, const struct limits *limits)
{
	struct grpc *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->form = form;
	g->limits = limits;
	if (encoding.n >= sizeof(g->encoding))
		encoding = STR("too-long");
	if (!str_ieq(encoding, STR("identity")))
		str_copy(encoding, g->encoding, sizeof(g->encoding));
	return g;
}

static void grpc_free(void *self)
{
	struct grpc *g = self;

	if (g != NULL)
		stage_free(g->stage);
	free(g);
}

static bool idle(const void *self)
{
	const struct grpc *g = self;

	return !g->in_message && g->have == 0;
}

/* The header is complete: what comes. */
static int begin(struct grpc *g)
{
	unsigned char flags = g->header[0];
	bool web = g->form != GRPC_PLAIN;

	if ((flags & ~(FLAG_COMPRESSED | (web ? FLAG_TRAILERS : 0))) != 0 || g->trailers)
		return -ERR_GRPC;
	g->trailers = (flags & FLAG_TRAILERS) != 0;
	g->left = (uint64_t)g->header[1] << 24 | (uint64_t)g->header[2] << 16 |
		  (uint64_t)g->header[3] << 8 | g->header[4];
	g->in_message = g->begin_due = true;
	g->have = 0;
	g->used = g->out = 0;
	g->err = 0;
	g->more = false;
	/* A flag without an encoding is an error of the sender's (gRPC specification, "Compression"). */
	if ((flags & FLAG_COMPRESSED) != 0)
		g->err = g->encoding[0] == '\0' ? -ERR_CODING_MALFORMED :
						  stage_new(str_c(g->encoding), &g->stage);
	return 0;
}

/* What cannot be decoded is skipped: the frame's length still says where the next begins. */
static struct str skip(struct grpc *g, struct str in, size_t *used)
{
	size_t n = in.n - *used < g->left ? in.n - *used : (size_t)g->left;
	struct str s = str_sub(in, *used, n);

	*used += n;
	g->left -= n;
	return s;
}

/* One step of the decoder: true with a piece in ev. */
static bool decode(struct grpc *g, struct str in, size_t *used, struct message_ev *ev)
{
	size_t at = *used, n = 0;
	struct str view = skip(g, in, used);
	size_t given = view.n;
	int r = stage_step(g->stage, &view, g->piece, sizeof(g->piece), &n);

	*used = at + given - view.n; /* what it left is for the next step */
	g->left += view.n;
	g->used += given - view.n;
	g->out += n;
	g->more = r == 1;
	if (r < 0)
		g->err = r;
	else if (stage_members(g->stage) > 1) /* receivers differ on what follows the first */
		g->err = -ERR_CODING_MALFORMED;
	else if (g->out > g->limits->decoded ||
		 (g->out > RATIO_FREE && g->out / (g->used > 0 ? g->used : 1) > g->limits->ratio))
		g->err = -ERR_CODING_LIMIT;
	if (g->err != 0)
		g->more = false;
	if (n == 0 || g->err != 0)
		return false;
	*ev = (struct message_ev){ .type = MESSAGE_DATA, .data = str_of(g->piece, n) };
	return true;
}

static void end(struct grpc *g, struct message_ev *ev)
{
	if (g->err == 0 && g->stage != NULL && !stage_ended(g->stage))
		g->err = -ERR_CODING_MALFORMED;
	stage_free(g->stage);
	g->stage = NULL;
	g->in_message = false;
	*ev = (struct message_ev){ .type = MESSAGE_END, .err = g->err };
}

/* True with an event; false when input is wanted. */
static bool payload(struct grpc *g, struct str in, size_t *used, struct message_ev *ev)
{
	while (g->left > 0 || g->more) {
		if (*used == in.n && !g->more)
			return false;
		if (g->stage != NULL && g->err == 0) {
			if (decode(g, in, used, ev))
				return true;
			continue;
		}
		*ev = (struct message_ev){ .type = MESSAGE_DATA, .data = skip(g, in, used) };
		if (g->err == 0)
			return true;
	}
	end(g, ev);
	return true;
}

static void next(void *self, struct str in, size_t *used, struct message_ev *ev)
{
	struct grpc *g = self;

	*used = 0;
	*ev = (struct message_ev){ .type = MESSAGE_MORE };
	if (!g->in_message && !g->dead) {
		while (g->have < HEADER && *used < in.n)
			g->header[g->have++] = (unsigned char)in.p[(*used)++];
		if (g->have < HEADER)
			return;
		g->dead = begin(g) != 0;
	}
	if (g->dead) {
		*ev = (struct message_ev){ .type = MESSAGE_ERROR, .err = -ERR_GRPC };
		return;
	}
	if (g->begin_due) {
		g->begin_due = false;
		*ev = (struct message_ev){ .type = MESSAGE_BEGIN };
		return;
	}
	if (!payload(g, in, used, ev))
		*ev = (struct message_ev){ .type = MESSAGE_MORE };
}

const struct message_reader grpc_reader = { next, NULL, idle, grpc_free };

void grpc_accept_encoding(struct str list, char *to, size_t cap)
{
	static const char *const known[] = { "identity", "gzip", "deflate", "br", "zstd" };
	struct buf b = { .p = to, .cap = cap, .max = cap };
	struct str e;

	while (str_next(&list, ',', &e))
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			if (!str_ieq(e, str_c(known[i])) || b.len + e.n + 2 > cap)
				continue;
			if (b.len > 0)
				buf_str(&b, STR(","));
			buf_str(&b, str_c(known[i]));
		}
	to[b.len] = '\0';
}

void grpc_message(const char *message, char *to, size_t cap)
{
	size_t n = 0;

	for (const char *p = message; *p != '\0' && n + 4 < cap; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= 0x20 && c <= 0x7e && c != '%')
			to[n++] = *p;
		else
			n += (size_t)snprintf(to + n, 4, "%%%02X", c);
	}
	to[n] = '\0';
}

size_t grpc_web_trailers(enum grpc_form form, unsigned status, const char *message, char *out)
{
	char text[400], encoded[300];
	unsigned char frame[HEADER + sizeof(text)];
	size_t n;

	grpc_message(message, encoded, sizeof(encoded));
	n = (size_t)snprintf(text, sizeof(text), "grpc-status: %u\r\ngrpc-message: %s\r\n", status, encoded);
	frame[0] = FLAG_TRAILERS;
	frame[1] = frame[2] = 0;
	frame[3] = (unsigned char)(n >> 8);
	frame[4] = (unsigned char)n;
	memcpy(frame + HEADER, text, n);
	n += HEADER;
	if (form == GRPC_WEB_TEXT)
		return base64_write(frame, n, out);
	memcpy(out, frame, n);
	return n;
}
