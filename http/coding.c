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
	struct str in; /* not used yet: of the caller's bytes, else of the piece of the layer before */
	bool more;     /* it has something to give without further input */
	uint64_t used, out;
	char *piece; /* CODING_PIECE bytes */
};

struct coding {
	const struct limits *limits;
	coding_sink *sink;
	void *arg;
	struct layer layers[CODING_STACK]; /* the last coding applied comes first */
	size_t n;
	bool several;	/* more than one member or frame came */
	uint64_t first; /* decoded bytes of the first, then */
	int err;
};

static bool over(const struct coding *c, const struct layer *l)
{
	if (l->out > c->limits->decoded)
		return true;
	return l->out > CODING_FREE && l->out / (l->used > 0 ? l->used : 1) > c->limits->ratio;
}

/* Who stops at the end of the first member sees less: in a stack no end of that could be told. */
static int note_members(struct coding *c, const struct layer *l)
{
	if (c->several || stage_members(l->stage) < 2)
		return 0;
	if (c->n > 1)
		return -ERR_CODING_MALFORMED;
	c->several = true;
	c->first = l->out;
	return 0;
}

/* One step of layer i; what comes out is the next one's input, or the sink's. */
static int step(struct coding *c, size_t i, size_t *budget)
{
	struct layer *l = &c->layers[i];
	size_t n, work, before = l->in.n;
	int r = stage_step(l->stage, &l->in, l->piece, CODING_PIECE, &n), e;

	l->more = r == 1;
	if (r < 0 || (e = note_members(c, l)) != 0)
		return r < 0 ? r : e;
	l->used += before - l->in.n;
	l->out += n;
	if (over(c, l))
		return -ERR_CODING_LIMIT;
	work = n + before - l->in.n;
	*budget -= work < *budget ? work : *budget;
	if (n == 0)
		return 0;
	if (i + 1 == c->n)
		return c->sink(c->arg, str_of(l->piece, n));
	c->layers[i + 1].in = str_of(l->piece, n);
	return 0;
}

/* The layer nearest to the end that has something to do: its piece is empty again then. */
static size_t busy(const struct coding *c)
{
	size_t i = c->n;

	while (i > 0 && c->layers[i - 1].in.n == 0 && !c->layers[i - 1].more)
		i--;
	return i;
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
	stage_budget(limits->decoders);
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

int coding_push(struct coding *c, struct str *coded, size_t *budget)
{
	struct layer *l = &c->layers[0];
	size_t i;

	l->in = *coded;
	while (c->err == 0 && *budget > 0 && (i = busy(c)) > 0)
		c->err = step(c, i - 1, budget);
	*coded = l->in;
	l->in = STR_NONE; /* the caller's bytes are its own again */
	return c->err != 0 ? c->err : coded->n > 0 || busy(c) > 0;
}

bool coding_first(const struct coding *c, uint64_t *n)
{
	*n = c->first;
	return c->several;
}

int coding_end(struct coding *c)
{
	/* An empty body is an empty object, whatever its coding. */
	for (size_t i = 0; i < c->n && c->err == 0; i++)
		if (!stage_ended(c->layers[i].stage))
			c->err = -ERR_CODING_MALFORMED;
	return c->err;
}
