/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and cutting down the few fields that the data path cares for. */
#include "gateway/fields.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "gateway/disposition.h"

void fields_lower(struct str s, char *to, size_t cap)
{
	size_t n = s.n < cap - 1 ? s.n : cap - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];
	to[n] = '\0';
}

static struct str without_parameters(struct str value)
{
	ptrdiff_t at = str_chr(value, ';');

	return str_trim(at >= 0 ? str_sub(value, 0, (size_t)at) : value);
}

/* All Content-Encoding fields as one list; too long a one must not look like a shorter one. */
static void join_codings(const struct head *h, char *to, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < h->nfields; i++) {
		struct str v = h->fields[i].value;

		if (!str_ieq(h->fields[i].name, STR("content-encoding")) || v.n == 0)
			continue;
		if (n + v.n + 2 > cap) {
			strcpy(to, "too-long");
			return;
		}
		if (n > 0)
			to[n++] = ',';
		memcpy(to + n, v.p, v.n);
		n += v.n;
		to[n] = '\0';
	}
}

void fields_leg(const struct head *h, struct leg *g)
{
	struct str v;

	if (head_get(h, "content-type", &v))
		fields_lower(without_parameters(v), g->type, sizeof(g->type));
	if (head_get(h, "content-disposition", &v))
		disposition_name(v, g->name, sizeof(g->name));
	join_codings(h, g->coding, sizeof(g->coding));
	if (head_get(h, "grpc-encoding", &v))
		fields_lower(v, g->message_coding, sizeof(g->message_coding));
	g->kind = h->body;
	g->length = h->length;
	g->has_length = h->has_length;
}

int fields_accept(const struct head *h, char **to)
{
	size_t n = 0;
	char *p;

	*to = NULL;
	for (size_t i = 0; i < h->nfields; i++)
		if (str_ieq(h->fields[i].name, STR("accept")))
			n += h->fields[i].value.n + 1;
	if (n == 0)
		return 0;
	*to = p = malloc(n);
	if (p == NULL)
		return -ERR_NOMEM;
	for (size_t i = 0; i < h->nfields; i++) {
		struct str v = h->fields[i].value;

		if (!str_ieq(h->fields[i].name, STR("accept")))
			continue;
		if (v.n > 0)
			memcpy(p, v.p, v.n);
		p[v.n] = ',';
		p += v.n + 1;
	}
	p[-1] = '\0';
	return 0;
}

bool fields_alt_svc(const struct head *h)
{
	for (size_t i = 0; i < h->nfields; i++)
		if (str_ieq(h->fields[i].name, STR("alt-svc")) &&
		    !str_eq(h->fields[i].value, STR("clear")))
			return true;
	return false;
}

bool fields_upgrade(const struct head *h, struct str *protocol)
{
	size_t n = 0;

	for (size_t i = 0; i < h->nfields; i++) {
		struct str list = h->fields[i].value, e;

		while (str_ieq(h->fields[i].name, STR("upgrade")) && str_next(&list, ',', &e)) {
			*protocol = e;
			n++;
		}
	}
	return n == 1 && protocol->n > 0 && !str_ieq(*protocol, STR("h2c"));
}

void fields_accept_encoding(const struct head *h, char *to, size_t cap)
{
	static const char *const known[] = { "gzip", "x-gzip", "deflate", "br", "zstd", "identity" };
	struct buf b = { .p = to, .cap = cap, .max = cap };

	for (size_t i = 0; i < h->nfields; i++) {
		struct str list = h->fields[i].value, e;

		if (!str_ieq(h->fields[i].name, STR("accept-encoding")))
			continue;
		while (str_next(&list, ',', &e)) {
			bool ok = false;

			for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
				ok |= str_ieq(without_parameters(e), str_c(known[k]));
			if (!ok || b.len + e.n + 3 > cap)
				continue;
			if (b.len > 0)
				buf_str(&b, STR(", "));
			buf_str(&b, e);
		}
	}
	to[b.len] = '\0';
}

static struct str plain_name(struct str coding)
{
	return str_iprefix(coding, STR("x-")) ? str_sub(coding, 2, coding.n) : coding;
}

/* "q=0", "q=0.000": not wanted (RFC 9110 section 12.4.2). */
static bool weight_is_0(struct str parameters)
{
	struct str e;

	while (str_next(&parameters, ';', &e)) {
		if (!str_iprefix(e, STR("q=0")))
			continue;
		for (size_t i = 3; i < e.n; i++)
			if (e.p[i] != '.' && e.p[i] != '0')
				return false;
		return true;
	}
	return false;
}

bool fields_undone(struct str content_encoding, struct str asked)
{
	struct str coding = plain_name(str_trim(content_encoding)), e;

	while (str_next(&asked, ',', &e))
		if (str_ieq(plain_name(without_parameters(e)), coding))
			return !weight_is_0(e);
	return false;
}
