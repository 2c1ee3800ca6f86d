/* SPDX-License-Identifier: BSD-2-Clause */
/* A first look at plain bytes: an HTTP/1 request line begins with a method (RFC 9112 section 3), HTTP/2 with its preface. */
#include "gateway/sniff.h"

#include <string.h>

#include "core/err.h"

enum { SNIFF_METHOD_MAX = 24, SNIFF_LINE_MAX = 4096 };

/* A method that is no token, but a line that ends like a request line: HTTP, to be refused so. */
static int sniff_line(struct str in)
{
	ptrdiff_t lf = str_chr(in, '\n');
	struct str line = lf >= 0 ? str_sub(in, 0, (size_t)lf) : in;

	if (memmem(line.p, line.n, " HTTP/", 6) != NULL)
		return 1;
	return lf >= 0 || line.n > SNIFF_LINE_MAX ? 0 : -ERR_MORE;
}

int sniff_http(struct str in)
{
	size_t i = 0;
	bool odd = false;

	while (i < in.n && i < 2 && (in.p[i] == '\r' || in.p[i] == '\n'))
		i++;
	for (size_t n = 0; i < in.n; i++, n++) {
		char c = in.p[i];

		if (c == ' ' && n > 0)
			return odd ? sniff_line(str_sub(in, i, in.n)) : 1;
		if (n == SNIFF_METHOD_MAX || c <= 0x20 || c >= 0x7f)
			return 0;
		odd |= !((c >= 'A' && c <= 'Z') || c == '-' || c == '_');
	}
	return -ERR_MORE;
}

int sniff_h2(struct str in)
{
	static const struct str preface = { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24 };
	size_t n = in.n < preface.n ? in.n : preface.n;

	if (!str_eq(str_sub(in, 0, n), str_sub(preface, 0, n)))
		return 0;
	return n == preface.n ? 1 : -ERR_MORE;
}
