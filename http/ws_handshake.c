/* SPDX-License-Identifier: BSD-2-Clause */
/* The opening handshake: the one door to libcrypto's SHA-1, which RFC 6455 asks for. */
#include "http/ws_handshake.h"

#include <openssl/sha.h>
#include <string.h>

#include "core/buf.h"
#include "core/base64.h"
#include "core/err.h"

enum { KEY = 24, EXTENSIONS_MAX = 2048 };

static bool only(const struct head *h, const char *name, struct str *value)
{
	return head_count(h, name) == 1 && head_get(h, name, value);
}

bool ws_asked(const struct head *h)
{
	struct str v;

	if (h->protocol.n > 0)
		return str_ieq(h->protocol, STR("websocket"));
	return h->upgrade && only(h, "upgrade", &v) && str_ieq(v, STR("websocket"));
}

/* 16 bytes in base64 (section 4.1). */
static bool good_key(struct str key)
{
	if (key.n != KEY || key.p[KEY - 2] != '=' || key.p[KEY - 1] != '=')
		return false;
	for (size_t i = 0; i < KEY - 2; i++)
		if (base64_value(key.p[i]) < 0)
			return false;
	return true;
}

/* Section 4.2.2, 5.4: the key and a constant, digested. */
static void make_accept(struct str key, char *to)
{
	static const char constant[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char in[KEY + sizeof(constant) - 1], digest[SHA_DIGEST_LENGTH];

	memcpy(in, key.p, KEY);
	memcpy(in + KEY, constant, sizeof(constant) - 1);
	SHA1(in, sizeof(in), digest);
	base64_write(digest, sizeof(digest), to);
}

/* ---- extensions ---- */

/* One list of all fields of that name; false where it does not fit. */
static bool join(const struct head *h, const char *name, struct buf *to)
{
	for (size_t i = 0; i < h->nfields; i++) {
		if (!str_ieq(h->fields[i].name, str_c(name)))
			continue;
		if ((to->len > 0 && buf_str(to, STR(",")) != 0) || buf_str(to, h->fields[i].value) != 0)
			return false;
	}
	return true;
}

enum { NO_CONTEXT_SERVER, NO_CONTEXT_CLIENT, BITS_SERVER, BITS_CLIENT, PARAMETERS };

static const char *const parameters[PARAMETERS] = { "server_no_context_takeover",
	"client_no_context_takeover", "server_max_window_bits", "client_max_window_bits" };

static struct str unquoted(struct str v)
{
	return v.n > 1 && v.p[0] == '"' && v.p[v.n - 1] == '"' ? str_sub(v, 1, v.n - 2) : v;
}

/* A parameter of an offer (RFC 7692 section 7.1), once each, written anew. */
static bool offer_parameter(struct buf *to, struct str p, unsigned *seen)
{
	ptrdiff_t eq = str_chr(p, '=');
	struct str name = eq < 0 ? p : str_trim(str_sub(p, 0, (size_t)eq));
	uint64_t bits;

	for (unsigned i = 0; i < PARAMETERS; i++) {
		if (!str_ieq(name, str_c(parameters[i])))
			continue;
		if ((*seen & 1u << i) != 0 || (eq >= 0 && i < BITS_SERVER) || (eq < 0 && i == BITS_SERVER))
			return false;
		*seen |= 1u << i;
		if (eq < 0)
			return buf_printf(to, "; %s", parameters[i]) == 0;
		return str_u64(unquoted(str_trim(str_sub(p, (size_t)eq + 1, p.n))), &bits) == 0 && bits >= 8 &&
		       bits <= 15 && buf_printf(to, "; %s=%u", parameters[i], (unsigned)bits) == 0;
	}
	return false;
}

static bool offer_deflate(struct buf *to, struct str offer)
{
	unsigned seen = 0;
	struct str p;

	if (!str_next(&offer, ';', &p) || !str_ieq(p, STR("permessage-deflate")) ||
	    buf_printf(to, "%spermessage-deflate", to->len > 0 ? ", " : "") != 0)
		return false;
	while (str_next(&offer, ';', &p))
		if (!offer_parameter(to, p, &seen))
			return false;
	return true;
}

/* What cannot be undone is not passed on; the client is as if the origin had not chosen it. */
static void cut_offers(struct str all, char *to)
{
	struct buf b = { .p = to, .cap = WS_OFFER_MAX - 1, .max = WS_OFFER_MAX - 1 };
	struct str offer;

	while (str_next(&all, ',', &offer)) {
		size_t before = b.len;

		if (!offer_deflate(&b, offer))
			b.len = before;
	}
	to[b.len] = '\0';
}

/* ---- the two messages ---- */

int ws_request(const struct head *h, struct ws_handshake *out)
{
	bool h2 = h->protocol.n > 0;
	char text[EXTENSIONS_MAX];
	struct buf all = { .p = text, .cap = sizeof(text), .max = sizeof(text) };
	struct str v;

	*out = (struct ws_handshake){ 0 };
	if (!only(h, "sec-websocket-version", &v) || !str_eq(v, STR("13")))
		return -ERR_WS_HANDSHAKE;
	/* RFC 6455 section 4.1: GET of HTTP/1.1; RFC 8441: a CONNECT whose stream stays open. */
	if (h2 ? h->body == BODY_NONE || h->has_length
	       : !str_eq(h->method, STR("GET")) || h->minor < 1 || h->body != BODY_NONE)
		return -ERR_WS_HANDSHAKE;
	if (!h2) {
		if (!only(h, "sec-websocket-key", &v) || !good_key(v))
			return -ERR_WS_HANDSHAKE;
		make_accept(v, out->accept);
	}
	if (!join(h, "sec-websocket-extensions", &all))
		return -ERR_WS_HANDSHAKE;
	cut_offers(buf_view(&all), out->offer);
	return 0;
}

int ws_response(const struct head *h, const struct ws_handshake *asked, struct ws_deflate *out)
{
	char text[EXTENSIONS_MAX];
	struct buf all = { .p = text, .cap = sizeof(text), .max = sizeof(text) };
	struct str v;

	*out = (struct ws_deflate){ 0 };
	if (asked->accept[0] != '\0' &&
	    (!h->upgrade || !only(h, "upgrade", &v) || !str_ieq(v, STR("websocket")) ||
		!only(h, "sec-websocket-accept", &v) || !str_eq(v, str_c(asked->accept))))
		return -ERR_WS_HANDSHAKE;
	if (head_count(h, "sec-websocket-protocol") > 1 || !join(h, "sec-websocket-extensions", &all))
		return -ERR_WS_HANDSHAKE;
	if (ws_extensions(buf_view(&all), out) != 0 || (out->on && asked->offer[0] == '\0'))
		return -ERR_UNSUPPORTED;
	return 0;
}
