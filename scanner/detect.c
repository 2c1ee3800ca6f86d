/* SPDX-License-Identifier: BSD-2-Clause */
/* Places, what was shown before, the census, and the showing itself. Pure. */
#include "scanner/detect.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/layers.h"

enum { SHOWN_LEAST = 64, SHOWN_MOST = 32768 };

void place_enter(struct place *p, unsigned level, const char *name, const char *word)
{
	const char *from = name != NULL && name[0] != '\0' ? name : word;
	char *to = p->label[level < PLACE_DEEPEST ? level : PLACE_DEEPEST - 1];
	size_t n;

	for (n = 0; n + 1 < PLACE_LABEL && from[n] != '\0'; n++)
		to[n] = from[n] > 0x20 && from[n] < 0x7f ? from[n] : '_';
	to[n] = '\0';
}

/* From the end toward the front: what an object is called matters more than what it lies in. */
static size_t put_before(char to[INNER_PATH], size_t at, struct str part, bool slash)
{
	size_t n = part.n < at ? part.n : at;

	if (slash && at > 0)
		to[--at] = '/';
	n = n < at ? n : at;
	memcpy(to + at - n, part.p + part.n - n, n);
	return at - n;
}

size_t place_path(const struct place *p, unsigned level, char to[INNER_PATH])
{
	size_t at = INNER_PATH - 1;
	unsigned i = level < PLACE_DEEPEST ? level : PLACE_DEEPEST - 1;

	to[at] = '\0';
	for (i++; i-- > 0;)
		if (p->label[i][0] != '\0')
			at = put_before(to, at, str_c(p->label[i]), at < INNER_PATH - 1);
	if (p->base.n > 0)
		at = put_before(to, at, p->base, at < INNER_PATH - 1);
	memmove(to, to + at, INNER_PATH - at);
	return INNER_PATH - 1 - at;
}

static size_t slot(const struct shown *s, const unsigned char digest[INNER_DIGEST])
{
	static const unsigned char none[INNER_DIGEST];
	size_t at;

	memcpy(&at, digest, sizeof(at));
	for (at %= s->cap; memcmp(s->of[at], none, INNER_DIGEST) != 0; at = (at + 1) % s->cap)
		if (memcmp(s->of[at], digest, INNER_DIGEST) == 0)
			break;
	return at;
}

static bool grow(struct shown *s)
{
	struct shown more = { .cap = s->cap > 0 ? s->cap * 4 : SHOWN_LEAST };

	if (more.cap > SHOWN_MOST || (more.of = calloc(more.cap, INNER_DIGEST)) == NULL)
		return false;
	for (size_t i = 0; i < s->cap; i++)
		if (s->of[i][0] != 0 || memcmp(s->of[i], s->of[i] + 1, INNER_DIGEST - 1) != 0)
			memcpy(more.of[slot(&more, s->of[i])], s->of[i], INNER_DIGEST);
	more.n = s->n;
	free(s->of);
	*s = more;
	return true;
}

bool shown_add(struct shown *s, const unsigned char digest[INNER_DIGEST])
{
	size_t at;

	if (s->n >= s->cap / 2 && !grow(s) && s->cap == 0)
		return true;
	at = slot(s, digest);
	if (memcmp(s->of[at], digest, INNER_DIGEST) == 0)
		return false;
	if (s->n < s->cap / 4 * 3) {
		memcpy(s->of[at], digest, INNER_DIGEST);
		s->n++;
	}
	return true;
}

void shown_free(struct shown *s)
{
	free(s->of);
	*s = (struct shown){ 0 };
}

/* The census: what the verdict says of the objects. */
static void count(struct verdict *v, const struct inner *i, struct str bytes)
{
	v->kinds |= KIND_BIT(i->kind);
	if (i->depth == 0 && v->objects == 0) {
		v->kind = i->kind;
		str_copy(str_sub(str_c(i->type), 0, sizeof(v->type) - 1), v->type, sizeof(v->type));
	}
	v->objects += v->objects < UINT32_MAX;
	v->object_bytes += bytes.n;
}

/* The engine's word, or, where it says little, that of the first bytes. */
static const char *word_of(const char *type, struct str bytes, char *to, size_t cap)
{
	enum kind engine = kind_of_engine(type);
	const char *word;

	layers_word(type, to, cap);
	if (engine != KIND_UNKNOWN && engine != KIND_TEXT && strcmp(type, "CL_TYPE_ZIP") != 0)
		return to;
	return kind_of_bytes(bytes, &word) != KIND_UNKNOWN || engine == KIND_TEXT || bytes.n == 0 ? word : to;
}

static void show(struct showing *w, unsigned level, const char *type, const char *word, struct str bytes)
{
	char path[INNER_PATH];
	const struct inner i = { .path = { path, place_path(&w->place, level, path) },
		.type = word,
		.kind = kind_of_object(type, bytes),
		.depth = w->place.depth + level };

	count(&w->s->census, &i, bytes);
	for (size_t k = 0; k < w->s->n; k++)
		w->s->of[k].object(w->s->of[k].self, &i, bytes);
}

void show_layer(struct showing *w, unsigned level, const char *type, const char *name, struct str bytes,
    bool changed, const unsigned char *digest)
{
	char store[sizeof(w->s->census.type)];
	const char *word = word_of(type, bytes, store, sizeof(store));

	if (level == 0) {
		if (w->own)
			return;
		w->own = true;
		digest = w->digest;
	}
	if (name != NULL && strncmp(name, "clamav-", 7) == 0)
		name = NULL; /* files of its own */
	place_enter(&w->place, level, name, word);
	if (!changed && (digest == NULL || shown_add(&w->s->shown, digest)))
		show(w, level, type, word, bytes);
}
