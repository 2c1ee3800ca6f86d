/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second opinion: llhttp reads the head that we have read. It has no say in what is
 * forwarded, but a head that the two cut or frame differently is refused.
 */
#include <llhttp.h>

#include "core/err.h"
#include "http/h1_parse.h"

struct opinion {
	llhttp_t parser; /* first: callbacks get its address */
	const struct head *h;
	size_t names, values; /* seen so far; of the values those that are not empty */
	bool same, ended;
};

static int note(struct opinion *o, bool same)
{
	o->same = o->same && same;
	return 0;
}

static int on_url(llhttp_t *p, const char *at, size_t n)
{
	struct opinion *o = (struct opinion *)p;

	return note(o, at == o->h->target.p && n == o->h->target.n);
}

static int on_name(llhttp_t *p, const char *at, size_t n)
{
	struct opinion *o = (struct opinion *)p;
	const struct field *f = o->h->fields + o->names++;

	return note(o, o->names <= o->h->nfields && at == f->name.p && n == f->name.n);
}

/* llhttp keeps blanks at the end of a value. */
static int on_value(llhttp_t *p, const char *at, size_t n)
{
	struct opinion *o = (struct opinion *)p;
	const struct field *f = o->h->fields + o->names - 1;

	if (o->names == 0 || o->names > o->h->nfields)
		return note(o, false);
	if (f->value.n == 0)
		return note(o, str_trim(str_of(at, n)).n == 0);
	o->values++;
	return note(o, at == f->value.p && str_eq(str_trim(str_of(at, n)), f->value));
}

static int on_head_end(llhttp_t *p)
{
	((struct opinion *)p)->ended = true;
	return HPE_PAUSED;
}

static bool same_numbers(const struct opinion *o)
{
	const struct head *h = o->h;
	const llhttp_t *p = &o->parser;
	bool chunked = (p->flags & F_CHUNKED) != 0;
	size_t values = 0;

	for (size_t i = 0; i < h->nfields; i++)
		values += h->fields[i].value.n > 0;
	return o->names == h->nfields && o->values == values && p->http_major == 1 &&
	       p->http_minor == h->minor && p->status_code == h->status &&
	       chunked == (head_count(h, "transfer-encoding") > 0) &&
	       h->has_length == ((p->flags & F_CONTENT_LENGTH) != 0) &&
	       (!h->has_length || p->content_length == h->length);
}

/*
 * llhttp knows a closed list of methods, HTTP does not (RFC 9110 section 16.1): our token check
 * has judged the method, a stand-in of the same meaning is read in its place.
 */
static llhttp_errno_t read_start(struct opinion *o, struct str *text)
{
	struct str method = o->h->method;
	struct str stand_in = str_eq(method, STR("CONNECT")) ? method : STR("POST");

	if (method.n == 0)
		return HPE_OK;
	*text = str_sub(*text, method.n, text->n);
	return llhttp_execute(&o->parser, stand_in.p, stand_in.n);
}

int h1_second_opinion(enum h1_side side, struct str text, const struct head *h)
{
	static const llhttp_settings_t settings = { .on_url = on_url,
		.on_header_field = on_name,
		.on_header_value = on_value,
		.on_headers_complete = on_head_end };
	struct opinion o = { .h = h, .same = true };
	llhttp_errno_t e;

	llhttp_init(&o.parser, side == H1_REQUEST ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
	e = read_start(&o, &text);
	if (e == HPE_OK)
		e = llhttp_execute(&o.parser, text.p, text.n);
	if (e == HPE_INVALID_TRANSFER_ENCODING)
		return -ERR_BODY_CODING;
	if (e == HPE_UNEXPECTED_CONTENT_LENGTH || e == HPE_INVALID_CONTENT_LENGTH)
		return -ERR_BODY_LENGTH;
	if (e != HPE_PAUSED && e != HPE_OK && e != HPE_PAUSED_UPGRADE)
		return -ERR_HTTP_HEAD;
	return o.ended && o.same && same_numbers(&o) ? 0 : -ERR_HTTP_HEAD;
}
