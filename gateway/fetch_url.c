/* SPDX-License-Identifier: BSD-2-Clause */
/* URLs of issuers; every freedom that two readers could take differently is refused. */
#include "gateway/fetch_url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"

enum { LABEL_MAX = 63 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* pchar, "/" and "?" of RFC 3986 section 3.3, 3.4. */
static bool path_good(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && (s.n - i < 3 || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2])))
			return false;
		if (!is_alnum(s.p[i]) && (s.p[i] == '\0' || strchr("%-._~!$&'()*+,;=:@/?", s.p[i]) == NULL))
			return false;
	}
	return true;
}

static bool label_good(struct str l)
{
	if (l.n == 0 || l.n > LABEL_MAX || l.p[0] == '-' || l.p[l.n - 1] == '-')
		return false;
	for (size_t i = 0; i < l.n; i++)
		if (!is_alnum(l.p[i]) && l.p[i] != '-' && l.p[i] != '_')
			return false;
	return true;
}

/* The last label: a name ends in a letter's label, or readers may take it for an address. */
static bool name_good(struct str host)
{
	struct str rest = host;
	ptrdiff_t dot;

	while ((dot = str_chr(rest, '.')) >= 0) {
		if (!label_good(str_sub(rest, 0, (size_t)dot)))
			return false;
		rest = str_sub(rest, (size_t)dot + 1, rest.n);
	}
	return label_good(rest) && !is_digit(rest.p[0]);
}

static int parse_host(struct str host, struct fetch_url *to)
{
	unsigned char v4[4];

	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']') {
		to->literal = to->v6 = true;
		return str_copy(str_sub(host, 1, host.n - 2), to->host, sizeof(to->host)) == 0 &&
			       inet_pton(AF_INET6, to->host, &to->ip) == 1 ?
			   0 :
			   -ERR_PROTO;
	}
	if (host.n == 0 || str_copy(host, to->host, sizeof(to->host)) != 0 || strlen(to->host) != host.n)
		return -ERR_PROTO;
	for (char *p = to->host; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	if (inet_pton(AF_INET, to->host, v4) == 1) {
		to->literal = true;
		to->ip = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
		memcpy(to->ip.s6_addr + 12, v4, sizeof(v4));
		return 0;
	}
	return name_good(host) ? 0 : -ERR_PROTO;
}

static int parse_port(struct str text, uint16_t *port)
{
	uint64_t n;

	if (text.n == 0 || text.n > 5 || text.p[0] == '0' || str_u64(text, &n) != 0 || n > UINT16_MAX)
		return -ERR_PROTO;
	*port = (uint16_t)n;
	return 0;
}

/* "host", "host:port", "[address]", "[address]:port". */
static int parse_authority(struct str a, struct fetch_url *to)
{
	ptrdiff_t end = a.n > 0 && a.p[0] == '[' ? str_chr(a, ']') : -1, colon;
	struct str rest = str_sub(a, (size_t)(end + 1), a.n);

	to->port = 80;
	if (a.n > 0 && a.p[0] == '[' && end < 0)
		return -ERR_PROTO;
	colon = str_chr(rest, ':');
	if (colon < 0)
		return end >= 0 && rest.n > 0 ? -ERR_PROTO : parse_host(a, to);
	if (end >= 0 && colon != 0)
		return -ERR_PROTO;
	if (parse_port(str_sub(rest, (size_t)colon + 1, rest.n), &to->port) != 0)
		return -ERR_PROTO;
	return parse_host(str_sub(a, 0, (size_t)(end + 1 + colon)), to);
}

int fetch_url_parse(struct str text, struct fetch_url *to)
{
	struct str scheme = STR("http://"), rest, path;
	size_t n = 0;

	*to = (struct fetch_url){ 0 };
	if (text.n >= INTERMEDIATES_URL || !str_iprefix(text, scheme))
		return -ERR_UNSUPPORTED;
	rest = str_sub(text, scheme.n, text.n);
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	path = str_sub(rest, n, rest.n);
	if (!path_good(path) || parse_authority(str_sub(rest, 0, n), to) != 0)
		return -ERR_PROTO;
	snprintf(to->path, sizeof(to->path), "%s%.*s",
	    path.n > 0 && path.p[0] == '/' ? "" : "/", STR_FMT(path));
	return 0;
}
