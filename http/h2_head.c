/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields of HTTP/2 to heads and back (RFC 9113 section 8). libnghttp2 has checked order and
 * presence of pseudo-fields, names and values; what rules match on is checked by the same code
 * as for HTTP/1.1, and Host must agree with :authority.
 */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "http/h1_parse.h"
#include "http/h2_local.h"
#include "http/head_rules.h"

bool h2_collect(struct h2 *h, struct h2_stream *s, struct str name, struct str value)
{
	struct h2_place p = { (uint32_t)s->text.len, (uint32_t)name.n, (uint32_t)value.n };

	s->text.max = h->limits->head;
	if (s->nplaces >= h->limits->fields + 5 || /* as many pseudo-fields may stand before */
	    s->text.len + s->nplaces * H2_FIELD_OVERHEAD + name.n + value.n > h->limits->head ||
	    buf_str(&s->text, name) != 0 || buf_str(&s->text, value) != 0)
		return false;
	if (s->nplaces == s->cap) {
		size_t cap = s->cap > 0 ? s->cap * 2 : 16;
		struct h2_place *more = realloc(s->places, cap * sizeof(*more));

		if (more == NULL)
			return false;
		s->places = more;
		s->cap = cap;
	}
	s->places[s->nplaces++] = p;
	return true;
}

void h2_collect_clear(struct h2_stream *s)
{
	buf_free(&s->text);
	free(s->places);
	s->places = NULL;
	s->nplaces = s->cap = 0;
}

/* A pseudo-field goes to its place in the head: false for one that is none of ours. */
static bool take_pseudo(struct head *h, struct str name, struct str value, struct str *authority)
{
	uint64_t status;

	if (str_eq(name, STR(":method")))
		h->method = value;
	else if (str_eq(name, STR(":path")))
		h->target = value;
	else if (str_eq(name, STR(":authority")))
		*authority = value;
	else if (str_eq(name, STR(":protocol")))
		h->protocol = value;
	else if (str_eq(name, STR(":scheme")))
		h->scheme = value;
	else if (str_eq(name, STR(":status")) && str_u64(value, &status) == 0 && status >= 100 &&
		 status <= 599)
		h->status = (unsigned)status;
	else
		return false;
	return true;
}

/* What must not stand in HTTP/2 (RFC 9113 section 8.2.2). */
static bool of_connection(const struct field *f)
{
	static const char *const names[] = { "connection", "keep-alive", "proxy-connection",
		"transfer-encoding", "upgrade", "http2-settings" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_ieq(f->name, str_c(names[i])))
			return true;
	return str_ieq(f->name, STR("te")) && !str_ieq(f->value, STR("trailers"));
}

/* One host for a request: :authority, else Host; both only where they are the same. */
static int read_host(struct head *h, struct str authority, struct field *first)
{
	struct str host = STR_NONE;
	size_t n = head_count(h, "host");

	if (n > 1 || (authority.p != NULL && authority.n == 0))
		return -ERR_HTTP_HOST;
	if (n == 1 && head_get(h, "host", &host) && authority.n > 0 && !str_ieq(host, authority))
		return -ERR_HTTP_HOST;
	if (n == 0) { /* our readers look for the field */
		*first = (struct field){ STR("host"), authority };
		h->fields--;
		h->nfields++;
	}
	return 0;
}

/* Visible ASCII that begins with a slash, or "*"; CONNECT has its authority instead. */
static int check_target(const struct head *h)
{
	struct str s = h->target;

	if (s.n == 0 || (s.p[0] != '/' && !str_eq(s, STR("*")) && !str_eq(h->method, STR("CONNECT"))))
		return -ERR_HTTP_TARGET;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == '#')
			return -ERR_HTTP_TARGET;
	return 0;
}

static int read_request(struct head *h, struct str authority, struct field *first)
{
	int r = read_host(h, authority, first);

	if (str_eq(h->method, STR("CONNECT")) && h->protocol.n == 0)
		h->target = authority;
	if (r != 0 || (r = check_target(h)) != 0)
		return r;
	if (!h1_is_token(h->method) || h->method.n > HEAD_METHOD_MAX)
		return -ERR_HTTP_START_LINE;
	if (h->scheme.n > 0 && !str_eq(h->scheme, STR("http")) && !str_eq(h->scheme, STR("https")))
		return -ERR_HTTP_TARGET;
	/* RFC 8441: extended CONNECT has a path, and a host like any other request. */
	if (h->protocol.n > 0) {
		struct head get = *h;

		get.method = STR("GET");
		r = h1_read_target(&get);
		h->path = get.path;
		h->host = get.host;
		return r;
	}
	return h1_read_target(h);
}

/* The fields in their order; pseudo-fields to their places, none in trailers. */
static int sort_fields(const struct h2_stream *s, bool trailers, struct head *h,
    struct str *authority, struct field *f, size_t *n)
{
	for (size_t i = 0; i < s->nplaces; i++) {
		const char *p = s->text.p + s->text.off + s->places[i].at;
		struct str name = str_of(p, s->places[i].name_n);
		struct str value = str_of(p + name.n, s->places[i].value_n);

		if (name.n > 0 && name.p[0] == ':') {
			if (trailers || !take_pseudo(h, name, value, authority))
				return -ERR_HTTP_FIELD;
			continue;
		}
		if (of_connection(&(struct field){ name, value }))
			return -ERR_HTTP_FIELD;
		if (trailers && !head_may_trail(name))
			return -ERR_TRAILER;
		f[(*n)++] = (struct field){ name, value };
	}
	return 0;
}

int h2_read_head(
    struct h2 *h, struct h2_stream *s, bool trailers, struct head *out, struct field **fields)
{
	struct field *f = calloc(s->nplaces + 1, sizeof(*f));
	struct str authority = STR_NONE;
	size_t n = 1; /* the first is kept for Host */
	int r;

	*out = (struct head){ .minor = 1, .keep_alive = true };
	*fields = f;
	if (f == NULL)
		return -ERR_NOMEM;
	r = sort_fields(s, trailers, out, &authority, f, &n);
	out->fields = f + 1;
	out->nfields = n - 1;
	if (r == 0 && n - 1 > h->limits->fields)
		r = -ERR_HTTP_FIELDS;
	if (r != 0 || trailers)
		return r;
	if ((r = head_read_length(out)) != 0 || (r = head_check(out)) != 0)
		return r;
	return h->side == H2_SERVER ? read_request(out, authority, f)
	       : out->status == 0   ? -ERR_HTTP_START_LINE
				    : 0;
}

/* ---- sending ---- */

static void put(nghttp2_nv *nv, size_t *n, struct str name, struct str value)
{
	nv[(*n)++] = (nghttp2_nv){ (uint8_t *)(uintptr_t)name.p, (uint8_t *)(uintptr_t)value.p,
		name.n, value.n, NGHTTP2_NV_FLAG_NONE };
}

static bool named_by_connection(const struct head *h, struct str name)
{
	for (size_t i = 0; i < h->nfields; i++) {
		struct str v = h->fields[i].value, e;

		while (str_ieq(h->fields[i].name, STR("connection")) && str_next(&v, ',', &e))
			if (str_ieq(e, name))
				return true;
	}
	return false;
}

/* Names go out in lower case (RFC 9113 section 8.2.1): into scratch where they are not. */
static int lower(struct buf *scratch, struct str *name)
{
	char *to;

	for (size_t i = 0; i < name->n; i++)
		if (name->p[i] >= 'A' && name->p[i] <= 'Z')
			goto fold;
	return 0;
fold:
	/* The scratch has its full size from the start: earlier views stay good. */
	if ((to = buf_reserve(scratch, name->n)) == NULL)
		return -ERR_NOMEM;
	for (size_t i = 0; i < name->n; i++)
		to[i] = (char)(name->p[i] >= 'A' && name->p[i] <= 'Z' ? name->p[i] + 32 : name->p[i]);
	buf_commit(scratch, name->n);
	*name = str_of(to, name->n);
	return 0;
}

static int put_fields(const struct head *h, struct buf *scratch, nghttp2_nv *nv, size_t *n)
{
	int r = 0;

	for (size_t i = 0; i < h->nfields && r == 0; i++) {
		struct str name = h->fields[i].name;

		if (of_connection(&h->fields[i]) || str_ieq(name, STR("host")) ||
		    named_by_connection(h, name))
			continue;
		r = lower(scratch, &name);
		put(nv, n, name, h->fields[i].value);
	}
	return r;
}

/* Room for all names in lower case, so that the scratch never moves. */
static int begin(const struct head *h, struct buf *scratch, nghttp2_nv **nv)
{
	size_t names = 16;

	for (size_t i = 0; i < h->nfields; i++)
		names += h->fields[i].name.n;
	buf_init(scratch, names);
	*nv = calloc(h->nfields + 6, sizeof(**nv));
	return *nv != NULL && buf_reserve(scratch, names) != NULL ? 0 : -ERR_NOMEM;
}

int h2_make_request(const struct head *h, struct buf *scratch, nghttp2_nv **nv, size_t *n)
{
	bool connect = str_eq(h->method, STR("CONNECT"));
	int r = begin(h, scratch, nv);

	*n = 0;
	if (r != 0)
		return r;
	put(*nv, n, STR(":method"), h->method);
	if (!connect || h->protocol.n > 0) {
		put(*nv, n, STR(":scheme"), h->scheme.n > 0 ? h->scheme : STR("https"));
		put(*nv, n, STR(":path"), h->path);
	}
	put(*nv, n, STR(":authority"), h->host);
	if (h->protocol.n > 0)
		put(*nv, n, STR(":protocol"), h->protocol);
	return put_fields(h, scratch, *nv, n);
}

int h2_make_response(const struct head *h, struct buf *scratch, nghttp2_nv **nv, size_t *n)
{
	int r = begin(h, scratch, nv);
	char *to = r == 0 ? buf_reserve(scratch, 3) : NULL;

	*n = 0;
	if (to == NULL)
		return -ERR_NOMEM;
	for (unsigned i = 3, v = h->status; i > 0; i--, v /= 10)
		to[i - 1] = (char)('0' + v % 10);
	buf_commit(scratch, 3);
	put(*nv, n, STR(":status"), str_of(to, 3));
	return put_fields(h, scratch, *nv, n);
}

int h2_make_trailers(const struct head *h, struct buf *scratch, nghttp2_nv **nv, size_t *n)
{
	int r = begin(h, scratch, nv);

	*n = 0;
	return r != 0 ? r : put_fields(h, scratch, *nv, n);
}
