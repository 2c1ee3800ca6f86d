/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chains that lack an intermediate: the origin's certificates first, then the preloaded ones, then
 * those fetched before. The path is verified anew with what was found; nothing in it is trusted
 * for having been found.
 */
#include "mitm/complete.h"

#include <openssl/err.h>
#include <time.h>

#include "mitm/verify_x509.h"

/* Certificates sent that are looked at; found ones that are added; fetched ones above each other. */
enum { SENT_MAX = 48, ADDED_MAX = 16, LEVELS_MAX = 3 };

/* Every certificate that may be on a path from the leaf; the origin's come first. */
struct pool {
	const struct completion *with;
	STACK_OF(X509) * all;
	int sent;
	enum tls_source source[SENT_MAX + ADDED_MAX];
	unsigned char level[SENT_MAX + ADDED_MAX]; /* fetched ones below it, with itself */
	bool reached[SENT_MAX + ADDED_MAX], done[SENT_MAX + ADDED_MAX];
};

static bool lacks_issuer(const struct verify_report *r)
{
	return (r->errors & (TLS_ERROR_BIT(TLS_ERROR_UNTRUSTED) | TLS_ERROR_BIT(TLS_ERROR_INCOMPLETE))) != 0;
}

static int room(const struct pool *p)
{
	return p->sent + ADDED_MAX - sk_X509_num(p->all);
}

static void note(struct pool *p, int from, enum tls_source source, unsigned level)
{
	for (int i = from; i < sk_X509_num(p->all); i++) {
		p->source[i] = source;
		p->level[i] = (unsigned char)level;
	}
}

/* Mark those that may have issued x: is there any? */
static bool reach_issuers(struct pool *p, X509 *x)
{
	bool any = false;

	for (int i = 0; i < sk_X509_num(p->all); i++)
		if (X509_check_issued(sk_X509_value(p->all, i), x) == X509_V_OK)
			any = p->reached[i] = true;
	return any;
}

/* Nobody here has issued x: from the URLs that it names. True: the handshake is to wait. */
static bool complete_by_url(struct pool *p, X509 *x, unsigned level)
{
	char url[INTERMEDIATES_URL];
	int before = sk_X509_num(p->all);
	bool known;
	const struct completion *c = p->with;

	for (unsigned i = 0; c->fetched != NULL && level < LEVELS_MAX && room(p) >= INTERMEDIATES_PER_ANSWER &&
			     intermediates_url(x, i, url);
	     i++) {
		if (fetched_issuers(c->fetched, url, x, time(NULL), p->all, &known) > 0) {
			note(p, before, TLS_SOURCE_FETCHED, level + 1);
			reach_issuers(p, x);
			return false;
		}
		if (!known && c->wait != NULL && c->wait(c->arg, url))
			return true;
	}
	return false;
}

static bool complete_one(struct pool *p, X509 *x, unsigned level)
{
	int before = sk_X509_num(p->all);

	if ((X509_get_extension_flags(x) & EXFLAG_SS) != 0)
		return false;
	if (room(p) > 0)
		intermediates_issuers(
		    verify_store_preloaded(p->with->store), x, (size_t)room(p), p->all);
	note(p, before, TLS_SOURCE_PRELOADED, level);
	if (reach_issuers(p, x) || verify_store_knows_issuer(p->with->store, x))
		return false;
	return complete_by_url(p, x, level);
}

/* Add what is known of the issuers on the way from the leaf. True: the handshake is to wait. */
static bool complete(struct pool *p, X509 *leaf)
{
	bool more = true;

	if (complete_one(p, leaf, 0))
		return true;
	while (more) {
		more = false;
		for (int i = 0; i < sk_X509_num(p->all); i++) {
			if (!p->reached[i] || p->done[i])
				continue;
			more = p->done[i] = true;
			if (complete_one(p, sk_X509_value(p->all, i), p->level[i]))
				return true;
		}
	}
	return false;
}

/* Where the certificates of the verified path are from. */
static enum tls_source source_of(const struct pool *p, STACK_OF(X509) * path)
{
	enum tls_source s = TLS_SOURCE_SENT;

	for (int i = 0; i < sk_X509_num(path); i++)
		for (int k = p->sent; k < sk_X509_num(p->all); k++)
			if (p->source[k] > s &&
			    X509_cmp(sk_X509_value(p->all, k), sk_X509_value(path, i)) == 0)
				s = p->source[k];
	return s;
}

static void verify_again(const struct completion *c, X509 *leaf, const struct pool *p, struct verify_report *out,
    STACK_OF(X509) * *path, enum tls_source *source)
{
	sk_X509_pop_free(*path, X509_free);
	*path = NULL;
	verify_x509(c->store, leaf, p->all, c->name, c->ip, out, path);
	*source = source_of(p, *path);
}

bool verify_completed(const struct completion *c, X509 *leaf, STACK_OF(X509) * sent,
    struct verify_report *out, STACK_OF(X509) * *path, enum tls_source *source)
{
	struct pool p = { .with = c, .sent = sent != NULL ? sk_X509_num(sent) : 0 };
	bool wait = false;

	verify_x509(c->store, leaf, sent, c->name, c->ip, out, path);
	*source = TLS_SOURCE_SENT;
	if (!lacks_issuer(out) || p.sent > SENT_MAX)
		return true;
	p.all = sent != NULL ? X509_chain_up_ref(sent) : sk_X509_new_null();
	if (p.all != NULL)
		wait = complete(&p, leaf);
	if (!wait && p.all != NULL && sk_X509_num(p.all) > p.sent)
		verify_again(c, leaf, &p, out, path, source);
	sk_X509_pop_free(p.all, X509_free);
	ERR_clear_error();
	return !wait;
}
