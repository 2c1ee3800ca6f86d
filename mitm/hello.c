/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ClientHello reader: first the handshake bytes are put together over records, then the message
 * is read field by field. Nothing is kept, nothing is guessed.
 */
#include "mitm/hello.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

enum {
	RECORD_HEADER = 5,
	RECORD_HANDSHAKE = 22,
	RECORD_MAX = 16384,
	HANDSHAKE_HEADER = 4,
	CLIENT_HELLO = 1
};
enum {
	EXT_SERVER_NAME = 0,
	EXT_GROUPS = 10,
	EXT_SIGNATURE_ALGORITHMS = 13,
	EXT_ALPN = 16,
	EXT_PRE_SHARED_KEY = 41,
	EXT_EARLY_DATA = 42,
	EXT_SUPPORTED_VERSIONS = 43,
	EXT_ECH = 0xfe0d
};
enum { TLS_1_2 = 0x0303, TLS_1_3 = 0x0304, GROUP_P256 = 0x0017, ECDSA_P256_SHA256 = 0x0403 };
/* SecP256r1MLKEM768, X25519MLKEM768, SecP384r1MLKEM1024 (draft-ietf-tls-ecdhe-mlkem) */
enum { GROUP_PQ_FIRST = 0x11eb, GROUP_PQ_LAST = 0x11ed };

/* A cursor over big-endian fields with a sticky error. */
struct cursor {
	struct str s;
	bool bad;
};

static unsigned take(struct cursor *c, size_t bytes)
{
	unsigned v = 0;

	if (c->bad || c->s.n < bytes) {
		c->bad = true;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)c->s.p[i];
	c->s = str_sub(c->s, bytes, c->s.n);
	return v;
}

/* A vector with a length of `bytes` bytes before it. */
static struct cursor vector(struct cursor *c, size_t bytes)
{
	size_t n = take(c, bytes);
	struct cursor v = { { c->s.p, n }, false };

	if (c->bad || c->s.n < n) {
		c->bad = true;
		return (struct cursor){ STR_NONE, true };
	}
	c->s = str_sub(c->s, n, c->s.n);
	return v;
}

int hello_sniff(struct str in)
{
	static const unsigned char want[2] = { RECORD_HANDSHAKE, 3 };

	for (size_t i = 0; i < 2 && i < in.n; i++)
		if ((unsigned char)in.p[i] != want[i])
			return 0;
	if (in.n < 3)
		return -ERR_MORE;
	return (unsigned char)in.p[2] <= 4;
}

/* RFC 6066 forbids addresses; some clients send them all the same. */
static bool read_literal(struct str s, struct hello *h)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[46];

	if (str_copy(s, text, sizeof(text)) != 0)
		return false;
	memcpy(h->literal, mapped, sizeof(mapped));
	h->has_literal = inet_pton(AF_INET, text, h->literal + 12) == 1 ||
			 inet_pton(AF_INET6, text, h->literal) == 1;
	return h->has_literal;
}

/* An address, or what some resolver takes for one ("127.1"): no top-level name is a number. */
static bool ends_in_number(struct str name)
{
	size_t i = name.n;

	while (i > 0 && name.p[i - 1] >= '0' && name.p[i - 1] <= '9')
		i--;
	return i < name.n && (i == 0 || name.p[i - 1] == '.');
}

/* RFC 6066 section 3: a DNS host name in A-label form; underscores occur in the wild. */
static int read_name(struct str s, char *to)
{
	size_t label = 0;

	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	if (s.n == 0 || s.n > 253)
		return -ERR_HELLO;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';

		label = c == '.' ? 0 : label + 1;
		if ((c == '.' && (i == 0 || s.p[i - 1] == '.')) || (c != '.' && !ok) || label > 63)
			return -ERR_HELLO;
		to[i] = c;
	}
	to[s.n] = '\0';
	return to[s.n - 1] == '.' || ends_in_number(str_of(to, s.n)) ? -ERR_HELLO : 0;
}

static int read_sni(struct cursor c, struct hello *h)
{
	struct cursor list = vector(&c, 2), name;

	if (c.bad || c.s.n > 0 || take(&list, 1) != 0)
		return -ERR_HELLO;
	name = vector(&list, 2);
	if (list.bad || list.s.n > 0) /* one name of one type, or it is read in two ways */
		return -ERR_HELLO;
	return read_literal(name.s, h) ? 0 : read_name(name.s, h->sni);
}

static int read_alpn(struct cursor c, struct hello *h)
{
	struct cursor list = vector(&c, 2);

	if (c.bad || c.s.n > 0 || list.s.n == 0)
		return -ERR_HELLO;
	h->has_alpn = true;
	while (list.s.n > 0 && !list.bad) {
		struct cursor p = vector(&list, 1);

		if (list.bad || p.s.n == 0)
			return -ERR_HELLO;
		if (h->alpn_n + 1 + p.s.n > sizeof(h->alpn))
			continue;
		h->alpn[h->alpn_n++] = (char)p.s.n;
		memcpy(h->alpn + h->alpn_n, p.s.p, p.s.n);
		h->alpn_n += p.s.n;
	}
	return list.bad ? -ERR_HELLO : 0;
}

/* What is only needed while reading. */
struct notes {
	bool p256;    /* a group of the client's */
	bool tls_1_2; /* a version of the client's */
};

static int read_versions(struct cursor c, struct hello *h, struct notes *notes)
{
	struct cursor list = vector(&c, 1);

	if (list.s.n == 0)
		return -ERR_HELLO;
	h->version = 0;
	notes->tls_1_2 = false;
	while (list.s.n > 0 && !list.bad) {
		unsigned v = take(&list, 2);

		/* Neither GREASE nor drafts, which stand above all that we speak. */
		if (v <= TLS_1_3 && v > h->version)
			h->version = (uint16_t)v;
		notes->tls_1_2 = notes->tls_1_2 || v == TLS_1_2;
	}
	return c.bad || c.s.n > 0 || list.bad ? -ERR_HELLO : 0;
}

/* Is one of `first` to `last` in a list of two-byte entries? */
static int read_list(struct cursor c, unsigned first, unsigned last, bool *found)
{
	struct cursor list = vector(&c, 2);

	*found = false;
	while (list.s.n > 0 && !list.bad) {
		unsigned v = take(&list, 2);

		*found = *found || (v >= first && v <= last);
	}
	return c.bad || c.s.n > 0 || list.bad ? -ERR_HELLO : 0;
}

static int read_groups(struct cursor c, struct hello *h, bool *p256)
{
	int r = read_list(c, GROUP_P256, GROUP_P256, p256);

	return r == 0 ? read_list(c, GROUP_PQ_FIRST, GROUP_PQ_LAST, &h->pq) : r;
}

static int read_extension(unsigned type, struct cursor body, struct hello *h,
    struct notes *notes)
{
	switch (type) {
	case EXT_SERVER_NAME:
		return read_sni(body, h);
	case EXT_ALPN:
		return read_alpn(body, h);
	case EXT_SUPPORTED_VERSIONS:
		return read_versions(body, h, notes);
	case EXT_SIGNATURE_ALGORITHMS:
		return read_list(body, ECDSA_P256_SHA256, ECDSA_P256_SHA256, &h->ecdsa);
	case EXT_GROUPS:
		return read_groups(body, h, &notes->p256);
	case EXT_PRE_SHARED_KEY:
		h->psk = true;
		return 0;
	case EXT_EARLY_DATA:
		h->early_data = true;
		return 0;
	case EXT_ECH:
		h->ech = true;
		return 0;
	default:
		return 0;
	}
}

static int read_extensions(struct cursor c, struct hello *h, struct notes *notes)
{
	unsigned char seen[65536 / 8] = { 0 };

	while (c.s.n > 0) {
		unsigned type = take(&c, 2);
		struct cursor body = vector(&c, 2);
		int r;

		/* RFC 8446 section 4.2: at most one of a type. */
		if (c.bad || (seen[type / 8] & (1 << type % 8)) != 0)
			return -ERR_HELLO;
		seen[type / 8] |= (unsigned char)(1 << type % 8);
		if ((r = read_extension(type, body, h, notes)) != 0)
			return r;
	}
	return 0;
}

/* The suites of tls_match.c: their strength, and whether TLS 1.2 may have an ECDSA key. */
static bool read_suites(struct cursor suites, struct hello *h)
{
	static const struct {
		unsigned suite, bit;
		bool ecdsa;
	} ours[] = {
		{ 0x1301, HELLO_13_128, false }, { 0x1302, HELLO_13_256, false },
		{ 0x1303, HELLO_13_256, false }, { 0xc02b, HELLO_12_128, true },
		{ 0xc02c, HELLO_12_256, true }, { 0xcca9, HELLO_12_256, true },
		{ 0xc02f, HELLO_12_128, false }, { 0xc030, HELLO_12_256, false },
		{ 0xcca8, HELLO_12_256, false },
	};
	bool ecdsa = false;

	while (suites.s.n > 0) {
		unsigned suite = take(&suites, 2);

		for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			if (suite == ours[i].suite) {
				h->suites |= ours[i].bit;
				ecdsa = ecdsa || ours[i].ecdsa;
			}
	}
	return ecdsa;
}

/* A version that is not offered lends no suites. */
static void drop_suites(struct hello *h, const struct notes *notes)
{
	if (!notes->tls_1_2)
		h->suites &= ~(unsigned)(HELLO_12_128 | HELLO_12_256);
	if (h->version < TLS_1_3)
		h->suites &= ~(unsigned)(HELLO_13_128 | HELLO_13_256);
}

static int read_message(struct str body, struct hello *h)
{
	struct cursor c = { body, false }, session, suites, compression, extensions;
	struct notes notes = { .p256 = true };
	bool ecdsa_suite;
	int r;

	h->version = (uint16_t)take(&c, 2);
	if (h->version > TLS_1_2) /* RFC 8446 section 4.2.1: TLS 1.3 is asked for elsewhere */
		h->version = TLS_1_2;
	notes.tls_1_2 = h->version == TLS_1_2;
	for (int i = 0; i < 8; i++)
		take(&c, 4); /* random */
	session = vector(&c, 1);
	suites = vector(&c, 2);
	compression = vector(&c, 1);
	if (c.bad || session.s.n > 32 || suites.s.n < 2 || suites.s.n % 2 != 0 ||
	    compression.s.n < 1)
		return -ERR_HELLO;
	/* Without signature_algorithms the suites alone tell (RFC 5246 section 7.4.1.4.1). */
	h->ecdsa = h->ecdsa_12 = ecdsa_suite = read_suites(suites, h);
	if (c.s.n == 0) {
		drop_suites(h, &notes);
		return 0;
	}
	extensions = vector(&c, 2);
	if (c.bad || c.s.n > 0)
		return -ERR_HELLO;
	r = read_extensions(extensions, h, &notes);
	drop_suites(h, &notes);
	/* TLS 1.2 binds the key to the suite and its curve to the groups (RFC 8422, 5.1.1). */
	h->ecdsa_12 = h->ecdsa && ecdsa_suite && notes.p256;
	if (h->version < TLS_1_3)
		h->ecdsa = h->ecdsa_12;
	return r;
}

/* The record at the front of rest: 0 with the length of its body, -ERR_MORE, or the fault. */
static int record(struct str rest, bool first, size_t room, size_t *body)
{
	int sniffed = hello_sniff(rest);

	if (sniffed == 0)
		return first ? -ERR_NOT_TLS : -ERR_HELLO;
	if (sniffed != 1 || rest.n < RECORD_HEADER)
		return -ERR_MORE;
	*body = (size_t)(unsigned char)rest.p[3] << 8 | (unsigned char)rest.p[4];
	if (*body == 0 || *body > RECORD_MAX)
		return -ERR_HELLO;
	return RECORD_HEADER + *body > room ? -ERR_LIMIT : 0;
}

/* The message's first bytes, as far as this record has them; what they announce. */
static int take_head(struct hello_walk *w, struct str body, size_t max)
{
	struct cursor c;

	for (size_t i = 0; w->message + i < HANDSHAKE_HEADER && i < body.n; i++)
		w->head[w->message + i] = body.p[i];
	if (body.n > 0 && w->head[0] != CLIENT_HELLO)
		return -ERR_HELLO;
	if (w->message + body.n < HANDSHAKE_HEADER)
		return 0;
	c = (struct cursor){ { w->head + 1, HANDSHAKE_HEADER - 1 }, false };
	w->need = HANDSHAKE_HEADER + take(&c, 3);
	return w->need > max ? -ERR_LIMIT : 0;
}

int hello_walk(struct hello_walk *w, struct str in, size_t max)
{
	if (w->need == 0)
		w->need = HANDSHAKE_HEADER;
	while (w->message < w->need) {
		struct str rest = str_sub(in, w->at, in.n);
		size_t body = 0;
		int r = record(rest, w->message == 0, max > w->at ? max - w->at : 0, &body);

		if (r != 0)
			return r;
		rest = str_sub(rest, RECORD_HEADER, body);
		r = take_head(w, rest, max);
		if (r != 0)
			return r;
		if (rest.n < body)
			return -ERR_MORE; /* a record is taken whole or not at all */
		w->message += body;
		w->at += RECORD_HEADER + body;
	}
	/* Another message in the hello's record: nothing may follow it there. */
	return w->message > w->need ? -ERR_HELLO : 0;
}

/* The bodies of the records up to `end`, which were walked over. */
static void gather(struct str in, size_t end, char *to)
{
	for (size_t at = 0; at < end;) {
		size_t n = (size_t)(unsigned char)in.p[at + 3] << 8 | (unsigned char)in.p[at + 4];

		memcpy(to, in.p + at + RECORD_HEADER, n);
		to += n;
		at += RECORD_HEADER + n;
	}
}

int hello_parse(struct str in, size_t max, struct hello *out)
{
	struct hello_walk w = { 0 };
	struct hello h = { 0 };
	char *bytes;
	int r = hello_walk(&w, in, max);

	if (r != 0)
		return r;
	bytes = malloc(w.message);
	if (bytes == NULL)
		return -ERR_NOMEM;
	gather(in, w.at, bytes);
	h.length = w.at;
	r = read_message(str_of(bytes + HANDSHAKE_HEADER, w.message - HANDSHAKE_HEADER), &h);
	free(bytes);
	if (r == 0)
		*out = h;
	return r;
}

bool hello_offers(const struct hello *h, const char *protocol)
{
	struct str want = str_c(protocol);

	for (size_t i = 0; i < h->alpn_n; i += 1 + (unsigned char)h->alpn[i])
		if (str_eq(str_of(h->alpn + i + 1, (unsigned char)h->alpn[i]), want))
			return true;
	return false;
}
