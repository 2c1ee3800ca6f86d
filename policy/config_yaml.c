/* SPDX-License-Identifier: BSD-2-Clause */
/* YAML events (libyaml) into a tree with lines. */
#include <string.h>
#include <yaml.h>

#include "core/err.h"
#include "policy/config_error.h"
#include "policy/config_node.h"

struct reader {
	yaml_parser_t parser;
	struct str text;
	struct arena *arena;
	struct config_error *err;
	struct node *root;
	struct node *open[CONFIG_MAX_DEPTH]; /* collections that are not closed yet */
	unsigned depth, nodes, documents;
	struct str key; /* read, its value not yet */
	unsigned key_line;
	bool have_key;
};

bool node_null(const struct node *n)
{
	return n->kind == NODE_SCALAR && !n->quoted &&
	       (n->text.n == 0 || str_eq(n->text, STR("~")) || str_eq(n->text, STR("null")));
}

const struct node *node_get(const struct node *map, const char *key)
{
	if (map == NULL || map->kind != NODE_MAP)
		return NULL;
	for (const struct node *c = map->child; c != NULL; c = c->next)
		if (str_eq(c->key, str_c(key)))
			return c;
	return NULL;
}

const struct node *node_at(const struct node *list, unsigned i)
{
	const struct node *c;

	if (list == NULL || list->kind != NODE_LIST)
		return i == 0 ? list : NULL;
	for (c = list->child; c != NULL && i > 0; i--)
		c = c->next;
	return c;
}

static struct str line_text(struct str text, unsigned line)
{
	size_t from = 0, n = 0;

	for (; line > 1; line--) {
		ptrdiff_t at = str_chr(str_sub(text, from, text.n), '\n');

		if (at < 0)
			return STR("end of file");
		from += (size_t)at + 1;
	}
	while (from + n < text.n && text.p[from + n] != '\n' && text.p[from + n] != '\r')
		n++;
	return str_trim(str_sub(text, from, n));
}

static unsigned line_at(struct str text, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset && i < text.n; i++)
		line += text.p[i] == '\n';
	return line;
}

/* Any tab in the blanks that a line starts with? */
static bool tab_indented(struct str text, unsigned line)
{
	size_t from = 0;

	for (; line > 1; line--) {
		ptrdiff_t at = str_chr(str_sub(text, from, text.n), '\n');

		if (at < 0)
			return false;
		from += (size_t)at + 1;
	}
	for (; from < text.n && (text.p[from] == ' ' || text.p[from] == '\t'); from++)
		if (text.p[from] == '\t')
			return true;
	return false;
}

static int syntax_error(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	unsigned line = (unsigned)p->problem_mark.line + 1;
	struct str token;

	if (p->error == YAML_MEMORY_ERROR)
		return config_error_memory(r->err);
	if (p->error == YAML_READER_ERROR) {
		line = line_at(r->text, p->problem_offset);
		config_error_set(r->err, line, STR("a byte"), "UTF-8 text");
		return config_error_fix(
		    r->err, "save the file as UTF-8 without control characters");
	}
	token = line_text(r->text, line);
	config_error_set(r->err, line, token, "valid YAML (%s%s%s)",
	    p->context != NULL ? p->context : "", p->context != NULL ? ": " : "",
	    p->problem != NULL ? p->problem : "syntax error");
	if (tab_indented(r->text, line))
		return config_error_fix(r->err, "indent with spaces, not with tabs");
	if (p->context != NULL && p->context_mark.line + 1 < line)
		return config_error_fix(r->err,
		    "look at the indentation and brackets from line %u on",
		    (unsigned)p->context_mark.line + 1);
	return config_error_fix(
	    r->err, "quote values that hold any of : # [ ] { } , & * ! | > @ %%");
}

static int refuse(struct reader *r, const yaml_event_t *e, const char *expected, const char *fix)
{
	unsigned line = (unsigned)e->start_mark.line + 1;

	config_error_set(r->err, line, line_text(r->text, line), "%s", expected);
	return config_error_fix(r->err, "%s", fix);
}

static struct node *node_new(struct reader *r, enum node_kind kind, const yaml_event_t *e)
{
	struct node *n = r->nodes < CONFIG_MAX_NODES ? arena_alloc(r->arena, sizeof(*n)) : NULL;

	if (n == NULL)
		return NULL;
	r->nodes++;
	n->kind = kind;
	n->line = (unsigned)e->start_mark.line + 1;
	return n;
}

static void adopt(struct node *parent, struct node *n)
{
	if (parent->last != NULL)
		parent->last->next = n;
	else
		parent->child = n;
	parent->last = n;
	parent->n++;
}

/* Hang a new node where it belongs; a map's scalars are keys and values in turn. */
static int attach(struct reader *r, struct node *n, const yaml_event_t *e)
{
	struct node *parent = r->depth > 0 ? r->open[r->depth - 1] : NULL;

	if (parent == NULL) {
		r->root = n;
		return 0;
	}
	if (parent->kind == NODE_MAP && !r->have_key) {
		if (n->kind != NODE_SCALAR)
			return refuse(r, e, "a plain word as key", "write 'key: value'");
		r->key = n->text;
		r->key_line = n->line;
		r->have_key = true;
		return 0;
	}
	if (parent->kind == NODE_MAP) {
		n->key = r->key;
		if (n->kind != NODE_SCALAR || n->text.n == 0)
			n->line = r->key_line;
		r->have_key = false;
	}
	adopt(parent, n);
	return 0;
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\n' && s.p[i] != '\t') ||
		    s.p[i] == 0x7f)
			return true;
	return false;
}

static int on_scalar(struct reader *r, const yaml_event_t *e)
{
	struct str s = str_of((const char *)e->data.scalar.value, e->data.scalar.length);
	struct node *n = node_new(r, NODE_SCALAR, e);
	char *copy = arena_str(r->arena, s);

	if (n == NULL || copy == NULL)
		return config_error_memory(r->err);
	if (e->data.scalar.anchor != NULL || e->data.scalar.tag != NULL)
		return refuse(r, e, "a value without anchor (&) or tag (!)",
		    "write the value out; quote it if it starts with & or !");
	if (has_control(s))
		return refuse(r, e, "text without control characters", "remove the escape");
	while (s.n > 0 && s.p[s.n - 1] == '\n') /* block scalars end in one */
		s.n--;
	n->text = str_of(copy, s.n);
	n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return attach(r, n, e);
}

static int on_open(struct reader *r, enum node_kind kind, const yaml_event_t *e)
{
	struct node *n = node_new(r, kind, e);
	const yaml_char_t *anchor =
	    kind == NODE_MAP ? e->data.mapping_start.anchor : e->data.sequence_start.anchor;
	const yaml_char_t *tag =
	    kind == NODE_MAP ? e->data.mapping_start.tag : e->data.sequence_start.tag;
	int ret;

	if (n == NULL)
		return config_error_memory(r->err);
	if (anchor != NULL || tag != NULL)
		return refuse(r, e, "a value without anchor (&) or tag (!)", "write the value out");
	if (r->depth == CONFIG_MAX_DEPTH)
		return refuse(r, e, "no deeper nesting", "look at the indentation");
	ret = attach(r, n, e);
	if (ret == 0)
		r->open[r->depth++] = n;
	return ret;
}

static int on_event(struct reader *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (r->documents++ > 0)
			return refuse(r, e, "one document", "remove the '---' line");
		return 0;
	case YAML_ALIAS_EVENT:
		return refuse(
		    r, e, "no alias (*)", "write the value out; quote it if it starts with *");
	case YAML_SCALAR_EVENT:
		return on_scalar(r, e);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(r, NODE_LIST, e);
	case YAML_MAPPING_START_EVENT:
		return on_open(r, NODE_MAP, e);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		r->depth--;
		return 0;
	default:
		return 0;
	}
}

static int read_events(struct reader *r)
{
	for (bool end = false; !end;) {
		yaml_event_t e;
		int ret;

		if (!yaml_parser_parse(&r->parser, &e))
			return syntax_error(r);
		end = e.type == YAML_STREAM_END_EVENT;
		ret = on_event(r, &e);
		yaml_event_delete(&e);
		if (ret != 0)
			return ret;
	}
	return 0;
}

static int finish(struct reader *r, struct node **root)
{
	struct node *n = r->root;

	if (n == NULL || node_null(n)) {
		n = arena_alloc(r->arena, sizeof(*n));
		if (n == NULL)
			return config_error_memory(r->err);
		n->kind = NODE_MAP;
		n->line = 1;
	}
	if (n->kind != NODE_MAP) {
		config_error_set(r->err, n->line, line_text(r->text, n->line),
		    "keys and values, such as 'workers: 2'");
		return config_error_fix(r->err, "write 'key: value', with a blank after the colon");
	}
	*root = n;
	return 0;
}

int node_read(struct str yaml, struct arena *a, struct node **root, struct config_error *err)
{
	struct reader r = { .text = yaml, .arena = a, .err = err };
	int ret;

	if (yaml.n > CONFIG_MAX_BYTES) {
		config_error_set(err, 0, STR("the file"), "at most 1 MiB");
		return config_error_fix(err, "move long lists of names to host_list files");
	}
	if (!yaml_parser_initialize(&r.parser))
		return config_error_memory(err);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &r.parser, (const unsigned char *)(yaml.n > 0 ? yaml.p : ""), yaml.n);
	ret = read_events(&r);
	yaml_parser_delete(&r.parser);
	return ret != 0 ? ret : finish(&r, root);
}
