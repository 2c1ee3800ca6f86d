/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines are looked at where a digest stands in them, and read where that digest is wanted. */
#include "gateway/hunt.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"

enum { LINE_BYTES = 65536, OTHERS = 1024, DIGITS = 2 * AUDIT_SHA256, HOSTS = 16, INCIDENTS = 16 };

struct hunt {
	const struct limits *limits;
	struct hunt_finding *all; /* sorted by digest */
	size_t n;
	struct buf carry; /* the beginning of a line whose end has not come */
	bool skip;	  /* that line is too long: to its end */
	uint64_t bytes, unread;
};

struct hunt *hunt_new(const struct limits *limits)
{
	struct hunt *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->limits = limits;
	buf_init(&h->carry, LINE_BYTES);
	h->all = calloc(HUNT_DIGESTS, sizeof(*h->all));
	if (h->all == NULL) {
		free(h);
		return NULL;
	}
	return h;
}

static void texts_free(struct hunt_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->text[i]);
	free(t->text);
	free(t->others);
}

static void begin(const struct hunt *h, struct hunt_finding *f)
{
	f->clients.most = h->limits->hunt_clients;
	f->paths.most = h->limits->hunt_paths;
	f->hosts.most = HOSTS;
	f->incidents.most = INCIDENTS;
}

void hunt_forget(struct hunt *h, size_t i)
{
	struct hunt_finding *f = &h->all[i], fresh = { .length = 0 };

	texts_free(&f->clients);
	texts_free(&f->hosts);
	texts_free(&f->paths);
	texts_free(&f->incidents);
	memcpy(fresh.sha256, f->sha256, AUDIT_SHA256);
	memcpy(fresh.name, f->name, HUNT_NAME);
	*f = fresh;
	begin(h, f);
}

void hunt_free(struct hunt *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->n; i++)
		hunt_forget(h, i);
	free(h->all);
	buf_free(&h->carry);
	free(h);
}

/* Where it stands, or would. */
static size_t place(const struct hunt *h, const unsigned char *sha256)
{
	size_t lo = 0, hi = h->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (memcmp(h->all[mid].sha256, sha256, AUDIT_SHA256) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool is_at(const struct hunt *h, size_t i, const unsigned char *sha256)
{
	return i < h->n && memcmp(h->all[i].sha256, sha256, AUDIT_SHA256) == 0;
}

int hunt_want(struct hunt *h, const unsigned char sha256[AUDIT_SHA256], struct str name)
{
	size_t i = place(h, sha256);
	struct hunt_finding *f = &h->all[i];

	if (is_at(h, i, sha256))
		return 0;
	if (h->n == HUNT_DIGESTS)
		return -ERR_LIMIT;
	memmove(f + 1, f, (h->n - i) * sizeof(*f));
	memset(f, 0, sizeof(*f));
	memcpy(f->sha256, sha256, AUDIT_SHA256);
	str_copy(str_sub(name, 0, HUNT_NAME - 1), f->name, HUNT_NAME);
	begin(h, f);
	h->n++;
	return 0;
}

/* ---- texts ---- */

/* FNV-1a. Whoever makes two texts of one value hides one of them from a count, no more. */
static uint64_t hash_of(const char *text)
{
	uint64_t x = 0xcbf29ce484222325;

	for (; *text != '\0'; text++)
		x = (x ^ (unsigned char)*text) * 0x100000001b3;
	return x;
}

static void count_other(struct hunt_texts *t, const char *text)
{
	uint64_t x = hash_of(text);

	for (size_t i = 0; i < t->nothers; i++)
		if (t->others[i] == x)
			return;
	if (t->others == NULL)
		t->others = calloc(OTHERS, sizeof(*t->others));
	if (t->others == NULL || t->nothers == OTHERS)
		t->more = true;
	else
		t->others[t->nothers++] = x;
}

static void add_text(struct hunt_texts *t, const char *text)
{
	if (text[0] == '\0')
		return;
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->text[i], text) == 0)
			return;
	if (t->text == NULL)
		t->text = calloc(t->most, sizeof(*t->text));
	if (t->n == t->most || t->text == NULL || (t->text[t->n] = strdup(text)) == NULL)
		count_other(t, text);
	else
		t->n++;
}

/* ---- lines ---- */

static void count_passed(struct hunt_finding *f, const struct audit_object *o, bool down)
{
	switch (o->passed) {
	case PASSED_WHOLE:
		++*(down ? &f->downloads : &f->uploads);
		break;
	case PASSED_PART:
		++*(down ? &f->downloads_part : &f->uploads_part);
		break;
	case PASSED_LATER:
		f->downloads_later++;
		break;
	case PASSED_NONE:
		f->blocked++;
	}
}

/* Times are of one form and zone: they sort as texts. */
static void note(struct hunt_finding *f, const struct audit_seen *s, const struct audit_object *o, bool down)
{
	f->length = o->length;
	if (f->first[0] == '\0' || strcmp(s->ts, f->first) < 0)
		memcpy(f->first, s->ts, sizeof(f->first));
	if (strcmp(s->ts, f->last) > 0)
		memcpy(f->last, s->ts, sizeof(f->last));
	count_passed(f, o, down);
	add_text(&f->clients, s->client);
	add_text(&f->hosts, s->host);
	add_text(&f->paths, s->path);
	add_text(&f->incidents, s->incident);
}

static void note_object(struct hunt *h, const struct audit_seen *s, const struct audit_object *o, bool down)
{
	size_t i = o->known ? place(h, o->sha256) : h->n;

	if (i < h->n && is_at(h, i, o->sha256))
		note(&h->all[i], s, o, down);
}

static bool wanted(const struct hunt *h, struct str digits)
{
	unsigned char sha256[AUDIT_SHA256];

	return audit_read_sha256(digits, sha256) && is_at(h, place(h, sha256), sha256);
}

/* The line around a wanted digest. */
static void take_line(struct hunt *h, struct str line)
{
	struct audit_seen s;

	if (!audit_read_seen(line, &s)) {
		h->unread++;
		return;
	}
	note_object(h, &s, &s.up, false);
	note_object(h, &s, &s.down, true);
}

/* Whole lines, each with its LF. */
static void take_lines(struct hunt *h, struct str s)
{
	ptrdiff_t at;
	size_t from = 0;

	while ((at = audit_find_digest(s, from)) >= 0) {
		struct str digits = str_sub(s, (size_t)at, DIGITS);
		const char *lf, *begin;

		from = (size_t)at;
		if (!wanted(h, digits))
			continue;
		lf = memchr(digits.p, '\n', s.n - (size_t)at);
		begin = memrchr(s.p, '\n', (size_t)at);
		begin = begin != NULL ? begin + 1 : s.p;
		if (lf == NULL)
			return;
		take_line(h, str_of(begin, (size_t)(lf - begin)));
		from = (size_t)(lf - s.p);
	}
}

/* The line that began before: its end is cut off *s; false when it is not there yet. */
static bool complete(struct hunt *h, struct str *s)
{
	ptrdiff_t lf = str_chr(*s, '\n');
	struct str end = str_sub(*s, 0, lf >= 0 ? (size_t)lf + 1 : s->n);

	if (!h->skip && buf_str(&h->carry, end) != 0)
		h->skip = true;
	*s = str_sub(*s, end.n, s->n);
	if (lf < 0)
		return false;
	if (!h->skip)
		take_lines(h, buf_view(&h->carry));
	buf_consume(&h->carry, h->carry.len);
	h->skip = false;
	return true;
}

void hunt_feed(struct hunt *h, struct str s)
{
	const char *lf;

	h->bytes += s.n;
	if ((h->carry.len > 0 || h->skip) && !complete(h, &s))
		return;
	lf = s.n > 0 ? memrchr(s.p, '\n', s.n) : NULL;
	if (lf != NULL) {
		size_t n = (size_t)(lf - s.p) + 1;

		take_lines(h, str_sub(s, 0, n));
		s = str_sub(s, n, s.n);
	}
	if (s.n > 0 && buf_str(&h->carry, s) != 0)
		h->skip = true;
}

void hunt_end(struct hunt *h)
{
	buf_consume(&h->carry, h->carry.len);
	h->skip = false;
}

size_t hunt_count(const struct hunt *h)
{
	return h->n;
}

const struct hunt_finding *hunt_at(const struct hunt *h, size_t i)
{
	return &h->all[i];
}

uint64_t hunt_bytes(const struct hunt *h)
{
	return h->bytes;
}

uint64_t hunt_unread(const struct hunt *h)
{
	return h->unread;
}

bool hunt_found(const struct hunt_finding *f)
{
	return f->first[0] != '\0';
}

bool hunt_passed(const struct hunt_finding *f)
{
	return f->downloads + f->downloads_part + f->downloads_later + f->uploads + f->uploads_part > 0;
}
