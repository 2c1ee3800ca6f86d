/* SPDX-License-Identifier: BSD-2-Clause */
/* What content permits, and the bytes that go with it. */
#include "gateway/release.h"

#include <string.h>

#include "gateway/media.h"

/* The last bytes are never trickled: formats with their directory at the end stay unreadable. */
enum { TRICKLE_TAIL = 64 << 10 };

const char *release_word(enum release r)
{
	static const char *const words[] = { "hold", "comfort", "tail", "stream" };

	return (unsigned)r < sizeof(words) / sizeof(words[0]) ? words[r] : "hold";
}

/*
 * Whatever may act, or have a file within that acts, waits for its verdict. Plain text is the beginning of
 * scripts that nothing tells; what is unknown may be anything.
 */
static enum release of_kind(enum kind k)
{
	switch (k) {
	case KIND_IMAGE:
		return RELEASE_COMFORT;
	case KIND_DATA:
	case KIND_DISK_IMAGE:
		return RELEASE_TAIL;
	case KIND_AUDIO:
	case KIND_VIDEO:
		return RELEASE_STREAM;
	default:
		return RELEASE_HOLD;
	}
}

static enum release stricter(enum release a, enum release b)
{
	return a < b ? a : b;
}

/* A claim binds where it is stricter; one that says nothing does not speak. */
static enum release claimed(enum release r, enum kind k)
{
	return k == KIND_UNKNOWN ? r : stricter(r, of_kind(k));
}

static bool at(struct str s, size_t where, struct str bytes)
{
	return str_eq(str_sub(s, where, bytes.n), bytes);
}

/* ECMA-119 section 8.1: the volume descriptors begin in sector 16. */
static bool is_iso(struct str first)
{
	return at(first, 0x8001, STR("CD001"));
}

static enum release by_bytes(struct str first, bool *iso)
{
	enum kind k = kind_of_bytes(str_sub(first, 0, KIND_FIRST), NULL);
	enum media m = media_of(first);

	*iso = k == KIND_UNKNOWN && m == MEDIA_NONE && is_iso(first);
	if (*iso)
		return RELEASE_TAIL;
	if (k != KIND_UNKNOWN && k != KIND_AUDIO && k != KIND_VIDEO)
		return of_kind(k);
	if (m == MEDIA_STREAM)
		return RELEASE_STREAM;
	/* A magic number alone proves little. */
	return k != KIND_UNKNOWN ? RELEASE_TAIL : RELEASE_HOLD;
}

/* The next parameter off *rest, blanks trimmed; a semicolon within quotes is part of it. */
static bool next_parameter(struct str *rest, struct str *out)
{
	bool quoted = false;
	size_t i;

	if (rest->n == 0)
		return false;
	for (i = 0; i < rest->n && (quoted || rest->p[i] != ';'); i++) {
		if (quoted && rest->p[i] == '\\' && i + 1 < rest->n)
			i++;
		else if (rest->p[i] == '"')
			quoted = !quoted;
	}
	*out = str_trim(str_sub(*rest, 0, i));
	*rest = str_sub(*rest, i + 1, rest->n);
	return true;
}

/* The last bytes of a value in plain form: without quotes, percent-encoding undone. */
static struct str plain(struct str v, char *to, size_t cap)
{
	uint64_t c;
	size_t n = 0;

	v = v.n > cap ? str_sub(v, v.n - cap, cap) : v;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '%' && i + 2 < v.n && str_hex64(str_sub(v, i + 1, 2), &c) == 0) {
			to[n++] = (char)c;
			i += 2;
		} else if (v.p[i] != '"' && v.p[i] != '\\') {
			to[n++] = v.p[i];
		}
	}
	return str_of(to, n);
}

enum release release_disposition(struct str field)
{
	enum release r = RELEASE_STREAM;
	struct str p;
	char text[64];

	while (next_parameter(&field, &p)) {
		ptrdiff_t eq = str_chr(p, '=');

		if (eq > 0 && str_iprefix(p, STR("filename")))
			r = claimed(r, kind_of_name(plain(str_sub(p, (size_t)eq + 1, p.n), text, sizeof(text))));
	}
	return r;
}

enum release release_most(struct str first, struct str type, struct str name)
{
	bool iso;
	enum release r = by_bytes(first, &iso);
	enum kind declared = kind_of_media_type(type);

	if (r == RELEASE_STREAM && declared != KIND_AUDIO && declared != KIND_VIDEO)
		r = RELEASE_TAIL; /* nobody plays what is not called so */
	r = claimed(r, declared);
	return claimed(r, kind_of_name(name));
}

static uint64_t part(uint64_t n, uint64_t percent)
{
	return n / 100 * percent + n % 100 * percent / 100;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t release_gate(enum release r, const struct limits *l, uint64_t received, uint64_t length)
{
	uint64_t all = length == UINT64_MAX ? received : length, back, open;

	if (r == RELEASE_TAIL)
		back = larger(l->tail, part(all, l->tail_percent));
	else if (r != RELEASE_STREAM)
		return 0;
	else if (length == UINT64_MAX) /* it may go on for ever, slowly: a player wants to begin */
		back = received / 2 < l->stream_tail ? received / 2 : l->stream_tail;
	else
		back = larger(l->stream_tail, part(all, l->tail_percent));
	open = all > back ? all - back : 0;
	return received < open ? received : open;
}

uint64_t release_trickle(const struct limits *l, uint64_t received, uint64_t length)
{
	uint64_t all = length == UINT64_MAX ? received : length;
	uint64_t most = received / 100 * l->comfort_percent, open = all > TRICKLE_TAIL ? all - TRICKLE_TAIL : 0;

	if (received < l->comfort_after_bytes)
		return 0;
	return most < open ? most : open;
}
