/* SPDX-License-Identifier: BSD-2-Clause */
/* Conditions of a rule from words to numbers, each word checked. */
#include <string.h>

#include "core/err.h"
#include "policy/config_error.h"
#include "policy/rule.h"

enum { PATTERN_MAX = 1024 };

static int build_nets(struct build *b, const char *key, const char **words, unsigned n,
    struct net **out, size_t *out_n)
{
	char meant[80];

	*out = arena_array(&b->c->arena, n, sizeof(**out));
	if (*out == NULL)
		return config_error_memory(b->err);
	for (unsigned i = 0; i < n; i++)
		switch (net_parse(str_c(words[i]), &(*out)[i])) {
		case NET_OK:
			break;
		case NET_ADDRESS:
			build_error(
			    b, key, i, "an address or network, such as 10.0.0.0/8 or fd77::/48");
			return strpbrk(words[i], "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ") != NULL
				   ? config_error_fix(b->err, "names go to 'host'")
				   : config_error_fix(
					 b->err, "four numbers of 0 to 255, or an IPv6 address");
		case NET_PREFIX:
			build_error(
			    b, key, i, "a prefix length of 0 to 32 (IPv4) or 0 to 128 (IPv6)");
			return config_error_fix(b->err, "such as 10.0.0.0/8 or fd77::/48");
		case NET_HOST_BITS:
			net_text(&(*out)[i], meant, sizeof(meant));
			build_error(b, key, i, "no address bits beyond the prefix");
			return config_error_fix(
			    b->err, "did you mean %s, or the address alone?", meant);
		}
	*out_n = n;
	return 0;
}

static int parse_ports(struct str s, struct ports *out)
{
	ptrdiff_t dash = str_chr(s, '-');
	uint64_t from, to;

	if (str_u64(str_trim(str_sub(s, 0, dash >= 0 ? (size_t)dash : s.n)), &from) != 0)
		return -ERR_NUMBER;
	to = from;
	if (dash >= 0 && str_u64(str_trim(str_sub(s, (size_t)dash + 1, s.n)), &to) != 0)
		return -ERR_NUMBER;
	if (from == 0 || to > 65535 || from > to)
		return -ERR_NUMBER;
	*out = (struct ports){ (uint16_t)from, (uint16_t)to };
	return 0;
}

static int build_ports(struct build *b)
{
	const struct raw_when *w = &b->raw->when;

	b->out->ports = arena_array(&b->c->arena, w->port_n, sizeof(struct ports));
	if (b->out->ports == NULL)
		return config_error_memory(b->err);
	for (unsigned i = 0; i < w->port_n; i++)
		if (parse_ports(str_c(w->port[i]), &b->out->ports[i]) != 0) {
			build_error(
			    b, "port", i, "a port of 1 to 65535, or a range from low to high");
			return config_error_fix(b->err, "such as 443 or 8000-8999");
		}
	b->out->ports_n = w->port_n;
	return 0;
}

static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) /* RFC 9110 section 5.6.2 */
		if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("\"(),/:;<=>?@[\\]{}", s.p[i]) != NULL)
			return false;
	return s.n > 0;
}

static bool method_ok(struct str s)
{
	return is_token(s);
}

static bool path_ok(struct str s)
{
	if (s.n == 0 || s.n > PATTERN_MAX || (s.p[0] != '/' && s.p[0] != '*') ||
	    str_chr(s, '#') >= 0)
		return false;
	return str_chr(s, '*') >= 0 || str_chr(s, '?') < 0;
}

static bool type_ok(struct str s)
{
	ptrdiff_t slash = str_chr(s, '/');

	return slash > 0 && is_token(str_sub(s, 0, (size_t)slash)) &&
	       is_token(str_sub(s, (size_t)slash + 1, s.n));
}

/* Lists of words that are kept as they are. */
static int build_words(struct build *b, const char *key, const char **words, unsigned n,
    bool (*ok)(struct str), const char *expected, const char *fix, struct str **out, size_t *out_n)
{
	*out = arena_array(&b->c->arena, n, sizeof(**out));
	if (*out == NULL)
		return config_error_memory(b->err);
	for (unsigned i = 0; i < n; i++) {
		(*out)[i] = str_c(words[i]);
		if (!ok((*out)[i])) {
			build_error(b, key, i, "%s", expected);
			return config_error_fix(b->err, "%s", fix);
		}
	}
	*out_n = n;
	return 0;
}

static int build_texts(struct build *b)
{
	const struct raw_when *w = &b->raw->when;
	struct rule *r = b->out;
	int ret = build_words(b, "method", w->method, w->method_n, method_ok, "a request method",
	    "such as POST", &r->methods, &r->methods_n);

	if (ret == 0)
		ret = build_words(b, "path", w->path, w->path_n, path_ok,
		    "a path of at most 1024 bytes that starts with '/' or '*', without query",
		    "such as /admin, or \"/files/*.exe\" in quotes", &r->paths, &r->paths_n);
	if (ret == 0)
		ret = build_words(b, "content_type", w->content_type, w->content_type_n, type_ok,
		    "a media type without parameters", "such as application/zip or video/*",
		    &r->types, &r->types_n);
	if (ret == 0)
		ret = build_words(b, "accept", w->accept, w->accept_n, type_ok,
		    "a media type without parameters", "such as application/dns-message",
		    &r->accepts, &r->accepts_n);
	return ret;
}

static int build_size(struct build *b, const char *key, const char *text, uint64_t *out)
{
	uint64_t v;

	if (text == NULL)
		return 0;
	if (limit_parse(LIMIT_SIZE, str_c(text), &v) != 0) {
		build_error(b, key, 0, "a size: a number with nothing, K, M or G behind it");
		return config_error_fix(b->err, "such as 10M");
	}
	*out = v;
	return 0;
}

static int build_sizes(struct build *b)
{
	const struct raw_when *w = &b->raw->when;
	uint64_t over = 0, under = 0;
	int r;

	if ((r = build_size(b, "size_over", w->size_over, &over)) != 0 ||
	    (r = build_size(b, "size_under", w->size_under, &under)) != 0)
		return r;
	b->out->size_least = w->size_over != NULL && over < UINT64_MAX ? over + 1 : 0;
	b->out->size_most = w->size_under == NULL ? UINT64_MAX : under > 0 ? under - 1 : 0;
	if (w->size_under == NULL || (under > 0 && b->out->size_least <= b->out->size_most))
		return 0;
	build_error(b, "size_under", 0, "a size above size_over: no body is both");
	return config_error_fix(b->err, "for bodies outside a range write two rules");
}

/* What may stand behind the dot of each verdict. */
static const uint32_t verdict_reasons[VERDICT_COUNT] = {
#define R(name) (1u << REASON_##name)
	[VERDICT_CLEAN] = R(NONE) | R(NO_BODY),
	[VERDICT_INFECTED] = R(NONE),
	[VERDICT_SUSPECT] = R(NONE),
	[VERDICT_UNSCANNABLE] = R(ENCRYPTED) | R(LIMIT) | R(TIMEOUT) | R(ERROR) | R(MALFORMED),
	[VERDICT_BYPASSED] =
	    R(POLICY) | R(PINNED) | R(CLIENT_CERT) | R(QUIC) | R(CAPACITY) | R(PARTIAL) | R(NO_BODY),
#undef R
};

static int verdict_error(
    struct build *b, unsigned i, bool known, enum verdict_class class, struct str word)
{
	static const char list[] = "clean, infected, suspect, unscannable, bypassed";
	struct suggest near = suggest_for(word);

	if (!known) {
		for (int c = VERDICT_CLEAN; c < VERDICT_COUNT; c++)
			suggest_offer(&near, verdict_word((enum verdict_class)c));
		build_error(b, "verdict", i, "one of %s, or one with its reason", list);
	} else {
		for (int r = 1; r < REASON_COUNT; r++)
			if ((verdict_reasons[class] & 1u << r) != 0)
				suggest_offer(&near, reason_word((enum verdict_reason)r));
		build_error(b, "verdict", i,
		    class == VERDICT_UNSCANNABLE ? "unscannable alone or with .encrypted, .limit, "
						   ".timeout, .error, .malformed"
		    : class == VERDICT_BYPASSED  ? "bypassed alone or with .policy, .pinned, "
						   ".client_cert, .quic, .capacity, .partial, .no_body"
						 : "%s without a reason",
		    verdict_word(class));
	}
	if (near.best == NULL)
		return config_error_fix(b->err, "such as unscannable.encrypted");
	return config_error_fix(b->err, "did you mean %s%s%s?", known ? verdict_word(class) : "",
	    known ? "." : "", near.best);
}

static int build_verdict(struct build *b, unsigned i)
{
	struct str s = str_c(b->raw->when.verdict[i]);
	ptrdiff_t dot = str_chr(s, '.');
	struct str word = str_sub(s, 0, dot >= 0 ? (size_t)dot : s.n);
	struct str why = str_sub(s, dot >= 0 ? (size_t)dot + 1 : s.n, s.n);
	enum verdict_class class = VERDICT_NONE;
	enum verdict_reason reason = REASON_NONE;

	if (!verdict_of(word, &class) || class == VERDICT_NONE)
		return verdict_error(b, i, false, VERDICT_NONE, word);
	if (dot < 0) {
		b->out->verdicts[class] = UINT32_MAX;
		return 0;
	}
	if (!reason_of(why, &reason) || reason == REASON_NONE ||
	    (verdict_reasons[class] & 1u << reason) == 0)
		return verdict_error(b, i, true, class, why);
	b->out->verdicts[class] |= 1u << reason;
	return 0;
}

static int kind_error(struct build *b, const char *key, unsigned i, struct str word)
{
	struct suggest near = suggest_for(word);

	for (int k = 0; k < KIND_COUNT; k++)
		suggest_offer(&near, kind_word((enum kind)k));
	build_error(b, key, i, "a kind of content, such as archive, executable, script, document");
	return near.best != NULL ? config_error_fix(b->err, "did you mean %s?", near.best) :
				   config_error_fix(b->err, "the kinds are listed in docs/configuration.md");
}

/* "archive", "archive.rar". */
static int build_contents(struct build *b)
{
	const struct raw_when *w = &b->raw->when;
	struct rule *r = b->out;

	r->contents = arena_array(&b->c->arena, w->content_n, sizeof(*r->contents));
	if (r->contents == NULL)
		return config_error_memory(b->err);
	for (unsigned i = 0; i < w->content_n; i++) {
		struct str s = str_c(w->content[i]);
		ptrdiff_t dot = str_chr(s, '.');
		struct str word = str_sub(s, 0, dot >= 0 ? (size_t)dot : s.n);
		struct content *to = &r->contents[i];

		if (!kind_of_word(word, &to->kind))
			return kind_error(b, "content", i, word);
		to->type = str_sub(s, word.n + 1, s.n);
		if (dot >= 0 && !is_token(to->type))
			return build_error(b, "content", i, "a type behind the dot, such as archive.rar");
	}
	r->contents_n = w->content_n;
	return 0;
}

static int build_kinds(struct build *b)
{
	const struct raw_when *w = &b->raw->when;
	int ret = build_contents(b);
	enum kind k;

	for (unsigned i = 0; i < w->contains_n && ret == 0; i++)
		if (kind_of_word(str_c(w->contains[i]), &k))
			b->out->contains |= KIND_BIT(k);
		else
			ret = kind_error(b, "contains", i, str_c(w->contains[i]));
	b->out->mismatch = w->mismatch;
	return ret;
}

static uint32_t conds_of(const struct raw_when *w)
{
#define HAS(name, yes) ((yes) ? COND_BIT(name) : 0)
	return HAS(CLIENT, w->client_n > 0) | HAS(DESTINATION, w->destination_n > 0) |
	       HAS(PORT, w->port_n > 0) | HAS(PROTOCOL, w->protocol_n > 0) |
	       HAS(DIRECTION, w->direction != DIRECTION_ANY) |
	       HAS(SIZE, w->size_over != NULL || w->size_under != NULL) |
	       HAS(METHOD, w->method_n > 0) | HAS(CONTENT_TYPE, w->content_type_n > 0) |
	       HAS(ACCEPT, w->accept_n > 0) | HAS(VERDICT, w->verdict_n > 0) |
	       HAS(CONTENT, w->content_n > 0) | HAS(CONTAINS, w->contains_n > 0) |
	       HAS(MISMATCH, w->mismatch != MISMATCH_ANY) | HAS(HOST, w->host_n + w->host_list_n > 0) |
	       HAS(PATH, w->path_n > 0);
#undef HAS
}

int build_conds(struct build *b)
{
	const struct raw_when *w = &b->raw->when;
	struct rule *r = b->out;
	int ret;

	r->conds = conds_of(w);
	r->direction = w->direction;
	for (unsigned i = 0; i < w->protocol_n; i++)
		r->protocols |= 1u << w->protocol[i];
	if ((ret = build_nets(b, "client", w->client, w->client_n, &r->client, &r->client_n)) !=
		0 ||
	    (ret = build_nets(b, "destination", w->destination, w->destination_n, &r->destination,
		 &r->destination_n)) != 0 ||
	    (ret = build_ports(b)) != 0 || (ret = build_texts(b)) != 0 ||
	    (ret = build_sizes(b)) != 0 || (ret = build_kinds(b)) != 0)
		return ret;
	for (unsigned i = 0; i < w->verdict_n && ret == 0; i++)
		ret = build_verdict(b, i);
	return ret;
}
