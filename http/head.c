/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking things up in a message head. */
#include "http/head.h"

bool head_get(const struct head *h, const char *name, struct str *value)
{
	struct str want = str_c(name);

	for (size_t i = 0; i < h->nfields; i++)
		if (str_ieq(h->fields[i].name, want)) {
			*value = h->fields[i].value;
			return true;
		}
	return false;
}

size_t head_count(const struct head *h, const char *name)
{
	struct str want = str_c(name);
	size_t n = 0;

	for (size_t i = 0; i < h->nfields; i++)
		n += str_ieq(h->fields[i].name, want);
	return n;
}

bool head_host(const struct head *h, struct str *name, uint16_t *port)
{
	struct str host = h->host, digits = STR_NONE;
	ptrdiff_t at;
	uint64_t v = 0;

	if (host.n > 0 && host.p[0] == '[') {
		at = str_chr(host, ']');
		if (at < 0)
			return false;
		*name = str_sub(host, 0, (size_t)at + 1);
	} else {
		at = str_chr(host, ':');
		*name = at < 0 ? host : str_sub(host, 0, (size_t)at);
	}
	digits = str_sub(host, name->n, host.n);
	if (digits.n > 0 && digits.p[0] != ':')
		return false;
	digits = str_sub(digits, 1, digits.n);
	if (digits.n > 0 && (digits.n > 5 || str_u64(digits, &v) != 0 || v == 0 || v > 65535))
		return false;
	*port = (uint16_t)v;
	return true;
}
