/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which host and which path a request is for (RFC 9112 section 3.2). Rules match on what stands
 * here, so there is one way only to write a host: no escapes, no user, no list.
 */
#include <arpa/inet.h>

#include "core/err.h"
#include "http/h1_parse.h"

enum { NAME_MAX_BYTES = 253, LABEL_MAX = 63 };

static bool is_label_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '_';
}

/* Labels of a name or an IPv4 address; one dot may end it. */
static bool is_name(struct str s)
{
	size_t label = 0;

	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' ? label == 0 : !is_label_byte(s.p[i]))
			return false;
		label = s.p[i] == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return false;
	}
	return label > 0 && s.n <= NAME_MAX_BYTES;
}

/* "[" IPv6address "]", without zone or future version. */
static bool is_ip_literal(struct str s)
{
	unsigned char addr[16];
	char text[INET6_ADDRSTRLEN];

	return s.n > 2 && str_copy(str_sub(s, 1, s.n - 2), text, sizeof(text)) == 0 &&
	       inet_pton(AF_INET6, text, addr) == 1;
}

/* uri-host [":" port] (RFC 9110 section 7.2). */
static bool is_authority(struct str s, uint16_t *port)
{
	struct head h = { .host = s };
	struct str name;

	if (s.n == 0 || !head_host(&h, &name, port))
		return false;
	return name.n > 0 && name.p[0] == '[' ? is_ip_literal(name) : is_name(name);
}

/* absolute-form: scheme "://" authority path-and-query */
static int split_absolute(struct head *h, struct str *authority)
{
	struct str rest = h->target;
	size_t end = 0;

	if (str_iprefix(rest, STR("http://")))
		h->scheme = STR("http");
	else if (str_iprefix(rest, STR("https://")))
		h->scheme = STR("https");
	else
		return -ERR_HTTP_TARGET;
	rest = str_sub(rest, h->scheme.n + 3, rest.n);
	while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
		end++;
	*authority = str_sub(rest, 0, end);
	h->path = str_sub(rest, end, rest.n);
	if (h->path.n == 0) /* section 3.2.4: an OPTIONS for the server as a whole */
		h->path = str_eq(h->method, STR("OPTIONS")) ? STR("*") : STR("/");
	return h->path.p[0] != '?' ? 0 : -ERR_HTTP_TARGET;
}

static int split_target(struct head *h, struct str *authority)
{
	uint16_t port = 0;

	*authority = STR_NONE;
	if (str_eq(h->method, STR("CONNECT"))) {
		*authority = h->target;
		return is_authority(h->target, &port) && port != 0 ? 0 : -ERR_HTTP_TARGET;
	}
	h->path = h->target;
	if (h->target.p[0] == '/')
		return 0;
	if (str_eq(h->target, STR("*")))
		return str_eq(h->method, STR("OPTIONS")) ? 0 : -ERR_HTTP_TARGET;
	return split_absolute(h, authority);
}

int h1_read_target(struct head *h)
{
	struct str authority, host = STR_NONE;
	size_t n = head_count(h, "host");
	uint16_t port;
	int r = split_target(h, &authority);

	if (r != 0)
		return r;
	if (n > 1 || (n == 0 && h->minor >= 1))
		return -ERR_HTTP_HOST;
	if (head_get(h, "host", &host) && !is_authority(host, &port))
		return -ERR_HTTP_HOST;
	h->host = host;
	if (h->target.p[0] == '/' || str_eq(h->target, STR("*")))
		return 0;
	if (!is_authority(authority, &port) || (n == 1 && !str_ieq(authority, host)))
		return -ERR_HTTP_HOST;
	h->host = authority;
	return 0;
}
