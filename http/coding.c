/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Content codings undone for the search. Each coding of a stack is one stage with its own ratio
 * cap; output leaves in pieces of bounded size, so that a bomb is noticed long before it is big.
 */
#include "http/coding.h"

#include <stdlib.h>

#include "core/err.h"
#include "http/coding_stage.h"

enum { CODING_PIECE = 64 << 10, CODING_FREE = 1 << 20, CODING_STACK = 4 };

struct layer {
	struct stage *stage;
	uint64_t in, out;
	char *piece; /* CODING_PIECE bytes */
};

struct coding {
	const struct limits *limits;
	coding_sink *sink;
	void *arg;
	struct layer layers[CODING_STACK]; /* the last coding applied comes first */
	size_t n;
	int err;
};

static bool over(const struct coding *c, const struct layer *l)
{
	if (l->out > c->limits->decoded)
		return true;
	return l->out > CODING_FREE && l->out / (l->in > 0 ? l->in : 1) > c->limits->ratio;
}

/* Undo layer i, and with what comes out the next one; as deep as the stack is. */
static int push(struct coding *c, size_t i, struct str in)
{
	struct layer *l = &c->layers[i];
	int r, e = 0;

	if (i == c->n)
		return c->sink(c->arg, in);
	do {
		size_t n, before = in.n;

		r = stage_step(l->stage, &in, l->piece, CODING_PIECE, &n);
		l->in += before - in.n;
		l->out += n;
		if (r >= 0 && over(c, l))
			r = -ERR_CODING_LIMIT;
		if (r >= 0 && n > 0)
			e = push(c, i + 1, str_of(l->piece, n));
	} while (r == 1 && e == 0);
	return r < 0 ? r : e;
}

static int open_layer(struct coding *c, struct str name)
{
	struct layer *l = &c->layers[c->n];
	int r = stage_new(name, &l->stage);

	if (r != 0)
		return r;
	c->n++;
	l->piece = malloc(CODING_PIECE);
	return l->piece != NULL ? 0 : -ERR_NOMEM;
}

/* The last coding applied is undone first. */
static int open_all(struct coding *c, struct str list)
{
	struct str names[CODING_STACK], e;
	size_t n = 0;
	int r = 0;

	while (str_next(&list, ',', &e)) {
		if (str_ieq(e, STR("identity")))
			continue;
		if (n == c->limits->codings || n == CODING_STACK)
			return -ERR_CODING_LIMIT;
		names[n++] = e;
	}
	while (n > 0 && r == 0)
		r = open_layer(c, names[--n]);
	return r;
}

int coding_new(struct str content_encoding, const struct limits *limits, coding_sink *sink,
    void *arg, struct coding **out)
{
	struct coding *c = calloc(1, sizeof(*c));
	int r = -ERR_NOMEM;

	*out = NULL;
	if (c == NULL)
		return r;
	c->limits = limits;
	c->sink = sink;
	c->arg = arg;
	r = open_all(c, content_encoding);
	if (r == 0 && c->n > 0) {
		*out = c;
		c = NULL;
	}
	coding_free(c);
	return r;
}

void coding_free(struct coding *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++) {
		stage_free(c->layers[i].stage);
		free(c->layers[i].piece);
	}
	free(c);
}

int coding_push(struct coding *c, struct str coded)
{
	if (c->err == 0 && coded.n > 0)
		c->err = push(c, 0, coded);
	return c->err;
}

int coding_end(struct coding *c)
{
	/* An empty body is an empty object, whatever its coding. */
	for (size_t i = 0; i < c->n && c->err == 0; i++)
		if (!stage_ended(c->layers[i].stage))
			c->err = -ERR_CODING_MALFORMED;
	return c->err;
}
