/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of held objects: 206, 416 and multipart/byteranges (RFC 9110 section 14 and 15.3.7). */
#include "gateway/ranged.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/err.h"
#include "gateway/wire.h"
#include "http/range.h"

enum { TEXT_MAX = 64 << 10, FIELDS_ADDED = 3 };

/* Some text of ours (a part's head), then bytes of the body. */
struct part {
	size_t text, text_n;
	struct range r;
	uint64_t n; /* bytes of the body; 0 behind the last part */
};

struct ranged {
	char *range, *if_range; /* as asked; if_range may be NULL */
	bool passed;		/* the origin was asked so, too */
	struct head *whole;	/* its answer; NULL: it is none of which parts can be had */
	bool settled, some;	/* it is said what goes out; that is not the whole */
	struct buf text;
	struct part parts[RANGE_MOST + 1];
	size_t n;
	uint64_t total; /* bytes of the answer */
};

static char *field_copy(const struct head *h, const char *name)
{
	struct str v;

	return head_get(h, name, &v) ? strndup(v.n > 0 ? v.p : "", v.n) : NULL;
}

int ranged_note(struct txn *t, const struct head *request, bool by_rule)
{
	struct ranged *r;
	struct str v;

	if (strcmp(t->method, "GET") != 0 || !head_get(request, "range", &v))
		return 0; /* for other methods it has no meaning (section 14.2) */
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return -ERR_NOMEM;
	t->ranged = r;
	buf_init(&r->text, TEXT_MAX);
	r->range = field_copy(request, "range");
	r->if_range = field_copy(request, "if-range");
	if (r->range == NULL || (r->if_range == NULL && head_get(request, "if-range", &v)))
		return -ERR_NOMEM;
	r->passed = by_rule && range_single(str_c(r->range));
	return 0;
}

bool ranged_passed(const struct ranged *r)
{
	return r != NULL && r->passed;
}

void ranged_free(struct ranged *r)
{
	if (r == NULL)
		return;
	free(r->range);
	free(r->if_range);
	free(r->whole);
	buf_free(&r->text);
	free(r);
}

/* ---- pieces from the origin ---- */

static bool is_asked(const struct ranged *r, const struct range *piece, uint64_t length)
{
	struct ranges asked;

	if (length == UINT64_MAX) /* it does not say how long the whole is */
		return true;
	return range_read(str_c(r->range), length, &asked) == RANGE_PART &&
	       asked.r[0].first == piece->first && asked.r[0].last >= piece->last;
}

static int check_piece(struct txn *t, const struct head *h)
{
	struct range piece;
	uint64_t length;
	struct str v;

	if (!ranged_passed(t->ranged) || head_count(h, "content-range") != 1 ||
	    !head_get(h, "content-range", &v) || range_read_content(v, &piece, &length) != 0 ||
	    str_iprefix(str_c(t->down.type), STR("multipart/byteranges")) ||
	    !is_asked(t->ranged, &piece, length))
		return -ERR_HTTP_RANGE;
	if (h->has_length && h->length != piece.last - piece.first + 1)
		return -ERR_HTTP_RANGE;
	t->down.piece = piece.first > 0 || piece.last + 1 < length;
	t->down.due = piece.last - piece.first + 1;
	return 0;
}

int ranged_response(struct txn *t, const struct head *h)
{
	if (!t->f->w->search)
		return 0;
	if (h->status == 206)
		return check_piece(t, h);
	if (t->ranged == NULL || h->status != 200)
		return 0;
	t->ranged->whole = head_copy(h, NULL, NULL, 0);
	return t->ranged->whole != NULL ? 0 : -ERR_NOMEM;
}

/* ---- parts for the client ---- */

/* A field that goes with the whole alone: digests of all bytes (RFC 9530, RFC 1864), trailers. */
static bool of_the_whole(struct str name)
{
	static const char *const names[] = { "content-length", "content-range", "content-md5",
		"content-digest", "trailer", NULL };

	for (size_t i = 0; names[i] != NULL; i++)
		if (str_ieq(name, str_c(names[i])))
			return true;
	return false;
}

/* What 416 says nothing of: the representation (it has none). */
static bool of_the_content(struct str name)
{
	static const char *const names[] = { "etag", "last-modified", "expires", "digest",
		"repr-digest", NULL };

	for (size_t i = 0; names[i] != NULL; i++)
		if (str_ieq(name, str_c(names[i])))
			return true;
	return str_iprefix(name, STR("content-"));
}

/* The answer's head from the whole's: 0 or what keeping it gives. content_type empty: as it was. */
static int keep(struct txn *t, struct leg *g, unsigned status, struct str content_range, struct str content_type)
{
	struct ranged *r = t->ranged;
	struct head h = *r->whole;
	struct field *f = calloc(h.nfields + FIELDS_ADDED, sizeof(*f));
	char length[24];
	size_t n = 0;
	int e;

	if (f == NULL)
		return -ERR_NOMEM;
	for (size_t i = 0; i < h.nfields; i++) {
		struct str name = h.fields[i].name;

		if (of_the_whole(name) || (status == 416 && of_the_content(name)) ||
		    (content_type.n > 0 && str_ieq(name, STR("content-type"))))
			continue;
		f[n++] = h.fields[i];
	}
	snprintf(length, sizeof(length), "%" PRIu64, r->total);
	f[n++] = (struct field){ STR("content-length"), str_c(length) };
	if (content_range.n > 0)
		f[n++] = (struct field){ STR("content-range"), content_range };
	if (content_type.n > 0)
		f[n++] = (struct field){ STR("content-type"), content_type };
	h.fields = f;
	h.nfields = n;
	h.status = status;
	h.reason = status == 416 ? STR("Range Not Satisfiable") : STR("Partial Content");
	h.body = BODY_LENGTH;
	h.has_length = true;
	h.length = r->total;
	buf_free(&g->tail); /* trailers are of the whole */
	free(g->kept_trailers);
	g->kept_trailers = NULL;
	e = txn_keep_response(t, &h);
	free(f);
	return e;
}

static void add_part(struct ranged *r, size_t text, const struct range *x)
{
	struct part *p = &r->parts[r->n++];

	*p = (struct part){ .text = text, .text_n = r->text.len - text };
	if (x != NULL) {
		p->r = *x;
		p->n = x->last - x->first + 1;
	}
	r->total += p->text_n + p->n;
}

static int one_part(struct txn *t, struct leg *g, const struct range *x, uint64_t length)
{
	char value[80];

	add_part(t->ranged, 0, x);
	snprintf(value, sizeof(value), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, x->first, x->last, length);
	return keep(t, g, 206, str_c(value), STR_NONE);
}

/* Section 14.6. The object is complete before the boundary is chosen, at random: it is not in there. */
static int many_parts(struct txn *t, struct leg *g, const struct ranges *all, uint64_t length)
{
	struct ranged *r = t->ranged;
	char boundary[40], type[80];
	uint64_t random[2];
	struct str media;
	int e = getrandom(random, sizeof(random), 0) == sizeof(random) ? 0 : -ERR_SYSTEM;

	snprintf(boundary, sizeof(boundary), "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
	for (size_t i = 0; i < all->n && e == 0; i++) {
		size_t at = r->text.len;

		e = buf_printf(&r->text, "\r\n--%s\r\n", boundary);
		if (e == 0 && head_get(r->whole, "content-type", &media))
			e = buf_printf(&r->text, "Content-Type: %.*s\r\n", STR_FMT(media));
		if (e == 0)
			e = buf_printf(&r->text, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n\r\n",
			    all->r[i].first, all->r[i].last, length);
		add_part(r, at, &all->r[i]);
	}
	if (e != 0 || (e = buf_printf(&r->text, "\r\n--%s--\r\n", boundary)) != 0)
		return e;
	add_part(r, r->text.len - strlen(boundary) - 8, NULL);
	snprintf(type, sizeof(type), "multipart/byteranges; boundary=%s", boundary);
	return keep(t, g, 206, STR_NONE, str_c(type));
}

static int nothing(struct txn *t, struct leg *g, uint64_t length)
{
	char value[40];

	snprintf(value, sizeof(value), "bytes */%" PRIu64, length);
	return keep(t, g, 416, str_c(value), STR_NONE);
}

static void answer(struct txn *t, struct leg *g, enum range_answer a, const struct ranges *all, uint64_t length)
{
	struct ranged *r = t->ranged;
	int e;

	if (a == RANGE_WHOLE)
		return;
	r->some = true;
	/* What comes behind is not waited for: the origin's connection cannot be used again. */
	t->close |= !g->ended && (a == RANGE_UNSATISFIABLE || all->r[0].last + 1 < length);
	e = a == RANGE_UNSATISFIABLE ? nothing(t, g, length)
	    : all->n == 1	     ? one_part(t, g, &all->r[0], length)
				     : many_parts(t, g, all, length);
	if (e != 0)
		txn_refuse(t, 503, "refuse", NULL, NULL, "%s", err_name(e));
	else
		t->status = a == RANGE_UNSATISFIABLE ? 416 : 206;
}

bool ranged_settle(struct txn *t, struct leg *g, bool now)
{
	struct ranged *r = t->ranged;
	enum range_answer a;
	struct ranges all;
	uint64_t length;

	if (g != &t->down || r == NULL || r->whole == NULL || r->settled || g->head_out)
		return true;
	if (!g->ended && !g->has_length) {
		r->settled = now;
		return now;
	}
	length = g->ended ? body_length(g->body) : g->length;
	a = range_if(str_c(r->if_range), r->whole) ? range_read(str_c(r->range), length, &all) : RANGE_WHOLE;
	if (a == RANGE_PART && all.n > 1 && !g->ended) { /* it may be that not all of it will be held */
		r->settled = now;
		return now;
	}
	r->settled = true;
	g->part = r;
	answer(t, g, a, &all, length);
	if (!r->some)
		g->part = NULL;
	return true;
}

ssize_t ranged_read(const struct leg *g, uint64_t at, char *to, size_t n)
{
	const struct ranged *r = g->part;

	if (r == NULL)
		return body_read(g->body, at, to, n);
	for (size_t i = 0; i < r->n; i++) {
		const struct part *p = &r->parts[i];

		if (at < p->text_n) {
			struct str s = str_sub(buf_view(&r->text), p->text + (size_t)at, p->text_n - (size_t)at);

			n = s.n < n ? s.n : n;
			memcpy(to, s.p, n);
			return (ssize_t)n;
		}
		at -= p->text_n;
		if (at < p->n)
			return body_read(g->body, p->r.first + at, to, p->n - at < n ? (size_t)(p->n - at) : n);
		at -= p->n;
	}
	return 0;
}

uint64_t ranged_early(const struct leg *g, uint64_t n)
{
	const struct part *p = g->part->parts;

	if (g->part->n != 1 || p->text_n > 0 || n <= p->r.first)
		return 0;
	return n - p->r.first < p->n ? n - p->r.first : p->n;
}

uint64_t ranged_reached(const struct leg *g, uint64_t released)
{
	return g->part->n == 1 && g->part->parts[0].text_n == 0 ? g->part->parts[0].r.first + released : 0;
}

struct str ranged_cut(const struct leg *g, uint64_t at, struct str data)
{
	const struct part *p = g->part != NULL ? &g->part->parts[0] : NULL;

	if (p == NULL)
		return data;
	if (p->n == 0 || at > p->r.last || at + data.n <= p->r.first)
		return STR_NONE;
	if (p->r.last - at + 1 < data.n)
		data.n = (size_t)(p->r.last - at + 1);
	return at < p->r.first ? str_sub(data, (size_t)(p->r.first - at), data.n) : data;
}

bool ranged_over(const struct leg *g, uint64_t at)
{
	return g->part != NULL && (g->part->n == 0 || at > g->part->parts[0].r.last);
}
