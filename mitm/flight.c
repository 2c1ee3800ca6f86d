/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's first flight: records are put together, then ServerHello and the message behind
 * it are read. Nothing after that matters, and nothing after that is looked at.
 */
#include "mitm/flight.h"

#include "core/err.h"

enum { RECORD_HEADER = 5, RECORD_MAX = 16384 + 2048, HANDSHAKE_HEADER = 4, RANDOM = 32 };
enum { CHANGE_CIPHER_SPEC = 20, ALERT = 21, HANDSHAKE = 22, APPLICATION_DATA = 23 };
enum { SERVER_HELLO = 2, NEW_SESSION_TICKET = 4, CERTIFICATE = 11 };
enum { EXT_SUPPORTED_VERSIONS = 43, TLS_1_3 = 0x0304 };

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

/* n bytes; none on error. */
static struct str bytes(struct cursor *c, size_t n)
{
	struct str v = str_sub(c->s, 0, n);

	if (c->bad || c->s.n < n) {
		c->bad = true;
		return STR_NONE;
	}
	c->s = str_sub(c->s, n, c->s.n);
	return v;
}

/*
 * Handshake bytes of whole records into space. *ended says what followed them: 0 nothing, or
 * the type of the first record of another kind.
 */
static int gather(struct str in, struct buf *space, unsigned *ended)
{
	*ended = 0;
	while (in.n >= RECORD_HEADER) {
		struct cursor c = { in, false };
		unsigned type = take(&c, 1), major = take(&c, 1), n;

		take(&c, 1);
		n = take(&c, 2);
		if (type < CHANGE_CIPHER_SPEC || type > APPLICATION_DATA || major != 3)
			return space->len == 0 ? -ERR_NOT_TLS : -ERR_TLS;
		if (n > RECORD_MAX || (n == 0 && type == HANDSHAKE))
			return -ERR_TLS;
		if (type != HANDSHAKE) {
			*ended = type;
			return 0;
		}
		if (c.s.n < n)
			return 0; /* the rest of it is still to come */
		if (buf_append(space, c.s.p, n) != 0)
			return -ERR_LIMIT;
		in = str_sub(in, RECORD_HEADER + n, in.n);
	}
	if (in.n > 0 && space->len == 0 &&
	    ((unsigned char)in.p[0] < CHANGE_CIPHER_SPEC ||
		(unsigned char)in.p[0] > APPLICATION_DATA))
		return -ERR_NOT_TLS;
	return 0;
}

/* The next handshake message: false when it is not whole yet. */
static bool message(struct str *rest, unsigned *type, struct str *body)
{
	struct cursor c = { *rest, false };
	unsigned n;

	*type = take(&c, 1);
	n = take(&c, 3);
	*body = bytes(&c, n);
	if (c.bad)
		return false;
	*rest = c.s;
	return true;
}

/* RFC 5246 section 7.4.1.3, RFC 8446 section 4.1.3: the version that was chosen, 0 malformed. */
static unsigned server_hello(struct str body)
{
	struct cursor c = { body, false }, ext;
	unsigned version = take(&c, 2);

	bytes(&c, RANDOM);
	bytes(&c, take(&c, 1)); /* session id */
	take(&c, 2);		/* cipher suite */
	take(&c, 1);		/* compression */
	if (c.bad)
		return 0;
	if (c.s.n == 0)
		return version;
	ext = (struct cursor){ bytes(&c, take(&c, 2)), false };
	if (c.bad || c.s.n > 0)
		return 0;
	while (ext.s.n > 0) {
		unsigned type = take(&ext, 2);
		struct cursor v = { bytes(&ext, take(&ext, 2)), false };

		if (ext.bad)
			return 0;
		if (type == EXT_SUPPORTED_VERSIONS)
			version = take(&v, 2);
		if (v.bad)
			return 0;
	}
	return version;
}

static int certificates(struct str body, struct flight *out)
{
	struct cursor c = { body, false };
	struct cursor list = { bytes(&c, take(&c, 3)), false };

	if (c.bad || c.s.n > 0)
		return -ERR_TLS;
	while (list.s.n > 0) {
		struct str one = bytes(&list, take(&list, 3));

		if (list.bad || one.n == 0)
			return -ERR_TLS;
		if (out->n == FLIGHT_CERTS_MAX)
			return -ERR_LIMIT;
		out->certs[out->n++] = one;
	}
	out->kind = out->n > 0 ? FLIGHT_CHAIN : FLIGHT_NONE;
	return 0;
}

/* Nothing whole is there yet: does what follows decide? */
static int undecided(unsigned ended, bool hello, struct flight *out)
{
	if (ended == 0)
		return -ERR_MORE;
	out->kind = ended == CHANGE_CIPHER_SPEC && hello ? FLIGHT_RESUMED : FLIGHT_NONE;
	return ended == ALERT || (ended == CHANGE_CIPHER_SPEC && hello) ? 0 : -ERR_TLS;
}

int flight_parse(struct str in, struct buf *space, struct flight *out)
{
	struct str rest, body;
	unsigned type, ended;
	int r;

	*out = (struct flight){ .kind = FLIGHT_NONE };
	buf_consume(space, space->len);
	if ((r = gather(in, space, &ended)) != 0)
		return r;
	rest = buf_view(space);
	if (rest.n > 0 && rest.p[0] != SERVER_HELLO)
		return -ERR_TLS;
	if (!message(&rest, &type, &body))
		return undecided(ended, false, out);
	out->version = server_hello(body);
	if (out->version == 0)
		return -ERR_TLS;
	if (out->version >= TLS_1_3) {
		out->kind = FLIGHT_HIDDEN;
		return 0;
	}
	if (!message(&rest, &type, &body))
		return undecided(ended, rest.n == 0, out);
	if (type == CERTIFICATE)
		return certificates(body, out);
	out->kind = type == NEW_SESSION_TICKET ? FLIGHT_RESUMED : FLIGHT_NONE;
	return 0;
}
