/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One scan: the body goes through libclamav, and so does each object that scanner/unwrap.c finds in
 * it, in the layers that libclamav unpacks, and in those objects in turn. Depth, number, bytes,
 * copies and time are bounded over all of it; what is beyond a bound is a gap.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scanner/engine.h"
#include "scanner/engine_open.h"
#include "scanner/unwrap.h"

enum { SEEN_MOST = 256 };

struct found {
	struct found *next;
	struct str bytes;
	char *own;
	bool guess;
	unsigned char digest[ENGINE_DIGEST];
	unsigned depth;		/* among all objects */
	char base[INNER_PATH];	/* what it lies in */
};

/* Those that wait, in the order in which they came. */
struct waiting {
	struct found *first, **last;
};

struct seen {
	unsigned char digest[ENGINE_DIGEST];
	bool guess; /* every time so far */
};

struct scan {
	const struct engine *e;
	struct verdict *v; /* the worst so far */
	uint64_t until;	   /* microseconds */
	uint64_t held;
	struct dense dense;
	uint64_t objects, layers, bytes;
	size_t seen; /* the same object comes up by several ways: a ring of digests */
	struct seen ring[SEEN_MOST];
	struct show show;
};

/* An object being searched, with what was found in it so far. */
struct level {
	struct scan *s;
	unsigned depth;
	bool guess; /* the object may be none: malformed says nothing */
	bool exact; /* the bytes that are looked through are as sent */
	struct str body;
	unsigned at; /* the layer that is looked through now */
	struct showing showing;
	struct waiting sure, guesses; /* the former are searched first */
};

static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* A signature outweighs a gap in the search, and that a heuristic. */
static unsigned weight(const struct verdict *v)
{
	switch (v->class) {
	case VERDICT_INFECTED:
		return 3;
	case VERDICT_UNSCANNABLE:
		return 2;
	case VERDICT_SUSPECT:
		return 1;
	default:
		return 0;
	}
}

static void add_verdict(struct scan *s, const struct verdict *v)
{
	if (weight(v) > weight(s->v))
		*s->v = *v;
}

static void gap(struct scan *s, enum verdict_reason reason, struct str why)
{
	struct verdict v = verdict_make(VERDICT_UNSCANNABLE, reason, why);

	add_verdict(s, &v);
}

/* ---- what was found ---- */

static bool within(struct str outer, struct str inner)
{
	return (uintptr_t)inner.p >= (uintptr_t)outer.p &&
	       (uintptr_t)inner.p + inner.n <= (uintptr_t)outer.p + outer.n;
}

static struct seen *seen(struct scan *s, const unsigned char digest[ENGINE_DIGEST])
{
	size_t n = s->seen < SEEN_MOST ? s->seen : SEEN_MOST;

	for (size_t i = 0; i < n; i++)
		if (memcmp(s->ring[i].digest, digest, ENGINE_DIGEST) == 0)
			return &s->ring[i];
	return NULL;
}

/* Searched already, or waiting for it; a guess that turns out to be none is searched as such. */
static bool known(struct scan *s, const unsigned char digest[ENGINE_DIGEST], bool guess)
{
	struct seen *x = seen(s, digest);
	bool before = x != NULL && (guess || !x->guess);

	if (x == NULL)
		x = &s->ring[s->seen++ % SEEN_MOST];
	if (before)
		return true;
	memcpy(x->digest, digest, ENGINE_DIGEST);
	x->guess = guess;
	return false;
}

/* What limit one more object would pass, or NULL. */
static const char *over(const struct level *l, size_t n)
{
	const struct limits *m = l->s->e->limits;

	if (l->depth >= m->scan_unwrap)
		return "unwrap.depth";
	if (l->s->objects >= m->scan_files)
		return "unwrap.objects";
	if (l->s->held + n > m->scan_unwrapped)
		return "unwrap.copies";
	return NULL;
}

/* Keep a copy of what does not stay: decoded bytes, and layers, which the engine takes back. */
static bool keep(struct level *l, struct str bytes, char *own, bool guess,
    const unsigned char digest[ENGINE_DIGEST])
{
	bool stays = own == NULL && within(l->body, bytes);
	struct scan *s = l->s;
	struct waiting *to;
	size_t copied = stays ? 0 : bytes.n;
	const char *why = over(l, copied);
	struct found *f = why == NULL ? malloc(sizeof(*f)) : NULL;

	if (f != NULL && own == NULL && !stays)
		own = malloc(bytes.n);
	if (f == NULL || (own == NULL && !stays)) {
		gap(s, REASON_LIMIT, str_c(why != NULL ? why : "unwrap.memory"));
		free(own);
		free(f);
		return false;
	}
	if (own != NULL && own != bytes.p)
		memcpy(own, bytes.p, bytes.n);
	*f = (struct found){ .bytes = own != NULL ? str_of(own, bytes.n) : bytes,
		.own = own,
		.guess = guess,
		.depth = l->showing.place.depth + l->at + 1 };
	memcpy(f->digest, digest, ENGINE_DIGEST);
	place_path(&l->showing.place, l->at, f->base);
	s->held += copied;
	s->objects++;
	to = guess ? &l->guesses : &l->sure;
	*to->last = f;
	to->last = &f->next;
	return true;
}

static bool on_found(void *arg, struct str bytes, char *own, bool guess)
{
	struct level *l = arg;
	unsigned char digest[ENGINE_DIGEST];

	guess |= l->guess || !l->exact;
	engine_digest(bytes, digest);
	if (known(l->s, digest, guess)) {
		free(own);
		return true;
	}
	return keep(l, bytes, own, guess, digest);
}

static void look_inside(struct level *l, unsigned at, struct str bytes, bool exact)
{
	struct unwrap u = { .found = on_found, .arg = l };

	l->at = at;
	l->exact = exact;
	unwrap(&u, bytes);
	if (u.short_of_memory)
		gap(l->s, REASON_ERROR, STR("unwrap.memory"));
}

/* A guess that turned out to be none was searched as what it is, or will be. */
static bool superseded(struct scan *s, const struct found *f)
{
	const struct seen *x = f->guess ? seen(s, f->digest) : NULL;

	return x != NULL && !x->guess;
}

static struct found *next_found(struct level *l)
{
	struct waiting *from = l->sure.first != NULL ? &l->sure : &l->guesses;
	struct found *f = from->first;

	if (f == NULL)
		return NULL;
	from->first = f->next;
	if (from->first == NULL)
		from->last = &from->first;
	return f;
}

static void found_free(struct scan *s, struct found *f)
{
	s->held -= f->own != NULL ? f->bytes.n : 0;
	free(f->own);
	free(f);
}

/* ---- the search ---- */

static bool may_go_on(struct scan *s)
{
	if (s->v->class == VERDICT_INFECTED)
		return false;
	if (now_usec() < s->until && s->bytes <= s->dense.total)
		return true;
	if (s->bytes > s->dense.total)
		gap(s, REASON_LIMIT, STR("unwrap.total"));
	else
		gap(s, REASON_TIMEOUT, STR("unwrap.time"));
	return false;
}

/* Of mail, parts of these kinds are taken out as they are by scanner/unwrap_mime.c. */
static bool is_textual(enum kind k)
{
	return k == KIND_TEXT || k == KIND_DATA || k == KIND_STYLE || k == KIND_MARKUP || k == KIND_UNKNOWN;
}

static void on_layer(void *arg, const struct layer_shown *y)
{
	struct level *l = arg;
	unsigned char digest[ENGINE_DIGEST] = { 0 };
	struct str bytes = y->level == 0 ? l->body : y->bytes;
	bool changed = bytes.n == 0 || y->normal || (!y->exact && is_textual(kind_of_object(y->type, bytes)));

	if (y->level > 0 && !changed)
		engine_digest(bytes, digest);
	show_layer(&l->showing, y->level, y->type, y->name, bytes, changed, digest);
	/* The object itself is unwrapped after its search; what was written anew says the same once more. */
	if (y->level > 0 && y->bytes.n > 0 && !y->normal)
		look_inside(l, y->level, y->bytes, y->exact);
}

static void search(struct level *l);

static void search_found(const struct level *outer, const struct found *f)
{
	struct level l = { .s = outer->s, .depth = outer->depth + 1, .body = f->bytes, .guess = f->guess };

	l.showing = (struct showing){ .s = &l.s->show, .digest = f->digest };
	l.showing.place.base = str_c(f->base);
	l.showing.place.depth = f->depth;
	search(&l);
}

/* Depth is bounded by scan_unwrap: the recursion is, too. */
static void search(struct level *l)
{
	struct scan *s = l->s;
	struct object o = { .shown = on_layer, .arg = l, .guess = l->guess, .dense = &s->dense };
	struct found *f;
	struct verdict v;

	l->sure.last = &l->sure.first;
	l->guesses.last = &l->guesses.first;
	engine_object(s->e, l->body, &o, &v);
	show_layer(&l->showing, 0, "", NULL, l->body, false, NULL); /* too small for the engine to show */
	s->layers += v.layers;
	s->bytes += v.scanned;
	if (!l->guess || v.reason != REASON_MALFORMED)
		add_verdict(s, &v);
	if (may_go_on(s))
		look_inside(l, 0, l->body, true);
	while ((f = next_found(l)) != NULL) {
		if (!superseded(s, f) && may_go_on(s))
			search_found(l, f);
		found_free(s, f);
	}
}

static void add_census(struct scan *s)
{
	const struct verdict *c = &s->show.census;
	struct verdict *v = s->v;

	memcpy(v->type, c->type, sizeof(v->type));
	v->kind = c->kind;
	v->kinds = c->kinds;
	v->objects = c->objects;
	v->object_bytes = c->object_bytes;
	v->layers = (uint32_t)(s->layers < UINT32_MAX ? s->layers : UINT32_MAX);
	v->scanned = s->bytes;
}

void engine_scan_with(const struct engine *e, struct str body, const struct detector *detectors, size_t n,
    struct verdict *v)
{
	uint64_t start = now_usec();
	struct scan s = { .e = e, .v = v, .objects = 1, .until = start + e->limits->scan * 750,
		.show = { .of = detectors, .n = n } };
	struct level l = { .s = &s, .body = body, .showing = { .s = &s.show } };

	engine_bound(e, body.n, &s.dense);
	*v = verdict_make(VERDICT_CLEAN, REASON_NONE, STR(""));
	if (body.n > e->limits->scan_file)
		*v = verdict_make(VERDICT_UNSCANNABLE, REASON_LIMIT, STR("body-size"));
	if (body.n == 0 || body.n > e->limits->scan_file)
		show_layer(&l.showing, 0, "", NULL, body, false, NULL);
	else
		search(&l);
	add_census(&s);
	shown_free(&s.show.shown);
	v->usec = (uint32_t)(now_usec() - start);
}

void engine_scan(const struct engine *e, struct str body, struct verdict *v)
{
	engine_scan_with(e, body, NULL, 0, v);
}
