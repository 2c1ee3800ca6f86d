/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fetched certificates and where they come from. Kept by URL, not by name: what one origin makes
 * us fetch is looked at for chains that name the same URL alone, so that nobody can fill the
 * place of another's issuer.
 */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mitm/intermediates_x509.h"

enum { FETCHED_MAX = 256, KEEP = 24 * 3600, DESCRIPTIONS_MAX = 8 };

struct place {
	char *url; /* NULL: free */
	STACK_OF(X509) * certs;
	int64_t until, used;
};

struct fetched {
	struct place at[FETCHED_MAX];
	int64_t uses;
};

bool intermediates_fit(X509 *candidate, X509 *x, STACK_OF(X509) * to)
{
	if (candidate == NULL || X509_check_issued(candidate, x) != X509_V_OK ||
	    (X509_get_extension_flags(candidate) & EXFLAG_SS) != 0)
		return false;
	for (int i = 0; i < sk_X509_num(to); i++)
		if (X509_cmp(sk_X509_value(to, i), candidate) == 0)
			return false;
	if (X509_up_ref(candidate) != 1)
		return false;
	if (sk_X509_push(to, candidate) > 0)
		return true;
	X509_free(candidate);
	return false;
}

/* ---- where an issuer is said to be ---- */

static bool url_of(const ACCESS_DESCRIPTION *d, char to[INTERMEDIATES_URL])
{
	struct str url;

	if (OBJ_obj2nid(d->method) != NID_ad_ca_issuers || d->location->type != GEN_URI)
		return false;
	url = str_of((const char *)ASN1_STRING_get0_data(d->location->d.uniformResourceIdentifier),
	    (size_t)ASN1_STRING_length(d->location->d.uniformResourceIdentifier));
	if (!str_iprefix(url, STR("http://")))
		return false;
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || url.p[i] > '~')
			return false;
	return str_copy(url, to, INTERMEDIATES_URL) == 0;
}

bool intermediates_url(X509 *x, unsigned i, char to[INTERMEDIATES_URL])
{
	AUTHORITY_INFO_ACCESS *all = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	bool found = false;

	for (int k = 0; !found && k < sk_ACCESS_DESCRIPTION_num(all) && k < DESCRIPTIONS_MAX; k++)
		found = url_of(sk_ACCESS_DESCRIPTION_value(all, k), to) && i-- == 0;
	AUTHORITY_INFO_ACCESS_free(all);
	ERR_clear_error();
	return found;
}

/* ---- what was found there ---- */

struct fetched *fetched_new(void)
{
	return calloc(1, sizeof(struct fetched));
}

static void clear(struct place *p)
{
	sk_X509_pop_free(p->certs, X509_free);
	free(p->url);
	*p = (struct place){ 0 };
}

void fetched_free(struct fetched *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < FETCHED_MAX; i++)
		clear(&f->at[i]);
	free(f);
}

static struct place *find(struct fetched *f, const char *url)
{
	for (size_t i = 0; i < FETCHED_MAX; i++)
		if (f->at[i].url != NULL && strcmp(f->at[i].url, url) == 0)
			return &f->at[i];
	return NULL;
}

static struct place *oldest(struct fetched *f)
{
	struct place *p = &f->at[0];

	for (size_t i = 0; i < FETCHED_MAX && p->url != NULL; i++)
		if (f->at[i].url == NULL || f->at[i].used < p->used)
			p = &f->at[i];
	return p;
}

static void take(STACK_OF(X509) * to, struct str der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	if (x == NULL || X509_check_ca(x) == 0 || sk_X509_push(to, x) <= 0)
		X509_free(x);
}

void fetched_put(struct fetched *f, const char *url, const struct str *der, size_t n, int64_t now)
{
	struct place *p = find(f, url);

	if (p == NULL)
		p = oldest(f);
	clear(p);
	p->url = strdup(url);
	p->certs = sk_X509_new_null();
	if (p->url == NULL || p->certs == NULL) {
		clear(p);
		return;
	}
	for (size_t i = 0; i < n && i < INTERMEDIATES_PER_ANSWER; i++)
		take(p->certs, der[i]);
	ERR_clear_error();
	p->until = now + KEEP;
	p->used = ++f->uses;
}

size_t fetched_issuers(
    struct fetched *f, const char *url, X509 *x, int64_t now, STACK_OF(X509) * to, bool *known)
{
	struct place *p = find(f, url);
	size_t n = 0;

	if (p != NULL && p->until < now) {
		clear(p);
		p = NULL;
	}
	*known = p != NULL;
	if (p == NULL)
		return 0;
	p->used = ++f->uses;
	for (int i = 0; i < sk_X509_num(p->certs); i++)
		n += intermediates_fit(sk_X509_value(p->certs, i), x, to);
	ERR_clear_error();
	return n;
}

/* ---- files, read by the process that fetches them ---- */

struct reading {
	intermediates_fn *fn;
	void *arg;
	int64_t *until;
	size_t n;
};

static int64_t end_of(const X509 *x)
{
	struct tm tm;

	return ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static void tell(struct reading *r, X509 *x)
{
	unsigned char *der = NULL;
	int n = 0;
	int64_t until;

	if (x == NULL || r->n == INTERMEDIATES_PER_ANSWER || X509_check_ca(x) == 0 ||
	    (n = i2d_X509(x, &der)) <= 0)
		return;
	until = end_of(x);
	if (r->n == 0 || until < *r->until)
		*r->until = until;
	r->fn(r->arg, str_of((const char *)der, (size_t)n));
	OPENSSL_free(der);
	r->n++;
}

/* The whole file is one certificate, or one PKCS #7 message without anything signed. */
static void read_der(struct reading *r, struct str file)
{
	const unsigned char *p = (const unsigned char *)file.p, *end = p + file.n;
	X509 *x = d2i_X509(NULL, &p, (long)file.n);
	PKCS7 *bag = NULL;

	if (x != NULL && p == end)
		tell(r, x);
	X509_free(x);
	p = (const unsigned char *)file.p;
	if (x == NULL)
		bag = d2i_PKCS7(NULL, &p, (long)file.n);
	if (bag != NULL && p == end && PKCS7_type_is_signed(bag) && bag->d.sign != NULL)
		for (int i = 0; i < sk_X509_num(bag->d.sign->cert); i++)
			tell(r, sk_X509_value(bag->d.sign->cert, i));
	PKCS7_free(bag);
}

static void read_pem(struct reading *r, struct str file)
{
	BIO *b = BIO_new_mem_buf(file.p, (int)file.n);
	X509 *x = b != NULL ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;

	tell(r, x);
	X509_free(x);
	BIO_free(b);
}

size_t intermediates_read(struct str file, intermediates_fn *fn, void *arg, int64_t *until)
{
	struct reading r = { fn, arg, until, 0 };

	*until = 0;
	if (file.n == 0 || file.n > INT32_MAX)
		return 0;
	if (file.p[0] == '0') /* a SEQUENCE */
		read_der(&r, file);
	else
		read_pem(&r, file);
	ERR_clear_error();
	return r.n;
}

/* A CA for nobody, as others make theirs, is written and read again. */
static bool warm_with(EVP_PKEY *key)
{
	X509 *x = X509_new();
	unsigned char *der = NULL;
	X509 *again = NULL;
	const unsigned char *p;
	int n = 0;

	if (x != NULL && key != NULL && X509_set_version(x, 2) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -60) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), 60) != NULL && X509_set_pubkey(x, key) == 1 &&
	    X509_sign(x, key, EVP_sha256()) > 0)
		n = i2d_X509(x, &der);
	p = der;
	if (n > 0 && (again = d2i_X509(NULL, &p, n)) != NULL)
		X509_check_ca(again);
	X509_free(again);
	OPENSSL_free(der);
	X509_free(x);
	EVP_PKEY_free(key);
	return n > 0;
}

bool intermediates_warm(void)
{
	bool ok = warm_with(EVP_EC_gen("P-256")); /* other kinds need no more than this one */

	ERR_clear_error();
	return ok;
}
