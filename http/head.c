/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking things up in a message head. */
#include "http/head.h"

#include <stdlib.h>
#include <string.h>

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

static bool dropped(const char *const *drop, struct str name)
{
	for (; drop != NULL && *drop != NULL; drop++)
		if (str_ieq(name, str_c(*drop)))
			return true;
	return false;
}

static struct str place(char **to, struct str s)
{
	struct str out = { *to, s.n };

	if (s.n > 0)
		memcpy(*to, s.p, s.n);
	*to += s.n;
	return out;
}

static size_t text_size(const struct head *h, const struct field *add, size_t nadd)
{
	size_t n = h->method.n + h->target.n + h->path.n + h->host.n + h->scheme.n + h->protocol.n +
		   h->reason.n;

	for (size_t i = 0; i < h->nfields; i++)
		n += h->fields[i].name.n + h->fields[i].value.n;
	for (size_t i = 0; i < nadd; i++)
		n += add[i].name.n + add[i].value.n;
	return n;
}

struct head *head_copy(
    const struct head *h, const char *const *drop, const struct field *add, size_t nadd)
{
	size_t fields = (h->nfields + nadd) * sizeof(struct field);
	struct head *out = malloc(sizeof(*out) + fields + text_size(h, add, nadd));
	struct field *f;
	char *to;

	if (out == NULL)
		return NULL;
	*out = *h;
	f = (struct field *)(out + 1);
	to = (char *)f + fields;
	out->method = place(&to, h->method);
	out->target = place(&to, h->target);
	out->path = place(&to, h->path);
	out->host = place(&to, h->host);
	out->scheme = place(&to, h->scheme);
	out->protocol = place(&to, h->protocol);
	out->reason = place(&to, h->reason);
	out->fields = f;
	out->nfields = 0;
	for (size_t i = 0; i < h->nfields; i++)
		if (!dropped(drop, h->fields[i].name))
			f[out->nfields++] = (struct field){ place(&to, h->fields[i].name),
				place(&to, h->fields[i].value) };
	for (size_t i = 0; i < nadd; i++)
		f[out->nfields++] =
		    (struct field){ place(&to, add[i].name), place(&to, add[i].value) };
	return out;
}
