/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading revocation lists (RFC 5280 section 5). OpenSSL takes 0.2 s and 75 MB for a list of ten
 * megabytes, as it makes an object of each entry: here the entries are cut out, it reads the rest.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "mitm/revoke_local.h"

/* One element of DER: what is in it, and with its header. */
struct der {
	int tag;
	struct str body, whole;
};

/* Cut the next element off: universal, of definite length; false at a malformed one. */
static bool der_next(struct str *rest, struct der *out)
{
	const unsigned char *p = (const unsigned char *)rest->p;
	long n = 0;
	int class = 0, tag = 0, flags;

	if (rest->n == 0 || rest->n > INT32_MAX)
		return false;
	flags = ASN1_get_object(&p, &n, &tag, &class, (long)rest->n);
	if ((flags & 0x80) != 0 || (flags & 1) != 0 || n < 0)
		return false;
	out->tag = class == V_ASN1_UNIVERSAL ? tag : -1;
	out->body = str_of((const char *)p, (size_t)n);
	out->whole = str_of(rest->p, (size_t)((const char *)p - rest->p) + (size_t)n);
	*rest = str_of(rest->p + out->whole.n, rest->n - out->whole.n);
	return true;
}

static bool is_time(int tag)
{
	return tag == V_ASN1_UTCTIME || tag == V_ASN1_GENERALIZEDTIME;
}

/* A list in its parts. */
struct parts {
	struct str tbs, before, entries,
	    after;       /* before and after the entries, in the signed part */
	struct str tail; /* algorithm and signature */
};

static bool cut(struct str der, struct parts *out)
{
	struct der list, tbs, e;
	struct str rest;

	if (!der_next(&der, &list) || list.tag != V_ASN1_SEQUENCE || der.n > 0)
		return false;
	out->tail = list.body;
	if (!der_next(&out->tail, &tbs) || tbs.tag != V_ASN1_SEQUENCE)
		return false;
	out->tbs = tbs.whole;
	rest = tbs.body;
	if (!der_next(&rest, &e) || (e.tag == V_ASN1_INTEGER && !der_next(&rest, &e)))
		return false; /* version, algorithm */
	if (e.tag != V_ASN1_SEQUENCE || !der_next(&rest, &e) || e.tag != V_ASN1_SEQUENCE)
		return false; /* issuer */
	if (!der_next(&rest, &e) || !is_time(e.tag))
		return false;
	out->after = rest;
	if (der_next(&rest, &e) && is_time(e.tag))
		out->after = rest;
	out->before = str_of(tbs.body.p, (size_t)(out->after.p - tbs.body.p));
	rest = out->after;
	out->entries = STR_NONE;
	if (rest.n > 0 && !der_next(&rest, &e))
		return false;
	if (out->after.n > 0 && e.tag == V_ASN1_SEQUENCE) {
		out->entries = e.body;
		out->after = rest;
	}
	return true;
}

static bool read_entries(struct table *to, struct str entries)
{
	struct der entry, serial;

	while (entries.n > 0) {
		unsigned char key[SERIAL_KEY];

		if (!der_next(&entries, &entry) || entry.tag != V_ASN1_SEQUENCE ||
		    !der_next(&entry.body, &serial) || serial.tag != V_ASN1_INTEGER ||
		    serial.body.n == 0)
			return false;
		serial_key((const unsigned char *)serial.body.p, serial.body.n, key);
		if (table_add(to, key) != 0)
			return false;
	}
	table_sort(to);
	return true;
}

static int sequence(struct buf *out, size_t n)
{
	unsigned char head[8], *p = head;

	ASN1_put_object(&p, 1, (int)n, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	return buf_append(out, head, (size_t)(p - head));
}

/* The list once more, without its entries; its signature does not fit it, of course. */
static X509_CRL *read_head(const struct parts *c)
{
	size_t n = c->before.n + c->after.n;
	X509_CRL *x = NULL;
	struct buf b;

	buf_init(&b, n + c->tail.n + 32);
	if (sequence(&b, (size_t)ASN1_object_size(1, (int)n, V_ASN1_SEQUENCE) + c->tail.n) == 0 &&
	    sequence(&b, n) == 0 && buf_str(&b, c->before) == 0 && buf_str(&b, c->after) == 0 &&
	    buf_str(&b, c->tail) == 0) {
		struct str der = buf_view(&b);
		const unsigned char *p = (const unsigned char *)der.p;

		x = d2i_X509_CRL(NULL, &p, (long)der.n);
		if (x != NULL && p != (const unsigned char *)der.p + der.n) {
			X509_CRL_free(x);
			x = NULL;
		}
	}
	buf_free(&b);
	return x;
}

static bool understood(int nid)
{
	return nid == NID_issuing_distribution_point || nid == NID_authority_key_identifier;
}

/* What is critical must be understood; lists of changes only, or about others' issues, are not. */
static const char *read_extensions(struct crl *c)
{
	int critical = 0, numbers = 0;

	for (int i = 0; i < X509_CRL_get_ext_count(c->head); i++) {
		X509_EXTENSION *e = X509_CRL_get_ext(c->head, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));

		if (nid == NID_delta_crl)
			return "a delta list; complete lists are needed";
		if (X509_EXTENSION_get_critical(e) && !understood(nid))
			return "it has a critical extension that is not understood";
		numbers += nid == NID_crl_number;
	}
	if (X509_CRL_get_version(c->head) > 0 && numbers != 1) /* RFC 5280 section 5.2.3 */
		return "it has no number, as lists of version 2 must";
	c->key = X509_CRL_get_ext_d2i(c->head, NID_authority_key_identifier, &critical, NULL);
	if (c->key == NULL && critical != -1)
		return "its authority key identifier is malformed";
	c->scope = X509_CRL_get_ext_d2i(c->head, NID_issuing_distribution_point, &critical, NULL);
	if (c->scope == NULL && critical != -1)
		return "its issuing distribution point is malformed";
	if (c->scope != NULL && (c->scope->indirectCRL > 0 || c->scope->onlyattr > 0))
		return "an indirect list, or one about attribute certificates";
	return NULL;
}

static const char *read_crl(struct crl *c, struct str der)
{
	const X509_ALGOR *alg = NULL;
	const ASN1_BIT_STRING *sig = NULL;
	struct parts parts;

	*c = (struct crl){ .listed = { .width = SERIAL_KEY } };
	if (!cut(der, &parts) || (c->head = read_head(&parts)) == NULL)
		return "not a certificate revocation list";
	if (!read_entries(&c->listed, parts.entries))
		return "its entries are malformed, or memory is short";
	c->issuer = X509_CRL_get_issuer(c->head);
	c->from = revoke_time(X509_CRL_get0_lastUpdate(c->head));
	c->until = revoke_time(X509_CRL_get0_nextUpdate(c->head));
	if (c->from < 0 || c->until < c->from)
		return "its dates are missing or senseless";
	X509_CRL_get0_signature(c->head, &sig, &alg);
	if (revoke_weak(alg))
		return "its signature is too weak";
	c->signed_part = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
	if (c->signed_part == NULL ||
	    ASN1_STRING_set(c->signed_part, parts.tbs.p, (int)parts.tbs.n) != 1)
		return "out of memory";
	return read_extensions(c);
}

static void crl_free(struct crl *c)
{
	X509_CRL_free(c->head);
	table_free(&c->listed);
	ISSUING_DIST_POINT_free(c->scope);
	AUTHORITY_KEYID_free(c->key);
	ASN1_STRING_free(c->signed_part);
	*c = (struct crl){ 0 };
}

static const char *add(struct crls *c, struct str der)
{
	const char *wrong;

	if (c->n == CRLS_MAX)
		return "more than 4096 lists";
	if (c->n == c->cap) {
		size_t cap = c->cap > 0 ? c->cap * 2 : 8;
		struct crl *p = realloc(c->at, cap * sizeof(*p));

		if (p == NULL)
			return "out of memory";
		c->at = p;
		c->cap = cap;
	}
	wrong = read_crl(&c->at[c->n], der);
	if (wrong != NULL)
		crl_free(&c->at[c->n]);
	else
		c->n++;
	return wrong;
}

/* NULL, or what is wrong; *found counts the lists. */
static const char *add_pem(struct crls *c, struct str text, unsigned *found)
{
	BIO *b = BIO_new_mem_buf(text.p, (int)text.n);
	const char *wrong = b != NULL ? NULL : "out of memory";
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long n = 0;

	*found = 0;
	while (wrong == NULL && PEM_read_bio(b, &name, &header, &der, &n) == 1) {
		if (strcmp(name, PEM_STRING_X509_CRL) == 0) {
			(*found)++;
			wrong = add(c, str_of((const char *)der, (size_t)n));
		}
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	if (wrong == NULL && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		wrong = "the PEM text is malformed";
	BIO_free(b);
	ERR_clear_error();
	return wrong != NULL || *found > 0 ? wrong : "no revocation list in it";
}

int crls_read(struct crls *c, const struct revoke_file *f, char *why, size_t why_n)
{
	unsigned found = 0;
	const char *wrong;

	if (f->bytes.n == 0 || f->bytes.n > INT32_MAX)
		wrong = "no revocation list in it";
	else if ((unsigned char)f->bytes.p[0] == 0x30)
		wrong = add(c, f->bytes);
	else
		wrong = add_pem(c, f->bytes, &found);
	ERR_clear_error();
	if (wrong == NULL)
		return 0;
	if (found > 1)
		snprintf(why, why_n, "%s: list %u: %s", f->path, found, wrong);
	else
		snprintf(why, why_n, "%s: %s", f->path, wrong);
	return -ERR_CONFIG;
}

static int by_issuer(const void *a, const void *b)
{
	return X509_NAME_cmp(((const struct crl *)a)->issuer, ((const struct crl *)b)->issuer);
}

void crls_sort(struct crls *c)
{
	if (c->n > 1)
		qsort(c->at, c->n, sizeof(*c->at), by_issuer);
}

void crls_free(struct crls *c)
{
	for (size_t i = 0; i < c->n; i++)
		crl_free(&c->at[i]);
	free(c->at);
	*c = (struct crls){ 0 };
}
