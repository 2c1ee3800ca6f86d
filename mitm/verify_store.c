/* SPDX-License-Identifier: BSD-2-Clause */
/* Trust anchors: read once, without those that must not be trusted. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/err.h"
#include "mitm/verify_local.h"

enum { RSA_LEAST = 2048 };

static X509 *read_pem(BIO *b)
{
	return PEM_read_bio_X509_AUX(b, NULL, NULL, NULL);
}

static bool expired(const struct verify_store *s, const X509 *x)
{
	time_t now = s->at != 0 ? (time_t)s->at : time(NULL);

	return X509_cmp_time(X509_get0_notAfter(x), &now) < 0;
}

static bool weak_root(const X509 *x)
{
	EVP_PKEY *k = X509_get0_pubkey(x);

	return k == NULL || (EVP_PKEY_is_a(k, "RSA") && EVP_PKEY_get_bits(k) < RSA_LEAST);
}

static bool own(const struct verify_store *s, const X509 *x)
{
	return s->own != NULL &&
	       (X509_cmp(x, s->own) == 0 ||
		   EVP_PKEY_eq(X509_get0_pubkey(x), X509_get0_pubkey(s->own)) == 1);
}

static void add(struct verify_store *s, X509 *x)
{
	if (own(s, x))
		s->counts.own++;
	else if (expired(s, x))
		s->counts.expired++;
	else if (weak_root(x))
		s->counts.weak++;
	else if (X509_STORE_add_cert(s->store, x) == 1)
		s->counts.anchors++;
}

static int add_all(struct verify_store *s, struct str pem)
{
	BIO *b = BIO_new_mem_buf(pem.p, pem.n > INT32_MAX ? INT32_MAX : (int)pem.n);

	/* One that cannot be read is skipped: those behind it are trusted all the same. */
	while (b != NULL && BIO_pending(b) > 0) {
		X509 *x = read_pem(b);

		if (x != NULL)
			add(s, x);
		else if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
			break;
		else
			s->counts.unreadable++;
		X509_free(x);
	}
	BIO_free(b);
	ERR_clear_error();
	return s->counts.anchors > 0 ? 0 : -ERR_NOT_FOUND;
}

struct verify_store *verify_store_new(struct str pem, struct str own_ca, int *err)
{
	return verify_store_new_at(pem, own_ca, 0, err);
}

struct verify_store *verify_store_new_at(struct str pem, struct str own_ca, int64_t at, int *err)
{
	struct verify_store *s = calloc(1, sizeof(*s));
	BIO *b = NULL;

	*err = -ERR_NOMEM;
	if (s == NULL)
		return NULL;
	atomic_init(&s->refs, 1);
	s->at = at;
	s->depth = -1;
	s->store = X509_STORE_new();
	if (s->store == NULL)
		goto out;
	if (own_ca.n > 0 && (b = BIO_new_mem_buf(own_ca.p, (int)own_ca.n)) != NULL)
		s->own = read_pem(b);
	*err = add_all(s, pem);
out:
	BIO_free(b);
	if (*err == 0)
		return s;
	verify_store_free(s);
	return NULL;
}

struct verify_store *verify_store_ref(struct verify_store *s)
{
	if (s != NULL)
		atomic_fetch_add(&s->refs, 1);
	return s;
}

void verify_store_free(struct verify_store *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) > 1)
		return;
	X509_STORE_free(s->store);
	X509_free(s->own);
	revoke_free(s->revoke);
	intermediates_free(s->preloaded);
	free(s);
}

void verify_store_depth(struct verify_store *s, int depth)
{
	s->depth = depth;
}

void verify_store_revoke(struct verify_store *s, struct revoke *r)
{
	revoke_free(s->revoke);
	s->revoke = revoke_ref(r);
}

struct revoke *verify_store_revoked(const struct verify_store *s)
{
	return s->revoke;
}

void verify_store_preload(struct verify_store *s, struct intermediates *i)
{
	intermediates_free(s->preloaded);
	s->preloaded = i;
}

struct intermediates *verify_store_preloaded(const struct verify_store *s)
{
	return s->preloaded;
}

bool verify_store_knows_issuer(const struct verify_store *s, X509 *x)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *issuer = NULL;
	bool known = ctx != NULL && X509_STORE_CTX_init(ctx, s->store, NULL, NULL) == 1 &&
		     X509_STORE_CTX_get1_issuer(&issuer, ctx, x) == 1;

	X509_free(issuer);
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return known;
}

const char *revocation_word(enum revocation r)
{
	static const char *const words[] = { "", "good", "unknown", "revoked" };

	return words[r];
}

const char *revocation_source_word(enum revocation_source s)
{
	static const char *const words[] = { "", "staple", "crl", "set", "key" };

	return words[s];
}

struct verify_counts verify_store_counts(const struct verify_store *s)
{
	return s->counts;
}
