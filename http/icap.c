/* SPDX-License-Identifier: BSD-2-Clause */
/* ICAP: what is written for a request. */
#include "http/icap.h"

#include "core/err.h"

/* Nothing that could end a line or a word; bytes beyond ASCII never stand in a head of ours. */
static bool word(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return false;
	return s.n > 0;
}

static struct str word_or(struct str s, struct str instead)
{
	return word(s) ? s : instead;
}

/* The host of an absolute URL. */
static struct str host_of(struct str url)
{
	for (size_t i = 0; i + 3 <= url.n; i++)
		if (str_eq(str_sub(url, i, 3), STR("://"))) {
			struct str rest = str_sub(url, i + 3, url.n);
			size_t n = 0;

			while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
				n++;
			return str_sub(rest, 0, n);
		}
	return STR_NONE;
}

static int http_heads(struct buf *req, struct buf *res, const struct icap_request *q)
{
	struct str url = word_or(q->url, STR("http://unknown.invalid/"));
	struct str host = word_or(host_of(url), STR("unknown.invalid"));
	struct str type = word_or(q->type, STR("application/octet-stream"));
	bool up = q->method == ICAP_REQMOD;
	int r = buf_printf(req, "%.*s %.*s HTTP/1.1\r\nHost: %.*s\r\n",
	    STR_FMT(word_or(q->http_method, up ? STR("POST") : STR("GET"))), STR_FMT(url), STR_FMT(host));

	if (r == 0 && up)
		r = buf_printf(req, "Content-Type: %.*s\r\nContent-Length: %llu\r\n", STR_FMT(type),
		    (unsigned long long)q->length);
	r = r != 0 ? r : buf_str(req, STR("\r\n"));
	if (r != 0 || up)
		return r;
	return buf_printf(res, "HTTP/1.1 200 OK\r\nContent-Type: %.*s\r\nContent-Length: %llu\r\n\r\n", STR_FMT(type),
	    (unsigned long long)q->length);
}

static int write_mod(struct buf *out, const struct icap_request *q, const struct buf *req, const struct buf *res)
{
	const char *body = q->length == 0 ? "null-body" : q->method == ICAP_REQMOD ? "req-body" : "res-body";
	int r = 0;

	if (q->allow_204)
		r = buf_str(out, STR("Allow: 204\r\n"));
	if (r == 0 && q->preview != ICAP_NO_PREVIEW && q->length > 0)
		r = buf_printf(out, "Preview: %ld\r\n", q->preview);
	if (r == 0 && res->len > 0)
		r = buf_printf(out, "Encapsulated: req-hdr=0, res-hdr=%zu, %s=%zu\r\n\r\n", req->len, body,
		    req->len + res->len);
	else if (r == 0)
		r = buf_printf(out, "Encapsulated: req-hdr=0, %s=%zu\r\n\r\n", body, req->len);
	r = r != 0 ? r : buf_str(out, buf_view(req));
	return r != 0 ? r : buf_str(out, buf_view(res));
}

int icap_write_head(struct buf *out, const struct icap_request *q)
{
	static const char *const methods[] = { "OPTIONS", "REQMOD", "RESPMOD" };
	struct buf req, res;
	int r;

	buf_init(&req, 4096);
	buf_init(&res, 1024);
	r = buf_printf(out, "%s %.*s ICAP/1.0\r\nHost: %.*s\r\nUser-Agent: sallyport\r\n", methods[q->method],
	    STR_FMT(q->uri), STR_FMT(q->authority));
	if (r == 0 && q->method == ICAP_OPTIONS)
		r = buf_str(out, STR("Encapsulated: null-body=0\r\n\r\n"));
	else if (r == 0 && (r = http_heads(&req, &res, q)) == 0)
		r = write_mod(out, q, &req, &res);
	buf_free(&req);
	buf_free(&res);
	return r;
}

int icap_write_chunk(struct buf *out, size_t n)
{
	return buf_printf(out, "%zx\r\n", n);
}

int icap_write_end(struct buf *out, bool whole_preview)
{
	return buf_str(out, whole_preview ? STR("0; ieof\r\n\r\n") : STR("0\r\n\r\n"));
}
