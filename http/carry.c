/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of what was, and the beginning of what is. */
#include "http/carry.h"

void carry_init(struct carry *c, size_t cap)
{
	*c = (struct carry){ .cap = cap };
	buf_init(&c->window, 2 * cap);
	buf_init(&c->tail, 2 * cap);
}

void carry_free(struct carry *c)
{
	buf_free(&c->window);
	buf_free(&c->tail);
}

/* The last cap bytes of it stay. */
static void trim(const struct carry *c, struct buf *b)
{
	if (b->len > c->cap)
		buf_consume(b, b->len - c->cap);
}

int carry_add(struct carry *c, struct str data)
{
	size_t head = c->window.len - c->recent, n = data.n;
	int r;

	if (c->cap == 0 || data.n == 0)
		return 0;
	c->n += data.n;
	r = buf_str(&c->window, str_sub(data, 0, n < c->cap - head ? n : c->cap - head));
	if (r != 0)
		return r;
	r = buf_str(&c->tail, str_sub(data, n > c->cap ? n - c->cap : 0, n));
	trim(c, &c->tail);
	return r;
}

struct str carry_window(const struct carry *c)
{
	return c->recent > 0 && c->n > 0 ? buf_view(&c->window) : STR_NONE;
}

struct str carry_recent(const struct carry *c)
{
	return str_sub(buf_view(&c->window), 0, c->recent);
}

int carry_end(struct carry *c)
{
	int r = 0;

	if (c->n > c->cap) {
		buf_consume(&c->window, c->window.len);
		r = buf_str(&c->window, buf_view(&c->tail));
	}
	trim(c, &c->window);
	buf_consume(&c->tail, c->tail.len);
	c->recent = c->window.len;
	c->n = 0;
	return r;
}
