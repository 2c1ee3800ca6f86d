/* SPDX-License-Identifier: BSD-2-Clause */
/* One coding of a whole stream, in front of a reader of its messages. */
#include "http/layered.h"

#include <stdlib.h>

#include "core/base64.h"
#include "core/err.h"
#include "http/coding_stage.h"

enum { PIECE = 16384, RATIO_FREE = 1 << 20 };

struct layered {
	const struct limits *limits;
	const struct message_reader *reader;
	void *self;
	struct stage *stage; /* NULL: base64 */
	char quad[4];
	size_t nquad;
	size_t taken;	 /* of the input at hand, by the coding */
	struct str left; /* of what the coding gave last */
	bool more;	 /* it has something to give without input */
	uint64_t used, out;
	int err;
	char piece[PIECE];
};

static int make(const struct limits *limits, const struct message_reader *reader, void *self,
    struct layered **out)
{
	struct layered *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		reader->free(self);
		return -ERR_NOMEM;
	}
	l->limits = limits;
	l->reader = reader;
	l->self = self;
	*out = l;
	return 0;
}

static void layered_free(void *self)
{
	struct layered *l = self;

	if (l == NULL)
		return;
	stage_free(l->stage);
	l->reader->free(l->self);
	free(l);
}

int layered_coding(struct str coding, const struct limits *limits, const struct message_reader *reader,
    void *self, void **out)
{
	struct layered *l;
	int r = make(limits, reader, self, &l);

	if (r != 0)
		return r;
	r = stage_new(str_trim(coding), &l->stage);
	if (r != 0)
		layered_free(l);
	else
		*out = l;
	return r;
}

int layered_base64(const struct limits *limits, const struct message_reader *reader, void *self,
    void **out)
{
	struct layered *l;
	int r = make(limits, reader, self, &l);

	if (r == 0)
		*out = l;
	return r;
}

/* ---- base64 (RFC 4648 section 4), strictly ---- */

/* Four characters to one to three bytes: how many, or -ERR_CODING_MALFORMED. */
static int unquad(const char *q, char *to)
{
	int n = q[3] != '=' ? 3 : q[2] != '=' ? 2 : 1, bits = 0;

	for (int i = 0; i < 4; i++) {
		int v = i <= n ? base64_value(q[i]) : q[i] == '=' ? 0 : -1;

		if (v < 0)
			return -ERR_CODING_MALFORMED;
		bits = bits << 6 | v;
	}
	if ((n == 1 && (bits & 0xffff) != 0) || (n == 2 && (bits & 0xff) != 0))
		return -ERR_CODING_MALFORMED; /* bits that nobody reads */
	to[0] = (char)(bits >> 16);
	to[1] = (char)(bits >> 8);
	to[2] = (char)bits;
	return n;
}

/* As stage_step(). */
static int base64_step(struct layered *l, struct str *in, size_t *n)
{
	size_t at = 0;

	*n = 0;
	while (at < in->n && *n + 3 <= sizeof(l->piece)) {
		int r;

		l->quad[l->nquad++] = in->p[at++];
		if (l->nquad < 4)
			continue;
		l->nquad = 0;
		r = unquad(l->quad, l->piece + *n);
		if (r < 0)
			return r;
		*n += (size_t)r;
	}
	*in = str_sub(*in, at, in->n);
	return in->n > 0;
}

/* ---- the stream ---- */

static bool coding_ended(const struct layered *l)
{
	return l->stage != NULL ? stage_ended(l->stage) : l->nquad == 0;
}

static bool over(const struct layered *l)
{
	return l->out > RATIO_FREE && l->out / (l->used > 0 ? l->used : 1) > l->limits->ratio;
}

static int step(struct layered *l, struct str in)
{
	struct str rest = str_sub(in, l->taken, in.n);
	size_t before = rest.n, n = 0;
	int r = l->stage != NULL ? stage_step(l->stage, &rest, l->piece, sizeof(l->piece), &n)
				 : base64_step(l, &rest, &n);

	if (r < 0)
		return r;
	if (l->stage != NULL && stage_members(l->stage) > 1)
		return -ERR_CODING_MALFORMED; /* receivers differ on what follows the first */
	l->more = r == 1;
	l->taken += before - rest.n;
	l->used += before - rest.n;
	l->out += n;
	l->left = str_of(l->piece, n);
	return over(l) ? -ERR_CODING_LIMIT : 0;
}

static void next(void *self, struct str in, size_t *used, struct message_ev *ev)
{
	struct layered *l = self;

	*used = 0;
	while (l->err == 0) {
		size_t n;

		l->reader->next(l->self, l->left, &n, ev);
		l->left = str_sub(l->left, n, l->left.n);
		if (ev->type != MESSAGE_MORE)
			return;
		if (l->taken == in.n && !l->more) {
			*used = in.n;
			l->taken = 0;
			/* Nothing has begun in these bytes that was not told: they may go. */
			if (in.n > 0 && l->nquad == 0 && l->reader->idle(l->self))
				ev->type = MESSAGE_CONTROL;
			return;
		}
		l->err = step(l, in);
	}
	*ev = (struct message_ev){ .type = MESSAGE_ERROR, .err = l->err };
}

static void end(void *self, struct message_ev *ev)
{
	struct layered *l = self;

	*ev = (struct message_ev){ .type = MESSAGE_MORE };
	if (coding_ended(l) && l->reader->end != NULL)
		l->reader->end(l->self, ev);
}

static bool idle(const void *self)
{
	const struct layered *l = self;

	return l->taken == 0 && coding_ended(l) && l->reader->idle(l->self);
}

const struct message_reader layered_reader = { next, end, idle, layered_free };
