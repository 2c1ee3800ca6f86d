/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The framing decision: RFC 9112 section 6, without any of its leniencies. Whatever a second
 * parser could read another way is refused, in requests and in responses.
 */
#include <string.h>

#include "core/err.h"
#include "http/h1_parse.h"

static int read_lengths(struct head *h)
{
	struct str v;
	size_t n = head_count(h, "content-length");

	if (n == 0)
		return 0;
	if (n > 1 || !head_get(h, "content-length", &v) || str_u64(v, &h->length) != 0 ||
	    h->length > INT64_MAX)
		return -ERR_BODY_LENGTH;
	h->has_length = true;
	return 0;
}

/* 1 chunked, 0 none, or an error: several, other or repeated codings, or HTTP/1.0. */
static int read_coding(const struct head *h)
{
	struct str v;
	size_t n = head_count(h, "transfer-encoding");

	if (n == 0)
		return 0;
	if (n > 1 || h->minor == 0 || !head_get(h, "transfer-encoding", &v) ||
	    !str_ieq(v, STR("chunked")))
		return -ERR_BODY_CODING;
	return h->has_length ? -ERR_BODY_LENGTH : 1;
}

static bool lists(const struct head *h, const char *name, struct str token)
{
	for (size_t i = 0; i < h->nfields; i++) {
		struct str v = h->fields[i].value, e;

		if (!str_ieq(h->fields[i].name, str_c(name)))
			continue;
		while (str_next(&v, ',', &e))
			if (str_ieq(e, token))
				return true;
	}
	return false;
}

static void read_connection(struct head *h)
{
	struct str v;

	h->keep_alive = h->minor >= 1 ? !lists(h, "connection", STR("close")) :
					lists(h, "connection", STR("keep-alive"));
	h->upgrade = h->minor >= 1 && lists(h, "connection", STR("upgrade")) && head_get(h, "upgrade", &v);
	h->expect_continue = h->minor >= 1 && head_get(h, "expect", &v) && str_ieq(v, STR("100-continue"));
}

/* uri-host [":" port] (RFC 3986 section 3.2.2): no userinfo, no list, no path. */
static bool is_authority(struct str s)
{
	struct head h = { .host = s };
	struct str name;
	uint16_t port;
	bool v6;

	if (s.n == 0 || !head_host(&h, &name, &port) || name.n == 0)
		return false;
	v6 = name.p[0] == '[';
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!alnum && !(c != '\0' && strchr(v6 ? "[]:.%" : "-._~%", c) != NULL))
			return false;
	}
	return true;
}

/* absolute-form: scheme "://" authority path-and-query */
static int split_absolute(struct head *h, struct str *authority)
{
	struct str rest = h->target;
	size_t end = 0;

	if (str_iprefix(rest, STR("http://")))
		rest = str_sub(rest, 7, rest.n);
	else if (str_iprefix(rest, STR("https://")))
		rest = str_sub(rest, 8, rest.n);
	else
		return -ERR_HTTP_TARGET;
	while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
		end++;
	*authority = str_sub(rest, 0, end);
	h->path = str_sub(rest, end, rest.n);
	if (h->path.n == 0)
		h->path = STR("/");
	return h->path.p[0] == '/' ? 0 : -ERR_HTTP_TARGET;
}

static int read_target(struct head *h, struct str *authority)
{
	bool connect = str_eq(h->method, STR("CONNECT"));

	*authority = STR_NONE;
	if (connect) {
		*authority = h->target;
		return is_authority(h->target) && str_chr(h->target, ':') > 0 ? 0 : -ERR_HTTP_TARGET;
	}
	if (h->target.p[0] == '/') {
		h->path = h->target;
		return 0;
	}
	if (str_eq(h->target, STR("*"))) {
		h->path = h->target;
		return str_eq(h->method, STR("OPTIONS")) ? 0 : -ERR_HTTP_TARGET;
	}
	return split_absolute(h, authority);
}

/* One Host, well-formed, and the same as an absolute or authority form says (RFC 9112 3.2). */
static int read_host(struct head *h, struct str authority)
{
	struct str host = STR_NONE;
	size_t n = head_count(h, "host");

	if (n > 1 || (n == 0 && h->minor >= 1))
		return -ERR_HTTP_HOST;
	if (n == 1) {
		head_get(h, "host", &host);
		if (!is_authority(host))
			return -ERR_HTTP_HOST;
	}
	if (authority.n > 0 && (!is_authority(authority) || (n == 1 && !str_ieq(authority, host))))
		return -ERR_HTTP_HOST;
	h->host = authority.n > 0 ? authority : host;
	return 0;
}

int h1_frame_request(struct head *h)
{
	struct str authority;
	int chunked, r;

	if ((r = read_target(h, &authority)) != 0 || (r = read_host(h, authority)) != 0 ||
	    (r = read_lengths(h)) != 0)
		return r;
	if ((chunked = read_coding(h)) < 0)
		return chunked;
	read_connection(h);
	if (str_eq(h->method, STR("CONNECT")) && (chunked == 1 || h->has_length))
		return -ERR_BODY_LENGTH;
	h->body = chunked == 1 ? BODY_CHUNKED : h->has_length && h->length > 0 ? BODY_LENGTH : BODY_NONE;
	return 0;
}

int h1_frame_response(struct head *h, bool to_head, bool to_connect)
{
	bool bodiless = h->status < 200 || h->status == 204;
	int chunked, r;

	if ((r = read_lengths(h)) != 0)
		return r;
	if ((chunked = read_coding(h)) < 0)
		return chunked;
	read_connection(h);
	if (bodiless && (chunked == 1 || (h->has_length && h->length > 0)))
		return -ERR_BODY_LENGTH; /* RFC 9110 sections 6.4.1, 8.6 */
	if (h->status == 101 || (to_connect && h->status / 100 == 2))
		h->body = BODY_TUNNEL;
	else if (bodiless || to_head || h->status == 304)
		h->body = BODY_NONE;
	else if (chunked == 1)
		h->body = BODY_CHUNKED;
	else if (h->has_length)
		h->body = h->length > 0 ? BODY_LENGTH : BODY_NONE;
	else
		h->body = BODY_UNTIL_CLOSE;
	return 0;
}
