/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The framing decision: RFC 9112 section 6, without any of its leniencies. Whatever a second
 * parser could read another way is refused, in requests and in responses.
 */
#include "core/err.h"
#include "http/h1_parse.h"
#include "http/head_rules.h"

enum { OPTIONS_MAX = 64 }; /* of Connection; the writer compares each with each field */

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

static bool too_many_options(const struct head *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->nfields; i++) {
		struct str v = h->fields[i].value, e;

		while (n <= OPTIONS_MAX && str_ieq(h->fields[i].name, STR("connection")) &&
		       str_next(&v, ',', &e))
			n++;
	}
	return n > OPTIONS_MAX;
}

/* RFC 9112 section 9.3; RFC 9110 sections 7.8 and 10.1.1. */
static void read_connection(struct head *h)
{
	struct str v;

	h->keep_alive = !lists(h, "connection", STR("close")) &&
			(h->minor >= 1 || lists(h, "connection", STR("keep-alive")));
	/* Some switch behind the head, others behind the content: a request with both is no upgrade. */
	h->upgrade = h->minor >= 1 && (h->status != 0 || h->body == BODY_NONE) &&
		     lists(h, "connection", STR("upgrade")) && head_get(h, "upgrade", &v);
	h->expect_continue =
	    h->minor >= 1 && h->body != BODY_NONE && lists(h, "expect", STR("100-continue"));
}

static int frame(struct head *h, int *chunked)
{
	int r = too_many_options(h) ? -ERR_HTTP_FIELDS : head_read_length(h);

	if (r == 0)
		r = *chunked = read_coding(h);
	return r < 0 ? r : head_check(h);
}

static enum body_kind length_kind(const struct head *h)
{
	return h->length > 0 ? BODY_LENGTH : BODY_NONE;
}

int h1_frame_request(struct head *h)
{
	int chunked = 0, r = h1_read_target(h);

	if (r == 0)
		r = frame(h, &chunked);
	if (r != 0)
		return r;
	if (str_eq(h->method, STR("CONNECT")) && (chunked == 1 || h->has_length))
		return -ERR_BODY_LENGTH; /* RFC 9110 section 9.3.6: what follows is the tunnel's */
	if (str_eq(h->method, STR("TRACE")) && (chunked == 1 || h->length > 0))
		return -ERR_BODY_LENGTH; /* RFC 9110 section 9.3.8 */
	h->body = chunked == 1 ? BODY_CHUNKED : length_kind(h);
	read_connection(h);
	return 0;
}

/* Section 6.3, in its order. */
static enum body_kind response_kind(const struct head *h, bool bodiless, bool tunnel, bool chunked)
{
	if (tunnel)
		return BODY_TUNNEL;
	if (bodiless)
		return BODY_NONE;
	if (chunked)
		return BODY_CHUNKED;
	return h->has_length ? length_kind(h) : BODY_UNTIL_CLOSE;
}

int h1_frame_response(struct head *h, bool to_head, bool to_connect)
{
	bool tunnel = h->status == 101 || (to_connect && h->status / 100 == 2);
	bool never = tunnel || h->status < 200 || h->status == 204;
	int chunked = 0, r = frame(h, &chunked);

	if (r != 0)
		return r;
	if (never && (chunked == 1 || h->length > 0)) /* RFC 9110 sections 6.4.1, 8.6, 9.3.6 */
		return -ERR_BODY_LENGTH;
	h->body = response_kind(h, never || to_head || h->status == 304, tunnel, chunked == 1);
	read_connection(h);
	if (h->body == BODY_UNTIL_CLOSE)
		h->keep_alive = false;
	/* RFC 9110 section 7.8: who switches says to what. */
	return h->status != 101 || h->upgrade ? 0 : -ERR_HTTP_FIELD;
}
