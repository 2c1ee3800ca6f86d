/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/icap_url.h"

#include <string.h>

#include "core/err.h"

static bool host_byte(char c, bool v6)
{
	bool digit = c >= '0' && c <= '9';

	if (v6)
		return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
	return digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
}

static int set_port(struct str text, struct icap_url *to)
{
	uint64_t port;

	if (text.n == 0) {
		to->port = to->tls ? ICAPS_PORT : ICAP_PORT;
		return 0;
	}
	if (text.p[0] != ':' || str_u64(str_sub(text, 1, text.n), &port) != 0 || port == 0 || port > UINT16_MAX)
		return -ERR_PROTO;
	to->port = (uint16_t)port;
	return 0;
}

static int set_host(struct str authority, struct icap_url *to)
{
	bool v6 = authority.n > 0 && authority.p[0] == '[';
	size_t begin = v6, end = begin;

	while (end < authority.n && host_byte(authority.p[end], v6))
		end++;
	if (end == begin || (v6 && (end == authority.n || authority.p[end] != ']')) ||
	    str_copy(str_sub(authority, begin, end - begin), to->host, sizeof(to->host)) != 0 ||
	    str_copy(authority, to->authority, sizeof(to->authority)) != 0)
		return -ERR_PROTO;
	return set_port(str_sub(authority, end + v6, authority.n), to);
}

int icap_url_parse(struct str text, struct icap_url *to)
{
	size_t n = 0;

	memset(to, 0, sizeof(*to));
	to->tls = str_iprefix(text, STR("icaps://"));
	if (!to->tls && !str_iprefix(text, STR("icap://")))
		return -ERR_UNSUPPORTED;
	if (text.n > ICAP_URI_MAX)
		return -ERR_PROTO;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= 0x20 || text.p[i] >= 0x7f || text.p[i] == '#' || text.p[i] == '@')
			return -ERR_PROTO;
	text = str_sub(text, to->tls ? 8 : 7, text.n);
	while (n < text.n && text.p[n] != '/' && text.p[n] != '?')
		n++;
	return set_host(str_sub(text, 0, n), to);
}
