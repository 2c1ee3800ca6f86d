/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The preloaded store: all certificates in DER behind each other, an index by the digest of the
 * subject's bytes. Names are compared byte by byte, as RFC 5280 section 7.1 lets those do who
 * write both the same way; CAs do.
 */
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "mitm/intermediates_x509.h"

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

enum { DER_MAX = 64 << 10, PARSED_MAX = 256 };

struct entry {
	uint32_t at, n;		    /* of the certificate in `der` */
	uint32_t subject, subject_n; /* of its subject in there, with its tag */
	uint32_t next;		    /* in its slot, index + 1; 0: last */
	X509 *x;		    /* parsed when it was first needed */
};

struct intermediates {
	struct buf der;
	struct entry *at;
	size_t n, cap, parsed;
	uint32_t *slots; /* index + 1 of the first */
	size_t nslots;	 /* a power of two */
};

static uint32_t digest(struct str s)
{
	uint32_t h = 2166136261u; /* FNV-1a; whoever writes the file chooses the names in it */

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	return h;
}

/* The element at the front of *rest, with its tag in *whole and without in *inside. */
static bool element(struct str *rest, int *tag, struct str *whole, struct str *inside)
{
	const unsigned char *p = (const unsigned char *)rest->p;
	long n = 0;
	int class, r;

	if (rest->n == 0)
		return false;
	r = ASN1_get_object(&p, &n, tag, &class, (long)rest->n);
	if ((r & 0x80) != 0 || (r & 1) != 0) /* malformed, or of indefinite length */
		return false;
	*inside = str_of((const char *)p, (size_t)n);
	*whole = str_of(rest->p, (size_t)(inside->p - rest->p) + (size_t)n);
	*rest = str_sub(*rest, whole->n, rest->n);
	return true;
}

/* Certificate, TBSCertificate (RFC 5280 section 4.1): [0] version, serialNumber, signature, issuer,
 * validity, subject. */
static bool find_subject(struct str der, struct str *subject)
{
	struct str whole, inside, tbs;
	int tag;

	if (!element(&der, &tag, &whole, &inside) || tag != V_ASN1_SEQUENCE || der.n != 0 ||
	    !element(&inside, &tag, &whole, &tbs) || tag != V_ASN1_SEQUENCE ||
	    !element(&tbs, &tag, &whole, &inside))
		return false;
	if (tag == 0 && !element(&tbs, &tag, &whole, &inside)) /* behind the version */
		return false;
	for (int i = 0; i < 4; i++)
		if (!element(&tbs, &tag, subject, &inside))
			return false;
	return tag == V_ASN1_SEQUENCE;
}

/* Room for one more certificate: its entry, not counted yet. */
static struct entry *room(struct intermediates *s)
{
	if (s->n == s->cap) {
		size_t cap = s->cap > 0 ? s->cap * 2 : 256;
		struct entry *at = realloc(s->at, cap * sizeof(*at));

		if (at == NULL)
			return NULL;
		s->at = at;
		s->cap = cap;
	}
	s->at[s->n] = (struct entry){ 0 };
	return &s->at[s->n];
}

/* Base64 with its line ends, decoded to the end of `der`: how many bytes, 0 where malformed. */
static size_t decode(struct buf *der, struct str text)
{
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	unsigned char *to;
	int n = 0, last = 0, r = -1;

	if (ctx != NULL && text.n > 0 && text.n < 2 * DER_MAX &&
	    (to = (unsigned char *)buf_reserve(der, text.n)) != NULL) {
		EVP_DecodeInit(ctx);
		r = EVP_DecodeUpdate(ctx, to, &n, (const unsigned char *)text.p, (int)text.n);
		if (r >= 0)
			r = EVP_DecodeFinal(ctx, to + n, &last);
	}
	EVP_ENCODE_CTX_free(ctx);
	return r >= 0 ? (size_t)(n + last) : 0;
}

static bool add(struct intermediates *s, struct str text)
{
	struct entry *e = room(s);
	size_t n = e != NULL ? decode(&s->der, text) : 0;
	struct str subject;

	if (n == 0 || n > DER_MAX)
		return false;
	e->at = (uint32_t)s->der.len;
	e->n = (uint32_t)n;
	/* Reserved, but not committed yet: a malformed one leaves no trace. */
	if (!find_subject(str_of(s->der.p + s->der.off + s->der.len, n), &subject))
		return false;
	e->subject = (uint32_t)(subject.p - (s->der.p + s->der.off));
	e->subject_n = (uint32_t)subject.n;
	buf_commit(&s->der, n);
	s->n++;
	return true;
}

static struct str subject_of(const struct intermediates *s, const struct entry *e)
{
	return str_sub(buf_view(&s->der), e->subject, e->subject_n);
}

static bool index_all(struct intermediates *s)
{
	for (s->nslots = 64; s->nslots < 2 * s->n;)
		s->nslots *= 2;
	s->slots = calloc(s->nslots, sizeof(*s->slots));
	if (s->slots == NULL)
		return false;
	for (size_t i = s->n; i-- > 0;) {
		uint32_t *slot = &s->slots[digest(subject_of(s, &s->at[i])) & (s->nslots - 1)];

		s->at[i].next = *slot;
		*slot = (uint32_t)i + 1;
	}
	return true;
}

/* What stands between the next pair of lines in *pem, which is cut off. */
static bool next_block(struct str *pem, struct str *text)
{
	const char *from = pem->n > 0 ? memmem(pem->p, pem->n, BEGIN, sizeof(BEGIN) - 1) : NULL, *to;

	if (from == NULL)
		return false;
	from += sizeof(BEGIN) - 1;
	*pem = str_sub(*pem, (size_t)(from - pem->p), pem->n);
	to = pem->n > 0 ? memmem(pem->p, pem->n, END, sizeof(END) - 1) : NULL;
	*text = str_of(from, to != NULL ? (size_t)(to - from) : pem->n);
	*pem = str_sub(*pem, text->n, pem->n);
	return true;
}

struct intermediates *intermediates_new(struct str pem, size_t *unreadable)
{
	struct intermediates *s = calloc(1, sizeof(*s));
	struct str text;

	*unreadable = 0;
	if (s == NULL)
		return NULL;
	buf_init(&s->der, pem.n + 2 * DER_MAX); /* each is reserved as long as its text */
	while (next_block(&pem, &text))
		*unreadable += !add(s, text);
	if (s->n > 0 && index_all(s))
		return s;
	intermediates_free(s);
	return NULL;
}

void intermediates_free(struct intermediates *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		X509_free(s->at[i].x);
	buf_free(&s->der);
	free(s->slots);
	free(s->at);
	free(s);
}

size_t intermediates_count(const struct intermediates *s)
{
	return s != NULL ? s->n : 0;
}

/* Parsed certificates take ten times the room of their bytes: start anew rather than keep all. */
static X509 *parsed(struct intermediates *s, struct entry *e)
{
	const unsigned char *p = (const unsigned char *)s->der.p + s->der.off + e->at;

	if (e->x != NULL)
		return e->x;
	if (s->parsed >= PARSED_MAX) {
		for (size_t i = 0; i < s->n; i++) {
			X509_free(s->at[i].x);
			s->at[i].x = NULL;
		}
		s->parsed = 0;
	}
	e->x = d2i_X509(NULL, &p, (long)e->n);
	s->parsed += e->x != NULL;
	return e->x;
}

size_t intermediates_issuers(struct intermediates *s, X509 *x, size_t most, STACK_OF(X509) * to)
{
	const unsigned char *p = NULL;
	size_t len = 0, n = 0;
	struct str name;

	if (s == NULL || X509_NAME_get0_der(X509_get_issuer_name(x), &p, &len) != 1)
		return 0;
	name = str_of((const char *)p, len);
	for (uint32_t i = s->slots[digest(name) & (s->nslots - 1)]; i != 0 && n < most;
	     i = s->at[i - 1].next) {
		struct entry *e = &s->at[i - 1];

		if (str_eq(subject_of(s, e), name) && intermediates_fit(parsed(s, e), x, to))
			n++;
	}
	ERR_clear_error();
	return n;
}
