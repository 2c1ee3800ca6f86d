/* SPDX-License-Identifier: BSD-2-Clause */
/* The canonical writer: start line, end-to-end fields in their order, framing by decision. */
#include "http/h1_write.h"

#include <string.h>

#include "core/err.h"
#include "http/head_rules.h"

static int put_field(struct buf *out, struct str name, struct str value)
{
	int r;

	if ((r = buf_str(out, name)) != 0 || (r = buf_append(out, ": ", 2)) != 0 ||
	    (r = buf_str(out, value)) != 0)
		return r;
	return buf_append(out, "\r\n", 2);
}

static bool listed(const char *const *names, struct str name)
{
	for (; names != NULL && *names != NULL; names++)
		if (str_ieq(name, str_c(*names)))
			return true;
	return false;
}

/* Named by Connection (RFC 9110 section 7.6.1); what must always reach the other end is not
 * taken away by a client's list. */
static bool named_by_connection(const struct head *h, struct str name)
{
	if (head_end_to_end(name))
		return false;
	for (size_t i = 0; i < h->nfields; i++) {
		struct str v = h->fields[i].value, e;

		if (!str_ieq(h->fields[i].name, STR("connection")))
			continue;
		while (str_next(&v, ',', &e))
			if (str_ieq(e, name))
				return true;
	}
	return false;
}

static bool keeps_te(const struct field *f)
{
	return str_ieq(f->name, STR("te")) && str_ieq(f->value, STR("trailers"));
}

static bool hop_by_hop(const struct head *h, const struct field *f, const struct h1_edit *e)
{
	static const char *const names[] = { "connection", "keep-alive", "proxy-connection",
		"transfer-encoding", "content-length", "upgrade", "http2-settings", NULL };

	if (listed(names, f->name))
		return true;
	if (str_ieq(f->name, STR("te")))
		return !keeps_te(f);
	if (str_ieq(f->name, STR("expect")))
		return !e->keep_expect;
	return named_by_connection(h, f->name);
}

/* What is added comes from us, but may carry words that a peer chose. */
static int put_added(struct buf *out, const struct field *f)
{
	for (size_t i = 0; i < f->value.n; i++)
		if ((unsigned char)f->value.p[i] < 0x20 || f->value.p[i] == 0x7f)
			return -ERR_HTTP_FIELD;
	return put_field(out, f->name, f->value);
}

static int put_end_to_end(
    struct buf *out, const struct head *h, const struct h1_edit *e, bool skip_host)
{
	int r = 0;

	for (size_t i = 0; i < h->nfields && r == 0; i++) {
		const struct field *f = &h->fields[i];

		if (hop_by_hop(h, f, e) || listed(e->drop, f->name) ||
		    (skip_host && str_ieq(f->name, STR("host"))))
			continue;
		r = put_field(out, f->name, f->value);
	}
	for (size_t i = 0; i < e->nadd && r == 0; i++)
		r = put_added(out, &e->add[i]);
	return r;
}

/* RFC 9110 section 10.1.4: who sends TE says so in Connection. */
static bool sends_te(const struct head *h, const struct h1_edit *e)
{
	for (size_t i = 0; i < h->nfields; i++)
		if (keeps_te(&h->fields[i]))
			return !listed(e->drop, STR("te"));
	return false;
}

static int put_connection(
    struct buf *out, const struct head *h, const struct h1_edit *e, bool upgrade)
{
	bool close = !upgrade && (e->close || e->frame == H1_FRAME_CLOSE);
	bool te = sends_te(h, e);

	if (!upgrade && !close && !te)
		return 0;
	return buf_printf(out, "Connection: %s%s%s\r\n",
	    upgrade ? "upgrade"
	    : close ? "close"
		    : "",
	    te && (upgrade || close) ? ", " : "", te ? "TE" : "");
}

static int put_framing(struct buf *out, const struct head *h, const struct h1_edit *e)
{
	struct str v;
	bool upgrade = e->keep_upgrade && head_get(h, "upgrade", &v);
	int r = 0;

	if (e->frame == H1_FRAME_LENGTH)
		r = buf_printf(out, "Content-Length: %llu\r\n", (unsigned long long)e->length);
	else if (e->frame == H1_FRAME_CHUNKED)
		r = buf_str(out, STR("Transfer-Encoding: chunked\r\n"));
	if (r == 0 && upgrade)
		r = put_field(out, STR("Upgrade"), v);
	return r == 0 ? put_connection(out, h, e, upgrade) : r;
}

static int finish(struct buf *out, const struct head *h, const struct h1_edit *e, size_t before,
    int r, bool skip_host)
{
	if (r == 0)
		r = put_end_to_end(out, h, e, skip_host);
	if (r == 0)
		r = put_framing(out, h, e);
	if (r == 0)
		r = buf_append(out, "\r\n", 2);
	if (r != 0)
		out->len = before;
	return r;
}

int h1_write_request(struct buf *out, const struct head *h, const struct h1_edit *e)
{
	size_t before = out->len;
	struct str target = h->path.n > 0 ? h->path : h->target;
	int r = buf_str(out, h->method);

	if (r == 0)
		r = buf_append(out, " ", 1);
	if (r == 0)
		r = buf_str(out, target);
	if (r == 0)
		r = buf_str(out, STR(" HTTP/1.1\r\n"));
	if (r == 0 && h->host.n > 0)
		r = put_field(out, STR("Host"), h->host);
	else if (r == 0)
		r = buf_str(out, STR("Host:\r\n"));
	return finish(out, h, e, before, r, true);
}

int h1_write_response(struct buf *out, const struct head *h, const struct h1_edit *e)
{
	size_t before = out->len;
	int r = buf_printf(out, "HTTP/1.1 %u ", h->status);

	if (r == 0)
		r = buf_str(out, h->reason);
	if (r == 0)
		r = buf_append(out, "\r\n", 2);
	return finish(out, h, e, before, r, false);
}

int h1_write_chunk(struct buf *out, struct str data)
{
	size_t before = out->len;
	int r;

	if (data.n == 0) /* would end the body */
		return 0;
	r = buf_printf(out, "%zx\r\n", data.n);
	if (r == 0)
		r = buf_str(out, data);
	if (r == 0)
		r = buf_append(out, "\r\n", 2);
	if (r != 0)
		out->len = before;
	return r;
}

int h1_write_last(struct buf *out, const struct head *trailers)
{
	struct h1_edit none = { 0 };
	size_t before = out->len;
	int r = buf_str(out, STR("0\r\n"));

	if (r == 0 && trailers != NULL)
		r = put_end_to_end(out, trailers, &none, false);
	if (r == 0)
		r = buf_append(out, "\r\n", 2);
	if (r != 0)
		out->len = before;
	return r;
}
