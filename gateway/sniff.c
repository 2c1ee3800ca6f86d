/* SPDX-License-Identifier: BSD-2-Clause */
/* A first look at plain bytes: an HTTP/1 request line begins with a method (RFC 9112 section 3). */
#include "gateway/sniff.h"

#include "core/err.h"

enum { SNIFF_METHOD_MAX = 24 };

int sniff_http(struct str in)
{
	size_t i = 0;

	while (i < in.n && i < 2 && (in.p[i] == '\r' || in.p[i] == '\n'))
		i++;
	for (size_t n = 0; i < in.n; i++, n++) {
		char c = in.p[i];

		if (c == ' ')
			return n > 0;
		if (n == SNIFF_METHOD_MAX || !((c >= 'A' && c <= 'Z') || c == '-' || c == '_'))
			return 0;
	}
	return -ERR_MORE;
}
