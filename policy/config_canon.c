/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A checked tree, written again. As with HTTP messages: what goes on is written anew from the
 * parsed form, so that the two readers of the text cannot understand it differently.
 */
#include <cyaml/cyaml.h>

#include "core/err.h"
#include "policy/config_raw.h"

static int canon_value(
    struct buf *out, const cyaml_schema_value_t *s, const struct node *n, const struct node *def);

/* One code point of well-formed UTF-8 (libyaml checked): its length. */
static size_t code_point(struct str s, uint32_t *cp)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	*cp = n == 1 ? c : c & (0xffu >> (n + 1));
	if (n > s.n)
		n = s.n;
	for (size_t i = 1; i < n; i++)
		*cp = *cp << 6 | ((unsigned char)s.p[i] & 0x3f);
	return n;
}

static int canon_text(struct buf *out, struct str s)
{
	int r = buf_append(out, "\"", 1);

	while (r == 0 && s.n > 0) {
		uint32_t cp;
		size_t n = code_point(s, &cp);

		if (n == 1 && cp >= 0x20 && cp < 0x7f && cp != '"' && cp != '\\')
			r = buf_append(out, s.p, 1);
		else
			r = buf_printf(out, "\\U%08x", (unsigned)cp);
		s = str_sub(s, n, s.n);
	}
	return r != 0 ? r : buf_append(out, "\"", 1);
}

static const struct node *given(const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);

	return n != NULL && !node_null(n) ? n : NULL;
}

static int canon_map(
    struct buf *out, const cyaml_schema_value_t *s, const struct node *n, const struct node *def)
{
	bool comma = false;
	int r = buf_append(out, "{", 1);

	for (const cyaml_schema_field_t *f = s->mapping.fields; f->key != NULL && r == 0; f++) {
		const struct node *c = given(n, f->key), *d = node_get(def, f->key);

		if (c == NULL && d == NULL)
			continue;
		r = buf_printf(out, "%s\"%s\": ", comma ? ", " : "", f->key);
		comma = true;
		if (r == 0)
			r = canon_value(out, &f->value, c != NULL ? c : d, d);
	}
	return r != 0 ? r : buf_append(out, "}", 1);
}

static int canon_list(struct buf *out, const cyaml_schema_value_t *s, const struct node *n)
{
	int r = buf_append(out, "[", 1);

	if (n->kind != NODE_LIST && r == 0)
		r = canon_value(out, s->sequence.entry, n, NULL);
	else
		for (const struct node *c = n->child; c != NULL && r == 0; c = c->next) {
			r = canon_value(out, s->sequence.entry, c, NULL);
			if (r == 0 && c->next != NULL)
				r = buf_append(out, ", ", 2);
		}
	return r != 0 ? r : buf_append(out, "]", 1);
}

static int canon_value(
    struct buf *out, const cyaml_schema_value_t *s, const struct node *n, const struct node *def)
{
	uint64_t v = 0;
	bool b = false;

	switch (s->type) {
	case CYAML_MAPPING:
		return canon_map(out, s, n, def);
	case CYAML_SEQUENCE:
		return canon_list(out, s, n);
	case CYAML_UINT:
		return config_number(n->text, &v) != 0
			   ? -ERR_NUMBER
			   : buf_printf(out, "%llu", (unsigned long long)v);
	case CYAML_BOOL:
		return !config_bool(n->text, &b) ? -ERR_CONFIG
						 : buf_printf(out, "%s", b ? "true" : "false");
	default:
		return canon_text(out, n->text);
	}
}

int config_canon(struct buf *out, const struct node *root, const struct node *defaults)
{
	return canon_value(out, &config_schema, root, defaults);
}
