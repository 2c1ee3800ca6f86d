/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths of the wait page; questions and answers between workers. */
#include "gateway/wait_msg.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/pack.h"

static const char own_path[] = "/.well-known/sallyport/", wait_path[] = "/.well-known/sallyport/wait/";

bool wait_path_reserved(struct str path)
{
	return str_iprefix(path, STR(own_path));
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_token(struct str *s, unsigned char to[WAIT_TOKEN])
{
	if (s->n < 2 * (size_t)WAIT_TOKEN)
		return -ERR_HTTP_TARGET;
	for (size_t i = 0; i < WAIT_TOKEN; i++) {
		int high = hex(s->p[2 * i]), low = hex(s->p[2 * i + 1]);

		if (high < 0 || low < 0)
			return -ERR_HTTP_TARGET;
		to[i] = (unsigned char)(high << 4 | low);
	}
	*s = str_sub(*s, 2 * (size_t)WAIT_TOKEN, s->n);
	return 0;
}

int wait_path_read(struct str path, struct wait_path *out)
{
	struct wait_path p = { 0 };
	struct str s = path;
	size_t digits = 0;

	if (!str_eq(str_sub(path, 0, sizeof(wait_path) - 1), STR(wait_path)))
		return -ERR_HTTP_TARGET;
	s = str_sub(s, sizeof(wait_path) - 1, s.n);
	while (digits < s.n && digits < 4 && s.p[digits] >= '0' && s.p[digits] <= '9')
		p.worker = p.worker * 10 + (unsigned)(s.p[digits++] - '0');
	if (digits == 0 || p.worker >= WAIT_WORKERS || digits == s.n || s.p[digits] != '-')
		return -ERR_HTTP_TARGET;
	s = str_sub(s, digits + 1, s.n);
	if (read_token(&s, p.token) != 0 || (s.n > 0 && s.p[0] != '/'))
		return -ERR_HTTP_TARGET;
	p.whole = s.n > 1; /* whatever the name is: it is for the browser alone */
	*out = p;
	return 0;
}

static bool harmless(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~%+,=@!()", c) != NULL);
}

void wait_path_write(const struct wait_path *p, struct str name, char to[WAIT_PATH_MAX])
{
	int n = snprintf(to, WAIT_PATH_MAX, "%s%u-", wait_path, p->worker);

	for (size_t i = 0; i < WAIT_TOKEN; i++)
		n += snprintf(to + n, WAIT_PATH_MAX - (size_t)n, "%02x", p->token[i]);
	if (!p->whole)
		return;
	to[n++] = '/';
	for (size_t i = 0; i < name.n && i < WAIT_NAME_MAX; i++)
		to[n++] = harmless(name.p[i]) ? name.p[i] : '_';
	if (name.n == 0 || (name.n == 1 && name.p[0] == '.') || str_eq(name, STR("..")))
		n += snprintf(to + n, WAIT_PATH_MAX - (size_t)n, "download");
	to[n] = '\0';
}

int wait_pack_question(struct buf *b, const struct wait_question *q)
{
	int r = pack_u64(b, q->id);

	if (r == 0)
		r = pack_str(b, str_of((const char *)q->token, WAIT_TOKEN));
	if (r == 0)
		r = pack_str(b, str_of((const char *)q->client, WAIT_CLIENT));
	if (r == 0)
		r = pack_u8(b, (uint8_t)(q->tls | q->whole << 1));
	return r != 0 ? r : pack_str(b, q->host);
}

int wait_read_question(struct str s, struct wait_question *q)
{
	struct rd r = rd_of(s);
	struct str token, client;
	uint8_t flags;

	*q = (struct wait_question){ .id = rd_u64(&r) };
	token = rd_str(&r, WAIT_TOKEN);
	client = rd_str(&r, WAIT_CLIENT);
	flags = rd_u8(&r);
	q->host = rd_str(&r, 256);
	if (rd_done(&r) != 0 || token.n != WAIT_TOKEN || client.n != WAIT_CLIENT || flags > 3)
		return -ERR_PROTO;
	memcpy(q->token, token.p, WAIT_TOKEN);
	memcpy(q->client, client.p, WAIT_CLIENT);
	q->tls = (flags & 1) != 0;
	q->whole = (flags & 2) != 0;
	return 0;
}

static int pack_head(struct buf *b, const struct head *h)
{
	size_t start = b->len;
	int r = pack_u16(b, (uint16_t)h->status);

	if (r == 0)
		r = pack_u64(b, h->length);
	if (r == 0)
		r = pack_u16(b, (uint16_t)h->nfields);
	for (size_t i = 0; i < h->nfields && r == 0; i++) {
		r = pack_str(b, h->fields[i].name);
		if (r == 0)
			r = pack_str(b, h->fields[i].value);
	}
	return r == 0 && b->len - start > WAIT_HEAD_MAX ? -ERR_LIMIT : r;
}

int wait_pack_answer(struct buf *b, const struct wait_answer *a)
{
	int r = pack_u64(b, a->id);

	if (a->page.n > WAIT_PAGE_MAX)
		return -ERR_LIMIT;
	if (r == 0)
		r = pack_u8(b, (uint8_t)a->state);
	if (r == 0)
		r = pack_u64(b, a->bytes);
	if (r == 0)
		r = pack_u64(b, a->total);
	if (r == 0)
		r = pack_str(b, str_sub(a->url, 0, WAIT_URL_MAX));
	if (r == 0)
		r = pack_str(b, a->page);
	if (r == 0)
		r = pack_u16(b, (uint16_t)a->status);
	return r != 0 ? r : pack_head(b, &a->head);
}

/* Nothing that would end a line, or another field (the other worker may have been taken over). */
static bool clean(struct str s, bool name)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == 0x7f || (c < 0x20 && (name || c != '\t')) || (name && (c == ' ' || c == ':')))
			return false;
	}
	return s.n > 0 || !name;
}

static void read_head(struct rd *r, struct head *h, struct field *fields)
{
	*h = (struct head){ .minor = 1, .keep_alive = true, .body = BODY_LENGTH, .has_length = true };
	h->status = rd_u16(r);
	h->length = rd_u64(r);
	h->nfields = rd_u16(r);
	h->fields = fields;
	if (h->nfields > HEAD_MAX_FIELDS) {
		r->bad = 1;
		return;
	}
	for (size_t i = 0; i < h->nfields; i++) {
		fields[i].name = rd_str(r, WAIT_HEAD_MAX);
		fields[i].value = rd_str(r, WAIT_HEAD_MAX);
		if (!clean(fields[i].name, true) || !clean(fields[i].value, false))
			r->bad = -ERR_PROTO;
	}
}

int wait_read_answer(struct str s, struct wait_answer *a, struct field *fields)
{
	struct rd r = rd_of(s);
	uint8_t state;

	*a = (struct wait_answer){ .id = rd_u64(&r) };
	state = rd_u8(&r);
	a->bytes = rd_u64(&r);
	a->total = rd_u64(&r);
	a->url = rd_str(&r, WAIT_URL_MAX);
	a->page = rd_str(&r, WAIT_PAGE_MAX);
	a->status = rd_u16(&r);
	read_head(&r, &a->head, fields);
	if (rd_done(&r) != 0 || state > WAIT_REFUSED || (a->status != 0 && (a->status < 200 || a->status > 599)) ||
	    (a->head.status != 0 && (a->head.status < 200 || a->head.status > 599)))
		return -ERR_PROTO;
	a->state = (enum wait_state)state;
	return 0;
}
