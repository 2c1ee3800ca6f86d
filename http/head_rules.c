/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules about fields that HTTP/1.1 and HTTP/2 share, as tables of names. */
#include "http/head_rules.h"

#include "core/err.h"

int head_read_length(struct head *h)
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

static bool in(const char *const *names, struct str name)
{
	for (; *names != NULL; names++)
		if (str_ieq(name, str_c(*names)))
			return true;
	return false;
}

static bool begins(const char *const *prefixes, struct str name)
{
	for (; *prefixes != NULL; prefixes++)
		if (str_iprefix(name, str_c(*prefixes)))
			return true;
	return false;
}

/* CGI and what comes from it turn both "-" and "_" into "_": there the two are one field. */
static bool looks_like(struct str name, const char *field)
{
	struct str want = str_c(field);

	if (name.n != want.n || str_ieq(name, want))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '_' ? want.p[i] != '-'
				     : !str_ieq(str_sub(name, i, 1), str_sub(want, i, 1)))
			return false;
	return true;
}

/* A media type counts without its parameters (RFC 9110 section 8.3.1). */
static struct str compared(struct str name, struct str value)
{
	ptrdiff_t at = str_ieq(name, STR("content-type")) ? str_chr(value, ';') : -1;

	return at >= 0 ? str_trim(str_sub(value, 0, (size_t)at)) : value;
}

static bool same_values(const struct head *h, const char *name)
{
	struct str field = str_c(name), first, v;

	if (!head_get(h, name, &first))
		return true;
	first = compared(field, first);
	for (size_t i = 0; i < h->nfields; i++) {
		if (!str_ieq(h->fields[i].name, field))
			continue;
		v = compared(field, h->fields[i].value);
		if (!(first.n == v.n && str_ieq(first, v)))
			return false;
	}
	return true;
}

static int check_expect(const struct head *h)
{
	struct str v;
	size_t n = head_count(h, "expect");

	if (n == 0 || h->status != 0 || h->minor == 0) /* HTTP/1.0 does not know it */
		return 0;
	return n == 1 && head_get(h, "expect", &v) && str_ieq(v, STR("100-continue"))
		   ? 0
		   : -ERR_HTTP_EXPECT;
}

int head_check(const struct head *h)
{
	static const char *const once[] = { "content-type", "content-range", "content-disposition",
		"location", "range", "if-range", "authorization", "sec-websocket-key",
		"sec-websocket-accept", "grpc-encoding", NULL };

	for (size_t i = 0; i < h->nfields; i++)
		if (looks_like(h->fields[i].name, "content-length") ||
		    looks_like(h->fields[i].name, "transfer-encoding"))
			return -ERR_HTTP_FIELD;
	for (size_t i = 0; once[i] != NULL; i++)
		if (!same_values(h, once[i]))
			return -ERR_HTTP_REPEATED;
	return check_expect(h);
}

bool head_may_trail(struct str name)
{
	static const char *const never[] = { "transfer-encoding", "content-length", "host",
		"trailer", "content-encoding", "content-type", "content-range", "te", "connection",
		"upgrade", "expect", "authorization", "proxy-authorization", "proxy-authenticate",
		"www-authenticate", "set-cookie", "cookie", "cache-control", "max-forwards", "age",
		"expires", "date", "location", "retry-after", "vary", "range", "if-match",
		"if-none-match", "if-modified-since", "if-unmodified-since", "if-range",
		"keep-alive", "proxy-connection", "http2-settings", NULL };

	return !in(never, name) && !looks_like(name, "content-length") &&
	       !looks_like(name, "transfer-encoding");
}

bool head_end_to_end(struct str name)
{
	static const char *const names[] = { "host", "authorization", "proxy-authorization",
		"proxy-authenticate", "www-authenticate", "cookie", "set-cookie", "cache-control",
		"age", "expires", "pragma", "vary", "date", "etag", "last-modified", "location",
		"origin", "referer", "range", "strict-transport-security", "forwarded", "via",
		"max-forwards", "trailer", NULL };
	static const char *const prefixes[] = { "content-", "accept", "if-", "sec-",
		"access-control-", "x-forwarded-", "x-content-type-", "x-frame-", NULL };

	return in(names, name) || begins(prefixes, name);
}
