/* SPDX-License-Identifier: BSD-2-Clause */
/* Host and scheme of a request against those of the connection it came by. */
#include "gateway/authority.h"

#include <stdio.h>

#include "intercept/sock.h"
#include "mitm/tls.h"

struct str authority_of_connection(const struct flow *f, char *to)
{
	unsigned own = f->client.tls != NULL ? 443 : 80;
	char text[64], port[8] = "";
	bool name = f->client.tls != NULL && f->sni, v6;

	sock_text((const struct sockaddr *)&f->to_sa, text, sizeof(text));
	v6 = !name && str_chr(str_c(text), ':') >= 0;
	if (f->to.port != own)
		snprintf(port, sizeof(port), ":%u", (unsigned)f->to.port);
	snprintf(to, AUTHORITY_MAX, "%s%s%s%s", v6 ? "[" : "", name ? f->host : text, v6 ? "]" : "",
	    port);
	return str_c(to);
}

const char *authority_misdirected(
    const struct flow *f, struct str scheme, struct str host, bool *other)
{
	if (host.n > 1 && host.p[host.n - 1] == '.')
		host.n--;
	*other = f->client.tls != NULL && f->sni && !str_ieq(host, str_c(f->host));
	if (scheme.n > 0 && !str_eq(scheme, f->client.tls != NULL ? STR("https") : STR("http")))
		return "the request is for another scheme than the connection's";
	if (*other && (f->origin.tls == NULL || !tls_covers(f->origin.tls, host)))
		return "the request is for another host than the connection";
	return NULL;
}
