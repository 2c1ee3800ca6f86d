/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters of Content-Disposition, read as loosely as browsers do: a name is better than none. */
#include "gateway/disposition.h"

#include <string.h>

#include "core/err.h"

/* Up to the next semicolon that is not quoted. */
static struct str cut_parameter(struct str *rest)
{
	bool quoted = false;
	size_t i;
	struct str p;

	for (i = 0; i < rest->n && (quoted || rest->p[i] != ';'); i++) {
		if (quoted && rest->p[i] == '\\' && i + 1 < rest->n)
			i++;
		else if (rest->p[i] == '"')
			quoted = !quoted;
	}
	p = str_trim(str_sub(*rest, 0, i));
	*rest = str_sub(*rest, i + 1, rest->n);
	return p;
}

/* Letters of the name, its end being kept. */
struct name {
	char *to;
	size_t n, cap;
};

static void add(struct name *o, char c)
{
	if (c == '\0')
		c = '_';
	if (o->n + 1 >= o->cap) {
		memmove(o->to, o->to + 1, o->n - 1);
		o->n--;
	}
	o->to[o->n++] = c;
}

static void take_plain(struct name *o, struct str v)
{
	bool quoted = v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"';

	if (quoted)
		v = str_sub(v, 1, v.n - 2);
	for (size_t i = 0; i < v.n; i++) {
		if (quoted && v.p[i] == '\\' && i + 1 < v.n)
			i++;
		add(o, v.p[i]);
	}
}

/* RFC 8187: charset'language'value. Endings are ASCII in any charset that is used. */
static void take_extended(struct name *o, struct str v)
{
	for (int quotes = 0; quotes < 2; quotes++) {
		ptrdiff_t at = str_chr(v, '\'');

		v = at >= 0 ? str_sub(v, (size_t)at + 1, v.n) : v;
	}
	for (size_t i = 0; i < v.n; i++) {
		uint64_t c;

		if (v.p[i] == '%' && str_hex64(str_sub(v, i + 1, 2), &c) == 0 && i + 2 < v.n) {
			add(o, (char)c);
			i += 2;
		} else {
			add(o, v.p[i]);
		}
	}
}

bool disposition_name(struct str value, char *to, size_t cap)
{
	struct name o = { .to = to, .cap = cap };
	bool extended = false;

	for (struct str rest = value; rest.n > 0 && !extended;) {
		struct str p = cut_parameter(&rest);
		ptrdiff_t equals = str_chr(p, '=');
		struct str key = equals > 0 ? str_trim(str_sub(p, 0, (size_t)equals)) : STR_NONE;
		struct str v = equals > 0 ? str_trim(str_sub(p, (size_t)equals + 1, p.n)) : STR_NONE;

		extended = str_ieq(key, STR("filename*"));
		if (!extended && (o.n > 0 || !str_ieq(key, STR("filename"))))
			continue;
		o.n = 0;
		if (extended)
			take_extended(&o, v);
		else
			take_plain(&o, v);
	}
	to[o.n] = '\0';
	return o.n > 0;
}
